"""The table of reactions: which function reacts to the messages of which queue."""

from collections.abc import Mapping
from types import MappingProxyType

from handlers.authorizers.authorize import authorize
from handlers.authorizers.publish_check import publish_check
from handlers.context import Reaction
from handlers.notifications.notify import notify
from handlers.reviews.react import release, resubmit, submit

REACTIONS: Mapping[str, Reaction] = MappingProxyType(
    {
        "weaudit.release": release,
        "weaudit.resubmit": resubmit,
        "weaudit.submit": submit,
        "weaudit.notify": notify,
        "weaudit.authorize": authorize,
        "weaudit.publish_check": publish_check,
    }
)
