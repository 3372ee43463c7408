"""What browsers need: leave to call from other pages, and a page to ask from."""

from tests.gateway.toy import HTTP, OURS, app, client, post


async def test_cors_has_an_allow_list() -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    allowed = await HTTP.options("/graphql", headers={"origin": OURS, **asked})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, OURS)
    assert "access-control-allow-credentials" not in allowed.headers
    other = await HTTP.options("/graphql", headers={"origin": "https://elsewhere.example", **asked})
    assert (other.status_code, other.headers.get("access-control-allow-origin")) == (400, None)
    answered = await post({"query": "{hello}"}, headers={"origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in answered.headers


async def test_page_for_browsers() -> None:
    page = await HTTP.get("/graphql", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "议事" in page.text
    assert "{{nonce}}" not in page.text
    assert "://" not in page.text, "it loads nothing from anywhere else"
    nonce = page.text.split('<script nonce="')[1].split('"')[0]
    assert f"script-src 'nonce-{nonce}'" in page.headers["content-security-policy"]
    answered = await HTTP.get("/graphql?query={hello}", headers={"accept": "text/html,*/*;q=0.8"})
    assert answered.json() == {"data": {"hello": "你好 nobody"}}
    closed = await client(app(graphiql=False)).get("/graphql", headers={"accept": "text/html"})
    assert closed.status_code == 406


async def test_page_can_read_the_schema() -> None:
    page = (await HTTP.get("/graphql", headers={"accept": "text/html"})).text
    shape = "kind name " + "ofType { kind name " * 5 + "}" * 5
    query = page.split("const ASK = `")[1].split("`")[0].replace("${SHAPE}", shape)
    assert (await post({"query": query})).json()["data"]["__schema"]["types"]
