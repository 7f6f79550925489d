"""What docs/operations.md says, step by step: real processes, and WeChat beside them."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import replace as with_other
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from crypto.envelope import aes_key
from handlers.commands import simulate
from service.simulator.app import create_app
from service.simulator.counts import Limits
from service.simulator.simulator import Simulator
from tests.conftest import APP, KEY, environment, outbound, postgresql
from tests.support.commands import run
from tests.support.live import is_ready, serving
from tests.support.servers import eventually, free_port, need_program
from tests.test_processes import weaudit

pytestmark = pytest.mark.timeout(90)

OTHER_KEY = KEY[::-1]
FORMER, NEW, FOREIGN = (Fernet.generate_key().decode() for _ in range(3))


@dataclass
class Platform:
    """A platform whose weaudit is stopped and started with other settings, and WeChat."""

    folder: Path
    wechat: Simulator
    settings: dict[str, str]
    versions: int = 0
    told_at: int = 0

    @contextmanager
    def up(self, **changes: str) -> Iterator[None]:
        """Run `weaudit up`, with other settings from now on, until the block ends."""
        self.settings |= changes
        with weaudit(environment(**self.settings), self.folder, "up"):
            eventually(lambda: is_ready(f"http://127.0.0.1:{self.settings['port']}"), "readiness")
            yield

    def says(self, *arguments: str) -> str:
        """Give what a command prints."""
        return run(*arguments, folder=self.folder, **self.settings).output

    def knows(self, *arguments: str) -> str:
        """Give what a command prints for programs, without its log."""
        return run(*arguments, folder=self.folder, **self.settings).stdout

    def begins(self) -> None:
        """Push a ticket, and let a merchant authorize."""
        self.wechat.push_ticket()
        self.wechat.authorize(APP, "一杯茶")
        eventually(lambda: APP in self.says("apps"), "the authorization")

    def submits(self) -> None:
        """Let weaudit submit the next version."""
        self.versions += 1
        said = self.says("submit", "--template", "1", "--appid", APP, "--version", f"{self.versions}.0", "--detach")
        eventually(lambda: len(self.answers("submit_audit")) == self.versions, said)
        eventually(lambda: "in_review" in self.says("why", APP, "--json"), "the review")

    def approves(self) -> None:
        """Let WeChat approve it, and push that, in a second of its own: WeChat tells two of one second not apart."""
        eventually(lambda: int(time.time()) > self.told_at, "the next second")
        self.told_at = int(time.time())
        self.wechat.decide(APP, "approve")

    def is_online(self) -> None:
        """Wait until the users have it, once."""
        eventually(lambda: self.wechat.world.apps[APP].releases == self.versions, "the release")
        self.told_at = int(time.time())

    def releases(self) -> None:
        """Let a version go all the way to the users."""
        self.submits()
        self.approves()
        self.is_online()

    def answers(self, endpoint: str) -> list[int]:
        """Give the errcodes of an endpoint's calls."""
        return [call.errcode for call in self.wechat.api.calls if call.endpoint == endpoint]

    def logged(self, event: str) -> list[str]:
        """Give the lines of one event of all logs."""
        lines = [line for log in self.folder.glob("*.log") for line in log.read_text("utf-8").splitlines()]
        return [line for line in lines if event in line]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Give an SQLite file, where the kind makes no difference."""
    return f"sqlite:///{tmp_path}/weaudit.db"


@pytest.fixture
def platform(tmp_path: Path, database_url: str) -> Iterator[Platform]:
    """Give a platform, not started yet."""
    ours, theirs = free_port(), free_port()
    settings = {
        "database_url": database_url,
        "broker_url": f"memory://{tmp_path.name}",
        "wechat_api_base": f"http://127.0.0.1:{theirs}",
        "port": str(ours),
        "secrets_key": FORMER,
    }
    wechat = simulate.make(outbound(**settings), f"http://127.0.0.1:{ours}", Limits(privacy_check=0))
    with serving(create_app(wechat), theirs):
        yield Platform(tmp_path, wechat, settings)


def test_the_secrets_key_is_changed_without_anything_fetched_anew(platform: Platform) -> None:
    """Each step reads what the one before wrote, and the last has only the new key."""
    with platform.up():
        platform.begins()
        platform.releases()
    for keys in (f"{FORMER},{NEW}", f"{NEW},{FORMER}", NEW):
        with platform.up(secrets_key=keys):
            platform.releases()
    assert (platform.answers("api_component_token"), platform.answers("api_query_auth")) == ([0], [0])


def test_a_lost_secrets_key_costs_the_tokens_and_nothing_else(platform: Platform) -> None:
    """What was under way is released once, when WeChat pushed a ticket."""
    with platform.up():
        platform.begins()
        platform.submits()
    engine = create_engine(platform.settings["database_url"])
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM credentials"))
    engine.dispose()
    with platform.up(secrets_key=FOREIGN):
        platform.wechat.push_ticket()
        platform.approves()
        platform.is_online()
        platform.releases()


def test_pushes_get_in_while_the_aes_key_is_changed(platform: Platform) -> None:
    """Before and after it is changed at WeChat, and when the previous one is gone."""
    with platform.up():
        platform.begins()
    with platform.up(wechat_previous_encoding_aes_key=KEY, wechat_encoding_aes_key=OTHER_KEY):
        platform.releases()
        platform.wechat.sender = with_other(platform.wechat.sender, key=aes_key(OTHER_KEY))
        platform.releases()
        assert platform.logged("push.refused") == []
    with platform.up(wechat_previous_encoding_aes_key=""):
        platform.releases()


def test_a_verdict_that_is_refused_while_the_token_is_changed_comes_again(platform: Platform) -> None:
    """Weaudit knows one token: WeChat repeats what was signed with the other."""
    with platform.up():
        platform.begins()
        platform.submits()
        platform.wechat.sender = with_other(platform.wechat.sender, token="another")
        platform.approves()
        eventually(lambda: platform.logged("push.refused"), "the refusal")
    with platform.up(wechat_token="another"):
        platform.is_online()


def test_what_wechat_refuses_while_the_app_secret_is_changed_goes_on(platform: Platform) -> None:
    """It is blocked, not dead, and nobody has to wake it."""
    with platform.up():
        platform.begins()
        platform.submits()
        platform.wechat.world.secret = "another"
        platform.wechat.world.expire_tokens()
        platform.approves()
        eventually(lambda: "app_secret" in platform.says("blocked"), "the cause")
    with platform.up(wechat_component_secret="another"):
        platform.is_online()
    assert "app_secret" not in platform.says("blocked")


def test_an_sqlite_file_is_backed_up_while_weaudit_runs_and_restored(platform: Platform) -> None:
    """What was released since is not released again, and is known after a look."""
    sqlite, database = need_program("sqlite3"), platform.folder / "weaudit.db"
    with platform.up():
        platform.begins()
        platform.submits()
        subprocess.run([sqlite, database, ".backup backup.db"], cwd=platform.folder, check=True)
        platform.approves()
        platform.is_online()
    shutil.copy(platform.folder / "backup.db", database)
    for leftover in ("weaudit.db-wal", "weaudit.db-shm"):
        (platform.folder / leftover).unlink(missing_ok=True)
    goes_on_once(platform)


def test_a_postgresql_database_is_backed_up_while_weaudit_runs_and_restored(platform: Platform) -> None:
    """As an SQLite file is."""
    dump, restore = need_program("pg_dump"), need_program("pg_restore")
    with postgresql() as url:
        database = url.replace("+psycopg", "")
        with platform.up(database_url=url):
            platform.begins()
            platform.submits()
            subprocess.run([dump, "--format=custom", "--file=weaudit.dump", database], cwd=platform.folder, check=True)
            platform.approves()
            platform.is_online()
        put_back = [restore, "--clean", "--if-exists", f"--dbname={database}", "weaudit.dump"]
        subprocess.run(put_back, cwd=platform.folder, check=True)
        goes_on_once(platform)


def goes_on_once(platform: Platform) -> None:
    """Start what was restored: it finds the version online, and releases the next one alone."""
    with platform.up(reconcile_after="1"):
        platform.releases()
        known = json.loads(platform.knows("why", "400000001", "--json"))
    assert (known["user_version"], known["where"]) == ("1.0", "released")
    assert platform.answers("release") == [0, 0]
