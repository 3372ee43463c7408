"""The front door as a person finds it: GraphQL with her own token, photos, and a socket that tells her when something happened.

Knows nothing of how Yishi runs: the embedded and the distributed run differ in their address only.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

ANONYMOUS = "anonymous"
"""The one who has no token."""

PATIENCE = 5.0
"""Seconds that a fact may take until it is seen."""

LOOK_AGAIN = 0.25
"""Seconds after which is asked again without a push: an approved summary is fetched, not told."""

PROTOCOL = Subprotocol("graphql-transport-ws")
REFUSAL = "... on Refusal { code messageZh messageEn allowed retryable }"
PARTS = {
    "Case": "... on Case { caseId }",
    "WorkOrder": "... on WorkOrder { orderId }",
    "Done": "... on Done { id version }",
    "Refusal": REFUSAL,
}
"""What is asked of a mutation's answer, by its type."""

INBOX_PUSH = "subscription { inboxReceived { cursor entry { kind caseId caseNumber titleZh } } }"

MUTATIONS = """{ __schema { mutationType { fields {
  name args { name type { ofType { name inputFields { name } } } } type { ofType { name possibleTypes { name } } } } } } }"""


class CannotPlay(Exception):
    """No story can be played, and why, in one sentence."""


class Answer(NamedTuple):
    """What came back, parsed and as it travelled."""

    text: str
    data: Mapping[str, Any] | None
    errors: tuple[str, ...]


class Mutation(NamedTuple):
    """A mutation as it is sent, and what its input takes."""

    document: str
    takes: frozenset[str]


class Clockwork(Protocol):
    """A run whose time stands still until it is moved."""

    patience: float
    """Seconds that a fact may still take once it has settled."""

    def now(self) -> datetime:
        """The run's time."""
        ...

    async def forward(self, by: timedelta) -> None:
        """Move it, and let everything happen that is due then."""
        ...

    async def settle(self) -> None:
        """Until everything told has been heard, applied and answered."""
        ...


