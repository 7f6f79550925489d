"""The beginning and the end of a cause, as people and subscribers are told of them."""

import re
from collections.abc import Mapping

import structlog
from sqlalchemy import Connection

from handlers.causes.kinds import KINDS
from handlers.wechat.permission_sets import set_for
from service.events.from_weaudit import Blocked, Unblocked
from service.events.from_wechat import Data
from service.events.message import Message, build, identity
from service.store import causes, inbox
from service.store.causes import Cause, Held
from service.store.credentials import Credentials
from service.store.inbox import Entry

log = structlog.get_logger(__name__)

ADDRESS = re.compile(r"(?:requestIP|invalid ip|clientip)\W+(?P<ip>[0-9a-fA-F]*[.:][0-9a-fA-F.:]+)", re.IGNORECASE)


def end(
    connection: Connection, credentials: Credentials, component_appid: str, name: str, *, now: float, by: str
) -> int | None:
    """End a cause, and let people know if they knew of it; return how many reactions go on, None if there is none."""
    ended = causes.end(connection, name, now=now)
    if ended is None:
        return None
    cause, woken = ended
    log.info("cause.ended", cause=name, by=by, reactions=woken)
    if cause.told_at is not None:
        unblocked = Unblocked(cause=name, since=int(cause.since), goes_on=woken, by=by, **title(cause))
        message = _message("weaudit.unblocked", unblocked, cause, component_appid, now)
        inbox.add(connection, [Entry(message)], credentials, now)
    return woken


def tell(connection: Connection, credentials: Credentials, component_appid: str, held: Held, *, now: float) -> None:
    """Let people know of a cause, or remind them of it."""
    cause = held.cause
    blocked = Blocked(
        cause=cause.name,
        since=int(cause.since),
        holds_up=held.reactions,
        mini_programs=held.mini_programs,
        reason=cause.reason,
        errcode=cause.errcode,
        until=None if cause.until is None else int(cause.until),
        reminder=cause.told_at is not None,
        **title(cause),
        **what_to_do(cause),
    )
    message = _message("weaudit.blocked", blocked, cause, component_appid, now)
    inbox.add(connection, [Entry(message)], credentials, now)
    causes.told(connection, cause.name, now=now)
    log.warning("cause.told", cause=cause.name, reactions=held.reactions, reminder=blocked.reminder)


def title(cause: Cause) -> Mapping[str, str]:
    """Return what a cause is, in English and Chinese."""
    kind, filled = KINDS.get(cause.kind), _filled(cause)
    if kind is None:
        return {"what": cause.name, "what_chinese": cause.name}
    return {
        "what": kind.english.format(**filled, set=_set(cause, "english")),
        "what_chinese": kind.chinese.format(**filled, set=_set(cause, "chinese")),
    }


def what_to_do(cause: Cause) -> Mapping[str, str]:
    """Return what a person does about a cause, in English and Chinese."""
    kind = KINDS.get(cause.kind)
    if kind is None:
        return {}
    whose = cause.about or "--all"
    return {"act": kind.act.format(whose=whose), "act_chinese": kind.act_chinese.format(whose=whose)}


def _filled(cause: Cause) -> Mapping[str, str]:
    found = ADDRESS.search(cause.reason)
    return {"ip": found["ip"] if found else "(worker, clock)", "code": str(cause.errcode or "")}


def _set(cause: Cause, language: str) -> str:
    needed = set_for(cause.endpoint)
    return f"{needed.id} {needed.chinese if language == 'chinese' else f'({needed.english})'}"


def _message(kind: str, data: Data, cause: Cause, component_appid: str, now: float) -> Message:
    subject = cause.about or component_appid
    id = identity(subject, {"type": kind, "cause": cause.name, "since": cause.since, "told": now})
    return build(kind, subject, data, id=id, component_appid=component_appid, at=now)
