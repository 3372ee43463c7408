"""What is owed until when (domain 3.3, 3.4; S00, S21, S22): the due times of S00's stages, and what happens when they pass."""

from datetime import datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from services.contracts.cases import Outcome, Stage, SubCategory, Urgency
from services.contracts.clocks import ClockStage
from services.escalation.rules.calendar import SHANGHAI, Status
from tests.harness import Harness, Place
from tests.properties.playing import BOOK, RULES, Play, running

CALENDAR = BOOK.of("21").calendar


async def morning(system: Harness) -> datetime:
    """Move the clock to nine o'clock on the next working day."""
    now = system.clock.now().astimezone(SHANGHAI)
    day = CALENDAR.working_day(now.date(), 1)
    start = datetime.combine(day, time(9), SHANGHAI)
    system.clock.advance(start - now)
    await system.run_timers()
    return start


def close_of(start: datetime, working_days: int) -> datetime:
    """17:00 so many working days later."""
    return datetime.combine(CALENDAR.working_day(start.date(), working_days), time(17), SHANGHAI)


async def due(person: Any, case_id: str) -> dict[str, datetime]:
    """When the running clocks of a matter are due."""
    seen = await person.case(case_id)
    assert seen is not None
    return {
        clock["stage"]: datetime.fromisoformat(clock["dueAt"])
        for clock in seen["clocks"]
        if clock["state"] == "RUNNING"
    }


FIRST: dict[str, tuple[timedelta | int, timedelta | int]] = {
    # urgency: acknowledgement and triage of a matter reported at 09:00 (3.3)
    "ORANGE": (timedelta(hours=2), timedelta(hours=4)),
    "YELLOW": (timedelta(hours=5, minutes=30), 1),  # 4 working hours: two and a half before lunch
    "GREEN": (1, 2),
}
WINDOW = {"ORANGE": 2, "YELLOW": 7, "GREEN": 15}
COUNCIL = {"YELLOW": 5, "GREEN": 10}
"""Working days until the council has decided, or somebody has acted; ORANGE: 24 hours from acceptance."""
PROGRESS = {"ORANGE": 1, "YELLOW": 5, "GREEN": 10}
"""Working days until the reporter must hear something."""
FEEDBACK = {"ORANGE": 0, "YELLOW": 1, "GREEN": 2}


@pytest.mark.parametrize("urgency", FIRST)
async def test_every_stage_of_s00_is_due_by_the_table(system: Harness, place: Place, urgency: str) -> None:
    start = await morning(system)
    case_id = (await place.resident.report(place, urgency=urgency))["caseId"]
    await system.settle()
    expected = {
        stage: start + limit if isinstance(limit, timedelta) else close_of(start, limit)
        for stage, limit in zip(("ACK", "TRIAGE"), FIRST[urgency], strict=True)
    }
    assert await due(place.chair, case_id) == expected

    await system.advance(minutes=10)
    assert (await place.owner.do("acknowledge", caseId=case_id)).code is None
    await system.settle()
    assert set(await due(place.chair, case_id)) == {"TRIAGE"}

    await system.advance(minutes=10)
    assert (await place.chair.do("acceptMatter", caseId=case_id)).code is None
    await system.settle()
    council = start + timedelta(hours=24, minutes=20) if urgency == "ORANGE" else close_of(start, COUNCIL[urgency])
    news = close_of(start, PROGRESS[urgency])
    assert await due(place.chair, case_id) == {
        "WINDOW": close_of(start, WINDOW[urgency]),
        "COUNCIL": council,
        "PROGRESS": news,
    }

    await system.advance(minutes=10)
    assert (await place.chair.do("solveOnSpot", caseId=case_id, evidence="已修好")).code is None
    await system.settle()
    assert await due(place.chair, case_id) == {"FEEDBACK": close_of(start, FEEDBACK[urgency])}

    await system.advance(minutes=10)
    assert (await place.owner.do("giveFeedback", caseId=case_id, text="修好了")).code is None
    await system.settle()
    owed = await due(place.chair, case_id)
    drawn_or_not = {close_of(start, 5), close_of(start, 15)} if urgency == "GREEN" else {close_of(start, 5)}
    assert owed["CALL_BACK"] in (drawn_or_not if urgency != "ORANGE" else {close_of(start, 3)})
    assert set(owed) == {"CALL_BACK"}

    # Not solved: the village begins again, with a whole window from now, however still the clock stands.
    assert (await place.resident.do("rateMatter", caseId=case_id, score=2, solved=False)).code is None
    await system.settle()
    seen = await place.chair.case(case_id)
    assert seen is not None
    assert (seen["state"], seen["entries"]) == ("IN_ACTION", [{"level": "VILLAGE", "state": "ACTING"}])
    assert await due(place.chair, case_id) == {"WINDOW": close_of(start, WINDOW[urgency]), "PROGRESS": news}
    assert (await place.chair.do("solveOnSpot", caseId=case_id, evidence="又修了一次")).code is None
    await system.settle()
    assert (await place.owner.do("giveFeedback", caseId=case_id, text="修好了")).code is None
    await system.settle()
    closed = await place.resident.do("rateMatter", caseId=case_id, score=4, solved=True)
    assert (closed["state"], closed["outcome"]) == ("CLOSED", "SOLVED")
    await system.settle()
    assert await due(place.chair, case_id) == {}
    await system.no_dead_letters()


