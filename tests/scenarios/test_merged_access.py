"""A report that goes on as another matter is nobody's but that matter's people's (domain 1.4, I6), and stays so when it is taken out again;
on both systems."""

import json

import pytest

from services.contracts import topics
from services.contracts.organisation import Role, federation_of
from tests.access.world import DENIED, send
from tests.harness import Harness, Place
from tests.orders import department, matter, package
from tests.scenarios.test_classes import told_of
from tests.scenarios.test_handovers import C2, line, put, reads
from tests.scenarios.test_ladder import acts, done, up
from tests.scenarios.test_parties import C1, is_out, name, reported

SEEN = "query($id: String!) { case(caseId: $id) { state caseClass narrative holder { code } } }"


async def merged(system: Harness, place: Place, sub: str = C1) -> tuple[str, str]:
    """A matter, and a neighbour's report that goes on as it."""
    master, report = await reported(system, place, sub), await reported(system, place, sub, place.neighbour)
    await done(system, place.chair, "mergeMatter", report, into=master)
    return master, report


async def seeing(place: Place, case_id: str) -> set[str]:
    """Who is shown a matter, beside its reporters."""
    people = {who: person for who, person in place.people.items() if who not in {"resident", "neighbour"}}
    return {who for who, person in people.items() if await person.case(case_id) is not None}


@pytest.mark.parametrize("sub", [C1, C2])
async def test_a_party_to_the_matter_is_out_of_its_reports_too(system: Harness, place: Place, sub: str) -> None:
    master, report = await merged(system, place, sub)
    await name(system, place.neighbour, master, place.chair)
    for case_id in (master, report):
        await is_out(place.chair, case_id)
        assert await send(place.chair, "unmergeMatter", caseId=case_id) in DENIED
    before = await place.chair.inbox()
    await done(system, place.township_chair, "unmergeMatter", report)
    await is_out(place.chair, report)
    assert await place.chair.inbox() == before
    assert (await place.neighbour.case(report) or {})["state"] == "SUBMITTED"
    assert (await place.township_chair.inbox()).count("VACANT_BELOW") == 2, "nobody is left there who may decide either"
    await done(system, place.township_chair, "takeOver", report, reason="村主席须回避")
    await done(system, place.township_chair, "acceptMatter", report)
    await system.no_dead_letters()


async def test_who_is_cleared_of_the_matter_is_cleared_of_its_reports(system: Harness, place: Place) -> None:
    master, report = await reported(system, place, C1), await reported(system, place, C1, place.neighbour)
    await name(system, place.neighbour, report, place.council_member)
    await done(system, place.chair, "mergeMatter", report, into=master)
    await is_out(place.council_member, master)
    await done(system, place.chair, "clearParty", master, member=place.council_member.member)
    for case_id in (master, report):
        assert await place.council_member.case(case_id) is not None
    await done(system, place.chair, "unmergeMatter", report)
    assert await reads(place.council_member, report)


async def test_a_party_named_before_it_was_merged_goes_with_the_report(system: Harness, place: Place) -> None:
    master, report = await reported(system, place, C1), await reported(system, place, C1, place.neighbour)
    await name(system, place.neighbour, report, place.council_member)
    await done(system, place.chair, "mergeMatter", report, into=master)
    await done(system, place.chair, "unmergeMatter", report)
    assert await reads(place.council_member, master)
    await is_out(place.council_member, report)


async def test_a_party_to_a_report_sends_no_words_of_the_matter_to_a_department(system: Harness, place: Place) -> None:
    master = await matter(system, place, "C1")
    report = await reported(system, place, C1, place.neighbour)
    await name(system, place.neighbour, report, place.township_officer)
    assert (await package(place.township_officer, master, department(place)))["lines"]
    await done(system, place.chair, "mergeMatter", report, into=master)
    query = "query($c: String!, $d: String!) { disclosurePackage(caseId: $c, department: $d) { signature } }"
    refused = await place.township_officer.raw(query, {"c": master, "d": department(place)})
    assert refused["errors"][0]["extensions"]["code"] == "CASE_NOT_FOUND"


