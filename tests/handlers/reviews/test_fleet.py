import json
import threading
from pathlib import Path

import pytest

from handlers.commands.exit_status import WrongUsage
from handlers.commands.submit import _audit_fields, _extension, _text, line
from handlers.reviews import fleet
from handlers.reviews.driver import Wish
from handlers.reviews.fleet import ALREADY, FAILED, NOT_BEGUN, SUBMITTED, Result
from handlers.wechat.endpoints.code import CommitRequest
from service.simulator.faults import Fault
from tests.conftest import Wechat
from tests.support.servers import eventually

APPS = [f"wx{number:016}" for number in range(1, 7)]
COMMIT = CommitRequest(template_id=1, ext_json="{}", user_version="1.0", user_desc="x")


def run(wechat: Wechat, stop: threading.Event | None = None, parallel: int = 3) -> dict[str, Result]:
    """Submit to all."""
    results = fleet.submit_all(
        wechat.context, APPS, lambda _: Wish(COMMIT), parallel=parallel, stop=stop or threading.Event()
    )
    assert [result.appid for result in results] == APPS
    return {result.appid: result for result in results}


@pytest.fixture
def many(wechat: Wechat) -> Wechat:
    """Let six mini programs authorize the platform."""
    for appid in APPS:
        wechat.authorize(appid)
    return wechat


def test_each_is_submitted_once_however_often_it_is_run(many: Wechat) -> None:
    """The second time there is nothing to do."""
    assert {result.result for result in run(many).values()} == {SUBMITTED}
    assert {result.result for result in run(many).values()} == {ALREADY}
    assert many.called("submit_audit") == len(APPS)


def test_one_that_fails_stops_no_other(many: Wechat) -> None:
    """Its reason is told; the next time only it is submitted."""
    many.world.apps[APPS[2]].traits.named = False
    results = run(many)
    assert (results[APPS[2]].result, "86002" in results[APPS[2]].reason) == (FAILED, True)
    assert sum(result.result == SUBMITTED for result in results.values()) == 5
    many.world.apps[APPS[2]].traits.named = True
    results = run(many)
    assert results[APPS[2]].result == SUBMITTED
    assert sum(result.result == ALREADY for result in results.values()) == 5


def test_when_the_months_reviews_are_used_up_no_other_is_begun(many: Wechat) -> None:
    """Nothing is committed that cannot be submitted."""
    many.world.limits.reviews_a_month = 2
    results = list(run(many, parallel=1).values())
    assert [result.result for result in results] == [SUBMITTED, SUBMITTED, FAILED, NOT_BEGUN, NOT_BEGUN, NOT_BEGUN]
    assert "not before" in results[2].reason
    assert many.called("commit") == 2


def test_it_can_be_stopped_and_gone_on_with(many: Wechat) -> None:
    """While WeChat checks the code nothing is lost: the next run commits nothing twice."""
    many.world.limits.privacy_check = 60
    stop = threading.Event()

    def stop_in_time() -> None:
        eventually(lambda: many.called("get_code_privacy_info"), "the first check")
        stop.set()

    stopper = threading.Thread(target=stop_in_time)
    stopper.start()
    results = run(many, stop, parallel=2)
    stopper.join()
    assert {result.result for result in results.values()} == {NOT_BEGUN}
    committed = many.called("commit")
    assert 1 <= committed <= 2
    many.now += 60
    many.world.limits.privacy_check = 0
    assert {result.result for result in run(many).values()} == {SUBMITTED}
    assert many.called("commit") == len(APPS)


def test_a_mini_program_that_took_its_authorization_back_is_told(many: Wechat) -> None:
    """As a failure with the reason, like everything that WeChat refuses."""
    many.world.unauthorize(APPS[0])
    many.simulator.api.expect(Fault("commit", errcode=85014))
    results = run(many, parallel=1)
    assert "does not authorize" in results[APPS[0]].reason
    assert "85014" in results[APPS[1]].reason


def test_results_are_lines_for_people() -> None:
    """A review, or a reason."""
    assert line(Result("wx1", SUBMITTED, 7), "一杯茶") == "wx1                 submitted         review 7  一杯茶"
    assert line(Result("wx1", FAILED, reason="why")) == "wx1                 failed            why"


def test_what_is_given_may_stand_in_a_file(tmp_path: Path) -> None:
    """After an @; what is wrong with it is said before anything is sent."""
    (tmp_path / "x.json").write_text('{"extAppid": "$APPID$"}', "utf-8")
    assert json.loads(_extension(_text(f"@{tmp_path}/x.json"))) == {"extAppid": "$APPID$"}
    for wrong in ("{", "[]"):
        with pytest.raises(WrongUsage, match="--ext-json"):
            _extension(wrong)
    with pytest.raises(WrongUsage, match="cannot be read"):
        _text("@nowhere.json")
    assert _audit_fields('{"feedback_info": "x"}') == {"feedback_info": "x"}
    for wrong in ("{", "[]", '{"surprise": 1}', '{"item_list": []}'):
        with pytest.raises(WrongUsage, match="--audit"):
            _audit_fields(wrong)
