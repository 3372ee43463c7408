"""The relay and its lease, on both databases: in order, at least once, one owner at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar, cast

import pytest
import pytest_asyncio

from services.chassis.bus import kafka
from services.chassis.bus.kafka import KafkaBus
from services.chassis.clock import ManualClock
from services.chassis.crash import Point
from services.chassis.lease import Lease
from services.chassis.relay import PAGE, Relay, prune_sent
from services.chassis.room import Room
from services.chassis.transaction import Conflict
from services.chassis.wire import Record
from tests.bus.rigs import record, until
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
            await asyncio.sleep(0.01)


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
    assert await relay.send_page() == 4
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


async def test_the_owner_of_a_lease_renews_it_and_loses_it_by_time(room: Room) -> None:
    room.wall = cast(Any, clock := ManualClock(START))
    mine, yours = Lease(room, "work", seconds=10), Lease(room, "work", seconds=10)
    assert await mine.hold()
    assert not await yours.hold()
    clock.advance(timedelta(seconds=9))
    assert await mine.hold(), "renewed by use"
    clock.advance(timedelta(seconds=9))
    assert not await yours.hold()
    clock.advance(timedelta(seconds=1))
    assert await yours.hold(), "at its end it is free"
    assert not await mine.hold()
    await mine.release()
    assert not await mine.hold(), "what somebody else holds is not given back"
    await yours.release()
    assert await mine.hold()
    assert await Lease(room, "other work").hold(), "leases of other names are other leases"


async def test_of_many_who_grasp_a_lease_one_gets_it(room: Room) -> None:
    for n in range(5):
        got = await asyncio.gather(*(Lease(room, f"work-{n}").hold() for _ in range(8)))
        assert sum(got) == 1


async def test_whole_seconds_compare_like_all_others(room: Room) -> None:
    """Leases are compared as text, and a whole second is written without a fraction."""
    room.wall = cast(Any, clock := ManualClock(START))
    mine, yours = Lease(room, "work", seconds=10), Lease(room, "work", seconds=10)
    await mine.hold()
    clock.advance(timedelta(seconds=9, microseconds=999_999))
    assert not await yours.hold()
    clock.advance(timedelta(microseconds=2))
    assert await yours.hold()


async def test_rows_that_commit_late_are_sent_late_but_in_order_of_their_thing(room: Room) -> None:
    """PostgreSQL commits ids out of order: a row with a smaller id may appear after one with a larger id went out. Rows of one thing
    cannot: the second writer waits for the first one's lock before it takes an id."""
    topics, relay = Topics(), None
    relay = Relay(room, topics)
    await tell(room, ["a", "b"])
    if room.database.on_sqlite:  # one writer at a time: the question does not arise
        await tell(room, ["a", "b"])
        assert await relay.send_page() == 4
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
    assert await relay.send_page() == 3
    assert topics.got == [("a", 1), ("b", 1), ("b", 2)], "the open transaction's row has a smaller id"
    go_on.set()
    await asyncio.gather(first, second)
    assert await relay.send_page() == 2
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


async def test_who_is_cancelled_as_it_commits_still_wakes_the_relay(room: Room) -> None:
    """A caller may give up at any await. If the commit went through, somebody must be told that there is something to send."""
    rung = 0

    def ring() -> None:
        nonlocal rung
        rung += 1

    room.on_commit = ring
    for steps in range(60):
        rung = 0
        before = await unsent(room)
        task = asyncio.create_task(tell(room, ["a"]))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert rung >= await unsent(room) - before
    await tell(room, ["a"])


class FakeProducer:
    """aiokafka's producer as far as the bus uses it; the first one fails every send."""

    made: ClassVar[list["FakeProducer"]] = []

    def __init__(self, **_settings: Any) -> None:
        self.stopped = False
        self.sent: list[Any] = []
        self.made.append(self)
        self.poisoned = len(self.made) == 1

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def stop(self) -> None:
        self.stopped = True

    async def partitions_for(self, _topic: str) -> set[int]:
        return {0}

    def create_batch(self) -> Any:
        class Batch(list[Any]):
            def append(self, **fields: Any) -> Any:  # type: ignore[override]
                super().append(fields["value"])
                return object()

            def close(self) -> None:
                pass

        return Batch()

    async def send_batch(self, batch: Any, _topic: str, *, partition: int) -> Any:
        async def acknowledged() -> None:
            await asyncio.sleep(0)
            if self.poisoned or self.stopped:
                raise ConnectionError("OutOfOrderSequenceNumber")
            self.sent += batch

        return asyncio.create_task(acknowledged())


async def test_a_poisoned_producer_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeProducer.made.clear()
    monkeypatch.setattr(kafka, "AIOKafkaProducer", FakeProducer)
    bus = KafkaBus("nowhere:1", "test")
    with pytest.raises(ConnectionError):
        await bus.publish([record("t", "k", b"0")])
    await bus.publish([record("t", "k", b"0")])
    await bus.publish([record("t", "k", b"1")])
    first, second = FakeProducer.made
    assert (first.stopped, first.sent) == (True, [])
    assert (second.stopped, second.sent) == (False, [b"0", b"1"])
    await bus.stop()
    assert second.stopped


async def test_all_who_failed_with_a_producer_replace_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who come late with the old one's failure must not throw the new one away, nor leave one running that nobody stops."""
    FakeProducer.made.clear()
    monkeypatch.setattr(kafka, "AIOKafkaProducer", FakeProducer)
    bus = KafkaBus("nowhere:1", "test")

    async def until_sent(value: bytes) -> None:
        for _ in range(5):
            try:
                await bus.publish([record("t", "k", value)])
            except ConnectionError:
                continue
            return
        raise AssertionError("never sent")

    await asyncio.gather(*(until_sent(b"%d" % n) for n in range(20)))
    await bus.stop()
    assert len(FakeProducer.made) == 2
    assert all(producer.stopped for producer in FakeProducer.made)
    assert sorted(FakeProducer.made[1].sent) == sorted(b"%d" % n for n in range(20))


async def test_a_record_too_large_costs_no_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeProducer.made.clear()
    FakeProducer.made.append(cast(Any, None))  # the next is a sound one
    monkeypatch.setattr(kafka, "AIOKafkaProducer", FakeProducer)
    bus = KafkaBus("nowhere:1", "test")
    await bus.publish([record("t", "k", b"0")])
    with pytest.raises(ValueError):
        await bus.publish([record("t", "k", b"!" * 300_000)])
    await bus.publish([record("t", "k", b"1")])
    assert len(FakeProducer.made) == 2
