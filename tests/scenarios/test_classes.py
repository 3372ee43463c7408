"""A matter whose class moves (domain 1.4, design 3), on both systems: who loses it, who gets it, and that nothing of a sealed one is on an
ordinary topic afterwards."""

import json
from typing import Any

import pytest

from services.contracts import topics
from services.contracts.events.escalation import PassedUp
from services.contracts.ladder import PassUpReason
from services.contracts.organisation import federation_of
from services.contracts.regions import Level
from services.contracts.states import EntryState, LevelEntry
from services.escalation.rules.custody import Custody
from tests.access.world import send
from tests.harness import Harness, Place

WORDS = {
    "relation": "OWN",
    "narrative": "家里的原文",
    "place": "三号楼的原文",
    "reporter": {"name": "反映人的称呼", "phone": "13900001111"},
}
SEEN = """query($id: String!) { case(caseId: $id) { state caseClass number region subCategory summary narrative
    timeline { kind } holder { code } } }"""


async def told_of(system: Harness, topic: topics.Topic, case_id: str) -> list[dict[str, Any]]:
    """What was told of a matter on a topic, in order."""
    rows = await system.rows(
        topic.owner,
        "SELECT value, headers FROM outbox WHERE topic = :topic AND key = :key ORDER BY id",
        topic=topic.in_cell("21"),
        key=case_id,
    )
    found = []
    for row in rows:
        value = row.value.decode() if isinstance(row.value, bytes) else row.value
        found.append({**json.loads(value), "type": json.loads(row.headers)["ce_type"].split(".")[-2]})
    return found


async def test_from_open_to_private(system: Harness, place: Place) -> None:
    case_id = str((await place.resident.report(place, **WORDS))["caseId"])
    await system.settle()
    await place.owner.do("acceptMatter", caseId=case_id, publicSummary="公告栏待修")
    await system.settle()
    assert (await place.neighbour.case(case_id) or {})["summary"] == "公告栏待修"
    assert await send(place.neighbour, "raiseClass", caseId=case_id, to="C2") in {"NOT_PERMITTED", "CASE_NOT_FOUND"}
    assert await send(place.owner, "raiseClass", caseId=case_id, to="C0") == "ALREADY_SO"
    done = await place.owner.do("raiseClass", caseId=case_id, to="C2", reason="涉及隐私")
    assert done["__typename"] == "Done", "she sees it no more"
    await system.settle()
    for who in ("owner", "unit_leader", "neighbour", "council_member", "exec_member", "township_officer"):
        assert await place.people[who].case(case_id) is None, who
    seen = (await place.chair.ask(SEEN, {"id": case_id}))["case"]
    assert (seen["caseClass"], seen["subCategory"], seen["summary"], seen["narrative"]) == (
        "C2",
        None,
        None,
        "家里的原文",
    )
    assert await place.chair.inbox() == ["NEW_MATTER"]
    last = (await told_of(system, topics.INTAKE_CASE, case_id))[-1]["case"]
    assert (last.get("subCategory"), last["profile"]) == (None, "default")
    await system.no_dead_letters()


async def test_sealed_and_nothing_of_it_on_ordinary_topics(system: Harness, place: Place) -> None:
    case_id = str((await place.resident.report(place, subCategory="IN_LAW", urgency=None, **WORDS))["caseId"])
    await system.settle()
    await place.chair.do("acceptMatter", caseId=case_id)
    await system.settle()
    number = (await place.chair.case(case_id) or {})["number"]
    assert number
    done = await place.chair.do("raiseClass", caseId=case_id, to="C3", reason="发现家暴")
    assert done["__typename"] == "Done"
    await system.settle()
    before = {topic.name: len(await told_of(system, topic, case_id)) for topic in topics.TOPICS}
    assert (await told_of(system, topics.DELIBERATION_DOCKET, case_id))[-1]["type"] == "DocketClosed"
    for who, person in place.people.items():
        seen = await person.case(case_id)
        assert (seen is not None) == (who in {"resident", "rights_officer", "county_chair"}), who
        if seen is not None:
            assert (seen["number"], seen["region"], seen["subCategory"]) == (None, place.county, None)
            assert [fact["kind"] for fact in seen["timeline"]][:1] == ["ClassChanged"]
            assert "CaseAccepted" not in [fact["kind"] for fact in seen["timeline"]]
    assert await place.rights_officer.inbox() == ["SEALED_MATTER"]
    assert (await place.rights_officer.ask(SEEN, {"id": case_id}))["case"]["narrative"] == "家里的原文"
    inbox = await place.chair.ask("{ me { inbox { edges { node { caseId caseNumber } } } } }")
    assert all(edge["node"] == {"caseId": None, "caseNumber": None} for edge in inbox["me"]["inbox"]["edges"])
    mine = await place.resident.ask("{ me { inbox { edges { node { caseNumber } } } } }")
    assert all(edge["node"]["caseNumber"] is None for edge in mine["me"]["inbox"]["edges"])
    for name in ("acknowledge", "acceptMatter", "giveFeedback", "setUrgency", "rejectMatter"):
        words: dict[str, Any] = {"giveFeedback": {"text": "…"}, "setUrgency": {"to": "RED"}}.get(name, {})
        words = {"reason": "TEST", "route": "…"} if name == "rejectMatter" else words
        assert await send(place.chair, name, caseId=case_id, **words) == "CASE_NOT_FOUND", name
    assert await send(place.rights_officer, "setUrgency", caseId=case_id, to="RED") is None
    await system.settle()
    seen = (await place.rights_officer.ask(SEEN, {"id": case_id}))["case"]
    assert seen["holder"] == {"code": f"n_rights-{place.county}"}
    for topic in topics.TOPICS:
        if "sealed" not in topic.name:
            assert len(await told_of(system, topic, case_id)) == before[topic.name], topic.name
    assert (await told_of(system, topics.INTAKE_CASE, case_id))[-1]["type"] == "CaseLeft"
    last = (await told_of(system, topics.INTAKE_ACCESS, case_id))[-1]["access"]
    assert (last["caseClass"], last["reporters"], last["circle"], last.get("group")) == ("C3", [], [], None)
    for topic in (topics.INTAKE_SEALED, topics.ESCALATION_SEALED):
        sealed = json.dumps(await told_of(system, topic, case_id), ensure_ascii=False)
        for word in (place.village, place.township, "IN_LAW", number, "elders"):
            assert word not in sealed, (topic.name, word)
    await system.no_dead_letters()


