"""Escalation's facts of department work orders. What people wrote stays in escalation's contents."""

from typing import ClassVar

from services.contracts.events.base import Event
from services.contracts.ids import NodeId
from services.contracts.orders import OrderClockStage, OrderState, OrderStep


class OrderStepTaken(Event):
    """A work order took a step. `by` is absent where time, or the matter itself, brought it."""

    service: ClassVar[str] = "escalation"
    order: OrderState
    step: OrderStep
    by: NodeId | None = None
    clock: OrderClockStage | None = None
    """Of OVERDUE: which clock ran out."""

    @property
    def key(self) -> str:
        return self.order.order_id

    @property
    def version(self) -> int:
        return self.order.version

    @property
    def state(self) -> OrderState:
        return self.order


ORDER = (OrderStepTaken,)
