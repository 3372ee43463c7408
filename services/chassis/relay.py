"""The relay: publishes the outbox in order. Marks rows after the acknowledgement, so a crash in between sends them twice, which is harmless."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import delete, select

from services.chassis import statements
from services.chassis.bus.pace import Pace
from services.chassis.crash import Point
from services.chassis.lease import Lease
from services.chassis.room import Bell, Room
from services.chassis.wire import Record, headers_from_json

log = logging.getLogger(__name__)

PAGE = 500
"""Rows read and sent at a time."""


class Publisher(Protocol):
    """The sending half of a bus."""

    async def publish(self, records: Sequence[Record]) -> None:
        """Send these, in order per key; returns when all are acknowledged, raises when any is not. May then have sent some."""
        ...


class Relay:
    """One a service, one owner by lease."""

    def __init__(self, room: Room, publisher: Publisher) -> None:
        self._room = room
        self._publisher = publisher
        self._lease = Lease(room, "relay")
        self.bell = Bell()
        self._pace = Pace()

    async def run(self) -> None:
        """Until cancelled. An outage backs off from 0.1 to 5 seconds and loses nothing: the rows wait."""
        pause = 0.1
        while True:
            try:
                if not await self._lease.hold():
                    await asyncio.sleep(1)
                    continue
                sent = await self.send_page()
                pause = 0.1
                if not sent:
                    await self.bell.wait(1)
                elif rest := self._pace.rest((record.key for record in sent), time.monotonic()):
                    await asyncio.sleep(rest)
            except Exception as error:
                log.warning(
                    "the relay could not publish", extra={"facts": {"error": type(error).__name__, "again_in": pause}}
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    async def send_page(self) -> Sequence[Record]:
        """Publish the oldest unsent rows, and return them."""
        outbox = self._room.service.chassis.outbox
        async with self._room.database.read() as connection:
            rows = (await connection.execute(statements.unsent(outbox), {"the_most": PAGE})).all()
        if not rows:
            return ()
        records = [Record(row.topic, 0, row.id, row.key, row.value, headers_from_json(row.headers)) for row in rows]
        await self._publisher.publish(records)
        self._room.crash(Point.BEFORE_MARK)
        async with self._room.database.write() as connection:
            await connection.execute(statements.sent(outbox), {"the_ids": [row.id for row in rows]})
        for record in records:
            self._room.telemetry.relayed.labels(record.topic).inc()
        return records

    async def stop(self) -> None:
        """Hand the lease on."""
        await self._lease.release()


async def prune_sent(room: Room, older_than: str, limit: int = 5000) -> int:
    """Drop published rows that are older than an ISO time: the topics keep them for ever."""
    outbox = room.service.chassis.outbox
    old = (
        select(outbox.c.id).where(outbox.c.sent.is_(True), outbox.c.at < older_than).order_by(outbox.c.id).limit(limit)
    )
    async with room.database.write() as connection:
        return (await connection.execute(delete(outbox).where(outbox.c.id.in_(old.scalar_subquery())))).rowcount
