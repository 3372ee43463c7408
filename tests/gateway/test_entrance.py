"""What stands at `/`: where to go from here; nobody's data, and the same for everybody."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.entrance import entrance
from tests.harness import Harness, Place

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def at_the_door(system: Harness, method: str = "GET", /, **headers: str) -> httpx.Response:
    return await system.http.request(method, "/", headers=headers)


@pytest.mark.parametrize("accept", [BROWSER, "*/*", "image/png", "text/html;q=0.5, application/json;q=0.1"])
async def test_a_browser_is_told_where_to_go(system: Harness, accept: str) -> None:
    page = await at_the_door(system, accept=accept)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "public, max-age=3600"
    assert page.headers["vary"] == "Accept"
    links = re.findall(r'href="([^"]+)"', page.text)
    assert set(links) == {"graphql", "livez", "readyz"}
    for link in links:
        there = await system.http.get(f"/{link}", headers={"accept": "text/html, application/json"})
        assert there.status_code == 200, link
    assert "GraphiQL" in page.text
    assert "{{" not in page.text
    [style] = re.findall(r"<style>(.*?)</style>", page.text, re.S)
    hashed = b64encode(sha256(style.encode()).digest()).decode()
    assert f"'sha256-{hashed}'" in page.headers["content-security-policy"], "or a browser would not apply it"


@pytest.mark.parametrize("accept", ["application/json", "application/*", "text/html;q=0.1, application/json"])
async def test_a_program_is_told_in_json(system: Harness, accept: str) -> None:
    answer = await at_the_door(system, accept=accept)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Accept"
    assert answer.json() == {
        "name": "议事 Yishi",
        "graphql": "/graphql",
        "graphiql": "/graphql",
        "live": "/livez",
        "ready": "/readyz",
        "documentation": "README.md, docs/",
    }


@pytest.mark.parametrize("accept", [BROWSER, "application/json"])
async def test_head_says_what_get_would(system: Harness, accept: str) -> None:
    got, head = [await at_the_door(system, method, accept=accept) for method in ("GET", "HEAD")]
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers == got.headers
    assert int(head.headers["content-length"]) == len(got.content) > 0


async def test_it_is_the_same_for_everybody(system: Harness, shared_place: Place) -> None:
    await shared_place.resident.report(shared_place)
    mine = await at_the_door(system, **shared_place.resident.headers())
    assert (mine.content, mine.headers) == ((await at_the_door(system)).content, (await at_the_door(system)).headers)
    assert (await at_the_door(system, authorization="Bearer forged")).status_code == 200
    for method in ("POST", "PUT", "DELETE"):
        assert (await at_the_door(system, method)).status_code == 405


async def test_without_graphiql_the_page_does_not_speak_of_it() -> None:
    request = httpx.Request("GET", "http://yishi/")
    app = httpx.ASGITransport(_alone())
    async with httpx.AsyncClient(transport=app) as client:
        assert "GraphiQL" not in (await client.send(request)).text
        asked = await client.get("http://yishi/", headers={"accept": "application/json"})
        assert asked.json()["graphiql"] is None


def _alone() -> Starlette:
    return Starlette(routes=[Route("/", entrance(graphiql=False))])
