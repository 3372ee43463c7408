"""What the levels write and say to each other about a matter (domain 2.4), on both systems: those who work on it read it, nobody else does."""

import json
from typing import Any

import pytest

from tests.access.world import SUBS
from tests.harness import Harness, Person, Place
from tests.scenarios.test_ladder import accepted, done

NOTES = "query($id: String!) { case(caseId: $id) { notes { kind at text node { code } } } }"
STORY = """query($id: String!) { case(caseId: $id) {
  timeline { kind detail } entries { level state supervising } clock { stage } clocks { stage } } }"""
AMONG_LEVELS = {"SupervisionChanged", "PassUpProposed", "InformedUp"}
LEVELS = {"chair", "exec_member", "township_officer", "township_chair", "county_officer", "county_chair"}


async def notes(person: Person, case_id: str) -> list[tuple[str, str, str]]:
    """Kind, node and words, as she may read them."""
    found = (await person.ask(NOTES, {"id": case_id}))["case"]
    return [(each["kind"], each["node"]["code"], each["text"]) for each in (found or {"notes": []})["notes"]]


async def up_and_down(system: Harness, place: Place, case_id: str) -> list[tuple[str, str, str]]:
    """Everything that levels write to each other, with a word for each; answers what there is to read."""
    village, township, county = (f"n_fed-{code}" for code in (place.village, place.township, place.county))
    chair, officer, above = place.chair, place.township_officer, place.township_chair
    await done(system, chair, "passUp", case_id, reason="NO_COMPETENCE", note="依法不属村里")
    await done(system, above, "refuseReceipt", case_id, reason="NOT_ACTED", note="先上门看看")
    await done(system, chair, "recordAction", case_id, action="VISIT", note="已走访三户")
    await done(system, chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await done(system, officer, "receive", case_id)
    await done(system, officer, "recordAction", case_id, action="MEETING", note="已开会")
    await done(system, officer, "passUp", case_id, reason="NEEDS_FUNDS", note="请主席签字")
    await done(system, above, "informUp", case_id, to="COUNTY", note="供县里了解")
    due = system.in_(days=3).isoformat()
    await done(system, officer, "returnDown", case_id, guidance="先开协商会", resources="拨付两万元", dueAt=due)
    await done(system, place.county_officer, "supervise", case_id, on=True, reason="群众关注")
    await done(system, place.county_chair, "takeOver", case_id, reason="情况紧急")
    await done(system, place.county_officer, "resolveMatter", case_id, evidence="修好了")
    await done(system, place.county_chair, "reworkMatter", case_id, reason="只修了一半")
    await done(system, place.county_officer, "resolveMatter", case_id, evidence="全修好了")
    await done(system, officer, "relayFeedback", case_id, note="请告知本人")
    return [
        ("PASS_UP", village, "依法不属村里"),
        ("REFUSAL", township, "先上门看看"),
        ("ACTION", village, "已走访三户"),
        ("ACTION", township, "已开会"),
        ("PASS_UP", township, "请主席签字"),
        ("INFORM", township, "供县里了解"),
        ("GUIDANCE", township, "先开协商会"),
        ("RESOURCES", township, "拨付两万元"),
        ("SUPERVISION", county, "群众关注"),
        ("TAKE_OVER", county, "情况紧急"),
        ("REWORK", county, "只修了一半"),
        ("RELAY", township, "请告知本人"),
    ]


async def readers(place: Place, case_id: str) -> set[str]:
    """Who reads any of it, by name; who may not is shown no word of it."""
    return {name for name, person in place.people.items() if await notes(person, case_id)}


async def test_what_levels_write_is_read_by_those_who_work_on_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    written = await up_and_down(system, place, case_id)
    assert await notes(place.chair, case_id) == written, "the village reads what it is to cure"
    assert await readers(place, case_id) == LEVELS
    logged = await system.rows(
        "escalation", "SELECT DISTINCT member FROM access_log WHERE case_id = :id AND fields = 'notes'", id=case_id
    )
    assert {row.member for row in logged} == {place.people[name].member for name in LEVELS}
    await system.no_dead_letters()


async def test_of_a_private_matter_its_circle_alone_reads_them(system: Harness, place: Place) -> None:
    for case_class, handler in (("C2", place.chair), ("C3", place.rights_officer)):
        answer = await place.resident.report(place, subCategory=SUBS[case_class], urgency=None)
        await system.settle()
        case_id = str(answer["caseId"])
        await done(system, handler, "acceptMatter", case_id)
        await done(system, handler, "recordAction", case_id, action="VISIT", note="已上门")
        assert {place.people[name].member for name in await readers(place, case_id)} == {handler.member}
    await system.no_dead_letters()


async def story(person: Person, case_id: str) -> dict[str, Any]:
    """What she is shown of its course."""
    found: dict[str, Any] = (await person.ask(STORY, {"id": case_id}))["case"]
    return found


async def test_what_levels_settle_among_themselves_is_no_part_of_the_story_for_others(
    system: Harness, place: Place
) -> None:
    """Also of a matter that the whole group may see; a proposal is no passing up, supervision is no badge."""
    case_id = await accepted(system, place, subCategory=SUBS["C0"], relation="COMMUNITY")
    await done(system, place.chair, "recordAction", case_id, action="VISIT")
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await done(system, place.township_officer, "receive", case_id)
    await done(system, place.township_officer, "recordAction", case_id, action="VISIT")
    await done(system, place.township_officer, "passUp", case_id, reason="NEEDS_FUNDS")
    await done(system, place.township_chair, "informUp", case_id, to="COUNTY")
    await done(system, place.county_officer, "supervise", case_id, on=True, reason="群众关注")
    await system.advance(days=3)
    for name in ("chair", "exec_member", "township_chair", "county_officer"):
        seen = await story(place.people[name], case_id)
        assert {fact["kind"] for fact in seen["timeline"]} >= AMONG_LEVELS, name
        assert any(entry["supervising"] for entry in seen["entries"]), name
        assert "SUPERVISED_REPORT" in json.dumps(seen), name
    for name in ("resident", "neighbour", "representative", "owner", "unit_leader", "council_member"):
        seen = await story(place.people[name], case_id)
        kinds = {fact["kind"] for fact in seen["timeline"]}
        assert "PassedUp" in kinds, name
        assert not kinds & AMONG_LEVELS, name
        assert not any(entry["supervising"] for entry in seen["entries"]), name
        assert "SUPERVISED_REPORT" not in json.dumps(seen), name
    await system.no_dead_letters()


@pytest.mark.parametrize("case_class", ["C0", "C1"])
async def test_who_is_a_party_is_to_be_inferred_by_nobody_else(system: Harness, place: Place, case_class: str) -> None:
    """That one was named, and that the holder has then nobody left, says who it is: identities are for those who work on it (1.4, F3)."""
    hidden = {"PartyNamed", "PartyCleared", "VacancySurfaced", "VacancyFilled"}
    case_id = await accepted(system, place, subCategory=SUBS[case_class], relation="COMMUNITY")
    await done(system, place.resident, "nameParty", case_id, member=place.chair.member)
    await done(system, place.township_chair, "clearParty", case_id, member=place.chair.member)
    await system.advance(minutes=2)
    others = [place.resident, place.owner, place.unit_leader, place.council_member]
    for person in [*others, *([place.neighbour, place.representative] if case_class == "C0" else [])]:
        kinds = {fact["kind"] for fact in (await story(person, case_id))["timeline"]}
        assert "CaseAccepted" in kinds
        assert not kinds & hidden, person.member
    for name in ("chair", "exec_member", "township_chair"):
        assert {fact["kind"] for fact in (await story(place.people[name], case_id))["timeline"]} >= hidden, name
    await system.no_dead_letters()


async def test_a_level_that_knows_for_information_is_shown_to_levels_alone(system: Harness, place: Place) -> None:
    """Also after the matter has ended; whoever held it is shown to everybody."""
    case_id = await accepted(system, place, subCategory=SUBS["C0"], relation="COMMUNITY")
    await done(system, place.chair, "recordAction", case_id, action="VISIT")
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await done(system, place.township_officer, "receive", case_id)
    await done(system, place.township_chair, "informUp", case_id, to="COUNTY")
    for county in ("INFORMED", "CLOSED"):
        for name in ("chair", "township_chair", "county_officer"):
            lines = {line["level"]: line["state"] for line in (await story(place.people[name], case_id))["entries"]}
            assert (set(lines), lines["COUNTY"]) == ({"VILLAGE", "TOWNSHIP", "COUNTY"}, county), name
        for name in ("resident", "neighbour", "owner", "council_member"):
            seen = await story(place.people[name], case_id)
            assert {line["level"] for line in seen["entries"]} == {"VILLAGE", "TOWNSHIP"}, name
        if county == "INFORMED":
            words = {"reason": "OTHER_AUTHORITY", "route": "请找主管部门"}
            await done(system, place.township_officer, "rejectMatter", case_id, **words)
    await system.no_dead_letters()
