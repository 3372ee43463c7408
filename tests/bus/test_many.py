"""Many aggregates and facts in a few statements: the same as one by one, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Table, text
from sqlalchemy import event as hook

from services.chassis import statements
from services.chassis.inbox import Inbox
from services.chassis.prepared import Prepared
from services.chassis.room import Room
from services.chassis.service import Reaction
from services.chassis.transaction import Conflict, Transaction
from services.chassis.wire import Record, headers_from_json
from tests.bus.rooms import THINGS, Thing, ThingMoved, tell, toy_room

NAMES = [f"thing-{number:03d}" for number in range(300)]


async def _nothing(_tx: Transaction, _event: ThingMoved) -> None:
    pass


@pytest_asyncio.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    """A toy service: on SQLite, and on PostgreSQL in the full run."""
    server = request.getfixturevalue("postgres_server") if request.param == "kafka" else None
    async with toy_room(server, _nothing) as made:
        yield made


async def rows(room: Room, statement: str) -> Sequence[Any]:
    async with room.database.read() as connection:
        return (await connection.execute(text(statement))).all()


async def test_many_are_loaded_saved_and_told_in_their_order(room: Room) -> None:
    await tell(room, NAMES[:3])
    async with room.transaction(commanded=True) as tx:
        found = await tx.load_many(Thing, NAMES)
        assert sorted(found) == NAMES[:3]
        after = [Thing(id=name, version=2 if name in found else 1) for name in reversed(NAMES)]
        await tx.save_many(after)
        tx.emit(THINGS, *[ThingMoved(at=tx.now, thing=thing) for thing in after])
        assert len(tx.outgoing) == len(NAMES)
        assert tx.reached[f"21.toy.thing.v1 {NAMES[0]}"] == 2
    kept = await rows(room, "SELECT id, version, command_version FROM thing ORDER BY id")
    assert [row.id for row in kept] == NAMES
    assert {(row.version, row.command_version) for row in kept[3:]} == {(1, 1)}
    assert {(row.version, row.command_version) for row in kept[:3]} == {(2, 2)}
    told = await rows(room, "SELECT key FROM outbox ORDER BY id")
    assert [row.key for row in told] == [*NAMES[:3], *reversed(NAMES)]


async def test_whoever_was_there_first_is_a_conflict(room: Room) -> None:
    async with room.transaction() as tx:
        assert await tx.load_many(Thing, ["new"]) == {}
        await tx.save_many([Thing(id="new", version=1)])
    with pytest.raises(Conflict):
        async with room.transaction() as tx:
            await tx.save_many([Thing(id="other", version=1), Thing(id="new", version=1)])
    assert [row.id for row in await rows(room, "SELECT id FROM thing")] == ["new"]


async def test_none_at_all(room: Room) -> None:
    async with room.transaction() as tx:
        assert await tx.load_many(Thing, []) == {}
        await tx.save_many([])
        tx.emit(THINGS)
    assert await rows(room, "SELECT 1 FROM outbox") == []


async def test_facts_in_a_row_are_one_reaction_and_one_that_fails_is_found_by_itself(room: Room) -> None:
    """Of a hundred of which one cannot be taken, ninety-nine are applied and one is held."""
    await tell(room, NAMES[:100])
    await tell(room, NAMES[:1])
    sent = await rows(room, "SELECT id, key, value, headers FROM outbox ORDER BY id")
    records = [
        Record("21.toy.thing.v1", 0, row.id, row.key, bytes(row.value), headers_from_json(row.headers)) for row in sent
    ]
    calls: list[int] = []
    bad = {NAMES[50]}

    async def one(_tx: Transaction, event: ThingMoved) -> None:
        if event.key in bad:
            raise RuntimeError("a bug")
        calls.append(1)

    async def many(tx: Transaction, events: Sequence[ThingMoved]) -> None:
        for event in events:
            await one(tx, event)
        calls[-len(events) :] = [len(events)]

    inbox = Inbox(room)
    inbox._reactions["21.toy.thing.v1"] = Reaction(THINGS, one, many)
    await inbox.receive(records)
    known = {row.key: row.version for row in await rows(room, "SELECT key, version FROM known")}
    assert known == {name: 2 if name == NAMES[0] else 1 for name in NAMES[:100] if name not in bad}
    held = await rows(room, "SELECT key, reason FROM dead_letter")
    assert [tuple(row) for row in held] == [(NAMES[50], "HANDLER_FAILED")]

    bad.clear()
    calls.clear()
    assert await inbox.redrive("21.toy.thing.v1", NAMES[50]) == 1
    await inbox.receive(records)
    assert calls == [1], "seen already"
    async with room.database.write() as connection:
        await connection.execute(text("DELETE FROM inbox"))
    calls.clear()
    await inbox.receive([*records, records[0]])
    assert calls == [101], "all of them at once; the one that came twice only once"


async def test_what_was_heard_of_a_batch_is_looked_up_at_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what the batch itself tells counts from where it is told, for its own key and for others."""
    looks, seen = list[str](), list[list[int]]()
    known = statements.known

    def counted(table: Table) -> Prepared:
        looks.append(table.name)
        return known(table)

    monkeypatch.setattr(statements, "known", counted)

    async def one(tx: Transaction, event: ThingMoved) -> None:
        last = await tx.known(THINGS, Thing, NAMES[9])
        mine = await tx.known(THINGS, Thing, event.key)
        seen.append([thing.version if thing else 0 for thing in (mine, last)])

    inbox = Inbox(room)
    inbox._reactions["21.toy.thing.v1"] = Reaction(THINGS, one)
    for version in (1, 2):
        await tell(room, NAMES[:10])
        sent = await rows(room, "SELECT id, key, value, headers FROM outbox ORDER BY id DESC LIMIT 10")
        records = [
            Record("21.toy.thing.v1", 0, row.id, row.key, bytes(row.value), headers_from_json(row.headers))
            for row in reversed(sent)
        ]
        await inbox.receive(records)
        assert seen == [[version, version - 1]] * 9 + [[version, version]]
        assert looks == ["known"]
        looks.clear()
        seen.clear()


