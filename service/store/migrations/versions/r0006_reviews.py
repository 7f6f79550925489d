"""One table for the life of a version, instead of two whose columns had to be decoded; tables under their own names."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
VERDICTS = {"approved": "approved", "released": "approved", "rejected": "rejected", "withdrawn": "withdrawn"}
PUSHED = {"wechat.weapp_audit_success": "approved", "wechat.weapp_audit_fail": "rejected"}


def upgrade() -> None:
    """Make the tables, carry over what was known, and drop the former ones."""
    _make_tables()
    connection = op.get_bind()
    rows = _reviews(connection)
    if rows:
        op.bulk_insert(_table("reviews", *rows[0]), rows)
    known = {
        row["appid"]: row["auditid"] for row in sorted(rows, key=lambda row: row["auditid"] or 0) if row["auditid"]
    }
    apps = [{**row, "account": "", "known_auditid": known.get(row["appid"])} for row in _all(connection, "apps")]
    if apps:
        op.bulk_insert(_table("mini_programs", *apps[0]), apps)
    told = _notified(connection, rows)
    if told:
        op.bulk_insert(_table("notified", "what", "target", "notified_at"), told)
    for former in ("apps", "told", "versions", "submissions"):
        op.drop_table(former)


def _table(name: str, *columns: str) -> Any:
    return sa.table(name, *map(sa.column, columns))


def _all(connection: sa.Connection, table: str) -> Sequence[Mapping[str, Any]]:
    rows = connection.execute(sa.text(f"SELECT * FROM {table}"))  # noqa: S608 names of our own
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 its public name


def _reviews(connection: sa.Connection) -> list[dict[str, Any]]:
    submitted = [_of_submission(row) for row in _all(connection, "submissions")]
    by_review = {(row["appid"], row["auditid"]): row for row in submitted}
    on_their_way = []
    for version in _all(connection, "versions"):
        if version["request"]:
            # It was just being submitted; whether it was, is seen at the next look.
            on_their_way.append(_of_version(version))
        elif found := by_review.get((version["appid"], version["auditid"])):
            found |= {"trial": version["trial"], "former_trial": version["trial_before"]}
    for row in submitted:
        if row["round"] > 1:
            row["previous_auditid"] = _round_before(row, submitted)
    return [*submitted, *on_their_way]


def _of_submission(row: Mapping[str, Any]) -> dict[str, Any]:
    state, body = row["state"], row["committed"]
    is_unsure = state == "approved" and bool(row["claimed_by"])
    return {
        "appid": row["appid"],
        # A release may have been called, and nobody lived to write down what came of it.
        "state": "releasing" if is_unsure else state,
        "round": row["round"],
        "user_version": row["user_version"],
        "user_desc": json.loads(body)["user_desc"] if body else "",
        "commit_body": body,
        "digest": _digest(body),
        "request": row["request"],
        "auditid": row["auditid"],
        "previous_auditid": None,
        "former_auditid": None,
        "former_trial": None,
        "trial": None,
        "called_at": 0.0 if is_unsure else None,
        "verdict": VERDICTS.get(state, ""),
        "percent": 100 if is_unsure else 0,
        "submitted_at": row["submitted_at"],
        "changed_at": row["changed_at"],
        "asked_at": row["changed_at"],
    }


def _of_version(row: Mapping[str, Any]) -> dict[str, Any]:
    commit = json.loads(row["body"])
    return {
        "appid": row["appid"],
        "state": "submitting",
        "round": 1,
        "user_version": commit["user_version"],
        "user_desc": commit["user_desc"],
        "commit_body": row["body"],
        "digest": _digest(row["body"]),
        "request": row["request"],
        "auditid": None,
        "previous_auditid": None,
        "former_auditid": max(row["audit_before"] or 0, row["auditid"] or 0),
        "former_trial": row["trial_before"],
        "trial": row["trial"],
        "called_at": 0.0,
        "verdict": "",
        "percent": 0,
        "submitted_at": 0.0,
        "changed_at": 0.0,
        "asked_at": 0.0,
    }


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()[:32] if body else ""


def _round_before(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int | None:
    before = [
        other["auditid"]
        for other in rows
        if other["appid"] == row["appid"] and other["round"] == row["round"] - 1 and other["auditid"] < row["auditid"]
    ]
    return max(before, default=None)


def _notified(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Carry over who was told of which message, and of a verdict which review it was of, as far as that is known."""
    known = _verdicts_told(connection)
    of_each: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        of_each.setdefault(row["appid"], []).append(row)
    told: dict[tuple[str, str], float] = {}
    for row in _all(connection, "told"):
        push = known.get(row["push_id"])
        review = _review_of(push, of_each.get(push["appid"], [])) if push else None
        what = f"{push['appid']}:{review}:{PUSHED[push['type']]}" if push and review else row["push_id"]
        told[what, row["target"]] = max(row["told_at"], told.get((what, row["target"]), 0.0))
    return [{"what": what, "target": target, "notified_at": at} for (what, target), at in told.items()]


