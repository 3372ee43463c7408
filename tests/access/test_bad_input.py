"""Bad input: a typed refusal each, and nothing written (issue of the walking skeleton, point 11; domain 2.1)."""

import base64
import json
from datetime import timedelta, timezone
from typing import Any

import httpx
import pytest

from tests.access.world import MATTER_COMMANDS, brought_to, photo, reported, send, service, upload
from tests.harness import Harness, Place, key

GOOD: dict[str, Any] = {"subCategory": "PUBLIC_FACILITY", "narrative": "公告栏坏了"}
A_CASE = "2101-" + "0" * 26
EMOJI = "👩‍👧"
"""One picture, three characters (two persons and a joiner)."""

REPORTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown group": ({"group": "n_g-210199999999"}, "UNKNOWN_NODE"),
    "a federation as a group": ({"group": "n_fed-21"}, "UNKNOWN_NODE"),
    "a group's id that can be none": ({"group": "n_g'; DROP TABLE node;--"}, "MALFORMED"),
    "a group's id in capitals": ({"group": "N_G-210101001001"}, "MALFORMED"),
    "a group's id with full-width digits": ({"group": "n_g-２１０１"}, "MALFORMED"),
    "a group's id with an invisible character": ({"group": "n_g-2101\u200b"}, "MALFORMED"),
    "a group's id that is endless": ({"group": "n_" + "g" * 100_000}, "MALFORMED"),
    "no narrative": ({"narrative": ""}, "TEXT_MISSING"),
    "a narrative of spaces": ({"narrative": " \u3000\n\t"}, "TEXT_MISSING"),
    "a narrative of 10,001": ({"narrative": "字" * 10_001}, "TEXT_TOO_LONG"),
    "a narrative of 10,001 beyond the first plane": ({"narrative": "😀" * 10_001}, "TEXT_TOO_LONG"),
    "a narrative of joined pictures": ({"narrative": EMOJI * 3_334}, "TEXT_TOO_LONG"),
    "a NUL in a narrative": ({"narrative": "公告栏\x00坏了"}, "MALFORMED"),
    "a NUL in a place": ({"place": "\x00"}, "MALFORMED"),
    "a NUL in a name": ({"reporter": {"name": "a\x00"}}, "MALFORMED"),
    "a place too long": ({"place": "号" * 201}, "TEXT_TOO_LONG"),
    "a name too long": ({"reporter": {"name": "名" * 101}}, "TEXT_TOO_LONG"),
    "a subject's name too long": ({"subjectPerson": {"name": "名" * 101}}, "TEXT_TOO_LONG"),
    "who told it, too long": ({"toldBy": "名" * 101}, "TEXT_TOO_LONG"),
    "a phone too short": ({"reporter": {"phone": "1390000"}}, "MALFORMED_PHONE"),
    "a phone of letters": ({"reporter": {"phone": "一三九"}}, "MALFORMED_PHONE"),
    "a phone too long": ({"reporter": {"phone": "139" * 100}}, "MALFORMED_PHONE"),
    "a service line": ({"subjectPerson": {"phone": "12338"}}, "MALFORMED_PHONE"),
    "a phone with SQL": ({"reporter": {"phone": "13900001111'--"}}, "MALFORMED_PHONE"),
    "urgency lowered": ({"subCategory": "MARITAL_CONFLICT", "urgency": "GREEN"}, "URGENCY_NOT_YOURS"),
    "urgency of a sealed matter lowered": ({"subCategory": "SEXUAL_HARM", "urgency": "YELLOW"}, "URGENCY_NOT_YOURS"),
    "ten attachments": ({"attachments": [f"a_{n:026d}" for n in range(10)]}, "TOO_MANY_ATTACHMENTS"),
    "a hundred attachments and one": ({"attachments": [f"a_{n:026d}" for n in range(101)]}, "MALFORMED"),
    "an attachment that is not there": ({"attachments": [f"a_{0:026d}"]}, "ATTACHMENT_NOT_YOURS"),
    "an attachment's id that can be none": ({"attachments": ["../../etc/passwd"]}, "MALFORMED"),
    "a key too short": ({"idempotencyKey": "seven77"}, "MALFORMED"),
    "a key too long": ({"idempotencyKey": "k" * 129}, "MALFORMED"),
    "a key with a space": ({"idempotencyKey": "two words"}, "MALFORMED"),
    "a key in Chinese": ({"idempotencyKey": "八个字的标识符号吧"}, "MALFORMED"),
    "a key with a NUL": ({"idempotencyKey": "test\x00test"}, "MALFORMED"),
    "a key with a line": ({"idempotencyKey": "test-key\ntest"}, "MALFORMED"),
}

