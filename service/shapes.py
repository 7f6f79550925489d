"""What each setting should look like, for whoever wrote it otherwise."""

from collections.abc import Mapping
from types import MappingProxyType

ESCAPED = "; in a password @ is %40, and / is %2F"
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "wechat_component_appid": "the platform's appid, such as wx0123456789abcdef; gh_… is a user name, and no appid",
        "wechat_component_secret": "the platform's app secret, of letters and digits",
        "wechat_token": "the 消息校验Token of the platform's settings page: 3 to 32 letters and digits",
        "wechat_encoding_aes_key": "the 消息加解密Key of the platform's settings page: 43 characters of a-z, A-Z, 0-9",
        "wechat_previous_encoding_aes_key": "43 characters of a-z, A-Z, 0-9, or unset",
        "wechat_api_base": "an http:// or https:// address without a path, such as https://api.weixin.qq.com",
        "database_url": "sqlite:///path/to/file.db or postgresql+psycopg://user:password@host/name" + ESCAPED,
        "broker_url": "memory://, amqp://user:password@host:5672// or redis://host:6379/0; over TLS amqps, rediss"
        + ESCAPED,
        "broker_ca_file": "a file that is there, with the certificates of authorities, in PEM",
        "secrets_key": "Fernet keys, comma-separated, newest first; one is made with: python -c "
        "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
        "max_push_age": "seconds, 0 for no limit, such as 86400",
        "on_audit_success": "release, hold, or gray:PERCENT with a percent of 1 to 100, such as gray:10",
        "release_window": "days and hours of one day, such as Mon-Fri 10:00-18:00 or Sat-Sun 00:00-24:00",
        "timezone": "an IANA time zone, such as Asia/Shanghai",
        "on_audit_fail": "resubmit or hold",
        "resubmit_reasons": "a regular expression without quotes around it or a comment behind it, such as 类目|测试",
        "resubmit_limit": "a whole number, 0 or more",
        "resubmit_delay": "seconds, 0 or more",
        "resubmit_template": "same or newest",
        "resubmit_feedback": "a text for the reviewers of at most 200 characters",
        "quota_reserve": "a whole number, 0 or more",
        "version_mark": "1 or 0",
        "notify_urls": "Apprise URLs, space-separated (https://github.com/caronc/apprise/wiki)",
        "notify_urls_action": "Apprise URLs, space-separated",
        "notify_urls_alarm": "Apprise URLs, space-separated",
        "notify_language": "zh or en",
        "weaudit_language": "en or zh",
        "metrics_host": "an address to listen on, such as 127.0.0.1, 0.0.0.0 or ::",
        "metrics_port": "a port of 1 to 65535, another one for each process, or unset",
        "notify_gather": "seconds, 0 or more",
        "reconcile_after": "seconds, 1 or more",
        "reconcile_every": "seconds, 1 or more",
        "worker_threads": "a whole number of 1 to 256",
        "retention_days": "days, 1 or more",
        "host": "an address to listen on, such as 127.0.0.1, 0.0.0.0 or ::",
        "port": "a port of 1 to 65535",
        "console_host": "an address to listen on, such as 127.0.0.1, 0.0.0.0 or ::",
        "log_level": "DEBUG, INFO, WARNING or ERROR",
        "console_username": "a name without a space or colon, and a CONSOLE_PASSWORD for it",
        "console_password": "what `weaudit console-password` prints, never the password itself; and a CONSOLE_USERNAME",
        "console_viewer_username": "a name without a space or colon, and a CONSOLE_VIEWER_PASSWORD for it",
        "console_viewer_password": "what `weaudit console-password` prints; and a CONSOLE_VIEWER_USERNAME",
        "console_proxies": "addresses or networks, comma-separated, such as 127.0.0.1,10.0.0.0/8",
        "console_port": "a port from 1 to 65535, another one than PORT",
        "log_format": "console or json",
    }
)
