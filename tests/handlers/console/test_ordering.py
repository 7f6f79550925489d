"""What becomes of a click: an order for the workers, a line of who gave it, and a sentence for him."""

import pytest
from sqlalchemy import Engine, select

from service.store import causes, orders, reviews
from service.store.attempts import AttemptState, Chosen, count_chosen, state_of
from service.store.engine import database_time, reading
from service.store.reviews import Wanted
from service.store.tables import pushes
from tests.support.console import Visitor, fill, made

IN_REVIEW, APPROVED, REJECTED, RELEASED = (f"wx{n:016d}" for n in (8, 1, 2, 3))


@pytest.fixture
def engine(store: Engine) -> Engine:
    """Give a database; on which of the two makes no difference here."""
    return store


@pytest.fixture
def visitor(engine: Engine) -> Visitor:
    """Give somebody who may order, before a filled store."""
    fill(engine, 110)
    signed_in = Visitor(made(engine))
    signed_in.sign_in("zhang")
    return signed_in


def ordered(engine: Engine) -> list[tuple[str, str, str, str]]:
    """Give who ordered what, the newest first."""
    with reading(engine) as connection:
        return [(order.action, order.appid, order.who, order.origin) for order in orders.newest(connection)]


def sent(engine: Engine) -> list[str]:
    """Give the types of the messages that take orders to the workers."""
    with reading(engine) as connection:
        chosen = select(pushes.c.type).where(pushes.c.type.like("weaudit.%ordered"))
        return list(connection.execute(chosen).scalars())


@pytest.mark.parametrize(
    ("action", "appid", "kind"),
    [
        ("release", APPROVED, "weaudit.release_ordered"),
        ("withdraw", IN_REVIEW, "weaudit.withdrawal_ordered"),
        ("take_back", RELEASED, "weaudit.take_back_ordered"),
    ],
)
def test_a_click_is_a_message_for_the_workers(
    visitor: Visitor, engine: Engine, action: str, appid: str, kind: str
) -> None:
    """Of the version that was seen; who, from where, is kept, and he is led back to where he was."""
    page = visitor.order(f"/apps/{appid}", action=action, appid=appid, back=f"/console/apps/{appid}")
    assert (page.url.path, "Ordered." in page.text) == (f"/console/apps/{appid}", True)
    assert sent(engine) == [kind]
    assert ordered(engine) == [(action, appid, "zhang", "127.0.0.1")]
    assert "127.0.0.1" in visitor.get("/orders").text


def test_a_version_is_held_at_once(visitor: Visitor, engine: Engine) -> None:
    """In its row, which whoever is about to release it looks at last."""
    visitor.order(f"/apps/{APPROVED}", action="hold", appid=APPROVED)
    with reading(engine) as connection:
        (row, *_) = reviews.of(connection, APPROVED)
    assert (row.wanted, sent(engine)) == (Wanted.HOLD, [])
    assert "and held" in visitor.get(f"/apps/{APPROVED}").text


@pytest.mark.parametrize("appid", ["", APPROVED])
def test_one_or_all_are_paused_and_go_on(visitor: Visitor, engine: Engine, appid: str) -> None:
    """With why."""
    visitor.order("/causes", action="pause", appid=appid, reason="Golden Week")
    with reading(engine) as connection:
        (held,) = causes.every(connection)
    assert (held.cause.name, held.cause.reason) == (causes.paused(appid) if appid else "paused", "Golden Week")
    assert "Golden Week" in visitor.get(f"/apps/{APPROVED}").text
    visitor.order("/causes", action="resume", appid=appid)
    with reading(engine) as connection:
        assert causes.every(connection) == []
    assert [order[0] for order in ordered(engine)] == ["resume", "pause"]


def test_a_cause_is_mended_by_a_click(visitor: Visitor, engine: Engine) -> None:
    """Once."""
    with engine.begin() as connection:
        causes.begin(connection, "ip_whitelist", now=database_time(connection), reason="61004")
    assert "may go on" in visitor.order("/causes", action="unblock", cause="ip_whitelist").text
    assert "nothing is blocked on" in visitor.order("/orders", action="unblock", cause="ip_whitelist").text


