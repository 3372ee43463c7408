"""One look at the feed for all subscriptions: who listens for a key is handed its rows, nobody else, and none is missed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from gateway.projector import PROJECTOR
from gateway.readmodel import feed_reads
from gateway.readmodel.tables import METADATA
from gateway.tail import Tail
from services.chassis.room import Room
from tests.properties.playing import START
from tests.properties.tables import a_room

CHANGE = METADATA.tables["change"]


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    """A read model of its own."""
    async with a_room(PROJECTOR) as found:
        yield found


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the rows of each key were read."""
    counted: Counter[str] = Counter()
    changes = feed_reads.changes

    async def counting(connection: Any, subject: str, keys: Sequence[str], *rest: Any) -> Any:
        counted.update(keys)
        return await changes(connection, subject, keys, *rest)

    monkeypatch.setattr(feed_reads, "changes", counting)
    return counted


async def told(room: Room, key: str, kind: str) -> None:
    """A change is committed, and the bell rings."""
    async with room.database.write() as connection:
        row = {"subject": "CASE", "key": key, "kind": kind, "entry": "", "at": START}
        await connection.execute(insert(CHANGE).values(**row))
    room.heard.ring()


async def test_what_comes_is_handed_to_those_who_listen_for_it(room: Room, looks: Counter[str]) -> None:
    tail, heard = Tail(room), asyncio.Queue[str]()

    async def listen(key: str) -> None:
        async with aclosing(tail.rows("CASE", [key], 0)) as rows:
            async for row in rows:
                await heard.put(f"{key} {row.kind}")

    listeners = [asyncio.create_task(listen(key)) for key in ("a", "b")]
    for key in ("a", "b"):
        await told(room, key, "first")
    assert {await heard.get(), await heard.get()} == {"a first", "b first"}
    await told(room, "b", "second")
    assert await heard.get() == "b second"
    before = dict(looks)
    for number in range(30):
        await told(room, "a", str(number))
        assert await heard.get() == f"a {number}"
    assert all(looks[key] <= before[key] + 1 for key in ("a", "b")), "at most the look that says: that was all"
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    assert tail._looking is None, "nobody listens, so nobody looks"
    assert tail._listening == {}


async def test_many_at_once_hear_everything_in_order(room: Room) -> None:
    """Some begin in the middle, from places of their own."""
    tail = Tail(room)

    async def hear(after: int) -> list[int]:
        found: list[int] = []
        async with aclosing(tail.rows("CASE", ["a"], after)) as rows:
            async for row in rows:
                found.append(row.seq)
                if row.kind == "last":
                    return found
        raise AssertionError("it never ends by itself")

    early = [asyncio.create_task(hear(0)) for _ in range(10)]
    for number in range(40):
        await told(room, "a", str(number))
    late = [asyncio.create_task(hear(20)) for _ in range(10)]
    await told(room, "a", "last")
    for found in await asyncio.gather(*early):
        assert found == list(range(1, 42))
    for found in await asyncio.gather(*late):
        assert found == list(range(21, 42))


async def test_who_takes_nothing_for_long_reads_the_rest_for_herself(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.tail.AT_ONCE", 10)
    tail, found = Tail(room), list[int]()
    async with aclosing(tail.rows("CASE", ["a"], 0)) as rows:
        await told(room, "a", "first")
        found.append((await anext(rows)).seq)
        hearing = asyncio.ensure_future(anext(rows))
        [listener] = tail._listening["CASE", "a"]
        while not listener.sure:
            await asyncio.sleep(0.001)  # lets her look; the test's time limit ends it
        await told(room, "a", "second")
        found.append((await hearing).seq)
        for number in range(55):
            await told(room, "a", str(number))
        while listener.sure:
            await asyncio.sleep(0.001)  # lets the look come round
        assert len(listener.rows) <= 10
        while len(found) < 57:
            found.append((await anext(rows)).seq)
    assert found == list(range(1, 58))


async def test_a_database_that_is_away_for_a_while_ends_no_look(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    tail, newer, away = Tail(room), feed_reads.newer_changes, asyncio.Event()

    async def failing(*args: Any) -> Any:
        if not away.is_set():
            away.set()
            raise OperationalError("SELECT", {}, Exception("away"))
        return await newer(*args)

    monkeypatch.setattr(feed_reads, "newer_changes", failing)
    async with aclosing(tail.rows("CASE", ["a"], 0)) as rows:
        hearing = asyncio.ensure_future(anext(rows))
        await away.wait()
        await told(room, "a", "after it")
        assert (await hearing).kind == "after it"
