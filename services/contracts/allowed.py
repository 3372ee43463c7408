"""What a caller may do with a matter right now: what fits its state, narrowed to what the permission table lets her ask."""

from collections.abc import Sequence
from datetime import datetime

from services.contracts.allowed_council import RUNNING, has_withdrawn
from services.contracts.base import Instant
from services.contracts.callers import Caller, Grant, Target
from services.contracts.cases import CaseClass, Urgency
from services.contracts.council import PeopleState
from services.contracts.fitting import fitting, fitting_order, held_up, too_late
from services.contracts.fitting_council import seat
from services.contracts.orders import OrderState
from services.contracts.organisation import Node, Role, council_of
from services.contracts.permissions import acting_grant, may_as_herself
from services.contracts.regions import Level
from services.contracts.states import AccessState, CaseState, CustodyState, DocketState
from services.contracts.targets import target_of_matter, target_of_order

FROM_ABOVE = frozenset({"TakeOver", "ReviewRejection"})
"""Commands of a level that stands above the one that has, or had, the matter."""

BY_ITS_COUNCIL = frozenset({"PutToCouncil", "ScheduleSession", "OpenSession", "AssignItem"})
"""What is begun of a matter by the council of the level that holds it, and by no other that has a line in its thread."""

BY_LAW = frozenset({"GiveArt73Opinion", "RequestInspection"})
"""What a federation does by Art. 73: from the county up, signed by its chair."""

RESOLVING = frozenset({"ResolveMatter", "SolveOnSpot"})
"""What nobody may ask while a work order or an action item is open."""


def owner_may_accept(case: CaseState, *, delegated: bool) -> bool:
    """A group owner accepts under the chair's delegation: C0, GREEN or YELLOW (domain 2.1)."""
    return delegated and case.case_class is CaseClass.C0 and case.urgency in {Urgency.GREEN, Urgency.YELLOW}


def is_liaison(caller: Caller) -> bool:
    """Whether she answers for what a department did, whoever of it signed: she never calls back, whatever she is beside (domain 2.5)."""
    return any(grant.role is Role.LIAISON for grant in caller.grants)


def _chairs(grant: Grant | None) -> bool:
    """Of what is ORANGE the chair alone alerts several levels at once."""
    return grant is not None and grant.role is Role.CHAIR


def _heads(grant: Grant | None, target: Target) -> bool:
    """Whether she is the head of the node that holds it: she alone lowers its urgency."""
    return grant is not None and grant.role in {Role.CHAIR, Role.RIGHTS_OFFICER} and grant.node == target.holder


def allowed_commands(
    caller: Caller,
    case: CaseState,
    custody: CustodyState | None,
    docket: DocketState | None,
    access: AccessState,
    village: str,
    group: Node | None,
    worker: str,
    now: datetime | None = None,
    people: PeopleState | None = None,
) -> list[str]:
    """The names of the commands. A hint for a front end: the owner of each decision asks again. `worker` is the caller's tag: who
    did the work does not call back (I5). `now`: to leave out what was possible for a time only. `people`: of the council's sessions."""
    target = target_of_matter(village, access, custody)
    allowed = []
    withdrew = has_withdrawn(caller, people)
    for command in fitting(case, custody, docket):
        if withdrew and command in RUNNING:
            continue
        grant = acting_grant(caller, command, target)
        if grant is None and not may_as_herself(caller, command, target):
            continue
        as_owner = command == "AcceptMatter" and grant is not None and grant.role is Role.GROUP_OWNER
        if as_owner and not owner_may_accept(case, delegated=bool(group and group.delegated_to_owner)):
            continue
        elsewhere = grant is not None and council_of(grant.region) != council_of(seat(case, custody))
        if command in BY_ITS_COUNCIL and elsewhere:
            continue
        if command == "ClearParty" and not access.barred:
            continue
        if command == "RateMatter" and caller.member in access.writers:
            continue
        if command in RESOLVING and ((custody and custody.open_orders) or (docket and docket.open_items)):
            continue
        if command in FROM_ABOVE and grant is not None and custody is not None and not _above(grant, custody):
            continue
        if now is not None and too_late(command, case, now) is not None:
            continue
        if command == "AlertInParallel" and case.urgency is Urgency.ORANGE and not _chairs(grant):
            continue
        if command == "SetUrgency" and case.urgency is Urgency.RED and not _heads(grant, target):
            continue
        if command == "CallBack" and (is_liaison(caller) or (custody is not None and worker in custody.workers)):
            continue
        allowed.append(command)
    return allowed


def _above(grant: Grant, custody: CustodyState) -> bool:
    return len(grant.region) < custody.level.width


def allowed_on_order(
    caller: Caller,
    order: OrderState,
    custody: CustodyState | None,
    access: AccessState,
    worker: str,
    now: Instant,
    others: Sequence[OrderState] = (),
) -> list[str]:
    """The same for a department work order; who holds it is its issuer. `others`: the orders of the same joint one."""
    target = target_of_order(order, custody, access)
    allowed, later = [], held_up(order, others)
    for command in fitting_order(order, now):
        grant = acting_grant(caller, command, target)
        if grant is None or command in later:
            continue
        if command in BY_LAW and not (grant.level.width <= Level.COUNTY.width and _signs_there(caller, grant)):
            continue
        if command == "GiveArt73Opinion" and order.opinion_from is not None and now < order.opinion_from:
            continue
        if command == "ReworkOrder" and custody is not None and custody.resolved_at is not None:
            continue  # the matter goes back to work first, and its orders with it
        allowed.append(command)
    return allowed


def _signs_there(caller: Caller, grant: Grant) -> bool:
    """Whether she is the chair of the node that she acts as, whichever of her roles lets her act."""
    return any(each.role is Role.CHAIR and each.public_node == grant.public_node for each in caller.grants)
