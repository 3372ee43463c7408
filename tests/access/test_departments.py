"""A department can enumerate its own orders and read nothing else (I11, V3): GraphQL, `node`, subscriptions, inboxes, packages, topics."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from services.chassis.calls import RefusedElsewhere
from services.contracts import topics
from services.contracts.events.intake import AccessChanged
from services.contracts.organisation import Role, federation_of
from services.contracts.refusals import Refused
from services.intake.rules.case import Case
from tests.access.world import DENIED, SUBS, send
from tests.gateway.test_subscriptions import address, nothing, pushed, subscribed
from tests.harness import Harness, Person, Place, key
from tests.orders import ANSWER, act, department, done, issue, listed, matter, order, package

__all__ = ["address"]
CHANGED = """subscription($order: String, $department: String) { workOrderChanged(orderId: $order, department: $department) {
  step order { orderId state caseId } } }"""
SECRET = "三号楼前的反映原文"


def relay(kind: str, name: str) -> str:
    return base64.b64encode(f"{kind}:{name}".encode()).decode()


async def test_a_department_sees_its_own_orders_and_nothing_beside(system: Harness, place: Place) -> None:
    case_id = await matter(system, place, narrative=SECRET, reporter={"name": "反映人称呼", "phone": "13900001111"})
    mine = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    theirs = (await issue(system, place.county_officer, case_id, department(place, "heating")))["orderId"]
    assert [each["orderId"] for each in await listed(place.liaison)] == [mine]
    assert [each["orderId"] for each in await listed(place.second_liaison)] == [mine]
    assert [each["orderId"] for each in await listed(place.heating_liaison)] == [theirs]
    assert await listed(place.township_liaison) == []
    assert await order(place.liaison, theirs) is None
    for kind, name in (("WorkOrder", theirs), ("Case", case_id)):
        found = await place.liaison.ask("query($id: ID!) { node(id: $id) { id } }", {"id": relay(kind, name)})
        assert found["node"] is None
    assert (await place.liaison.ask("query($id: ID!) { node(id: $id) { id } }", {"id": relay("WorkOrder", mine)}))[
        "node"
    ]
    assert await place.liaison.case(case_id) is None
    everything = json.dumps([await order(place.liaison, mine), await listed(place.liaison)], ensure_ascii=False)
    inbox = await place.liaison.raw("{ me { inbox { edges { node { kind caseId caseNumber orderId } } } } }")
    entries = [edge["node"] for edge in inbox["data"]["me"]["inbox"]["edges"]]
    assert entries == [{"kind": "ORDER_ISSUED", "caseId": None, "caseNumber": None, "orderId": mine}]
    for word in (case_id, "反映人称呼", "13900001111", SECRET):
        assert word not in everything + json.dumps(inbox)
    for query in (
        "cases(first: 100) { edges { node { caseId } } }",
        f'counts(region: "{place.county}", month: "2026-11") {{ count }}',
    ):
        found = await place.liaison.raw("{ " + query + " }")
        assert case_id not in json.dumps(found)
    refused = await place.liaison.raw(
        "query($c: String!, $d: String!) { disclosurePackage(caseId: $c, department: $d) { signature } }",
        {"c": case_id, "d": department(place)},
    )
    assert refused["errors"][0]["extensions"]["code"] == "CASE_NOT_FOUND"


async def test_an_order_of_another_department_cannot_be_told_from_none(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    theirs = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    nobody = theirs[:-6] + "000000"
    for order_id in (theirs, nobody):
        answers = [
            await act(place.heating_liaison, "signOrder", order_id),
            await act(place.sibling_chair, "urgeOrder", order_id),
            await act(place.city_officer, "cancelOrder", order_id, reason="x"),
        ]
        assert [(each.code, each["messageZh"]) for each in answers] == [("NOT_FOUND", "没有找到：交办单。")] * 3


async def test_who_of_the_federation_sees_an_order(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    may = {"county_officer", "county_chair", "township_officer", "township_chair", "chair", "rights_officer"}
    for who, person in place.people.items():
        seen = await order(person, order_id)
        if person in (place.liaison, place.second_liaison):
            assert seen is not None
            assert seen["caseId"] is None
        elif who in may:
            assert seen is not None, who
            assert seen["caseId"] == case_id
        else:
            assert seen is None, who
            assert await listed(person) == [], who


async def test_of_a_private_matter_the_circle_alone_and_of_a_sealed_one_no_order_at_all(
    system: Harness, place: Place
) -> None:
    case_id = await matter(system, place, "C2", urgency=None, narrative=SECRET)
    letter = await issue(system, place.chair, case_id, department(place), letter=True)
    assert letter.code is None, letter
    assert await order(place.city_officer, letter["orderId"]) is None
    assert await order(place.chair, letter["orderId"]) is not None
    assert await order(place.liaison, letter["orderId"]) is not None
    assert [line["field"] for line in letter["package"]] == ["MATTER_TYPE", "LOCATION", "URGENCY", "DESK"]
    assert SECRET not in str(letter["package"]), (
        "of a private matter a department reads what the officer wrote for it, no more"
    )
    sealed = (await place.resident.report(place, subCategory=SUBS["C3"], urgency=None))["caseId"]
    await system.settle()
    with pytest.raises(AssertionError, match="CASE_NOT_FOUND"):
        await package(place.rights_officer, sealed, department(place))
    forged = await package(place.county_officer, await matter(system, place), department(place))
    answer = await place.rights_officer.do(
        "issueOrder", returns=ANSWER, caseId=sealed, lead=forged, demand="x", legalBasis="x"
    )
    assert answer.code == "NOT_WHEN_SEALED"


async def test_subscriptions_push_her_own_orders_and_no_others(system: Harness, place: Place, address: str) -> None:
    case_id = await matter(system, place)
    async with (
        subscribed(address, place.liaison, CHANGED, department=department(place)) as hers,
        subscribed(address, place.heating_liaison, CHANGED, department=department(place)) as others,
    ):
        order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
        told = await pushed(hers, "workOrderChanged")
        assert told == {"step": "ISSUED", "order": {"orderId": order_id, "state": "ISSUED", "caseId": None}}
        await nothing(others)
        async with subscribed(address, place.heating_liaison, CHANGED, order=order_id) as spying:
            assert (await act(place.liaison, "signOrder", order_id)).code is None
            assert (await pushed(hers, "workOrderChanged"))["step"] == "SIGNED"
            await nothing(spying)


async def test_a_package_says_what_the_departments_type_allows(system: Harness, place: Place) -> None:
    words: dict[str, Any] = {
        "narrative": "张某家门口地面塌陷，联系 13900001111",
        "place": "三号楼前",
        "reporter": {"name": "张某", "phone": "13900001111"},
    }
    told = await matter(system, place, mayContact=True, **words)
    by_field = {
        line["field"]: line["text"] for line in (await package(place.county_officer, told, department(place)))["lines"]
    }
    assert by_field["REPORTER_CONTACT"] == "13900001111"
    assert by_field["SUMMARY"] == "聚果园跟前地面塌陷", "the approved summary of a C0 matter"
    silent = await matter(system, place, **words)
    found = await package(place.county_officer, silent, department(place))
    assert "13900001111" not in json.dumps(found)
    assert "张某" not in json.dumps(found, ensure_ascii=False)
    private = await matter(system, place, "C1", **words)
    found = await package(place.county_officer, private, department(place))
    by_field = {line["field"]: line["text"] for line in found["lines"]}
    assert "SUMMARY" not in by_field, "masking knows no names but those of the case: the officer writes her own"
    for who in (
        "resident",
        "owner",
        "exec_member",
        "council_member",
        "city_officer",
        "sibling_chair",
        "liaison",
        "inspector",
    ):
        with pytest.raises(AssertionError, match="CASE_NOT_FOUND"):
            await package(place.people[who], told, department(place))
    with pytest.raises(AssertionError, match="UNKNOWN_NODE"):
        await package(place.county_officer, told, f"n_fed-{place.county}")
    rows = await system.rows("intake", "SELECT fields FROM access_log WHERE case_id = :c", c=told)
    assert "package WATER" in {row.fields for row in rows}


async def test_a_department_that_an_operator_states_is_told_what_its_type_allows(system: Harness, place: Place) -> None:
    """The same department, stated again as another kind of office, is told other things."""
    case_id = await matter(system, place)
    node = {"id": f"n_dept-stated-{place.county}", "kind": "DEPARTMENT", "region": place.county, "name": "县某局"}
    for what, fields in (
        ("WATER", {"MATTER_TYPE", "LOCATION", "SUMMARY", "URGENCY", "DESK"}),
        ("PROCURATORATE", {"MATTER_TYPE", "DESK"}),
    ):
        assert await send(system.operator, "putNode", node={**node, "department": what}) is None
        await system.settle()
        named = await place.liaison.ask(
            "query($id: ID!) { node(id: $id) { ... on OrgNode { kind department } } }",
            {"id": relay("OrgNode", node["id"])},
        )
        assert named["node"] == {"kind": "DEPARTMENT", "department": what}
        built = await package(place.county_officer, case_id, node["id"])
        told = {line["field"] for line in built["lines"]}
        assert "DESK" in told <= fields, told
        assert ("SUMMARY" in told) == ("SUMMARY" in fields)
    lead = await package(place.county_officer, case_id, node["id"])
    answer = await place.county_officer.do(
        "issueOrder", returns=ANSWER, caseId=case_id, lead=lead, demand="请依法监督", legalBasis="第七十七条"
    )
    assert answer.code is None, answer
    await system.settle()


async def test_what_intake_has_not_signed_is_refused(system: Harness, place: Place) -> None:
    case_id, other = await matter(system, place), await matter(system, place)
    good = await package(place.county_officer, case_id, department(place))
    given = {"caseId": case_id, "legalBasis": "条例", "demand": "修复", "returns": ANSWER}
    changed = {**good, "lines": [*good["lines"], {"field": "SUMMARY", "text": "反映人住三单元"}]}
    elsewhere = {**good, "department": department(place, "heating")}
    for lead in (
        changed,
        elsewhere,
        {**good, "signature": "0" * 64},
        await package(place.county_officer, other, department(place)),
    ):
        assert (await place.county_officer.do("issueOrder", lead=lead, **given)).code == "PACKAGE_NOT_SIGNED"
    roads = await package(place.township_officer, case_id, department(place, "roads"))
    assert (await place.county_officer.do("issueOrder", lead=roads, **given)).code == "WRONG_DEPARTMENT"
    assert (await place.county_officer.do("issueOrder", lead=good, co=[good], **given)).code == "WRONG_DEPARTMENT"
    system.clock.advance(timedelta(days=2))
    assert (await place.county_officer.do("issueOrder", lead=good, **given)).code == "PACKAGE_NOT_SIGNED"


ISSUER = {"county_officer", "county_chair"}
INVOLVED = {*ISSUER, "township_officer", "township_chair"}
LIAISONS = {"liaison", "second_liaison"}
ORACLE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "signOrder": ({}, LIAISONS),
    "objectToOrder": ({"reason": "x", "legalBasis": "x", "suggested": "n_dept-x"}, LIAISONS),
    "requestExtension": ({"days": 1, "reason": "x"}, LIAISONS),
    "reportProgress": ({"note": "x"}, LIAISONS),
    "reportDone": ({"result": "x", "reply": "x"}, LIAISONS),
    "explainImpossible": ({"reason": "x", "plan": "x", "reply": "x"}, LIAISONS),
    "markNotApplicable": ({"reason": "x"}, LIAISONS),
    "designateOrder": ({"reason": "x"}, ISSUER),
    "decideExtension": ({"granted": True, "reason": "x"}, ISSUER),
    "verifyOrder": ({}, {*ISSUER, "chair"}),
    "reworkOrder": ({"reason": "x"}, ISSUER),
    "urgeOrder": ({}, {*INVOLVED, "chair"}),
    "superviseOrder": ({"reason": "x"}, INVOLVED),
    "giveArt73Opinion": ({"facts": "x", "demand": "x"}, INVOLVED),
    "requestInspection": ({"reason": "x"}, INVOLVED),
    "pauseOrder": ({"reason": "SEASONAL"}, ISSUER),
    "resumeOrder": ({}, ISSUER),
    "cancelOrder": ({"reason": "x"}, ISSUER),
}
"""By hand from domain 1.3 and 2.5: whom the door lets through to the rule, of an order that the county has issued. The village's chair may
verify on site and urge; the township is informed."""


async def test_every_order_command_as_everybody(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    given = await package(place.county_officer, case_id, department(place))
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    before = await system.snapshot()
    tried: dict[str, tuple[dict[str, Any], set[str]]] = {**ORACLE, "reissueOrder": ({"package": given}, ISSUER)}
    for name, (words, may) in tried.items():
        for who, person in place.people.items():
            if who not in may:
                assert await send(person, name, orderId=order_id, **words) in DENIED, (name, who)
        assert await send(system.anonymous, name, orderId=order_id, **words) == "UNAUTHENTICATED"
    for who, person in place.people.items():
        if who not in {*INVOLVED, "chair"}:
            words = {"caseId": case_id, "lead": given, "legalBasis": "x", "demand": "x"}
            assert await send(person, "issueOrder", **words) in DENIED, who
    await system.settle()
    assert await system.snapshot() == before, "a refused command left something behind"
    for name, (words, may) in tried.items():
        for who in may:
            code = await send(place.people[who], name, orderId=order_id, **words)
            assert code not in DENIED, (name, who, code)
    await system.settle()


async def test_allowed_commands_of_an_order_are_what_is_done(system: Harness, place: Place) -> None:
    """What is listed is done; what is not listed is refused, and says what fits."""
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    for step in ("", "signOrder", "reportProgress"):
        if step:
            assert await send(place.liaison, step, orderId=order_id, **ORACLE[step][0]) is None
        for who in ("liaison", "county_officer", "county_chair", "township_officer", "chair"):
            seen = await order(place.people[who], order_id)
            assert seen is not None
            for name, (words, _) in ORACLE.items():
                if name[0].upper() + name[1:] not in seen["allowedCommands"]:
                    code = await send(place.people[who], name, orderId=order_id, **words)
                    assert code is not None, f"{who} may {name} and was not told so"


async def test_one_reference_of_a_department_is_one_action(system: Harness, place: Place) -> None:
    """(department, external reference, command): another liaison with another key gets the same answer; another department is another."""
    case_id = await matter(system, place)
    lead = await issue(system, place.county_officer, case_id, department(place), department(place, "heating"))
    ids = {each["department"]["code"]: each["orderId"] for each in await listed(place.county_officer)}
    mine, theirs = lead["orderId"], ids[department(place, "heating")]
    ref = f"WT-2026/{key()}"
    first = await act(place.liaison, "signOrder", mine, externalRef=ref)
    again = await act(place.second_liaison, "signOrder", mine, externalRef=ref)
    assert first.code is None
    assert (again.code, again["version"]) == (None, first["version"])
    other = await act(place.heating_liaison, "signOrder", theirs, externalRef=ref)
    assert (other.code, other["department"]["code"]) == (None, department(place, "heating"))
    assert (await act(place.liaison, "signOrder", theirs, externalRef=ref)).code == "KEY_REUSED"
    assert (await act(place.liaison, "reportProgress", mine, note="一", externalRef=ref)).code is None
    assert (await act(place.second_liaison, "reportProgress", mine, note="二", externalRef=ref)).code == "KEY_REUSED"
    hers = await order(place.liaison, mine)
    assert hers is not None
    assert [note["text"] for note in hers["notes"]] == ["一"]
    assert (await act(place.liaison, "signOrder", mine, externalRef="有字")).code == "MALFORMED"


async def test_a_departments_system_catches_up_with_what_has_changed(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    ids = [(await issue(system, place.county_officer, case_id, department(place)))["orderId"] for _ in range(7)]
    assert [each["orderId"] for each in await listed(place.liaison)] == sorted(ids)
    system.clock.advance(timedelta(minutes=1))
    since = system.clock.now().isoformat()
    await done(system, place.liaison, ids[2])
    assert (await act(place.liaison, "signOrder", ids[0])).code is None
    changed = {each["orderId"] for each in await listed(place.liaison, since=since)}
    assert changed == {ids[0], ids[2]}


async def test_no_word_of_anybody_is_on_the_topic_of_orders(system: Harness, place: Place) -> None:
    case_id = await matter(system, place, narrative=SECRET)
    order_id = (await issue(system, place.county_officer, case_id, department(place), demand="请即修复甲"))["orderId"]
    await done(system, place.liaison, order_id, internalNote="内部说明乙")
    name = topics.ESCALATION_ORDER.in_cell("21")
    rows = await system.rows("escalation", "SELECT value FROM outbox WHERE topic = :t AND key = :k", t=name, k=order_id)
    assert len(rows) == 3
    for row in rows:
        value = bytes(row.value).decode()
        for word in ("请即修复甲", "内部说明乙", "已修复", "m_", SECRET, place.group):
            assert word not in value


async def test_words_are_fetched_in_one_call_for_a_page(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    for _ in range(3):
        await issue(system, place.county_officer, case_id, department(place))
    calls = system.system.wiring.calls
    assert calls is not None
    asked: list[str] = []
    real = calls.query

    async def counting(service: str, name: str, asked_for: Any, token: str) -> Any:
        asked.append(f"{service} {name}")
        return await real(service, name, asked_for, token)

    calls.query = counting  # type: ignore[method-assign,assignment]
    try:
        await place.liaison.ask(
            "{ workOrders { edges { node { package { text } demand legalBasis notes { text } peers { role } } } } }"
        )
    finally:
        calls.query = real  # type: ignore[method-assign]
    assert asked == ["escalation order-texts"]
    for person, many in ((place.liaison, 3), (place.heating_liaison, 0)):
        assert await texts(system, person, [each["orderId"] for each in await listed(place.liaison)]) == many
    rows = await system.rows("escalation", "SELECT fields FROM access_log WHERE case_id = :c", c=case_id)
    assert {row.fields for row in rows} >= {"order DEPARTMENT"}


async def texts(system: Harness, person: Person, order_ids: list[str]) -> int:
    """How many of these a person gets from escalation itself, past the gateway."""
    calls = system.system.wiring.calls
    assert calls is not None
    try:
        answer = await calls.query("escalation", "order-texts", {"orderIds": order_ids}, person.token())
    except (Refused, RefusedElsewhere):
        return 0
    return len(answer["orders"])


async def test_a_party_is_told_nothing_though_she_is_a_liaison(system: Harness, place: Place) -> None:
    """Barred, whatever her role (I6)."""
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    async with system.room("intake").transaction() as tx:
        case = await tx.load(Case, case_id)
        barred = case.after(barred=(place.liaison.member,))
        await tx.save(barred)
        tx.emit(topics.INTAKE_ACCESS, AccessChanged(at=tx.now, access=barred.access()))
    await system.settle()
    assert await order(place.liaison, order_id) is None
    assert await listed(place.liaison) == []
    assert (await act(place.liaison, "signOrder", order_id)).code == "NOT_FOUND"
    assert await texts(system, place.liaison, [order_id]) == 0
    assert await order(place.second_liaison, order_id) is not None
    told = await place.liaison.inbox()
    assert (await act(place.county_officer, "urgeOrder", order_id)).code is None
    await system.settle()
    assert await place.liaison.inbox() == told
    assert "ORDER_URGED" in await place.second_liaison.inbox()


async def test_a_liaison_calls_nobody_back_whatever_she_is_beside(system: Harness, place: Place) -> None:
    """Never DL (domain 2.5): what her department did is her own work, whoever of it signed."""
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    await done(system, place.liaison, order_id)
    assert (await act(place.chair, "verifyOrder", order_id)).code is None
    await system.settle()
    for mutation, words in (("resolveMatter", {"evidence": "已修好"}), ("giveFeedback", {"text": "已修好"})):
        assert await send(place.chair, mutation, caseId=case_id, **words) is None
        await system.settle()
    office = (Role.EXEC_MEMBER, federation_of(place.village), place.village)
    colleague = system.person(place.second_liaison.member, (Role.LIAISON, department(place), place.county), office)
    assert "CallBack" not in (await colleague.case(case_id) or {})["allowedCommands"]
    said = {"caseId": case_id, "reached": True, "solved": True, "score": 5}
    assert await send(colleague, "callBack", **said) == "OWN_WORK"
    assert await send(place.exec_member, "callBack", **said) is None
