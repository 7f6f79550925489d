from dataclasses import replace
from typing import Any

import pytest

from service.simulator.mini_program import MiniProgram
from tests.conftest import Wechat
from tests.service.simulator.conftest import COMMIT, ITEM, SUBMIT, Caller


@pytest.mark.parametrize(
    ("trait", "errcode"),
    [({"named": False}, 86002), ({"banned": True}, 86007), ({"game": True}, 87006), ({"streaming": True}, 9400001)],
)
def test_some_mini_programs_cannot_be_submitted(
    merchant: Caller, app: MiniProgram, trait: dict[str, Any], errcode: int
) -> None:
    """Without a name, forbidden, a game, or with live streaming."""
    merchant.post("/wxa/commit", COMMIT)
    app.traits = replace(app.traits, **trait)
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == errcode


def test_what_was_approved_is_committed_anew_before_it_is_submitted_again(merchant: Caller, wechat: Wechat) -> None:
    """And before a first commit there is nothing."""
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == 86001
    merchant.release(wechat)
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == 85086
    merchant.post("/wxa/commit", COMMIT)
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == 0


def test_privacy_interfaces_need_a_grant_or_a_promise(merchant: Caller) -> None:
    """WeChat wants them granted, or to hear that they are not used."""
    extension = '{"requiredPrivateInfos": ["getLocation"]}'
    merchant.post("/wxa/commit", {**COMMIT, "ext_json": extension})
    assert merchant.get("/wxa/security/get_code_privacy_info")["without_auth_list"] == ["getLocation"]
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == 61040
    assert merchant.post("/wxa/submit_audit", {**SUBMIT, "privacy_api_not_use": True})["errcode"] == 0


def test_code_that_opens_other_mini_programs_names_them(merchant: Caller, wechat: Wechat) -> None:
    """In navigateToMiniProgramAppIdList."""
    wechat.world.templates[1] = replace(wechat.world.templates[1], navigates=True)
    merchant.post("/wxa/commit", COMMIT)
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == 85087
    merchant.post("/wxa/commit", {**COMMIT, "ext_json": '{"navigateToMiniProgramAppIdList": ["wx2"]}'})
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == 0


SOCIAL = {"first_class": "社交", "second_class": "社区/论坛", "first_id": 7, "second_id": 8}
GONE = {"first_class": "x", "second_class": "y", "first_id": 9, "second_id": 10, "withdrawn": True}
UGC = {"scene": [1], "method": [1], "has_audit_team": 1, "audit_desc": "x"}


def test_categories_have_their_conditions(merchant: Caller, app: MiniProgram) -> None:
    """One that WeChat gave up, and one whose users publish themselves."""
    app.categories = [SOCIAL, GONE]
    merchant.post("/wxa/commit", COMMIT)
    gone = {name: value for name, value in GONE.items() if name != "withdrawn"}
    assert merchant.post("/wxa/submit_audit", {"item_list": [gone]})["errcode"] == 85077
    assert merchant.post("/wxa/submit_audit", {"item_list": [SOCIAL]})["errcode"] == 85094
    assert merchant.post("/wxa/submit_audit", {"item_list": [SOCIAL], "ugc_declare": UGC})["errcode"] == 0


EXTRAS: list[tuple[dict[str, Any], int]] = [
    ({"preview_info": {"pic_id_list": ["never uploaded"]}}, 85092),
    ({"preview_info": {"pictures": []}}, 47001),
    ({"ugc_declare": {"scene": "1"}}, 47001),
    ({"privacy_api_not_use": 1}, 47001),
    ({"item_list": [{**ITEM, "first_id": "220"}]}, 47001),
    ({"item_list": [{**ITEM, "surprise": 1}]}, 47001),
    ({"item_list": ITEM}, 47001),
    ({"feedback_info": "x" * 201}, 40097),
    ({"feedback_stuff": "a|b|c|d|e|f"}, 40097),
    ({"ugc_declare": {"scene": [6]}}, 40097),
    ({"item_list": [{**ITEM, "first_class": "工具"}]}, 85008),
    ({"version_desc": "x", "feedback_info": "y", "feedback_stuff": "a|b", "order_path": "pages/order/list"}, 0),
]


