"""What time brings work orders: the same sweep as for matters, over a table of their own."""

from sqlalchemy import delete

from services.chassis.room import Room
from services.escalation.order_store import ORDER_DUE, matter_of, move, rules_of
from services.escalation.rules.custody import Custody
from services.escalation.rules.order_clocks import WorkOrder
from services.escalation.rules.order_fate import come
from services.escalation.timers import sweep_table


async def sweep_orders(room: Room) -> int:
    """Handle what is due of work orders: reminders, supervision, clocks that ran out, silence that refuses, pauses that end."""
    return await sweep_table(room, ORDER_DUE, ORDER_DUE.c.order_id, _handle)


async def _handle(room: Room, order_id: str, what: str) -> int:
    async with room.transaction() as tx:
        case_id = await matter_of(tx, order_id)
        custody = await tx.load(Custody, case_id) if case_id else None
        order = await tx.load(WorkOrder, order_id)
        if custody is not None and order is not None:
            moved = come(order, what, rules_of(tx, order), tx.now)
            if moved[1]:
                await move(tx, custody, order, moved)
                return 1
        # Stopped, moved or done meanwhile (another sweeper was first): the row has had its day.
        gone = (ORDER_DUE.c.order_id == order_id) & (ORDER_DUE.c.what == what) & (ORDER_DUE.c.look_at <= tx.now)
        await tx.execute(delete(ORDER_DUE).where(gone))
    return 0
