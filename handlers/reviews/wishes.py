"""What a person says of a version, as the columns that it changes: written when it is said, read by visits. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from service.store.reviews import UNDER_WAY, Review, State, Wanted

# Nothing that was called before is of what is wanted now.
ANEW: Mapping[str, Any] = MappingProxyType({"called_at": None, "answer": None, "refusals": 0})
RELEASABLE = (State.APPROVED, State.RELEASING, State.ROLLING_OUT, State.TAKEN_BACK, *UNDER_WAY)
BEGINS_ANEW = (State.APPROVED, State.TAKEN_BACK, State.CONFLICT)
ALL = 100


def is_releasable(row: Review) -> bool:
    """Return whether a person's word releases it: what is approved or will be, what was not rolled back, a conflict."""
    if row.state is State.CONFLICT:
        return row.verdict == State.APPROVED.value
    return row.state in RELEASABLE and not (row.state is State.TAKEN_BACK and row.percent == ALL)


def release(row: Review) -> Mapping[str, Any]:
    """Release it to everybody, whatever the policy says; of what is to be taken back, keep it."""
    fresh = {"state": State.APPROVED.value, "answer": None, "refusals": 0} if row.state in BEGINS_ANEW else {}
    return {"ordered": True, "wanted": Wanted.NOTHING.value, **fresh}


def resubmit(_: Review) -> Mapping[str, Any]:
    """Submit it once more."""
    return {"again": True}


def want(wanted: Wanted) -> Callable[[Review], Mapping[str, Any]]:
    """Hold it, withdraw it, or take it back: the last word counts."""
    fresh = {} if wanted is Wanted.HOLD else ANEW
    return lambda _: {"wanted": wanted.value, "ordered": False, **fresh}
