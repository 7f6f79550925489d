"""The reaction that tells people: one message to each Apprise URL in NOTIFY_URLS, of all there is to tell."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import structlog
from apprise import Apprise, AppriseAsset

from handlers import reconcile, screenshots, texts
from handlers.context import Answer, Context, Done, Skipped, Wait
from handlers.texts import About, Text
from handlers.wechat.errors import TryLater
from service import apps, messages, submissions, told, turns
from service.database import reading
from service.kinds import GaveUp
from service.messages import Message
from service.settings import Outbound, SettingsError

log = structlog.get_logger(__name__)

OURS = "weaudit.notify"
MOST_IN_ONE = 20
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
    """Tell people about a message, together with whatever else they are to be told of by now.

    Each target is told once: one that fails neither keeps the others from being told nor lets them be told again. After
    people were told, others wait for NOTIFY_GATHER seconds and are then told in one message.
    Raises TryLater when a target could not be told.
    """
    settings = context.settings
    if reason := _not_to_tell(context, message):
        return Skipped(reason)
    targets = {told.name(url.get_secret_value()): url.get_secret_value() for url in settings.notify_urls}
    with reading(context.engine) as connection:
        known = told.who(connection, [message.id])[message.id]
    if targets.keys() <= known:
        return Done("told together with others")
    if not settings.notify_gather:
        return _tell_all(context, [message], targets)
    now = context.clock()
    if turns.try_to_take(context.engine, OURS, now=now, seconds=settings.notify_gather):
        return _tell_all(context, [message, *_others(context, message)], targets)
    with reading(context.engine) as connection:
        until = turns.ends(connection, OURS, otherwise=now + 1)
    return Wait(until, "people were just told something; told together with what comes meanwhile")


def _not_to_tell(context: Context, message: Message) -> str:
    """Give why people need not be told of a message; empty if they do."""
    if isinstance(message.data, GaveUp) and message.data.queue == OURS:
        return "that a notification failed cannot be told by a notification"
    if not context.settings.notify_urls:
        return "NOTIFY_URLS is not set"
    if _text(context, message) is None:
        return "nothing that people need to be told: the release will be"
    with reading(context.engine) as connection:
        if reconcile.told_already(connection, message):
            return "people were told of this verdict when WeChat was asked for it"
    return ""


def _others(context: Context, message: Message) -> Sequence[Message]:
    """Give what else people are to be told of."""
    with reading(context.engine) as connection:
        bodies = told.waiting(connection, OURS, limit=MOST_IN_ONE)
    waiting = [other for other, _ in map(messages.decode_loosely, bodies)]
    return [other for other in waiting if other.id != message.id and not _not_to_tell(context, other)]


def _tell_all(context: Context, news: Sequence[Message], targets: Mapping[str, str]) -> Answer:
    with reading(context.engine) as connection:
        known = told.who(connection, [each.id for each in news])
    failed = []
    with TemporaryDirectory(prefix="weaudit-") as folder:
        pictures = screenshots.fetch(context, news, Path(folder))
        for name, url in targets.items():
            untold = [each for each in news if name not in known[each.id]]
            if not untold:
                continue
            written = [text for each in untold if (text := _text(context, each))]
            if not _tell(url, texts.gather(written, context.settings.notify_language), pictures):
                failed.append(url)
                continue
            with context.engine.begin() as connection:
                told.keep(connection, [each.id for each in untold], name, now=context.clock())
    if failed:
        log.warning("notify.failed", targets=_hosts(failed))
        raise TryLater("notify", f"not told, and tried again: {_hosts(failed)}")
    also = f", with {len(news) - 1} more" if len(news) > 1 else ""
    return Done(f"told {_hosts(list(targets.values()))}{also}")


def _text(context: Context, message: Message) -> Text | None:
    return texts.compose(message.data, _about(context, message), context.settings.notify_language)


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


def _tell(url: str, text: Text, pictures: Sequence[Path]) -> bool:
    target = Apprise(asset=ASSET)
    attach = [str(picture) for picture in pictures] or None
    return bool(target.add(url) and target.notify(title=text.title, body=text.body, attach=attach))


def _hosts(urls: Sequence[str]) -> str:
    """Name targets by scheme and host; the rest of an Apprise URL is often a secret, the host of some too."""
    parts = [urlsplit(url) for url in urls]
    return ", ".join(f"{part.scheme}://{part.hostname if '.' in (part.hostname or '') else '…'}" for part in parts)
