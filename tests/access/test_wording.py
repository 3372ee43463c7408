"""What is wrong with a request is said in our own words, in both languages: where, why, what to do. Never a library's, never the value."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from services.contracts.names import zh
from services.contracts.wrong import Wrong
from tests.access.world import service
from tests.harness import Harness, Person, Place, key

WRITTEN = "张三在三号楼被打，电话 13900001111"
ROOT = Path(__file__).parents[2]
HAN = re.compile(r"[\u4e00-\u9fff]")
OF_LIBRARIES = re.compile(
    r"Input should|Expected|cannot represent|found:|encountered|non-null|isoformat|type=|pydantic|[a-z]+_(type|parsing|mismatch|forbidden)"
)
REPORT = "mutation($input: ReportMatterInput!) { reportMatter(input: $input) { __typename } }"
REGIONS = "query($f: Int, $r: RegionCode) { regions(under: $r, first: $f) { edges { cursor } } }"
SINCE = "query($d: DateTime) { workOrders(changedSince: $d) { edges { cursor } } }"


def in_our_words(zh: str, en: str) -> None:
    assert HAN.search(zh), zh
    assert not HAN.search(en), en
    for message in (zh, en):
        assert not OF_LIBRARIES.search(message), message
        assert WRITTEN not in message
        assert "{" not in message, message


def report(**changed: Any) -> dict[str, Any]:
    """A report, with changes; None leaves a field out."""
    good = {"idempotencyKey": key(), "group": "n_g-1", "subCategory": "OTHER", "narrative": WRITTEN}
    return {"input": {name: value for name, value in {**good, **changed}.items() if value is not ...}}


VALUES: list[tuple[str, dict[str, Any], str, str]] = [
    (REPORT, {}, "input", "MISSING"),
    (REPORT, {"input": None}, "input", "NULL"),
    (REPORT, {"input": WRITTEN}, "input", "NOT_OF_TYPE"),
    (REPORT, report(group=...), "input.group", "MISSING"),
    (REPORT, report(narrative=None), "input.narrative", "NULL"),
    (REPORT, report(narrative=5), "input.narrative", "NOT_OF_TYPE"),
    (REPORT, report(narratve=WRITTEN), "input.narratve", "UNKNOWN"),
    (REPORT, report(**{WRITTEN: 1}), "input.?", "UNKNOWN"),
    (REPORT, report(subCategory=WRITTEN), "input.subCategory", "NOT_A_VALUE"),
    (REPORT, report(subCategory=5), "input.subCategory", "NOT_A_VALUE"),
    (REPORT, report(happenedOn=WRITTEN), "input.happenedOn", "NO_DATE"),
    (REPORT, report(reporter=[WRITTEN]), "input.reporter", "NOT_OF_TYPE"),
    (REPORT, report(reporter={"name": {}}), "input.reporter.name", "NOT_OF_TYPE"),
    (REPORT, report(attachments=[{}]), "input.attachments[0]", "NOT_OF_TYPE"),
    (REGIONS, {"f": WRITTEN}, "f", "NOT_OF_TYPE"),
    (REGIONS, {"f": 2**40}, "f", "NOT_OF_TYPE"),
    (REGIONS, {"r": WRITTEN}, "r", "NO_REGION"),
    (REGIONS, {"r": 21}, "r", "NO_REGION"),
    (SINCE, {"d": WRITTEN}, "d", "NO_TIME"),
    (SINCE, {"d": 5}, "d", "NO_TIME"),
]


@pytest.mark.parametrize(("query", "variables", "place", "reason"), VALUES)
async def test_a_variable_that_cannot_be_taken(
    system: Harness, shared_place: Place, query: str, variables: dict[str, Any], place: str, reason: str
) -> None:
    answer = await shared_place.resident.raw(query, variables)
    told = [(error["message"], error["extensions"]) for error in answer["errors"]]
    for message, more in told:
        in_our_words(more["messageZh"], message)
    assert WRITTEN not in json.dumps(answer, ensure_ascii=False)
    assert [(more["code"], more["reason"]) for _, more in told] == [("VARIABLES_INVALID", reason)]
    assert f" {place}: " in told[0][0]
    assert f" {place}：" in told[0][1]["messageZh"]


DOCUMENTS = [
    ('{ regions(under: "张三") { edges { cursor } } }', "张三"),
    ('{ regions(first: "张三") { edges { cursor } } }', "张三"),
    ('mutation { reportMatter(input: { narrative: "张三" }) { __typename } }', "张三"),
    ("mutation { reportMatter(input: 5) { __typename } }", "5"),
    ('{ case(caseId: "a") { nothing } }', "nothing "),
    ("{ case( }", "}"),
    ("query($r: Foo) { me { member } }", "$r "),
]


@pytest.mark.parametrize(("query", "value"), DOCUMENTS)
async def test_a_document_that_cannot_run(system: Harness, shared_place: Place, query: str, value: str) -> None:
    """Whoever writes queries is told the library's hint too, behind our words; a value that stands in the query is not told."""
    answer = await shared_place.resident.raw(query)
    assert answer["errors"]
    for error in answer["errors"]:
        assert error["extensions"]["code"] in {"VALIDATION_FAILED", "SYNTAX_ERROR"}
        assert re.match(
            r"The query (does not fit the schema|has a syntax error) at line 1, column \d+: ", error["message"]
        )
        assert re.match(r"查询(与模式不符|语法有误)（第 1 行第 \d+ 列）", error["extensions"]["messageZh"])
        assert "张三" not in json.dumps(error, ensure_ascii=False)
    assert "Cannot query field 'nothing'" in answer["errors"][0]["message"] or "nothing" not in query


