"""SQLite behind aiosqlite's threads, with as few trips to the thread as there are statements."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import aiosqlite

AHEAD = 256
"""Rows that come back with the statement itself."""


class OneTrip(aiosqlite.Cursor):
    """One trip to the connection's thread for a statement and its first rows. aiosqlite makes four: for a cursor, the statement, the rows,
    the end. Each waits until the machine has a moment for the other thread: on busy cores that is most of the time that a transaction takes."""

    def __init__(self, connection: "LettingGo") -> None:
        self._conn: LettingGo = connection
        self._cursor: Any = None
        self._rows: list[Any] = []
        self._more = False
        """Whether there may be rows beside those that are here: the statement is open until they are read."""

    async def __aenter__(self) -> "OneTrip":
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "OneTrip":
        await self._conn.on_thread(self._run, sql, parameters or ())
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> "OneTrip":
        await self._conn.on_thread(self._run_many, sql, parameters)
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        if self._more:
            self._more = False
            rows += await self._conn.on_thread(self._cursor.fetchall)
        return rows

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        size = size or self.arraysize
        rows, self._rows = self._rows[:size], self._rows[size:]
        if self._more and len(rows) < size:
            wanted = size - len(rows)
            further = await self._conn.on_thread(self._cursor.fetchmany, wanted)
            self._more = len(further) == wanted
            rows += further
        return rows

    async def fetchone(self) -> Any:
        return next(iter(await self.fetchmany(1)), None)

    async def close(self) -> None:
        self._rows = []
        if self._more:
            self._more = False
            await self._conn.on_thread(self._cursor.close)

    def _run(self, sql: str, parameters: Iterable[Any]) -> None:
        self._cursor = cursor = self._conn._conn.execute(sql, parameters)  # type: ignore[arg-type]
        self._rows = cursor.fetchmany(AHEAD) if cursor.description else []
        self._more = len(self._rows) == AHEAD

    def _run_many(self, sql: str, parameters: Iterable[Iterable[Any]]) -> None:
        self._cursor = self._conn._conn.executemany(sql, parameters)  # type: ignore[arg-type]


class LettingGo(aiosqlite.Connection):
    """Rolls back before it closes. Whoever is cancelled in the middle of a statement has her connection closed, but SQLite keeps a
    connection with an open statement alive, transaction, write lock and all, until Python collects the garbage: nobody could write."""

    def cursor(self) -> OneTrip:  # type: ignore[override]
        return OneTrip(self)

    async def on_thread(self, work: Callable[..., Any], *given: Any) -> Any:
        """What the connection's thread answers."""
        return await self._execute(work, *given)  # type: ignore[no-untyped-call]

    def stop(self) -> asyncio.Future[Any] | None:
        self._tx.put_nowait((None, self._let_go))
        return super().stop()

    async def close(self) -> None:
        if self._connection is not None:
            await self.rollback()
        await super().close()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.rollback()


def connect(path: str, **settings: Any) -> aiosqlite.Connection:
    """A connection, to be awaited."""
    connection = LettingGo(partial(sqlite3.connect, path, **settings), 64)
    connection._thread.daemon = True  # as SQLAlchemy does: an open connection keeps no process alive
    return connection


def prepare(connection: Any, _record: Any) -> None:
    """What every connection is told first."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin(connection: Any) -> None:
    """A transaction that writes says so from the start: it waits for its turn instead of failing later."""
    reading = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
