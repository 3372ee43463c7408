"""What the gateway promises of its answers: fresh, paged by keyset, one call for a page's sealed texts, one correlation id throughout."""

import asyncio
import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.projector import Sources, measure_freshness
from services.chassis.telemetry import JsonFormatter
from tests.harness import Harness, Place


async def test_as_of_is_now_when_idle_and_stands_still_while_facts_wait(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = system.room("gateway")
    await system.settle()
    await measure_freshness(gateway)
    fresh = await _as_of(place)
    assert system.clock.now() - fresh <= timedelta(seconds=1)

    receive, waiting = system.system.wiring.parts["gateway"].runtime.inbox.receive, []

    async def later(records: Any) -> None:
        waiting.append(records)
        raise ConnectionError("the projector is away")

    monkeypatch.setattr(system.system.wiring.parts["gateway"].runtime.inbox, "receive", later)
    system.clock.advance(timedelta(minutes=5))
    # Another service's fact, which the gateway cannot have applied by itself.
    case_id = (await place.resident.report(place))["caseId"]
    await _until(lambda: bool(waiting))
    await measure_freshness(gateway)
    assert await _as_of(place) == fresh, "the model is behind: it must not claim to be fresh"

    monkeypatch.setattr(system.system.wiring.parts["gateway"].runtime.inbox, "receive", receive)
    await system.settle()
    await measure_freshness(gateway)
    assert system.clock.now() - await _as_of(place) <= timedelta(seconds=1)
    assert (await place.chair.case(case_id)) is not None


async def test_as_of_moves_on_though_something_is_always_on_its_way(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where many tell, the consumer is never at an end of its topics; it passes the ends of a moment ago."""
    gateway = system.room("gateway")
    await system.settle()
    sources = gateway.get(Sources)
    assert sources.consumer is not None
    async with asyncio.timeout(30):
        while not await measure_freshness(gateway) or sources.noted is not None:
            await asyncio.sleep(0.02)  # Kafka's offsets are committed a moment after a batch was taken
    past, ends = sources.consumer.passed, sources.consumer.ends
    late, noted = [True], list[Any]()

    async def passed(given: Any) -> bool:
        noted.append(given)
        return not late[0] and await past(given)

    monkeypatch.setattr(sources.consumer, "passed", passed)
    before = system.clock.now()
    system.clock.advance(timedelta(minutes=1))
    moment = system.clock.now()
    await measure_freshness(gateway)
    assert await _as_of(place) == before
    system.clock.advance(timedelta(minutes=1))
    await place.resident.report(place)
    late[0] = False
    monkeypatch.setattr(sources.consumer, "ends", lambda: _later(ends))
    async with asyncio.timeout(30):
        while await _as_of(place) == before:
            await measure_freshness(gateway)
            await asyncio.sleep(0.02)
    assert noted[1] == noted[0], "the ends that were noted first"
    assert await _as_of(place) == moment, "as fresh as the moment that they were of, and no fresher"


async def _later(ends: Any) -> Any:
    """What nobody has read yet."""
    return {place: end + 1_000 for place, end in (await ends()).items()}


async def _as_of(place: Place) -> datetime:
    found = await place.chair.ask("{ asOf { cell asOf } }")
    return datetime.fromisoformat(found["asOf"][0]["asOf"])


async def _until(condition: Any, turns: int = 2000) -> None:

    for _ in range(turns):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came")


async def test_pages_hold_still_while_matters_come_in(system: Harness, place: Place) -> None:
    for _ in range(5):
        await place.resident.report(place)
    query = "query($after: String) { cases(first: 2, after: $after) { edges { node { number } } pageInfo { hasNextPage endCursor } } }"
    first = (await place.chair.ask(query))["cases"]
    await place.resident.report(place)
    numbers = [edge["node"]["number"] for edge in first["edges"]]
    page = first
    while page["pageInfo"]["hasNextPage"]:
        page = (await place.chair.ask(query, {"after": page["pageInfo"]["endCursor"]}))["cases"]
        numbers += [edge["node"]["number"] for edge in page["edges"]]
    assert len(numbers) == len(set(numbers)) == 5, (
        "each of the five once; the one that came meanwhile is newer than the first page"
    )


async def test_lists_are_narrowed_by_region_state_and_lamp(system: Harness, place: Place) -> None:
    one = (await place.resident.report(place))["caseId"]
    other = (await place.resident.report(place))["caseId"]
    await system.settle()
    await place.owner.do("acceptMatter", caseId=other)
    await system.settle()

    async def ids(**by: Any) -> set[str]:
        query = "query($region: RegionCode, $state: Lifecycle, $lamp: Lamp) { cases(region: $region, state: $state, lamp: $lamp) { edges { node { caseId } } } }"
        found = (await place.chair.ask(query, by))["cases"]["edges"]
        return {edge["node"]["caseId"] for edge in found}

    assert await ids() == {one, other}
    assert await ids(state="ACCEPTED") == {other}
    assert await ids(region=place.village, state="SUBMITTED") == {one}
    assert await ids(region=f"{place.county}002") == set()
    assert await ids(lamp="GREEN") == {one, other}
    assert await ids(lamp="RED") == set()


async def test_a_region_that_is_not_here_is_refused(
    system: Harness, shared_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "query($region: RegionCode) { cases(region: $region) { edges { cursor } } }"

    async def code(region: str) -> str | None:
        errors = (await shared_place.sibling_resident.raw(query, {"region": region})).get("errors")
        return str(errors[0]["extensions"]["code"]) if errors else None

    assert await code(shared_place.village) is None, "she sees nothing there, and it is a region"
    assert await code(f"{shared_place.township}999") == "UNKNOWN_REGION"
    monkeypatch.setattr(system.room("gateway"), "cell", "2101")
    assert await code("2102") == "REGION_OF_ANOTHER_CELL"
    assert await code("21") is None, "what lies above the cell is no other's"


async def test_regions_below_one_that_there_is_not(system: Harness, place: Place) -> None:
    query = "query($under: RegionCode!) { regions(under: $under) { edges { node { code } } } }"
    assert (await place.chair.ask(query, {"under": place.village}))["regions"]["edges"] == [], "it has none"
    answered = await place.chair.raw(query, {"under": f"{place.township}999"})
    assert answered["errors"][0]["extensions"]["code"] == "UNKNOWN_REGION"


async def test_sealed_texts_of_a_page_are_one_call(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        await place.resident.report(place, place="3号楼", reporter={"name": "某人", "phone": "13900001111"})
    calls = system.system.wiring.calls
    assert calls is not None
    asked: list[str] = []
    query = calls.query

    async def counted(service: str, name: str, *rest: Any) -> Any:
        asked.append(f"{service}/{name}")
        return await query(service, name, *rest)

    monkeypatch.setattr(calls, "query", counted)
    fields = "narrative place reporterName reporterPhone feedback attachments { id }"
    found = await place.chair.ask(f"{{ cases {{ edges {{ node {{ {fields} }} }} }} }}")
    assert [edge["node"]["reporterName"] for edge in found["cases"]["edges"]] == ["某人"] * 4
    assert asked == ["intake/case-texts"]


async def test_a_summary_stands_in_the_answer_of_whoever_approved_it(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And in whatever is asked next, though the model fetches it a moment later; no look at sealed text is noted for that."""
    returns = "{ __typename ... on Case { summary } ... on Refusal { code } }"
    ids = [str((await place.resident.report(place))["caseId"]) for _ in range(2)]
    await system.settle()
    for case_id in ids:
        accepted = await place.owner.do("acceptMatter", returns=returns, caseId=case_id, publicSummary="公告栏待修")
        assert accepted["summary"] == "公告栏待修"
    calls = system.system.wiring.calls
    assert calls is not None
    asked, query = list[str](), calls.query

    async def counted(service: str, name: str, *rest: Any) -> Any:
        asked.append(f"{service}/{name}")
        return await query(service, name, *rest)

    monkeypatch.setattr(calls, "query", counted)
    page = "{ cases { edges { node { summary } } } }"
    seen = [edge["node"]["summary"] for edge in (await place.chair.ask(page))["cases"]["edges"]]
    assert seen == ["公告栏待修"] * 2
    assert asked == ["intake/case-texts"], "one call for both"
    monkeypatch.setattr(calls, "query", query)
    assert (await place.owner.do("solveOnSpot", caseId=ids[0], evidence="已修好")).code is None
    await system.settle()
    told = await place.owner.do("giveFeedback", returns=returns, caseId=ids[0], text="修好了", toGroup="公告栏已修好")
    assert told["summary"] == "公告栏已修好"
    assert await system.rows("intake", "SELECT * FROM access_log WHERE case_id = :id", id=ids[0]) == []

    await system.settle()
    asked.clear()
    monkeypatch.setattr(calls, "query", counted)
    await place.chair.ask(page)
    assert asked == [], "the model has them"


async def test_node_answers_null_for_what_is_not_there(system: Harness, place: Place) -> None:
    case_id = (await place.resident.report(place))["caseId"]
    await system.settle()
    node = (await place.chair.case(case_id))["id"]  # type: ignore[index]
    query = "query($id: ID!) { node(id: $id) { __typename id ... on Case { number } ... on OrgNode { code } } }"
    assert (await place.chair.ask(query, {"id": node}))["node"]["__typename"] == "Case"
    assert (await place.sibling_chair.ask(query, {"id": node}))["node"] is None


async def test_one_correlation_id_goes_through_every_service_and_record(
    system: Harness, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """The id that intake gave a command's events is in the header of every event about the matter that followed from it, and in the log of
    every service."""
    with caplog.at_level(logging.DEBUG, "services"):
        caplog.handler.setFormatter(JsonFormatter("test"))
        case_id = (await place.resident.report(place))["caseId"]
        await system.settle()
    found: dict[str, set[str]] = {}
    for service in ("intake", "escalation", "notify"):
        for (headers,) in await system.rows(
            service, "SELECT headers FROM outbox WHERE key = :key OR topic LIKE '%notify.inbox%'", key=case_id
        ):
            attributes = json.loads(headers)
            found.setdefault(service, set()).add(attributes["ce_correlationid"])
    (origin,) = found["intake"]
    assert origin
    assert found["escalation"] == {origin}
    assert origin not in found["notify"], "what somebody is told shares nothing with the matter's facts"
    lines = [json.loads(line) for line in caplog.text.splitlines()]
    logged = {(line["service"], line["message"]) for line in lines if line.get("correlation") == origin}
    readers = {(reader, "a fact was applied") for reader in ("escalation", "notify", "gateway")}
    assert {("intake", "a command was answered"), *readers} <= logged


def test_log_lines_are_json_with_the_correlation_id_and_no_exception_text() -> None:
    from services.chassis.telemetry import correlated

    formatter = JsonFormatter("intake")
    try:
        raise ValueError("张三 13900001111")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "a request failed", None, (type(error), error, error.__traceback__)
        )
    with correlated("c0ffee"):
        line = json.loads(formatter.format(record))
    assert (line["correlation"], line["error"], line["service"]) == ("c0ffee", "ValueError", "intake")
    assert "张三" not in json.dumps(line, ensure_ascii=False)


async def test_evidence_is_read_by_who_works_on_the_matter_and_the_look_is_logged(
    system: Harness, place: Place
) -> None:
    case_id = await system.solved(place)
    query = "query($id: String!) { case(caseId: $id) { evidence { notes photos { id } } } }"
    for reader in (place.owner, place.chair, place.council_member):
        assert (await reader.ask(query, {"id": case_id}))["case"]["evidence"] == {"notes": ["已修好"], "photos": []}
    for stranger in (place.resident, place.neighbour):
        assert (await stranger.ask(query, {"id": case_id}))["case"]["evidence"] is None
    looked = await system.rows("escalation", "SELECT member FROM access_log WHERE case_id = :id", id=case_id)
    assert sorted(member for (member,) in looked) == sorted(
        person.member for person in (place.owner, place.chair, place.council_member)
    )
