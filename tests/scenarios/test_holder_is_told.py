"""Whoever holds a matter, and whoever follows it, is told what concerns her (S14, domain 2.4), and nobody beside; on both systems."""

from collections.abc import Mapping, Sequence

from tests.access.world import SUBS
from tests.harness import Harness, Place
from tests.scenarios.councils import DONE
from tests.scenarios.test_ladder import accepted, acts, done, up

NEVER = ("sibling_chair", "sibling_owner", "beside_officer", "second_owner", "neighbour", "city_chair", "city_officer")
"""A village and a township beside, another group, the level above that has not been reached."""
WATCHED = ("resident", "owner", "chair", "township_chair", "township_officer", "county_chair", "county_officer")


class Inboxes:
    """What has come since somebody looked last."""

    def __init__(self, place: Place, more: Sequence[str] = ()) -> None:
        self.place = place
        self.names = (*WATCHED, *NEVER, *more)
        self.before: dict[str, int] = {}

    async def news(self) -> dict[str, list[str]]:
        """The new entries of each who has any."""
        found = {}
        for name in self.names:
            entries = await self.place.people[name].inbox()
            if new := entries[: len(entries) - self.before.get(name, 0)]:
                found[name] = new
            self.before[name] = len(entries)
        return found

    async def told(self, wanted: Mapping[str, str | list[str]]) -> None:
        """Exactly these have been told, each of this."""
        assert await self.news() == {name: [kind] if isinstance(kind, str) else kind for name, kind in wanted.items()}


async def watched(place: Place, *more: str) -> Inboxes:
    """From here on."""
    inboxes = Inboxes(place, more)
    await inboxes.news()
    return inboxes


