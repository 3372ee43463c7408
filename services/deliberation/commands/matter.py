"""What every command on a matter's docket begins with: who it is about, what is known, who acts."""

from typing import NamedTuple

from services.chassis.ids import ulid
from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.callers import Target
from services.contracts.commands import resolutions as resolved
from services.contracts.commands.base import MatterCommand
from services.contracts.ladder import ThreadMode
from services.contracts.organisation import Node, Role, council_of
from services.contracts.refusals import Code, Refused
from services.contracts.regions import at_level
from services.contracts.states import EntryState
from services.contracts.wrong import Wrong, malformed
from services.deliberation.rules.docket import Docket, Known
from services.deliberation.rules.seats import By, may_have, may_take_part
from services.deliberation.store import known_of


class Before(NamedTuple):
    """A matter as a command finds it."""

    docket: Docket | None
    known: Known


async def matter_target(tx: Transaction, command: MatterCommand) -> Target:
    """The matter as far as permission goes: its people are those of the session or item that is meant."""
    known, access = await known_of(tx, command.case_id)
    docket = await tx.load(Docket, command.case_id)
    people, departments = _about(command, docket, known)
    custody = known.custody
    entries = custody.entries if custody else ()
    department = getattr(command, "department", None)
    if isinstance(command, resolved.ItemCommand):
        department = next(iter(departments), None)
    return Target(
        region=known.case.region,
        group=access.group,
        holder=custody.holder if custody else None,
        holder_region=at_level(known.case.region, custody.level) if custody else None,
        seen_from=custody.seen_from if custody else 0,
        notified=custody.notified.node if custody and custody.notified else None,
        involved=tuple(entry.node for entry in entries if entry.state is not EntryState.CLOSED),
        left_to_officers=custody.left_to_officers if custody else None,
        alerted=custody is not None and custody.mode is ThreadMode.PARALLEL_URGENT,
        department=department if department in departments else None,
        people=people,
        case_class=access.case_class,
        reporters=access.reporters,
        bystanders=access.bystanders,
        circle=access.circle,
        barred=access.barred,
    )


def _about(command: MatterCommand, docket: Docket | None, known: Known) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Members and nodes that the session or item of a command is about."""
    addresses: list[str] = []
    for session in docket.sessions if docket else ():
        if session.id == getattr(command, "session_id", None):
            addresses += [each.address for each in session.seats if may_take_part(known, each)]
    for item in docket.items if docket else ():
        if item.id == getattr(command, "item_id", None) and may_have(known, item):
            addresses.append(item.assignee)
    members = tuple(each for each in addresses if each.startswith("m_"))
    return members, tuple(each for each in addresses if each.startswith("n_"))


async def before(tx: Transaction, command: MatterCommand) -> Before:
    """The docket, unchanged since the caller looked, and what is known of the matter."""
    known, _ = await known_of(tx, command.case_id)
    docket = await tx.load(Docket, command.case_id)
    tx.check_version(Docket, command.case_id, command.expected_version)
    return Before(docket, known)


async def docket_before(tx: Transaction, command: MatterCommand) -> tuple[Docket, Known]:
    """The same, where a docket must be there: of a matter that has none yet, an empty one fits nothing."""
    docket, known = await before(tx, command)
    return docket or Docket(case_id=command.case_id, version=0, region=known.case.region), known


def by(acting: Acting) -> By:
    """Who convenes."""
    grant = acting.grant
    if grant is None:
        raise Refused(Code.NOT_PERMITTED, command="convene")
    return By(acting.member, grant.public_node, council_of(grant.region), grant.role is Role.CHAIR)


def speaks_as(acting: Acting, department: str | None) -> str:
    """The address at which somebody was invited: her own, or her department's, of which she must be the liaison."""
    if department is None:
        return acting.member
    if acting.grant is None or acting.grant.node != department:
        raise Refused(Code.CASE_NOT_FOUND)
    return department


def new_id(tx: Transaction, kind: str) -> str:
    """A fresh id: `s_`, `r_` or `i_`."""
    return f"{kind}_{ulid(tx.room.wall.now())}"


def one_address(member: str | None, node: str | None, field: str) -> str:
    """Exactly one of the two. Raises Refused MALFORMED."""
    if (member is None) == (node is None):
        raise malformed(field, Wrong.MEMBER_OR_NODE)
    return member or node or ""


async def known_address(tx: Transaction, member: str | None, node: str | None, field: str) -> str:
    """The same, where a node is one of the roster; who is a person, the roster does not say of everybody. Raises Refused UNKNOWN_NODE."""
    address = one_address(member, node, field)
    if node is not None and await tx.known(topics.INTAKE_ROSTER, Node, node) is None:
        raise Refused(Code.UNKNOWN_NODE, node=node)
    return address
