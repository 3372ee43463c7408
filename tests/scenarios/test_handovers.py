"""A private matter outlives who handles it (I1, domain 1.2): whoever takes office enters the circles that its node fills, whoever left it
leaves them. Through the front door, on both systems."""

from datetime import timedelta
from typing import Any

import pytest

from services.chassis.transaction import Transaction
from services.contracts.organisation import Role, federation_of, rights_department_of
from services.intake import store, timers
from services.intake.rules.case import Case, Moved
from tests.harness import SINCE, Harness, Person, Place
from tests.scenarios.councils import DONE
from tests.scenarios.test_ladder import accepted, done, up

IMPORTED = "{ __typename ... on Refusal { code } }"
VISITED = {"action": "VISIT", "note": "已走访"}
C2, C3 = "MARITAL_CONFLICT", "DOMESTIC_VIOLENCE"


def line(who: Person, role: Role, **term: str) -> dict[str, str]:
    """Her line in a node."""
    return {"member": who.member, "role": role.value, "since": SINCE, **term}


async def put(system: Harness, place: Place, node: str, region: str, *members: dict[str, str], **given: Any) -> None:
    """A node is stated anew, and intake's timer has looked."""
    stated = {"id": node, "kind": "FEDERATION", "region": region, "name": node, "members": list(members), **given}
    assert (await place.operator.do("putNode", returns=DONE, node=stated)).code is None
    await system.settle()
    await system.advance(seconds=15)


def office(place: Place, private: str) -> tuple[str, str, Role]:
    """Where a private matter is handled first."""
    if private == C3:
        return rights_department_of(place.county), place.county, Role.RIGHTS_OFFICER
    return federation_of(place.village), place.village, Role.CHAIR


def new(system: Harness, place: Place, private: str, name: str = "new") -> Person:
    """Somebody who comes into that office."""
    node, region, role = office(place, private)
    return system.person(f"m_{place.village}-{name}", (role, node, region))


async def reported(system: Harness, place: Place, private: str) -> str:
    answer = await place.resident.report(place, subCategory=private, urgency=None, relation="OWN")
    assert answer.code is None, answer
    await system.settle()
    return str(answer["caseId"])


async def circle_facts(system: Harness, case_id: str) -> int:
    """How often it was told that others handle it."""
    query = "SELECT count(*) AS n FROM outbox WHERE key = :key AND headers LIKE '%circle-changed%'"
    return int((await system.rows("intake", query, key=case_id))[0].n)


async def reads(who: Person, case_id: str) -> bool:
    """Whether she reads its words."""
    query = "query($id: String!) { case(caseId: $id) { narrative } }"
    return bool(((await who.ask(query, {"id": case_id}))["case"] or {}).get("narrative"))


async def has_gone(system: Harness, leaver: Person, case_id: str) -> None:
    """While her old token lives she reads no word of it and may do nothing, and without it there is no such matter for her."""
    assert not await reads(leaver, case_id)
    assert ((await leaver.case(case_id)) or {}).get("allowedCommands", []) == []
    assert await system.person(leaver.member, (Role.RESIDENT, "n_g-elsewhere", "210000000000")).case(case_id) is None
    for command in ("acceptMatter", "acknowledge"):
        assert (await leaver.do(command, caseId=case_id)).code in {"CASE_NOT_FOUND", "NOT_PERMITTED"}, command


def running(case: dict[str, Any]) -> set[tuple[str, str]]:
    return {(clock["stage"], clock["dueAt"]) for clock in case["clocks"] if clock["state"] == "RUNNING"}


@pytest.mark.parametrize("private", [C2, C3])
async def test_who_takes_office_before_it_is_accepted_takes_it_on(system: Harness, place: Place, private: str) -> None:
    leaver = place.chair if private == C2 else place.rights_officer
    case_id = await reported(system, place, private)
    before = await leaver.case(case_id)
    assert before is not None
    node, region, role = office(place, private)
    successor = new(system, place, private)
    await put(system, place, node, region, line(successor, role))

    assert await successor.inbox() == ["SEALED_MATTER" if private == C3 else "NEW_MATTER"]
    now = await successor.case(case_id)
    assert now is not None
    assert (now["state"], now["holder"]) == (before["state"], before["holder"])
    assert running(now) == running(before)
    assert running(now)
    assert "AcceptMatter" in now["allowedCommands"]
    await has_gone(system, leaver, case_id)
    told = await leaver.inbox()
    await system.advance(hours=48)
    assert "OVERDUE" in await successor.inbox()
    assert await leaver.inbox() == told, "what comes later is not hers to hear"
    await done(system, successor, "acceptMatter", case_id)
    assert (await place.resident.case(case_id) or {})["state"] == "ACCEPTED"
    await system.no_dead_letters()


