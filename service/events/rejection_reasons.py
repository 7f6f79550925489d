"""WeChat's reason for a rejection, taken apart: numbered titles with numbered details, and what fits neither.

The shape is documented by example only (`1:title:<br>(1):detail<br>`), so nothing here may fail: what cannot be placed
is kept as it is. https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/code/audit_event.html
"""

import re
from typing import NamedTuple

# Breaks as people type them, and as a page shows them in plain text.
BREAK = re.compile(r"<\s*(?:/\s*)?(?:br|p|div|li)\b[^<>]*>|&lt;\s*(?:/\s*)?br\b.{0,100}?&gt;", re.IGNORECASE)
# Where a break was, or belongs: before a detail.
BROKEN = "\v"
BELONGS_BROKEN = re.compile(rf"{BREAK.pattern}|(?=[(（]\d{{1,2}}[)）][:：])", re.IGNORECASE)
# In mid-line only a number with a detail after it begins a title.
IN_MID_LINE = r"(?<=\s){number}[:：](?=[^\n\v]{{1,200}}[:：]\s*[\n\v][(（]1[)）])"
# A number with a point behind it may be half a number.
MARKED = re.compile(
    r"(?:(?P<detail>[(（]\d{1,2}[)）]\s*[:：.．、]?)"
    r"|(?P<circled>[①-⑳]\s*[:：.．、]?)(?=\s*\S)"
    r"|(?P<title>\d{1,2}\s*(?:[:：、)）]|[.．](?!\d)))(?=\s*\S)"
    r")\s*(?P<text>.*)"
)


class Reasons(NamedTuple):
    """What a reason says: (title, details) in WeChat's order, and the lines that are neither."""

    titles: tuple[tuple[str, tuple[str, ...]], ...]
    unparsed: tuple[str, ...]


def parse(reason: str) -> Reasons:
    """Take a reason apart. Never raises; all text but markers and white space is in the result."""
    titles: list[tuple[str, list[str]]] = []
    unparsed: list[str] = []
    for piece in _pieces(reason):
        for place, line in enumerate(filter(None, map(str.strip, piece.split("\n")))):
            if marked := MARKED.match(line):
                text = marked["text"] if marked["detail"] else _without_colon(marked["text"])
                if marked["title"] or (marked["circled"] and not titles):
                    titles.append((text, []))
                else:
                    (titles[-1][1] if titles else unparsed).append(text)
            elif place and titles and titles[-1][1]:
                titles[-1][1][-1] += f"\n{line}"
            else:
                unparsed.append(line)
    return Reasons(tuple((title, tuple(details)) for title, details in titles), tuple(unparsed))


def _without_colon(text: str) -> str:
    return text[:-1].rstrip() if len(text) > 1 and text.endswith((":", "：")) else text


def _pieces(reason: str) -> list[str]:
    """Split at breaks, and where one belongs; what was only typed on a line of its own is not split off."""
    text = reason.replace(BROKEN, " ").replace("\r\n", "\n").replace("\r", "\n")
    text, number = BELONGS_BROKEN.sub(BROKEN, text), 2
    while found := re.search(IN_MID_LINE.format(number=number), text):
        text = f"{text[: found.start()]}{BROKEN}{text[found.start() :]}"
        number += 1
    return text.split(BROKEN)
