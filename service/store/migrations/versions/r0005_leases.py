"""One kind of lease for turns and jobs, and a fence for each try of a reaction."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Replace two tables of times, of which nothing has to be kept, by one of fences; let attempts have fences, too."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.add_column("attempts", sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"))
    op.drop_table("turns")
    op.drop_table("jobs")
