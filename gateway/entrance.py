"""What stands at `/`: where to go from here, for a browser as a page, for a program as JSON. Nobody's data, the same for everybody."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from gateway.http import JSON, weight_of

HTML = "text/html"
SECONDS = 3600
"""How long a cache may keep it."""
GRAPHIQL = '<li><a href="graphql">GraphiQL</a>：在浏览器中查询。<br><span lang="en">A query page; a browser that opens /graphql gets it.</span>\n'


def entrance(*, graphiql: bool) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint. `graphiql`: whether a browser that opens /graphql finds the query page."""
    page = files("gateway").joinpath("entrance.html").read_text("utf-8")
    style = page.partition("<style>")[2].partition("</style>")[0]
    hashed = b64encode(sha256(style.encode()).digest()).decode()
    headers = {
        "cache-control": f"public, max-age={SECONDS}",
        "vary": "Accept",
        "content-security-policy": f"default-src 'none'; style-src 'sha256-{hashed}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    content: dict[str, Any] = {
        "name": "议事 Yishi",
        "graphql": "/graphql",
        "graphiql": "/graphql" if graphiql else None,
        "live": "/livez",
        "ready": "/readyz",
        "documentation": "README.md, docs/",
    }
    as_page = HTMLResponse(page.replace("{{graphiql}}", GRAPHIQL if graphiql else ""), headers=headers)
    as_json = JSONResponse(content, headers=headers)

    async def enter(request: Request) -> Response:
        accept = request.headers.get("accept", "*/*")
        found = as_json if weight_of(accept, JSON) > weight_of(accept, HTML) else as_page
        if request.method != "HEAD":
            return Response(found.body, headers=dict(found.headers))
        return Response(headers=dict(found.headers))  # their length is that of the answer to GET

    return enter
