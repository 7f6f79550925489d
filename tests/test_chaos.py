import pytest

from tests.chaos.attack import attack
from tests.chaos.servers import servers
from tests.chaos.suite import LINES


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["SQLite locked", "500 slow bodies", "1,100 silent connections, 1,024 files"])
def test_the_quick_lines_of_make_chaos_hold(name: str) -> None:
    """Nothing lost, nothing done twice, nobody refused, over real processes and sockets; `make chaos` measures, too."""
    with servers() as shared:
        row = LINES[name](shared)
    assert (row.lost, row.doubled, row.problem) == (0, 0, ""), row


@pytest.mark.timeout(120)
def test_no_changed_push_is_accepted_or_breaks_anything() -> None:
    """A thousand of them; `make chaos N=1000000` sends more."""
    with servers() as shared:
        row = attack(shared, 1000)
    assert (row.lost, row.doubled, row.problem) == (0, 0, ""), row
