"""The gateway's HTTP application: the GraphQL door, photos, health, what operators ask."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message

from gateway import operations
from gateway.codes import DoorCode
from gateway.context import Context, Gateway
from gateway.door import Door, Limits, Unauthenticated, with_cors
from gateway.entrance import entrance
from gateway.faults import problem
from gateway.paging import DEFAULT_PAGE
from gateway.schema import build
from services.chassis.door import refusal
from services.chassis.identity import Verifier
from services.chassis.photos import MAX_UPLOAD, attachment_id, bounded
from services.contracts.names import Said
from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed

FORM_AROUND = 65_536
"""Bytes that a form may have around its one photo."""
PHOTOS_OF = {"": "intake", "report": "intake", "evidence": "escalation", "council": "deliberation"}
"""Which service keeps which photos (`?for=`)."""


def application(
    gateway: Gateway,
    verifier: Verifier,
    *,
    graphiql: bool,
    origins: tuple[str, ...] = (),
    rebuild: operations.Rebuild | None = None,
    measured: Callable[[], Awaitable[bytes]],
) -> ASGIApp:
    """The app of one process of the gateway. `measured`: the counters of all that is at work in this process."""

    async def make_context(connection: HTTPConnection, payload: Mapping[str, Any] | None) -> Context:
        try:
            if payload is not None:
                said = payload.get("Authorization")
                return Context(gateway, verifier.caller(said if isinstance(said, str) else None))
            return Context(gateway, verifier.asking(connection) if "authorization" in connection.headers else None)
        except Refused as refused:
            raise Unauthenticated(refused.code) from None

    door = Door(
        build(),
        make_context,
        Limits(default_page=DEFAULT_PAGE),
        graphiql=graphiql,
        allowed_origins=origins,
        clock=gateway.room.clock.now,
    )

    async def photo(request: Request) -> Response:
        """Passed through to the service that keeps it, with the caller's own token; nothing is kept here."""
        try:
            caller = verifier.asking(request)
            service = PHOTOS_OF.get(request.query_params.get("for", ""))
            if service is None:
                raise malformed("for", Wrong.PHOTOS_OF_WHAT)
            path = "/attachments" + (f"/{attachment_id(request)}" if "id" in request.path_params else "")
            content = await _upload(request) if request.method == "POST" else None
            answer = await gateway.calls.raw(request.method, service, path, token=caller.token, content=content)
        except Refused as refused:
            return refusal(refused)
        kept = ("content-type", "cache-control", "content-disposition", "x-content-type-options")
        headers = {name: answer.headers[name] for name in kept if name in answer.headers}
        return Response(answer.content, answer.status_code, headers)

    async def ready(_request: Request) -> Response:
        try:
            await gateway.room.held()
        except Exception as error:
            return JSONResponse({"ready": False, "error": type(error).__name__}, status_code=503)
        return JSONResponse({"ready": True})

    async def metrics(_request: Request) -> Response:
        return PlainTextResponse(await measured(), media_type="text/plain; version=0.0.4")

    routes = [
        Route("/", entrance(graphiql=graphiql)),
        Route("/graphql", door),
        WebSocketRoute("/graphql", door),
        Route("/attachments", photo, methods=["POST"]),
        Route("/attachments/{id}", photo, methods=["GET"]),
        *operations.routes(gateway, verifier, rebuild),
        Route("/livez", _alive),
        Route("/readyz", ready),
        Route("/metrics", metrics),
    ]
    return with_cors(Starlette(routes=routes, exception_handlers={404: _nothing_here, 405: _not_so}), origins)


async def _nothing_here(_request: Request, _error: Exception) -> Response:
    """The path is not repeated: whoever mistypes one may have written a name into it."""
    return JSONResponse({"errors": [problem(Code.NOT_FOUND, what=Said("PATH", "这个地址", "this address"))]}, 404)


async def _not_so(_request: Request, error: Exception) -> Response:
    headers = (isinstance(error, HTTPException) and error.headers) or {}
    said = problem(DoorCode.METHOD_NOT_ALLOWED, allow=headers.get("Allow", ""))
    return JSONResponse({"errors": [said]}, 405, headers)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})


async def _upload(request: Request) -> bytes:
    """The photo: the body itself, or the one file of a form. Raises Refused; never holds more than one photo may weigh."""
    form = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
    body = await bounded(request, MAX_UPLOAD + FORM_AROUND if form else MAX_UPLOAD)
    return await _one_file(request, body) if form else body


async def _one_file(request: Request, body: bytes) -> bytes:
    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        async with Request(request.scope, replay).form(max_files=1, max_fields=4) as form:
            for value in form.values():
                if not isinstance(value, str):
                    return await value.read()
    except HTTPException:
        raise malformed("body", Wrong.NOT_A_FORM) from None
    raise Refused(Code.NOT_A_PHOTO)
