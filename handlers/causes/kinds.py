"""The kinds of cause as one table: what each is, who must act, what shows its end, how often it is tried.

Which error code is of which kind stands in handlers/wechat/error_codes.tsv.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

HOUR = 3600.0


class Shown(Enum):
    """What shows, besides a try, that a cause is gone."""

    TICKET = "a verify ticket that is still good"
    TOKEN = "a token for the platform that was fetched since"  # noqa: S105 no password
    AUTHORIZATION = "tokens that the merchant's authorization brought since"
    TIME = "the time of its reset"
    PERSON = "a person, or the time that he named"
    NOTHING = "nothing"


class Kind(NamedTuple):
    """A kind of cause: what it is called, what a person does about it, what shows its end, the longest pause of tries.

    `{ip}`, `{set}`, `{code}` and `{whose}` are filled in.
    """

    english: str
    chinese: str
    act: str
    act_chinese: str
    shown: Shown = Shown.NOTHING
    longest: float = HOUR


MERCHANT = "at mp.weixin.qq.com"
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "authorization": Kind(
            "not authorized",
            "未授权",
            "Let the merchant authorize the platform: weaudit authorize-url --redirect URL",
            "请商户重新授权给平台：weaudit authorize-url --redirect URL",
            Shown.AUTHORIZATION,
        ),
        "permission": Kind(
            "permission set {set} is missing",
            "缺少权限集 {set}",
            "Tick it for the platform at open.weixin.qq.com, then let the merchant grant it: "
            "weaudit authorize-url --redirect URL",
            "请在 open.weixin.qq.com 为平台勾选该权限集，再请商户授权：weaudit authorize-url --redirect URL",
            Shown.AUTHORIZATION,
        ),
        "ip_whitelist": Kind(
            "IP address {ip} is not on the whitelist",
            "IP 地址 {ip} 不在白名单中",
            "Add it at open.weixin.qq.com, in the development settings of the platform",
            "请在 open.weixin.qq.com 平台的开发配置中把它加入白名单",
            Shown.TOKEN,
            60.0,
        ),
        "app_secret": Kind(
            "the app secret is wrong",
            "AppSecret 错误",
            "Correct WECHAT_COMPONENT_SECRET, and start worker and clock again",
            "请更正 WECHAT_COMPONENT_SECRET，并重启 worker 和 clock",
            Shown.TOKEN,
            300.0,
        ),
        "component_appid": Kind(
            "WeChat does not know the platform",
            "微信不认识该第三方平台",
            "Correct WECHAT_COMPONENT_APPID, and start all processes again",
            "请更正 WECHAT_COMPONENT_APPID，并重启所有进程",
            Shown.TOKEN,
        ),
        "ticket": Kind(
            "no verify ticket",
            "没有 component_verify_ticket",
            "Check that WeChat reaches /callback/authorization; it pushes a ticket every ten minutes",
            "请检查微信能否访问 /callback/authorization；微信每十分钟推送一次 ticket",
            Shown.TICKET,
        ),
        "quota": Kind(
            "a limit of the mini program is used up ({code})",
            "该小程序的调用额度已用完（{code}）",
            "Wait for its reset, or: weaudit call clear_quota --appid {whose}",
            "等待额度重置，或执行：weaudit call clear_quota --appid {whose}",
            Shown.TIME,
        ),
        "platform_quota": Kind(
            "a limit of the platform is used up ({code})",
            "平台的额度已用完（{code}）",
            "Wait for its reset, or ask WeChat for more in 小程序服务商助手",
            "等待额度重置，或在小程序服务商助手中申请增加",
            Shown.TIME,
        ),
        "platform_settings": Kind(
            "a setting of the platform is missing ({code})",
            "平台配置不完整（{code}）",
            "Publish the platform and confirm its permission sets at open.weixin.qq.com",
            "请在 open.weixin.qq.com 全网发布平台并确认权限集",
        ),
        "banned": Kind(
            "the mini program is restricted ({code})",
            "小程序被限制（{code}）",
            f"Let the merchant look at the message centre {MERCHANT}",
            "请商户查看 mp.weixin.qq.com 的站内信并处理",
        ),
        "platform_banned": Kind(
            "the platform is restricted ({code})",
            "平台被限制提交（{code}）",
            "Look at the platform's message centre at open.weixin.qq.com",
            "请查看 open.weixin.qq.com 平台的站内信并处理",
        ),
        "privacy_guide": Kind(
            "a privacy interface is not granted or declared",
            "隐私接口未开通或未声明",
            "Let it be granted and declared in 用户隐私保护指引, or submit with privacy_api_not_use",
            "请开通隐私接口并完善用户隐私保护指引，或以 privacy_api_not_use 提交",
        ),
        "plugin": Kind(
            "a plugin may not be used",
            "没有插件使用权限",
            f"Let the merchant apply for it {MERCHANT}",
            "请商户在 mp.weixin.qq.com 申请使用",
        ),
        "category": Kind(
            "a category is missing or not approved ({code})",
            "服务类目缺失或未通过（{code}）",
            f"Let the merchant add one {MERCHANT}",
            "请商户在 mp.weixin.qq.com 添加服务类目",
        ),
        "account": Kind(
            "name, avatar or introduction is not set or not allowed ({code})",
            "名称、头像或简介未设置或不合规（{code}）",
            f"Let the merchant set them {MERCHANT}",
            "请商户在 mp.weixin.qq.com 设置",
        ),
        "template": Kind(
            "the template is broken",
            "模板已损坏",
            "Add it to the library again, from its draft",
            "请从草稿重新添加到模板库",
        ),
        "icp_filing": Kind("the link has no ICP filing", "链接域名未备案", "File its domain", "请为该域名办理备案"),
        "live_streaming": Kind(
            "live streaming is on in the development mini program",
            "开发小程序已开通直播",
            "Unbind it",
            "请解绑直播功能",
        ),
        "application": Kind("an application has timed out", "申请已超时", "Apply again", "请重新申请"),
        "paused": Kind(
            "paused by a person",
            "已由人工暂停",
            "Go on with: weaudit resume {whose}",
            "恢复：weaudit resume {whose}",
            Shown.PERSON,
        ),
        "unreadable": Kind(
            "an answer of WeChat's cannot be read",
            "微信的返回内容无法解析",
            "Look at answer.unreadable in the log, and report it as a fault of weaudit; it is tried again by itself",
            "请查看日志中的 answer.unreadable 并反馈给 weaudit；weaudit 会自动重试",
        ),
        "unknown": Kind(
            "WeChat answered {code}, which it documents nowhere we know of",
            "微信返回了未公开的错误码 {code}",
            "Ask WeChat, with the rid; it is tried again by itself",
            "请凭 rid 咨询微信；weaudit 会自动重试",
        ),
    }
)
QUOTAS = frozenset({"quota", "platform_quota"})
# Of the platform as a whole; all others are of one mini program.
PLATFORM = frozenset(
    {
        "ip_whitelist",
        "app_secret",
        "component_appid",
        "ticket",
        "platform_quota",
        "platform_settings",
        "platform_banned",
        "template",
        "unknown",
    }
)
