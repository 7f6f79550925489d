"""The messages of a time, in the order in which they came, page by page: for who wants them once more."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, func, select, tuple_

from service.store.engine import reading
from service.store.publishing import New
from service.store.tables import pushes

PAGE = 500


def since(engine: Engine, began: float, *, appid: str = "", kind: str = "") -> Iterator[Sequence[New]]:
    """Give what came since a time, in Unix seconds, up to now; of a mini program or a type alone, if so wished."""
    place = tuple_(pushes.c.received_at, pushes.c.seq)
    wanted = [
        *([pushes.c.appid == appid] if appid else []),
        *([pushes.c.type.in_((kind, f"wechat.{kind}"))] if kind else []),
    ]
    columns = (pushes.c.received_at, pushes.c.seq, pushes.c.id, pushes.c.routing_key, pushes.c.body)
    with reading(engine) as connection:
        last = connection.execute(select(func.max(pushes.c.received_at))).scalar()
    after = (began, 0)
    while last is not None:
        those = (pushes.c.received_at <= last, pushes.c.received_at >= after[0], place > tuple_(*after), *wanted)
        with reading(engine) as connection:
            rows = connection.execute(select(*columns).where(*those).order_by(*columns[:2]).limit(PAGE)).all()
        if not rows:
            return
        yield [New(row.seq, row.id, row.routing_key, row.body) for row in rows]
        after = (rows[-1].received_at, rows[-1].seq)
