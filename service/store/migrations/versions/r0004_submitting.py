"""What is just being submitted, so that a review of which nobody heard is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Let a version know the body of submit_audit while it is under way."""
    op.add_column("versions", sa.Column("request", sa.Text(), nullable=False, server_default=""))
