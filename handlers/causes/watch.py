"""The periodic look at causes: tell of new ones, remind of old ones, see which are gone, and let one reaction try."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from handlers.causes import naming, telling
from handlers.causes.kinds import KINDS, Shown
from handlers.context import Context
from service.store import attempts, causes
from service.store.causes import Cause, Held
from service.store.credentials import CredentialKind, Credentials
from service.store.engine import reading

# In seconds. What ends sooner is not worth telling, and what begins for many at once is told of with how many.
TELL_AFTER = 10.0
REMIND_AFTER = 86_400.0


@dataclass
class CauseWatch:
    """Looks after causes. The first look of a process tries all: it may have been started with other settings."""

    is_first: bool = True

    def __call__(self, context: Context) -> None:
        """Look once."""
        with reading(context.engine) as connection:
            now = context.now(connection)
            looked = [(held, self._due(context, connection, held, now)) for held in causes.every(connection)]
        # Thousands may last for weeks: only for those of which something is due there is anything to write.
        for held, due in looked:
            if due:
                with context.engine.begin() as connection:
                    _do(context, connection, held, due)
        self.is_first = False

    def _due(self, context: Context, connection: Connection, held: Held, now: float) -> "_Due | None":
        """Tell what is due for a cause: its end, and by what, or to be told of, or to be tried."""
        cause, told_at = held.cause, held.cause.told_at
        if is_gone(connection, context.credentials, context.settings.wechat_component_appid, cause, now):
            return _Due(ended_by="its time" if causes.is_pause(cause.name) else "WeChat")
        if _shown(cause) is Shown.PERSON:
            is_reminder = told_at is not None and now - told_at >= REMIND_AFTER
            # Whoever paused it until a time knows of it, and need not do anything.
            is_news = told_at is None and cause.until is None and held.reactions > 0 and now - cause.since >= TELL_AFTER
            return _Due(tell=True) if is_reminder or is_news else None
        if not held.reactions and not attempts.are_waiting_for(connection, cause.name):
            return _Due(ended_by="nothing waits for it")
        is_due = now - cause.since >= TELL_AFTER if told_at is None else now - told_at >= REMIND_AFTER
        due = _Due(tell=is_due and held.reactions > 0, probe=self.is_first or now >= cause.probe_at)
        return due if due.tell or due.probe else None


def _shown(cause: Cause) -> Shown:
    return KINDS[cause.kind].shown if cause.kind in KINDS else Shown.NOTHING


class _Due(NamedTuple):
    ended_by: str = ""
    tell: bool = False
    probe: bool = False


def _do(context: Context, connection: Connection, held: Held, due: _Due) -> None:
    cause, us, now = held.cause, context.settings.wechat_component_appid, context.now(connection)
    if due.ended_by and (cause.until is None or not causes.is_prolonged(connection, cause)):
        telling.end(connection, context.credentials, us, cause.name, now=now, by=due.ended_by)
    if due.tell:
        telling.tell(connection, context.credentials, us, held, now=now)
    if due.probe:
        causes.probe(connection, cause.name, now=now, again_at=now + naming.pause(cause.kind, now - cause.since))


def is_gone(connection: Connection, credentials: Credentials, component_appid: str, cause: Cause, now: float) -> bool:
    """Tell whether something shows that a cause is gone."""

    def kept_since(kind: CredentialKind, owner: str) -> bool:
        kept = credentials.read(connection, kind, owner)
        return kept is not None and kept.issued_at > cause.since

    match _shown(cause):
        case Shown.TICKET:
            ticket = credentials.read(connection, CredentialKind.TICKET, component_appid)
            return ticket is not None and (ticket.expires_at or 0) > now
        case Shown.TOKEN:
            return kept_since(CredentialKind.COMPONENT_TOKEN, component_appid)
        case Shown.AUTHORIZATION:
            return kept_since(CredentialKind.REFRESH_TOKEN, cause.about)
        case Shown.TIME | Shown.PERSON:
            return cause.until is not None and cause.until <= now
        case Shown.NOTHING:
            return False
