"""Puts a rebuilt read model in the live one's place while the gateway keeps answering. Readers see the old rows or the new ones."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import Table, delete, select, text
from sqlalchemy.exc import DBAPIError

from gateway.readmodel.tables import CHASSIS, METADATA, MODEL_TABLES
from services.chassis.database import Connection, Database

SWAPPED: tuple[Table, ...] = (
    *(METADATA.tables[name] for name in MODEL_TABLES),
    CHASSIS.inbox,
    CHASSIS.known,
    CHASSIS.dead_letter,
)
"""The model, and what it says of itself: which facts are in it and which are held. The feed stays, because subscribers keep its
numbers as cursors; the consumer's offsets stay, because whatever it reads again the inbox knows already."""

BESIDE, BEFORE = "gateway_next", "gateway_before"
"""PostgreSQL: the schema that a rebuilt model is made in, and the one that the replaced tables go to until they are dropped."""

PAGE = 500
TRIES = 40
PAUSE = 0.1

Ready = Callable[[Connection], Awaitable[None]]


async def swap(live: Database, rebuilt: Database, ready: Ready) -> None:
    """Exchange the tables in one transaction of the live database, in which no fact is applied. `ready` is awaited inside it: it
    returns when the rebuilt model has everything that the live one has, and nothing changes the rebuilt one from then on."""
    if live.on_sqlite:
        async with live.write() as connection:  # the one writer of the file
            await ready(connection)
            for table in SWAPPED:
                await _copy(table, rebuilt, connection)
        return
    for left in reversed(range(TRIES)):
        try:
            async with live.write() as connection:
                await _hold(connection)
                await ready(connection)
                await _exchange(connection)
        except DBAPIError as error:
            if not _lock_was_taken(error) or not left:
                raise
            await asyncio.sleep(PAUSE)
        else:
            break
    async with live.write() as connection:
        await connection.execute(text(f"DROP SCHEMA {BEFORE} CASCADE"))


async def _copy(table: Table, rebuilt: Database, connection: Connection) -> None:
    await connection.execute(delete(table))
    async with (
        rebuilt.read() as source,
        source.stream(select(table).execution_options(yield_per=PAGE)) as rows,
    ):
        async for page in rows.mappings().partitions():
            await connection.execute(table.insert(), [dict(row) for row in page])


async def _hold(connection: Connection) -> None:
    """Every projection asks the inbox first of all. Whoever has begun is waited for; whoever comes waits here, holding nothing."""
    # We give up before PostgreSQL looks for a deadlock (1 s), so if there is one it is never a reader who pays for it.
    await connection.execute(text("SET LOCAL lock_timeout = '400ms'"))
    await connection.execute(text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))


async def _exchange(connection: Connection) -> None:
    """Tables move between schemas with their indexes and sequences: however many rows there are, it takes a moment."""
    names = ", ".join(table.name for table in SWAPPED)
    live = (await connection.execute(text("SELECT current_schema()"))).scalar_one()
    await connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
    await connection.execute(text(f"CREATE SCHEMA {BEFORE}"))
    for table in SWAPPED:
        await connection.execute(text(f'ALTER TABLE "{live}".{table.name} SET SCHEMA {BEFORE}'))
        await connection.execute(text(f'ALTER TABLE {BESIDE}.{table.name} SET SCHEMA "{live}"'))


def _lock_was_taken(error: DBAPIError) -> bool:
    """lock_not_available, deadlock_detected (PostgreSQL, appendix A)."""
    return getattr(error.orig, "sqlstate", "") in {"55P03", "40P01"}
