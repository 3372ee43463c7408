"""Evidence on request, checked against the caller's own token."""

from services.chassis.transaction import Transaction
from services.contracts.cases import CaseClass
from services.contracts.organisation import Role
from services.contracts.permissions import Caller, Grant, Target, may_see_at_all
from services.escalation.rules.custody import Custody
from services.escalation.store import access_of

HANDLERS = frozenset({Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER})
COUNCIL = frozenset({Role.COUNCIL_MEMBER, Role.EXEC_MEMBER})


async def may_see_photos(tx: Transaction, caller: Caller, case_id: str) -> bool:
    """Evidence is as deep as a narrative (F2): of C0 and C1 the group's owner and unit leaders, who solve on the spot, the village's
    council and the holder; the circle of C2 and C3. Levels above that do not hold the matter: not."""
    custody = await tx.load(Custody, case_id)
    access = await access_of(tx, case_id)
    if custody is None or access is None:
        return False
    target = Target(
        case_class=access.case_class, reporters=access.reporters, circle=access.circle, barred=access.barred
    )
    if not may_see_at_all(caller, target):
        return False
    if access.case_class in {CaseClass.C2, CaseClass.C3}:
        return caller.member in access.circle
    return any(_may(grant, custody, access.group) for grant in caller.grants)


def _may(grant: Grant, custody: Custody, group: str | None) -> bool:
    match grant.role:
        case Role.GROUP_OWNER | Role.UNIT_LEADER:
            return grant.node == group
        case role if role in COUNCIL:
            return grant.region == custody.region
        case role if role in HANDLERS:
            return grant.region == custody.region or grant.node == custody.holder
        case _:
            return False
