"""The words of `weaudit status`, in English and Chinese; {…} is filled in."""

from collections.abc import Mapping
from types import MappingProxyType

from service.language import Language

WORDS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "absent": "does not run, here or anywhere: weaudit {part}, or weaudit up",
            "runs": "runs since {since} ({where})",
            "still": "STANDS STILL for {silent}, or was killed ({where})",
            "none": "there is none yet: {hint}",
            "good": "{age} old, good for {left}",
            "expired": "{age} old, EXPIRED: {hint}",
            "ticket": "WeChat pushes one every ten minutes",
            "token": "it is fetched when it is needed",
            "apps": "{authorized} authorize the platform, {good} with a token that is good",
            "inbox": "{number} not yet with subscribers, the oldest for {waits}",
            "blocked": "{cause}: holds up {number}; weaudit blocked",
            "undelivered": "{number}: {note}",
            "dead": "{number}; weaudit dead",
            "nothing": "none",
        },
        "zh": {
            "absent": "没有运行：请启动 weaudit {part} 或 weaudit up",
            "runs": "自 {since} 起运行（{where}）",
            "still": "已停滞 {silent}，或已被杀死（{where}）",
            "none": "还没有：{hint}",
            "good": "{age}前收到，还有 {left}有效",
            "expired": "{age}前收到，已过期：{hint}",
            "ticket": "微信每十分钟推送一次",
            "token": "需要时自动获取",
            "apps": "{authorized} 个已授权，其中 {good} 个的 token 有效",
            "inbox": "{number} 条尚未发给订阅方，最久已等 {waits}",
            "blocked": "{cause}：阻塞 {number} 项；weaudit blocked",
            "undelivered": "{number} 条：{note}",
            "dead": "{number} 项；weaudit dead",
            "nothing": "无",
        },
    }
)
# Of one mini program: what is told, and the words of its values.
FACTS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "user_name": "user name",
            "permission_sets": "permission sets",
            "refresh_token": "refresh token",
            "true": "yes",
            "false": "no",
        },
        "zh": {
            "authorized": "已授权",
            "account": "账号类型",
            "user_name": "原始 ID",
            "permission_sets": "已授权权限集",
            "token": "token",
            "refresh_token": "refresh token",
            "online": "线上版本",
            "policy": "策略",
            "true": "是",
            "false": "否",
            "good": "有效",
            "run out": "已过期，使用时自动获取",
            "none": "无",
            "known": "已保存",
            "mini_program": "小程序",
            "official_account": "公众号",
        },
    }
)
