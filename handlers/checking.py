"""What `weaudit check` looks at: each look tells what it found, and what a person does about it."""

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
from service.queue import connection as broker
from service.queue.refusals import BrokerRefused
from service.settings import Outbound, SettingsError
from service.simulator import events
from service.simulator.sender import Sender
from service.store import mini_programs, trial
from service.store.credentials import CredentialKind, Credentials, SecretsUnreadable
from service.store.engine import AWAY, connect, database_time, reading
from service.web import push
from service.web.app import lock

# In seconds.
CLOCKS_APART = 5.0
TICKET_IS_LATE = 1800.0


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


def passed(what: str, said: str) -> Finding:
    """Tell that all is well."""
    return Finding(State.PASSED, what, said)


def warning(what: str, said: str, next: str = "") -> Finding:
    """Tell what works now and should not stay so."""
    return Finding(State.WARNING, what, said, next)


def failed(what: str, said: str, next: str = "") -> Finding:
    """Tell what does not work."""
    return Finding(State.FAILED, what, said, next)


def look_at_everything(env_file: str, *, online: bool, notify: bool) -> Iterator[Finding]:
    """Look at one thing after another; `online` asks WeChat, `notify` sends a message to each target."""
    yield from _env_file(env_file)
    try:
        settings = all_settings.read(Outbound, env_file)
    except SettingsError as error:
        for line in str(error).splitlines()[1:] or [str(error)]:
            yield failed("settings", line.strip(), "correct it; .env.example explains each")
        return
    yield passed("settings", f"{len(all_settings.sources(env_file))} set; weaudit settings shows all")
    for look in (_push_of_our_own, _addresses, _broker):
        yield from look(settings)
    yield from _notifications(settings, notify=notify)
    yield from _database(settings, online=online)
    yield _versions()


def _env_file(env_file: str) -> Iterator[Finding]:
    path = Path(env_file).absolute()
    if path.exists():
        yield passed("env file", str(path))
    else:
        yield warning("env file", f"there is no {path}: only the environment counts", "cp .env.example .env")
    for name, like in all_settings.unknown().items():
        yield warning("environment", f"{name} is no setting" + (f"; did you mean {like}?" if like else ""))


def _push_of_our_own(settings: Outbound) -> Iterator[Finding]:
    key = aes_key(settings.wechat_encoding_aes_key.get_secret_value())
    sender = Sender("", settings.wechat_token.get_secret_value(), key, settings.wechat_component_appid)
    sealed = sender.prepare(events.audit_success("gh_check", int(time.time())), "wx0000000000000001")
    received = push.read(sealed.query, sealed.body, lock(settings), time.time(), "wx0000000000000001")
    yield passed("push", f"one of our own was sealed, opened and read: {received.message.type}")


def _addresses(settings: Outbound) -> Iterator[Finding]:
    yield passed("授权事件接收URL", "https://YOUR.HOST/callback/authorization")
    yield passed("消息与事件接收URL", "https://YOUR.HOST/callback/message/$APPID$")
    if settings.host not in ("127.0.0.1", "::1", "localhost"):
        return
    yield passed("address", f"{settings.host}:{settings.port}: what ends TLS has to be on this machine")


def _broker(settings: Outbound) -> Iterator[Finding]:
    if settings.broker_url.startswith("memory:"):
        yield passed("broker", "memory://, inside weaudit up")
        return
    try:
        broker.look(settings.broker_url, settings.broker_ca_file)
    except BrokerRefused as error:
        yield failed("broker", str(error))
    except (BrokerAway, OSError) as error:
        yield failed("broker", f"BROKER_URL: no answer: {error}", "start it, or correct BROKER_URL")
    except Exception as error:  # noqa: BLE001 each transport has errors of its own
        yield warning("broker", f"it answers; the queues are not there yet ({error})", "weaudit relay makes them")
    else:
        yield passed("broker", "it answers, and the queues are there")


def _notifications(settings: Outbound, *, notify: bool) -> Iterator[Finding]:
    urls = levels.every_url(settings)
    if not urls:
        yield warning("notifications", "nobody is told of anything", "set NOTIFY_URLS")
        return
    try:
        check_urls(settings)
    except SettingsError as error:
        yield failed("notifications", str(error))
        return
    if not notify:
        yield passed("notifications", f"{len(urls)} understood; weaudit check --notify sends a message to each")
        return
    text = Text("weaudit check", "This is a test. 这是一条测试消息。")
    for place, url in enumerate(urls, 1):
        name = f"notification {place} of {len(urls)}"
        yield passed(name, "taken") if Target(url).tell(text) else failed(name, "not taken", "look at its address")


