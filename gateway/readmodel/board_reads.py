"""Reads of the boards, and of who should be coached. Each takes its caller; each is one statement over counters."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, select

from gateway.readmodel.access import below, counted
from gateway.readmodel.counting import COUNCIL_OVERDUE
from gateway.readmodel.tables import METADATA
from services.chassis.database import Connection
from services.contracts.callers import Caller
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, level_of

BOARD = METADATA.tables["board"]
COUNTER = METADATA.tables["counter"]
TO_COACH = 3
"""So many councils idle in a quarter, and the county coaches the village (S21)."""
SHOWN_FROM = 5
"""Of private matters fewer than this are no number for a level above the village (V5)."""


async def board(connection: Connection, caller: Caller, region: str) -> Sequence[Any]:
    """The cells of a region, summed by the regions directly below it. Raises Refused NOT_PERMITTED where it lies in none of the caller's
    offices."""
    if not any(region.startswith(office) for office in counted(caller)):
        raise Refused(Code.NOT_PERMITTED, command="board")
    hers = len(region) == Level.VILLAGE.width and region in counted(caller)
    sums = [_shown(func.sum(BOARD.c[name]), hers=hers).label(name) for name in ("open", "amber", "red")]
    child = func.substr(BOARD.c.region, 1, _below(region).width).label("child")
    rest = (BOARD.c.level, BOARD.c.category, BOARD.c.private)
    cell: tuple[ColumnElement[Any], ...] = (literal_column("child"), *rest)
    query = select(child, *rest, *sums).where(below(BOARD.c.region, region)).group_by(*cell).order_by(*cell)
    return (await connection.execute(query)).all()


async def to_coach(
    connection: Connection, caller: Caller, region: str, months: Sequence[str], first: int, after: str
) -> Sequence[Any]:
    """The villages of a region whose councils were idle three times in these months, by code. Private matters count from five on in one
    village: fewer would show through the sum (V5). Raises Refused NOT_PERMITTED where the caller has no office from the county up."""
    if not any(region.startswith(office) and len(office) <= Level.COUNTY.width for office in counted(caller)):
        raise Refused(Code.NOT_PERMITTED, command="coachingList")
    private = func.sum(case((COUNTER.c.private, COUNTER.c.count), else_=0))
    others = func.sum(case((COUNTER.c.private, 0), else_=COUNTER.c.count))
    overdue = others + case((private >= SHOWN_FROM, private), else_=0)
    query = (
        select(COUNTER.c.region, overdue.label("overdue"))
        .where(
            below(COUNTER.c.region, region),
            COUNTER.c.region > after,
            COUNTER.c.month.in_(months),
            COUNTER.c.metric == COUNCIL_OVERDUE,
        )
        .group_by(COUNTER.c.region)
        .having(overdue >= TO_COACH)
        .order_by(COUNTER.c.region)
        .limit(first)
    )
    return (await connection.execute(query)).all()


def _shown(total: ColumnElement[int], *, hers: bool) -> ColumnElement[Any]:
    """A sum, or null where it is too small to be shown: never of what the village's own officers ask of their village."""
    return total if hers else case((and_(BOARD.c.private, total < SHOWN_FROM), None), else_=total)


def _below(region: str) -> Level:
    """The level whose regions lie directly below one; of a village, the village."""
    levels = list(Level)
    return levels[max(0, levels.index(level_of(region)) - 1)]
