"""The overdue sweep on real tables (design 6, issue "in due order"): nothing starves, each effect once, nothing is passed up."""

import asyncio
import json
import logging
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, update

from services.chassis.clock import ManualClock
from services.chassis.room import Room
from services.chassis.tables import Chassis
from services.contracts import topics
from services.contracts.cases import Stage, SubCategory, Urgency
from services.contracts.clocks import ClockStage
from services.contracts.states import CaseState
from services.escalation import timers
from services.escalation.rules import following as rules
from services.escalation.rules.custody import Custody, Facts
from services.escalation.service import ESCALATION
from services.escalation.store import DUE, keep_dues
from tests.properties.playing import BOOK, SECRET, START, VILLAGE
from tests.properties.tables import a_room

CUSTODY = ESCALATION.metadata.tables["custody"]
TABLES: Chassis = ESCALATION.chassis
RULES = BOOK.of(VILLAGE)
DAYS = timedelta(days=1)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """What fails on purpose is logged with its trace; twenty of them hide the rest."""
    caplog.set_level(logging.CRITICAL, logger=timers.__name__)


def submitted(number: int, at: datetime, urgency: Urgency = Urgency.YELLOW) -> CaseState:
    """A case of which ACK and TRIAGE will come due."""
    sub = SubCategory.PUBLIC_FACILITY
    return CaseState(
        case_id=f"2101-{number:026d}",
        version=1,
        number="",
        region=VILLAGE,
        case_class=sub.default.case_class,
        category=sub.default.category,
        sub_category=sub,
        urgency=urgency,
        stage=Stage.SUBMITTED,
        submitted_at=at,
    )


def known_as(case: CaseState) -> dict[str, Any]:
    """What the inbox keeps of a case that was heard of."""
    topic = topics.INTAKE_CASE.in_cell("21")
    state = case.model_dump_json(exclude_none=True)
    return {"topic": topic, "key": case.case_id, "version": case.version, "state": state}


async def hears(room: Room, case: CaseState) -> None:
    """The room has heard of a case."""
    async with room.database.write() as connection:
        row = known_as(case)
        await connection.execute(room.database.upsert(TABLES.known, row), row)


async def opened(room: Room, many: int, random: Random) -> list[Custody]:
    """Custodies of matters reported over two weeks: two clocks each. Written as `Transaction.save` and `keep_dues` write them."""
    custodies, known = [], []
    for number in range(many):
        at = START + timedelta(minutes=random.randint(0, 14 * 24 * 60))
        urgency = random.choice([Urgency.ORANGE, Urgency.YELLOW, Urgency.GREEN])
        case = submitted(number, at, urgency)
        custody, _ = rules.open_custody(Facts(case, RULES, SECRET, at))
        custodies.append(custody)
        known.append(known_as(case))
    kept = [
        {
            "id": custody.case_id,
            "version": custody.version,
            "command_version": 0,
            "region": custody.region,
            "holder": custody.holder,
            "vacant": "",
            "body": custody.model_dump_json(exclude_none=True),
        }
        for custody in custodies
    ]
    dues = [
        {
            "case_id": custody.case_id,
            "what": clock.stage.value,
            "due_at": clock.due_at,
            "look_at": clock.due_at + timedelta(seconds=1),
            "attempts": 0,
        }
        for custody in custodies
        for clock in custody.clocks
    ]
    async with room.database.write() as connection:
        await connection.execute(insert(CUSTODY), kept)
        await connection.execute(insert(DUE), dues)
        await connection.execute(insert(TABLES.known), known)
    return custodies


async def flags(room: Room) -> list[dict[str, Any]]:
    """What the sweep told, in the order in which it was written."""
    async with room.database.read() as connection:
        found = await connection.execute(select(TABLES.outbox.c.value).order_by(TABLES.outbox.c.id))
        return [json.loads(value) for value in found.scalars()]


async def counted(room: Room, table: Any, *where: Any) -> int:
    """How many rows."""
    async with room.database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table).where(*where))).scalar_one())


def due_of(fact: dict[str, Any]) -> str:
    """When the clock that was flagged had been due."""
    return str(next(clock["dueAt"] for clock in fact["custody"]["clocks"] if clock["stage"] == fact["stage"]))


