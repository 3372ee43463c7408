"""Whoever holds a matter, and whoever follows it, is told what concerns her (S14, domain 2.4), and nobody beside; on both systems."""

from collections.abc import Mapping

from tests.harness import Harness, Place
from tests.scenarios.test_ladder import accepted, acts, done, up

NEVER = ("sibling_chair", "sibling_owner", "beside_officer", "second_owner", "neighbour", "city_chair", "city_officer")
"""A village and a township beside, another group, the level above that has not been reached."""
WATCHED = ("resident", "owner", "chair", "township_chair", "township_officer", "county_chair", "county_officer")


class Inboxes:
    """What has come since somebody looked last."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.before: dict[str, int] = {}

    async def news(self) -> dict[str, list[str]]:
        """The new entries of each who has any."""
        found = {}
        for name in (*WATCHED, *NEVER):
            entries = await self.place.people[name].inbox()
            if new := entries[: len(entries) - self.before.get(name, 0)]:
                found[name] = new
            self.before[name] = len(entries)
        return found

    async def told(self, wanted: Mapping[str, str | list[str]]) -> None:
        """Exactly these have been told, each of this."""
        assert await self.news() == {name: [kind] if isinstance(kind, str) else kind for name, kind in wanted.items()}


async def watched(place: Place) -> Inboxes:
    """From here on."""
    inboxes = Inboxes(place)
    await inboxes.news()
    return inboxes


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


async def test_a_pass_up_that_is_taken_back_is_taken_back_from_whom_it_was_told(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    inboxes = await watched(place)
    await done(system, place.chair, "cancelPassUp", case_id)
    await inboxes.told({"township_chair": "TAKEN_BACK"})
    await up(system, place.chair, place.township_officer, case_id)
    await acts(system, place.township_officer, case_id)
    await done(system, place.township_officer, "passUp", case_id, reason="NEEDS_FUNDS", countersigned=True)
    await inboxes.news()
    await done(system, place.township_officer, "cancelPassUp", case_id)
    await inboxes.told({"county_chair": "TAKEN_BACK", "chair": "FOLLOW_UP"})


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
