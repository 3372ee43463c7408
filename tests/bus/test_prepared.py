"""A statement that goes straight to the driver does what it would do through SQLAlchemy, in the same transaction; on both databases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext, suppress
from sqlite3 import OperationalError
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, delete, insert, select, text, update

from services.chassis import statements
from services.chassis.database import Connection, is_outage
from services.chassis.lists import among
from services.chassis.postgres import PostgresConnection
from services.chassis.prepared import Prepared
from services.chassis.room import Room
from tests.bus.rooms import toy_room

ROW = {"topic": "t", "key": "k", "value": b"\x00\xff", "headers": "{}", "event_id": "e-1", "at": "2026"}
KNOWN = {"topic": "t", "key": "k", "version": 3, "state": "{}"}


@pytest_asyncio.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    """A toy service: on SQLite, and on PostgreSQL in the full run."""
    server = request.getfixturevalue("postgres_server") if request.param == "kafka" else None
    async with toy_room(server) as made:
        yield made


async def event_ids(room: Room) -> list[str]:
    outbox = room.service.chassis.outbox
    async with room.database.read() as connection:
        return list((await connection.execute(select(outbox.c.event_id).order_by(outbox.c.id))).scalars())


async def test_rows_are_as_sqlalchemy_gives_them(room: Room) -> None:
    outbox = room.service.chassis.outbox
    rows = [{**ROW, "event_id": f"e-{number}", "sent": number == 2} for number in range(4)]
    query = select(outbox).where(
        outbox.c.topic == "t", among(outbox.c.event_id, "ids"), outbox.c.sent.is_(False), outbox.c.id > bindparam("id")
    )
    asked: dict[str, Any] = {"ids": ["e-1", "e-2", "e-3", "e'; DROP"], "id": 0}
    async with room.database.write() as connection:
        await connection.execute(room.database.insert(outbox), rows)
        through = (await connection.execute(query.order_by(outbox.c.id), asked)).all()
        prepared = (await connection.execute(Prepared(query.order_by(outbox.c.id)), asked)).all()
    assert prepared == through
    assert [(row.event_id, row.value, row.sent) for row in prepared] == [
        ("e-1", b"\x00\xff", False),
        ("e-3", b"\x00\xff", False),
    ]
    async with room.database.read() as connection:
        found = await connection.execute(Prepared(query), {**asked, "ids": []})
        assert found.one_or_none() is None
        as_mapping = (await connection.execute(Prepared(select(outbox.c.key, outbox.c.sent)))).mappings().first()
    assert dict(as_mapping or {}) == {"key": "k", "sent": False}


async def test_an_insert_takes_the_defaults_of_what_it_is_not_given(room: Room) -> None:
    outbox = room.service.chassis.outbox
    async with room.database.write() as connection:
        done = await connection.execute(Prepared(insert(outbox)), ROW)
        assert done.rowcount == 1
        found = await connection.execute(select(outbox.c.sent))
        assert found.scalar_one() is False
        await connection.execute(Prepared(insert(outbox)), {**ROW, "event_id": "e-2", "sent": True})
        assert (await connection.execute(statements.waiting(outbox))).one()[0] == 1


async def test_how_many_rows_it_changed(room: Room) -> None:
    known = room.service.chassis.known
    kept = room.database.upsert(known, KNOWN, newer="version")
    async with room.database.write() as connection:
        for version, changed in ((3, 1), (3, 0), (2, 0), (4, 1)):
            assert (await connection.execute(kept, {**KNOWN, "version": version})).rowcount == changed
        assert (await connection.execute(room.database.insert_new(known), KNOWN)).rowcount == 0
        assert (await connection.execute(statements.erased(known.c.key), {"the_value": "x"})).rowcount == 0
        assert (await connection.execute(statements.erased(known.c.key), {"the_value": "k"})).rowcount == 1


async def mixed(connection: Connection, room: Room, name: str) -> None:
    """One prepared, one through SQLAlchemy."""
    outbox = room.service.chassis.outbox
    await connection.execute(room.database.insert(outbox), {**ROW, "event_id": f"{name}-prepared"})
    await connection.execute(insert(outbox), {**ROW, "event_id": f"{name}-through"})


async def twice(room: Room, *, prepared: bool) -> None:
    """Fails at the second of two rows with one id."""
    outbox = room.service.chassis.outbox
    statement = Prepared(insert(outbox)) if prepared else insert(outbox)
    async with room.database.write() as connection:
        await connection.execute(delete(outbox))
        for _ in range(2):
            await connection.execute(statement, {**ROW, "event_id": "twice"})


@pytest.mark.parametrize("statement", ["prepared", "through"])
async def test_both_ways_are_one_transaction(room: Room, statement: str) -> None:
    with suppress(RuntimeError):
        async with room.database.write() as connection:
            await mixed(connection, room, "lost")
            raise RuntimeError
    async with room.database.write() as connection:
        await mixed(connection, room, "first")
        with suppress(RuntimeError):
            async with connection.begin_nested():
                await mixed(connection, room, "inner-lost")
                raise RuntimeError
        async with connection.begin_nested():
            await mixed(connection, room, "inner")
    assert await event_ids(room) == ["first-prepared", "first-through", "inner-prepared", "inner-through"]
    with pytest.raises(Exception, match=r"(?i)unique"):
        await twice(room, prepared=statement == "prepared")
    assert len(await event_ids(room)) == 4, "what failed was taken back"


async def test_a_reader_sees_no_half_of_a_transaction_and_leaves_none_open(room: Room) -> None:
    outbox = room.service.chassis.outbox
    count = Prepared(select(outbox.c.id))
    async with room.database.write() as connection:
        await mixed(connection, room, "a")
        async with room.database.read() as beside:
            assert (await beside.execute(count)).all() == []
            assert (await beside.execute(select(outbox.c.id))).all() == []
    for _ in range(3):
        async with room.database.read() as connection:
            assert len((await connection.execute(count)).all()) == 2
            assert len((await connection.execute(select(outbox.c.id))).all()) == 2
        async with room.database.snapshot() as connection:
            assert len((await connection.execute(count)).all()) == 2
    async with room.database.write() as connection:
        await connection.execute(statements.erased(outbox.c.topic), {"the_value": "t"})
    assert await event_ids(room) == []


def test_a_list_that_is_written_out_is_none_to_prepare(room: Room) -> None:
    key = room.service.chassis.outbox.c.key
    with pytest.raises(TypeError, match="among"):
        Prepared(select(key).where(key.in_(["a", "b"]))).written(room.database.engine.dialect, {})


def test_a_default_that_is_made_anew_is_none_to_prepare(room: Room) -> None:
    """Through SQLAlchemy it would be called each time; here it would be NULL."""
    made = Table(
        "made", MetaData(), Column("id", Integer, default=lambda: 1), Column("at", Integer, onupdate=lambda: 2)
    )
    dialect = room.database.engine.dialect
    with pytest.raises(TypeError, match="give its value"):
        Prepared(insert(made)).written(dialect, {"at": 1})
    with pytest.raises(TypeError, match="give its value"):
        Prepared(update(made)).written(dialect, {"id": 1})
    assert Prepared(insert(made)).written(dialect, {"id": 3, "at": 4}).arguments({"id": 3, "at": 4}) == [3, 4]


async def test_a_value_that_is_missing_is_none_in_silence(room: Room) -> None:
    with pytest.raises(KeyError):
        async with room.database.read() as connection:
            await connection.execute(statements.held(room.service.chassis.dead_letter), {})


@pytest.mark.kafka
async def test_connections_that_the_server_ended_are_replaced(request: pytest.FixtureRequest) -> None:
    """It was started again, or an operator ended them: whoever comes next gets new ones."""
    async with toy_room(request.getfixturevalue("postgres_server")) as room:

        async def look() -> int:
            async with room.database.read() as connection:
                await asyncio.sleep(0.01)  # so that all eight have a connection at once
                return int(
                    (await connection.execute(statements.held_at_all(room.service.chassis.dead_letter))).scalar_one()
                )

        assert await asyncio.gather(*(look() for _ in range(8))) == [0] * 8
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        async with room.database.read() as connection:
            assert len((await connection.execute(text(others))).all()) >= 7
        await asyncio.sleep(0.1)  # the ends of the connections are on their way
        assert await asyncio.gather(*(look() for _ in range(8))) == [0] * 8


async def pass_over_a_full_disk(room: Room, then: str, *, inside: bool) -> None:
    """One transaction of which a statement found no room; then another step."""
    outbox, insert_one = room.service.chassis.outbox, room.database.insert(room.service.chassis.outbox)
    async with room.database.write() as connection:
        await connection.execute(insert_one, {**ROW, "event_id": "before"})
        with suppress(OperationalError):
            async with connection.begin_nested() if inside else nullcontext():
                await connection.execute(insert_one, {**ROW, "value": b"x" * 400_000})
        if then == "a savepoint":
            async with connection.begin_nested():
                pass
        elif then != "nothing":
            statement = insert_one if then == "prepared" else insert(outbox)
            await connection.execute(statement, {**ROW, "event_id": "after"})


@pytest.mark.parametrize("then", ["nothing", "prepared", "through", "a savepoint"])
@pytest.mark.parametrize("inside", [False, True])
async def test_what_sqlite_took_back_is_not_half_committed(then: str, *, inside: bool) -> None:
    """The disk is full: the whole transaction is gone, not the statement alone. Who passes over that is told so at the next step."""
    async with toy_room(None) as room:
        async with room.database.write() as connection:
            (pages,) = connection.raw.execute("PRAGMA page_count").fetchone()
            connection.raw.execute(f"PRAGMA max_page_count={pages + 20}")
        with pytest.raises(OperationalError, match="taken back") as caught:
            await pass_over_a_full_disk(room, then, inside=inside)
        assert is_outage(caught.value)
        async with room.database.write() as connection:
            await connection.execute(room.database.insert(room.service.chassis.outbox), {**ROW, "event_id": "later"})
        assert await event_ids(room) == ["later"]


async def pass_over_an_error(room: Room, *, inside: bool) -> None:
    """One transaction of which a statement failed."""
    insert_one = room.database.insert(room.service.chassis.outbox)
    async with room.database.write() as connection:
        await connection.execute(insert_one, {**ROW, "event_id": "before"})
        async with connection.begin_nested() if inside else nullcontext():
            with suppress(asyncpg.UniqueViolationError):
                await connection.execute(insert_one, {**ROW, "event_id": "before"})


@pytest.mark.kafka
@pytest.mark.parametrize("inside", [False, True])
async def test_what_postgresql_took_back_is_not_told_as_done(request: pytest.FixtureRequest, *, inside: bool) -> None:
    """A statement failed, and somebody passed over that: the server takes the whole transaction back and answers COMMIT without an error."""
    async with toy_room(request.getfixturevalue("postgres_server")) as room:
        with pytest.raises(asyncpg.InFailedSQLTransactionError) as caught:
            await pass_over_an_error(room, inside=inside)
        assert not is_outage(caught.value)
        insert_one = room.database.insert(room.service.chassis.outbox)
        async with room.database.write() as connection:
            await connection.execute(insert_one, {**ROW, "event_id": "later"})
            with suppress(asyncpg.UniqueViolationError):
                async with connection.begin_nested(), connection.begin_nested():
                    await connection.execute(insert_one, {**ROW, "event_id": "later"})
        assert await event_ids(room) == ["later"]


async def end_on_a_lost_connection(room: Room, why: type[BaseException], *, inside: bool) -> None:
    async with room.database.write() as connection, connection.begin_nested() if inside else nullcontext():
        connection.raw.terminate()
        raise why


@pytest.mark.kafka
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("why", [asyncio.CancelledError, KeyError])
async def test_why_a_transaction_ended_is_told_though_the_connection_is_gone(
    request: pytest.FixtureRequest, why: type[BaseException], *, inside: bool
) -> None:
    """Who was cancelled, and hears of a lost connection instead, goes on."""
    async with toy_room(request.getfixturevalue("postgres_server")) as room:
        with pytest.raises(why):
            await end_on_a_lost_connection(room, why, inside=inside)
        assert await event_ids(room) == []


async def begin_twice(room: Room) -> None:
    async with room.database.write() as connection:
        await connection.execute(room.database.insert(room.service.chassis.outbox), ROW)
        assert isinstance(connection, PostgresConnection)
        async with connection.begin():
            pass


@pytest.mark.kafka
async def test_a_transaction_begins_in_no_other(request: pytest.FixtureRequest) -> None:
    """PostgreSQL would warn its log alone, and the inner COMMIT end both."""
    async with toy_room(request.getfixturevalue("postgres_server")) as room:
        with pytest.raises(RuntimeError, match="begin_nested"):
            await begin_twice(room)
        assert await event_ids(room) == []


@pytest.mark.kafka
@pytest.mark.parametrize("how", ["write", "snapshot"])
async def test_a_begin_that_failed_is_the_last_of_its_connection(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """An operator cancelled just that: whatever comes next begins anew."""
    async with toy_room(request.getfixturevalue("postgres_server")) as room:
        run, left = asyncpg.Connection.execute, [1]

        async def execute(connection: Any, query: str, *values: Any) -> Any:
            if query.startswith("BEGIN") and left:
                left.pop()
                raise asyncpg.QueryCanceledError("canceling statement due to user request")
            return await run(connection, query, *values)

        monkeypatch.setattr(asyncpg.Connection, "execute", execute)
        opened = room.database.write if how == "write" else room.database.snapshot
        with pytest.raises(asyncpg.QueryCanceledError):
            async with opened():
                pass
        assert not left
        for _ in range(2):
            async with opened() as connection:
                await connection.execute(statements.waiting(room.service.chassis.outbox))


@pytest.mark.kafka
async def test_a_connection_that_the_server_was_just_ending(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last message was read, its end not yet: asyncpg says that another operation is in progress. That is an outage, and nobody is
    given the connection again."""
    async with toy_room(request.getfixturevalue("postgres_server")) as room:

        async def fetch(_connection: Any, _query: str, *_values: Any) -> Any:
            raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

        waiting = statements.waiting(room.service.chassis.outbox)
        async with room.database.read() as connection:
            await connection.execute(waiting)
            ending = connection.raw
        with monkeypatch.context() as patched:
            patched.setattr(asyncpg.Connection, "fetch", fetch)
            with pytest.raises(asyncpg.InternalClientError) as caught:
                async with room.database.read() as connection:
                    await connection.execute(waiting)
        assert is_outage(caught.value)
        async with room.database.read() as connection:
            await connection.execute(waiting)
            assert connection.raw is not ending
        assert ending.is_closed()
