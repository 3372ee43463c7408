"""Class by tier by role (domain 1.4): for C0, C1, C2, C3 at every stage, exactly who sees what. The table is written by hand.

Levels above the village see a matter as a row only once it has reached them or is overdue; before that in counts (S00).
"""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from services.chassis.room import Room
from services.contracts import topics
from services.contracts.cases import CaseClass
from services.contracts.events.intake import AccessChanged
from services.contracts.topics import Topic
from services.intake.rules.case import Case
from tests.access.world import (
    DENIED,
    MATTER_COMMANDS,
    STAGES,
    SUBS,
    download,
    on_from,
    photo,
    reported,
    send,
    service,
    upload,
)
from tests.harness import Harness, Person, Place

ROW = frozenset({"row"})
F1 = ROW | {"summary"}
F2 = frozenset({"narrative", "place", "attachments"})
F3 = frozenset({"reporterName", "reporterPhone", "subjectName"})
ANSWER = frozenset({"feedback"})
ALL = F1 | F2 | F3 | ANSWER

MAY: dict[str, dict[str, frozenset[str]]] = {
    "C0": {
        "resident": ALL,
        "neighbour": F1,
        "representative": F1,
        "volunteer": F1,
        "unit_leader": F1,
        "owner": ALL,
        "council_owner": F1 | F2 | ANSWER,
        "council_member": F1 | F2 | ANSWER,
        "exec_member": F1 | F2 | ANSWER,
        "chair": ALL,
    },
    "C1": {
        "resident": ALL - {"summary"},
        "unit_leader": ROW,
        "owner": ROW,
        "council_owner": ROW | F2 | ANSWER,
        "council_member": ROW | F2 | ANSWER,
        "exec_member": ROW | F2 | ANSWER,
        "chair": ALL - {"summary"},
    },
    "C2": {"resident": ALL - {"summary"}, "chair": ALL - {"summary"}},
    "C3": {
        "resident": ALL - {"summary"},
        "rights_officer": ALL - {"summary"},
        "county_chair": ROW,
    },
}
"""Who may see what; who is not named sees nothing, and cannot tell the matter from one that does not exist."""

SEEN = """{ caseId narrative place feedback reporterName reporterPhone subjectName summary attachments { id } timeline { kind } }"""
WORDS = {
    "relation": "OWN",
    "narrative": "反映内容原文",
    "place": "三号楼前",
    "reporter": {"name": "反映人称呼", "phone": "13900001111"},
    "subjectPerson": {"name": "当事人称呼", "phone": "13900002222"},
}


def relay(kind: str, key: str) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


async def look(person: Person, case_id: str, attachment: str) -> frozenset[str]:
    """What a person gets to see, by every way there is; they must agree."""
    query = f"""query($id: String!, $node: ID!) {{ case(caseId: $id) {SEEN} node(id: $node) {{ ... on Case {SEEN} }}
        cases(first: 100) {{ edges {{ node {SEEN} }} }} }}"""
    found = await person.ask(query, {"id": case_id, "node": relay("Case", case_id)})
    listed = [edge["node"] for edge in found["cases"]["edges"] if edge["node"]["caseId"] == case_id]
    assert found["node"] == found["case"] == (listed[0] if listed else None)
    case = found["case"]
    bytes_too = (await download(person, attachment)).status_code == 200
    if case is None:
        assert not bytes_too
        return frozenset()
    assert case["timeline"]
    assert bytes_too == bool(case["attachments"])
    return ROW | {field for field in ALL - ROW if case[field]}


@pytest.mark.parametrize("case_class", sorted(MAY))
async def test_exactly_who_sees_what_at_every_stage(system: Harness, place: Place, case_class: str) -> None:
    attachment = (await upload(place.resident, photo())).json()["id"]
    case_id = await reported(system, place, case_class, **WORDS, attachments=[attachment])
    stages = STAGES if case_class in {"C0", "C1"} else STAGES[:2]
    before = "SUBMITTED"
    for stage in stages:
        await on_from(system, place, [case_id], before, stage, case_class)
        before = stage
        there: frozenset[str] = ALL
        if stage == "SUBMITTED":
            there -= {"summary"}
        if STAGES.index(stage) < STAGES.index("FEEDBACK_GIVEN"):
            there -= ANSWER
        for who, person in place.people.items():
            expected = MAY[case_class].get(who, frozenset()) & there
            assert await look(person, case_id, attachment) == expected, (case_class, stage, who)
    await system.no_dead_letters()


async def test_texts_are_refused_at_intakes_own_door_too(system: Harness, place: Place) -> None:
    """The gateway asks with the caller's token: going around it shows nobody more."""
    for case_class, may in MAY.items():
        case_id = await reported(system, place, case_class, **WORDS)
        async with service(system, "intake") as door:
            for who, person in place.people.items():
                answer = await door.post("/queries/case-texts", json={"caseIds": [case_id]}, headers=person.headers())
                text = (answer.json()["cases"] or [{}])[0]
                shown = {field for field in F2 | F3 | ANSWER if text.get(field)}
                assert shown == may.get(who, frozenset()) & (F2 | F3) - {"attachments"}, (case_class, who)
            assert (await door.post("/queries/case-texts", json={"caseIds": [case_id]})).status_code == 401


