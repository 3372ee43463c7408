"""Rebuilding the read model on this system: where the second one lies, who feeds it, what is tidied up."""

import asyncio
import fcntl
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import make_url, text

from deploy.migrate import migrate
from gateway.projector import PROJECTOR, SystemCaller
from gateway.readmodel.comparison import Comparison
from gateway.readmodel.rebuild import Beside, CannotRebuild, Gate
from gateway.readmodel.rebuild import rebuild as rebuild_beside
from gateway.readmodel.swap import BEFORE, BESIDE
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.bus.port import Bus
from services.chassis.calls import Calls
from services.chassis.database import Database
from services.chassis.inbox import Inbox
from services.chassis.room import Room

ANOTHER = "The read model is being rebuilt by another process: wait for that one to end."
REBUILD_LOCK = int.from_bytes(b"rebuild")
_one_at_a_time = asyncio.Lock()


async def rebuild(
    live: Room,
    bus: Bus,
    calls: Calls,
    caller: SystemCaller,
    services: tuple[str, ...],
    *,
    check_only: bool = False,
    force: bool = False,
) -> Comparison:
    """Build the model of `live` again beside it, compare, and swap when they agree or by force. Raises CannotRebuild.

    await rebuild(room, bus, calls, caller, ("intake", "deliberation", "escalation", "notify"), check_only=True)
    """
    live.put(Calls, calls)
    live.put(SystemCaller, caller)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_alone(live.database))
        database = await stack.enter_async_context(_second_database(live.database))
        room = Room(
            PROJECTOR,
            database,
            live.clock,
            cell=live.cell,
            secret=live.secret,
            resources={Calls: calls, SystemCaller: caller},
            relayed=live.relayed,
        )
        gate = Gate(Inbox(room))
        owner = f"{PROJECTOR.name}-next"
        if isinstance(bus, EmbeddedBus):
            bus.own(owner, [], database, PROJECTOR.chassis)
        else:
            # A group that nobody has used begins at the beginning. Kafka forgets it a week after.
            owner += f"-{secrets.token_hex(4)}"
        consumer = bus.consumer(f"{live.cell}.{owner}", gate)
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        return await rebuild_beside(live, Beside(room, gate, consumer, services), check_only=check_only, force=force)


@asynccontextmanager
async def _alone(live: Database) -> AsyncIterator[None]:
    """One rebuild at a time, in all processes. Raises CannotRebuild."""
    if _one_at_a_time.locked():
        raise CannotRebuild("The read model is being rebuilt already: wait for that one to end.")
    async with _one_at_a_time:
        if live.on_sqlite:
            with _alone_on_file(Path(make_url(live.url).database or "")):
                yield
            return
        async with live.read() as connection:
            # Held by the connection: a process that dies gives it back.
            lock = text("SELECT pg_try_advisory_lock(:lock)").bindparams(lock=REBUILD_LOCK)
            if not (await connection.execute(lock)).scalar_one():
                raise CannotRebuild(ANOTHER)
            try:
                yield
            finally:
                await connection.execute(text("SELECT pg_advisory_unlock(:lock)").bindparams(lock=REBUILD_LOCK))


@contextmanager
def _alone_on_file(model: Path) -> Iterator[None]:
    """The run's own process may be asked for a rebuild while another does one beside it."""
    with model.with_name(f"{model.stem}.rebuild").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotRebuild(ANOTHER) from None
        yield


@asynccontextmanager
async def _second_database(live: Database) -> AsyncIterator[Database]:
    """An empty, migrated place for the rebuilt model: a second file, or a second schema in the same database, from which tables can
    be moved over. Gone at the end, and whatever a broken-off rebuild left is gone at the start."""
    if live.on_sqlite:
        file = Path(make_url(live.url).database or "")
        beside = file.with_name(f"{file.stem}.next.sqlite")
        url = str(make_url(live.url).set(database=str(beside)))
        _remove(beside)
    else:
        beside = None
        url = in_schema(live.url, BESIDE)
        await _drop_schemas(live)
        async with live.write() as connection:
            await connection.execute(text(f"CREATE SCHEMA {BESIDE}"))
    database = Database(url, pool=4)
    try:
        await migrate(PROJECTOR.name, url)
        yield database
    finally:
        await database.close()
        if beside:
            _remove(beside)
        else:
            await _drop_schemas(live)


def in_schema(url: str, schema: str) -> str:
    """A PostgreSQL address whose connections see this schema alone. A URL's options go to the driver as arguments, and the search path
    is none; but one of them may be an address of the driver's own, whose unknown options are server settings."""
    return make_url(url).update_query_dict({"dsn": f"postgresql:///?search_path={schema}"}).render_as_string(False)


async def _drop_schemas(live: Database) -> None:
    async with live.write() as connection:
        for schema in (BESIDE, BEFORE):
            await connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
