from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.support.chat import Chat
from tests.support.live import serving


@pytest.fixture
def chat() -> Iterator[Chat]:
    """Give a group chat."""
    made = Chat()
    with serving(Starlette(routes=[Route("/{room}", made.take, methods=["POST"])])) as url:
        made.url = url.replace("http", "json")
        yield made