async def test_the_township_that_holds_it_is_told_that_it_is_red(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    inboxes = await watched(place)
    await done(system, place.owner, "setUrgency", case_id, to="ORANGE")
    raised = {"owner": "URGENCY_RAISED", "chair": "URGENCY_RAISED", "township_chair": "URGENCY_RAISED"}
    await inboxes.told(raised)
    await done(system, place.owner, "setUrgency", case_id, to="RED")
    await inboxes.told({**raised, "township_officer": "URGENCY_RAISED"})
    await system.no_dead_letters()


async def test_who_follows_below_the_holder_is_told_and_who_did_it_is_not(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    await up(system, place.township_chair, place.county_officer, case_id)
    inboxes = await watched(place)
    await done(system, place.county_officer, "setUrgency", case_id, to="ORANGE")
    await inboxes.told(dict.fromkeys(("owner", "chair", "township_chair"), "URGENCY_RAISED"))


async def test_who_holds_it_and_whom_it_is_on_its_way_to_learn_that_it_was_withdrawn(
    system: Harness, place: Place
) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    await acts(system, place.township_officer, case_id)
    await done(system, place.township_chair, "passUp", case_id, reason="NEEDS_AUTHORITY")
    inboxes = await watched(place)
    await done(system, place.resident, "withdrawMatter", case_id)
    withdrew = dict.fromkeys(("owner", "chair", "township_chair", "county_chair"), "REPORTER_WITHDREW")
    await inboxes.told({"resident": "WITHDRAWN", **withdrew})


async def test_a_withdrawal_that_stops_nothing_is_told_to_the_holder_and_not_above(
    system: Harness, place: Place
) -> None:
    case_id = await accepted(system, place, relation="ANOTHERS")
    await up(system, place.chair, place.township_officer, case_id)
    inboxes = await watched(place)
    await done(system, place.resident, "withdrawMatter", case_id)
    withdrew = dict.fromkeys(("owner", "chair", "township_chair"), "REPORTER_WITHDREW")
    await inboxes.told({"resident": "WITHDRAWAL_NOTED", **withdrew})


async def test_a_village_learns_that_its_matter_rests_and_that_it_goes_on(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await done(system, place.chair, "informUp", case_id, to="TOWNSHIP", note="请了解")
    inboxes = await watched(place)
    rest = {"reason": "FUNDING_WAIT", "until": system.in_(days=2).isoformat()}
    await done(system, place.township_officer, "suspendMatter", case_id, **rest)
    await inboxes.told({"resident": "SUSPENDED", "chair": "SUSPENDED_HERE"})
    await done(system, place.township_officer, "resumeMatter", case_id)
    await inboxes.told({"resident": "RESUMED", "chair": "RESUMED_HERE"})
    await done(system, place.township_officer, "suspendMatter", case_id, **rest)
    await inboxes.news()
    await system.advance(days=2, minutes=1)
    await inboxes.told({"resident": "RESUMED", "chair": "RESUMED_HERE"})
    await system.no_dead_letters()


async def test_who_follows_learns_that_it_rests_above(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    inboxes = await watched(place)
    until = system.in_(days=20).isoformat()
    await done(system, place.township_officer, "suspendMatter", case_id, reason="FUNDING_WAIT", until=until)
    await inboxes.told({"resident": "SUSPENDED", "chair": "FOLLOW_UP"})
    await done(system, place.township_officer, "resumeMatter", case_id)
    await inboxes.told({"resident": "RESUMED", "chair": "FOLLOW_UP"})


async def test_what_is_red_goes_on_and_its_reporter_and_its_holder_hear_of_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    until = system.in_(days=20).isoformat()
    await done(system, place.township_officer, "suspendMatter", case_id, reason="FUNDING_WAIT", until=until)
    inboxes = await watched(place)
    await done(system, place.owner, "setUrgency", case_id, to="RED")
    news = await inboxes.news()
    assert news.keys() == {"resident", "owner", "chair", "township_chair", "township_officer"}
    assert (news["resident"], "URGENCY_RAISED" in news["township_chair"]) == (["RESUMED"], True)


async def test_a_pass_up_that_is_taken_back_is_taken_back_from_whom_it_was_told(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    inboxes = await watched(place)
    await done(system, place.chair, "cancelPassUp", case_id)
    await inboxes.told({"township_chair": "TAKEN_BACK"})
    await up(system, place.chair, place.township_officer, case_id)
    await acts(system, place.township_officer, case_id)
    await done(system, place.township_chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await inboxes.news()
    await done(system, place.township_officer, "cancelPassUp", case_id)
    await inboxes.told({"county_chair": "TAKEN_BACK", "chair": "FOLLOW_UP"})


async def test_of_a_private_matter_the_circle_alone_learns_of_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory=SUBS["C2"])
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    inboxes = await watched(place)
    await done(system, place.chair, "cancelPassUp", case_id)
    news = await inboxes.news()
    assert set(news) <= {"township_chair", "township_officer"}
    assert news["township_chair"] == ["TAKEN_BACK"]
    await done(system, place.chair, "setUrgency", case_id, to="ORANGE")
    assert {"owner", "resident", "county_chair"}.isdisjoint(await inboxes.news())
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await done(system, place.township_chair, "receive", case_id)
    await inboxes.news()
    await done(system, place.township_chair, "rejectMatter", case_id, reason="IN_LITIGATION", route="请向人民法院")
    await inboxes.told({"resident": "REJECTED", "chair": "FOLLOW_UP"})


async def test_who_holds_a_sealed_matter_is_not_told_what_she_did(system: Harness, place: Place) -> None:
    case_id = str((await place.resident.report(place, subCategory="STALKING_PRIVACY", urgency=None))["caseId"])
    await system.settle()
    rights = place.rights_officer
    await done(system, rights, "acceptMatter", case_id)
    inboxes, before = await watched(place), await rights.inbox()
    until = system.in_(days=20).isoformat()
    await done(system, rights, "suspendMatter", case_id, reason="POLICE_INVESTIGATING", until=until)
    await done(system, rights, "resumeMatter", case_id)
    assert await rights.inbox() == before
    assert set(await inboxes.news()) <= {"resident"}


async def test_who_stands_in_for_an_empty_village_is_not_told_what_she_did(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    node = {"id": f"n_fed-{place.village}", "kind": "FEDERATION", "region": place.village, "name": "村", "members": []}
    assert (await place.operator.do("putNode", returns=DONE, node=node)).code is None
    await system.settle()
    inboxes = await watched(place)
    until = system.in_(days=20).isoformat()
    await done(system, place.township_officer, "suspendMatter", case_id, reason="FUNDING_WAIT", until=until)
    await inboxes.told({"resident": "SUSPENDED"})
    await done(system, place.township_officer, "resumeMatter", case_id)
    await inboxes.told({"resident": "RESUMED"})
    await done(system, place.township_officer, "rejectMatter", case_id, reason="IN_LITIGATION", route="请向人民法院")
    await inboxes.told({"resident": "REJECTED"})


async def test_who_follows_learns_that_it_was_turned_down(system: Harness, place: Place) -> None:
    for mutation, words, kind in (
        ("rejectMatter", {"reason": "IN_LITIGATION", "route": "请向人民法院"}, "REJECTED"),
        ("redirectMatter", {"to": "COURT", "route": "请向人民法院"}, "REDIRECTED"),
    ):
        case_id = await accepted(system, place)
        await up(system, place.chair, place.township_officer, case_id)
        inboxes = await watched(place)
        await done(system, place.township_officer, mutation, case_id, **words)
        await inboxes.told({"resident": kind, "chair": "FOLLOW_UP"})
    own = await accepted(system, place)
    await done(system, place.chair, "informUp", own, to="COUNTY", note="请了解")
    inboxes = await watched(place)
    await done(system, place.chair, "rejectMatter", own, reason="IN_LITIGATION", route="请向人民法院")
    await inboxes.told({"resident": "REJECTED"})


async def test_what_was_missing_reaches_the_township_that_took_it_over(system: Harness, place: Place) -> None:
    answer = await place.resident.report(place, subCategory="COLLECTIVE_INCOME", urgency="ORANGE", relation="OWN")
    case_id = str(answer["caseId"])
    await system.settle()
    await done(system, place.chair, "askForInformation", case_id, question="哪一户？")
    await done(system, place.chair, "alertInParallel", case_id)
    await done(system, place.township_officer, "takeOver", case_id, reason="由乡镇办理")
    inboxes = await watched(place)
    await done(system, place.resident, "supplyInformation", case_id, answer="第三户")
    await inboxes.told(dict.fromkeys(("owner", "chair", "township_chair"), "INFORMATION_SUPPLIED"))


async def test_whom_it_is_on_its_way_to_learns_that_it_is_red(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    inboxes = await watched(place)
    await done(system, place.owner, "setUrgency", case_id, to="RED")
    await inboxes.told(dict.fromkeys(("owner", "chair", "township_chair", "township_officer"), "URGENCY_RAISED"))


async def test_whom_it_is_on_its_way_to_learns_that_it_was_turned_down(system: Harness, place: Place) -> None:
    for mutation, words, kind in (
        ("rejectMatter", {"reason": "IN_LITIGATION", "route": "请向人民法院"}, "REJECTED"),
        ("redirectMatter", {"to": "COURT", "route": "请向人民法院"}, "REDIRECTED"),
    ):
        case_id = await accepted(system, place)
        await acts(system, place.chair, case_id)
        await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
        inboxes = await watched(place)
        await done(system, place.chair, mutation, case_id, **words)
        await inboxes.told({"resident": kind, "township_chair": "FOLLOW_UP"})
