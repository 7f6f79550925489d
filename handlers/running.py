"""What people see of a process that runs: how it is set up, its numbers, and the pulses of its parts."""

from collections.abc import Mapping
from typing import NamedTuple, Self

import structlog
from sqlalchemy import Engine, make_url

from service.logs import URL_PASSWORDS
from service.metrics import Metrics
from service.pulse import Pulse
from service.settings import Inbound, Outbound
from service.store.measured import StoreMetrics
from service.wrong_settings import SettingsError

log = structlog.get_logger(__name__)


class Running(NamedTuple):
    """What people see of this process: its numbers, and the pulses of its parts."""

    metrics: Metrics
    pulses: Mapping[str, Pulse]

    @classmethod
    def of(cls, settings: Inbound, engine: Engine, *parts: str) -> Self:
        """Make them, say at the start how all is set up, and serve the numbers if METRICS_PORT is set.

        Raises SettingsError.
        """
        running = cls(Metrics(), {part: Pulse() for part in parts})
        log.info("process.started", parts=parts, **summary(settings))
        if settings.metrics_port:
            running.metrics.registry.register(StoreMetrics(engine, settings.wechat_component_appid))
            try:
                running.metrics.serve(settings.metrics_host, settings.metrics_port)
            except (OSError, OverflowError) as error:
                where = f"{settings.metrics_host}:{settings.metrics_port}"
                raise SettingsError(
                    "METRICS_HOST and METRICS_PORT: cannot listen on {where}: {error}", where=where, error=error
                ) from None
        return running


def summary(settings: Inbound) -> Mapping[str, object]:
    """Say in few words how a process is set up: above all what is released to whom, and who is told."""
    known: dict[str, object] = {
        "database": make_url(settings.database_url).render_as_string(hide_password=True),
        "broker": URL_PASSWORDS.sub(r"\g<scheme>***@", settings.broker_url),
        "callbacks": "/callback/authorization, /callback/message/$APPID$",
    }
    if isinstance(settings, Outbound):
        window = f" within {settings.release_window}" if settings.release_window else ""
        success = {"release": "released to everybody", "hold": "held until a person releases it"}
        percent = f"released to {settings.on_audit_success.percent} % of the users"
        known["approved"] = success.get(settings.on_audit_success.action, percent) + window
        known["rejected"] = (
            f"submitted again up to {settings.resubmit_limit} times"
            if settings.on_audit_fail == "resubmit"
            else "held until a person submits again"
        )
        known["people_told"] = len({*settings.notify_urls, *settings.notify_urls_action, *settings.notify_urls_alarm})
    return known
