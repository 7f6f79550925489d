"""Commit a template to a mini program and submit it for review, step by step, each written down before the next."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from handlers.context import Context
from handlers.reviews import latest as audits
from handlers.reviews import quota
from handlers.wechat.endpoint import Nothing
from handlers.wechat.endpoints import audit, code
from handlers.wechat.endpoints.audit import Item, LatestAudit, SubmitAuditRequest
from handlers.wechat.endpoints.code import Category, CommitRequest, Experience
from handlers.wechat.errors import NeedsHuman, Refused, TryLater, WeChatError, may_have_worked
from service.store import reviews as submissions
from service.store import versions
from service.store.engine import reading
from service.store.reviews import State
from service.store.versions import Version

log = structlog.get_logger(__name__)

MOST_ITEMS = 5
CHECK_UNDER_WAY = 61039
UNDER_WAY_ALREADY = 85009
# In minutes; after that a person should look.
LONGEST_CHECK = 10

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """A version to be submitted.

    `audit` are fields of submit_audit: without item_list, one is made of the mini program's own pages and categories.
    `again` submits once more what was submitted before. `round` counts submissions of the version, from 1; `by` is the
    push that is answered.
    """

    commit: CommitRequest
    audit: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False
    round: int = 1
    by: str = ""


class UnderWay(Refused):
    """Another review of the mini program is under way."""


class Submitted(NamedTuple):
    """A review, whether it had been begun before, and where it stands then, as far as we know."""

    auditid: int
    already: bool = False
    state: State = State.IN_REVIEW


def submit(context: Context, appid: str, wish: Wish | CommitRequest, sleep: Sleep | None = time.sleep) -> Submitted:
    """Commit, wait for WeChat's privacy check, and submit; whatever was done before is not done again.

    Without a way to sleep nothing waits: TryLater says that the check is not finished, and the next call goes on.
    Raises WeChatError, and OverQuota when QUOTA_RESERVE keeps what is left of this month's reviews.
    """
    wish = Wish(wish) if isinstance(wish, CommitRequest) else wish
    body = wish.commit.model_dump_json()
    with context.engine.begin() as connection:
        version = versions.plan(connection, appid, body, by=wish.by)
    if version.auditid and not wish.again:
        return _submitted_before(context, version)
    latest, before = audits.ask_latest_if_any(context, appid), version.auditid
    # Read after WeChat answered, so that what another process has submitted is known, or known to be under way.
    with reading(context.engine) as connection:
        version = versions.find(connection, version)
    if version.auditid != before:
        return _submitted_before(context, version)
    if latest and (found := _found(context, version, wish, latest)):
        return found
    if latest and latest.status in audits.UNDER_WAY:
        if latest.auditid == version.auditid:
            return Submitted(latest.auditid, already=True)
        raise UnderWay(audit.submit_audit.name, f"review {latest.auditid} of {latest.user_version} is under way")
    quota.check(context, appid)
    if version.auditid and not versions.is_again_under_way(version):
        with context.engine.begin() as connection:
            version = versions.plan_again(connection, version, by=wish.by)
    version = _commit(context, version, wish.commit, latest, before)
    if version.auditid != before:
        return _submitted_before(context, version)
    _await_privacy_check(context, appid, sleep)
    return _begin_review(context, version, wish, _request(context, appid, wish))


def _submitted_before(context: Context, version: Version) -> Submitted:
    auditid = version.auditid or 0
    with reading(context.engine) as connection:
        known = submissions.find(connection, version.appid, auditid)
    return Submitted(auditid, already=True, state=known.state if known else State.IN_REVIEW)


def _found(context: Context, version: Version, wish: Wish, latest: LatestAudit) -> Submitted | None:
    """Write the newest review down if it is that of a version that was submitted, and nobody heard the answer."""
    with reading(context.engine) as connection:
        known = submissions.find(connection, version.appid, latest.auditid)
    if not is_ours(latest, version, wish.commit, known=bool(known and known.request)):
        return None
    return _record(context, version, wish, version.request, latest.auditid, submitted_at=latest.submit_audit_time)


def is_ours(latest: LatestAudit, version: Version, commit: CommitRequest, *, known: bool) -> bool:
    """Tell whether the newest review is that of this version, begun by somebody who did not live to write it down.

    `known` says that it is written down what was submitted as that review.
    """
    is_new = latest.auditid not in (version.audit_before, version.auditid)
    return bool(version.request) and is_new and not known and latest.user_version == commit.user_version


def _commit(
    context: Context, version: Version, commit: CommitRequest, latest: LatestAudit | None, before: int | None
) -> Version:
    """Commit, unless this very commit is the trial version already: another one would begin the check anew.

    Nor if another process has submitted the version since, so that its review is another one than `before`.
    """
    with context.wechat.alone(code.commit.name, f"version of {version.appid}"):
        with reading(context.engine) as connection:
            version = versions.find(connection, version)
        if version.auditid != before:
            return version
        shown = shown_trial(context, version.appid)
        if not is_committed(version, commit, shown):
            newest = latest.auditid if latest else 0
            with context.engine.begin() as connection:
                version = versions.commit_begins(connection, version, trial_before=shown.exp_time, audit_before=newest)
            try:
                context.wechat.call(code.commit, commit, version.appid)
            except WeChatError as error:
                if not may_have_worked(error):
                    with context.engine.begin() as connection:
                        versions.not_committed(connection, version)
                raise
            shown = shown_trial(context, version.appid)
        with context.engine.begin() as connection:
            return versions.committed(connection, version, trial=shown.exp_time)


def is_committed(version: Version, commit: CommitRequest, shown: Experience) -> bool:
    """Tell whether the trial version is what this version's commit made, which WeChat may have shown late."""
    if version.trial_before is None or shown.exp_time in (0, version.trial_before):
        return False
    if version.trial in (None, version.trial_before):
        return (shown.exp_version, shown.exp_desc) == (commit.user_version, commit.user_desc)
    return shown.exp_time == version.trial