def _database(settings: Outbound, *, online: bool) -> Iterator[Finding]:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        yield warning("database", f"there is no {Path(url.database or '').absolute()} yet", "weaudit up makes it")
        return
    engine = connect(settings.database_url)
    try:
        yield from _tables(engine, settings, online=online)
    except (SettingsError, SecretsUnreadable) as error:
        yield failed("database", str(error))
    except AWAY as error:
        yield failed("database", f"DATABASE_URL: {getattr(error, 'orig', error)}", "start it, or correct DATABASE_URL")
    except DBAPIError as error:
        yield failed("database", trial.meaning(error, trial.place(engine)))
    finally:
        engine.dispose()


def _tables(engine: Engine, settings: Outbound, *, online: bool) -> Iterator[Finding]:
    with reading(engine) as connection:
        trial.try_out(connection)
        if not trial.is_up_to_date(connection):
            yield warning(
                "database", "its tables are those of a former version", "weaudit web, worker or up changes them"
            )
            return
        trial.try_rights(connection)
        credentials = Credentials(settings.fernet_keys)
        credentials.check(connection)
        yield passed("database", f"{engine.dialect.name}, up to date")
        yield from _clock("the database", time.time() - database_time(connection))
        yield from _ticket(connection, credentials, settings.wechat_component_appid)
        known = mini_programs.authorized(connection)
    yield passed("mini programs", f"{len(known)} authorize the platform; weaudit apps lists them")
    if online:
        yield from _wechat(settings, known)


def _clock(whose: str, apart: float) -> Iterator[Finding]:
    said = f"{abs(apart):.1f} s {'ahead of' if apart > 0 else 'behind'} {whose}"
    if abs(apart) > CLOCKS_APART:
        yield warning("clock", said, "let NTP set it")
    else:
        yield passed("clock", said)


def _ticket(connection: Connection, credentials: Credentials, us: str) -> Iterator[Finding]:
    ticket = credentials.read(connection, CredentialKind.TICKET, us)
    reaches = "let WeChat reach /callback/authorization; it pushes a ticket every ten minutes"
    if ticket is None:
        yield failed("ticket", "none has come yet", reaches)
        return
    age = time.time() - ticket.issued_at
    said = f"{age / 60:.0f} minutes old"
    if (ticket.expires_at or 0.0) <= time.time():
        yield failed("ticket", said, reaches)
    elif age > TICKET_IS_LATE:
        yield warning("ticket", said, reaches)
    else:
        yield passed("ticket", said)


def _wechat(settings: Outbound, known: Sequence[str]) -> Iterator[Finding]:
    with http_client(settings.wechat_api_base) as http:
        try:
            told = parsedate_to_datetime(http.get("/").headers["date"]).timestamp()
        except (httpx2.HTTPError, KeyError, ValueError) as error:
            yield failed(
                "WeChat", f"{settings.wechat_api_base} does not answer: {error!r}", "let this machine reach it"
            )
            return
    yield from _clock("WeChat", time.time() - told)
    with open_context(settings, existing=True) as context:
        yield _asked("component token", context, context.wechat.tokens.component, "fetched, so the IP address is known")
        for appid in sorted(known):
            yield from _permissions(context, appid)


def _asked(what: str, context: Context, ask: Callable[[], object], said: str) -> Finding:
    try:
        ask()
    except WeChatError as error:
        kind = naming.name_of(error, "", context.clock()).partition(":")[0]
        address = telling.ADDRESS.search(error.text or "")
        act = KINDS[kind].act if kind in KINDS else ""
        return failed(what, f"{error}" + (f" (from {address['ip']})" if address else ""), act)
    return passed(what, said)


def _permissions(context: Context, appid: str) -> Iterator[Finding]:
    us = context.settings.wechat_component_appid
    request = AuthorizerInfoRequest(component_appid=us, authorizer_appid=appid)
    try:
        granted = context.wechat.call(authorization.api_get_authorizer_info, request).authorization_info
    except WeChatError as error:
        yield failed(appid, str(error))
        return
    if DEVELOPMENT.id not in granted.sets:
        said = f"permission set {DEVELOPMENT.id} ({DEVELOPMENT.chinese}) is missing"
        yield failed(appid, said, KINDS["permission"].act)


def _versions() -> Finding:
    names = ("starlette", "uvicorn", "kombu", "SQLAlchemy", "cryptography", "xmltodict")
    libraries = ", ".join(f"{name} {version(name)}" for name in names)
    return passed(
        "versions",
        f"weaudit {version('weaudit')}, expat {EXPAT_VERSION}, {OPENSSL_VERSION}, SQLite {sqlite_version}, {libraries}",
    )
