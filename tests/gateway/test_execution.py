"""Parsed and validated documents are kept, within bounds, and never beside the limits."""

import pytest

from gateway.door import Limits
from gateway.execution import CACHED_CHARACTERS, CACHED_DOCUMENTS, Engine, Request
from gateway.faults import Rejected
from tests.gateway.toy import SCHEMA, app, code, post


def test_documents_are_kept_but_not_for_ever() -> None:
    engine = Engine(SCHEMA, Limits())
    first = engine.prepare(Request("{hello}"))
    assert engine.prepare(Request("{hello}")).text.document is first.text.document
    for n in range(CACHED_DOCUMENTS + 10):
        engine.prepare(Request(f'{{hello(name: "{n}")}}'))
    assert len(engine._known) == CACHED_DOCUMENTS
    assert engine.prepare(Request("{hello}")).text.document is not first.text.document
    for n in range(30):
        engine.prepare(Request(f'{{hello(name: "{n}{"x" * 10_000}")}}'))
    assert sum(map(len, engine._known)) == engine._known_characters <= CACHED_CHARACTERS
    with pytest.raises(Rejected):
        engine.prepare(Request("{ nothing }"))
    assert "{ nothing }" not in engine._known


async def test_limits_hold_for_known_documents_too() -> None:
    query = "query($n: Int) { cases(first: $n) { edges { node { children(first: $n) { edges { node { id } } } } } } }"
    assert (await post({"query": query, "variables": {"n": 2}})).status_code == 200
    assert code(await post({"query": query, "variables": {"n": 100}})) == "QUERY_TOO_COSTLY"


async def test_two_doors_may_share_one_schema() -> None:
    before = SCHEMA.extensions
    app()
    assert SCHEMA.extensions == before
