"""What `weaudit check` looks at: each look tells what it found, and what a person does about it."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from pyexpat import EXPAT_VERSION
from sqlite3 import sqlite_version
from ssl import OPENSSL_VERSION
from typing import NamedTuple

import httpx2
from kombu.exceptions import OperationalError as BrokerAway
from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError

from crypto.envelope import aes_key
from handlers.causes import naming, telling
from handlers.causes.kinds import KINDS
from handlers.checking_texts import NAMES, WORDS, Said
from handlers.context import Context, open_context
from handlers.notifications import levels
from handlers.notifications.notify import Target, check_urls
from handlers.notifications.wording import Text
from handlers.wechat.endpoints import authorization
from handlers.wechat.endpoints.authorization import AuthorizerInfoRequest
from handlers.wechat.errors import WeChatError
from handlers.wechat.permission_sets import DEVELOPMENT
from handlers.wechat.transport import http_client
from service import settings as all_settings
from service.env_file import language
from service.language import Language
from service.queue import connection as broker
from service.queue.refusals import BrokerRefused
from service.settings import Outbound
from service.simulator import events
from service.simulator.sender import Sender
from service.store import migrating, mini_programs, processes, trial
from service.store.connecting import connect
from service.store.credentials import CredentialKind, Credentials, SecretsUnreadable
from service.store.engine import AWAY, database_time, reading
from service.web import push
from service.web.callbacks import lock
from service.wrong_settings import SettingsError

# In seconds.
CLOCKS_APART = 5.0
TICKET_IS_LATE = 1800.0
APPID = re.compile(r"wx[0-9a-z]{16}")


class State(Enum):
    """How a look ended."""

    PASSED = "PASSED"
    WARNING = "WARNING"
    FAILED = "FAILED"


class Finding(NamedTuple):
    """What was looked at, how it stands, and what to do about it."""

    state: State
    what: str
    said: str
    next: str = ""


def passed(what: str, said: Said) -> Finding:
    """Tell that all is well."""
    return Finding(State.PASSED, what, *said)


def warning(what: str, said: Said) -> Finding:
    """Tell what works now and should not stay so."""
    return Finding(State.WARNING, what, *said)


def failed(what: str, said: Said) -> Finding:
    """Tell what does not work."""
    return Finding(State.FAILED, what, *said)


class Words:
    """What is said, in one language."""

    def __init__(self, language: Language) -> None:
        """Take the language."""
        self._language = language

    def __call__(self, key: str, **known: object) -> Said:
        """Fill in a text."""
        return Said(*(text.format(**known) for text in WORDS[key][self._language]))

    def name(self, key: str) -> str:
        """Return how something is called."""
        return NAMES[self._language][key]


def look_at_everything(env_file: str, *, online: bool, notify: bool) -> Iterator[Finding]:
    """Look at one thing after another; `online` asks WeChat, `notify` sends a message to each target."""
    try:
        settings = all_settings.read(Outbound, env_file)
    except SettingsError as error:
        spoken = language(env_file)
        say = Words(spoken)
        yield from _env_file(env_file, say)
        told = error.says(spoken)
        for line in told.splitlines()[1:] or [told]:
            yield failed("settings", say("setting", fault=line.strip()))
        return
    say = Words(settings.weaudit_language)
    yield from _env_file(env_file, say)
    yield passed("settings", say("settings", number=len(all_settings.sources(env_file))))
    if not APPID.fullmatch(settings.wechat_component_appid):
        yield warning("appid", say("no_appid", length=len(settings.wechat_component_appid)))
    for look in (_push_of_our_own, _addresses, _broker):
        yield from look(settings, say)
    yield from _notifications(settings, say, notify=notify)
    yield from _database(settings, say, online=online)
    yield _versions()


def _env_file(env_file: str, say: Words) -> Iterator[Finding]:
    path = Path(env_file).absolute()
    if path.exists():
        yield passed("env file", Said(str(path)))
    else:
        yield warning("env file", say("no_env_file", path=path))
    for name, like in all_settings.unknown().items():
        yield warning("environment", say("like" if like else "unknown", name=name, like=like))


def _push_of_our_own(settings: Outbound, say: Words) -> Iterator[Finding]:
    key = aes_key(settings.wechat_encoding_aes_key.get_secret_value())
    sender = Sender("", settings.wechat_token.get_secret_value(), key, settings.wechat_component_appid)
    sealed = sender.prepare(events.audit_success("gh_check", int(time.time())), "wx0000000000000001")
    received = push.read(sealed.query, sealed.body, lock(settings), time.time(), "wx0000000000000001")
    yield passed("push", say("push", kind=received.message.type))


def _addresses(settings: Outbound, say: Words) -> Iterator[Finding]:
    yield passed("授权事件接收URL", Said("https://YOUR.HOST/callback/authorization"))
    yield passed("消息与事件接收URL", Said("https://YOUR.HOST/callback/message/$APPID$"))
    if settings.host not in ("127.0.0.1", "::1", "localhost"):
        return
    yield passed("address", say("here", where=f"{settings.host}:{settings.port}"))


def _broker(settings: Outbound, say: Words) -> Iterator[Finding]:
    if settings.broker_url.startswith("memory:"):
        yield passed("broker", say("memory"))
        return
    try:
        broker.look(settings.broker_url, settings.broker_ca_file)
    except BrokerRefused as error:
        yield failed("broker", Said(error.says(settings.weaudit_language)))
    except (BrokerAway, OSError) as error:
        yield failed("broker", say("broker_away", error=error))
    except Exception as error:  # noqa: BLE001 each transport has errors of its own
        yield warning("broker", say("no_queues", error=error))
    else:
        yield passed("broker", say("broker"))


def _notifications(settings: Outbound, say: Words, *, notify: bool) -> Iterator[Finding]:
    urls = levels.every_url(settings)
    if not urls:
        yield warning("notifications", say("nobody"))
        return
    try:
        check_urls(settings)
    except SettingsError as error:
        yield failed("notifications", Said(error.says(settings.weaudit_language)))
        return
    if not notify:
        yield passed("notifications", say("targets", number=len(urls)))
        return
    text = Text("weaudit check", "This is a test. 这是一条测试消息。")
    for place, url in enumerate(urls, 1):
        name = f"notification {place} of {len(urls)}"
        yield passed(name, say("taken")) if Target(url).tell(text) else failed(name, say("not_taken"))


def _database(settings: Outbound, say: Words, *, online: bool) -> Iterator[Finding]:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        yield warning("database", say("no_database", path=Path(url.database or "").absolute()))
        return
    engine = connect(settings.database_url)
    try:
        yield from _tables(engine, settings, say, online=online)
    except (SettingsError, SecretsUnreadable) as error:
        yield failed("database", Said(error.says(settings.weaudit_language)))
    except AWAY as error:
        yield failed("database", say("database_away", error=getattr(error, "orig", error)))
    except DBAPIError as error:
        yield failed("database", Said(trial.meaning(error, trial.place(engine)).says(settings.weaudit_language)))
    finally:
        engine.dispose()


def _tables(engine: Engine, settings: Outbound, say: Words, *, online: bool) -> Iterator[Finding]:
    with reading(engine) as connection:
        trial.try_out(connection)
        if not migrating.is_up_to_date(connection):
            yield warning("database", say("old_tables"))
            return
        trial.try_rights(connection)
        credentials = Credentials(settings.fernet_keys)
        credentials.check(connection)
        yield passed("database", say("database", kind=engine.dialect.name))
        yield _clock("database", time.time() - database_time(connection), say)
        yield _ticket(connection, credentials, settings.wechat_component_appid, say)
        for each in processes.every(connection):
            if each.note:
                yield warning("address", say("address", note=each.note))
        known = mini_programs.authorized(connection)
    yield passed("mini programs", say("apps", number=len(known)))
    if online:
        yield from _wechat(settings, known, say)


def _clock(whose: str, apart: float, say: Words) -> Finding:
    side = say.name("ahead" if apart > 0 else "behind")
    told = {"seconds": f"{abs(apart):.1f}", "side": side, "whose": say.name(whose)}
    if abs(apart) > CLOCKS_APART:
        return warning("clock", say("clock_apart", **told))
    return passed("clock", say("clock", **told))


def _ticket(connection: Connection, credentials: Credentials, us: str, say: Words) -> Finding:
    ticket = credentials.read(connection, CredentialKind.TICKET, us)
    if ticket is None:
        return failed("ticket", say("no_ticket"))
    age = time.time() - ticket.issued_at
    minutes = f"{age / 60:.0f}"
    if (ticket.expires_at or 0.0) <= time.time():
        return failed("ticket", say("ticket_late", minutes=minutes))
    if age > TICKET_IS_LATE:
        return warning("ticket", say("ticket_late", minutes=minutes))
    return passed("ticket", say("ticket", minutes=minutes))


def _wechat(settings: Outbound, known: Sequence[str], say: Words) -> Iterator[Finding]:
    with http_client(settings.wechat_api_base) as http:
        try:
            told = parsedate_to_datetime(http.get("/").headers["date"]).timestamp()
        except (httpx2.HTTPError, KeyError, ValueError) as error:
            yield failed("WeChat", say("wechat_away", base=settings.wechat_api_base, error=repr(error)))
            return
    yield _clock("wechat", time.time() - told, say)
    with open_context(settings, existing=True) as context:
        yield _asked("component token", context, context.wechat.tokens.component, say("token"))
        for appid in sorted(known):
            yield from _permissions(context, appid, say)


def _asked(what: str, context: Context, ask: Callable[[], object], said: Said) -> Finding:
    try:
        ask()
    except WeChatError as error:
        kind = naming.name_of(error, "", context.clock()).partition(":")[0]
        address = telling.ADDRESS.search(error.text or "")
        whence = f" (from {address['ip']})" if address else ""
        return failed(what, Said(f"{error}{whence}", _act(kind, context)))
    return passed(what, said)


def _act(kind: str, context: Context) -> str:
    if kind not in KINDS:
        return ""
    return KINDS[kind].act_chinese if context.settings.weaudit_language == "zh" else KINDS[kind].act


def _permissions(context: Context, appid: str, say: Words) -> Iterator[Finding]:
    us = context.settings.wechat_component_appid
    request = AuthorizerInfoRequest(component_appid=us, authorizer_appid=appid)
    try:
        granted = context.wechat.call(authorization.api_get_authorizer_info, request).authorization_info
    except WeChatError as error:
        yield failed(appid, Said(str(error)))
        return
    if DEVELOPMENT.id not in granted.sets:
        act = _act("permission", context)
        yield failed(appid, say("no_permission", id=DEVELOPMENT.id, chinese=DEVELOPMENT.chinese, act=act))


def _versions() -> Finding:
    names = ("starlette", "uvicorn", "kombu", "SQLAlchemy", "cryptography", "xmltodict")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    ours = f"weaudit {version('weaudit')}, expat {EXPAT_VERSION}, {OPENSSL_VERSION}, SQLite {sqlite_version}"
    return passed("versions", Said(f"{ours}, {libraries}"))
