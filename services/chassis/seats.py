"""How many may use a database at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import TimeoutError as PoolTimeout

PATIENCE = 30
"""Seconds for which a connection is waited for."""


class Seats:
    """So many at once; whoever finds none free waits for one."""

    def __init__(self, count: int) -> None:
        self._free = asyncio.Semaphore(count)
        self.taken = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Raises SQLAlchemy's TimeoutError."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        except TimeoutError:
            raise PoolTimeout("no connection became free") from None
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._free.release()
