"""Strangers at the door: slow bodies, silent connections, and pushes with anything changed."""

import random
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
from service.simulator.sender import Sealed
from tests.chaos.rig import Rig, Row, Servers
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
            refused = f"{load.busy} pushes were refused" if load.busy else ""
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


def mutated(push: Sealed, chance: random.Random) -> tuple[dict[str, str], bytes]:
    """Change anything in a push: a field of its query, a byte, its end, two pushes' halves, the whole body."""
    query, body = dict(push.query), bytearray(push.body)
    match chance.randrange(7):
        case 0:
            name = chance.choice(["msg_signature", "timestamp", "nonce"])
            place = chance.randrange(len(query[name]))
            query[name] = query[name][:place] + chr(chance.randrange(0x80, 0x3000)) + query[name][place + 1 :]
        case 1:
            del query[chance.choice(["msg_signature", "timestamp", "nonce"])]
        case 2:
            inside = range(body.index(b"<Encrypt>") + 20, body.index(b"</Encrypt>") - 5)
            place = chance.choice(inside)
            body[place] = chance.choice([byte for byte in b"ABCxyz019+/=<&\0\xff" if byte != body[place]])
        case 3:
            body = body[: chance.randrange(len(body) - 10)]
        case 4:
            half = len(body) // 2
            body = body[:half] + bytearray(sender().prepare(events.audit_success("gh_2", 2), APP).body)[half:]
        case 5:
            body = bytearray(b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>" + body)
        case _:
            body = bytearray(
                chance.choice([b"<x>" * 20_000, b"\0" * 1000, chance.randbytes(500), b"<xml>" + b"<a/>" * 9999])
            )
    return query, bytes(body)


def attack(shared: Servers, number: int) -> Row:
    """Send so many changed pushes: none may be accepted, and none answered by an error of ours."""
    chance = random.Random(number)
    statuses: dict[int, int] = {}
    with Rig(shared, SETTING, log_level="ERROR") as rig, rig.sending() as load, httpx2.Client(base_url=rig.url) as http:
        push = sender().prepare(events.audit_success("gh_1", 1), APP)
        for count in range(number):
            if count % 500 == 0:
                push = sender().prepare(events.audit_success("gh_1", count), APP)
            query, body = mutated(push, chance)
            status = http.post(push.path, params=query, content=body).status_code
            statuses[status] = statuses.get(status, 0) + 1
        load.finish()
        row = rig.row("", 0.0)
        wrong = {status: times for status, times in statuses.items() if status not in (403, 413)}
        return replace(row, note=f"{number} changed pushes: {statuses}", problem=row.problem or str(wrong or ""))


def lines(number: int) -> Mapping[str, Line]:
    """Give the lines, the attack with so many pushes."""
    return {
        "500 slow bodies": partial(beside, open_one=slow_body, number=500),
        "1,100 silent connections, 1,024 files": partial(beside, open_one=silent, number=1100, files=1024),
        "changed pushes": partial(attack, number=number),
    }
