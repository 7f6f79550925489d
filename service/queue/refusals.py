"""Pure: what a broker refuses, and what a person does about it, in one sentence."""

import re
import ssl
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from amqp import exceptions as amqp
from redis import exceptions as redis

from service.told import Told

NO_RIGHT, MISSING = 403, 404
# What our user does, as RabbitMQ's regular expressions: configure, write, read.
RIGHTS = r"'^(weaudit|wechat)\.' '^(weaudit|wechat)\.|^amq\.default$' '^(weaudit|wechat)\.'"
REDIS_RIGHTS = "~weaudit:* +@all -@admin -@dangerous"


class BrokerRefused(Told):
    """The broker answers, but not as weaudit needs it; the text says what to do."""


def of(error: Exception, place: str) -> BrokerRefused | None:
    """Say what a person does about an error; None if it ends by itself. `place` is the URL without its password."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, BrokerRefused):
        if said := _said_of(cause):
            return BrokerRefused("BROKER_URL ({place}): {said}", place=place, said=said)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return None


def not_declared(error: Exception, place: str) -> BrokerRefused:
    """Say what is missing that the user may not declare."""
    what = _what(str(getattr(error, "reply_text", error)))
    missing = Told(
        "there is no {what}, and the user may not configure it. Let it: rabbitmqctl set_permissions -p VHOST USER "
        "{rights}; or let an administrator declare queues and exchange, as the README says",
        what=what,
        rights=RIGHTS,
    )
    return BrokerRefused("BROKER_URL ({place}): {said}", place=place, said=missing)


def is_no_right(error: Exception) -> bool:
    """Return whether the user may not do that."""
    return getattr(error, "reply_code", None) == NO_RIGHT


def is_missing(error: Exception) -> bool:
    """Return whether what was asked for is not there."""
    # kombu's own transports give the number as text.
    return str(getattr(error, "reply_code", "")) == str(MISSING)


def said(error: Exception) -> str:
    """Say what went wrong, for the log."""
    told = refused(error)
    return str(told) if told else repr(error)


def refused(error: BaseException) -> Told | None:
    """Give what a person does about an error, as a sentence; None if there is nothing that he can do."""
    if isinstance(error, BrokerRefused):
        return error
    return _said_of(error)


def _certificate(error: ssl.SSLCertVerificationError, _: str) -> Told:
    return Told(
        "the broker's certificate is not good: {said}. Name the host that it is for, or the authority that signed it: "
        "BROKER_CA_FILE=/path/to/ca.pem",
        said=error.verify_message,
    )


def _access(_: Exception, text: str) -> Told:
    if "login" in text.lower():
        return Told("the broker refuses this user or its password")
    return Told(
        "the user may not {right} {what}. Let it: rabbitmqctl set_permissions -p VHOST USER {rights}; or let an "
        "administrator declare queues and exchange, as the README says",
        right=_right(text),
        what=_what(text),
        rights=RIGHTS,
    )


def _vhost(_: Exception, text: str) -> Told:
    if "refused for user" not in text or "limit" in text:
        return Told("{said}", said=text)
    return Told(
        "{said}. Let the user use the virtual host: rabbitmqctl set_permissions -p VHOST USER {rights}",
        said=text,
        rights=RIGHTS,
    )


def _other_arguments(_: Exception, text: str) -> Told:
    name = _what(text).rpartition(" ")[2]
    return Told(OTHER_EXCHANGE if "exchange" in text else OTHER_QUEUE, said=text, name=name)


OTHER_EXCHANGE = (
    "{said}. The exchange exists with other arguments; delete it, and let subscribers bind their queues again. "
    "Reactions go on meanwhile: rabbitmqadmin delete exchange name={name}"
)
OTHER_QUEUE = (
    "{said}. A queue of weaudit exists with other arguments; delete it (nothing is lost: what it held is in the "
    "database and is published again): rabbitmqadmin delete queue name={name}"
)
SENTENCES: Mapping[type[BaseException], Callable[[Any, str], Told]] = MappingProxyType(
    {
        ssl.SSLCertVerificationError: _certificate,
        amqp.AccessRefused: _access,
        amqp.NotAllowed: _vhost,
        amqp.PreconditionFailed: _other_arguments,
        redis.AuthenticationError: lambda _, text: Told("Redis refuses this user or its password: {said}", said=text),
        redis.NoPermissionError: lambda _, text: Told(
            "the Redis user may not do what weaudit needs ({said}): ACL SETUSER NAME {rights}",
            said=text,
            rights=REDIS_RIGHTS,
        ),
    }
)


def _said_of(error: BaseException) -> Told | None:
    text = str(getattr(error, "reply_text", None) or error)
    return next((say(error, text) for kind, say in SENTENCES.items() if isinstance(error, kind)), None)


def _what(text: str) -> str:
    found = re.search(r"(queue|exchange) '([^']*)'", text)
    return f"{found[1]} {found[2]}" if found else text


def _right(text: str) -> str:
    """Name the right: RabbitMQ says on what it was missing, and newer ones also which."""
    found = re.search(r"\b(configure|write|read)\b", text)
    return found[1] if found else "configure"
