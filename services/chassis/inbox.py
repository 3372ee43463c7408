"""The inbox: each fact has its effect once, in order per topic and key, whatever a bus delivers twice or late."""

import logging
import time
from collections.abc import Collection, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from sqlalchemy import Row, select

from services.chassis import statements
from services.chassis.crash import Point
from services.chassis.database import Connection, is_outage
from services.chassis.room import Room
from services.chassis.run import HandlerFailed, Run, remember
from services.chassis.service import Reaction
from services.chassis.telemetry import correlated, where
from services.chassis.transaction import Conflict, Outgoing, Transaction
from services.chassis.wire import Record, Unreadable, decode, headers_from_json, headers_json

log = logging.getLogger(__name__)

TOO_MANY_HELD = 100
"""Newly held keys a minute that stop a consumer: a bug to deploy a fix for, not mail to sort."""


class Stopped(Exception):
    """The consumer holds too many new keys; it refuses more until it is started again."""


class Place(NamedTuple):
    """A topic and a key: the unit of order."""

    topic: str
    key: str


class Inbox:
    """Takes batches of records for one service."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._reactions: dict[str, Reaction] = {r.topic.in_cell(room.cell): r for r in room.service.reactions}
        self._held_lately: list[float] = []
        self.outages = 0

    @property
    def topics(self) -> tuple[str, ...]:
        """Full names of the topics it reads."""
        return tuple(self._reactions)

    async def receive(self, records: Sequence[Record]) -> None:
        """One transaction for the batch. Raises when the database is out of reach, and nothing of the batch has happened.

        A handler seldom fails, so the batch is first tried whole; only if one fails is it taken again, each record behind a savepoint.
        """
        if len(self._held_lately) >= TOO_MANY_HELD:
            raise Stopped
        try:
            fates = await self._take(records, careful=False)
        except HandlerFailed:
            fates = await self._take(records, careful=True)
        self._count_held(fates)
        for topic, fate in fates:
            self.room.telemetry.records.labels(topic, fate).inc()
        self.room.heard.ring()
        if any(fate == "applied" for _, fate in fates):
            self.room.crash(Point.BEFORE_OFFSETS)

    async def _take(self, records: Sequence[Record], *, careful: bool) -> list[tuple[str, str]]:
        """The batch in one transaction; what became of each record."""
        fates: list[tuple[str, str]] = []
        async with self.room.transaction() as tx:
            ours = await self._claim(tx, records)
            await self._take_turn(tx, ours)
            held = await self._held(tx.connection, records)
            tx.expect(record.key for record in records if record.event_id in ours)
            run = Run(tx)
            for record in records:
                place = Place(record.topic, record.key)
                reaction = self._reactions[record.topic]
                if not careful and record.event_id in ours and place not in held and await run.take(reaction, record):
                    ours.remove(record.event_id)
                    fates.append((record.topic, "applied"))
                    continue
                await run.end()
                if record.event_id not in ours:
                    fate = "again"
                elif place in held:
                    await self._hold(tx, record, "BEHIND", "")
                    fate = "behind"
                else:
                    fate = await self._apply(tx, record, careful=careful)
                if fate == "applied":
                    ours.remove(record.event_id)
                if fate == "held":
                    held.add(place)
                fates.append((record.topic, fate))
            await run.end()
            await self._disclaim(tx, ours)
            await _written(tx)
        return fates

    async def _claim(self, tx: Transaction, records: Sequence[Record]) -> set[str]:
        """Mark facts as seen before their effects; returns those that had not been. Of two who take the same fact at once (a batch,
        and the caller whose command told it) the second waits here and leaves it to the first. Sorted: no two wait for each other."""
        if not records:
            return set()
        table, at = self.room.service.chassis.inbox, tx.now.isoformat()
        statement = statements.claimed(table, on_sqlite=self.room.database.on_sqlite)
        ids = sorted({record.event_id for record in records})
        return set((await tx.execute(statement, {"the_ids": ids, "the_at": at})).scalars())

    async def _take_turn(self, tx: Transaction, ours: Collection[str]) -> None:
        if ours:
            await self.room.service.take_turn(tx)

    async def _disclaim(self, tx: Transaction, event_ids: Collection[str]) -> None:
        """What had no effect after all, because it is held, has not been seen."""
        if event_ids:
            table = self.room.service.chassis.inbox
            await tx.execute(statements.disclaimed(table), {"the_ids": list(event_ids)})

    async def receive_now(self, events: Sequence[Outgoing]) -> bool:
        """Apply what a command just told, before its topic brings it. What cannot be applied now is left to the topic, which holds it
        if it must; so this never fails and never holds. Returns whether all of it is applied."""
        told = [Record(event.topic, -1, -1, event.key, event.value.encode(), event.headers) for event in events]
        records = [record for record in told if record.topic in self._reactions]
        try:
            async with self.room.transaction() as tx:
                ours = await self._claim(tx, records)
                await self._take_turn(tx, ours)
                held = await self._held(tx.connection, records)
                for record in records:
                    if record.event_id not in ours or Place(record.topic, record.key) in held:
                        continue
                    reaction = self._reactions[record.topic]
                    event = decode(record, reaction.topic)
                    remember(tx, reaction.topic, event)
                    await reaction.react(tx, event)
                    ours.remove(record.event_id)
                await self._disclaim(tx, ours)
        except Exception as error:
            log.warning("a command's own events wait for their topic", extra={"facts": {"error": type(error).__name__}})
            return False
        finally:
            self.room.heard.ring()
        return not ours

    async def redrive(self, topic: str, key: str) -> int:
        """Try the held records of a key again, in order of offset, until one fails; returns how many went through."""
        table = self.room.service.chassis.dead_letter
        through = 0
        async with self.room.transaction() as tx:
            query = (
                select(table)
                .where(table.c.topic == topic, table.c.key == key)
                .order_by(table.c.partition, table.c.offset)
            )
            rows = (await tx.execute(query.with_for_update())).all()
            ours = await self._claim(tx, [record_of(row) for row in rows])
            await self._take_turn(tx, ours)
            for row in rows:
                record = record_of(row)
                if record.event_id in ours:
                    if await self._apply(tx, record, redriven=True) == "held":
                        break
                    ours.remove(record.event_id)
                await tx.execute(table.delete().where(table.c.id == row.id))
                through += 1
            await self._disclaim(tx, ours)
        self.room.heard.ring()
        return through

    async def _apply(self, tx: Transaction, record: Record, *, careful: bool = True, redriven: bool = False) -> str:
        reaction = self._reactions[record.topic]
        try:
            event = decode(record, reaction.topic)
        except Unreadable as error:
            await self._hold(tx, record, error.reason, str(error)[:200], again=redriven)
            return "held"
        try:
            with correlated(record.headers.get("ce_correlationid", "")):
                async with tx.connection.begin_nested() if careful else nullcontext():
                    remember(tx, reaction.topic, event)
                    await reaction.react(tx, event)
                    if careful:
                        await tx.write_out()
                log.debug(
                    "a fact was applied",
                    extra={
                        "service": self.room.service.name,
                        "facts": {"topic": record.topic, "event": record.headers.get("ce_type", "")},
                    },
                )
        except Exception as error:
            if is_outage(error) or isinstance(error, Conflict):  # somebody else was first: the batch comes again
                raise
            if not careful:
                raise HandlerFailed from error
            tx.take_back()
            log.exception(
                "a reaction failed; its record is held", extra={"facts": {"topic": record.topic, "key": record.key}}
            )
            await self._hold(
                tx,
                record,
                "HANDLER_FAILED",
                f"{type(error).__name__} {' '.join(where(error)[-2:])}"[:200],
                again=redriven,
            )
            return "held"
        return "applied"

    async def _hold(self, tx: Transaction, record: Record, reason: str, error: str, *, again: bool = False) -> None:
        table = self.room.service.chassis.dead_letter
        at_place = (
            (table.c.topic == record.topic)
            & (table.c.partition == record.partition)
            & (table.c.offset == record.offset)
        )
        if again:
            update = (
                table.update()
                .where(at_place)
                .values(attempts=table.c.attempts + 1, reason=reason, error=error.replace("\0", "\ufffd"))
            )
            await tx.execute(update)
            return
        values = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key,
            "value": record.value,
            "headers": headers_json(record.headers),
            "reason": reason,
            "error": error.replace("\0", "\ufffd"),  # PostgreSQL's texts hold no NUL
            "attempts": 1,
            "held_at": tx.now.isoformat(),
        }
        await tx.execute(self.room.database.insert_new(table), values)

    async def _held(self, connection: Connection, records: Sequence[Record]) -> set[Place]:
        table = self.room.service.chassis.dead_letter
        keys = {record.key for record in records}
        found = await connection.execute(statements.held(table), {"the_keys": list(keys)})
        return {Place(row.topic, row.key) for row in found}

    def start_again(self) -> None:
        """Consume once more after a flood: what a restart does, with the fix deployed."""
        self._held_lately.clear()
        self.room.telemetry.stopped.set(0)

    def _count_held(self, fates: Sequence[tuple[str, str]]) -> None:
        now = time.monotonic()
        lately = [at for at in self._held_lately if at > now - 60]
        self._held_lately = lately + [now] * sum(1 for _, fate in fates if fate == "held")
        if len(self._held_lately) >= TOO_MANY_HELD:
            self.room.telemetry.stopped.set(1)
            log.error(
                "too many keys were held within a minute: this consumer has stopped until it is started again",
                extra={"facts": {"held": len(self._held_lately)}},
            )


async def _written(tx: Transaction) -> None:
    """Write what the reactions left in hand. Raises HandlerFailed if they left what cannot be written."""
    try:
        await tx.write_out()
    except Exception as error:
        if is_outage(error) or isinstance(error, Conflict):
            raise
        raise HandlerFailed from error


def record_of(row: Row[Any]) -> Record:
    """A dead letter's record."""
    values = row._mapping
    return Record(
        values["topic"],
        values["partition"],
        values["offset"],
        values["key"],
        values["value"],
        headers_from_json(values["headers"]),
    )
