"""The messages of a time, in the order in which they were kept, page by page: for who wants them once more."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Engine, func, select

from service.store.engine import reading
from service.store.publishing import New
from service.store.tables import pushes

PAGE = 500


def since(engine: Engine, began: float, *, appid: str = "", kind: str = "") -> Iterator[Sequence[New]]:
    """Give what was kept since a time, in Unix seconds, up to now; of a mini program or a type alone, if so wished."""
    with reading(engine) as connection:
        bounds = select(func.min(pushes.c.seq), func.max(pushes.c.seq)).where(pushes.c.received_at >= began)
        first, last = connection.execute(bounds).one()
    while first is not None and first <= last:
        wanted = [
            pushes.c.seq.between(first, last),
            pushes.c.received_at >= began,
            *([pushes.c.appid == appid] if appid else []),
            *([pushes.c.type.in_((kind, f"wechat.{kind}"))] if kind else []),
        ]
        columns = (pushes.c.seq, pushes.c.id, pushes.c.routing_key, pushes.c.body)
        with reading(engine) as connection:
            rows = connection.execute(select(*columns).where(*wanted).order_by(pushes.c.seq).limit(PAGE)).all()
        if not rows:
            return
        yield [New(row.id, row.routing_key, row.body) for row in rows]
        first = rows[-1].seq + 1
