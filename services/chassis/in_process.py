"""An ASGI application asked within the same process: what goes to it and comes back is the same as over a socket, without one."""

import asyncio
from collections.abc import Sequence
from urllib.parse import unquote

import httpx
from starlette.types import ASGIApp, Message

Headers = Sequence[tuple[bytes, bytes]]


async def asked(
    app: ASGIApp, method: str, target: str, headers: Headers, content: bytes = b"", *, raises: bool = False
) -> httpx.Response:
    """The whole answer. `target`: path and query as they stand in a request line; names of headers in small letters. An application that fails
    before it answers is a 500, as a server would make it, unless `raises`. Raises httpx.RemoteProtocolError if it does not end what it began,
    and what the application does, if `raises`.

    httpx has a transport for this, and through its requests, streams and responses it takes 145 µs where this takes 40 (DECISIONS 58)."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"yishi"), (b"content-length", b"%d" % len(content)), *headers],
        "server": ("yishi", None),
        "client": ("127.0.0.1", 0),
    }
    answer = _Answer(content)
    try:
        await app(scope, answer.receive, answer.send)
    except Exception:
        if raises:
            raise
    finally:
        answer.over()
    if answer.begun and not answer.whole:
        raise httpx.RemoteProtocolError("the answer was broken off")
    content = b"" if method == "HEAD" else b"".join(answer.parts)
    return httpx.Response(answer.status, headers=answer.headers, content=content)


class _Answer:
    """One exchange, as the application sees it."""

    def __init__(self, content: bytes) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.begun = False
        self.whole = False
        self._content: bytes | None = content
        self._ended = False
        self._end: asyncio.Event | None = None

    async def receive(self) -> Message:
        if self._content is not None:
            body, self._content = self._content, None
            return {"type": "http.request", "body": body, "more_body": False}
        if not self._ended:  # who listens for the caller's hanging up waits for the end of the answer
            self._end = self._end or asyncio.Event()
            await self._end.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun, self.status, self.headers = True, message["status"], message.get("headers", [])
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                self.whole = True
                self.over()

    def over(self) -> None:
        """The answer is there."""
        self._ended = True
        if self._end is not None:
            self._end.set()
