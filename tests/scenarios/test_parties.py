"""A party has no access (I6, domain 1.3b): whoever is named one is out of the matter from then on, whatever her office, on both systems."""

from typing import Any

import pytest

from services.contracts.organisation import Role, federation_of
from tests.access.world import DENIED, send
from tests.harness import Answered, Harness, Person, Place
from tests.scenarios.test_handovers import C2, C3, line, put, reads
from tests.scenarios.test_ladder import acts, done, entries, up

C1 = "COLLECTIVE_INCOME"


async def reported(system: Harness, place: Place, sub: str, who: Person | None = None) -> str:
    answer = await (who or place.resident).report(place, subCategory=sub, urgency=None, relation="OWN")
    assert answer.code is None, answer
    await system.settle()
    return str(answer["caseId"])


async def name(system: Harness, who: Person, case_id: str, party: Person) -> Answered:
    return await done(system, who, "nameParty", case_id, member=party.member)


async def is_out(party: Person, case_id: str) -> None:
    """It is not there for her, and no office of hers gives her a hand in it."""
    assert await party.case(case_id) is None
    edges = (await party.ask("{ me { inbox { edges { node { caseId } } } } }"))["me"]["inbox"]["edges"]
    assert case_id not in [edge["node"]["caseId"] for edge in edges]
    commands: tuple[tuple[str, dict[str, Any]], ...] = (
        ("acceptMatter", {}),
        ("rejectMatter", {"reason": "TEST", "route": "请找主管部门"}),
        ("recordAction", {"action": "VISIT", "note": "已走访"}),
        ("passUp", {"reason": "NEEDS_FUNDS"}),
        ("takeOver", {"reason": "我来办"}),
        ("nameParty", {"member": "m_somebody"}),
    )
    for mutation, words in commands:
        assert await send(party, mutation, caseId=case_id, **words) in DENIED, mutation


async def test_the_chair_who_is_the_counterparty_is_out_of_an_open_matter(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C1)
    assert "NEW_MATTER" in await place.owner.inbox()
    told = await name(system, place.resident, case_id, place.chair)
    assert told["version"] == 2
    await is_out(place.chair, case_id)
    assert "VACANT_BELOW" in await place.township_chair.inbox(), "nobody is left there who may decide it"
    before = await place.chair.inbox()
    again = await name(system, place.owner, case_id, place.chair)
    assert again["version"] == 2, "she is one already"
    await done(system, place.exec_member, "setUrgency", case_id, to="ORANGE")
    await system.advance(days=3)
    assert await place.chair.inbox() == before
    await done(system, place.township_chair, "takeOver", case_id, reason="村主席须回避")
    await done(system, place.township_officer, "acceptMatter", case_id)
    assert "NameParty" in (await place.exec_member.case(case_id) or {})["allowedCommands"]
    await system.no_dead_letters()


async def test_neither_a_reporter_nor_oneself_is_named(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C1)
    for who, party in (
        (place.chair, place.resident),
        (place.resident, place.resident),
        (place.chair, place.chair),
    ):
        assert (await who.do("nameParty", caseId=case_id, member=party.member)).code == "MALFORMED"
    for stranger in (place.neighbour, place.council_member, place.township_officer, place.sibling_chair, place.liaison):
        assert await send(stranger, "nameParty", caseId=case_id, member="m_somebody") in DENIED, stranger.member
    await done(system, place.resident, "withdrawMatter", case_id)
    ended = await place.resident.do("nameParty", caseId=case_id, member=place.chair.member)
    assert ended.code == "STATE_DOES_NOT_FIT"


@pytest.mark.parametrize("private", [C2, C3])
async def test_of_a_private_matter_the_next_level_up_takes_it_on(system: Harness, place: Place, private: str) -> None:
    """As where nobody is in office."""
    party, next_up = (
        (place.chair, place.township_chair) if private == C2 else (place.rights_officer, place.county_chair)
    )
    case_id = await reported(system, place, private)
    assert await reads(party, case_id)
    assert not await reads(next_up, case_id)
    await name(system, place.resident, case_id, party)
    await is_out(party, case_id)
    assert await reads(next_up, case_id)
    assert ("SEALED_MATTER" if private == C3 else "NEW_MATTER") in await next_up.inbox()
    if private == C2:
        await done(system, next_up, "takeOver", case_id, reason="村主席须回避")
    await done(system, next_up, "acceptMatter", case_id)
    await system.no_dead_letters()


