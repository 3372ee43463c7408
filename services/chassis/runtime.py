"""A service running: its HTTP app, its consumer, its relay, its timers; started and drained in order."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from prometheus_client import generate_latest
from sqlalchemy import delete
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.chassis import dead_letters
from services.chassis.bus.port import Bus, Consumer
from services.chassis.database import is_outage
from services.chassis.door import Door
from services.chassis.identity import Verifier
from services.chassis.inbox import Inbox
from services.chassis.lease import Lease
from services.chassis.relay import Relay, prune_sent
from services.chassis.room import Room
from services.chassis.service import Timer

log = logging.getLogger(__name__)

LAG_SECONDS = 1.0
"""How long `/metrics` waits for a broker: one that hangs must not hide what the outbox says of it."""

REMEMBERED = timedelta(days=7)
"""How long answers are remembered for their key, and published outbox rows kept. Ids of facts that were seen are kept for ever: a
rebuild asks for them."""


class Runtime:
    """One replica of one service."""

    def __init__(
        self, room: Room, bus: Bus, verifier: Verifier, *, causality_wait: float = 2.0, timers: bool = True
    ) -> None:
        self.room = room
        self.inbox = Inbox(room)
        self._verifier = verifier
        self.consumer: Consumer | None = (
            bus.consumer(f"{room.cell}.{room.service.name}", self.inbox) if self.inbox.topics else None
        )
        self.relay = Relay(room, bus) if room.relayed else None
        if self.relay:
            room.on_commit = self.relay.bell.ring
        self._timers = (*room.service.timers, *HOUSEKEEPING) if timers else ()
        self._tasks: list[asyncio.Task[None]] = []
        self._door = Door(room, verifier, causality_wait)
        self.app = Starlette(
            routes=[
                Route("/commands/{name}", self._door.command, methods=["POST"]),
                Route("/queries/{name}", self._door.query, methods=["POST"]),
                *room.service.routes(room),
                Route("/livez", _alive),
                Route("/readyz", self._ready),
                Route("/metrics", self._metrics),
                Route("/outbox", self._outbox),
                Route("/dead-letters", self._dead_letters, methods=["GET", "POST"]),
            ]
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Consumer, relay and timers, from here until the end; what is at hand is finished, what waits stays in its tables."""
        if self.consumer:
            await self.consumer.start()
        if self.relay:
            self._tasks.append(asyncio.create_task(self.relay.run()))
        self._tasks += [asyncio.create_task(self._tick(timer)) for timer in self._timers]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self.consumer:
                await self.consumer.stop()
            if self.relay:
                with suppress(Exception):
                    await self.relay.stop()

    async def run_timers(self) -> int:
        """Every timer of the page once, now: what a test does instead of waiting."""
        return sum([await timer.run(self.room) for timer in self.room.service.timers])

    async def _tick(self, timer: Timer) -> None:
        lease = Lease(self.room, f"timer-{timer.name}", seconds=max(timer.every * 2, 10))
        while True:
            await asyncio.sleep(timer.every)
            try:
                if await lease.hold():
                    await timer.run(self.room)
                    self.room.telemetry.timers.labels(timer.name, "OK").inc()
            except Exception as error:
                self.room.telemetry.timers.labels(timer.name, "FAILED").inc()
                if is_outage(error):
                    log.warning("a timer could not reach the database", extra={"facts": {"timer": timer.name}})
                else:
                    log.exception("a timer failed", extra={"facts": {"timer": timer.name}})

    async def _ready(self, _request: Request) -> Response:
        """Ready is: the database answers. Consumers and lag are metrics: with Kafka away, commands go on."""
        try:
            await self.room.held()
        except Exception as error:
            return JSONResponse({"ready": False, "error": type(error).__name__}, status_code=503)
        return JSONResponse({"ready": True})

    async def _metrics(self, _request: Request) -> Response:
        await self.measure()
        return PlainTextResponse(generate_latest(self.room.telemetry.registry), media_type="text/plain; version=0.0.4")

    async def measure(self) -> None:
        """What is not counted as it happens: the outbox, what is held, how far the consumer is. With the database away, as last seen."""
        with suppress(Exception):
            self.room.telemetry.outbox.set((await self.room.unsent())[0])
            self.room.telemetry.held.set(await self.room.held())
            self.room.telemetry.lag.set(float("nan"))  # unknown is not zero
            async with asyncio.timeout(LAG_SECONDS):
                self.room.telemetry.lag.set(await self.consumer.lag() if self.consumer else 0)

    async def _outbox(self, _request: Request) -> Response:
        count, oldest = await self.room.unsent()
        return JSONResponse({"unsent": count, "oldest": oldest.isoformat() if oldest else None})

    async def _dead_letters(self, request: Request) -> Response:
        return await dead_letters.desk(self.room, self.inbox, self._verifier, request)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})


async def _redrive(room: Room) -> int:
    return await dead_letters.redrive_all(room)


async def _forget(room: Room) -> int:
    """Old answers go; so do published outbox rows, which the topics keep."""
    tables = room.service.chassis
    before = (room.clock.now() - REMEMBERED).isoformat()
    async with room.transaction() as tx:
        await tx.execute(delete(tables.answer).where(tables.answer.c.at < before))
    return await prune_sent(room, before) if room.relayed else 0


HOUSEKEEPING = (Timer("redrive", 30, _redrive), Timer("forget", 600, _forget))
"""What every service does beside its own timers."""
