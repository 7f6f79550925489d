"""Pushes with anything changed, and requests that are hardly any: none is accepted, all are refused alike."""

import random
import re
import socket
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from statistics import median
from typing import NamedTuple
from urllib.parse import urlencode

from crypto.envelope import aes_key
from crypto.signature import sign
from service.simulator import events
from service.simulator.sender import Sealed, Sender, xml
from tests.chaos.growth import MEMORY_MAY_GROW
from tests.chaos.http import answer, request
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.conftest import APP, TOKEN, sender

Line = Callable[[Servers], Row]
# Those that are refused only after their seal was opened, or was not: who measures them must learn nothing.
ORACLES = ("another key", "spoilt padding", "another platform")
# Medians over many differ by this much on a machine that does other things.
ALIKE = 1.3
# Of fewer, a median says nothing.
ENOUGH = 10_000
OTHER_KEY = "Z" * 42 + "E"


class Attack(NamedTuple):
    """What goes over the wire, how many answers come, and with which statuses; 0 is to be hung up on."""

    wire: bytes
    answers: int = 1
    statuses: tuple[int, ...] = (403,)


def changed_field(push: Sealed, chance: random.Random) -> Attack:
    """Put another character into a field of the query."""
    name = chance.choice(["msg_signature", "timestamp", "nonce"])
    value = push.query[name]
    place = chance.randrange(len(value))
    other = chance.choice(["%00", "%FF", "x", "-", "%E4%B8%AD", "9" if value[place] != "9" else "8"])
    query = urlencode({key: text for key, text in push.query.items() if key != name})
    return Attack(request(push, f"{query}&{name}={value[:place]}{other}{value[place + 1 :]}"))


def missing_field(push: Sealed, chance: random.Random) -> Attack:
    """Leave a field of the query out, or give it twice."""
    name = chance.choice(["msg_signature", "timestamp", "nonce"])
    query = urlencode({key: text for key, text in push.query.items() if key != name})
    twice = f"&{name}=1&{name}={push.query[name]}1" if chance.random() < 0.5 else ""
    return Attack(request(push, query + twice))


def changed_byte(push: Sealed, chance: random.Random) -> Attack:
    """Put another byte into what is sealed."""
    body = bytearray(push.body)
    place = chance.randrange(body.index(b"<Encrypt>") + 20, body.index(b"</Encrypt>") - 5)
    body[place] = chance.choice([byte for byte in b"ABCxyz019+/=<&\0\xff" if byte != body[place]])
    return Attack(request(push._replace(body=bytes(body))))


def cut(push: Sealed, chance: random.Random) -> Attack:
    """Send only the beginning of the body."""
    return Attack(request(push._replace(body=push.body[: chance.randrange(len(push.body) - 10)])))


def spliced(push: Sealed, _: random.Random) -> Attack:
    """Join the halves of two pushes."""
    half = len(push.body) // 2
    other = sender().prepare(events.audit_success("gh_2", 2), APP)
    return Attack(request(push._replace(body=push.body[:half] + other.body[half:])))


def bomb(push: Sealed, _: random.Random) -> Attack:
    """Let entities of XML grow."""
    entities = b"".join(b"<!ENTITY e%d '%s'>" % (number, b"&e%d;" % (number - 1) * 10) for number in range(1, 10))
    return Attack(request(push._replace(body=b"<!DOCTYPE x [<!ENTITY e0 'x'>" + entities + b"]><xml>&e9;</xml>")))


def shapeless(push: Sealed, chance: random.Random) -> Attack:
    """Send what is deep, wide, empty, or nothing that anybody knows."""
    bodies = [b"<x>" * 20_000, b"\0" * 1000, chance.randbytes(500), b"<xml>" + b"<a/>" * 9999, b"", b"{}", b"\xff\xfe<"]
    return Attack(request(push._replace(body=chance.choice(bodies))))


def stale(push: Sealed, chance: random.Random) -> Attack:
    """Sign what was sealed as if it were sent on another day."""
    return Attack(request(_signed(push, timestamp=str(int(time.time()) + chance.choice([-90_000, 90_000])))))


def another_token(push: Sealed, _: random.Random) -> Attack:
    """Sign with a token that is not ours."""
    return Attack(request(_signed(push, token=f"{TOKEN}x")))


def another_key(_: Sealed, __: random.Random) -> Attack:
    """Seal with a key that is not ours, and sign with our token."""
    return Attack(request(_sealed(key=OTHER_KEY)))


def another_platform(_: Sealed, __: random.Random) -> Attack:
    """Seal with our key what is for somebody else, and sign with our token."""
    return Attack(request(_sealed(platform="wxanother0000000000")))


def spoilt_padding(push: Sealed, chance: random.Random) -> Attack:
    """Change the last block of what is sealed, as who asks a padding oracle, and sign with our token."""
    sealed = _encrypt(push)
    end = "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=20))
    return Attack(request(_signed(push, encrypt=f"{sealed[:-24]}{end}{sealed[-4:]}")))


def too_large(push: Sealed, _: random.Random) -> Attack:
    """Announce two megabytes."""
    head = f"POST {push.path}?{urlencode(push.query)} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n"
    return Attack(head.encode(), statuses=(413,))


