"""What WeChat tells a third-party platform: one frozen model a kind.

Field names are WeChat's own in snake_case, times are Unix seconds. Fields that WeChat adds later are kept as text.
The events: https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/code/audit_event.html
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from service.events import rejection_reasons
from service.events.test_accounts import TEST_ACCOUNTS

LAST_SECOND_OF_9999 = 253_402_300_799
Seconds = Annotated[int, Field(ge=0, le=LAST_SECOND_OF_9999)]
# XML tells one from many only by repetition: a single element is a list of one.
Several = BeforeValidator(lambda value: value if isinstance(value, list | tuple) else (value,))
# One page shows these values in quotes, in plain text: "wx.choosePoi".
Unquoted = BeforeValidator(lambda value: value.strip('"') if isinstance(value, str) else value)


class Part(BaseModel):
    """A part of what was told, frozen; fields unknown to us are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Data(Part):
    """What every kind has: where we heard of it, `push` or `reconcile` (we asked, because no push came).

    `problem` says what of WeChat's fields could not be read; they are kept in `left_out` as they came.
    """

    origin: Literal["push", "reconcile"] = "push"
    problem: str | None = None
    left_out: Mapping[str, Any] | None = None


class MessageOrEvent(Data):
    """A message or event on the 消息与事件接收URL."""

    to_user_name: str = ""
    from_user_name: str = ""
    create_time: Seconds | None = None


class Notice(Data):
    """An InfoType on the 授权事件接收URL; `app_id` is the platform's."""

    app_id: str = ""
    create_time: Seconds | None = None


class Verdict(MessageOrEvent):
    """How a review ended. Which one it was is known where WeChat was asked (`origin` is reconcile): no push says so."""

    auditid: int | None = None
    user_version: str | None = None


class AuditSuccess(Verdict):
    """weapp_audit_success: the review passed."""

    succ_time: Seconds | None = None


class Reason(Part):
    """One numbered point of a rejection."""

    title: str
    details: tuple[str, ...] = ()


class AuditFail(Verdict):
    """weapp_audit_fail: the review was rejected. `reason` is WeChat's text as it came, `reasons` what it says.

    `unparsed` are its lines that fit no title; `screenshots` are media ids for material/get_material.
    """

    reason: str = ""
    fail_time: Seconds | None = None
    reasons: tuple[Reason, ...] = ()
    unparsed: tuple[str, ...] = ()
    screenshots: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _take_apart(cls, fields: Any) -> Any:
        if not isinstance(fields, Mapping) or "reasons" in fields:
            return fields
        taken = dict(fields)
        shots = taken.pop("screen_shot", None) or taken.pop("screenshot", None) or ""
        if isinstance(shots, str) and isinstance(reason := taken.get("reason", ""), str):
            parsed = rejection_reasons.parse(reason)
            taken["reasons"] = [{"title": title, "details": details} for title, details in parsed.titles]
            taken["unparsed"] = parsed.unparsed
            taken["screenshots"] = [shot for shot in shots.split("|") if shot]
            return taken
        return fields


class AuditDelay(MessageOrEvent):
    """weapp_audit_delay: the review takes longer; a verdict follows."""

    reason: str = ""
    delay_time: Seconds | None = None


class Text(MessageOrEvent):
    """text: a test account of WeChat's wrote to us; what customers write stays unrecognised, and codes are secret."""

    to_user_name: str = Field("", validate_default=True)
    content: str = ""
    msg_id: str = ""

    @field_validator("to_user_name")
    @classmethod
    def _of_a_test_account(cls, to_user_name: str) -> str:
        if to_user_name not in TEST_ACCOUNTS.values():
            raise ValueError("weaudit does not know texts, but those of WeChat's publish check")
        return to_user_name


class NicknameAudit(MessageOrEvent):
    """wxa_nickname_audit: `ret` is 2 when the name was rejected, 3 when it passed."""

    ret: int
    nickname: str = ""
    reason: str = ""


class CategoryAudit(MessageOrEvent):
    """wxa_category_audit: `ret` is 2 when the category was rejected, 3 when it passed."""

    ret: int
    first: int | None = None
    second: int | None = None
    reason: str = ""