@pytest.mark.parametrize(("extra", "errcode"), EXTRAS)
def test_the_whole_shape_of_a_submission_is_checked(merchant: Caller, extra: dict[str, Any], errcode: int) -> None:
    """Down to the fields of its fields."""
    merchant.post("/wxa/commit", COMMIT)
    assert merchant.post("/wxa/submit_audit", {**SUBMIT, **extra})["errcode"] == errcode


def test_all_mini_programs_share_the_platforms_reviews(merchant: Caller, wechat: Wechat) -> None:
    """A month has so many; the next begins with as many."""
    wechat.world.limits.reviews_a_month = 1
    merchant.release(wechat)
    merchant.post("/wxa/commit", COMMIT)
    assert merchant.get("/wxa/queryquota")["rest"] == 0
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == 85085
    wechat.world.limits.reviews_a_month = 2
    assert merchant.post("/wxa/submit_audit", SUBMIT)["errcode"] == 0


def test_a_review_is_withdrawn_five_times_a_day_and_ten_a_month(
    merchant: Caller, app: MiniProgram, wechat: Wechat
) -> None:
    """And only while it is under way."""
    assert merchant.get("/wxa/undocodeaudit")["errcode"] == 87012
    merchant.post("/wxa/commit", COMMIT)

    def withdraw() -> int:
        merchant.post("/wxa/submit_audit", SUBMIT)
        errcode = int(merchant.get("/wxa/undocodeaudit")["errcode"])
        app.audits[-1].status = 3
        return errcode

    # The first noon of a month in Shanghai, so that no midnight comes between.
    wechat.now = 1_798_776_000.0
    wechat.world.grant(app.appid)
    merchant.token = wechat.world.grant(app.appid)
    assert [withdraw() for _ in range(6)] == [0] * 5 + [87013]
    wechat.now += 86_400
    merchant.token = wechat.world.grant(app.appid)
    assert [withdraw() for _ in range(6)] == [0] * 5 + [87013]
    wechat.now += 86_400
    merchant.token = wechat.world.grant(app.appid)
    assert withdraw() == 87013


def test_a_review_is_speeded_up_once(merchant: Caller, wechat: Wechat) -> None:
    """One that exists and is under way, as long as the month has speed-ups left."""
    assert merchant.post("/wxa/speedupaudit", {"auditid": 1})["errcode"] == 89402
    merchant.post("/wxa/commit", COMMIT)
    audit = {"auditid": merchant.post("/wxa/submit_audit", SUBMIT)["auditid"]}
    wechat.world.limits.speedups_a_month = 0
    assert merchant.post("/wxa/speedupaudit", audit)["errcode"] == 89405
    wechat.world.limits.speedups_a_month = 1
    assert merchant.post("/wxa/speedupaudit", audit)["errcode"] == 0
    assert merchant.post("/wxa/speedupaudit", audit)["errcode"] == 89404
    assert merchant.get("/wxa/queryquota")["speedup_rest"] == 0


def test_files_for_reviewers_are_kept_three_days_and_for_what_they_are(
    merchant: Caller, app: MiniProgram, wechat: Wechat
) -> None:
    """A picture is no video, and what was uploaded for feedback is neither."""
    merchant.post("/wxa/commit", COMMIT)
    picture = merchant.upload("/wxa/uploadmedia", b"x", "image/png")["mediaid"]
    feedback = merchant.upload("/cgi-bin/media/upload", b"x", "image/png", type="image")["media_id"]
    for preview in ({"video_id_list": [picture]}, {"pic_id_list": [feedback]}):
        assert merchant.post("/wxa/submit_audit", {**SUBMIT, "preview_info": preview})["errcode"] == 85092
    wechat.now += 3 * 86_400
    merchant.token = wechat.world.grant(app.appid)
    submit = {**SUBMIT, "preview_info": {"pic_id_list": [picture]}}
    assert merchant.post("/wxa/submit_audit", submit)["errcode"] == 85092
    picture = merchant.upload("/wxa/uploadmedia", b"x", "image/png")["mediaid"]
    submit = {**SUBMIT, "preview_info": {"pic_id_list": [picture]}}
    assert merchant.post("/wxa/submit_audit", submit)["errcode"] == 0
