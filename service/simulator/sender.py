"""WeChat's pushes: sealed, signed, posted, and posted again when they are not answered as WeChat wants.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx2
import structlog

from crypto.envelope import seal
from crypto.signature import sign

log = structlog.get_logger(__name__)

ANSWER_WITHIN = 5.0
AGAIN = 3
PAUSE = 5.0
ACCEPTED = (b"success", b"")


class Sealed(NamedTuple):
    """A push as it goes over the wire."""

    path: str
    query: Mapping[str, str]
    body: bytes


class Answered(NamedTuple):
    """How the last try was answered: HTTP status (0 for none at all), body, and how many tries it took."""

    status: int
    body: bytes
    tries: int

    @property
    def accepted(self) -> bool:
        """Return whether WeChat takes it as received."""
        return self.status == 200 and self.body in ACCEPTED


def xml(fields: Mapping[str, Any]) -> str:
    """Write fields as WeChat does: numbers bare, text in CDATA, a list as repeated elements."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, Any]) -> str:
    return "\n".join(
        f"<{name}>{_content(item)}</{name}>"
        for name, value in fields.items()
        for item in (value if isinstance(value, list) else [value])
    )


def _content(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"\n{_elements(value)}\n"
    if isinstance(value, int):
        return str(value)
    # A CDATA section cannot hold its own end, so it is split there.
    return "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"


@dataclass(frozen=True, slots=True)
class Sender:
    """Seals and sends for one platform. `base` is where weaudit listens; `pause` is in seconds."""

    base: str
    token: str
    key: bytes
    component_appid: str
    pause: float = PAUSE

    def prepare(self, fields: Mapping[str, Any], appid: str = "") -> Sealed:
        """Seal a push: to the message URL of a mini program, or without one to the authorization URL."""
        return self.prepare_text(xml(fields), appid, str(fields.get("ToUserName", "")))

    def prepare_text(self, content: str, appid: str = "", to_user_name: str = "") -> Sealed:
        """Seal any text as a push."""
        encrypt = seal(content.encode(), self.key, self.component_appid)
        timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
        query = {
            "signature": sign(self.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "encrypt_type": "aes",
            "msg_signature": sign(self.token, timestamp, nonce, encrypt),
        }
        head = {"ToUserName": to_user_name} if appid else {"AppId": self.component_appid}
        path = f"/callback/message/{appid}" if appid else "/callback/authorization"
        return Sealed(path, query, xml({**head, "Encrypt": encrypt}).encode())

    def send(self, push: Sealed, again: int = AGAIN) -> Answered:
        """Post a push; when it is not accepted within 5 s, post it up to three times more."""
        answered = Answered(0, b"", 0)
        for tries in range(1, again + 2):
            answered = self._post(push, tries)
            if answered.accepted:
                break
            log.warning("simulator.not_accepted", path=push.path, status=answered.status, tries=tries)
            if tries <= again:
                time.sleep(self.pause)
        return answered

    def _post(self, push: Sealed, tries: int) -> Answered:
        url = f"{self.base.rstrip('/')}{push.path}?{urlencode(push.query)}"
        try:
            response = _client().post(url, content=push.body, headers={"content-type": "text/xml"})
        except httpx2.HTTPError:
            return Answered(0, b"", tries)
        return Answered(response.status_code, response.content, tries)


@cache
def _client() -> httpx2.Client:
    """Make the client of all senders: a connection a push, as many at once as there are pushes."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    # WeChat knows nothing of our proxies.
    return httpx2.Client(timeout=ANSWER_WITHIN, trust_env=False, limits=limits)
