"""The gateway's HTTP application: the GraphQL door, photos, health."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp

from gateway.context import Context, Gateway
from gateway.door import Door, Limits, Unauthenticated, with_cors
from gateway.paging import DEFAULT_PAGE
from gateway.schema import build
from services.chassis.door import refusal
from services.chassis.identity import Verifier
from services.chassis.photos import MAX_UPLOAD
from services.contracts.refusals import Code, Refused

PHOTOS_OF = {"": "intake", "report": "intake", "evidence": "escalation"}
"""Which service keeps which photos (`?for=`)."""


def application(gateway: Gateway, verifier: Verifier, *, graphiql: bool, origins: tuple[str, ...] = ()) -> ASGIApp:
    """The app of one process of the gateway."""

    async def make_context(connection: HTTPConnection, payload: Mapping[str, Any] | None) -> Context:
        header = connection.headers.get("authorization") if payload is None else payload.get("Authorization")
        if header is None and payload is None:
            return Context(gateway, None)
        try:
            return Context(gateway, verifier.caller(header if isinstance(header, str) else None))
        except Refused as refused:
            body = refused.body
            raise Unauthenticated(code=body.code, message_zh=body.message_zh, message_en=body.message_en) from None

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
            caller = verifier.caller(request.headers.get("authorization"))
            service = PHOTOS_OF.get(request.query_params.get("for", ""))
            if service is None:
                raise Refused(Code.MALFORMED, field="for", reason="report or evidence")
            path = "/attachments" + (f"/{request.path_params['id']}" if "id" in request.path_params else "")
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
        return PlainTextResponse(
            generate_latest(gateway.room.telemetry.registry), media_type="text/plain; version=0.0.4"
        )

    routes = [
        Route("/graphql", door),
        WebSocketRoute("/graphql", door),
        Route("/attachments", photo, methods=["POST"]),
        Route("/attachments/{id}", photo, methods=["GET"]),
        Route("/livez", _alive),
        Route("/readyz", ready),
        Route("/metrics", metrics),
    ]
    return with_cors(Starlette(routes=routes), origins)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})


async def _upload(request: Request) -> bytes:
    """The photo: the body itself, or the one file of a form."""
    length = int(request.headers.get("content-length") or 0)
    if length > MAX_UPLOAD + 65_536:
        raise Refused(Code.PHOTO_TOO_LARGE, limit="10 MiB")
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=4) as form:
            for value in form.values():
                if not isinstance(value, str):
                    return await value.read(MAX_UPLOAD + 1)
        raise Refused(Code.NOT_A_PHOTO)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_UPLOAD:
            raise Refused(Code.PHOTO_TOO_LARGE, limit="10 MiB")
        chunks.append(chunk)
    return b"".join(chunks)
