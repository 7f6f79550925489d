"""Commit a template to a mini program and submit it for review, step by step, each written down before the next."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from handlers import audits, quota
from handlers.context import Context
from handlers.wechat import audit, code
from handlers.wechat.audit import Item, LatestAudit, SubmitAuditRequest
from handlers.wechat.code import Category, CommitRequest
from handlers.wechat.endpoint import Nothing
from handlers.wechat.errors import NeedsHuman, Refused, TryLater
from service import submissions, versions
from service.versions import Version

MOST_ITEMS = 5
CHECK_UNDER_WAY = 61039
ALREADY_UNDER_WAY = 85009
NO_REVIEW_YET = (85012, 86001)
# In minutes; after that a person should look.
LONGEST_CHECK = 10


@dataclass(frozen=True, slots=True)
class Wish:
    """A version to be submitted.

    `audit` are fields of submit_audit: without item_list, one is made of the mini program's own pages and categories.
    `again` submits once more what was submitted before. `round` counts submissions of the version, from 1.
    """

    commit: CommitRequest
    audit: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False
    round: int = 1


class Submitted(NamedTuple):
    """A review, and whether it had been begun before."""

    auditid: int
    already: bool = False


def submit(
    context: Context, appid: str, wish: Wish | CommitRequest, sleep: Callable[[float], None] = time.sleep
) -> Submitted:
    """Commit, wait for WeChat's privacy check, and submit; whatever was done before is not done again.

    Raises WeChatError, and OverQuota when QUOTA_RESERVE keeps what is left of this month's reviews.
    """
    wish = Wish(wish) if isinstance(wish, CommitRequest) else wish
    body = wish.commit.model_dump_json()
    with context.engine.begin() as connection:
        version = versions.plan(connection, appid, body, wish.commit.user_version, now=context.clock())
        if version.auditid and wish.again:
            version = versions.plan_again(connection, version, now=context.clock())
    if version.auditid:
        return Submitted(version.auditid, already=True)
    latest = _latest(context, appid)
    if found := _begun_before(version, latest):
        return _record(context, version, wish, _request(context, appid, wish), found, already=True)
    if latest and latest.status in audits.UNDER_WAY:
        text = f"review {latest.auditid} of version {latest.user_version} is under way"
        raise Refused(audit.submit_audit.name, text, code=ALREADY_UNDER_WAY)
    quota.check(context, appid)
    version = _commit(context, version, wish.commit)
    _await_privacy_check(context, appid, sleep)
    request = _request(context, appid, wish)
    auditid = context.wechat.call(audit.submit_audit, request, appid).auditid
    return _record(context, version, wish, request, auditid)


def _latest(context: Context, appid: str) -> LatestAudit | None:
    try:
        return audits.ask_latest(context, appid)
    except Refused as error:
        if error.code not in NO_REVIEW_YET:
            raise
        return None


def _begun_before(version: Version, latest: LatestAudit | None) -> int:
    """Give the review that was begun for this version by somebody who did not live to write it down."""
    if latest is None or version.committed_at is None or latest.user_version != version.user_version:
        return 0
    return latest.auditid if latest.submit_audit_time >= int(version.committed_at) else 0


def _commit(context: Context, version: Version, commit: CommitRequest) -> Version:
    if version.committed_at is not None:
        return version
    trial = context.wechat.call(code.getversioninfo, Nothing(), version.appid).exp_info
    same = trial and (trial.exp_version, trial.exp_desc) == (commit.user_version, commit.user_desc)
    # Committed before, by somebody who did not live to write it down; a second commit would begin the check anew.
    if not (trial and same and trial.exp_time >= int(version.planned_at)):
        context.wechat.call(code.commit, commit, version.appid)
    with context.engine.begin() as connection:
        return versions.committed(connection, version, now=context.clock())


def _await_privacy_check(context: Context, appid: str, sleep: Callable[[float], None]) -> None:
    """Wait until the check is done that each commit begins, a minute at a time, as WeChat asks for."""
    for _ in range(LONGEST_CHECK - 1):
        try:
            context.wechat.call(code.get_code_privacy_info, Nothing(), appid)
        except TryLater as error:
            if error.code != CHECK_UNDER_WAY:
                raise
            sleep(60.0)
        else:
            return
    context.wechat.call(code.get_code_privacy_info, Nothing(), appid)


def _request(context: Context, appid: str, wish: Wish) -> SubmitAuditRequest:
    given = {"version_desc": wish.commit.user_desc, **wish.audit}
    if "item_list" in given:
        return SubmitAuditRequest.model_validate(given)
    pages = context.wechat.call(code.get_page, Nothing(), appid).page_list
    categories = context.wechat.call(code.get_category, Nothing(), appid).category_list
    if not categories:
        raise NeedsHuman(code.get_category.name, f"{appid} has no category; add one at mp.weixin.qq.com")
    return SubmitAuditRequest.model_validate({**given, "item_list": items(pages, categories)})


def _record(
    context: Context, version: Version, wish: Wish, request: SubmitAuditRequest, auditid: int, *, already: bool = False
) -> Submitted:
    with context.engine.begin() as connection:
        versions.submitted(connection, version, auditid)
        submissions.record(
            connection,
            version.appid,
            auditid,
            user_version=version.user_version,
            request=request.model_dump_json(exclude_none=True),
            committed=wish.commit.model_dump_json(),
            round=wish.round,
            now=context.clock(),
        )
    return Submitted(auditid, already)


def items(pages: tuple[str, ...], categories: tuple[Category, ...]) -> tuple[Item, ...]:
    """Propose what to review: up to five pages, under the mini program's categories in turn."""
    return tuple(
        Item(address=page, title=page.rpartition("/")[2][:32], **_chosen(categories[place % len(categories)]))
        for place, page in enumerate(pages[:MOST_ITEMS])
    )


def _chosen(category: Category) -> dict[str, str | int | None]:
    names = ("first_class", "second_class", "third_class", "first_id", "second_id", "third_id")
    return {name: getattr(category, name) for name in names}