async def test_what_is_open_to_all_is_so_no_longer_as_part_of_a_council_matter(system: Harness, place: Place) -> None:
    master = await reported(system, place, C1)
    report = str((await place.neighbour.report(place, urgency=None))["caseId"])
    await system.settle()
    assert await place.second_resident.case(report) is None
    assert await place.resident.case(report) is not None
    merged = await done(system, place.chair, "mergeMatter", report, into=master)
    assert await place.resident.case(report) is None
    await done(system, place.chair, "unmergeMatter", report, expectedVersion=merged["version"])
    assert await place.resident.case(report) is None, "what was made less open stays so"
    assert (await place.chair.ask(SEEN, {"id": report}))["case"]["caseClass"] == "C1"


async def test_what_becomes_private_takes_its_reports_along(system: Harness, place: Place) -> None:
    master, report = await merged(system, place)
    first = await reported(system, place, C1, place.neighbour)
    await done(system, place.chair, "mergeMatter", master, into=first)
    assert await seeing(place, report) == await seeing(place, first) > {"owner", "council_member", "exec_member"}
    before = {who: await person.inbox() for who, person in place.people.items()}
    assert await send(place.owner, "raiseClass", caseId=first, to="C2") is None
    await system.settle()
    assert await seeing(place, report) == await seeing(place, master) == await seeing(place, first) == {"chair"}
    after = {who: await person.inbox() for who, person in place.people.items()}
    news = {who: after[who][: len(after[who]) - len(before[who])] for who in after if after[who] != before[who]}
    assert news == {"chair": ["NEW_MATTER"]}, "of the one matter that is to be done"
    assert await reads(place.neighbour, report), "her own words"
    await done(system, place.chair, "unmergeMatter", master)
    await done(system, place.chair, "unmergeMatter", report)
    for case_id in (report, master):
        found = (await place.chair.ask(SEEN, {"id": case_id}))["case"]
        assert (found["caseClass"], found["state"]) == ("C2", "SUBMITTED")
        assert await seeing(place, case_id) == {"chair"}
    await system.no_dead_letters()


async def test_what_is_made_more_open_does_not_open_its_reports(system: Harness, place: Place) -> None:
    """Nobody has looked at their words for that."""
    master, report = await merged(system, place, C2)
    await done(system, place.chair, "changeCircle", master, add=[place.county_chair.member])
    assert await reads(place.county_chair, report)
    await done(system, place.county_chair, "lowerClass", master, to="C1", reason="当事人同意")
    assert await reads(place.council_member, master)
    assert await place.council_member.case(report) is None
    await done(system, place.chair, "unmergeMatter", report)
    assert await place.council_member.case(report) is None
    assert await reads(place.chair, report)


