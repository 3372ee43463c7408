"""Where parties, merges, work orders and duties meet: who may act, who is told, and what that fulfils."""

from services.contracts.organisation import federation_of
from tests.harness import Harness, Person, Place
from tests.orders import act, department, issue, matter, order
from tests.scenarios.test_duties import clock
from tests.scenarios.test_handovers import C2, put, reads
from tests.scenarios.test_ladder import accepted, acts, done, up
from tests.scenarios.test_parties import C1, name, reported


async def test_an_order_of_a_private_matter_is_told_to_whose_it_becomes(system: Harness, place: Place) -> None:
    """Though she joins the circle only behind that."""
    case_id = await reported(system, place, C2)
    await done(system, place.chair, "acceptMatter", case_id)
    await up(system, place.chair, place.township_officer, case_id)
    order_id = (await issue(system, place.township_officer, case_id, department(place, "roads")))["orderId"]
    for party in (place.township_officer, place.township_chair):
        await name(system, place.resident, case_id, party)
    its_order = await order(place.county_chair, order_id)
    assert its_order is not None
    assert its_order["issuer"]["code"] == federation_of(place.county)
    assert (await place.county_chair.inbox()).count("ORDER_YOURS") == 1
    assert "ORDER_YOURS" not in await place.chair.inbox()


async def test_what_was_done_passes_on_too_for_it_may_come_back(system: Harness, place: Place) -> None:
    """A verified order that is called back is the holder's to answer."""
    case_id = await matter(system, place, "C1")
    order_id = (await issue(system, place.township_officer, case_id, department(place, "roads")))["orderId"]
    assert (await act(place.township_liaison, "signOrder", order_id)).code is None
    assert (await act(place.township_liaison, "reportDone", order_id, result="已修好", reply="已修好")).code is None
    await system.settle()
    assert (await act(place.township_officer, "verifyOrder", order_id)).code is None
    await system.settle()
    for party in (place.township_officer, place.township_chair):
        await name(system, place.resident, case_id, party)
    await done(system, place.chair, "resolveMatter", case_id, evidence="已修好")
    await done(system, place.chair, "giveFeedback", case_id, text="已修好")
    await done(system, place.resident, "rateMatter", case_id, score=1, solved=False)
    again = await order(place.chair, order_id)
    assert again is not None
    assert (again["state"], again["issuer"]["code"]) == ("REWORK", federation_of(place.village))
    assert "CancelOrder" in again["allowedCommands"]


async def test_whom_a_report_was_closed_to_it_stays_closed_to_behind_a_merge(system: Harness, place: Place) -> None:
    into, report = await reported(system, place, C2), await reported(system, place, C2, place.neighbour)
    upper = [place.township_chair.member, place.township_officer.member]
    await done(system, place.chair, "changeCircle", report, add=upper)
    await done(system, place.chair, "changeCircle", report, remove=upper)
    await done(system, place.chair, "mergeMatter", report, into=into)
    await done(system, place.chair, "acceptMatter", into)
    await acts(system, place.chair, into)
    await done(system, place.chair, "passUp", into, reason="NEEDS_FUNDS")
    assert await reads(place.township_officer, into)
    assert not await reads(place.township_officer, report), "she handles the matter, not this report"
    await done(system, place.chair, "unmergeMatter", report)
    for person in (place.township_chair, place.township_officer):
        assert not await reads(person, report)


async def test_a_vacancy_informs_the_township_as_well(system: Harness, place: Place) -> None:
    """What tells a level fulfils the duty to tell it."""
    case_id = await accepted(system, place, subCategory="VICTIM_FAMILY_AID")
    assert await state(place.chair, case_id) == "RUNNING"
    await put(system, place, federation_of(place.village), place.village)
    await system.run_timers()
    assert "VACANT_BELOW" in await place.township_chair.inbox()
    assert await state(place.township_chair, case_id) == "STOPPED"


async def state(person: Person, case_id: str) -> str | None:
    """Of the duty to inform the township."""
    found = await clock(person, case_id, "INFORM_TOWNSHIP")
    return found["state"] if found else None


async def test_what_was_sealed_together_the_county_s_chair_takes_apart_where_no_rights_officer_may(
    system: Harness, place: Place
) -> None:
    into, report = await reported(system, place, C1), await reported(system, place, C1, place.neighbour)
    for case_id in (into, report):
        await done(system, place.chair, "acceptMatter", case_id)
    await done(system, place.chair, "mergeMatter", report, into=into)
    await done(system, place.chair, "raiseClass", into, to="C3", reason="涉隐私")
    await name(system, place.resident, into, place.rights_officer)
    refused = {"CASE_NOT_FOUND", "NOT_PERMITTED"}
    for person in (place.rights_officer, place.county_officer, place.chair):
        assert (await place.people["operator"].do("unmergeMatter", caseId=report)).code in refused
        assert (await person.do("unmergeMatter", caseId=report)).code in refused
    assert (await place.county_chair.do("unmergeMatter", caseId=report)).code is None
