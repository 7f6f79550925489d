"""What weaudit itself tells its subscribers: one frozen model a kind. Times are Unix seconds."""

from service.events.from_wechat import Data, Seconds


class Outcome(Data):
    """What weaudit did about a push; `push_id` is the id of that push's message."""

    push_id: str
    auditid: int | None = None
    user_version: str = ""


class Released(Outcome):
    """weaudit.released: the version is online, for `gray_percentage` of the users."""

    gray_percentage: int = 100
    # Someone else had released it before us; WeChat says so with 85052.
    already: bool = False


class Resubmitted(Outcome):
    """weaudit.resubmitted: the rejected review `previous_auditid` was submitted again as `auditid`."""

    previous_auditid: int | None = None
    round: int


class TicketsStopped(Data):
    """weaudit.tickets_stopped: none came for half an hour; `newest` is when the last did, if any (good for 12 hours).

    WeChat was asked to push them again; `problem` says why it did not take that.
    """

    newest: Seconds | None = None
    problem: str = ""


class NotDone(Outcome):
    """A reaction, that of `queue`, that did not come to its end; `chinese` is the reason in Chinese, if it is known."""

    queue: str
    reason: str
    chinese: str = ""


class GaveUp(NotDone):
    """weaudit.gave_up: the reaction ended in the dead letters; `reason` says why and what to do."""

    tries: int
    errcode: int | None = None


class PutOff(NotDone):
    """weaudit.put_off: the reaction waits for `until`, when a limit of WeChat's that is used up is reset."""

    until: Seconds
