"""SQLite, in the loop: a statement takes microseconds, out of memory as a rule, and whatever would carry it to a thread or a greenlet and
back costs many times as much (DECISIONS 48). What may wait, for another process's writer or for the disk, waits on a thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, CursorResult, Engine, Executable, QueuePool, create_engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncResult

T = TypeVar("T")

BUSY = 10_000
"""Milliseconds for which another process's writer is waited for."""
PATIENCE = 30
"""Seconds for which a connection is waited for."""


class SqliteConnection:
    """A connection, asked as SQLAlchemy's asynchronous one is; it answers at once."""

    def __init__(self, sync: Connection) -> None:
        self._sync = sync

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None, /
    ) -> CursorResult[Any]:
        """Run a statement."""
        return self._sync.execute(statement, parameters)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """A savepoint."""
        with self._sync.begin_nested():
            yield

    @asynccontextmanager
    async def stream(
        self, statement: Executable, /, *, execution_options: Mapping[str, Any] | None = None
    ) -> AsyncIterator[AsyncResult[Any]]:
        """A statement's rows as they are read."""
        found = AsyncResult[Any](self._sync.execute(statement, execution_options=execution_options))
        try:
            yield found
        finally:
            await found.close()

    async def run_sync(self, work: Callable[..., T], /, *given: Any) -> T:
        """What a function answers that wants a synchronous connection."""
        return work(self._sync, *given)


class Sqlite:
    """One file. It has one writer at a time, so writers queue here instead of timing out there."""

    def __init__(self, url: URL, pool: int) -> None:
        self.engine: Engine = create_engine(
            url.set(drivername="sqlite"),
            poolclass=QueuePool,
            pool_size=pool,
            max_overflow=0,
            pool_use_lifo=True,
            connect_args={"check_same_thread": False, "isolation_level": None},
            hide_parameters=True,
        )
        event.listen(self.engine, "connect", _prepare)
        event.listen(self.engine, "begin", _begin)
        self._seats = asyncio.Semaphore(pool)
        self._writer = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "sqlite")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[SqliteConnection]:
        """A transaction that writes says so from the start: it waits for its turn instead of failing later."""
        async with self._writer, self._connection() as connection:
            raw: Any = connection.connection.driver_connection
            if not _begun_at_once(raw):
                await self._on_thread(raw.execute, "BEGIN IMMEDIATE")
            with connection.begin() as transaction:
                before = raw.total_changes
                yield SqliteConnection(connection)
                if raw.total_changes != before:
                    await self._on_thread(raw.execute, "COMMIT")
                transaction.commit()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqliteConnection]:
        """A snapshot, from the first statement on."""
        async with self._connection() as connection:
            yield SqliteConnection(connection)

    snapshot = read

    async def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()
        self._thread.shutdown(wait=False)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """Waited for here: the pool's own waiting would stop the loop."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._seats.acquire()
        except TimeoutError:
            raise PoolTimeout("no connection became free") from None
        try:
            with self.engine.connect() as connection:
                yield connection
        finally:
            self._seats.release()

    async def _on_thread(self, work: Callable[..., Any], *given: Any) -> None:
        """Whoever is cancelled meanwhile waits for its end all the same: the connection is in use until then."""
        working = asyncio.get_running_loop().run_in_executor(self._thread, work, *given)
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            while not working.done():
                try:
                    await asyncio.wait([working])
                except asyncio.CancelledError:
                    continue
            working.exception()
            raise


def _prepare(raw: Any, _record: Any) -> None:
    """What every connection is told first."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY}"):
        raw.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    raw: Any = connection.connection.driver_connection
    if not raw.in_transaction:
        raw.execute("BEGIN")


def _begun_at_once(raw: Any) -> bool:
    """Whether no other process writes just now."""
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY}")
    return True
