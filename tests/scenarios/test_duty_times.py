"""A duty beside the work begins once, moves by nothing but what moves a due time, and what was done is done (domain 2.11, 3.3), through the
front door on both systems."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.contracts.clocks import DUTIES
from services.contracts.topics import ESCALATION_SEALED
from services.escalation.rules.calendar import SHANGHAI
from tests.access.world import send
from tests.harness import Answered, Harness, Person, Place
from tests.scenarios import councils
from tests.scenarios.conftest import Restart
from tests.scenarios.test_clocks import CALENDAR, close_of, morning
from tests.scenarios.test_duties import clock, story
from tests.scenarios.test_ladder import accepted, done, up
from tests.scenarios.test_parties import reported


async def owed(person: Person, case_id: str, stage: str) -> dict[str, Any]:
    """A duty's clock, that must be there."""
    found = await clock(person, case_id, stage)
    assert found is not None, stage
    return found


async def late(person: Person, case_id: str, *stages: str) -> int:
    """How often the story says that one of these duties is late."""
    facts = (await story(person, case_id))["timeline"]
    return sum(fact["kind"] == "ClockOverdue" and fact["detail"] in (stages or DUTIES) for fact in facts)


@pytest.mark.parametrize("by", ["raised", "merged", "lowered and raised"])
async def test_no_change_of_urgency_gives_a_duty_more_time(system: Harness, place: Place, by: str) -> None:
    """Neither one that runs nor one that is late, and nobody is told twice."""
    case_id = await accepted(system, place, subCategory="ELDER_CARE", urgency="ORANGE")
    before = await owed(place.chair, case_id, "SHELTER_ACTION")

    async def change() -> None:
        if by == "merged":
            again = await place.neighbour.report(place, subCategory="ELDER_CARE", urgency="RED")
            await system.settle()
            await done(system, place.chair, "mergeMatter", str(again["caseId"]), into=case_id)
            return
        for to in ("RED",) if by == "raised" else ("YELLOW", "ORANGE"):
            await done(system, place.chair, "setUrgency", case_id, to=to)

    if by != "merged":
        await system.advance(hours=1)
        await change()
        assert await owed(place.chair, case_id, "SHELTER_ACTION") == before
        if by == "raised":
            await done(system, place.chair, "setUrgency", case_id, to="ORANGE")
        await system.advance(hours=1, minutes=1)
    else:
        await system.advance(hours=2, minutes=1)
    assert await owed(place.chair, case_id, "SHELTER_ACTION") == {**before, "overdue": True}
    await change()
    assert await owed(place.chair, case_id, "SHELTER_ACTION") == {**before, "overdue": True}
    await system.advance(hours=2, minutes=1)
    assert await late(place.chair, case_id, "SHELTER_ACTION") == 1
    await system.no_dead_letters()


async def test_shelter_is_owed_from_when_it_first_became_urgent(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="ELDER_CARE")
    assert await clock(place.chair, case_id, "SHELTER_ACTION") is None
    await system.advance(hours=1)
    await done(system, place.chair, "setUrgency", case_id, to="ORANGE")
    due = datetime.fromisoformat((await owed(place.chair, case_id, "SHELTER_ACTION"))["dueAt"])
    assert due == system.in_(hours=2)
    await done(system, place.chair, "setUrgency", case_id, to="YELLOW")
    assert (await owed(place.chair, case_id, "SHELTER_ACTION"))["state"] == "STOPPED"
    await system.advance(hours=1)
    await done(system, place.chair, "setUrgency", case_id, to="ORANGE")
    again = await owed(place.chair, case_id, "SHELTER_ACTION")
    assert (again["state"], datetime.fromisoformat(again["dueAt"])) == ("RUNNING", due)
    await system.no_dead_letters()


async def test_a_plan_that_was_made_is_not_owed_again(system: Harness, place: Place) -> None:
    """Another session, and a resolution that is replaced, are work on it."""
    case_id = await accepted(system, place, subCategory="MEDICAL_HARDSHIP")
    await councils.resolved(system, place, case_id)
    assert (await owed(place.chair, case_id, "PLAN"))["state"] == "STOPPED"
    await system.advance(days=6)
    await councils.opened(system, place, case_id)
    await system.advance(minutes=1)
    assert (await owed(place.chair, case_id, "PLAN"))["state"] == "STOPPED"
    assert await late(place.chair, case_id, "PLAN") == 0
    await system.no_dead_letters()


