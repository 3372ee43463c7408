"""V1 (domain 1.4, S04), on both systems: the reporter of somebody else's matter learns received, being handled, concluded, and nothing
beside it by any way there is."""

from typing import Any

import pytest

from tests.access.world import DENIED, HANDLER, SUBS, send
from tests.harness import Harness, Person, Place

EVERYTHING = """{ caseId state outcome level docket summary feedback custodyVersion closedAt reopens rejectedFor redirectedTo route
  holder { code } clock { stage } clocks { stage } entries { level } timeline { kind } evidence { notes }
  progress { text } }"""
NOTHING: dict[str, Any] = {
    **dict.fromkeys(
        ("outcome", "level", "summary", "feedback", "custodyVersion", "rejectedFor", "redirectedTo", "route")
    ),
    **dict.fromkeys(("holder", "clock", "evidence")),
    "clocks": [],
    "entries": [],
    "timeline": [],
    "progress": [],
    "docket": "NONE",
    "reopens": 0,
}


async def check(person: Person, case_id: str, state: str) -> None:
    """Her view of it, by case, node and list; and that no list can be narrowed to what she does not see."""
    query = f"query($id: String!) {{ case(caseId: $id) {EVERYTHING} cases(first: 100) {{ edges {{ node {EVERYTHING} }} }} }}"
    found = await person.ask(query, {"id": case_id})
    case = found["case"]
    listed = [edge["node"] for edge in found["cases"]["edges"] if edge["node"]["caseId"] == case_id]
    assert listed == [case]
    closed_at = case.pop("closedAt")
    assert (closed_at is None) == (state != "CLOSED")
    assert case == {"caseId": case_id, "state": state, **NOTHING}
    by_state = "query($s: Lifecycle) { cases(state: $s, first: 100) { edges { node { caseId } } } }"
    states = (
        "SUBMITTED",
        "RETURNED_FOR_INFO",
        "ACCEPTED",
        "RESOLVED",
        "FEEDBACK_GIVEN",
        "CLOSED",
        "REJECTED",
        "ESCALATED",
    )
    for each in states:
        edges = (await person.ask(by_state, {"s": each}))["cases"]["edges"]
        assert ({"node": {"caseId": case_id}} in edges) == (each == state), each
    for lamp in ("GREEN", "AMBER", "RED"):
        edges = (await person.ask(f"{{ cases(lamp: {lamp}, first: 100) {{ edges {{ node {{ caseId }} }} }} }}"))[
            "cases"
        ]["edges"]
        assert {"node": {"caseId": case_id}} not in edges


async def test_received_being_handled_concluded(system: Harness, place: Place) -> None:
    answer = await place.resident.report(place, subCategory=SUBS["C1"], urgency=None, relation="ANOTHERS")
    case_id = str(answer["caseId"])
    await system.settle()
    await check(place.resident, case_id, "SUBMITTED")
    await place.chair.do("acceptMatter", caseId=case_id)
    await system.settle()
    await check(place.resident, case_id, "ACCEPTED")
    await place.chair.do("solveOnSpot", caseId=case_id, evidence="家里的事")
    await system.settle()
    await check(place.resident, case_id, "ACCEPTED")
    await place.chair.do("giveFeedback", caseId=case_id, text="家里的事已办好")
    await system.settle()
    await check(place.resident, case_id, "ACCEPTED")
    assert (await place.chair.case(case_id) or {})["state"] == "FEEDBACK_GIVEN"
    may = await place.resident.case(case_id) or {}
    assert "RateMatter" not in may["allowedCommands"]
    rated = await send(place.resident, "rateMatter", caseId=case_id, score=5, solved=True)
    assert rated in DENIED, "it is not hers to say how it went"
    await place.exec_member.do("callBack", caseId=case_id, reached=True, solved=True, score=5)
    await system.settle()
    await check(place.resident, case_id, "CLOSED")
    assert await place.resident.inbox() == ["CLOSED", "HANDLED", "ACCEPTED", "RECEIVED"]
    assert (await place.chair.case(case_id) or {})["outcome"] == "SOLVED"
    await system.no_dead_letters()


@pytest.mark.parametrize("case_class", ["C1", "C2"])
async def test_turned_down_is_concluded(system: Harness, place: Place, case_class: str) -> None:
    answer = await place.resident.report(place, subCategory=SUBS[case_class], urgency=None, relation="ANOTHERS")
    case_id = str(answer["caseId"])
    await system.settle()
    handler: Person = getattr(place, HANDLER[case_class])
    assert await send(handler, "rejectMatter", caseId=case_id, reason="IN_LITIGATION", route="请向法院") is None
    await system.settle()
    await check(place.resident, case_id, "CLOSED")
    assert await place.resident.inbox() == ["CLOSED", "RECEIVED"]


async def test_a_private_matter_is_not_everybodys(system: Harness, place: Place) -> None:
    answer = await place.resident.report(place, subCategory=SUBS["C2"], urgency=None)
    case_id = str(answer["caseId"])
    await system.settle()
    handler: Person = getattr(place, HANDLER["C2"])
    assert await send(handler, "rejectMatter", caseId=case_id, reason="IN_LITIGATION", route="请向法院") is None
    await system.settle()
    await check(place.resident, case_id, "CLOSED")


async def test_of_an_open_matter_she_sees_what_the_group_sees(system: Harness, place: Place) -> None:
    answer = await place.resident.report(place, relation="ANOTHERS")
    case_id = str(answer["caseId"])
    await system.settle()
    await place.owner.do("acceptMatter", caseId=case_id)
    await system.settle()
    await place.owner.do("solveOnSpot", caseId=case_id, evidence="修好了")
    await system.settle()
    assert (await place.resident.case(case_id) or {})["state"] == "RESOLVED"


async def test_who_has_an_office_in_it_sees_it_by_her_office(system: Harness, place: Place) -> None:
    answer = await place.exec_member.report(place, subCategory=SUBS["C1"], urgency=None, relation="ANOTHERS")
    case_id = str(answer["caseId"])
    await system.settle()
    await place.chair.do("acceptMatter", caseId=case_id)
    await system.settle()
    seen = await place.exec_member.case(case_id)
    assert seen is not None
    assert seen["holder"]["code"] == f"n_fed-{place.village}"
    assert seen["timeline"]


async def test_the_template_says_nothing_of_the_matter(system: Harness, place: Place) -> None:
    answer = await place.resident.report(place, subCategory=SUBS["C1"], urgency=None, relation="ANOTHERS")
    case_id = str(answer["caseId"])
    await system.settle()
    for mutation, words in (
        ("acceptMatter", {}),
        ("solveOnSpot", {"evidence": "…"}),
        ("giveFeedback", {"text": "结果原文"}),
    ):
        assert await send(place.chair, mutation, caseId=case_id, **words) is None
        await system.settle()
    edges = (await place.resident.ask("{ me { inbox { edges { node { kind titleZh } } } } }"))["me"]["inbox"]["edges"]
    assert edges[0]["node"] == {"kind": "HANDLED", "titleZh": "事情已妥善处理，谢谢您的热心"}
