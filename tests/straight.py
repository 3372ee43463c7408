"""An application asked in the same process, without what a browser has beside: cookies, redirects, a pool."""

import json as text
from typing import Any

import httpx
from httpx import USE_CLIENT_DEFAULT

from services.chassis.in_process import asked


class Straight(httpx.AsyncClient):
    """httpx's client, whose requests go to the application as they are. A hundred thousand of them are asked in a run."""

    def __init__(self, app: Any, base_url: str, *, raise_app_exceptions: bool = True) -> None:
        self._app = app
        self._raises = raise_app_exceptions
        # No certificate is asked for; to load them all takes as long as a test.
        super().__init__(base_url=base_url, verify=False)

    async def request(self, method: str, url: httpx.URL | str, *, headers: Any = None, **given: Any) -> httpx.Response:
        """As httpx's own; takes content, json, params and files."""
        given = {name: value for name, value in given.items() if value not in (None, USE_CLIENT_DEFAULT)}
        if unknown := given.keys() - SENT:
            raise TypeError(f"{unknown} means nothing here: ask with httpx's own client")
        if given.keys() <= {"json"}:
            target, own = str(url), httpx.Headers(headers).raw if headers else []
            content = text.dumps(given["json"], ensure_ascii=False).encode() if given else b""
            kind = [(b"content-type", b"application/json")] if given else []
        else:
            request = httpx.Request(method, f"http://yishi{url}", headers=headers, **given)
            target, own, kind = request.url.raw_path.decode(), request.headers.raw, []
            content = await request.aread()
        sent = [(name.lower(), value) for name, value in own if name.lower() not in MADE]
        there = {name for name, _ in sent}
        sent += [each for each in (*DEFAULTS, *kind) if each[0] not in there]
        return await asked(self._app, method, target, sent, content, raises=self._raises)


SENT = frozenset({"content", "data", "files", "json", "params"})
MADE = frozenset({b"host", b"content-length"})
DEFAULTS = ((b"accept", b"*/*"), (b"accept-encoding", b"gzip, deflate"), (b"user-agent", b"tests"))
