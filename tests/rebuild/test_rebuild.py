"""The read model rebuilt beside the live one agrees with it row by row; a seeded corruption does not pass (design 3, "Reading")."""

import asyncio
from collections.abc import Sequence

import pytest
import pytest_asyncio
from sqlalchemy import text

from gateway.readmodel import rebuild as module
from gateway.readmodel.comparison import Comparison
from gateway.readmodel.rebuild import CannotRebuild
from gateway.readmodel.tables import MODEL_TABLES
from services.chassis import dead_letters
from services.chassis.room import Room
from services.chassis.wire import Record
from tests.harness import Harness, Place
from tests.orders import department, issue
from tests.scenarios.councils import accepted, done, opened


async def check(system: Harness) -> Comparison:
    return await system.system.wiring.rebuild(check_only=True)


def differing(comparison: Comparison) -> dict[str, int]:
    return {line.table: line.differing for line in comparison.tables if not line.agrees}


async def execute(system: Harness, statement: str, **values: object) -> int:
    async with system.room("gateway").database.write() as connection:
        return int((await connection.execute(text(statement), values)).rowcount)


@pytest_asyncio.fixture
async def solved(system: Harness, place: Place) -> str:
    """A solved matter, on a model that is sound."""
    return await system.solved(place)


async def rejected(system: Harness, place: Place) -> str:
    """A matter that was turned down."""
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()
    await done(system, place.chair, "rejectMatter", case_id, reason="TEST", route="请拨打 12345")
    return case_id


async def test_it_agrees_and_every_table_was_compared(system: Harness, place: Place, solved: str) -> None:
    await place.resident.report(place, subCategory="MARITAL_CONFLICT")
    await rejected(system, place)
    before_the_council = await accepted(system, place)
    session_id = await opened(system, place, before_the_council)
    await done(system, place.chair, "speak", before_the_council, sessionId=session_id, text="先修")
    until = system.in_(days=300).isoformat()
    await done(system, place.chair, "admitMember", before_the_council, member=place.volunteer.member, until=until)
    letter = await issue(system, place.chair, before_the_council, department(place), letter=True)
    assert letter.code is None, letter
    await system.settle()
    summary = await system.rows("gateway", "SELECT summary FROM case_view WHERE case_id = :id", id=solved)
    assert summary[0].summary == "公告栏待修", "or the test would say nothing about summaries"
    found = await check(system)
    assert found.agrees, differing(found)
    assert [line.table for line in found.tables] == list(MODEL_TABLES)
    empty = {line.table for line in found.tables if line.live_rows == line.rebuilt_rows == 0}
    assert empty <= {"case_member"}, "or the test would say nothing about these"
    assert (found.swapped, found.missed, found.off_topic) == (False, 0, 0)


CORRUPTIONS = (
    ("counter", "UPDATE counter SET count = count + 1 WHERE region = :village AND metric = 'accepted'"),
    ("rejection", "UPDATE rejection SET lot = '0' WHERE case_id = :rejected"),
    ("board", "UPDATE board SET red = red + 1 WHERE region = :village"),
    ("timeline", "DELETE FROM timeline WHERE case_id = :solved AND kind = 'CaseAccepted'"),
    ("case_view", "UPDATE case_view SET state = 'CLOSED' WHERE case_id = :fresh"),
    ("case_view", "UPDATE case_view SET summary = 'x' WHERE case_id = :solved"),
    ("case_member", "INSERT INTO case_member VALUES (:solved, 'm_nobody', 'CIRCLE')"),
    ("case_group", "DELETE FROM case_group WHERE case_id = :fresh"),
    ("region_view", "UPDATE region_view SET name = 'x' WHERE code = :village"),
    ("node_view", "UPDATE node_view SET version = version + 1 WHERE region = :village AND id LIKE 'n_fed%'"),
)


