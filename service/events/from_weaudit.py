"""What weaudit itself tells its subscribers: one frozen model a kind. Times are Unix seconds."""

from service.events.from_wechat import Data, Seconds


class Outcome(Data):
    """What weaudit did; `push_id` is the id of the message that it is about, empty if there is none."""

    push_id: str = ""
    auditid: int | None = None
    user_version: str = ""


class Planned(Outcome):
    """weaudit.planned: a version is to be committed and submitted; `review` is its row, `plan` those of one command."""

    review: int
    plan: str = ""
    template_id: int | None = None


class Ordered(Outcome):
    """A person's word; `wished_at` is when he said it."""

    wished_at: float | None = None


class ReleaseOrdered(Ordered):
    """weaudit.release_ordered: a person said release, of review `auditid`, or of the newest that is approved."""


class ResubmissionOrdered(Ordered):
    """weaudit.resubmission_ordered: a person said submit again, of the rejected review `auditid`."""


class WithdrawalOrdered(Ordered):
    """weaudit.withdrawal_ordered: a person said that review `auditid` is to be withdrawn."""


class TakeBackOrdered(Ordered):
    """weaudit.take_back_ordered: a person said that the users are to have the version before `auditid`'s again."""


class Released(Outcome):
    """weaudit.released: the version is online, for everybody."""

    gray_percentage: int = 100
    # Somebody else had released it before us.
    already: bool = False


class RollingOut(Outcome):
    """weaudit.rolling_out: the version is online for `gray_percentage` of the users; released or taken_back follows."""

    gray_percentage: int


class TakenBack(Outcome):
    """weaudit.taken_back: the version was taken back, and everybody has the version before again.

    `gray_percentage`: how many had it; 100 if it was released to all.
    """

    gray_percentage: int = 0


class InConflict(Outcome):
    """weaudit.conflict: weaudit cannot know what is right, so a person must look; `reason` says why and what to do."""

    reason: str
    chinese: str = ""


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


class OfACause(Data):
    """A cause outside, by its name, `what` it is in words, and since when reactions wait for its end."""

    cause: str
    what: str
    what_chinese: str = ""
    since: Seconds


class Blocked(OfACause):
    """weaudit.blocked: reactions wait for a cause outside; once when it began, then a `reminder` a day.

    `holds_up` counts reactions, `mini_programs` whose they are; `act` is what a person does; at `until` time ends it.
    """

    holds_up: int
    mini_programs: int
    reason: str
    act: str = ""
    act_chinese: str = ""
    errcode: int | None = None
    until: Seconds | None = None
    reminder: bool = False


class Unblocked(OfACause):
    """weaudit.unblocked: a cause is gone, and `goes_on` reactions go on; `by` is what showed it, or who said it."""

    goes_on: int
    by: str


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
