"""What the pages show of a store, on SQLite and PostgreSQL, empty and filled, in both languages."""

import html
import json
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, update
from sqlalchemy import text as truncate

from service.store import causes, tries
from service.store.engine import database_time
from service.store.tables import attempts, metadata, pushes, reviews
from service.store.tries import Try
from tests.support.console import Visitor, fill, made

PAGES = ["/", "/apps", "/versions", "/pushes", "/causes", "/dead", "/orders"]
APP = "wx0000000000000007"


@pytest.fixture(params=["en-sqlite", "zh-sqlite", "en-postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Give a database; which, matters to no language."""
    is_file = request.param.endswith("sqlite")
    made_of: Engine = request.getfixturevalue("store" if is_file else "tables_in_postgresql")
    yield made_of
    if not is_file:
        with made_of.begin() as connection:
            connection.execute(truncate(f"TRUNCATE {', '.join(metadata.tables)}"))


@pytest.fixture
def visitor(request: pytest.FixtureRequest, engine: Engine) -> Visitor:
    """Give somebody who signed in, and reads one language."""
    signed_in = Visitor(made(engine), request.node.callspec.params["engine"][:2])
    signed_in.sign_in("zhang")
    return signed_in


def text(page: str) -> str:
    """Give what a page says."""
    body = page.rsplit('<div class="page-wrapper">', maxsplit=1)[-1]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def older_of(page: str) -> str:
    """Give the path of the page that follows in a list; empty if there is none."""
    found = re.search(r'rel="next" href="[^"]*/console(/[^"]+)"', page)
    return html.unescape(found[1]) if found else ""


def language_of(visitor: Visitor) -> str:
    """Tell which language somebody reads."""
    return str(visitor.client.headers["Accept-Language"])


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_store_is_shown_with_what_to_do(visitor: Visitor, path: str) -> None:
    """No page is bare, and none fails."""
    page = visitor.get(path)
    assert page.status_code == 200
    assert len(text(page.text)) > 10


def test_the_overview_tells_how_all_is(visitor: Visitor, engine: Engine) -> None:
    """What is dead, in review and decided, day by day."""
    fill(engine, 500)
    page = visitor.get("/").text
    assert "500" not in text(page).split("490")[0], "490 of them authorize the platform"
    assert "490" in text(page)
    (chart,) = re.findall(r"data-series='([^']+)'", page)
    series = {each["name"]: sum(each["data"]) for each in json.loads(html.unescape(chart))}
    words = {"en": ("approved", "rejected", "released"), "zh": ("通过", "未通过", "已发布")}[language_of(visitor)]
    assert [series[word] for word in words] == [167, 167, 166]


def test_mini_programs_are_listed_page_by_page_and_found(visitor: Visitor, engine: Engine) -> None:
    """By keys: each page begins after the last one of the page before."""
    fill(engine, 120)
    seen: list[str] = []
    path = "/apps"
    for _ in range(5):
        page = visitor.get(path).text
        seen += dict.fromkeys(re.findall(r"/console/apps/(wx\d{16})", page))
        if not (path := older_of(page)):
            break
    assert seen == [f"wx{n:016d}" for n in range(120)]
    assert re.findall(r"/apps/(wx\d+)", visitor.get("/apps?q=小店77").text) == ["wx0000000000000077"]
    assert re.findall(r"/apps/(wx\d+)", visitor.get("/apps?q=100%25").text) == []
    found = re.findall(r"/apps/(wx\d+)", visitor.get("/apps?state=conflict").text)
    assert found == [f"wx{n:016d}" for n in range(6, 120, 8)]


def test_a_mini_program_is_shown_whole(visitor: Visitor, engine: Engine) -> None:
    """Where it stands, what can be ordered, its versions, and what happened."""
    fill(engine, 20)
    page = visitor.get("/apps/wx0000000000000002").text
    said = {
        "en": ("was rejected", "Submit again", "did not submit"),
        "zh": ("审核未通过", "重新提交", "不是由 weaudit 提交的"),
    }[language_of(visitor)]
    assert all(word in text(page) for word in said), text(page)


def test_versions_are_listed_by_state_the_newest_first(visitor: Visitor, engine: Engine) -> None:
    """Page by page."""
    fill(engine, 260)
    page = visitor.get("/versions?state=released").text
    shown = [int(each) for each in re.findall(r"<td>1\.(\d+)</td>", page)]
    shown += [int(each) for each in re.findall(r"<td>1\.(\d+)</td>", visitor.get(older_of(page)).text)]
    assert shown == sorted((n for n in range(260) if n % 8 in (3, 4)), reverse=True)
    assert re.findall(r"<td>1\.(\d+)</td>", visitor.get(f"/versions?appid={APP}").text) == ["7"]


def test_pushes_are_found_by_what_one_knows_of_them(visitor: Visitor, engine: Engine) -> None:
    """Mini program, type, state, review, time; and paged by their numbers."""
    fill(engine, 260)

    def found(query: str) -> list[str]:
        return re.findall(r"/console/pushes/([0-9a-f]{32})", visitor.get(f"/pushes?{query}").text)

    newest = [f"{n:032x}" for n in reversed(range(260))]
    assert found("") == newest[:50]
    assert found(older_of(visitor.get("/pushes").text).partition("?")[2]) == newest[50:100]
    assert found(f"appid={APP}") == [f"{7:032x}"]
    assert found("state=dead") == [f"{n:032x}" for n in (207, 107, 7)]
    assert found("type=weapp_audit_fail&appid=wx0000000000000004") == [f"{4:032x}"]
    assert found("since=2999-01-01T00:00") == []
    assert found("before=x") == newest[:50]
    for query in ("auditid=nonsense", "since=2d"):
        assert found(query) == [], "what cannot be read is not left out, but said"
        assert query.partition("=")[2] in text(visitor.get(f"/pushes?{query}").text)


def test_a_push_is_shown_whole_with_each_try(visitor: Visitor, engine: Engine) -> None:
    """Its message, its reasons, what each reaction did."""
    fill(engine, 10)
    id = f"{7:032x}"
    with engine.begin() as connection:
        now = database_time(connection)
        for fence in (1, 2):
            tries.keep(connection, Try(id, "weaudit.notify", fence, "retrying", f"nobody heard try {fence}", now))
        busy = f"release: WeChat is busy, try again (WeChat: -1 {'x' * 300} rid: 6-1)"
        tries.keep(connection, Try(id, "weaudit.notify", 3, "retrying", busy, now))
    page = text(visitor.get(f"/pushes/{id}").text)
    assert {"en": "WeChat is busy, try again", "zh": "系统繁忙"}[language_of(visitor)] in page
    assert "rid: 6-1" in page, "for WeChat's support, however long it is"
    for part in ("内容不符合规则", "无运营内容", "nobody heard try 1", "nobody heard try 2", "nobody was reached"):
        assert part in page
    assert visitor.get(f"/pushes/{id[:30]}").status_code == 404, "more than one begins so"


def test_causes_and_pauses_are_shown_with_what_to_do(visitor: Visitor, engine: Engine) -> None:
    """And since when."""
    with engine.begin() as connection:
        now = database_time(connection)
        causes.begin(connection, "ip_whitelist", now=now, reason="61004 invalid ip 1.2.3.4", errcode=61004)
        causes.begin(connection, causes.PAUSED_ALL, now=now, reason="Golden Week")
    page = text(visitor.get("/causes").text)
    for part in ("ip_whitelist", "1.2.3.4", "Golden Week"):
        assert part in page


def test_what_was_given_up_is_shown_by_why(visitor: Visitor, engine: Engine) -> None:
    """Those with one reason together, however many."""
    fill(engine, 2000)
    page = visitor.get("/dead").text
    assert page.count('class="card-title text-break"') == 1
    assert "20 ·" in text(page)
    assert {"en": "and 10 more", "zh": "另有 10 项"}[language_of(visitor)] in text(page)


def test_texts_of_others_are_shown_and_not_obeyed(visitor: Visitor, engine: Engine) -> None:
    """Markup in a name, a reason, a note or a message is a text."""
    fill(engine, 10)
    evil = "<script>alert(1)</script>"
    with engine.begin() as connection:
        connection.execute(update(reviews).values(reason=evil, user_version=evil))
        connection.execute(update(attempts).values(note=evil, state="dead"))
        connection.execute(update(pushes).values(note=evil, body=json.dumps({"data": {"reasons": [{"title": evil}]}})))
    for path in (*PAGES, f"/apps/{APP}", f"/pushes/{7:032x}"):
        assert evil not in visitor.get(path).text
    assert "alert(1)" in visitor.get(f"/pushes/{7:032x}").text


@pytest.mark.parametrize("path", [*PAGES, f"/apps/{APP}", "/pushes/abcdef"])
def test_a_database_that_is_away_is_a_sentence(visitor: Visitor, engine: Engine, path: str) -> None:
    """In the page; and the session goes on."""
    with engine.begin() as connection:
        for table in ("pushes", "mini_programs", "reviews", "causes", "orders", "attempts"):
            connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO away_{table}")
    try:
        answer = visitor.get(path)
    finally:
        with engine.begin() as connection:
            for table in ("pushes", "mini_programs", "reviews", "causes", "orders", "attempts"):
                connection.exec_driver_sql(f"ALTER TABLE away_{table} RENAME TO {table}")
    said = {"en": "The database cannot be used", "zh": "数据库暂时无法使用"}[language_of(visitor)]
    assert (answer.status_code, said in answer.text) == (503, True)
    assert visitor.get(path).status_code in (200, 404)