async def test_the_township_that_knew_once_knows(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="VICTIM_FAMILY_AID")
    await done(system, place.chair, "informUp", case_id, to="COUNTY")
    await done(system, place.county_chair, "takeOver", case_id, reason="情况重大")
    assert (await owed(place.chair, case_id, "INFORM_TOWNSHIP"))["state"] == "STOPPED"
    await system.advance(days=5)
    await done(system, place.county_officer, "returnDown", case_id, guidance="先开协商会")
    await system.advance(minutes=1)
    assert (await owed(place.chair, case_id, "INFORM_TOWNSHIP"))["state"] == "STOPPED"
    assert await late(place.chair, case_id, "INFORM_TOWNSHIP") == 0
    await system.no_dead_letters()


async def opened_again(system: Harness, place: Place, case_id: str) -> None:
    """Solved, answered, closed; and not solved after all."""
    await done(system, place.chair, "solveOnSpot", case_id, evidence="已处理")
    await done(system, place.chair, "giveFeedback", case_id, text="已处理")
    await done(system, place.resident, "rateMatter", case_id, score=5, solved=True)
    await system.advance(hours=1)
    await done(system, place.resident, "reopenMatter", case_id, reason="又塌了")


async def test_opened_again_what_the_council_had_done_is_owed_again(system: Harness, place: Place) -> None:
    """An interim item that was verified before, and a resolution of before; until they are done anew."""
    await system.to_a_monday()

    async def item(case_id: str) -> None:
        task = {"text": "围挡", "member": place.volunteer.member}
        item_id = (await councils.done(system, place.chair, "assignItem", case_id, task=task))["items"][-1]["itemId"]
        await councils.done(system, place.volunteer, "acceptItem", case_id, itemId=item_id)
        await councils.done(system, place.volunteer, "finishItem", case_id, itemId=item_id, evidence="已围挡")
        await councils.done(system, place.chair, "verifyItem", case_id, itemId=item_id)

    async def resolution(case_id: str) -> None:
        answer = await councils.resolved(system, place, case_id)
        item_id = answer["items"][-1]["itemId"]
        await councils.done(system, place.volunteer, "acceptItem", case_id, itemId=item_id)
        await councils.done(system, place.volunteer, "finishItem", case_id, itemId=item_id, evidence="已落实")
        await councils.done(system, place.chair, "verifyItem", case_id, itemId=item_id)

    for sub, stage, does in (("SAFETY_HAZARD", "BARRIER", item), ("MEDICAL_HARDSHIP", "PLAN", resolution)):
        case_id = await accepted(system, place, subCategory=sub)
        await does(case_id)
        assert (await owed(place.chair, case_id, stage))["state"] == "STOPPED"
        await opened_again(system, place, case_id)
        again = await owed(place.chair, case_id, stage)
        assert (again["state"], again["overdue"]) == ("RUNNING", False), sub
        await system.advance(minutes=10)
        await does(case_id)
        assert (await owed(place.chair, case_id, stage))["state"] == "STOPPED"
    await system.no_dead_letters()


@pytest.mark.parametrize("kind", [("SAFETY_HAZARD", "RED"), ("VICTIM_FAMILY_AID", "ORANGE")])
async def test_a_late_duty_takes_no_matter_from_who_took_it_first(
    system: Harness, place: Place, kind: tuple[str, str]
) -> None:
    """After an alert the first has it while she is in time with the work (decision 32); a duty is beside the work."""
    sub, urgency = kind
    await morning(system)
    case_id = await accepted(system, place, subCategory=sub, urgency=urgency)
    await done(system, place.chair, "alertInParallel", case_id)
    # The barrier is late when it is taken; the visit will be before the township's window ends.
    await system.advance(**({"hours": 2, "minutes": 5} if urgency == "RED" else {"days": 1}))
    await done(system, place.township_chair, "takeOver", case_id, reason="我来办")
    if urgency != "RED":
        await done(system, place.township_chair, "recordAction", case_id, action="MEETING")
        await system.until((await owed(place.township_chair, case_id, "VISIT"))["dueAt"])
    seen = await story(place.township_chair, case_id)
    overdue = {each["stage"] for each in seen["clocks"] if each["overdue"] and each["state"] == "RUNNING"}
    assert overdue
    assert overdue <= DUTIES
    refused = await place.county_chair.do("takeOver", caseId=case_id, reason="我来办")
    assert refused.code == "TAKEN"
    window = await owed(place.township_chair, case_id, "WINDOW")
    await system.until(window["dueAt"])
    await done(system, place.county_chair, "takeOver", case_id, reason="超时")
    await system.no_dead_letters()


