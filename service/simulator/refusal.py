"""What WeChat refuses with: its code, its English text, and the rid that its support asks for.

https://developers.weixin.qq.com/doc/oplatform/Return_codes/Return_code_descriptions_new.html
"""

import secrets
from collections.abc import Mapping
from types import MappingProxyType

TEXTS: Mapping[int, str] = MappingProxyType(
    {
        -1: "system error",
        40001: "invalid credential, access_token is invalid or not latest",
        40013: "invalid appid",
        40097: "invalid args",
        40125: "invalid appsecret",
        41001: "access_token missing",
        42001: "access_token expired",
        43001: "require GET method",
        43002: "require POST method",
        44002: "empty post data",
        47001: "data format error",
        47002: "data format error, do NOT use json unicode encode (\\uxxxx\\uxxxx), please use utf8 encoded text!",
        61003: "component is not authorized by this account",
        61005: "component ticket is expired",
        61006: "component ticket is invalid",
        61009: "code is invalid",
        61010: "code is expired",
        61014: "must use component token",
        61015: "must use biz token, not component token",
        61023: "refresh_token is invalid",
        85006: "tag is in invalid format",
        85007: "page is in invalid format",
        85008: "category is in invalid format",
        85009: "already submit a version under auditing",
        85010: "missing required data",
        85011: "title is in invalid format",
        85012: "invalid audit id",
        85013: "invalid ext_json, parse fail or containing invalid path",
        85014: "template not exist",
        85019: "no version is under auditing",
        85020: "status not allowed",
        85023: "item size is not in valid range",
        85048: "parse ext_json fail",
        85052: "app is already released",
        85079: "miniprogram has no online release",
        85080: "miniprogram commit not approved",
        85081: "invalid gray percentage",
        85082: "gray percentage too low",
        86001: "component experience version not exists",
    }
)


class Refusal(Exception):
    """WeChat refuses a call with an error code."""

    def __init__(self, errcode: int) -> None:
        """Take the code; the text is WeChat's."""
        rid = "-".join(secrets.token_hex(4) for _ in range(3))
        self.errcode = errcode
        self.answer = {"errcode": errcode, "errmsg": f"{TEXTS.get(errcode, 'error')} rid: {rid}"}
        super().__init__(self.answer["errmsg"])
