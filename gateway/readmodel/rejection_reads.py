"""The sample of what was turned down, for the levels above who did it. It takes its caller; it is one statement."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true

from gateway.readmodel.access import CASE, OFFICERS, below, not_barred, of_office, who_asks
from gateway.readmodel.board_reads import SHOWN_FROM
from gateway.readmodel.tables import METADATA
from services.chassis.database import Connection
from services.contracts.callers import Caller
from services.contracts.cases import CaseClass
from services.contracts.drawing import first_not_drawn
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level

REJECTION = METADATA.tables["rejection"]
SHARE = 0.1
"""One of ten rejections of a month is looked at again (domain 1.6, S18)."""


async def sample(
    connection: Connection, caller: Caller, region: str, month: str, first: int, after: tuple[str, str] | None
) -> Sequence[Any]:
    """A page of a month's sample below a region, the latest rejection first, behind a place (at, case_id). Drawn in each village for
    itself, and apart what different levels turned down there: the lots below SHARE, one at least. Of private matters a category of a
    village has a sample only where five or more were turned down: one line would say that there is such a matter (V5).

    Only what levels below the caller's office did, of classes of which it may know (F0), and never a matter to which she is a party.
    Raises Refused NOT_PERMITTED where the region lies in no office of hers above the village."""
    offices = [
        grant
        for grant in caller.grants
        if grant.role in OFFICERS and grant.level is not Level.VILLAGE and region.startswith(grant.region)
    ]
    if not offices:
        raise Refused(Code.NOT_PERMITTED, command="rejectionSample")
    private = CASE.c.case_class.in_([CaseClass.C2.value, CaseClass.C3.value])
    cell = (REJECTION.c.region, REJECTION.c.width, private, case((private, REJECTION.c.category), else_=""))
    lots = (REJECTION.c.lot, REJECTION.c.case_id)
    drawn_from = (
        select(
            REJECTION,
            CASE.c.case_class,
            CASE.c.case_state,
            CASE.c.state,
            private.label("private"),
            func.row_number().over(partition_by=cell, order_by=lots).label("place"),
            func.count().over(partition_by=cell).label("size"),
        )
        .join(CASE, CASE.c.case_id == REJECTION.c.case_id)
        .where(below(REJECTION.c.region, region), REJECTION.c.month == month, CASE.c.case_state != "")
        .subquery()
    )
    it = drawn_from.c
    behind: ColumnElement[bool] = true()
    if after:
        behind = or_(it.at < after[0], and_(it.at == after[0], it.case_id < after[1]))
    hers = or_(
        *(
            and_(it.width > len(office.region), it.case_class.in_([each.value for each in of_office(office)]))
            for office in offices
        )
    )
    drawn = or_(it.lot < first_not_drawn(SHARE), it.place == 1)
    not_a_party = it.case_id.in_(select(CASE.c.case_id).where(not_barred(caller)))
    query = select(drawn_from).where(behind, hers, drawn, or_(~it.private, it.size >= SHOWN_FROM), not_a_party)
    query = query.order_by(it.at.desc(), it.case_id.desc()).limit(first)
    return (await connection.execute(query, who_asks(caller))).all()
