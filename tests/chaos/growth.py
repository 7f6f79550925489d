"""Many pushes and many rows: memory and speed do not show how many there were, and forgetting them disturbs nobody."""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from statistics import median

from sqlalchemy import text

from handlers.clock import DAY, prune
from service.store.patience import within
from tests.chaos.http import answer, request
from tests.chaos.load import from_user
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers

Line = Callable[[Servers], Row]
SENDERS = 8
# Memory is compared with what it was after so many pushes, at most.
WARM = 50_000
MEMORY_MAY_GROW = 1.05
SPEED_MAY_FALL = 0.9
A_ROUND = 1500
ROUNDS = 15
OLD = 100 * DAY
FILLED_WITHIN = 3600.0

# One handled push a row, from before RETENTION_DAYS, with its reactions, as a database of a year has them.
FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})
INSERT INTO pushes (id, type, appid, routing_key, body, received_at, publish_at, note)
SELECT 'old' || n, 'wechat.weapp_audit_success', 'wx' || (n % 3000), 'weapp_audit_success.x', '{{}}',
       {before} + n / 1000.0, NULL, ''
FROM numbers
"""
FILL_ATTEMPTS = """
INSERT INTO attempts (push_id, queue, state, tries, fence, due_at, note, changed_at, waits_for)
SELECT id, 'weaudit.release', 'done', 1, 1, received_at, '', received_at, '' FROM pushes WHERE id LIKE 'old%'
"""


class Stream:
    """Sends pushes as fast as they are answered, over some connections, each push another."""

    def __init__(self, url: str, first: int = 0) -> None:
        self._port = int(url.rpartition(":")[2])
        self._lock = threading.Lock()
        self._number = first
        self.accepted = 0

    def send(self, number: int) -> float:
        """Send so many; gives the pushes a second."""
        began, last = time.monotonic(), self._number + number
        threads = [threading.Thread(target=self._run, args=(last,)) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return number / (time.monotonic() - began)

    def _run(self, last: int) -> None:
        with socket.create_connection(("127.0.0.1", self._port), timeout=10) as line:
            while (number := self._next(last)) is not None:
                line.sendall(request(from_user(f"o{number}", f"wx{number % 3000:016}")))
                if answer(line).endswith(b"\r\n\r\nsuccess"):
                    with self._lock:
                        self.accepted += 1

    def _next(self, last: int) -> int | None:
        with self._lock:
            if self._number == last:
                return None
            self._number += 1
            return self._number


def memory(shared: Servers, pushes: int) -> Row:
    """Send many pushes through one web process, and compare its memory with what it was after the first of them."""
    with Rig(shared, "postgresql+amqp", log_level="WARNING") as rig, rig.sending(1.0) as load:
        stream, warm = Stream(rig.url), min(WARM, pushes // 2)
        stream.send(warm)
        before = {name: child.memory() for name, child in rig.children.items()}
        rate = stream.send(pushes - warm)
        after = {name: child.memory() for name, child in rig.children.items()}
        load.finish()
        row = rig.row("", 0.0)
    growth = {name: round(after[name] / before[name], 3) for name in ("web", "relay")}
    lost = pushes - stream.accepted
    problem = row.problem or (f"memory grew: {growth}" if max(growth.values()) > MEMORY_MAY_GROW else "")
    note = f"{pushes} pushes, {rate:.0f}/s; web {before['web'] / 2**20:.0f} -> {after['web'] / 2**20:.0f} MiB, {growth}"
    return replace(row, lost=row.lost + lost, note=note, problem=problem)


def rows(shared: Servers, setting: str, number: int) -> Row:
    """Compare the speed on an empty database and on one with many rows, in turns; then let the clock forget them."""
    with Rig(shared, setting, log_level="WARNING") as empty, Rig(shared, setting, log_level="WARNING") as full:
        _fill(full, number)
        streams = [Stream(rig.url) for rig in (empty, full)]
        speeds: list[list[float]] = [[], []]
        for _ in range(ROUNDS):
            for stream, speed in zip(streams, speeds, strict=True):
                speed.append(stream.send(A_ROUND))
        ratio = median(full_one / empty_one for empty_one, full_one in zip(*speeds, strict=True))
        with full.sending() as load:
            began = time.monotonic()
            prune(full.context)
            took = time.monotonic() - began
            load.finish()
            row = full.row("", 0.0)
    problem = row.problem or (f"{ratio:.2f} of the speed" if ratio < SPEED_MAY_FALL else "")
    note = f"{number} rows: {ratio:.2f} of the speed without; forgotten in {took:.0f} s beside 25 pushes a second"
    return replace(row, note=note, problem=problem)


def _fill(rig: Rig, number: int) -> None:
    with within(FILLED_WITHIN):
        rig.execute(FILL.format(rows=number, before=time.time() - OLD))
        rig.execute(FILL_ATTEMPTS)
        with rig.context.engine.begin() as connection:
            connection.execute(text("ANALYZE"))


def lines(pushes: int, number: int) -> Mapping[str, Line]:
    """Give the lines, with so many pushes and so many rows."""
    return {
        "many pushes": partial(memory, pushes=pushes),
        "many rows, PostgreSQL": partial(rows, setting="postgresql+amqp", number=number),
        "many rows, SQLite": partial(rows, setting="sqlite+memory", number=number),
    }
