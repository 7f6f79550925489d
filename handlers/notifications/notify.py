"""The reaction that tells people: one message to each Apprise URL in NOTIFY_URLS, of all there is to tell."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import structlog
from apprise import Apprise, AppriseAsset

from handlers.context import Answer, Context, Done, Skipped, Wait
from handlers.notifications import screenshots, texts
from handlers.notifications.texts import About, Text
from handlers.reviews import latest as audits
from handlers.reviews import policy, reconcile, resubmit
from handlers.wechat.errors import TryLater
from service.events.from_weaudit import GaveUp, PutOff
from service.events.from_wechat import AuditSuccess
from service.events.message import Message, decode_loosely
from service.settings import Outbound, SettingsError
from service.store import leases, mini_programs, notified
from service.store.engine import reading

log = structlog.get_logger(__name__)

OURS = "weaudit.notify"
# What is looked at for one message; what does not fit into it comes with the next.
MOST_IN_ONE = 200
BYTES_OF_A_CHARACTER = 3
LONGEST_TEXT = 20_000
ASSET = AppriseAsset(app_id="weaudit", app_desc="weaudit", app_url="", async_mode=False)


class Target:
    """One Apprise URL."""

    def __init__(self, url: str) -> None:
        """Take the URL."""
        self._apprise = Apprise(asset=ASSET)
        self._apprise.add(url)

    @property
    def longest(self) -> int:
        """Give how many characters one message may have; Chinese ones count three bytes each."""
        lengths = [plugin.body_maxlen for plugin in self._apprise]
        return min(lengths, default=LONGEST_TEXT) // BYTES_OF_A_CHARACTER

    def tell(self, text: Text) -> bool:
        """Send a text; one that is longer than the target takes is cut."""
        body = text.body if len(text.body) <= self.longest else f"{text.body[: self.longest - 1]}…"
        return bool(self._apprise.notify(title=text.title, body=body))

    def show(self, pictures: Sequence[Path]) -> None:
        """Send pictures after the text, as well as it goes: a target that takes none has been told all the same."""
        if pictures and any(plugin.attachment_support for plugin in self._apprise):
            self._apprise.notify(body="", attach=[str(picture) for picture in pictures])


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
    if reconcile.told_already(context, message):
        return Skipped("people were told of this verdict when WeChat was asked for it")
    targets = {notified.name(url.get_secret_value()): url.get_secret_value() for url in settings.notify_urls}
    with reading(context.engine) as connection:
        known = notified.who(connection, [message.id])[message.id]
    if targets.keys() <= known:
        return Done("told together with others")
    if not settings.notify_gather:
        return _tell_all(context, [message], targets)
    if lease := context.heartbeat.try_to_take(OURS, longest_rest=settings.notify_gather):
        try:
            return _tell_all(context, [message, *_others(context, message)], targets)
        finally:
            context.heartbeat.end(lease, rest=settings.notify_gather)
    if notified.TRIED in known:
        # This one counts: a target that cannot be told for half a day is given up.
        failing = [url for name, url in targets.items() if name not in known]
        raise TryLater("notify", f"not told yet, and tried again: {_hosts(failing)}")
    with reading(context.engine) as connection:
        now, ends = context.now(connection), leases.ends(connection, OURS)
    return Wait(
        min(max(ends, now + 1), now + settings.notify_gather),
        "people were just told something; told together with what comes meanwhile",
    )


def _not_to_tell(context: Context, message: Message) -> str:
    """Give why people need not be told of a message; empty if they do."""
    if isinstance(message.data, GaveUp) and message.data.queue == OURS:
        return "that a notification failed cannot be told by a notification"
    if not context.settings.notify_urls:
        return "NOTIFY_URLS is not set"
    if _text(context, message) is None:
        return "nothing that people need to be told: the release will be"
    return ""


def _others(context: Context, message: Message) -> Sequence[Message]:
    """Give what else people are to be told of; of what may be a repetition, its own reaction asks WeChat."""
    with reading(context.engine) as connection:
        bodies = notified.waiting(connection, OURS, limit=MOST_IN_ONE)
        waiting = [other for other, _ in map(decode_loosely, bodies) if other.id != message.id]
        sure = [other for other in waiting if not reconcile.asked_before(connection, other)]
    return [other for other in sure if not _not_to_tell(context, other)]


def _tell_all(context: Context, news: Sequence[Message], targets: Mapping[str, str]) -> Answer:
    """Tell each target what it was not told yet; the first of the news is the one that is reacted to."""
    with reading(context.engine) as connection:
        known = notified.who(connection, [each.id for each in news])
    written = [(each, text) for each in news if (text := _text(context, each))]
    failed, rest = [], False
    tried: set[str] = set()
    with TemporaryDirectory(prefix="weaudit-") as folder:
        pictures = screenshots.Pictures(context, Path(folder))
        for name, url in targets.items():
            target = Target(url)
            untold = [(each, text) for each, text in written if name not in known[each.id]]
            taken = texts.that_fit([text for _, text in untold], target.longest)
            if not untold:
                continue
            just_told = [each for each, _ in untold[: len(taken)]]
            if not target.tell(texts.gather(taken, context.settings.notify_language)):
                failed.append(url)
                tried.update(each.id for each in just_told)
                continue
            with context.engine.begin() as connection:
                notified.keep(connection, [each.id for each in just_told], name, now=context.clock())
            rest = rest or len(taken) < len(untold)
            target.show(pictures.of(just_told))
    if failed:
        log.warning("notify.failed", targets=_hosts(failed))
        with context.engine.begin() as connection:
            notified.keep(connection, tried, notified.TRIED, now=context.clock())
        raise TryLater("notify", f"not told, and tried again: {_hosts(failed)}")
    also = f", with {len(written) - 1} more" if len(written) > 1 else ""
    return Done(f"told {_hosts(list(targets.values()))}{also}{', the rest later' if rest else ''}")


def _text(context: Context, message: Message) -> Text | None:
    return texts.compose(message.data, _about(context, message), context.settings.notify_language)


def _about(context: Context, message: Message) -> About:
    with reading(context.engine) as connection:
        app = mini_programs.find(connection, message.subject)
        review = audits.spoken_of(connection, message)
        superseded = review is not None and audits.is_superseded(connection, review)
    told_at = getattr(message.data, "create_time", None) or 0
    # A push names no version: it is that of the review that is pending, or was decided just then.
    is_its = review is not None and (review.is_pending or review.changed_at >= told_at)
    settings, until = context.settings, _waits_until(context, message)
    return About(
        app=app.title if app else message.subject,
        version=review.user_version if review and is_its else "",
        releases=settings.on_audit_success.action != "hold",
        resubmits=resubmit.will_resubmit(context, message, review),
        waits_until=f"{datetime.fromtimestamp(until, settings.timezone):%Y-%m-%d %H:%M}" if until else "",
        superseded=superseded,
    )


def _waits_until(context: Context, message: Message) -> float | None:
    """Give until when the reaction waits that people are told of; None if it does not."""
    settings, now = context.settings, context.clock()
    if isinstance(message.data, PutOff):
        return message.data.until
    if isinstance(message.data, AuditSuccess) and settings.on_audit_success.action != "hold":
        opens = policy.next_opening(settings.release_window, settings.timezone, now)
        return opens if opens > now else None
    return None


def _hosts(urls: Sequence[str]) -> str:
    """Name targets by scheme and host; the rest of an Apprise URL is often a secret, the host of some too."""
    parts = [urlsplit(url) for url in urls]
    return ", ".join(f"{part.scheme}://{part.hostname if '.' in (part.hostname or '') else '…'}" for part in parts)
