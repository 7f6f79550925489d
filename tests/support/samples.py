"""Messages and reviews that the specifications of the reactions begin with."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from handlers.context import Context
from handlers.reviews.driver import look_at
from handlers.reviews.plans import plan
from handlers.wechat.endpoints.code import CommitRequest
from service.events.message import Message, build, decode, identity, recognise
from service.simulator import audits, code
from service.simulator.library import Draft, Template
from service.store import inbox, reviews
from service.store.engine import reading
from service.store.inbox import Entry
from service.store.reviews import Review
from service.store.tables import pushes
from tests.conftest import APP, COMPONENT, Wechat

CATEGORY = {"first_class": "餐饮服务", "second_class": "点餐平台", "first_id": 220, "second_id": 632}


def told(wechat: Wechat, event: str, appid: str = APP, secrets: dict[str, str] | None = None, **fields: Any) -> Message:
    """Let a push be kept; gives its message."""
    told_fields = {"Event": event, "CreateTime": int(wechat.now), **fields}
    kind, data = recognise(told_fields)
    id = identity(appid, told_fields)
    message = build(kind, appid, data, id=id, component_appid=COMPONENT, at=wechat.now)
    with wechat.engine.begin() as connection:
        inbox.add(connection, [Entry(message, secrets or {})], wechat.credentials, wechat.now)
    return message


def commit(version: str = "1.0", template: int = 1) -> CommitRequest:
    """Give a version to commit."""
    return CommitRequest(template_id=template, ext_json="{}", user_version=version, user_desc="x")


def planned(
    wechat: Wechat, version: str = "1.0", appid: str = APP, fields: str = "{}", template: int = 1, *, again: bool = True
) -> Message:
    """Plan a version; gives the message that carries it to a worker."""
    plan(wechat.context, {appid: commit(version, template)}, fields, again=again)
    return messages(wechat, "weaudit.planned")[-1]


def submitted(wechat: Wechat, version: str = "1.0", appid: str = APP) -> int:
    """Plan a version and let it be submitted; gives the audit id."""
    planned(wechat, version, appid)
    look_at(wechat.context, appid)
    (newest, *_) = rows(wechat, appid)
    assert newest.auditid
    return newest.auditid


def decided(wechat: Wechat, verdict: str, version: str = "1.0", reason: str = "", appid: str = APP) -> int:
    """Submit a version and decide its review, a second later."""
    auditid = submitted(wechat, version, appid)
    wechat.now += 1
    wechat.world.apps[appid].decide(verdict, reason, at=wechat.now)
    return auditid


def submitted_elsewhere(wechat: Wechat, version: str = "", desc: str = "theirs") -> int:
    """Let somebody submit without weaudit, what is committed or another version; gives the audit id."""
    app = wechat.world.apps[APP]
    if version:
        committed_elsewhere(wechat, version, desc)
    auditid: int = audits.submit_audit(wechat.world, app, item_list=[CATEGORY])["auditid"]
    return auditid


def committed_elsewhere(wechat: Wechat, version: str, desc: str = "theirs") -> None:
    """Let somebody commit without weaudit, a second later than whatever was before."""
    wechat.now += 1
    app = wechat.world.apps[APP]
    code.commit(wechat.world, app, template_id=1, ext_json="{}", user_version=version, user_desc=desc)


def new_template(wechat: Wechat, number: int = 2, version: str = "2.0") -> None:
    """Let developers make another template."""
    wechat.world.templates[number] = Template(number, Draft(number, int(wechat.now), version, "newer"))


def rows(wechat: Wechat, appid: str = APP) -> Sequence[Review]:
    """Give the rows of a mini program, the newest first."""
    with reading(wechat.engine) as connection:
        return reviews.of(connection, appid)


def row_of(wechat: Wechat, auditid: int, appid: str = APP) -> Review:
    """Give the row of a review."""
    (row,) = [each for each in rows(wechat, appid) if each.auditid == auditid]
    return row


def messages(wechat: Wechat | Context, kind: str) -> list[Message]:
    """Give what was told of a kind, the oldest first."""
    with reading(wechat.engine) as connection:
        bodies = connection.execute(select(pushes.c.body).where(pushes.c.type == kind).order_by(pushes.c.seq)).scalars()
        return [decode(body) for body in bodies]
