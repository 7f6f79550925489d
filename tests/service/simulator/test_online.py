from service.simulator.mini_program import MiniProgram
from tests.conftest import Wechat
from tests.service.simulator.conftest import COMMIT, SUBMIT, Caller


def history(merchant: Caller) -> list[str]:
    """List the versions that can be rolled back to."""
    said = merchant.get("/wxa/revertcoderelease", action="get_history_version")
    return [version["user_version"] for version in said["version_list"]]


def test_five_versions_can_be_rolled_back_to(merchant: Caller, wechat: Wechat) -> None:
    """The newest first; older ones are gone."""
    for number in range(7):
        merchant.release(wechat, f"{number}.0")
    assert history(merchant) == ["5.0", "4.0", "3.0", "2.0", "1.0"]


def test_one_step_back_and_no_second(merchant: Caller, app: MiniProgram, wechat: Wechat) -> None:
    """What was rolled back from is gone; a new release makes a new step possible."""
    assert merchant.get("/wxa/revertcoderelease")["errcode"] == 87012
    merchant.release(wechat, "1.0")
    assert merchant.get("/wxa/revertcoderelease")["errcode"] == 87012
    merchant.release(wechat, "2.0")
    assert merchant.get("/wxa/revertcoderelease")["errcode"] == 0
    assert (app.online, history(merchant)) == ("1.0", [])
    assert merchant.get("/wxa/revertcoderelease")["errcode"] == 87012
    merchant.release(wechat, "3.0")
    assert history(merchant) == ["1.0"]
    assert [version.app_version for version in app.versions] == [1, 3], "no number is used twice"
    assert merchant.get("/wxa/revertcoderelease")["errcode"] == 0


def test_a_rollback_may_name_its_version(merchant: Caller, app: MiniProgram, wechat: Wechat) -> None:
    """One that is listed."""
    for number in range(3):
        merchant.release(wechat, f"{number}.0")
    listed = merchant.get("/wxa/revertcoderelease", action="get_history_version")["version_list"]
    assert merchant.get("/wxa/revertcoderelease", app_version=99)["errcode"] == 87012
    assert merchant.get("/wxa/revertcoderelease", app_version=listed[-1]["app_version"])["errcode"] == 0
    assert app.online == "0.0"
    assert merchant.get("/wxa/revertcoderelease", action="nonsense")["errcode"] == 40097


def gray(merchant: Caller, percentage: int, **flags: bool) -> int:
    """Release to some."""
    return int(merchant.post("/wxa/grayrelease", {"gray_percentage": percentage, **flags})["errcode"])


def approved(merchant: Caller, wechat: Wechat, version: str) -> None:
    """Have a version approved."""
    merchant.post("/wxa/commit", {**COMMIT, "user_version": version})
    merchant.post("/wxa/submit_audit", SUBMIT)
    wechat.world.apps["wx0000000000000001"].decide("approve")


def test_a_gray_release_only_grows(merchant: Caller, app: MiniProgram, wechat: Wechat) -> None:
    """From few to more to all; nobody rolls back meanwhile."""
    merchant.release(wechat, "1.0")
    merchant.release(wechat, "2.0")
    approved(merchant, wechat, "3.0")
    assert merchant.get("/wxa/getgrayreleaseplan")["gray_release_plan"]["status"] == 0
    assert [gray(merchant, percentage) for percentage in (10, 10, 5, 20)] == [0, 85082, 85082, 0]
    plan = merchant.get("/wxa/getgrayreleaseplan")["gray_release_plan"]
    assert (plan["status"], plan["gray_percentage"]) == (1, 20)
    assert merchant.get("/wxa/revertcoderelease")["errcode"] == 87011
    assert merchant.post("/wxa/release")["errcode"] == 0
    assert app.online == "3.0"
    assert merchant.get("/wxa/getgrayreleaseplan")["gray_release_plan"]["status"] == 3
    assert gray(merchant, 30) == 85082
    assert merchant.get("/wxa/revertgrayrelease")["errcode"] == 0
    assert merchant.post("/wxa/release")["errcode"] == 85052
    assert app.releases == 3


def test_a_gray_release_can_be_cancelled(merchant: Caller, wechat: Wechat) -> None:
    """And begun again, with as many as before."""
    merchant.release(wechat, "1.0")
    approved(merchant, wechat, "2.0")
    gray(merchant, 10)
    assert merchant.get("/wxa/revertgrayrelease")["errcode"] == 0
    assert merchant.get("/wxa/getgrayreleaseplan")["gray_release_plan"]["status"] == 4
    assert gray(merchant, 10) == 0


def test_nobody_is_a_percentage_only_with_a_flag(merchant: Caller, app: MiniProgram, wechat: Wechat) -> None:
    """For members of the project, or who may use the trial version."""
    merchant.release(wechat, "1.0")
    approved(merchant, wechat, "2.0")
    assert gray(merchant, 0) == 85081
    assert gray(merchant, 101) == 85081
    app.traits.named = False
    assert gray(merchant, 1) == 86002
    app.traits.named = True
    assert gray(merchant, 0, support_debuger_first=True) == 0
    assert merchant.get("/wxa/getgrayreleaseplan")["gray_release_plan"]["support_debuger_first"] is True
    assert merchant.get("/wxa/revertcoderelease")["errcode"] == 87011
    assert gray(merchant, 1) == 0
