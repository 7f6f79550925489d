"""Attempts that belong to a push, what retried ones wait for, and indexes for all that is looked up often."""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ORPHANS = "DELETE FROM attempts WHERE NOT EXISTS (SELECT 1 FROM pushes WHERE pushes.id = attempts.push_id)"
CARRY_OVER = (
    "INSERT INTO attempts (push_id, queue, state, tries, fence, due_at, note, changed_at) "
    "SELECT push_id, queue, state, tries, fence, due_at, note, changed_at FROM former_attempts"
)
INDEXES = {
    "ix_attempts_due_at": ("due_at", "state IN ('waiting', 'running', 'retrying')"),
    "ix_attempts_dead": ("changed_at", "state = 'dead'"),
}
NEW_INDEXES = {"ix_attempts_retrying": ("queue", "state = 'retrying'")}


def upgrade() -> None:
    """End what belongs to no push, let the database see to it that nothing else does, and add columns and indexes."""
    op.execute(ORPHANS)
    waits_for = sa.Column("waits_for", sa.String(64), nullable=False, server_default="")
    if op.get_bind().dialect.name == "sqlite":
        _anew(waits_for)
        _index(INDEXES)
    else:
        op.create_foreign_key("fk_attempts_push_id", "attempts", "pushes", ["push_id"], ["id"])
        op.add_column("attempts", waits_for)
    _index(NEW_INDEXES)
    op.add_column("pushes", sa.Column("note", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_pushes_appid_seq", "pushes", ["appid", "seq"])
    noted = sa.text("note <> ''")
    op.create_index("ix_pushes_note", "pushes", ["note"], sqlite_where=noted, postgresql_where=noted)
    op.create_table(
        "probes",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("written_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_probes"),
    )


def _anew(waits_for: sa.Column[str]) -> None:
    """Make the table anew, with a foreign key: SQLite adds none to a table that exists."""
    for name in INDEXES:
        op.drop_index(name, "attempts")
    op.rename_table("attempts", "former_attempts")
    op.create_table(
        "attempts",
        sa.Column("push_id", sa.String(32), nullable=False),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        waits_for,
        sa.PrimaryKeyConstraint("push_id", "queue", name="pk_attempts"),
        sa.ForeignKeyConstraint(["push_id"], ["pushes.id"], name="fk_attempts_push_id"),
    )
    op.execute(CARRY_OVER)
    op.drop_table("former_attempts")


def _index(those: Mapping[str, tuple[str, str]]) -> None:
    for name, (column, rows) in those.items():
        op.create_index(name, "attempts", [column], sqlite_where=sa.text(rows), postgresql_where=sa.text(rows))
