"""代码管理, the first part: a template's code in a mini program, and how what is online is seen.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/code-management/commit.html
"""

import json
import secrets
from typing import Any, NamedTuple

from service.simulator.library import LARGEST_PACKAGE, STANDARD, Template
from service.simulator.mini_program import Committed, MiniProgram
from service.simulator.online import settle, shown_online
from service.simulator.refusal import Refusal
from service.simulator.world import World

LONGEST_VERSION = 64
KINDS_OF_CONFIGURATION = {
    "extAppid": str,
    "ext": dict,
    "extPages": dict,
    "pages": list,
    "subPackages": list,
    "window": dict,
    "networkTimeout": dict,
    "tabBar": dict,
    "plugins": dict,
    "requiredPrivateInfos": list,
    "navigateToMiniProgramAppIdList": list,
}
FOR_STANDARD_TEMPLATES = {"extAppid", "ext", "window"}
PRIVATE_INFOS = {"getFuzzyLocation", "getLocation", "onLocationChange", "startLocationUpdate", "chooseLocation"}
EXCLUSIVE = {"getFuzzyLocation", "getLocation"}
BASE_LIBRARIES = ("1.0.0", "1.0.1", "1.1.0", "2.0.0", "3.0.0")
CATEGORIES: tuple[dict[str, Any], ...] = (
    {"first_class": "餐饮服务", "second_class": "点餐平台", "first_id": 220, "second_id": 632},
    {"first_class": "工具", "second_class": "备忘录", "first_id": 287, "second_id": 612},
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


class Blob(NamedTuple):
    """An answer that is a file."""

    content: bytes
    media_type: str


def commit(
    world: World, app: MiniProgram, *, template_id: int | str, ext_json: str, user_version: str, user_desc: str
) -> Any:
    """Put a template's code into a mini program."""
    template = world.templates.get(int(template_id)) if str(template_id).isdigit() else None
    if template is None:
        raise Refusal(85014)
    if not template.sound:
        raise Refusal(85043)
    if template.kilobytes > LARGEST_PACKAGE:
        raise Refusal(85044)
    if len(user_version) > LONGEST_VERSION:
        raise Refusal(40097)
    extension = _extension(ext_json, template)
    required = tuple(extension.get("requiredPrivateInfos", ()))
    app.committed_before = app.committed
    app.committed = Committed(
        user_version,
        user_desc,
        pages=tuple(extension.get("pages") or template.pages),
        at=world.clock(),
        navigates=template.navigates and not extension.get("navigateToMiniProgramAppIdList"),
        ungranted=tuple(name for name in required if name not in app.granted_apis),
    )
    return {}


def _extension(ext_json: str, template: Template) -> dict[str, Any]:
    try:
        extension = json.loads(ext_json)
    except ValueError:
        raise Refusal(85048) from None
    if not isinstance(extension, dict):
        raise Refusal(85013)
    if template.template_type == STANDARD and extension.keys() - FOR_STANDARD_TEMPLATES:
        raise Refusal(9402203)
    if any(not isinstance(value, KINDS_OF_CONFIGURATION.get(name, object)) for name, value in extension.items()):
        raise Refusal(85013)
    if extension.get("pages") == []:
        raise Refusal(85047)
    _check_pages(extension, template.pages)
    private = set(map(str, extension.get("requiredPrivateInfos", ())))
    if private - PRIVATE_INFOS:
        raise Refusal(85310)
    if private >= EXCLUSIVE:
        raise Refusal(85311)
    return extension


def _check_pages(extension: dict[str, Any], existing: tuple[str, ...]) -> None:
    tabs = extension.get("tabBar", {}).get("list", [])
    if not all(isinstance(tab, dict) and isinstance(tab.get("pagePath"), str) for tab in tabs):
        raise Refusal(85046)
    pages = extension.get("pages", [])
    if not all(isinstance(page, str) for page in pages):
        raise Refusal(85013)
    named = {*pages, *extension.get("extPages", ()), *(tab["pagePath"] for tab in tabs)}
    if named - set(existing):
        raise Refusal(85045)


def get_page(_: World, app: MiniProgram) -> Any:
    """List the pages of the committed code."""
    return {"page_list": list(app.code().pages)}


def get_qrcode(_: World, app: MiniProgram, path: str = "") -> Any:
    """Draw the QR code of the trial version: a JPEG that says which page it opens."""
    app.code()
    return Blob(JPEG + path.encode(), "image/jpeg")


def get_category(_: World, app: MiniProgram) -> Any:
    """List the categories that a mini program may submit under."""
    return {"category_list": [dict(category) for category in (*CATEGORIES, *app.categories)]}


def get_code_privacy_info(world: World, app: MiniProgram) -> Any:
    """Return what the privacy check found."""
    code = app.code()
    check_is_done(world, app)
    return {"without_auth_list": list(code.ungranted), "without_conf_list": []}


def check_is_done(world: World, app: MiniProgram) -> None:
    """Refuse while the privacy check of the committed code is under way; each commit begins it again."""
    if world.clock() < app.code().at + world.limits.privacy_check:
        raise Refusal(61039)


def getversioninfo(world: World, app: MiniProgram) -> Any:
    """Return the trial version and the version that is online."""
    settle(world, app)
    said: dict[str, Any] = {}
    if code := _shown_trial(world, app):
        said["exp_info"] = {"exp_time": int(code.at), "exp_version": code.user_version, "exp_desc": code.user_desc}
    if online := shown_online(world, app):
        said["release_info"] = {
            "release_time": online.released_at,
            "release_version": online.user_version,
            "release_desc": online.user_desc,
        }
    return said


def _shown_trial(world: World, app: MiniProgram) -> Committed | None:
    code = app.committed
    is_late = code is not None and world.clock() < code.at + world.unknowns.commit_shown_after
    return app.committed_before if is_late else code


def change_visitstatus(_: World, app: MiniProgram, action: str) -> Any:
    """Hide what is online, or show it again."""
    if action not in ("open", "close"):
        raise Refusal(85022)
    if not app.versions or app.visible == (action == "open"):
        raise Refusal(85021)
    app.visible = action == "open"
    return {}


def getvisitstatus(_: World, app: MiniProgram) -> Any:
    """Return whether what is online can be visited."""
    return {"status": int(app.visible)}


def getweappsupportversion(_: World, app: MiniProgram) -> Any:
    """Return the lowest version of the base library."""
    items = [{"percentage": 0, "version": version} for version in BASE_LIBRARIES]
    return {"now_version": app.support_version, "uv_info": {"items": items}}


def setweappsupportversion(_: World, app: MiniProgram, version: str) -> Any:
    """Set the lowest version of the base library."""
    if version not in BASE_LIBRARIES:
        raise Refusal(89014)
    app.support_version = version
    return {}


def getcodesecret(_: World, app: MiniProgram) -> Any:
    """Return the key of protected code, always the same."""
    app.codesecret = app.codesecret or secrets.token_urlsafe(48)
    return {"codesecret": app.codesecret}