AT_THE_DOOR: dict[str, dict[str, Any]] = {
    "a sub-category that is none": {"subCategory": "NOISE"},
    "a sub-category in small letters": {"subCategory": "public_facility"},
    "an urgency that is none": {"urgency": "PINK"},
    "a relation that is none": {"relation": 1},
    "a narrative that is no text": {"narrative": {"text": "x"}},
    "a field that is not known": {"narative": "x"},
    "a field of the service's that is not the caller's": {"circle": ["m_somebody"]},
    "a date that is none": {"happenedOn": "2026-02-30"},
    "a date that is a word": {"happenedOn": "yesterday"},
    "nothing where something must be": {"narrative": None},
}


@pytest.mark.parametrize("what", sorted(REPORTS))
async def test_a_report_that_is_not_in_order(system: Harness, place: Place, what: str) -> None:
    changed, code = REPORTS[what]
    before = await system.snapshot()
    answer = await place.resident.do("reportMatter", **{**GOOD, "group": place.group, **changed})
    assert answer.code == code, answer
    assert answer["messageZh"]
    assert answer["messageEn"]
    await system.settle()
    assert await system.snapshot() == before


@pytest.mark.parametrize("what", sorted(AT_THE_DOOR))
async def test_a_report_that_the_schema_refuses(system: Harness, place: Place, what: str) -> None:
    before = await system.snapshot()
    code = await send(place.resident, "reportMatter", **{**GOOD, "group": place.group, **AT_THE_DOOR[what]})
    assert code in {"VARIABLES_INVALID", "ARGUMENT_INVALID"}
    assert await system.snapshot() == before


async def test_the_longest_narrative_that_is_allowed(system: Harness, place: Place) -> None:
    for text in ("字" * 10_000, "😀" * 10_000, EMOJI * 3_333):
        case_id = await reported(system, place, "C0", narrative=text)
        query = "query($id: String!) { case(caseId: $id) { narrative } }"
        assert (await place.chair.ask(query, {"id": case_id}))["case"]["narrative"] == text


async def test_dates_are_shanghais(system: Harness, place: Place) -> None:
    today = system.clock.now().astimezone(timezone(timedelta(hours=8))).date()
    before = await system.snapshot()
    for future in (today + timedelta(days=1), today.replace(year=9999)):
        answer = await place.resident.report(place, happenedOn=future.isoformat())
        assert answer.code == "DATE_IN_FUTURE"
    assert await system.snapshot() == before
    assert (await place.resident.report(place, happenedOn=today.isoformat())).code is None


async def test_attachments_are_her_own_and_used_once(system: Harness, place: Place) -> None:
    mine = (await upload(place.resident, photo())).json()["id"]
    hers = (await upload(place.neighbour, photo())).json()["id"]
    evidence = (await upload(place.owner, photo(), evidence=True)).json()["id"]
    await reported(system, place, "C0", attachments=[mine])
    before = await system.snapshot()
    for wanted in ([hers], [mine], [mine, hers], [evidence]):
        assert (await place.resident.report(place, attachments=wanted)).code == "ATTACHMENT_NOT_YOURS", wanted
    assert await system.snapshot() == before
    assert (await place.neighbour.report(place, attachments=[hers, hers])).code is None, "said twice is said once"


# --- commands on a matter ------------------------------------------------------------------------------------------

