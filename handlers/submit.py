"""Commit a template to a mini program and submit it for review, and write down what was submitted."""

import time
from collections.abc import Callable

from handlers.context import Context
from handlers.wechat import audit, code
from handlers.wechat.audit import Item, SubmitAuditRequest
from handlers.wechat.code import Category, CommitRequest
from handlers.wechat.endpoint import Nothing
from handlers.wechat.errors import NeedsHuman, TryLater
from service import submissions

MOST_ITEMS = 5
CHECK_UNDER_WAY = 61039
# In minutes; after that a person should look.
LONGEST_CHECK = 10


def submit(context: Context, appid: str, commit: CommitRequest, sleep: Callable[[float], None] = time.sleep) -> int:
    """Commit, wait for WeChat's privacy check, and submit; gives the audit id.

    The pages and the category of the review are the mini program's own. Raises WeChatError.
    """
    wechat = context.wechat
    wechat.call(code.commit, commit, appid)
    _await_privacy_check(context, appid, sleep)
    pages = wechat.call(code.get_page, Nothing(), appid).page_list
    categories = wechat.call(code.get_category, Nothing(), appid).category_list
    if not categories:
        raise NeedsHuman(code.get_category.name, f"{appid} has no category; add one at mp.weixin.qq.com")
    request = SubmitAuditRequest(item_list=items(pages, categories), version_desc=commit.user_desc)
    auditid = wechat.call(audit.submit_audit, request, appid).auditid
    with context.engine.begin() as connection:
        submissions.record(
            connection,
            appid,
            auditid,
            user_version=commit.user_version,
            request=request.model_dump_json(exclude_none=True),
            round=1,
            now=context.clock(),
        )
    return auditid


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


def items(pages: tuple[str, ...], categories: tuple[Category, ...]) -> tuple[Item, ...]:
    """Propose what to review: up to five pages, under the mini program's categories in turn."""
    return tuple(
        Item(address=page, title=page.rpartition("/")[2][:32], **_chosen(categories[place % len(categories)]))
        for place, page in enumerate(pages[:MOST_ITEMS])
    )


def _chosen(category: Category) -> dict[str, str | int | None]:
    names = ("first_class", "second_class", "third_class", "first_id", "second_id", "third_id")
    return {name: getattr(category, name) for name in names}
