"""One database of one service: SQLite in a file or PostgreSQL, the same statements on both."""

import asyncio
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Protocol

from sqlalchemy import URL, Engine, Table, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from services.chassis.sqlite import Sqlite, SqliteConnection

Insert = postgresql.Insert | sqlite.Insert
Connection = AsyncConnection | SqliteConnection
Opened = AbstractAsyncContextManager[Connection]


class Store(Protocol):
    """What differs between the two."""

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


class Postgres:
    """A database on a server: what takes time takes it there."""

    def __init__(self, url: URL, pool: int) -> None:
        self._engine = create_async_engine(
            url,
            # Kept once opened, the last one given back first: opening one costs the server more than twenty commands' statements, and
            # each has to learn them anew.
            pool_size=pool,
            max_overflow=0,
            pool_use_lifo=True,
            pool_timeout=30,
            hide_parameters=True,  # an error's text may be printed by somebody: never with what a person wrote
        )
        self.engine = self._engine.sync_engine
        # A read needs no transaction, which would be two more trips to the server.
        self._reader = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        # READ COMMITTED, the default, would show each statement a moment of its own.
        self._still = self._engine.execution_options(isolation_level="REPEATABLE READ")

    def write(self) -> Opened:
        return self._engine.begin()

    def read(self) -> Opened:
        return self._reader.connect()

    def snapshot(self) -> Opened:
        return self._still.begin()

    async def close(self) -> None:
        await self._engine.dispose()


class Database:
    """Hands out transactions."""

    def __init__(self, url: str, *, pool: int = 16) -> None:
        self.url = url
        self.on_sqlite = url.startswith("sqlite")
        self._store: Store = (Sqlite if self.on_sqlite else Postgres)(make_url(url), pool)
        self.engine = self._store.engine

    def write(self) -> Opened:
        """One transaction, committed at the end or not at all. Await nothing foreign inside."""
        return self._store.write()

    def read(self) -> Opened:
        """To read from: on SQLite a snapshot, on PostgreSQL what is committed when each statement begins."""
        return self._store.read()

    def snapshot(self) -> Opened:
        """One moment: every statement inside sees the same rows, and nobody who writes is kept waiting."""
        return self._store.snapshot()

    def insert(self, table: Table) -> Insert:
        """An insert that knows ON CONFLICT. Like the two below it is executed with its rows, and built once: building takes longer
        than running."""
        return _insert(table, self.on_sqlite)

    def insert_new(self, table: Table) -> Insert:
        """An insert that leaves what is there."""
        return _insert_new(table, self.on_sqlite)

    def upsert(self, table: Table, columns: Iterable[str], *, newer: str | None = None) -> Insert:
        """Insert these columns, or replace them in the row of the same primary key; with `newer`, only if that column grows."""
        return _upsert(table, tuple(columns), newer, self.on_sqlite)

    def add(self, table: Table, columns: Iterable[str]) -> Insert:
        """Insert these numbers, or add them to those in the row of the same primary key."""
        return _add(table, tuple(columns), self.on_sqlite)

    async def close(self) -> None:
        """Give all connections back."""
        await self._store.close()


@cache
def _insert(table: Table, on_sqlite: bool) -> Insert:
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)


@cache
def _insert_new(table: Table, on_sqlite: bool) -> Insert:
    return _insert(table, on_sqlite).on_conflict_do_nothing()


@cache
def _upsert(table: Table, columns: tuple[str, ...], newer: str | None, on_sqlite: bool) -> Insert:
    statement = _insert(table, on_sqlite)
    keys = [column.name for column in table.primary_key]
    replaced = [name for name in columns if name not in keys] or keys[:1]
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: statement.excluded[name] for name in replaced},
        where=statement.excluded[newer] > table.c[newer] if newer else None,
    )


@cache
def _add(table: Table, columns: tuple[str, ...], on_sqlite: bool) -> Insert:
    statement = _insert(table, on_sqlite)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={name: table.c[name] + statement.excluded[name] for name in columns},
    )


PASSING = ("08", "40", "53", "55P03", "57")
"""SQLSTATE classes that say nothing about the work: connections, deadlocks, resources, a lock not to be had, operators."""


def is_outage(error: BaseException) -> bool:
    """Whether the database could not be reached or was too busy: try again later, nothing is wrong with the work."""
    if isinstance(
        error,
        OperationalError | sqlite3.OperationalError | InterfaceError | PoolTimeout | OSError | asyncio.TimeoutError,
    ):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", None) or "").startswith(PASSING)
