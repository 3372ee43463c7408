"""The limits count what is written, in time that grows with the text alone."""

import time
from typing import Any

import pytest
from graphql import GraphQLError, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.limits import SATURATED, Limits, check


def said(error: GraphQLError) -> dict[str, Any]:
    assert error.extensions is not None
    return error.extensions


def codes(query: str, variables: dict[str, Any] | None = None, name: str | None = None, **limits: int) -> list[str]:
    return [said(error)["code"] for error in check(parse(query), name, variables, Limits(**limits))]


def cost(query: str, variables: dict[str, Any] | None = None, name: str | None = None) -> int:
    broken = map(said, check(parse(query), name, variables, Limits(cost=-1)))
    return int(next(error["found"] for error in broken if error["code"] == "QUERY_TOO_COSTLY"))


@pytest.mark.parametrize(
    "query, variables, expected",
    [
        ("{ a b c }", None, 3),
        ("{ a { b } }", None, 2),
        ("{ a(first: 10) { b c } }", None, 21),
        ("{ a(last: 10) { b } }", None, 11),
        ("{ a(first: 5, last: 10) { b } }", None, 11),
        ("{ a { edges { node { b } } } }", None, 301),
        ("{ a { nodes { b } } }", None, 201),
        ("{ a { ...F } } fragment F on A { edges { cursor } }", None, 201),
        ("{ a { ... on A { edges { cursor } } } }", None, 201),
        ("{ a(first: 9999) { b } }", None, 101),
        ("{ a(first: 0) { b } }", None, 2),
        ("{ a(first: -5) { b } }", None, 2),
        ("{ a(first: " + "9" * 5000 + ") { b } }", None, 101),
        ('{ a(first: "x") { b } }', None, 101),
        ("query($n: Int) { a(first: $n) { b } }", {"n": 7}, 8),
        ("query($n: Int) { a(first: $n) { b } }", {"n": 7.0}, 8),
        ("query($n: Int) { a(first: $n) { b } }", {"n": "7"}, 101),
        ("query($n: Int) { a(first: $n) { b } }", {"n": None}, 101),
        ("query($n: Int) { a(first: $n) { b } }", {}, 101),
        ("query($n: Int = 3) { a(first: $n) { b } }", {}, 4),
        ("query($n: Int = 3) { a(first: $n) { b } }", {"n": 9}, 10),
        ("{ ...F ...F } fragment F on Query { a }", None, 1),
        ("{ x { ...F } y { ...F } } fragment F on Query { a }", None, 4),
    ],
)
def test_cost(query: str, variables: dict[str, Any] | None, expected: int) -> None:
    assert cost(query, variables) == expected


def test_cost_is_that_of_the_operation_that_runs() -> None:
    query = "query Small { a } query Large { a(first: 50) { b } }"
    assert (cost(query, name="Small"), cost(query, name="Large")) == (1, 51)


def test_errors_teach() -> None:
    [error] = check(parse("{a{b{c}}}"), None, None, Limits(depth=2))
    assert error.extensions == {
        "code": "QUERY_TOO_DEEP",
        "limit": 2,
        "found": 3,
        "messageZh": "查询嵌套过深：最多 2 层，现有 3 层。请拆分为多个查询。",
    }
    assert "several smaller queries" in error.message


def test_depth_is_of_fields_and_goes_through_fragments() -> None:
    assert codes("{a{...F}} fragment F on A{b{... on A{c}}}", depth=3) == []
    assert codes("{a{...F}} fragment F on A{b{... on A{c}}}", depth=2) == ["QUERY_TOO_DEEP"]
    assert codes("query A{a} query B{a{b{c}}}", name="A", depth=2) == ["QUERY_TOO_DEEP"]


def test_introspection_has_a_depth_of_its_own() -> None:
    deep = "{__schema{types{fields{type" + "{ofType" * 12 + "{name}" + "}" * 16
    assert codes(deep, depth=5) == []
    assert codes(deep, depth=5, introspection_depth=10) == ["QUERY_TOO_DEEP"]


