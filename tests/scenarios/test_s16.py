"""S16, withdraw and reopen (domain 1.6), on both systems: what a reporter may stop, what goes on without her, and how a matter comes back."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.access.world import DENIED
from tests.harness import Harness, Person, Place
from tests.scenarios.test_ladder import accepted, done, up

COUNTS = "query($region: RegionCode!, $month: String!) { counts(region: $region, month: $month) { metric count } }"
COURSE = "query($id: String!) { case(caseId: $id) { state reporterWithdrew reopens outcome closedAt holder { code } } }"


async def counted(system: Harness, place: Place, person: Person) -> dict[str, int]:
    """The village's counters of this month and of those before it that the test may have begun in."""
    months = {f"{system.clock.now() - timedelta(days=days):%Y-%m}" for days in (0, 28, 56)}
    found: Counter[str] = Counter()
    for month in months:
        for row in (await person.ask(COUNTS, {"region": place.village, "month": month}))["counts"]:
            found[row["metric"]] += row["count"] or 0
    return found


async def reported(system: Harness, place: Place, **input: object) -> str:
    """Reported, and heard by everybody."""
    answer = await place.resident.report(place, urgency=None, **input)
    assert answer.code is None, answer
    await system.settle()
    return str(answer["caseId"])


async def test_a_reporter_takes_her_own_matter_back(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, subCategory="ELDER_CARE", relation="OWN")
    assert (await place.chair.do("acceptMatter", caseId=case_id)).code is None
    await system.settle()
    for stranger in (place.neighbour, place.owner, place.chair, place.township_chair):
        assert (await stranger.do("withdrawMatter", caseId=case_id)).code in DENIED
    withdrawn = await place.resident.do("withdrawMatter", caseId=case_id, reason="已经和好了")
    assert withdrawn["state"] == "WITHDRAWN"
    await system.settle()
    seen = (await place.chair.ask(COURSE, {"id": case_id}))["case"]
    assert (seen["state"], seen["holder"], seen["reporterWithdrew"]) == ("WITHDRAWN", None, True)
    assert await place.resident.inbox() == ["WITHDRAWN", "ACCEPTED", "RECEIVED"]
    assert (await place.chair.inbox())[0] == "REPORTER_WITHDREW"
    assert (await counted(system, place, place.chair))["withdrawn"] == 1
    assert (await place.resident.do("withdrawMatter", caseId=case_id)).code == "STATE_DOES_NOT_FIT"
    assert (await place.resident.case(case_id) or {})["allowedCommands"] == ["ReopenMatter"]
    await system.no_dead_letters()


async def test_of_several_who_reported_it_each_takes_back_her_own(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, subCategory="PUBLIC_FACILITY")
    assert (await place.chair.do("acceptMatter", caseId=case_id)).code is None
    other = (await place.neighbour.report(place, subCategory="PUBLIC_FACILITY", urgency=None))["caseId"]
    await system.settle()
    merged = await place.chair.do("mergeMatter", caseId=str(other), into=case_id, returns="{ __typename }")
    assert merged["__typename"] != "Refusal"
    await system.settle()
    noted = await place.resident.do("withdrawMatter", caseId=case_id)
    assert (noted.code, noted["state"]) == (None, "ACCEPTED"), "her neighbour has reported it too"
    again = await place.resident.do("withdrawMatter", caseId=case_id)
    assert (again.code, again["version"]) == (None, noted["version"]), "she has said so"
    await system.settle()
    assert not (await place.chair.ask(COURSE, {"id": case_id}))["case"]["reporterWithdrew"]
    assert "WITHDRAWAL_NOTED" not in await place.neighbour.inbox(), "it was not she"
    gone = await place.neighbour.do("withdrawMatter", caseId=case_id)
    assert (gone.code, gone["state"]) == (None, "WITHDRAWN"), "nobody wants it any more"
    await system.settle()
    seen = (await place.chair.ask(COURSE, {"id": case_id}))["case"]
    assert (seen["state"], seen["holder"], seen["reporterWithdrew"]) == ("WITHDRAWN", None, True)
    await system.no_dead_letters()


