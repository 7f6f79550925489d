"""Where a version stands, in words: its state, what it waits for, and what a person can do; in English and Chinese."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from handlers.reviews.standing import Where
from service.language import Language


class Says(NamedTuple):
    """Three sentences, empty where there is nothing to say; {version}, {review}, {until} and others are filled in."""

    state: str
    waits: str = ""
    do: str = ""


LATER = "nothing: it goes on by itself"
LATER_ZH = "无需操作，会自动继续"
TEXTS: Mapping[Where, Mapping[Language, Says]] = MappingProxyType(
    {
        Where.NOTHING: {
            "en": Says("weaudit knows of no version", "", "submit one: weaudit submit --template ID --appid {appid}"),
            "zh": Says(
                "weaudit 没有该小程序的版本记录", "", "提交一个版本：weaudit submit --template ID --appid {appid}"
            ),
        },
        Where.ON_ITS_WAY: {
            "en": Says("{version} is on its way to a review ({row_state})", "{detail}{again}", LATER),
            "zh": Says("{version} 正在提交审核（{row_state}）", "{detail}{again}", LATER_ZH),
        },
        Where.PRIVACY: {
            "en": Says(
                "{version} is committed and not submitted yet",
                "WeChat checks the privacy interfaces of the code (61039){again}",
                LATER,
            ),
            "zh": Says(
                "{version} 代码已上传，尚未提交审核",
                "微信正在检测代码的隐私接口（61039）{again}",
                LATER_ZH,
            ),
        },
        Where.IN_REVIEW: {
            "en": Says(
                "{version} is {row_state} ({review})",
                "WeChat's verdict; if no push brings it, WeChat is asked from {until} on",
                "nothing; to withdraw it: weaudit undo {appid}",
            ),
            "zh": Says(
                "{version} {row_state}（{review}）",
                "微信的审核结果；如一直没有推送，自 {until} 起主动查询",
                "无需操作；如需撤回审核：weaudit undo {appid}",
            ),
        },
        Where.HELD: {
            "en": Says(
                "{version} is approved ({review}) and not released",
                "a person: ON_AUDIT_SUCCESS=hold",
                "release it: weaudit release {appid}",
            ),
            "zh": Says(
                "{version} 审核已通过（{review}），尚未发布",
                "人工发布：ON_AUDIT_SUCCESS=hold",
                "发布：weaudit release {appid}",
            ),
        },
        Where.HELD_BY_A_PERSON: {
            "en": Says("{version} is approved ({review}) and held", "a person", "release it: weaudit release {appid}"),
            "zh": Says("{version} 审核已通过（{review}），已暂缓发布", "人工发布", "发布：weaudit release {appid}"),
        },
        Where.ORDERED_IN_REVIEW: {
            "en": Says(
                "{version} is in review ({review}), and a person ordered its release",
                "WeChat's verdict; when it is approved, it is released to everybody",
                "nothing; to hold it: weaudit hold {appid}",
            ),
            "zh": Says(
                "{version} 审核中（{review}），已下达发布指令",
                "微信的审核结果；通过后立即全量发布",
                "无需操作；如需暂缓：weaudit hold {appid}",
            ),
        },
        Where.HELD_IN_REVIEW: {
            "en": Says(
                "{version} is in review ({review}) and held",
                "WeChat's verdict; then a person",
                "let it be released when it is approved: weaudit release {appid}",
            ),
            "zh": Says(
                "{version} 审核中（{review}），已暂缓发布",
                "微信的审核结果，之后由人工发布",
                "如需通过后自动发布：weaudit release {appid}",
            ),
        },
        Where.WINDOW: {
            "en": Says(
                "{version} is approved ({review}) and not released",
                "RELEASE_WINDOW, which opens {until}",
                "nothing: it is released then; at once: weaudit release {appid}",
            ),
            "zh": Says(
                "{version} 审核已通过（{review}），尚未发布",
                "发布时间窗 RELEASE_WINDOW，{until} 开启",
                "无需操作，届时自动发布；如需立即发布：weaudit release {appid}",
            ),
        },
        Where.RELEASING: {
            "en": Says("{version} is approved ({review}) and to be released", "{detail}{again}", LATER),
            "zh": Says("{version} 审核已通过（{review}），待发布", "{detail}{again}", LATER_ZH),
        },
        Where.ROLLING_OUT: {
            "en": Says(
                "{version} is online for {percent} % of the users",
                "the end of its gray release",
                "for everybody: weaudit release {appid}; to end it: weaudit takeback {appid}",
            ),
            "zh": Says(
                "{version} 已灰度发布给 {percent}% 的用户",
                "灰度结束",
                "全量发布：weaudit release {appid}；撤回灰度：weaudit takeback {appid}",
            ),
        },
        Where.RELEASED: {
            "en": Says(
                "{version} is online for everybody ({review})",
                "",
                "nothing; to roll it back: weaudit takeback {appid}",
            ),
            "zh": Says("{version} 已全量发布（{review}）", "", "无需操作；如需版本回退：weaudit takeback {appid}"),
        },
        Where.TAKING_BACK: {
            "en": Says("{version} is to be taken back ({review})", "{detail}", LATER),
            "zh": Says("{version} 正在回退（{review}）", "{detail}", LATER_ZH),
        },
        Where.ROLLED_BACK: {
            "en": Says(
                "{version} was rolled back: everybody has the version before again",
                "",
                "mend it and submit a new version: weaudit submit --template ID --appid {appid}",
            ),
            "zh": Says(
                "{version} 已版本回退，所有用户恢复为上一版本",
                "",
                "修改后提交新版本：weaudit submit --template ID --appid {appid}",
            ),
        },
        Where.TAKEN_BACK: {
            "en": Says(
                "the gray release of {version} was cancelled: everybody has the version before again",
                "",
                "release it to everybody: weaudit release {appid}",
            ),
            "zh": Says("{version} 的灰度发布已取消，所有用户回到上一版本", "", "如需全量发布：weaudit release {appid}"),
        },
        Where.REJECTED: {
            "en": Says(
                "{version} was rejected ({review}): {reason}",
                "a person; it is not submitted again by itself: {detail}",
                "mend what is named and submit a new version: weaudit submit --template ID --appid {appid}; "
                "or the same once more: weaudit resubmit {appid}",
            ),
            "zh": Says(
                "{version} 审核未通过（{review}）：{reason}",
                "人工处理，不会自动重新提交：{detail}",
                "修改后提交新版本：weaudit submit --template ID --appid {appid}；"
                "或原样重新提交：weaudit resubmit {appid}",
            ),
        },
        Where.RESUBMITTED_LATER: {
            "en": Says(
                "{version} was rejected ({review}): {reason}",
                "it is submitted again {until} (RESUBMIT_DELAY)",
                "nothing; to stop it: weaudit pause {appid}",
            ),
            "zh": Says(
                "{version} 审核未通过（{review}）：{reason}",
                "{until} 自动重新提交（RESUBMIT_DELAY）",
                "无需操作；如需阻止：weaudit pause {appid}",
            ),
        },
        Where.WITHDRAWING: {
            "en": Says("the review of {version} is to be withdrawn ({review})", "{detail}", LATER),
            "zh": Says("{version} 的审核正在撤回（{review}）", "{detail}", LATER_ZH),
        },
        Where.WITHDRAWN: {
            "en": Says(
                "the review of {version} was withdrawn ({review})",
                "",
                "submit again: weaudit submit --template ID --appid {appid} --again",
            ),
            "zh": Says(
                "{version} 的审核已撤回（{review}）",
                "",
                "如需重新提交：weaudit submit --template ID --appid {appid} --again",
            ),
        },
        Where.OVERTAKEN: {
            "en": Says(
                "{version} was overtaken: {detail}",
                "",
                "if this version is wanted after all: weaudit submit --template ID --appid {appid} --again",
            ),
            "zh": Says(
                "{version} 已被取代：{detail}",
                "",
                "如仍需要该版本：weaudit submit --template ID --appid {appid} --again",
            ),
        },
        Where.REFUSED: {
            "en": Says(
                "WeChat does not take {version}: {detail}",
                "",
                "correct that and submit again: weaudit submit --template ID --appid {appid}",
            ),
            "zh": Says(
                "微信拒绝受理 {version}：{detail}", "", "修正后重新提交：weaudit submit --template ID --appid {appid}"
            ),
        },
        Where.CONFLICT: {
            "en": Says(
                "{version}: weaudit cannot know what is right: {detail}",
                "a person",
                "look at mp.weixin.qq.com; then weaudit release {appid}, or weaudit submit",
            ),
            "zh": Says(
                "{version}：weaudit 无法判断：{detail}",
                "人工判断",
                "请到 mp.weixin.qq.com 查看，再执行 weaudit release {appid} 或 weaudit submit",
            ),
        },
        Where.BLOCKED: {
            "en": Says("{version} is {row_state} and blocked on {cause}: {what}", "{detail}", "{act}"),
            "zh": Says("{version}（{row_state}）被 {cause} 阻塞：{what}", "{detail}", "{act}"),
        },
        Where.PAUSED: {
            "en": Says(
                "{version} is {row_state} and paused by a person: {detail}",
                "{ends}",
                "go on at once: weaudit resume {resumed}",
            ),
            "zh": Says(
                "{version}（{row_state}）已由人工暂停：{detail}", "{ends}", "立即恢复：weaudit resume {resumed}"
            ),
        },
        Where.DEAD: {
            "en": Says(
                "{version} is {row_state}, and weaudit gave up: {detail}",
                "a person",
                "do what is said there, then: weaudit revive {push}; or, if that is settled: weaudit dismiss {push}",
            ),
            "zh": Says(
                "{version}（{row_state}），weaudit 已放弃：{detail}",
                "人工处理",
                "按说明处理后执行：weaudit revive {push}；如已自行解决：weaudit dismiss {push}",
            ),
        },
    }
)
# What the sentences begin with, and parts of them.
PHRASES: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "state": "state",
            "waits": "waits for",
            "do": "you can",
            "review": "review {}",
            "no_version": "nothing",
            "again": "; again {}",
            "until": "until {}",
            "a_person": "a person",
            "no_reason": "no reason was given",
        },
        "zh": {
            "state": "状态",
            "waits": "等待",
            "do": "操作",
            "review": "审核单 {}",
            "no_version": "版本",
            "again": "；{} 再试",
            "until": "至 {}",
            "a_person": "人工恢复",
            "no_reason": "未说明原因",
        },
    }
)