def flood(push: Sealed, _: random.Random) -> Attack:
    """Send headers without end."""
    head = f"POST {push.path}?{urlencode(push.query)} HTTP/1.1\r\nHost: x\r\n".encode()
    return Attack(head + b"X: y\r\n" * 20_000, statuses=(0, 400, 431))


def crowded(push: Sealed, chance: random.Random) -> Attack:
    """Send three in one piece."""
    return Attack(b"".join(changed_byte(push, chance).wire for _ in range(3)), answers=3)


def chunked(push: Sealed, chance: random.Random) -> Attack:
    """Send a changed body in chunks, or chunks that are none."""
    head = (
        f"POST {push.path}?{urlencode(push.query)} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    )
    if chance.random() < 0.5:
        return Attack(head + b"zz\r\n", statuses=(0, 400))
    body = push.body[:-30]
    return Attack(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))


def nonsense(_: Sealed, chance: random.Random) -> Attack:
    """Speak something else."""
    return Attack(
        chance.choice([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"GET\r\n\r\n"]),
        statuses=(0, 400),
    )


KINDS: Mapping[str, Callable[[Sealed, random.Random], Attack]] = {
    "changed field": changed_field,
    "missing field": missing_field,
    "changed byte": changed_byte,
    "cut": cut,
    "spliced": spliced,
    "bomb": bomb,
    "shapeless": shapeless,
    "stale": stale,
    "another token": another_token,
    "another key": another_key,
    "another platform": another_platform,
    "spoilt padding": spoilt_padding,
    "too large": too_large,
    "flood": flood,
    "crowded": crowded,
    "chunked": chunked,
    "nonsense": nonsense,
}


def attack(shared: Servers, number: int) -> Row:
    """Send so many: none may be accepted or answered by an error of ours, and refusals tell nothing by text or time."""
    chance, counts, refusals, wrong = random.Random(number), Counter[str](), set[bytes](), Counter[str]()
    seconds: dict[str, list[float]] = defaultdict(list)
    with Rig(shared, "sqlite+memory", log_level="ERROR") as rig, rig.sending() as load:
        port, child = int(rig.url.rpartition(":")[2]), rig.children["up"]
        push, before = sender().prepare(events.audit_success("gh_1", 1), APP), 0
        for count in range(number):
            if count % 500 == 0:
                push = sender().prepare(events.audit_success("gh_1", count), APP)
            if count == number // 4:
                before = child.memory()
            name = chance.choice([*KINDS, *ORACLES])
            tried = KINDS[name](push, chance)
            told, took = _try(port, tried)
            counts[name] += 1
            seconds[name].append(took)
            for status, text in told:
                refusals |= {text} if status == 403 else set()
                wrong[f"{name}: {status}"] += status not in tried.statuses
        grown = child.memory() / before
        load.finish()
        row = rig.row("", 0.0)
    medians = {name: median(seconds[name]) for name in ORACLES}
    spread = max(medians.values()) / min(medians.values())
    problems = [
        row.problem,
        str(dict(+wrong)) if +wrong else "",
        f"{len(refusals)} kinds of 403" if len(refusals) > 1 else "",
        f"told by time: {medians}" if number >= ENOUGH and spread > ALIKE else "",
        f"memory grew {grown:.2f} times" if grown > MEMORY_MAY_GROW else "",
    ]
    note = f"{number} of {len(counts)} kinds; oracles' medians {spread:.2f} apart; memory {grown:.3f}"
    return replace(row, note=note, problem="; ".join(filter(None, problems)))


def _try(port: int, attack: Attack) -> tuple[list[tuple[int, bytes]], float]:
    """Give each answer's status and text without its date, and how long they took."""
    told = []
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as line:
        began = time.perf_counter()
        try:
            line.sendall(attack.wire)
            text = answer(line, attack.answers)
        except ConnectionError:
            text = b""
        took = time.perf_counter() - began
    for part in re.split(rb"(?=HTTP/1\.1 )", text)[1:] or [b""]:
        status = int(part[9:12]) if part else 0
        told.append((status, re.sub(rb"date: [^\r]+\r\n", b"", part)))
    return told, took


def _encrypt(push: Sealed) -> str:
    (encrypt,) = re.findall(r"<Encrypt><!\[CDATA\[(.+?)\]\]>", push.body.decode())
    return str(encrypt)


def _signed(push: Sealed, *, token: str = TOKEN, timestamp: str = "", encrypt: str = "") -> Sealed:
    timestamp, encrypt, nonce = timestamp or push.query["timestamp"], encrypt or _encrypt(push), push.query["nonce"]
    query = {
        **push.query,
        "timestamp": timestamp,
        "signature": sign(token, timestamp, nonce),
        "msg_signature": sign(token, timestamp, nonce, encrypt),
    }
    return push._replace(query=query, body=xml({"ToUserName": "gh_1", "Encrypt": encrypt}).encode())


def _sealed(*, key: str = "", platform: str = "") -> Sealed:
    ours = sender()
    other = Sender(ours.base, TOKEN, aes_key(key) if key else ours.key, platform or ours.component_appid)
    return other.prepare(events.audit_success("gh_1", 1), APP)


def lines(number: int) -> Mapping[str, Line]:
    """Give the line, with so many."""
    return {"changed pushes": partial(attack, number=number)}