@pytest.mark.parametrize("private", [C2, C3])
async def test_who_takes_office_after_it_was_accepted_works_on(system: Harness, place: Place, private: str) -> None:
    leaver = place.chair if private == C2 else place.rights_officer
    case_id = await reported(system, place, private)
    await done(system, leaver, "acceptMatter", case_id)
    before = await leaver.case(case_id)
    assert before is not None
    node, region, role = office(place, private)
    successor = new(system, place, private)
    await put(system, place, node, region, line(successor, role))

    now = await successor.case(case_id)
    assert now is not None
    assert (now["state"], now["holder"], running(now)) == ("ACCEPTED", before["holder"], running(before))
    await has_gone(system, leaver, case_id)
    assert (await leaver.do("recordAction", caseId=case_id, action="VISIT", note="已走访")).code is not None
    await done(system, successor, "recordAction", case_id, action="VISIT", note="已走访")
    await done(system, successor, "resolveMatter", case_id, evidence="已调解")
    await system.no_dead_letters()


async def test_an_import_and_the_end_of_a_term_hand_over_too(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C2)
    node, _, role = office(place, C2)
    deputy = new(system, place, C2, "deputy")
    ends = (system.clock.now() + timedelta(hours=3)).isoformat()
    lines = [{"node": node, "member": deputy.member, "role": role.value, "since": SINCE, "until": ends}]
    answer = await place.operator.do("importMembers", returns=IMPORTED, members=lines)
    assert answer.code is None, answer
    await system.settle()
    await system.advance(seconds=15)
    assert await reads(deputy, case_id)
    assert await reads(place.chair, case_id), "she is still in office"
    await system.advance(hours=4)
    await has_gone(system, deputy, case_id)
    assert await reads(place.chair, case_id)
    await system.no_dead_letters()


async def test_nothing_is_told_where_nobody_comes_or_goes(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C2)
    node, region, role = office(place, C2)
    other = system.person(f"m_{place.village}-more", (Role.EXEC_MEMBER, node, region))
    chair = line(place.chair, role)
    facts = await circle_facts(system, case_id)
    await put(system, place, node, region, chair, name="新名字")
    await put(system, place, node, region, chair, line(other, Role.EXEC_MEMBER))
    group = [line(place.neighbour, Role.RESIDENT), line(place.owner, Role.GROUP_OWNER)]
    await put(system, place, place.group, place.village, *group, kind="GROUP")
    assert (await system.rows("intake", "SELECT count(*) AS n FROM turnover WHERE node = :node", node=node))[0].n == 0
    await put(system, place, node, region, line(place.chair, role, until="2099-01-01T00:00:00+08:00"))
    assert await circle_facts(system, case_id) == facts
    assert await reads(place.chair, case_id)
    assert not await reads(other, case_id)
    await system.no_dead_letters()


async def test_who_was_named_by_hand_stays(system: Harness, place: Place) -> None:
    """Her office is not why she is of the circle; whom the chair took out does not come back by office."""
    case_id = await reported(system, place, C2)
    node, region, role = office(place, C2)
    first, second = new(system, place, C2, "first"), new(system, place, C2, "second")
    await done(system, place.chair, "changeCircle", case_id, add=[place.exec_member.member, first.member])
    chair = line(place.chair, role)
    await put(system, place, node, region, chair, line(first, role), line(second, role))
    assert await reads(second, case_id)
    await done(system, place.chair, "changeCircle", case_id, remove=[second.member])
    await put(system, place, node, region, chair, line(second, role))
    assert not await reads(second, case_id)
    for who in (place.chair, place.exec_member, first):
        assert await reads(who, case_id), who
    await system.no_dead_letters()


