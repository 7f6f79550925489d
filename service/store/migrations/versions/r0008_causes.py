"""What is waited for outside, and the reactions that it blocks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table, and an index."""
    op.create_table(
        "causes",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("probe_at", sa.Double(), nullable=False),
        sa.Column("told_at", sa.Double()),
        sa.Column("until", sa.Double()),
        sa.Column("errcode", sa.Integer()),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_causes"),
    )
    blocked = sa.text("state = 'blocked'")
    op.create_index(
        "ix_attempts_blocked",
        "attempts",
        ["waits_for", "changed_at"],
        sqlite_where=blocked,
        postgresql_where=blocked,
    )