@pytest.mark.parametrize("stage", ["SUBMITTED", "ACCEPTED"])
async def test_what_is_sealed_takes_its_reports_along(system: Harness, place: Place, stage: str) -> None:
    master, report = await reported(system, place, C1), await reported(system, place, C1, place.neighbour)
    for case_id in (master, report) if stage == "ACCEPTED" else (master,):
        await done(system, place.chair, "acceptMatter", case_id)
    await done(system, place.chair, "mergeMatter", report, into=master)
    assert await send(place.chair, "raiseClass", caseId=master, to="C3") is None
    await system.settle()
    assert await seeing(place, master) == {"rights_officer", "county_chair"}
    assert await seeing(place, report) == {"rights_officer"}
    assert await reads(place.rights_officer, report)
    assert await place.rights_officer.inbox() == ["SEALED_MATTER"], "of the one matter that is to be done"
    open_topics = [topic for topic in topics.TOPICS if "sealed" not in topic.name]
    before = {topic.name: len(await told_of(system, topic, report)) for topic in open_topics}
    assert (await told_of(system, topics.INTAKE_CASE, report))[-1]["type"] == "CaseLeft"
    last = (await told_of(system, topics.INTAKE_ACCESS, report))[-1]["access"]
    assert (last["caseClass"], last["reporters"], last["circle"], last.get("group")) == ("C3", [], [], None)
    for person in (place.chair, place.township_chair, place.county_chair, place.county_officer):
        assert await send(person, "unmergeMatter", caseId=report) in DENIED
    assert (await place.rights_officer.case(report) or {})["allowedCommands"] == ["UnmergeMatter"]
    await done(system, place.rights_officer, "unmergeMatter", report)
    assert await seeing(place, report) == {"rights_officer", "county_chair"}
    assert not await reads(place.county_chair, report)
    found = (await place.rights_officer.ask(SEEN, {"id": report}))["case"]
    assert (found["state"], found["holder"]) == (stage, {"code": f"n_rights-{place.county}"})
    assert await place.rights_officer.inbox() == ["SEALED_MATTER", "SEALED_MATTER"]
    if stage == "SUBMITTED":
        await done(system, place.rights_officer, "acceptMatter", report)
    assert {clock["stage"] for clock in (await place.rights_officer.case(report) or {})["clocks"]} >= {"WINDOW"}
    for topic in open_topics:
        if topic.owner != "notify":
            assert len(await told_of(system, topic, report)) == before[topic.name], topic.name
    for topic in (topics.INTAKE_SEALED, topics.ESCALATION_SEALED):
        for case_id in (report, master):
            sealed = json.dumps(await told_of(system, topic, case_id), ensure_ascii=False)
            for word in (place.village, place.township, C1):
                assert word not in sealed, (topic.name, word)
    await system.no_dead_letters()


async def test_who_is_dismissed_from_the_circle_reads_the_reports_no_longer(system: Harness, place: Place) -> None:
    master, report = await reported(system, place, C2), await reported(system, place, C2, place.neighbour)
    for case_id in (master, report):
        await done(system, place.chair, "changeCircle", case_id, add=[place.exec_member.member])
    await done(system, place.chair, "mergeMatter", report, into=master)
    assert await reads(place.exec_member, report)
    await done(system, place.chair, "changeCircle", master, remove=[place.exec_member.member])
    for case_id in (master, report):
        assert await place.exec_member.case(case_id) is None
    await done(system, place.chair, "unmergeMatter", report)
    assert await place.exec_member.case(report) is None


async def test_whoever_takes_office_may_take_a_report_out(system: Harness, place: Place) -> None:
    master, report = await merged(system, place, C2)
    new = system.person(f"m_{place.village}-new", (Role.CHAIR, federation_of(place.village), place.village))
    await put(system, place, federation_of(place.village), place.village, line(new, Role.CHAIR))
    for case_id in (master, report):
        assert not await reads(place.chair, case_id)
        assert await reads(new, case_id)
    assert await new.inbox() == ["NEW_MATTER"]
    assert await send(place.chair, "unmergeMatter", caseId=report) in DENIED
    await done(system, new, "unmergeMatter", report)
    assert (await new.inbox()).count("NEW_MATTER") == 2
    await done(system, new, "acceptMatter", report)
    await system.no_dead_letters()


async def test_the_levels_that_it_comes_to_read_its_reports(system: Harness, place: Place) -> None:
    """Taken out, a report is its village's again."""
    master, report = await merged(system, place, C2)
    await done(system, place.chair, "acceptMatter", master)
    await acts(system, place.chair, master)
    await up(system, place.chair, place.township_officer, master)
    assert await reads(place.township_officer, report)
    await done(system, place.township_officer, "unmergeMatter", report)
    assert await reads(place.chair, report)
    assert not await reads(place.township_officer, report)


