"""A tenth of what a village turned down is looked at again by somebody above (S18): who is shown which, and what she found."""

import hmac
from datetime import datetime
from typing import Any

import pytest

from tests.access.test_visibility import bar
from tests.access.world import DENIED, SUBS
from tests.harness import Harness, Person, Place
from tests.scenarios.test_ladder import accepted, acts, done

SAMPLE = """query($region: RegionCode!, $month: String!, $first: Int! = 20, $after: String) {
  rejectionSample(region: $region, month: $month, first: $first, after: $after) {
    edges { cursor node { caseId number region caseClass category reason rejectedAt state finding rejectedBy { code } } }
    pageInfo { hasNextPage endCursor } } }"""
REASON = "抽查理由的原文"
ABOVE = ("township_officer", "township_chair", "county_officer", "county_chair", "city_officer", "inspector")


def month(system: Harness) -> str:
    return f"{system.clock.now():%Y-%m}"


async def sample(system: Harness, who: Person, region: str, **page: Any) -> list[dict[str, Any]]:
    """The month's sample, on all pages."""
    words: dict[str, Any] = {"region": region, "month": month(system), **page}
    found: list[dict[str, Any]] = []
    while True:
        answer = (await who.ask(SAMPLE, words))["rejectionSample"]
        found += [edge["node"] for edge in answer["edges"]]
        if not answer["pageInfo"]["hasNextPage"]:
            return found
        words["after"] = answer["pageInfo"]["endCursor"]


async def drawn(system: Harness, who: Person, region: str) -> set[str]:
    found = [line["caseId"] for line in await sample(system, who, region)]
    assert len(found) == len(set(found))
    return set(found)


async def turned_down(
    system: Harness, who: Person, chair: Person, place: Place, how_many: int = 1, **input: Any
) -> list[str]:
    """Matters that somebody reports and the chair turns down, everybody has heard of."""
    reported = [await who.report(place, **input) for _ in range(how_many)]
    await system.settle()
    case_ids = [str(each["caseId"]) for each in reported]
    for case_id in case_ids:
        words = {"reason": "OTHER_AUTHORITY", "route": "请拨打 12345"}
        assert (await chair.do("rejectMatter", returns="{ __typename }", caseId=case_id, **words)) is not None
    await system.settle()
    return case_ids


def lots(system: Harness, case_ids: list[str]) -> dict[str, int]:
    """Reckoned here once more: nobody who has not the cell's secret can tell them beforehand."""
    secret = system.room("gateway").secret
    return {
        each: int(hmac.new(secret, f"rejection {each}".encode(), "sha256").hexdigest()[:16], 16) for each in case_ids
    }


async def test_one_is_drawn_of_a_month_that_has_any(system: Harness, place: Place) -> None:
    [case_id] = await turned_down(system, place.resident, place.chair, place)
    seen = await place.chair.case(case_id) or {}
    for name in ABOVE:
        [line] = await sample(system, place.people[name], place.village)
        assert line == {
            "caseId": case_id,
            "number": seen["number"],
            "region": place.village,
            "caseClass": "C0",
            "category": "GOVERNANCE",
            "reason": "OTHER_AUTHORITY",
            "rejectedAt": line["rejectedAt"],
            "state": "REJECTED",
            "finding": None,
            "rejectedBy": {"code": f"n_fed-{place.village}"},
        }
        assert datetime.fromisoformat(line["rejectedAt"]) == system.clock.now()
    assert await place.township_officer.case(case_id) is None, "a line of the sample shows no matter"
    assert await drawn(system, place.county_officer, place.county) == {case_id}
    earlier = {"region": place.village, "month": "2026-01"}
    assert (await place.county_officer.ask(SAMPLE, earlier))["rejectionSample"]["edges"] == []


async def test_a_tenth_is_drawn_by_lot_each_village_for_itself(system: Harness, place: Place) -> None:
    sibling = Place(place.city, place.county, "", "", f"n_g-{place.county}002001")
    [beside] = await turned_down(system, place.sibling_resident, place.sibling_chair, sibling)
    many = await turned_down(system, place.resident, place.chair, place, 24)
    its = lots(system, many)
    expected = {each for each in many if its[each] < 2**64 / 10} | {min(many, key=its.__getitem__)}
    assert len(expected) < 24
    assert await drawn(system, place.township_officer, place.township) == expected
    assert await drawn(system, place.county_chair, place.village) == expected, "whoever asks, the same are drawn"
    assert await drawn(system, place.beside_officer, place.county + "002") == {beside}
    whole = await sample(system, place.county_officer, place.county)
    assert {line["caseId"] for line in whole} == {beside, *expected}
    assert await sample(system, place.county_officer, place.county, first=1) == whole, "pages hold still"


