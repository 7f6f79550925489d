"""An upgrade while a former version works: its processes go on beside ours, on tables that ours have changed."""

import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, Self

from handlers.commands import simulate
from handlers.context import open_context
from service.simulator.app import create_app as create_wechat
from service.simulator.hang_up import HangsUp
from tests.chaos.children import Child
from tests.chaos.rig import FOUR, PLENTY, Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.conftest import environment
from tests.support.live import is_ready, serving
from tests.support.servers import free_port

Line = Callable[[Servers], Row]
# The last version whose lifecycle was in other tables, and whose queues were bound to the exchange.
FORMER = "10976bf"
HERE = Path(__file__).parent.parent.parent
# What it needs and this version does not; `make chaos` puts it there.
NEEDED = Path(sys.prefix) / "former"
# A push that a former web process stored is due for our relay after as long as that one waited for the exchange.
FORMER_PAUSE = 60.0


class Former(Child):
    """A process of the former version."""

    source: Path

    def start(self) -> None:
        """Start it."""
        text = {name: str(value) for name, value in self.values.items()}
        self._popen = subprocess.Popen(
            [sys.executable, "-c", "from handlers.main import main; main()", self.name],
            env={**environment(**text), "PYTHONPATH": f"{self.source}:{NEEDED}", "PYTHONSAFEPATH": "1"},
            cwd=self.log.parent,
            stdout=subprocess.DEVNULL,
            stderr=self.log.open("a"),
        )

    def kill(self) -> None:
        """Kill it with kill -9."""
        self._popen.kill()
        self._popen.wait()

    def end(self, seconds: float = 10.0) -> int | None:
        """Tell it to end, and give its exit status."""
        self._popen.terminate()
        return self._popen.wait(seconds)


class Upgraded(Rig):
    """A rig that begins with a former version; ours come beside it."""

    former: Mapping[str, Former]

    def __enter__(self) -> Self:
        """Start WeChat and the former version."""
        Former.source = self.folder / "former"
        archive = subprocess.run(["git", "-C", HERE, "archive", FORMER], check=True, capture_output=True).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(Former.source, filter="data")
        port = free_port()
        self.former_url = f"http://127.0.0.1:{port}"
        values: dict[str, Any] = {**self.values, "port": port}
        del values["notify_gather"]
        self.former = {name: Former(name, values, self.folder) for name in FOUR}
        self.wechat = simulate.make(self.settings, self.former_url, PLENTY)
        for process in self.former.values():
            process.start()
        self.until(lambda: is_ready(self.former_url), "the former version's readiness")
        self._stack.enter_context(serving(create_wechat(self.wechat), self._theirs, HangsUp))
        return self

    def begin_ours(self) -> None:
        """Start our processes, which bring the tables up to date."""
        self.context = self._stack.enter_context(open_context(self.settings))
        for child in self.children.values():
            child.start()
        self.until(lambda: is_ready(self.url), "readiness")

    def end_former(self) -> None:
        """End the former version."""
        for process in self.former.values():
            process.end()

    def push_to_ours(self) -> None:
        """Let WeChat push to our web process."""
        self.wechat.sender = replace(self.wechat.sender, base=self.url)


def side_by_side(shared: Servers) -> Row:
    """Release under the former version, under both, and under ours; rows are taken over in whatever state they are."""
    with Upgraded(shared, "postgresql+amqp") as rig:
        rig.apps = rig.submit_by_hand(12)
        # The former version has the tokens by then.
        time.sleep(2.0)
        before, both, after = rig.apps[:4], rig.apps[4:8], rig.apps[8:]
        rig.approve(before[:2])
        rig.until(lambda: rig.released(before[:2]), "the releases of the former version")
        rig.approve(before[2:])
        rig.begin_ours()
        with rig.sending() as load:
            rig.approve(both[:2])
            rig.push_to_ours()
            rig.approve(both[2:])
            time.sleep(3.0)
            rig.end_former()
            rig.approve(after)
            began = time.monotonic()
            rig.until(lambda: rig.released(after), "the releases of ours")
            recovery = time.monotonic() - began
            late = rig.until(lambda: rig.released(rig.apps), "all releases")
            load.finish()
            row = rig.row("", recovery)
        problem = row.problem or (f"{late:.0f} s for what the former one stored" if late > FORMER_PAUSE + 10 else "")
        return replace(
            row, note=f"of what the former version stored the last was released {late:.0f} s later", problem=problem
        )


LINES: Mapping[str, Line] = {"upgrade beside a former version": side_by_side}
