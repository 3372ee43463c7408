"""Calls to a service: httpx over sockets, or into the same process; the caller cannot tell which."""

import asyncio
import contextvars
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import httpx
from starlette.types import ASGIApp

from services.chassis.door import Answered
from services.chassis.in_process import asked
from services.chassis.telemetry import correlation
from services.contracts.refusals import Code, RefusalBody, Refused

TIMEOUT = 10.0
"""Seconds that a call may take; a command whose answer does not come in time has an unknown outcome."""

KEPT = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=2)
"""Connections. Hung up before the other end does, which takes one away that has been silent for five seconds."""

BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""The other end hung up."""


class RefusedElsewhere(Exception):
    """Another service refused; its own words are passed on."""

    def __init__(self, body: RefusalBody, status: int) -> None:
        super().__init__(body.code)
        self.body = body
        self.status = status


class Calls:
    """The way to all services. httpx's transport alone, without its client: between ourselves nobody redirects or sets a cookie, and looking
    for that takes as long as the call (DECISIONS 55)."""

    def __init__(self, addresses: Mapping[str, str], apps: Mapping[str, ASGIApp] | None = None) -> None:
        self._addresses = dict(addresses)
        self._apps = dict(apps or {})
        self._sockets = httpx.AsyncHTTPTransport(trust_env=False, limits=KEPT)

    def knows(self, service: str) -> bool:
        """Whether there is such a service here."""
        return service in self._addresses

    async def command(
        self, service: str, name: str, command: Mapping[str, Any], seen: Mapping[str, int], token: str
    ) -> Answered:
        """Send a command. Raises RefusedElsewhere; Refused UNKNOWN_OUTCOME or SERVICE_UNAVAILABLE."""
        body = await self._post(service, f"/commands/{name}", {"command": dict(command), "seen": dict(seen)}, token)
        return Answered.model_validate(body)

    async def query(self, service: str, name: str, asked: Mapping[str, Any], token: str) -> Any:
        """Ask a service. Raises like `command`."""
        return await self._post(service, f"/queries/{name}", dict(asked), token)

    async def raw(
        self, method: str, service: str, path: str, *, token: str, content: bytes | None = None, media_type: str = ""
    ) -> httpx.Response:
        """A request whose answer is passed through: photos."""
        headers = {**self._headers(token), **({"content-type": media_type} if media_type else {})}
        try:
            return await self._send(method, service, path, headers=headers, content=content)
        except httpx.HTTPError:
            raise Refused(Code.SERVICE_UNAVAILABLE, service=service) from None

    async def oldest_unsent(self, service: str) -> str | None:
        """Since when a fact of the service waits to be published; None if none does. Raises Refused SERVICE_UNAVAILABLE."""
        try:
            response = await self._send("GET", service, "/outbox", timeout=2)
        except httpx.HTTPError:
            raise Refused(Code.SERVICE_UNAVAILABLE, service=service) from None
        if not response.is_success:
            raise Refused(Code.SERVICE_UNAVAILABLE, service=service)
        oldest = response.json()["oldest"]
        return str(oldest) if oldest else None

    async def _post(self, service: str, path: str, body: Mapping[str, Any], token: str) -> Any:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        headers = {**self._headers(token), "content-type": "application/json"}
        send = partial(self._send, "POST", service, path, headers=headers, content=content)
        try:
            response = await send()
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise Refused(Code.SERVICE_UNAVAILABLE, service=service) from None
        except httpx.HTTPError as error:
            response = await _once_more(send, error)
        try:
            answer = response.json()
        except ValueError:
            raise Refused(Code.UNKNOWN_OUTCOME) from None
        if isinstance(answer, dict) and "refusal" in answer:
            raise RefusedElsewhere(RefusalBody.model_validate(answer["refusal"]), response.status_code)
        if response.status_code != 200:
            raise Refused(Code.UNKNOWN_OUTCOME)
        return answer

    async def _send(
        self,
        method: str,
        service: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float = TIMEOUT,
    ) -> httpx.Response:
        """The whole answer. Raises httpx.HTTPError."""
        if (app := self._apps.get(service)) is not None:
            return await _within(app, method, path, headers or {}, content or b"", timeout)
        patience = {"timeout": httpx.Timeout(timeout).as_dict()}
        address = self._addresses[service] + path
        request = httpx.Request(method, address, headers=headers, content=content, extensions=patience)
        response = await self._sockets.handle_async_request(request)
        try:
            await response.aread()
        finally:
            await response.aclose()
        return response

    def _headers(self, token: str) -> dict[str, str]:
        return {"authorization": f"Bearer {token}", "x-correlation-id": correlation.get()}

    async def close(self) -> None:
        """Give all connections back."""
        await self._sockets.aclose()


async def _within(
    app: ASGIApp, method: str, path: str, headers: Mapping[str, str], content: bytes, timeout: float
) -> httpx.Response:
    """Into this process, in a context of its own and with the timeout that sockets would have. Raises httpx.ReadTimeout,
    httpx.RemoteProtocolError."""
    raw = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    task = asyncio.create_task(asked(app, method, path, raw, content), context=contextvars.Context())
    try:
        async with asyncio.timeout(timeout):
            return await task
    except TimeoutError as error:
        raise httpx.ReadTimeout("no answer in time") from error


async def _once_more(send: Callable[[], Awaitable[httpx.Response]], error: httpx.HTTPError) -> httpx.Response:
    """Where the other end hung up, what was sent may have come to its end all the same: a query changes nothing, and a command has its key, so
    it is sent again. Raises Refused UNKNOWN_OUTCOME."""
    if isinstance(error, BROKEN):
        with suppress(httpx.HTTPError):
            return await send()
    raise Refused(Code.UNKNOWN_OUTCOME) from None
