"""Never a matter that nobody can act on (I1, I2, domain 1.2): it surfaces level by level until somebody may, who is told and may take it, or
the answer that is owed. Through the front door, on both systems."""

from typing import Any

import pytest

from services.contracts.commands.matters import MAX_CIRCLE
from services.contracts.organisation import Role, federation_of
from services.escalation import order_store, timers
from tests.access.world import DENIED, send
from tests.harness import Harness, Person, Place
from tests.orders import act, department, issue, matter, order
from tests.scenarios.test_handovers import C2, C3, line, put, reads
from tests.scenarios.test_ladder import acts, done, entries, up
from tests.scenarios.test_parties import C1, is_out, name, reported


async def at(system: Harness, place: Place, level: str, *members: dict[str, str]) -> None:
    """These alone are in office there, and escalation's timer has looked."""
    region = getattr(place, level)
    await put(system, place, federation_of(region), region, *members)
    await system.advance(minutes=2)


async def accepted(system: Harness, place: Place, sub: str) -> str:
    case_id = await reported(system, place, sub)
    await done(system, place.rights_officer if sub == C3 else place.chair, "acceptMatter", case_id)
    return case_id


async def may(who: Person, case_id: str) -> list[str]:
    case: dict[str, Any] = await who.case(case_id) or {}
    return list(case.get("allowedCommands", []))


@pytest.mark.parametrize("sub", [C1, C2])
@pytest.mark.parametrize("first", ["chair", "township_chair"])
async def test_parties_at_two_levels_leave_it_to_the_third(system: Harness, place: Place, sub: str, first: str) -> None:
    await at(system, place, "township", line(place.township_chair, Role.CHAIR))
    case_id = await accepted(system, place, sub)
    for who in (first, "township_chair" if first == "chair" else "chair"):
        await name(system, place.resident, case_id, place.people[who])
    assert (await place.county_chair.inbox()).count("VACANT_BELOW") == 1
    assert "TakeOver" in await may(place.county_chair, case_id)
    await done(system, place.county_chair, "takeOver", case_id, reason="下面两级均须回避")
    await acts(system, place.county_chair, case_id)
    for party in (place.chair, place.township_chair):
        await is_out(party, case_id)
    await system.no_dead_letters()


@pytest.mark.parametrize("why", ["party", "empty"])
@pytest.mark.parametrize("sub", [C1, C2])
async def test_where_it_surfaced_everybody_leaves(system: Harness, place: Place, why: str, sub: str) -> None:
    """It surfaces further; it is told to each level once, and again to one that has somebody again."""
    await at(system, place, "township", line(place.township_chair, Role.CHAIR))
    case_id = await accepted(system, place, sub)
    if why == "party":
        await name(system, place.resident, case_id, place.chair)
    else:
        await at(system, place, "village")
    assert (await place.township_chair.inbox()).count("VACANT_BELOW") == 1
    await at(system, place, "township")
    assert (await place.county_chair.inbox()).count("VACANT_BELOW") == 1
    await system.advance(minutes=5)
    assert (await place.county_chair.inbox()).count("VACANT_BELOW") == 1, "told once"
    assert "TakeOver" in await may(place.county_chair, case_id)
    await at(system, place, "township", line(place.township_chair, Role.CHAIR))
    assert (await place.township_chair.inbox()).count("VACANT_BELOW") == 2, "it is hers to look after again"
    await done(system, place.township_chair, "takeOver", case_id, reason="村里无人可办")
    await system.no_dead_letters()


@pytest.mark.parametrize("first", ["rights_officer", "county_chair"])
async def test_a_sealed_matter_of_a_county_of_parties_goes_to_the_citys_chair(
    system: Harness, place: Place, first: str
) -> None:
    """Of the county only those count who may act on what is sealed: its officers may not."""
    case_id = await accepted(system, place, C3)
    for who in (first, "county_chair" if first == "rights_officer" else "rights_officer"):
        await name(system, place.resident, case_id, place.people[who])
    assert {"VACANT_BELOW", "SEALED_MATTER"} <= set(await place.city_chair.inbox())
    assert not await reads(place.county_officer, case_id)
    assert not await reads(place.city_officer, case_id)
    await done(system, place.city_chair, "takeOver", case_id, reason="县里均须回避")
    await acts(system, place.city_chair, case_id)
    await system.no_dead_letters()