@pytest.mark.timeout(400)  # ten thousand transactions, one behind the other
async def test_ten_thousand_in_due_order_and_twenty_that_always_fail() -> None:
    """5,000 matters with two clocks each, all over, in pages of 100; the twenty entries of the ten oldest matters fail whenever they are
    looked at, and a page is full of what others wait behind."""
    assert timers.PAGE == 100
    clock = ManualClock(START + 30 * DAYS)
    async with a_room(ESCALATION, clock) as room:
        custodies = await opened(room, 5_000, Random(7))
        oldest = sorted(custodies, key=lambda custody: custody.clocks[0].started_at)[:10]
        broken = {custody.case_id for custody in oldest}
        async with room.database.write() as connection:
            await connection.execute(update(CUSTODY).where(CUSTODY.c.id.in_(broken)).values(body="{"))

        assert await timers.sweep(room) == 9_980
        told = await flags(room)
        assert len(told) == 9_980
        assert [due_of(fact) for fact in told] == sorted(due_of(fact) for fact in told), "in due order"
        assert len({(fact["custody"]["caseId"], fact["stage"]) for fact in told}) == len(told), "each once"
        assert not broken & {fact["custody"]["caseId"] for fact in told}
        assert await counted(room, DUE) == await counted(room, DUE, DUE.c.attempts == 1) == 20, (
            "the failing ones, later"
        )

        held = {custody.case_id: custody for custody in custodies}
        for fact in told:
            before = held[fact["custody"]["caseId"]]
            assert (fact["custody"]["holder"], fact["custody"]["level"]) == (before.holder, before.level.value)
            assert fact["urged"] == before.holder
            above = f"n_fed-{VILLAGE[:9]}" if before.urgency is Urgency.ORANGE else None
            assert fact.get("informed") == above

        # They fail again and again, always behind whatever has come due in the meantime.
        for number in range(3):
            await hears(room, case := submitted(900_000 + number, START))
            async with room.transaction() as tx:
                facts = Facts(case, RULES, SECRET, tx.now)
                fresh, events = rules.open_custody(facts)
                await tx.save(fresh, *events)
                await keep_dues(tx, fresh, facts)
            clock.advance(timedelta(hours=2))
            assert await timers.sweep(room) == 2
        assert await counted(room, DUE, DUE.c.attempts == 4) == 20

        # Mended, they are flagged like the others.
        async with room.database.write() as connection:
            for custody in oldest:
                body = custody.model_dump_json(exclude_none=True)
                await connection.execute(update(CUSTODY).where(CUSTODY.c.id == custody.case_id).values(body=body))
        clock.advance(timedelta(hours=2))
        assert await timers.sweep(room) == 20
        assert await counted(room, DUE) == 0


async def test_two_sweepers_at_once_have_each_effect_once() -> None:
    clock = ManualClock(START + 30 * DAYS)
    async with a_room(ESCALATION, clock) as room:
        await opened(room, 130, Random(3))
        handled = await asyncio.gather(timers.sweep(room), timers.sweep(room))
        assert sum(handled) == 260
        told = await flags(room)
        assert len(told) == len({(fact["custody"]["caseId"], fact["stage"]) for fact in told}) == 260
        assert await counted(room, DUE) == 0
        async with room.database.read() as connection:
            assert set((await connection.execute(select(CUSTODY.c.version))).scalars()) == {3}
        assert await timers.sweep(room) == 0


async def test_a_clock_that_stopped_meanwhile_is_not_flagged() -> None:
    """The row was read, then somebody acknowledged: the sweep asks the custody again and does nothing."""
    clock = ManualClock(START)
    async with a_room(ESCALATION, clock) as room:
        await hears(room, case := submitted(1, START))
        async with room.transaction() as tx:
            facts = Facts(case, RULES, SECRET, tx.now)
            custody, events = rules.open_custody(facts)
            await tx.save(custody, *events)
            await keep_dues(tx, custody, facts)
        acknowledged = case.model_copy(update={"version": 2, "acknowledged_at": START + timedelta(hours=1)})
        async with room.transaction() as tx:
            loaded = await tx.load(Custody, case.case_id)
            assert loaded is not None
            after, events = rules.follow(loaded, Facts(acknowledged, RULES, SECRET, tx.now))
            await tx.save(after, *events)  # and the row of the ACK clock is left to lie, as if it had been read before
        clock.advance(timedelta(hours=7))
        assert await timers.sweep(room) == 0
        assert [type_ for type_ in await flags(room) if "stage" in type_] == []
        assert await counted(room, DUE, DUE.c.what == ClockStage.ACK.value) == 0, "it has had its day"
        assert await counted(room, DUE) == 1, "the one that is not due yet waits"


async def test_a_row_without_its_matter_is_put_away() -> None:
    clock = ManualClock(START + 30 * DAYS)
    async with a_room(ESCALATION, clock) as room:
        await opened(room, 3, Random(1))
        async with room.database.write() as connection:
            await connection.execute(delete(CUSTODY).where(CUSTODY.c.id == f"2101-{0:026d}"))
        assert await timers.sweep(room) == 4
        assert await counted(room, DUE) == 0
