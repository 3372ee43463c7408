"""The sweep of work orders: in due order, page by page; one that always fails is put behind, and keeps nobody waiting."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from services.chassis.clock import ManualClock
from services.chassis.room import Room
from services.contracts.orders import OrderRole
from services.escalation import timers
from services.escalation.order_store import ORDER, ORDER_DUE, move
from services.escalation.order_timers import sweep_orders
from services.escalation.rules import following
from services.escalation.rules import orders as rules
from services.escalation.rules.custody import Facts
from services.escalation.service import ESCALATION
from tests.properties.playing import RULES, SECRET, START, VILLAGE
from tests.properties.tables import a_room
from tests.properties.test_order_machine import BY, COUNTY, DEPARTMENT
from tests.properties.test_sweep import hears, submitted


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger=timers.__name__)


async def issued(room: Room, many: int) -> list[str]:
    """Orders of as many matters, never signed."""
    ids = []
    for number in range(many):
        case = submitted(number, START)
        custody, told = following.open_custody(Facts(case, RULES, SECRET, START))
        order_id = f"o_{case.case_id}"
        moved = rules.issue(
            order_id,
            case.case_id,
            region=VILLAGE,
            issuer=BY,
            issuer_region=COUNTY,
            department=DEPARTMENT,
            role=OrderRole.LEAD,
            joint=None,
            letter=False,
            urgency=case.urgency,
            profile="default",
            rules=RULES,
            now=START,
        )
        await hears(room, case)
        async with room.transaction() as tx:
            await tx.save(custody, *told)
            await move(tx, custody, None, moved)
        ids.append(order_id)
    return ids


async def test_orders_are_swept_in_due_order_and_some_that_always_fail_are_put_behind() -> None:
    clock = ManualClock(START)
    async with a_room(ESCALATION, clock) as room:
        ids = await issued(room, 60)
        broken = set(ids[:5])
        async with room.database.write() as connection:
            await connection.execute(update(ORDER).where(ORDER.c.id.in_(broken)).values(body="{"))
        assert await sweep_orders(room) == 0, "nothing is due yet"
        clock.advance(timedelta(days=1, hours=9))
        # YELLOW: one working day to sign, over for everybody.
        assert await sweep_orders(room) == 55
        async with room.database.read() as connection:
            left = (await connection.execute(select(ORDER_DUE).where(ORDER_DUE.c.look_at <= clock.now()))).all()
            behind = (await connection.execute(select(ORDER_DUE).where(ORDER_DUE.c.attempts > 0))).all()
        assert left == []
        assert {row.order_id for row in behind} == broken
        assert await sweep_orders(room) == 0
        clock.advance(timedelta(days=30))
        handled = await sweep_orders(room)
        assert handled == 55 * 5, "first report, reminder, its end, supervision, the letter to the head"
        assert await sweep_orders(room) == 0
