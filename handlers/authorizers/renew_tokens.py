"""Tokens and tickets, ahead of need: fetch the next token before one runs out, and notice when tickets stop coming."""

from dataclasses import dataclass

import structlog

from handlers.context import Context
from handlers.rounds import go_round
from handlers.wechat.endpoints import authorization
from handlers.wechat.endpoints.authorization import StartPushTicketRequest
from handlers.wechat.errors import WeChatError
from service.events.from_weaudit import TicketsStopped
from service.events.message import build, identity
from service.store import inbox, mini_programs
from service.store.credentials import CredentialKind
from service.store.engine import reading
from service.store.inbox import Entry

log = structlog.get_logger(__name__)

# WeChat pushes a ticket every ten minutes; one that is missed is no harm, three are.
PATIENCE = 1800.0


def renew_tokens(context: Context) -> None:
    """Fetch the next token of each mini program that authorizes the platform, before the present one ends."""
    with reading(context.engine) as connection:
        authorized = mini_programs.authorized(connection)
    go_round(context, "renew tokens", authorized, context.wechat.tokens.authorizer)


@dataclass
class TicketWatch:
    """Notices that no ticket came for half an hour, asks WeChat to push them again, and lets people be told, once.

    `since` is when this process first looked: of a platform that never had a ticket nothing else is known.
    """

    since: float | None = None

    def __call__(self, context: Context) -> None:
        """Look once."""
        now = context.clock()
        self.since = self.since or now
        us = context.wechat.tokens.component_appid
        with reading(context.engine) as connection:
            ticket = context.credentials.read(connection, CredentialKind.TICKET, us)
        newest = ticket.issued_at if ticket else None
        if now - max(self.since, newest or 0.0) < PATIENCE:
            return
        problem = self._start_again(context, us)
        log.error("ticket.stopped", newest=newest, started_again=not problem, problem=problem)
        told = TicketsStopped(newest=None if newest is None else int(newest), problem=problem)
        message = build(
            "weaudit.tickets_stopped",
            us,
            told,
            id=identity(us, {"tickets stopped": newest}),
            component_appid=us,
            at=now,
        )
        with context.engine.begin() as connection:
            inbox.add(connection, [Entry(message)], context.credentials, now)

    @staticmethod
    def _start_again(context: Context, us: str) -> str:
        secret = context.settings.wechat_component_secret.get_secret_value()
        request = StartPushTicketRequest(component_appid=us, component_secret=secret)
        try:
            context.wechat.call(authorization.api_start_push_ticket, request)
        except WeChatError as error:
            return str(error)
        return ""
