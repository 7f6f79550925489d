import json
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.wechat import errors
from handlers.wechat.error_codes import ERROR_CODES, Action
from handlers.wechat.errors import AlreadyDone, NeedsHuman, OverQuota, Refused, StaleToken, TryLater, WeChatError
from tests.conftest import SAMPLES

BY_CLASS = {
    "retry-later": TryLater,
    "refresh-token": StaleToken,
    "quota": OverQuota,
    "needs-human": NeedsHuman,
    "permanent": Refused,
    "ok-idempotent": AlreadyDone,
    "ok": None,
}
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 12, 31, 15, 30, tzinfo=SHANGHAI)
DOCUMENTED = {int(code): name for code, name in json.loads((SAMPLES / "errcodes.json").read_text("utf-8")).items()}


def of_answer(endpoint: str, answer: Mapping[str, object]) -> WeChatError | None:
    """Read an answer that came on New Year's Eve."""
    return errors.of_answer(endpoint, answer, NOW.timestamp(), SHANGHAI)


@pytest.mark.parametrize(("code", "name"), DOCUMENTED.items())
def test_every_documented_code_is_an_error_by_what_to_do(code: int, name: str) -> None:
    """Each of WeChat's codes says what the caller must do, in English, and keeps WeChat's text."""
    error = of_answer("release", {"errcode": code, "errmsg": "said"})
    expected = BY_CLASS[name]
    assert type(error) is (expected or type(None))
    if error:
        assert (error.code, error.text, error.endpoint) == (code, "said", "release")
        assert error.meaning.isprintable()


def test_the_table_has_each_documented_code_and_no_other() -> None:
    """152 codes, success among them."""
    assert ERROR_CODES.keys() == DOCUMENTED.keys()
    assert len(ERROR_CODES) == 154
    assert ERROR_CODES[0][0] is Action.OK


@pytest.mark.parametrize("answer", [{}, {"errcode": 0}, {"errcode": "0"}, {"errcode": None}, {"list": []}])
def test_a_missing_errcode_is_success(answer: dict[str, object]) -> None:
    """The tokens' endpoints answer without one."""
    assert of_answer("x", answer) is None


def test_a_code_that_nobody_knows_says_so_and_keeps_everything() -> None:
    """A new code of WeChat's is refused with its number and text."""
    error = of_answer("release", {"errcode": 123456, "errmsg": "new rid: 6515ac2b-0d2e-7a3c"})
    assert isinstance(error, Refused)
    assert (error.code, error.rid) == (123456, "6515ac2b-0d2e-7a3c")
    assert "documents nowhere" in str(error)


@given(
    st.dictionaries(st.sampled_from(["errcode", "errmsg"]), st.none() | st.text() | st.integers() | st.lists(st.none()))
)
def test_no_answer_makes_it_fail(answer: dict[str, object]) -> None:
    """Whatever stands there, it is an error of ours or none."""
    assert isinstance(of_answer("x", answer), WeChatError | None)


DAY, MONTH, MINUTE = "2027-01-01 00:00:00 +0800", "2027-01-01 00:00:00 +0800", "2026-12-31 15:31:00 +0800"
AGAIN = [(45009, DAY), (87013, DAY), (89414, DAY), (85085, MONTH), (89405, MONTH), (48006, MONTH), (45011, MINUTE)]


@pytest.mark.parametrize(("code", "when"), AGAIN)
def test_a_used_up_limit_says_when_it_is_reset(code: int, when: str) -> None:
    """Each by its own count, and in the text for whoever reads it."""
    error = of_answer("submit_audit", {"errcode": code, "errmsg": "limit"})
    assert isinstance(error, TryLater)
    assert error.again_at
    assert str(error).endswith(f"; not before {when}")


@pytest.mark.parametrize("code", [85065, 85073, 89423, 89424])
def test_a_limit_that_no_time_resets_says_no_time(code: int) -> None:
    """Something has to be deleted first."""
    error = of_answer("x", {"errcode": code})
    assert isinstance(error, OverQuota)
    assert error.again_at is None
