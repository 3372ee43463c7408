"""SQLite, in the loop: a statement takes microseconds, out of memory as a rule, and whatever would carry it to a thread or a greenlet and
back costs many times as much (DECISIONS 48). What may wait, for another process's writer or for the disk, waits on a thread."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, CursorResult, Engine, Executable, QueuePool, create_engine, event
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncResult

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY = 10_000
"""Milliseconds for which another process's writer is waited for."""
PATIENCE = 30
"""Seconds for which a connection is waited for."""
LOOK_AT, MUCH = 32, 4 * 1024 * 1024
"""Every so many commits it is looked whether their log has more than so many bytes."""


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
    """One file. It has one writer at a time, so writers queue here instead of timing out there. A commit does not wait for the disk; the
    checkpoint does that brings many of them into the file, and is made by the writer, for only while nobody writes does it reach the end."""

    def __init__(self, url: URL, pool: int) -> None:
        self.engine = _engine(url, pool)
        self._writer = _engine(url, 1)
        event.listen(self.engine, "connect", _tell(f"busy_timeout={BUSY}", "query_only=ON"))
        event.listen(self._writer, "connect", _tell("busy_timeout=0"))
        self._log = Path(f"{url.database}-wal")
        self._seats = asyncio.Semaphore(pool)
        self._turn = asyncio.Lock()
        self._commits = 0
        self._thread = ThreadPoolExecutor(1, "sqlite")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[SqliteConnection]:
        """A transaction that writes says so from the start: it waits for its turn instead of failing later."""
        async with self._turn:
            with self._writer.connect() as connection:
                raw: Any = connection.connection.driver_connection
                if not _begun_at_once(raw):
                    await self._on_thread(_begin_patiently, raw)
                with connection.begin():
                    yield SqliteConnection(connection)
                if self._is_long():
                    await self._on_thread(_checkpoint, raw)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqliteConnection]:
        """A snapshot, from the first statement on."""
        try:
            async with asyncio.timeout(PATIENCE):  # here: the pool's own waiting would stop the loop
                await self._seats.acquire()
        except TimeoutError:
            raise PoolTimeout("no connection became free") from None
        try:
            with self.engine.connect() as connection:
                yield SqliteConnection(connection)
        finally:
            self._seats.release()

    snapshot = read

    async def close(self) -> None:
        """Give the file back."""
        self.engine.dispose()
        self._writer.dispose()
        self._thread.shutdown(wait=False)

    def _is_long(self) -> bool:
        """Whether the log of commits has become so. Looked at now and then."""
        self._commits += 1
        if self._commits % LOOK_AT:
            return False
        try:
            return self._log.stat().st_size > MUCH
        except OSError:
            return False

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


def _engine(url: URL, pool: int) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite"),
        poolclass=QueuePool,
        pool_size=pool,
        max_overflow=0,
        pool_use_lifo=True,
        connect_args={"check_same_thread": False, "isolation_level": None},
        hide_parameters=True,
    )
    event.listen(engine, "begin", _begin)
    return engine


def _tell(*more: str) -> Callable[[Any, Any], None]:
    """What every connection is told first."""
    log_of_writes = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=0", f"journal_size_limit={MUCH}")
    pragmas = (*log_of_writes, "foreign_keys=ON", *more)

    def tell(raw: Any, _record: Any) -> None:
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}")

    return tell


def _begin(connection: Connection) -> None:
    raw: Any = connection.connection.driver_connection
    if not raw.in_transaction:
        raw.execute("BEGIN")


def _begun_at_once(raw: Any) -> bool:
    """Whether no other process writes just now."""
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _begin_patiently(raw: Any) -> None:
    raw.execute(f"PRAGMA busy_timeout={BUSY}")
    try:
        raw.execute("BEGIN IMMEDIATE")
    finally:
        raw.execute("PRAGMA busy_timeout=0")


def _checkpoint(raw: Any) -> None:
    """Bring the commits into the file, and begin the log anew. What readers still need stays until the next time."""
    try:
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.Error as error:
        log.warning("a checkpoint failed; the next one comes", extra={"facts": {"error": type(error).__name__}})
