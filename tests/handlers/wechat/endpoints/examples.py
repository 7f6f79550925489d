"""The literal examples of WeChat's documentation: what is sent, what comes back, and what we read of it."""

from typing import Any, NamedTuple

from handlers.wechat.endpoint import Endpoint
from handlers.wechat.endpoints import (
    audit,
    code,
    embedded,
    material,
    online,
    qrcode_jump,
    templates,
)

OK = '{"errcode": 0, "errmsg": "ok"}'
JPEG = b"\xff\xd8\xff\xe0 a QR code \xff\xd9"
FILE = {"filename": "a.png", "content": b"\x89PNG", "content_type": "image/png"}


class Example(NamedTuple):
    """An endpoint; its method, path and token as the page has them; parameters, answer, and what we read of it."""

    endpoint: Endpoint[Any, Any]
    calling: str
    token: str
    sent: dict[str, Any]
    answer: str | bytes
    read: dict[str, Any]


ITEM_1: dict[str, Any] = {
    "address": "index",
    "tag": "学习 生活",
    "first_class": "文娱",
    "second_class": "资讯",
    "first_id": 1,
    "second_id": 2,
    "title": "首页",
}
ITEM_2: dict[str, Any] = {
    "address": "page/logs/logs",
    "tag": "学习 工作",
    "first_class": "教育",
    "second_class": "学历教育",
    "third_class": "高等",
    "first_id": 3,
    "second_id": 4,
    "third_id": 5,
    "title": "日志",
}
CATEGORIES = """{
  "errcode": 0,
  "errmsg": "ok",
  "category_list": [
    {"first_class": "工具", "second_class": "备忘录", "first_id": 1, "second_id": 2},
    {"first_class": "教育", "second_class": "学历教育", "third_class": "高等",
     "first_id": 3, "second_id": 4, "third_id": 5}
  ]
}"""
RULES = """{
  "rule_list": [
    {
      "prefix": "https://weixin.qq.com/qrcodejump",
      "open_version": 1,
      "state": 1,
      "permit_sub_rule": 1,
      "path": "pages / index / index ",
      "debug_url": ["https://weixin.qq.com/qrcodejump?a=1", "https: //weixin.qq.com/qrcodejump?a=2"]
    },
    {
      "prefix": "https://weixin.qq.com/qrcodejumptest",
      "open_version": 1,
      "state": 1,
      "permit_sub_rule": 1,
      "path": "pages/index/index",
      "debug_url": ["https://weixin.qq.com/qrcodejumptest?a=1"]
    }
  ],
  "qrcodejump_open": 0,
  "errcode": 0,
  "list_size": 2,
  "errmsg": "ok",
  "qrcodejump_pub_quota": 20
}"""
ADD_RULE = {
    "prefix": "https://weixin.qq.com/qrcodejump",
    "permit_sub_rule": "1",
    "path": "pages/index/index",
    "open_version": "1",
    "debug_url": ["https://weixin.qq.com/qrcodejump?a=1", "https://weixin.qq.com/qrcodejump?a=2"],
    "is_edit": 0,
}
PREFIX = {"prefix": "https://weixin.qq.com/qrcodejump"}
SECRET = "t44gXCQQdVCFcMWKrCsSwQ5uV94Op3HiqoZQ1H972pyMBfVgvnAeUGN2vm5Xx07/"
VERSIONS = """{
  "errcode": 0,
  "errmsg": "ok",
  "now_version": "1.0.0",
  "uv_info": {"items": [{"percentage": 0, "version": "1.0.0"}, {"percentage": 0, "version": "1.0.1"}]}
}"""
PLAN = (
    '{"errcode": 0, "errmsg": "ok", "gray_release_plan": '
    '{"status": 1, "create_timestamp": 1517553721, "gray_percentage": 8}}'
)
DRAFTS = """{
  "errcode": 0,
  "errmsg": "ok",
  "draft_list": [
    {"create_time": 1488965944, "user_version": "VVV", "user_Desc": "AAS", "draft_id": 0},
    {"create_time": 1504790906, "user_version": "11", "user_Desc": "111111", "draft_id": 4}
  ]
}"""
REJECTED = '{"errcode": 0, "errmsg": "ok", "status": 1, "reason": "帐号信息不合规范"}'
LATEST = '{"errcode": 0, "errmsg": "ok", "auditid": "1234567", "status": 1, "reason": "帐号信息不合规范"}'
COMMIT = {"template_id": 0, "ext_json": "JSON_STRING", "user_version": "V1.0", "user_desc": "test"}
PAGES = '{"errcode": 0, "errmsg": "ok", "page_list": ["index", "page/list", "page/detail"]}'