async def test_what_is_made_private_later_passes_her_by(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C1)
    await name(system, place.exec_member, case_id, place.chair)
    assert await send(place.resident, "raiseClass", caseId=case_id, to="C2") is None
    await system.settle()
    await is_out(place.chair, case_id)
    assert await reads(place.township_chair, case_id)


async def test_she_may_be_of_a_level_that_it_comes_to(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C2)
    await done(system, place.chair, "acceptMatter", case_id)
    await up(system, place.chair, place.township_officer, case_id)
    await name(system, place.chair, case_id, place.township_chair)
    await is_out(place.township_chair, case_id)
    await acts(system, place.township_officer, case_id)
    await system.no_dead_letters()


async def test_a_sealed_matter_goes_to_the_officers_where_its_chair_is_the_party(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C3)
    members = (line(place.city_officer, Role.OFFICER), line(place.city_chair, Role.CHAIR))
    await put(system, place, federation_of(place.city), place.city, *members)
    await done(system, place.rights_officer, "acceptMatter", case_id)
    await up(system, place.rights_officer, place.city_chair, case_id, "NEEDS_EXPERTISE")
    await name(system, place.rights_officer, case_id, place.city_chair)
    await is_out(place.city_chair, case_id)
    await acts(system, place.city_officer, case_id)
    await system.no_dead_letters()


async def test_two_who_complain_of_each_other_are_not_joined(system: Harness, place: Place) -> None:
    """Each of them is answered in a matter of her own."""
    one, other = await reported(system, place, C1), await reported(system, place, C1, place.neighbour)
    await name(system, place.resident, one, place.neighbour)
    for case_id, into in ((one, other), (other, one)):
        assert (await place.chair.do("mergeMatter", caseId=case_id, into=into)).code == "BARRED"
    await is_out(place.neighbour, one)
    assert await place.neighbour.case(other) is not None