PAGES: list[tuple[str, dict[str, Any], str]] = [
    ("query($f: Int) { cases(first: $f) { edges { cursor } } }", {"f": 0}, "OUT_OF_RANGE"),
    ("query($a: String) { cases(after: $a) { edges { cursor } } }", {"a": WRITTEN}, "NO_CURSOR"),
    ('query($m: String!) { counts(region: "21", month: $m) { count } }', {"m": WRITTEN}, "NO_MONTH"),
    (
        'query($q: String!) { coachingList(region: "21", quarter: $q) { edges { cursor } } }',
        {"q": WRITTEN},
        "NO_QUARTER",
    ),
]


@pytest.mark.parametrize(("query", "variables", "reason"), PAGES)
async def test_an_argument_that_is_not_in_order(
    system: Harness, shared_place: Place, query: str, variables: dict[str, Any], reason: str
) -> None:
    [error] = (await shared_place.chair.raw(query, variables))["errors"]
    assert error["extensions"]["code"] == "MALFORMED"
    in_our_words(error["extensions"]["messageZh"], error["message"])
    said = Wrong[reason].saying(least=1, most=100)
    assert said.zh in error["extensions"]["messageZh"]
    assert said.en in error["message"]


COMMAND = {"idempotencyKey": "a-good-key", "group": "n_g-1", "subCategory": "OTHER", "narrative": WRITTEN}
BODIES: list[tuple[object, str, str]] = [
    (WRITTEN.encode(), "body", "NOT_JSON"),
    ([WRITTEN], "body", "NOT_AN_OBJECT"),
    ({}, "command", "MISSING"),
    ({"command": WRITTEN}, "command", "NOT_OF_TYPE"),
    ({"command": COMMAND, WRITTEN: 1}, "?", "UNKNOWN"),
    ({"command": COMMAND, "seen": {"x": -1}}, "seen.x", "TOO_SMALL"),
    ({"command": COMMAND, "seen": {"x": WRITTEN}}, "seen.x", "NOT_OF_TYPE"),
    ({"command": {**COMMAND, "idempotencyKey": WRITTEN}}, "idempotencyKey", "NO_KEY"),
    ({"command": {**COMMAND, "group": WRITTEN}}, "group", "NO_ID"),
    ({"command": {**COMMAND, "subCategory": WRITTEN}}, "subCategory", "NOT_A_VALUE"),
    ({"command": {**COMMAND, "narrative": 5}}, "narrative", "NOT_OF_TYPE"),
    ({"command": {**COMMAND, "narrative": WRITTEN + "\x00"}}, "narrative", "NOT_TEXT"),
    ({"command": {**COMMAND, "narratve": WRITTEN}}, "narratve", "UNKNOWN"),
    ({"command": {**COMMAND, "happenedOn": WRITTEN}}, "happenedOn", "NO_DATE"),
    ({"command": {**COMMAND, "reporter": WRITTEN}}, "reporter", "NOT_OF_TYPE"),
    ({"command": {**COMMAND, "mayContact": WRITTEN}}, "mayContact", "NOT_OF_TYPE"),
    ({"command": {**COMMAND, "attachments": ["a_" + "0" * 26] * 101}}, "attachments", "TOO_MANY"),
]


