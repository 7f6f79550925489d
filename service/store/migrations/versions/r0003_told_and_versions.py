"""Who was told what, and the versions on their way from a commit to a review."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make two tables, and let a submission know what was committed for it."""
    op.create_table(
        "told",
        sa.Column("push_id", sa.String(32), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("told_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("push_id", "target", name="pk_told"),
    )
    op.create_table(
        "versions",
        sa.Column("appid", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("planned_by", sa.String(32), nullable=False),
        sa.Column("trial_before", sa.BigInteger()),
        sa.Column("audit_before", sa.BigInteger()),
        sa.Column("trial", sa.BigInteger()),
        sa.Column("auditid", sa.BigInteger()),
        sa.PrimaryKeyConstraint("appid", "digest", name="pk_versions"),
    )
    op.add_column("submissions", sa.Column("committed", sa.Text(), nullable=False, server_default=""))
