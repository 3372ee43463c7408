"""One look at the feed for all subscriptions of a process: what they cost while nothing changes does not grow with their number."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from gateway.readmodel import reads
from services.chassis.room import Room

log = logging.getLogger(__name__)
LOOK_AGAIN = 0.25
"""Seconds between looks when the bell rings in another process."""
SURE = 5.0
"""Seconds after which a subscription looks for itself, woken or not."""
AT_ONCE = 1000
"""Rows of a look."""

Key = tuple[str, str]


class Tail:
    """Reads the feed where it ends and wakes those whose keys have something new; each then reads her own rows from her own place."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._waiting: dict[Key, set[asyncio.Event]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def rows(self, subject: str, keys: Sequence[str], place: int) -> AsyncGenerator[Any, None]:
        """What the feed has behind a place for some keys of a subject, and then what comes, for ever: close it."""
        with self._woken([(subject, key) for key in keys]) as woken:
            while True:
                woken.clear()
                async with self._room.database.read() as connection:
                    found = await reads.changes(connection, subject, keys, place)
                for row in found:
                    place = row.seq
                    yield row
                if not found:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(SURE):
                            await woken.wait()

    @contextmanager
    def _woken(self, keys: Sequence[Key]) -> Iterator[asyncio.Event]:
        """An event that is set when one of the keys may have something new. Looking begins with the first and ends with the last."""
        woken = asyncio.Event()
        for key in keys:
            self._waiting.setdefault(key, set()).add(woken)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield woken
        finally:
            for key in keys:
                self._waiting[key].discard(woken)
                if not self._waiting[key]:
                    del self._waiting[key]
            if not self._waiting:
                self._looking.cancel()
                self._looking = None

    async def _look(self) -> None:
        place: int | None = None
        while True:
            rows: Sequence[Any] = ()
            try:
                async with self._room.database.read() as connection:
                    if place is None:
                        place = await reads.newest_change(connection)
                        self._wake(self._waiting)  # what came before this look began, somebody may have missed
                    rows = await reads.newer_changes(connection, place, AT_ONCE)
            except Exception:
                # Whoever waits looks for herself meanwhile, and is told what is wrong.
                log.exception("the feed cannot be read")
            for row in rows:
                place = row.seq
            self._wake({(row.subject, row.key) for row in rows})
            if len(rows) < AT_ONCE:
                await self._room.heard.wait(LOOK_AGAIN)

    def _wake(self, keys: Iterable[Key]) -> None:
        for key in keys:
            for woken in self._waiting.get(key, ()):
                woken.set()
