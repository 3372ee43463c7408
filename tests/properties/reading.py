"""A toy service that reads two topics, for the inbox to be tried on: its effects can be counted, its handlers made to fail."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import Column, Integer, MetaData, String, Table, Text, insert

from services.chassis.service import Reaction, Service, Stored
from services.chassis.tables import chassis_tables
from services.chassis.transaction import Transaction
from services.chassis.wire import Record
from services.contracts.base import Model
from services.contracts.events.base import Event
from services.contracts.topics import Topic
from tests.properties.playing import START

KEYS = ("a", "b")


class Noted(Event):
    """A toy fact."""

    service: ClassVar[str] = "toy"
    about: str
    number: int

    @property
    def key(self) -> str:
        return self.about

    @property
    def version(self) -> int:
        return self.number

    @property
    def state(self) -> Model:
        return Tally(key=self.about, version=self.number)


class Tally(Model):
    """What the toy service keeps of a key, over both topics."""

    key: str
    version: int


class Crashed(BaseException):
    """The process is gone."""


ONE = Topic("toy.one.v1", "key", "toy", frozenset({"reader"}), (Noted,))
TWO = Topic("toy.two.v1", "key", "toy", frozenset({"reader"}), (Noted,))
NAMES = tuple(topic.in_cell("21") for topic in (ONE, TWO))
LANES = tuple(f"{topic} {key}" for topic in NAMES for key in KEYS)
METADATA = MetaData()
EFFECT = Table(
    "effect", METADATA, Column("id", Integer, primary_key=True), Column("lane", String(40)), Column("event", String(40))
)
TALLY = Table(
    "tally",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("version", Integer),
    Column("command_version", Integer),
    Column("body", Text),
)


@dataclass
class Trouble:
    """What goes wrong at the moment."""

    failing: set[str] = field(default_factory=set)
    """Lanes (topic and key) whose handler fails, after it has written."""
    outage_at: str | None = None
    crash_at: str | None = None
    """The event at which the database, or the process, goes away."""


def reaction(topic: Topic) -> Reaction:
    """Write an effect and raise the tally; then, perhaps, fail."""

    async def react(tx: Transaction, event: Noted) -> None:
        trouble = tx.get(Trouble)
        name = f"{topic.name}/{event.about}/{event.number}"
        tally = await tx.load(Tally, event.about)
        await tx.save(Tally(key=event.about, version=tally.version + 1 if tally else 1))
        lane = f"{topic.in_cell('21')} {event.about}"
        await tx.execute(insert(EFFECT).values(lane=lane, event=name))
        if trouble.crash_at == name:
            raise Crashed
        if trouble.outage_at == name:
            raise ConnectionError("the database is away")
        if lane in trouble.failing:
            raise RuntimeError("a handler that fails")

    async def react_to_many(tx: Transaction, events: Sequence[Noted]) -> None:
        for event in events:
            await react(tx, event)

    return Reaction(topic, react, react_to_many if topic is ONE else None)


READER = Service(
    "reader",
    metadata=METADATA,
    chassis=chassis_tables(METADATA),
    stored=(Stored(Tally, TALLY, key=lambda tally: tally.key),),
    reactions=(reaction(ONE), reaction(TWO)),
)


class Entry(Model):
    """A record in the model's log."""

    topic: str
    key: str
    number: int
    offset: int
    readable: bool

    @property
    def lane(self) -> str:
        """The unit of order."""
        return f"{self.topic} {self.key}"

    @property
    def id(self) -> str:
        """The event's id, the same for a duplicate."""
        return f"{self.topic.removeprefix('21.')}/{self.key}/{self.number}"

    def record(self) -> Record:
        """As the bus brings it."""
        value = {"at": START.isoformat(), "about": self.key, "number": self.number}
        body = json.dumps(value) if self.readable else "{"
        headers = {"ce_id": self.id, "ce_type": Noted.type_name()}
        return Record(self.topic, 0, self.offset, self.key, body.encode(), headers)