async def test_a_family_in_mourning_is_owed_the_same_in_confidence(system: Harness, place: Place) -> None:
    """S01 is C2: beside its class its category says already what it is, so its duties keep their names."""
    for raised in ("before it is accepted", "after"):
        case_id = await reported(system, place, "VICTIM_FAMILY_AID")
        for step in ("raise", "accept") if raised == "before it is accepted" else ("accept", "raise"):
            if step == "accept":
                await done(system, place.chair, "acceptMatter", case_id)
                continue
            assert await send(place.resident, "raiseClass", caseId=case_id, to="C2") is None
            await system.settle()
        seen = await story(place.chair, case_id)
        running = {each["stage"] for each in seen["clocks"] if each["state"] == "RUNNING"}
        assert running >= {"VISIT", "PLAN", "INFORM_TOWNSHIP"}, raised
        for name, person in place.people.items():
            stages = {each["stage"] for each in (await story(person, case_id))["clocks"]}
            assert name == "chair" or not stages & DUTIES, name
        await done(system, place.chair, "informUp", case_id, to="TOWNSHIP")
        assert (await owed(place.chair, case_id, "INFORM_TOWNSHIP"))["state"] == "STOPPED"
    await system.no_dead_letters()


async def facts_since(system: Harness, case_id: str, version: int) -> str:
    """All that escalation told of a matter behind a version, as it stands on the topics."""
    rows = await system.rows("escalation", "SELECT value FROM outbox WHERE key = :key ORDER BY id", key=case_id)
    values = [row.value if isinstance(row.value, str) else bytes(row.value).decode() for row in rows]
    return "\n".join(values[version:])


@pytest.mark.parametrize("accepted_first", [True, False])
async def test_a_change_of_class_neither_ends_nor_renews_a_duty(
    system: Harness, place: Place, *, accepted_first: bool
) -> None:
    """While the class keeps to itself of what kind it is, the duty has no name on any topic, and runs on."""
    await morning(system)
    case_id = await reported(system, place, "DISABILITY_SERVICE")
    before = None
    if accepted_first:
        await done(system, place.chair, "acceptMatter", case_id)
        before = (await owed(place.chair, case_id, "VOICE_CONTACT"))["dueAt"]
    told = (await facts_since(system, case_id, 0)).count("\n") + 1
    assert await send(place.resident, "raiseClass", caseId=case_id, to="C2") is None
    await system.settle()
    if not accepted_first:
        await done(system, place.chair, "acceptMatter", case_id)
    hidden = await owed(place.chair, case_id, "DUTY")
    assert hidden["state"] == "RUNNING"
    assert hidden["dueAt"] == (before or hidden["dueAt"])
    await system.until(hidden["dueAt"])
    assert await late(place.chair, case_id, "DUTY") == 1
    assert (await place.chair.inbox()).count("OVERDUE") == 1
    assert "VOICE_CONTACT" not in await facts_since(system, case_id, told)
    await done(system, place.chair, "informUp", case_id, to="COUNTY")
    await done(system, place.county_chair, "takeOver", case_id, reason="我来办")
    await done(system, place.county_chair, "lowerClass", case_id, to="C1", reason="无需保密")
    await system.run_timers()
    shown = await owed(place.chair, case_id, "VOICE_CONTACT")
    assert (shown["dueAt"], shown["overdue"], shown["state"]) == (hidden["dueAt"], True, "RUNNING")
    assert await late(place.chair, case_id) == 1, "it was told before"
    await done(system, place.county_chair, "recordAction", case_id, action="VISIT")
    assert (await owed(place.chair, case_id, "VOICE_CONTACT"))["state"] == "STOPPED"
    await system.no_dead_letters()