@pytest.mark.parametrize("sub", [C1, C2])
async def test_where_the_chair_is_the_party_her_officers_sign(system: Harness, place: Place, sub: str) -> None:
    """As where no chair is in office: no matter waits for a signature that nobody may give."""
    case_id = await reported(system, place, sub)
    await done(system, place.chair, "acceptMatter", case_id)
    await up(system, place.chair, place.township_officer, case_id)
    await name(system, place.chair, case_id, place.township_chair)
    await acts(system, place.township_officer, case_id)
    signed = await done(system, place.township_officer, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert entries(signed)["TOWNSHIP"] == "PASSED_UP"
    await done(system, place.county_officer, "receive", case_id)
    await is_out(place.township_chair, case_id)
    await system.no_dead_letters()


async def test_of_a_private_matter_a_chair_outside_its_circle_signs_nothing(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C2)
    await done(system, place.chair, "acceptMatter", case_id)
    await up(system, place.chair, place.township_officer, case_id)
    chair = place.township_chair
    alone = await chair.do("changeCircle", caseId=case_id, remove=[chair.member, place.township_officer.member])
    assert alone.code == "CIRCLE_EMPTY", "the level that holds it must have somebody who may act"
    await done(system, chair, "changeCircle", case_id, remove=[chair.member])
    await acts(system, place.township_officer, case_id)
    signed = await done(system, place.township_officer, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert entries(signed)["TOWNSHIP"] == "PASSED_UP"
    await done(system, place.county_officer, "receive", case_id)
    await system.no_dead_letters()


async def test_where_the_rest_of_a_level_was_kept_out_it_surfaces_above(system: Harness, place: Place) -> None:
    """Nobody whom the circle's chair took out comes back by herself; the level above is told that nobody below may act."""
    case_id = await reported(system, place, C2)
    await done(system, place.chair, "acceptMatter", case_id)
    await up(system, place.chair, place.township_officer, case_id)
    await done(system, place.township_chair, "changeCircle", case_id, remove=[place.township_officer.member])
    await name(system, place.chair, case_id, place.township_chair)
    assert "NEW_MATTER" in await place.county_chair.inbox()
    assert await reads(place.county_chair, case_id)
    await system.advance(minutes=2)
    await done(system, place.county_chair, "takeOver", case_id, reason="乡里主席须回避")
    await acts(system, place.county_officer, case_id)
    assert not await reads(place.township_officer, case_id)
    await system.no_dead_letters()


@pytest.mark.parametrize("sub", [C1, C2])
async def test_an_answer_is_given_from_above_where_the_chair_below_is_the_party(
    system: Harness, place: Place, sub: str
) -> None:
    """As where nobody is in office there. The roster's timer finds her in office, and takes nothing back."""
    case_id = await reported(system, place, sub)
    await done(system, place.chair, "acceptMatter", case_id)
    await up(system, place.chair, place.township_officer, case_id)
    await name(system, place.township_officer, case_id, place.chair)
    await done(system, place.township_officer, "resolveMatter", case_id, evidence="已办结")
    assert "VACANT_BELOW" in await place.township_chair.inbox(), "the village owes an answer that nobody there may give"
    await system.advance(minutes=2)
    await done(system, place.township_chair, "takeOver", case_id, reason="村主席须回避")
    await done(system, place.township_officer, "giveFeedback", case_id, text="已处理完毕。")
    closed = await place.resident.do("rateMatter", caseId=case_id, score=5, solved=True)
    assert closed["state"] == "CLOSED"
    await is_out(place.chair, case_id)
    await system.settle()
    await system.no_dead_letters()


async def test_what_comes_down_to_a_party_is_told_to_who_looks_after_it(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C1)
    await done(system, place.chair, "acceptMatter", case_id)
    await up(system, place.chair, place.township_officer, case_id)
    await name(system, place.township_officer, case_id, place.chair)
    await done(system, place.township_officer, "returnDown", case_id, guidance="先开协商会")
    assert {"RETURNED", "VACANT_BELOW"} & set(await place.township_chair.inbox())
    assert "RETURNED" not in await place.chair.inbox()
    await done(system, place.township_chair, "takeOver", case_id, reason="村主席须回避")
    await system.no_dead_letters()


@pytest.mark.parametrize("sub", [C1, C2])
async def test_a_party_named_by_mistake_is_cleared(system: Harness, place: Place, sub: str) -> None:
    """By the chair who is none, or a level above; she has it in hand again, and what had surfaced is filled."""
    case_id = await reported(system, place, sub)
    await done(system, place.chair, "acceptMatter", case_id)
    assert "ClearParty" not in (await place.chair.case(case_id) or {})["allowedCommands"], "there is none"
    none = await place.chair.do("clearParty", caseId=case_id, member=place.chair.member)
    assert none.code == "MALFORMED"
    await name(system, place.resident, case_id, place.chair)
    await is_out(place.chair, case_id)
    others = (place.chair, place.resident, place.owner, place.exec_member, place.township_officer, place.county_chair)
    for who in (*others, place.sibling_chair):
        assert await send(who, "clearParty", caseId=case_id, member=place.chair.member) in DENIED, who.member
    assert "ClearParty" in (await place.township_chair.case(case_id) or {})["allowedCommands"]
    cleared = await done(system, place.township_chair, "clearParty", case_id, member=place.chair.member)
    assert "PartyCleared" in {each["kind"] for each in (await place.chair.case(case_id) or {})["timeline"]}
    assert await reads(place.chair, case_id)
    again = await place.township_chair.do("clearParty", caseId=case_id, member=place.chair.member)
    assert (again.code, cleared["level"]) == ("MALFORMED", "VILLAGE")
    await system.advance(minutes=2)
    assert "VacancyFilled" in {each["kind"] for each in (await place.chair.case(case_id) or {})["timeline"]}
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await system.no_dead_letters()
