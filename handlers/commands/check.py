"""`weaudit check`: whether all is as it has to be, a line each, and what to do about what is not."""

from collections.abc import Mapping
from typing import Annotated

import typer

from handlers.checking import Finding, State, look_at_everything
from handlers.commands.answering import say, say_json
from handlers.commands.env_file import env_file
from handlers.commands.exit_status import FAILED
from handlers.commands.said import spoken
from service import logs
from service.language import Language

STATES: Mapping[Language, Mapping[State, str]] = {
    "en": {state: state.value for state in State},
    "zh": {State.PASSED: "通过", State.WARNING: "注意", State.FAILED: "失败"},
}
LABELS: Mapping[Language, Mapping[str, str]] = {
    "en": {},
    "zh": {
        "settings": "配置",
        "env file": "配置文件",
        "environment": "环境变量",
        "push": "推送",
        "address": "地址",
        "broker": "消息队列",
        "notifications": "通知",
        "database": "数据库",
        "mini programs": "小程序",
        "clock": "时钟",
        "appid": "appid",
        "ticket": "ticket",
        "component token": "平台 token",
        "WeChat": "微信",
        "versions": "版本",
    },
}
COLOURS = {State.PASSED: "green", State.WARNING: "yellow", State.FAILED: "red"}


def check(
    *,
    online: Annotated[bool, typer.Option("--online", help="Ask WeChat: token, IP address, permission sets.")] = False,
    notify: Annotated[bool, typer.Option("--notify", help="Send a message to each of NOTIFY_URLS.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Look whether all is as it has to be: settings, database, broker, ticket."""
    logs.configure("ERROR")
    found = []
    for finding in look_at_everything(env_file(), online=online, notify=notify):
        found.append(finding)
        if as_json:
            say_json({**finding._asdict(), "state": finding.state.value})
        else:
            _show(finding)
    if any(finding.state is State.FAILED for finding in found):
        raise typer.Exit(FAILED)


def _show(finding: Finding) -> None:
    next_step = f"  → {finding.next}" if finding.next else ""
    what = LABELS[spoken()].get(finding.what, finding.what)
    line = f"{STATES[spoken()][finding.state]:<8}{what}: {logs.scrub(finding.said)}{next_step}"
    say(line, COLOURS[finding.state])
