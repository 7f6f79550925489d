import structlog
from structlog.testing import capture_logs

from service.seldom import News, Seldom, Some


def test_what_is_the_case_all_the_time_is_said_seldom_and_counted() -> None:
    """A full queue refuses thousands of messages, and one line a minute says so."""
    now = 0.0
    seldom = Seldom(60.0, lambda: now)
    with capture_logs() as said:
        for second in range(150):
            now = float(second)
            seldom.warn(structlog.get_logger(), "it.is", times=2)
    assert [entry["times"] for entry in said] == [2, 120, 120]


def test_what_goes_on_is_no_news() -> None:
    """The same error is said once, until it is another one, or over and comes again."""
    news, log = News(), structlog.get_logger()
    with capture_logs() as said:
        for error in ("refused", "refused", "timed out", ""):
            if error:
                news.warn(log, "relay.failed", error=error)
            else:
                news.over()
        news.warn(log, "relay.failed", error="timed out")
    assert [each["log_level"] for each in said] == ["warning", "debug", "warning", "warning"]


def test_of_a_storm_some_is_said_and_the_rest_counted() -> None:
    """Whoever debugs sees all of it."""
    now = 7.0
    some, log = Some(2, lambda: now), structlog.get_logger()
    with capture_logs() as said:
        for number in range(5):
            some.log(log.info, log.debug, "push.stored", number=number)
        now = 8.5
        some.log(log.warning, log.debug, "push.refused", number=5)
        some.log(log.info, log.debug, "push.stored", number=6)
    assert [each["log_level"] for each in said] == ["info", "info", "debug", "debug", "debug", "warning", "info"]
    assert [each.get("more") for each in said] == [*[None] * 6, 3]
