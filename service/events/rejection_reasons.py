"""WeChat's reason for a rejection, taken apart: numbered titles with numbered details, and what fits neither.

The shape is documented by example only (`1:title:<br>(1):detail<br>`), so nothing here may fail: what cannot be placed
is kept as it is. https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/code/audit_event.html
"""

import re
from typing import NamedTuple

BREAK = re.compile(r"<br\s*/?>|\r?\n", re.IGNORECASE)
DETAIL_BEGINS = re.compile(r"\s*(?=[(（]\d{1,2}[)）][:：])")
TITLE = re.compile(r"\s*\d{1,2}\s*[:：]\s*(?P<text>.+?)\s*[:：]?\s*")
DETAIL = re.compile(r"\s*[(（]\d{1,2}[)）]\s*[:：]\s*(?P<text>.*?)\s*")


class Reasons(NamedTuple):
    """What a reason says: (title, details) in WeChat's order, and the lines that are neither."""

    titles: tuple[tuple[str, tuple[str, ...]], ...]
    unparsed: tuple[str, ...]


def parse(reason: str) -> Reasons:
    """Take a reason apart. Never raises; all text but markers and white space is in the result."""
    titles: list[tuple[str, list[str]]] = []
    unparsed: list[str] = []
    for line in _lines(reason):
        if detail := DETAIL.fullmatch(line):
            (titles[-1][1] if titles else unparsed).append(detail["text"])
        elif title := TITLE.fullmatch(line):
            titles.append((title["text"], []))
        else:
            unparsed.append(line.strip())
    return Reasons(tuple((title, tuple(details)) for title, details in titles), tuple(unparsed))


def _lines(reason: str) -> list[str]:
    """Split at breaks and before details; in mid-line only the next number with a detail after it begins a title."""
    text = DETAIL_BEGINS.sub("\n", BREAK.sub("\n", reason))
    number = 2
    while found := re.search(rf"(?<=\s){number}[:：](?=[^\n]{{1,200}}[:：]\s*\n[(（]1[)）])", text):
        text = f"{text[: found.start()]}\n{text[found.start() :]}"
        number += 1
    return [line for line in text.split("\n") if line.strip()]
