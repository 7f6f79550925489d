import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.notes.reading import LONGEST, answer_in, note_in
from handlers.wechat.error_codes import ERROR_CODES, SHANGHAI
from handlers.wechat.errors import NotAuthorized, Refused, WeChatError, WrongSecret, of_answer
from service.language import Language
from service.queue.relay import UNCONFIRMED, UNSENDABLE
from service.store.attempts import DISMISSED
from service.store.due import ORPHANED
from service.store.publishing import REFUSED
from service.store.standstill import ONLINE_SINCE

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "handlers").rglob("*.py"))
# Who writes a note, and in which place of his call.
WRITERS = {
    **dict.fromkeys(("Done", "Skipped", "Dead", "Nothing", "Conflict", "Decline"), 0),
    **dict.fromkeys(("Wait", "Become"), 1),
    **dict.fromkeys(("TryLater", "NeedsHuman", "NotAuthorized", "NoCategory", "WrongSecret", "TicketMissing"), 1),
    **dict.fromkeys(("Refused", "Paused", "Unreachable", "Unreadable"), 1),
}
ENGLISH = re.compile("[a-z]{2,} [a-z]{2,}")
COMMAND = re.compile("weaudit [a-z]+")


def written(source: Path) -> Iterator[str]:
    """Give an example of each note that is written in a file, its places filled in."""
    for call in ast.walk(ast.parse(source.read_text("utf-8"))):
        name = getattr(getattr(call, "func", None), "id", "")
        place = WRITERS.get(name)
        if isinstance(call, ast.Call) and place is not None and len(call.args) > place:
            yield from _examples(call.args[place])
        if isinstance(call, ast.Assign) and ast.unparse(call.targets[0]).startswith("visit.did["):
            yield from _examples(call.value)


def _examples(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else _filled(part) for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*_examples(node.body), *_examples(node.orelse))


# What fills a place that is not just a number or a name.
FILLED = {
    "endpoint.name": "commit",
    "LOOK": "see mp.weixin.qq.com",
    "STATE_OF[review.status]": "rejected",
    "case.row.state": "committed",
    "row.state": "in_review",
    "others[0].state": "submitting",
    "step.state": "released",
    "state": "approved",
    "verdict": "rejected",
    "kept": ", and QUOTA_RESERVE=3 keeps them",
    "why[row.wanted]": "held by a person",
    "what": "review 7 of 1.0 is under way, and is waited for",
    "note": "nothing to do",
    "theirs": "1.0 (x)",
    "message.type": "weaudit.planned",
}


def _filled(part: ast.expr) -> str:
    return FILLED.get(ast.unparse(part.value), "7") if isinstance(part, ast.FormattedValue) else ""


# What is written elsewhere, and what the two functions return that say why not.
OTHERS = {
    *(ORPHANED, REFUSED, UNSENDABLE, UNCONFIRMED),
    f"{ONLINE_SINCE}nothing to do",
    f"{DISMISSED}nothing to do",
    "ON_AUDIT_FAIL=hold: a person decides",
    "RESUBMIT_REASONS does not match '页面'; a person decides",
    "submitted 3 times; RESUBMIT_LIMIT=2 allows no more",
    "that a notification failed cannot be told by a notification",
    "NOTIFY_URLS is not set",
    "NOTIFY_URLS is not set, and only graver things are told",
    "nothing that people need to be told: the release will be",
    "what is online has the version and description of 1.0, and no mark tells whether it is that",
}
NOTES = sorted(OTHERS | {note for source in SOURCES for note in written(source) if re.search("[a-z]{3}", note)})


@pytest.mark.parametrize("note", NOTES)
def test_each_note_that_a_reaction_writes_is_there_in_chinese(note: str) -> None:
    """All of it: also what there is to do, behind a semicolon."""
    said = note_in("zh", note)
    assert said != note
    assert not ENGLISH.search(COMMAND.sub("", said)), said
    assert note_in("en", note) == note