class Bell:
    """Rings whenever any socket brings something. Those who wait look for themselves what it was."""

    def __init__(self) -> None:
        self.count = 0
        self._next = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait."""
        self.count += 1
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    async def after(self, count: int, seconds: float) -> None:
        """Until it has rung more than `count` times, at most so many seconds."""
        if self.count <= count:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._next.wait(), seconds)

    async def until(self, wrong: Callable[[], Awaitable[str | None]], end: float) -> str | None:
        """Ask what is still wrong, again after every ring, until nothing is or the end (monotonic seconds). Answers the last word."""
        while True:
            count = self.count
            why = await wrong()
            left = end - time.monotonic()
            if why is None or left <= 0:
                return why
            await self.after(count, min(left, LOOK_AGAIN))


class Front:
    """A running Yishi. Raises CannotPlay if there is none at the address; httpx.TransportError if it goes away."""

    def __init__(self, url: str, token_of: Callable[[str], str], clockwork: Clockwork | None = None) -> None:
        self.url = url.rstrip("/")
        self.bell = Bell()
        self.clockwork = clockwork
        self._token_of = token_of
        self._people: dict[str, Person] = {}
        self._mutations: dict[str, Mutation] = {}
        try:
            # A proxy of the environment knows nothing of this machine's loopback.
            self.direct = urlsplit(self.url).hostname in {"localhost", "127.0.0.1", "::1"}
            # Hang up before the server does, which takes a connection away that has been silent for five seconds.
            limits = httpx.Limits(max_connections=20, keepalive_expiry=2)
            self.http = httpx.AsyncClient(base_url=self.url, timeout=60, trust_env=not self.direct, limits=limits)
        except (ValueError, httpx.InvalidURL):
            raise CannotPlay(f"{self.url} is no address: give one such as --url http://127.0.0.1:8000.") from None

    def person(self, name: str) -> "Person":
        """Somebody of the roster, or ANONYMOUS."""
        if name not in self._people:
            self._people[name] = Person(self, name, None if name == ANONYMOUS else self._token_of(name))
        return self._people[name]

    async def check(self, name: str) -> None:
        """Whether this is Yishi and accepts our tokens; learns its mutations. Raises CannotPlay."""
        try:
            answer = await self.person(ANONYMOUS).ask(MUTATIONS)
            fields = (answer.data or {})["__schema"]["mutationType"]["fields"]
            for field in fields:
                wanted = [PARTS.get(kind["name"], "") for kind in field["type"]["ofType"]["possibleTypes"]]
                taken = field["args"][0]["type"]["ofType"]
                name_of, selection = field["name"], f"{{ __typename {' '.join(wanted)} }}"
                document = f"mutation($input: {taken['name']}!) {{ answer: {name_of}(input: $input) {selection} }}"
                takes = frozenset(each["name"] for each in taken["inputFields"])
                self._mutations[name_of] = Mutation(document, takes)
        except httpx.TransportError as error:
            raise CannotPlay(
                f"Nothing answers at {self.url} ({type(error).__name__}): start Yishi with `make up`, or give --url."
            ) from None
        except (KeyError, TypeError, IndexError):
            raise CannotPlay(
                f"What answers at {self.url} is not Yishi's gateway: give its address with --url."
            ) from None
        if (await self.person(name).ask("{ me { member } }")).errors:
            raise CannotPlay(
                f"The run at {self.url} does not accept the demonstration issuer's tokens: set YISHI_DATA to the data "
                "folder that it uses (a distributed run also needs YISHI_DEMO_ISSUER=1)."
            )

    def mutation(self, name: str) -> Mutation:
        """A mutation by its name. Raises CannotPlay if this gateway has none."""
        if name not in self._mutations:
            raise CannotPlay(f"The gateway at {self.url} has no mutation {name}: it runs another version.")
        return self._mutations[name]

    async def close(self) -> None:
        """Hang up."""
        await self.http.aclose()


class Person:
    """Somebody with her own token, or without any. `pushed` is every message that her socket ever brought."""

    def __init__(self, front: Front, name: str, token: str | None) -> None:
        self.front = front
        self.name = name
        self.pushed: list[str] = []
        self._token = token
        self._socket: ClientConnection | None = None
        self._subscriptions = 0

    @property
    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"} if self._token else {}

    async def ask(self, query: str, **variables: Any) -> Answer:
        """A query, or the document of a mutation. Raises CannotPlay if the answer is no GraphQL."""
        body = {"query": query, "variables": variables}
        try:
            response = await self.front.http.post("/graphql", json=body, headers=self._headers)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            # It was put away while this was on its way; what a mutation does, its key does once.
            response = await self.front.http.post("/graphql", json=body, headers=self._headers)
        try:
            found = response.json()
            errors = [str(e.get("extensions", {}).get("code") or e["message"]) for e in found.get("errors", ())]
            return Answer(response.text, found.get("data"), tuple(errors))
        except (ValueError, AttributeError, KeyError, TypeError):
            raise CannotPlay(
                f"What answers at {self.front.url} is not Yishi's gateway (HTTP {response.status_code}, no GraphQL): "
                "give its address with --url."
            ) from None

    async def upload(self, photo: bytes, purpose: str) -> Answer:
        """`POST /attachments?for=`; purpose: report or evidence."""
        address = f"/attachments?for={purpose}"
        response = await self.front.http.post(address, content=photo, headers=self._headers)
        wrong = () if response.status_code == 201 else (f"{response.status_code} {response.text[:200]}",)
        return Answer(response.text, response.json(), wrong)

    async def photo(self, attachment: str, purpose: str) -> httpx.Response:
        """`GET /attachments/<id>?for=`."""
        return await self.front.http.get(f"/attachments/{attachment}?for={purpose}", headers=self._headers)

    @asynccontextmanager
    async def listening(self, *, told: bool = True) -> AsyncIterator[None]:
        """A socket; with her inbox subscribed to, if she is told anything."""
        async with self._connected() as socket:
            hearing = asyncio.create_task(self._hear(socket))
            self._socket = socket
            try:
                if told:
                    await self.subscribe(INBOX_PUSH)
                yield
            finally:
                self._socket = None
                hearing.cancel()
                with suppress(asyncio.CancelledError):
                    await hearing

    async def subscribe(self, query: str, **variables: Any) -> None:
        """One more subscription on her socket."""
        if self._socket is None:
            return
        self._subscriptions += 1
        payload = {"query": query, "variables": variables}
        message = {"id": str(self._subscriptions), "type": "subscribe", "payload": payload}
        with suppress(ConnectionClosed):
            await self._socket.send(json.dumps(message))

    async def refused_at_the_socket(self) -> bool:
        """Whether a socket is closed to her (4401)."""
        try:
            async with self._connected():
                return False
        except ConnectionClosed as closed:
            return closed.rcvd is not None and closed.rcvd.code == 4401

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        address = f"ws{self.front.url.removeprefix('http')}/graphql"
        proxy: Literal[True] | None = None if self.front.direct else True
        async with connect(address, subprotocols=[PROTOCOL], proxy=proxy, open_timeout=PATIENCE) as socket:
            header = f"Bearer {self._token}" if self._token else None
            await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": header}}))
            await asyncio.wait_for(socket.recv(), PATIENCE)
            yield socket

    async def _hear(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                self.pushed.append(message if isinstance(message, str) else message.decode())
                self.front.bell.ring()
