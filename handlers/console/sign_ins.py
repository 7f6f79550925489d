"""How often somebody may try to sign in: after a few failures from one address, nobody there may for a while."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable

# So many wrong passwords within so many seconds, from one address; and so many addresses are remembered.
MOST_FAILURES = 5
WITHIN = 300.0
MOST_ADDRESSES = 10_000


class SignIns:
    """Counts wrong passwords by address, in this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a clock that cannot be set."""
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def closed_for(self, address: str) -> float:
        """Return for how many seconds nobody may sign in from an address; 0 if at once."""
        recent = self._recent(_network(address))
        return max(0.0, recent[0] + WITHIN - self._clock()) if len(recent) >= MOST_FAILURES else 0.0

    def failed(self, address: str) -> None:
        """Count a wrong password."""
        network = _network(address)
        self._failures[network] = [*self._recent(network), self._clock()]
        self._failures.move_to_end(network)
        while len(self._failures) > MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures from an address."""
        self._failures.pop(_network(address), None)

    def _recent(self, network: str) -> list[float]:
        since = self._clock() - WITHIN
        return [at for at in self._failures.get(network, []) if at > since][-MOST_FAILURES:]


def _network(address: str) -> str:
    """Return what counts as one address: of IPv6, whoever has one has 2^64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
