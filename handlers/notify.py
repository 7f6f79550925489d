"""The reaction that tells people: one text to each of the Apprise URLs in NOTIFY_URLS."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog
from apprise import Apprise, AppriseAsset

from handlers import texts
from handlers.context import Answer, Context, Done, Skipped
from handlers.texts import About
from handlers.wechat.errors import TryLater
from service import apps, submissions
from service.database import reading
from service.kinds import GaveUp
from service.messages import Message
from service.settings import Outbound, SettingsError

log = structlog.get_logger(__name__)

OURS = "weaudit.notify"
ASSET = AppriseAsset(app_id="weaudit", app_desc="weaudit", app_url="", async_mode=False)


def check_urls(settings: Outbound) -> None:
    """Check that Apprise understands every URL of NOTIFY_URLS.

    Raises SettingsError, which names the place of each that it does not, and not the URL: it may hold a secret.
    """
    urls = [url.get_secret_value() for url in settings.notify_urls]
    wrong = [str(place) for place, url in enumerate(urls, 1) if Apprise.instantiate(url, asset=ASSET) is None]
    if wrong:
        raise SettingsError(
            f"NOTIFY_URLS: number {', '.join(wrong)} of {len(urls)} is no Apprise URL "
            "(https://github.com/caronc/apprise/wiki)"
        )


def notify(context: Context, message: Message) -> Answer:
    """Tell people about a message. One target that fails does not keep the others from being told.

    Raises TryLater when no target could be told.
    """
    settings, data = context.settings, message.data
    if isinstance(data, GaveUp) and data.queue == OURS:
        return Skipped("that a notification failed cannot be told by a notification")
    if not settings.notify_urls:
        return Skipped("NOTIFY_URLS is not set")
    text = texts.compose(data, _about(context, message), settings.notify_language)
    if text is None:
        return Skipped("nothing that people need to be told: the release will be")
    urls = [url.get_secret_value() for url in settings.notify_urls]
    failed = [url for url in urls if not _tell(url, text)]
    if failed:
        log.warning("notify.failed", targets=_hosts(failed))
    if len(failed) == len(urls):
        raise TryLater("notify", f"no target took the notification: {_hosts(failed)}")
    told = f"told {_hosts([url for url in urls if url not in failed])}"
    return Done(f"{told}; not told: {_hosts(failed)}" if failed else told)


def _about(context: Context, message: Message) -> About:
    with reading(context.engine) as connection:
        app = apps.find(connection, message.subject)
        newest = submissions.newest(connection, message.subject)
    told_at = getattr(message.data, "create_time", None) or 0
    # A push names no version: it is that of the review that is pending, or was decided just then.
    is_its = newest is not None and (newest.is_pending or newest.changed_at >= told_at)
    return About(
        app=app.title if app else message.subject,
        version=newest.user_version if newest and is_its else "",
        releases=context.settings.on_audit_success.action != "hold",
        resubmits=context.settings.on_audit_fail == "resubmit",
    )


def _tell(url: str, text: texts.Text) -> bool:
    target = Apprise(asset=ASSET)
    return bool(target.add(url) and target.notify(title=text.title, body=text.body))


def _hosts(urls: Sequence[str]) -> str:
    """Name targets by scheme and host; the rest of an Apprise URL is often a secret, the host of some too."""
    parts = [urlsplit(url) for url in urls]
    return ", ".join(f"{part.scheme}://{part.hostname if '.' in (part.hostname or '') else '…'}" for part in parts)
