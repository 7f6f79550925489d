"""Which review a message speaks of: a push of WeChat's names none."""

from sqlalchemy import Connection

from service.events.from_wechat import AuditDelay, AuditFail, AuditSuccess
from service.events.message import Message
from service.store import reviews
from service.store.reviews import Review, State


def verdict_of(message: Message) -> State | None:
    """Return the verdict that a message tells, if it tells one."""
    match message.data:
        case AuditSuccess():
            return State.APPROVED
        case AuditFail():
            return State.REJECTED
        case _:
            return None


def spoken_of(connection: Connection, message: Message) -> Review | None:
    """Find the review that a message speaks of: the one that it names, or the newest that the verdict may be of."""
    data = message.data
    if named := getattr(data, "auditid", None):
        return reviews.find(connection, message.subject, named)
    if row := getattr(data, "review", None):
        return reviews.get(connection, row)
    if not isinstance(data, AuditSuccess | AuditFail | AuditDelay):
        return None
    return reviews.spoken_of(connection, message.subject, verdict_of(message), data.create_time or 0.0)
