"""The reporter does not go without news while her matter is open (domain 3.3), through the front door on both systems."""

from datetime import datetime
from typing import Any

from tests.access.world import SUBS
from tests.gateway.test_boards import board
from tests.harness import Harness, Person, Place
from tests.scenarios.test_ladder import acts, clocks, done, seen, up

READS = "query($id: String!) { case(caseId: $id) { progress { text } } }"
WORDS = "已约物业周五到场"


async def reads(who: Person, case_id: str) -> list[str] | None:
    """What somebody reads of what the reporter was told; None: there is no such matter for her."""
    case = (await who.ask(READS, {"id": case_id}))["case"]
    return [note["text"] for note in case["progress"]] if case else None


async def in_hand(system: Harness, place: Place, *, sub: str = SUBS["C1"], relation: str = "OWN", **input: Any) -> str:
    """A matter that the village has accepted and done something about: its council owes no session."""
    answer = await place.resident.report(place, subCategory=sub, urgency=None, relation=relation, **input)
    assert answer.code is None, answer
    case_id = str(answer["caseId"])
    await system.settle()
    await done(system, place.chair, "acceptMatter", case_id)
    await acts(system, place.chair, case_id)
    return case_id


async def due(place: Place, case_id: str) -> str:
    """Until when she must hear something."""
    [found] = [each for each in await clocks(place, case_id) if each["stage"] == "PROGRESS"]
    assert found["state"] == "RUNNING"
    return str(found["dueAt"])


async def paused(place: Place, case_id: str) -> dict[str, str]:
    """When the clocks that rest would be due."""
    return {each["stage"]: each["dueAt"] for each in await clocks(place, case_id) if each["state"] == "PAUSED"}


async def test_the_holder_tells_her_and_she_reads_it(system: Harness, place: Place) -> None:
    case_id = await in_hand(system, place)
    first = await due(place, case_id)
    await system.advance(hours=24)
    told = await done(system, place.chair, "tellProgress", case_id, text=WORDS)
    assert (told["state"], told["clock"]["stage"], told["level"]) == ("ACCEPTED", "WINDOW", "VILLAGE")
    assert await place.resident.inbox() == ["PROGRESS", "ACCEPTED", "RECEIVED"]
    assert await due(place, case_id) > first, "the next news is due from here"
    for reader in (place.resident, place.chair, place.exec_member, place.council_member):
        assert await reads(reader, case_id) == [WORDS]
    for other in (place.owner, place.neighbour, place.township_officer, place.county_chair, place.sibling_chair):
        assert not await reads(other, case_id)
        assert "PROGRESS" not in await other.inbox()
    kept = await system.rows("escalation", "SELECT member FROM access_log WHERE case_id = :id", id=case_id)
    assert place.resident.member in {row.member for row in kept}, "who read it is on record"

    assert (await place.chair.do("tellProgress", caseId=case_id, text=" ")).code == "TEXT_MISSING"
    assert (await place.chair.do("tellProgress", caseId=case_id, text="字" * 2_001)).code == "TEXT_TOO_LONG"
    assert (await place.owner.do("tellProgress", caseId=case_id, text=WORDS)).code == "NOT_PERMITTED"
    await up(system, place.chair, place.township_officer, case_id)
    below = await place.chair.do("tellProgress", caseId=case_id, text=WORDS)
    assert below.code == "NOT_THE_HOLDER", "the holder speaks for those below"
    await done(system, place.township_officer, "tellProgress", case_id, text="街道已接手")
    assert await reads(place.resident, case_id) == [WORDS, "街道已接手"]
    await acts(system, place.township_officer, case_id)
    await done(system, place.township_officer, "resolveMatter", case_id, evidence="已办理")
    late = await place.chair.do("tellProgress", caseId=case_id, text=WORDS)
    assert late.code == "STATE_DOES_NOT_FIT"
    await system.no_dead_letters()


async def test_of_an_open_matter_its_group_reads_nothing_of_it(system: Harness, place: Place) -> None:
    case_id = await in_hand(system, place, sub=SUBS["C0"])
    await done(system, place.chair, "tellProgress", case_id, text=WORDS)
    for reader in (place.resident, place.owner, place.chair, place.council_member):
        assert await reads(reader, case_id) == [WORDS]
    for other in (place.neighbour, place.unit_leader, place.representative, place.second_owner, place.township_chair):
        assert not await reads(other, case_id)


async def test_who_reported_somebody_elses_matter_learns_that_it_is_being_handled(
    system: Harness, place: Place
) -> None:
    for sub in (SUBS["C1"], SUBS["C2"]):
        case_id = await in_hand(system, place, sub=sub, relation="ANOTHERS")
        await done(system, place.chair, "tellProgress", case_id, text=WORDS)
        assert (await place.resident.inbox())[0] == "STILL_HANDLED"
        assert await reads(place.resident, case_id) == []
        assert await reads(place.chair, case_id) == [WORDS]
        entry = "{ me { inbox(first: 1) { edges { node { titleZh caseNumber } } } } }"
        [edge] = (await place.resident.ask(entry))["me"]["inbox"]["edges"]
        assert edge["node"]["titleZh"] == ("您反映的事项仍在办理中" if sub == SUBS["C1"] else "您的事项有新进展")


