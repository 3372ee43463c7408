"""What may happen to a department work order (domain 2.5): pure. Each move gives the order after it and the facts to tell; how it is taken
back or given to another department is in `order_ends`, what time and the matter bring in `order_fate`."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.contracts.cases import Urgency
from services.contracts.clocks import ClockState
from services.contracts.events.orders import OrderStepTaken
from services.contracts.fitting import WAITING, fitting_order, held_up
from services.contracts.ids import CaseId, NodeId, OrderId, ProfileName, WorkerTag
from services.contracts.lifecycle import Lifecycle
from services.contracts.orders import (
    OrderClockStage,
    OrderResult,
    OrderRole,
    OrderStage,
    OrderStep,
    PauseReason,
    Rest,
    Supervision,
)
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, RegionCode
from services.escalation.rules import order_clocks as clocks
from services.escalation.rules.limits import OrderLimit, Rules
from services.escalation.rules.order_clocks import WorkOrder

S = OrderClockStage
SUPERVISED_AT = 2
"""The rework from which an order is supervised (S17)."""

Moved = tuple[WorkOrder, tuple[OrderStepTaken, ...]]


def issue(
    order_id: OrderId,
    case_id: CaseId,
    *,
    region: RegionCode,
    issuer: NodeId,
    issuer_region: RegionCode,
    department: NodeId,
    role: OrderRole,
    joint: OrderId | None,
    letter: bool,
    urgency: Urgency,
    profile: ProfileName,
    rules: Rules,
    now: datetime,
    rest: Rest | None = None,
) -> Moved:
    """A department is given the matter; its clocks run, but not those of a letter, nor while the matter rests."""
    blank = WorkOrder(
        order_id=order_id,
        version=1,
        case_id=case_id,
        region=region,
        issuer=issuer,
        issuer_region=issuer_region,
        department=department,
        role=role,
        joint=joint,
        letter=letter,
        urgency=urgency,
        profile=profile,
        rest=rest,
        issued_at=now,
        time=None if letter else rules.limits.work_order(OrderLimit.COMPLETE, urgency, profile),
    )
    order = dated(clocks.started(blank, now, rules, S.SIGN, S.OBJECT, S.FIRST_REPORT, S.COMPLETE), rules)
    return order, (OrderStepTaken(at=now, order=order.public(), step=OrderStep.ISSUED, by=issuer),)


def sign(order: WorkOrder, rules: Rules, now: datetime) -> Moved:
    """The department takes it on."""
    fits(order, "SignOrder", now)
    at_work = clocks.started(clocks.stopped(order, S.SIGN), now, rules, S.PROGRESS)
    return step(at_work.after(stage=OrderStage.SIGNED, signed_at=now), OrderStep.SIGNED, now, order.department)


def object_to(order: WorkOrder, rules: Rules, now: datetime) -> Moved:
    """The department says that it is not its business; the issuer owes an answer, and the order's clocks stand until it comes."""
    begun = order.stage in {OrderStage.ISSUED, OrderStage.DESIGNATED} or order.stage.working
    if begun and not order.may_object(now):
        raise Refused(Code.NO_OBJECTION, allowed=fitting_order(order, now))
    fits(order, "ObjectToOrder", now)
    waiting = clocks.started(clocks.stopped(order), now, rules, S.OBJECTION_ANSWER)
    return step(waiting.after(stage=OrderStage.OBJECTED, objected=True), OrderStep.OBJECTED, now, order.department)


def designate(order: WorkOrder, by: NodeId, rules: Rules, now: datetime) -> Moved:
    """It is this department's all the same. The order's clocks begin again; the matter's have run on (S19)."""
    fits(order, "DesignateOrder", now)
    again = dated(clocks.started(clocks.stopped(order), now, rules, S.SIGN, S.FIRST_REPORT, S.COMPLETE), rules)
    return step(again.after(stage=OrderStage.DESIGNATED, designated=True), OrderStep.DESIGNATED, now, by)


def ask_extension(order: WorkOrder, days: int, rules: Rules, now: datetime) -> Moved:
    """The department asks for more time: before it is due, so often and so much as the table allows."""
    fits(order, "RequestExtension", now)
    complete, (count, left) = order.clock_of(S.COMPLETE), clocks.days_left(order, rules)
    if complete is None or now > complete.due_at or not count or days > left:
        raise Refused(Code.NO_EXTENSION, allowed=fitting_order(order, now), count=count, limit=f"{left}wd")
    asked = clocks.started(order, now, rules, S.EXTENSION_DECISION)
    after = asked.after(stage=OrderStage.EXTENSION_REQUESTED, days_asked=days)
    return step(after, OrderStep.EXTENSION_REQUESTED, now, order.department)


