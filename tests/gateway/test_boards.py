"""The boards move with the matters; few private ones are no number above the village; the county sees whose council is idle (S21)."""

from typing import Any

from tests.harness import Harness, Person, Place
from tests.scenarios.test_ladder import accepted, acts, clocks, done

BOARD = "query($region: RegionCode!) { board(region: $region) { region level category private open amber red } }"
COACHING = """query($region: RegionCode!, $quarter: String!, $first: Int! = 20, $after: String) {
  coachingList(region: $region, quarter: $quarter, first: $first, after: $after) {
    edges { cursor node { region overdue } } pageInfo { hasNextPage endCursor } } }"""
Cell = tuple[str, str, str, bool]
Numbers = tuple[int | None, int | None, int | None]


async def board(who: Person, region: str) -> dict[Cell, Numbers]:
    """A board, cell by cell: open, amber, red."""
    lines = (await who.ask(BOARD, {"region": region}))["board"]
    found = {
        (line["region"], line["level"], line["category"], line["private"]): (line["open"], line["amber"], line["red"])
        for line in lines
    }
    assert len(found) == len(lines), "each cell once"
    return found


async def until_the_council_is_late(system: Harness, place: Place, case_id: str) -> None:
    [council] = [each for each in await clocks(place, case_id) if each["stage"] == "COUNCIL"]
    await system.until(council["dueAt"])


async def coached(system: Harness, who: Person, region: str, **page: Any) -> list[tuple[str, int]]:
    """The coaching list of the quarter, on all pages."""
    now = system.clock.now()
    words: dict[str, Any] = {"region": region, "quarter": f"{now.year}-Q{(now.month + 2) // 3}", **page}
    found: list[tuple[str, int]] = []
    while True:
        answer = (await who.ask(COACHING, words))["coachingList"]
        found += [(edge["node"]["region"], edge["node"]["overdue"]) for edge in answer["edges"]]
        if not answer["pageInfo"]["hasNextPage"]:
            return found
        words["after"] = answer["pageInfo"]["endCursor"]


async def test_a_matter_moves_from_cell_to_cell_and_off_the_board(system: Harness, place: Place) -> None:
    village = (place.village, "VILLAGE", "PROPERTY", False)
    case_id = await accepted(system, place)
    assert await board(place.chair, place.village) == {village: (1, 0, 0)}
    [council] = [each for each in await clocks(place, case_id) if each["stage"] == "COUNCIL"]
    await system.until(council["amberAt"])
    assert await board(place.chair, place.village) == {village: (1, 1, 0)}
    assert set(await place.chair.inbox()) == {"NUDGE"}, "who owes it is reminded of what turns amber"
    await system.until(council["dueAt"])
    assert await board(place.chair, place.village) == {village: (1, 0, 1)}
    for who, region, line in (
        (place.council_member, place.village, place.village),
        (place.township_officer, place.village, place.village),
        (place.township_officer, place.township, place.village),
        (place.county_officer, place.county, place.township),
        (place.inspector, place.city, place.county),
    ):
        assert await board(who, region) == {(line, *village[1:]): (1, 0, 1)}, "by the regions directly below"
    assert (place.city, *village[1:]) in await board(place.province_officer, "21")

    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert await board(place.chair, place.village) == {village: (1, 0, 0)}, (
        "another window runs; the holder is the same"
    )
    await done(system, place.township_officer, "receive", case_id)
    above = {(place.village, "TOWNSHIP", "PROPERTY", False): (1, 0, 0)}
    assert await board(place.chair, place.village) == above
    [window] = [
        each for each in await clocks(place, case_id) if each["stage"] == "WINDOW" and each["state"] == "RUNNING"
    ]
    await system.until(window["amberAt"])
    assert list((await board(place.township_officer, place.township)).values()) == [(1, 1, 0)]
    assert "NUDGE" in await place.township_officer.inbox() + await place.township_chair.inbox()
    await acts(system, place.township_officer, case_id)
    await done(system, place.township_officer, "resolveMatter", case_id, outcome="SOLVED", evidence="已办理")
    assert await board(place.chair, place.village) == {village: (1, 0, 0)}, (
        "resolved: the work is done, the answer is owed"
    )
    await done(system, place.chair, "giveFeedback", case_id, text="已办理")
    assert await board(place.chair, place.village) == {village: (1, 0, 0)}
    closed = await place.resident.do("rateMatter", caseId=case_id, score=4, solved=True)
    assert closed["state"] == "CLOSED"
    await system.settle()
    assert await board(place.chair, place.village) == await board(place.county_officer, place.county) == {}
    assert await system.rows("gateway", "SELECT * FROM board WHERE region = :code", code=place.village) == []
    await system.no_dead_letters()