@pytest.mark.parametrize("sub", [C1, C2])
async def test_a_report_is_in_the_hands_of_whoever_has_its_matter(system: Harness, place: Place, sub: str) -> None:
    """The county holds it, for those below are parties: nobody else could take a report out."""
    await put(system, place, federation_of(place.township), place.township, line(place.township_chair, Role.CHAIR))
    master, report = await merged(system, place, sub)
    assert await send(place.county_chair, "unmergeMatter", caseId=report) in DENIED, "it is not hers yet"
    for party in (place.chair, place.township_chair):
        await name(system, place.resident, master, party)
    await done(system, place.county_chair, "takeOver", master, reason="下面两级均须回避")
    for party in (place.chair, place.township_chair):
        assert await send(party, "unmergeMatter", caseId=report) in DENIED
    assert await send(place.city_chair, "unmergeMatter", caseId=report) in DENIED
    if sub == C2:
        assert (await place.county_chair.case(report) or {})["allowedCommands"] == ["UnmergeMatter"]
    await done(system, place.county_chair, "unmergeMatter", report)
    assert (await place.neighbour.case(report) or {})["state"] == "SUBMITTED"
    await system.no_dead_letters()


async def test_a_report_that_stays_private_has_people_of_its_own_to_handle_it(system: Harness, place: Place) -> None:
    """Its matter was made more open, and it was not: who leaves office leaves its circle all the same, and who comes enters it."""
    master, report = await merged(system, place, C2)
    await done(system, place.chair, "changeCircle", master, add=[place.county_chair.member])
    await done(system, place.county_chair, "lowerClass", master, to="C1", reason="当事人同意")
    new = system.person(f"m_{place.village}-new", (Role.CHAIR, federation_of(place.village), place.village))
    await put(system, place, federation_of(place.village), place.village, line(new, Role.CHAIR))
    assert not await reads(place.chair, report)
    assert await reads(new, report)
    assert await new.inbox() == [], "there is nothing to be done about it"
    await done(system, new, "unmergeMatter", report)
    assert await new.inbox() == ["NEW_MATTER"]
    await system.no_dead_letters()


async def test_so_it_has_where_its_circle_are_parties(system: Harness, place: Place) -> None:
    master, report = await merged(system, place, C2)
    await done(system, place.chair, "changeCircle", master, add=[place.county_chair.member])
    await done(system, place.county_chair, "lowerClass", master, to="C1", reason="当事人同意")
    for party in (place.chair, place.county_chair):
        await name(system, place.resident, master, party)
    await is_out(place.chair, report)
    assert await send(place.township_chair, "unmergeMatter", caseId=report) is None
    await system.settle()
    await system.no_dead_letters()


async def readers(place: Place, case_id: str) -> set[str]:
    """Who reads its words, beside its reporters."""
    people = {who: person for who, person in place.people.items() if who not in {"resident", "neighbour"}}
    return {who for who, person in people.items() if await reads(person, case_id)}


async def lowered(system: Harness, place: Place) -> tuple[str, str]:
    """A matter that was made more open, and a report that goes on as it and stays private."""
    master, report = await merged(system, place, C2)
    await done(system, place.chair, "changeCircle", master, add=[place.county_chair.member])
    await done(system, place.county_chair, "lowerClass", master, to="C1", reason="当事人同意")
    return master, report


async def test_a_report_that_stays_private_is_in_the_hands_of_the_level_its_matter_comes_to(
    system: Harness, place: Place
) -> None:
    master, report = await lowered(system, place)
    await done(system, place.chair, "acceptMatter", master)
    assert not await reads(place.township_officer, report)
    await up(system, place.chair, place.township_officer, master)
    told = await place.township_chair.inbox()
    assert len(told) == 1, f"of the one matter that is to be done: {told}"
    assert await reads(place.township_officer, report)
    assert not await reads(place.county_officer, report)
    assert not await reads(place.council_member, report)
    assert "UnmergeMatter" in (await place.township_officer.case(report) or {})["allowedCommands"]
    await done(system, place.township_officer, "unmergeMatter", report)
    await system.no_dead_letters()


