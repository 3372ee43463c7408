"""A federation with nobody in office shows at the levels above it, and to nobody else."""

from typing import Any

import pytest

from gateway.subjects import vacancies
from services.contracts.organisation import Role, federation_of
from tests.harness import SINCE, Harness, Person, Place

VACANCIES = """query($region: RegionCode!, $first: Int! = 20, $after: String) {
  vacancies(region: $region, first: $first, after: $after) {
    edges { cursor node { code region name level } } pageInfo { hasNextPage endCursor } } }"""


async def vacant(who: Person, region: str, **page: Any) -> list[str]:
    """The regions of the federations on all pages."""
    found: list[str] = []
    after = None
    while True:
        answer = (await who.ask(VACANCIES, {"region": region, "after": after, **page}))["vacancies"]
        found += [edge["node"]["region"] for edge in answer["edges"]]
        assert len(answer["edges"]) <= page.get("first", 20)
        if not answer["pageInfo"]["hasNextPage"]:
            return found
        after = answer["pageInfo"]["endCursor"]


async def put(system: Harness, region: str, *members: tuple[str, Role, str | None]) -> None:
    """A federation with these people, each until then."""
    people = [{"member": m, "role": role.value, "since": SINCE, "until": until} for m, role, until in members]
    node = {"id": federation_of(region), "kind": "FEDERATION", "region": region, "name": "妇联", "members": people}
    assert (
        await system.operator.do("putNode", returns="{ __typename ... on Refusal { code } }", node=node)
    ).code is None
    await system.settle()


async def test_who_leaves_is_missed_at_every_level_above(system: Harness, place: Place) -> None:
    sibling = f"{place.county}002001"
    assert await vacant(place.county_officer, place.county) == []
    later = "2099-12-24T00:00:00+08:00"
    soon = (system.clock.now().replace(microsecond=0)).isoformat()
    await put(system, place.village, (place.chair.member, Role.CHAIR, soon), ("m_exec", Role.EXEC_MEMBER, None))
    for who, region in (
        (place.township_officer, place.township),
        (place.township_chair, place.village),
        (place.county_officer, place.county),
        (place.rights_officer, place.county),
        (place.city_chair, place.city),
        (place.city_officer, place.township),
        (place.province_officer, place.city),
    ):
        assert place.village in await vacant(who, region), region
        assert sibling not in await vacant(who, region)
    assert await vacant(place.county_officer, f"{place.county}002") == []

    await put(system, place.village, (place.chair.member, Role.CHAIR, soon), ("m_deputy", Role.CHAIR, later))
    assert await vacant(place.county_officer, place.county) == [], "somebody stands in for her"


async def test_a_term_that_ends_needs_no_fact(system: Harness, place: Place) -> None:
    end = system.clock.now().replace(microsecond=0)
    await put(system, place.village, ("m_short", Role.CHAIR, end.isoformat()))
    assert await vacant(place.county_officer, place.county) == [place.village]


async def test_nobody_beside_or_below_asks(system: Harness, place: Place) -> None:
    for who in ("chair", "exec_member", "owner", "resident", "liaison", "inspector", "beside_officer", "sibling_chair"):
        answer = await place.people[who].raw(VACANCIES, {"region": place.village})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_PERMITTED", who
    for who, region in (("township_officer", place.county), ("county_officer", place.city), ("city_chair", "21")):
        answer = await place.people[who].raw(VACANCIES, {"region": region})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_PERMITTED", "upward nobody sees"
    answer = await system.anonymous.raw(VACANCIES, {"region": place.village})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    answer = await place.operator.raw(VACANCIES, {"region": place.village})
    assert answer["errors"][0]["extensions"]["code"] == "NOT_PERMITTED"


async def test_her_own_federation_is_no_vacancy_below_her(system: Harness, place: Place) -> None:
    """She is in office by her token, whatever the roster says; the level above her sees what the roster says."""
    await put(system, place.township)
    assert await vacant(place.township_officer, place.township) == []
    assert await vacant(place.county_officer, place.county) == [place.township]
    both = system.person(
        "m_both",
        (Role.OFFICER, federation_of(place.township), place.township),
        (Role.OFFICER, federation_of(place.county), place.county),
    )
    assert await vacant(both, place.township) == [place.township], "her wider office oversees it"


async def test_pages(system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page looks at so many federations and no more; the next one goes on from there."""
    codes = [f"{place.township}3{number:02d}" for number in range(7)]
    for code in codes:
        await system.operate("ImportRegions", {"regions": [{"code": code, "name": "村"}]})
    for number, code in enumerate(codes):
        people = () if number % 2 else ((f"m_chair-{number}", Role.CHAIR, None),)
        await put(system, code, *people)
    expected = codes[1::2]
    assert await vacant(place.county_officer, place.county) == expected
    assert await vacant(place.county_officer, place.county, first=1) == expected
    assert await vacant(place.county_officer, place.county, first=2) == expected
    for looked_at in (1, 2, 3):
        monkeypatch.setattr(vacancies, "LOOKED_AT", looked_at)
        assert await vacant(place.county_officer, place.county, first=2) == expected
    for bad in ({"first": 0}, {"first": 101}, {"after": "x"}):
        answer = await place.county_officer.raw(VACANCIES, {"region": place.county, **bad})
        assert answer["errors"][0]["extensions"]["code"] == "MALFORMED"
