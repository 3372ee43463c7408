"""S23, offline (domain 1.6), on both systems: written down for an elder without a telephone, who is then owed a visit."""

import pytest

from tests.access.world import send
from tests.harness import Harness, Person, Place
from tests.scenarios.test_ladder import accepted, done

HOW = "query($id: String!) { case(caseId: $id) { answerBy state } }"


@pytest.mark.parametrize(
    ("writer", "by"), [("exec_member", "VISIT"), ("unit_leader", "VISIT"), ("county_officer", "VOICE")]
)
async def test_who_told_it_is_owed_a_visit(system: Harness, place: Place, writer: str, by: str) -> None:
    person: Person = getattr(place, writer)
    words = {"toldBy": "三楼的老人家", "answerBy": by} if by == "VOICE" else {"toldBy": "三楼的老人家"}
    case_id = (await person.report(place, **words))["caseId"]
    await system.settle()
    assert (await place.chair.ask(HOW, {"id": case_id}))["case"] == {"answerBy": by, "state": "SUBMITTED"}
    await place.chair.do("acceptMatter", caseId=case_id)
    await system.settle()
    await place.chair.do("solveOnSpot", caseId=case_id, evidence="已修好")
    await system.settle()
    assert "VISIT_OWED" in await place.owner.inbox(), "who owes the feedback"
    assert "VISIT_OWED" in await person.inbox(), "who wrote it down"
    assert "VISIT_OWED" not in await place.resident.inbox()
    refused = await place.owner.do("giveFeedback", caseId=case_id, text="已修好")
    assert refused.code == "VISIT_OWED"
    told = await place.owner.do("giveFeedback", caseId=case_id, text="已修好", method=by)
    assert told["state"] == "FEEDBACK_GIVEN"
    await system.settle()
    assert "FEEDBACK" not in await person.inbox(), "her inbox is not the elder's"
    assert (await person.do("rateMatter", caseId=case_id, score=5, solved=True)).code == "STATE_DOES_NOT_FIT"
    called = await place.exec_member.do("callBack", caseId=case_id, reached=True, solved=True, score=5)
    assert called["state"] == "CLOSED"
    await system.settle()
    await system.no_dead_letters()


async def test_a_residents_own_report_is_answered_in_the_app(system: Harness, place: Place) -> None:
    case_id = (await place.resident.report(place, toldBy="邻居"))["caseId"]
    await system.settle()
    assert (await place.chair.ask(HOW, {"id": case_id}))["case"]["answerBy"] is None


@pytest.mark.parametrize("hers", ["merged", "master"])
async def test_who_told_it_is_owed_a_visit_as_part_of_another_matter_too(
    system: Harness, place: Place, hers: str
) -> None:
    """And the neighbour who reported it herself reads the answer, and says how it went."""
    case_id = await accepted(system, place, subCategory="ELDER_CARE")
    told = {"subCategory": "ELDER_CARE", "urgency": None, "relation": "OWN", "toldBy": "三楼的老人家"}
    report = str((await place.exec_member.report(place, **told))["caseId"])
    await system.settle()
    if hers == "master":
        await done(system, place.chair, "acceptMatter", report)
        case_id, report = report, case_id
    await done(system, place.chair, "mergeMatter", report, into=case_id)
    await done(system, place.chair, "solveOnSpot", case_id, evidence="已安排住处")
    for person, owed in ((place.owner, True), (place.exec_member, True), (place.resident, False)):
        assert ("VISIT_OWED" in await person.inbox()) is owed, person.member
    assert await send(place.owner, "giveFeedback", caseId=case_id, text="老人已安顿") == "VISIT_OWED"
    await done(system, place.owner, "giveFeedback", case_id, text="老人已安顿", method="VISIT")
    assert ("FEEDBACK" in await place.resident.inbox(), "FEEDBACK" in await place.exec_member.inbox()) == (True, False)
    for person, may in ((place.resident, True), (place.exec_member, False)):
        assert ("RateMatter" in (await person.case(case_id) or {})["allowedCommands"]) is may, person.member
    assert (await place.exec_member.do("rateMatter", caseId=case_id, score=5, solved=True)).code == "STATE_DOES_NOT_FIT"
    assert (await place.resident.do("rateMatter", caseId=case_id, score=5, solved=True))["state"] == "CLOSED"
    await system.no_dead_letters()


async def test_taken_out_again_each_is_answered_in_her_own_way(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="ELDER_CARE")
    told = {"subCategory": "ELDER_CARE", "urgency": None, "relation": "OWN", "toldBy": "三楼的老人家"}
    reports = [str((await place.exec_member.report(place, **told))["caseId"]) for _ in range(2)]
    await system.settle()
    for report in reports:
        await done(system, place.chair, "mergeMatter", report, into=case_id)
    for report, left in zip(reports, ("VISIT", None), strict=True):
        await done(system, place.chair, "unmergeMatter", report)
        assert (await place.chair.ask(HOW, {"id": case_id}))["case"]["answerBy"] == left
        assert (await place.chair.ask(HOW, {"id": report}))["case"]["answerBy"] == "VISIT"
    await done(system, place.chair, "solveOnSpot", case_id, evidence="已安排住处")
    await done(system, place.owner, "giveFeedback", case_id, text="老人已安顿")
    await done(system, place.resident, "rateMatter", case_id, score=5, solved=True)
