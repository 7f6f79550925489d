"""Examples of the pages that the project did not begin with, and all examples together."""

from handlers.wechat.endpoints import (
    audit,
    authorization,
    code,
    customer_service,
    embedded,
    material,
    online,
    quota,
    templates,
)
from tests.handlers.wechat.endpoints.examples import (
    FILE,
    JPEG,
    OK,
    SEEDS,
    Example,
)

US = {"component_appid": "wxcomponent0000000"}
WHO = {**US, "authorizer_appid": "wx0000000000000001"}
INFO = """{
  "authorizer_info": {"nick_name": "一杯茶", "user_name": "gh_1", "principal_name": "一杯茶有限公司", "alias": null},
  "authorization_info": {"authorizer_appid": "wx0000000000000001", "authorizer_refresh_token": "r", "func_info": []}
}"""
LIST = (
    '{"total_count": 33, "list": '
    '[{"authorizer_appid": "wx0000000000000001", "refresh_token": "r", "auth_time": 1558000607}]}'
)
EMBEDDED = (
    '{"errcode": 0, "errmsg": "ok", "wxa_embedded_list": [{"appid": "wx2", "create_time": 1646103060, "headimg": "", '
    '"nickname": "小书店", "reason": "", "status": "2"}]}'
)
TEMPLATES = (
    '{"errcode": 0, "errmsg": "ok", "template_list": [{"create_time": 1488965944, "user_version": "VVV", '
    '"user_desc": "AAS", "template_id": 0, "draft_id": 4, "template_type": 0}]}'
)
HISTORY = (
    '{"errcode": 0, "errmsg": "ok", "version_list": [{"commit_time": 1587112354, "user_version": "1.0", '
    '"user_desc": "x", "app_version": 4}]}'
)
INFOS = (
    '{"errcode": 0, "errmsg": "ok", "exp_info": {"exp_time": 1634000000, "exp_version": "1.1", "exp_desc": "x"}, '
    '"release_info": {"release_time": 1633000000, "release_version": "1.0", "release_desc": "y"}}'
)
QUOTA = (
    '{"errcode": 0, "errmsg": "ok", "quota": {"daily_limit": 100, "used": 1, "remain": 99}, '
    '"rate_limit": {"call_count": 5, "refresh_second": 60}}'
)

