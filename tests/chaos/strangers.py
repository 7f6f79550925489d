"""Strangers who hold what others need: slow bodies and silent connections."""

import resource
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

import httpx2

from service.simulator import events
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.conftest import APP, sender

Line = Callable[[Servers], Row]
SETTING = "sqlite+memory"
SECONDS = 10.0


def beside(shared: Servers, open_one: Callable[[int], socket.socket], number: int, files: int = 0) -> Row:
    """Let strangers hold connections while 25 pushes a second come: none may be refused."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with Rig(shared, SETTING) as rig:
        if files:
            child = rig.children["up"]
            child.end()
            child.ails = child.ails._replace(files=files)
            child.start()
            rig.until(lambda: httpx2.get(f"{rig.url}/readyz").status_code == 200, "readiness")
        port = int(rig.url.rpartition(":")[2])
        until = time.monotonic() + SECONDS
        with rig.sending() as load, ExitStack() as stack:
            while time.monotonic() < until:
                lines = [stack.enter_context(open_one(port)) for _ in range(number)]
                time.sleep(2.0)
                for line in lines:
                    line.close()
            load.finish()
            row = rig.row("", 0.0)
            refused = f"{load.busy} refused, {load.broken} broken off" if load.busy + load.broken else ""
            return replace(row, problem=row.problem or refused, note=f"beside {number} at once")


def slow_body(port: int) -> socket.socket:
    """Begin a push whose body does not come."""
    push = sender().prepare(events.audit_success("gh_1", 1), APP)
    query = urlencode({name: value for name, value in push.query.items() if name != "signature"})
    line = socket.create_connection(("127.0.0.1", port), timeout=10)
    line.sendall(f"POST {push.path}?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n<".encode())
    return line


def silent(port: int) -> socket.socket:
    """Connect and say nothing."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


LINES: Mapping[str, Line] = {
    "500 slow bodies": partial(beside, open_one=slow_body, number=500),
    "1,100 silent connections, 1,024 files": partial(beside, open_one=silent, number=1100, files=1024),
}
