"""Runs whose time can be moved: a private system of the demonstration's own, and a run that reads its time from a test's file."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from deploy.demo import roster
from deploy.demo.client import CannotPlay, Front
from deploy.demo.seed import operator, seed
from deploy.serving import served
from deploy.wiring import SERVICES, System, whole_system
from gateway.projector import fetch_summaries
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.clock import FileClock, ManualClock
from services.chassis.identity import Issuer
from services.chassis.settings import Settings

START = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
"""A Monday morning, far from any holiday."""

LIFETIME = timedelta(days=400)
"""Of a token there: longer than any story takes."""

SETTLED = 30.0
"""Seconds that facts may take until all of them are heard."""

TIMERS = 40.0
"""Seconds within which every timer of a run with processes of its own has looked at the time again."""


class Still:
    """A system in this process, with its timers run by whoever moves its clock."""

    patience = 0.0

    def __init__(self, system: System, clock: ManualClock) -> None:
        self._system = system
        self._clock = clock

    def now(self) -> datetime:
        """As the system sees it."""
        return self._clock.now()

    async def forward(self, by: timedelta) -> None:
        """Every timer once."""
        await self.settle()
        self._clock.advance(by)
        for name in SERVICES:
            await self._system.wiring.parts[name].runtime.run_timers()
        await self.settle()

    async def settle(self) -> None:
        """Until every outbox is empty, every consumer at its end, every summary fetched, twice running."""
        end, quiet = time.monotonic() + SETTLED, 0
        while quiet < 2:
            quiet = quiet + 1 if await self._quiet() else 0
            if time.monotonic() > end:
                raise CannotPlay(f"The demonstration's own system did not come to rest within {SETTLED:.0f} s.")
            if quiet < 2:
                await asyncio.sleep(0.005)

    async def _quiet(self) -> bool:
        for part in self._system.wiring.parts.values():
            if (await part.room.unsent())[0] or (part.runtime.consumer and await part.runtime.consumer.lag()):
                return False
        return await fetch_summaries(self._system.room("gateway")) == 0


class FromFile:
    """A run of a test, whose processes read the time from a file. Their timers look at it when it is their turn."""

    patience = TIMERS

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """What the file says."""
        return FileClock(self._file).now()

    async def forward(self, by: timedelta) -> None:
        """Written beside and moved, so that nobody reads half a time."""
        fresh = self._file.with_suffix(".next")
        fresh.write_text((self.now() + by).isoformat(), encoding="ascii")
        fresh.replace(self._file)

    async def settle(self) -> None:
        """It is awaited by subscription, as on any other run."""


@asynccontextmanager
async def own_system() -> AsyncIterator[Front]:
    """A system for the stories that take time: in this process, in a folder that is removed afterwards, behind the same front door."""
    with tempfile.TemporaryDirectory(prefix="yishi-demo-") as folder:
        plain: dict[str, object] = {name: field.get_default() for name, field in Settings.model_fields.items()}
        settings = Settings(**{**plain, "data": Path(folder)})  # type: ignore[arg-type]
        clock = ManualClock(START)
        issuer = Issuer.kept_in(settings.keys, roster.ISSUER, settings.audience)
        async with whole_system(settings, EmbeddedBus(), clock=clock, timers=False, graphiql=False) as system:
            assert system.wiring.calls is not None
            await seed(system.wiring.calls, issuer.token(operator(), clock.now()))
            still = Still(system, clock)
            await still.settle()
            async with served(system.app) as url:
                front = Front(url, lambda name: issuer.token(roster.caller(name), clock.now(), LIFETIME), still)
                try:
                    yield front
                finally:
                    await front.close()