async def test_an_overdue_matter_surfaces_and_stays_where_it_is(system: Harness, place: Place) -> None:
    """YELLOW: its holder is urged; the level above sees the row but is sent nothing; the holder stays (design 5)."""
    await morning(system)
    case_id = (await place.resident.report(place, urgency="YELLOW"))["caseId"]
    await system.advance(hours=5, minutes=30)
    assert "OVERDUE" not in await place.chair.inbox(), "due means until the end of this moment"
    assert await place.township_officer.case(case_id) is None, "above, a matter in time is a number and no row"
    before = await place.chair.case(case_id)
    await system.advance(minutes=1)
    after = await place.chair.case(case_id)
    assert before is not None
    assert after is not None
    for clock in before["clocks"]:
        clock["overdue"] = clock["stage"] == "ACK"
    assert after["clocks"] == before["clocks"]
    assert after["holder"] == before["holder"]
    assert (after["state"], after["level"], after["entries"]) == (before["state"], before["level"], before["entries"])
    assert after["clock"]["lamp"] == "RED"
    assert (await place.chair.inbox())[0] == "OVERDUE"
    for untold in (place.owner, place.resident, place.neighbour, place.township_chair, place.township_officer):
        assert not {"OVERDUE", "OVERDUE_BELOW"} & set(await untold.inbox())
    assert await place.township_officer.case(case_id) is not None, "idleness surfaces at the level above"
    for beyond in (place.county_officer, place.beside_officer, place.sibling_chair):
        assert await beyond.case(case_id) is None

    await system.run_timers()
    await system.run_timers()
    assert (await place.chair.inbox()).count("OVERDUE") == 1, "each effect once"
    await system.no_dead_letters()


async def test_an_overdue_orange_matter_informs_the_level_above(system: Harness, place: Place) -> None:
    await morning(system)
    case_id = (await place.resident.report(place, urgency="ORANGE"))["caseId"]
    await system.advance(minutes=1)
    assert await place.township_chair.case(case_id) is None
    await system.advance(hours=2)
    assert (await place.chair.inbox())[0] == "OVERDUE"
    assert await place.township_chair.inbox() == ["OVERDUE_BELOW"]
    assert await place.county_chair.inbox() == []
    seen = await place.township_chair.case(case_id)
    assert seen is not None
    assert seen["holder"]["code"] == f"n_fed-{place.village}"
    assert [entry["level"] for entry in seen["entries"]] == ["VILLAGE"], "informed, not passed up"


# Weeks and holidays: by the rules alone, because the clock of the systems only moves forward.


def accepted(sub: SubCategory, at: str) -> tuple[Play, str]:
    """A matter that was accepted at a moment."""
    play = Play(now=datetime.fromisoformat(at))
    case_id = play.report(sub)
    play.drain(Random(0))
    play.do("AcceptMatter", case_id)
    play.drain(Random(0))
    return play, case_id


def test_s22_five_working_days_over_the_national_holiday() -> None:
    """Land matters have 5 working days in the village: from 30 September past seven days off, with a Saturday that is worked."""
    play, case_id = accepted(SubCategory.LAND_CONTRACT, "2026-09-30T16:30:00+08:00")
    clock = play.custodies[case_id].clock
    assert clock is not None
    assert clock.stage is ClockStage.WINDOW
    assert clock.due_at == datetime.fromisoformat("2026-10-13T17:00:00+08:00")
    assert not clock.provisional


def test_a_window_into_a_year_that_is_not_published_says_so() -> None:
    play, case_id = accepted(SubCategory.SUGGESTION, "2026-12-18T10:00:00+08:00")
    [clock] = [each for each in play.custodies[case_id].clocks if each.stage is ClockStage.WINDOW]
    assert RULES.calendar.status(clock.due_at.date()) is Status.PROVISIONAL
    assert clock.due_at.year == 2027
    assert clock.provisional
    early, its_id = accepted(SubCategory.SUGGESTION, "2026-11-23T10:00:00+08:00")
    assert [each.provisional for each in early.custodies[its_id].clocks] == [False] * 5


def test_green_and_not_drawn_closes_by_itself_after_fifteen_working_days() -> None:
    play = Play(now=datetime.fromisoformat("2026-11-23T10:00:00+08:00"))
    ids = [play.report(SubCategory.SUGGESTION) for _ in range(12)]
    for command in ("AcceptMatter", "SolveOnSpot", "GiveFeedback"):
        play.drain(Random(0))
        for case_id in ids:
            play.do(command, case_id)
    play.drain(Random(0))
    lapse = datetime.fromisoformat("2026-12-14T17:00:00+08:00")
    assert {play.custodies[case_id].lapse_at for case_id in ids} == {lapse}
    for moment, closed in ((lapse, False), (lapse + timedelta(seconds=1), True)):
        play.now = moment
        play.sweep()
        play.drain(Random(0))
        assert {case.stage is Stage.CLOSED for case in play.cases.values()} == {closed}
    assert {case.outcome for case in play.cases.values()} == {Outcome.SOLVED}
    assert not any(running(custody) for custody in play.custodies.values())
    assert {case.urgency for case in play.cases.values()} == {Urgency.GREEN}
