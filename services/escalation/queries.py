"""Evidence on request, checked against the caller's own token."""

from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.cases import CaseClass
from services.contracts.organisation import Role
from services.contracts.permissions import Caller, Target, may_see_at_all
from services.contracts.regions import contains
from services.contracts.states import AccessState
from services.escalation.rules.custody import Custody

HANDLERS = frozenset({Role.CHAIR, Role.EXEC_MEMBER, Role.OFFICER, Role.RIGHTS_OFFICER})


async def may_see_photos(tx: Transaction, caller: Caller, case_id: str) -> bool:
    """Evidence is as deep as a narrative (F2): the group's owner and the holders of C0 and C1; the circle of C2 and C3."""
    custody = await tx.load(Custody, case_id)
    access = await tx.known(topics.INTAKE_ACCESS, AccessState, case_id)
    if custody is None or access is None:
        return False
    target = Target(
        case_class=access.case_class, reporters=access.reporters, circle=access.circle, barred=access.barred
    )
    if not may_see_at_all(caller, target):
        return False
    if access.case_class in {CaseClass.C2, CaseClass.C3}:
        return caller.member in access.circle
    return any(
        grant.node == access.group
        if grant.role in {Role.GROUP_OWNER, Role.UNIT_LEADER}
        else grant.role in HANDLERS and contains(grant.region, custody.region)
        for grant in caller.grants
    )
