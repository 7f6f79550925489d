"""An answer of WeChat's, read as far as it goes: JSON that is a hair off, and fields that are of another shape."""

import json
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar

import httpx2
import structlog
from pydantic import ValidationError

from handlers.wechat.endpoint import Endpoint, Reply, Request
from handlers.wechat.errors import Unreadable
from service.events.storable import storable_json
from service.logs import scrub

log = structlog.get_logger(__name__)

# So much of an answer that cannot be read is kept.
LONGEST = 4096
Sent = TypeVar("Sent", bound=Request)
Got = TypeVar("Got", bound=Reply)


def as_json(response: httpx2.Response) -> dict[str, Any] | None:
    """Read an answer as a JSON object, whatever it is labelled: WeChat labels some text/plain.

    Names hold control characters that JSON forbids, and halves of emoji, where WeChat cut a text.
    """
    text = response.content.removeprefix(BOM_UTF8).decode("utf-8", "replace").strip()
    if not text.startswith("{"):
        return None
    try:
        answer = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    cleaned: dict[str, Any] = storable_json(answer)
    return cleaned


def read(endpoint: Endpoint[Sent, Got], answer: Mapping[str, Any]) -> Got:
    """Read an answer as its type; what is odd in it is left out, if the rest is enough.

    Raises Unreadable, with what WeChat said.
    """
    try:
        return endpoint.answer.model_validate(answer)
    except ValidationError as error:
        faults, rest = error, deepcopy(dict(answer))
    said = _said(faults)
    # First the odd field alone, then the entry of the list that it is in, then all of what bears its name.
    for depth in (None, 2, 1):
        # From the end, so that the places of the others stay theirs.
        for path in sorted({fault["loc"][:depth] for fault in faults.errors()}, key=_place, reverse=True):
            _leave_out(rest, path)
            for spelt, name in endpoint.answer.also.items():
                if name == path[0]:
                    rest.pop(spelt, None)
        try:
            got = endpoint.answer.model_validate(rest)
        except ValidationError as error:
            faults = error
        else:
            log.warning("answer.odd", endpoint=endpoint.name, left_out=said)
            return got
    raise unreadable(endpoint, f"has another shape than WeChat's: {said}", json.dumps(answer, ensure_ascii=False))


def unreadable(endpoint: Endpoint[Sent, Got], why: str, text: str) -> Unreadable:
    """Make the error for an answer that came and cannot be read, and keep what it said."""
    log.error("answer.unreadable", endpoint=endpoint.name, why=why, answer=scrub(text[:LONGEST]))
    return Unreadable(endpoint.name, f"the answer {why}", text=scrub(text[:200]))


def _said(faults: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults.errors())


def _place(path: tuple[int | str, ...]) -> list[tuple[bool, int, str]]:
    return [(isinstance(step, str), step if isinstance(step, int) else 0, str(step)) for step in path]


def _leave_out(value: Any, path: Sequence[int | str]) -> None:
    *way, last = path
    for step in way:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(value, dict):
        value.pop(last, None)
    elif isinstance(value, list) and isinstance(last, int) and last < len(value):
        del value[last]
