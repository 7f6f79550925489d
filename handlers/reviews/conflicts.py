"""What is told to the person who must look, each time that weaudit cannot know what is right."""

from handlers.reviews.steps import STATE_OF, Conflict, Decline
from handlers.wechat.endpoints.audit import LatestAudit
from handlers.wechat.endpoints.code import Experience, OnlineVersion
from service.store.reviews import Review

LOOK = "see mp.weixin.qq.com"
LOOK_ZH = "请到 mp.weixin.qq.com 查看"


def foreign_code(row: Review, trial: Experience) -> Conflict:
    """Say that somebody else committed other code."""
    found = f"version {trial.exp_version} ({trial.exp_desc})" if trial.exp_time else "nothing"
    return Conflict(
        f"{row.user_version} is not the trial version any more: {found} was committed; a person decides which is "
        "submitted",
        f"体验版已不是 {row.user_version}：又上传了 {found}，请人工决定提交哪个版本",
    )


def foreign_review(row: Review, review: LatestAudit) -> Conflict:
    """Say that somebody else submitted a version while ours was being submitted."""
    theirs = f"{review.user_version} (review {review.auditid})"
    return Conflict(
        f"while {row.user_version} was submitted, somebody else submitted {theirs}; a person decides",
        f"提交 {row.user_version} 时，他人提交了 {theirs}，请人工决定",
    )


def foreign_code_in_review(row: Review, review: LatestAudit) -> Conflict:
    """Say that our review is of code that weaudit did not commit."""
    theirs = f"{review.user_version} ({review.user_desc})"
    return Conflict(
        f"review {row.auditid} is of {theirs}, not of what weaudit committed; a person decides",
        f"审核 {row.auditid} 的代码是 {theirs}，不是 weaudit 上传的版本，请人工决定",
    )


def submitted_late(review: LatestAudit, known: Review) -> Conflict:
    """Say that one version of ours was submitted twice, because WeChat took a call late that counted as lost."""
    return Conflict(
        f"{review.user_version} is in review as {known.auditid} and once more as {review.auditid}: WeChat took a lost "
        f"call late. Once {review.auditid} is approved, it is released only if you type: weaudit release {known.appid}",
        f"{review.user_version} 已有审核 {known.auditid}，微信又延迟受理了一次（{review.auditid}）。"
        f"{review.auditid} 通过后如需发布请执行：weaudit release {known.appid}",
    )


def unseen_review(row: Review) -> Conflict:
    """Say that WeChat refuses to begin a review because of one that it does not show."""
    return Conflict(
        f"{row.user_version}: WeChat says 85009, another review is under way, and shows none; {LOOK}",
        f"{row.user_version}：微信返回 85009（已有正在审核的版本），但查询不到，{LOOK_ZH}",
    )


def unknown_review(row: Review) -> Conflict:
    """Say that WeChat does not know our review any more."""
    return Conflict(
        f"WeChat does not know review {row.auditid} any more; {LOOK}",
        f"微信查询不到审核 {row.auditid}，{LOOK_ZH}",
    )


def overtaken(row: Review, review: LatestAudit) -> Conflict:
    """Say that an approved version cannot be released because a later one was not approved."""
    state = STATE_OF[review.status]
    return Conflict(
        f"review {review.auditid} came after {row.auditid} and is {state}: WeChat releases only what is approved and "
        "newest; submit it once more",
        f"审核 {review.auditid} 晚于 {row.auditid} 且未通过：微信只发布最近一次且已通过的版本，请重新提交",
    )


def release_refused(row: Review) -> Conflict:
    """Say that WeChat shows a review approved and does not release it."""
    again = f"weaudit release {row.appid}"
    return Conflict(
        f"WeChat shows review {row.auditid} approved and will not release it ({row.note}); {LOOK}, then type: {again}",
        f"审核 {row.auditid} 已通过，但微信未能发布（{row.answer}），{LOOK_ZH}后执行：{again}",
    )


def first_version(row: Review) -> Conflict:
    """Say that a gray release needs a version that is online."""
    again = f"weaudit release {row.appid}"
    return Conflict(
        f"review {row.auditid} ({row.user_version}) is approved, and a first version cannot be a gray release: nothing "
        f"is online yet. To release it to all, type: {again}",
        f"审核 {row.auditid}（{row.user_version}）已通过。首个版本不能灰度发布（尚无线上版本），"
        f"全量发布请执行：{again}",
    )


def other_online(row: Review, online: OnlineVersion) -> Conflict:
    """Say that another version is online than the one that was released."""
    again, theirs = f"weaudit release {row.appid}", online.release_version
    return Conflict(
        f"WeChat calls {row.user_version} released while {theirs} is online: perhaps its submission had failed, or "
        f"somebody released another; {LOOK}, then submit it again, or type: {again}",
        f"微信称 {row.user_version} 已发布，但线上版本是 {theirs}：可能当时提审失败，或他人发布了其他版本。"
        f"{LOOK_ZH}后重新提交，或执行：{again}",
    )


def cannot_tell(row: Review, what: str) -> Conflict:
    """Say that without a mark, two versions cannot be told apart."""
    return Conflict(
        f"{what} has the version and description of {row.user_version}, and no mark tells whether it is that; {LOOK} "
        "(VERSION_MARK=1 makes them differ)",
        f"{what} 与 {row.user_version} 的版本号和描述相同，无法区分，{LOOK_ZH}（设置 VERSION_MARK=1 可避免）",
    )


def still_in_review(row: Review) -> Decline:
    """Say that WeChat does not withdraw a review."""
    return Decline(
        f"WeChat answered twice that review {row.auditid} is withdrawn, and still shows it under way; {LOOK}",
        f"微信两次返回审核 {row.auditid} 已撤回，但仍显示审核中，{LOOK_ZH}",
    )


def nothing_to_take_back(row: Review, online: OnlineVersion) -> Decline:
    """Say that the users have another version than the one that was to be taken back."""
    theirs = online.release_version or "nothing"
    return Decline(
        f"{row.user_version} cannot be taken back: {theirs} is online; {LOOK}",
        f"{row.user_version} 无法回退：线上版本是 {theirs}，{LOOK_ZH}",
    )


def still_online(row: Review) -> Decline:
    """Say that WeChat does not show what it was told to roll back to."""
    return Decline(
        f"{row.user_version} was rolled back a minute ago, and WeChat still shows it online. weaudit does not call "
        f"again, which could go one version further; {LOOK}",
        f"{row.user_version} 的回退已提交一分钟，微信仍显示其在线。为避免多回退一个版本，weaudit 不再调用，{LOOK_ZH}",
    )


def another_is_rolling_out(row: Review) -> Decline:
    """Say that nothing is rolled back while a gray release runs."""
    return Decline(
        f"{row.user_version} cannot be rolled back while another version's gray release is under way: take that back "
        "first",
        f"{row.user_version} 暂时无法回退：另一版本正在灰度发布，请先撤回灰度",
    )
