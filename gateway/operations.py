"""What operators ask of a running system over HTTP: dead letters of every service, and a rebuild of the read model."""

import logging
from collections.abc import Awaitable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.context import Gateway
from gateway.readmodel.comparison import Comparison
from gateway.readmodel.rebuild import CannotRebuild
from services.chassis import dead_letters
from services.chassis.door import body_of, refusal
from services.chassis.identity import Verified, Verifier
from services.contracts.organisation import Role
from services.contracts.refusals import Code, Refused

log = logging.getLogger(__name__)


class Rebuild(Protocol):
    """Rebuilds this gateway's read model; how depends on the system that it runs on. Raises CannotRebuild."""

    def __call__(self, *, check_only: bool, force: bool) -> Awaitable[Comparison]: ...


def routes(gateway: Gateway, verifier: Verifier, rebuild: Rebuild | None) -> list[Route]:
    """`/operations/<service>/dead-letters` and `/readmodel/rebuild`."""

    async def letters(request: Request) -> Response:
        """The services' own dead letters are passed through with the caller's token; the projector's lie in the read model."""
        service = request.path_params["service"]
        if service == gateway.room.service.name:
            return await dead_letters.desk(gateway.room, gateway.inbox, verifier, request)
        try:
            caller = operator(verifier, request, "dead-letters")
            if not gateway.calls.knows(service):
                raise Refused(Code.NOT_FOUND, what="service")
            content = await request.body() if request.method == "POST" else None
            path = "/dead-letters" + (f"?{request.url.query}" if request.url.query else "")
            answer = await gateway.calls.raw(request.method, service, path, token=caller.token, content=content)
        except Refused as refused:
            return refusal(refused)
        return Response(answer.content, answer.status_code, media_type="application/json")

    async def rebuilt(request: Request) -> Response:
        """POST {"checkOnly": bool, "force": bool}; answers the comparison when it is done, however long that takes."""
        try:
            operator(verifier, request, "readmodel rebuild")
            body = await body_of(request)
            if rebuild is None:
                raise Refused(Code.SERVICE_UNAVAILABLE, service="rebuild")
            comparison = await rebuild(check_only=body.get("checkOnly") is True, force=body.get("force") is True)
        except Refused as refused:
            return refusal(refused)
        except CannotRebuild as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        log.info(
            "the read model was rebuilt", extra={"facts": {"agrees": comparison.agrees, "swapped": comparison.swapped}}
        )
        return JSONResponse({**comparison.model_dump(mode="json"), "agrees": comparison.agrees})

    return [
        Route("/operations/{service}/dead-letters", letters, methods=["GET", "POST"]),
        Route("/readmodel/rebuild", rebuilt, methods=["POST"]),
    ]


def operator(verifier: Verifier, request: Request, command: str) -> Verified:
    """The caller, if she is an operator. Raises Refused UNAUTHENTICATED, NOT_PERMITTED."""
    caller = verifier.asking(request)
    if not any(grant.role is Role.OPERATOR for grant in caller.grants):
        raise Refused(Code.NOT_PERMITTED, command=command)
    return caller
