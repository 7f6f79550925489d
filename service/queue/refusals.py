"""Pure: what a broker refuses, and what a person does about it, in one sentence."""

import re
import ssl
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from amqp import exceptions as amqp
from redis import exceptions as redis

NO_RIGHT, MISSING = 403, 404
# What our user does, as RabbitMQ's regular expressions: configure, write, read.
RIGHTS = r"'^(weaudit|wechat)\.' '^(weaudit|wechat)\.|^amq\.default$' '^(weaudit|wechat)\.'"
LET = (
    f"Let it: rabbitmqctl set_permissions -p VHOST USER {RIGHTS}; or let an administrator declare queues and exchange, "
    "as the README says"
)
REDIS_RIGHTS = "~weaudit:* +@all -@admin -@dangerous"


class BrokerRefused(Exception):
    """The broker answers, but not as weaudit needs it; the text says what to do."""


def of(error: Exception, place: str) -> BrokerRefused | None:
    """Say what a person does about an error; None if it ends by itself. `place` is the URL without its password."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, BrokerRefused):
        if said := _said_of(cause):
            return BrokerRefused(f"BROKER_URL ({place}): {said}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return None


def not_declared(error: Exception, place: str) -> BrokerRefused:
    """Say what is missing that the user may not declare."""
    what = _what(str(getattr(error, "reply_text", error)))
    return BrokerRefused(f"BROKER_URL ({place}): there is no {what}, and the user may not configure it. {LET}")


def is_no_right(error: Exception) -> bool:
    """Return whether the user may not do that."""
    return getattr(error, "reply_code", None) == NO_RIGHT


def is_missing(error: Exception) -> bool:
    """Return whether what was asked for is not there."""
    # kombu's own transports give the number as text.
    return str(getattr(error, "reply_code", "")) == str(MISSING)


def said(error: Exception) -> str:
    """Say what went wrong, for the log."""
    if isinstance(error, BrokerRefused):
        return str(error)
    return _said_of(error) or repr(error)


def _certificate(error: ssl.SSLCertVerificationError, _: str) -> str:
    return (
        f"the broker's certificate is not good: {error.verify_message}. Name the host that it is for, or the authority "
        "that signed it: BROKER_CA_FILE=/path/to/ca.pem"
    )


def _access(_: Exception, text: str) -> str:
    if "login" in text.lower():
        return "the broker refuses this user or its password"
    return f"the user may not {_right(text)} {_what(text)}. {LET}"


def _vhost(_: Exception, text: str) -> str:
    if "refused for user" not in text or "limit" in text:
        return text
    return f"{text}. Let the user use the virtual host: rabbitmqctl set_permissions -p VHOST USER {RIGHTS}"


def _other_arguments(_: Exception, text: str) -> str:
    name = _what(text).rpartition(" ")[2]
    if "exchange" in text:
        return (
            f"{text}. The exchange exists with other arguments; delete it, and let subscribers bind their queues "
            f"again. Reactions go on meanwhile: rabbitmqadmin delete exchange name={name}"
        )
    return (
        f"{text}. A queue of weaudit exists with other arguments; delete it (nothing is lost: what it held is in the "
        f"database and is published again): rabbitmqadmin delete queue name={name}"
    )


SENTENCES: Mapping[type[BaseException], Callable[[Any, str], str]] = MappingProxyType(
    {
        ssl.SSLCertVerificationError: _certificate,
        amqp.AccessRefused: _access,
        amqp.NotAllowed: _vhost,
        amqp.PreconditionFailed: _other_arguments,
        redis.AuthenticationError: lambda _, text: f"Redis refuses this user or its password: {text}",
        redis.NoPermissionError: lambda _, text: (
            f"the Redis user may not do what weaudit needs ({text}): ACL SETUSER NAME {REDIS_RIGHTS}"
        ),
    }
)


def _said_of(error: BaseException) -> str:
    text = str(getattr(error, "reply_text", None) or error)
    return next((say(error, text) for kind, say in SENTENCES.items() if isinstance(error, kind)), "")


def _what(text: str) -> str:
    found = re.search(r"(queue|exchange) '([^']*)'", text)
    return f"{found[1]} {found[2]}" if found else text


def _right(text: str) -> str:
    """Name the right: RabbitMQ says on what it was missing, and newer ones also which."""
    found = re.search(r"\b(configure|write|read)\b", text)
    return found[1] if found else "configure"
