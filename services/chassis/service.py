"""What a service is: a declaration of commands, queries, reactions and timers. No process, no connection."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import MetaData, Table
from starlette.routing import BaseRoute

from services.chassis.tables import Chassis
from services.contracts.base import Model
from services.contracts.callers import Caller, Grant, Target
from services.contracts.commands.base import Answer
from services.contracts.commands.base import Command as AnyCommand
from services.contracts.events.base import Event
from services.contracts.organisation import Role
from services.contracts.topics import Topic

if TYPE_CHECKING:
    from services.chassis.room import Room
    from services.chassis.transaction import Transaction


@dataclass(frozen=True)
class Acting:
    """Who acts, and as what: under a grant, or as herself (the reporter, the owner of an inbox)."""

    caller: Caller
    grant: Grant | None

    @property
    def member(self) -> str:
        """The person."""
        return self.caller.member

    def is_there(self, *roles: Role) -> bool:
        """Whether she has one of the roles at the node that she acts as, whichever of her roles lets her act."""
        at = self.grant.public_node if self.grant else None
        return any(grant.role in roles and grant.public_node == at for grant in self.caller.grants)


Handler = Callable[["Transaction", Acting, Any], Awaitable[Answer]]
FindTarget = Callable[["Transaction", Any], Awaitable[Target]]
React = Callable[["Transaction", Any], Awaitable[None]]
TakeTurn = Callable[["Transaction"], Awaitable[None]]
ReactToMany = Callable[["Transaction", Sequence[Any]], Awaitable[None]]
RunTimer = Callable[["Room"], Awaitable[int]]
Ask = Callable[["Room", Caller, Any], Awaitable[Model]]
MakeRoutes = Callable[["Room"], list[BaseRoute]]


@dataclass(frozen=True)
class Command:
    """A command and how it is done. Who may: the permission table."""

    model: type[AnyCommand]
    handle: Handler
    target: FindTarget
    """What it is about, looked up before anything is decided."""


@dataclass(frozen=True)
class Reaction:
    """What the service does on hearing the facts of a topic: for every event, in every state."""

    topic: Topic
    react: React
    react_to_many: ReactToMany | None = None
    """The same for facts that came one behind the other, where that is cheaper than each by itself; tells nothing itself."""


@dataclass(frozen=True)
class Timer:
    """Work that time brings, run every so many seconds by the one replica that has the lease; returns how much it did."""

    name: str
    every: float
    run: RunTimer


@dataclass(frozen=True)
class Query:
    """Sealed text on request, checked against the caller's own token."""

    name: str
    model: type[Model]
    ask: Ask


class Kept(Protocol):
    """What an aggregate must show to be stored."""

    @property
    def version(self) -> int:
        """How often it has changed."""
        ...


@dataclass(frozen=True)
class Stored:
    """How one kind of aggregate lies in its table: a JSON document beside the columns that are searched by."""

    kind: type[Model]
    table: Table
    key: Callable[[Any], str]
    columns: Callable[[Any], Mapping[str, Any]] = field(default=lambda _aggregate: {})
    topic: Callable[[Any], Topic | None] = field(default=lambda _aggregate: None)
    """Where the events of this aggregate go."""


async def at_once(_tx: "Transaction") -> None:
    """Facts of several transactions may have their effects at the same time."""


@dataclass(frozen=True)
class Service:
    """The one page of a service."""

    name: str
    metadata: MetaData
    chassis: Chassis
    stored: tuple[Stored, ...] = ()
    commands: tuple[Command, ...] = ()
    queries: tuple[Query, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    timers: tuple[Timer, ...] = ()
    routes: MakeRoutes = field(default=lambda _room: [])
    keeps_states: bool = True
    """Whether the states that it hears are kept for its guards and handlers to look at, or their versions alone."""
    take_turn: TakeTurn = at_once
    """Awaited before the first effect of a transaction that applies facts, once they are claimed: what all such transactions would come
    to wait for must come before their rows, or two of them wait for each other."""

    def stored_as(self, kind: type[Model]) -> Stored:
        """How a kind of aggregate is stored."""
        return next(stored for stored in self.stored if stored.kind is kind)


async def ignore(_tx: "Transaction", _event: Event) -> None:
    """Hear a fact and keep its state, no more."""


async def ignore_many(_tx: "Transaction", _events: Sequence[Event]) -> None:
    """The same of many."""