# The newer pages.
PAGES_BEYOND = [
    Example(
        authorization.api_component_token,
        "POST /cgi-bin/component/api_component_token",
        "none",
        {**US, "component_appsecret": "s", "component_verify_ticket": "t"},
        '{"component_access_token": "61W3mEpU66027wgNZ", "expires_in": 7200}',
        {"component_access_token": "61W3mEpU66027wgNZ", "expires_in": 7200},
    ),
    Example(
        authorization.api_start_push_ticket,
        "POST /cgi-bin/component/api_start_push_ticket",
        "none",
        {**US, "component_secret": "s"},
        OK,
        {},
    ),
    Example(
        authorization.api_create_preauthcode,
        "POST /cgi-bin/component/api_create_preauthcode",
        "component",
        US,
        '{"pre_auth_code": "Cx_Dk6qiBE0Dmx4EmlT3oRfArPvwSQ-oa3NL", "expires_in": 600}',
        {"pre_auth_code": "Cx_Dk6qiBE0Dmx4EmlT3oRfArPvwSQ-oa3NL", "expires_in": 600},
    ),
    Example(
        authorization.api_query_auth,
        "POST /cgi-bin/component/api_query_auth",
        "component",
        {**US, "authorization_code": "queryauthcode@@@x"},
        '{"authorization_info": {"authorizer_appid": "wxf8b4f85f3a794e77", "authorizer_access_token": "QXjUqNqfYVH", '
        '"expires_in": 7200, "authorizer_refresh_token": "dTo-YCXPL4llX", "func_info": []}}',
        {},
    ),
    Example(
        authorization.api_authorizer_token,
        "POST /cgi-bin/component/api_authorizer_token",
        "component",
        {**WHO, "authorizer_refresh_token": "r"},
        '{"authorizer_access_token": "some-access-token", "expires_in": 7200, "authorizer_refresh_token": "r2"}',
        {"authorizer_access_token": "some-access-token", "expires_in": 7200, "authorizer_refresh_token": "r2"},
    ),
    Example(
        authorization.api_get_authorizer_info,
        "POST /cgi-bin/component/api_get_authorizer_info",
        "component",
        WHO,
        INFO,
        {},
    ),
    Example(
        authorization.api_get_authorizer_list,
        "POST /cgi-bin/component/api_get_authorizer_list",
        "component",
        {**US, "offset": 0, "count": 100},
        LIST,
        {"total_count": 33},
    ),
    Example(quota.get, "POST /cgi-bin/openapi/quota/get", "either", {"cgi_path": "/wxa/submit_audit"}, QUOTA, {}),
    Example(quota.clear_quota, "POST /cgi-bin/clear_quota", "either", {"appid": "wx1"}, OK, {}),
    Example(
        quota.clear_quota_v2,
        "POST /cgi-bin/component/clear_quota/v2",
        "none",
        {**US, "appsecret": "s", "appid": "wx1"},
        OK,
        {},
    ),
    Example(
        templates.addtotemplate, "POST /wxa/addtotemplate", "component", {"draft_id": 0, "template_type": 0}, OK, {}
    ),
    Example(templates.gettemplatelist, "GET /wxa/gettemplatelist", "component", {"template_type": 0}, TEMPLATES, {}),
    Example(templates.deletetemplate, "POST /wxa/deletetemplate", "component", {"template_id": 0}, OK, {}),
    Example(
        code.get_code_privacy_info,
        "GET /wxa/security/get_code_privacy_info",
        "authorizer",
        {},
        '{"errcode": 0, "errmsg": "ok", "without_auth_list": ["wx.getLocation"], "without_conf_list": []}',
        {"without_auth_list": ("wx.getLocation",), "without_conf_list": ()},
    ),
    Example(
        audit.uploadmedia,
        "POST /wxa/uploadmedia",
        "authorizer",
        {"media": FILE},
        '{"errcode": 0, "errmsg": "ok", "type": "image", "mediaid": "hHd0r3lS"}',
        {"type": "image", "mediaid": "hHd0r3lS"},
    ),
    Example(audit.speedupaudit, "POST /wxa/speedupaudit", "authorizer", {"auditid": 12345}, OK, {}),
    Example(
        audit.queryquota,
        "GET /wxa/queryquota",
        "authorizer",
        {},
        '{"errcode": 0, "errmsg": "ok", "rest": 0, "limit": 27, "speedup_rest": 0, "speedup_limit": 1}',
        {"rest": 0, "limit": 27, "speedup_rest": 0, "speedup_limit": 1},
    ),
    Example(
        online.revertcoderelease,
        "GET /wxa/revertcoderelease",
        "authorizer",
        {"action": "get_history_version"},
        HISTORY,
        {},
    ),
    Example(online.revertcoderelease, "GET /wxa/revertcoderelease", "authorizer", {"app_version": 4}, OK, {}),
    Example(
        online.grayrelease,
        "POST /wxa/grayrelease",
        "authorizer",
        {"gray_percentage": 0, "support_debuger_first": True, "support_experiencer_first": False},
        OK,
        {},
    ),
    Example(code.getversioninfo, "POST /wxa/getversioninfo", "authorizer", {}, INFOS, {}),
    Example(
        code.getvisitstatus,
        "POST /wxa/getvisitstatus",
        "authorizer",
        {},
        '{"errcode": 0, "errmsg": "ok", "status": 1}',
        {"status": 1},
    ),
    Example(embedded.get_list, "GET /wxaapi/wxaembedded/get_list", "authorizer", {}, EMBEDDED, {}),
    Example(
        embedded.add_embedded,
        "POST /wxaapi/wxaembedded/add_embedded",
        "authorizer",
        {"appid": "wx2", "apply_reason": "门店导购"},
        OK,
        {},
    ),
    Example(embedded.del_embedded, "POST /wxaapi/wxaembedded/del_embedded", "authorizer", {"appid": "wx2"}, OK, {}),
    Example(embedded.del_authorize, "POST /wxaapi/wxaembedded/del_authorize", "authorizer", {"appid": "wx2"}, OK, {}),
    Example(embedded.set_authorize, "POST /wxaapi/wxaembedded/set_authorize", "authorizer", {"flag": 1}, OK, {}),
    Example(
        material.upload,
        "POST /cgi-bin/media/upload",
        "authorizer",
        {"type": "image", "media": FILE},
        '{"type": "image", "media_id": "MEDIA_ID", "created_at": 123456789}',
        {"type": "image", "media_id": "MEDIA_ID", "created_at": 123456789},
    ),
    Example(
        customer_service.send,
        "POST /cgi-bin/message/custom/send",
        "authorizer",
        {"touser": "OPENID", "msgtype": "text", "text": {"content": "Hello World"}},
        OK,
        {},
    ),
    Example(
        material.get_material,
        "POST /cgi-bin/material/get_material",
        "authorizer",
        {"media_id": "MEDIA_ID"},
        JPEG,
        {"content": JPEG, "content_type": "image/jpeg"},
    ),
]
EXAMPLES = [*SEEDS, *PAGES_BEYOND]
