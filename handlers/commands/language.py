"""In which language --help speaks: settings are not read for it, so that it needs none."""

from typing import Any

from handlers.commands.help_texts import CHINESE
from service.language import Language


def speaking(language: Language, command: Any) -> Any:
    """Let a command, and those in it, say what they are for in a language."""
    if language == "zh":
        _speak_chinese(command)
    return command


def _speak_chinese(command: Any) -> None:
    options = command.get_params(command.make_context("", [], resilient_parsing=True))
    for each in (command, *options):
        each.help = CHINESE.get(each.help or "", each.help)
    for inner in getattr(command, "commands", {}).values():
        _speak_chinese(inner)