# The documents that the project began with.
SEEDS = [
    Example(code.commit, "POST /wxa/commit", "authorizer", COMMIT, OK, {}),
    Example(
        code.get_qrcode,
        "GET /wxa/get_qrcode",
        "authorizer",
        {"path": "page/index?action=1"},
        JPEG,
        {"content": JPEG, "content_type": "image/jpeg"},
    ),
    Example(code.get_category, "GET /wxa/get_category", "authorizer", {}, CATEGORIES, {}),
    Example(
        code.get_page,
        "GET /wxa/get_page",
        "authorizer",
        {},
        PAGES,
        {"page_list": ("index", "page/list", "page/detail")},
    ),
    Example(
        audit.submit_audit,
        "POST /wxa/submit_audit",
        "authorizer",
        {"item_list": [ITEM_1, ITEM_2]},
        '{"errcode": 0, "errmsg": "ok", "auditid": 1234567}',
        {"auditid": 1234567},
    ),
    Example(
        audit.get_auditstatus,
        "POST /wxa/get_auditstatus",
        "authorizer",
        {"auditid": 1234567},
        REJECTED,
        {"status": 1, "reason": "帐号信息不合规范"},
    ),
    Example(
        audit.get_latest_auditstatus,
        "GET /wxa/get_latest_auditstatus",
        "authorizer",
        {},
        LATEST,
        {"auditid": 1234567, "status": 1, "reason": "帐号信息不合规范"},
    ),
    Example(online.release, "POST /wxa/release", "authorizer", {}, OK, {}),
    Example(code.change_visitstatus, "POST /wxa/change_visitstatus", "authorizer", {"action": "close"}, OK, {}),
    Example(online.revertcoderelease, "GET /wxa/revertcoderelease", "authorizer", {}, OK, {"version_list": ()}),
    Example(
        code.getweappsupportversion,
        "POST /cgi-bin/wxopen/getweappsupportversion",
        "authorizer",
        {},
        VERSIONS,
        {"now_version": "1.0.0"},
    ),
    Example(
        code.setweappsupportversion,
        "POST /cgi-bin/wxopen/setweappsupportversion",
        "authorizer",
        {"version": "1.0.0"},
        OK,
        {},
    ),
    Example(qrcode_jump.qrcodejumpadd, "POST /cgi-bin/wxopen/qrcodejumpadd", "authorizer", ADD_RULE, OK, {}),
    Example(
        qrcode_jump.qrcodejumpget,
        "POST /cgi-bin/wxopen/qrcodejumpget",
        "authorizer",
        {},
        RULES,
        {"list_size": 2, "qrcodejump_open": 0, "qrcodejump_pub_quota": 20},
    ),
    Example(
        qrcode_jump.qrcodejumpdownload,
        "POST /cgi-bin/wxopen/qrcodejumpdownload",
        "authorizer",
        {},
        '{"errcode": 0, "errmsg": "ok", "file_name": "a.txt", "file_content": "proof"}',
        {"file_name": "a.txt", "file_content": "proof"},
    ),
    Example(qrcode_jump.qrcodejumpdelete, "POST /cgi-bin/wxopen/qrcodejumpdelete", "authorizer", PREFIX, OK, {}),
    Example(qrcode_jump.qrcodejumppublish, "POST /cgi-bin/wxopen/qrcodejumppublish", "authorizer", PREFIX, OK, {}),
    Example(audit.undocodeaudit, "GET /wxa/undocodeaudit", "authorizer", {}, OK, {}),
    Example(online.grayrelease, "POST /wxa/grayrelease", "authorizer", {"gray_percentage": 1}, OK, {}),
    Example(online.revertgrayrelease, "GET /wxa/revertgrayrelease", "authorizer", {}, OK, {}),
    Example(online.getgrayreleaseplan, "GET /wxa/getgrayreleaseplan", "authorizer", {}, PLAN, {}),
    Example(
        embedded.get_own_list,
        "GET /wxaapi/wxaembedded/get_own_list",
        "authorizer",
        {"start": 0, "num": 10},
        '{"errcode": 0, "errmsg": "ok", "embedded_flag": 2, "wxa_embedded_list": []}',
        {"embedded_flag": 2, "wxa_embedded_list": ()},
    ),
    Example(
        material.getcodesecret,
        "POST /tcb/getcodesecret",
        "authorizer",
        {},
        f'{{"errcode": 0, "errmsg": "ok", "codesecret": "{SECRET}"}}',
        {"codesecret": SECRET},
    ),
    Example(templates.gettemplatedraftlist, "GET /wxa/gettemplatedraftlist", "component", {}, DRAFTS, {}),
]