@pytest.mark.parametrize("code", ERROR_CODES)
def test_what_wechat_refused_is_there_in_chinese_with_what_it_said(code: int) -> None:
    """Whatever stands behind it."""
    error = of_answer("release", {"errcode": code, "errmsg": "system; error rid: 6-1"}, 0.0, SHANGHAI)
    if error is None:
        return
    said = note_in("zh", f"{error}; tried 20 times")
    assert said.startswith(f"release：{ERROR_CODES[code].chinese}（微信：{code} system; error rid: 6-1）")
    assert said.endswith("；已尝试 20 次")


@given(st.text().filter(lambda text: "; " not in text))
def test_what_nobody_foresaw_stays_as_it_is(note: str) -> None:
    """A text of a library, or of a former version."""
    assert note_in("zh", f"OperationalError: {note}") == f"OperationalError: {note}"


HOSTILE = ["x; " * 300, "paused: " * 400, "1" + " is released" * 500, f"a: b (WeChat: {'9' * 5000} y)", "{0} {version}"]


@pytest.mark.parametrize("note", HOSTILE)
def test_what_somebody_else_wrote_is_no_trouble(note: str) -> None:
    """However long it is, or like a note."""
    assert note_in("zh", note)
    assert note in note_in("zh", f"paused: {note}") or len(note) > LONGEST


REFUSALS = [
    WrongSecret("api_component_token", "the app secret is wrong; check WECHAT_COMPONENT_SECRET", code=40001, text="x"),
    NotAuthorized(
        "api_authorizer_token",
        "wx1 does not authorize the platform, or not any more; its merchant has to authorize it",
        code=61003,
        text="x rid: 6-1",
    ),
    Refused("weaudit submit", str(Refused("submit_audit", ERROR_CODES[85015].english, code=85015, text="x"))),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)
def test_what_we_say_of_a_refusal_is_there_in_chinese(refusal: WeChatError) -> None:
    """Also where it is told of a second time, with the name of what it was for."""
    said = note_in("zh", f"{refusal}; asking again would not help")
    assert not ENGLISH.search(said.replace("weaudit submit", "")), said
    assert said.endswith(("x）；重试无用", "x rid: 6-1）；重试无用"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_came_of_a_call_does_not_name_it_again(language: Language) -> None:
    """Its name stands before it, in either language."""
    assert "release" not in answer_in(language, "release", "release: WeChat did not answer within 10 s")


MADE_OF_SEVERAL = {
    "dismissed by a person: release: WeChat cannot be reached: ConnectError; tried 20 times": (
        "已由人工放弃：release：无法连接微信：ConnectError；已尝试 20 次"
    ),
    "review 12 (1.2.3) is released; review 13 is approved": "审核 12（1.2.3）：已发布；审核 13：已通过",
    "told a.com, b.com, with 3 more, the rest later": "已通知 a.com, b.com，连同另外 3 条，其余稍后",
    "OperationalError: gone; it is approved; tried 20 times": "OperationalError: gone；已通过；已尝试 20 次",
    "RESUBMIT_REASONS does not match '1:x; released; 2'; a person decides": (
        "RESUBMIT_REASONS 不匹配 '1:x; released; 2'；请人工决定"
    ),
    "paused: approved; see below": "已暂停：approved; see below",
    "1.0 is not the trial version any more: version 2 (released) was committed; a person decides which is submitted": (
        "体验版不再是 1.0（现为：2（released））；请人工决定提交哪个版本"
    ),
    "nothing took its authorization back; its tokens are forgotten": "nothing 已取消授权；其令牌已删除",
}


@pytest.mark.parametrize("note", MADE_OF_SEVERAL)
def test_a_note_that_is_made_of_several_is_read_part_for_part(note: str) -> None:
    """And what is in one is read, too."""
    assert note_in("zh", note) == MADE_OF_SEVERAL[note]
