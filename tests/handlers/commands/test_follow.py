import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from queue import SimpleQueue

from sqlalchemy import Engine

from service.store import inbox
from service.store.credentials import Credentials
from service.store.inbox import Entry
from tests.conftest import environment
from tests.service.store.test_inbox import message

WEAUDIT = Path(sys.executable).with_name("weaudit")


def test_what_comes_is_told_once_and_what_was_there_is_not(
    tmp_path: Path, store: Engine, credentials: Credentials
) -> None:
    """Of thirty pushes the newest one is listed; then only what comes."""
    with store.begin() as connection:
        for number in range(30):
            inbox.add(connection, [Entry(message(number))], credentials, 1.0)
    known = environment(database_url="sqlite:///store.db")
    asked = [str(WEAUDIT), "pushes", "--follow", "--limit", "1", "--type", "weapp_audit_success"]
    with subprocess.Popen(asked, cwd=tmp_path, env=known, stdout=subprocess.PIPE, text=True, bufsize=1) as following:
        said: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=_hear, args=(following.stdout, said), daemon=True).start()
        try:
            heads = [_head(said)]
            for number in (30, 31):
                with store.begin() as connection:
                    inbox.add(connection, [Entry(message(number))], credentials, 1.0)
                heads.append(_head(said))
        finally:
            following.kill()
    assert [head.split()[-1] for head in heads] == [message(number).id for number in (29, 30, 31)]


def _hear(out: Iterable[str], said: "SimpleQueue[str]") -> None:
    for line in out:
        said.put(line)


def _head(said: "SimpleQueue[str]") -> str:
    """Give the next line that begins a push."""
    while (line := said.get(timeout=20)).startswith(" "):
        pass
    return line
