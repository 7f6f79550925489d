"""The whole topology as one table: the exchange for subscribers, our queues, and what calls for each reaction."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from kombu import Exchange, Queue

EXCHANGE = Exchange("wechat.events", type="topic", durable=True, delivery_mode="persistent")
# What somebody else put into one of our queues and no reaction can read is kept here for people to look at.
PARKED = "weaudit.parked"
NOTIFY = "weaudit.notify"
RELEASE = "weaudit.release"
SUBMIT = "weaudit.submit"

# One reaction, one queue, and the types of message that call for it.
REACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        RELEASE: (
            "wechat.weapp_audit_success",
            "weaudit.release_ordered",
            "weaudit.withdrawal_ordered",
            "weaudit.take_back_ordered",
        ),
        "weaudit.resubmit": ("wechat.weapp_audit_fail", "weaudit.resubmission_ordered"),
        SUBMIT: ("weaudit.planned",),
        NOTIFY: (
            "wechat.weapp_audit_success",
            "wechat.weapp_audit_fail",
            "wechat.weapp_audit_delay",
            "wechat.unauthorized",
            "weaudit.rolling_out",
            "weaudit.released",
            "weaudit.taken_back",
            "weaudit.conflict",
            "weaudit.resubmitted",
            "weaudit.put_off",
            "weaudit.gave_up",
            "weaudit.blocked",
            "weaudit.unblocked",
            "weaudit.tickets_stopped",
        ),
        "weaudit.authorize": ("wechat.authorized", "wechat.updateauthorized", "wechat.unauthorized"),
        "weaudit.publish_check": ("wechat.text",),
    }
)
_CALLED_FOR: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        kind: tuple(queue for queue, kinds in REACTIONS.items() if kind in kinds)
        for kind in {kind for kinds in REACTIONS.values() for kind in kinds}
    }
)


def called_for_by(kind: str) -> tuple[str, ...]:
    """Name the queues of the reactions that a type of message calls for."""
    return _CALLED_FOR.get(kind, ())


def binding_key(kind: str) -> str:
    """Return the routing keys of a type, for any mini program: `weapp_audit_fail.*`, `weaudit.released.*`."""
    return f"{kind.removeprefix('wechat.')}.*"


def declare_queues(channel: Any, *, passive: bool = False) -> None:
    """Declare our queues, which depend on nothing of subscribers'. Where they exist already, nothing changes.

    On RabbitMQ they are quorum queues, which survive the loss of a node. If `passive`, only see that they are there.
    """
    arguments = {"x-queue-type": "quorum"} if hasattr(channel, "confirm_select") else {}
    for name in (*REACTIONS, PARKED):
        Queue(name, durable=True, queue_arguments=arguments)(channel).queue_declare(passive=passive)


def declare_exchange(channel: Any, *, passive: bool = False) -> None:
    """Declare the exchange, which is for subscribers. Where it exists already, nothing changes.

    If `passive`, only see that it is there. Former versions of weaudit bound our own queues to it, which ends here.
    """
    EXCHANGE(channel).declare(passive=passive)
    if passive:
        return
    for name, kinds in REACTIONS.items():
        for kind in kinds:
            unbind(channel, Queue(name)(channel), binding_key(kind))


def unbind(channel: Any, queue: Queue, routing_key: str) -> None:
    """End the binding of a queue to the exchange."""
    if not hasattr(channel, "keyprefix_queue"):
        queue.unbind_from(EXCHANGE, routing_key=routing_key)
        return
    # kombu keeps the bindings of an exchange in two sets of Redis, and its own unbinding forgets them.
    bound = channel.typeof(EXCHANGE.name).prepare_bind(queue.name, EXCHANGE.name, routing_key, {})
    member = channel.sep.join(bound)
    with channel.conn_or_acquire() as client:
        for key in (channel.keyprefix_queue, channel.keyprefix_binding_permanent):
            client.srem(key % (EXCHANGE.name,), member)