@pytest.mark.parametrize("sub", [C1, C2])
async def test_where_the_chair_above_is_a_party_too_her_officers_take_it(
    system: Harness, place: Place, sub: str
) -> None:
    case_id = await reported(system, place, sub)
    await name(system, place.resident, case_id, place.chair)
    for command in ("TakeOver", "ClearParty"):
        assert command not in await may(place.township_officer, case_id), "that is for her chair"
    await name(system, place.resident, case_id, place.township_chair)
    assert "VACANT_BELOW" in await place.township_officer.inbox()
    assert {"TakeOver", "ClearParty"} <= set(await may(place.township_officer, case_id))
    assert (await place.county_officer.do("takeOver", caseId=case_id, reason="我来办")).code in DENIED
    await done(system, place.township_officer, "takeOver", case_id, reason="主席均须回避")
    await done(system, place.township_officer, "acceptMatter", case_id)
    await system.no_dead_letters()


async def test_an_officer_without_a_chair_looks_after_what_surfaced(system: Harness, place: Place) -> None:
    await at(system, place, "township", line(place.township_officer, Role.OFFICER))
    case_id = await accepted(system, place, C1)
    await name(system, place.resident, case_id, place.chair)
    assert "VACANT_BELOW" in await place.township_officer.inbox()
    await done(system, place.township_officer, "clearParty", case_id, member=place.chair.member)
    await acts(system, place.chair, case_id)
    assert "VacancyFilled" in {each["kind"] for each in (await place.chair.case(case_id) or {})["timeline"]}
    await name(system, place.resident, case_id, place.chair)
    await done(system, place.township_officer, "takeOver", case_id, reason="村主席须回避")
    await system.no_dead_letters()


async def test_an_answer_owed_by_who_was_taken_out_of_the_circle_is_given_above(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, C2)
    await up(system, place.chair, place.township_officer, case_id)
    await done(system, place.township_chair, "changeCircle", case_id, remove=[place.chair.member])
    await done(system, place.township_officer, "resolveMatter", case_id, evidence="已办结")
    assert "VACANT_BELOW" in await place.township_chair.inbox()
    await done(system, place.township_chair, "takeOver", case_id, reason="村里无人可答复")
    await done(system, place.township_officer, "giveFeedback", case_id, text="已处理完毕。")
    closed = await place.resident.do("rateMatter", caseId=case_id, score=5, solved=True)
    assert closed["state"] == "CLOSED"
    assert not await reads(place.chair, case_id)
    await system.settle()
    await system.no_dead_letters()


async def test_so_is_one_that_a_level_between_owes(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, C2)
    await up(system, place.chair, place.township_officer, case_id)
    await up(system, place.township_chair, place.county_officer, case_id)
    both = [place.township_chair.member, place.township_officer.member]
    await done(system, place.county_chair, "changeCircle", case_id, remove=both)
    await done(system, place.county_officer, "resolveMatter", case_id, evidence="已办结")
    assert "VACANT_BELOW" in await place.county_chair.inbox()
    await done(system, place.county_chair, "takeOver", case_id, reason="乡里无人可转达")
    await done(system, place.county_officer, "giveFeedback", case_id, text="已处理完毕。")
    await system.no_dead_letters()


async def test_what_is_handed_back_to_who_was_taken_out_surfaces_at_once(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, C2)
    await up(system, place.chair, place.township_officer, case_id)
    await done(system, place.township_chair, "changeCircle", case_id, remove=[place.chair.member])
    await done(system, place.township_officer, "returnDown", case_id, guidance="先调解")
    assert "VACANT_BELOW" in await place.township_chair.inbox()
    await done(system, place.township_chair, "takeOver", case_id, reason="村里无人可办")
    await system.no_dead_letters()


