"""Mini programs and versions as lists that are read page by page, by keys: a page costs the same wherever it is."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from service.store import mini_programs, reviews
from service.store.mini_programs import MiniProgram
from service.store.reviews import UNDER_WAY, Review
from service.store.tables import mini_programs as apps
from service.store.tables import reviews as versions


class Sought(NamedTuple):
    """Which mini programs: with words in appid or names; whose newest version is in a state; after an appid."""

    words: str = ""
    state: str = ""
    after: str = ""


def list_mini_programs(connection: Connection, sought: Sought, *, limit: int = 50) -> Sequence[MiniProgram]:
    """List mini programs by appid."""
    chosen = select(apps).where(apps.c.appid > sought.after).order_by(apps.c.appid).limit(limit)
    if sought.words:
        named = (apps.c.appid, apps.c.nickname, apps.c.user_name, apps.c.principal_name)
        chosen = chosen.where(or_(*(column.icontains(sought.words, autoescape=True) for column in named)))
    if sought.state:
        its = select(versions.c.state).where(versions.c.appid == apps.c.appid).order_by(versions.c.id.desc()).limit(1)
        chosen = chosen.where(its.scalar_subquery() == sought.state)
    return [mini_programs.of_row(row) for row in connection.execute(chosen)]


def list_versions(
    connection: Connection, *, state: str = "", appid: str = "", before: int | None = None, limit: int = 50
) -> Sequence[Review]:
    """List versions, the newest first."""
    chosen = select(versions).order_by(versions.c.id.desc()).limit(limit)
    if state:
        chosen = chosen.where(versions.c.state == state)
    if appid:
        chosen = chosen.where(versions.c.appid == appid)
    if before is not None:
        chosen = chosen.where(versions.c.id < before)
    return [reviews.of_row(row) for row in connection.execute(chosen)]


def longest_under_way(connection: Connection) -> Review | None:
    """Find the review that waits for its verdict the longest."""
    chosen = select(versions).where(versions.c.state.in_([state.value for state in UNDER_WAY]))
    row = connection.execute(chosen.order_by(versions.c.submitted_at).limit(1)).first()
    return None if row is None else reviews.of_row(row)


def names_of(connection: Connection, appids: Sequence[str]) -> dict[str, str]:
    """Return the nicknames of mini programs, by appid."""
    chosen = select(apps.c.appid, apps.c.nickname).where(apps.c.appid.in_(set(appids)))
    return {row.appid: row.nickname for row in connection.execute(chosen)}
