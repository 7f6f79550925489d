"""The only reader of the environment: everything ops can choose, checked once and frozen."""

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from kombu.utils.url import url_to_parts
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from crypto.envelope import aes_key
from crypto.errors import BadKey
from service import env_file as env_files
from service import secrets_key
from service.choices import SuccessAction, Urls, Window, parse_verdict, parse_window
from service.env_file import QUOTES, EnvFile, Unreadable
from service.language import Language, language_of_the_locale
from service.wrong_settings import SettingsError, said

HASHED = r"scrypt:1[0-7]:[A-Za-z0-9_-]{22}:[A-Za-z0-9_-]{43}"
USERNAME = r"^[^\s:]{1,64}$"
DEFAULT_DATABASE = "sqlite:///var/weaudit.db"


def _split(text: object) -> object:
    return tuple(re.split(r"[\s,]+", text.strip())) if isinstance(text, str) else text


def _check_password(url: str) -> None:
    """Refuse a password whose characters are taken for the end of it: the rest would be a host, and shown as one."""
    scheme, _, rest = url.partition("://")
    who = rest.rpartition("@")[0]
    if not scheme.startswith("sqlite") and re.search(r"[@/?#]", who):
        raise ValueError("a character of the password has a meaning")


class Inbound(BaseModel):
    """What the side that faces the internet may know: never the app secret."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    # gh_… is the user name of an account, and no appid.
    wechat_component_appid: str = Field(pattern=r"^([A-Za-fh-z0-9_-]|g[A-Za-gi-z0-9_-])[A-Za-z0-9_-]{0,63}$")
    wechat_token: SecretStr
    wechat_encoding_aes_key: SecretStr
    wechat_previous_encoding_aes_key: SecretStr | None = None
    database_url: str = DEFAULT_DATABASE
    broker_url: str = Field("memory://", pattern=r"^(memory|amqp|amqps|redis|rediss)://")
    broker_ca_file: FilePath | None = None
    secrets_key: Annotated[tuple[SecretStr, ...], BeforeValidator(_split)] = Field((), validate_default=True)
    max_push_age: int = Field(86_400, ge=0)
    retention_days: int = Field(90, ge=1)
    timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65_535)
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda level: str(level).upper())
    ] = "INFO"
    log_format: Literal["console", "json"] | None = None
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(None, ge=1, le=65_535)
    weaudit_language: Language = Field(default_factory=language_of_the_locale)

    @field_validator("wechat_token", "wechat_component_secret", check_fields=False)
    @classmethod
    def _is_a_word(cls, secret: SecretStr) -> SecretStr:
        # WeChat's have letters and digits alone; whoever simulates a platform may like a hyphen.
        if not re.fullmatch(r"[A-Za-z0-9_-]{3,128}", secret.get_secret_value()):
            raise ValueError("no word")
        return secret

    @field_validator("wechat_encoding_aes_key", "wechat_previous_encoding_aes_key")
    @classmethod
    def _is_an_aes_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            try:
                aes_key(key.get_secret_value())
            except BadKey as error:
                raise ValueError(str(error)) from None
        return key

    @field_validator("database_url")
    @classmethod
    def _is_a_store_we_know(cls, url: str) -> str:
        _check_password(url)
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            raise ValueError("no URL") from None
        # SQLite in memory would be another database for each thread.
        is_file = parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:")
        if not is_file and (parsed.drivername != "postgresql+psycopg" or not parsed.database):
            raise ValueError("neither an SQLite file nor a database of PostgreSQL")
        return url

    @field_validator("broker_url")
    @classmethod
    def _is_a_broker_we_know(cls, url: str) -> str:
        _check_password(url)
        parts = url_to_parts(url)
        if "?" in url or (";" in url and parts.scheme in ("amqps", "rediss")):
            raise ValueError("how weaudit connects, and to one host over TLS, is not chosen here")
        if parts.scheme.startswith("redis") and not re.fullmatch(r"\d*", parts.path or ""):
            raise ValueError("a database of Redis is a number")
        return url

    @field_validator("broker_ca_file")
    @classmethod
    def _holds_certificates(cls, file: Path | None) -> Path | None:
        if file:
            # ssl.SSLError and OSError are those of a file that cannot be used.
            try:
                ssl.create_default_context(cafile=str(file))
            except OSError as error:
                raise ValueError(str(error)) from None
        return file

    @field_validator("secrets_key")
    @classmethod
    def _are_fernet_keys(cls, keys: tuple[SecretStr, ...], others: ValidationInfo) -> tuple[SecretStr, ...]:
        if not keys and others.data.get("database_url", DEFAULT_DATABASE) != DEFAULT_DATABASE:
            raise PydanticCustomError("missing", "required, because DATABASE_URL is not the default one")
        for key in keys:
            Fernet(key.get_secret_value())
        return keys

    @property
    def aes_keys(self) -> tuple[bytes, ...]:
        """Return the AES keys to try, current first."""
        keys = (self.wechat_encoding_aes_key, self.wechat_previous_encoding_aes_key)
        return tuple(aes_key(key.get_secret_value()) for key in keys if key is not None)

    @property
    def fernet_keys(self) -> tuple[str, ...]:
        """Return the keys for secrets at rest, newest first; beside the default database one is made at first use."""
        if self.secrets_key:
            return tuple(key.get_secret_value() for key in self.secrets_key)
        try:
            return (secrets_key.beside(Path(make_url(self.database_url).database or "")),)
        except secrets_key.Unusable as error:
            raise SettingsError("{said}", said=error) from None


class Policies(Inbound):
    """What those know who look and decide: the policies, and not the app secret."""

    console_username: str | None = Field(None, pattern=USERNAME)
    console_password: SecretStr | None = None
    console_viewer_username: str | None = Field(None, pattern=USERNAME)
    console_viewer_password: SecretStr | None = None
    console_host: str = "127.0.0.1"
    console_port: int = Field(8001, ge=1, le=65_535)
    console_proxies: str = Field("127.0.0.1", pattern=r"^[0-9A-Fa-f.:/, ]+$")
    on_audit_success: Annotated[SuccessAction, BeforeValidator(parse_verdict)] = SuccessAction("release")
    release_window: Annotated[Window | None, BeforeValidator(parse_window)] = None
    on_audit_fail: Literal["resubmit", "hold"] = "hold"
    resubmit_reasons: re.Pattern[str] | None = None
    resubmit_limit: int = Field(1, ge=0)
    resubmit_delay: int = Field(600, ge=0)
    resubmit_template: Literal["same", "newest"] = "same"
    resubmit_feedback: str = Field("已按审核意见核对，请重新审核。", max_length=200)
    quota_reserve: int = Field(0, ge=0)
    version_mark: bool = True
    notify_urls: Urls = ()
    notify_urls_action: Urls = ()
    notify_urls_alarm: Urls = ()
    notify_language: Language = "zh"
    notify_gather: int = Field(60, ge=0)
    reconcile_after: int = Field(7200, ge=1)
    reconcile_every: int = Field(600, ge=1)
    worker_threads: int = Field(32, ge=1, le=256)

    @field_validator("resubmit_reasons", mode="before")
    @classmethod
    def _is_no_line_of_a_file(cls, pattern: object) -> object:
        if isinstance(pattern, str) and (re.search(r"\s#", pattern) or len(pattern) > LONGEST_PATTERN):
            raise ValueError("a comment, or more than anybody meant")
        return pattern

    @field_validator("console_password", "console_viewer_password")
    @classmethod
    def _is_a_hash(cls, password: SecretStr | None) -> SecretStr | None:
        if password is not None and not re.fullmatch(HASHED, password.get_secret_value()):
            raise ValueError("no hash")
        return password

    @property
    def has_console(self) -> bool:
        """Return whether there is an account for it."""
        return bool(self.console_username or self.console_viewer_username)

    @model_validator(mode="after")
    def _has_whole_accounts(self) -> Self:
        accounts = (("console_username", "console_password"), ("console_viewer_username", "console_viewer_password"))
        unset = [[name for name in account if getattr(self, name) is None] for account in accounts]
        if halves := [names[0] for names in unset if len(names) == 1]:
            raise PydanticCustomError("missing", "one without the other", {"setting": halves[0]})
        if self.console_username and self.console_username == self.console_viewer_username:
            raise PydanticCustomError("same", "two of one name", {"setting": "console_viewer_username"})
        return self


class Outbound(Policies):
    """What the side that calls WeChat knows besides: the app secret, and where WeChat is."""

    wechat_component_secret: SecretStr
    wechat_api_base: str = Field(
        "https://api.weixin.qq.com", pattern=r"^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?/?$"
    )


Side = TypeVar("Side", bound=Inbound)
NAMES = frozenset(name.upper() for name in Outbound.model_fields)
LONGEST_PATTERN = 1000
OUR_PREFIXES = ("WECHAT_", "WEAUDIT_", "ON_AUDIT_", "RESUBMIT_", "RECONCILE_")


def read(kind: type[Side], env_file: str | None = ".env") -> Side:
    """Read the settings from the process environment and a file, the environment first.

    Raises SettingsError, which names every wrong or missing value in one text and repeats none of them.
    """
    language = env_files.language(env_file)
    try:
        file = env_files.read(Path(env_file), NAMES, language) if env_file else EnvFile({}, [])
    except Unreadable as error:
        raise SettingsError("{said}", said=error) from None
    given: dict[str, Any] = {name.lower(): value for name, value in {**file.values, **_environment()}.items() if value}
    in_quotes = {name for name, value in given.items() if value[:1] in QUOTES and value[:1] == value[1:][-1:]}
    faults = dict.fromkeys(sorted(in_quotes & kind.model_fields.keys()), "quoted")
    for name in [name for name, value in given.items() if not _is_text(value)]:
        given[name], faults[name] = "", "no_text"
    try:
        read = kind(**given)
    except ValidationError as error:
        faults = {**_faults(error), **faults}
    if faults or file.faults:
        raise SettingsError("{said}", said=said(file.faults, faults, language))
    return read


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def sources(env_file: str) -> dict[str, str]:
    """Return where each setting comes from that is set: the environment, or the file.

    Raises what `read` raises of the file.
    """
    in_file = [name for name, value in env_files.read(Path(env_file), NAMES).values.items() if value]
    return {**dict.fromkeys(in_file, env_file), **dict.fromkeys(_environment(), "environment")}


def unknown() -> Mapping[str, str]:
    """Return the names in the process environment that may be meant for weaudit, each with the one that is like it."""
    others = {name: env_files.nearest(name.upper(), NAMES) for name in os.environ if name.upper() not in NAMES}
    return {name: like for name, like in others.items() if name.startswith(OUR_PREFIXES) or (like and len(name) > 7)}


def _environment() -> dict[str, str]:
    return {name.upper(): value for name, value in os.environ.items() if name.upper() in NAMES and value}


def _faults(error: ValidationError) -> dict[str, str]:
    faults = [(fault["loc"] or (fault["ctx"]["setting"],), fault["type"]) for fault in error.errors()]
    return {str(where[0]): "missing" if kind == "missing" else "unusable" for where, kind in faults}


def given(kind: type[Side], **values: Any) -> Side:
    """Make settings from values alone, in the words of an env file; neither environment nor file is read."""
    return kind(**values)
