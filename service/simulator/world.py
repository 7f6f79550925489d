"""One third-party platform as WeChat sees it: who authorized it, and tickets, codes and tokens that expire."""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.simulator.mini_program import MiniProgram
from service.simulator.refusal import Refusal

TOKEN_LIFE = 7200
# https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/component_verify_ticket.html
TICKET_LIFE = 12 * 3600
CODE_LIFE = 600
# After a renewal the former token is good for five more minutes.
FORMER_TOKEN_LIFE = 300
FIRST_AUDITID = 400_000_001


@dataclass(frozen=True)
class Grant:
    """A token: for whom (an appid), and until when."""

    appid: str
    expires_at: float


class World:
    """One third-party platform as WeChat sees it. Not thread-safe: one event loop owns it."""

    def __init__(
        self, component_appid: str, component_secret: str, clock: Callable[[], float], *, token_life: int = TOKEN_LIFE
    ) -> None:
        """Take the platform's identity and the time; `token_life` in seconds."""
        self.component_appid = component_appid
        self.clock = clock
        self.token_life = token_life
        self.apps: dict[str, MiniProgram] = {}
        self._secret = component_secret
        self._tickets: dict[str, float] = {}
        self._codes: dict[str, Grant] = {}
        self._tokens: dict[str, Grant] = {}
        self._auditids = itertools.count(FIRST_AUDITID)

    def new_ticket(self) -> str:
        """Make a verify ticket."""
        ticket = f"ticket@@@{secrets.token_urlsafe(48)}"
        self._tickets[ticket] = self.clock() + TICKET_LIFE
        return ticket

    def authorize(self, appid: str, nickname: str) -> str:
        """Let a merchant authorize the platform; gives the authorization code."""
        app = self.apps.setdefault(appid, MiniProgram(appid, nickname, f"gh_{appid[-12:]}"))
        app.authorized, app.nickname = True, nickname
        app.refresh_token = f"refreshtoken@@@{secrets.token_urlsafe(24)}"
        code = f"queryauthcode@@@{secrets.token_urlsafe(24)}"
        self._codes[code] = Grant(appid, self.clock() + CODE_LIFE)
        return code

    def unauthorize(self, appid: str) -> None:
        """Let a merchant take the authorization back."""
        app = self.apps[appid]
        app.authorized, app.refresh_token = False, ""
        self._tokens = {token: grant for token, grant in self._tokens.items() if grant.appid != appid}

    def next_auditid(self) -> int:
        """Give the id of the next review."""
        return next(self._auditids)

    def expire_tokens(self) -> None:
        """Make every token worthless, as WeChat does when another program fetches tokens with our secret."""
        self._tokens.clear()

    def api_component_token(self, component_appid: str, component_appsecret: str, component_verify_ticket: str) -> Any:
        """Exchange the secret and a ticket for the platform's token."""
        if component_appid != self.component_appid:
            raise Refusal(40013)
        if component_appsecret != self._secret:
            raise Refusal(40125)
        if component_verify_ticket not in self._tickets:
            raise Refusal(61006)
        if self._tickets[component_verify_ticket] <= self.clock():
            raise Refusal(61005)
        return {"component_access_token": self._grant(self.component_appid), "expires_in": self.token_life}

    def api_query_auth(self, component_appid: str, authorization_code: str) -> Any:
        """Exchange an authorization code, once, for a mini program's tokens."""
        self._is_us(component_appid)
        grant = self._codes.pop(authorization_code, None)
        if grant is None:
            raise Refusal(61009)
        if grant.expires_at <= self.clock():
            raise Refusal(61010)
        info = {
            "authorizer_appid": grant.appid,
            "authorizer_access_token": self._grant(grant.appid),
            "expires_in": self.token_life,
            "authorizer_refresh_token": self.apps[grant.appid].refresh_token,
            "func_info": [{"funcscope_category": {"id": 18}}],
        }
        return {"authorization_info": info}

    def api_authorizer_token(self, component_appid: str, authorizer_appid: str, authorizer_refresh_token: str) -> Any:
        """Exchange a refresh token for a mini program's next token."""
        self._is_us(component_appid)
        app = self.apps.get(authorizer_appid)
        if app is None or not app.authorized:
            raise Refusal(61003)
        if authorizer_refresh_token != app.refresh_token:
            raise Refusal(61023)
        return {
            "authorizer_access_token": self._grant(authorizer_appid),
            "expires_in": self.token_life,
            "authorizer_refresh_token": app.refresh_token,
        }

    def api_get_authorizer_info(self, component_appid: str, authorizer_appid: str) -> Any:
        """Say who a mini program is."""
        self._is_us(component_appid)
        app = self.apps.get(authorizer_appid)
        if app is None or not app.authorized:
            raise Refusal(61003)
        return {
            "authorizer_info": {
                "nick_name": app.nickname,
                "user_name": app.user_name,
                "principal_name": f"{app.nickname}有限公司",
                "account_status": 1,
            },
            "authorization_info": {
                "authorizer_appid": app.appid,
                "authorizer_refresh_token": app.refresh_token,
                "func_info": [],
            },
        }

    def holder(self, token: str) -> str:
        """Give the appid that a token was granted to."""
        if not token:
            raise Refusal(41001)
        grant = self._tokens.get(token)
        if grant is None:
            raise Refusal(40001)
        if grant.expires_at <= self.clock():
            raise Refusal(42001)
        return grant.appid

    def _grant(self, appid: str) -> str:
        now = self.clock()
        for token, grant in self._tokens.items():
            if grant.appid == appid:
                self._tokens[token] = Grant(appid, min(grant.expires_at, now + FORMER_TOKEN_LIFE))
        token = f"{len(self._tokens) + 1}_{secrets.token_urlsafe(48)}"
        self._tokens[token] = Grant(appid, now + self.token_life)
        return token

    def _is_us(self, component_appid: str) -> None:
        if component_appid != self.component_appid:
            raise Refusal(40013)
