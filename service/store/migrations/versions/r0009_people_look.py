"""What people look at: which processes run, and which calls changed something."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables, and columns: a person's word to submit a rejected version once more, what merchants granted."""
    op.add_column("reviews", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("mini_programs", sa.Column("permission_sets", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "processes",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("host", sa.String(64), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("beat_at", sa.Double(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("name", name="pk_processes"),
    )
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "calls",
        sa.Column("seq", serial, nullable=False),
        sa.Column("appid", sa.String(64), nullable=False),
        sa.Column("review", sa.BigInteger()),
        sa.Column("endpoint", sa.String(64), nullable=False),
        sa.Column("errcode", sa.Integer()),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("rid", sa.String(64), nullable=False),
        sa.Column("called_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_calls"),
    )
    op.create_index("ix_calls_appid_seq", "calls", ["appid", "seq"])
    op.create_index("ix_calls_called_at", "calls", ["called_at"])
    has_rid = sa.text("rid <> ''")
    op.create_index("ix_calls_rid", "calls", ["rid"], sqlite_where=has_rid, postgresql_where=has_rid)
