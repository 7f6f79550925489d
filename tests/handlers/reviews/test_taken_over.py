"""A database of the version before, with rows in every state, and what becomes of them after the upgrade."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from handlers.reviews.reconcile import discover, reconcile
from service.simulator import audits, code, online
from service.simulator.mini_program import MiniProgram
from service.store import notified, reviews
from service.store.connecting import connect
from service.store.credentials import Credentials
from service.store.engine import reading
from service.store.migrating import migrate
from service.store.reviews import Review, State
from tests.conftest import FERNET, Wechat, outbound
from tests.support.samples import CATEGORY

BEFORE = "0004"
COMMIT: dict[str, Any] = {"template_id": 1, "ext_json": "{}", "user_version": "1.0", "user_desc": "x"}
BODY = json.dumps(COMMIT)
REQUEST = json.dumps({"item_list": [CATEGORY]})


@pytest.fixture
def former(database_url: str) -> Iterator[Engine]:
    """Give a database as the version before left it."""
    engine = connect(database_url)
    config = Config()
    config.set_main_option("script_location", "service:store/migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, BEFORE)
    yield engine
    engine.dispose()


def insert(engine: Engine, table: str, **row: Any) -> None:
    """Insert a row as the version before wrote it."""
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)  # noqa: S608 names of ours


class Former:
    """What the version before had done, at WeChat and in its tables."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.wechat = Wechat(engine, Credentials([FERNET]), outbound(on_audit_fail="resubmit", resubmit_reasons="."))
        self.number = 0

    def app(self) -> MiniProgram:
        """Let a mini program authorize the platform, and 1.0 be committed."""
        self.number += 1
        appid = f"wx{self.number:016}"
        self.wechat.world.authorize(appid, "x")
        insert(
            self.engine,
            "apps",
            appid=appid,
            authorized=True,
            nickname="x",
            user_name=f"gh_{appid}",
            principal_name="",
            changed_at=1.0,
        )
        app = self.wechat.world.apps[appid]
        code.commit(self.wechat.world, app, **COMMIT)
        return app

    def submission(
        self, state: str, verdict: str = "", *, claimed: bool = False, released: bool = False
    ) -> MiniProgram:
        """Let a version be in review, or decided, and written down in a state."""
        app = self.app()
        auditid = audits.submit_audit(self.wechat.world, app, item_list=[CATEGORY])["auditid"]
        assert app.committed
        version = {"appid": app.appid, "digest": "d", "body": BODY, "planned_by": "", "request": ""}
        trial = {"trial_before": 0, "audit_before": 0, "trial": int(app.committed.at), "auditid": auditid}
        insert(self.engine, "versions", **version, **trial)
        insert(
            self.engine,
            "submissions",
            appid=app.appid,
            auditid=auditid,
            state=state,
            user_version="1.0",
            request=REQUEST,
            committed=BODY,
            round=1,
            submitted_at=self.wechat.now,
            changed_at=self.wechat.now,
            claimed_by="a push" if claimed else "",
            claimed_until=self.wechat.now + 300 if claimed else 0.0,
        )
        if verdict:
            app.decide(verdict, "1:x:<br>")
        if released:
            self.wechat.now += 5
            online.release(self.wechat.world, app)
        return app

    def submitting(self, *, was_submitted: bool) -> MiniProgram:
        """Let a version be just being submitted when the version before was stopped."""
        app = self.app()
        assert app.committed
        version = {"appid": app.appid, "digest": "d", "body": BODY, "planned_by": "", "request": REQUEST}
        insert(
            self.engine,
            "versions",
            **version,
            trial_before=0,
            audit_before=0,
            trial=int(app.committed.at),
            auditid=None,
        )
        if was_submitted:
            audits.submit_audit(self.wechat.world, app, item_list=[CATEGORY])
        return app

    def upgrade(self) -> None:
        """Upgrade, and let the clock ask for a day."""
        migrate(self.engine)
        self.wechat.give_ticket()
        for _ in range(6):
            self.wechat.now += 7_300
            self.wechat.give_ticket()
            reconcile(self.wechat.context)
            discover(self.wechat.context)

    def row(self, app: MiniProgram) -> Review:
        """Give the newest row of a mini program."""
        with reading(self.engine) as connection:
            return reviews.of(connection, app.appid)[0]

    def did(self, app: MiniProgram) -> list[str]:
        """Name the calls of weaudit's that changed a mini program."""
        changes = ("commit", "submit_audit", "release", "grayrelease")
        calls = self.wechat.simulator.api.calls
        return [call.endpoint for call in calls if call.appid == app.appid and call.endpoint in changes]


