"""The reaction that tells people: one message to each Apprise URL in NOTIFY_URLS, of all there is to tell."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from apprise import Apprise, AppriseAsset
from sqlalchemy import Connection

from handlers.answers import Answer, Done, Skipped, Wait
from handlers.context import Context
from handlers.notifications import levels, screenshots, texts
from handlers.notifications.wording import About, Text, shortened
from handlers.reviews.policy import against_resubmission, next_opening, policy_of
from handlers.reviews.spoken_of import spoken_of, verdict_of
from handlers.wechat.errors import TryLater
from service.events.from_weaudit import Blocked, GaveUp, PutOff
from service.events.from_wechat import AuditFail, AuditSuccess
from service.events.message import Message, decode_loosely
from service.settings import Outbound
from service.store import attempts, causes, kept, leases, mini_programs, notified, reviews
from service.store.attempts import AttemptState
from service.store.engine import reading
from service.store.reviews import Review, State
from service.wrong_settings import SettingsError

log = structlog.get_logger(__name__)

OURS = "weaudit.notify"
LOOKS = ("weaudit.release", "weaudit.resubmit")
# What is looked at for one message; what does not fit into it comes with the next.
MOST_IN_ONE = 200
BYTES_OF_A_CHARACTER = 3
LONGEST_TEXT = 20_000
# In seconds: so long is waited until it is known which review a verdict is of; then people are told without.
UNCLEAR, SOON = 60.0, 0.5
ASSET = AppriseAsset(app_id="weaudit", app_desc="weaudit", app_url="", async_mode=False)


class Target:
    """One Apprise URL."""

    def __init__(self, url: str) -> None:
        """Take the URL."""
        self._apprise = Apprise(asset=ASSET)
        self._apprise.add(url)

    @property
    def longest(self) -> int:
        """Return how many characters one message may have, its title too; Chinese ones count three bytes each."""
        lengths = [plugin.body_maxlen for plugin in self._apprise]
        return min(lengths, default=LONGEST_TEXT) // BYTES_OF_A_CHARACTER

    def tell(self, text: Text) -> bool:
        """Send a text; one that is longer than the target takes is cut before what people must do."""
        return bool(self._apprise.notify(title=text.title, body=self.fitted(text)))

    def fitted(self, text: Text) -> str:
        """Return as much of a body as the target takes together with its title."""
        return shortened(text.body, max(0, self.longest - len(text.title) - 1), text.stays)

    def show(self, pictures: Sequence[Path]) -> None:
        """Send pictures after the text, as well as it goes: a target that takes none has been told all the same."""
        if pictures and any(plugin.attachment_support for plugin in self._apprise):
            self._apprise.notify(body="", attach=[str(picture) for picture in pictures])


def check_urls(settings: Outbound) -> None:
    """Check that Apprise understands every URL of NOTIFY_URLS, NOTIFY_URLS_ACTION and NOTIFY_URLS_ALARM.

    Raises SettingsError, which names the place of each that it does not, and not the URL: it may hold a secret.
    """
    urls = levels.every_url(settings)
    wrong = [str(place) for place, url in enumerate(urls, 1) if Apprise.instantiate(url, asset=ASSET) is None]
    if wrong:
        raise SettingsError(
            "NOTIFY_URLS (and _ACTION, _ALARM): number {places} of {number} is no Apprise URL "
            "(https://github.com/caronc/apprise/wiki)",
            places=", ".join(wrong),
            number=len(urls),
        )


def notify(context: Context, message: Message) -> Answer:
    """Notify people of a message, together with whatever else they are to be told of by now.

    Each target is told once, of a verdict whichever way it came: one that fails neither keeps the others from being
    told nor lets them be told again. After people were told, others wait for NOTIFY_GATHER seconds and are then told in
    one message. Raises TryLater when a target could not be told.
    """
    settings = context.settings
    if reason := _not_to_tell(context, message):
        return Skipped(reason)
    with reading(context.engine) as connection:
        now = context.now(connection)
        news = _News.of(connection, message)
        known = news.told(connection)
    if news.is_unclear(now):
        return Wait(now + SOON, "WeChat is being asked which review it is")
    targets = _targets(context, message)
    if targets.keys() <= known:
        return Done("told together with others, or when WeChat was asked for it")
    if not settings.notify_gather:
        return _tell_alone(context, news, now)
    if lease := context.heartbeat.try_to_take(OURS, longest_rest=settings.notify_gather):
        try:
            return _tell_all(context, [news, *_others(context, message)])
        finally:
            context.heartbeat.end(lease, rest=settings.notify_gather)
    if notified.TRIED in known:
        # This one counts: a target that cannot be told for half a day is given up.
        failing = [url for name, url in targets.items() if name not in known]
        raise TryLater("notify", f"not told yet, and tried again: {_hosts(failing)}")
    with reading(context.engine) as connection:
        ends = leases.ends(connection, OURS)
    return Wait(
        min(max(ends, now + SOON), now + settings.notify_gather),
        "people were just told something; told together with what comes meanwhile",
    )


def _tell_alone(context: Context, news: "_News", now: float) -> Answer:
    """Notify of one thing, one at a time of a mini program: two messages of one verdict may come together."""
    lease = context.heartbeat.try_to_take(f"notify: {news.message.subject}")
    if lease is None:
        return Wait(now + SOON, "people are just being told something else of this mini program")
    try:
        return _tell_all(context, [news])
    finally:
        context.heartbeat.end(lease)


class _News(NamedTuple):
    """A message that people are to be told of, under the name by which it is known who was told."""

    message: Message
    what: str
    review: Review | None
    verdict: State | None
    came_at: float

    @classmethod
    def of(cls, connection: Connection, message: Message) -> "_News":
        verdict, review = verdict_of(message), spoken_of(connection, message)
        found = kept.find(connection, message.id)
        what = notified.of_verdict(review, verdict) if review and verdict else message.id
        news = cls(message, what, review, verdict, found[1] if found else 0.0, is_sure=True)
        # Told of that review before, so this may be the verdict of a later one, of which there is no row yet.
        return news._replace(is_sure=not news.told(connection) or _is_looked_at(connection, message))

    is_sure: bool

    def is_unclear(self, now: float) -> bool:
        """Return whether it is a verdict of which the review is not known yet, and may be soon."""
        is_known = self.review is not None and self.is_sure
        return self.verdict is not None and not is_known and now < self.came_at + UNCLEAR

    def told(self, connection: Connection) -> frozenset[str]:
        """Return who was told of it, also when it was not known which review it was."""
        known = notified.who(connection, [self.what])[self.what]
        if self.verdict and self.review:
            known |= notified.who_without_review(connection, self.review, self.message.type)
        return known


def _is_looked_at(connection: Connection, message: Message) -> bool:
    """Return whether WeChat was asked because of a verdict, so that its review, whoever submitted it, has a row."""
    looks = [attempts.state_of(connection, message.id, queue) for queue in LOOKS]
    return not {AttemptState.WAITING, AttemptState.RUNNING} & set(looks)


def _not_to_tell(context: Context, message: Message) -> str:
    """Return why people need not be told of a message; empty if they do."""
    if isinstance(message.data, GaveUp) and message.data.queue == OURS:
        return "that a notification failed cannot be told by a notification"
    if not levels.every_url(context.settings):
        return "NOTIFY_URLS is not set"
    if _text(context, message) is None:
        return "nothing that people need to be told: the release will be"
    return "" if _targets(context, message) else "NOTIFY_URLS is not set, and only graver things are told"


def _others(context: Context, message: Message) -> Sequence[_News]:
    """Return what else people are to be told of, each verdict once."""
    with reading(context.engine) as connection:
        now = context.now(connection)
        bodies = notified.waiting(connection, OURS, limit=MOST_IN_ONE)
        waiting = [other for other, _ in map(decode_loosely, bodies) if other.id != message.id]
        news = {each.what: each for each in (_News.of(connection, other) for other in waiting)}
        news.pop(_News.of(connection, message).what, None)
    return [each for each in news.values() if not each.is_unclear(now) and not _not_to_tell(context, each.message)]


def _tell_all(context: Context, news: Sequence[_News]) -> Answer:
    """Notify each target of what it was not told yet; the first of the news is the one that is reacted to."""
    with reading(context.engine) as connection:
        known = {each.what: each.told(connection) for each in news}
    written = [(each, text) for each in news if (text := _text(context, each.message))]
    whom = {each.what: _targets(context, each.message) for each, _ in written}
    failed, rest = [], False
    tried: set[str] = set()
    with TemporaryDirectory(prefix="weaudit-") as folder:
        pictures = screenshots.Pictures(context, Path(folder))
        for name, url in {name: url for those in whom.values() for name, url in those.items()}.items():
            target = Target(url)
            wanted = [(each, text) for each, text in written if name in whom[each.what]]
            untold = [(each, text) for each, text in wanted if name not in known[each.what]]
            taken = texts.that_fit([text for _, text in untold], target.longest)
            if not untold:
                continue
            just_told = [each for each, _ in untold[: len(taken)]]
            if not target.tell(texts.gather(taken, context.settings.notify_language)):
                failed.append(url)
                context.metrics.notified.labels("failed").inc()
                tried.update(each.what for each in just_told)
                continue
            context.metrics.notified.labels("told").inc()
            _keep(context, [each.what for each in just_told], name)
            rest = rest or len(taken) < len(untold)
            target.show(pictures.of(each.message for each in just_told))
    if failed:
        log.warning("notify.failed", targets=_hosts(failed))
        _keep(context, tried, notified.TRIED)
        raise TryLater("notify", f"not told, and tried again: {_hosts(failed)}")
    also = f", with {len(written) - 1} more" if len(written) > 1 else ""
    return Done(f"told {_hosts(list(whom[news[0].what].values()))}{also}{', the rest later' if rest else ''}")


def _keep(context: Context, what: Iterable[str], target: str) -> None:
    with context.engine.begin() as connection:
        notified.keep(connection, what, target, now=context.now(connection))


def _targets(context: Context, message: Message) -> Mapping[str, str]:
    return levels.targets(context.settings, levels.level_of(message.data, _about(context, message)))


def _text(context: Context, message: Message) -> Text | None:
    return texts.compose(message.data, _about(context, message), context.settings.notify_language)


def _about(context: Context, message: Message) -> About:
    settings, data = context.settings, message.data
    with reading(context.engine) as connection:
        now = context.now(connection)
        mini_program = mini_programs.find(connection, message.subject)
        review = spoken_of(connection, message)
        superseded = review is not None and reviews.is_superseded(connection, review)
        is_ordered = review is not None and (review.ordered or review.again)
        is_paused = not is_ordered and causes.pause_of(connection, message.subject) is not None
    opens = next_opening(settings.release_window, settings.timezone, now)
    releases = settings.on_audit_success.action != "hold" and not is_paused
    is_held_by_window = isinstance(data, AuditSuccess) and releases and opens > now
    until = data.until if isinstance(data, PutOff | Blocked) else opens if is_held_by_window else None
    against = "weaudit did not submit it"
    if review and review.request and isinstance(data, AuditFail):
        against = against_resubmission(policy_of(settings), data.reason, review.round)
    return About(
        app=mini_program.title if mini_program else message.subject,
        appid=message.subject,
        version=review.user_version if review else "",
        auditid=review.auditid if review else None,
        releases=releases,
        resubmits=not against and not is_paused,
        paused=is_paused,
        waits_until=f"{datetime.fromtimestamp(until, settings.timezone):%Y-%m-%d %H:%M}" if until else "",
        superseded=superseded,
    )


def _hosts(urls: Sequence[str]) -> str:
    """Name targets by scheme and host; the rest of an Apprise URL is often a secret, the host of some too."""
    parts = [urlsplit(url) for url in urls]
    return ", ".join(f"{part.scheme}://{part.hostname if '.' in (part.hostname or '') else '…'}" for part in parts)
