"""S13, reports that repeat one another (domain 1.6), on both systems: one matter, every reporter answered, each with her own words."""

from datetime import datetime
from typing import Any

from services.contracts.organisation import Role
from tests.access.world import DENIED, send
from tests.harness import Harness, Person, Place
from tests.scenarios.test_ladder import accepted, done
from tests.scenarios.test_s16 import counted

SEEN = "query($id: String!) { case(caseId: $id) { state mergedInto narrative reporterName feedback holder { code } } }"
FIRST, SECOND = "老人晚上没有地方住的原文", "隔壁老人被赶出门的原文"


async def look(person: Person, case_id: str) -> dict[str, Any] | None:
    """A matter as a person sees it."""
    found: dict[str, Any] | None = (await person.ask(SEEN, {"id": case_id}))["case"]
    return found


async def two(system: Harness, place: Place, **input: Any) -> tuple[str, str]:
    """The same matter twice, by two neighbours, each in her own words."""
    words = {"subCategory": "ELDER_CARE", "urgency": None, "relation": "COMMUNITY", **input}
    one = await place.resident.report(place, narrative=FIRST, reporter={"name": "反映人甲", "phone": ""}, **words)
    two = await place.neighbour.report(place, narrative=SECOND, reporter={"name": "反映人乙", "phone": ""}, **words)
    await system.settle()
    return str(one["caseId"]), str(two["caseId"])


async def test_both_reporters_are_answered_and_neither_reads_the_other(system: Harness, place: Place) -> None:
    master, report = await two(system, place)
    for stranger in (place.owner, place.neighbour, place.sibling_chair, place.county_chair):
        assert await send(stranger, "mergeMatter", caseId=report, into=master) in DENIED
    merged = await place.chair.do("mergeMatter", caseId=report, into=master)
    assert merged["state"] == "MERGED"
    await system.settle()
    hers = await look(place.neighbour, report)
    assert hers is not None
    assert (hers["state"], hers["mergedInto"], hers["narrative"], hers["holder"]) == ("MERGED", master, SECOND, None)
    both = await look(place.neighbour, master)
    assert both is not None
    assert (both["state"], both["narrative"], both["reporterName"]) == ("SUBMITTED", None, None)
    assert await look(place.resident, report) is None
    assert await place.neighbour.inbox() == ["MERGED", "RECEIVED"]
    await place.chair.do("acceptMatter", caseId=master)
    await system.settle()
    await place.chair.do("solveOnSpot", caseId=master, evidence="已安排住处")
    await system.settle()
    await place.chair.do("giveFeedback", caseId=master, text="老人已安顿")
    await system.settle()
    assert await place.neighbour.inbox() == ["FEEDBACK", "ACCEPTED", "MERGED", "RECEIVED"]
    assert await place.resident.inbox() == ["FEEDBACK", "ACCEPTED", "RECEIVED"]
    for person in (place.resident, place.neighbour):
        assert (await look(person, master) or {})["feedback"] == "老人已安顿"
    counts = await counted(system, place, place.chair)
    assert (counts["submitted"], counts["merged"]) == (2, 1), "件次 counts each report, 件 one of them"
    noted = await place.neighbour.do("withdrawMatter", caseId=master)
    assert noted["state"] == "FEEDBACK_GIVEN", "one reporter does not stop what others have reported too"
    await system.no_dead_letters()


async def test_a_merge_is_undone_within_seven_days(system: Harness, place: Place) -> None:
    master, report = await two(system, place)
    await place.chair.do("mergeMatter", caseId=report, into=master)
    await system.settle()
    assert (await place.chair.case(report) or {})["allowedCommands"] == ["UnmergeMatter"]
    again = await place.chair.do("unmergeMatter", caseId=report)
    assert again["state"] == "SUBMITTED"
    await system.settle()
    assert await look(place.neighbour, master) is None
    hers = await look(place.neighbour, report)
    assert hers is not None
    assert (hers["mergedInto"], hers["holder"]["code"]) == (None, f"n_fed-{place.village}")
    await place.chair.do("mergeMatter", caseId=report, into=master)
    await system.settle()
    await system.advance(days=7, seconds=1)
    assert (await place.chair.do("unmergeMatter", caseId=report)).code == "TOO_LATE_NOW"
    assert (await place.chair.case(report) or {})["allowedCommands"] == []
    counts = await counted(system, place, place.chair)
    assert (counts["merged"], counts["unmerged"]) == (2, 1)
    await system.no_dead_letters()


