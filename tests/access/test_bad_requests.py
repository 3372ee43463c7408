"""Bad requests: ids, cursors, months and bodies that are none; a typed refusal each, and nothing written."""

import base64
import json
from typing import Any

import httpx
import pytest

from gateway.codes import EVERY_CODE
from tests.access.world import MATTER_COMMANDS, reported, send, service
from tests.harness import Harness, Place, key

GOOD: dict[str, Any] = {"subCategory": "PUBLIC_FACILITY", "narrative": "公告栏坏了"}
A_CASE = "2101-" + "0" * 26

CASE_IDS = [
    "", " ", "null", "undefined", "0", A_CASE.lower() + "x", "1101-" + "0" * 26, "2101-" + "I" * 26, "２１０１-" + "0" * 26,
    "2101\u2013" + "0" * 26, A_CASE + "\n", A_CASE + "\x00", "\x00", A_CASE + " OR 1=1", "' OR '1'='1", "%", "_" * 31,
    "2101-" + "0" * 25 + "\u0660", "2101-" + "o" * 26, "x" * 100_000, "../" + A_CASE, "{}", "[]", "\u202e" + A_CASE,
]  # fmt: skip


async def test_ids_of_matters_that_are_none(system: Harness, shared_place: Place) -> None:
    place = shared_place
    await reported(system, place, "C0")
    before = await system.snapshot()
    query = "query($id: String!) { case(caseId: $id) { caseId } }"
    for bad in CASE_IDS:
        assert (await place.chair.ask(query, {"id": bad}))["case"] is None, bad
        for mutation in ("acknowledge", "solveOnSpot"):
            code = await send(place.chair, mutation, caseId=bad, **MATTER_COMMANDS[mutation])
            assert code == "MALFORMED", (bad, code)
    for stranger in (A_CASE, f"{place.city}-" + "7" * 26):
        assert (await place.chair.ask(query, {"id": stranger}))["case"] is None
        for mutation, words in MATTER_COMMANDS.items():
            code = await send(place.chair, mutation, caseId=stranger, **words)
            assert code in {"CASE_NOT_FOUND", "NOT_PERMITTED"}, (
                mutation,
                code,
            )  # the latter: a village chair may never
    assert await system.snapshot() == before


async def test_relay_ids_of_other_types_and_of_none(system: Harness, shared_place: Place) -> None:
    place = shared_place
    case_id = await reported(system, place, "C2")
    found = "query($id: ID!) { node(id: $id) { __typename id } }"
    none = [
        f"OrgNode:{case_id}", f"Case:{case_id}", f"Case:{place.group}", "OrgNode:n_fed-\x00", "Case:\x00", "Case:",
        f"Case: {case_id}", f"case:{case_id}", "OrgNode:' OR '1'='1", "OrgNode:" + "x" * 10_000, "Region:21", "Query:1",
        "Refusal:1", "InboxEntry:1", "__Schema:1", "nothing", f"Clock:{case_id}", ":", "",
    ]  # fmt: skip
    broken = ["", "x", "%%%", case_id, "\x00", "é", "=" * 9, base64.b64encode(b"\xff\xfe:1").decode()]
    for text in (*map(_b64, none), *broken):
        assert (await place.neighbour.ask(found, {"id": text}))["node"] is None, text
    for anonymous in (_b64(f"Case:{case_id}"), _b64(f"OrgNode:{place.group}")):
        assert _codes(await system.anonymous.raw(found, {"id": anonymous})) == {"UNAUTHENTICATED"}
    seen = await place.neighbour.ask(found, {"id": _b64(f"OrgNode:{place.group}")})
    assert seen["node"]["__typename"] == "OrgNode"


# --- queries -------------------------------------------------------------------------------------------------------

PAGES = {
    "cases": "query($first: Int, $after: String) { cases(first: $first, after: $after) { edges { cursor } } }",
    "regions": "query($first: Int, $after: String) { regions(first: $first, after: $after) { edges { cursor } } }",
    "inbox": "query($first: Int, $after: String) { me { inbox(first: $first, after: $after) { edges { cursor } } } }",
}
CURSORS = [
    "", "x", "%%%", "W10", "bnVsbA", "e30", "\x00", "é", "x" * 50_000, "[" * 20,
    base64.urlsafe_b64encode(b"[" * 5_000).decode(),
]  # fmt: skip


