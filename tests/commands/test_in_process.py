"""What goes into an application of the same process, and comes back, is what a socket would carry."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.chassis.calls import Calls
from services.chassis.in_process import asked
from services.chassis.telemetry import correlation
from services.contracts.refusals import Code, Refused


async def mirror(request: Request) -> Response:
    """Says what it was asked."""
    length = request.headers["content-length"]
    seen = f"{request.method} {request.url.path} {request.url.query} {length} {request.headers['x-said']}\n"
    return Response(seen.encode() + await request.body(), 201, {"x-more": "1"})


async def in_parts(_: Request) -> Response:
    """One word after another, and it listens for the caller's hanging up meanwhile."""

    async def words() -> AsyncIterator[bytes]:
        for word in (b"one ", b"two ", b"three"):
            await asyncio.sleep(0)
            yield word

    return StreamingResponse(words())


async def broken(_: Request) -> Response:
    """Fails."""
    raise ValueError("a defect")


async def endless(_: Request) -> Response:
    """Never answers."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def cut(scope: Any, receive: Any, send: Any) -> None:
    """Begins an answer and does not end it."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


async def whose(_: Request) -> Response:
    """Which correlation id it finds about itself."""
    return Response(f'"{correlation.get()}"')


APP = Starlette(
    routes=[
        Route("/mirror/{rest:path}", mirror, methods=["GET", "POST"]),
        Route("/parts", in_parts),
        Route("/outbox", endless),
        Route("/queries/broken", broken, methods=["POST"]),
        Route("/queries/endless", endless, methods=["POST"]),
        Route("/queries/whose", whose, methods=["POST"]),
    ]
)


async def test_what_is_sent_arrives_and_the_answer_comes_back_whole() -> None:
    content = "公告栏坏了".encode() * 20_000
    answer = await asked(APP, "POST", "/mirror/%E6%9D%91?a=1&b=%20", [(b"x-said", b"yes")], content)
    assert (answer.status_code, answer.headers["x-more"]) == (201, "1")
    assert answer.content == f"POST /mirror/村 a=1&b=%20 {len(content)} yes\n".encode() + content
    parts = await asyncio.wait_for(asked(APP, "GET", "/parts", []), 5)
    assert parts.text == "one two three"
    assert (await asked(APP, "GET", "/nowhere", [])).status_code == 404
    head = await asked(APP, "HEAD", "/mirror/x", [(b"x-said", b"yes")])
    assert (head.status_code, head.content) == (201, b"")


async def test_a_defect_is_a_500_as_a_server_makes_it_unless_it_is_wanted() -> None:
    assert (await asked(APP, "POST", "/queries/broken", [])).status_code == 500
    with pytest.raises(ValueError, match="a defect"):
        await asked(APP, "POST", "/queries/broken", [], raises=True)


async def test_half_an_answer_is_none() -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await asked(cut, "GET", "/", [])
    there = Calls({"intake": "http://intake"}, {"intake": cut})
    with pytest.raises(Refused) as broken_off:
        await there.raw("GET", "intake", "/attachments/x", token="token")
    assert broken_off.value.body.code == Code.SERVICE_UNAVAILABLE.name
    await there.close()


async def test_calls_have_an_end_and_a_context_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Calls({"intake": "http://intake"}, {"intake": APP})
    correlation.set("c-1")
    assert await there.query("intake", "whose", {}, "token") != "c-1", "as in another process"
    with pytest.raises(Refused) as defect:
        await there.query("intake", "broken", {}, "token")
    assert defect.value.body.code == Code.UNKNOWN_OUTCOME.name
    monkeypatch.setattr(Calls._send, "__kwdefaults__", {**(Calls._send.__kwdefaults__ or {}), "timeout": 0.05})
    with pytest.raises(Refused) as late:
        await there.query("intake", "endless", {}, "token")
    assert late.value.body.code == Code.UNKNOWN_OUTCOME.name
    await there.close()
