"""What time brings intake: where people came into office or left it, their private matters go from hand to hand. Node by node, page by
page, one matter a transaction, however many there are."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from services.chassis.database import is_outage
from services.chassis.room import Room
from services.contracts.base import read
from services.intake.rules.case import Case
from services.intake.rules.roster import KeptNode, next_term
from services.intake.store import NODE, TURNOVER, handed_over, matter_before, save_with_access
from services.intake.tables import METADATA

log = logging.getLogger(__name__)

CASE = METADATA.tables["case"]
PAGE = 100
"""Rows read at a time."""
PAGES = 1_000
"""Pages of nodes in one run at most: a run ends, and the next one goes on."""
AGAIN = timedelta(hours=1)
"""When a node is looked at again that has a matter which nobody could take on."""


async def handovers(room: Room) -> int:
    """Who takes office enters the circles of the open private matters of her node, who left it leaves them; by the roster, and by the
    terms in it. Returns how many changed hands."""
    changed = 0
    for _ in range(PAGES):
        async with room.database.read() as connection:
            due = select(TURNOVER.c.node, TURNOVER.c.version, NODE.c.body).join(NODE, NODE.c.id == TURNOVER.c.node)
            due = due.where(TURNOVER.c.look_at <= room.clock.now()).order_by(TURNOVER.c.look_at, TURNOVER.c.node)
            page = (await connection.execute(due.limit(PAGE))).all()
        if not page:
            break
        for row in page:
            changed += await _of_node(room, read(KeptNode, row.body), row.version)
    return changed


async def _of_node(room: Room, node: KeptNode, version: int) -> int:
    """Terms are told from the moment before the first matter was looked at: one that ends meanwhile is not passed over."""
    began, changed, settled, last = room.clock.now(), 0, True, ""
    while page := await _matters(room, node.region, last):
        for last in page:
            try:
                moved, right = await _of_matter(room, last, node.id)
                changed, settled = changed + moved, settled and right
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception("a matter could not be handed over", extra={"facts": {"case_id": last, "node": node.id}})
                settled = False
    await _put_by(room, node, version, began, settled=settled)
    return changed


async def _matters(room: Room, region: str, last: str) -> list[str]:
    """The private matters of a region whose circles may move, behind the last one that was looked at."""
    within = CASE.c.circled.between(region, region + "9" * (12 - len(region)))
    async with room.database.read() as connection:
        query = select(CASE.c.id).where(within, CASE.c.id > last).order_by(CASE.c.id).limit(PAGE)
        return list((await connection.execute(query)).scalars())


async def _of_matter(room: Room, case_id: str, turned: str) -> tuple[bool, bool]:
    """A report that its matter's circle handles follows that one's."""
    async with room.transaction() as tx:
        master = await matter_before(tx, case_id)
        case = await tx.load(Case, case_id)
        if case is None or (master is not None and master.leads(case)):
            return False, True
        moved, settled = await handed_over(tx, case, turned)
        await save_with_access(tx, moved)
    return bool(moved[1]), settled


async def _put_by(room: Room, node: KeptNode, version: int, began: datetime, *, settled: bool) -> None:
    """The row has had its day, until the next term begins or ends; unless the node changed again meanwhile."""
    mine = (TURNOVER.c.node == node.id) & (TURNOVER.c.version == version)
    times = [each for each in (next_term(node, began), None if settled else began + AGAIN) if each is not None]
    async with room.transaction() as tx:
        await tx.execute(
            update(TURNOVER).where(mine).values(look_at=min(times)) if times else delete(TURNOVER).where(mine)
        )
