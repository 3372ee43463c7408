"""The relay and its lease, on both databases: in order, at least once, one owner at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, cast

import pytest
import pytest_asyncio

from services.chassis.clock import ManualClock
from services.chassis.crash import Point
from services.chassis.relay import PAGE, Relay, prune_sent
from services.chassis.room import Room
from services.chassis.transaction import Conflict
from services.chassis.wire import Record
from tests.bus.rigs import until
from tests.bus.rooms import Thing, ThingMoved, move, tell, toy_room
from tests.harness import START


@pytest_asyncio.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    """A toy service with a relay: on SQLite, and on PostgreSQL in the full run."""
    server = request.getfixturevalue("postgres_server") if request.param == "kafka" else None
    async with toy_room(server) as made:
        yield made


class Topics:
    """A publisher that writes down what it was given, and fails as told: before it sends, or after."""

    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []
        self.before: list[Exception] = []
        self.after: list[Exception] = []
        self.pages: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def publish(self, records: Sequence[Record]) -> None:
        self.pages.append(len(records))
        await self.gate.wait()
        if self.before:
            raise self.before.pop()
        self.got += [(each.key, json.loads(each.value or b"")["thing"]["version"]) for each in records]
        if self.after:
            raise self.after.pop()

    def first_times(self, key: str) -> list[int]:
        """The versions of a thing, each when it first arrived."""
        return list(dict.fromkeys(version for name, version in self.got if name == key))


async def unsent(room: Room) -> int:
    return (await room.unsent())[0]


async def drained(room: Room, seconds: float = 20) -> None:
    """Until nothing waits."""
    async with asyncio.timeout(seconds):
        while await unsent(room):
            await asyncio.sleep(0.01)  # a row that was marked rings no bell


class Running:
    """A relay at work."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Relay:
        self._task = asyncio.create_task(self.relay.run())
        return self.relay

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.relay.stop()


async def test_rows_go_out_in_their_order_page_by_page(room: Room) -> None:
    topics = Topics()
    names = [f"t{n}" for n in range(7)]
    for _ in range(10):
        await tell(room, names * 10)
    relay = Relay(room, topics)
    while await relay.send_page():
        pass
    assert topics.pages == [PAGE, 200]
    assert all(topics.first_times(name) == list(range(1, 101)) for name in names)
    assert len(topics.got) == 700
    assert await unsent(room) == 0


async def test_a_crash_between_publish_and_mark_sends_twice_and_loses_nothing(room: Room) -> None:
    topics = Topics()
    topics.after = [RuntimeError("sent, but the answer got lost")]
    await tell(room, ["a", "b", "a"])
    relay = Relay(room, topics)
    with pytest.raises(RuntimeError):
        await relay.send_page()
    assert await unsent(room) == 3
    await tell(room, ["a"])
    assert len(await relay.send_page()) == 4
    assert topics.got == [("a", 1), ("b", 1), ("a", 2), ("a", 1), ("b", 1), ("a", 2), ("a", 3)]
    assert topics.first_times("a") == [1, 2, 3]
    assert await unsent(room) == 0


async def test_the_crash_point_lies_before_the_mark(room: Room) -> None:
    topics, hits = Topics(), list[Point]()

    def crash(point: Point) -> None:
        if point is Point.BEFORE_MARK and not hits:
            hits.append(point)
            raise RuntimeError("killed")

    room.crash = crash
    await tell(room, ["a"])
    with pytest.raises(RuntimeError):
        await Relay(room, topics).send_page()
    assert (topics.got, await unsent(room)) == ([("a", 1)], 1)
    await Relay(room, topics).send_page()
    assert (topics.got, await unsent(room)) == ([("a", 1), ("a", 1)], 0)


async def test_an_outage_backs_off_and_then_drains(room: Room) -> None:
    topics = Topics()
    topics.before = [ConnectionError("away"), ConnectionError("away"), ConnectionError("away")]
    async with Running(Relay(room, topics)):
        await tell(room, ["a", "b"])
        started = asyncio.get_running_loop().time()
        await drained(room)
        assert asyncio.get_running_loop().time() - started >= 0.65
    assert topics.got == [("a", 1), ("b", 1)]
    assert len(topics.pages) == 4


