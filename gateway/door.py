"""The gateway's one door: a GraphQL schema as an ASGI application, over HTTP and WebSocket at the same path.

door = Door(schema, make_context, Limits(), graphiql=True, allowed_origins=["https://front.example"])
app = with_cors(Starlette(routes=[Route("/graphql", door), WebSocketRoute("/graphql", door)]), origins)
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.resources import files

import strawberry
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.execution import Engine
from gateway.faults import Unauthenticated
from gateway.http import MakeContext, answer
from gateway.limits import Limits
from gateway.socket import Socket, SocketLimits

__all__ = ["Door", "Limits", "MakeContext", "SocketLimits", "Unauthenticated", "with_cors"]

MEBIBYTE = 1_048_576


def _now() -> datetime:
    return datetime.now(UTC)


class Door:
    """Answers GraphQL over HTTP (POST; GET for queries) and graphql-transport-ws, with `limits` before validation.

    graphiql: answer a browser's GET with the query page. allowed_origins: the pages of other hosts that may open
    sockets (see `with_cors` for HTTP). max_body: bytes of one request or socket message. body_seconds: how long a
    client may take to send one body. clock: aware time, against which tokens expire.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        make_context: MakeContext,
        limits: Limits,
        *,
        graphiql: bool,
        allowed_origins: Sequence[str],
        max_body: int = MEBIBYTE,
        body_seconds: float = 15,
        socket_limits: SocketLimits | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._engine = Engine(schema, limits)
        self._make_context = make_context
        self._page = files("gateway").joinpath("graphiql.html").read_text("utf-8") if graphiql else None
        self._allowed_origins = tuple(allowed_origins)
        self._max_body = max_body
        self._body_seconds = body_seconds
        self._socket_limits = socket_limits or SocketLimits(message=max_body)
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            websocket = WebSocket(scope, receive, send)
            socket = Socket(websocket, self._engine, self._make_context, self._socket_limits, self._clock)
            await socket.serve(self._allowed_origins)
            return
        assert scope["type"] == "http", "the door is mounted at a path; lifespan belongs to the application around it"
        request = Request(scope, receive)
        response = self._page_for(request) or await answer(
            request, self._engine, self._make_context, max_body=self._max_body, body_seconds=self._body_seconds
        )
        await response(scope, receive, send)

    def _page_for(self, request: Request) -> Response | None:
        """The query page, for a browser that came without a query."""
        wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if self._page is None or not wants_page or "query" in request.query_params:
            return None
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self' ws: wss:; "
            "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        headers = {"content-security-policy": policy, "cache-control": "no-store", "referrer-policy": "no-referrer"}
        return HTMLResponse(self._page.replace("{{nonce}}", nonce), headers=headers)


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Let pages of these origins call `app` from a browser. Tokens travel in a header, so no cookies are allowed."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
        max_age=600,
    )
