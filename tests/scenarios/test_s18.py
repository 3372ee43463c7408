"""S18, out of scope (domain 1.6), on both systems: turned down with reason and route, redirected, asked for what is missing."""

from tests.access.world import DENIED
from tests.harness import Harness, Person, Place
from tests.scenarios.test_s16 import counted, reported

COURSE = """query($id: String!) { case(caseId: $id) {
    state question supplied route rejectedFor rejectionProposed redirectedTo holder { code } timeline { kind } } }"""
QUESTION, ANSWER, ROUTE = "请补充楼号的原文", "三号楼二单元的原文", "请向人民法院的原文"


async def look(person: Person, case_id: str) -> dict[str, object]:
    """The matter off its straight way, as a person sees it."""
    found: dict[str, object] = (await person.ask(COURSE, {"id": case_id}))["case"]
    return found


async def test_a_group_owner_proposes_and_the_chair_decides(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, subCategory="WAGES", relation="OWN")
    words = {"caseId": case_id, "reason": "IN_ARBITRATION", "route": ROUTE}
    assert (await place.owner.do("rejectMatter", **words)).code in DENIED
    assert (await place.owner.do("proposeRejection", **words))["state"] == "SUBMITTED"
    await system.settle()
    seen = await look(place.chair, case_id)
    assert (seen["state"], seen["rejectionProposed"], seen["route"]) == ("SUBMITTED", "IN_ARBITRATION", ROUTE)
    assert (await look(place.resident, case_id))["route"] is None, "a proposal is not the reporter's"
    assert (await place.chair.inbox())[0] == "REJECTION_PROPOSED"
    assert await place.resident.inbox() == ["RECEIVED"]
    for stranger in (place.resident, place.sibling_chair, place.township_chair, place.exec_member):
        assert (await stranger.do("rejectMatter", **words)).code in DENIED
    assert (await place.chair.do("rejectMatter", **{**words, "route": ""})).code == "TEXT_MISSING"
    assert (await place.chair.do("rejectMatter", **words))["state"] == "REJECTED"
    await system.settle()
    mine = await look(place.resident, case_id)
    assert (mine["state"], mine["rejectedFor"], mine["route"], mine["holder"]) == (
        "REJECTED",
        "IN_ARBITRATION",
        ROUTE,
        None,
    )
    assert await place.resident.inbox() == ["REJECTED", "RECEIVED"]
    assert (await counted(system, place, place.chair))["rejected"] == 1
    assert (await place.resident.do("reopenMatter", caseId=case_id, reason="仲裁已撤回"))["state"] == "ACCEPTED"
    await system.settle()
    assert (await look(place.chair, case_id))["rejectedFor"] is None
    await nowhere(system, case_id, ROUTE)


async def test_the_reporter_is_asked_twice_at_most(system: Harness, place: Place) -> None:
    case_id = await reported(system, place)
    for times in (1, 2):
        asked = await place.owner.do("askForInformation", caseId=case_id, question=f"{QUESTION}{times}")
        assert asked["state"] == "RETURNED_FOR_INFO"
        await system.settle()
        assert (await place.resident.inbox())[0] == "INFORMATION_ASKED"
        mine = await look(place.resident, case_id)
        assert mine["question"] == f"{QUESTION}{times}"
        assert (await look(place.neighbour, case_id))["question"] is None
        assert (await place.owner.do("acceptMatter", caseId=case_id)).code == "STATE_DOES_NOT_FIT"
        assert (await place.owner.do("supplyInformation", caseId=case_id, answer="…")).code in DENIED
        supplied = await place.resident.do("supplyInformation", caseId=case_id, answer=f"{ANSWER}{times}")
        assert supplied["state"] == "SUBMITTED"
        await system.settle()
        assert (await place.owner.inbox())[0] == "INFORMATION_SUPPLIED"
    assert (await look(place.owner, case_id))["supplied"] == f"{ANSWER}1\n{ANSWER}2"
    assert (await look(place.neighbour, case_id))["supplied"] is None
    refused = await place.owner.do("askForInformation", caseId=case_id, question=QUESTION)
    assert refused.code == "ASKED_ENOUGH"
    assert "AskForInformation" not in refused["allowed"]
    assert (await counted(system, place, place.chair))["information_asked"] == 2
    await nowhere(system, case_id, QUESTION, ANSWER)


async def test_a_red_matter_is_not_asked_about_and_goes_by_word_of_mouth(system: Harness, place: Place) -> None:
    case_id = await reported(system, place)
    assert (await place.exec_member.do("setUrgency", caseId=case_id, to="RED"))["urgency"] == "RED"
    await system.settle()
    assert "URGENCY_RAISED" in await place.chair.inbox()
    assert (await place.owner.do("askForInformation", caseId=case_id, question=QUESTION)).code == "NOT_WHEN_RED"
    assert (await place.owner.do("setUrgency", caseId=case_id, to="GREEN")).code == "HOLDERS_CHAIR_ONLY"
    words = {"caseId": case_id, "to": "FIRE_119", "route": ROUTE, "receipt": "119-受理号原文"}
    assert (await place.chair.do("redirectMatter", **words)).code == "HANDOVER_REQUIRED"
    assert (await place.chair.do("redirectMatter", **words, handedOver=True))["state"] == "REDIRECTED"
    await system.settle()
    mine = await look(place.resident, case_id)
    assert (mine["redirectedTo"], mine["route"]) == ("FIRE_119", ROUTE)
    assert await place.resident.inbox() == ["REDIRECTED", "RECEIVED"]
    counts = await counted(system, place, place.chair)
    assert (counts["redirected"], counts["redirected_with_receipt"]) == (1, 1)
    assert (await place.resident.do("reopenMatter", caseId=case_id, reason="…")).code == "STATE_DOES_NOT_FIT"
    await nowhere(system, case_id, ROUTE, "受理号原文")


async def nowhere(system: Harness, case_id: str, *words: str) -> None:
    """What people wrote is in no topic: only intake has it."""
    for service in ("intake", "escalation", "deliberation", "notify"):
        for row in await system.rows(service, "SELECT value FROM outbox WHERE key = :key", key=case_id):
            text = row.value.decode() if isinstance(row.value, bytes) else str(row.value)
            assert not any(word in text for word in words)
    await system.no_dead_letters()
