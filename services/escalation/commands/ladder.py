"""Commands on the ladder: load, decide, save."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.commands import escalation as asked
from services.contracts.commands.base import Answer, Proposed
from services.contracts.ladder import NoteKind
from services.contracts.organisation import Node, Role, federation_of
from services.escalation.commands.custody import (
    keep,
    keep_evidence,
    keep_note,
    keep_photos,
    keep_progress,
    matter,
    node_of,
    tag_of,
    words,
)
from services.escalation.order_store import rest_orders
from services.escalation.rules import acting as working
from services.escalation.rules import ladder
from services.escalation.rules.custody import Facts, Moved
from services.escalation.store import access_of


async def solve_on_spot(tx: Transaction, acting: Acting, command: asked.SolveOnSpot) -> Answer:
    """Done, with evidence; the evidence stays here."""
    custody, facts = await matter(tx, command)
    evidence = words(command.evidence, "evidence")
    shown = bool(evidence or command.photos)
    by, worker = node_of(acting), tag_of(tx, acting, custody)
    moved = working.solve_on_spot(custody, facts, by, worker, command.outcome, evidence=shown)
    await keep_evidence(tx, acting, custody.case_id, evidence, command.photos)
    return await keep(tx, moved, facts)


async def record_action(tx: Transaction, acting: Acting, command: asked.RecordAction) -> Answer:
    """What a level did; what came of it stays here."""
    custody, facts = await matter(tx, command)
    by, worker = node_of(acting), tag_of(tx, acting, custody)
    moved = working.record_action(
        custody, facts, by, command.action, worker, reached=command.reached, violence=command.violence
    )
    note = words(command.note, "note")
    await keep_note(tx, acting, custody.case_id, NoteKind.ACTION, note)
    await keep_photos(tx, acting, custody.case_id, command.photos)
    return await keep(tx, moved, facts)


async def tell_progress(tx: Transaction, acting: Acting, command: asked.TellProgress) -> Answer:
    """What the reporter is told; it stays here, and she reads it with her own token."""
    custody, facts = await matter(tx, command)
    said = words(command.text, "text", required=True)
    moved = working.tell_progress(custody, facts, node_of(acting))
    await keep_progress(tx, acting, custody.case_id, said)
    return await keep(tx, moved, facts)


async def pass_up(tx: Transaction, acting: Acting, command: asked.PassUp) -> Answer:
    """One level up, or a word to the chair that it should go."""
    custody, facts = await matter(tx, command)
    note, signed = words(command.note, "note"), await _signs(tx, acting, custody.case_id)
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    # A council proposes to the federation of its village.
    council = acting.grant.role is Role.COUNCIL_MEMBER
    by = federation_of(acting.grant.region) if council else node_of(acting)
    moved = ladder.pass_up(custody, facts, by, command.reason, legal_note=bool(note.strip()), signed=signed)
    await keep_note(tx, acting, custody.case_id, NoteKind.PASS_UP, note)
    kept = await keep(tx, moved, facts)
    return Proposed(id=kept.id, version=kept.version, proposed=not signed)


async def _signs(tx: Transaction, acting: Acting, case_id: str) -> bool:
    """A chair signs by doing it herself, and an officer where no chair may: none is in office, or she is a party, or not of a private
    matter's circle. A rights department has none, and of what is sealed nobody else is to know."""
    if acting.is_there(Role.CHAIR, Role.RIGHTS_OFFICER):
        return True
    node, access = await tx.known(topics.INTAKE_ROSTER, Node, node_of(acting)), await access_of(tx, case_id)
    if node is None or not acting.is_there(Role.OFFICER):
        return False
    chairs = node.holding(Role.CHAIR, tx.now)
    return not (access.able(chairs) if access else chairs)


async def cancel_pass_up(tx: Transaction, acting: Acting, command: asked.CancelPassUp) -> Answer:
    """Taken back."""
    custody, facts = await matter(tx, command)
    return await keep(tx, ladder.cancel_pass_up(custody, facts, node_of(acting)), facts)


async def receive(tx: Transaction, acting: Acting, command: asked.Receive) -> Answer:
    """This level has it."""
    custody, facts = await matter(tx, command)
    return await keep(tx, ladder.receive(custody, facts, node_of(acting)), facts)


async def refuse_receipt(tx: Transaction, acting: Acting, command: asked.RefuseReceipt) -> Answer:
    """Sent back, once."""
    custody, facts = await matter(tx, command)
    moved = ladder.refuse_receipt(custody, facts, node_of(acting), command.reason)
    await keep_note(tx, acting, custody.case_id, NoteKind.REFUSAL, words(command.note, "note"))
    return await keep(tx, moved, facts)