async def two_in_one(system: Harness, place: Place, **input: object) -> tuple[str, str]:
    """A matter, and a neighbour's report that goes on as it."""
    words = {"subCategory": "ELDER_CARE", "urgency": None, "relation": "OWN", **input}
    case_id = await reported(system, place, subCategory="ELDER_CARE", relation="OWN")
    other = str((await place.neighbour.report(place, **words))["caseId"])
    await system.settle()
    await done(system, place.chair, "mergeMatter", other, into=case_id)
    return case_id, other


async def test_what_she_took_back_ends_once_her_neighbours_report_keeps_it_no_longer(
    system: Harness, place: Place
) -> None:
    case_id, other = await two_in_one(system, place)
    assert (await done(system, place.resident, "withdrawMatter", case_id))["state"] == "SUBMITTED"
    await done(system, place.chair, "unmergeMatter", other)
    seen = (await place.resident.ask(COURSE, {"id": case_id}))["case"]
    assert (seen["state"], seen["reporterWithdrew"], seen["holder"]) == ("WITHDRAWN", True, None)
    assert await place.resident.inbox() == ["WITHDRAWN", "RECEIVED"]
    assert "REPORTER_WITHDREW" in await place.chair.inbox()
    assert (await place.neighbour.case(other) or {})["state"] == "SUBMITTED"
    assert (await done(system, place.resident, "reopenMatter", case_id, reason="又发生了"))["state"] == "ACCEPTED"
    assert "WithdrawMatter" in (await place.resident.case(case_id) or {})["allowedCommands"]
    await system.no_dead_letters()


async def test_what_she_took_back_of_a_merged_matter_is_taken_back_of_her_own_report(
    system: Harness, place: Place
) -> None:
    case_id, other = await two_in_one(system, place)
    assert (await done(system, place.neighbour, "withdrawMatter", case_id))["state"] == "SUBMITTED"
    answer = await done(system, place.chair, "unmergeMatter", other)
    assert answer["state"] == "WITHDRAWN"
    seen = (await place.chair.ask(COURSE, {"id": case_id}))["case"]
    assert (seen["state"], seen["reporterWithdrew"]) == ("SUBMITTED", False)
    assert (await done(system, place.resident, "withdrawMatter", case_id))["state"] == "WITHDRAWN", "she is alone in it"
    await system.no_dead_letters()


async def test_what_goes_on_without_her_knows_all_the_same_that_she_took_it_back(system: Harness, place: Place) -> None:
    case_id, other = await two_in_one(system, place, urgency="RED")
    await done(system, place.neighbour, "withdrawMatter", case_id)
    await done(system, place.chair, "unmergeMatter", other)
    seen = (await place.chair.ask(COURSE, {"id": other}))["case"]
    assert (seen["state"], seen["reporterWithdrew"]) == ("SUBMITTED", True)
    again = await reported(system, place, subCategory="ELDER_CARE", relation="OWN")
    await done(system, place.chair, "mergeMatter", again, into=other)
    assert not (await place.chair.ask(COURSE, {"id": other}))["case"]["reporterWithdrew"], "somebody else wants it"
    assert "WithdrawMatter" in (await place.resident.case(other) or {})["allowedCommands"]


@pytest.mark.parametrize(
    "words",
    [
        {"subCategory": "SAFETY_HAZARD", "relation": "COMMUNITY"},
        {"subCategory": "UTILITIES", "relation": "COMMUNITY"},
        {"subCategory": "IN_LAW", "relation": "ANOTHERS"},
        {"subCategory": "MINOR_VICTIM", "relation": "OWN"},
        {"subCategory": "DOMESTIC_VIOLENCE", "relation": "OWN"},
    ],
    ids=lambda words: words["subCategory"],
)
async def test_what_is_not_hers_alone_goes_on(system: Harness, place: Place, words: dict[str, str]) -> None:
    case_id = await reported(system, place, **words)
    noted = await place.resident.do("withdrawMatter", caseId=case_id)
    assert (noted.code, noted["state"]) == (None, "SUBMITTED")
    await system.settle()
    sealed = words["subCategory"] in {"MINOR_VICTIM", "DOMESTIC_VIOLENCE"}
    handler = place.rights_officer if sealed else place.chair
    seen = (await handler.ask(COURSE, {"id": case_id}))["case"]
    assert (seen["state"], seen["reporterWithdrew"]) == ("SUBMITTED", True)
    assert seen["holder"]["code"] == (f"n_rights-{place.county}" if sealed else f"n_fed-{place.village}")
    if not sealed:  # a sealed matter's reporter is told nothing that others could read on her telephone
        assert await place.resident.inbox() == ["WITHDRAWAL_NOTED", "RECEIVED"]
        assert "REPORTER_WITHDREW" in await place.chair.inbox()
    assert (await handler.do("acceptMatter", caseId=case_id))["state"] == "ACCEPTED"
    await system.settle()
    await system.no_dead_letters()


