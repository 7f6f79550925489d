"""The message that subscribers see: a CloudEvent around one of the kinds. Encode, decode, identity, routing key."""

import hashlib
import json
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializeAsAny, ValidationError, model_validator

from service.events import tracing
from service.events.from_weaudit import (
    Blocked,
    GaveUp,
    InConflict,
    Planned,
    PutOff,
    Released,
    ReleaseOrdered,
    ResubmissionOrdered,
    Resubmitted,
    RollingOut,
    TakeBackOrdered,
    TakenBack,
    TicketsStopped,
    Unblocked,
    WithdrawalOrdered,
)
from service.events.from_wechat import (
    AppealRecord,
    AuditDelay,
    AuditFail,
    AuditSuccess,
    Authorized,
    CategoryAudit,
    ComponentVerifyTicket,
    Data,
    NicknameAudit,
    PrivacyApply,
    PunishEvent,
    Registered,
    Text,
    Unauthorized,
    Unrecognised,
    WxaAuth,
    WxVerify,
)

KINDS: Mapping[str, type[Data]] = MappingProxyType(
    {
        "wechat.weapp_audit_success": AuditSuccess,
        "wechat.weapp_audit_fail": AuditFail,
        "wechat.weapp_audit_delay": AuditDelay,
        "wechat.text": Text,
        "wechat.wxa_nickname_audit": NicknameAudit,
        "wechat.wxa_category_audit": CategoryAudit,
        "wechat.wxa_privacy_apply": PrivacyApply,
        "wechat.wxa_appeal_record": AppealRecord,
        "wechat.wxa_punish_event": PunishEvent,
        "wechat.component_verify_ticket": ComponentVerifyTicket,
        "wechat.authorized": Authorized,
        "wechat.updateauthorized": Authorized,
        "wechat.unauthorized": Unauthorized,
        "wechat.notify_third_fasteregister": Registered,
        "wechat.notify_third_fastregisterbetaapp": Registered,
        "wechat.notify_third_fastverifybetaapp": Registered,
        "wechat.notify_3rd_wxa_auth": WxaAuth,
        "wechat.notify_3rd_wxa_wxverify": WxVerify,
        "wechat.unrecognised": Unrecognised,
        "weaudit.planned": Planned,
        "weaudit.release_ordered": ReleaseOrdered,
        "weaudit.resubmission_ordered": ResubmissionOrdered,
        "weaudit.withdrawal_ordered": WithdrawalOrdered,
        "weaudit.take_back_ordered": TakeBackOrdered,
        "weaudit.rolling_out": RollingOut,
        "weaudit.released": Released,
        "weaudit.taken_back": TakenBack,
        "weaudit.conflict": InConflict,
        "weaudit.resubmitted": Resubmitted,
        "weaudit.put_off": PutOff,
        "weaudit.gave_up": GaveUp,
        "weaudit.blocked": Blocked,
        "weaudit.unblocked": Unblocked,
        "weaudit.tickets_stopped": TicketsStopped,
    }
)

CONTENT_TYPE = "application/cloudevents+json"
UNRECOGNISED = "wechat.unrecognised"
# However somebody spells it, it is that event.
BY_LOWER_CASE = {kind.lower(): kind for kind in KINDS}
# Under this name the text of a push that had to be read tolerantly is kept, so much of it.
TEXT = "text"
LONGEST_TEXT = 4096
NAMED_BY = ("InfoType", "Event", "MsgType")
ROUTED_AS_PART_OF_THE_TYPE = frozenset({"info_type", "event", "msg_type"})
# AMQP allows 255 bytes for a whole routing key, and a dot would add a word to it.
NOT_FOR_A_ROUTING_WORD = re.compile(r"[^A-Za-z0-9_-]")
LONGEST_ROUTING_WORD = 100
OURS = frozenset({"origin", "problem", "left_out"})
# What people read, so that it is worth having with markup.
TEXTS = frozenset({"reason"})
CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class MessageError(Exception):
    """What was to be decoded is not a message of ours; the text says why."""


class Message(BaseModel):
    """One thing that happened, once: `id` is its identity, 32 hex digits."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: Literal["application/json"] = "application/json"
    traceparent: str | None = None
    data: SerializeAsAny[Data]

    @model_validator(mode="before")
    @classmethod
    def _give_the_data_its_kind(cls, parts: Any) -> Any:
        if isinstance(parts, dict) and isinstance(parts.get("data"), dict):
            kind = KINDS.get(str(parts.get("type")), Data)
            return {**parts, "data": kind.model_validate(parts["data"])}
        return parts

    @property
    def event(self) -> str:
        """Return WeChat's own name of what happened, or ours: `weapp_audit_fail`, `weaudit.released`."""
        if isinstance(self.data, Unrecognised):
            return self.data.event
        return self.type.removeprefix("wechat.")

    @property
    def routing_key(self) -> str:
        """Return `<event>.<appid>`; characters that no broker allows in a routing word become `_`."""
        words = self.event.split(".") if self.type.startswith("weaudit.") else (self.event,)
        return ".".join(NOT_FOR_A_ROUTING_WORD.sub("_", word)[:LONGEST_ROUTING_WORD] for word in (*words, self.subject))


