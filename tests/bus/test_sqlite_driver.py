"""A statement on SQLite is one trip to the connection's thread, however few rows it brings; many are all there."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.chassis.database import Database
from services.chassis.sqlite_driver import AHEAD, LettingGo

SERIES = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {many}) SELECT i FROM n"


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database(f"sqlite+aiosqlite:///{tmp_path / 'a.sqlite'}", pool=1)
    async with found.write() as connection:
        await connection.execute(text("CREATE TABLE t (i INTEGER PRIMARY KEY)"))
    yield found
    await found.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the threads were asked for."""
    made: list[str] = []
    really = LettingGo._execute

    async def counted(self: LettingGo, work: Any, *given: Any) -> Any:
        made.append(work.__name__)
        return await really(self, work, *given)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(LettingGo, "_execute", counted)
    return made


async def test_a_statement_is_one_trip(database: Database, trips: list[str]) -> None:
    async with database.write() as connection:
        trips.clear()
        await connection.execute(text("INSERT INTO t VALUES (1)"))
        assert len(trips) == 1
        assert (await connection.execute(text("SELECT i FROM t"))).all() == [(1,)]
        assert len(trips) == 2
        assert (await connection.execute(text("UPDATE t SET i = 2 WHERE i = 1"))).rowcount == 1
        assert (await connection.execute(text("UPDATE t SET i = 3 WHERE i = 1"))).rowcount == 0
        await connection.execute(text("INSERT INTO t VALUES (:i)"), [{"i": 5}, {"i": 6}])
        assert len(trips) == 5
        returned = await connection.execute(text("INSERT INTO t VALUES (7) RETURNING i"))
        assert returned.scalar_one() == 7
        assert len(trips) == 6
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT i FROM t ORDER BY i"))).scalars().all() == [2, 5, 6, 7]


@pytest.mark.parametrize("many", [1, AHEAD - 1, AHEAD, AHEAD + 1, 3 * AHEAD])
async def test_all_rows_come_at_once_one_by_one_and_in_pages(database: Database, many: int) -> None:
    query, expected = text(SERIES.format(many=many)), list(range(1, many + 1))
    async with database.read() as connection:
        assert (await connection.execute(query)).scalars().all() == expected
        for page in (1, 7, AHEAD, 1000):
            async with connection.stream(query, execution_options={"yield_per": page}) as found:
                assert [row.i async for row in found] == expected
        async with connection.stream(query) as found:
            pages = [await found.fetchmany(AHEAD - 3) for _ in range(5)]
            assert [row.i for page in pages for row in page] == expected


async def test_what_nobody_read_to_its_end_keeps_nobody_from_writing(database: Database) -> None:
    async with database.read() as connection:
        async with connection.stream(text(SERIES.format(many=3 * AHEAD))) as found:
            assert (await found.fetchone()) == (1,)
        async with connection.stream(text(SERIES.format(many=3 * AHEAD))) as found:
            assert (await found.fetchone()) == (1,)
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE t"))