MATTERS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    # stage, mutation, what is changed, code
    "no evidence": ("ACCEPTED", "solveOnSpot", {"evidence": " "}, "EVIDENCE_REQUIRED"),
    "evidence too long": ("ACCEPTED", "solveOnSpot", {"evidence": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a NUL in evidence": ("ACCEPTED", "solveOnSpot", {"evidence": "好\x00了"}, "MALFORMED"),
    "ten photos": ("ACCEPTED", "solveOnSpot", {"photos": [f"a_{n:026d}" for n in range(10)]}, "TOO_MANY_ATTACHMENTS"),
    "a photo that is not there": ("ACCEPTED", "solveOnSpot", {"photos": [f"a_{0:026d}"]}, "ATTACHMENT_NOT_YOURS"),
    "no answer": ("RESOLVED", "giveFeedback", {"text": "\u3000"}, "TEXT_MISSING"),
    "an answer too long": ("RESOLVED", "giveFeedback", {"text": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a result too long": ("RESOLVED", "giveFeedback", {"toGroup": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a NUL in a result": ("RESOLVED", "giveFeedback", {"toGroup": "\x00"}, "MALFORMED"),
    "a summary too long": ("SUBMITTED", "acceptMatter", {"publicSummary": "字" * 2_001}, "TEXT_TOO_LONG"),
    "no star": ("FEEDBACK_GIVEN", "rateMatter", {"score": 0}, "MALFORMED"),
    "six stars": ("FEEDBACK_GIVEN", "rateMatter", {"score": 6}, "MALFORMED"),
    "minus one star": ("FEEDBACK_GIVEN", "rateMatter", {"score": -1}, "MALFORMED"),
    "a remark too long": ("FEEDBACK_GIVEN", "rateMatter", {"remark": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a call-back's note too long": ("FEEDBACK_GIVEN", "callBack", {"remark": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a reason too long": ("FEEDBACK_GIVEN", "closeMatter", {"reason": "字" * 2_001}, "TEXT_TOO_LONG"),
    "version nought": ("SUBMITTED", "acknowledge", {"expectedVersion": 0}, "MALFORMED"),
    "version minus one": ("SUBMITTED", "acknowledge", {"expectedVersion": -1}, "MALFORMED"),
    "a stale version": ("RESOLVED", "giveFeedback", {"expectedVersion": 1}, "STALE_VERSION"),
}


@pytest.mark.parametrize("what", sorted(MATTERS))
async def test_a_command_that_is_not_in_order(system: Harness, place: Place, what: str) -> None:
    stage, mutation, changed, code = MATTERS[what]
    [case_id] = await brought_to(system, place, stage)
    person = {"rateMatter": place.resident, "callBack": place.exec_member}.get(mutation, place.chair)
    before = await system.snapshot()
    words = {**MATTER_COMMANDS[mutation], **changed}
    assert (await send(person, mutation, caseId=case_id, **words)) == code
    await system.settle()
    assert await system.snapshot() == before


async def test_a_state_that_does_not_fit_names_the_commands_that_do(system: Harness, place: Place) -> None:
    fitting = {
        "SUBMITTED": {"Acknowledge", "AcceptMatter"},
        "ACCEPTED": {"SolveOnSpot"},
        "RESOLVED": {"GiveFeedback"},
        "FEEDBACK_GIVEN": {"RateMatter", "CallBack", "CloseMatter"},
        "CLOSED": set(),
    }
    for stage, allowed in fitting.items():
        [case_id] = await brought_to(system, place, stage)
        before = await system.snapshot()
        for mutation, words in MATTER_COMMANDS.items():
            if mutation[0].upper() + mutation[1:] in allowed:
                continue
            person = place.resident if mutation == "rateMatter" else place.chair
            answer = await person.do(mutation, caseId=case_id, **words)
            first = mutation == "closeMatter" and stage in {"SUBMITTED", "ACCEPTED", "RESOLVED"}
            assert answer.code == ("FEEDBACK_FIRST" if first else "STATE_DOES_NOT_FIT"), (stage, mutation)
            assert set(answer["allowed"]) == allowed, (stage, mutation)
        await system.settle()
        assert await system.snapshot() == before


CASE_IDS = [
    "", " ", "null", "undefined", "0", A_CASE.lower() + "x", "1101-" + "0" * 26, "2101-" + "I" * 26, "２１０１-" + "0" * 26,
    "2101\u2013" + "0" * 26, A_CASE + "\n", A_CASE + "\x00", "\x00", A_CASE + " OR 1=1", "' OR '1'='1", "%", "_" * 31,
    "2101-" + "0" * 25 + "\u0660", "2101-" + "o" * 26, "x" * 100_000, "../" + A_CASE, "{}", "[]", "\u202e" + A_CASE,
]  # fmt: skip


async def test_ids_of_matters_that_are_none(system: Harness, place: Place) -> None:
    await reported(system, place, "C0")
    before = await system.snapshot()
    query = "query($id: String!) { case(caseId: $id) { caseId } }"
    for bad in CASE_IDS:
        assert (await place.chair.ask(query, {"id": bad}))["case"] is None, bad
        for mutation in ("acknowledge", "solveOnSpot"):
            code = await send(place.chair, mutation, caseId=bad, **MATTER_COMMANDS[mutation])
            # Spaces around it do not count: then it is the id of nothing.
            assert code == ("CASE_NOT_FOUND" if bad.strip() == A_CASE else "MALFORMED"), (bad, code)
    for stranger in (A_CASE, f"{place.city}-" + "7" * 26):
        assert (await place.chair.ask(query, {"id": stranger}))["case"] is None
        for mutation, words in MATTER_COMMANDS.items():
            assert await send(place.chair, mutation, caseId=stranger, **words) == "CASE_NOT_FOUND"
    assert await system.snapshot() == before


async def test_relay_ids_of_other_types_and_of_none(system: Harness, place: Place) -> None:
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
async def test_pages_and_cursors(system: Harness, place: Place, page: str) -> None:
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


async def test_regions_and_months_that_are_none(system: Harness, place: Place) -> None:
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
async def test_a_body_that_is_none_at_the_gateway(system: Harness, place: Place, what: str) -> None:
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
async def test_a_body_that_is_none_at_a_services_own_door(system: Harness, place: Place, what: str) -> None:
    body, status, code = SERVICE_BODIES[what]
    before = await system.snapshot()
    async with service(system, "intake") as door:
        for path in ("/commands/ReportMatter", "/queries/case-texts"):
            answer = await door.post(path, content=body, headers=place.resident.headers())
            assert (answer.status_code, answer.json()["refusal"]["code"]) == (status, code), (path, answer.text)
    assert await system.snapshot() == before


async def test_commands_and_queries_that_are_not_there(system: Harness, place: Place) -> None:
    async with service(system, "intake") as door:
        for name in ("reportMatter", "Nothing", "%00", "ReportMatter%0A", "x" * 5000):
            answer = await door.post(f"/commands/{name}", json={}, headers=place.chair.headers())
            assert (answer.status_code, answer.json()["refusal"]["code"]) == (404, "UNKNOWN_COMMAND")
            assert len(answer.text) < 1000
            answer = await door.post(f"/queries/{name}", json={}, headers=place.chair.headers())
            assert (answer.status_code, answer.json()["refusal"]["code"]) == (404, "NOT_FOUND")
        metrics = (await door.get("/metrics")).text
        assert "Nothing" not in metrics, "a label that a caller chooses grows without end"


async def test_a_correlation_id_is_an_id(system: Harness, place: Place) -> None:
    """It goes into logs and records: nobody's text may."""
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


# --- regions and nodes ---------------------------------------------------------------------------------------------


async def test_regions_and_nodes_that_are_not_in_order(system: Harness, place: Place) -> None:
    node = {"id": f"n_y-{place.village}", "kind": "COUNCIL", "region": place.village, "name": "议事会"}
    somebody = {"member": "m_somebody", "role": "RESIDENT", "since": "2020-01-01T00:00:00+08:00"}
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("addRegion", {"code": f"{place.county}909901", "name": "村"}, "UNKNOWN_REGION"),
        ("addRegion", {"code": f"{place.township}001", "name": "村"}, "MALFORMED"),
        ("addRegion", {"code": f"{place.township}903", "name": " "}, "TEXT_MISSING"),
        ("addRegion", {"code": f"{place.township}903", "name": "村" * 81}, "TEXT_TOO_LONG"),
        ("addRegion", {"code": f"{place.township}903", "name": "村\x00"}, "MALFORMED"),
        ("putNode", {"node": {**node, "region": f"{place.county}909"}}, "UNKNOWN_REGION"),
        ("putNode", {"node": {**node, "id": "fed"}}, "MALFORMED"),
        ("putNode", {"node": {**node, "kind": "GROUP", "region": place.township}}, "MALFORMED"),
        ("putNode", {"node": {**node, "name": ""}}, "TEXT_MISSING"),
        ("putNode", {"node": {**node, "name": "会" * 81}}, "TEXT_TOO_LONG"),
        ("putNode", {"node": {**node, "name": "会\x00"}}, "MALFORMED"),
        ("putNode", {"node": {**node, "members": [{**somebody, "member": "张三"}]}}, "MALFORMED"),
        ("putNode", {"node": {**node, "members": [somebody] * 1_001}}, "MALFORMED"),
        ("delegate", {"group": "n_g-219999999999", "delegated": True}, "UNKNOWN_NODE"),
    ]
    before = await system.snapshot()
    for mutation, words, code in wrong:
        person = place.chair if mutation == "delegate" else system.operator
        assert await send(person, mutation, **words) == code, (mutation, words)
    naive = {**node, "members": [{**somebody, "since": "2020-01-01T00:00:00"}]}
    assert await send(system.operator, "putNode", node=naive) in {"MALFORMED", "VARIABLES_INVALID"}
    assert await system.snapshot() == before


async def test_a_region_of_another_cell(system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cell of Shenyang keeps Shenyang's regions and those above it, and no others."""
    monkeypatch.setattr(system.room("intake"), "cell", "2101")
    before = await system.snapshot()
    code = await send(system.operator, "addRegion", code=f"{place.township}904", name="村")
    node = {"id": f"n_z-{place.village}", "kind": "COUNCIL", "region": place.village, "name": "议事会"}
    assert (code, await send(system.operator, "putNode", node=node)) == ("REGION_OF_ANOTHER_CELL",) * 2
    assert await system.snapshot() == before


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", ())}
