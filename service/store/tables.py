"""Every table on one page. Times are Unix seconds; what weaudit looks up often has an index of just the open rows."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, MetaData, String, Table, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Serial = BigInteger().with_variant(Integer, "sqlite")
TO_PUBLISH = text("publish_at IS NOT NULL")
OPEN = text("state IN ('waiting', 'running', 'retrying')")
DEAD = text("state = 'dead'")

# What was told, once each, as the message that subscribers see. publish_at: when the relay is to publish it; NULL when
# that is done.
pushes = Table(
    "pushes",
    metadata,
    Column("seq", Serial, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("appid", String(64), nullable=False),
    Column("routing_key", String(255), nullable=False),
    Column("body", Text, nullable=False),
    Column("received_at", Double, nullable=False),
    Column("publish_at", Double),
    Index("ix_pushes_publish_at", "publish_at", sqlite_where=TO_PUBLISH, postgresql_where=TO_PUBLISH),
    Index("ix_pushes_received_at", "received_at"),
)

# The ledger: one row for each reaction that a push calls for. due_at: when the relay is to look at it again. tries: how
# often it was tried, for people and pauses. fence: which try this is; it only ever rises, so that no two are the same.
attempts = Table(
    "attempts",
    metadata,
    Column("push_id", String(32), primary_key=True),
    Column("queue", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("due_at", Double, nullable=False),
    Column("note", Text, nullable=False),
    Column("changed_at", Double, nullable=False),
    Index("ix_attempts_due_at", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_attempts_dead", "changed_at", sqlite_where=DEAD, postgresql_where=DEAD),
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
apps = Table(
    "apps",
    metadata,
    Column("appid", String(64), primary_key=True),
    Column("authorized", Boolean, nullable=False),
    Column("nickname", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("principal_name", Text, nullable=False),
    Column("changed_at", Double, nullable=False),
)

# What was submitted for review and what became of it. request, committed: the bodies of submit_audit and commit, empty
# if weaudit did not send them. claimed_*: who is acting on it just now, and for how long.
submissions = Table(
    "submissions",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("appid", String(64), nullable=False),
    Column("auditid", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("user_version", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("committed", Text, nullable=False, server_default=""),
    Column("round", Integer, nullable=False),
    Column("submitted_at", Double, nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("claimed_by", String(32), nullable=False),
    Column("claimed_until", Double, nullable=False),
    Index("uq_submissions_appid_auditid", "appid", "auditid", unique=True),
    Index("ix_submissions_state", "state", "submitted_at"),
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

# Who was told of a push: target is a hash of the Apprise URL.
told = Table(
    "told",
    metadata,
    Column("push_id", String(32), primary_key=True),
    Column("target", String(64), primary_key=True),
    Column("told_at", Double, nullable=False),
)

# A version on its way into a mini program: planned, committed, submitted. digest: of body, which is that of commit, so
# that the same wish is the same row. planned_by: the push that it answers. What WeChat showed just before the commit
# (the trial version's time and the newest review, 0 for none), the time it gives our commit, and the review it became.
versions = Table(
    "versions",
    metadata,
    Column("appid", String(64), primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("body", Text, nullable=False),
    Column("planned_by", String(32), nullable=False),
    Column("trial_before", BigInteger),
    Column("audit_before", BigInteger),
    Column("trial", BigInteger),
    Column("auditid", BigInteger),
    Column("request", Text, nullable=False),
)
