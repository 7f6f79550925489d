"""The key for the secrets of the default database: a file beside it, made at its first use."""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from service.told import Told


class Unusable(Told):
    """There is no key, and none can be made; the text says why, and what to do."""


def beside(database: Path) -> str:
    """Read the key beside the database, or make it once; of several processes that try, one wins. Raises Unusable."""
    path = database.with_suffix(".key")
    if not path.exists():
        try:
            _make(path)
        except OSError as error:
            cannot = "{path} cannot be made, for the secrets in the database: {error}"
            raise Unusable(cannot, path=path, error=error.strerror) from None
    key = path.read_bytes().strip()
    try:
        Fernet(key)
    except ValueError:
        raise Unusable(
            "{path} holds no key. Put the key back that the database was written with; if nothing secret is in it yet, "
            "delete the file",
            path=path,
        ) from None
    return key.decode("ascii")


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