async def test_so_it_is_where_all_below_the_city_are_parties(system: Harness, place: Place) -> None:
    """Its circle is empty then, until its matter surfaces."""
    await put(system, place, federation_of(place.township), place.township, line(place.township_chair, Role.CHAIR))
    master, report = await lowered(system, place)
    for party in (place.chair, place.township_chair, place.county_chair, place.county_officer):
        await name(system, place.resident, master, party)
    refused = await place.city_chair.do("unmergeMatter", caseId=report)
    assert refused.code == "NOT_THE_HOLDER", "it is not hers yet"
    await done(system, place.city_chair, "takeOver", master, reason="下面均须回避")
    assert await readers(place, report) == {"city_chair", "city_officer"}
    await done(system, place.city_chair, "unmergeMatter", report)
    await system.no_dead_letters()


@pytest.mark.parametrize("leaves", [False, True])
async def test_whom_a_report_was_closed_to_does_not_read_it_as_the_only_one_in_office(
    system: Harness, place: Place, leaves: bool
) -> None:
    """She handles the matter; the report is the next level's."""
    master, report = await reported(system, place, C2), await reported(system, place, C2, place.neighbour)
    for change in ("add", "remove"):
        await done(system, place.chair, "changeCircle", report, **{change: [place.exec_member.member]})
    await done(system, place.chair, "mergeMatter", report, into=master)
    chair = system.person(place.exec_member.member, (Role.CHAIR, federation_of(place.village), place.village))
    await put(system, place, federation_of(place.village), place.village, line(chair, Role.CHAIR))
    assert await reads(chair, master)
    assert await readers(place, report) == {"township_chair"}
    assert await send(chair, "unmergeMatter", caseId=report) in DENIED
    who = place.township_chair
    if leaves:
        who = system.person(f"m_{place.township}-new", (Role.CHAIR, federation_of(place.township), place.township))
        await put(system, place, federation_of(place.township), place.township, line(who, Role.CHAIR))
        assert not await reads(place.township_chair, report)
    await done(system, who, "unmergeMatter", report)
    assert not await reads(chair, report)
    assert not await reads(who, master)
    await system.advance(minutes=2)
    await done(system, who, "takeOver", report, reason="村主席不得参与")
    await system.no_dead_letters()


async def test_a_report_that_was_sealed_while_it_was_merged_is_the_rights_departments(
    system: Harness, place: Place
) -> None:
    """Nothing of it was heard since but its class: by rule it is held by the county's rights department, not by where it once lay."""
    master, report = [
        str((await place.resident.report(place, subCategory="MARITAL_CONFLICT", urgency=None))["caseId"])
        for _ in range(2)
    ]
    await system.settle()
    assert await send(place.chair, "acceptMatter", caseId=master) is None
    await system.settle()
    assert await send(place.chair, "mergeMatter", caseId=report, into=master) is None
    await system.settle()
    assert await send(place.chair, "raiseClass", caseId=master, to="C3") is None
    await system.settle()
    assert await send(place.rights_officer, "changeCircle", caseId=master, add=[place.chair.member], remove=[]) is None
    await system.settle()
    assert await send(place.rights_officer, "acceptMatter", caseId=report) == "STATE_DOES_NOT_FIT"
    assert await send(place.chair, "acceptMatter", caseId=report) == "NOT_THE_HOLDER"
    assert await send(place.rights_officer, "unmergeMatter", caseId=report) is None
    assert await send(place.chair, "acceptMatter", caseId=report) == "NOT_THE_HOLDER", "before anybody else has heard"
    assert await send(place.rights_officer, "acceptMatter", caseId=report) is None
    await system.settle()
    await system.no_dead_letters()
