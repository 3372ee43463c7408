"""Commands of the holder of a matter."""

from services.chassis import photos
from services.chassis.ids import ulid
from services.chassis.service import Acting
from services.chassis.transaction import Transaction, worker_tag
from services.contracts import topics
from services.contracts.callers import Target
from services.contracts.commands import escalation as asked
from services.contracts.commands.base import Answer, MatterCommand
from services.contracts.refusals import Code, Refused
from services.contracts.states import CaseState
from services.contracts.texts import text
from services.escalation.rules import custody as rules
from services.escalation.rules.custody import Custody
from services.escalation.rules.limits import RuleBook
from services.escalation.store import access_of, keep_dues
from services.escalation.tables import METADATA, PHOTOS

CONTENT = METADATA.tables["content"]
MAX_EVIDENCE = 2_000
"""Characters of a note of evidence."""


async def matter_target(tx: Transaction, command: MatterCommand) -> Target:
    """The matter as far as permission goes: from custody, and from what intake says of access. Of a matter that has not been heard
    of there is nothing to say."""
    custody = await tx.load(Custody, command.case_id)
    access = await access_of(tx, command.case_id)
    if custody is None or access is None:
        raise Refused(Code.CASE_NOT_FOUND)
    return Target(
        region=custody.region,
        group=access.group,
        holder=custody.holder,
        case_class=access.case_class,
        reporters=access.reporters,
        circle=access.circle,
        barred=access.barred,
    )


async def solve_on_spot(tx: Transaction, acting: Acting, command: asked.SolveOnSpot) -> Answer:
    """Done, with evidence; the evidence stays here."""
    custody, case = await _matter(tx, command)
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    evidence = text(command.evidence, "evidence", MAX_EVIDENCE)
    after, events = rules.solve_on_spot(
        custody,
        case,
        acting.grant.public_node,
        worker_tag(tx.room, custody.case_id, acting.member),
        command.outcome,
        tx.get(RuleBook).of(custody.region),
        tx.room.secret,
        tx.now,
        evidence=bool(evidence or command.photos),
    )
    await tx.save(after, *events)
    await keep_dues(tx, after)
    if evidence:
        values = {
            "id": f"t_{ulid(tx.now)}",
            "case_id": custody.case_id,
            "field": "evidence",
            "text": evidence,
            "written_by": acting.member,
            "written_at": tx.now,
        }
        await tx.execute(tx.room.database.insert(CONTENT).values(**values))
    await photos.take(tx, PHOTOS, acting.member, command.photos, custody.case_id, "evidence")
    return Answer(id=after.case_id, version=after.version)


async def _matter(tx: Transaction, command: MatterCommand) -> tuple[Custody, CaseState]:
    """The custody, unchanged since the caller looked, and the case as intake last told it."""
    custody = await tx.load(Custody, command.case_id)
    if custody is None:
        raise Refused(Code.CASE_NOT_FOUND)
    tx.check_version(Custody, custody.case_id, command.expected_version)
    case = await tx.known(topics.INTAKE_CASE, CaseState, command.case_id) or await tx.known(
        topics.INTAKE_SEALED, CaseState, command.case_id
    )
    if case is None:
        raise Refused(Code.CASE_NOT_FOUND)
    return custody, case
