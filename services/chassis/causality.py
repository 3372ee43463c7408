"""A command waits for the facts that its caller has seen: before any transaction, holding no connection, for a bounded time."""

import asyncio
import time
from collections.abc import Mapping

from services.chassis import statements
from services.chassis.database import Connection
from services.chassis.room import Room
from services.contracts.refusals import Code, Refused

MAX_WAITING = 200
"""Commands that may wait at a time in one process."""
LOOK_AGAIN = 0.05
"""Seconds: other replicas hear facts that ring no bell here, and hold others."""
LOOKING = 4
"""Of them, how many look into the database at a time: two hundred would leave none of its connections to anybody else."""


class Causality:
    """Compares what a caller saw with what this service's inbox has reached."""

    def __init__(self, room: Room, seconds: float) -> None:
        self._room = room
        self._seconds = seconds
        self._waiting = 0
        self._looking = asyncio.Semaphore(LOOKING)

    async def wait(self, key: str, seen: Mapping[str, int]) -> None:
        """Until the versions seen are known here. Raises Refused NOT_YET_KNOWN, MATTER_BLOCKED at once if a record of the key
        is held, TOO_MANY_WAITING. Topics that this service does not read are no concern of it."""
        wanted = self._wanted(seen)
        if self._room.lately.has(key, wanted) or await self._reached(key, wanted):
            return
        if self._waiting >= MAX_WAITING:
            raise Refused(Code.TOO_MANY_WAITING)
        self._waiting += 1
        try:
            end, look = time.monotonic() + self._seconds, time.monotonic() + LOOK_AGAIN
            while (now := time.monotonic()) < end:
                await self._room.heard.wait(max(0, min(end, look) - now))
                if self._room.lately.has(key, wanted):
                    return
                if time.monotonic() >= look:
                    async with self._looking:
                        if await self._reached(key, wanted):
                            return
                    look = time.monotonic() + LOOK_AGAIN
        finally:
            self._waiting -= 1
        raise Refused(Code.NOT_YET_KNOWN)

    async def reached(self, key: str, seen: Mapping[str, int]) -> bool:
        """Whether nothing needs to be waited for; says nothing of what is held."""
        wanted = self._wanted(seen)
        if self._room.lately.has(key, wanted):
            return True
        async with self._room.database.read() as connection:
            return await self._has(connection, key, wanted)

    def _wanted(self, seen: Mapping[str, int]) -> dict[str, int]:
        return {topic: version for topic, version in seen.items() if topic in self._room.hears and version > 0}

    async def _has(self, connection: Connection, key: str, wanted: Mapping[str, int]) -> bool:
        query = statements.versions_known(self._room.service.chassis.known)
        rows = await connection.execute(query, {"the_topics": list(wanted), "the_key": key})
        versions = {row.topic: row.version for row in rows}
        return all(versions.get(topic, 0) >= version for topic, version in wanted.items())

    async def _reached(self, key: str, wanted: Mapping[str, int]) -> bool:
        tables = self._room.service.chassis
        async with self._room.database.read() as connection:
            if await self._has(connection, key, wanted):
                return True
            held = await connection.execute(statements.held(tables.dead_letter), {"the_keys": [key]})
            if any(row.topic in wanted for row in held):
                raise Refused(Code.MATTER_BLOCKED)
        return False
