"""How a work order is taken back, or given to another department: pure. A joint order has one lead at all times (首接负责, domain 2.5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.contracts.fitting import fitting_order
from services.contracts.ids import NodeId, OrderId
from services.contracts.orders import OrderRole, OrderStage, OrderStep
from services.contracts.refusals import Code, Refused
from services.escalation.rules import order_clocks as clocks
from services.escalation.rules.order_clocks import WorkOrder
from services.escalation.rules.orders import Moved, fits, fitting_beside, step


def reissued(order: WorkOrder, to: OrderId, by: NodeId, now: datetime) -> Moved:
    """The objection is right: this order ends, another one for another department begins."""
    fits(order, "ReissueOrder", now)
    ended = clocks.over(order).after(stage=OrderStage.REISSUED, ended_at=now, reissued_as=to)
    return step(ended, OrderStep.REISSUED, now, by)


def replaced(order: WorkOrder, department: NodeId, others: Sequence[WorkOrder], now: datetime) -> tuple[WorkOrder, ...]:
    """The orders beside it that go into the new one: whoever assists and is given the lead has the lead alone; what she has reported stays.
    Raises Refused for the department that has just objected, and for one that has a part in it beside another that assists."""
    if department == order.department:
        raise Refused(Code.WRONG_DEPARTMENT, allowed=fitting_order(order, now), node=department)
    beside = tuple(each for each in others if each.department == department and not each.stage.ended)
    if beside and order.role is OrderRole.CO:
        raise Refused(Code.HAS_A_PART, allowed=fitting_order(order, now), node=department)
    return tuple(each for each in beside if not each.stage.reported)


def led_by_another(order: WorkOrder, others: Sequence[WorkOrder], by: NodeId, now: datetime) -> tuple[Moved, ...]:
    """The lead's order went to another department: a step of each that still assists, so that it knows with whom it works."""
    if order.role is not OrderRole.LEAD:
        return ()
    return tuple(step(each.after(), OrderStep.LEAD_CHANGED, now, by) for each in others if not each.stage.settled)


def beside(order: WorkOrder, orders: Iterable[WorkOrder]) -> list[WorkOrder]:
    """The others of the same joint order."""
    return [each for each in orders if order.joint and each.joint == order.joint and each.order_id != order.order_id]


def led(order: WorkOrder, others: Sequence[WorkOrder]) -> WorkOrder:
    """What is worked on again, with the lead if nobody has it any more: somebody owes the citizen a reply."""
    leads = (each for each in others if each.role is OrderRole.LEAD and not each.stage.ended)
    return order if order.joint is None or any(leads) else order.model_copy(update={"role": OrderRole.LEAD})


def cancel(order: WorkOrder, others: Sequence[WorkOrder], by: NodeId, now: datetime) -> Moved:
    """Taken back by its issuer; the lead's of a joint order last, or nobody could report all of it done."""
    fits(order, "CancelOrder", now)
    waiting = [each for each in others if each.role is OrderRole.CO and not each.stage.settled]
    if order.role is OrderRole.LEAD and waiting:
        raise Refused(Code.LEAD_LAST, allowed=fitting_beside(order, others, now), count=len(waiting))
    return taken_back(order, by, now)


def taken_back(order: WorkOrder, by: NodeId | None, now: datetime) -> Moved:
    """The same wherever it stands; `by` is None where the matter ended by itself, or by its reporter, or was sealed."""
    gone = clocks.over(order).after(stage=OrderStage.CANCELLED, ended_at=now, days_asked=None)
    return step(gone, OrderStep.CANCELLED, now, by)
