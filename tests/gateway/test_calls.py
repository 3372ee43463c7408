"""Calls between services over sockets: the other end hangs up, does not answer, is not there."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from services.chassis import calls as chassis_calls
from services.chassis.calls import Calls
from services.contracts.refusals import Code, Refused

BODY = b'{"answer":{"id":"C1"},"reached":{}}'
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)
HANGS_UP, STAYS_SILENT, BREAKS_OFF = b"", b"silent", ANSWER[:-5]


class Other:
    """A server that does with its requests, one after the other, what it was told; then it answers."""

    def __init__(self, *does: bytes) -> None:
        self.does: Sequence[bytes] = does
        self.heard: list[bytes] = []
        self.connections: list[asyncio.Task[Any] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                self.heard.append(await reader.readexactly(length))
                number = len(self.heard) - 1
                what = self.does[number] if number < len(self.does) else ANSWER
                if what is STAYS_SILENT:
                    await reader.read()
                    return
                writer.write(what)
                await writer.drain()
                if what is not ANSWER:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()


@asynccontextmanager
async def calling(other: Other) -> AsyncIterator[Calls]:
    """A way to it, and nothing left behind."""
    server = await asyncio.start_server(other.serve, "127.0.0.1", 0)
    calls = Calls({"intake": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"})
    async with server:
        yield calls
        await calls.close()
        await asyncio.gather(*(each for each in other.connections if each))


async def command(calls: Calls) -> Any:
    return await calls.command("intake", "Acknowledge", {"idempotencyKey": "key-00000001"}, {}, "t")


@pytest.mark.parametrize("does", [HANGS_UP, BREAKS_OFF])
async def test_where_the_other_end_hangs_up_the_same_is_sent_once_more(does: bytes) -> None:
    """A connection that was silent for long is taken away while the next request is on its way."""
    other = Other(ANSWER, does)
    async with calling(other) as calls:
        assert (await command(calls)).answer["id"] == "C1"
        assert (await command(calls)).answer["id"] == "C1"
        assert await calls.query("intake", "any", {}, "t") == {"answer": {"id": "C1"}, "reached": {}}
    assert other.heard[1] == other.heard[2], "with its key"
    assert len(other.heard) == 4


async def test_twice_is_an_unknown_outcome() -> None:
    other = Other(HANGS_UP, HANGS_UP)
    async with calling(other) as calls:
        with pytest.raises(Refused) as refused:
            await command(calls)
    assert refused.value.code is Code.UNKNOWN_OUTCOME
    assert len(other.heard) == 2


async def test_gone_after_it_was_sent_is_an_unknown_outcome_too() -> None:
    """It may have been done before the process died."""
    other = Other(HANGS_UP)
    async with calling(other) as calls:
        server = asyncio.create_task(command(calls))
        send, sent = calls._send, 0

        async def first_then_gone(*given: Any, **named: Any) -> Any:
            nonlocal sent
            sent += 1
            calls._addresses["intake"] = calls._addresses["intake"] if sent == 1 else "http://127.0.0.1:1"
            return await send(*given, **named)

        calls._send = first_then_gone  # type: ignore[method-assign]
        with pytest.raises(Refused) as refused:
            await server
    assert (refused.value.code, sent) == (Code.UNKNOWN_OUTCOME, 2)


async def test_what_is_not_there_was_sent_nothing() -> None:
    calls = Calls({"intake": "http://127.0.0.1:1"})
    with pytest.raises(Refused) as refused:
        await command(calls)
    assert refused.value.code is Code.SERVICE_UNAVAILABLE
    await calls.close()


async def test_silence_is_not_asked_twice() -> None:
    other = Other(STAYS_SILENT)
    async with calling(other) as calls:
        calls._send = partial(calls._send, timeout=0.2)  # type: ignore[method-assign]
        with pytest.raises(Refused) as refused:
            await command(calls)
    assert refused.value.code is Code.UNKNOWN_OUTCOME
    assert len(other.heard) == 1


async def test_a_connection_is_hung_up_here_first() -> None:
    """Before the other end does, which waits five seconds; until then it is used again."""
    assert (chassis_calls.KEPT.keepalive_expiry or 9) < 5
    other = Other()
    async with calling(other) as calls:
        for _ in range(3):
            await command(calls)
    assert len(other.connections) == 1
