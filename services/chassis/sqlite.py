"""SQLite, in the loop: a statement takes microseconds, out of memory as a rule, and whatever would carry it to a thread or a greenlet and
back costs many times as much (DECISIONS 48). What may wait, for another process's writer or for the disk, waits on a thread."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from sqlalchemy import URL, Connection, CursorResult, Engine, Executable, NullPool, create_engine, event
from sqlalchemy.ext.asyncio import AsyncResult

from services.chassis.prepared import Found, Prepared, Values, one_of_many
from services.chassis.seats import Seats

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY = 10_000
"""Milliseconds for which another process's writer is waited for."""
LOOK_AT, MUCH = 32, 4 * 1024 * 1024
"""Every so many commits it is looked whether their log has more than so many bytes."""


class SqliteConnection:
    """A connection, asked as SQLAlchemy's asynchronous one is; it answers at once."""

    def __init__(self, sync: Connection) -> None:
        self._sync = sync
        self.raw: Any = sync.connection.driver_connection
        self._dialect = sync.dialect
        self._asked = False
        """Whether SQLAlchemy was: it has a transaction of its own in mind then."""
        self._writes = False
        """Whether a transaction that writes was begun and is not at its end."""

    async def execute(
        self, statement: Executable | Prepared, parameters: Values = None, /
    ) -> CursorResult[Any] | Found:
        """Run a statement. What is not prepared goes through SQLAlchemy."""
        if not isinstance(statement, Prepared):
            return self._through().execute(statement, parameters)
        self._begin()
        written = statement.written(self._dialect, one_of_many(parameters))
        if parameters is not None and not isinstance(parameters, Mapping):
            cursor = self.raw.executemany(written.sql, [written.arguments(each) for each in parameters])
            return written.found((), cursor.rowcount)
        cursor = self.raw.execute(written.sql, written.arguments(parameters or {}))
        return written.found(cursor.fetchall() if written.returns else (), cursor.rowcount)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        """A savepoint."""
        self._begin()
        self.raw.execute("SAVEPOINT inner")
        try:
            yield
        except BaseException:
            if self.raw.in_transaction:  # where the disk is full, SQLite has taken all of it back already
                self.raw.execute("ROLLBACK TO inner")
                self.raw.execute("RELEASE inner")
            raise
        self._check()
        self.raw.execute("RELEASE inner")

    @asynccontextmanager
    async def stream(
        self, statement: Executable, /, *, execution_options: Mapping[str, Any] | None = None
    ) -> AsyncIterator[AsyncResult[Any]]:
        """A statement's rows as they are read."""
        found = AsyncResult[Any](self._through().execute(statement, execution_options=execution_options))
        try:
            yield found
        finally:
            await found.close()

    async def run_sync(self, work: Callable[..., T], /, *given: Any) -> T:
        """What a function answers that wants a synchronous connection."""
        return work(self._through(), *given)

    def writes(self) -> None:
        """A transaction that writes was begun."""
        self._writes = True

    def end(self, word: Literal["COMMIT", "ROLLBACK"]) -> None:
        """End the transaction. One that writes must still be there to be committed."""
        if word == "COMMIT":
            self._check()
        self._writes = False
        if self.raw.in_transaction:
            self.raw.execute(word)
        if self._asked:
            self._sync.rollback()
            self._asked = False

    def close(self) -> None:
        """Hang up."""
        self._sync.close()

    def _begin(self) -> None:
        self._check()
        if not self.raw.in_transaction:
            self.raw.execute("BEGIN")

    def _check(self) -> None:
        """Where the disk is full or fails, SQLite takes a whole transaction back: what comes after whoever passed over that would stand
        alone."""
        if self._writes and not self.raw.in_transaction:
            raise sqlite3.OperationalError("the transaction was taken back")

    def _through(self) -> Connection:
        self._check()
        self._asked = True
        return self._sync


class Sqlite:
    """One file. It has one writer at a time, so writers queue here instead of timing out there. A commit does not wait for the disk; the
    checkpoint does that brings many of them into the file, and is made by the writer, for only while nobody writes does it reach the end."""

    def __init__(self, url: URL, pool: int) -> None:
        self.engine = _engine(url)
        self._writing_engine = _engine(url)
        event.listen(self.engine, "connect", _tell(f"busy_timeout={BUSY}", "query_only=ON"))
        event.listen(self._writing_engine, "connect", _tell("busy_timeout=0"))
        self._log = Path(f"{url.database}-wal")
        self.seats = Seats(pool)
        self._readers: list[SqliteConnection] = []
        """Those that nobody reads from just now."""
        self._writer: SqliteConnection | None = None
        self._turn = asyncio.Lock()
        self._commits = 0
        self._thread = ThreadPoolExecutor(1, "sqlite")

    @asynccontextmanager
    async def write(self) -> AsyncIterator[SqliteConnection]:
        """A transaction that writes says so from the start: it waits for its turn instead of failing later."""
        async with self._turn:
            writer = self._writer = self._writer or SqliteConnection(self._writing_engine.connect())
            try:
                if not _begun_at_once(writer.raw):
                    await self._on_thread(_begin_patiently, writer.raw)
                writer.writes()
                yield writer
                writer.end("COMMIT")
            finally:
                writer.end("ROLLBACK")
            if self._is_long():
                await self._on_thread(_checkpoint, writer.raw)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqliteConnection]:
        """A snapshot, from the first statement on."""
        async with self.seats.one():
            reader = self._readers.pop() if self._readers else SqliteConnection(self.engine.connect())
            try:
                yield reader
            finally:
                reader.end("ROLLBACK")
                self._readers.append(reader)

    snapshot = read

    async def close(self) -> None:
        """Give the file back."""
        for connection in (*self._readers, *([self._writer] if self._writer else [])):
            connection.close()
        self._readers, self._writer = [], None
        self.engine.dispose()
        self._writing_engine.dispose()
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


def _engine(url: URL) -> Engine:
    """Connections are kept here, not in a pool of SQLAlchemy's: taking one there and giving it back takes as long as three statements."""
    engine = create_engine(
        url.set(drivername="sqlite"),
        poolclass=NullPool,
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
