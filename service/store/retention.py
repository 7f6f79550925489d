"""What is forgotten: handled pushes after their time, with their reactions and their secrets."""

from sqlalchemy import Connection, delete, exists, select

from service.store import tries
from service.store.attempts import AttemptState
from service.store.credentials import CredentialKind
from service.store.tables import attempts, calls, credentials, notified, orders, pushes

HANDLED = (AttemptState.DONE.value, AttemptState.SKIPPED.value)


def forget_handled(connection: Connection, *, before: float, limit: int = 1000) -> int:
    """Forget up to `limit` pushes received before a time of which nothing is open or dead; return how many."""
    unhandled = exists().where(attempts.c.push_id == pushes.c.id, attempts.c.state.not_in(HANDLED))
    handled = (
        select(pushes.c.id)
        .where(pushes.c.received_at < before, pushes.c.publish_at.is_(None), ~unhandled)
        .order_by(pushes.c.received_at)
        .limit(limit)
    )
    ids = connection.execute(handled).scalars().all()
    if ids:
        connection.execute(delete(attempts).where(attempts.c.push_id.in_(ids)))
        connection.execute(
            delete(credentials).where(credentials.c.kind == CredentialKind.PUSH.value, credentials.c.owner.in_(ids))
        )
        connection.execute(delete(pushes).where(pushes.c.id.in_(ids)))
    tries.forget(connection, ids, before=before)
    connection.execute(delete(notified).where(notified.c.notified_at < before))
    connection.execute(delete(calls).where(calls.c.called_at < before))
    connection.execute(delete(orders).where(orders.c.ordered_at < before))
    return len(ids)
