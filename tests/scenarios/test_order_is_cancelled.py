"""Whoever issued a work order hears when it ends with its matter, each order once, with no word of why; on both systems."""

import pytest

from tests.harness import Harness, Person, Place
from tests.orders import department, issue, matter
from tests.scenarios.test_holder_is_told import watched
from tests.scenarios.test_ladder import done

LIAISONS = ("liaison", "second_liaison", "heating_liaison")
NEWEST = "{ me { inbox(first: 1) { edges { node { kind caseId orderId caseNumber titleEn } } } } }"


async def newest(person: Person) -> dict[str, str | None]:
    """What came last."""
    found: dict[str, str | None] = (await person.ask(NEWEST))["me"]["inbox"]["edges"][0]["node"]
    return found


async def test_who_issued_it_hears_that_its_matter_was_withdrawn(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    await issue(system, place.chair, case_id, department(place, "heating"), letter=True, legalBasis="")
    inboxes = await watched(place, *LIAISONS)
    await done(system, place.resident, "withdrawMatter", case_id)
    await inboxes.told(
        {
            "resident": "WITHDRAWN",
            "owner": "REPORTER_WITHDREW",
            "chair": ["ORDER_CANCELLED", "REPORTER_WITHDREW"],
            "county_chair": "ORDER_CANCELLED",
            **dict.fromkeys(LIAISONS, "ORDER_CANCELLED"),
        }
    )
    assert (await newest(place.county_chair))["orderId"] == order_id
    await system.run_timers()
    await inboxes.told({})
    await system.no_dead_letters()


async def test_who_takes_it_back_herself_is_told_nothing(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    inboxes = await watched(place, *LIAISONS)
    assert (
        await place.county_officer.do("cancelOrder", orderId=order_id, reason="发错部门", returns="{ __typename }")
    )["__typename"] == "WorkOrder"
    await system.settle()
    await inboxes.told(dict.fromkeys(LIAISONS[:2], "ORDER_CANCELLED"))


async def test_a_letter_ends_with_the_answer_and_who_wrote_it_hears_so(system: Harness, place: Place) -> None:
    """Unless it was she who gave the answer."""
    case_id = await matter(system, place)
    for who, kind in ((place.county_officer, "water"), (place.chair, "heating")):
        await issue(system, who, case_id, department(place, kind), letter=True, legalBasis="")
    await done(system, place.chair, "solveOnSpot", case_id, evidence="已修好")
    inboxes = await watched(place, *LIAISONS)
    await done(system, place.chair, "giveFeedback", case_id, text="已修好")
    told = {name: kinds.count("ORDER_CANCELLED") for name, kinds in (await inboxes.news()).items()}
    assert {name: count for name, count in told.items() if count} == dict.fromkeys(("county_chair", *LIAISONS), 1)


async def test_who_issued_it_hears_that_it_ended_when_its_matter_is_sealed(system: Harness, place: Place) -> None:
    """And neither which matter it was, nor why."""
    case_id = await matter(system, place)
    await issue(system, place.county_officer, case_id, department(place))
    inboxes = await watched(place, *LIAISONS, "rights_officer")
    await done(system, place.chair, "raiseClass", case_id, to="C3", reason="有未成年人受害")
    told = {"county_chair": "ORDER_CANCELLED", **dict.fromkeys(LIAISONS[:2], "ORDER_CANCELLED")}
    await inboxes.told({"rights_officer": "SEALED_MATTER", **told})
    nothing = {"caseId": None, "orderId": None, "caseNumber": None}
    assert await newest(place.county_chair) == {
        "kind": "ORDER_CANCELLED",
        "titleEn": "The work order was cancelled",
        **nothing,
    }
    await system.no_dead_letters()


@pytest.mark.parametrize("end", ["withdrawMatter", "raiseClass"])
async def test_of_a_private_matter_those_hear_it_who_knew_of_it(system: Harness, place: Place, end: str) -> None:
    """Those of its circle at the node that issued it, and of the other levels nobody."""
    case_id = await matter(system, place, "C2", relation="OWN")
    issued = await issue(system, place.county_chair, case_id, department(place))
    assert issued.code is None, issued
    inboxes = await watched(place, *LIAISONS, "rights_officer")
    who, words = (place.resident, {}) if end == "withdrawMatter" else (place.chair, {"to": "C3"})
    await done(system, who, end, case_id, **words)
    cancelled = {name: kinds.count("ORDER_CANCELLED") for name, kinds in (await inboxes.news()).items()}
    issuers = ("county_chair", "county_officer")
    assert {name: count for name, count in cancelled.items() if count} == dict.fromkeys((*issuers, *LIAISONS[:2]), 1)
    assert (await newest(place.county_chair))["caseId"] == (case_id if end == "withdrawMatter" else None)
    await system.no_dead_letters()
