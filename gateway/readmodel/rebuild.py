"""Builds the read model again beside the live one, from the topics' beginning, and says whether the two agree.

The live model never stands still, so the comparison needs one moment of it. A snapshot of the live database is that moment: its
rows, and in its inbox the facts that made them. The rebuilt model stands behind a gate that lets through exactly these facts. By
design the model depends on which facts were applied and not on their order, so the two must then have the same rows; and the live
one was never kept waiting."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from gateway.projector import fetch_summaries
from gateway.readmodel.comparison import Comparison, compare_tables
from gateway.readmodel.swap import swap
from gateway.readmodel.tables import CHASSIS
from services.chassis import dead_letters
from services.chassis.bus.port import Consumer, Ends
from services.chassis.calls import Calls
from services.chassis.database import Connection
from services.chassis.inbox import Inbox, record_of
from services.chassis.lists import within
from services.chassis.room import Room
from services.chassis.wire import Record
from services.contracts.refusals import Refused

MOMENTS = 3
"""A difference counts when it is there at this many moments."""
PATIENCE = 60.0
"""Seconds without any progress, after which a rebuild gives up."""
LIVE_PATIENCE = 60.0
"""Seconds without any progress that the live model may take for facts that their topics have told already: on a machine with its hands full
one batch takes longer than ten, and a model that is late has no gap."""
CHUNK = 500
STEP = 100
"""Records of a batch that are taken at a time: on a busy machine a whole one may take longer than PATIENCE."""


class CannotRebuild(Exception):
    """Why not, and what to do, in one sentence."""


class Gate:
    """Stands before the rebuilt model's inbox and lets through only some facts; the others wait here, in order."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.taken = 0
        """How often a record was let through or told to wait: it gets on."""
        self._only = frozenset[str]()
        self._waiting: list[Record] = []
        self._one_at_a_time = asyncio.Lock()

    @property
    def topics(self) -> tuple[str, ...]:
        """Those of the inbox."""
        return self.inbox.topics

    @property
    def waiting(self) -> set[str]:
        """The facts that were not let through."""
        return {record.event_id for record in self._waiting}

    async def receive(self, records: Sequence[Record]) -> None:
        """Takes the batch whole; what must wait is taken too, since this model is thrown away if the rebuild breaks off."""
        async with self._one_at_a_time:
            taken, waiting = self.taken, len(self._waiting)
            try:
                await self._sort(records)
            except BaseException:  # it comes again, whole
                self.taken = taken
                del self._waiting[waiting:]
                raise

    async def open_for(self, facts: Collection[str]) -> None:
        """Let these facts through from now on, those that wait among them."""
        async with self._one_at_a_time:
            self._only = frozenset(facts)
            waiting, self._waiting = self._waiting, []
            await self._sort(waiting)

    async def _sort(self, records: Sequence[Record]) -> None:
        for start in range(0, len(records), STEP):
            some = records[start : start + STEP]
            through = [record for record in some if record.event_id in self._only]
            if through:
                await self.inbox.receive(through)
            self._waiting += [record for record in some if record.event_id not in self._only]
            self.taken += len(some)


@dataclass
class Beside:
    """A second, empty read model at work on the same topics, with a consumer group of its own."""

    room: Room
    gate: Gate
    consumer: Consumer
    services: Sequence[str]
    """Whose outboxes may still hold facts that the live model has applied already."""


async def rebuild(live: Room, beside: Beside, *, check_only: bool = False, force: bool = False) -> Comparison:
    """Catch up, compare, and when the two agree (or by force) swap. `beside` is running. Raises CannotRebuild.

    comparison = await rebuild(room, beside, check_only=True)
    assert comparison.agrees, [line for line in comparison.tables if not line.agrees]
    """
    async with live.database.read() as connection:
        facts = await _applied(connection)
    await beside.gate.open_for(facts)  # the long way, while no snapshot keeps the database from tidying up
    given_up, _ = await _reach(beside, facts)
    comparison = await _at_one_moment(live, beside)
    for _ in range(MOMENTS - 1):
        if comparison.agrees:
            break
        comparison = await _at_one_moment(live, beside)
    missed = await _missed(live, beside.gate.waiting)
    comparison = comparison.model_copy(update={"missed": len(missed), "given_up": given_up + comparison.given_up})
    if check_only or not (comparison.agrees or force):
        return comparison

    async def ready(connection: Connection) -> None:
        """Whatever the live model has taken from the bus, or missed, is in the rebuilt one or held there, and nothing else: a fact that the
        rebuilt one alone had would be known when it comes to the live consumer, and nobody who subscribes would hear of it."""
        applied, held = await _applied(connection), await _held(connection)
        await beside.gate.open_for({*applied, *held, *missed})
        await _reach(beside, applied, held)
        await beside.gate.open_for(())
        await fetch_all_summaries(beside.room)

    await swap(live.database, beside.room.database, ready)
    live.heard.ring()
    return comparison.model_copy(update={"swapped": True})


async def fetch_all_summaries(room: Room) -> None:
    """Until no approved summary is wanting, or intake does not answer. Only of a model that stands still: matters are accepted all the time,
    and of one that moves it would come to no end."""
    while await fetch_summaries(room):
        pass


