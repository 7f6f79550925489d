"""In which language --help speaks, and what is said of what was typed: settings are not read for it."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from typer.exceptions import TyperException

from handlers.commands.help_texts import CHINESE
from service.language import Language

# Typer's own words; it translates none of them.
HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "ARGUMENTS_PANEL_TITLE": "参数",
        "OPTIONS_PANEL_TITLE": "选项",
        "COMMANDS_PANEL_TITLE": "命令",
        "ERRORS_PANEL_TITLE": "错误",
        "DEFAULT_STRING": "[默认：{}]",
        "ENVVAR_STRING": "[环境变量：{}]",
        "REQUIRED_LONG_STRING": "[必填]",
        "ABORTED_TEXT": "已取消。",
        "RICH_HELP": "用法见 [blue]'{command_path} {help_option}'[/]。",
    }
)
OF_WHAT_WAS_TYPED: Mapping[str, str] = MappingProxyType(
    {
        r"No such option: (\S+)": r"没有选项 \1",
        r" ?\(Possible options: (.*)\)": r"（是否想写 \1？）",
        r"No such command ('.*?')\.": r"没有命令 \1。",
        r" ?Did you mean (.+)\?": r"是否想写 \1？",
        r"Missing command\.": "缺少子命令。",
        r"Missing (?:argument|option|parameter) (.+?)\.": r"缺少 \1。",
        r"Got unexpected extra argument\(s\) \((.*)\)": r"多余的参数：\1",
        r"Option (\S+) does not take a value\.?": r"选项 \1 不带值。",
        r"Option (\S+) requires an argument\.?": r"选项 \1 需要一个值。",
        r"Invalid value for (.+?): ": r"\1 的值无效：",
        r"Field required": "缺少此项",
        r"Input should be a valid integer.*": "应为整数",
        r"Input should be a valid number.*": "应为数字",
        r"Input should be greater than or equal to (\S+)": r"应不小于 \1",
        r"Input should be less than or equal to (\S+)": r"应不大于 \1",
    }
)


_english: dict[str, str] = {}


def speaking(language: Language, command: Any) -> Any:
    """Let a command, and those in it, say what they are for in a language."""
    if language == "zh":
        _speak_chinese(command)
    _use_headings(language)
    return command


def in_the_language(error: TyperException, language: Language) -> TyperException:
    """Let what is said of what was typed be in a language."""
    _use_headings(language)
    if language == "zh":
        chinese = error.format_message()
        for english, said in OF_WHAT_WAS_TYPED.items():
            chinese = re.sub(english, said, chinese)
        error.format_message = lambda: chinese  # type: ignore[method-assign]
    return error


def _use_headings(language: Language) -> None:
    """Let Typer's own words be in a language, also after a command that was run in another one."""
    if language == "en" and not _english:
        return
    from typer import rich_utils  # noqa: PLC0415 few commands need it, and it takes long to load

    _english.update({name: getattr(rich_utils, name) for name in HEADINGS.keys() - _english.keys()})
    for name, said in (HEADINGS if language == "zh" else _english).items():
        setattr(rich_utils, name, said)


def _speak_chinese(command: Any) -> None:
    options = command.get_params(command.make_context("", [], resilient_parsing=True))
    for each in (command, *options):
        each.help = CHINESE.get(each.help or "", each.help)
    for inner in getattr(command, "commands", {}).values():
        _speak_chinese(inner)
