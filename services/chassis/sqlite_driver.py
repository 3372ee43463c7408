"""SQLite beneath aiosqlite: what may wait goes to the connection's thread, everything else runs where it is asked for."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import aiosqlite

WAITS = "BEGIN IMMEDIATE"
"""The one statement that waits for somebody else: for the file's writer."""


class InLoop(aiosqlite.Cursor):
    """Runs a statement in the loop. It takes microseconds, out of memory as a rule: the trip to a thread and back, for which aiosqlite makes
    four a statement, costs ten times as much, and on busy cores a hundred times (DECISIONS 20)."""

    def __init__(self, connection: "Connection") -> None:
        self._conn: Connection = connection
        self._cursor: Any = None

    async def __aenter__(self) -> "InLoop":
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "InLoop":
        run = self._conn._conn.execute
        self._cursor = await self._conn.on_thread(run, sql) if sql == WAITS else run(sql, parameters or ())  # type: ignore[arg-type]
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> "InLoop":
        self._cursor = self._conn._conn.executemany(sql, parameters)  # type: ignore[arg-type]
        return self

    async def fetchall(self) -> list[Any]:
        found: list[Any] = self._cursor.fetchall()
        return found

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        found: list[Any] = self._cursor.fetchmany(size or self.arraysize)
        return found

    async def fetchone(self) -> Any:
        return self._cursor.fetchone()

    async def close(self) -> None:
        if self._cursor is not None:
            self._cursor.close()


class Connection(aiosqlite.Connection):
    """Begins to write and commits on its thread: there the disk is waited for.

    Rolls back before it closes. Whoever is cancelled in the middle has her connection closed, but SQLite keeps a connection with an open
    statement alive, transaction, write lock and all, until Python collects the garbage: nobody could write."""

    _on_thread = 0
    """What the thread has not ended yet: somebody who was cancelled waits for it no longer, and it goes on all the same."""

    def cursor(self) -> InLoop:  # type: ignore[override]
        return InLoop(self)

    async def on_thread(self, work: Callable[..., Any], *given: Any) -> Any:
        """What the connection's thread answers."""

        def worked() -> Any:
            try:
                return work(*given)
            finally:
                self._on_thread -= 1

        self._on_thread += 1
        return await self._execute(worked)  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        if self._conn.in_transaction:
            await self.on_thread(self._conn.commit)

    async def rollback(self) -> None:
        if self._on_thread:
            await self.on_thread(self._conn.rollback)
        elif self._conn.in_transaction:
            self._conn.rollback()

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
    connection = Connection(partial(sqlite3.connect, path, **settings | {"check_same_thread": False}), 64)
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
    connection.exec_driver_sql("BEGIN" if reading else WAITS)
