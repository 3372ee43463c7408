"""One database of one service: SQLite in a file or PostgreSQL, the same statements on both."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.chassis import sqlite_driver

Insert = postgresql.Insert | sqlite.Insert


class Database:
    """Hands out transactions. SQLite has one writer per file, so writers queue here instead of timing out there."""

    def __init__(self, url: str, *, pool: int = 8) -> None:
        self.url = url
        self.on_sqlite = url.startswith("sqlite")
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=pool,
            pool_timeout=30,
            connect_args={"async_creator_fn": sqlite_driver.connect} if url.startswith("sqlite") else {},
            hide_parameters=True,  # an error's text may be printed by somebody: never with what a person wrote
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
        """A snapshot to read from."""
        async with self.engine.connect() as connection:
            connection = await connection.execution_options(read_only=True)
            async with connection.begin():
                yield connection

    def insert(self, table: Table) -> Insert:
        """An insert that knows ON CONFLICT."""
        return sqlite.insert(table) if self.on_sqlite else postgresql.insert(table)

    def upsert(self, table: Table, values: dict[str, Any], *, newer: str | None = None) -> Insert:
        """Insert, or replace the row of the same primary key; with `newer`, only if that column grows."""
        return self._upserting(table, self.insert(table).values(**values), list(values), newer)

    def upsert_many(self, table: Table, columns: Sequence[str], *, newer: str | None = None) -> Insert:
        """The same for rows that are executed with it, each in turn."""
        return self._upserting(table, self.insert(table), columns, newer)

    def _upserting(self, table: Table, statement: Insert, columns: Sequence[str], newer: str | None) -> Insert:
        keys = [column.name for column in table.primary_key]
        condition: ColumnElement[bool] | None = None
        if newer:
            condition = statement.excluded[newer] > table.c[newer]
        return statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: statement.excluded[name] for name in columns if name not in keys}
            or {keys[0]: statement.excluded[keys[0]]},
            where=condition,
        )

    async def close(self) -> None:
        """Give all connections back."""
        await self.engine.dispose()


PASSING = ("08", "40", "53", "55P03", "57")
"""SQLSTATE classes that say nothing about the work: connections, deadlocks, resources, a lock not to be had, operators."""


def is_outage(error: BaseException) -> bool:
    """Whether the database could not be reached or was too busy: try again later, nothing is wrong with the work."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout | OSError | asyncio.TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or str(getattr(error.orig, "sqlstate", None) or "").startswith(PASSING)
