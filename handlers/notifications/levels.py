"""How much people are concerned: for their information, to act, or at once; and who is told of what."""

from collections.abc import Callable, Mapping
from enum import IntEnum
from types import MappingProxyType

from handlers.causes.kinds import PLATFORM
from handlers.notifications.wording import About
from service.events.from_weaudit import (
    Blocked,
    GaveUp,
    InConflict,
    PutOff,
    Released,
    Resubmitted,
    RollingOut,
    TakenBack,
    TicketsStopped,
    Unblocked,
)
from service.events.from_wechat import AuditDelay, AuditFail, AuditSuccess, Data, Unauthorized
from service.settings import Outbound
from service.store import notified


class Level(IntEnum):
    """INFO: nobody has to do anything. ACTION: somebody has to, for one mini program. ALARM: for many, or at once."""

    INFO = 0
    ACTION = 1
    ALARM = 2


LEVELS: Mapping[type[Data], Level | Callable[..., Level]] = MappingProxyType(
    {
        AuditSuccess: lambda _, about: Level.INFO if about.releases or about.superseded else Level.ACTION,
        AuditFail: lambda _, about: Level.INFO if about.resubmits or about.superseded else Level.ACTION,
        AuditDelay: Level.INFO,
        Released: Level.INFO,
        RollingOut: Level.ACTION,
        TakenBack: Level.INFO,
        InConflict: Level.ACTION,
        Resubmitted: Level.INFO,
        PutOff: Level.INFO,
        Unauthorized: Level.ACTION,
        Blocked: lambda data, _: Level.ALARM if data.cause.partition(":")[0] in PLATFORM else Level.ACTION,
        Unblocked: Level.INFO,
        GaveUp: Level.ALARM,
        TicketsStopped: Level.ALARM,
    }
)


def level_of(data: Data, about: About) -> Level:
    """Return the level of a message's data."""
    for kind, level in LEVELS.items():
        if isinstance(data, kind):
            return level if isinstance(level, Level) else level(data, about)
    return Level.INFO


def every_url(settings: Outbound) -> tuple[str, ...]:
    """Return the URLs of all who are told of anything, each once."""
    return tuple(targets(settings, Level.ALARM).values())


def targets(settings: Outbound, level: Level) -> Mapping[str, str]:
    """Return the URLs of those who are told of a level, by the names under which it is known that they were."""
    urls = (
        *settings.notify_urls,
        *(settings.notify_urls_action if level >= Level.ACTION else ()),
        *(settings.notify_urls_alarm if level >= Level.ALARM else ()),
    )
    return {notified.name(url.get_secret_value()): url.get_secret_value() for url in urls}
