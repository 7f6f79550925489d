"""Which tests run beside each other: two processes share them, and one of the two runs what must be alone."""

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

# Whoever names one of these talks to the RabbitMQ or Redis of this machine, which has one set of our queues.
OF_THE_BROKERS = re.compile(r"^(?:from .* import|def) .*\b(?:AMQP|REDIS|carried_by|broker_url)\b", re.MULTILINE)
# A shell without settings begins on the usual port; and the brokers, behind TLS.
OTHERS = ("tests/test_starts.py", "tests/service/queue/test_tls.py")


class Apart(LoadScopeScheduling):  # type: ignore[misc] # it ships no types
    """Hands out one test after another, but those that must be alone all to one process."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "alone" if _is_alone(str(self.config.rootpath / file), file) else nodeid


@cache
def _is_alone(path: str, file: str) -> bool:
    return file in OTHERS or bool(OF_THE_BROKERS.search(Path(path).read_text("utf-8")))
