"""A client that sends half a request does not hold its connection for ever."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from deploy import patience
from deploy.serving import server_of

SHORT = 0.2


async def _length(request: Request) -> Response:
    try:
        return PlainTextResponse(str(len(await request.body())))
    except ClientDisconnect:
        return PlainTextResponse("gone")


async def _echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


@pytest_asyncio.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(patience, "HEAD_SECONDS", SHORT)
    monkeypatch.setattr(patience, "BODY_SECONDS", SHORT)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        routes = [Route("/", _length, methods=["POST"]), WebSocketRoute("/socket", _echo)]
        server = server_of(Starlette(routes=routes))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def _sent(port: int, half: bytes) -> bytes:
    """What comes back until the connection is closed, when this is sent and then no more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(half)
    async with asyncio.timeout(10):
        found = await reader.read()
    writer.close()
    return found


@pytest.mark.parametrize("half", [b"", b"POST / HTTP/1.1\r\nHost: yishi\r\nX-Slow: "])
async def test_half_a_head_is_cut(port: int, half: bytes) -> None:
    assert (await _sent(port, half)).startswith(b"HTTP/1.1 408 ")


async def test_half_a_body_is_cut(port: int) -> None:
    assert b"gone" not in await _sent(port, b"POST / HTTP/1.1\r\nHost: yishi\r\nContent-Length: 9\r\n\r\nhalf")


async def test_whole_requests_are_answered_and_the_next_half_one_is_cut(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(10):
        for body in (b"body", b"bodies"):
            writer.write(b"POST / HTTP/1.1\r\nHost: yishi\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
            assert await reader.readexactly(1) == b"%d" % len(body)
        writer.write(b"POST / HTTP/1.1\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_socket_is_no_half_request(port: int) -> None:
    """Whether it is idle or busy; a subscription may last for days."""
    async with connect(f"ws://127.0.0.1:{port}/socket") as talk:
        for pause in (3 * SHORT, SHORT / 2, SHORT / 2, SHORT / 2, SHORT / 2):
            await asyncio.sleep(pause)
            await talk.send("there?")
            assert await asyncio.wait_for(talk.recv(), 5) == "there?"
