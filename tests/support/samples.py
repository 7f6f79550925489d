"""Messages and submissions that the specifications of the reactions begin with."""

from typing import Any

from handlers.reviews.driver import Wish, submit
from handlers.wechat.endpoints.code import CommitRequest
from service.events.message import Message, build, identity, recognise
from service.simulator import audits, code
from service.store import inbox
from service.store.inbox import Entry
from tests.conftest import APP, COMPONENT, Wechat


def told(wechat: Wechat, event: str, appid: str = APP, secrets: dict[str, str] | None = None, **fields: Any) -> Message:
    """Let a push be kept; gives its message."""
    told_fields = {"Event": event, "CreateTime": int(wechat.now), **fields}
    kind, data = recognise(told_fields)
    id = identity(appid, told_fields)
    message = build(kind, appid, data, id=id, component_appid=COMPONENT, at=wechat.now)
    with wechat.engine.begin() as connection:
        inbox.add(connection, [Entry(message, secrets or {})], wechat.credentials, wechat.now)
    return message


def submitted(wechat: Wechat, version: str = "1.0") -> int:
    """Commit and submit a version; gives the audit id."""
    commit = CommitRequest(template_id=1, ext_json="{}", user_version=version, user_desc="x")
    return submit(wechat.context, APP, Wish(commit, again=True)).auditid


def submitted_elsewhere(wechat: Wechat, version: str = "") -> None:
    """Let somebody submit without weaudit, what is committed or another version."""
    app = wechat.world.apps[APP]
    if version:
        committed_elsewhere(wechat, version)
    category = {"first_class": "餐饮服务", "second_class": "点餐平台", "first_id": 220, "second_id": 632}
    audits.submit_audit(wechat.world, app, item_list=[category])


def committed_elsewhere(wechat: Wechat, version: str) -> None:
    """Let somebody commit without weaudit, a second later than whatever was before."""
    wechat.now += 1
    app = wechat.world.apps[APP]
    code.commit(wechat.world, app, template_id=1, ext_json="{}", user_version=version, user_desc="theirs")


def decided(wechat: Wechat, verdict: str, version: str = "1.0", reason: str = "") -> int:
    """Submit a version and decide its review."""
    auditid = submitted(wechat, version)
    wechat.world.apps[APP].decide(verdict, reason)
    return auditid
