"""How weaudit is: which parts run, what waits since when, what is blocked or dead, as one value."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from service.store import attempts, causes, publishing
from service.store import processes as parts
from service.store.attempts import AttemptState
from service.store.causes import Held
from service.store.credentials import CredentialKind
from service.store.engine import database_time
from service.store.processes import Process
from service.store.tables import OPEN, credentials, mini_programs, reviews
from service.store.tables import attempts as ledger


class Secret(NamedTuple):
    """Since when a ticket or token is known, and until when it is good; in Unix seconds."""

    issued_at: float
    expires_at: float | None


class Overview(NamedTuple):
    """The state of one database at a time, in Unix seconds.

    `unpublished_since`: when the oldest push came that no subscriber has seen; `waiting_since`: since when a reaction
    is due that nobody takes up. `reactions` counts, by (queue, state),
    those that are open, blocked or dead; `reviews` by state; `undelivered` by why subscribers did not get a push.
    """

    now: float
    processes: Sequence[Process]
    ticket: Secret | None
    component_token: Secret | None
    authorized: int
    good_tokens: int
    unpublished: int
    unpublished_since: float | None
    waiting_since: float | None
    reactions: Mapping[tuple[str, str], int]
    reviews: Mapping[str, int]
    causes: Sequence[Held]
    undelivered: Mapping[str, int]

    @property
    def dead(self) -> int:
        """Count what was given up."""
        return sum(number for (_, state), number in self.reactions.items() if state == "dead")

    def as_row(self) -> Mapping[str, Any]:
        """Return what programs read."""
        rows = self._asdict()
        rows |= {"processes": [{**each._asdict(), "alive": each.is_alive(self.now)} for each in self.processes]}
        rows |= {"causes": [_row(held) for held in self.causes], "dead": self.dead}
        rows |= {"reactions": [{"queue": q, "state": s, "number": n} for (q, s), n in self.reactions.items()]}
        rows |= {name: secret and secret._asdict() for name, secret in rows.items() if isinstance(secret, Secret)}
        return rows


def overview(connection: Connection, component_appid: str) -> Overview:
    """Look at everything."""
    now = database_time(connection)
    unpublished, since = publishing.unpublished(connection)
    waiting = select(func.min(ledger.c.changed_at)).where(OPEN, ledger.c.state == AttemptState.WAITING.value)
    by_state = select(reviews.c.state, func.count()).group_by(reviews.c.state)
    known = mini_programs.c.authorized
    good = (credentials.c.kind == CredentialKind.AUTHORIZER_TOKEN.value) & (credentials.c.expires_at > now)
    return Overview(
        now=now,
        processes=parts.every(connection),
        ticket=secret(connection, CredentialKind.TICKET, component_appid),
        component_token=secret(connection, CredentialKind.COMPONENT_TOKEN, component_appid),
        authorized=connection.execute(select(func.count()).select_from(mini_programs).where(known)).scalar_one(),
        good_tokens=connection.execute(select(func.count()).select_from(credentials).where(good)).scalar_one(),
        unpublished=unpublished,
        unpublished_since=since,
        waiting_since=connection.execute(waiting).scalar(),
        reactions=attempts.count(connection),
        reviews={row[0]: row[1] for row in connection.execute(by_state)},
        causes=causes.every(connection),
        undelivered=publishing.notes(connection),
    )


def secret(connection: Connection, kind: CredentialKind, owner: str) -> Secret | None:
    """Tell how old a secret is, without reading it."""
    its = (credentials.c.kind == kind.value) & (credentials.c.owner == owner)
    row = connection.execute(select(credentials.c.issued_at, credentials.c.expires_at).where(its)).first()
    return None if row is None else Secret(row.issued_at, row.expires_at)


def _row(held: Held) -> Mapping[str, Any]:
    return {**held.cause._asdict(), "reactions": held.reactions, "mini_programs": held.mini_programs}
