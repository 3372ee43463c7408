"""Commands on standing membership: load, decide, save."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts.callers import Target
from services.contracts.commands import deliberation as asked
from services.contracts.commands.base import Answer
from services.contracts.organisation import council_of, federation_of
from services.contracts.refusals import Code, Refused
from services.deliberation.commands.matter import before, by, one_address
from services.deliberation.rules import membership as rules
from services.deliberation.rules.membership import Council, new_council
from services.deliberation.store import save_council


async def membership_target(tx: Transaction, command: asked.ConfirmMembership | asked.EndMembership) -> Target:
    """The council, and whose membership it is. Raises Refused NOT_FOUND."""
    council = await tx.load(Council, command.council)
    if council is None:
        raise Refused(Code.NOT_FOUND, what="council")
    address = command.department if isinstance(command, asked.ConfirmMembership) else command.address
    person = address.startswith("m_")
    return Target(
        region=council.region,
        holder=federation_of(council.region),
        people=(address,) if person else (),
        department=None if person else address,
    )


async def admit(tx: Transaction, acting: Acting, command: asked.AdmitMember) -> Answer:
    """Because of a matter that the council dealt with."""
    docket, known = await before(tx, command)
    address = one_address(command.member, command.department, "member")
    node = by(acting).council
    council = await tx.load(Council, node) or new_council(node, node.removeprefix(council_of("")))
    after = await save_council(tx, rules.admit(council, docket, known, address, command.until))
    return Answer(id=command.case_id, version=after.version)


async def confirm(tx: Transaction, acting: Acting, command: asked.ConfirmMembership) -> Answer:
    """The department takes it."""
    council = await _council(tx, command.council)
    after = await save_council(tx, rules.confirm(council, command.department, tx.now))
    return Answer(id=after.node, version=after.version)


async def end(tx: Transaction, acting: Acting, command: asked.EndMembership) -> Answer:
    """Before its term is over."""
    council = await _council(tx, command.council)
    after = await save_council(tx, rules.end(council, command.address, tx.now))
    return Answer(id=after.node, version=after.version)


async def _council(tx: Transaction, node: str) -> Council:
    council = await tx.load(Council, node)
    assert council is not None, "membership_target has found it"
    return council
