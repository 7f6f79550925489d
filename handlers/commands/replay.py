"""`weaudit replay`: what a subscriber missed, once more, into its queue alone."""

import time
from typing import Annotated, Any

import typer
from kombu import Queue

from handlers.commands import times
from handlers.commands.answering import say
from handlers.commands.configured import read_settings
from handlers.commands.exit_status import CommandFailed, WrongUsage
from handlers.commands.said import said
from handlers.commands.tail import IN_MEMORY
from handlers.notifications.wording import counted
from service import topology
from service.queue import connection as broker
from service.queue.lost import told_of_loss
from service.queue.outbox import Fate, Outbox, Parcel
from service.settings import Inbound
from service.store.history.since import since as kept_since
from service.store.opened import open_existing

FULL = "{queue} took {messages} and not {sent_not} more: is it full?"
GONE = "{queue} took {messages} and not {sent_not} more: was it deleted?"


def replay(
    since: Annotated[str, typer.Option(help="What was kept since then: 2h, 3d, or 2026-11-28T10:00.")],
    queue: Annotated[str, typer.Option(help="The subscriber's queue, which has to be there.")],
    appid: Annotated[str, typer.Option(help="Of this mini program only.")] = "",
    type: Annotated[str, typer.Option(help="Of this type only, such as weapp_audit_fail or weaudit.released.")] = "",
) -> None:
    """Send a subscriber's queue what was kept since a time, in that order; nobody else gets it again."""
    settings = read_settings(Inbound)
    if settings.broker_url.startswith("memory:"):
        raise WrongUsage(IN_MEMORY)
    if queue in {*topology.REACTIONS, topology.PARKED}:
        raise WrongUsage("{queue} is a queue of weaudit's own: a reaction begins anew by weaudit revive", queue=queue)
    began, sent = times.before(since, "--since", settings.timezone, time.time()), 0
    url, ca_file = settings.broker_url, settings.broker_ca_file
    with open_existing(settings) as engine, told_of_loss(url, ca_file), broker.connection(url, ca_file) as connected:
        _see_that_it_is_there(broker.ready_for_events(connected), queue, broker.where(url))
        outbox = Outbox(connected)
        for page in kept_since(engine, began, appid=appid, kind=type):
            fates, error = outbox.publish([Parcel(each.push_id, each.body, "", queue) for each in page])
            sent += fates.count(Fate.TAKEN)
            if error:
                raise error
            if sent_not := len(fates) - fates.count(Fate.TAKEN):
                is_full = Fate.REFUSED in fates
                messages = counted(sent, "message")
                raise CommandFailed(
                    FULL if is_full else GONE, queue=queue, messages=messages, number=sent, sent_not=sent_not
                )
    say(said("{messages} sent to {queue}", queue=queue, messages=counted(sent, "message"), number=sent))


def _see_that_it_is_there(connected: Any, queue: str, where: str) -> None:
    try:
        with connected.channel() as channel:
            Queue(queue)(channel).queue_declare(passive=True)
    except connected.channel_errors:
        raise CommandFailed(
            "there is no queue {queue} at {where}: let the subscriber declare it and bind it to {exchange} first",
            queue=queue,
            where=where,
            exchange=topology.EXCHANGE.name,
        ) from None