@pytest.mark.parametrize(
    "which",
    [{"pushes": f"{7:032x}", "queue": "weaudit.notify"}, {"reason": "NOTIFY_URLS: nobody"}, {"appid": f"wx{7:016d}"}],
)
def test_what_was_given_up_begins_anew(visitor: Visitor, engine: Engine, which: dict[str, str]) -> None:
    """One, those with one reason, or those of one mini program."""
    before = 2
    page = visitor.order("/dead", action="revive", **which)
    with reading(engine) as connection:
        left = count_chosen(connection, Chosen())
    assert (left, "begin anew" in page.text) == (0 if "reason" in which else before - 1, True)


def test_what_a_person_settled_is_dismissed_by_a_click(visitor: Visitor, engine: Engine) -> None:
    """Once, and nothing else with it."""
    which = {"pushes": f"{7:032x}", "queue": "weaudit.notify"}
    assert "Done. (1)" in visitor.order("/dead", action="dismiss", **which).text
    with reading(engine) as connection:
        assert count_chosen(connection, Chosen()) == 1
        assert state_of(connection, push_id=which["pushes"], queue=which["queue"]) is AttemptState.SKIPPED
    assert "nothing of that is dead any more" in visitor.order("/dead", action="dismiss", **which).text


@pytest.mark.parametrize(
    ("action", "appid", "why"),
    [
        ("release", RELEASED, "is online already"),
        ("withdraw", APPROVED, "no review is under way"),
        ("resubmit", APPROVED, "only what was rejected"),
        ("resubmit", REJECTED, "did not submit"),
        ("take_back", IN_REVIEW, "knows no version"),
        ("hold", RELEASED, "nothing to hold"),
        ("resume", RELEASED, "is not paused"),
        ("release", "wx0000000000000000", "does not authorize the platform"),
        ("release", "nobody", "does not authorize the platform"),
    ],
)
def test_a_button_that_the_state_forbids_is_grey_and_says_why(
    visitor: Visitor, engine: Engine, action: str, appid: str, why: str
) -> None:
    """And who sends its form nevertheless is told the same, and nothing is written."""
    if appid != "nobody":
        page = visitor.get(f"/apps/{appid}").text
        assert f'popovertarget="do-{action}"' not in page
        assert why in page
    assert why in visitor.order("/orders", action=action, appid=appid).text
    assert ordered(engine) == []


def test_what_was_seen_and_is_no_more_is_not_ordered(visitor: Visitor, engine: Engine) -> None:
    """The form names the review that the page showed."""
    page = visitor.order("/orders", action="release", appid=APPROVED, auditid="7")
    assert ("knows no review 7" in page.text, sent(engine)) == (True, [])


def test_who_may_only_look_orders_nothing(engine: Engine) -> None:
    """His buttons are grey, and the forms are refused."""
    fill(engine, 10)
    looker = Visitor(made(engine))
    looker.sign_in("li")
    page = looker.get(f"/apps/{APPROVED}").text
    assert ("popovertarget=" in page, "may only look" in page) == (False, True)
    token = looker.client.cookies["starlette_admin_csrftoken"]
    answer = looker.client.post("/console/order", data={"action": "release", "appid": APPROVED, "csrftoken": token})
    assert (answer.status_code, ordered(engine), sent(engine)) == (403, [], [])


@pytest.mark.parametrize("form", [{"action": "drop"}, {}, {"action": "revive"}])
def test_a_form_of_nothing_does_nothing(visitor: Visitor, engine: Engine, form: dict[str, str]) -> None:
    """And is told so."""
    answer = visitor.order("/orders", **form)
    assert (answer.status_code in (200, 400), ordered(engine)) == (True, [])


def test_nobody_is_led_elsewhere_after_an_order(visitor: Visitor) -> None:
    """`back` is a page of ours."""
    page = visitor.order("/orders", action="pause", reason="x", back="https://evil.example/")
    assert page.url.path == "/console/"