async def _at_one_moment(live: Room, beside: Beside) -> Comparison:
    await fetch_summaries(live)
    async with live.database.snapshot() as moment:
        facts, held = await _applied(moment), await _held(moment)
        await beside.gate.open_for(facts)
        given_up, off_topic = await _reach(beside, facts)
        await fetch_all_summaries(beside.room)
        async with beside.room.database.snapshot() as rebuilt:
            tables = await compare_tables(moment, rebuilt)
    return Comparison(tables=tables, facts=len(facts), held=len(held), given_up=given_up, off_topic=off_topic)


async def _reach(beside: Beside, applied: Collection[str], held: Collection[str] = ()) -> tuple[int, int]:
    """Until the rebuilt model has applied these facts, and has applied or holds those; returns how many it gave up and how many no
    topic tells any more."""
    missing, may_be_held = {*applied, *held}, set(held)
    given_up, at_end, last_look_was_in_vain = 0, 0, False
    end = End(beside)

    async def reached() -> bool:
        nonlocal given_up, at_end, last_look_was_in_vain, end
        # Asked before looking: what is told after the question counts the next time.
        if last_look_was_in_vain and await end.passed():
            at_end, end = at_end + 1, End(beside)
        given_up += await _give_up(beside, applied)
        async with beside.room.database.read() as connection:
            missing.difference_update(await _applied(connection, missing))
            missing.difference_update(may_be_held & await _held(connection))
        last_look_was_in_vain = bool(missing) or not applied
        # Of a model that knows nothing the topics alone say whether that is right. And a compacted topic has only the latest states: what it
        # does not tell at its end will never come. Twice, because a batch may lie between the consumer and its offsets.
        return (bool(applied) and not missing) or at_end > 1

    await _until(
        reached,
        beside,
        "Facts of the live model do not come from the topics: is Kafka there, are the services running?",
    )
    return given_up, len(missing)


async def _missed(live: Room, facts: set[str]) -> set[str]:
    """Facts on the topics that the live model neither applies nor holds, given some time: a gap that its rows alone do not show."""
    end = time.monotonic() + LIVE_PATIENCE
    while facts and time.monotonic() < end:
        async with live.database.read() as connection:
            left = facts - await _applied(connection, facts) - await _held(connection)
        if left != facts:
            facts, end = left, time.monotonic() + LIVE_PATIENCE
        elif facts:
            await live.heard.wait(0.05)
    return facts


async def _give_up(beside: Beside, facts: Collection[str]) -> int:
    """A record that is held here though the live model counts it as applied was dropped there by an operator, or today's code can no
    longer apply it. Either way it has no effect here: let it go, and let the comparison of the rows say whether that is right."""
    table = CHASSIS.dead_letter
    async with beside.room.database.read() as connection:
        rows = (await connection.execute(select(table).where(table.c.reason != "BEHIND"))).all()
    gone = [row for row in rows if record_of(row).event_id in facts]
    for row in gone:
        await dead_letters.drop(beside.room, row.id)
        await beside.gate.inbox.redrive(row.topic, row.key)
    return len(gone)


class End:
    """What had been told when this was made. All of it is on a topic once no outbox holds anything as old; all of it is read once the consumer
    is past where the topics ended then. There may be no moment with nothing on its way."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside
        self._since = beside.room.clock.now()
        self._ends: Ends | None = None

    async def passed(self) -> bool:
        """Whether all of it was read."""
        try:
            self._ends = self._ends or await self._noted()
            return self._ends is not None and await self._beside.consumer.passed(self._ends)
        except (Refused, ConnectionError):
            return False

    async def _noted(self) -> Ends | None:
        for service in self._beside.services:
            oldest = await self._beside.room.get(Calls).oldest_unsent(service)
            if oldest and datetime.fromisoformat(oldest) <= self._since:
                return None
        return await self._beside.consumer.ends()


async def _applied(connection: Connection, among: Collection[str] | None = None) -> set[str]:
    """The ids in an inbox: all of them (about 100 bytes each in memory), or those among some."""
    inbox = CHASSIS.inbox
    if among is None:
        return set((await connection.execute(select(inbox.c.event_id))).scalars())
    ids, found = list(among), set[str]()
    for start in range(0, len(ids), CHUNK):
        query = select(inbox.c.event_id).where(within(inbox.c.event_id, ids[start : start + CHUNK]))
        found.update((await connection.execute(query)).scalars())
    return found


async def _held(connection: Connection) -> set[str]:
    rows = await connection.execute(select(CHASSIS.dead_letter))
    return {record_of(row).event_id for row in rows}


async def _until(done: Callable[[], Awaitable[bool]], beside: Beside, otherwise: str) -> None:
    """However long it takes, as long as it gets on. Raises CannotRebuild."""
    taken, end = beside.gate.taken, time.monotonic() + PATIENCE
    while not await done():
        if beside.gate.taken > taken:  # not if a batch comes again and again
            taken, end = beside.gate.taken, time.monotonic() + PATIENCE
        if time.monotonic() > end:
            raise CannotRebuild(otherwise)
        await beside.room.heard.wait(0.05)
