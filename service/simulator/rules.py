"""Every endpoint of WeChat's: method, whose token, which fields of which types, and what it does."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from service.simulator import (
    audits,
    authorization,
    code,
    customer_service,
    embedded,
    media,
    online,
    qrcode_jump,
    quota,
    templates,
)
from service.simulator.shapes import Item, PreviewInfo, SentText, Shape, UgcDeclare, shape

NONE, COMPONENT, AUTHORIZER, EITHER = "none", "component", "authorizer", "either"
GET, POST, FORM = "GET", "POST", "form"


US: Mapping[str, Any] = {"component_appid": str}
WITHOUT_US: Mapping[str, int] = {"component_appid": 41018}


class Rule(NamedTuple):
    """How an endpoint is called.

    `serial`: not while another such call for the same mini program is under way. `codes`: of fields whose absence, or
    another type, has a code of its own.
    """

    method: str
    token: str
    call: Callable[..., Any]
    shape: type[Shape]
    serial: bool = False
    codes: Mapping[str, int] = MappingProxyType({})


def rule(
    method: str,
    token: str,
    call: Callable[..., Any],
    required: Mapping[str, Any] | None = None,
    optional: Mapping[str, Any] | None = None,
    *,
    serial: bool = False,
    codes: Mapping[str, int] | None = None,
) -> Rule:
    """Make a rule."""
    return Rule(method, token, call, shape(required or {}, optional or {}), serial, {**WITHOUT_US, **(codes or {})})


WHO: Mapping[str, Any] = {**US, "authorizer_appid": str}
AUDIT_EXTRAS: Mapping[str, Any] = {
    "version_desc": str,
    "feedback_info": str,
    "feedback_stuff": str,
    "preview_info": PreviewInfo,
    "ugc_declare": UgcDeclare,
    "privacy_api_not_use": bool,
    "order_path": str,
}
# Numbers, says the page; strings, says its example.
NUMBER = int | str
JUMP_RULE: Mapping[str, Any] = {
    "prefix": str,
    "permit_sub_rule": NUMBER,
    "path": str,
    "open_version": NUMBER,
    "is_edit": NUMBER,
}
PAGE: Mapping[str, Any] = {"start": int, "num": int}
COMMIT: Mapping[str, Any] = {"template_id": NUMBER, "ext_json": str, "user_version": str, "user_desc": str}
GRAY_FLAGS: Mapping[str, Any] = {"support_debuger_first": bool, "support_experiencer_first": bool}

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "/cgi-bin/component/api_component_token": rule(
            POST,
            NONE,
            authorization.api_component_token,
            {**US, "component_appsecret": str, "component_verify_ticket": str},
            codes={"component_appsecret": 41004},
        ),
        "/cgi-bin/component/api_start_push_ticket": rule(
            POST,
            NONE,
            authorization.api_start_push_ticket,
            {**US, "component_secret": str},
            codes={"component_secret": 41004},
        ),
        "/cgi-bin/component/api_create_preauthcode": rule(POST, COMPONENT, authorization.api_create_preauthcode, US),
        "/cgi-bin/component/api_query_auth": rule(
            POST, COMPONENT, authorization.api_query_auth, {**US, "authorization_code": str}
        ),
        "/cgi-bin/component/api_authorizer_token": rule(
            POST, COMPONENT, authorization.api_authorizer_token, {**WHO, "authorizer_refresh_token": str}
        ),
        "/cgi-bin/component/api_get_authorizer_info": rule(POST, COMPONENT, authorization.api_get_authorizer_info, WHO),
        "/cgi-bin/component/api_get_authorizer_list": rule(
            POST, COMPONENT, authorization.api_get_authorizer_list, {**US, "offset": int, "count": int}
        ),
        "/cgi-bin/openapi/quota/get": rule(POST, EITHER, quota.get, {"cgi_path": str}),
        "/cgi-bin/clear_quota": rule(POST, EITHER, quota.clear_quota, {"appid": str}),
        "/cgi-bin/component/clear_quota/v2": rule(
            POST, NONE, quota.clear_quota_v2, {**US, "appsecret": str}, {"appid": str}, codes={"appsecret": 41004}
        ),
        "/wxa/gettemplatedraftlist": rule(GET, COMPONENT, templates.gettemplatedraftlist),
        "/wxa/addtotemplate": rule(POST, COMPONENT, templates.addtotemplate, {"draft_id": int}, {"template_type": int}),
        "/wxa/gettemplatelist": rule(GET, COMPONENT, templates.gettemplatelist, {}, {"template_type": int}),
        "/wxa/deletetemplate": rule(POST, COMPONENT, templates.deletetemplate, {"template_id": int}),
        "/wxa/commit": rule(POST, AUTHORIZER, code.commit, COMMIT, serial=True),
        "/wxa/get_qrcode": rule(GET, AUTHORIZER, code.get_qrcode, {}, {"path": str}),
        "/wxa/get_page": rule(GET, AUTHORIZER, code.get_page),
        "/wxa/get_category": rule(GET, AUTHORIZER, code.get_category),
        "/wxa/security/get_code_privacy_info": rule(GET, AUTHORIZER, code.get_code_privacy_info),
        "/wxa/uploadmedia": rule(FORM, AUTHORIZER, media.uploadmedia),
        "/wxa/submit_audit": rule(
            POST, AUTHORIZER, audits.submit_audit, {"item_list": list[Item]}, AUDIT_EXTRAS, serial=True
        ),
        "/wxa/get_auditstatus": rule(POST, AUTHORIZER, audits.get_auditstatus, {"auditid": int}),
        "/wxa/get_latest_auditstatus": rule(GET, AUTHORIZER, audits.get_latest_auditstatus),
        "/wxa/undocodeaudit": rule(GET, AUTHORIZER, audits.undocodeaudit),
        "/wxa/speedupaudit": rule(POST, AUTHORIZER, audits.speedupaudit, {"auditid": int}),
        "/wxa/queryquota": rule(GET, AUTHORIZER, audits.queryquota),
        "/wxa/release": rule(POST, AUTHORIZER, online.release),
        "/wxa/grayrelease": rule(POST, AUTHORIZER, online.grayrelease, {"gray_percentage": int}, GRAY_FLAGS),
        "/wxa/getgrayreleaseplan": rule(GET, AUTHORIZER, online.getgrayreleaseplan),
        "/wxa/revertgrayrelease": rule(GET, AUTHORIZER, online.revertgrayrelease),
        "/wxa/revertcoderelease": rule(
            GET, AUTHORIZER, online.revertcoderelease, {}, {"action": str, "app_version": int}
        ),
        "/wxa/getversioninfo": rule(POST, AUTHORIZER, code.getversioninfo),
        "/wxa/change_visitstatus": rule(POST, AUTHORIZER, code.change_visitstatus, {"action": str}),
        "/wxa/getvisitstatus": rule(POST, AUTHORIZER, code.getvisitstatus),
        "/cgi-bin/wxopen/getweappsupportversion": rule(POST, AUTHORIZER, code.getweappsupportversion),
        "/cgi-bin/wxopen/setweappsupportversion": rule(POST, AUTHORIZER, code.setweappsupportversion, {"version": str}),
        "/cgi-bin/wxopen/qrcodejumpadd": rule(
            POST, AUTHORIZER, qrcode_jump.qrcodejumpadd, JUMP_RULE, {"debug_url": list[str]}
        ),
        "/cgi-bin/wxopen/qrcodejumpget": rule(POST, AUTHORIZER, qrcode_jump.qrcodejumpget),
        "/cgi-bin/wxopen/qrcodejumpdownload": rule(POST, AUTHORIZER, qrcode_jump.qrcodejumpdownload),
        "/cgi-bin/wxopen/qrcodejumpdelete": rule(POST, AUTHORIZER, qrcode_jump.qrcodejumpdelete, {"prefix": str}),
        "/cgi-bin/wxopen/qrcodejumppublish": rule(POST, AUTHORIZER, qrcode_jump.qrcodejumppublish, {"prefix": str}),
        "/wxaapi/wxaembedded/get_list": rule(
            GET, AUTHORIZER, embedded.get_list, {}, PAGE, codes={"start": 89409, "num": 89409}
        ),
        "/wxaapi/wxaembedded/get_own_list": rule(
            GET, AUTHORIZER, embedded.get_own_list, {}, PAGE, codes={"start": 89409, "num": 89409}
        ),
        "/wxaapi/wxaembedded/add_embedded": rule(
            POST, AUTHORIZER, embedded.add_embedded, {"appid": str}, {"apply_reason": str}, codes={"appid": 89410}
        ),
        "/wxaapi/wxaembedded/del_embedded": rule(
            POST, AUTHORIZER, embedded.del_embedded, {"appid": str}, codes={"appid": 89415}
        ),
        "/wxaapi/wxaembedded/del_authorize": rule(
            POST, AUTHORIZER, embedded.del_authorize, {"appid": str}, codes={"appid": 89416}
        ),
        "/wxaapi/wxaembedded/set_authorize": rule(
            POST, AUTHORIZER, embedded.set_authorize, {"flag": int}, codes={"flag": 89417}
        ),
        "/cgi-bin/media/upload": rule(FORM, AUTHORIZER, media.upload, {"type": str}),
        "/cgi-bin/material/get_material": rule(POST, AUTHORIZER, media.get_material, {"media_id": str}),
        "/tcb/getcodesecret": rule(POST, AUTHORIZER, code.getcodesecret),
        "/cgi-bin/message/custom/send": rule(
            POST, AUTHORIZER, customer_service.send, {"touser": str, "msgtype": Literal["text"], "text": SentText}
        ),
    }
)
