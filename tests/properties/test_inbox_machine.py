"""The inbox beside a model of it: records that nobody can read, handlers that fail, redelivery from older offsets, duplicates that a
late relay sent, outages and crashes in the middle of a batch, re-driving in between. Order per key holds, nothing is lost, nothing
happens twice (I10 of domain 2.11; design 3: Inbox).

That the machine notices: with `Inbox._held` made to answer an empty set (by a patch in a throw-away run, not in the tree) it fails
within a few steps, because a record overtakes one that is held. It also fails with `Inbox._claim` answering that nothing was seen,
with the savepoint gone, and with a transaction that remembers what a savepoint took back.
"""

import asyncio
import logging
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from services.chassis import dead_letters
from services.chassis.clock import ManualClock
from services.chassis.database import Database
from services.chassis.inbox import Inbox
from services.chassis.room import Room
from tests.properties.playing import START
from tests.properties.reading import EFFECT, KEYS, LANES, METADATA, NAMES, READER, TALLY, Crashed, Entry, Trouble

Line = tuple[str, str, bool]
lines = st.tuples(st.sampled_from(NAMES), st.sampled_from(KEYS), st.sampled_from([True] * 9 + [False]))
"""Topic, key, and whether it can be read."""


class Inboxes(RuleBasedStateMachine):
    """A consumer of two topics and what it should have done."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(prefix="yishi-inbox-")
        self.trouble = Trouble()
        database = Database(f"sqlite+aiosqlite:///{Path(self.folder.name) / 'reader'}.sqlite", pool=1)
        self.room = Room(
            READER,
            database,
            ManualClock(START),
            cell="21",
            secret=b"x",
            resources={Trouble: self.trouble},
        )
        self.runner.run(self._create())
        self.log: list[Entry] = []
        self.next = 0
        self.numbers: dict[str, int] = {}
        self.applied: dict[str, list[str]] = {}
        self.held: dict[str, list[Entry]] = {}
        self.dropped: set[str] = set()

    async def _create(self) -> None:
        async with self.room.database.write() as connection:
            await connection.run_sync(METADATA.create_all)

    # The model.

    def _done(self, entry: Entry) -> bool:
        return entry.id in self.applied.get(entry.lane, ()) or entry.id in self.dropped

    def _fails(self, entry: Entry) -> bool:
        return not entry.readable or entry.lane in self.trouble.failing

    def _expect(self, entry: Entry) -> None:
        waiting = self.held.setdefault(entry.lane, [])
        if self._done(entry):
            return
        if waiting or self._fails(entry):
            if all(other.offset != entry.offset for other in waiting):
                waiting.append(entry)
                waiting.sort(key=lambda other: other.offset)
        else:
            self.applied.setdefault(entry.lane, []).append(entry.id)

    def _expect_redriven(self, lane: str) -> None:
        waiting = self.held.get(lane, [])
        while waiting and (self._done(waiting[0]) or not self._fails(waiting[0])):
            entry = waiting.pop(0)
            if not self._done(entry):
                self.applied.setdefault(lane, []).append(entry.id)

    # What happens.

    @initialize(facts=st.lists(lines, min_size=8, max_size=20), failing=st.sets(st.sampled_from(LANES)))
    def begin(self, facts: list[Line], failing: set[str]) -> None:
        """Some facts are on the topics, and some handlers fail from the first."""
        self.produce(facts)
        self.trouble.failing |= failing

    @rule(facts=st.lists(lines, min_size=1, max_size=6))
    def produce(self, facts: list[Line]) -> None:
        """New facts; some cannot be read."""
        for topic, key, readable in facts:
            lane = f"{topic} {key}"
            self.numbers[lane] = number = self.numbers.get(lane, 0) + 1
            self.log.append(Entry(topic=topic, key=key, number=number, offset=len(self.log) + 1, readable=readable))

    @precondition(lambda self: bool(self.log))
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        """A relay that woke late: the same events, at new offsets, in order."""
        back = data.draw(st.integers(0, len(self.log) - 1))
        for entry in self.log[back : back + 3]:
            self.log.append(entry.model_copy(update={"offset": len(self.log) + 1}))

    @rule(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4), kept=st.booleans())
    def consume(self, sizes: list[int], kept: bool) -> None:
        """Some batches; perhaps the process is gone before the offsets of the last are kept."""
        for nth, many in enumerate(sizes):
            batch = self.log[self.next : self.next + many]
            self.runner.run(Inbox(self.room).receive([entry.record() for entry in batch]))
            for entry in batch:
                self._expect(entry)
            self.as_the_model_says()
            if kept or nth < len(sizes) - 1:
                self.next += len(batch)

    @rule(data=st.data())
    def rewind(self, data: st.DataObject) -> None:
        """Read again from an older offset."""
        self.next = data.draw(st.integers(0, self.next))

    @precondition(lambda self: self.next < len(self.log))
    @rule(data=st.data(), many=st.integers(1, 8), crash=st.booleans())
    def lose_a_batch(self, data: st.DataObject, many: int, crash: bool) -> None:
        """The database or the process goes away in the middle: nothing of the batch has happened."""
        batch = self.log[self.next : self.next + many]
        victim = data.draw(st.sampled_from(batch))
        will_be_tried = not self._done(victim) and not self.held.get(victim.lane) and victim.readable
        blocked = any(self._fails(entry) for entry in batch if entry.lane == victim.lane)
        if not will_be_tried or blocked:
            return
        if crash:
            self.trouble.crash_at = victim.id
        else:
            self.trouble.outage_at = victim.id
        try:
            self.runner.run(Inbox(self.room).receive([entry.record() for entry in batch]))
        except (Crashed, ConnectionError):
            pass
        else:
            raise AssertionError("the batch should have been refused")
        self.trouble.crash_at = self.trouble.outage_at = None

    @rule(lane=st.sampled_from(LANES))
    def break_or_mend(self, lane: str) -> None:
        """The handler begins to fail for a key of a topic, or a fix is deployed."""
        self.trouble.failing ^= {lane}

    @rule(topic=st.sampled_from(NAMES), key=st.sampled_from(KEYS))
    def redrive(self, topic: str, key: str) -> None:
        """An operator retries a key."""
        self.runner.run(Inbox(self.room).redrive(topic, key))
        self._expect_redriven(f"{topic} {key}")

    @rule()
    def redrive_by_timer(self) -> None:
        """The timer retries every key."""
        self.runner.run(dead_letters.redrive_all(self.room))
        for lane in self.held:
            self._expect_redriven(lane)

    @precondition(lambda self: any(self.held.values()))
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        """An operator gives a held record up."""
        lane = data.draw(st.sampled_from(sorted(lane for lane, waiting in self.held.items() if waiting)))
        entry = data.draw(st.sampled_from(self.held[lane]))
        letters = self.runner.run(dead_letters.listed(self.room))
        letter = next(each for each in letters if f"{each.topic} {each.key}" == lane and each.offset == entry.offset)
        assert self.runner.run(dead_letters.drop(self.room, letter.id))
        self.held[lane].remove(entry)
        self.dropped.add(entry.id)

    # What must hold.

    async def _found(self) -> tuple[list[Any], list[Any], list[Any]]:
        letter = READER.chassis.dead_letter
        async with self.room.database.read() as connection:
            effects = (await connection.execute(select(EFFECT.c.lane, EFFECT.c.event).order_by(EFFECT.c.id))).all()
            held = (
                await connection.execute(
                    select(letter.c.topic, letter.c.key, letter.c.offset).order_by(letter.c.offset)
                )
            ).all()
            tallies = (await connection.execute(select(TALLY.c.id, TALLY.c.version))).all()
        return list(effects), list(held), list(tallies)

    @invariant()
    def as_the_model_says(self) -> None:
        """Effects in order, once each; held records with nothing before them lost; the aggregate counts each effect."""
        effects, held, tallies = self.runner.run(self._found())
        done: dict[str, list[str]] = {}
        for lane, event in effects:
            done.setdefault(lane, []).append(event)
        assert done == {lane: events for lane, events in self.applied.items() if events}
        for events in done.values():
            numbers = [int(event.rpartition("/")[2]) for event in events]
            assert numbers == sorted(set(numbers)), "once, and in order"
        waiting: dict[str, list[int]] = {}
        for topic, key, offset in held:
            waiting.setdefault(f"{topic} {key}", []).append(offset)
        assert waiting == {lane: [entry.offset for entry in entries] for lane, entries in self.held.items() if entries}
        for key, version in tallies:
            assert version == sum(len(events) for lane, events in done.items() if lane.endswith(f" {key}"))

    def teardown(self) -> None:
        """Mended, unreadable records given up, read again from the beginning: every other fact has happened once."""
        self.trouble.failing.clear()
        self.next = 0
        while self.next < len(self.log):
            self.consume([50], True)
        self.redrive_by_timer()
        while unreadable := [entry for waiting in self.held.values() for entry in waiting[:1] if not entry.readable]:
            letters = self.runner.run(dead_letters.listed(self.room))
            place = (unreadable[0].lane, unreadable[0].offset)
            letter = next(each for each in letters if (f"{each.topic} {each.key}", each.offset) == place)
            self.runner.run(dead_letters.drop(self.room, letter.id))
            self.held[unreadable[0].lane].pop(0)
            self.dropped.add(unreadable[0].id)
            self.redrive_by_timer()
        assert not any(self.held.values())
        self.as_the_model_says()
        wanted = {entry.id for entry in self.log} - self.dropped
        assert {event for events in self.applied.values() for event in events} == wanted
        self.runner.run(self.room.database.close())
        self.runner.close()
        self.folder.cleanup()


logging.getLogger("services.chassis.inbox").addFilter(lambda record: "its record is held" not in record.getMessage())
TestInboxes = Inboxes.TestCase
TestInboxes.settings = settings(max_examples=18, stateful_step_count=20, deadline=None, derandomize=True)