async def test_without_news_she_hears_that_it_goes_on_and_the_holder_is_urged(system: Harness, place: Place) -> None:
    case_id = await in_hand(system, place)
    first = await due(place, case_id)
    before = await seen(place, case_id)
    counts = await system.rows("gateway", "SELECT * FROM counter WHERE region = :code", code=place.village)
    cell = {(place.village, "VILLAGE", "MARRIAGE_FAMILY", False): (1, 0, 0)}
    await system.advance(hours=24)
    assert await place.resident.inbox() == ["ACCEPTED", "RECEIVED"]
    await system.until(first)
    assert await place.resident.inbox() == ["STILL_HANDLED", "ACCEPTED", "RECEIVED"]
    assert (await place.chair.inbox())[0] == "PROGRESS_OWED"
    for untold in (place.owner, place.exec_member, place.township_chair, place.neighbour):
        assert not {"STILL_HANDLED", "PROGRESS_OWED", "OVERDUE"} & set(await untold.inbox())
    after = await seen(place, case_id)
    assert {name: after[name] for name in ("state", "holder", "level", "clock", "entries")} == {
        name: before[name] for name in ("state", "holder", "level", "clock", "entries")
    }, "nothing changes hands, and no lamp changes its colour"
    assert not any(clock["overdue"] for clock in after["clocks"])
    assert await place.township_officer.case(case_id) is None, "it is not overdue, so nothing surfaces"
    assert await board(place.chair, place.village) == cell
    assert await system.rows("gateway", "SELECT * FROM counter WHERE region = :code", code=place.village) == counts
    assert await reads(place.resident, case_id) == [], "there is nothing to read"

    await system.run_timers()
    assert (await place.resident.inbox()).count("STILL_HANDLED") == 1, "once"
    second = await due(place, case_id)
    assert (datetime.fromisoformat(second) - datetime.fromisoformat(first)).days == 7, "five working days again"
    await done(system, place.chair, "tellProgress", case_id, text=WORDS)
    await system.until(await due(place, case_id))
    assert (await place.resident.inbox()).count("STILL_HANDLED") == 2
    await system.no_dead_letters()


async def test_what_she_is_told_anyway_is_news(system: Harness, place: Place) -> None:
    case_id = await in_hand(system, place)
    first = await due(place, case_id)
    await system.advance(hours=48)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert await due(place, case_id) == first, "of the way up she is not told"
    await done(system, place.township_officer, "receive", case_id)
    assert await due(place, case_id) > first
    await system.until(first)
    assert await place.resident.inbox() == ["ESCALATED", "ACCEPTED", "RECEIVED"]
    await system.until(await due(place, case_id))
    assert (await place.resident.inbox())[0] == "STILL_HANDLED"
    assert "PROGRESS_OWED" in {*await place.township_chair.inbox(), *await place.township_officer.inbox()}
    assert "PROGRESS_OWED" not in await place.chair.inbox()


async def test_nothing_comes_while_she_is_asked_nor_when_it_is_resolved(system: Harness, place: Place) -> None:
    asked = str((await place.resident.report(place, subCategory=SUBS["C1"], urgency=None, relation="OWN"))["caseId"])
    await system.settle()
    await done(system, place.chair, "askForInformation", asked, question="哪一户？")
    resolved = await in_hand(system, place)
    await done(system, place.chair, "resolveMatter", resolved, evidence="已调解")
    for _ in range(2):
        await system.advance(days=10)
        assert not {"STILL_HANDLED", "PROGRESS"} & set(await place.resident.inbox())
        assert "PROGRESS_OWED" not in await place.chair.inbox()


async def test_while_it_rests_she_hears_all_the_same(system: Harness, place: Place) -> None:
    case_id = await in_hand(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    until = system.in_(days=60).isoformat()
    await done(system, place.township_officer, "suspendMatter", case_id, reason="FUNDING_WAIT", until=until)
    resting = await paused(place, case_id)
    assert (await seen(place, case_id))["clock"] is None, "what is owed beside the work is not its clock"
    await system.until(await due(place, case_id))
    assert (await place.resident.inbox())[:2] == ["STILL_HANDLED", "SUSPENDED"]
    assert await paused(place, case_id) == resting, "no pause is touched"
    await done(system, place.township_officer, "tellProgress", case_id, text="等资金到位")
    assert await reads(place.resident, case_id) == ["等资金到位"]


async def test_who_joined_it_is_told_as_well(system: Harness, place: Place) -> None:
    case_id = await in_hand(system, place, sub="PUBLIC_FACILITY")
    other = str((await place.neighbour.report(place, subCategory="PUBLIC_FACILITY", urgency=None))["caseId"])
    await system.settle()
    merged = await place.chair.do("mergeMatter", caseId=other, into=case_id, returns="{ __typename }")
    assert merged["__typename"] != "Refusal"
    await system.settle()
    await done(system, place.chair, "tellProgress", case_id, text=WORDS)
    assert await reads(place.neighbour, case_id) == await reads(place.resident, case_id) == [WORDS]
    await system.until(await due(place, case_id))
    for reporter in (place.resident, place.neighbour):
        assert (await reporter.inbox())[:2] == ["STILL_HANDLED", "PROGRESS"]