def decide_extension(order: WorkOrder, granted: bool, by: NodeId | None, rules: Rules, now: datetime) -> Moved:
    """The issuer's answer; `by` is None where silence has refused it. Granted is what may still be granted now: the matter may have become
    more urgent since it was asked for."""
    fits(order, "DecideExtension", now)
    assert order.days_asked is not None, "an extension is asked for in days"
    answered = clocks.stopped(order, S.EXTENSION_DECISION)
    changes: dict[str, object] = {"stage": OrderStage.IN_PROGRESS, "days_asked": None}
    if not granted:
        return step(answered.after(**changes), OrderStep.EXTENSION_DENIED, now, by)
    count, left = clocks.days_left(order, rules)
    if not count or order.days_asked > left:
        raise Refused(Code.NO_EXTENSION, allowed=fitting_order(order, now), count=count, limit=f"{left}wd")
    longer = dated(clocks.extended(answered, order.days_asked, rules), rules)
    return step(longer.after(**changes, extensions=order.extensions + 1), OrderStep.EXTENSION_GRANTED, now, by)


def progress(order: WorkOrder, worker: WorkerTag, rules: Rules, now: datetime) -> Moved:
    """How far it is. Where one must be told regularly, the next one is owed from here."""
    fits(order, "ReportProgress", now)
    told = clocks.started(clocks.stopped(order, S.OBJECT, S.FIRST_REPORT), now, rules, S.PROGRESS)
    keeps = order.stage is OrderStage.EXTENSION_REQUESTED
    after = told.after(stage=order.stage if keeps else OrderStage.IN_PROGRESS, **_worked(order, worker))
    return step(_answers(after), OrderStep.PROGRESSED, now, order.department)


def report(
    order: WorkOrder, result: OrderResult, others: Sequence[WorkOrder], worker: WorkerTag, rules: Rules, now: datetime
) -> Moved:
    """Done, or explained why it cannot be: the lead only when every assisting department has reported. The issuer owes a look."""
    fits(order, "ReportDone" if result is OrderResult.DONE else "ExplainImpossible", now)
    open_ones = [each for each in others if each.role is OrderRole.CO and not each.stage.reported]
    if order.role is OrderRole.LEAD and open_ones:
        raise Refused(Code.CO_ORDERS_OPEN, allowed=fitting_beside(order, others, now), count=len(open_ones))
    done = clocks.started(clocks.stopped(order), now, rules, S.VERIFY)
    changes = {"stage": OrderStage.REPORTED_DONE, "result": result, "reported_at": now, "days_asked": None}
    taken = OrderStep.REPORTED_DONE if result is OrderResult.DONE else OrderStep.EXPLAINED
    return step(_answers(done.after(**changes, **_worked(order, worker))), taken, now, order.department)


def not_applicable(order: WorkOrder, rules: Rules, now: datetime) -> Moved:
    """An assisting department says that it has no part in it; the issuer owes a look at that too."""
    if order.role is not OrderRole.CO:
        raise Refused(Code.CO_ONLY, allowed=fitting_order(order, now))
    fits(order, "MarkNotApplicable", now)
    done = clocks.started(clocks.stopped(order), now, rules, S.VERIFY)
    changes = {"stage": OrderStage.REPORTED_DONE, "result": OrderResult.NOT_APPLICABLE, "reported_at": now}
    return step(done.after(**changes, days_asked=None), OrderStep.NOT_APPLICABLE, now, order.department)


def verify(order: WorkOrder, by: NodeId, worker: WorkerTag, now: datetime) -> Moved:
    """It is as reported; never by who did the work (I5)."""
    fits(order, "VerifyOrder", now)
    if worker in order.workers:
        raise Refused(Code.OWN_WORK)
    seen = clocks.over(order).after(stage=OrderStage.VERIFIED, verified_at=now)
    return step(seen, OrderStep.VERIFIED, now, by)


def rework(order: WorkOrder, by: NodeId | None, rules: Rules, now: datetime) -> Moved:
    """Back to the department with half its time; it cannot object. The second time it is supervised (S17)."""
    fits(order, "ReworkOrder", now)
    again = dated(clocks.reworked(clocks.stopped(order), now, rules), rules)
    times = order.reworks + 1
    after = again.after(stage=OrderStage.REWORK, reworks=times, result=None, reported_at=None, verified_at=None)
    moved = step(after, OrderStep.REWORKED, now, by)
    if times < SUPERVISED_AT or order.letter:
        return moved
    watched = after.after(supervision=after.supervision.at_least(Supervision.SUPERVISED))
    return watched, (*moved[1], *step(watched, OrderStep.SUPERVISED, now, by)[1])


def urge(order: WorkOrder, by: NodeId, now: datetime) -> Moved:
    """The department is urged; of a letter too."""
    fits(order, "UrgeOrder", now)
    after = order.after(supervision=order.supervision.at_least(Supervision.URGED))
    return step(after, OrderStep.URGED, now, by)


def supervise(order: WorkOrder, by: NodeId, now: datetime) -> Moved:
    """It is watched from here on."""
    fits(order, "SuperviseOrder", now)
    after = order.after(supervision=order.supervision.at_least(Supervision.SUPERVISED))
    return step(after, OrderStep.SUPERVISED, now, by)


