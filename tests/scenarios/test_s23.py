"""S23, offline (domain 1.6), on both systems: written down for an elder without a telephone, who is then owed a visit."""

import pytest

from tests.harness import Harness, Person, Place

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
