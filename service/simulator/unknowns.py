"""What WeChat does and no source documents: each a switch, so that who is right under every setting is right."""

from dataclasses import dataclass
from typing import Literal


@dataclass
class Unknowns:
    """How WeChat behaves where nobody knows. Times in seconds.

    `no_plan`: what getgrayreleaseplan says where there is no gray release. `gray_is_shown_online`: whether
    getversioninfo shows the gray version. `gray_of_100_ends`: whether a share of 100 ends the plan. `gray_again`:
    whether the same review may be released after a gray release of it was taken back. `newer_during_gray`: the code
    that a release of a newer review meets while a gray release runs, 0 if none. `..._shown_after`: how late what
    happened is shown; a verdict is pushed at once. `..._in_vain`: how many are answered with 0, and not done.
    """

    no_plan: Literal["zero", "absent", "null", "deleted"] = "zero"
    gray_is_shown_online: bool = False
    gray_of_100_ends: bool = False
    gray_again: bool = True
    newer_during_gray: int = 85020
    commit_shown_after: float = 0.0
    review_shown_after: float = 0.0
    verdict_shown_after: float = 0.0
    release_shown_after: float = 0.0
    withdrawals_in_vain: int = 0
    rollbacks_in_vain: int = 0
