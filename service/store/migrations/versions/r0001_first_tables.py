"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table of the first release."""
    op.create_table(
        "pushes",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("appid", sa.String(64), nullable=False),
        sa.Column("routing_key", sa.String(255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("publish_at", sa.Double()),
        sa.PrimaryKeyConstraint("seq", name="pk_pushes"),
        sa.UniqueConstraint("id", name="uq_pushes_id"),
    )
    to_publish = sa.text("publish_at IS NOT NULL")
    op.create_index(
        "ix_pushes_publish_at", "pushes", ["publish_at"], sqlite_where=to_publish, postgresql_where=to_publish
    )
    op.create_index("ix_pushes_received_at", "pushes", ["received_at"])
    op.create_table(
        "attempts",
        sa.Column("push_id", sa.String(32), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("push_id", "queue", name="pk_attempts"),
    )
    is_open = sa.text("state IN ('waiting', 'running', 'retrying')")
    op.create_index("ix_attempts_due_at", "attempts", ["due_at"], sqlite_where=is_open, postgresql_where=is_open)
    dead = sa.text("state = 'dead'")
    op.create_index("ix_attempts_dead", "attempts", ["changed_at"], sqlite_where=dead, postgresql_where=dead)
    op.create_table(
        "credentials",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("sealed", sa.Text()),
        sa.Column("issued_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double()),
        sa.Column("renewing_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "owner", name="pk_credentials"),
    )
    op.create_table(
        "apps",
        sa.Column("appid", sa.String(64), nullable=False),
        sa.Column("authorized", sa.Boolean(), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("principal_name", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("appid", name="pk_apps"),
    )
    op.create_table(
        "submissions",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("appid", sa.String(64), nullable=False),
        sa.Column("auditid", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("user_version", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("submitted_at", sa.Double(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.Column("claimed_by", sa.String(32), nullable=False),
        sa.Column("claimed_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
    )
    op.create_index("uq_submissions_appid_auditid", "submissions", ["appid", "auditid"], unique=True)
    op.create_index("ix_submissions_state", "submissions", ["state", "submitted_at"])
    op.create_table(
        "jobs",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_jobs"),
    )
