"""Reads of councils. Each takes its caller; each is one statement."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import select

from gateway.readmodel.access import OFFICERS
from gateway.readmodel.board_reads import SHOWN_FROM
from gateway.readmodel.tables import METADATA
from services.chassis.database import Connection
from services.contracts.base import read
from services.contracts.callers import Caller
from services.contracts.cases import CaseClass, Category, Stage
from services.contracts.council import CouncilState
from services.contracts.organisation import Role
from services.contracts.regions import contains
from services.contracts.states import CaseState

CASE = METADATA.tables["case_view"]
COUNCIL_VIEW = METADATA.tables["council_view"]


async def council(connection: Connection, caller: Caller, node: str) -> CouncilState | None:
    """A council's standing members: for its own members and the officers of its region, and for whoever is one of them."""
    query = select(COUNCIL_VIEW.c.state).where(COUNCIL_VIEW.c.node == node)
    state = (await connection.execute(query)).scalar_one_or_none()
    found = read(CouncilState, state) if state else None
    if found is None:
        return None
    addresses = {caller.member, *(grant.node for grant in caller.grants if grant.role is Role.LIAISON)}
    standing = any(member.address in addresses for member in found.members)
    return found if standing or _of_the_council(caller, found.region) else None


async def confidential(connection: Connection, caller: Caller, region: str) -> Mapping[Category, int]:
    """How many private matters (C2) of a village are being handled, by category: all that its council is told of them (domain 1.4). To the
    levels above, fewer than SHOWN_FROM are no number (V5)."""
    if not _of_the_council(caller, region):
        return {}
    query = select(CASE.c.case_state).where(
        CASE.c.region == region, CASE.c.case_class == CaseClass.C2.value, CASE.c.case_state != ""
    )
    cases = [read(CaseState, state) for state in (await connection.execute(query)).scalars()]
    found = Counter(case.category for case in cases if case.stage in {Stage.ACCEPTED, Stage.FEEDBACK_GIVEN})
    hers = any(grant.region == region for grant in caller.grants)
    return found if hers else {category: count for category, count in found.items() if count >= SHOWN_FROM}


def _of_the_council(caller: Caller, region: str) -> bool:
    """Whether she is of the council of a region, or an officer of it or above."""
    return any(
        (grant.in_council and grant.region == region) or (grant.role in OFFICERS and contains(grant.region, region))
        for grant in caller.grants
    )