async def return_down(tx: Transaction, acting: Acting, command: asked.ReturnDown) -> Answer:
    """Handed back, with instructions that stay here for those who have the matter."""
    custody, facts = await matter(tx, command)
    guidance = words(command.guidance, "guidance", required=True)
    moved = ladder.return_down(custody, facts, node_of(acting), command.due_at)
    await keep_note(tx, acting, custody.case_id, NoteKind.GUIDANCE, guidance)
    await keep_note(tx, acting, custody.case_id, NoteKind.RESOURCES, words(command.resources, "resources"))
    return await keep(tx, moved, facts)


async def take_over(tx: Transaction, acting: Acting, command: asked.TakeOver) -> Answer:
    """A level above has it now."""
    custody, facts = await matter(tx, command)
    reason = words(command.reason, "reason", required=True)
    moved = ladder.take_over(custody, facts, node_of(acting))
    await keep_note(tx, acting, custody.case_id, NoteKind.TAKE_OVER, reason)
    return await keep(tx, moved, facts)


async def inform_up(tx: Transaction, acting: Acting, command: asked.InformUp) -> Answer:
    """For information."""
    custody, facts = await matter(tx, command)
    moved = ladder.inform_up(custody, facts, node_of(acting), command.to)
    await keep_note(tx, acting, custody.case_id, NoteKind.INFORM, words(command.note, "note"))
    return await keep(tx, moved, facts)


async def alert_in_parallel(tx: Transaction, acting: Acting, command: asked.AlertInParallel) -> Answer:
    """Several levels at once."""
    custody, facts = await matter(tx, command)
    as_chair = acting.grant is not None and acting.grant.role is Role.CHAIR
    return await keep(tx, ladder.alert_in_parallel(custody, facts, node_of(acting), as_chair=as_chair), facts)


async def supervise(tx: Transaction, acting: Acting, command: asked.Supervise) -> Answer:
    """Begin or end supervision."""
    custody, facts = await matter(tx, command)
    moved = ladder.supervise(custody, facts, node_of(acting), on=command.on)
    await keep_note(tx, acting, custody.case_id, NoteKind.SUPERVISION, words(command.reason, "reason"))
    return await keep(tx, moved, facts)


async def resolve(tx: Transaction, acting: Acting, command: asked.ResolveMatter) -> Answer:
    """Done, on whatever level."""
    custody, facts = await matter(tx, command)
    evidence = words(command.evidence, "evidence")
    shown = bool(evidence or command.photos)
    by, worker = node_of(acting), tag_of(tx, acting, custody)
    moved = working.resolve(custody, facts, by, worker, command.outcome, evidence=shown)
    await keep_evidence(tx, acting, custody.case_id, evidence, command.photos)
    return await keep(tx, moved, facts)


async def relay_feedback(tx: Transaction, acting: Acting, command: asked.RelayFeedback) -> Answer:
    """One level down."""
    custody, facts = await matter(tx, command)
    moved = working.relay_feedback(custody, facts, node_of(acting))
    await keep_note(tx, acting, custody.case_id, NoteKind.RELAY, words(command.note, "note"))
    return await keep(tx, moved, facts)


async def rework(tx: Transaction, acting: Acting, command: asked.ReworkMatter) -> Answer:
    """Back to work."""
    custody, facts = await matter(tx, command)
    reason = words(command.reason, "reason", required=True)
    moved = working.rework(custody, facts, node_of(acting))
    await keep_note(tx, acting, custody.case_id, NoteKind.REWORK, reason)
    return await keep(tx, moved, facts)


async def suspend(tx: Transaction, acting: Acting, command: asked.SuspendMatter) -> Answer:
    """It rests."""
    custody, facts = await matter(tx, command)
    moved = working.suspend(custody, facts, node_of(acting), command.reason, command.until)
    return await _keep_with_orders(tx, acting, moved, facts)


async def resume(tx: Transaction, acting: Acting, command: asked.ResumeMatter) -> Answer:
    """It goes on."""
    custody, facts = await matter(tx, command)
    return await _keep_with_orders(tx, acting, working.resume(custody, facts, node_of(acting)), facts)


async def _keep_with_orders(tx: Transaction, acting: Acting, moved: Moved, facts: Facts) -> Answer:
    await keep(tx, moved, facts)
    custody = await rest_orders(tx, moved[0], node_of(acting))
    return Answer(id=custody.case_id, version=custody.version)
