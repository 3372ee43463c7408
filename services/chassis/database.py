"""One database of one service: SQLite in a file or PostgreSQL, the same statements on both."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cache

from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.chassis import sqlite_driver

Insert = postgresql.Insert | sqlite.Insert


class Database:
    """Hands out transactions. SQLite has one writer per file, so writers queue here instead of timing out there."""

    def __init__(self, url: str, *, pool: int = 16) -> None:
        self.url = url
        self.on_sqlite = url.startswith("sqlite")
        self.engine: AsyncEngine = create_async_engine(
            url,
            # Kept once opened, the last one given back first: opening one costs the server more than twenty commands' statements, and
            # each has to learn them anew.
            pool_size=pool,
            max_overflow=0,
            pool_use_lifo=True,
            pool_timeout=30,
            connect_args={"async_creator_fn": sqlite_driver.connect} if url.startswith("sqlite") else {},
            hide_parameters=True,  # an error's text may be printed by somebody: never with what a person wrote
        )
        # A read needs no transaction, which would be two more trips to PostgreSQL.
        self._reader = self.engine.execution_options(
            **({"read_only": True} if self.on_sqlite else {"isolation_level": "AUTOCOMMIT"})
        )
        self._writer: asyncio.Lock | None = asyncio.Lock() if self.on_sqlite else None
        if self.on_sqlite:
            event.listen(self.engine.sync_engine, "connect", sqlite_driver.prepare)
            event.listen(self.engine.sync_engine, "begin", sqlite_driver.begin)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end or not at all. Await nothing foreign inside."""
        if self._writer is None:
            async with self.engine.begin() as connection:
                yield connection
            return
        async with self._writer, self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """To read from: on SQLite a snapshot, on PostgreSQL what is committed when each statement begins."""
        async with self._reader.connect() as connection:
            yield connection

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

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


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


PASSING = ("08", "40", "53", "55P03", "57")
"""SQLSTATE classes that say nothing about the work: connections, deadlocks, resources, a lock not to be had, operators."""


def is_outage(error: BaseException) -> bool:
    """Whether the database could not be reached or was too busy: try again later, nothing is wrong with the work."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError | asyncio.TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", None) or "").startswith(PASSING)
