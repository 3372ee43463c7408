"""The sweep of work orders: in due order, page by page; one that always fails is put behind, and keeps nobody waiting."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select, update

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
from tests.properties.test_sweep import flags, hears, submitted


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger=timers.__name__)


async def issued(room: Room, moments: Sequence[datetime]) -> list[str]:
    """Orders of as many matters, each issued at its moment and never signed."""
    ids = []
    for number, at in enumerate(moments):
        case = submitted(number, at)
        custody, told = following.open_custody(Facts(case, RULES, SECRET, at))
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
            now=at,
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
        ids = await issued(room, [START] * 60)
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


@pytest.mark.timeout(300)
async def test_everything_of_a_hundred_and_twenty_orders_in_due_order_and_seven_that_always_fail() -> None:
    """Orders of two weeks, of which nobody has ever seen to one: whatever was due, page by page."""
    clock, random = ManualClock(START), Random(11)
    async with a_room(ESCALATION, clock) as room:
        ids = await issued(room, sorted(START + timedelta(minutes=random.randint(0, 14 * 24 * 60)) for _ in range(120)))
        clock.advance(timedelta(days=60))
        async with room.database.write() as connection:
            by_order = select(ORDER_DUE.c.order_id, func.count().label("many")).group_by(ORDER_DUE.c.order_id)
            of_each = {row.order_id: row.many for row in await connection.execute(by_order)}
            broken = ids[:7]
            failing = sum(of_each[each] for each in broken)
            assert failing > 20
            await connection.execute(update(ORDER).where(ORDER.c.id.in_(broken)).values(body="{"))
        before = len(await flags(room))
        handled = await sweep_orders(room)
        told = [fact for fact in (await flags(room))[before:] if "step" in fact and "order" in fact]
        assert len(told) == handled > 500
        steps = [(fact["order"]["orderId"], fact["step"], fact.get("clock")) for fact in told]
        assert len(set(steps)) == len(steps), "each once"
        assert {order_id for order_id, _, _ in steps} == set(ids) - set(broken)
        assert len(steps) % (120 - len(broken)) == 0, "of every order the same"
        over = [
            next(each["dueAt"] for each in fact["order"]["clocks"] if each["stage"] == fact["clock"])
            for fact in told
            if fact["step"] == "OVERDUE"
        ]
        assert over == sorted(over), "in due order"
        async with room.database.read() as connection:
            left = (await connection.execute(select(ORDER_DUE))).all()
        assert {row.order_id for row in left} == set(broken)
        assert [row.attempts for row in left] == [1] * failing, "the failing ones, later"