def encode(message: Message) -> str:
    """Write a message as the JSON that goes over the queue; what WeChat did not tell is left out."""
    return message.model_dump_json(exclude_none=True)


def decode(text: str | bytes) -> Message:
    """Read a message; kinds that are unknown here keep all their data.

    Raises MessageError.
    """
    try:
        return Message.model_validate_json(text)
    except ValidationError as error:
        raise MessageError(f"this is not a message of weaudit: {_faults(error)}") from None


def decode_loosely(text: str | bytes) -> tuple[Message, str]:
    """Read a message, and why it cannot be read as its kind, if so: then its data is as it came.

    A version that reads a kind more strictly than the one that wrote it still finds out what it is about.
    Raises MessageError if it is no message at all.
    """
    try:
        return decode(text), ""
    except MessageError as strictly:
        try:
            parts = json.loads(text)
            return Message.model_validate({**parts, "data": Data.model_validate(parts["data"])}), str(strictly)
        except (ValueError, TypeError, KeyError):
            raise strictly from None


def identity(subject: str, fields: Mapping[str, Any]) -> str:
    """Return the identity of what was told about a mini program: equal for a repetition, else different."""
    told = _AS_JSON([subject, fields])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_AS_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def build(kind: str, subject: str, data: Data, *, id: str, component_appid: str, at: float) -> Message:
    """Put data into its message. `at` is when it happened, in Unix seconds."""
    return Message(
        id=id,
        source=f"wechat/component/{component_appid}",
        type=kind,
        subject=subject,
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
        traceparent=tracing.of(id),
        data=data,
    )


def recognise(fields: Mapping[str, Any], problem: str = "", text: str = "") -> tuple[str, Data]:
    """Find the kind of the fields of a push and read them as it: (type, data). Whatever fits none is `Unrecognised`.

    `problem` says why its `text` had to be read tolerantly; the text, as far as it is given, is then kept as it came.
    """
    event = next((name for key in NAMED_BY if isinstance(name := fields.get(key), str)), "")
    kind = BY_LOWER_CASE.get(f"wechat.{event}".lower(), "")
    as_it_came = {TEXT: text.encode("ascii", "backslashreplace").decode()[:LONGEST_TEXT]} if text else {}
    if kind and kind != UNRECOGNISED:
        try:
            data = _read(KINDS[kind], _snake_case(fields))
        except ValidationError as error:
            problem = problem or _faults(error)
        except ValueError as error:
            problem = problem or str(error)
        else:
            return kind, _with(data, problem, as_it_came)
    told_at = fields.get("CreateTime")
    fields = {**fields, **as_it_came}
    unrecognised = {
        "event": event or "unrecognised",
        "problem": problem or "weaudit does not know this event",
        "fields": fields,
    }
    try:
        return UNRECOGNISED, Unrecognised.model_validate({**unrecognised, "create_time": told_at})
    except ValidationError:
        return UNRECOGNISED, Unrecognised.model_validate(unrecognised)


def _with(data: Data, problem: str, as_it_came: Mapping[str, str]) -> Data:
    """Add to what was read why it had to be read tolerantly."""
    if not problem:
        return data
    said = "; ".join(filter(None, (problem, data.problem)))
    return data.model_copy(update={"problem": said, "left_out": {**(data.left_out or {}), **as_it_came}})


def _read(kind: type[Data], told: dict[str, Any]) -> Data:
    """Read fields as a kind; those that cannot be read are left out and named, if the rest is enough.

    Raises ValidationError if it is not.
    """
    try:
        return kind.model_validate(told)
    except ValidationError as error:
        odd = {name: told.get(name) for name in sorted({str(fault["loc"][0]) for fault in error.errors()})}
        rest = {name: value for name, value in told.items() if name not in odd}
        texts = {name: text for name in odd.keys() & TEXTS if (text := _text_of(odd[name]))}
        return kind.model_validate({**rest, **texts, "problem": _faults(error), "left_out": odd})


def _text_of(value: Any) -> str:
    """Return the text of a field that came with markup, or more than once; empty if it has none."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(value)
    text = value.get("#text") if isinstance(value, dict) else None
    return text if isinstance(text, str) else ""


def _faults(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_url=False))


@lru_cache(maxsize=1024)
def _snake(name: str) -> str:
    return CAPITAL.sub("_", name).lower()


def _snake_case(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return WeChat's fields their names in snake_case; empty ones are left out, those that name the kind too."""
    named: dict[str, Any] = {}
    for key, value in fields.items():
        name = _snake(key)
        if name in named or name in OURS:
            raise ValueError(f"two fields would be {name}")
        if value is not None and name not in ROUTED_AS_PART_OF_THE_TYPE:
            named[name] = value
    return named
