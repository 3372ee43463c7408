"""How a work order is read and written: the matter's custody is locked and raised first (design 3), then the order, then its due times. And
the look for who may act on a matter, whenever it came to another level or others may see it, which moves both."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from services.chassis import statements
from services.chassis.ids import ulid
from services.chassis.lists import within
from services.chassis.prepared import Prepared
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.hands import hands
from services.contracts.ids import NodeId
from services.contracts.orders import OrderStep
from services.contracts.organisation import Node
from services.contracts.states import AccessState
from services.escalation.rules import order_fate, vacancy
from services.escalation.rules.acting import order_moved
from services.escalation.rules.custody import Custody
from services.escalation.rules.limits import RuleBook, Rules
from services.escalation.rules.order_clocks import WorkOrder, to_come
from services.escalation.rules.orders import Moved
from services.escalation.rules.ticking import tick
from services.escalation.store import access_of, case_of, facts_of, keep_dues, write_dues
from services.escalation.tables import METADATA

ORDER = METADATA.tables["work_order"]
ORDER_DUE = METADATA.tables["order_due"]
ORDER_CONTENT = METADATA.tables["order_content"]

ACTS = frozenset(
    {OrderStep.ISSUED, OrderStep.SUPERVISED, OrderStep.ART73_OPINION, OrderStep.GOV_INSPECTION, OrderStep.DESIGNATED}
)
"""Steps by which a level has acted on the matter (G4)."""


def rules_of(tx: Transaction, order: WorkOrder) -> Rules:
    """The limits and the calendar that hold where it was issued."""
    return tx.get(RuleBook).of(order.issuer_region)


async def matter_of(tx: Transaction, order_id: str) -> str | None:
    """The matter of an order: it never changes, so it is read without a lock."""
    return (await tx.execute(select(ORDER.c.case_id).where(ORDER.c.id == order_id))).scalar_one_or_none()


async def order_ids_of(tx: Transaction, case_id: str) -> Sequence[str]:
    """The orders of a matter, oldest first."""
    return list((await tx.execute(_ORDERS, {"case_id": case_id})).scalars())


_ORDERS = Prepared(select(ORDER.c.id).where(ORDER.c.case_id == bindparam("case_id")).order_by(ORDER.c.id))


async def orders_of(tx: Transaction, case_id: str) -> list[WorkOrder]:
    """The orders of a matter, locked: its custody is locked before."""
    found = [await tx.load(WorkOrder, order_id) for order_id in await order_ids_of(tx, case_id)]
    return [order for order in found if order is not None]


async def move(
    tx: Transaction, custody: Custody, before: WorkOrder | None, moved: Moved, worker: str | None = None
) -> Custody:
    """Save a step: custody's version goes up first. `before` is None for a new order; `worker` who has done the work."""
    order, facts = moved
    case = await case_of(tx, custody.case_id)
    assert case is not None, "custody is opened on hearing of the case"
    about = facts_of(tx, case, await access_of(tx, case.case_id))
    delta = _counts(order) - (_counts(before) if before is not None else 0)
    for fact in facts:
        custody, told = order_moved(
            custody,
            about,
            order.order_id,
            fact.step,
            max(0, custody.open_orders + delta),
            by=fact.by,
            acted=fact.step in ACTS,
            worker=worker,
        )
        delta = 0
        await tx.save(custody, *told)
    await keep_dues(tx, custody, about)
    await tx.save(order, *facts)
    await keep_order_dues(tx, order)
    return custody


async def rest_orders(tx: Transaction, custody: Custody, by: NodeId | None = None) -> Custody:
    """Its orders rest while the matter does, and go on with it. `by` is None where time brought it."""
    for order in await orders_of(tx, custody.case_id):
        moved = order_fate.rest(order, custody.rest, by, rules_of(tx, order), tx.now)
        if moved[1]:
            custody = await move(tx, custody, order, moved)
    return custody


async def keep_order_dues(tx: Transaction, order: WorkOrder) -> None:
    """Exactly the rows that the order's clocks call for."""
    await tx.execute(statements.erased(ORDER_DUE.c.order_id), {"the_value": order.order_id})
    await write_dues(tx, ORDER_DUE, {"order_id": order.order_id}, to_come(order, rules_of(tx, order)))


async def write(tx: Transaction, order_id: str, member: str, **texts: str) -> None:
    """Keep what was written, by field; empty texts are none."""
    for field, text in texts.items():
        if text:
            values = {
                "id": f"t_{ulid(tx.room.wall.now())}",
                "order_id": order_id,
                "field": field,
                "text": text,
                "written_by": member,
                "written_at": tx.now,
            }
            await tx.execute(tx.room.database.insert(ORDER_CONTENT), values)


async def texts_of(tx: Transaction, order_id: str, *fields: str) -> dict[str, str]:
    """What was written in these fields, the newest of each."""
    where = (ORDER_CONTENT.c.order_id == order_id) & within(ORDER_CONTENT.c.field, fields)
    query = select(ORDER_CONTENT.c.field, ORDER_CONTENT.c.text).where(where).order_by(ORDER_CONTENT.c.id)
    return {row.field: row.text for row in await tx.execute(query)}


def _counts(order: WorkOrder) -> int:
    """Whether it keeps the matter from being resolved: a letter never does."""
    return int(not order.letter and not order.stage.settled)


async def look_for_hands(tx: Transaction, custody: Custody) -> Custody:
    """Where it is now, nobody may be left who may act on it. Offices that nobody holds are the timer's to find: so nothing is read of a
    matter that is open to whoever is in office."""
    access = await access_of(tx, custody.case_id)
    told = custody.vacant or custody.unsigned
    if access is None or not (told or access.barred or access.case_class.private):
        return custody
    return await look(tx, custody, access)


async def look(tx: Transaction, custody: Custody, access: AccessState | None) -> Custody:
    """The same of any matter."""
    nodes = await tx.known_many(topics.INTAKE_ROSTER, Node, vacancy.ladder_of(custody.region))
    after, told = vacancy.look(custody, nodes, access, tx.now)
    case = await case_of(tx, custody.case_id) if told else None
    if case is not None:  # whom a level is told, or who takes up a line, may fulfil a duty
        facts = facts_of(tx, case)
        after = tick(after, facts)
        told = (*told[:-1], told[-1].model_copy(update={"custody": after.public()}))
        await keep_dues(tx, after, facts)
    if after != custody:
        await tx.save(after, *told)
    return await _pass_orders_on(tx, after, access) if access is not None else after


async def _pass_orders_on(tx: Transaction, custody: Custody, access: AccessState) -> Custody:
    """What nobody may answer for any more at its issuer's is answered for by who has the matter; what is done already too, for it may
    come back."""
    to = custody.surfaced if custody.is_vacant else custody.holder
    orders = await orders_of(tx, custody.case_id)
    nodes = await tx.known_many(
        topics.INTAKE_ROSTER, Node, [*{order.issuer for order in orders}, *([to] if to else [])]
    )
    for order in orders:
        issuer, able = nodes.get(order.issuer), nodes.get(to or "")
        if issuer is None or able is None or hands([issuer], access, tx.now):
            continue
        moved = order_fate.pass_on(order, able.id, able.region, tx.now)
        if moved[1]:
            custody = await move(tx, custody, order, moved)
    return custody
