"""A broker, and a database, behind TLS: who is not the host of the URL, or is vouched for by nobody, gets no word."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy.exc import OperationalError

from service.queue import connection as broker
from service.queue.refusals import BrokerRefused
from service.store.connecting import connect
from tests.support.authority import Authority
from tests.support.servers import need, own_postgresql
from tests.support.tunnel import tunnel

PORTS = {"amqps": 5672, "rediss": 6379}
NAMES = {"amqps": "RabbitMQ", "rediss": "Redis"}
URLS = {"amqps": "amqps://guest:guest@127.0.0.1:{}//", "rediss": "rediss://127.0.0.1:{}/0"}


class Presented(NamedTuple):
    """What a broker presents, and whether that is enough, and else what is said of it."""

    host: str
    lasts: timedelta
    is_signed_by_ours: bool
    said: str


CERTIFICATES = {
    "right": Presented("127.0.0.1", timedelta(days=1), is_signed_by_ours=True, said=""),
    "another host's": Presented("broker.example.com", timedelta(days=1), is_signed_by_ours=True, said="not valid for"),
    "an unknown authority's": Presented("127.0.0.1", timedelta(days=1), is_signed_by_ours=False, said="issuer"),
    "expired": Presented("127.0.0.1", timedelta(days=-1), is_signed_by_ours=True, said="expired"),
}


@contextmanager
def behind_tls(folder: Path, scheme: str, presented: Presented) -> Iterator[tuple[str, Path]]:
    """Put TLS before a broker of this machine; gives the URL, and the file of the authority that we trust."""
    need(PORTS[scheme], NAMES[scheme])
    ours, other = Authority(folder, "ours"), Authority(folder, "other")
    signs = ours if presented.is_signed_by_ours else other
    with tunnel(PORTS[scheme], signs.context(presented.host, presented.lasts)) as way:
        yield URLS[scheme].format(way.port), ours.ca_file


@pytest.mark.parametrize("scheme", PORTS)
@pytest.mark.parametrize("which", CERTIFICATES)
def test_only_the_host_of_the_url_that_somebody_known_vouches_for_is_spoken_to(
    tmp_path: Path, scheme: str, which: str
) -> None:
    """All others are refused with a sentence that says which setting names the authority."""
    presented = CERTIFICATES[which]
    with behind_tls(tmp_path, scheme, presented) as (url, ca_file):
        if presented.said:
            with pytest.raises(BrokerRefused, match=presented.said) as refused:
                broker.ping(url, ca_file)
            assert "BROKER_CA_FILE" in str(refused.value)
            assert "guest:guest" not in str(refused.value)
        else:
            with broker.connection(url, ca_file) as connected:
                broker.ready(connected)


@pytest.mark.parametrize("scheme", PORTS)
def test_without_a_file_the_authorities_of_the_system_decide(tmp_path: Path, scheme: str) -> None:
    """They know nothing of an authority of our own."""
    with (
        behind_tls(tmp_path, scheme, CERTIFICATES["right"]) as (url, _),
        pytest.raises(BrokerRefused, match="certificate is not good"),
    ):
        broker.ping(url)


@pytest.fixture
def postgresql_over_tls(tmp_path: Path) -> Iterator[tuple[Callable[[str], str], Authority]]:
    """Give a PostgreSQL with a certificate, as a URL by its sslmode, and the authority that signed it."""
    ours = Authority(tmp_path, "ours")
    (tmp_path / "pg").mkdir()
    with own_postgresql(tmp_path / "pg") as server:
        server.kill()
        data = tmp_path / "pg" / "data"
        for made, name in zip(ours.certify("127.0.0.1"), ("server.crt", "server.key"), strict=True):
            shutil.copy(made, data / name)
            shutil.chown(data / name, data.owner())
            (data / name).chmod(0o600)
        with (data / "postgresql.conf").open("a") as conf:
            conf.write("ssl = on\n")
        server.start()
        yield lambda mode: f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/postgres?{mode}", ours


def test_postgresql_is_verified_by_its_own_sslmode(
    tmp_path: Path, postgresql_over_tls: tuple[Callable[[str], str], Authority]
) -> None:
    """With verify-full, only a server that our authority vouches for is connected to."""
    url, ours = postgresql_over_tls
    other = Authority(tmp_path, "other")
    for authority, is_good in ((ours, True), (other, False)):
        engine = connect(url(f"sslmode=verify-full&sslrootcert={authority.ca_file}"))
        if is_good:
            engine.connect().close()
        else:
            with pytest.raises(OperationalError, match="certificate verify failed"):
                engine.connect()
        engine.dispose()
