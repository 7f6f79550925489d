"""How often somebody may try to sign in: after a few failures from one address, nobody there may for a while."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable

# Within so many seconds, so many wrong passwords from one address for one account, and for all accounts together.
WITHIN = 300.0
MOST_FAILURES = 5
MOST_OF_ALL = 20
MOST_REMEMBERED = 10_000
ALL = "\0"


class SignIns:
    """Counts wrong passwords by address and account, in this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a clock that cannot be set."""
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def closed_for(self, address: str, username: str) -> float:
        """Return for how many seconds nobody may sign in to an account from an address; 0 if at once."""
        network = _network(address)
        return max(self._left(network, username, MOST_FAILURES), self._left(network, ALL, MOST_OF_ALL))

    def failed(self, address: str, username: str) -> None:
        """Count a wrong password."""
        network = _network(address)
        for name in (username, ALL):
            self._failures[network, name] = [*self._recent(network, name), self._clock()]
            self._failures.move_to_end((network, name))
        while len(self._failures) > MOST_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, address: str, username: str) -> None:
        """Forget the failures from an address for an account; those for others stay."""
        self._failures.pop((_network(address), username), None)

    def _left(self, network: str, name: str, most: int) -> float:
        recent = self._recent(network, name)
        return max(0.0, recent[-most] + WITHIN - self._clock()) if len(recent) >= most else 0.0

    def _recent(self, network: str, name: str) -> list[float]:
        since = self._clock() - WITHIN
        return [at for at in self._failures.get((network, name), []) if at > since][-MOST_OF_ALL:]


def _network(address: str) -> str:
    """Return what counts as one address: of IPv6, whoever has one has 2^64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        # Whatever somebody writes into a header is one address.
        return "?"
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)
