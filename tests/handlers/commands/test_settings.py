import json
from pathlib import Path

from service.settings import Outbound
from tests.support.commands import run


def test_each_setting_is_shown_with_where_it_comes_from_and_no_secret_is(tmp_path: Path) -> None:
    """The environment comes before the file, and both before the default."""
    (tmp_path / ".env").write_text("PORT=8001\nHOST=0.0.0.0\nRELEASE_WINDOW=Mon-Fri 10:00-18:00\n")
    url = "postgresql+psycopg://u:hush%40hush@h/x"
    ended = run("settings", "--json", folder=tmp_path, port="8002", database_url=url, wechat_token="hush")
    rows = {row["name"]: row for row in map(json.loads, ended.stdout.splitlines())}
    assert rows.keys() == {name.upper() for name in Outbound.model_fields}
    assert rows["PORT"] == {"name": "PORT", "value": "8002", "source": "environment"}
    assert rows["HOST"] == {"name": "HOST", "value": "0.0.0.0", "source": ".env"}  # noqa: S104 nobody listens
    assert rows["RELEASE_WINDOW"]["value"] == "Mon-Fri 10:00-18:00"
    assert rows["RETENTION_DAYS"] == {"name": "RETENTION_DAYS", "value": "90", "source": "default"}
    assert (rows["WECHAT_TOKEN"]["value"], rows["NOTIFY_URLS"]["value"]) == ("set", "not set")
    assert "hush" not in ended.stdout


def test_another_file_is_named_before_the_command(tmp_path: Path) -> None:
    """One that is not there is a mistake, and .env is then not read."""
    (tmp_path / ".env").write_text("PORT=8001\n")
    (tmp_path / "other.env").write_text("PORT=8003\n")
    assert "8003" in run("--env-file", "other.env", "settings", folder=tmp_path).stdout
    ended = run("--env-file", "nope.env", "settings", folder=tmp_path)
    assert (ended.exit_code, "there is no such file" in ended.stderr) == (2, True)


def test_a_file_to_begin_with_is_printed_without_any_setting(tmp_path: Path) -> None:
    """As a checkout has it; a wheel brings it, too."""
    example = Path(__file__).parents[3] / ".env.example"
    ended = run("settings", "--example", folder=tmp_path, wechat_token="", port="x")
    assert (ended.exit_code, ended.stdout) == (0, example.read_text("utf-8"))
