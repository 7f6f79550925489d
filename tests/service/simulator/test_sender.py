import threading
from collections.abc import Iterator

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.simulator import sender as wechat
from tests.conftest import APP, sender
from tests.support.live import serving

NAMES = st.from_regex(r"[A-Za-z]{1,9}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip)


class Ear:
    """A callback URL that answers as it is told to."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.heard: list[bytes] = []
        self.lock = threading.Lock()

    async def take(self, request: Request) -> Response:
        """Hear a push."""
        self.heard.append(await request.body())
        status, text = self.answers.pop(0) if self.answers else (200, "success")
        return Response(text, status)


@pytest.fixture
def ear() -> Ear:
    """Give a listener."""
    return Ear()


@pytest.fixture
def url(ear: Ear) -> Iterator[str]:
    """Serve the listener."""
    routes = [
        Route("/callback/message/{appid}", ear.take, methods=["POST"]),
        Route("/callback/authorization", ear.take, methods=["POST"]),
    ]
    with serving(Starlette(routes=routes)) as base:
        yield base


@pytest.mark.parametrize("answer", [(200, "success"), (200, "")])
def test_success_and_an_empty_string_are_taken_as_received(url: str, ear: Ear, answer: tuple[int, str]) -> None:
    """Then a push is not sent again."""
    ear.answers = [answer]
    answered = sender(url).send(sender(url).prepare({"Event": "x"}, APP))
    assert (answered.accepted, answered.tries) == (True, 1)


def test_anything_else_is_sent_again_three_times_unchanged(url: str, ear: Ear) -> None:
    """A wrong status, a page instead of the word: four tries in all, of the same bytes."""
    ear.answers = [(403, ""), (200, "<html>success</html>"), (503, ""), (500, "success")]
    answered = sender(url).send(sender(url).prepare({"Event": "x"}, APP))
    assert (answered.accepted, answered.tries, answered.status) == (False, 4, 500)
    assert len(ear.heard) == 4
    assert len(set(ear.heard)) == 1


def test_a_later_success_ends_the_repetitions(url: str, ear: Ear) -> None:
    """The second try is taken, and there is no third."""
    ear.answers = [(503, "")]
    assert sender(url).send(sender(url).prepare({"InfoType": "x"})).tries == 2


def test_nobody_listening_is_no_answer() -> None:
    """Status 0, after all tries."""
    answered = sender().send(sender().prepare({"Event": "x"}, APP))
    assert (answered.status, answered.tries) == (0, 4)


@given(st.dictionaries(NAMES, TEXTS | st.integers(0) | st.lists(TEXTS, min_size=2, max_size=3), min_size=1))
def test_what_is_written_as_xml_can_be_read(fields: dict[str, object]) -> None:
    """Any text survives, CDATA's own end included."""
    read = xmltodict.parse(wechat.xml(fields), strip_whitespace=False)["xml"]
    texts = {name: [str(v) for v in value] if isinstance(value, list) else str(value) for name, value in fields.items()}
    assert {name: read[name] for name in texts} == texts
