"""The clocks of a matter that goes up the ladder and comes back: what is due, who is told that it is late, who may then take it."""

from datetime import timedelta
from typing import Any

import pytest

from services.escalation.rules.calendar import SHANGHAI
from tests.gateway.test_boards import board
from tests.harness import Harness, Place
from tests.scenarios.test_clocks import due, morning
from tests.scenarios.test_ladder import accepted, acts, clocks, done


async def window(place: Place, case_id: str) -> dict[str, Any]:
    """The window that runs."""
    return next(each for each in await clocks(place, case_id) if each["stage"] == "WINDOW")


@pytest.mark.parametrize("back", ["cancelPassUp", "refuseReceipt"])
async def test_what_became_red_on_its_way_up_comes_back_as_red(system: Harness, place: Place, back: str) -> None:
    """The window that comes back is the one that it would be, had it run when the urgency was raised."""
    start = await morning(system)
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await system.advance(minutes=5)
    await done(system, place.chair, "setUrgency", case_id, to="RED")
    assert (await due(place.chair, case_id))["WINDOW"] == start + timedelta(hours=4), "the township's"
    who, words = (place.chair, {}) if back == "cancelPassUp" else (place.township_chair, {"reason": "WRONG_REGION"})
    await done(system, who, back, case_id, **words)
    assert (await due(place.chair, case_id))["WINDOW"] == start + timedelta(hours=4), "the village's"


async def test_a_window_that_comes_back_is_late_once(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await system.until((await window(place, case_id))["amberAt"])
    assert (await place.chair.inbox()).count("NUDGE") == 1
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await done(system, place.chair, "cancelPassUp", case_id)
    await system.run_timers()
    assert (await place.chair.inbox()).count("NUDGE") == 1
    await system.until((await window(place, case_id))["dueAt"])
    late, lamps = await window(place, case_id), await board(place.chair, place.village)
    assert (late["overdue"], (await place.chair.inbox()).count("OVERDUE")) == (True, 1)
    for _ in range(3):
        await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
        await done(system, place.chair, "cancelPassUp", case_id)
        assert await window(place, case_id) == late
        assert await board(place.chair, place.village) == lamps
        await system.run_timers()
    assert (await place.chair.inbox()).count("OVERDUE") == 1
    month = f"{system.clock.now().astimezone(SHANGHAI):%Y-%m}"
    query = "query($r: RegionCode!, $m: String!) { counts(region: $r, month: $m) { metric count } }"
    counted = (await place.chair.ask(query, {"r": place.village, "m": month}))["counts"]
    assert {each["metric"]: each["count"] for each in counted}["overdue"] == 1


async def test_who_is_told_of_a_late_receipt_sees_it_and_may_take_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    assert await place.county_chair.case(case_id) is None
    await system.advance(days=3)
    assert await place.county_chair.inbox() == ["OVERDUE_BELOW"]
    told = await place.county_chair.case(case_id)
    assert told is not None
    assert {"TakeOver", "Supervise"} <= set(told["allowedCommands"])
    assert await place.city_chair.case(case_id) is None
    taken = await done(system, place.county_chair, "takeOver", case_id, reason="镇里没有接收")
    assert taken["holder"]["code"] == f"n_fed-{place.county}"


async def test_who_is_told_that_a_township_is_idle_too_sees_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    for _ in range(27):
        await system.advance(days=1)
    assert await place.county_chair.inbox() == ["OVERDUE_BELOW"]
    told = await place.county_chair.case(case_id)
    assert told is not None
    assert told["holder"]["code"] == f"n_fed-{place.village}"
    await done(system, place.county_chair, "takeOver", case_id, reason="镇里没有处理")


async def test_who_had_been_told_of_it_is_alerted_when_nobody_answers(system: Harness, place: Place) -> None:
    await morning(system)
    answer = await place.resident.report(place, subCategory="COLLECTIVE_INCOME", urgency="YELLOW", relation="OWN")
    case_id = str(answer["caseId"])
    await system.settle()
    for level in ("TOWNSHIP", "COUNTY"):
        await done(system, place.chair, "informUp", case_id, to=level, note="请了解")
    await done(system, place.chair, "setUrgency", case_id, to="RED")
    await system.advance(minutes=31)
    assert "ALERT" in await place.township_officer.inbox()
    assert "ALERT" not in await place.county_officer.inbox(), "half an hour later"
    await system.advance(minutes=30)
    assert "ALERT" in await place.county_officer.inbox()
    await system.advance(hours=6)
    for who in (place.township_chair, place.township_officer, place.county_chair, place.county_officer):
        assert (await who.inbox()).count("ALERT") == 1, "once"
    await done(system, place.township_officer, "takeOver", case_id, reason="村里没有处理")


async def test_the_level_above_learns_that_a_private_matter_does_not_move(system: Harness, place: Place) -> None:
    """That it is late, and nothing of its content; who is silent is not told that she is."""
    case_id = await accepted(system, place, subCategory="MARITAL_CONFLICT")
    for _ in range(25):
        await system.advance(days=1)
        if "IDLE_BELOW" in await place.township_chair.inbox():
            break
    above = await place.township_chair.inbox()
    assert {"OVERDUE_BELOW", "IDLE_BELOW"} <= set(above)
    assert above.count("NEW_MATTER") == 1, "it came to her circle when it surfaced"
    told = await place.chair.inbox()
    assert "OVERDUE" in told
    assert not {"OVERDUE_BELOW", "IDLE_BELOW"} & set(told)
    assert await place.county_chair.inbox() == []
    await acts(system, place.township_chair, case_id)


async def test_the_county_sees_that_a_private_matter_waits_to_be_received(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MARITAL_CONFLICT")
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await system.advance(days=3)
    assert await place.county_chair.inbox() == ["OVERDUE_BELOW"]
    assert "OVERDUE" in await place.township_chair.inbox()
    assert "OVERDUE_BELOW" not in await place.chair.inbox()
    query = "query($id: String!) { case(caseId: $id) { state level clocks { stage overdue } } }"
    told = (await place.county_chair.ask(query, {"id": case_id}))["case"]
    assert {each["stage"] for each in told["clocks"] if each["overdue"]} == {"RECEIPT"}
