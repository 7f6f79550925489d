from dataclasses import replace
from typing import Any

import pytest

from service.simulator.mini_program import MiniProgram
from tests.conftest import Wechat
from tests.service.simulator.conftest import Caller

OTHER = "wx0000000000000002"
WXOPEN = "/cgi-bin/wxopen/qrcodejump"
PREFIX = "https://weixin.qq.com/qrcodejump"
RULE: dict[str, Any] = {
    "prefix": PREFIX,
    "permit_sub_rule": "1",
    "path": "pages/index/index",
    "open_version": "1",
    "debug_url": [f"{PREFIX}?a=1"],
    "is_edit": 0,
}


@pytest.mark.parametrize(
    ("change", "trait", "errcode"),
    [
        ({}, {}, 0),
        ({"prefix": "weixin.qq.com"}, {}, 85066),
        ({"is_edit": 1}, {}, 85066),
        ({"debug_url": ["https://elsewhere.cn"]}, {}, 85068),
        ({"debug_url": [PREFIX] * 6}, {}, 85068),
        ({}, {"blacklisted": ["weixin.qq.com"]}, 85070),
        ({}, {"personal": True}, 85075),
        ({}, {"icp": False}, 85076),
        ({"is_edit": "zero", "surprise": 1}, {}, 47001),
        ({"is_edit": 7}, {}, 40097),
        ({"permit_sub_rule": "abc"}, {}, 40097),
        ({"open_version": 9}, {}, 40097),
    ],
)
def test_a_jump_rule_is_checked(
    merchant: Caller, app: MiniProgram, change: dict[str, Any], trait: dict[str, Any], errcode: int
) -> None:
    """Its link, its test links, and whose it is."""
    app.traits = replace(app.traits, **trait)
    assert merchant.post(f"{WXOPEN}add", {**RULE, **change})["errcode"] == errcode


def test_a_jump_rule_is_added_changed_published_and_deleted(merchant: Caller, wechat: Wechat) -> None:
    """Once each; published with the proof in place and something online."""
    assert merchant.post(f"{WXOPEN}publish", {"prefix": PREFIX})["errcode"] == 85066
    merchant.post(f"{WXOPEN}add", RULE)
    assert merchant.post(f"{WXOPEN}add", RULE)["errcode"] == 85071
    assert merchant.post(f"{WXOPEN}add", {**RULE, "is_edit": 1, "path": "pages/order/list"})["errcode"] == 0
    assert merchant.post(f"{WXOPEN}publish", {"prefix": PREFIX})["errcode"] == 85074
    merchant.release(wechat)
    assert merchant.post(f"{WXOPEN}publish", {"prefix": PREFIX})["errcode"] == 85069
    assert merchant.post(f"{WXOPEN}download")["file_name"].endswith(".txt")
    assert merchant.post(f"{WXOPEN}publish", {"prefix": PREFIX})["errcode"] == 0
    said = merchant.post(f"{WXOPEN}get")
    assert (said["list_size"], said["rule_list"][0]["state"], said["qrcodejump_pub_quota"]) == (1, 2, 19)
    assert said["rule_list"][0]["path"] == "pages/order/list"
    assert merchant.post(f"{WXOPEN}delete", {"prefix": PREFIX})["errcode"] == 0
    assert merchant.post(f"{WXOPEN}delete", {"prefix": PREFIX})["errcode"] == 85066


def test_jump_rules_have_owners_and_a_number(merchant: Caller, wechat: Wechat) -> None:
    """One link, one mini program; and so many rules for each."""
    wechat.world.authorize(OTHER, "小书店")
    other = Caller(wechat.http, wechat.world.grant(OTHER))
    merchant.post(f"{WXOPEN}add", RULE)
    assert other.post(f"{WXOPEN}add", RULE)["errcode"] == 85072
    wechat.world.limits.jump_rules = 1
    assert merchant.post(f"{WXOPEN}add", {**RULE, "prefix": f"{PREFIX}2", "debug_url": []})["errcode"] == 85073
