from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from service.credentials import Credential, Credentials, Kind, SecretsUnreadable
from tests.conftest import APP, FERNET

TOKEN = Kind.AUTHORIZER_TOKEN


def test_a_secret_is_encrypted_at_rest(engine: Engine, credentials: Credentials) -> None:
    """What is kept can be read back, and cannot be read in the table."""
    with engine.begin() as connection:
        credentials.keep(connection, TOKEN, APP, "hush", issued_at=1.0, expires_at=2.0)
        assert credentials.read(connection, TOKEN, APP) == Credential("hush", 1.0, 2.0)
        assert "hush" not in str(connection.execute(text("SELECT * FROM credentials")).all())


def test_an_older_secret_never_replaces_a_newer_one(engine: Engine, credentials: Credentials) -> None:
    """Late is not new; of the same second the last one counts."""
    with engine.begin() as connection:
        for issued_at, value in ((10.0, "b"), (5.0, "a"), (10.0, "c")):
            credentials.keep(connection, TOKEN, APP, value, issued_at=issued_at)
        assert credentials.read(connection, TOKEN, APP) == Credential("c", 10.0, None)


def test_a_forgotten_secret_is_gone(engine: Engine, credentials: Credentials) -> None:
    """Forgetting forgets one secret of one owner."""
    with engine.begin() as connection:
        for owner in (APP, "wxother"):
            credentials.keep(connection, TOKEN, owner, "x", issued_at=1.0)
        credentials.forget(connection, TOKEN, APP)
        assert credentials.read(connection, TOKEN, APP) is None
        assert credentials.read(connection, TOKEN, "wxother")


def test_after_a_rotation_the_former_key_still_reads(engine: Engine, credentials: Credentials) -> None:
    """A new key in front writes; the one behind it reads what was written before; without it, ops are told."""
    newer = Fernet.generate_key().decode()
    with engine.begin() as connection:
        credentials.keep(connection, TOKEN, APP, "x", issued_at=1.0)
        rotated = Credentials([newer, FERNET])
        assert rotated.read(connection, TOKEN, APP)
        with pytest.raises(SecretsUnreadable, match="Put the former key behind the new one"):
            Credentials([newer]).read(connection, TOKEN, APP)


def test_keys_that_do_not_open_what_is_stored_are_noticed_at_the_start(
    engine: Engine, credentials: Credentials
) -> None:
    """Before anything is done with them; an empty database fits any key."""
    other = Credentials([Fernet.generate_key().decode()])
    with engine.begin() as connection:
        other.check(connection)
        credentials.keep(connection, TOKEN, APP, "x", issued_at=1.0)
        credentials.check(connection)
        with pytest.raises(SecretsUnreadable):
            other.check(connection)


def test_one_at_a_time_may_renew(engine: Engine, credentials: Credentials) -> None:
    """Of many who want to renew, in threads or processes, one may."""

    def claim(_: int) -> bool:
        with engine.begin() as connection:
            return credentials.claim_renewal(connection, TOKEN, APP, now=100.0, until=130.0)

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(16))) == 1


def test_the_right_to_renew_ends_with_the_renewal_or_its_time(engine: Engine, credentials: Credentials) -> None:
    """Who renewed, gave up or died makes room for the next."""

    def claim(now: float) -> bool:
        return credentials.claim_renewal(connection, TOKEN, APP, now=now, until=now + 30)

    with engine.begin() as connection:
        assert claim(0.0)
        assert not claim(29.0)
        assert claim(30.0)
        credentials.release_renewal(connection, TOKEN, APP, until=30.0)
        assert not claim(30.5), "who is late gives back nothing of another's"
        credentials.release_renewal(connection, TOKEN, APP, until=60.0)
        assert claim(31.0)
        assert credentials.read(connection, TOKEN, APP) is None
        credentials.keep(connection, TOKEN, APP, "x", issued_at=31.0)
        assert claim(32.0)
