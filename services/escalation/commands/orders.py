"""Commands on department work orders: load the matter's custody, then the order; decide; save both."""

from collections.abc import Sequence
from typing import NamedTuple

from services.chassis import photos
from services.chassis.service import Acting
from services.chassis.transaction import Transaction, worker_tag
from services.contracts.callers import Target
from services.contracts.commands import orders as asked
from services.contracts.commands.base import Answer
from services.contracts.ids import NodeId
from services.contracts.lifecycle import Lifecycle
from services.contracts.orders import OrderResult, OrderRole, OrderStep
from services.contracts.organisation import Role
from services.contracts.refusals import Code, Refused
from services.contracts.targets import target_of_order
from services.contracts.texts import text
from services.escalation.order_store import matter_of, move, orders_of, rules_of, write
from services.escalation.rules import order_ends as ends
from services.escalation.rules import orders as rules
from services.escalation.rules.custody import Custody
from services.escalation.rules.limits import Rules
from services.escalation.rules.order_clocks import WorkOrder
from services.escalation.rules.orders import Moved
from services.escalation.store import access_of
from services.escalation.tables import PHOTOS

MAX_WORDS = 2_000
"""Characters of any text about an order."""
WORK = frozenset({OrderStep.PROGRESSED, OrderStep.REPORTED_DONE, OrderStep.EXPLAINED})
"""Steps by which a person works on a matter: she does not call back on it (I5)."""


async def order_target(tx: Transaction, command: asked.OrderCommand) -> Target:
    """The order as far as permission goes: who holds it is its issuer. Of an order that is not there, nothing is said."""
    case_id = await matter_of(tx, command.order_id)
    custody = await tx.load(Custody, case_id) if case_id else None
    order = await tx.load(WorkOrder, command.order_id) if custody else None
    access = await access_of(tx, case_id) if case_id else None
    if custody is None or order is None or access is None:
        raise command.not_hers()
    return target_of_order(order, custody, access)


class At(NamedTuple):
    """All that a step needs."""

    custody: Custody
    order: WorkOrder
    rules: Rules
    by: NodeId
    worker: str


async def sign(tx: Transaction, acting: Acting, command: asked.SignOrder) -> Answer:
    """The department takes it on."""
    at = await _at(tx, acting, command)
    return await _save(tx, at, rules.sign(at.order, at.rules, tx.now))


async def object_to(tx: Transaction, acting: Acting, command: asked.ObjectToOrder) -> Answer:
    """Not its business; its words stay here."""
    at = await _at(tx, acting, command)
    words = {
        "objection": _required(command.reason, "reason"),
        "objection_basis": _required(command.legal_basis, "legalBasis"),
        "suggested": command.suggested,
    }
    return await _save(tx, at, rules.object_to(at.order, at.rules, tx.now), acting, **words)


async def designate(tx: Transaction, acting: Acting, command: asked.DesignateOrder) -> Answer:
    """It is this department's."""
    at = await _at(tx, acting, command)
    words = _required(command.reason, "reason")
    return await _save(tx, at, rules.designate(at.order, at.by, at.rules, tx.now), acting, designation=words)


async def ask_extension(tx: Transaction, acting: Acting, command: asked.RequestExtension) -> Answer:
    """More time."""
    at = await _at(tx, acting, command)
    words = _required(command.reason, "reason")
    return await _save(
        tx, at, rules.ask_extension(at.order, command.days, at.rules, tx.now), acting, extension_reason=words
    )


async def decide_extension(tx: Transaction, acting: Acting, command: asked.DecideExtension) -> Answer:
    """Granted or not, with the reason."""
    at = await _at(tx, acting, command)
    words = _required(command.reason, "reason")
    moved = rules.decide_extension(at.order, command.granted, at.by, at.rules, tx.now)
    return await _save(tx, at, moved, acting, extension_answer=words)