@pytest.mark.parametrize(("body", "field", "reason"), BODIES)
async def test_a_body_at_a_services_own_door(
    system: Harness, shared_place: Place, body: object, field: str, reason: str
) -> None:
    if isinstance(body, dict) and isinstance(body.get("command"), dict) and body["command"].get("group") == "n_g-1":
        body = {**body, "command": {**body["command"], "group": shared_place.group}}
    refusal = await knock(system, shared_place.resident, "/commands/ReportMatter", body)
    assert (refusal["code"], refusal["detail"]["reason"]) == ("MALFORMED", reason)
    assert refusal["messageZh"].startswith(f"请求格式不对：{zh(field)}：")
    in_our_words(refusal["messageZh"], refusal["messageEn"])


async def test_times_regions_and_references_at_the_doors(system: Harness, shared_place: Place) -> None:
    node = {"id": "n_council-x", "kind": "COUNCIL", "region": shared_place.village, "name": "议事会"}
    somebody = {"member": "m_somebody", "role": "RESIDENT"}
    for wrong, reason in (
        ({**node, "region": WRITTEN}, "NO_REGION"),
        ({**node, "members": [{**somebody, "since": "2020-01-01T00:00:00"}]}, "NO_TIME"),
        ({**node, "members": [{**somebody, "since": WRITTEN}]}, "NO_TIME"),
        ({**node, "members": WRITTEN}, "NOT_OF_TYPE"),
        ({**node, "kind": WRITTEN}, "NOT_A_VALUE"),
    ):
        body = {"command": {"idempotencyKey": key(), "node": wrong}}
        refusal = await knock(system, system.operator, "/commands/PutNode", body)
        assert refusal["detail"]["reason"] == reason, refusal
        in_our_words(refusal["messageZh"], refusal["messageEn"])
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/queries/case-texts", {"caseIds": [WRITTEN]}),
        ("/queries/case-texts", {"caseIds": WRITTEN}),
        ("/queries/check-regions", {"regions": [{"code": WRITTEN, "name": "村"}]}),
        ("/queries/disclosure-package", {"department": 5}),
    ]
    for path, words in asked:
        refusal = await knock(system, system.operator, path, words)
        assert refusal["code"] == "MALFORMED"
        in_our_words(refusal["messageZh"], refusal["messageEn"])


async def knock(system: Harness, who: Person, path: str, body: object) -> dict[str, Any]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with service(system, "intake") as door:
        answer = await door.post(path, content=content, headers=who.headers())
    assert answer.status_code == 400, answer.text
    assert WRITTEN not in answer.text
    refusal: dict[str, Any] = answer.json()["refusal"]
    return refusal


def test_every_reason_says_what_to_do_in_both_languages() -> None:
    for wrong in Wrong:
        zh, en = wrong.value
        assert HAN.search(zh), wrong
        assert not HAN.search(en), wrong
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), wrong


def test_what_is_missing_or_too_much_has_a_chinese_name() -> None:
    """Whatever a refusal names by `what=` in our sources: "没有找到：recusal。" tells a resident nothing."""
    sources = [file for room in ("services", "gateway") for file in (ROOT / room).rglob("*.py")]
    named = {word for file in sources for word in re.findall(r'what="([a-z ]+)"', file.read_text(encoding="utf-8"))}
    assert "recusal" in named
    assert [word for word in sorted(named) if zh(word).isascii()] == []
