"""A line of the table: what came of one fault."""

from dataclasses import dataclass

# WeChat is answered within this, in seconds.
ANSWERED_WITHIN = 4.0


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one fault: what was sent, answered `success`, lost, done twice, how late, and back after when."""

    fault: str
    setting: str
    sent: int = 0
    answered: int = 0
    lost: int = 0
    doubled: int = 0
    worst: float = 0.0
    recovery: float = 0.0
    limit: float = 15.0
    note: str = ""
    problem: str = ""
    details: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Say what does not hold: something lost or doubled, an answer or the recovery too late."""
        wrong = {
            self.problem: bool(self.problem),
            f"{self.lost} lost": self.lost > 0,
            f"{self.doubled} doubled": self.doubled > 0,
            f"an answer after {self.worst:.1f} s": self.worst > ANSWERED_WITHIN,
            f"back after {self.recovery:.1f} s": self.recovery > self.limit,
        }
        return "; ".join(what for what, is_so in wrong.items() if is_so)

    @property
    def holds(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.why
