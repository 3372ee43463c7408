"""What time and the matter itself bring a work order: pure. In every state; what does not fit any more changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from services.contracts.cases import CaseClass, Stage, Urgency
from services.contracts.clocks import ClockState
from services.contracts.events.base import Event
from services.contracts.events.intake import CaseCalledBack, CaseEvent, CaseRated
from services.contracts.ids import NodeId
from services.contracts.orders import (
    ISSUERS_CLOCKS,
    OrderClockStage,
    OrderResult,
    OrderStage,
    OrderStep,
    Rest,
    Supervision,
)
from services.contracts.regions import RegionCode
from services.escalation.rules import order_clocks as clocks
from services.escalation.rules import order_ends as ends
from services.escalation.rules import orders
from services.escalation.rules.limits import Rules
from services.escalation.rules.order_clocks import Brings, WorkOrder
from services.escalation.rules.orders import Moved


def follow(order: WorkOrder, event: CaseEvent, rules: Rules, now: datetime, others: Sequence[WorkOrder] = ()) -> Moved:
    """The matter moved on (domain 2.5, S17): one call-back serves it and its orders; what is still open when it ends is cancelled."""
    case = event.case
    if order.stage.ended:
        return order, ()
    if case.case_class is CaseClass.C3:
        return _ended(order, now)
    if case.stage.ended:
        return _ended(order, now, getattr(event, "by", None))
    if _heard(event):
        if case.solved and order.stage is OrderStage.VERIFIED:
            return orders.step(order.after(stage=OrderStage.CALLED_BACK), OrderStep.CALLED_BACK, now, None)
        if not case.solved and order.stage.settled and order.result is OrderResult.DONE:
            return orders.rework(ends.led(order, others), None, rules, now)
    if case.stage is Stage.FEEDBACK_GIVEN and not order.stage.settled:
        return _ended(order, now, getattr(event, "by", None))
    going, told = _going_on(order, rules, now) if case.urgency is Urgency.RED else (order, ())
    if case.urgency.before(order.urgency) and not order.letter:
        going, sooner = orders.step(clocks.hastened(going, case.urgency, rules).after(), OrderStep.HASTENED, now, None)
        told = (*told, *sooner)
    return going, told


def rest(order: WorkOrder, its: Rest | None, by: NodeId | None, rules: Rules, now: datetime) -> Moved:
    """Its matter rests, or goes on; what is settled has nothing to rest."""
    if order.stage.settled or order.rest == its:
        return order, ()
    if its is not None:
        return orders.step(clocks.resting(order, its, now, rules).after(), OrderStep.PAUSED, now, by)
    awake = orders.dated(clocks.awake(order, now, rules), rules).after()
    # A pause of its own goes on: nothing runs again yet.
    return orders.step(awake, OrderStep.PAUSED if awake.stage is OrderStage.PAUSED else OrderStep.RESUMED, now, by)


def pass_on(order: WorkOrder, to: NodeId, region: RegionCode, now: datetime) -> Moved:
    """Nobody may answer for it at its issuer's any more: whoever has the matter does, from now on."""
    if order.stage.ended or order.issuer == to:
        return order, ()
    return orders.step(order.after(issuer=to, issuer_region=region), OrderStep.PASSED_ON, now, None)


def _going_on(order: WorkOrder, rules: Rules, now: datetime) -> Moved:
    """What cannot wait rests no longer, with its matter or by itself."""
    if order.stage is not OrderStage.PAUSED:
        return rest(order, None, None, rules, now)
    return orders.go_on(clocks.awake(order, now, rules) if order.rest else order, None, rules, now)


def _ended(order: WorkOrder, now: datetime, by: NodeId | None = None) -> Moved:
    """What was done stays done; everything else is taken back, wherever it stood. `by`: who ended or answered the matter, if a level did."""
    if order.stage.settled:
        closed = clocks.over(order).after(stage=OrderStage.CLOSED, ended_at=now)
        return orders.step(closed, OrderStep.CLOSED, now, None)
    return ends.taken_back(order, by, now)


def come(order: WorkOrder, what: str, rules: Rules, now: datetime) -> Moved:
    """Something that was to come is there, if it still is to come: a clock ran out, a reminder, supervision, the end of a pause."""
    at = next((each.at for each in clocks.to_come(order, rules) if each.what == what), None)
    if at is None or now <= at:
        return order, ()
    match what:
        case Brings.URGE:
            urged = order.after(urged=True, supervision=order.supervision.at_least(Supervision.URGED))
            return orders.step(urged, OrderStep.URGED, now, None)
        case Brings.SUPERVISE:
            watched = order.after(supervision=order.supervision.at_least(Supervision.SUPERVISED))
            return orders.step(watched, OrderStep.SUPERVISED, now, None)
        case Brings.LETTER:
            written = order.after(letter_sent=True, supervision=order.supervision.at_least(Supervision.INTERVIEWED))
            return orders.step(written, OrderStep.HEAD_WRITTEN, now, None)
        case Brings.PAUSE_END:
            return orders.go_on(order, None, rules, now)
        case OrderClockStage.EXTENSION_DECISION:
            return orders.decide_extension(order, False, None, rules, now)
        case _:
            return _ran_out(order, OrderClockStage(what), now)


def _ran_out(order: WorkOrder, stage: OrderClockStage, now: datetime) -> Moved:
    """Flag it, and urge who owes it: the department, or the issuer itself."""
    flagged = tuple(
        clock.model_copy(update={"overdue": True})
        if clock.stage is stage and clock.state is ClockState.RUNNING
        else clock
        for clock in order.clocks
    )
    further = order.supervision if stage in ISSUERS_CLOCKS else order.supervision.at_least(Supervision.URGED)
    return orders.step(order.after(clocks=flagged, supervision=further), OrderStep.OVERDUE, now, None, stage)


def _heard(event: Event) -> bool:
    """Whether the reporter has just said how it went."""
    return isinstance(event, CaseRated) or (isinstance(event, CaseCalledBack) and event.reached)