async def test_one_corrupt_row_fails_it_and_the_swap_heals_it(
    system: Harness, place: Place, solved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOMENTS", 1)  # nothing moves here, so one look is enough
    fresh = str((await place.resident.report(place))["caseId"])
    await system.settle()
    known = {"solved": solved, "fresh": fresh, "rejected": await rejected(system, place), "village": place.village}
    expected: dict[str, int] = {}
    for table, corruption in CORRUPTIONS:
        values = {name: value for name, value in known.items() if f":{name}" in corruption}
        assert await execute(system, corruption, **values) == 1
        expected[table] = expected.get(table, 0) + 1
        assert differing(await check(system)) == expected
    found = await system.system.wiring.rebuild()
    assert (differing(found), found.agrees, found.swapped) == (expected, False, False), "by force only"
    forced = await system.system.wiring.rebuild(force=True)
    assert (differing(forced), forced.agrees, forced.swapped) == (expected, False, True)
    healed = await check(system)
    assert healed.agrees, differing(healed)


async def test_a_fact_that_the_live_model_never_took_is_a_gap(
    system: Harness, place: Place, solved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows agree with what it says it has applied; the topics know better."""
    monkeypatch.setattr(module, "LIVE_PATIENCE", 0.3)
    told = "SELECT event_id FROM outbox WHERE topic = '21.intake.region.v1' AND key = :village"
    event_id = (await system.rows("intake", told, village=place.village))[0].event_id
    assert await execute(system, "DELETE FROM inbox WHERE event_id = :id", id=event_id) == 1
    assert await execute(system, "DELETE FROM region_view WHERE code = :village", village=place.village) == 1
    found = await system.system.wiring.rebuild()
    assert (differing(found), found.missed, found.agrees, found.swapped) == ({}, 1, False, False)
    assert (await system.system.wiring.rebuild(force=True)).swapped
    healed = await check(system)
    assert healed.agrees, (differing(healed), healed.missed)


async def test_who_subscribes_hears_of_what_is_told_during_a_swap(
    system: Harness, place: Place, solved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts that reach the rebuilt model before the live one are taken by the live one's consumer all the same, with their lines of the feed."""
    inbox, missed, take = system.system.wiring.parts["gateway"].runtime.inbox, module._missed, module.Gate.receive
    made, came = list[str](), list[str]()

    async def spied(gate: module.Gate, records: Sequence[Record]) -> None:
        await take(gate, records)
        came.extend(record.key for record in records if record.topic.startswith("21.escalation."))

    async def away(_records: Sequence[Record]) -> None:
        raise ConnectionError("the projector is away")

    async def then_somebody_reports(live: Room, facts: set[str]) -> set[str]:
        found = await missed(live, facts)
        with monkeypatch.context() as late:
            late.setattr(inbox, "receive", away)
            made.append((await place.resident.report(place))["caseId"])
            async with asyncio.timeout(30):
                while made[0] not in came:
                    await asyncio.sleep(0.01)
        return found

    monkeypatch.setattr(module.Gate, "receive", spied)
    monkeypatch.setattr(module, "_missed", then_somebody_reports)
    assert (await system.system.wiring.rebuild()).swapped
    await system.settle()
    fed = "SELECT kind FROM change WHERE subject = 'CASE' AND key = :id"
    kinds = [row.kind for row in await system.rows("gateway", fed, id=made[0])]
    assert kinds.count("CustodyOpened") == 1, kinds
    monkeypatch.setattr(module, "_missed", missed)
    assert (await check(system)).agrees


async def test_the_live_model_moves_while_it_is_checked_and_swapped(system: Harness, place: Place, solved: str) -> None:
    """Matters are reported and read all the while: none is lost, none counted twice, no reader sees an empty model."""
    over = asyncio.Event()

    async def report() -> list[str]:
        made: list[str] = []
        while (not over.is_set() and len(made) < 12) or len(made) < 3:
            made.append((await place.resident.report(place))["caseId"])
        return made

    async def read() -> int:
        times = 0
        while not over.is_set():
            seen = await place.chair.case(solved)
            assert seen is not None, "the model is never empty"
            times += 1
        return times

    async def rebuild() -> list[Comparison]:
        try:
            return [await check(system), await system.system.wiring.rebuild()]
        finally:
            over.set()

    made, times, found = await asyncio.gather(report(), read(), rebuild())
    assert all(each.agrees for each in found), [differing(each) for each in found]
    assert found[1].swapped
    assert times > 0
    await system.settle()
    for case_id in made:
        assert await place.chair.case(case_id) is not None
    after = await check(system)
    assert after.agrees, differing(after)
    counted = "SELECT count FROM counter WHERE region = :village AND metric = 'submitted'"
    assert (await system.rows("gateway", counted, village=place.village))[0].count == len(made) + 1


async def test_the_gateway_goes_on_after_a_swap(system: Harness, place: Place, solved: str) -> None:
    assert (await system.system.wiring.rebuild()).swapped
    told = await place.owner.do("giveFeedback", caseId=solved, text="修好了", toGroup="公告栏已修好")
    assert told["state"] == "FEEDBACK_GIVEN"
    await system.settle()
    found = await check(system)
    assert found.agrees, differing(found)


async def test_what_an_operator_dropped_stays_dropped(system: Harness, place: Place, solved: str) -> None:
    """Its record is still on the topic, and no code can apply it."""
    key = f"c_21-{place.city}-unreadable"
    topic = "21.intake.case.v1"
    headers = {"ce_id": f"bad-{place.city}", "ce_type": "org.yishi.intake.Nonsense.v1", "ce_time": "2026-01-01"}
    await system.system.wiring.bus.publish([Record(topic, 0, 0, key, b"{}", headers)])
    await system.settle()
    held = await check(system)
    assert held.agrees, differing(held)
    assert held.held == 1
    for part in system.system.wiring.parts.values():
        for letter in await dead_letters.listed(part.room):
            assert await dead_letters.drop(part.room, letter.id)
    found = await system.system.wiring.rebuild()
    assert found.agrees, differing(found)
    assert (found.held, found.swapped) == (0, True)
    assert found.given_up >= 1
    assert await system.room("gateway").held() == 0


async def test_one_rebuild_at_a_time(system: Harness, solved: str) -> None:
    both = await asyncio.gather(check(system), check(system), return_exceptions=True)
    assert sorted(type(each).__name__ for each in both) == [CannotRebuild.__name__, Comparison.__name__]


async def test_operators_ask_for_it_over_http(system: Harness, place: Place, solved: str) -> None:
    body = {"checkOnly": True}
    assert (await system.http.post("/readmodel/rebuild", json=body)).status_code == 401
    refused = await system.http.post("/readmodel/rebuild", json=body, headers=place.city_chair.headers())
    assert refused.json()["refusal"]["code"] == "NOT_PERMITTED"
    answer = await system.http.post("/readmodel/rebuild", json=body, headers=system.operator.headers())
    assert answer.status_code == 200
    assert answer.json()["agrees"] is True
    assert {line["table"] for line in answer.json()["tables"]} == set(MODEL_TABLES)