def test_rows_in_every_state_are_taken_over(former: Engine) -> None:
    """Nothing is released twice, nothing lost, and what was under way goes on."""
    before = Former(former)
    waiting = before.submission("in_review")
    delayed = before.submission("delayed", "delay")
    pushless = before.submission("in_review", "approve")
    approved = before.submission("approved", "approve")
    claimed = before.submission("approved", "approve", claimed=True)
    released_unheard = before.submission("approved", "approve", claimed=True, released=True)
    released = before.submission("released", "approve", released=True)
    rejected = before.submission("rejected", "reject")
    withdrawn = before.submission("withdrawn")
    withdrawn.audits[-1].status = 3
    unheard = before.submitting(was_submitted=True)
    unsent = before.submitting(was_submitted=False)
    before.upgrade()
    assert {
        "waiting": (before.row(waiting).state, before.did(waiting)),
        "delayed": (before.row(delayed).state, before.did(delayed)),
        "pushless": (before.row(pushless).state, before.did(pushless)),
        "approved": (before.row(approved).state, before.did(approved)),
        "claimed": (before.row(claimed).state, before.did(claimed)),
        "released unheard": (before.row(released_unheard).state, before.did(released_unheard)),
        "released": (before.row(released).state, before.did(released)),
        "withdrawn": (before.row(withdrawn).state, before.did(withdrawn)),
        "unheard": (before.row(unheard).state, before.did(unheard)),
        "unsent": (before.row(unsent).state, before.did(unsent)),
    } == {
        "waiting": (State.IN_REVIEW, []),
        "delayed": (State.DELAYED, []),
        "pushless": (State.RELEASED, ["release"]),
        "approved": (State.RELEASED, ["release"]),
        "claimed": (State.RELEASED, ["release"]),
        "released unheard": (State.RELEASED, []),
        "released": (State.RELEASED, []),
        "withdrawn": (State.WITHDRAWN, []),
        "unheard": (State.IN_REVIEW, []),
        "unsent": (State.IN_REVIEW, ["submit_audit"]),
    }
    # Its reaction waits in the ledger and is what submits it again.
    assert before.row(rejected).state in (State.REJECTED, State.IN_REVIEW)
    assert before.did(rejected) in ([], ["submit_audit"])
    assert before.row(waiting).request == REQUEST
    for app in before.wechat.world.apps.values():
        assert len(app.released) == len(set(app.released)) <= 1


def test_who_was_told_of_a_verdict_is_not_told_again(former: Engine) -> None:
    """Of a push it is found out which review it spoke of; of an answer that is known."""
    before = Former(former)
    app = before.submission("rejected", "reject")
    data = {"create_time": int(before.wechat.now) + 1, "reason": "x"}
    body = json.dumps({"data": data})
    insert(
        former,
        "pushes",
        id="p" * 32,
        type="wechat.weapp_audit_fail",
        appid=app.appid,
        routing_key="x",
        body=body,
        received_at=before.wechat.now + 1,
        publish_at=None,
    )
    for what, target in (("p" * 32, "chat"), ("q" * 32, "other")):
        insert(former, "told", push_id=what, target=target, told_at=before.wechat.now)
    migrate(former)
    review = before.row(app)
    with reading(former) as connection:
        verdict = notified.of_verdict(review, State.REJECTED)
        assert notified.who(connection, [verdict, "q" * 32]) == {
            verdict: frozenset({"chat"}),
            "q" * 32: frozenset({"other"}),
        }