class PrivacyResult(Part):
    """The verdict on a privacy interface: `status` is 2 when rejected, 3 when passed."""

    api_name: Annotated[str, Unquoted]
    apply_time: Annotated[Seconds | None, Unquoted] = None
    audit_id: Annotated[str, Unquoted] = ""
    audit_time: Annotated[Seconds | None, Unquoted] = None
    reason: Annotated[str, Unquoted] = ""
    status: Annotated[int, Unquoted]


class PrivacyApply(MessageOrEvent):
    """wxa_privacy_apply: the verdict on an application for a privacy interface."""

    result_info: PrivacyResult


class IllegalMaterial(Part):
    """What WeChat objected to."""

    content: str = ""
    content_url: str = ""


class AppealMaterial(Part):
    """What the appeal says against it."""

    reason: str = ""
    proof_material_id: Annotated[tuple[str, ...], Several] = ()


class Material(Part):
    """One objection and the appeal against it."""

    illegal_material: IllegalMaterial | None = None
    appeal_material: AppealMaterial | None = None


class AppealRecord(MessageOrEvent):
    """wxa_appeal_record: an appeal was filed or decided.

    `appeal_from` is 0 for the user, 1 for the provider; `appeal_status` is 1 processing, 2 passed, 3 rejected,
    4 withdrawn.
    """

    appeal_record_id: int
    appid: str = ""
    appeal_time: Seconds | None = None
    appeal_count: int | None = None
    appeal_from: int | None = None
    appeal_status: int
    audit_time: Seconds | None = None
    audit_reason: str = ""
    punish_description: str = ""
    material: Annotated[tuple[Material, ...], Several] = ()


class PunishEvent(MessageOrEvent):
    """wxa_punish_event: `event_type` 1 warning, 2 function ban, 3 taken down, 4 account ban, 10 page ban.

    `detail` is JSON in a string.
    """

    punish_id: str
    appid: str = ""
    punish_time: Seconds | None = None
    illegal_reason: str = ""
    illegal_content: Annotated[tuple[str, ...], Several] = ()
    detail: str = ""
    rule_url: str = ""
    rule_name: str = ""
    adjust_guide_url: str = ""
    event_type: int


class ComponentVerifyTicket(Notice):
    """component_verify_ticket: a new ticket came; the ticket itself is never in a message."""


class Authorized(Notice):
    """authorized and updateauthorized: a merchant let us in; the code that proves it is never in a message."""

    authorizer_appid: str = Field(min_length=1)
    authorization_code_expired_time: Annotated[Seconds | str | None, Field(union_mode="left_to_right")] = None


class Unauthorized(Notice):
    """unauthorized: a merchant took the authorization back."""

    authorizer_appid: str = Field(min_length=1)


class Registered(Notice):
    """notify_third_fasteregister, …betaapp, …verifybetaapp: `status` 0 means that it worked."""

    appid: str = ""
    status: int
    msg: str = ""
    info: Mapping[str, str | None] = Field(default_factory=dict)


class WxaAuth(Notice):
    """notify_3rd_wxa_auth: how a verification task of a mini program goes on."""

    appid: str = ""
    task_status: int
    message: str = ""
    taskid: str = ""
    apply_status: int | None = None
    dispatch_info: Mapping[str, Any] = Field(default_factory=dict)


class WxVerify(Notice):
    """notify_3rd_wxa_wxverify: the verification of a mini program runs out at `expired`."""

    appid: str = ""
    expired: Seconds | None = None
    message: str = ""


class Unrecognised(Data):
    """Authentic, but not understood; `problem` says what. `event` is WeChat's Event, InfoType or MsgType.

    `fields` are WeChat's own. A text that is no XML is kept encrypted in the store: it may hold a secret.
    """

    event: str
    problem: str
    create_time: Seconds | None = None
    fields: Mapping[str, Any] = Field(default_factory=dict)

    @property
    def may_be_a_verdict(self) -> bool:
        """Return whether it names an event of reviews, or nothing that could be read at all."""
        return self.event.lower().startswith("weapp_audit") or (self.event == "unrecognised" and bool(self.problem))
