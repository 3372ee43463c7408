"""What every command on a matter begins with: the case, and what others have told of it."""

from collections.abc import Collection

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts.callers import Target
from services.contracts.cases import CaseClass
from services.contracts.commands.base import MatterCommand
from services.contracts.ids import MemberId, NodeId
from services.contracts.refusals import Code, Refused
from services.contracts.states import CustodyState
from services.contracts.targets import target_of_matter
from services.intake.rules import roster
from services.intake.rules.case import Case
from services.intake.rules.roster import KeptNode
from services.intake.store import custody_of


async def matter_target(tx: Transaction, command: MatterCommand) -> Target:
    """The matter as far as permission goes."""
    case = await case_of(tx, command)
    return target_of(case, await custody_of(tx, case))


def target_of(case: Case, custody: CustodyState | None) -> Target:
    """The same, of a case at hand; also of C3 in the village that it happened in, and from the group that it came from."""
    target = target_of_matter(case.village, case.access(), custody)
    return target.model_copy(update={"group": case.group})


async def case_of(tx: Transaction, command: MatterCommand) -> Case:
    """The case that a command is about. Raises Refused CASE_NOT_FOUND."""
    case = await tx.load(Case, command.case_id)
    if case is None:
        raise Refused(Code.CASE_NOT_FOUND)
    return case


async def matter_of(tx: Transaction, command: MatterCommand) -> tuple[Case, CustodyState | None]:
    """The case, unchanged since the caller looked, and the custody as its owner last told it."""
    case = await case_of(tx, command)
    tx.check_version(Case, case.case_id, command.expected_version)
    return case, await custody_of(tx, case)


async def first_circle(
    tx: Transaction, case_class: CaseClass, village: str, barred: Collection[MemberId] = ()
) -> tuple[MemberId, ...]:
    """The first handling circle of a matter of this class, from the roster."""
    wanted = roster.circle_nodes(case_class, village)
    nodes = {node_id: node for node_id, _ in wanted if (node := await tx.load(KeptNode, node_id))}
    return roster.first_circle(case_class, village, nodes, tx.now, barred)


def node_of(acting: Acting) -> NodeId:
    """The node that facts name as who did it."""
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    return acting.grant.public_node


def office_of(acting: Acting) -> NodeId | None:
    """The same where a reporter may do it too: facts never name her."""
    return acting.grant.public_node if acting.grant else None
