"""GraphQL over HTTP: every way to ask, and every way to ask wrongly."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from graphql import get_introspection_query

from gateway.http import GRAPHQL_JSON, JSON, LINGER_BYTES, media_type
from services.chassis.telemetry import JsonFormatter
from tests.gateway.toy import HTTP, SECRET, Doorkeeper, app, client, code, post, served

MIB = 1_048_576


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_query_and_mutation(accept: str) -> None:
    response = await post({"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": "早"}}, accept)
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "早 nobody"}})
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    response = await post({"query": 'mutation { report(title: "灯") { __typename ... on Case { title } } }'}, accept)
    assert response.json() == {"data": {"report": {"__typename": "Case", "title": "灯"}}}


async def test_absent_and_null_parameters() -> None:
    for extra in (
        {"variables": None, "operationName": None, "extensions": None},
        {"extensions": {"a": 1}},
        {"operationName": ""},
    ):
        assert (await post({"query": "{hello}", **extra})).json() == {"data": {"hello": "你好 nobody"}}


async def test_operation_is_named() -> None:
    both = "query A { hello } query B { __typename }"
    assert (await post({"query": both, "operationName": "B"})).json() == {"data": {"__typename": "Query"}}
    for wrong in ({"query": both}, {"query": both, "operationName": "C"}, {"query": "{hello}", "operationName": "A"}):
        for accept in (JSON, GRAPHQL_JSON):
            response = await post(wrong, accept)
            assert (response.status_code, code(response)) == (400, "OPERATION_NAME_REQUIRED")
    assert code(await post({"query": "fragment F on Query { hello }"})) == "OPERATION_MISSING"


@pytest.mark.parametrize(
    "body, expected",
    [
        (b"", "JSON_INVALID"),
        (b"{", "JSON_INVALID"),
        (b"\xff\xfe{}", "JSON_INVALID"),
        (b'{"query":"\xc3\x28"}', "JSON_INVALID"),
        (b'{"query":"\\ud800"}', "JSON_INVALID"),
        (b"[" * 100_000, "JSON_INVALID"),
        (b'{"query":"{hello}","variables":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}", "JSON_INVALID"),
        (b'{"query":"{hello}","variables":{"a":' + b"9" * 10_000 + b"}}", "JSON_INVALID"),
        (b"9" * 10_000, "JSON_INVALID"),
        (b"NaN", "JSON_INVALID"),
        (b"null", "BODY_NOT_AN_OBJECT"),
        (b"7", "BODY_NOT_AN_OBJECT"),
        (b'"{hello}"', "BODY_NOT_AN_OBJECT"),
        (b'[{"query":"{hello}"}]', "BODY_NOT_AN_OBJECT"),
        (b"{}", "QUERY_MISSING"),
        (b'{"query":null}', "QUERY_MISSING"),
        (b'{"query":""}', "QUERY_MISSING"),
        (b'{"query":7}', "QUERY_NOT_A_STRING"),
        (b'{"query":{}}', "QUERY_NOT_A_STRING"),
        (b'{"query":"{hello}","variables":"{}"}', "VARIABLES_NOT_AN_OBJECT"),
        (b'{"query":"{hello}","variables":[]}', "VARIABLES_NOT_AN_OBJECT"),
        (b'{"query":"{hello}","extensions":1}', "EXTENSIONS_NOT_AN_OBJECT"),
        (b'{"query":"{hello}","operationName":1}', "OPERATION_NAME_NOT_A_STRING"),
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_bodies_that_are_no_request(body: bytes, expected: str, accept: str) -> None:
    response = await post(body, accept)
    assert (response.status_code, code(response)) == (400, expected)
    assert response.json()["errors"][0]["extensions"]["messageZh"]


@pytest.mark.parametrize(
    "headers, status, expected",
    [
        ({"content-type": "application/jsonx"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": ""}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-type": "application/json; charset=gbk"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"content-encoding": "gzip"}, 415, "UNSUPPORTED_ENCODING"),
        ({"accept": "text/html"}, 406, "NOT_ACCEPTABLE"),
        ({"accept": "application/json;q=0"}, 406, "NOT_ACCEPTABLE"),
    ],
)
async def test_headers(headers: dict[str, str], status: int, expected: str) -> None:
    response = await post({"query": "{hello}"}, headers=headers)
    assert (response.status_code, code(response)) == (status, expected)


async def test_utf8_may_be_said() -> None:
    assert (
        await post({"query": "{hello}"}, headers={"content-type": 'Application/JSON; charset="UTF-8"'})
    ).status_code == 200


@pytest.mark.parametrize(
    "accept, expected",
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", GRAPHQL_JSON),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.5, application/graphql-response+json", GRAPHQL_JSON),
        ("text/html, */*;q=0.8", JSON),
        ("application/json;q=0, */*", GRAPHQL_JSON),
        ("application/json;q=nonsense, application/graphql-response+json;q=0.1", GRAPHQL_JSON),
    ],
)
def test_accept(accept: str | None, expected: str) -> None:
    assert media_type(accept) == expected


@pytest.mark.parametrize(
    "request_body, expected",
    [
        ({"query": "{"}, "SYNTAX_ERROR"),
        ({"query": "{ nothing }"}, "VALIDATION_FAILED"),
        ({"query": "{ hello(name: 7) }"}, "VALIDATION_FAILED"),
        ({"query": "{ hello } fragment F on Query { ...F }"}, "VALIDATION_FAILED"),
        ({"query": "query($n: Int!) { cases(first: $n) { __typename } }"}, "VARIABLES_INVALID"),
        (
            {"query": "query($n: Int!) { cases(first: $n) { __typename } }", "variables": {"n": 10**30}},
            "VARIABLES_INVALID",
        ),
        (
            {
                "query": "{ me { children { edges { node { children { edges { node { children { __typename } } } } } } } } }"
            },
            "QUERY_TOO_COSTLY",
        ),
        ({"query": "{" + "a{" * 13 + "b" + "}" * 14}, "QUERY_TOO_DEEP"),
        ({"query": "{" + "a{" * 5000 + "b" + "}" * 5001}, "QUERY_TOO_DEEP"),
        ({"query": "{" + "a{" * 500 + "b" + "}" * 501}, "QUERY_TOO_DEEP"),
        ({"query": "{" + "hello " * 2000 + "}"}, "QUERY_TOO_LONG"),
        ({"query": "{hello}" + "#\n" * 3000}, "QUERY_TOO_LONG"),
        ({"query": "{hello}" + " " * 70_000}, "QUERY_TOO_LONG"),
        ({"query": "{" + " ".join(f"a{i}: hello" for i in range(31)) + "}"}, "TOO_MANY_ALIASES"),
    ],
)
async def test_documents_that_cannot_run(request_body: dict[str, Any], expected: str) -> None:
    for accept, status in ((GRAPHQL_JSON, 400), (JSON, 200)):
        response = await post(request_body, accept)
        assert (response.status_code, code(response)) == (status, expected)
        assert len(response.content) < 20_000


async def test_validation_keeps_its_text_but_not_all_of_a_long_name() -> None:
    response = await post({"query": "{ helo }"})
    assert "Did you mean 'hello'?" in response.json()["errors"][0]["message"]
    assert response.json()["errors"][0]["locations"] == [{"line": 1, "column": 3}]
    assert len((await post({"query": "{" + "x" * 60_000 + "}"})).content) < 2_000


async def test_standard_introspection_passes() -> None:
    response = await post({"query": get_introspection_query(input_value_deprecation=True, specified_by_url=True)})
    assert response.json()["data"]["__schema"]["queryType"]["name"] == "Query"


async def test_get_is_for_queries() -> None:
    asked = {"query": "query A($n: String!) { hello(name: $n) }", "variables": '{"n": "早"}', "operationName": "A"}
    assert (await HTTP.get("/graphql", params=asked)).json() == {"data": {"hello": "早 nobody"}}
    for query in ('mutation { report(title: "x") { __typename } }', "subscription { count(to: 1) }"):
        response = await HTTP.get("/graphql", params={"query": query})
        assert (response.status_code, code(response), response.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "POST")
    for params, expected in (
        ({}, "QUERY_MISSING"),
        ({"query": "{hello}", "variables": "{"}, "JSON_INVALID"),
        ({"query": "{hello}", "variables": "[]"}, "VARIABLES_NOT_AN_OBJECT"),
    ):
        response = await HTTP.get("/graphql", params=params)
        assert (response.status_code, code(response)) == (400, expected)
    assert code(await HTTP.get("/graphql?query=%ff%fe")) == "QUERY_STRING_INVALID"
    assert (await HTTP.get("/graphql?query={hello}&variables=")).status_code == 200


async def test_other_methods_and_subscriptions_have_another_door() -> None:
    response = await HTTP.put("/graphql", content=b"{}")
    assert (response.status_code, code(response), response.headers["allow"]) == (405, "METHOD_NOT_ALLOWED", "GET, POST")
    response = await post({"query": "subscription { count(to: 1) }"})
    assert (response.status_code, code(response)) == (400, "SUBSCRIPTION_NEEDS_WEBSOCKET")


async def test_identity() -> None:
    strict = client(app(Doorkeeper(anonymous=False)))
    response = await post({"query": "{hello}"}, http=strict)
    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"] == "Bearer"
    assert (await post({"query": "{hello}"}, http=strict, headers={"authorization": "Bearer good"})).json() == {
        "data": {"hello": "你好 chair"}
    }
    response = await post({"query": "{hello}"}, http=strict, headers={"authorization": "Bearer broken"})
    assert (response.status_code, code(response)) == (500, "INTERNAL")
    assert SECRET not in response.text


def ours(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name.startswith(("gateway", "strawberry", "graphql"))]


async def test_refusals_pass_and_bugs_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = await post({"query": '{ cases(after: "x") { __typename } }'})
        [error] = response.json()["errors"]
        assert (error["message"], error["extensions"], error["path"]) == (
            "damaged cursor",
            {"code": "CURSOR_INVALID"},
            ["cases"],
        )
        assert not ours(caplog), "a refusal is nobody's bug"
        response = await post(
            {"query": "query($n: String) { hello(name: $n) boom number }", "variables": {"n": SECRET}}
        )
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": f"{SECRET} nobody", "boom": None, "number": None}
    errors = response.json()["errors"]
    assert [error["path"] for error in errors] == [["boom"], ["number"]]
    for error in errors:
        assert error["extensions"]["code"] == "INTERNAL"
        assert error["extensions"]["correlationId"] == "corr-1"
        assert SECRET not in json.dumps(error, ensure_ascii=False)
    lines = [json.loads(JsonFormatter("gateway").format(record)) for record in ours(caplog)]
    assert {line["correlation"] for line in lines} == {"corr-1"}
    assert SECRET not in str([record.__dict__ for record in ours(caplog)])
    boom = next(line for line in lines if line["path"] == "boom")
    assert boom["message"] == "unexpected ValueError in a resolver"
    assert boom["where"][-1].startswith("toy.py:"), "what the operator reads must say where"


async def test_an_answer_that_is_not_json_is_our_fault() -> None:
    response = await post({"query": "{ odd }"})
    assert (response.status_code, code(response)) == (500, "INTERNAL")


async def test_bodies_have_a_size() -> None:
    fits = MIB
    shell = b'{"query":"{hello}","variables":{"a":""}}'
    body = shell.replace(b'""', b'"' + b"x" * (fits - len(shell)) + b'"')
    assert (await post(body)).status_code == 200
    response = await post(body + b" ")
    assert (response.status_code, code(response), response.headers["connection"]) == (413, "BODY_TOO_LARGE", "close")
    assert (await post(b"{}", headers={"content-length": "9" * 5000})).status_code == 413
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b"x" * 65_536

    response = await HTTP.post("/graphql", content=endless(), headers={"content-type": JSON})
    assert response.status_code == 413
    assert sent <= fits + LINGER_BYTES + 2 * 65_536, "what is thrown away has an end too"


async def test_a_refusal_reaches_who_is_still_sending() -> None:
    async with served(app()) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        for headers, status in (({}, 413), ({"content-type": "text/plain"}, 415), ({"accept": "text/html"}, 406)):
            response = await post(b"x" * 10_000_000, headers=headers, http=http)
            assert response.status_code == status
        assert (await post({"query": "{hello}"}, http=http)).status_code == 200


async def test_slow_bodies_end() -> None:
    async with served(app(body_seconds=0.2)) as port:
        for body in (b"Content-Length: 50\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /graphql HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\n" + body)
            answer = (await asyncio.wait_for(reader.read(), 5)).decode()
            assert answer.startswith("HTTP/1.1 408")
            assert "BODY_TOO_SLOW" in answer
            writer.close()
