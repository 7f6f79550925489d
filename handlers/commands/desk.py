"""Where commands that order something come to: one transaction, and who sits at this terminal."""

import getpass
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from handlers.commands.exit_status import CommandFailed
from handlers.operators.allowed import NotNow
from handlers.operators.orders import Desk
from service.settings import Inbound
from service.store.opened import open_existing
from service.store.orders import By


@contextmanager
def desk(settings: Inbound) -> Iterator[Desk]:
    """Open the store for orders, all in one commit. Raises CommandFailed for what cannot be ordered just now."""
    with open_existing(settings) as engine, engine.begin() as connection:
        try:
            yield Desk(connection, settings, here())
        except NotNow as error:
            raise CommandFailed("{said}", said=error.says(settings.weaudit_language)) from None


def here() -> By:
    """Tell who sits at this terminal."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # In a container, the number of a user may have no name.
        user = "unknown"
    return By(user, f"weaudit at {socket.gethostname()}")
