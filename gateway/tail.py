"""One look at the feed for all subscriptions of a process: what they cost while nothing changes does not grow with their number."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from gateway.readmodel import feed_reads
from services.chassis.room import Room

log = logging.getLogger(__name__)
LOOK_AGAIN = 0.25
"""Seconds between looks when the bell rings in another process."""
SURE = 5.0
"""Seconds after which a subscription looks for itself, woken or not."""
AT_ONCE = 1000
"""Rows of a look, and of what a subscription has not taken yet."""

Key = tuple[str, str]


class Listener:
    """One subscription, and what has come for it."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.sure = False
        """Whether nothing can have come that is not here."""
        self.woken = asyncio.Event()

    def tell(self, row: Any) -> None:
        """Something came. Who is a thousand rows behind reads for herself again."""
        if len(self.rows) >= AT_ONCE:
            self.doubt()
        self.rows.append(row)
        self.woken.set()

    def doubt(self) -> None:
        """Something may have come and is not here."""
        self.rows, self.sure = [], False
        self.woken.set()

    async def more(self) -> list[Any]:
        """What has come; when nothing has for long, be sure no more."""
        try:
            async with asyncio.timeout(SURE):
                await self.woken.wait()
        except TimeoutError:
            self.sure = False
        self.woken.clear()
        rows, self.rows = self.rows, []
        return rows


class Tail:
    """Reads the feed where it ends and hands each row to those who listen for its key; a subscription itself reads what was before."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._listening: dict[Key, set[Listener]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def rows(self, subject: str, keys: Sequence[str], place: int) -> AsyncGenerator[Any, None]:
        """What the feed has behind a place for some keys of a subject, and then what comes, for ever: close it."""
        with self._listener([(subject, key) for key in keys]) as listener:
            while True:
                if listener.sure:
                    found = await listener.more()
                else:
                    # From here on nothing is missed: what is read was there, and what comes is told.
                    listener.rows, listener.sure = [], True
                    async with self._room.database.read() as connection:
                        found = [*await feed_reads.changes(connection, subject, keys, place)]
                    if found:
                        listener.sure = False  # it was a page: there may be more
                for row in found:
                    if row.seq > place:
                        place = row.seq
                        yield row

    @contextmanager
    def _listener(self, keys: Sequence[Key]) -> Iterator[Listener]:
        """Looking begins with the first and ends with the last."""
        listener = Listener()
        for key in keys:
            self._listening.setdefault(key, set()).add(listener)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            yield listener
        finally:
            for key in keys:
                self._listening[key].discard(listener)
                if not self._listening[key]:
                    del self._listening[key]
            if not self._listening:
                self._looking.cancel()
                self._looking = None

    async def _look(self) -> None:
        place: int | None = None
        while True:
            rows: Sequence[Any] = ()
            try:
                async with self._room.database.read() as connection:
                    if place is None:
                        place = await feed_reads.newest_change(connection)
                        for listener in {each for some in self._listening.values() for each in some}:
                            listener.doubt()  # what came before this look began, she may have missed
                    rows = await feed_reads.newer_changes(connection, place, AT_ONCE)
            except Exception:
                # Whoever waits looks for herself meanwhile, and is told what is wrong.
                log.exception("the feed cannot be read")
            for row in rows:
                place = row.seq
                for listener in self._listening.get((row.subject, row.key), ()):
                    listener.tell(row)
            if len(rows) < AT_ONCE:
                await self._room.heard.wait(LOOK_AGAIN)
