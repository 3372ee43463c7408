"""One transaction of a service: load, decide, save. Effect, outgoing events and remembered answer commit together."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import CursorResult, Executable, Table

from services.chassis import statements
from services.chassis.database import Connection, inserting
from services.chassis.heard import Heard
from services.chassis.ids import ulid
from services.chassis.prepared import Found, Prepared
from services.chassis.telemetry import correlation
from services.chassis.wire import headers_json, headers_of, value_of
from services.contracts.base import Model, read
from services.contracts.events.base import Event
from services.contracts.names import Said
from services.contracts.refusals import Code, Refused
from services.contracts.topics import Topic

if TYPE_CHECKING:
    from services.chassis.room import Room

A = TypeVar("A", bound=Model)
S = TypeVar("S", bound=Model)
R = TypeVar("R")

CHANGED = Said("CHANGED", "事项已被他人更新", "Somebody changed the matter since")
NO_VERSION = Said("NO_VERSION", "事项没有所填的版本", "That is no version of this matter")


class Conflict(Exception):
    """Somebody else changed the row in between; the whole transaction is tried again."""


class Outgoing(Model):
    """An outbox row, as a command hands it back to its caller so that she can read her own write."""

    topic: str
    key: str
    headers: dict[str, str]
    value: str


class Unit(Protocol):
    """Changes that a service has in hand until its transaction commits."""

    def __init__(self, tx: "Transaction") -> None: ...

    async def write(self) -> None:
        """Write them; then there are none."""
        ...

    def take_back(self) -> None:
        """Forget them."""
        ...


U = TypeVar("U", bound=Unit)


class Transaction:
    """What a handler works with. Nothing else writes, nothing else commits."""

    def __init__(
        self, room: "Room", connection: Connection, now: datetime, *, commanded: bool, reading: bool = False
    ) -> None:
        self.room = room
        self.connection = connection
        self.now = now
        self.outgoing: list[Outgoing] = []
        self.reached: dict[str, int] = {}
        """`<topic> <key>` → version: what a reader must have applied to see the effect of this transaction."""
        self.expected: frozenset[str] = frozenset()
        """Keys of the facts in this transaction: who reads a row of one may as well read those of all."""
        self.looks: dict[Table, list[dict[str, Any]]] = {}
        """What a look at something sealed leaves in an access log: written before the answer leaves."""
        self._commanded = commanded
        self._reading = reading
        self._loaded: dict[tuple[type[Model], str], tuple[int, int]] = {}
        self._telling: list[dict[str, Any]] = []
        """Rows of the outbox that are not written yet."""
        self._units: dict[type[Unit], Unit] = {}
        self.heard = Heard(room.database, connection, room.service, room.hears)

    def expect(self, keys: Iterable[str]) -> None:
        """Facts of these keys are about to be taken."""
        self.expected = frozenset(keys)
        self.heard.expect(self.expected)

    def get(self, kind: type[R]) -> R:
        """A resource that the service was started with: its limits, its calendar."""
        return self.room.get(kind)

    async def execute(
        self, statement: Executable | Prepared, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any] | Found:
        """Run a statement of the service's own tables, with its values or once for each of its rows."""
        return await self.connection.execute(statement, values)

    def looked(self, log: Table, **row: Any) -> None:
        """Say in an access log who looked at what."""
        self.looks.setdefault(log, []).append(row)

    async def load(self, kind: type[A], key: str) -> A | None:
        """An aggregate, locked until the end of the transaction; not in a snapshot, which is only read."""
        table = self.room.service.stored_as(kind).table
        self._may_wait()
        row = (await self.execute(statements.stored(table, locked=not self._reading), {"the_id": key})).one_or_none()
        if row is None:
            self._loaded.pop((kind, key), None)  # a savepoint may have taken back what was saved here
            return None
        self._loaded[kind, key] = (row.version, row.command_version)
        return read(kind, row.body)

    async def load_many(self, kind: type[A], keys: Collection[str]) -> dict[str, A]:
        """The same for several keys in one statement, in the order of their keys; unknown ones are absent."""
        table = self.room.service.stored_as(kind).table
        for key in keys:
            self._loaded.pop((kind, key), None)
        found = {}
        self._may_wait()
        for row in await self.execute(statements.stored_many(table, locked=not self._reading), {"the_ids": list(keys)}):
            self._loaded[kind, row.id] = (row.version, row.command_version)
            found[row.id] = read(kind, row.body)
        return found

    def _may_wait(self) -> None:
        """Where a lock is waited for, what was read before it may be old. SQLite's writer has waited already."""
        if not (self._reading or self.room.database.on_sqlite):
            self.heard.look_again()

    async def save(self, aggregate: Model, *events: Event) -> None:
        """Write the aggregate, then its events: rows of the outbox are in order per aggregate because its row is locked first."""
        stored = self.room.service.stored_as(type(aggregate))
        key, version = stored.key(aggregate), getattr(aggregate, "version")  # noqa: B009  (Model does not declare it)
        before, commanded = self._loaded.get((type(aggregate), key), (0, 0))
        commanded = version if self._commanded else commanded
        values = {
            **stored.columns(aggregate),
            "version": version,
            "command_version": commanded,
            "body": aggregate.model_dump_json(exclude_none=True),
        }
        if before:
            values |= {"the_id": key, "the_version": before}
            done = await self.execute(statements.restored(stored.table), values)
        else:
            done = await self.execute(self.room.database.insert_new(stored.table), {"id": key, **values})
        if done.rowcount != 1:
            raise Conflict(stored.table.name)
        self._loaded[type(aggregate), key] = (version, commanded)
        topic = stored.topic(aggregate)
        if topic is not None:
            self.emit(topic, *events)

    async def save_many(self, aggregates: Sequence[Model]) -> None:
        """Write aggregates of one kind without events: new ones in one statement, those that were loaded one by one."""
        new = []
        for aggregate in aggregates:
            stored = self.room.service.stored_as(type(aggregate))
            if self._loaded.get((type(aggregate), stored.key(aggregate)), (0, 0))[0]:
                await self.save(aggregate)
            else:
                new.append(aggregate)
        if not new:
            return
        stored, rows = self.room.service.stored_as(type(new[0])), []
        for aggregate in new:
            version = getattr(aggregate, "version")  # noqa: B009  (Model does not declare it)
            commanded = version if self._commanded else 0
            self._loaded[type(aggregate), stored.key(aggregate)] = (version, commanded)
            rows.append(
                {
                    "id": stored.key(aggregate),
                    **stored.columns(aggregate),
                    "version": version,
                    "command_version": commanded,
                    "body": aggregate.model_dump_json(exclude_none=True),
                }
            )
        insert = inserting(stored.table, self.room.database.on_sqlite).on_conflict_do_nothing()
        if len((await self.execute(insert.returning(stored.table.c.id), rows)).all()) != len(rows):
            raise Conflict(stored.table.name)

    def check_version(self, kind: type[Model], key: str, expected: int | None) -> None:
        """Refuse STALE_VERSION if another command changed the aggregate since the caller looked, or if she names a version that there never
        was (of another aggregate, as a rule). What facts changed does not count."""
        version, commanded = self._loaded.get((kind, key), (0, 0))
        if expected is not None and not commanded <= expected <= version:
            raise Refused(Code.STALE_VERSION, why=CHANGED if expected < commanded else NO_VERSION, version=version)

    def emit(self, topic: Topic, *events: Event) -> None:
        """Tell facts of one topic, in their order, when this transaction commits."""
        name = topic.in_cell(self.room.cell)
        # What somebody is told names no matter: an id that it shared with the matter's facts would.
        origin = secrets.token_hex(8) if topic.personal else correlation.get()
        for event in events:
            event_id = ulid(self.room.wall.now())
            headers = headers_of(event, event_id, self.room.cell, origin)
            value = value_of(event)
            self._telling.append(
                {
                    "topic": name,
                    "key": event.key,
                    "value": value,
                    "headers": headers_json(headers),
                    "event_id": event_id,
                    "at": event.at.isoformat(),
                    "sent": not self.room.relayed,
                }
            )
            self.reached[f"{name} {event.key}"] = event.version
            self.outgoing.append(Outgoing(topic=name, key=event.key, headers=headers, value=value.decode()))

    async def known(self, topic: Topic, kind: type[S], key: str) -> S | None:
        """The newest state that this service has heard of another's aggregate: the fact itself, not a conclusion from it."""
        return (await self.known_many(topic, kind, [key])).get(key)

    async def known_newest(self, told_on: Sequence[Topic], kind: type[S], key: str) -> S | None:
        """The same of an aggregate that its owner has told on one topic and then on another: the state of the highest version."""
        return (await self.known_newest_many(told_on, kind, [key])).get(key)

    async def known_many(self, topic: Topic, kind: type[S], keys: Collection[str]) -> dict[str, S]:
        """The same for several keys, in one statement; unknown ones are absent."""
        return await self.known_newest_many([topic], kind, keys)

    async def known_newest_many(self, told_on: Sequence[Topic], kind: type[S], keys: Collection[str]) -> dict[str, S]:
        """The same for several keys told on several topics."""
        return await self.heard.of([topic.in_cell(self.room.cell) for topic in told_on], kind, keys)

    def unit(self, kind: type[U]) -> U:
        """The service's own unit of work, made when it is first asked for."""
        found = self._units.get(kind)
        if not isinstance(found, kind):
            found = self._units[kind] = kind(self)
        return found

    async def write_out(self) -> None:
        """Write what was only noted so far: what the service has in hand, facts told, and last of all facts heard, which then count as heard."""
        for unit in self._units.values():
            await unit.write()
        if self._telling:
            await self.execute(self.room.database.insert(self.room.service.chassis.outbox), self._telling)
            self._telling = []
        await self.heard.write()

    def take_back(self) -> None:
        """What was noted since the last `write_out` did not happen."""
        self.heard.take_back()
        for unit in self._units.values():
            unit.take_back()
        del self.outgoing[len(self.outgoing) - len(self._telling) :]
        self._telling = []


def answer_json(answer: Model, reached: dict[str, int]) -> str:
    """A remembered answer: what was said, and which versions of which topics it left."""
    return json.dumps({"answer": json.loads(answer.model_dump_json()), "reached": reached}, ensure_ascii=False)


def worker_tag(room: "Room", subject: str, member: str) -> str:
    """A tag that says "the same person worked on this" to a service of the cell and nothing to anyone else."""
    return hmac.new(room.secret, f"worker {subject} {member}".encode(), hashlib.sha256).hexdigest()[:24]
