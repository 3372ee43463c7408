"""PostgreSQL: what takes time takes it there. Prepared statements go to the driver as they are (DECISIONS 53)."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Literal, TypeVar

import asyncpg
from sqlalchemy import URL, CursorResult, Executable, NullPool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncResult, create_async_engine

from services.chassis.prepared import Found, Prepared, Values, one_of_many
from services.chassis.seats import Seats

T = TypeVar("T")
Isolation = Literal["repeatable_read"]

BEGIN: Mapping[Isolation | None, str] = {None: "BEGIN", "repeatable_read": "BEGIN ISOLATION LEVEL REPEATABLE READ"}
LEARNED = 512
"""Statements that a connection remembers."""


class PostgresConnection:
    """A connection, asked as SQLAlchemy's asynchronous one is."""

    def __init__(self, connection: AsyncConnection, raw: Any) -> None:
        self._connection = connection
        self.raw = raw
        self._dialect = connection.dialect
        self._asked = False
        """Whether SQLAlchemy was: it has a transaction of its own in mind then."""

    async def execute(
        self, statement: Executable | Prepared, parameters: Values = None, /
    ) -> CursorResult[Any] | Found:
        """Run a statement. What is not prepared goes through SQLAlchemy."""
        if not isinstance(statement, Prepared):
            return await self._through().execute(statement, parameters)
        written = statement.written(self._dialect, one_of_many(parameters))
        if parameters is not None and not isinstance(parameters, Mapping):
            await self.raw.executemany(written.sql, [written.arguments(each) for each in parameters])
            return written.found((), -1)
        values = written.arguments(parameters or {})
        if written.returns:
            rows = await self.raw.fetch(written.sql, *values)
            return written.found(rows, len(rows))
        done = await self.raw.execute(written.sql, *values)  # such as "INSERT 0 1"
        return written.found((), int(done.rpartition(" ")[2]))

    @asynccontextmanager
    async def begin(self, isolation: Isolation | None = None) -> AsyncIterator[None]:
        """A transaction. After an error that somebody passed over, PostgreSQL answers its COMMIT with ROLLBACK: that is told."""
        if self.raw.is_in_transaction():
            raise RuntimeError("a transaction within a transaction ends with it: use begin_nested")
        await self.raw.execute(BEGIN[isolation])
        try:
            yield
        except BaseException:
            with suppress(Exception):  # the connection may be gone; what is told is why it came to this
                await self.raw.execute("ROLLBACK")
            raise
        if await self.raw.execute("COMMIT") != "COMMIT":
            raise asyncpg.InFailedSQLTransactionError("the transaction was taken back: a statement of it had failed")

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """A savepoint."""
        await self.raw.execute("SAVEPOINT step")
        try:
            yield
        except BaseException:
            with suppress(Exception):
                await self.raw.execute("ROLLBACK TO step; RELEASE step")
            raise
        await self.raw.execute("RELEASE step")

    def stream(
        self, statement: Executable, /, *, execution_options: Mapping[str, Any] | None = None
    ) -> AbstractAsyncContextManager[AsyncResult[Any]]:
        """A statement's rows as they are read."""
        return self._through().stream(statement, execution_options=execution_options)

    async def run_sync(self, work: Callable[..., T], /, *given: Any) -> T:
        """What a function answers that wants a synchronous connection."""
        return await self._through().run_sync(work, *given)

    async def is_whole(self) -> bool:
        """Whether it can be used again, by somebody who knows of no transaction before."""
        if self._asked:
            try:
                await self._connection.rollback()
            except Exception:  # it was lost; whoever used it has heard so already
                return False
            self._asked = False
        return not (self.raw.is_closed() or self.raw.is_in_transaction())

    async def drop(self) -> None:
        """Hang up, whatever state it is in."""
        try:
            with suppress(Exception):
                await self._connection.invalidate()
                await self._connection.close()
        finally:
            self.raw.terminate()

    def _through(self) -> AsyncConnection:
        self._asked = True
        return self._connection


class Postgres:
    """A database on a server. Connections are kept once opened, the last one given back first: opening one costs the server more than twenty
    commands' statements, and each has to learn them anew."""

    def __init__(self, url: URL, pool: int) -> None:
        engine = create_async_engine(
            url,
            poolclass=NullPool,
            connect_args={
                "statement_cache_size": LEARNED,
                "max_cached_statement_lifetime": 0,
                "max_cacheable_statement_size": 0,  # however many offices a caller bears
            },
            hide_parameters=True,  # an error's text may be printed by somebody: never with what a person wrote
        )
        self.engine = engine.sync_engine
        # To SQLAlchemy every statement stands alone: transactions are begun and ended here.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.seats = Seats(pool)
        self._free: list[PostgresConnection] = []

    @asynccontextmanager
    async def write(self) -> AsyncIterator[PostgresConnection]:
        async with self.read() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[PostgresConnection]:
        """A read needs no transaction, which would be two more trips to the server."""
        async with self.seats.one():
            connection = await self._open()
            try:
                yield connection
            except asyncpg.InternalClientError:
                await connection.drop()  # the server's farewell was read, the end of the connection not yet
                raise
            except Exception:
                await self._give_back(connection)
                raise
            except BaseException:
                # Cancelled: what was under way there, perhaps a BEGIN, may still come to its end.
                await connection.drop()
                raise
            await self._give_back(connection)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[PostgresConnection]:
        """READ COMMITTED, the default, would show each statement a moment of its own."""
        async with self.read() as connection, connection.begin("repeatable_read"):
            yield connection

    async def close(self) -> None:
        for connection in self._free:
            await connection.drop()
        self._free = []
        await self._engine.dispose()

    async def _give_back(self, connection: PostgresConnection) -> None:
        if await connection.is_whole():
            self._free.append(connection)
        else:
            await connection.drop()

    async def _open(self) -> PostgresConnection:
        while self._free:
            connection = self._free.pop()
            if await connection.is_whole():
                return connection
            await connection.drop()
        opened = await self._engine.connect()
        return PostgresConnection(opened, (await opened.get_raw_connection()).driver_connection)