@pytest.mark.parametrize("page", sorted(PAGES))
async def test_pages_and_cursors(system: Harness, shared_place: Place, page: str) -> None:
    place = shared_place
    for first in (0, -1, 101, 2**31 - 1):
        answer = await place.chair.raw(PAGES[page], {"first": first})
        assert _codes(answer) <= {"MALFORMED", "QUERY_TOO_COSTLY"}, answer
        assert _codes(answer)
    parts = 2 if page == "cases" else 1
    crafted = [
        ["\x00"] * parts,
        ["\ud800"] * parts,
        ["é"] * parts,
        ["x" * 65] * parts,
        ["a"] * (parts + 1),
        [1] * parts,
    ]
    cursors = [*CURSORS, *(base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in crafted)]
    for cursor in cursors:
        answer = await place.chair.raw(PAGES[page], {"first": 5, "after": cursor})
        assert _codes(answer) == {"MALFORMED"}, (cursor[:40], answer)
    strange = base64.urlsafe_b64encode(json.dumps(["' OR '1'='1"] * parts).encode()).decode()
    assert _codes(await place.sibling_chair.raw(PAGES[page], {"first": 5, "after": strange})) <= {"MALFORMED"}


async def test_regions_and_months_that_are_none(system: Harness, shared_place: Place) -> None:
    place = shared_place
    counts = "query($region: RegionCode!, $month: String!) { counts(region: $region, month: $month) { count } }"
    for month in ("", "2026", "2026-13", "2026-00", "2026-1", "２０２６-11", "2026-11-01", "\x00", "%", "x" * 9999):
        answer = await place.chair.raw(counts, {"region": place.village, "month": month})
        assert _codes(answer) == {"MALFORMED"}, (month[:20], answer)
    for region in ("", "2", "11", "210", "21%", "２１", "21\x00", "21' OR 1=1", 21, None, ["21"], {"a": 1}, "9" * 5000):
        answer = await place.chair.raw(counts, {"region": region, "month": "2026-11"})
        assert _codes(answer) <= {"VARIABLES_INVALID", "ARGUMENT_INVALID"}, (region, answer)
        assert _codes(answer), region
        if region is not None:
            listed = "query($region: RegionCode) { cases(region: $region) { edges { cursor } } }"
            assert _codes(await place.chair.raw(listed, {"region": region})), region
    unknown = await place.chair.ask(counts, {"region": "2199", "month": "2026-11"})
    assert unknown["counts"] == []


# --- the request itself --------------------------------------------------------------------------------------------

BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "JSON_INVALID"),
    "null": (b"null", 400, "BODY_NOT_AN_OBJECT"),
    "a list": (b'[{"query":"{ me { member } }"}]', 400, "BODY_NOT_AN_OBJECT"),
    "broken JSON": (b'{"query": ', 400, "JSON_INVALID"),
    "invalid UTF-8": (b'{"query":"{ me { member } } #\xff\xfe"}', 400, "JSON_INVALID"),
    "a lone surrogate": (b'{"query":"{ me { member } }","variables":{"a":"\\ud800"}}', 400, "JSON_INVALID"),
    "UTF-16": ('{"query":"{ me { member } }"}'.encode("utf-16"), 400, "JSON_INVALID"),
    "no query": (b'{"variables":{}}', 400, "QUERY_MISSING"),
    "two operations and no name": (
        b'{"query":"query A { me { member } } query B { me { member } }"}',
        400,
        "OPERATION_NAME_REQUIRED",
    ),
    "over a mebibyte": (b'{"query":"{ me { member } }","x":"' + b"x" * 1_048_576 + b'"}', 413, "BODY_TOO_LARGE"),
}


@pytest.mark.parametrize("what", sorted(BODIES))
async def test_a_body_that_is_none_at_the_gateway(system: Harness, shared_place: Place, what: str) -> None:
    place = shared_place
    body, status, code = BODIES[what]
    before = await system.snapshot()
    headers = {**place.resident.headers(), "content-type": "application/json"}
    answer = await system.http.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, _codes(answer.json())) == (status, {code})
    assert await system.snapshot() == before


COMMAND = {"idempotencyKey": "a-good-key", "group": "n_g-1", **GOOD}
SERVICE_BODIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 400, "MALFORMED"),
    "null": (b"null", 400, "MALFORMED"),
    "a list": (b"[]", 400, "MALFORMED"),
    "broken JSON": (b'{"command": ', 400, "MALFORMED"),
    "invalid UTF-8": (b'{"command": {"narrative": "\xff"}}', 400, "MALFORMED"),
    "a lone surrogate": (json.dumps({"command": {**COMMAND, "narrative": "\ud800"}}).encode(), 400, "MALFORMED"),
    "a lone surrogate in a name": (
        json.dumps({"command": {**COMMAND, "reporter": {"name": "\udfff"}}}).encode(),
        400,
        "MALFORMED",
    ),
    "nested without end": (b'{"command":' * 10_000, 400, "MALFORMED"),
    "a number without end": (b'{"command": {"score": ' + b"9" * 10_000 + b"}}", 400, "MALFORMED"),
    "no command": (b"{}", 400, "MALFORMED"),
    "a command that is a list": (b'{"command": []}', 400, "MALFORMED"),
    "a field that is not known": (json.dumps({"command": {**COMMAND, "urgent": 1}}).encode(), 400, "MALFORMED"),
    "versions below nought": (json.dumps({"command": COMMAND, "seen": {"x": -1}}).encode(), 400, "MALFORMED"),
    "over a mebibyte": (b'{"command": {"narrative": "' + b"x" * 1_048_576 + b'"}}', 413, "BODY_TOO_LARGE"),
}


