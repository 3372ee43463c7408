"""Whoever looks after a matter and finds somebody hurt or afraid says so in what she did: from then on it cannot wait (domain 3.3, "any
violence flag"; S04 step 2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.chassis.wire import Record, headers_from_json
from tests.harness import Harness, Person, Place
from tests.scenarios.test_ladder import accepted, done, up

SEEN = "query($id: String!) { case(caseId: $id) { urgency caseClass state clocks { stage state dueAt } timeline { kind } } }"


async def seen(person: Person, case_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await person.ask(SEEN, {"id": case_id}))["case"]
    return found


def window(case: dict[str, Any]) -> datetime:
    """When its level must have dealt with it."""
    return next(datetime.fromisoformat(c["dueAt"]) for c in case["clocks"] if c["stage"] == "WINDOW")


async def test_the_matter_becomes_red_once(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MARITAL_CONFLICT", relation="OWN")
    before = await seen(place.chair, case_id)
    assert before["urgency"] == "YELLOW"
    await done(system, place.chair, "recordAction", case_id, action="VISIT", note="她说不敢回家", violence=True)
    after = await seen(place.chair, case_id)
    assert (after["urgency"], after["caseClass"], after["state"]) == ("RED", "C2", before["state"])
    assert window(after) <= system.clock.now() + timedelta(hours=4), "the village's time for what is RED"
    assert window(after) < window(before)
    assert [fact["kind"] for fact in after["timeline"]].count("UrgencyChanged") == 1
    assert (await place.chair.inbox()).count("URGENCY_RAISED") == 1

    await done(system, place.chair, "recordAction", case_id, action="VISIT", violence=True)
    again = await seen(place.chair, case_id)
    assert [fact["kind"] for fact in again["timeline"]].count("UrgencyChanged") == 1, "it is as urgent already"
    assert window(again) == window(after)
    told = await system.rows("escalation", "SELECT value FROM outbox WHERE key = :id", id=case_id)
    assert all("不敢" not in bytes(row.value).decode() for row in told)
    await system.no_dead_letters()


async def test_without_it_nothing_is_raised(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MARITAL_CONFLICT", relation="OWN")
    before = await seen(place.chair, case_id)
    await done(system, place.chair, "recordAction", case_id, action="VISIT")
    after = await seen(place.chair, case_id)
    assert (after["urgency"], window(after)) == ("YELLOW", window(before))


@pytest.mark.parametrize("sub", ["ELDER_CARE", "PUBLIC_FACILITY"])
async def test_of_whatever_kind_and_at_whatever_level(system: Harness, place: Place, sub: str) -> None:
    """The limits name a target for couples alone; what they do not name is RED."""
    case_id = await accepted(system, place, subCategory=sub)
    await up(system, place.chair, place.township_officer, case_id)
    assert (await seen(place.chair, case_id))["urgency"] != "RED"
    await done(system, place.township_officer, "recordAction", case_id, action="VISIT", violence=True)
    assert (await seen(place.chair, case_id))["urgency"] == "RED"


async def test_of_a_matter_that_has_ended_meanwhile_nothing_is_raised(system: Harness, place: Place) -> None:
    """A fact that comes late changes nothing, and stops nobody."""
    case_id = await accepted(system, place, subCategory="PUBLIC_FACILITY")
    await done(system, place.chair, "recordAction", case_id, action="VISIT", violence=True)
    await done(system, place.chair, "setUrgency", case_id, to="YELLOW")
    await done(system, place.resident, "withdrawMatter", case_id)
    before = await seen(place.chair, case_id)
    assert before["state"] == "WITHDRAWN"
    told = "SELECT topic, value, headers FROM outbox WHERE key = :id AND headers LIKE '%LevelActed%'"
    [row] = await system.rows("escalation", told, id=case_id)
    headers = {**headers_from_json(row.headers), "ce_id": "the-same-as-if-it-came-late"}
    await system.system.wiring.parts["intake"].runtime.inbox.receive(
        [Record(row.topic, 0, 1, case_id, bytes(row.value), headers)]
    )
    await system.settle()
    assert await seen(place.chair, case_id) == before
    await system.no_dead_letters()


async def test_a_neighbour_does_not_learn_what_was_found(system: Harness, place: Place) -> None:
    """Of somebody else's private matter its reporter knows received, being handled, concluded (V1): no urgency, no class that says why."""
    case_id = await accepted(system, place, subCategory="MARITAL_CONFLICT", relation="ANOTHERS")
    query = "query($id: String!) { case(caseId: $id) { state urgency caseClass category } }"
    before = (await place.resident.ask(query, {"id": case_id}))["case"]
    assert (before["urgency"], before["caseClass"], before["category"]) == (None, None, "MARRIAGE_FAMILY")
    await done(system, place.chair, "recordAction", case_id, action="VISIT", violence=True)
    assert (await place.resident.ask(query, {"id": case_id}))["case"] == before
    await done(system, place.chair, "raiseClass", case_id, to="C3")
    assert (await place.resident.ask(query, {"id": case_id}))["case"] == before
