"""A statement on SQLite runs in the loop; what waits for the disk or for another writer waits on a thread."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from services.chassis import sqlite as sqlite_module
from services.chassis.database import Database, is_outage
from services.chassis.sqlite import Sqlite

MANY = 256
SERIES = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {many}) SELECT i FROM n"


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database(f"sqlite+aiosqlite:///{tmp_path / 'a.sqlite'}", pool=1)
    async with found.write() as connection:
        await connection.execute(text("CREATE TABLE t (i INTEGER PRIMARY KEY)"))
    yield found
    await found.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the thread was asked for."""
    made: list[Any] = []
    really = Sqlite._on_thread

    async def counted(self: Sqlite, work: Any, *given: Any) -> None:
        made.append(given)
        await really(self, work, *given)

    monkeypatch.setattr(Sqlite, "_on_thread", counted)
    return made


async def test_who_need_not_wait_takes_no_trip_to_a_thread(database: Database, trips: list[Any]) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO t VALUES (1)"))
        assert (await connection.execute(text("SELECT i FROM t"))).all() == [(1,)]
        assert (await connection.execute(text("UPDATE t SET i = 3 WHERE i = 1"))).rowcount == 1
        assert (await connection.execute(text("UPDATE t SET i = 4 WHERE i = 1"))).rowcount == 0
        await connection.execute(text("INSERT INTO t VALUES (:i)"), [{"i": 5}, {"i": 6}])
        returned = await connection.execute(text("INSERT INTO t VALUES (7) RETURNING i"))
        assert returned.scalar_one() == 7
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT i FROM t ORDER BY i"))).scalars().all() == [3, 5, 6, 7]
    assert trips == []


async def test_who_reads_cannot_write(database: Database) -> None:
    async with database.read() as connection:
        with pytest.raises(OperationalError, match="readonly"):
            await connection.execute(text("INSERT INTO t VALUES (1)"))


async def test_what_was_committed_comes_into_the_file_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its log does not grow for ever, and the file alone has what was brought into it."""
    monkeypatch.setattr(sqlite_module, "MUCH", 256 * 1024)
    text_of_a_page = "x" * 4000
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE words (word TEXT)"))
    sizes = []
    for _ in range(20 * sqlite_module.LOOK_AT):
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO words VALUES (:word)"), {"word": text_of_a_page})
        sizes.append((tmp_path / "a.sqlite-wal").stat().st_size)
    assert max(sizes) < 5 * 256 * 1024 < len(sizes) * len(text_of_a_page)
    shutil.copy(tmp_path / "a.sqlite", tmp_path / "b.sqlite")
    with closing(sqlite3.connect(tmp_path / "b.sqlite")) as file:
        assert file.execute("SELECT count(*) FROM words").fetchone()[0] > len(sizes) / 2
    await database.close()


async def test_the_loop_goes_on_while_somebody_waits_for_another_writer(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    wrote = asyncio.Event()

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))
        wrote.set()

    writing = asyncio.create_task(write())
    for _ in range(20):
        await asyncio.sleep(0.001)  # time in which it would have written; and the loop goes on
    assert not wrote.is_set(), "there is one writer at a time"
    other.execute("COMMIT")
    await asyncio.wait_for(writing, 10)
    assert other.execute("SELECT i FROM t").fetchall() == [(1,)]
    other.close()


async def test_a_read_sees_one_moment(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one() == 0
        other.execute("INSERT INTO t VALUES (1)")
        assert (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one() == 0
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM t"))).scalar_one() == 1
    other.close()


@pytest.mark.parametrize("many", [1, MANY - 1, MANY, MANY + 1, 3 * MANY])
async def test_all_rows_come_at_once_one_by_one_and_in_pages(database: Database, many: int) -> None:
    query, expected = text(SERIES.format(many=many)), list(range(1, many + 1))
    async with database.read() as connection:
        assert (await connection.execute(query)).scalars().all() == expected
        for page in (1, 7, MANY, 1000):
            async with connection.stream(query, execution_options={"yield_per": page}) as found:
                assert [row.i async for row in found] == expected
        async with connection.stream(query) as found:
            pages = [await found.fetchmany(MANY - 3) for _ in range(5)]
            assert [row.i for page in pages for row in page] == expected


async def test_what_nobody_read_to_its_end_keeps_nobody_from_writing(database: Database) -> None:
    async with database.read() as connection:
        async with connection.stream(text(SERIES.format(many=3 * MANY))) as found:
            assert (await found.fetchone()) == (1,)
        async with connection.stream(text(SERIES.format(many=3 * MANY))) as found:
            assert (await found.fetchone()) == (1,)
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE t"))


async def test_whoever_is_cancelled_while_it_waits_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))

    waiting = asyncio.create_task(write())
    await asyncio.sleep(0.01)  # until its thread waits for the other writer, which rings nothing
    waiting.cancel()
    waiting.cancel()
    await asyncio.sleep(0.01)  # time in which it would have given its connection back
    other.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await waiting
    other.execute("BEGIN IMMEDIATE")
    assert other.execute("SELECT i FROM t").fetchall() == []
    other.execute("COMMIT")
    await write()
    assert other.execute("SELECT i FROM t").fetchall() == [(1,)]
    other.close()


async def test_what_fails_is_taken_back(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        await fail()
    async with database.write() as connection:
        with suppress(IntegrityError):
            async with connection.begin_nested():
                await connection.execute(text("INSERT INTO t VALUES (2)"))
                await connection.execute(text("INSERT INTO t VALUES (2)"))
        await connection.execute(text("INSERT INTO t VALUES (3)"))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT i FROM t"))).scalars().all() == [3]


async def test_a_writer_of_another_process_that_does_not_end_is_an_outage(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "BUSY", 50)
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as failed:
        async with database.write():
            pass
    assert is_outage(failed.value)
    other.close()
