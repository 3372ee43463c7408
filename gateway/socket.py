"""GraphQL over WebSocket: our side of the graphql-transport-ws protocol.

One task reads, one watches the clock, and one runs for each operation, all in one group: whichever of them finds a
reason to close ends the others. Nothing is queued: an operation asks its source for the next event only after the
last one was written, so a reader who is slow slows her own stream and costs no memory.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.codes import DoorCode
from gateway.execution import Engine, Operation, Request
from gateway.faults import BadRequest, Rejected, Unauthenticated, internal, problem, refusal
from gateway.http import MakeContext, decoded

PROTOCOL = "graphql-transport-ws"

E = TypeVar("E", bound=BaseException)


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket may take: seconds to introduce itself, seconds for one write, operations at once, characters a message.

    tick: seconds between two looks at the clock, so that a clock that jumps is noticed.
    """

    init_seconds: float = 10
    send_seconds: float = 30
    operations: int = 32
    message: int = 1_048_576
    tick: float = 5


class _Close(Exception):
    """End the socket with a close code (those of the protocol are 44xx)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason.encode()[:120].decode(errors="ignore")  # a close frame holds 123 bytes


class _Gone(Exception):
    """The other side has left."""


def origin_allowed(connection: HTTPConnection, allowed: Sequence[str]) -> bool:
    """Whether a page of this origin may open a socket. Programs send no Origin; our own pages have our own host."""
    origin = connection.headers.get("origin")
    if origin is None or "*" in allowed or origin in allowed:
        return True
    return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower() != ""


class Socket:
    """One connection, from its handshake to its close."""

    def __init__(
        self,
        websocket: WebSocket,
        engine: Engine,
        make_context: MakeContext,
        limits: SocketLimits,
        clock: Callable[[], datetime],
    ) -> None:
        self._websocket = websocket
        self._engine = engine
        self._make_context = make_context
        self._limits = limits
        self._clock = clock
        self._writing = asyncio.Lock()
        self._greeted = asyncio.Event()
        self._payload: Mapping[str, Any] | None = None
        self._introduced = False
        self._expires_at: datetime | None = None
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self, allowed_origins: Sequence[str]) -> None:
        """Serve until either side closes."""
        spoken = PROTOCOL if PROTOCOL in self._websocket.scope.get("subprotocols", ()) else None
        if not origin_allowed(self._websocket, allowed_origins):
            # Behind the handshake: of one that is refused a page learns nothing, and its developer as much.
            await self._websocket.accept(spoken)
            await self._websocket.close(4403, "Forbidden: pages of this origin are not let in (YISHI_ALLOWED_ORIGINS)")
            return
        if spoken is None:
            await self._websocket.accept()
            await self._websocket.close(4406, f"Subprotocol not acceptable: speak {PROTOCOL}")
            return
        await self._websocket.accept(spoken)
        close: _Close | None = None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch())
                await self._read(group)
        except* _Gone:
            pass
        except* _Close as closing:
            close = _first(closing)
        except* Exception as unexpected:
            internal(_first(unexpected))
            close = _Close(4500, "Internal error")
        if close is not None:
            with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._websocket.close(close.code, close.reason)

    async def _watch(self) -> None:
        """Close on a peer who does not introduce himself in time, and when his token runs out."""
        try:
            async with asyncio.timeout(self._limits.init_seconds):
                await self._greeted.wait()
        except TimeoutError:
            raise _Close(4408, "Connection initialisation timeout") from None
        while self._expires_at is not None:
            left = self._refuse_expired()
            await asyncio.sleep(min(left, self._limits.tick))

    def _refuse_expired(self) -> float:
        """Seconds until the token expires; closes if it has."""
        if self._expires_at is None:
            return self._limits.tick
        left = (self._expires_at - self._clock()).total_seconds()
        if left <= 0:
            raise _Close(4401, "Unauthorized: the token has expired")
        return left

    async def _read(self, group: asyncio.TaskGroup) -> None:
        while True:
            message = await self._received()
            match message:
                case {"type": "connection_init"}:
                    await self._introduce(message.get("payload"))
                case {"type": "ping"}:
                    await self._send({"type": "pong", **_with_payload(message)})
                case {"type": "pong"}:
                    pass
                case {"type": "subscribe", "id": str(key), "payload": dict(payload)} if key:
                    await self._subscribe(group, key, payload)
                case {"type": "complete", "id": str(key)}:
                    if task := self._running.pop(key, None):
                        task.cancel()
                case _:
                    raise _Close(4400, "Invalid message")

    async def _received(self) -> dict[str, Any]:
        event = await self._websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise _Gone
        text = event.get("text")
        if text is None:
            raise _Close(4400, "Invalid message: text frames only")
        if len(text) > self._limits.message:
            raise _Close(1009, "Message too big")
        try:
            message = decoded(text)
        except BadRequest:
            raise _Close(4400, "Invalid message: not JSON") from None
        if not isinstance(message, dict):
            raise _Close(4400, "Invalid message: not an object")
        return message

    async def _introduce(self, payload: object) -> None:
        if self._introduced:
            raise _Close(4429, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise _Close(4400, "Invalid message: the payload of connection_init must be an object")
        self._introduced = True
        self._payload = payload or {}
        context = await self._context()
        self._expires_at = getattr(context, "expires_at", None)
        self._refuse_expired()
        await self._send({"type": "connection_ack"})
        self._greeted.set()

    async def _context(self) -> Any:
        """A context for one operation: loaders and freshness belong to it, and a token that was revoked shows here."""
        try:
            return await self._make_context(self._websocket, self._payload)
        except Unauthenticated as error:
            raise _Close(4401, f"Unauthorized: {error.code.name}") from None

    async def _subscribe(self, group: asyncio.TaskGroup, key: str, payload: dict[str, Any]) -> None:
        if not self._greeted.is_set():
            raise _Close(4401, "Unauthorized: send connection_init first")
        if key in self._running:
            raise _Close(4409, f"Subscriber for {key[:60]} already exists")
        limit = self._limits.operations
        if len(self._running) >= limit:
            await self._error(key, [problem(DoorCode.TOO_MANY_SUBSCRIPTIONS, {"limit": limit})])
            return
        try:
            operation = self._engine.prepare(Request.of(payload))
        except Rejected as rejected:
            await self._error(key, rejected.errors)
        except BadRequest as bad:
            await self._error(key, [refusal(bad)])
        else:
            self._running[key] = group.create_task(self._operate(key, operation))

    async def _operate(self, key: str, operation: Operation) -> None:
        context: Any = None
        try:
            context = await self._context()
            async with aclosing(self._engine.stream(operation, context)) as outcomes:
                async for outcome in outcomes:
                    self._refuse_expired()
                    if outcome.refused:
                        self._forget(key)
                        await self._error(key, outcome.errors)
                        return
                    await self._send({"id": key, "type": "next", "payload": orjson.Fragment(outcome.encoded)})
            self._forget(key)  # first, so that the peer may use the id again as soon as it reads this
            await self._send({"id": key, "type": "complete"})
        except (_Close, _Gone):
            raise
        except Exception as error:
            self._forget(key)
            await self._error(key, [internal(error, context)])
        finally:
            self._forget(key)

    def _forget(self, key: str) -> None:
        """Free the id, unless a newer operation has taken it."""
        if self._running.get(key) is asyncio.current_task():
            del self._running[key]

    async def _error(self, key: str, errors: list[dict[str, Any]]) -> None:
        await self._send({"id": key, "type": "error", "payload": errors})

    async def _send(self, message: dict[str, Any]) -> None:
        text = orjson.dumps(message).decode()
        try:
            async with asyncio.timeout(self._limits.send_seconds), self._writing:
                await self._websocket.send_text(text)
        except TimeoutError:
            raise _Close(1008, "Too slow: the messages were not read") from None
        except (WebSocketDisconnect, RuntimeError):
            raise _Gone from None


def _with_payload(message: dict[str, Any]) -> dict[str, Any]:
    return {"payload": message["payload"]} if isinstance(message.get("payload"), dict) else {}


def _first(group: BaseExceptionGroup[E]) -> E:
    """The first of the exceptions in a group, however deep it lies."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
