"""The socket that a process listens on, or what to change if it cannot."""

import os
import socket

from service.wrong_settings import SettingsError


def listen(host: str, port: int, named: str = "HOST and PORT") -> socket.socket:
    """Open the socket to listen on; `::` takes IPv4 too. `named`: how the settings are called that say where.

    Raises SettingsError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    everywhere = host == "::" and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((host, port), family=family, backlog=2048, dualstack_ipv6=everywhere)
    except (OSError, UnicodeError) as error:
        cannot = "{names}: cannot listen on {where}: {error}. Choose another, or stop what listens there"
        raise SettingsError(cannot, names=named, where=f"{host}:{port}", error=_said(error)) from None


def _said(error: OSError | UnicodeError) -> str:
    """Say why, without the address that Python adds; what a name server answered has a number of its own."""
    number = getattr(error, "errno", None) or 0
    return os.strerror(number) if number > 0 else str(getattr(error, "strerror", None) or error)
