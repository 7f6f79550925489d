from sqlalchemy import Engine

from service.store import mini_programs
from service.store.mini_programs import MiniProgram
from tests.conftest import APP

TEA = MiniProgram(APP, authorized=True, nickname="一杯茶", user_name="gh_1", principal_name="茶", changed_at=10.0)


def test_the_newest_word_about_a_mini_program_counts(engine: Engine) -> None:
    """What is older than what is known changes nothing."""
    with engine.begin() as connection:
        mini_programs.keep(connection, TEA)
        mini_programs.keep(connection, TEA._replace(authorized=False, changed_at=9.0))
        assert mini_programs.find(connection, APP) == TEA
        mini_programs.keep(connection, TEA._replace(authorized=False, changed_at=11.0))
        assert mini_programs.every(connection) == [TEA._replace(authorized=False, changed_at=11.0)]


def test_people_read_the_nickname() -> None:
    """A mini program is called by its nickname and appid, or by the appid while the name is not known."""
    assert TEA.title == f"一杯茶 ({APP})"
    assert TEA._replace(nickname="").title == APP