async def test_lowered_by_a_chair_of_its_circle(system: Harness, place: Place) -> None:
    case_id = str((await place.resident.report(place, subCategory="MARITAL_CONFLICT", urgency=None, **WORDS))["caseId"])
    await system.settle()
    lower = {"caseId": case_id, "to": "C1", "reason": "当事人同意"}
    assert await send(place.county_chair, "lowerClass", **lower) == "CASE_NOT_FOUND"
    assert await send(place.chair, "lowerClass", **lower) in {"NOT_PERMITTED", "CASE_NOT_FOUND"}
    member = place.county_chair.member
    assert await send(place.chair, "changeCircle", caseId=case_id, add=[member]) is None
    await system.settle()
    assert await send(place.county_chair, "lowerClass", **lower) is None
    await system.settle()
    seen = (await place.chair.ask(SEEN, {"id": case_id}))["case"]
    assert (seen["caseClass"], seen["narrative"]) == ("C1", "家里的原文")
    assert await send(place.chair, "acceptMatter", caseId=case_id) is None
    await system.settle()
    await system.no_dead_letters()


@pytest.mark.parametrize("raised", [True, False])
async def test_what_is_sealed_stays_sealed(system: Harness, place: Place, raised: bool) -> None:
    sub = "IN_LAW" if raised else "DOMESTIC_VIOLENCE"
    case_id = str((await place.resident.report(place, subCategory=sub, urgency=None))["caseId"])
    await system.settle()
    if raised:
        await place.chair.do("raiseClass", caseId=case_id, to="C3")
        await system.settle()
    member = place.county_chair.member
    assert await send(place.rights_officer, "changeCircle", caseId=case_id, add=[member]) is None
    await system.settle()
    assert "SEALED_MATTER" in await place.county_chair.inbox()
    words = {"caseId": case_id, "to": "C2", "reason": "……"}
    assert await send(place.county_chair, "lowerClass", **words) == "STAYS_SEALED"


async def test_the_levels_that_it_comes_to_join_the_circle(system: Harness, place: Place) -> None:
    """The ladder's fact is told in escalation's name."""
    case_id = str((await place.resident.report(place, subCategory="MARITAL_CONFLICT", urgency=None, **WORDS))["caseId"])
    await system.settle()
    assert await place.township_chair.case(case_id) is None
    await pass_up(system, place, case_id)
    await system.settle()
    for person in (place.township_chair, place.township_officer):
        assert (await person.ask(SEEN, {"id": case_id}))["case"]["narrative"] == "家里的原文"
        assert "NEW_MATTER" in await person.inbox()
    assert (await place.chair.inbox()).count("NEW_MATTER") == 1
    dropped = place.township_officer.member
    assert await send(place.chair, "changeCircle", caseId=case_id, remove=[dropped]) is None
    await system.settle()
    await pass_up(system, place, case_id)
    await system.settle()
    assert (await place.township_officer.ask(SEEN, {"id": case_id}))["case"]["narrative"] is None
    assert await send(
        place.chair, "changeCircle", caseId=case_id, remove=[place.chair.member, place.township_chair.member]
    ) == ("CIRCLE_EMPTY")
    await system.no_dead_letters()


async def pass_up(system: Harness, place: Place, case_id: str) -> None:
    """As the ladder tells it: the township has been notified, the village stays accountable."""
    async with system.room("escalation").transaction() as tx:
        custody = await tx.load(Custody, case_id)
        assert custody is not None
        township = federation_of(place.township)
        entry = LevelEntry(level=Level.TOWNSHIP, node=township, state=EntryState.NOTIFIED)
        after = custody.after(entries=(custody.entries[0], entry))
        told = PassedUp(
            at=tx.now,
            custody=after.public(),
            by=federation_of(place.village),
            to=township,
            reason=PassUpReason.NEEDS_EXPERTISE,
        )
        await tx.save(after, told)
