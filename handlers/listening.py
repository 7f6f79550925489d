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
        number, where = getattr(error, "errno", None), f"{host}:{port}"
        raise SettingsError(
            "{names}: cannot listen on {where}: {error}. Choose another, or stop what listens there",
            names=named,
            where=where,
            error=os.strerror(number) if number else error,
        ) from None
