"""A service at work: its declaration, its database, its clock. The same object whether five run in one process or one does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from services.chassis import statements
from services.chassis.clock import Clock, SystemClock
from services.chassis.crash import CrashAt, Point, never
from services.chassis.database import Connection, Database
from services.chassis.heard import Lately
from services.chassis.service import Service
from services.chassis.telemetry import Telemetry
from services.chassis.transaction import Transaction

R = TypeVar("R")


class Bell:
    """Wakes everyone who waits for something new; whoever comes late looks first and then waits."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Something new is there."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Until the bell rings, or the time is over."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return


class Room:
    """Where a service works."""

    def __init__(
        self,
        service: Service,
        database: Database,
        clock: Clock,
        *,
        cell: str,
        secret: bytes,
        resources: dict[type, Any] | None = None,
        relayed: bool = False,
        on_commit: Callable[[], None] = lambda: None,
        crash: CrashAt = never,
    ) -> None:
        self.service = service
        self.database = database
        self.clock = clock
        self.wall = SystemClock()
        """For ids and leases, which a test's clock must not make equal."""
        self.cell = cell
        self.relayed = relayed
        """Whether a relay publishes the outbox; on the embedded bus the outbox is the log itself."""
        self.secret = secret
        self.telemetry = Telemetry(service.name)
        self.hears = tuple(reaction.topic.in_cell(cell) for reaction in service.reactions)
        """Full names of the topics that it reads."""
        self.heard = Bell()
        """Rings when facts were consumed."""
        self.lately = Lately()
        """What they were."""
        self.on_commit = on_commit
        """Called when outgoing events were committed: wakes the relay, or the embedded bus."""
        self.crash = crash
        """Where a crash test kills the process."""
        self._resources: dict[type, Any] = dict(resources or {})

    def get(self, kind: type[R]) -> R:
        """A resource, by its type."""
        found = self._resources.get(kind)
        if not isinstance(found, kind):
            raise LookupError(f"{self.service.name} was started without a {kind.__name__}")
        return found

    def put(self, kind: type[R], resource: R) -> None:
        """Hand in a resource that could not be made before the room was."""
        self._resources[kind] = resource

    @asynccontextmanager
    async def transaction(self, *, commanded: bool = False) -> AsyncIterator[Transaction]:
        """A transaction that commits at the end; then the bell for its events rings."""
        tx: Transaction | None = None
        try:
            async with self.database.write() as connection:
                tx = Transaction(self, connection, self.clock.now(), commanded=commanded)
                yield tx
                await tx.write_out()
                await self._log(connection, tx)
                if commanded and tx.outgoing:
                    self.crash(Point.BEFORE_COMMIT)
            self.lately.note(tx.heard.written)
            if commanded and tx.outgoing:
                self.crash(Point.AFTER_COMMIT)
        finally:
            # Also for a caller who gave up while it committed: nobody else would say that there is something to send.
            if tx is not None and tx.outgoing:
                self.on_commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """To read from, without locks; how far it stands still, `Database.read` says. Who looked at what is written behind it, so before
        the answer leaves: a reader waits for no writer but for that line."""
        async with self.database.read() as connection:
            tx = Transaction(self, connection, self.clock.now(), commanded=False, reading=True)
            yield tx
        if tx.looks:
            async with self.database.write() as connection:
                await self._log(connection, tx)

    async def _log(self, connection: Connection, tx: Transaction) -> None:
        for table, rows in tx.looks.items():
            await connection.execute(self.database.insert(table), rows)

    async def unsent(self) -> tuple[int, datetime | None]:
        """How many facts wait in the outbox, and since when the oldest does. On the embedded bus: none ever."""
        async with self.database.read() as connection:
            found = await connection.execute(statements.waiting(self.service.chassis.outbox))
            count, oldest = tuple(found.one())
        return count, datetime.fromisoformat(oldest) if oldest else None

    async def held(self) -> int:
        """How many dead letters there are."""
        async with self.database.read() as connection:
            found = await connection.execute(statements.held_at_all(self.service.chassis.dead_letter))
            count: int = found.scalar_one()
        return count
