"""Dead letters: records that are held with their reason, re-driven per key in order, by a timer or an operator."""

from sqlalchemy import select

from services.chassis.inbox import Inbox, record_of
from services.chassis.room import Room
from services.chassis.wire import headers_from_json
from services.contracts.base import Model


class DeadLetter(Model):
    """One held record, without its content: a record may be anything, so its bytes stay where they are."""

    id: int
    service: str
    topic: str
    partition: int
    offset: int
    key: str
    event_type: str
    reason: str
    error: str
    attempts: int
    held_at: str
    bytes: int


async def listed(room: Room, limit: int = 200) -> list[DeadLetter]:
    """The oldest first."""
    table = room.service.chassis.dead_letter
    async with room.database.read() as connection:
        rows = (await connection.execute(select(table).order_by(table.c.id).limit(limit))).all()
    return [
        DeadLetter(
            id=row.id,
            service=room.service.name,
            topic=row.topic,
            partition=row.partition,
            offset=row.offset,
            key=row.key,
            event_type=_type_in(row.headers),
            reason=row.reason,
            error=row.error,
            attempts=row.attempts,
            held_at=row.held_at,
            bytes=len(row.value or b""),
        )
        for row in rows
    ]


async def retry(room: Room, inbox: Inbox, letter: int | None = None) -> int:
    """Re-drive the key of one letter, or every key; returns how many records went through."""
    table = room.service.chassis.dead_letter
    query = select(table.c.topic, table.c.key).distinct()
    if letter is not None:
        query = query.where(table.c.id == letter)
    async with room.database.read() as connection:
        places = (await connection.execute(query)).all()
    return sum([await inbox.redrive(place.topic, place.key) for place in places])


async def drop(room: Room, letter: int) -> bool:
    """Give one record up for good: it counts as seen, so that no redelivery brings it back. Those behind it are re-driven by `retry`."""
    tables = room.service.chassis
    async with room.transaction() as tx:
        row = (await tx.execute(select(tables.dead_letter).where(tables.dead_letter.c.id == letter))).one_or_none()
        if row is None:
            return False
        seen = room.database.insert(tables.inbox).values(event_id=record_of(row).event_id, at=tx.now.isoformat())
        await tx.execute(seen.on_conflict_do_nothing())
        await tx.execute(tables.dead_letter.delete().where(tables.dead_letter.c.id == letter))
    return True


async def redrive_all(room: Room) -> int:
    """The timer: whatever failed in a handler may go through now (a fix was deployed, a fact arrived)."""
    table = room.service.chassis.dead_letter
    inbox = Inbox(room)
    async with room.database.read() as connection:
        query = select(table.c.topic, table.c.key).where(table.c.reason == "HANDLER_FAILED").distinct().limit(100)
        places = (await connection.execute(query)).all()
    return sum([await inbox.redrive(place.topic, place.key) for place in places])


def _type_in(headers: str) -> str:
    return headers_from_json(headers).get("ce_type", "")
