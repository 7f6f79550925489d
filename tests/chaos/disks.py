"""Disks that are full: small ones in memory, which only root may mount."""

import os
import subprocess
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.chaos.outages import outage_of
from tests.chaos.rig import Rig
from tests.chaos.row import Row
from tests.chaos.servers import Servers

Line = Callable[[Servers], Row]
SMALL, LARGER = "24m", "160m"


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Put a folder on a disk of its own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "weaudit-chaos", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def full(folder: Path) -> Generator[None]:
    """Fill a disk to the last byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    yield
    filler.unlink()


def sqlite(shared: Servers) -> Row:
    """Fill the disk that holds the database and the log."""
    rig = Rig(shared, "sqlite+memory")
    with small_disk(rig.folder, SMALL):
        return outage_of(rig, lambda _: full(rig.folder))


def postgresql(shared: Servers) -> Row:
    """Fill the disk of a server; where it gave up, somebody starts it again."""
    folder = shared.folder / "small"
    folder.mkdir()
    with small_disk(folder, LARGER), ExitStack() as stack:
        others = Servers(folder, stack)

        @contextmanager
        def fault(_: Rig) -> Generator[None]:
            with full(folder):
                yield
            others.get("postgresql").kill()
            others.get("postgresql").start()

        return outage_of(Rig(others, "postgresql+memory"), fault)


def if_root(line: Line, shared: Servers) -> Row:
    """Run a line, or say why it cannot be run."""
    return line(shared) if os.geteuid() == 0 else Row("", "", note="not run: only root may mount a small disk")


LINES: Mapping[str, Line] = {
    "disk full, SQLite": partial(if_root, sqlite),
    "disk full, PostgreSQL": partial(if_root, postgresql),
}
