"""What some sub-categories owe beside the work (domain 3.3, category overrides), through the front door on both systems."""

import json
from datetime import datetime, timedelta
from typing import Any

from services.escalation.rules.calendar import SHANGHAI
from tests.gateway.test_boards import board
from tests.harness import Harness, Person, Place
from tests.scenarios.test_clocks import close_of
from tests.scenarios.test_ladder import accepted, done, up

STORY = """query($id: String!) { case(caseId: $id) {
  timeline { kind detail } clock { stage } clocks { stage state dueAt overdue } } }"""


async def story(person: Person, case_id: str) -> dict[str, Any]:
    """What she is shown of it; nothing, if it is not for her."""
    found: dict[str, Any] | None = (await person.ask(STORY, {"id": case_id}))["case"]
    return found or {"timeline": [], "clock": None, "clocks": []}


async def clock(person: Person, case_id: str, stage: str) -> dict[str, Any] | None:
    """A clock as she sees it."""
    return next((each for each in (await story(person, case_id))["clocks"] if each["stage"] == stage), None)


async def test_the_holder_is_urged_once_for_what_she_owes_beside_the_work(system: Harness, place: Place) -> None:
    """Somebody speaks to a disabled woman within a working day; a call that reached nobody does not do."""
    start = system.clock.now()
    kind = {"subCategory": "DISABILITY_SERVICE"}
    left, called = [await accepted(system, place, **kind), await accepted(system, place, **kind)]
    seen = await clock(place.chair, left, "VOICE_CONTACT")
    assert seen is not None
    assert datetime.fromisoformat(seen["dueAt"]) == close_of(start, 1)
    assert (await story(place.chair, left))["clock"]["stage"] != "VOICE_CONTACT", "the matter's clock is the work's"
    await done(system, place.chair, "recordAction", left, action="CALL", reached=False)
    await done(system, place.chair, "recordAction", called, action="CALL", reached=True)
    before = await place.chair.case(left)
    await system.until(seen["dueAt"])
    await system.run_timers()
    told = [fact for fact in (await story(place.chair, left))["timeline"] if fact["kind"] == "ClockOverdue"]
    assert [fact["detail"] for fact in told] == ["VOICE_CONTACT"], "once"
    assert (await place.chair.inbox()).count("OVERDUE") == 1
    assert await place.township_chair.inbox() == [], "YELLOW: it is seen above, and nobody there is told"
    after = await place.chair.case(left)
    assert before is not None
    assert after is not None
    assert (after["holder"], after["clock"], after["state"]) == (before["holder"], before["clock"], before["state"])

    for case_id, overdue in ((called, False), (left, True)):
        if overdue:
            await done(system, place.chair, "recordAction", case_id, action="VISIT")
        seen = await clock(place.chair, case_id, "VOICE_CONTACT")
        assert seen is not None
        assert (seen["state"], seen["overdue"]) == ("STOPPED", overdue)
    await system.no_dead_letters()


async def counted(place: Place, month: str) -> int:
    """How many matters of the village became overdue in a month."""
    query = "query($r: RegionCode!, $m: String!) { counts(region: $r, month: $m) { metric count } }"
    found = (await place.chair.ask(query, {"r": place.village, "m": month}))["counts"]
    return sum(each["count"] for each in found if each["metric"] == "overdue")


async def test_a_late_duty_makes_no_matter_one_that_is_overdue(system: Harness, place: Place) -> None:
    """Neither on the board nor in the month's numbers (domain 8: lamp counts); its council being late does, once."""
    await system.to_a_monday()
    case_id = await accepted(system, place, subCategory="DISABILITY_SERVICE")
    months = {f"{system.in_(days=days).astimezone(SHANGHAI):%Y-%m}" for days in range(30)}
    for stage, numbers, late in (
        ("VOICE_CONTACT", [(1, 0, 0)], 0),
        ("COUNCIL", [(1, 0, 1)], 1),
        ("WINDOW", [(1, 0, 1)], 1),
    ):
        seen = await clock(place.chair, case_id, stage)
        assert seen is not None
        await system.until(seen["dueAt"])
        seen = await clock(place.chair, case_id, stage)
        assert seen is not None
        assert seen["overdue"]
        assert list((await board(place.chair, place.village)).values()) == numbers
        assert sum([await counted(place, month) for month in months]) == late
    await system.no_dead_letters()


async def test_a_family_in_mourning_is_visited_helped_and_known_of_above(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="VICTIM_FAMILY_AID")

    async def owed() -> set[str]:
        seen = await story(place.chair, case_id)
        return {each["stage"] for each in seen["clocks"] if each["state"] == "RUNNING"} - {
            "WINDOW",
            "COUNCIL",
            "PROGRESS",
        }

    assert await owed() == {"VISIT", "PLAN", "INFORM_TOWNSHIP"}
    await done(system, place.chair, "informUp", case_id, to="TOWNSHIP")
    assert await owed() == {"VISIT", "PLAN"}
    await done(system, place.chair, "recordAction", case_id, action="VISIT")
    assert await owed() == {"PLAN"}
    await done(system, place.chair, "recordAction", case_id, action="FUND_PLEDGE")
    assert await owed() == set()
    await system.advance(days=1, hours=9)
    seen = await story(place.chair, case_id)
    assert {fact["detail"] for fact in seen["timeline"] if fact["kind"] == "ClockOverdue"} <= {"COUNCIL", "WINDOW"}
    await system.no_dead_letters()


async def test_of_what_kind_a_private_matter_is_no_duty_says_outside_its_circle(system: Harness, place: Place) -> None:
    answer = await place.resident.report(place, subCategory="MARITAL_CONFLICT", urgency="ORANGE", relation="OWN")
    case_id = str(answer["caseId"])
    await system.settle()
    await done(system, place.chair, "acceptMatter", case_id)
    await system.advance(hours=33)
    duties = {"DV_SCREENING", "FIRST_CONTACT"}
    seen = await story(place.chair, case_id)
    assert {each["stage"] for each in seen["clocks"]} >= duties
    assert {"kind": "ClockOverdue", "detail": "DV_SCREENING"} in seen["timeline"]
    assert await place.township_officer.case(case_id) is not None, "above it is known that something is late"
    for name, person in place.people.items():
        shown = json.dumps(await story(person, case_id))
        assert name == "chair" or not any(duty in shown for duty in duties), name
    await system.no_dead_letters()


async def test_what_waits_for_funds_rests_sixty_working_days_at_most(system: Harness, place: Place) -> None:
    await system.to_a_monday()
    case_id = await accepted(system, place, subCategory="PUBLIC_FACILITY")
    await up(system, place.chair, place.township_officer, case_id)
    longest = close_of(system.clock.now(), 60)
    later = (longest + timedelta(hours=1)).isoformat()
    before = await place.chair.case(case_id)
    refused = await place.township_officer.do("suspendMatter", caseId=case_id, reason="FUNDING_WAIT", until=later)
    assert refused.code == "TOO_LATE"
    await system.settle()
    assert await place.chair.case(case_id) == before, "nothing happened"
    until = min(longest, system.in_(days=90)).isoformat()  # no rest at all is longer
    await done(system, place.township_officer, "suspendMatter", case_id, reason="FUNDING_WAIT", until=until)
    await system.no_dead_letters()
