"""Many rows in one statement whose text does not depend on how many: PostgreSQL reads it in a fraction of the time."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, TextClause, insert, text
from sqlalchemy.dialects import postgresql

from service.store.engine import upsert

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
Rows = Sequence[Mapping[str, Any]]


def insert_new(connection: Connection, table: Table, rows: Rows) -> set[Any]:
    """Insert those rows that are not there yet, in their order; return the first column of each that was inserted."""
    first = next(iter(rows[0]))
    if connection.dialect.name == "postgresql":
        statement = _from_json(table, tuple(rows[0]), f"ON CONFLICT DO NOTHING RETURNING {first}")
        return set(connection.execute(statement, _written(rows)).scalars())
    new = upsert(connection, table).on_conflict_do_nothing().returning(table.c[first])
    return set(connection.execute(new, list(rows)).scalars())


def insert_all(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert rows of which none is there yet."""
    if connection.dialect.name == "postgresql":
        connection.execute(_from_json(table, tuple(rows[0]), ""), _written(rows))
    else:
        connection.execute(insert(table), list(rows))


def _written(rows: Rows) -> Mapping[str, str]:
    """Write all as one parameter: psycopg writes an array slower than json a text."""
    return {"rows": json.dumps(rows, ensure_ascii=False)}


@cache
def _from_json(table: Table, names: tuple[str, ...], end: str) -> TextClause:
    columns = ", ".join(names)
    typed = ", ".join(f"{name} {table.c[name].type.compile(DIALECT)}" for name in names)
    return text(
        f"INSERT INTO {table.name} ({columns}) "  # noqa: S608 the names are ours
        f"SELECT {columns} FROM json_to_recordset(CAST(:rows AS json)) AS t({typed}) {end}"
    )
