"""What the specifications of the service share: a client of the app over a database of its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from service.store.credentials import Credentials
from service.web.app import create_app
from tests.conftest import inbound


@pytest.fixture
def client(store: Engine, credentials: Credentials) -> Iterator[TestClient]:
    """Give a client of the app."""
    with TestClient(create_app(inbound(), store, credentials)) as made:
        yield made