async def test_what_is_resolved_stays_resolved(system: Harness, place: Place) -> None:
    """Design 5: withdrawn while resolved is noted, the resolution stands, and the answer is owed all the same."""
    case_id = await system.solved(place)
    noted = await place.resident.do("withdrawMatter", caseId=case_id)
    assert noted["state"] == "RESOLVED"
    told = await place.owner.do("giveFeedback", caseId=case_id, text="已修好")
    assert told["state"] == "FEEDBACK_GIVEN"
    await system.settle()


async def test_three_times_open_again(system: Harness, place: Place) -> None:
    case_id = await system.solved(place)
    await place.owner.do("giveFeedback", caseId=case_id, text="已修好")
    await system.settle()
    await place.resident.do("rateMatter", caseId=case_id, score=4, solved=True)
    await system.settle()
    assert (await place.resident.do("reopenMatter", caseId=case_id, reason=" ")).code == "TEXT_MISSING"
    for who in (place.neighbour, place.owner, place.chair, place.sibling_chair, place.liaison):
        assert (await who.do("reopenMatter", caseId=case_id, reason="又坏了")).code in DENIED
    again = await place.resident.do("reopenMatter", caseId=case_id, reason="又坏了")
    assert again["state"] == "ACCEPTED"
    await system.settle()
    seen = (await place.chair.ask(COURSE, {"id": case_id}))["case"]
    assert seen == {
        "state": "ACCEPTED",
        "reporterWithdrew": False,
        "reopens": 1,
        "outcome": None,
        "closedAt": None,
        "holder": {"code": f"n_fed-{place.village}"},
    }
    assert (await place.resident.inbox())[0] == "REOPENED"
    assert (await place.chair.inbox())[0] == "REOPENED_HERE"
    solved = await place.owner.do("solveOnSpot", caseId=case_id, evidence="再次修好")
    assert solved["state"] == "RESOLVED"
    await system.settle()
    await place.owner.do("giveFeedback", caseId=case_id, text="再次修好")
    await system.settle()
    await place.resident.do("rateMatter", caseId=case_id, score=5, solved=True)
    await system.settle()
    by_inspector = await place.inspector.do("reopenMatter", caseId=case_id, reason="抽查发现未修好")
    assert by_inspector["__typename"] == "Done", "she inspects, and sees it in counts alone"
    await system.settle()
    counts = await counted(system, place, place.chair)
    assert (counts["reopened"], counts["closed"], counts["submitted"]) == (2, 2, 1)
    assert (await place.chair.ask(COURSE, {"id": case_id}))["case"]["reopens"] == 2
    await system.no_dead_letters()


async def test_what_a_level_above_turned_down_comes_back_to_it(system: Harness, place: Place) -> None:
    """Nobody had resolved it: who held it when it ended has it again, and is told."""
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    words = {"reason": "OTHER_AUTHORITY", "route": "请找主管部门"}
    await done(system, place.township_officer, "rejectMatter", case_id, **words)
    await done(system, place.resident, "reopenMatter", case_id, reason="主管部门不受理")
    seen = await place.chair.case(case_id) or {}
    assert (seen["state"], seen["holder"]["code"]) == ("ESCALATED", f"n_fed-{place.township}")
    assert (await place.township_chair.inbox())[0] == "REOPENED_HERE"
    await done(system, place.township_officer, "recordAction", case_id, action="VISIT", note="已走访")
