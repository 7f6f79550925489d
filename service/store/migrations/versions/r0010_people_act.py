"""What people order, and what they see: what is wanted of a version, who ordered what, and each try that failed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add two columns, three tables, and the indexes of the lists of verdicts and of reviews by state."""
    op.add_column("reviews", sa.Column("wanted", sa.String(16), nullable=False, server_default=""))
    op.add_column("reviews", sa.Column("wished_at", sa.Double(), nullable=False, server_default="0"))
    op.create_index("ix_reviews_state_id", "reviews", ["state", "id"])
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "orders",
        sa.Column("seq", serial, nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("appid", sa.String(64), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("ordered_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_orders"),
    )
    op.create_index("ix_orders_appid_seq", "orders", ["appid", "seq"])
    op.create_index("ix_orders_ordered_at", "orders", ["ordered_at"])
    op.create_table(
        "tries",
        sa.Column("push_id", sa.String(32), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("push_id", "queue", "fence", name="pk_tries"),
    )
    op.create_index("ix_tries_ended_at", "tries", ["ended_at"])
    op.create_table(
        "ended_sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ended_sessions"),
    )
    verdicts = sa.text(
        "type IN ('wechat.weapp_audit_success', 'wechat.weapp_audit_fail', 'wechat.weapp_audit_delay', "
        "'weaudit.released')"
    )
    op.create_index(
        "ix_pushes_verdicts", "pushes", ["received_at", "type"], sqlite_where=verdicts, postgresql_where=verdicts
    )
