"""A matter that was merged into another and is taken out again stands where it stood (S13, domain 2.1), on both systems."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.escalation.rules.calendar import after_working_time, working_time
from tests.access.world import send
from tests.harness import Harness, Person, Place
from tests.properties.playing import BOOK
from tests.scenarios.councils import DONE
from tests.scenarios.test_ladder import accepted, acts, done

STANDS = """query($id: String!) { case(caseId: $id) { state holder { code } level allowedCommands
  entries { level state supervising } clocks { stage state startedAt amberAt dueAt overdue } } }"""


async def stands(person: Person, case_id: str) -> dict[str, Any]:
    """Where a matter stands: its holder, its thread, the clocks that are not over."""
    found: dict[str, Any] = (await person.ask(STANDS, {"id": case_id}))["case"]
    return {**found, "clocks": [clock for clock in found["clocks"] if clock["state"] != "STOPPED"]}


def window(standing: dict[str, Any]) -> datetime:
    """When its window ends."""
    return next(datetime.fromisoformat(each["dueAt"]) for each in standing["clocks"] if each["stage"] == "WINDOW")


async def told(person: Person, case_id: str) -> list[str]:
    """What she was told of a matter, newest first."""
    found = await person.ask("{ me { inbox(first: 100) { edges { node { kind caseId } } } } }")
    nodes = [edge["node"] for edge in found["me"]["inbox"]["edges"]]
    return [node["kind"] for node in nodes if node["caseId"] == case_id]


async def away_and_back(system: Harness, place: Place, case_id: str, **meanwhile: float) -> None:
    """It is merged into another, and taken out again after a while."""
    other = str((await place.neighbour.report(place, urgency=None))["caseId"])
    await system.settle()
    await done(system, place.chair, "mergeMatter", case_id, into=other)
    merged = await stands(place.chair, case_id)
    assert (merged["state"], merged["holder"], merged["clocks"]) == ("MERGED", None, [])
    if meanwhile:
        await system.advance(**meanwhile)
    await done(system, place.chair, "unmergeMatter", case_id)


async def test_what_is_on_its_way_up_is_on_its_way_again(system: Harness, place: Place) -> None:
    """What the village has done, what it began and when, who was notified."""
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await system.advance(hours=1)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    before = await stands(place.chair, case_id)
    assert {each["state"] for each in before["entries"]} >= {"NOTIFIED"}
    await away_and_back(system, place, case_id, hours=2)
    assert await stands(place.chair, case_id) == before
    await done(system, place.chair, "cancelPassUp", case_id)
    await away_and_back(system, place, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    assert (await done(system, place.township_chair, "receive", case_id))["holder"]["code"] == f"n_fed-{place.township}"
    await system.no_dead_letters()


async def test_what_was_late_before_it_was_merged_is_as_late_afterwards(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, urgency="ORANGE")
    await done(system, place.chair, "informUp", case_id, to="TOWNSHIP", note="请了解")
    await done(system, place.township_officer, "supervise", case_id, on=True, reason="群众关注")
    while not any(clock["overdue"] for clock in (await stands(place.chair, case_id))["clocks"]):
        await system.advance(hours=6)
    before, late = await stands(place.chair, case_id), (await told(place.chair, case_id)).count("OVERDUE")
    await away_and_back(system, place, case_id)
    await system.run_timers()
    assert await stands(place.chair, case_id) == before
    assert (await told(place.chair, case_id)).count("OVERDUE") == late, "once"


async def test_what_ran_out_while_it_was_merged_is_late_at_once(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, urgency="ORANGE")
    await acts(system, place.chair, case_id)
    before = {clock["stage"]: clock["dueAt"] for clock in (await stands(place.chair, case_id))["clocks"]}
    await away_and_back(system, place, case_id, days=6)
    await system.run_timers()
    after = {clock["stage"]: clock for clock in (await stands(place.chair, case_id))["clocks"]}
    assert (after["WINDOW"]["dueAt"], after["WINDOW"]["overdue"]) == (before["WINDOW"], True)
    assert (await told(place.chair, case_id)).count("OVERDUE") == 1
    assert (await told(place.resident, case_id))[0] == "UNMERGED", "nor is she told at once that it is still handled"


@pytest.mark.parametrize("meanwhile", [1, 5])
async def test_what_rests_rests_until_its_date(system: Harness, place: Place, meanwhile: int) -> None:
    """Also where its date came while it was merged: no clock stood still any longer than was granted."""
    case_id = await accepted(system, place, urgency="YELLOW")
    await done(system, place.chair, "informUp", case_id, to="TOWNSHIP", note="请了解")
    due = window(await stands(place.chair, case_id))
    start = system.clock.now()
    rest = {"reason": "SEASONAL", "until": system.in_(days=2).isoformat()}
    await done(system, place.township_officer, "suspendMatter", case_id, **rest)
    before = await stands(place.chair, case_id)
    await away_and_back(system, place, case_id, days=meanwhile)
    if meanwhile == 1:
        assert await stands(place.chair, case_id) == before
        await system.advance(days=1, minutes=1)
    await system.run_timers()
    assert (await place.resident.inbox())[0] == "RESUMED"
    hours = BOOK.of(place.village)
    stood = working_time(start, start + timedelta(days=2), hours.calendar, hours.limits.hours)
    assert window(await stands(place.chair, case_id)) == after_working_time(
        due, stood, hours.calendar, hours.limits.hours
    )
    await system.no_dead_letters()


async def test_a_council_that_was_at_work_owes_its_decision_again(system: Harness, place: Place) -> None:
    """Its session was called off with the merge; that is nothing that the village has done."""
    case_id = await accepted(system, place)
    await done(system, place.chair, "openSession", case_id, returns=DONE)
    before = await stands(place.chair, case_id)
    assert before["state"] == "IN_DELIBERATION"
    await away_and_back(system, place, case_id)
    after = await stands(place.chair, case_id)
    assert (after["state"], after["clocks"]) == ("ACCEPTED", before["clocks"])
    assert (await send(place.chair, "passUp", caseId=case_id, reason="NEEDS_FUNDS")) == "ACT_FIRST"
    assert await send(place.chair, "solveOnSpot", caseId=case_id, evidence="修好了") is None
