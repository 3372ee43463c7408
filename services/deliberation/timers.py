"""What time brings: answers that are overdue are told of once, who lets things lie is reminded, tasks lapse, terms end. In due order, one docket
or council a transaction."""

import logging
from datetime import timedelta

from sqlalchemy import delete, select, update

from services.chassis.database import is_outage
from services.chassis.room import Room
from services.contracts.ids import is_case_id
from services.deliberation.rules import following, membership
from services.deliberation.rules.docket import Docket
from services.deliberation.rules.membership import Council
from services.deliberation.store import DUE, known_if_any, look_again, save, save_council

log = logging.getLogger(__name__)

PAGE = 100
"""Rows read at a time."""
PAGES = 1_000
"""Pages in one run at most: a run ends, and the next one goes on."""


async def sweep(room: Room) -> int:
    """Handle what is due; returns how much it handled. What fails is looked at again later, behind the others."""
    handled = 0
    for _ in range(PAGES):
        now = room.clock.now()
        async with room.database.read() as connection:
            query = select(DUE.c.id).where(DUE.c.look_at <= now).order_by(DUE.c.look_at, DUE.c.id)
            page = (await connection.execute(query.limit(PAGE))).scalars().all()
        if not page:
            break
        for key in page:
            try:
                handled += await _handle(room, key)
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception("a due docket could not be handled", extra={"facts": {"key": key}})
                await _put_back(room, key)
    return handled


async def _handle(room: Room, key: str) -> int:
    async with room.transaction() as tx:
        if is_case_id(key):
            docket = await tx.load(Docket, key)
            known = await known_if_any(tx, key) if docket else None
            if docket and known:
                moved = following.overdue(docket, known)
                if moved[1]:
                    await save(tx, moved)
                    return 1
                # Answered meanwhile, or the matter rests: then it is looked at when that is over, or when the next task lapses.
                await look_again(tx, key, following.next_look(docket, rests=known.rests))
                return 0
        else:
            council = await tx.load(Council, key)
            lapsed = membership.lapse(council, tx.now) if council else None
            if lapsed and lapsed[1]:
                await save_council(tx, lapsed)
                return 1
        # Answered or ended meanwhile (another sweeper was first): the row has had its day.
        await tx.execute(delete(DUE).where(DUE.c.id == key, DUE.c.look_at <= tx.now))
    return 0


async def _put_back(room: Room, key: str) -> None:
    async with room.transaction() as tx:
        attempts = (await tx.execute(select(DUE.c.attempts).where(DUE.c.id == key))).scalar_one_or_none() or 0
        again = tx.now + timedelta(seconds=min(30 * 2**attempts, 3600))
        await tx.execute(update(DUE).where(DUE.c.id == key).values(look_at=again, attempts=attempts + 1))
