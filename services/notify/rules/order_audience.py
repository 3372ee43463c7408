"""Who is told what of a department work order: pure (domain 2.5)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.contracts.cases import CaseClass
from services.contracts.events.orders import OrderStepTaken
from services.contracts.orders import ISSUERS_CLOCKS, OrderClockStage, OrderStep
from services.contracts.organisation import Node, Role, federation_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState
from services.notify.rules.audience import once_each
from services.notify.rules.entries import Kind, Told
from services.notify.rules.people import chairs, concerned, may_act, responsible

TO_DEPARTMENT: Mapping[OrderStep, Kind] = {
    OrderStep.ISSUED: Kind.ORDER_ISSUED,
    OrderStep.DESIGNATED: Kind.ORDER_TO_SIGN,
    OrderStep.REISSUED: Kind.ORDER_REISSUED,
    OrderStep.LEAD_CHANGED: Kind.ORDER_LEAD_CHANGED,
    OrderStep.EXTENSION_GRANTED: Kind.ORDER_EXTENSION_GRANTED,
    OrderStep.EXTENSION_DENIED: Kind.ORDER_EXTENSION_DENIED,
    OrderStep.VERIFIED: Kind.ORDER_VERIFIED,
    OrderStep.REWORKED: Kind.ORDER_REWORK,
    OrderStep.URGED: Kind.ORDER_URGED,
    OrderStep.SUPERVISED: Kind.ORDER_SUPERVISED,
    OrderStep.HEAD_WRITTEN: Kind.ORDER_HEAD_WRITTEN,
    OrderStep.ART73_OPINION: Kind.ORDER_OPINION,
    OrderStep.GOV_INSPECTION: Kind.ORDER_INSPECTION,
    OrderStep.OVERDUE: Kind.ORDER_OVERDUE,
    OrderStep.PAUSED: Kind.ORDER_PAUSED,
    OrderStep.RESUMED: Kind.ORDER_RESUMED,
    OrderStep.HASTENED: Kind.ORDER_HASTENED,
    OrderStep.CANCELLED: Kind.ORDER_CANCELLED,
    OrderStep.CLOSED: Kind.ORDER_CLOSED,
}
TO_ISSUER: Mapping[OrderStep, Kind] = {
    OrderStep.SIGNED: Kind.ORDER_SIGNED,
    OrderStep.OBJECTED: Kind.ORDER_OBJECTED,
    OrderStep.PROGRESSED: Kind.ORDER_PROGRESS,
    OrderStep.EXTENSION_REQUESTED: Kind.ORDER_EXTENSION_ASKED,
    OrderStep.REPORTED_DONE: Kind.ORDER_REPORTED,
    OrderStep.EXPLAINED: Kind.ORDER_REPORTED,
    OrderStep.NOT_APPLICABLE: Kind.ORDER_REPORTED,
    OrderStep.REWORKED: Kind.ORDER_REWORK,
    OrderStep.SUPERVISED: Kind.ORDER_SUPERVISED,
    OrderStep.HEAD_WRITTEN: Kind.ORDER_HEAD_WRITTEN,
    OrderStep.RESUMED: Kind.ORDER_RESUMED,
    OrderStep.OVERDUE: Kind.ORDER_OVERDUE,
    OrderStep.PASSED_ON: Kind.ORDER_YOURS,
}
"""Whom a step of a work order concerns, and what they are told."""
TO_VILLAGE = frozenset({OrderStep.REPORTED_DONE, OrderStep.EXPLAINED})
"""Steps that the village's chair hears of: she may verify on site."""
TO_COUNTY = frozenset({OrderStep.HEAD_WRITTEN})


def order_audience(
    event: OrderStepTaken,
    access: AccessState,
    nodes: Mapping[str, Node],
    now: datetime,
    let_go: Sequence[str] = (),
) -> tuple[Told, ...]:
    """The department's liaisons, who learn of the order and not of its matter; the issuer; where it matters, the village, the county and
    the reporter. What the issuer owes is told to the issuer alone. `let_go`: who knew of it at the issuer's before the matter was sealed."""
    order, told = event.order, list[Told]()
    issuers_own = event.clock in ISSUERS_CLOCKS
    department = nodes.get(order.department)
    if department and not issuers_own and (kind := TO_DEPARTMENT.get(event.step)):
        for member in department.holding(Role.LIAISON, now):
            told.append(Told(member, kind, order_id=order.order_id, names_matter=False))
    by_hand = event.by == order.issuer
    if (kind := TO_ISSUER.get(event.step)) and not by_hand:
        # Who has it now may not be in a private matter's circle yet: she enters it by her office.
        passed_on = event.step is OrderStep.PASSED_ON
        entering = may_act(order.issuer, access, nodes, now).first if passed_on else ()
        answering = entering or responsible(order.issuer, access, nodes, now)
        told += [Told(each, kind, order_id=order.order_id) for each in answering]
    if event.step is OrderStep.CANCELLED and not by_hand:
        # Somebody else ended the matter, or it was sealed: there is nothing to do about it.
        issuing = concerned(order.issuer, access, nodes, now) or let_go
        told += [Told(each, Kind.ORDER_CANCELLED, order_id=order.order_id) for each in issuing]
    if event.step in TO_VILLAGE and access.case_class in {CaseClass.C0, CaseClass.C1}:
        told += [
            Told(each, Kind.ORDER_REPORTED, order_id=order.order_id)
            for each in chairs(order.region, nodes, now, access.barred)
        ]
    unsigned = event.step is OrderStep.OVERDUE and event.clock is OrderClockStage.SIGN
    if event.step in TO_COUNTY or unsigned:
        county = federation_of(at_level(order.issuer_region, Level.COUNTY))
        kind = TO_ISSUER[event.step]
        told += [Told(each, kind, order_id=order.order_id) for each in responsible(county, access, nodes, now)]
    if event.step is OrderStep.EXTENSION_GRANTED:
        told += [Told(member, Kind.EXTENDED) for member in access.reporters if member not in access.bystanders]
    return once_each(told, access)
