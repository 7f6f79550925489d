"""From DATABASE_URL to an engine: SQLite or PostgreSQL."""

from sqlalchemy import Engine, make_url

from service.store import sqlite


def connect(url: str) -> Engine:
    """Make the engine; nothing is connected yet, and a lost connection is noticed and replaced."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite.make_engine(parsed)
    from service.store import postgresql  # noqa: PLC0415 who has SQLite loads no driver of another database

    return postgresql.make_engine(parsed)