async def test_an_answer_that_a_staffed_level_owes_stays_its_own(system: Harness, place: Place) -> None:
    """Whatever was vacant before it moved on."""
    case_id = await accepted(system, place, C1)
    await at(system, place, "village")
    await done(system, place.township_chair, "takeOver", case_id, reason="村里无人任职")
    await at(system, place, "village", line(place.chair, Role.CHAIR))
    await up(system, place.township_chair, place.county_officer, case_id)
    await done(system, place.county_officer, "resolveMatter", case_id, evidence="已办结")
    assert "TakeOver" not in await may(place.county_chair, case_id)
    grabbed = await place.county_chair.do("takeOver", caseId=case_id, reason="由县里答复")
    assert grabbed.code == "STATE_DOES_NOT_FIT"
    await done(system, place.township_chair, "relayFeedback", case_id)
    await system.no_dead_letters()


async def test_a_chair_who_is_cleared_is_back_and_signs(system: Harness, place: Place) -> None:
    """Of a private matter she enters its circle again, whichever level holds it by then."""
    case_id = await accepted(system, place, C2)
    await up(system, place.chair, place.township_officer, case_id)
    await up(system, place.township_chair, place.county_officer, case_id)
    await name(system, place.resident, case_id, place.township_chair)
    assert not await reads(place.township_chair, case_id)
    await done(system, place.county_chair, "clearParty", case_id, member=place.township_chair.member)
    assert await reads(place.township_chair, case_id)
    await done(system, place.county_officer, "returnDown", case_id, guidance="先调解")
    await acts(system, place.township_officer, case_id)
    proposed = await done(system, place.township_officer, "passUp", case_id, reason="NEEDS_FUNDS")
    assert entries(proposed)["TOWNSHIP"] == "ACTING", "a word to the chair, who is in office and no party"
    assert "TO_SIGN" in await place.township_chair.inbox()
    await system.no_dead_letters()