async def progress(tx: Transaction, acting: Acting, command: asked.ReportProgress) -> Answer:
    """How far it is."""
    at = await _at(tx, acting, command)
    words = _required(command.note, "note")
    await photos.take(tx, PHOTOS, acting.member, command.photos, at.order.case_id, "order")
    return await _save(tx, at, rules.progress(at.order, at.worker, at.rules, tx.now), acting, progress=words)


async def report_done(tx: Transaction, acting: Acting, command: asked.ReportDone) -> Answer:
    """Done; what the citizen is told and what the issuer is told are kept apart."""
    at = await _at(tx, acting, command)
    words = {
        "result": _required(command.result, "result"),
        "reply": _reply(at.order, command.reply),
        "internal_note": text(command.internal_note, "internalNote", MAX_WORDS),
    }
    moved = rules.report(at.order, OrderResult.DONE, await beside(tx, at.order), at.worker, at.rules, tx.now)
    await photos.take(tx, PHOTOS, acting.member, command.photos, at.order.case_id, "order")
    return await _save(tx, at, moved, acting, **words)


async def explain(tx: Transaction, acting: Acting, command: asked.ExplainImpossible) -> Answer:
    """It cannot be done, and why."""
    at = await _at(tx, acting, command)
    words = {
        "explanation": _required(command.reason, "reason"),
        "plan": _required(command.plan, "plan"),
        "reply": _reply(at.order, command.reply),
    }
    moved = rules.report(at.order, OrderResult.EXPLAINED, await beside(tx, at.order), at.worker, at.rules, tx.now)
    return await _save(tx, at, moved, acting, **words)


async def not_applicable(tx: Transaction, acting: Acting, command: asked.MarkNotApplicable) -> Answer:
    """No part in it."""
    at = await _at(tx, acting, command)
    words = _required(command.reason, "reason")
    return await _save(tx, at, rules.not_applicable(at.order, at.rules, tx.now), acting, not_applicable=words)


async def verify(tx: Transaction, acting: Acting, command: asked.VerifyOrder) -> Answer:
    """Seen to be done; by nobody who works at the department as well (I5)."""
    at = await _at(tx, acting, command)
    if any(grant.node == at.order.department for grant in acting.caller.grants):
        raise Refused(Code.OWN_WORK)
    words = text(command.note, "note", MAX_WORDS)
    moved = rules.verify(at.order, at.by, at.worker, tx.now)
    await photos.take(tx, PHOTOS, acting.member, command.photos, at.order.case_id, "order")
    return await _save(tx, at, moved, acting, verification=words)


async def rework(tx: Transaction, acting: Acting, command: asked.ReworkOrder) -> Answer:
    """Back to the department."""
    at = await _at(tx, acting, command)
    words = _required(command.reason, "reason")
    if at.custody.resolved_at is not None:
        # The matter goes back to work first, and its orders with it: an order alone would be cancelled with the answer.
        resolved = Lifecycle.RESOLVED.value
        # Who holds the matter, or stands above, sends it back; an issuer below who follows does not.
        hers = acting.grant is not None and len(acting.grant.region) <= at.custody.level.width
        first = ("ReworkMatter",) if hers else ()
        raise Refused(Code.STATE_DOES_NOT_FIT, allowed=first, state=resolved, command="ReworkOrder")
    # One that was settled when the matter came to rest begins again at rest.
    order = ends.led(at.order, await beside(tx, at.order)).model_copy(update={"rest": at.custody.rest})
    return await _save(tx, at, rules.rework(order, at.by, at.rules, tx.now), acting, rework=words)


async def urge(tx: Transaction, acting: Acting, command: asked.UrgeOrder) -> Answer:
    """A reminder by hand."""
    at = await _at(tx, acting, command)
    return await _save(
        tx, at, rules.urge(at.order, at.by, tx.now), acting, urging=text(command.note, "note", MAX_WORDS)
    )