async def test_whoever_is_not_above_is_refused(system: Harness, place: Place) -> None:
    await turned_down(system, place.resident, place.chair, place)
    words = {"region": place.village, "month": month(system)}
    above = {"province_officer", *ABOVE}
    for name, person in place.people.items():
        answer = await person.raw(SAMPLE, words)
        if name in above or name in {"rights_officer", "city_chair"}:
            assert "errors" not in answer, name
        else:
            assert answer["errors"][0]["extensions"]["code"] == "NOT_PERMITTED", name
            assert answer["data"] is None
    for name, region in (
        ("township_officer", place.county),
        ("beside_officer", place.township),
        ("county_officer", "21"),
    ):
        answer = await place.people[name].raw(SAMPLE, {**words, "region": region})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_PERMITTED", "neither upward nor beside"
    assert (await system.anonymous.raw(SAMPLE, words))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    for bad in ({"month": "2026-13"}, {"month": "2026-Q1"}, {"first": 0}, {"first": 101}, {"after": "x"}):
        answer = await place.township_officer.raw(SAMPLE, {**words, **bad})
        assert answer["errors"][0]["extensions"]["code"] == "MALFORMED", bad


async def test_nobody_is_shown_what_her_own_level_did(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_AUTHORITY")
    await done(system, place.township_officer, "receive", case_id)
    route = {"reason": "IN_LITIGATION", "route": "请向人民法院"}
    await done(system, place.township_officer, "rejectMatter", case_id, **route)
    [own] = await turned_down(system, place.resident, place.chair, place)
    assert await drawn(system, place.township_chair, place.township) == {own}
    assert await drawn(system, place.county_officer, place.township) == {own, case_id}
    words = {"caseId": case_id, "finding": "UPHELD", "reason": REASON}
    assert (await place.township_chair.do("reviewRejection", **words)).code == "OWN_WORK"
    assert "ReviewRejection" not in (await place.township_chair.case(case_id) or {})["allowedCommands"]
    assert (await place.county_chair.do("reviewRejection", **words)).code is None


async def test_few_private_matters_are_not_shown_at_all(system: Harness, place: Place) -> None:
    """V5: one line would tell that there is one. Open ones beside them are drawn as if they were not there."""
    [open_one] = await turned_down(system, place.resident, place.chair, place, subCategory=SUBS["C1"], urgency=None)
    few = await turned_down(system, place.resident, place.chair, place, 4, subCategory=SUBS["C2"], urgency=None)
    other = await turned_down(system, place.resident, place.chair, place, 2, subCategory="DEBT", urgency=None)
    above = (place.township_officer, place.county_chair, place.inspector)
    for who in above:
        assert await drawn(system, who, place.village) == {open_one}
    enough = few + await turned_down(
        system, place.resident, place.chair, place, 1, subCategory=SUBS["C2"], urgency=None
    )
    its = lots(system, enough)
    expected = {each for each in enough if its[each] < 2**64 / 10} | {min(enough, key=its.__getitem__)}
    for who in above:
        lines = {line["caseId"]: line for line in await sample(system, who, place.village)}
        assert set(lines) == {open_one, *expected}
        assert not set(other) & set(lines), "another category is another cell"
        assert all(lines[each]["category"] == "MARRIAGE_FAMILY" for each in expected)
        for each in expected:
            assert await who.case(each) is None
            assert (await who.do("reviewRejection", caseId=each, finding="UPHELD", reason=REASON)).code in DENIED


async def test_sealed_ones_are_for_those_who_may_know_of_them(system: Harness, place: Place) -> None:
    sealed = {"subCategory": SUBS["C3"], "urgency": None}
    four = await turned_down(system, place.resident, place.rights_officer, place, 4, **sealed)
    assert await drawn(system, place.city_chair, place.city) == set()
    five = four + await turned_down(system, place.resident, place.rights_officer, place, 1, **sealed)
    lines = await sample(system, place.city_chair, place.city)
    its = lots(system, five)
    assert min(five, key=its.__getitem__) in {line["caseId"] for line in lines} <= set(five)
    assert {(line["region"], line["number"], line["category"]) for line in lines} == {(place.county, None, "PERSONAL")}
    for name in ("city_officer", "inspector", "county_chair", "rights_officer"):
        assert await drawn(system, place.people[name], place.county) == set(), name
    assert await drawn(system, place.township_chair, place.township) == set()


async def test_a_party_is_shown_nothing_of_it(system: Harness, place: Place) -> None:
    [case_id] = await turned_down(system, place.resident, place.chair, place)
    await bar(system.room("intake"), case_id, place.township_officer.member)
    await system.settle()
    assert await drawn(system, place.township_officer, place.village) == set()
    assert await drawn(system, place.township_chair, place.village) == {case_id}


async def test_what_was_right_stays_and_what_was_wrong_is_opened_again(system: Harness, place: Place) -> None:
    [right] = await turned_down(system, place.resident, place.chair, place)
    words = {"caseId": right, "finding": "UPHELD", "reason": REASON}
    for name in (
        "chair",
        "owner",
        "resident",
        "neighbour",
        "exec_member",
        "liaison",
        "sibling_chair",
        "beside_officer",
    ):
        assert (await place.people[name].do("reviewRejection", **words)).code in DENIED, name
    assert (await place.township_officer.do("reviewRejection", **{**words, "reason": ""})).code == "TEXT_MISSING"
    before = await place.resident.inbox()
    upheld = await place.township_officer.do("reviewRejection", **words, returns="{ __typename }")
    assert upheld["__typename"] == "Done", "she may not see the matter, and is told no more"
    await system.settle()
    [line] = await sample(system, place.county_officer, place.village)
    assert (line["state"], line["finding"]) == ("REJECTED", "UPHELD")
    assert await place.resident.inbox() == before
    assert (await place.county_officer.do("reviewRejection", **words)).code == "STATE_DOES_NOT_FIT", "once"

    other = await system.new_place()
    [wrong] = await turned_down(system, other.resident, other.chair, other)
    again = {"caseId": wrong, "finding": "REOPENED", "reason": REASON}
    assert (await other.township_chair.do("reviewRejection", **again)).code is None
    await system.settle()
    seen = await other.chair.case(wrong) or {}
    assert (seen["state"], seen["holder"]) == ("ACCEPTED", {"code": f"n_fed-{other.village}"})
    assert "REOPENED" in await other.resident.inbox()
    assert "REOPENED_HERE" in await other.chair.inbox()
    [line] = await sample(system, other.township_chair, other.village)
    assert (line["state"], line["reason"], line["finding"]) == ("ACCEPTED", "OTHER_AUTHORITY", "REOPENED")
    assert (await other.chair.do("rejectMatter", caseId=wrong, reason="TEST", route="请拨打 12345")).code is None
    await system.settle()
    [line] = await sample(system, other.township_chair, other.village)
    assert (line["state"], line["reason"], line["finding"]) == ("REJECTED", "TEST", None), "a new one, to look at anew"
    for row in await system.rows("intake", "SELECT value FROM outbox"):
        assert REASON not in (row.value.decode() if isinstance(row.value, bytes) else str(row.value))
    await system.no_dead_letters()


@pytest.mark.parametrize("to", ["C2", "C3"])
async def test_what_becomes_private_later_is_no_line_any_more(system: Harness, place: Place, to: str) -> None:
    [case_id] = await turned_down(system, place.resident, place.chair, place)
    assert (await place.resident.do("reopenMatter", caseId=case_id, reason="又发生了")).code is None
    await system.settle()
    assert await drawn(system, place.township_officer, place.village) == {case_id}
    assert await place.chair.do("raiseClass", caseId=case_id, to=to, reason="涉及人身安全")
    await system.settle()
    for who in (place.township_officer, place.county_chair, place.city_chair):
        region = place.village if who is place.township_officer else place.county
        assert await drawn(system, who, region) == set()
    kept = await system.rows("gateway", "SELECT region FROM rejection WHERE case_id = :id", id=case_id)
    assert len(kept) == (to == "C2"), "of a sealed matter nothing that ordinary topics told, its village least of all"