@pytest.mark.parametrize("private", [C2, C3])
async def test_without_a_successor_the_next_level_enters_until_there_is_one(
    system: Harness, place: Place, private: str
) -> None:
    leaver = place.chair if private == C2 else place.rights_officer
    case_id = await reported(system, place, private)
    node, region, role = office(place, private)
    await put(system, place, node, region)
    above = place.township_chair if private == C2 else place.county_chair
    assert await reads(above, case_id)
    await has_gone(system, leaver, case_id)
    await system.advance(minutes=2)
    successor = new(system, place, private)
    await put(system, place, node, region, line(successor, role))
    assert (await successor.case(case_id) or {})["holder"]["code"] == node
    await done(system, successor, "acceptMatter", case_id)
    await system.no_dead_letters()


async def test_a_level_that_it_came_to_changes_its_people(system: Harness, place: Place) -> None:
    """Above the village too; nobody else of the ladder enters by it."""
    case_id = await accepted(system, place, subCategory=C2)
    await up(system, place.chair, place.township_chair, case_id)
    node = federation_of(place.township)
    successor = system.person(f"m_{place.township}-new", (Role.CHAIR, node, place.township))
    officer = line(place.township_officer, Role.OFFICER)
    await put(system, place, node, place.township, officer, line(successor, Role.CHAIR))
    assert (await successor.case(case_id) or {})["holder"]["code"] == node
    await has_gone(system, place.township_chair, case_id)
    assert await reads(place.chair, case_id)
    assert not await reads(place.county_chair, case_id)
    await done(system, successor, "recordAction", case_id, action="VISIT", note="已走访")
    await system.no_dead_letters()


@pytest.mark.parametrize("private", [C2, C3])
async def test_what_is_opened_again_is_for_who_is_in_office_then(system: Harness, place: Place, private: str) -> None:
    leaver = place.chair if private == C2 else place.rights_officer
    case_id = await reported(system, place, C2 if private == C2 else "STALKING_PRIVACY")
    await done(system, place.resident, "withdrawMatter", case_id)
    node, region, role = office(place, private)
    successor = new(system, place, private)
    facts = await circle_facts(system, case_id)
    await put(system, place, node, region, line(successor, role))
    assert await circle_facts(system, case_id) == facts, "nobody handles what has ended"
    await done(system, place.resident, "reopenMatter", case_id, reason="又来了")
    assert await reads(successor, case_id)
    await has_gone(system, leaver, case_id)
    await done(system, successor, "recordAction", case_id, action="VISIT", note="已走访")
    await system.no_dead_letters()


async def test_a_sealed_matter_comes_to_the_officers_of_a_level_without_a_chair(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, C3)
    await put(system, place, federation_of(place.city), place.city, line(place.city_officer, Role.OFFICER))
    for mutation, words in (("acceptMatter", {}), ("recordAction", VISITED), ("passUp", {"reason": "NEEDS_EXPERTISE"})):
        await done(system, place.rights_officer, mutation, case_id, **words)
    assert "SEALED_MATTER" in await place.city_officer.inbox()
    await done(system, place.city_officer, "receive", case_id)
    await done(system, place.city_officer, "recordAction", case_id, **VISITED)
    members = (line(place.city_officer, Role.OFFICER), line(place.city_chair, Role.CHAIR))
    await put(system, place, federation_of(place.city), place.city, *members)
    assert await reads(place.city_chair, case_id)
    await has_gone(system, place.city_officer, case_id)
    await system.no_dead_letters()


async def test_many_matters_go_page_by_page_and_one_that_fails_stops_none(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [await reported(system, place, C2) for _ in range(5)]
    node, region, role = office(place, C2)
    successor = new(system, place, C2)
    right, fails = store.handed_over, sorted(cases)[1]

    async def broken(tx: Transaction, case: Case, turned: str | None = None) -> tuple[Moved, bool]:
        if case.case_id == fails:
            raise RuntimeError("broken")
        return await right(tx, case, turned)

    monkeypatch.setattr(timers, "PAGE", 2)
    monkeypatch.setattr(timers, "handed_over", broken)
    await put(system, place, node, region, line(successor, role))
    assert [await reads(successor, each) for each in cases] == [each != fails for each in cases]
    monkeypatch.setattr(timers, "handed_over", right)
    await system.advance(hours=2)
    assert await reads(successor, fails)
    assert not await reads(place.chair, fails)
    await system.no_dead_letters()
