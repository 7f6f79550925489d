import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from handlers.commands.app import COMMANDS, app
from handlers.commands.help_texts import CHINESE
from service.env_file import WORDS as OF_THE_FILE
from service.settings import Outbound
from service.shapes import SHAPES
from service.shapes_chinese import CHINESE as SHAPES_IN_CHINESE
from service.wrong_settings import WORDS
from tests.support.commands import logging_as_before, run

WEAUDIT = Path(sys.executable).with_name("weaudit")
FIELD = re.compile(r"\{\w+\}")


def helps(command: Any) -> Iterator[str]:
    """Give each text that --help shows of a command, and of those in it."""
    context = command.make_context("", [], resilient_parsing=True)
    for each in (command, *command.get_params(context)):
        if getattr(each, "help", None):
            yield each.help
    names = command.list_commands(context) if hasattr(command, "list_commands") else []
    for name in names:
        yield from helps(command.get_command(context, name))


def test_help_has_each_of_its_texts_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no text of what is no longer there."""
    monkeypatch.setenv("WEAUDIT_LANGUAGE", "en")
    with logging_as_before():
        said = {*helps(get_command(app)), *(listed.help for listed in COMMANDS.values())}
    assert said == set(CHINESE)


@pytest.mark.parametrize(
    ("told", "speaks_chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "zh_CN.UTF-8", "WEAUDIT_LANGUAGE": "en"}, False),
        ({"LANG": "C", "WEAUDIT_LANGUAGE": "zh"}, True),
    ],
)
def test_commands_speak_as_the_locale_does_unless_told_otherwise(
    tmp_path: Path, told: dict[str, str], *, speaks_chinese: bool
) -> None:
    """Help, and what is wrong with the settings."""
    (tmp_path / ".env").write_text("FOO=1\n")
    env = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **told}

    def says(*arguments: str) -> str:
        ended = subprocess.run(
            [WEAUDIT, *arguments], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return ended.stdout + ended.stderr

    assert ("按原因列出" in says("dead", "--help")) == speaks_chinese
    wrong = says("status")
    assert ("WECHAT_TOKEN 没有设置" in wrong, ".env 第 1 行：没有 FOO 这项配置" in wrong) == (speaks_chinese,) * 2


def test_the_env_file_itself_may_say_the_language(tmp_path: Path) -> None:
    """Whichever is named, and whatever else is wrong in it."""
    (tmp_path / "other.env").write_text("WEAUDIT_LANGUAGE=zh\nFOO=1\n")
    assert "按原因列出" in run("--env-file", "other.env", "dead", "--help", folder=tmp_path).output


def test_every_setting_says_what_it_should_look_like() -> None:
    """In both languages."""
    assert set(SHAPES) == set(SHAPES_IN_CHINESE) == set(Outbound.model_fields)


@pytest.mark.parametrize("words", [WORDS, OF_THE_FILE, {"en": SHAPES, "zh": SHAPES_IN_CHINESE}])
def test_each_text_is_there_in_both_languages(words: Mapping[str, Mapping[str, str]]) -> None:
    """Under the same name, with the same places to fill in."""
    english, chinese = words["en"], words["zh"]
    assert english.keys() == chinese.keys()
    fields = {name: (set(FIELD.findall(english[name])), set(FIELD.findall(chinese[name]))) for name in english}
    assert [name for name, (one, other) in fields.items() if one != other] == []
