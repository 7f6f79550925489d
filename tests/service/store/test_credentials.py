import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text

from service.store.credentials import Credential, CredentialKind, Credentials, SecretsUnreadable
from tests.conftest import APP, FERNET

TOKEN = CredentialKind.AUTHORIZER_TOKEN


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


def test_a_new_key_is_used_for_what_an_older_one_wrote(engine: Engine, credentials: Credentials) -> None:
    """After a rotation and a start the former key is not needed any more; what a newer one wrote stays as it is."""
    newest = Fernet.generate_key().decode()
    both = Credentials([newest, FERNET])
    with engine.begin() as connection:
        for owner in ("a", "b"):
            credentials.keep(connection, TOKEN, owner, f"secret of {owner}", issued_at=1.0)
        both.keep(connection, TOKEN, "c", "secret of c", issued_at=1.0)
        assert both.seal_anew(connection, both.outdated(connection)) == 2
        assert both.outdated(connection) == []
        alone = Credentials([newest])
        for owner in ("a", "b", "c"):
            assert alone.read(connection, TOKEN, owner) == (f"secret of {owner}", 1.0, None)
