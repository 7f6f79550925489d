"""The mini programs that authorized the platform, with the names that people know them by."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from service.store.engine import upsert
from service.store.tables import apps as table

UNAUTHORIZED = select(table.c.appid).where(~table.c.authorized)


class App(NamedTuple):
    """A mini program. `changed_at` is WeChat's time of the newest word about its authorization."""

    appid: str
    authorized: bool
    nickname: str
    user_name: str
    principal_name: str
    changed_at: float

    @property
    def title(self) -> str:
        """Give the name for people: nickname and appid, or the appid alone."""
        return f"{self.nickname} ({self.appid})" if self.nickname else self.appid


def keep(connection: Connection, app: App) -> bool:
    """Keep what is known of a mini program; False, and nothing written, if something newer is known."""
    row = app._asdict()
    insert = upsert(connection, table).values(row)
    kept = connection.execute(
        insert.on_conflict_do_update(
            index_elements=["appid"], set_=row, where=table.c.changed_at <= insert.excluded.changed_at
        ).returning(table.c.appid)
    )
    return kept.first() is not None


def mark_unauthorized(connection: Connection, appid: str) -> None:
    """Note that WeChat knows of no authorization; a push that tells of one, however old, still counts as newer."""
    connection.execute(update(table).where(table.c.appid == appid).values(authorized=False))


def find(connection: Connection, appid: str) -> App | None:
    """Find a mini program."""
    row = connection.execute(select(table).where(table.c.appid == appid)).first()
    return None if row is None else App(*row)


def authorized(connection: Connection) -> list[str]:
    """Give the appids of those that authorize the platform; in no order, so that none is always the last."""
    found = list(connection.execute(select(table.c.appid).where(table.c.authorized)).scalars())
    random.shuffle(found)
    return found


def every(connection: Connection) -> Sequence[App]:
    """List all mini programs that ever authorized the platform."""
    return [App(*row) for row in connection.execute(select(table).order_by(table.c.appid))]
