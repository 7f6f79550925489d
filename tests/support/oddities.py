"""What WeChat's answers about a mini program may look like that nobody expected."""

from collections.abc import Callable

Spoil = Callable[[bytes], bytes]
ODDITIES: list[Spoil] = [
    lambda text: text.replace(b"theirs", b"th\x14ei\x00rs"),
    lambda text: text.replace(b"theirs", b"th\\ud83deirs"),
    lambda text: text.replace(b"theirs", b"\xff\xfe\xed\xa0\xbd"),
    lambda text: b"\xef\xbb\xbf" + text,
    lambda text: text.replace(b'"theirs"', b'["theirs"]'),
    lambda text: text.replace(b'"submit_audit_time":', b'"submit_audit_time":"12.5%","other":'),
    lambda text: text.replace(b'"status":0', b'"status":"0"').replace(b'"status":2', b'"status":"2"'),
    lambda text: text.replace(b'"status":', b'"status":9'),
    lambda text: text.replace(b'"errcode":0', b'"errcode":"none"'),
    lambda text: text[: len(text) // 2],
    lambda _: b"<html>sign in</html>",
    lambda _: b"",
    lambda _: b'{"message":"blocked"}',
    lambda text: text.replace(b'"user_version":"', b'"user_version":"\xf0\x9f\x98'),
    lambda text: text.replace(b"\xe5\xba\x97", b"\x07\x1b"),
]
# Of these all that matters can still be read.
READABLE = frozenset({0, 1, 2, 3, 4, 5, 6, 13, 14})
# Characters that no name should have: controls, marks that turn the line, halves of a pair, what is no character.
CHARACTERS = [
    *range(32),
    *range(0x7F, 0xA0),
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0xD800, 0xD820),
    *range(0xFDD0, 0xFDF0),
    *range(0xFFF0, 0x10000),
    *range(0xE0000, 0xE0030),
]


def oddity(number: int) -> Spoil:
    """Make one of many, each another: an odd answer, with another odd character in the name."""
    spoil = ODDITIES[number % len(ODDITIES)]
    odd = chr(CHARACTERS[number % len(CHARACTERS)]).encode("utf-8", "surrogatepass")
    return lambda text: spoil(text.replace("店".encode(), odd))
