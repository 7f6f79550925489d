import httpx2
import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from handlers.running import Running
from service.wrong_settings import SettingsError
from tests.conftest import outbound
from tests.support.servers import free_port


def test_a_process_serves_its_numbers(store: Engine) -> None:
    """Its own, and those of the database; a port that is taken is told."""
    port = free_port()
    settings = outbound(metrics_port=port)
    running = Running.of(settings, store, "worker")
    running.metrics.called("release", 85052, 0.2)
    text = httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    assert 'weaudit_wechat_calls_total{endpoint="release",errcode="85052"} 1.0' in text
    assert "weaudit_database_up 1.0" in text
    assert "process_open_fds" in text
    with pytest.raises(SettingsError, match="METRICS_PORT"):
        Running.of(settings, store, "worker")


@pytest.mark.parametrize(
    ("changes", "approved"),
    [
        ({}, "released to everybody"),
        ({"on_audit_success": "hold"}, "held until a person releases it"),
        ({"on_audit_success": "gray:10", "release_window": "Mon-Fri 10:00-18:00"}, "released to 10 % of the users"),
    ],
)
def test_a_process_says_how_it_is_set_up(store: Engine, changes: dict[str, str], approved: str) -> None:
    """What is released to whom, above all; without passwords."""
    with capture_logs() as said:
        Running.of(outbound(broker_url="amqp://me:hush@b:5672//", **changes), store, "worker")
    (line,) = said
    assert str(line["approved"]).startswith(approved)
    assert "hush" not in str(line)
