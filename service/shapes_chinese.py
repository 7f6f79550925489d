"""What each setting should look like, in Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

ESCAPED = "；密码中的 @ 写作 %40，/ 写作 %2F"
CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "wechat_component_appid": "第三方平台的 appid，如 wx0123456789abcdef；gh_ 开头的是原始 ID，不是 appid",
        "wechat_component_secret": "第三方平台的 AppSecret，由字母和数字组成",
        "wechat_token": "平台设置页上的 消息校验Token：3 到 32 位字母或数字",
        "wechat_encoding_aes_key": "平台设置页上的 消息加解密Key：43 位 a-z、A-Z、0-9",
        "wechat_previous_encoding_aes_key": "43 位 a-z、A-Z、0-9，或不设置",
        "wechat_api_base": "不带路径的 http:// 或 https:// 地址，如 https://api.weixin.qq.com",
        "database_url": "sqlite:///文件路径.db 或 postgresql+psycopg://用户:密码@主机/库名" + ESCAPED,
        "broker_url": "memory://、amqp://用户:密码@主机:5672// 或 redis://主机:6379/0；TLS 用 amqps、rediss" + ESCAPED,
        "broker_ca_file": "已存在的文件，内含 PEM 格式的 CA 证书",
        "secrets_key": "Fernet 密钥，逗号分隔，新的在前；生成一个：python -c "
        "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
        "max_push_age": "秒数，0 为不限，如 86400",
        "on_audit_success": "release、hold，或 gray:百分比（1 到 100），如 gray:10",
        "release_window": "星期和一天内的时段，如 Mon-Fri 10:00-18:00 或 Sat-Sun 00:00-24:00",
        "timezone": "IANA 时区，如 Asia/Shanghai",
        "on_audit_fail": "resubmit 或 hold",
        "resubmit_reasons": "正则表达式，两边不加引号，后面不写注释，如 类目|测试",
        "resubmit_limit": "整数，0 或以上",
        "resubmit_delay": "秒数，0 或以上",
        "resubmit_template": "same 或 newest",
        "resubmit_feedback": "给审核人员的说明，最多 200 字",
        "quota_reserve": "整数，0 或以上",
        "version_mark": "1 或 0",
        "notify_urls": "Apprise 地址，空格分隔（https://github.com/caronc/apprise/wiki）",
        "notify_urls_action": "Apprise 地址，空格分隔",
        "notify_urls_alarm": "Apprise 地址，空格分隔",
        "notify_language": "zh 或 en",
        "weaudit_language": "en 或 zh",
        "metrics_host": "监听地址，如 127.0.0.1、0.0.0.0 或 ::",
        "metrics_port": "端口 1 到 65535，每个进程各用一个，或不设置",
        "notify_gather": "秒数，0 或以上",
        "reconcile_after": "秒数，1 或以上",
        "reconcile_every": "秒数，1 或以上",
        "worker_threads": "整数，1 到 256",
        "retention_days": "天数，1 或以上",
        "host": "监听地址，如 127.0.0.1、0.0.0.0 或 ::",
        "port": "端口 1 到 65535",
        "console_host": "监听地址，如 127.0.0.1、0.0.0.0 或 ::",
        "log_level": "DEBUG、INFO、WARNING 或 ERROR",
        "console_username": "不含空格和冒号的名字，并设置对应的 CONSOLE_PASSWORD",
        "console_password": "`weaudit console-password` 打印的值，不是密码本身；并设置 CONSOLE_USERNAME",
        "console_viewer_username": "不含空格和冒号的名字，并设置对应的 CONSOLE_VIEWER_PASSWORD",
        "console_viewer_password": "`weaudit console-password` 打印的值；并设置 CONSOLE_VIEWER_USERNAME",
        "console_proxies": "地址或网段，逗号分隔，如 127.0.0.1,10.0.0.0/8",
        "console_port": "端口 1 到 65535，与 PORT 不同",
        "log_format": "console 或 json",
    }
)