async def test_a_reminder_comes_once(system: Harness, place: Place) -> None:
    """Nor again when a pass-up is taken back and the council's clock runs on from its old start."""
    case_id = await accepted(system, place, subCategory="INHERITANCE", relation="ANOTHERS")
    [council] = [each for each in await clocks(place, case_id) if each["stage"] == "COUNCIL"]
    await system.until(council["amberAt"])
    await done(system, place.chair, "passUp", case_id, reason="NO_COMPETENCE", note="依据写明")
    await done(system, place.chair, "cancelPassUp", case_id)
    await system.advance(hours=1)
    assert await place.chair.inbox() == ["NUDGE"]
    await system.until(council["dueAt"])
    assert (await place.chair.inbox()).count("OVERDUE") == 1
    await done(system, place.chair, "passUp", case_id, reason="NO_COMPETENCE", note="依据写明")
    await done(system, place.chair, "cancelPassUp", case_id)
    await system.advance(hours=1)
    moved = "SELECT count FROM counter WHERE region = :code AND metric = 'council_overdue'"
    assert [row.count for row in await system.rows("gateway", moved, code=place.village)] == [1]


async def test_whoever_has_no_office_there_is_refused(system: Harness, place: Place) -> None:
    await accepted(system, place)
    quarter = {"region": place.county, "quarter": "2026-Q4"}
    for who in ("resident", "representative", "owner", "liaison", "sibling_chair", "beside_officer", "operator"):
        for query, words in ((BOARD, {"region": place.village}), (COACHING, quarter)):
            answer = await place.people[who].raw(query, words)
            assert answer["errors"][0]["extensions"]["code"] == "NOT_PERMITTED", who
    for who, region in (("chair", place.township), ("township_officer", place.county), ("city_chair", "21")):
        answer = await place.people[who].raw(BOARD, {"region": region})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_PERMITTED", "upward nobody sees"
    for who, region in (("chair", place.village), ("township_officer", place.township), ("county_officer", place.city)):
        answer = await place.people[who].raw(COACHING, {**quarter, "region": region})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_PERMITTED", "the county coaches, and whoever is above"
    for query, words in ((BOARD, {"region": place.village}), (COACHING, quarter)):
        answer = await system.anonymous.raw(query, words)
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    for bad in ({"quarter": "2026-Q5"}, {"quarter": "2026-11"}, {"first": 0}, {"first": 101}, {"after": "x"}):
        answer = await place.county_officer.raw(COACHING, {**quarter, **bad})
        assert answer["errors"][0]["extensions"]["code"] == "MALFORMED", bad


async def test_few_private_matters_are_no_number_above_the_village(system: Harness, place: Place) -> None:
    """V5; and of sealed matters the village's board knows nothing at all."""
    private = ("VILLAGE", "MARRIAGE_FAMILY", True)
    for number in range(1, 6):
        await place.resident.report(place, subCategory="MARITAL_CONFLICT", urgency=None)
        await system.settle()
        shown = (5, None, None) if number == 5 else (None, None, None)
        assert await board(place.chair, place.village) == {(place.village, *private): (number, 0, 0)}
        for who, region in ((place.township_officer, place.township), (place.county_chair, place.village)):
            assert await board(who, region) == {(place.village, *private): shown}
        assert await board(place.city_officer, place.city) == {(place.county, *private): shown}
    await place.resident.report(place, subCategory="DOMESTIC_VIOLENCE", urgency=None)
    await system.settle()
    sealed = (place.county, "COUNTY", "PERSONAL", True)
    assert (await board(place.county_chair, place.county))[sealed] == (None, None, None)
    assert set(await board(place.chair, place.village)) == {(place.village, *private)}
    assert set(await board(place.township_chair, place.township)) == {(place.village, *private)}


async def test_a_matter_that_is_sealed_leaves_its_villages_board(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    assert (await place.chair.do("raiseClass", caseId=case_id, to="C3", reason="涉及人身安全")).code is None
    await system.settle()
    assert await board(place.chair, place.village) == {}
    assert await board(place.county_chair, place.county) == {
        (place.county, "COUNTY", "PERSONAL", True): (None, None, None)
    }
    rows = await system.rows("gateway", "SELECT open, private FROM board WHERE region = :code", code=place.county)
    assert [tuple(row) for row in rows] == [(1, True)]


async def test_three_idle_councils_in_a_quarter_and_the_county_coaches(system: Harness, place: Place) -> None:
    """Private ones count from five on: fewer would show through the sum."""
    cases: list[str] = []
    other, private = await system.new_place(), await system.new_place()
    for where, subs in (
        (place, ("COLLECTIVE_INCOME",) * 3),
        (other, ("COLLECTIVE_INCOME",) * 2 + ("MARITAL_CONFLICT",) * 4),
        (private, ("MARITAL_CONFLICT",) * 5),
    ):
        cases = [await accepted(system, where, subCategory=sub) for sub in subs]
    assert await coached(system, place.county_officer, place.county) == []
    await until_the_council_is_late(system, private, cases[-1])
    assert await coached(system, place.county_officer, place.county) == [(place.village, 3)]
    assert await coached(system, place.city_chair, place.township) == [(place.village, 3)]
    assert await coached(system, other.county_officer, other.county) == []
    assert await coached(system, private.county_officer, private.county) == [(private.village, 5)]
    listed = await coached(system, place.province_officer, "21", first=1)
    assert {(place.village, 3), (private.village, 5)} <= set(listed)
    assert listed == sorted(listed)
    before = await place.county_officer.ask(COACHING, {"region": place.county, "quarter": "2026-Q3"})
    assert before["coachingList"]["edges"] == []