async def test_what_was_owed_of_it_is_not_told_of_a_sealed_matter(system: Harness, place: Place) -> None:
    """V4: of C3 neither category nor kind."""
    case_id = await reported(system, place, "MARITAL_CONFLICT")
    await done(system, place.chair, "acceptMatter", case_id)
    assert await clock(place.chair, case_id, "DV_SCREENING") is not None
    assert await send(place.chair, "raiseClass", caseId=case_id, to="C3") is None
    await system.settle()
    await system.advance(days=2)
    rows = await system.rows(
        "escalation",
        "SELECT value FROM outbox WHERE key = :key AND topic LIKE :topic",
        key=case_id,
        topic=f"%{ESCALATION_SEALED.name}",
    )
    values = [row.value if isinstance(row.value, str) else bytes(row.value).decode() for row in rows]
    assert values
    assert not [stage for stage in DUTIES if any(f'"{stage.value}"' in value for value in values)]
    await system.no_dead_letters()


async def test_rests_for_funds_last_sixty_working_days_together(system: Harness, place: Place) -> None:
    await morning(system)
    case_id = await accepted(system, place, subCategory="PUBLIC_FACILITY")
    await up(system, place.chair, place.township_officer, case_id)
    officer = place.township_officer

    async def rest(working_days: int) -> Answered:
        until = until_close(working_days).isoformat()
        answer = await officer.do("suspendMatter", caseId=case_id, reason="FUNDING_WAIT", until=until)
        await system.settle()
        return answer

    def until_close(working_days: int) -> datetime:
        return close_of(system.clock.now().astimezone(SHANGHAI), working_days)

    async def work(days: int) -> None:
        """It goes on, and the morning comes so many working days later."""
        now = system.clock.now().astimezone(SHANGHAI)
        day = CALENDAR.working_day(now.date(), days)
        await system.until(datetime(day.year, day.month, day.day, 9, tzinfo=SHANGHAI).isoformat())

    assert (await rest(40)).code is None
    await work(30)
    await done(system, officer, "resumeMatter", case_id)
    await work(5)
    refused = await rest(31)
    assert refused.code == "TOO_LATE"
    assert f"at most {until_close(30):%Y-%m-%d} 17:00." in refused["messageEn"], "what is left of it"
    assert (await rest(30)).code is None
    await work(31)
    assert (await officer.case(case_id) or {})["state"] != "SUSPENDED"
    assert (await rest(1)).code == "TOO_LATE"
    until = system.in_(days=30).isoformat()
    await done(system, officer, "suspendMatter", case_id, reason="SEASONAL", until=until)
    await system.no_dead_letters()


async def test_a_file_that_adds_a_duty_or_takes_one_away_is_for_what_begins_after_it(
    system: Harness, place: Place, restart: Restart
) -> None:
    await morning(system)
    kinds = {"PUBLIC_FACILITY": "added", "DISABILITY_SERVICE": "taken away"}
    old = {sub: await accepted(system, place, subCategory=sub) for sub in kinds}
    before = await owed(place.chair, old["DISABILITY_SERVICE"], "VOICE_CONTACT")
    await system.advance(hours=1)
    restart("overrides: {PUBLIC_FACILITY: {voice_contact: 1wd}, DISABILITY_SERVICE: {voice_contact: none}}")
    for case_id in old.values():
        await done(system, place.chair, "recordAction", case_id, action="CALL", reached=False)
    assert await clock(place.chair, old["PUBLIC_FACILITY"], "VOICE_CONTACT") is None
    assert await owed(place.chair, old["DISABILITY_SERVICE"], "VOICE_CONTACT") == before
    new = {sub: await accepted(system, place, subCategory=sub) for sub in kinds}
    due = datetime.fromisoformat((await owed(place.chair, new["PUBLIC_FACILITY"], "VOICE_CONTACT"))["dueAt"])
    assert due - datetime.fromisoformat(before["dueAt"]) == timedelta(0), "of the same day"
    assert await clock(place.chair, new["DISABILITY_SERVICE"], "VOICE_CONTACT") is None
    await system.no_dead_letters()
