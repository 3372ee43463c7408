"""Dead letters: records that are held with their reason, re-driven per key in order, by a timer or an operator."""

import re
from typing import Any

from sqlalchemy import Row, func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.chassis.door import body_of, refusal
from services.chassis.identity import Verifier
from services.chassis.inbox import Inbox, record_of
from services.chassis.room import Room
from services.chassis.wire import headers_from_json
from services.contracts.base import Model
from services.contracts.organisation import Role
from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed

DIGITS = re.compile(r"[0-9]{1,19}")
KEYS_AT_A_TIME = 100
"""Keys that the timer re-drives in one run."""


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


class Shown(DeadLetter):
    """The same with the record's headers, cut at 200 characters each: a header may be anything too."""

    headers: dict[str, str]


async def desk(room: Room, inbox: Inbox, verifier: Verifier, request: Request) -> Response:
    """The operators' endpoint. GET lists, with `?id=` shows one; POST {"do": "retry", "id": n} re-drives the key of a letter, without
    an id every key, and says how many are still held there; {"do": "drop", "id": n} gives one up and re-drives those behind it."""
    try:
        caller = verifier.asking(request)
        if not any(grant.role is Role.OPERATOR for grant in caller.grants):
            raise Refused(Code.NOT_PERMITTED, command="dead-letters")
        if request.method == "GET":
            if (wanted := request.query_params.get("id")) is not None:
                return JSONResponse((await shown(room, _number(wanted))).model_dump(mode="json"))
            return JSONResponse([letter.model_dump(mode="json") for letter in await listed(room)])
        body = await body_of(request)
        match body.get("do"):
            case "retry" if "id" not in body:
                return JSONResponse({"through": await retry(room, inbox), "held": await room.held()})
            case "retry":
                letter = await shown(room, _number(body["id"]))
                through = await inbox.redrive(letter.topic, letter.key)
                return JSONResponse({"through": through, "held": await _held(room, letter)})
            case "drop":
                letter = await shown(room, _number(body.get("id")))
                await drop(room, letter.id)
                through = await inbox.redrive(letter.topic, letter.key)
                return JSONResponse({"dropped": letter.id, "through": through})
            case _:
                raise malformed("do", Wrong.RETRY_OR_DROP)
    except Refused as refused:
        return refusal(refused)


async def shown(room: Room, letter: int) -> Shown:
    """One of them. Raises Refused NOT_FOUND."""
    table = room.service.chassis.dead_letter
    async with room.database.read() as connection:
        row = (await connection.execute(select(table).where(table.c.id == letter))).one_or_none()
    if row is None:
        raise Refused(Code.NOT_FOUND, what="dead letter")
    headers = {name[:80]: value[:200] for name, value in headers_from_json(row.headers).items()}
    return Shown(**dict(_letter(room, row)), headers=headers)


async def listed(room: Room, limit: int = 200) -> list[DeadLetter]:
    """The oldest first."""
    table = room.service.chassis.dead_letter
    async with room.database.read() as connection:
        rows = (await connection.execute(select(table).order_by(table.c.id).limit(limit))).all()
    return [_letter(room, row) for row in rows]


async def retry(room: Room, inbox: Inbox) -> int:
    """Re-drive every key; returns how many records went through."""
    table = room.service.chassis.dead_letter
    async with room.database.read() as connection:
        places = (await connection.execute(select(table.c.topic, table.c.key).distinct())).all()
    return sum([await inbox.redrive(place.topic, place.key) for place in places])


async def drop(room: Room, letter: int) -> bool:
    """Give one record up for good: it counts as seen, so that no redelivery brings it back. Those behind it are re-driven by
    `retry`, or by the timer."""
    tables = room.service.chassis
    async with room.transaction() as tx:
        row = (await tx.execute(select(tables.dead_letter).where(tables.dead_letter.c.id == letter))).one_or_none()
        if row is None:
            return False
        seen = {"event_id": record_of(row).event_id, "at": tx.now.isoformat()}
        await tx.execute(room.database.insert_new(tables.inbox), seen)
        await tx.execute(tables.dead_letter.delete().where(tables.dead_letter.c.id == letter))
    return True


async def redrive_all(room: Room) -> int:
    """The timer: whatever is held may go through now (a fix was deployed, a fact arrived, what stood before it was dropped). Keys
    that were tried least come first, so that a hundred hopeless ones keep nobody waiting."""
    table = room.service.chassis.dead_letter
    inbox = Inbox(room)
    tried_least = (func.max(table.c.attempts), func.min(table.c.id))
    async with room.database.read() as connection:
        query = select(table.c.topic, table.c.key).group_by(table.c.topic, table.c.key).order_by(*tried_least)
        places = (await connection.execute(query.limit(KEYS_AT_A_TIME))).all()
    return sum([await inbox.redrive(place.topic, place.key) for place in places])


async def _held(room: Room, letter: DeadLetter) -> int:
    """How many there are of its key."""
    table = room.service.chassis.dead_letter
    of_its_key = (table.c.topic == letter.topic, table.c.key == letter.key)
    async with room.database.read() as connection:
        found = await connection.execute(select(func.count()).select_from(table).where(*of_its_key))
        count: int = found.scalar_one()
    return count


def _letter(room: Room, row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        service=room.service.name,
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        key=row.key,
        event_type=headers_from_json(row.headers).get("ce_type", ""),
        reason=row.reason,
        error=row.error,
        attempts=row.attempts,
        held_at=row.held_at,
        bytes=len(row.value or b""),
    )


def _number(text: Any) -> int:
    number = int(text) if type(text) is int or (isinstance(text, str) and DIGITS.fullmatch(text)) else 0
    if not 0 < number < 2**63:
        raise malformed("id", Wrong.NO_LETTER)
    return number
