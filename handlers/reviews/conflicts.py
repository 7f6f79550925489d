"""What is told to the person who must look, each time that weaudit cannot know what is right."""

from handlers.reviews.steps import STATE_OF, Conflict, Decline
from handlers.wechat.endpoints.audit import LatestAudit
from handlers.wechat.endpoints.code import Experience, OnlineVersion
from service.store.reviews import Review

LOOK = "see mp.weixin.qq.com"


def foreign_code(row: Review, trial: Experience) -> Conflict:
    """Say that somebody else committed other code."""
    found = f"version {trial.exp_version} ({trial.exp_desc})" if trial.exp_time else "nothing"
    return Conflict(
        f"{row.user_version} is not the trial version any more: {found} was committed; a person decides which is "
        "submitted"
    )


def foreign_review(row: Review, review: LatestAudit) -> Conflict:
    """Say that somebody else submitted a version while ours was being submitted."""
    return Conflict(
        f"while {row.user_version} was submitted, somebody else submitted {review.user_version} (review "
        f"{review.auditid}); a person decides"
    )


def foreign_code_in_review(row: Review, review: LatestAudit) -> Conflict:
    """Say that our review is of code that weaudit did not commit."""
    theirs = f"{review.user_version} ({review.user_desc})"
    return Conflict(f"review {row.auditid} is of {theirs}, not of what weaudit committed; a person decides")


def submitted_late(review: LatestAudit, known: Review) -> Conflict:
    """Say that one version of ours was submitted twice, because WeChat took a call late that counted as lost."""
    return Conflict(
        f"{review.user_version} is in review as {known.auditid} and once more as {review.auditid}: WeChat took a lost "
        f"call late. Once {review.auditid} is approved, it is released only if you type: weaudit release {known.appid}"
    )


def unseen_review(row: Review) -> Conflict:
    """Say that WeChat refuses to begin a review because of one that it does not show."""
    return Conflict(f"{row.user_version}: WeChat says 85009, another review is under way, and shows none; {LOOK}")


def unknown_review(row: Review) -> Conflict:
    """Say that WeChat does not know our review any more."""
    return Conflict(f"WeChat does not know review {row.auditid} any more; {LOOK}")


def overtaken(row: Review, review: LatestAudit) -> Conflict:
    """Say that an approved version cannot be released because a later one was not approved."""
    return Conflict(
        f"review {review.auditid} came after {row.auditid} and is {STATE_OF[review.status]}: WeChat releases only what "
        "is approved and newest; submit it once more"
    )


def release_refused(row: Review) -> Conflict:
    """Say that WeChat shows a review approved and does not release it."""
    return Conflict(
        f"WeChat shows review {row.auditid} approved and will not release it ({row.note}); {LOOK}, then type: weaudit "
        f"release {row.appid}"
    )


def first_version(row: Review) -> Conflict:
    """Say that a gray release needs a version that is online."""
    return Conflict(
        f"review {row.auditid} ({row.user_version}) is approved, and a first version cannot be a gray release: nothing "
        f"is online yet. To release it to all, type: weaudit release {row.appid}"
    )


def other_online(row: Review, online: OnlineVersion) -> Conflict:
    """Say that another version is online than the one that was released."""
    return Conflict(
        f"WeChat calls {row.user_version} released while {online.release_version} is online: perhaps its submission "
        f"had failed, or somebody released another; {LOOK}, then submit it again, or type: weaudit release {row.appid}"
    )


def cannot_tell(row: Review, what: str) -> Conflict:
    """Say that without a mark, two versions cannot be told apart."""
    return Conflict(
        f"{what} has the version and description of {row.user_version}, and no mark tells whether it is that; {LOOK} "
        "(VERSION_MARK=1 makes them differ)"
    )


def still_in_review(row: Review) -> Decline:
    """Say that WeChat does not withdraw a review."""
    return Decline(
        f"WeChat answered twice that review {row.auditid} is withdrawn, and still shows it under way; {LOOK}"
    )


def nothing_to_take_back(row: Review, online: OnlineVersion) -> Decline:
    """Say that the users have another version than the one that was to be taken back."""
    theirs = online.release_version or "nothing"
    return Decline(f"{row.user_version} cannot be taken back: {theirs} is online; {LOOK}")


def still_online(row: Review) -> Decline:
    """Say that WeChat does not show what it was told to roll back to."""
    return Decline(
        f"{row.user_version} was rolled back a minute ago, and WeChat still shows it online. weaudit does not call "
        f"again, which could go one version further; {LOOK}"
    )


def another_is_rolling_out(row: Review) -> Decline:
    """Say that nothing is rolled back while a gray release runs."""
    return Decline(
        f"{row.user_version} cannot be rolled back while another version's gray release is under way: take that back "
        "first"
    )