async def test_of_two_relays_one_sends(room: Room) -> None:
    """And when it stops, the other goes on at once, without waiting for the lease to end."""
    first, second = Topics(), Topics()
    one, other = Running(Relay(room, first)), Running(Relay(room, second))
    await one.__aenter__()
    await tell(room, ["a"])
    await drained(room)
    async with other:
        for _ in range(20):
            await tell(room, ["a", "b"])
        await drained(room)
        assert second.got == []
        await one.__aexit__()
        await tell(room, ["a"])
        await drained(room, 5)
    assert len(first.got) == 41
    assert second.got == [("a", 22)]


async def test_a_relay_that_wakes_late_only_repeats(room: Room) -> None:
    """It hangs in a send beyond the end of its lease; a second one takes over; the first comes back with its old page."""
    room.wall = cast(Any, clock := ManualClock(START))
    slow, quick = Topics(), Topics()
    slow.gate.clear()
    async with Running(Relay(room, slow)):
        await tell(room, ["a", "a"])
        await until(lambda: bool(slow.pages))
        clock.advance(timedelta(seconds=11))
        async with Running(Relay(room, quick)):
            await tell(room, ["a"])
            await drained(room)
            assert quick.got == [("a", 1), ("a", 2), ("a", 3)]
            slow.gate.set()
            await until(lambda: len(slow.got) == 2)
            await tell(room, ["a"])
            await drained(room)
            assert quick.first_times("a") == [1, 2, 3, 4]
            assert slow.got == [("a", 1), ("a", 2)], "its lease is somebody else's now"


async def test_rows_that_commit_late_are_sent_late_but_in_order_of_their_thing(room: Room) -> None:
    """PostgreSQL commits ids out of order: a row with a smaller id may appear after one with a larger id went out. Rows of one thing
    cannot: the second writer waits for the first one's lock before it takes an id."""
    topics, relay = Topics(), None
    relay = Relay(room, topics)
    await tell(room, ["a", "b"])
    if room.database.on_sqlite:  # one writer at a time: the question does not arise
        await tell(room, ["a", "b"])
        assert len(await relay.send_page()) == 4
        return
    written, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with room.transaction(commanded=True) as tx:
            await move(tx, "a")
            written.set()
            await go_on.wait()

    async def waiting() -> None:
        async with room.transaction(commanded=True) as tx:
            await move(tx, "a")

    first = asyncio.create_task(slow())
    await written.wait()
    second = asyncio.create_task(waiting())
    await tell(room, ["b"])
    assert len(await relay.send_page()) == 3
    assert topics.got == [("a", 1), ("b", 1), ("b", 2)], "the open transaction's row has a smaller id"
    go_on.set()
    await asyncio.gather(first, second)
    assert len(await relay.send_page()) == 2
    assert topics.first_times("a") == [1, 2, 3]


async def test_two_who_make_the_same_thing_do_not_both(room: Room) -> None:
    async def make() -> bool:
        try:
            async with room.transaction(commanded=True) as tx:
                if await tx.load(Thing, "new") is not None:
                    return False
                await asyncio.sleep(0)
                thing = Thing(id="new", version=1)
                await tx.save(thing, ThingMoved(at=tx.now, thing=thing))
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(make() for _ in range(6)))) == 1
    topics = Topics()
    await Relay(room, topics).send_page()
    assert topics.got == [("new", 1)]


async def test_only_what_was_sent_is_pruned_and_numbers_are_not_used_again(room: Room) -> None:
    topics = Topics()
    await tell(room, ["a", "b"])
    await Relay(room, topics).send_page()
    await tell(room, ["a"])
    late = (START + timedelta(days=8)).isoformat()
    assert await prune_sent(room, late) == 2
    assert await unsent(room) == 1
    await Relay(room, topics).send_page()
    assert await prune_sent(room, late) == 1
    await tell(room, ["a"])
    async with room.database.read() as connection:
        ids = (await connection.execute(room.service.chassis.outbox.select())).all()
    assert [row.id for row in ids] == [4]
