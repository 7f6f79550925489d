"""WeChat's reason for a rejection, taken apart: numbered titles with numbered details, and what fits neither.

The shape is documented by example only (`1:title:<br>(1):detail<br>`), so nothing here may fail: what cannot be placed
is kept as it is. https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/code/audit_event.html
"""

import re
from typing import NamedTuple

# Breaks as people type them, and as a page shows them in plain text.
BREAK = re.compile(r"<\s*/?\s*(?:br|p|div|li)\b[^<>]*>|&lt;\s*/?\s*br\b.*?&gt;", re.IGNORECASE)
# Where a break was, or belongs.
BROKEN = "\v"
NEWLINE = re.compile(r"\r\n?|\n")
DETAIL_BEGINS = re.compile(r"[(（](?=\d{1,2}[)）][:：])")
# A number with a point behind it may be half a number.
TITLE = re.compile(r"\s*\d{1,2}\s*(?:[:：、)）]|[.．](?!\d))\s*(?P<text>\S.*?)\s*[:：]?\s*")
DETAIL = re.compile(r"\s*[(（]\d{1,2}[)）]\s*[:：.．、]?\s*(?P<text>.*?)\s*")
CIRCLED = re.compile(r"\s*[①-⑳]\s*[:：.．、]?\s*(?P<text>\S.*?)\s*[:：]?\s*")


class Reasons(NamedTuple):
    """What a reason says: (title, details) in WeChat's order, and the lines that are neither."""

    titles: tuple[tuple[str, tuple[str, ...]], ...]
    unparsed: tuple[str, ...]


def parse(reason: str) -> Reasons:
    """Take a reason apart. Never raises; all text but markers and white space is in the result."""
    titles: list[tuple[str, list[str]]] = []
    unparsed: list[str] = []
    for line, goes_on in _lines(reason):
        circled = CIRCLED.fullmatch(line)
        if detail := (circled if titles else None) or DETAIL.fullmatch(line):
            (titles[-1][1] if titles else unparsed).append(detail["text"])
        elif title := circled or TITLE.fullmatch(line):
            titles.append((title["text"], []))
        elif goes_on and titles and titles[-1][1]:
            titles[-1][1][-1] += f"\n{line.strip()}"
        else:
            unparsed.append(line.strip())
    return Reasons(tuple((title, tuple(details)) for title, details in titles), tuple(unparsed))


def _lines(reason: str) -> list[tuple[str, bool]]:
    """Split at breaks and before details, and say of each line whether it only was typed on a line of its own.

    In mid-line only the next number with a detail after it begins a title.
    """
    text = BREAK.sub(BROKEN, NEWLINE.sub("\n", reason.replace(BROKEN, " ")))
    text = DETAIL_BEGINS.sub(rf"{BROKEN}\g<0>", text)
    number = 2
    while found := re.search(rf"(?<=\s){number}[:：](?=[^\n\v]{{1,200}}[:：]\s*[\n\v][(（]1[)）])", text):
        text = f"{text[: found.start()]}{BROKEN}{text[found.start() :]}"
        number += 1
    return [
        (line, place > 0)
        for piece in text.split(BROKEN)
        for place, line in enumerate(each for each in piece.split("\n") if each.strip())
    ]
