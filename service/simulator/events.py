"""The pushes that WeChat sends, as fields in WeChat's names and order.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/code/audit_event.html
"""

from collections.abc import Mapping
from typing import Any

REASON = (
    "1:账号信息不符合规范:<br>(1):包含色情因素<br>"
    '2:服务类目"金融业-保险_"与你提交代码审核时设置的功能页面内容不一致:<br>'
    "(1):功能页面设置的部分标签不属于所选的服务类目范围。<br>(2):功能页面设置的部分标签与该页面内容不相关。<br>"
)
DELAY_REASON = "审核队列较长，可能会导致审核时效的增长，请耐心等待"
# The sender of audit events is a system account.
SYSTEM = "od1P50M-fNQI5Gcq-trm4a7apsU8"


def _event(name: str, user_name: str, now: int, **fields: Any) -> dict[str, Any]:
    return {
        "ToUserName": user_name,
        "FromUserName": SYSTEM,
        "CreateTime": now,
        "MsgType": "event",
        "Event": name,
        **fields,
    }


def _notice(name: str, component_appid: str, now: int, **fields: Any) -> dict[str, Any]:
    return {"AppId": component_appid, "CreateTime": now, "InfoType": name, **fields}


def audit_success(user_name: str, now: int) -> Mapping[str, Any]:
    """Make the push weapp_audit_success."""
    return _event("weapp_audit_success", user_name, now, SuccTime=now)


def audit_fail(user_name: str, now: int, reason: str = REASON, screenshot: str = "") -> Mapping[str, Any]:
    """Make the push weapp_audit_fail."""
    shots = {"ScreenShot": screenshot} if screenshot else {}
    return _event("weapp_audit_fail", user_name, now, Reason=reason, FailTime=now, **shots)


def text(user_name: str, now: int, sender: str, content: str) -> Mapping[str, Any]:
    """Make the push of what a customer wrote."""
    return {
        "ToUserName": user_name,
        "FromUserName": sender,
        "CreateTime": now,
        "MsgType": "text",
        "Content": content,
        "MsgId": str(now) + "000000001",
    }


def audit_delay(user_name: str, now: int, reason: str = DELAY_REASON) -> Mapping[str, Any]:
    """Make the push weapp_audit_delay."""
    return _event("weapp_audit_delay", user_name, now, Reason=reason, DelayTime=now)


def ticket(component_appid: str, now: int, verify_ticket: str) -> Mapping[str, Any]:
    """Make the push component_verify_ticket."""
    return _notice("component_verify_ticket", component_appid, now, ComponentVerifyTicket=verify_ticket)


def authorized(component_appid: str, now: int, appid: str, code: str, *, update: bool = False) -> Mapping[str, Any]:
    """Make the push authorized, or of updateauthorized."""
    return _notice(
        "updateauthorized" if update else "authorized",
        component_appid,
        now,
        AuthorizerAppid=appid,
        AuthorizationCode=code,
        AuthorizationCodeExpiredTime=now + 600,
        PreAuthCode="preauthcode@@@simulated",
    )


def unauthorized(component_appid: str, now: int, appid: str) -> Mapping[str, Any]:
    """Unauthorized."""
    return _notice("unauthorized", component_appid, now, AuthorizerAppid=appid)


def other(name: str, user_name: str, now: int) -> Mapping[str, Any]:
    """Any other event on the message URL, with the fields that all have."""
    return _event(name, user_name, now)
