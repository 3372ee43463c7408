"""What every command on a matter's docket begins with: who it is about, what is known, who acts."""

from typing import NamedTuple

from services.chassis.ids import ulid
from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.callers import Caller, Target
from services.contracts.commands import deliberation as asked
from services.contracts.commands import resolutions as resolved
from services.contracts.commands.base import MatterCommand
from services.contracts.ids import Address
from services.contracts.organisation import Node, Role, council_of
from services.contracts.refusals import Code, Refused
from services.contracts.targets import target_at_council
from services.contracts.wrong import Wrong, malformed
from services.deliberation.rules.convening import By
from services.deliberation.rules.docket import Docket, Known
from services.deliberation.rules.room import docket_people, room_of
from services.deliberation.rules.room import speaks_as as address_of
from services.deliberation.store import known_of


class Before(NamedTuple):
    """A matter as a command finds it."""

    docket: Docket | None
    known: Known


async def matter_target(tx: Transaction, command: MatterCommand) -> Target:
    """The matter as far as permission goes: its people are those of the session or item that is meant, its guests those of all."""
    known, docket = await known_of(tx, command.case_id), await tx.load(Docket, command.case_id)
    of_parts = docket_people(docket, room_of(known, docket)) if docket else {}
    meant = {getattr(command, "session_id", None), getattr(command, "item_id", None)}
    about = [address for part, addresses in of_parts.items() if part in meant for address in addresses]
    department = getattr(command, "department", None)
    if isinstance(command, resolved.ItemCommand):
        department = next((each for each in about if each.startswith("n_")), None)
    guests = dict.fromkeys(address for addresses in of_parts.values() for address in addresses)
    return target_at_council(known.case.region, known.access, known.custody, about, department, guests)


async def before(tx: Transaction, command: MatterCommand) -> Before:
    """The docket, unchanged since the caller looked, and what is known of the matter."""
    known, docket = await known_of(tx, command.case_id), await tx.load(Docket, command.case_id)
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


def speaks_as(acting: Acting, docket: Docket, known: Known, command: asked.Speak | asked.AnswerInvitation) -> Address:
    """The address at which she was invited, for herself or for her department. Raises Refused RECUSED, NOT_PERMITTED, MALFORMED."""
    hers, listed = departments_of(acting.caller), listed_in(docket, command.session_id)
    address = address_of(room_of(known, docket), listed, acting.member, hers, command.department)
    if address is None:
        raise Refused(Code.NOT_PERMITTED, command=command.command_name())
    return address


def listed_in(docket: Docket, session_id: str) -> frozenset[str]:
    """The addresses on a session's list."""
    return frozenset(seat.address for each in docket.sessions if each.id == session_id for seat in each.seats)


def departments_of(caller: Caller) -> frozenset[str]:
    """The departments that she is a liaison of."""
    return frozenset(grant.node for grant in caller.grants if grant.role is Role.LIAISON)


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