def is_still_committed(version: Version, commit: CommitRequest, shown: Experience) -> bool:
    """Tell whether nothing was committed since this version, whether WeChat shows that one already or not yet."""
    return version.trial_before is not None and (
        shown.exp_time in (version.trial, version.trial_before) or is_committed(version, commit, shown)
    )


def shown_trial(context: Context, appid: str) -> Experience:
    """Give the trial version; its time, which is by WeChat's clock, is 0 without one."""
    return context.wechat.call(code.getversioninfo, Nothing(), appid).exp_info or Experience()


def _await_privacy_check(context: Context, appid: str, sleep: Sleep | None) -> None:
    """Wait until the check is done that each commit begins, a minute at a time, as WeChat asks for."""
    for _ in range(LONGEST_CHECK - 1):
        try:
            context.wechat.call(code.get_code_privacy_info, Nothing(), appid)
        except TryLater as error:
            if sleep is None or error.code != CHECK_UNDER_WAY:
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
    if not pages:
        text = f"the code that was committed to {appid} has no page"
        raise NeedsHuman(code.get_page.name, text, chinese="已上传的代码没有页面")
    categories = context.wechat.call(code.get_category, Nothing(), appid).category_list
    if not categories:
        text = f"{appid} has no category; add one at mp.weixin.qq.com"
        raise NeedsHuman(code.get_category.name, text, chinese="该小程序没有类目，请在 mp.weixin.qq.com 添加")
    return SubmitAuditRequest.model_validate({**given, "item_list": items(pages, categories)})


def _begin_review(context: Context, version: Version, wish: Wish, request: SubmitAuditRequest) -> Submitted:
    """Submit what is committed, if it still is; from before that until it is known what it came to, that is kept."""
    appid, body = version.appid, request.model_dump_json()
    with (
        quota.reserved(context, appid),
        context.wechat.alone(audit.submit_audit.name, f"version of {appid}"),
    ):
        with reading(context.engine) as connection:
            current = versions.find(connection, version)
        if current.auditid != version.auditid:
            return _submitted_before(context, current)
        latest = audits.ask_latest_if_any(context, appid) if current.request else None
        if latest and (found := _found(context, current, wish, latest)):
            return found
        if not is_still_committed(current, wish.commit, shown_trial(context, appid)):
            raise TryLater(code.commit.name, f"somebody else committed to {appid} meanwhile; commit again")
        with context.engine.begin() as connection:
            versions.submitting(connection, current, body)
        auditid = _submit_audit(context, current, request)
        return _record(context, current, wish, body, auditid)


def _submit_audit(context: Context, version: Version, request: SubmitAuditRequest) -> int:
    try:
        return context.wechat.call(audit.submit_audit, request, version.appid).auditid
    except WeChatError as error:
        if not (version.request or may_have_worked(error)):
            _forget_request(context, version)
        if error.code == UNDER_WAY_ALREADY:
            raise UnderWay(error.endpoint, error.meaning, code=error.code, text=error.text) from None
        raise


def _forget_request(context: Context, version: Version) -> None:
    """Forget what WeChat refused; if the database does not take it, what WeChat said is more important."""
    try:
        with context.engine.begin() as connection:
            versions.submitting(connection, version, "")
    except SQLAlchemyError as error:
        log.warning("version.not_written", appid=version.appid, error=str(error))


def _record(
    context: Context, version: Version, wish: Wish, request: str, auditid: int, *, submitted_at: float = 0.0
) -> Submitted:
    with context.engine.begin() as connection:
        versions.submitted(connection, version, auditid)
        submissions.record(
            connection,
            version.appid,
            auditid,
            user_version=wish.commit.user_version,
            request=request,
            committed=wish.commit.model_dump_json(),
            round=wish.round,
            now=context.clock(),
            submitted_at=submitted_at or None,
        )
    # Somebody who did not live to write it down had submitted it.
    return Submitted(auditid, already=bool(submitted_at))


def items(pages: tuple[str, ...], categories: tuple[Category, ...]) -> tuple[Item, ...]:
    """Propose what to review: up to five pages, under the mini program's categories in turn."""
    return tuple(
        Item(address=page, title=page.rpartition("/")[2][:32], **_chosen(categories[place % len(categories)]))
        for place, page in enumerate(pages[:MOST_ITEMS])
    )


def _chosen(category: Category) -> dict[str, str | int | None]:
    names = ("first_class", "second_class", "third_class", "first_id", "second_id", "third_id")
    return {name: getattr(category, name) for name in names}
