import re
from pathlib import Path

import pytest

from service import topology
from service.store.attempts import AttemptState
from service.store.reviews import State
from service.store.tables import metadata

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def section(title: str) -> str:
    """Give a section of the document."""
    return TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_state_of_a_version_is_drawn_and_no_other() -> None:
    """In the drawing, or as an end beside it."""
    life = section("The life of a version")
    drawing = life.split("```")[1]
    assert {state.value for state in State} <= set(re.findall(r"[a-z_]+", life))
    arrows = set(re.findall(r"[─⇄▶ ]▶ ([a-z_]+)", drawing))
    assert arrows <= {state.value for state in State}


def test_every_table_has_its_line_and_no_other() -> None:
    """With what it is for."""
    named = re.findall(r"^\| `([a-z_]+)` \|", section("What each table is for"), re.MULTILINE)
    assert set(named) == set(metadata.tables)


def test_every_state_of_a_reaction_is_named() -> None:
    """Beside the tables."""
    assert {state.value for state in AttemptState} <= set(re.findall(r"`([a-z]+)`", section("What each table is for")))


def test_every_queue_is_drawn_and_no_other() -> None:
    """In the walk of a push."""
    assert set(re.findall(r"weaudit\.[a-z_]+", section("One push, walked"))) == set(topology.REACTIONS)


@pytest.mark.parametrize("named", sorted(set(re.findall(r"[a-z_./]+/[a-z_./]*[a-z]\.(?:py|md|tsv|toml)", TEXT))))
def test_every_file_that_is_named_exists(named: str) -> None:
    """Where the document says."""
    assert (ROOT / named).exists()


def test_every_file_of_the_life_of_a_version_exists() -> None:
    """Those that the section names without their folder."""
    for name in re.findall(r"`([a-z_]+\.py)`", section("The life of a version")):
        assert (ROOT / "handlers" / "reviews" / name).exists(), name


def test_every_file_is_in_the_house() -> None:
    """By its name, in the room where it is."""
    house = section("The house")
    files = [file for floor in ("handlers", "service", "crypto") for file in (ROOT / floor).rglob("*.py")]
    names = {file.stem for file in files if "migrations" not in file.parts and file.stem != "__init__"}
    chapters = {file.stem for file in (ROOT / "handlers" / "wechat" / "endpoints").glob("*.py")}
    assert names - chapters - set(re.findall(r"[a-z_]+", house)) == set()


def test_it_is_short_enough_to_be_read() -> None:
    """At most 200 lines."""
    assert len(TEXT.splitlines()) <= 200