def give_opinion(order: WorkOrder, by: NodeId, level: Level, signed: bool, rules: Rules, now: datetime) -> Moved:
    """An opinion by Art. 73: from the county up, with the chair's signature, from when the table allows it. A reply is owed."""
    _by_law(level, signed)
    fits(order, "GiveArt73Opinion", now)
    assert order.opinion_from is not None, "it fits no order that can never have one"
    if now < order.opinion_from:
        raise Refused(Code.NOT_YET, allowed=fitting_order(order, now), since=order.opinion_from.isoformat())
    asked = clocks.started(order, now, rules, S.ART73_REPLY)
    further = order.supervision.at_least(Supervision.ART73_OPINION)
    after = asked.after(supervision=further, opinion_at=now, opinion_answered=False)
    return step(after, OrderStep.ART73_OPINION, now, by)


def request_inspection(
    order: WorkOrder, by: NodeId, level: Level, signed: bool, now: datetime, *, inadequate: bool
) -> Moved:
    """The government is asked to inspect: after an opinion that was not answered in time, or not enough."""
    _by_law(level, signed)
    if order.opinion_at is None:
        raise Refused(Code.OPINION_FIRST, allowed=fitting_order(order, now))
    fits(order, "RequestInspection", now)
    reply = order.clock_of(S.ART73_REPLY)
    overdue = reply is not None and now > reply.due_at
    if reply is not None and not overdue and not (order.opinion_answered and inadequate):
        raise Refused(Code.NOT_YET, allowed=fitting_order(order, now), since=reply.due_at.isoformat())
    after = order.after(supervision=Supervision.GOV_INSPECTION)
    return step(after, OrderStep.GOV_INSPECTION, now, by)


def pause(order: WorkOrder, reason: PauseReason, by: NodeId, rules: Rules, now: datetime) -> Moved:
    """Its clocks stand, as long as I14 lets them; what is RED knows no pause."""
    if order.urgency is Urgency.RED:
        raise Refused(Code.NOT_WHEN_RED, allowed=fitting_order(order, now))
    fits(order, "PauseOrder", now)
    if clocks.pause_ends(order, now, rules) is None:
        raise Refused(Code.NO_PAUSE, allowed=fitting_order(order, now))
    after = clocks.paused(order, now).after(stage=OrderStage.PAUSED, paused_for=reason)
    return step(after, OrderStep.PAUSED, now, by)


def go_on(order: WorkOrder, by: NodeId | None, rules: Rules, now: datetime) -> Moved:
    """Its clocks run again; `by` is None where the pause had used all it may give."""
    fits(order, "ResumeOrder", now)
    running = dated(clocks.resumed(order, now, rules), rules)
    return step(running.after(stage=OrderStage.IN_PROGRESS), OrderStep.RESUMED, now, by)


def step(
    order: WorkOrder, taken: OrderStep, now: datetime, by: NodeId | None, clock: OrderClockStage | None = None
) -> Moved:
    """The order, and the fact of its step."""
    return order, (OrderStepTaken(at=now, order=order.public(), step=taken, by=by, clock=clock),)


def fits(order: WorkOrder, command: str, now: datetime) -> None:
    """Raises Refused ORDER_DOES_NOT_FIT, naming what fits; of what has to wait while its matter rests, that it does."""
    allowed = fitting_order(order, now)
    if command not in allowed:
        waits = order.rest is not None and command in WAITING
        state = Lifecycle.SUSPENDED.value if waits else order.stage.value
        raise Refused(Code.ORDER_DOES_NOT_FIT, allowed=allowed, state=state, command=command)


def dated(order: WorkOrder, rules: Rules) -> WorkOrder:
    """With the day from which an opinion by Art. 73 may be given of it as it is now."""
    return order.model_copy(update={"opinion_from": clocks.opinion_from(order, rules)})


def fitting_beside(order: WorkOrder, others: Iterable[WorkOrder], now: datetime) -> tuple[str, ...]:
    """What fits it now, without what has to wait for the others of the same joint order."""
    later = held_up(order, others)
    return tuple(each for each in fitting_order(order, now) if each not in later)


def _by_law(level: Level, signed: bool) -> None:
    if level.width > Level.COUNTY.width:
        raise Refused(Code.COUNTY_UP_ONLY)
    if not signed:
        raise Refused(Code.CHAIR_MUST_SIGN)


def _worked(order: WorkOrder, worker: WorkerTag) -> dict[str, object]:
    return {"workers": tuple(dict.fromkeys((*order.workers, worker)))}


def _answers(order: WorkOrder) -> WorkOrder:
    """A report of any kind answers an opinion that waits for its reply."""
    reply = order.clock_of(S.ART73_REPLY)
    if order.opinion_at is None or reply is None:
        return order
    waits = reply.state is not ClockState.STOPPED or order.stage is OrderStage.REPORTED_DONE
    return clocks.stopped(order, S.ART73_REPLY).model_copy(update={"opinion_answered": True}) if waits else order
