import re
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from service import env_file as env_files
from service import settings
from service.settings import Inbound, Outbound
from service.shapes import SHAPES
from service.wrong_settings import SettingsError
from tests.conftest import FERNET, values

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Outbound.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def env_file(folder: Path, **changes: str) -> str:
    """Write an env file."""
    path = folder / "test.env"
    given_values = {name: value for name, value in values(**changes).items() if value is not None}
    path.write_text("".join(f"{name.upper()}={value}\n" for name, value in given_values.items()), "utf-8")
    return str(path)


WRONG = {
    "wechat_component_appid": "wx 1",
    "wechat_encoding_aes_key": "too short",
    "wechat_previous_encoding_aes_key": "x" * 44,
    "database_url": "mysql://localhost/x",
    "broker_url": "kafka://x",
    "secrets_key": "not fernet",
    "max_push_age": "-1",
    "on_audit_success": "gray:0",
    "release_window": "10:00-18:00",
    "timezone": "Mars/Olympus",
    "on_audit_fail": "maybe",
    "resubmit_reasons": "(",
    "resubmit_limit": "many",
    "notify_language": "fr",
    "reconcile_after": "0",
    "port": "65536",
    "log_level": "LOUD",
    "log_format": "xml",
    "wechat_api_base": "api.weixin.qq.com",
}


def test_all_wrong_values_are_named_at_once(tmp_path: Path) -> None:
    """One message names each wrong value in the words of the env file, and repeats none of them."""
    with pytest.raises(SettingsError) as error:
        settings.read(Outbound, env_file(tmp_path, **WRONG))
    text = str(error.value)
    for name, value in WRONG.items():
        assert f"{name.upper()} is not usable: {SHAPES[name]}" in text
        assert len(value) < 6 or value not in text.replace(SHAPES[name], "")
    assert text.count("\n") == len(WRONG)


ODD_FILES = {
    'ON_AUDIT_SUCCESS="hold\n': "line 1: a quote is opened and not closed",
    "PORT='80\nON_AUDIT_SUCCESS=hold\nHOST='x\n": "line 1: a quote is opened and not closed",
    'PORT="80\nON_AUDIT_SUCCESS=hold\nHOST="\n': "line 1: a quote is opened, and closed only",
    "\n\n# a note\nON_AUDIT_SUCESS=hold\n": "line 4: there is no setting ON_AUDIT_SUCESS; did you mean ON_AUDIT_S",
    "PORT=8000\nON_AUDIT_SUCCESS\n": "line 2: this is no NAME=value",
    "PORT=8000\nON_AUDIT_SUCCESS: hold\n": "line 2: this is no NAME=value",
    "ON_AUDIT_SUCCESS=hold\nON_AUDIT_SUCCESS=\n": "line 2: ON_AUDIT_SUCCESS was set before, to something else",
    "PORT=${WEB_PORT}\n": "line 1: what ${…} stands for is not filled in",
    "POSTGRES_PASSWORD=x\n": "line 1: there is no setting POSTGRES_PASSWORD",
    "ON_AUDIT_SUCCESS='hold' and more\n": "line 1: ",
}


@pytest.mark.parametrize(("text", "fault"), ODD_FILES.items(), ids=range(len(ODD_FILES)))
def test_a_line_that_cannot_be_meant_ends_the_start(tmp_path: Path, text: str, fault: str) -> None:
    """It is named with its file and number: without it, versions would be released that somebody wants to hold."""
    path = env_file(tmp_path)
    before = Path(path).read_text("utf-8")
    Path(path).write_text(text + before, "utf-8")
    with pytest.raises(SettingsError) as error:
        settings.read(Outbound, path)
    assert f"{path}, {fault}" in str(error.value)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=6))
def test_any_file_is_understood_or_refused_by_its_lines(lines: list[str]) -> None:
    """No text ends in a traceback, and no fault is without a line of the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ".env"
        path.write_bytes("\n".join(lines).encode())
        read = env_files.read(path, settings.NAMES)
    numbers = [int(re.findall(r", line (\d+): ", fault)[0]) for fault in read.faults]
    assert all(1 <= number <= len("\n".join(lines).replace("\r", "\n").split("\n")) for number in numbers)


HANDED_ON = {
    "WECHAT_TOKEN": ['"probe-token"', "'probe-token'", "probe-token # from the page"],
    "WECHAT_COMPONENT_SECRET": ['"ssssssssssssssssssssssssssssssss"', "ssssssss # hush"],
    "RESUBMIT_REASONS": ['"类目|测试"', "'类目|测试'", "类目|测试 # what we can mend"],
    "NOTIFY_URLS": ['"json://localhost"'],
    "ON_AUDIT_SUCCESS": ['"hold"', "hold # for now"],
    "DATABASE_URL": ["'sqlite:///x.db'"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, given in HANDED_ON.items() for value in given])
def test_a_value_with_its_quotes_or_its_comment_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """As docker --env-file hands it on: they would be part of the token, or of the pattern."""
    path = env_file(tmp_path)
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as error:
        settings.read(Outbound, path)
    if value[0] in "'\"":
        assert f"{name} is in quotes" in str(error.value)
    assert "hush" not in str(error.value)


@pytest.mark.parametrize("password", ["hush@hush", "hush/hush", "hush?hush", "hush#hush"])
@pytest.mark.parametrize("name", ["database_url", "broker_url"])
def test_a_password_that_ends_too_early_is_refused(tmp_path: Path, name: str, password: str) -> None:
    """The rest of it would be taken for a host, and shown in every error."""
    url = f"postgresql+psycopg://u:{password}@h/x" if name == "database_url" else f"amqp://u:{password}@h:5672//"
    with pytest.raises(SettingsError, match="in a password @ is %40") as error:
        settings.read(Inbound, env_file(tmp_path, **{name: url}))
    assert "hush" not in str(error.value)


def test_names_in_the_environment_that_look_like_ours_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """They may be somebody else's, so they end nothing."""
    monkeypatch.setenv("ON_AUDIT_SUCESS", "hold")
    monkeypatch.setenv("NOTIFI_URLS", "json://x")
    monkeypatch.setenv("HOSTNAME", "x")
    found = settings.unknown()
    assert (found["ON_AUDIT_SUCESS"], found["NOTIFI_URLS"]) == ("ON_AUDIT_SUCCESS", "NOTIFY_URLS")
    assert not found.keys() & {"HOSTNAME", "PATH", "HOME"}