@pytest.mark.parametrize("what", sorted(SERVICE_BODIES))
async def test_a_body_that_is_none_at_a_services_own_door(system: Harness, shared_place: Place, what: str) -> None:
    place = shared_place
    body, status, code = SERVICE_BODIES[what]
    before = await system.snapshot()
    async with service(system, "intake") as door:
        for path in ("/commands/ReportMatter", "/queries/case-texts"):
            answer = await door.post(path, content=body, headers=place.resident.headers())
            assert (answer.status_code, answer.json()["refusal"]["code"]) == (status, code), (path, answer.text)
    assert await system.snapshot() == before


async def test_commands_and_queries_that_are_not_there(system: Harness, shared_place: Place) -> None:
    place = shared_place
    async with service(system, "intake") as door:
        for name in ("reportMatter", "Nothing", "%00", "ReportMatter%0A", "x" * 5000):
            answer = await door.post(f"/commands/{name}", json={}, headers=place.chair.headers())
            assert (answer.status_code, answer.json()["refusal"]["code"]) == (404, "UNKNOWN_COMMAND")
            assert len(answer.text) < 1000
            answer = await door.post(f"/queries/{name}", json={}, headers=place.chair.headers())
            assert (answer.status_code, answer.json()["refusal"]["code"]) == (404, "NOT_FOUND")
        metrics = (await door.get("/metrics")).text
        assert "Nothing" not in metrics, "a label that a caller chooses grows without end"


async def test_a_correlation_id_is_an_id(system: Harness, shared_place: Place) -> None:
    """It goes into logs and records: nobody's text may."""
    place = shared_place
    async with service(system, "intake") as door:
        for given, kept in (("correlation-0001", True), ("张三 13900001111".encode(), False), ("x" * 65, False)):
            body = {"command": {**COMMAND, "idempotencyKey": key(), "group": place.group}}
            said = given if isinstance(given, bytes) else given.encode()
            raw = [*httpx.Headers(place.resident.headers()).raw, (b"x-correlation-id", said)]
            answer = (await door.post("/commands/ReportMatter", json=body, headers=raw)).json()
            told = answer["events"][0]["headers"]["ce_correlationid"]
            assert (told == given) is kept
            assert len(told) <= 64
            assert told.isascii()
    await system.settle()


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _codes(answer: dict[str, Any]) -> set[str]:
    found = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert found <= {code.name for code in EVERY_CODE}
    return found


async def test_the_catalogue_has_what_the_door_says_too(system: Harness) -> None:
    """Each code once, with words in both languages; nobody needs a token to read it."""
    answer = await system.http.post(
        "/graphql", json={"query": "{ refusalCodes { code messageZh messageEn retryable } }"}
    )
    listed = answer.json()["data"]["refusalCodes"]
    assert sorted(line["code"] for line in listed) == sorted({code.name for code in EVERY_CODE})
    assert {"NOT_PERMITTED", "BODY_NOT_AN_OBJECT", "QUERY_TOO_DEEP"} <= {line["code"] for line in listed}
    assert all(line["messageZh"] and line["messageEn"].isascii() for line in listed)


async def test_answers_of_graphql_lie_in_no_cache(system: Harness, place: Place) -> None:
    for query in ("{ me { member } }", "{ nonsense }"):
        answer = await system.http.get(
            "/graphql", params={"query": query}, headers={"authorization": f"Bearer {place.chair.token()}"}
        )
        assert answer.headers["cache-control"] == "private, no-store"


async def test_what_is_not_there_is_said_in_the_same_shape(system: Harness) -> None:
    nowhere = await system.http.get("/wangxiuying")
    assert (nowhere.status_code, _codes(nowhere.json())) == (404, {"NOT_FOUND"})
    assert "wangxiuying" not in nowhere.text
    other = await system.http.get("/attachments")
    assert (other.status_code, _codes(other.json()), other.headers["allow"]) == (405, {"METHOD_NOT_ALLOWED"}, "POST")
