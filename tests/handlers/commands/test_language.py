import ast
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
from service.told_chinese import CHINESE as SENTENCES
from service.wrong_settings import WORDS
from tests.support.commands import logging_as_before, run

WEAUDIT = Path(sys.executable).with_name("weaudit")
PLACE = re.compile(r"\{[a-z_]+")
ABOUT_THE_DATABASE = {"database", "host", "user", "sql_database", "sql_user"}
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


SAYING = {
    "WrongUsage",
    "CommandFailed",
    "Unknown",
    "PartEnded",
    "SecretsUnreadable",
    "DatabaseAway",
    "Unusable",
    "Unreadable",
}
SAYING |= {"Unusable", "Unreadable", "SettingsError", "BrokerRefused", "BrokerLost", "Told", "_refused", "said", "_ask"}
ROOT = Path(__file__).parents[3]
SOURCES = [
    file
    for room in ("handlers", "service")
    for file in (ROOT / room).rglob("*.py")
    if not file.name.startswith("told_chinese")
]


def sentences(source: Path) -> Iterator[tuple[str, set[str]]]:
    """Give what is said in a file, with the names of what fills its places; of what is chosen, each."""
    tree = ast.parse(source.read_text("utf-8"))
    constants = {
        target.id: each.value
        for each in ast.walk(tree)
        if isinstance(each, ast.Assign)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    for call in ast.walk(tree):
        function = getattr(call, "func", None)
        name = getattr(function, "id", getattr(function, "attr", ""))
        if isinstance(call, ast.Call) and name in SAYING and call.args:
            named = {each.arg for each in call.keywords if each.arg}
            for text in _texts(call.args[0], constants):
                yield text, named


def _texts(node: ast.expr, constants: Mapping[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield ast.unparse(node)
    elif isinstance(node, ast.IfExp):
        yield from (*_texts(node.body, constants), *_texts(node.orelse, constants))
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _texts(constants[node.id], constants)


def test_each_sentence_that_a_command_ends_with_is_there_in_chinese() -> None:
    """With places that what is given fills, in both languages."""
    found = [each for file in SOURCES for each in sentences(file)]
    unfilled = [
        (spoken, named)
        for english, named in found
        for spoken in (english, SENTENCES.get(english, ""))
        if named and not {field[1:] for field in PLACE.findall(spoken)} <= named | ABOUT_THE_DATABASE
    ]
    assert unfilled == []
    assert [english for english, _ in found if english not in SENTENCES and english != "{said}"] == []


def test_each_sentence_in_chinese_is_still_said() -> None:
    """Somewhere, in English."""
    trees = [ast.walk(ast.parse(file.read_text("utf-8"))) for file in SOURCES]
    written = {node.value for tree in trees for node in tree if isinstance(node, ast.Constant)}
    assert set(SENTENCES) - written == set()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["dead", "--nope"], "没有选项 --nope"),
        (["nope"], "没有命令 'nope'。"),
        (["statuss"], "没有命令 'statuss'。是否想写 'status'？"),
        (["call", "get_categry"], "没有接口 get_categry；是否想写 get_category？"),
        (["dismiss"], "哪些？weaudit dismiss ID…"),
        (["why"], "缺少 'APPID|AUDITID|PUSH'。"),
        (["pushes", "--limit", "x"], "'--limit' 的值无效：应为整数"),
        (["revive", "--all", "--queue", "x"], "--all 指全部已放弃的任务"),
        (["status", "wx1", "wx2"], "多余的参数：wx2"),
        (["--nope"], "没有选项 --nope"),
        (["dead", "--json=x"], "选项 '--json' 不带值。"),
        (["status"], "还不存在；weaudit up 会"),
        (["revive"], "哪些？weaudit revive ID…"),
        (["submit", "--status"], "还不存在；weaudit up 会"),
        (["dead", "--help"], "选项"),
        (["--help"], "标为已解决"),
        ([], "标为已解决"),
        (["v1.2"], "没有命令 'v1.2'。"),
    ],
)
def test_what_was_typed_wrongly_is_said_in_chinese(tmp_path: Path, typed: list[str], said: str) -> None:
    """Also what the library says that reads the command line."""
    ended = run(*typed, folder=tmp_path, weaudit_language="zh")
    assert said in ended.output
    assert "Error" not in ended.output


def test_one_language_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    """Typer's own words, too."""
    assert "错误" in run("dead", "--nope", folder=tmp_path, weaudit_language="zh").output
    assert "Error" in run("dead", "--nope", folder=tmp_path, weaudit_language="en").output


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