def test_all_missing_values_are_named_at_once() -> None:
    """Without any setting, each that is required is named as missing."""
    with pytest.raises(SettingsError) as error:
        settings.read(Outbound, None)
    missing = ("WECHAT_COMPONENT_APPID", "WECHAT_TOKEN", "WECHAT_ENCODING_AES_KEY", "WECHAT_COMPONENT_SECRET")
    for name in missing:
        assert f"{name} is missing" in str(error.value)
    assert str(error.value).count("\n") == len(missing)


def test_the_web_side_never_knows_the_app_secret(tmp_path: Path) -> None:
    """Inbound settings read the same file and do not hold the secret."""
    read = settings.read(Inbound, env_file(tmp_path, wechat_component_secret="hush"))
    assert not hasattr(read, "wechat_component_secret")
    assert "hush" not in repr(vars(read))


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    """Nobody finds a secret in a log because settings were printed."""
    read = settings.read(Outbound, env_file(tmp_path, wechat_component_secret="hush", wechat_token="husher"))
    assert "hush" not in repr(read)
    assert FERNET not in repr(read)


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process variable overrides the file; an empty one does not."""
    path = env_file(tmp_path, port="8001", max_push_age="5")
    monkeypatch.setenv("PORT", "8002")
    monkeypatch.setenv("MAX_PUSH_AGE", "")
    read = settings.read(Inbound, path)
    assert (read.port, read.max_push_age) == (8002, 5)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    """Settings are read once and frozen."""
    read = settings.read(Inbound, env_file(tmp_path))
    with pytest.raises(ValueError, match="frozen"):
        setattr(read, "port", 1)  # noqa: B010 what the type checker would refuse too


@pytest.mark.parametrize("database", ["sqlite:///elsewhere.db", "postgresql+psycopg://localhost/x"])
def test_another_database_needs_a_key_for_its_secrets(tmp_path: Path, database: str) -> None:
    """Only the default database makes its own key."""
    with pytest.raises(SettingsError, match="SECRETS_KEY is missing"):
        settings.read(Inbound, env_file(tmp_path, database_url=database, secrets_key=""))


def test_the_default_database_makes_its_key_once(tmp_path: Path) -> None:
    """Of many processes that start at once, all get the same key, which only its owner can read."""
    read = settings.read(Inbound, env_file(tmp_path, secrets_key=""))
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: read.fernet_keys, range(32)))
    assert len(keys) == 1
    Fernet(next(iter(keys))[0])
    path = tmp_path / "var" / "weaudit.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["weaudit.key"]


def test_several_keys_are_read_in_their_order(tmp_path: Path) -> None:
    """SECRETS_KEY lists the newest key first."""
    newer = Fernet.generate_key().decode()
    assert settings.read(Inbound, env_file(tmp_path, secrets_key=f"{newer}, {FERNET}")).fernet_keys == (newer, FERNET)


def test_the_example_file_documents_every_variable_and_nothing_else() -> None:
    """.env.example has each variable once, set or commented out."""
    lines = [line.lstrip("# ") for line in EXAMPLE.read_text("utf-8").splitlines()]
    names = [line.partition("=")[0] for line in lines if line.partition("=")[0].isupper() and "=" in line]
    assert sorted(names) == sorted(name.upper() for name in Outbound.model_fields)


def test_the_example_file_can_be_used(tmp_path: Path) -> None:
    """With the required values filled in, the example is a working file."""
    required = values(secrets_key=(), notify_gather=60)
    lines = [
        f"{line}{required[line.removesuffix('=').lower()]}" if line and line[0].isupper() else line
        for line in EXAMPLE.read_text("utf-8").splitlines()
    ]
    path = tmp_path / "example.env"
    path.write_text("\n".join(lines), "utf-8")
    assert settings.read(Outbound, str(path)) == settings.given(Outbound, **required)


def test_commented_examples_show_the_defaults() -> None:
    """A commented line with a value shows what is used without it."""
    shown = dict(
        line.removeprefix("#").split("=", 1)
        for line in EXAMPLE.read_text("utf-8").splitlines()
        if line.startswith("#") and not line.startswith("# ") and "=" in line
    )
    defaults = {
        name.upper(): field.get_default(call_default_factory=True) for name, field in Outbound.model_fields.items()
    }
    for name, value in shown.items():
        if value:
            made = settings.given(Outbound, **values(**{name.lower(): value}))
            assert getattr(made, name.lower()) == defaults[name], name
