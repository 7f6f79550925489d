from handlers.reactions import REACTIONS
from service import topology
from service.events.message import KINDS


def test_every_queue_has_its_reaction_and_every_reaction_its_queue() -> None:
    """The two tables name the same queues."""
    assert REACTIONS.keys() == topology.REACTIONS.keys()


def test_reactions_are_called_for_by_kinds_that_exist() -> None:
    """No queue waits for something that is never told."""
    assert {kind for kinds in topology.REACTIONS.values() for kind in kinds} <= KINDS.keys()


def test_an_event_calls_for_its_reactions() -> None:
    """An approval is released and told, a ticket calls for nothing."""
    assert sorted(topology.called_for_by("wechat.weapp_audit_success")) == ["weaudit.notify", "weaudit.release"]
    assert topology.called_for_by("wechat.component_verify_ticket") == ()
