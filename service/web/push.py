"""One push, read: (query, body, keys) -> Push, or PushRefused. Pure: no server, no store, no clock."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from crypto.envelope import unseal
from crypto.errors import BadSignature, CryptoError
from crypto.signature import verify
from service.events import reading
from service.events.message import TEXT, Message, build, identity, recognise
from service.events.reading import BEGINS

# The envelope has one field that matters, and its signature covers just that: it is searched for, not parsed.
ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[([A-Za-z0-9+/=]+)\]\]>|([A-Za-z0-9+/=]+))\s*</Encrypt>")
APPID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SECRET_FIELDS = frozenset({"ComponentVerifyTicket", "AuthorizationCode", "PreAuthCode", "auth_code"})
# WeChat's publish check sends an authorization code as a text message.
CODE_IN_A_TEXT = "QUERY_AUTH_CODE:"
SUBJECT_FIELDS = ("AuthorizerAppid", "appid")
# Where a text had to be read tolerantly, a name may be odd, too, and hide a secret: only these are shown then.
NEVER_SECRET = frozenset(
    {
        *("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "AppId", "InfoType", "AuthorizerAppid"),
        *("Reason", "ScreenShot", "SuccTime", "FailTime", "DelayTime"),
    }
)
REVIEWS = "weapp_audit"
# So many of what may be sealed are looked at.
MOST_SEALED = 4


class PushRefused(Exception):
    """This is no push of WeChat's to us; `reason` is one word for logs and metrics, the text says more."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Lock:
    """What opens a push: the token, the AES keys (current first), the platform's appid, the greatest age in seconds."""

    token: str
    keys: Sequence[bytes]
    component_appid: str
    max_age: int = 0


class Push(NamedTuple):
    """An authentic push: its message, the secrets that the message must not carry, and the key that opened it."""

    message: Message
    secrets: Mapping[str, str]
    key: bytes


def check_echo(query: Mapping[str, str], lock: Lock, now: float) -> str:
    """Check the signature of WeChat's GET and give the text to answer.

    Raises PushRefused.
    """
    signature, timestamp, nonce, echo = _need(query, "signature", "timestamp", "nonce", "echostr")
    _check_age(timestamp, lock, now)
    _check_signature(signature, lock.token, timestamp, nonce)
    return echo


def check_query(query: Mapping[str, str], lock: Lock, now: float, appid: str | None = None) -> None:
    """Check what can be checked before the body is read: the path, the parameters and the age.

    Raises PushRefused.
    """
    if appid is not None and not APPID.fullmatch(appid):
        raise PushRefused("path", "the path ends in no appid: the URL in WeChat's settings must end in $APPID$")
    _, timestamp, _ = _need(query, "msg_signature", "timestamp", "nonce")
    _check_age(timestamp, lock, now)


def is_signed(query: Mapping[str, str], lock: Lock) -> bool:
    """Return whether whoever sends this has seen a query of WeChat's, which says nothing about the body."""
    try:
        verify(query.get("signature", ""), lock.token, query.get("timestamp", ""), query.get("nonce", ""))
    except BadSignature:
        return False
    return True


def read(query: Mapping[str, str], body: bytes, lock: Lock, now: float, appid: str | None = None) -> Push:
    """Verify, unseal and understand a push. `appid` is the mini program of the URL's path, if there is one.

    Raises PushRefused for whatever is not authentic. What is authentic always gives a Push, understood or not.
    """
    check_query(query, lock, now, appid)
    signature, timestamp, nonce = query["msg_signature"], query["timestamp"], query["nonce"]
    sealed = _signed_text(body, signature, lock.token, timestamp, nonce)
    try:
        content, key = unseal(sealed, lock.keys, lock.component_appid)
    except CryptoError as error:
        raise PushRefused(type(error).__name__, str(error)) from None
    fields, problem = reading.read(content)
    public, secrets = _without_secrets(fields)
    if odd := [name for name, secret in secrets.items() if not isinstance(secret, str)]:
        problem = problem or f"not one text each: {', '.join(odd)}"
        secrets = {name: secret for name, secret in secrets.items() if name not in odd}
    text = ""
    if problem:
        public = {name: value for name, value in public.items() if name in NEVER_SECRET}
        secrets = {**secrets, TEXT: (text := reading.decoded(content))}
    kind, data = recognise(public, problem, text if _is_of_a_review(public) else "")
    subject = appid or _subject(fields) or lock.component_appid
    told_at = getattr(data, "create_time", None)
    message = build(
        kind,
        subject,
        data,
        id=identity(subject, {**fields, **({TEXT: secrets[TEXT]} if problem else {})}),
        component_appid=lock.component_appid,
        at=now if told_at is None else told_at,
    )
    return Push(message, secrets, key)


def _need(query: Mapping[str, str], *names: str) -> list[str]:
    if missing := [name for name in names if not query.get(name)]:
        raise PushRefused("query", f"the query has no {', '.join(missing)}")
    return [query[name] for name in names]


def _check_age(timestamp: str, lock: Lock, now: float) -> None:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise PushRefused("query", "the timestamp is not a number of seconds")
    if lock.max_age and abs(now - int(timestamp)) > lock.max_age:
        raise PushRefused("stale", f"the timestamp is more than MAX_PUSH_AGE={lock.max_age} s away from this clock")


def _check_signature(signature: str, *parts: str) -> None:
    try:
        verify(signature, *parts)
    except BadSignature as error:
        raise PushRefused("BadSignature", str(error)) from None


def _signed_text(body: bytes, signature: str, *parts: str) -> bytes:
    """Return what is sealed. In 兼容模式 the plain message beside it may quote another one: the signature says which.

    Raises PushRefused.
    """
    found = [bytes(in_cdata or plain) for in_cdata, plain in ENCRYPT.findall(body)[:MOST_SEALED]]
    whole = body.strip()
    if not found or not BEGINS.match(whole) or not whole.endswith(b"</xml>"):
        raise PushRefused("envelope", "the body is not one <xml> with an <Encrypt>")
    for sealed in found[:-1]:
        with suppress(PushRefused):
            _check_signature(signature, *parts, sealed.decode("ascii"))
            return sealed
    _check_signature(signature, *parts, found[-1].decode("ascii"))
    return found[-1]


def _without_secrets(fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    secrets: dict[str, Any] = {}

    def public(value: Any) -> Any:
        if isinstance(value, list):
            return [public(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {}
        for name, item in value.items():
            if name in SECRET_FIELDS or (name == "Content" and str(item).startswith(CODE_IN_A_TEXT)):
                if item is not None:
                    secrets[name] = item
            else:
                kept[name] = public(item) if isinstance(item, dict | list) else item
        return kept

    kept: dict[str, Any] = public(fields)
    return kept, secrets


def _is_of_a_review(public: Mapping[str, Any]) -> bool:
    return str(public.get("Event", "")).lower().startswith(REVIEWS)


def _subject(fields: Mapping[str, Any]) -> str | None:
    named = (fields.get(name) for name in SUBJECT_FIELDS)
    return next((appid for appid in named if isinstance(appid, str) and APPID.fullmatch(appid)), None)
