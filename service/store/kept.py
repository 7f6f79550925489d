"""What was kept, looked up: one message, and whether WeChat pushed a verdict."""

from sqlalchemy import Connection, select

from service.events.message import decode_loosely
from service.store.tables import pushes


def find(connection: Connection, id: str) -> tuple[str, float] | None:
    """Find a message: its JSON, and when it came."""
    row = connection.execute(select(pushes.c.body, pushes.c.received_at).where(pushes.c.id == id)).first()
    return None if row is None else (row.body, row.received_at)


def has_push(connection: Connection, kind: str, appid: str, *, since: float) -> bool:
    """Return whether WeChat pushed a type for a mini program since a time, handled or not, by WeChat's own time."""
    same = (pushes.c.received_at >= since) & (pushes.c.appid == appid) & (pushes.c.type == kind)
    bodies = connection.execute(select(pushes.c.body).where(same)).scalars()
    told_at = [getattr(decode_loosely(body)[0].data, "create_time", None) for body in bodies]
    return any(at is None or at >= since for at in told_at)
