"""What is submitted: the fields that were given, or up to five pages under the mini program's own categories."""

import json

from handlers.reviews.visit import Visit
from handlers.wechat.endpoint import NoParameters
from handlers.wechat.endpoints import code
from handlers.wechat.endpoints.audit import Item, SubmitAuditRequest
from handlers.wechat.endpoints.code import Category
from handlers.wechat.errors import NeedsHuman, NoCategory
from service.store.reviews import Review

MOST_ITEMS = 5


def audit_request(visit: Visit, row: Review) -> SubmitAuditRequest:
    """Make the body of submit_audit. Raises WeChatError."""
    given = {"version_desc": row.user_desc, **json.loads(row.audit_fields)}
    if "item_list" in given:
        return SubmitAuditRequest.model_validate(given)
    wechat, appid = visit.context.wechat, visit.appid
    pages = wechat.call(code.get_page, NoParameters(), appid).page_list
    if not pages:
        text = f"the code that was committed to {appid} has no page"
        raise NeedsHuman(code.get_page.name, text)
    categories = wechat.call(code.get_category, NoParameters(), appid).category_list
    # WeChat wants both levels; old mini programs have categories of one.
    usable = tuple(category for category in categories if category.second_class and category.second_id)
    if not usable:
        text = f"{appid} has no category of two levels; add one at mp.weixin.qq.com"
        raise NoCategory(code.get_category.name, text)
    return SubmitAuditRequest.model_validate({**given, "item_list": items(pages, usable)})


def items(pages: tuple[str, ...], categories: tuple[Category, ...]) -> tuple[Item, ...]:
    """Propose what to review: up to five pages, under the mini program's categories in turn."""
    return tuple(
        Item(address=page, title=page.rpartition("/")[2][:32], **_chosen(categories[place % len(categories)]))
        for place, page in enumerate(pages[:MOST_ITEMS])
    )


def _chosen(category: Category) -> dict[str, str | int | None]:
    names = ("first_class", "second_class", "third_class", "first_id", "second_id", "third_id")
    return {name: getattr(category, name) for name in names}