async def test_that_officers_sign_for_a_party_is_told_to_them_and_above(system: Harness, place: Place) -> None:
    """Who names her own chair and signs does it under the eyes of the level above, which may take it back."""
    case_id = await accepted(system, place, C1)
    await up(system, place.chair, place.township_officer, case_id)
    await acts(system, place.township_officer, case_id)
    await done(system, place.township_officer, "passUp", case_id, reason="NEEDS_FUNDS")
    assert "TO_SIGN" in await place.township_chair.inbox()
    for _ in range(2):
        before = await place.county_chair.inbox()
        await name(system, place.township_officer, case_id, place.township_chair)
        assert (await place.township_officer.inbox())[0] == "CHAIR_BARRED"
        now = await place.county_chair.inbox()
        assert now[: len(now) - len(before)] == ["CHAIR_BARRED"]
        assert "ChairBarred" in {each["kind"] for each in (await place.county_chair.case(case_id) or {})["timeline"]}
        assert "ChairBarred" not in {each["kind"] for each in (await place.resident.case(case_id) or {})["timeline"]}
        await done(system, place.county_chair, "clearParty", case_id, member=place.township_chair.member)
    await done(system, place.township_chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await system.no_dead_letters()


async def test_of_a_private_matter_the_level_above_hears_it_and_reads_nothing(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, C2)
    await up(system, place.chair, place.township_officer, case_id)
    await name(system, place.township_officer, case_id, place.township_chair)
    assert await place.county_chair.inbox() == ["CHAIR_BARRED"]
    assert not await reads(place.county_chair, case_id)
    assert "CHAIR_BARRED" in await place.township_officer.inbox()
    await system.no_dead_letters()


async def test_whoever_looks_after_it_hears_what_the_council_proposes(system: Harness, place: Place) -> None:
    """Where no chair of the place may sign, the level above cannot either: it looks after the matter."""
    case_id = await accepted(system, place, C1)
    await acts(system, place.chair, case_id)
    await name(system, place.resident, case_id, place.chair)
    before = await place.township_chair.inbox()
    await done(system, place.council_member, "passUp", case_id, reason="NEEDS_FUNDS")
    now = await place.township_chair.inbox()
    assert now[: len(now) - len(before)] == ["VACANT_BELOW"]
    await system.no_dead_letters()


async def test_one_that_cannot_be_looked_at_keeps_no_other_back(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [await accepted(system, place, C1) for _ in range(2)]
    look = order_store.look

    async def failing(tx: Any, custody: Any, access: Any) -> Any:
        if custody.case_id == first:
            raise RuntimeError("a bug")
        return await look(tx, custody, access)

    monkeypatch.setattr(timers, "look", failing)
    await at(system, place, "village")
    assert "TakeOver" in await may(place.township_chair, second)
    assert "TakeOver" not in await may(place.township_chair, first)
    monkeypatch.setattr(timers, "look", look)
    await system.advance(minutes=2)
    assert "TakeOver" in await may(place.township_chair, first), "it is looked at again"
    assert (await place.township_chair.inbox()).count("VACANT_BELOW") == 2
    await system.no_dead_letters()


async def test_an_order_whose_issuers_office_was_left_is_the_holders(system: Harness, place: Place) -> None:
    """Another level holds the matter: without the issuer nobody could verify what was done, and the matter not be resolved."""
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    ended = (await issue(system, place.county_officer, case_id, department(place, "heating")))["orderId"]
    assert (await act(place.county_officer, "cancelOrder", ended, reason="重复")).code is None
    assert (await act(place.liaison, "signOrder", order_id)).code is None
    await system.settle()
    assert "VerifyOrder" not in (await order(place.chair, order_id) or {}).get("allowedCommands", [])
    await at(system, place, "county")
    assert (await place.chair.inbox()).count("ORDER_YOURS") == 1, "of the one that is not over"
    assert (await act(place.liaison, "reportDone", order_id, result="已修复", reply="已修好")).code is None
    await system.settle()
    await at(system, place, "county", line(place.county_chair, Role.CHAIR))
    assert (await act(place.county_chair, "verifyOrder", order_id)).code in DENIED, "it stays with whom it came to"
    assert (await act(place.chair, "verifyOrder", order_id)).code is None
    await system.settle()
    await done(system, place.chair, "resolveMatter", case_id, evidence="已修好")
    assert (await place.chair.inbox()).count("ORDER_YOURS") == 1
    await system.no_dead_letters()


async def test_so_is_one_that_was_issued_with_a_token_that_outlived_the_office(system: Harness, place: Place) -> None:
    """That the office was left is known by then: another matter surfaced from there."""
    await done(system, place.county_chair, "takeOver", await matter(system, place), reason="由县里办理")
    case_id = await matter(system, place)
    await at(system, place, "county")
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    await system.advance(minutes=2)
    its_order = await order(place.chair, order_id)
    assert its_order is not None
    assert its_order["issuer"]["code"] == federation_of(place.village)
    await system.advance(minutes=2)
    assert (await place.chair.inbox()).count("ORDER_YOURS") == 1
    await system.no_dead_letters()


@pytest.mark.parametrize("holder", ["village", "county"])
async def test_an_order_whose_issuer_may_not_act_is_the_holders(system: Harness, place: Place, holder: str) -> None:
    """Or its whom the matter surfaced to: the department is answered, and the matter can be resolved."""
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    if holder == "county":
        await done(system, place.county_chair, "takeOver", case_id, reason="由县里办理")
    for party in (place.county_officer, place.county_chair):
        await name(system, place.resident, case_id, party)
    assert "ORDER_YOURS" in await (place.chair if holder == "village" else place.city_chair).inbox()
    if holder == "county":
        await done(system, place.city_chair, "takeOver", case_id, reason="县里均须回避")
    who = place.chair if holder == "village" else place.city_officer
    objection = {"reason": "不属本部门职责", "legalBasis": "管理条例", "suggested": department(place, "heating")}
    assert (await act(place.liaison, "objectToOrder", order_id, **objection)).code is None
    await system.settle()
    assert "ORDER_OBJECTED" in await (place.chair if holder == "village" else place.city_chair).inbox()
    assert "DesignateOrder" in (await order(who, order_id) or {})["allowedCommands"]
    assert (await act(place.township_chair, "cancelOrder", order_id, reason="不该由乡里撤")).code in DENIED
    assert (await act(who, "designateOrder", order_id, reason="属于贵部门职责")).code is None
    await system.settle()
    assert (await act(who, "cancelOrder", order_id, reason="改由村里办理")).code is None
    await system.settle()
    await done(system, who, "resolveMatter", case_id, evidence="已办结")
    await system.no_dead_letters()


async def test_a_circle_filled_by_hand_has_room_for_the_levels(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, C2)
    full = [f"m_pro-{number}" for number in range(MAX_CIRCLE - 1)]
    await done(system, place.chair, "changeCircle", case_id, add=full)
    assert (await place.chair.do("changeCircle", caseId=case_id, add=["m_pro-more"])).code == "CIRCLE_FULL"
    await up(system, place.chair, place.township_officer, case_id)
    assert "NEW_MATTER" in await place.township_chair.inbox()
    assert await reads(place.township_chair, case_id)
    await done(system, place.township_chair, "changeCircle", case_id, remove=full[:1])
    more = await place.township_chair.do("changeCircle", caseId=case_id, add=["m_pro-more"])
    assert more.code == "CIRCLE_FULL", "whom somebody names finds it full"
    await system.no_dead_letters()


async def test_a_party_who_is_left_alone_in_office_is_nobody(system: Harness, place: Place) -> None:
    """Somebody else could act when she was named; that one has left since."""
    other = system.person(f"m_{place.village}-other", (Role.CHAIR, federation_of(place.village), place.village))
    await at(system, place, "village", line(place.chair, Role.CHAIR), line(other, Role.CHAIR))
    case_id = await accepted(system, place, C1)
    await name(system, place.resident, case_id, place.chair)
    await system.advance(minutes=2)
    assert "VACANT_BELOW" not in await place.township_chair.inbox()
    await at(system, place, "village", line(place.chair, Role.CHAIR))
    assert "VACANT_BELOW" in await place.township_chair.inbox()
    await done(system, place.township_chair, "takeOver", case_id, reason="村主席须回避")
    await system.no_dead_letters()


async def test_an_officer_who_alone_is_of_the_circle_takes_what_surfaced(system: Harness, place: Place) -> None:
    """Her chair is in office and no party, and was not let in."""
    case_id = await accepted(system, place, C2)
    await done(system, place.chair, "changeCircle", case_id, add=[place.township_officer.member])
    await up(system, place.chair, place.township_officer, case_id)
    await done(system, place.township_officer, "resolveMatter", case_id, evidence="已办结")
    await name(system, place.resident, case_id, place.chair)
    there = [who for who in (place.township_chair, place.township_officer) if "TakeOver" in await may(who, case_id)]
    assert there, "somebody may give the answer"
    await done(system, there[0], "takeOver", case_id, reason="村主席须回避")
    await done(system, place.township_officer, "giveFeedback", case_id, text="已处理完毕。")
    await system.no_dead_letters()


async def test_what_is_sealed_names_no_village_that_was_vacant(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, C1)
    await at(system, place, "village")
    assert await send(place.resident, "raiseClass", caseId=case_id, to="C3") is None
    await system.settle()
    rows = await system.rows("escalation", "SELECT topic, value FROM outbox WHERE key = :key", key=case_id)
    told = [
        row.value if isinstance(row.value, str) else bytes(row.value).decode() for row in rows if "sealed" in row.topic
    ]
    assert told
    assert not [each for each in told if place.village in each]


async def test_whoever_took_it_first_and_may_not_act_holds_it_from_nobody(system: Harness, place: Place) -> None:
    """Of several who were alerted at once the first has it while she is in time; if she may act."""
    await at(system, place, "township", line(place.township_chair, Role.CHAIR))
    case_id = await accepted(system, place, C1)
    await done(system, place.chair, "setUrgency", case_id, to="RED")
    await done(system, place.chair, "alertInParallel", case_id)
    await done(system, place.township_chair, "takeOver", case_id, reason="我来办")
    assert (await place.county_chair.do("takeOver", caseId=case_id, reason="我来办")).code == "TAKEN"
    await name(system, place.resident, case_id, place.township_chair)
    assert "VACANT_BELOW" in await place.county_chair.inbox()
    await done(system, place.county_chair, "takeOver", case_id, reason="乡主席须回避")
    await system.no_dead_letters()