class Fails:
    """A unit of work that cannot be written."""

    def __init__(self, _tx: Transaction) -> None:
        self._in_hand = True

    async def write(self) -> None:
        if self._in_hand:
            raise RuntimeError("a bug")

    def take_back(self) -> None:
        self._in_hand = False


async def test_what_cannot_be_written_out_was_not_heard(room: Room) -> None:
    """Its record is held, and who waits for it is not told that it was applied."""
    await tell(room, NAMES[:2])
    sent = await rows(room, "SELECT id, key, value, headers FROM outbox ORDER BY id")
    records = [
        Record("21.toy.thing.v1", 0, row.id, row.key, bytes(row.value), headers_from_json(row.headers)) for row in sent
    ]

    async def one(tx: Transaction, event: ThingMoved) -> None:
        if event.key == NAMES[0]:
            tx.unit(Fails)
        tx.emit(THINGS, ThingMoved(at=tx.now, thing=Thing(id=f"of-{event.key}", version=1)))

    inbox = Inbox(room)
    inbox._reactions = {"21.toy.thing.v1": Reaction(THINGS, one)}
    await inbox.receive(records)
    assert [row.key for row in await rows(room, "SELECT key FROM dead_letter")] == [NAMES[0]]
    assert [row.key for row in await rows(room, "SELECT key FROM known")] == [NAMES[1]]
    assert [room.lately.has(name, {"21.toy.thing.v1": 1}) for name in NAMES[:2]] == [False, True]
    told = await rows(room, f"SELECT key FROM outbox WHERE id > {records[-1].offset}")
    assert [row.key for row in told] == [f"of-{NAMES[1]}"], "it told nothing"


async def test_a_crowd_of_readers_and_writers_leaves_its_connections_open_for_the_next(room: Room) -> None:
    opened = list[object]()
    hook.listen(room.database.engine, "connect", lambda made, _: opened.append(made))

    async def crowd() -> None:
        await asyncio.gather(*(rows(room, "SELECT count(*) FROM thing") for _ in range(40)))

    await crowd()
    before = len(opened)
    for _ in range(3):
        await crowd()
    assert len(opened) == before <= 16
