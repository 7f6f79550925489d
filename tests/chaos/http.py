"""HTTP in pieces that no client would send: requests as bytes, answers as they come."""

import re
import socket
from urllib.parse import urlencode

from service.simulator.sender import Sealed


def request(push: Sealed, query: str | None = None) -> bytes:
    """Write a push as one piece, with its own query or another."""
    asked = urlencode(push.query) if query is None else query
    head = f"POST {push.path}?{asked} HTTP/1.1\r\nHost: weaudit\r\nContent-Length: {len(push.body)}\r\n\r\n"
    return head.encode() + push.body


def answer(line: socket.socket, number: int = 1) -> bytes:
    """Read so many answers, or what there is of them when the other side hangs up."""
    read = b""
    while number > _whole(read) and (piece := line.recv(65_536)):
        read += piece
    return read


def _whole(read: bytes) -> int:
    """Count the answers that have come to their end."""
    number = 0
    while (end := read.find(b"\r\n\r\n")) >= 0:
        length = re.search(rb"content-length: (\d+)", read[:end].lower())
        size = end + 4 + (int(length[1]) if length else 0)
        if len(read) < size:
            break
        number, read = number + 1, read[size:]
    return number
