"""Small services of our own in rooms of their own, on either database: for what the big ones would only hide."""

import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from sqlalchemy import Column, Integer, MetaData, String, Table, Text

from deploy.servers import PostgresServer
from services.chassis.clock import ManualClock
from services.chassis.database import Database
from services.chassis.room import Room
from services.chassis.service import Reaction, Service, Stored
from services.chassis.tables import chassis_tables
from services.chassis.transaction import Transaction
from services.contracts.base import Model
from services.contracts.events.base import Event
from services.contracts.topics import Topic
from tests.harness import START

_numbers = itertools.count(1)


class Thing(Model):
    """An aggregate."""

    id: str
    version: int = 0


class ThingMoved(Event):
    """A fact about it."""

    service: ClassVar[str] = "toy"
    thing: Thing

    @property
    def key(self) -> str:
        return self.thing.id

    @property
    def version(self) -> int:
        return self.thing.version

    @property
    def state(self) -> Model:
        return self.thing


THINGS = Topic("toy.thing.v1", "thing id", "toy", frozenset({"toy"}), (ThingMoved,))
React = Callable[[Transaction, Any], Awaitable[None]]


def toy(react: React | None = None) -> Service:
    """A service that keeps things, tells of them, and perhaps listens to their topic."""
    metadata = MetaData()
    table = Table(
        "thing",
        metadata,
        Column("id", String(60), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("command_version", Integer, nullable=False),
        Column("body", Text, nullable=False),
    )
    return Service(
        "toy",
        metadata=metadata,
        chassis=chassis_tables(metadata),
        stored=(Stored(Thing, table, key=lambda thing: thing.id, topic=lambda _thing: THINGS),),
        reactions=(Reaction(THINGS, react),) if react else (),
    )


@asynccontextmanager
async def toy_room(postgres: PostgresServer | None, react: React | None = None) -> AsyncIterator[Room]:
    """A room over an empty database: on SQLite, or on the PostgreSQL given."""
    service = toy(react)
    with tempfile.TemporaryDirectory(prefix="yishi-toy-") as folder:
        if postgres is None:
            url = f"sqlite+aiosqlite:///{folder}/toy.sqlite"
        else:
            postgres.create_database(name := f"toy_{next(_numbers)}")
            url = postgres.dsn(name, scheme="postgresql+asyncpg")
        database = Database(url)
        async with database.write() as connection:
            await connection.run_sync(service.metadata.create_all)
        room = Room(service, database, ManualClock(START), cell="21", secret=b"secret", relayed=True)
        try:
            yield room
        finally:
            await database.close()


async def tell(room: Room, things: Sequence[str]) -> None:
    """Move things on by one version each, in one transaction; each move is told."""
    async with room.transaction(commanded=True) as tx:
        for name in things:
            await move(tx, name)


async def move(tx: Transaction, name: str) -> None:
    """One thing by one version."""
    thing = await tx.load(Thing, name) or Thing(id=name)
    after = Thing(id=name, version=thing.version + 1)
    await tx.save(after, ThingMoved(at=tx.now, thing=after))
