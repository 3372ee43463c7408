"""Those whose matter or order ends with a merge are told, each once, and nobody else (S13, V3); on both systems."""

from typing import NamedTuple

from services.contracts.organisation import Role, federation_of
from tests.access.world import SUBS, send
from tests.harness import SINCE, Harness, Person, Place
from tests.orders import department, issue, matter, order
from tests.scenarios.test_holder_is_told import Inboxes, watched
from tests.scenarios.test_ladder import accepted, acts, done

LIAISONS = ("liaison", "second_liaison", "heating_liaison")


class Beside(NamedTuple):
    """Another village of the township."""

    chair: Person
    resident: Person
    group: str


async def beside(system: Harness, place: Place) -> Beside:
    village = f"{place.township}902"
    people = {
        f"n_g-{village}": ("GROUP", f"m_{village}-resident", Role.RESIDENT),
        federation_of(village): ("FEDERATION", f"m_{village}-chair", Role.CHAIR),
    }
    assert await send(system.operator, "addRegion", code=village, name="同乡又一村") is None
    for node, (kind, member, role) in people.items():
        members = [{"member": member, "role": role.value, "since": SINCE}]
        words = {"id": node, "kind": kind, "region": village, "name": "某处", "members": members}
        assert await send(system.operator, "putNode", node=words) is None
    await system.settle()
    group, chair = people
    resident = system.person(people[group][1], (Role.RESIDENT, group, village))
    return Beside(system.person(people[chair][1], (Role.CHAIR, chair, village)), resident, group)


async def theirs(system: Harness, there: Beside) -> str:
    """A matter of the other village."""
    words = {"group": there.group, "subCategory": SUBS["C0"], "urgency": "YELLOW", "narrative": "路灯坏"}
    case_id = str((await there.resident.do("reportMatter", **words))["caseId"])
    await system.settle()
    return case_id


async def watching(place: Place, there: Beside) -> Inboxes:
    """The liaisons and the other village's people as well, from here on."""
    place.people |= {"their_chair": there.chair, "their_resident": there.resident}
    inboxes = Inboxes(place, (*LIAISONS, "their_chair", "their_resident"))
    await inboxes.news()
    return inboxes


async def test_a_township_that_merges_a_villages_matter_tells_whose_it_was(system: Harness, place: Place) -> None:
    there = await beside(system, place)
    case_id = await matter(system, place)
    into = await theirs(system, there)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    letter = await issue(system, place.chair, case_id, department(place, "heating"), letter=True, legalBasis="")
    inboxes = await watching(place, there)
    await done(system, place.township_officer, "mergeMatter", case_id, into=into)
    await inboxes.told(
        {
            "resident": "MERGED",
            "chair": ["ORDER_CANCELLED", "MERGED_HERE"],
            "county_chair": "ORDER_CANCELLED",
            **dict.fromkeys(LIAISONS, "ORDER_CANCELLED"),
        }
    )
    for each, liaison in ((order_id, place.liaison), (letter["orderId"], place.heating_liaison)):
        hers = await order(liaison, each) or {}
        assert (hers["state"], hers["caseId"]) == ("CANCELLED", None)
        found = await liaison.ask("{ me { inbox(first: 1) { edges { node { kind caseId titleEn } } } } }")
        [newest] = [edge["node"] for edge in found["me"]["inbox"]["edges"]]
        assert newest == {"kind": "ORDER_CANCELLED", "caseId": None, "titleEn": "The work order was cancelled"}
        assert await liaison.case(case_id) is None
    await done(system, place.township_officer, "unmergeMatter", case_id)
    await inboxes.told({"resident": "UNMERGED", "chair": "REOPENED_HERE"})
    await system.no_dead_letters()


async def test_who_merges_it_is_not_told_what_she_did(system: Harness, place: Place) -> None:
    case_id, into = await matter(system, place), str((await place.neighbour.report(place, urgency="YELLOW"))["caseId"])
    await system.settle()
    await issue(system, place.chair, case_id, department(place, "heating"), letter=True, legalBasis="")
    inboxes = await watched(place, *LIAISONS)
    await done(system, place.chair, "mergeMatter", case_id, into=into)
    await inboxes.told({"resident": "MERGED", "heating_liaison": "ORDER_CANCELLED"})
    await done(system, place.chair, "unmergeMatter", case_id)
    await inboxes.told({"resident": "UNMERGED"})


async def test_whom_it_was_on_its_way_to_learns_that_it_goes_on_elsewhere(system: Harness, place: Place) -> None:
    case_id, into = (
        await accepted(system, place),
        str((await place.neighbour.report(place, urgency="YELLOW"))["caseId"]),
    )
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    inboxes = await watched(place)
    await done(system, place.chair, "mergeMatter", case_id, into=into)
    await inboxes.told({"resident": "MERGED", "township_chair": "MERGED_HERE"})


async def test_of_a_private_matter_nobody_outside_its_circle_learns_of_the_merge(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory=SUBS["C2"])
    into = await accepted(system, place, subCategory=SUBS["C2"])
    inboxes = await watched(place)
    await done(system, place.chair, "mergeMatter", case_id, into=into)
    await inboxes.told({"resident": "MERGED"})
    await done(system, place.chair, "unmergeMatter", case_id)
    await inboxes.told({"resident": "UNMERGED"})
