"""One third-party platform as WeChat sees it: who authorized it, and tickets, codes and tokens that expire."""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from service.simulator.counts import Counts, Limits
from service.simulator.library import Draft, Template
from service.simulator.mini_program import MiniProgram
from service.simulator.refusal import Refusal
from service.simulator.unknowns import Unknowns

TOKEN_LIFE = 7200
# https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/component_verify_ticket.html
TICKET_LIFE = 12 * 3600
CODE_LIFE = 600
# After a renewal the former token is good for five more minutes.
FORMER_TOKEN_LIFE = 300
FIRST_AUDITID = 400_000_001
FIRST_DRAFT = Draft(0, 1488965944, "1.0.0", "the first draft")


@dataclass(frozen=True)
class Grant:
    """A token: for whom (an appid), and until when; `is_own`: the mini program fetched it without a platform."""

    appid: str
    expires_at: float
    is_own: bool = False


class World:
    """One third-party platform as WeChat sees it. Not thread-safe: one event loop owns it."""

    def __init__(
        self,
        component_appid: str,
        component_secret: str,
        clock: Callable[[], float],
        *,
        token_life: int = TOKEN_LIFE,
        limits: Limits | None = None,
        unknowns: Unknowns | None = None,
    ) -> None:
        """Take the platform's identity, the time, and what is allowed; `token_life` in seconds."""
        self.component_appid = component_appid
        self.clock = clock
        self.token_life = token_life
        self.apps: dict[str, MiniProgram] = {}
        self.pushes_tickets = True
        self.secret = component_secret
        self.limits = limits or Limits()
        self.unknowns = unknowns or Unknowns()
        self.counts = Counts(clock)
        self.drafts = {FIRST_DRAFT.draft_id: FIRST_DRAFT}
        self.templates = {1: Template(1, FIRST_DRAFT)}
        self.tickets: dict[str, float] = {}
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self._auditids = itertools.count(FIRST_AUDITID)

    def new_ticket(self) -> str:
        """Make a verify ticket."""
        ticket = f"ticket@@@{secrets.token_urlsafe(48)}"
        self.tickets[ticket] = self.clock() + TICKET_LIFE
        return ticket

    def authorize(self, appid: str, nickname: str) -> str:
        """Let a merchant authorize the platform; gives the authorization code."""
        app = self.apps.setdefault(appid, MiniProgram(appid, nickname, f"gh_{appid[-12:]}"))
        app.authorized, app.nickname, app.authorized_at = True, nickname, int(self.clock())
        app.former_refresh_token = (app.refresh_token, self.clock() + FORMER_TOKEN_LIFE)
        app.refresh_token = f"refreshtoken@@@{secrets.token_urlsafe(24)}"
        code = f"queryauthcode@@@{secrets.token_urlsafe(24)}"
        self.codes[code] = Grant(appid, self.clock() + CODE_LIFE)
        return code

    def unauthorize(self, appid: str) -> None:
        """Let a merchant take the authorization back."""
        app = self.apps[appid]
        app.authorized, app.refresh_token, app.former_refresh_token = False, "", ("", 0.0)
        self.codes = {code: grant for code, grant in self.codes.items() if grant.appid != appid}
        self.tokens = {token: grant for token, grant in self.tokens.items() if grant.appid != appid}

    def next_auditid(self) -> int:
        """Return the id of the next review."""
        return next(self._auditids)

    def expire_tokens(self) -> None:
        """Make every token worthless, as WeChat does when another program fetches tokens with our secret."""
        self.tokens.clear()

    def holder(self, token: str) -> Grant:
        """Return whom a token was granted to."""
        if not token:
            raise Refusal(41001)
        grant = self.tokens.get(token)
        if grant is None:
            raise Refusal(40001)
        if grant.expires_at <= self.clock():
            raise Refusal(42006 if grant.appid == self.component_appid else 42001)
        return grant

    def own_token(self, appid: str) -> str:
        """Return a token that a mini program fetched by itself, without the platform."""
        token = f"own_{secrets.token_urlsafe(48)}"
        self.tokens[token] = Grant(appid, self.clock() + self.token_life, is_own=True)
        return token

    def app(self, appid: str) -> MiniProgram:
        """Return a mini program that authorizes the platform."""
        app = self.apps.get(appid)
        if app is None or not app.authorized:
            raise Refusal(61003)
        return app

    def grant(self, appid: str) -> str:
        """Make a new token; former ones are good for five more minutes."""
        now = self.clock()
        for token, grant in self.tokens.items():
            if grant.appid == appid and not grant.is_own:
                self.tokens[token] = Grant(appid, min(grant.expires_at, now + FORMER_TOKEN_LIFE))
        token = f"{len(self.tokens) + 1}_{secrets.token_urlsafe(48)}"
        self.tokens[token] = Grant(appid, now + self.token_life)
        return token