async def test_together_they_are_as_urgent_as_the_more_urgent(system: Harness, place: Place) -> None:
    async def seen() -> tuple[str, dict[str, datetime], int]:
        found = await place.chair.case(master) or {}
        due = {clock["stage"]: datetime.fromisoformat(clock["dueAt"]) for clock in found["clocks"]}
        return found["urgency"], due, [fact["kind"] for fact in found["timeline"]].count("UrgencyChanged")

    master = str((await place.resident.report(place))["caseId"])
    reports = [await place.neighbour.report(place, urgency=urgency) for urgency in ("RED", "YELLOW")]
    await system.settle()
    urgency, before, _ = await seen()
    assert urgency == "GREEN"
    for report in reports:
        assert await send(place.chair, "mergeMatter", caseId=report["caseId"], into=master) is None
        await system.settle()
        urgency, after, changed = await seen()
        assert (urgency, changed) == ("RED", 1), "the second was less urgent"
        assert all(after[stage] < before[stage] for stage in ("ACK", "TRIAGE"))
    await system.no_dead_letters()


async def test_what_is_not_alike_is_not_merged(system: Harness, place: Place) -> None:
    master, report = await two(system, place)
    assert await send(place.chair, "mergeMatter", caseId=report, into=report) == "MALFORMED"
    private = str((await place.resident.report(place, subCategory="DIVORCE", urgency=None))["caseId"])
    await system.settle()
    assert await send(place.chair, "mergeMatter", caseId=report, into=private) == "CLASSES_DO_NOT_MERGE"
    for sealed_sub in ("DOMESTIC_VIOLENCE",):
        sealed = str((await place.resident.report(place, subCategory=sealed_sub, urgency=None))["caseId"])
        await system.settle()
        assert await send(place.chair, "mergeMatter", caseId=report, into=sealed) == "CASE_NOT_FOUND"
    other = str((await place.neighbour.report(place, subCategory="DIVORCE", urgency=None))["caseId"])
    await system.settle()
    assert await send(place.chair, "mergeMatter", caseId=other, into=private) is None, "one circle handles both"
    await place.chair.do("rejectMatter", caseId=master, reason="NOT_A_MATTER", route="无需办理")
    await system.settle()
    assert await send(place.chair, "mergeMatter", caseId=report, into=master) == "MASTER_NOT_OPEN"


async def test_who_worked_on_a_report_calls_back_no_matter_that_it_is_part_of(system: Harness, place: Place) -> None:
    """I5; also where that matter has become part of a third."""
    first, report = await two(system, place)
    await done(system, place.chair, "acceptMatter", report)
    await done(system, place.exec_member, "recordAction", report, action="VISIT", note="已走访")
    await done(system, place.chair, "mergeMatter", report, into=first)
    master = await accepted(system, place, subCategory="ELDER_CARE")
    await done(system, place.chair, "mergeMatter", first, into=master)
    await done(system, place.chair, "solveOnSpot", master, evidence="已安排住处")
    await done(system, place.owner, "giveFeedback", master, text="老人已安顿")
    asked = {"caseId": master, "reached": True, "solved": True, "score": 5}
    assert await send(place.exec_member, "callBack", **asked) == "OWN_WORK"
    assert await send(place.owner, "callBack", **asked) is None


async def test_across_villages_the_township_merges(system: Harness, place: Place) -> None:
    village = f"{place.township}901"
    group = f"n_g-{village}"
    assert await send(system.operator, "addRegion", code=village, name="同乡另一村") is None
    node = {"id": group, "kind": "GROUP", "region": village, "name": "群"}
    assert await send(system.operator, "putNode", node=node) is None
    await system.settle()
    there = system.person(f"m_{village}-resident", (Role.RESIDENT, group, village))
    master = str((await place.resident.report(place))["caseId"])
    report = str(
        (await there.do("reportMatter", group=group, subCategory="PUBLIC_FACILITY", narrative="路灯坏"))["caseId"]
    )
    await system.settle()
    assert await send(place.chair, "mergeMatter", caseId=master, into=report) == "CASE_NOT_FOUND"
    assert await send(place.beside_officer, "mergeMatter", caseId=report, into=master) in DENIED
    assert await send(place.township_officer, "mergeMatter", caseId=report, into=master) is None
    await system.settle()
    seen = await look(there, report)
    assert seen is not None
    assert (seen["state"], seen["mergedInto"]) == ("MERGED", master)
    assert (await look(there, master) or {})["state"] == "SUBMITTED"
    await system.no_dead_letters()
