"""Commit a template to a mini program and submit it for review, and write down what was submitted."""

from handlers.context import Context
from handlers.wechat import code_management as code
from handlers.wechat.code_management import CommitRequest, Item, SubmitAuditRequest
from handlers.wechat.errors import NeedsHuman
from service import submissions

MOST_ITEMS = 5


def submit(context: Context, appid: str, commit: CommitRequest) -> int:
    """Commit and submit; gives the audit id. The pages and the category of the review are the mini program's own.

    Raises WeChatError.
    """
    wechat = context.wechat
    wechat.call(code.commit, commit, appid)
    pages = wechat.call(code.get_page, code.Nothing(), appid).page_list
    categories = wechat.call(code.get_category, code.Nothing(), appid).category_list
    if not categories:
        raise NeedsHuman(code.get_category.name, f"{appid} has no category; add one at mp.weixin.qq.com")
    request = SubmitAuditRequest(item_list=items(pages, categories), version_desc=commit.user_desc)
    auditid = wechat.call(code.submit_audit, request, appid).auditid
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


def items(pages: tuple[str, ...], categories: tuple[code.Category, ...]) -> tuple[Item, ...]:
    """Propose what to review: up to five pages, under the mini program's categories in turn."""
    return tuple(
        Item(address=page, title=page.rpartition("/")[2][:32], **_chosen(categories[place % len(categories)]))
        for place, page in enumerate(pages[:MOST_ITEMS])
    )


def _chosen(category: code.Category) -> dict[str, str | int | None]:
    names = ("first_class", "second_class", "third_class", "first_id", "second_id", "third_id")
    return {name: getattr(category, name) for name in names}
