"""graphql-transport-ws, over a real server and a real client."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from gateway.door import SocketLimits
from tests.gateway.toy import ENDED, OURS, PULLED, SECRET, Doorkeeper, app, served

QUICK = SocketLimits(init_seconds=0.3, send_seconds=0.3, operations=3, message=1_048_576, tick=0.02)
GOOD = {"Authorization": "Bearer good"}


class Talk:
    """One end of a socket, speaking JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, kind: str, **rest: Any) -> None:
        await self.connection.send(json.dumps({"type": kind, **rest}))

    async def subscribe(self, key: str, query: str, **rest: Any) -> None:
        await self.say("subscribe", id=key, payload={"query": query, **rest})

    async def hear(self) -> dict[str, Any]:
        heard: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), 5))
        return heard

    async def closed(self) -> int | None:
        """The code with which the server closes; what it says before that is ignored."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as closing:
            return closing.rcvd.code if closing.rcvd else None

    async def introduce(self, payload: dict[str, Any] | None = None) -> "Talk":
        await self.say("connection_init", payload=payload or GOOD)
        assert await self.hear() == {"type": "connection_ack"}
        return self


@asynccontextmanager
async def talking(
    keeper: Doorkeeper | None = None, limits: SocketLimits = QUICK, **options: Any
) -> AsyncIterator[Talk]:
    async with served(app(keeper, socket_limits=limits)) as port:
        options = {"subprotocols": [Subprotocol("graphql-transport-ws")], **options}
        async with connect(f"ws://127.0.0.1:{port}/graphql", **options) as connection:
            yield Talk(connection)


async def test_subscription_query_and_mutation() -> None:
    async with talking() as talk:
        await talk.introduce()
        await talk.subscribe("1", "subscription($n: Int!) { count(to: $n) }", variables={"n": 2})
        assert [await talk.hear() for _ in range(3)] == [
            {"id": "1", "type": "next", "payload": {"data": {"count": 0}}},
            {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
            {"id": "1", "type": "complete"},
        ]
        await talk.subscribe("1", "{ hello boom }")
        answered = await talk.hear()
        assert answered["payload"]["data"] == {"hello": "你好 chair", "boom": None}
        assert answered["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert await talk.hear() == {"id": "1", "type": "complete"}
        await talk.subscribe("1", 'mutation { report(title: "灯") { __typename } }')
        assert (await talk.hear())["payload"] == {"data": {"report": {"__typename": "Case"}}}


@pytest.mark.parametrize(
    "payload, code",
    [
        ({"query": "subscription {"}, "SYNTAX_ERROR"),
        ({"query": "subscription { nothing }"}, "VALIDATION_FAILED"),
        ({"query": "{" + "a{" * 13 + "b" + "}" * 14}, "QUERY_TOO_DEEP"),
        ({"query": "{" + "hello " * 2000 + "}"}, "QUERY_TOO_LONG"),
        ({"query": "subscription A { count(to: 1) } subscription B { count(to: 1) }"}, "OPERATION_NAME_REQUIRED"),
        ({"query": "subscription($n: Int!) { count(to: $n) }"}, "VARIABLES_INVALID"),
        ({"query": "query($n: Int!) { cases(first: $n) { __typename } }"}, "VARIABLES_INVALID"),
        ({"query": "subscription { refused }"}, "NOT_ALLOWED"),
        ({"query": "{ odd }"}, "INTERNAL"),
        ({}, "QUERY_MISSING"),
        ({"query": "{hello}", "variables": []}, "VARIABLES_NOT_AN_OBJECT"),
    ],
)
async def test_one_mistake_ends_one_operation(payload: dict[str, Any], code: str) -> None:
    async with talking() as talk:
        await talk.introduce()
        await talk.subscribe("keep", "subscription { count(to: 9) }")
        assert [(await talk.hear())["payload"]["data"]["count"] for _ in range(3)] == [0, 1, 2]
        await talk.say("subscribe", id="1", payload=payload)
        answered = await talk.hear()
        assert (answered["type"], answered["id"]) == ("error", "1")
        assert [error["extensions"]["code"] for error in answered["payload"]] == [code]
        await talk.subscribe("1", "{ hello }")
        assert (await talk.hear())["type"] == "next", "the socket lives on and the id is free"


async def test_a_stream_that_breaks_is_masked() -> None:
    async with talking() as talk:
        await talk.introduce()
        await talk.subscribe("1", "subscription { broken }")
        assert (await talk.hear())["payload"] == {"data": {"broken": 1}}
        answered = await talk.hear()
        assert (answered["type"], answered["payload"][0]["extensions"]["code"]) == ("error", "INTERNAL")
        assert SECRET not in json.dumps(answered, ensure_ascii=False)


async def test_complete_ends_the_source_and_frees_the_id() -> None:
    async with talking() as talk:
        await talk.introduce()
        ENDED.clear()
        for number in (7, 8):
            await talk.subscribe("1", f"subscription {{ count(to: {number}) }}")
            for _ in range(3):
                assert (await talk.hear())["type"] == "next"
            await talk.say("complete", id="1")
        await talk.say("complete", id="unknown")
        await talk.say("ping", payload={"n": 1})
        assert await talk.hear() == {"type": "pong", "payload": {"n": 1}}
        assert ENDED == [7, 8]


async def test_leaving_ends_every_source() -> None:
    async with served(app()) as port:
        async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as one:
            talk = await Talk(one).introduce()
            ENDED.clear()
            for key in ("1", "2"):
                await talk.subscribe(key, "subscription { count(to: 9) }")
            for _ in range(6):
                await talk.hear()
        async with asyncio.timeout(5):
            while ENDED != [9, 9]:
                await asyncio.sleep(0.01)


async def test_ping_needs_no_introduction_and_pong_no_answer() -> None:
    async with talking() as talk:
        await talk.say("ping")
        assert await talk.hear() == {"type": "pong"}
        await talk.say("pong")
        await talk.introduce()


@pytest.mark.parametrize(
    "payload, code",
    [
        ({"Authorization": "Bearer bad"}, 4401),
        ({"Authorization": "Bearer late"}, 4401),
        ({"Authorization": "Bearer broken"}, 4500),
        ({}, 4401),
        (None, 4401),
        ("Bearer good", 4400),
        ([], 4400),
    ],
)
async def test_identity_at_the_door(payload: object, code: int) -> None:
    async with talking(Doorkeeper(anonymous=False)) as talk:
        await talk.say("connection_init", payload=payload)
        assert await talk.closed() == code


async def test_nobody_waits_for_ever_for_an_introduction() -> None:
    async with talking() as talk:
        assert await talk.closed() == 4408


async def test_misuse_closes() -> None:
    async def after(*messages: str | bytes, introduced: bool = True) -> int | None:
        async with talking() as talk:
            if introduced:
                await talk.introduce()
            for message in messages:
                await talk.connection.send(message)
            return await talk.closed()

    endless = json.dumps({"type": "subscribe", "id": "账" * 90, "payload": {"query": "subscription { count(to: 9) }"}})
    assert await after('{"type":"connection_init"}') == 4429
    assert await after(endless, introduced=False) == 4401
    assert await after(endless, endless) == 4409
    invalid: list[str | bytes] = [
        "{",
        "null",
        "[]",
        '"x"',
        "{}",
        '{"type":"other"}',
        b"{}",
        '{"type":"subscribe","id":"","payload":{}}',
    ]
    for message in (*invalid, '{"type":"subscribe","id":1,"payload":{}}', '{"type":"complete"}', "[" * 100_000):
        assert await after(message) == 4400
    assert await after(json.dumps({"type": "ping", "payload": {"x": "x" * 1_048_576}})) == 1009


async def test_operations_are_bounded() -> None:
    async with talking() as talk:
        await talk.introduce()
        for key in "123":
            await talk.subscribe(key, "subscription { count(to: 9) }")
        await talk.subscribe("4", "subscription { count(to: 9) }")
        heard = [await talk.hear() for _ in range(10)]
        [refused] = [message for message in heard if message["type"] == "error"]
        assert (refused["id"], refused["payload"][0]["extensions"]["code"]) == ("4", "TOO_MANY_SUBSCRIPTIONS")
        await talk.say("complete", id="1")
        await talk.subscribe("4", "subscription { count(to: 9) }")
        assert (await talk.hear())["id"] == "4"


async def test_tokens_expire_while_the_socket_is_open() -> None:
    keeper = Doorkeeper()
    async with talking(keeper) as talk:
        await talk.introduce({"Authorization": "Bearer hour"})
        await talk.subscribe("1", "subscription { count(to: 9) }")
        for _ in range(3):
            await talk.hear()
        keeper.clock.now += timedelta(minutes=59)
        await talk.subscribe("2", "{ hello }")
        assert (await talk.hear())["type"] == "next"
        keeper.clock.now += timedelta(minutes=2)
        assert await talk.closed() == 4401


async def test_nothing_is_told_after_the_token_has_expired() -> None:
    keeper = Doorkeeper()
    async with talking(keeper, SocketLimits(tick=60)) as talk:
        await talk.introduce({"Authorization": "Bearer hour"})
        keeper.clock.now += timedelta(minutes=61)
        await talk.subscribe("1", "subscription { count(to: 1) }")
        with pytest.raises(ConnectionClosed, match="4401"):
            await talk.hear()


async def test_a_revoked_token_opens_no_further_operation() -> None:
    keeper = Doorkeeper()
    async with talking(keeper) as talk:
        await talk.introduce()
        keeper.revoked = True
        await talk.subscribe("1", "{ hello }")
        assert await talk.closed() == 4401


async def test_a_slow_reader_holds_her_source_back_and_is_cut_in_the_end() -> None:
    async with talking(max_queue=1, close_timeout=0.1) as talk:
        await talk.introduce()
        PULLED[0] = 0
        ENDED.clear()
        await talk.subscribe("1", "subscription { flood }")
        async with asyncio.timeout(5):
            while ENDED != [-1]:
                await asyncio.sleep(0.05)
        assert 0 < PULLED[0] < 200, "20 MB would mean that nothing held the source back"


async def test_origins() -> None:
    for origin in (None, Origin(OURS)):
        async with talking(origin=origin) as talk:
            await talk.introduce()
    for other in ("https://elsewhere.example", "null"):
        async with talking(origin=Origin(other)) as talk:
            assert talk.connection.subprotocol == "graphql-transport-ws", "or a browser would see no close code"
            assert await talk.closed() == 4403
    async with served(app()) as port:
        own = Origin(f"http://127.0.0.1:{port}")
        async with connect(
            f"ws://127.0.0.1:{port}/graphql", origin=own, subprotocols=[Subprotocol("graphql-transport-ws")]
        ):
            pass


async def test_other_subprotocols_are_closed() -> None:
    async with talking(subprotocols=None) as talk:
        assert await talk.closed() == 4406
