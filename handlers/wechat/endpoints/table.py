"""Every endpoint of WeChat's that weaudit knows, by WeChat's own chapters."""

from typing import Any

from handlers.wechat.endpoint import Endpoint
from handlers.wechat.endpoints import (
    audit,
    authorization,
    code,
    customer_service,
    embedded,
    material,
    online,
    qrcode_jump,
    quota,
    templates,
)

ENDPOINTS: tuple[Endpoint[Any, Any], ...] = (
    authorization.api_component_token,
    authorization.api_start_push_ticket,
    authorization.api_create_preauthcode,
    authorization.api_query_auth,
    authorization.api_authorizer_token,
    authorization.api_get_authorizer_info,
    authorization.api_get_authorizer_list,
    quota.get,
    quota.clear_quota,
    quota.clear_quota_v2,
    templates.gettemplatedraftlist,
    templates.addtotemplate,
    templates.gettemplatelist,
    templates.deletetemplate,
    code.commit,
    code.get_qrcode,
    code.get_page,
    code.get_category,
    code.get_code_privacy_info,
    audit.uploadmedia,
    audit.submit_audit,
    audit.get_auditstatus,
    audit.get_latest_auditstatus,
    audit.undocodeaudit,
    audit.speedupaudit,
    audit.queryquota,
    online.release,
    online.grayrelease,
    online.getgrayreleaseplan,
    online.revertgrayrelease,
    online.revertcoderelease,
    code.getversioninfo,
    code.change_visitstatus,
    code.getvisitstatus,
    code.getweappsupportversion,
    code.setweappsupportversion,
    qrcode_jump.qrcodejumpadd,
    qrcode_jump.qrcodejumpget,
    qrcode_jump.qrcodejumpdownload,
    qrcode_jump.qrcodejumpdelete,
    qrcode_jump.qrcodejumppublish,
    embedded.get_list,
    embedded.get_own_list,
    embedded.add_embedded,
    embedded.del_embedded,
    embedded.del_authorize,
    embedded.set_authorize,
    material.upload,
    material.get_material,
    material.getcodesecret,
    customer_service.send,
)


def find(name: str) -> Endpoint[Any, Any] | None:
    """Return the endpoint whose path ends with a name; the last part of the path is enough."""
    return next((endpoint for endpoint in ENDPOINTS if endpoint.path.endswith(f"/{name.strip('/')}")), None)
