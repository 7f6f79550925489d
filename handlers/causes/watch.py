"""The periodic look at causes: tell of new ones, remind of old ones, see which are gone, and let one reaction try."""

from dataclasses import dataclass

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
            every = causes.every(connection)
        for held in every:
            self._look_at(context, held)
        self.is_first = False

    def _look_at(self, context: Context, held: Held) -> None:
        cause, us = held.cause, context.settings.wechat_component_appid
        with context.engine.begin() as connection:
            now = context.now(connection)
            if is_gone(connection, context.credentials, us, cause, now):
                telling.end(connection, context.credentials, us, cause.name, now=now, by="WeChat")
                return
            if not held.reactions and not attempts.are_waiting_for(connection, cause.name):
                telling.end(connection, context.credentials, us, cause.name, now=now, by="nothing waits for it")
                return
            told_at = cause.told_at
            is_due = now - cause.since >= TELL_AFTER if told_at is None else now - told_at >= REMIND_AFTER
            if is_due and held.reactions:
                telling.tell(connection, context.credentials, us, held, now=now)
            if self.is_first or now >= cause.probe_at:
                again_at = now + naming.pause(cause.kind, now - cause.since)
                causes.probe(connection, cause.name, now=now, again_at=again_at)


def is_gone(connection: Connection, credentials: Credentials, component_appid: str, cause: Cause, now: float) -> bool:
    """Tell whether something shows that a cause is gone."""
    shown = KINDS[cause.kind].shown if cause.kind in KINDS else Shown.NOTHING

    def kept_since(kind: CredentialKind, owner: str) -> bool:
        kept = credentials.read(connection, kind, owner)
        return kept is not None and kept.issued_at > cause.since

    match shown:
        case Shown.TICKET:
            ticket = credentials.read(connection, CredentialKind.TICKET, component_appid)
            return ticket is not None and (ticket.expires_at or 0) > now
        case Shown.TOKEN:
            return kept_since(CredentialKind.COMPONENT_TOKEN, component_appid)
        case Shown.AUTHORIZATION:
            return kept_since(CredentialKind.REFRESH_TOKEN, cause.about)
        case Shown.TIME:
            return cause.until is not None and cause.until <= now
        case Shown.NOTHING:
            return False
