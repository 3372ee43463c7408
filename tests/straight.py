"""An application asked in the same process, without what a browser has beside: cookies, redirects, a pool."""

from typing import Any

import httpx
from httpx import USE_CLIENT_DEFAULT


class Straight(httpx.AsyncClient):
    """httpx's client, whose requests go to the application as they are. A hundred thousand of them are asked in a run."""

    def __init__(self, app: Any, base_url: str, *, raise_app_exceptions: bool = True) -> None:
        self._asgi = httpx.ASGITransport(app, raise_app_exceptions=raise_app_exceptions)
        super().__init__(transport=self._asgi, base_url=base_url)

    async def request(self, method: str, url: httpx.URL | str, *, headers: Any = None, **given: Any) -> httpx.Response:
        """As httpx's own; takes content, json, params and files."""
        address = f"{str(self.base_url).rstrip('/')}{url}"
        given = {name: value for name, value in given.items() if value not in (None, USE_CLIENT_DEFAULT)}
        if unknown := given.keys() - SENT:
            raise TypeError(f"{unknown} means nothing here: ask with httpx's own client")
        own = httpx.Headers(headers)
        sent = [*(each for each in DEFAULTS if each[0].decode() not in own), *own.raw]
        request = httpx.Request(method, address, headers=sent, **given)
        response = await self._asgi.handle_async_request(request)
        response.request = request
        await response.aread()
        return response


SENT = frozenset({"content", "data", "files", "json", "params"})
DEFAULTS = ((b"accept", b"*/*"), (b"accept-encoding", b"gzip, deflate"), (b"user-agent", b"tests"))
