"""Facts that are taken together: an import of a thousand nodes is a few statements in every reader, not some thousands."""

from services.chassis.database import is_outage
from services.chassis.service import Reaction, ReactToMany, ignore, ignore_many
from services.chassis.transaction import Conflict, Transaction
from services.chassis.wire import Record, Unreadable, decode
from services.contracts.events.base import Event
from services.contracts.topics import Topic


class HandlerFailed(Exception):
    """A reaction raised: the batch is rolled back and taken again, record by record."""


class Run:
    """Facts of one topic, one behind the other, whose reaction takes many."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._reaction: Reaction | None = None
        self._events: list[Event] = []

    async def take(self, reaction: Reaction, record: Record) -> bool:
        """Put a record into the run, or into a new one. False: it is none that can be taken so. Raises like `end`."""
        if _to_many(reaction) is None:
            return False
        try:
            event = decode(record, reaction.topic)
        except Unreadable:
            return False
        if reaction is not self._reaction:
            await self.end()
        self._reaction = reaction
        self._events.append(event)
        return True

    async def end(self) -> None:
        """React to what is in the run. Raises HandlerFailed; outages and conflicts as they are."""
        reaction, events = self._reaction, self._events
        self._reaction, self._events = None, []
        react = _to_many(reaction) if reaction else None
        if reaction is None or react is None:
            return
        try:
            remember(self._tx, reaction.topic, *events)
            await react(self._tx, events)
        except Exception as error:
            if is_outage(error) or isinstance(error, Conflict):
                raise
            raise HandlerFailed from error


def _to_many(reaction: Reaction) -> ReactToMany | None:
    return reaction.react_to_many or (ignore_many if reaction.react is ignore else None)


def remember(tx: Transaction, topic: Topic, *events: Event) -> None:
    """Keep the newest state of what was heard: guards read it, commands that saw it need not wait any more."""
    tx.heard.learn(topic.in_cell(tx.room.cell), events)
