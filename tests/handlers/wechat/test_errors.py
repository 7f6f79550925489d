import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.wechat import errors
from handlers.wechat.errcodes import ERRCODES, What
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
DOCUMENTED = {int(code): name for code, name in json.loads((SAMPLES / "errcodes.json").read_text("utf-8")).items()}


@pytest.mark.parametrize(("code", "name"), DOCUMENTED.items())
def test_every_documented_code_is_an_error_by_what_to_do(code: int, name: str) -> None:
    """Each of WeChat's codes says what the caller must do, in English, and keeps WeChat's text."""
    error = errors.of_answer("release", {"errcode": code, "errmsg": "said"})
    expected = BY_CLASS[name]
    assert type(error) is (expected or type(None))
    if error:
        assert (error.code, error.text, error.endpoint) == (code, "said", "release")
        assert error.meaning.isprintable()


def test_the_table_has_each_documented_code_and_no_other() -> None:
    """152 codes, success among them."""
    assert ERRCODES.keys() == DOCUMENTED.keys()
    assert len(ERRCODES) == 152
    assert ERRCODES[0][0] is What.OK


@pytest.mark.parametrize("answer", [{}, {"errcode": 0}, {"errcode": "0"}, {"errcode": None}, {"list": []}])
def test_a_missing_errcode_is_success(answer: dict[str, object]) -> None:
    """The tokens' endpoints answer without one."""
    assert errors.of_answer("x", answer) is None


def test_a_code_that_nobody_knows_says_so_and_keeps_everything() -> None:
    """A new code of WeChat's is refused with its number and text."""
    error = errors.of_answer("release", {"errcode": 123456, "errmsg": "new rid: 6515ac2b-0d2e-7a3c"})
    assert isinstance(error, Refused)
    assert (error.code, error.rid) == (123456, "6515ac2b-0d2e-7a3c")
    assert "documents nowhere" in str(error)


@given(
    st.dictionaries(st.sampled_from(["errcode", "errmsg"]), st.none() | st.text() | st.integers() | st.lists(st.none()))
)
def test_no_answer_makes_it_fail(answer: dict[str, object]) -> None:
    """Whatever stands there, it is an error of ours or none."""
    assert isinstance(errors.of_answer("x", answer), WeChatError | None)
