"""Every table on one page. Times are Unix seconds; what weaudit looks up often has an index of just the open rows."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    false,
    text,
    types,
)

from service.events.storable import storable

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


class _Storable:
    """Text that is made storable on its way into the database, whoever wrote it."""

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002 SQLAlchemy calls it so
        return None if value is None else storable(value)


class Text(_Storable, types.TypeDecorator[str]):
    """Text of any length."""

    impl = types.Text
    cache_ok = True


class String(_Storable, types.TypeDecorator[str]):
    """Text of a greatest length."""

    impl = types.String
    cache_ok = True


# Text of our own making, of which many are written a second: it needs no cleaning.
Ours = types.String
Serial = BigInteger().with_variant(Integer, "sqlite")
TO_PUBLISH = text("publish_at IS NOT NULL")
OPEN = text("state IN ('waiting', 'running', 'retrying')")
RETRYING = text("state = 'retrying'")
DEAD = text("state = 'dead'")
BLOCKED = text("state = 'blocked'")
NOTED = text("note <> ''")
HAS_RID = text("rid <> ''")
VERDICTS = text(
    "type IN ('wechat.weapp_audit_success', 'wechat.weapp_audit_fail', 'wechat.weapp_audit_delay', 'weaudit.released')"
)

# What was told, once each, as the message that subscribers see. publish_at: when the relay is to publish it; NULL when
# that is done. note: why subscribers did not get it, or do not yet.
pushes = Table(
    "pushes",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("id", Ours(32), nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("appid", String(64), nullable=False),
    Column("routing_key", String(255), nullable=False),
    Column("body", Text, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("publish_at", Double),
    Column("note", Text, nullable=False, server_default=""),
    Index("ix_pushes_publish_at", "publish_at", sqlite_where=TO_PUBLISH, postgresql_where=TO_PUBLISH),
    Index("ix_pushes_received_at", "received_at"),
    Index("ix_pushes_appid_seq", "appid", "seq"),
    Index("ix_pushes_note", "note", sqlite_where=NOTED, postgresql_where=NOTED),
    Index("ix_pushes_verdicts", "received_at", "type", sqlite_where=VERDICTS, postgresql_where=VERDICTS),
)

# The ledger: one row for each reaction that a push calls for. due_at: when the relay is to look at it again. tries: how
# often it was tried, for people and pauses. fence: which try this is; it only ever rises, so that no two are the same.
# waits_for: what is waited for outside: the name of a cause, `wechat` if it is away, or nothing.
attempts = Table(
    "attempts",
    metadata,
    Column("push_id", Ours(32), ForeignKey("pushes.id"), primary_key=True),
    Column("queue", Ours(64), primary_key=True),
    Column("state", Ours(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("due_at", Double, nullable=False),
    Column("note", Text, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("waits_for", Ours(64), nullable=False, server_default=""),
    Index("ix_attempts_due_at", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_attempts_dead", "changed_at", sqlite_where=DEAD, postgresql_where=DEAD),
    Index("ix_attempts_retrying", "queue", sqlite_where=RETRYING, postgresql_where=RETRYING),
    Index("ix_attempts_blocked", "waits_for", "changed_at", sqlite_where=BLOCKED, postgresql_where=BLOCKED),
)

# The tries of reactions that did not come to a good end; the last one is in the ledger, too.
tries = Table(
    "tries",
    metadata,
    Column("push_id", Ours(32), primary_key=True),
    Column("queue", Ours(64), primary_key=True),
    Column("fence", BigInteger, primary_key=True),
    Column("state", Ours(16), nullable=False),
    Column("note", Text, nullable=False),
    Column("ended_at", Double, nullable=False),
    Index("ix_tries_ended_at", "ended_at"),
)

# What is waited for outside, while it is. Its columns: service/store/causes.py.
causes = Table(
    "causes",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("since", Double, nullable=False),
    Column("probe_at", Double, nullable=False),
    Column("told_at", Double),
    Column("until", Double),
    Column("errcode", Integer),
    Column("endpoint", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# Everything secret, encrypted.
credentials = Table(
    "credentials",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("owner", String(64), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double),
)

# The mini programs that authorized the platform, or did once. changed_at: WeChat's time of the newest word about it.
# account: mini_program, official_account, or empty while that is not known. known_auditid: the newest review that was
# known when it was looked at; NULL before the first look, 0 if there was none.
mini_programs = Table(
    "mini_programs",
    metadata,
    Column("appid", String(64), primary_key=True),
    Column("authorized", Boolean, nullable=False),
    Column("nickname", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("principal_name", Text, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("account", String(20), nullable=False, server_default=""),
    Column("known_auditid", BigInteger),
    Column("permission_sets", Text, nullable=False, server_default=""),
    Index("ix_mini_programs_user_name", "user_name"),
)

# One row a version on its way into one mini program, whoever began it. Its columns: service/store/reviews.py.
reviews = Table(
    "reviews",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("appid", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("plan", String(32), nullable=False, server_default=""),
    Column("mark", String(8), nullable=False, server_default=""),
    Column("round", Integer, nullable=False, server_default="1"),
    Column("user_version", Text, nullable=False),
    Column("user_desc", Text, nullable=False, server_default=""),
    Column("commit_body", Text, nullable=False, server_default=""),
    Column("digest", String(32), nullable=False, server_default=""),
    Column("audit_fields", Text, nullable=False, server_default="{}"),
    Column("request", Text, nullable=False, server_default=""),
    Column("auditid", BigInteger),
    Column("previous_auditid", BigInteger),
    Column("former_trial", BigInteger),
    Column("former_auditid", BigInteger),
    Column("former_release", BigInteger),
    Column("former_gray", BigInteger),
    Column("trial", BigInteger),
    Column("called_at", Double),
    Column("answer", Integer),
    Column("refusals", Integer, nullable=False, server_default="0"),
    Column("verdict", String(16), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("pushed_at", Double),
    Column("ordered", Boolean, nullable=False, server_default=false()),
    Column("again", Boolean, nullable=False, server_default=false()),
    Column("wanted", Ours(16), nullable=False, server_default=""),
    Column("wished_at", Double, nullable=False, server_default="0"),
    Column("percent", Integer, nullable=False, server_default="0"),
    Column("note", Text, nullable=False, server_default=""),
    Column("chinese", Text, nullable=False, server_default=""),
    Column("submitted_at", Double, nullable=False, server_default="0"),
    Column("changed_at", Double, nullable=False),
    Column("asked_at", Double, nullable=False),
    Index("uq_reviews_appid_auditid", "appid", "auditid", unique=True),
    Index("ix_reviews_appid_id", "appid", "id"),
    Index("ix_reviews_plan", "plan"),
    Index("ix_reviews_state_asked_at", "state", "asked_at"),
    Index("ix_reviews_state_id", "state", "id"),
)

# What only one may do at a time: who does it, until when, and for the how manieth time somebody does.
leases = Table(
    "leases",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Double, nullable=False),
    Column("fence", BigInteger, nullable=False),
)

# Who was notified of what: of a verdict, by mini program, review and verdict, whichever way it came; of anything else,
# by the id of its message. target: a hash of the Apprise URL.
notified = Table(
    "notified",
    metadata,
    Column("what", String(160), primary_key=True),
    Column("target", String(64), primary_key=True),
    Column("notified_at", Double, nullable=False),
)

# What a process writes when nothing else is written, to see whether it can. name: its host.
probes = Table(
    "probes",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("written_at", Double, nullable=False),
)

# The parts that run, or did: web, relay, worker, clock. Its columns: service/store/processes.py.
processes = Table(
    "processes",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("part", String(16), nullable=False),
    Column("host", String(64), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("started_at", Double, nullable=False),
    Column("beat_at", Double, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

# Each call that changes something at WeChat. Its columns: service/store/calls.py.
calls = Table(
    "calls",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("appid", String(64), nullable=False),
    Column("review", BigInteger),
    Column("endpoint", String(64), nullable=False),
    Column("errcode", Integer),
    Column("said", Text, nullable=False),
    Column("rid", String(64), nullable=False),
    Column("called_at", Double, nullable=False),
    Index("ix_calls_appid_seq", "appid", "seq"),
    Index("ix_calls_called_at", "called_at"),
    Index("ix_calls_rid", "rid", sqlite_where=HAS_RID, postgresql_where=HAS_RID),
)

# What people ordered. Its columns: service/store/orders.py.
orders = Table(
    "orders",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("action", String(32), nullable=False),
    Column("appid", String(64), nullable=False),
    Column("about", Text, nullable=False),
    Column("who", String(64), nullable=False),
    Column("origin", String(64), nullable=False),
    Column("ordered_at", Double, nullable=False),
    Index("ix_orders_appid_seq", "appid", "seq"),
    Index("ix_orders_ordered_at", "ordered_at"),
)

# The sessions of the console that somebody ended before their time.
ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("until", Double, nullable=False),
)
