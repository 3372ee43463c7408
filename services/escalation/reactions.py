"""What escalation does when it hears of a case or its council: open custody, move the clocks, close. In every state, for every fact."""

from services.chassis.transaction import Transaction
from services.contracts.cases import CaseClass
from services.contracts.events.base import Event
from services.contracts.events.deliberation import DocketEvent
from services.contracts.events.intake import AccessEvent, CaseEvent
from services.contracts.states import DocketState
from services.contracts.topics import DELIBERATION_DOCKET, ESCALATION_CUSTODY, ESCALATION_SEALED, Topic
from services.escalation.order_store import look_for_hands, move, orders_of, rules_of
from services.escalation.rules import following, order_fate
from services.escalation.rules import order_ends as ends
from services.escalation.rules.custody import Custody
from services.escalation.store import case_of, facts_of, keep_dues


async def follow_case(tx: Transaction, event: Event) -> None:
    """A case that leaves the ordinary topic is followed on the sealed one; its leaving itself moves nothing."""
    if not isinstance(event, CaseEvent):
        return
    custody = await tx.load(Custody, event.key)
    newest = await case_of(
        tx, event.key
    )  # behind the lock: while it was waited for, the other topic may have been followed
    if newest is not None and newest.version > event.version:
        return  # its class moved, and the other topic was faster
    facts = facts_of(tx, event.case)
    after, told = following.open_custody(facts) if custody is None else following.follow(custody, facts)
    if told:
        await tx.save(after, *told)
        await keep_dues(tx, after, facts)
        if custody is None or custody.holder != after.holder:
            await look_for_hands(tx, after)
    if custody is not None and custody.closed_at is not None and after.closed_at is None:
        await _hear_council(tx, event.key)
    await follow_orders(tx, event)


async def follow_access(tx: Transaction, event: AccessEvent) -> None:
    """Who may act on it has changed, or may have; not of what was just reported and is open to whoever is in office."""
    just_reported = event.version == 1 and not event.access.case_class.private
    custody = None if just_reported else await tx.load(Custody, event.key)
    if custody is not None:
        await look_for_hands(tx, custody)


async def follow_orders(tx: Transaction, event: CaseEvent) -> None:
    """The work orders of a matter go with it: called back and closed with it, back to work, or cancelled when it has ended."""
    orders = {order.order_id: order for order in await orders_of(tx, event.key)}
    for order in tuple(orders.values()):
        custody, others = await tx.load(Custody, event.key), ends.beside(order, orders.values())
        moved = order_fate.follow(order, event, rules_of(tx, order), tx.now, others)
        if custody is not None and moved[1]:
            await move(tx, custody, order, moved)
            orders[order.order_id] = moved[0]


async def follow_docket(tx: Transaction, event: DocketEvent) -> None:
    """The council's progress moves its own clock; a docket of a matter that is not held here (yet, or any more) moves nothing."""
    await _hear_council(tx, event.key)


async def _hear_council(tx: Transaction, case_id: str) -> None:
    """As its docket was last told: also what was told while the matter was closed."""
    custody, case = await tx.load(Custody, case_id), await case_of(tx, case_id)
    docket = await tx.known(DELIBERATION_DOCKET, DocketState, case_id)
    if custody is None or case is None or docket is None:
        return
    facts = facts_of(tx, case)
    after, told = following.follow_docket(custody, docket, facts)
    if told:
        await tx.save(after, *told)
        await keep_dues(tx, after, facts)


def topic_of(custody: Custody) -> Topic:
    """C3 travels on a topic of its own."""
    return ESCALATION_SEALED if custody.case_class is CaseClass.C3 else ESCALATION_CUSTODY
