"""One database of one service: SQLite in a file or PostgreSQL, the same statements on both."""

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import asyncpg
from sqlalchemy import Engine, Table, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.chassis.postgres import Postgres, PostgresConnection
from services.chassis.prepared import Prepared, prepared
from services.chassis.seats import Seats
from services.chassis.sqlite import Sqlite, SqliteConnection

Insert = postgresql.Insert | sqlite.Insert
Connection = PostgresConnection | SqliteConnection
Opened = AbstractAsyncContextManager[Connection]


class Store(Protocol):
    """What differs between the two."""

    seats: Seats

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine, the synchronous one."""
        ...

    def write(self) -> Opened:
        """As in Database, like the others."""
        ...

    def read(self) -> Opened: ...

    def snapshot(self) -> Opened: ...

    async def close(self) -> None: ...


class Database:
    """Hands out transactions."""

    def __init__(self, url: str, *, pool: int = 16) -> None:
        self.url = url
        self.on_sqlite = url.startswith("sqlite")
        self._store: Store = (Sqlite if self.on_sqlite else Postgres)(make_url(url), pool)
        self.engine = self._store.engine

    @property
    def readers(self) -> int:
        """How many connections are in use just now; on SQLite the writer's is not counted."""
        return self._store.seats.taken

    def write(self) -> Opened:
        """One transaction, committed at the end or not at all. Await nothing foreign inside."""
        return self._store.write()

    def read(self) -> Opened:
        """To read from: on SQLite a snapshot, on PostgreSQL what is committed when each statement begins."""
        return self._store.read()

    def snapshot(self) -> Opened:
        """One moment: every statement inside sees the same rows, and nobody who writes is kept waiting."""
        return self._store.snapshot()

    def insert(self, table: Table) -> Prepared:
        """An insert. Like those below it is executed with its rows."""
        return _insert(table, self.on_sqlite)

    def insert_new(self, table: Table) -> Prepared:
        """An insert that leaves what is there."""
        return _insert_new(table, self.on_sqlite)

    def upsert(self, table: Table, columns: Iterable[str], *, newer: str | None = None) -> Prepared:
        """Insert these columns, or replace them in the row of the same primary key; with `newer`, only if that column grows."""
        return _upsert(table, tuple(columns), newer, self.on_sqlite)

    def add(self, table: Table, columns: Iterable[str]) -> Prepared:
        """Insert these numbers, or add them to those in the row of the same primary key."""
        return _add(table, tuple(columns), self.on_sqlite)

    async def close(self) -> None:
        """Give all connections back."""
        await self._store.close()


def inserting(table: Table, on_sqlite: bool) -> Insert:
    """An insert that knows ON CONFLICT, to build on."""
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)


@prepared
def _insert(table: Table, on_sqlite: bool) -> Insert:
    return inserting(table, on_sqlite)


@prepared
def _insert_new(table: Table, on_sqlite: bool) -> Insert:
    return inserting(table, on_sqlite).on_conflict_do_nothing()


@prepared
def _upsert(table: Table, columns: tuple[str, ...], newer: str | None, on_sqlite: bool) -> Insert:
    statement = inserting(table, on_sqlite)
    keys = [column.name for column in table.primary_key]
    replaced = [name for name in columns if name not in keys] or keys[:1]
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in replaced},
        where=statement.excluded[newer] > table.c[newer] if newer else None,
    )


@prepared
def _add(table: Table, columns: tuple[str, ...], on_sqlite: bool) -> Insert:
    statement = inserting(table, on_sqlite)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={name: table.c[name] + statement.excluded[name] for name in columns},
    )


PASSING = ("08", "40", "53", "55P03", "57")
"""SQLSTATE classes that say nothing about the work: connections, deadlocks, resources, a lock not to be had, operators."""


def is_outage(error: BaseException) -> bool:
    """Whether the database could not be reached or was too busy: try again later, nothing is wrong with the work."""
    passing = OperationalError | sqlite3.OperationalError | InterfaceError | asyncpg.InterfaceError | PoolTimeout
    # InternalClientError: a statement met a connection that the server was just ending.
    ended = asyncpg.InternalClientError | asyncpg.InvalidCachedStatementError
    if isinstance(error, passing | ended | OSError | asyncio.TimeoutError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _passes(error.orig)
    return isinstance(error, asyncpg.PostgresError) and _passes(error)


def _passes(error: BaseException | None) -> bool:
    return str(getattr(error, "sqlstate", None) or "").startswith(PASSING)