async def test_a_level_above_sees_a_matter_once_it_is_overdue_and_counts_before(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, "C0", **WORDS)
    counts = "query($region: RegionCode!, $month: String!) { counts(region: $region, month: $month) { metric count } }"
    variables = {"region": place.village, "month": f"{system.clock.now():%Y-%m}"}
    for who in ("township_officer", "county_officer", "city_chair", "chair", "inspector"):
        found = (await place.people[who].ask(counts, variables))["counts"]
        assert {"metric": "submitted", "count": 1} in found, who
    for who in ("resident", "owner", "sibling_chair", "beside_officer", "liaison", "volunteer", "operator"):
        assert (await place.people[who].ask(counts, variables))["counts"] == [], who
    assert await place.township_officer.case(case_id) is None
    await system.advance(days=9)
    for who in ("township_officer", "township_chair"):
        seen = await place.people[who].ask("query($id: String!) { case(caseId: $id) " + SEEN + "}", {"id": case_id})
        assert seen["case"] is not None, who
        assert not any(seen["case"][field] for field in F2 | F3 | ANSWER), who
    for who in ("beside_officer", "county_officer", "city_officer", "province_officer", "sibling_chair"):
        assert await place.people[who].case(case_id) is None, who


async def test_few_private_matters_are_not_counted_out(system: Harness, place: Place) -> None:
    """V5: fewer than five in a cell would point at a family."""
    counts = """query($region: RegionCode!, $month: String!) {
        counts(region: $region, month: $month) { metric private count } }"""
    variables = {"region": place.village, "month": f"{system.clock.now():%Y-%m}"}
    for known in (None, None, None, None, 5):
        await reported(system, place, "C2")
        for person in (place.chair, place.township_officer):
            found = (await person.ask(counts, variables))["counts"]
            assert {"metric": "submitted", "private": True, "count": known} in found


async def test_few_private_matters_that_are_overdue_are_not_counted_out(system: Harness, place: Place) -> None:
    """V5 again: that one is overdue would tell that there is one. Matters are counted, whatever number of their clocks ran out."""
    few, enough = place, await system.new_place()
    for where, classes in ((few, ("C2", "C2", "C2", "C3", "C0")), (enough, ("C2", "C2", "C2", "C2", "C3"))):
        for case_class in classes:
            await where.resident.report(where, subCategory=SUBS[case_class], urgency=None)
    await system.settle()
    await system.advance(days=9)
    counts = """query($region: RegionCode!, $month: String!) {
        counts(region: $region, month: $month) { metric private count } }"""
    for where, shown in ((few, {(True, None), (False, 1)}), (enough, {(True, 5)})):
        variables = {"region": where.county, "month": f"{system.clock.now():%Y-%m}"}
        found = (await where.county_officer.ask(counts, variables))["counts"]
        assert {(row["private"], row["count"]) for row in found if row["metric"] == "overdue"} == shown


@pytest.mark.parametrize("case_class", ["C0", "C1", "C2", "C3"])
async def test_a_party_is_barred_whatever_she_is(system: Harness, place: Place, case_class: str) -> None:
    """I6, domain 1.3 (b)."""
    attachment = (await upload(place.resident, photo())).json()["id"]
    case_id = await reported(system, place, case_class, **WORDS, attachments=[attachment])
    party = place.rights_officer if case_class == "C3" else place.chair
    assert await look(party, case_id, attachment) >= ROW | {"narrative"}
    assert await send(place.resident, "nameParty", caseId=case_id, member=party.member) is None
    await system.settle()
    assert await look(party, case_id, attachment) == frozenset()
    entries = await party.ask("{ me { inbox(first: 100) { edges { node { caseId } } } } }")
    assert all(edge["node"]["caseId"] != case_id for edge in entries["me"]["inbox"]["edges"])
    before = await system.snapshot()
    for name, words in MATTER_COMMANDS.items():
        assert await send(party, name, caseId=case_id, **words) in DENIED, name
    assert await system.snapshot() == before
    async with service(system, "intake") as door:
        answer = await door.post("/queries/case-texts", json={"caseIds": [case_id]}, headers=party.headers())
        assert answer.json() == {"cases": []}


async def bar(intake: Room, case_id: str, member: str) -> None:
    """As intake tells it; of a matter that has ended too, of which nobody is named any more."""
    async with intake.transaction() as tx:
        case = await tx.load(Case, case_id)
        assert case is not None
        after = case.after(barred=(member,))
        await tx.save(after)
        topic = topics.INTAKE_SEALED_ACCESS if case.case_class is CaseClass.C3 else topics.INTAKE_ACCESS
        tx.emit(topic, AccessChanged(at=tx.now, access=after.access()))


