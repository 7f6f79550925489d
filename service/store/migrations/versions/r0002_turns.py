"""Turns have a table of their own; the mark that a credential is being renewed is one of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, and take the former marks off the credentials."""
    op.create_table(
        "turns",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_turns"),
    )
    op.execute("DELETE FROM credentials WHERE sealed IS NULL")
    with op.batch_alter_table("credentials") as credentials:
        credentials.drop_column("renewing_until")
        credentials.alter_column("sealed", existing_type=sa.Text(), nullable=False)
