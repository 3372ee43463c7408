"""The overdue sweep: in due order, page by page, one matter a transaction. It flags and urges; it never passes up (design 5)."""

import logging
from datetime import timedelta

from sqlalchemy import delete, select, update

from services.chassis.database import is_outage
from services.chassis.room import Room
from services.escalation.rules import timing
from services.escalation.rules.custody import Custody
from services.escalation.store import DUE, case_of, facts_of, keep_dues

log = logging.getLogger(__name__)

PAGE = 100
"""Rows read at a time."""
PAGES = 1_000
"""Pages in one run at most: a run ends, and the next one goes on."""


async def sweep(room: Room) -> int:
    """Handle what is due; returns how many matters it handled. One that fails is looked at again later, behind the others."""
    handled = 0
    for _ in range(PAGES):
        now = room.clock.now()
        async with room.database.read() as connection:
            query = select(DUE.c.case_id, DUE.c.what).where(DUE.c.look_at <= now).order_by(DUE.c.look_at, DUE.c.case_id)
            page = (await connection.execute(query.limit(PAGE))).all()
        if not page:
            break
        for row in page:
            try:
                handled += await _handle(room, row.case_id, row.what)
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception(
                    "a due matter could not be handled", extra={"facts": {"case": row.case_id, "what": row.what}}
                )
                await _put_back(room, row.case_id, row.what)
    return handled


async def _handle(room: Room, case_id: str, what: str) -> int:
    async with room.transaction() as tx:
        custody, case = await tx.load(Custody, case_id), await case_of(tx, case_id)
        if custody is not None and case is not None:
            facts = facts_of(tx, case)
            after, told = timing.come(custody, what, facts)
            if told:
                await tx.save(after, *told)
                await keep_dues(tx, after, facts)
                return 1
            if what == timing.CALENDAR and timing.CALENDAR in (again := timing.dues(custody, facts)):
                where = (DUE.c.case_id == case_id) & (DUE.c.what == what)
                await tx.execute(update(DUE).where(where).values(look_at=again[what]))
                return 0
        # Stopped, moved or flagged meanwhile (another sweeper was first): the row has had its day.
        await tx.execute(delete(DUE).where(DUE.c.case_id == case_id, DUE.c.what == what, DUE.c.look_at <= tx.now))
    return 0


async def _put_back(room: Room, case_id: str, what: str) -> None:
    async with room.transaction() as tx:
        where = (DUE.c.case_id == case_id) & (DUE.c.what == what)
        attempts = (await tx.execute(select(DUE.c.attempts).where(where))).scalar_one_or_none() or 0
        again = tx.now + timedelta(seconds=min(30 * 2**attempts, 3600))
        await tx.execute(update(DUE).where(where).values(look_at=again, attempts=attempts + 1))
