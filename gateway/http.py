"""GraphQL over HTTP: what may be asked in which way, and which status says what went wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import orjson
from graphql import OperationType
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.codes import DoorCode
from gateway.execution import Engine, Outcome, Request
from gateway.faults import BadRequest, Rejected, Unauthenticated, internal, refusal
from services.contracts.refusals import Code

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
UNKEPT = {"cache-control": "private, no-store"}
"""Of an answer, which may be to a GET: what residents wrote lies in nobody's cache."""
CLOSING = {"connection": "close"}
LINGER_BYTES = 16 * 1_048_576
LINGER_SECONDS = 2.0
"""How much of a refused body is still taken, and thrown away, after the answer was sent."""

MakeContext = Callable[[HTTPConnection, Mapping[str, Any] | None], Awaitable[Any]]
"""Who is asking? The connection, and for a socket the payload of `connection_init`; answers what resolvers see as context.

Called for each HTTP request, when a socket opens, and again for each operation on it. Raises `Unauthenticated`. The context may have
`expires_at` (aware, or None), after which a socket is closed, and `correlation_id`.
"""


def media_type(accept: str | None) -> str:
    """The answer's media type for an Accept header; without one, or for `*/*`, plain JSON. Raises `BadRequest` (406)."""
    if accept is None or not accept.strip():
        return JSON
    best: tuple[float, int] | None = None
    chosen = JSON
    for offered in (JSON, GRAPHQL_JSON):
        weight, place = weight_of(accept, offered)
        if weight > 0 and (best is None or (weight, -place) > best):
            best, chosen = (weight, -place), offered
    if best is None:
        raise BadRequest(DoorCode.NOT_ACCEPTABLE, types=f"{GRAPHQL_JSON}, {JSON}", unread=True)
    return chosen


def weight_of(accept: str, offered: str) -> tuple[float, int]:
    """How much the header wants the type: the weight of its most specific range that fits, and that range's place."""
    ranges = ["*/*", f"{offered.partition('/')[0]}/*", offered]
    fits = (-1, 0.0, 0)
    for place, part in enumerate(accept.split(",")):
        wanted, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if wanted in ranges:
            quality = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
            try:
                weight = min(max(float(quality), 0.0), 1.0)
            except ValueError:
                weight = 0.0
            fits = max(fits, (ranges.index(wanted), weight, -place))
    return fits[1], -fits[2]


async def answer(
    request: HTTPRequest, engine: Engine, make_context: MakeContext, *, max_body: int, body_seconds: float
) -> Response:
    """Answer one HTTP request. Never raises but on cancellation; a client that left gets an empty 499."""
    kind = JSON
    context: Any = None
    try:
        kind = media_type(request.headers.get("accept"))
        asked = await _asked(request, max_body, body_seconds)
        context = await make_context(request, None)
        operation = engine.prepare(asked)
        if operation.kind is not OperationType.QUERY and request.method != "POST":
            raise _not_allowed("POST")
        if operation.kind is OperationType.SUBSCRIPTION:
            raise BadRequest(DoorCode.SUBSCRIPTION_NEEDS_WEBSOCKET)
        outcome = await engine.run(operation, context)
    except Rejected as rejected:
        return _failed(kind, _document_status(kind), rejected.errors)
    except BadRequest as bad:
        response = _failed(kind, bad.code.value.status, [refusal(bad)], bad.headers)
        return _Lingering(response) if bad.unread else response
    except Unauthenticated as error:
        return _failed(kind, 401, [refusal(error)], {"www-authenticate": "Bearer"})
    except ClientDisconnect:
        return Response(status_code=499)
    except Exception as error:
        return _failed(kind, 500, [internal(error, context)])
    return Response(outcome.encoded, _status(kind, outcome), UNKEPT, f"{kind}; charset=utf-8")


async def _asked(request: HTTPRequest, max_body: int, body_seconds: float) -> Request:
    match request.method:
        case "GET":
            return Request.of(_query_string(request.scope["query_string"]))
        case "POST":
            _check_headers(request)
            return Request.of(decoded(await _body(request, max_body, body_seconds)))
    raise _not_allowed("GET, POST")


def decoded(body: bytes | str) -> object:
    """The JSON in a body; raises `BadRequest` (400) for text that is not JSON in UTF-8, or nests or counts beyond reason."""
    try:
        return orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        raise BadRequest(DoorCode.JSON_INVALID) from None


def _check_headers(request: HTTPRequest) -> None:
    content, *parameters = (piece.strip().lower() for piece in request.headers.get("content-type", "").split(";"))
    charset = next((p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")), "utf-8")
    if content != JSON or charset not in ("utf-8", "utf8"):
        raise BadRequest(DoorCode.UNSUPPORTED_MEDIA_TYPE, type=JSON, unread=True)
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise BadRequest(DoorCode.UNSUPPORTED_ENCODING, {"accept-encoding": ""}, unread=True)


async def _body(request: HTTPRequest, max_body: int, seconds: float) -> bytes:
    """Keep at most `max_body` bytes, sent within `seconds`: 413 as soon as there is one more, 408 when time is up."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and (len(declared) > 18 or int(declared) > max_body):
        raise _too_large(max_body, unread=True)
    body = bytearray()
    more = True
    try:
        async with asyncio.timeout(seconds):
            while more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > max_body:
                    raise _too_large(max_body, unread=more)
    except TimeoutError:
        raise BadRequest(DoorCode.BODY_TOO_SLOW, CLOSING, seconds=f"{seconds:g}") from None
    return bytes(body)


def _too_large(max_body: int, *, unread: bool) -> BadRequest:
    return BadRequest(Code.BODY_TOO_LARGE, CLOSING, unread=unread, limit=max_body)


def _query_string(raw: bytes) -> Mapping[str, Any]:
    try:
        pairs: dict[str, Any] = dict(
            parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=50)
        )
    except ValueError:
        raise BadRequest(DoorCode.QUERY_STRING_INVALID) from None
    for name in ("variables", "extensions"):
        if name in pairs:
            pairs[name] = decoded(pairs[name]) if pairs[name] else None
    return pairs


def _not_allowed(allow: str) -> BadRequest:
    """A GET runs queries only; what changes or lasts is no safe request (RFC 9110, 9.2.1)."""
    return BadRequest(DoorCode.METHOD_NOT_ALLOWED, {"allow": allow}, allow=allow, unread=True)


def _document_status(kind: str) -> int:
    """GraphQL-over-HTTP: a document that cannot run is the client's error, but old clients read only 200 as an answer."""
    return 400 if kind == GRAPHQL_JSON else 200


def _status(kind: str, outcome: Outcome) -> int:
    if not outcome.refused:
        return 200
    return 500 if outcome.internal else _document_status(kind)


def _failed(kind: str, status: int, errors: list[dict[str, Any]], headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        orjson.dumps({"errors": errors}),
        status,
        headers={**UNKEPT, **(headers or {})},
        media_type=f"{kind}; charset=utf-8",
    )


class _Lingering(Response):
    """An answer that comes before the question is over.

    A server that closes while its client is still sending makes the network drop the answer with the connection, so
    the rest of the body is read into nothing for a moment.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(response.body, response.status_code, dict(response.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        left = LINGER_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                more = True
                while more and left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    more = message.get("more_body", False)
        await send({"type": "http.response.body", "body": b""})
