"""The words of `weaudit check`, in English and Chinese: what was found, and what to do; {…} is filled in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from service.language import Language


class Said(NamedTuple):
    """What was found, and what to do about it, if anything."""

    found: str
    next: str = ""


REACHES = "let WeChat reach /callback/authorization; it pushes a ticket every ten minutes"
REACHES_ZH = "请让微信能访问 /callback/authorization；微信每十分钟推送一次 ticket"
WORDS: Mapping[str, Mapping[Language, Said]] = MappingProxyType(
    {
        "settings": {
            "en": Said("{number} set; weaudit settings shows all"),
            "zh": Said("已设置 {number} 项；weaudit settings 显示全部"),
        },
        "no_appid": {
            "en": Said(
                "WECHAT_COMPONENT_APPID is no appid: one begins with wx and has 18 characters, this one has {length}",
                "copy the platform's own appid from open.weixin.qq.com",
            ),
            "zh": Said(
                "WECHAT_COMPONENT_APPID 不是 appid：appid 以 wx 开头，共 18 个字符，当前为 {length} 个字符",
                "请从 open.weixin.qq.com 复制第三方平台自己的 appid",
            ),
        },
        "setting": {
            "en": Said("{fault}", "correct it; .env.example explains each"),
            "zh": Said("{fault}", "请更正；.env.example 有逐项说明"),
        },
        "no_env_file": {
            "en": Said("there is no {path}: only the environment counts", "weaudit settings --example > .env"),
            "zh": Said("没有 {path}：只使用环境变量", "weaudit settings --example > .env"),
        },
        "unknown": {"en": Said("{name} is no setting"), "zh": Said("{name} 不是配置项")},
        "like": {
            "en": Said("{name} is no setting; did you mean {like}?"),
            "zh": Said("{name} 不是配置项；是否想写 {like}？"),
        },
        "push": {
            "en": Said("one of our own was sealed, opened and read: {kind}"),
            "zh": Said("自制的推送已成功加密、解密并解析：{kind}"),
        },
        "here": {
            "en": Said("{where}: what ends TLS has to be on this machine"),
            "zh": Said("{where}：终止 TLS 的代理须在本机"),
        },
        "memory": {"en": Said("memory://, inside weaudit up"), "zh": Said("memory://，在 weaudit up 进程内")},
        "broker_away": {
            "en": Said("BROKER_URL: no answer: {error}", "start it, or correct BROKER_URL"),
            "zh": Said("BROKER_URL 无应答：{error}", "请启动消息队列，或更正 BROKER_URL"),
        },
        "no_queues": {
            "en": Said("it answers; the queues are not there yet ({error})", "weaudit relay makes them"),
            "zh": Said("有应答，但队列尚未建立（{error}）", "weaudit relay 会建立"),
        },
        "broker": {"en": Said("it answers, and the queues are there"), "zh": Said("有应答，队列已建立")},
        "nobody": {
            "en": Said("nobody is told of anything", "set NOTIFY_URLS"),
            "zh": Said("没有通知对象", "设置 NOTIFY_URLS"),
        },
        "targets": {
            "en": Said("{number} understood; weaudit check --notify sends a message to each"),
            "zh": Said("{number} 个地址有效；weaudit check --notify 逐个发送测试消息"),
        },
        "taken": {"en": Said("taken"), "zh": Said("已送达")},
        "not_taken": {"en": Said("not taken", "look at its address"), "zh": Said("未送达", "请检查该地址")},
        "no_database": {
            "en": Said("there is no {path} yet", "weaudit up makes it"),
            "zh": Said("还没有 {path}", "weaudit up 会建立"),
        },
        "database_away": {
            "en": Said("DATABASE_URL: {error}", "start it, or correct DATABASE_URL"),
            "zh": Said("DATABASE_URL：{error}", "请启动数据库，或更正 DATABASE_URL"),
        },
        "old_tables": {
            "en": Said("its tables are those of a former version", "weaudit web, worker or up changes them"),
            "zh": Said("表结构属于旧版本", "weaudit web、worker 或 up 会升级"),
        },
        "database": {"en": Said("{kind}, up to date"), "zh": Said("{kind}，已是最新")},
        "apps": {
            "en": Said("{number} authorize the platform; weaudit apps lists them"),
            "zh": Said("{number} 个已授权；weaudit apps 列出全部"),
        },
        "clock": {"en": Said("{seconds} s {side} {whose}"), "zh": Said("比{whose}{side} {seconds} 秒")},
        "clock_apart": {
            "en": Said("{seconds} s {side} {whose}", "let NTP set it"),
            "zh": Said("比{whose}{side} {seconds} 秒", "请用 NTP 校时"),
        },
        "no_ticket": {"en": Said("none has come yet", REACHES), "zh": Said("还没有收到", REACHES_ZH)},
        "ticket": {"en": Said("{minutes} minutes old"), "zh": Said("{minutes} 分钟前收到")},
        "ticket_late": {"en": Said("{minutes} minutes old", REACHES), "zh": Said("{minutes} 分钟前收到", REACHES_ZH)},
        "address": {
            "en": Said("{note}", "set both addresses at open.weixin.qq.com as they stand here"),
            "zh": Said("{note}", "请在 open.weixin.qq.com 按此处所列设置两个地址"),
        },
        "wechat_away": {
            "en": Said("{base} does not answer: {error}", "let this machine reach it"),
            "zh": Said("{base} 无应答：{error}", "请让本机能访问它"),
        },
        "token": {
            "en": Said("fetched, so the IP address is known"),
            "zh": Said("已获取，说明 IP 地址在白名单中"),
        },
        "no_permission": {
            "en": Said("permission set {id} ({chinese}) is missing", "{act}"),
            "zh": Said("缺少权限集 {id}（{chinese}）", "{act}"),
        },
    }
)
# Whose clock, and which side of it.
NAMES: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {"ahead": "ahead of", "behind": "behind", "database": "the database", "wechat": "WeChat"},
        "zh": {"ahead": "快", "behind": "慢", "database": "数据库", "wechat": "微信"},
    }
)
