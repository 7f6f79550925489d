"""What goes wrong between us and the broker, whichever it is, as one error with a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kombu.exceptions import OperationalError

from service.queue import connection as broker
from service.queue import refusals
from service.told import Told

REFUSED = "BROKER_URL: {where}: {said}"
AWAY = "BROKER_URL: {where}: no answer ({said}): start the broker, or correct BROKER_URL"


class BrokerLost(Told):
    """The broker is away, refused, or ended the connection; the text says where it is and what it said."""


@contextmanager
def told_of_loss(url: str, ca_file: Path | None = None) -> Iterator[None]:
    """Turn what the transport of a URL raises in the block into BrokerLost."""
    transport = broker.connection(url, ca_file)
    away = (*transport.connection_errors, *transport.channel_errors, OperationalError, refusals.BrokerRefused)
    try:
        yield
    except BrokenPipeError:
        # Who reads our output has read enough.
        raise
    except away as error:
        if isinstance(error, refusals.BrokerRefused):
            raise BrokerLost("{said}", said=error) from None
        refused = refusals.refused(error)
        raise BrokerLost(REFUSED if refused else AWAY, where=broker.where(url), said=refused or error) from None