def _verdicts_told(connection: sa.Connection) -> Mapping[str, Mapping[str, Any]]:
    pushes, told = _table("pushes", "id", "appid", "type", "body", "received_at"), _table("told", "push_id")
    of_them = pushes.c.type.in_(list(PUSHED)) & pushes.c.id.in_(sa.select(told.c.push_id))
    rows = connection.execute(sa.select(pushes).where(of_them))
    return {row.id: dict(row._mapping) for row in rows}  # noqa: SLF001 its public name


def _review_of(push: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int | None:
    data = json.loads(push["body"])["data"]
    if data.get("auditid"):
        return int(data["auditid"])
    before, verdict = (data.get("create_time") or push["received_at"]) + 1, PUSHED[push["type"]]
    decided = [row["auditid"] for row in rows if row["verdict"] == verdict and row["submitted_at"] <= before]
    return max(decided, default=None)


def _make_tables() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("appid", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        *(sa.Column(name, sa.String(size), nullable=False, server_default="") for name, size in SHORT.items()),
        sa.Column("round", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("user_version", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False, server_default=default) for name, default in TEXTS.items()),
        *(sa.Column(name, sa.BigInteger()) for name in NUMBERS),
        *(sa.Column(name, sa.Double()) for name in ("called_at", "pushed_at")),
        sa.Column("answer", sa.Integer()),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in ("refusals", "percent")),
        sa.Column("ordered", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("submitted_at", sa.Double(), nullable=False, server_default="0"),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
    )
    op.create_index("uq_reviews_appid_auditid", "reviews", ["appid", "auditid"], unique=True)
    op.create_index("ix_reviews_appid_id", "reviews", ["appid", "id"])
    op.create_index("ix_reviews_plan", "reviews", ["plan"])
    op.create_index("ix_reviews_state_asked_at", "reviews", ["state", "asked_at"])
    op.create_table(
        "mini_programs",
        sa.Column("appid", sa.String(64), nullable=False),
        sa.Column("authorized", sa.Boolean(), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("principal_name", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.Column("account", sa.String(20), nullable=False, server_default=""),
        sa.Column("known_auditid", sa.BigInteger()),
        sa.PrimaryKeyConstraint("appid", name="pk_mini_programs"),
    )
    op.create_index("ix_mini_programs_user_name", "mini_programs", ["user_name"])
    op.create_table(
        "notified",
        sa.Column("what", sa.String(160), nullable=False),
        sa.Column("target", sa.String(64), nullable=False),
        sa.Column("notified_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("what", "target", name="pk_notified"),
    )


SHORT = {"plan": 32, "mark": 8, "digest": 32, "verdict": 16}
TEXTS = {
    "user_desc": "",
    "commit_body": "",
    "audit_fields": "{}",
    "request": "",
    "reason": "",
    "note": "",
    "chinese": "",
}
NUMBERS = (
    *("auditid", "previous_auditid"),
    *("former_trial", "former_auditid", "former_release", "former_gray", "trial"),
)
