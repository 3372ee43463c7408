"""A toy schema with one of everything the door must carry, and a served door on a free port."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NewType

import httpx
import strawberry
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from strawberry.schema.config import StrawberryConfig

from deploy import serving
from gateway.codes import EVERY_CODE
from gateway.door import Door, Limits, Unauthenticated, with_cors
from gateway.http import GRAPHQL_JSON, JSON

SECRET = "张家漏水"
OURS = "https://front.example"
Odd = NewType("Odd", object)


@dataclass
class Context:
    caller: str
    expires_at: datetime | None = None
    correlation_id: str = "corr-1"


@strawberry.type
class Case:
    id: strawberry.ID
    title: str

    @strawberry.field
    def children(self, first: int = 100) -> "CaseConnection":
        return CaseConnection(edges=[])


@strawberry.type
class CaseEdge:
    node: Case
    cursor: str


@strawberry.type
class CaseConnection:
    edges: list[CaseEdge]


@strawberry.type
class Refusal:
    code: str


CaseAnswer = Annotated[Case | Refusal, strawberry.union("CaseAnswer")]


@strawberry.type
class Query:
    me: Case | None = None

    @strawberry.field
    def hello(self, info: strawberry.Info[Any], name: str = "你好") -> str:
        return f"{name} {info.context.caller}"

    @strawberry.field
    def cases(self, first: int = 100, after: str | None = None) -> CaseConnection:
        if after is not None:
            raise GraphQLError("damaged cursor", extensions={"code": "CURSOR_INVALID"})
        return CaseConnection(
            edges=[CaseEdge(node=Case(id=strawberry.ID(str(n)), title="t"), cursor="") for n in range(first)]
        )

    @strawberry.field
    def found(self, ok: bool) -> CaseAnswer:
        return Case(id=strawberry.ID("1"), title="t") if ok else Refusal(code="NO")

    @strawberry.field
    def boom(self) -> str | None:
        raise ValueError(SECRET)

    @strawberry.field
    def number(self) -> int | None:
        return SECRET  # type: ignore[return-value]

    @strawberry.field
    def odd(self) -> Odd:
        return Odd(object())


@strawberry.type
class Mutation:
    @strawberry.mutation
    def report(self, title: str) -> CaseAnswer:
        return Case(id=strawberry.ID("1"), title=title)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int, loud: bool = False) -> AsyncGenerator[int, None]:
        """Count to a number; beyond 3, wait to be ended."""
        try:
            for number in range(min(to, 3)):
                yield number
            if to > 3:
                await asyncio.Event().wait()
        finally:
            ENDED.append(to)

    @strawberry.subscription
    async def flood(self) -> AsyncGenerator[str, None]:
        """As much as the reader takes."""
        try:
            while True:
                PULLED[0] += 1
                yield NOISE
        finally:
            ENDED.append(-1)

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[int, None]:
        if SECRET:
            raise GraphQLError("not yours", extensions={"code": "NOT_ALLOWED"})
        yield 1

    @strawberry.subscription
    async def broken(self) -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError(SECRET)


ENDED: list[int] = []
PULLED = [0]
NOISE = secrets.token_hex(50_000)  # 100 kB that no socket compresses away

SCHEMA = strawberry.Schema(
    Query,
    Mutation,
    Subscription,
    config=StrawberryConfig(scalar_map={Odd: strawberry.scalar(name="Odd", serialize=lambda value: value)}),
)


@dataclass
class Clock:
    now: datetime = datetime(2026, 10, 13, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Doorkeeper:
    """Who comes in: `Bearer good`, `Bearer hour` (expires), or nobody."""

    clock: Clock = field(default_factory=Clock)
    anonymous: bool = True
    revoked: bool = False

    async def __call__(self, connection: HTTPConnection, payload: Mapping[str, Any] | None) -> Context:
        given = connection.headers.get("authorization") if payload is None else payload.get("Authorization")
        if self.revoked:
            raise Unauthenticated
        match given:
            case "Bearer good":
                return Context("chair")
            case "Bearer hour":
                return Context("chair", self.clock.now + timedelta(hours=1))
            case "Bearer late":
                return Context("chair", self.clock.now)
            case "Bearer broken":
                raise ValueError(SECRET)
            case None if self.anonymous:
                return Context("nobody")
        raise Unauthenticated


CATALOGUE = {code.name for code in EVERY_CODE}


def app(doorkeeper: Doorkeeper | None = None, **options: Any) -> ASGIApp:
    keeper = doorkeeper or Doorkeeper()
    options = {"graphiql": True, "allowed_origins": [OURS], "clock": keeper.clock, "limits": Limits(), **options}
    door = Door(SCHEMA, keeper, options.pop("limits"), **options)
    return with_cors(Starlette(routes=[Route("/graphql", door), WebSocketRoute("/graphql", door)]), [OURS])


def client(application: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://door.test")


HTTP = client(app())


async def post(
    body: Any, accept: str = GRAPHQL_JSON, headers: dict[str, str] | None = None, http: httpx.AsyncClient | None = None
) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await (http or HTTP).post(
        "/graphql", content=content, headers={"content-type": JSON, "accept": accept, **(headers or {})}
    )


def code(response: httpx.Response) -> str:
    """The one error's code; every error has a text, a code of the catalogue and, where the door speaks itself, Chinese."""
    errors = response.json()["errors"]
    assert all(error["message"] and error["extensions"]["code"] in CATALOGUE for error in errors)
    assert "data" not in response.json()
    return str(errors[0]["extensions"]["code"])


@asynccontextmanager
async def served(application: ASGIApp) -> AsyncIterator[int]:
    """The application on a real server; the port."""
    async with serving.served(application, drain=1) as url:
        yield int(url.rpartition(":")[2])
