from pathlib import Path

from handlers.reviews.plans import plan
from service.store.engine import reading
from service.store.history.timeline import Called, timeline
from tests.conftest import APP
from tests.support.commands import run
from tests.support.live_weaudit import Live, live
from tests.support.samples import commit
from tests.support.servers import eventually


def calls(weaudit: Live) -> list[str]:
    """Name the calls that people are shown."""
    with reading(weaudit.context.engine) as connection:
        return [event.call.endpoint for event in timeline(connection, APP) if isinstance(event, Called)]


def test_the_review_that_is_under_way_is_withdrawn_also_beside_a_newer_plan(tmp_path: Path) -> None:
    """Once; people see that it was, and without one under way WeChat is not asked."""
    url = f"sqlite:///{tmp_path}/x.db"
    with live(url, "memory://") as weaudit:
        settings = {"database_url": url, "wechat_api_base": weaudit.context.settings.wechat_api_base}
        weaudit.authorize()
        weaudit.submit()
        plan(weaudit.context, {APP: commit("2.0")}, again=True)
        done = run("undo", APP, folder=tmp_path, **settings)
        assert (done.exit_code, done.stdout.startswith("ordered: review 400000001 (1.0) is withdrawn")) == (0, True)
        eventually(lambda: "undocodeaudit" in calls(weaudit), "the withdrawal")
        assert weaudit.calls("undocodeaudit") == 1


def test_without_a_review_under_way_wechat_is_not_asked(tmp_path: Path) -> None:
    """The command says where the version stands."""
    url = f"sqlite:///{tmp_path}/x.db"
    with live(url, "memory://") as weaudit:
        weaudit.authorize()
        weaudit.submit()
        weaudit.approve()
        eventually(lambda: weaudit.kept("weaudit.released"), "the release")
        api = weaudit.context.settings.wechat_api_base
        refused = run("undo", APP, folder=tmp_path, database_url=url, wechat_api_base=api)
        assert (refused.exit_code, "no review is under way" in refused.stderr) == (1, True)
        assert weaudit.calls("undocodeaudit") == 0