async def test_the_reporter_of_anothers_matter_is_told_no_answer(system: Harness, place: Place) -> None:
    """V1: received, being handled, concluded."""
    case_id = await reported(system, place, "C1", **{**WORDS, "relation": "ANOTHERS"})
    await on_from(system, place, [case_id], "SUBMITTED", "FEEDBACK_GIVEN", "C1")
    query = "query($id: String!) { case(caseId: $id) { state feedback } }"
    mine = (await place.resident.ask(query, {"id": case_id}))["case"]
    assert mine == {"state": "ACCEPTED", "feedback": None}
    assert (await place.chair.ask(query, {"id": case_id}))["case"]["feedback"] == "给您的答复"


async def test_the_owner_who_passed_a_confidential_matter_on_is_not_told_which(system: Harness, place: Place) -> None:
    await reported(system, place, "C2")
    query = "{ me { inbox { edges { node { kind caseId caseNumber } } } } }"
    edges = (await place.owner.ask(query))["me"]["inbox"]["edges"]
    assert [edge["node"] for edge in edges] == [{"kind": "CONFIDENTIAL_PASSED", "caseId": None, "caseNumber": None}]


async def test_a_preview_of_a_private_matter_says_nothing(system: Harness, place: Place) -> None:
    """V9: no push preview of a private matter names its subject."""
    await reported(system, place, "C2")
    query = "{ me { inbox { edges { node { titleZh titleEn caseNumber } } } } }"
    [edge] = (await place.resident.ask(query))["me"]["inbox"]["edges"]
    assert edge["node"] == {
        "titleZh": "您的事项有新进展",
        "titleEn": "There is news of your matter",
        "caseNumber": None,
    }


ORDINARY = tuple(topic for topic in topics.TOPICS if "sealed" not in topic.name)


async def test_a_sealed_matter_travels_on_sealed_topics_alone(system: Harness, place: Place) -> None:
    case_id = await reported(system, place, "C3", **WORDS)
    assert await send(place.rights_officer, "acceptMatter", caseId=case_id) is None
    await system.settle()
    told = {topic.name: list(await _told(system, topic)) for topic in topics.TOPICS}
    about = {name: [row for row in rows if row.key == case_id] for name, rows in told.items()}
    assert {name for name, rows in about.items() if rows} == {
        "intake.sealed.v1",
        "intake.sealed-access.v1",
        "escalation.sealed.v1",
    }
    for topic in ORDINARY:
        assert all(case_id.encode() not in row.value for row in told[topic.name]), topic.name
    number = (await place.rights_officer.case(case_id) or {})["number"]
    assert number is None
    for name in ("intake.sealed.v1", "escalation.sealed.v1"):
        for row in about[name]:
            # The county's code stands where a village's would.
            assert place.village.encode() not in row.value, name
            assert place.township.encode() not in row.value, name
            assert place.group.encode() not in row.value, name
            assert b"DOMESTIC_VIOLENCE" not in row.value, name
            assert f'"region":"{place.county}"'.encode() in row.value, name
    for table, rows in await _database(system, "deliberation"):
        assert case_id not in repr(rows), table
    for who in ("owner", "chair", "council_member", "exec_member", "township_officer", "county_officer", "neighbour"):
        person = place.people[who]
        assert await person.case(case_id) is None
        assert await person.inbox() == [], who
    assert await place.rights_officer.inbox() == ["SEALED_MATTER"]


async def test_without_a_rights_officer_the_circle_is_the_nearest_chair_and_she_can_act(
    system: Harness, place: Place
) -> None:
    """A private matter must not lie where nobody can reach it."""
    node = {"id": f"n_rights-{place.county}", "kind": "FEDERATION", "region": place.county, "name": "权益部"}
    assert await send(system.operator, "putNode", node=node) is None
    await system.settle()
    case_id = await reported(system, place, "C3")
    seen = await place.county_chair.case(case_id)
    assert seen is not None
    turning_away = {"RejectMatter", "RedirectMatter"}
    ladder = {"InformUp", "AlertInParallel"}
    assert set(seen["allowedCommands"]) == {
        "Acknowledge",
        "AcceptMatter",
        "ChangeCircle",
        "NameParty",
        *turning_away,
        *ladder,
    }
    assert await send(place.county_chair, "acceptMatter", caseId=case_id) is None
    assert await send(place.rights_officer, "acknowledge", caseId=case_id) == "CASE_NOT_FOUND"


async def _told(system: Harness, topic: Topic) -> Any:
    statement = "SELECT key, value FROM outbox WHERE topic = :topic ORDER BY id"
    return await system.rows(topic.owner, statement, topic=topic.in_cell("21"))


async def _database(system: Harness, name: str) -> list[tuple[str, Any]]:
    tables: Iterator[str] = iter(system.room(name).service.metadata.tables)
    return [(table, await system.rows(name, f'SELECT * FROM "{table}"')) for table in tables]