async def supervise(tx: Transaction, acting: Acting, command: asked.SuperviseOrder) -> Answer:
    """Under supervision."""
    at = await _at(tx, acting, command)
    words = _required(command.reason, "reason")
    return await _save(tx, at, rules.supervise(at.order, at.by, tx.now), acting, supervision=words)


async def give_opinion(tx: Transaction, acting: Acting, command: asked.GiveArt73Opinion) -> Answer:
    """An opinion by Art. 73."""
    at = await _at(tx, acting, command)
    assert acting.grant is not None
    signed = acting.is_there(Role.CHAIR)
    moved = rules.give_opinion(at.order, at.by, acting.grant.level, signed, at.rules, tx.now)
    words = {"opinion": _required(command.facts, "facts"), "opinion_demand": _required(command.demand, "demand")}
    return await _save(tx, at, moved, acting, **words)


async def request_inspection(tx: Transaction, acting: Acting, command: asked.RequestInspection) -> Answer:
    """The government of the same level is asked to inspect."""
    at = await _at(tx, acting, command)
    assert acting.grant is not None
    signed = acting.is_there(Role.CHAIR)
    level = acting.grant.level
    moved = rules.request_inspection(at.order, at.by, level, signed, tx.now, inadequate=command.inadequate)
    return await _save(tx, at, moved, acting, inspection=_required(command.reason, "reason"))


async def pause(tx: Transaction, acting: Acting, command: asked.PauseOrder) -> Answer:
    """Its clocks rest."""
    at = await _at(tx, acting, command)
    words = text(command.note, "note", MAX_WORDS)
    return await _save(tx, at, rules.pause(at.order, command.reason, at.by, at.rules, tx.now), acting, pause=words)


async def go_on(tx: Transaction, acting: Acting, command: asked.ResumeOrder) -> Answer:
    """Its clocks run again."""
    at = await _at(tx, acting, command)
    return await _save(tx, at, rules.go_on(at.order, at.by, at.rules, tx.now))


async def cancel(tx: Transaction, acting: Acting, command: asked.CancelOrder) -> Answer:
    """Taken back."""
    at = await _at(tx, acting, command)
    words = _required(command.reason, "reason")
    moved = ends.cancel(at.order, await beside(tx, at.order), at.by, tx.now)
    return await _save(tx, at, moved, acting, cancellation=words)


async def beside(tx: Transaction, order: WorkOrder) -> Sequence[WorkOrder]:
    """The other orders of the same joint one."""
    if order.joint is None:
        return ()
    return ends.beside(order, await orders_of(tx, order.case_id))


async def _at(tx: Transaction, acting: Acting, command: asked.OrderCommand) -> At:
    """The custody first, then the order, unchanged since the caller looked."""
    case_id = await matter_of(tx, command.order_id)
    custody = await tx.load(Custody, case_id) if case_id else None
    order = await tx.load(WorkOrder, command.order_id)
    assert custody is not None, "order_target has found it"
    assert order is not None, "order_target has found it"
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    tx.check_version(WorkOrder, order.order_id, command.expected_version)
    worker = worker_tag(tx.room, order.case_id, acting.member)
    return At(custody, order, rules_of(tx, order), acting.grant.public_node, worker)


async def _save(tx: Transaction, at: At, moved: Moved, acting: Acting | None = None, **words: str) -> Answer:
    worked = any(fact.step in WORK for fact in moved[1])
    await move(tx, at.custody, at.order, moved, at.worker if worked else None)
    if acting is not None:
        await write(tx, at.order.order_id, acting.member, **words)
    return Answer(id=moved[0].order_id, version=moved[0].version)


def _required(words: str, field: str) -> str:
    return text(words, field, MAX_WORDS, required=True)


def _reply(order: WorkOrder, words: str) -> str:
    """The lead department owes the citizen a reply."""
    return text(words, "reply", MAX_WORDS, required=order.role is OrderRole.LEAD)