def test_introspection_has_a_cost_of_its_own() -> None:
    everything = get_introspection_query(specified_by_url=True, schema_description=True, input_value_deprecation=True)
    assert codes(everything) == []
    again_and_again = " ".join(f"a{i}: fields {{ args {{ type {{ ofType {{ name }} }} }} }}" for i in range(10))
    types = " ".join(f"b{i}: types {{ ...T }}" for i in range(10))
    document = f"{{ __schema {{ {types} }} }} fragment T on __Type {{ {again_and_again} }}"
    assert codes(document) == ["QUERY_TOO_COSTLY"], "twenty aliases, a hundred schemas"
    hidden = f"{{ ...Q }} fragment Q on Query {{ __schema {{ {types} }} }} fragment T on __Type {{ {again_and_again} }}"
    assert codes(hidden) == ["QUERY_TOO_COSTLY"]


def test_aliases_and_repeats() -> None:
    assert codes("{" + " ".join(f"a{i}: a" for i in range(31)) + "}") == ["TOO_MANY_ALIASES"]
    assert codes("{" + "a{x} " * 202 + "}") == ["TOO_MANY_ALIASES"]
    assert codes("{" + "...{a{x}} " * 202 + "}") == ["TOO_MANY_ALIASES"]
    assert codes("{a{" + " ".join(f"... on T{i}{{id name}}" for i in range(20)) + "}}") == []


def test_hidden_depth_is_found() -> None:
    chain = "".join(f"fragment F{i} on A{{...F{i + 1}}}" for i in range(200)) + "fragment F200 on A{a}"
    assert codes("{a{...F0}}" + chain) == ["QUERY_TOO_DEEP"]
    assert codes("{a}" + chain) == ["QUERY_TOO_DEEP"], "unused fragments are validated too"
    assert codes("{a{" + "...{" * 80 + "x" + "}" * 82) == ["QUERY_TOO_DEEP"]


@pytest.mark.parametrize(
    "query",
    [
        "{...F} fragment F on A{a{...F}}",
        "{...F} fragment F on A{...G} fragment G on A{...F}",
        "{...Missing}",
        "{a{}}",
        "fragment F on A{a}",
        "type A {a: Int}",
    ],
)
def test_what_validation_will_refuse_is_left_to_it(query: str) -> None:
    assert codes(query) == []


@pytest.mark.parametrize(
    "spreads", ["a{...F%d} b{...F%d}", "x:a{...F%d} y:a{...F%d}", "...F%d ... on A{...F%d}", "a{...F%d} a{...F%d}"]
)
def test_doubling_fragments_cost_no_time(spreads: str) -> None:
    def query(n: int) -> str:
        bodies = "".join(f"fragment F{i} on A{{{spreads % (i + 1, i + 1)}}}" for i in range(n))
        return "{...F0}" + bodies + f"fragment F{n} on A{{a}}"

    document = parse(query(50))
    started = time.perf_counter()
    errors = check(document, None, None, Limits(depth=99, aliases=999, nesting=999))
    assert time.perf_counter() - started < 0.2
    if spreads.startswith("..."):
        assert errors == [], "the same fragment in the same place is executed once"
    else:
        assert [said(error)["found"] for error in errors] == [SATURATED]


SELECTIONS = st.recursive(
    st.sampled_from(["a", "x: b", "...F", "...G", "__typename"]),
    lambda inner: st.builds(
        lambda head, parts: head + "{" + " ".join(parts) + "}",
        st.sampled_from(["c", "d(first: 3)", "d(last: $n)", "edges", "... on A", "...", "__schema"]),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=25,
)


@given(SELECTIONS, SELECTIONS, SELECTIONS, st.none() | st.integers() | st.text())
def test_any_document_gets_a_verdict(main: str, f: str, g: str, n: object) -> None:
    document = parse(f"query($n: Int) {{{main}}} fragment F on A{{{f}}} fragment G on A{{{g}}}")
    for error in check(document, None, {"n": n}, Limits(depth=2, aliases=1, cost=10)):
        assert said(error)["found"] > said(error)["limit"]
        assert {"code", "messageZh"} <= set(said(error))
