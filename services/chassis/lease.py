"""One owner at a time for work that must have one: a row with an owner and an end. Uses the machine's time, never the domain's clock."""

import secrets
from datetime import timedelta

from sqlalchemy import select

from services.chassis.room import Room


class Lease:
    """A named right, held for some seconds and renewed by use."""

    def __init__(self, room: Room, name: str, seconds: float = 10) -> None:
        self._room = room
        self._name = name
        self._seconds = seconds
        self._owner = secrets.token_hex(8)

    async def hold(self) -> bool:
        """Take or renew it; False while somebody else has it. Who holds it and then sleeps for longer than it lasts may find
        a second owner at work, so what is done under a lease must be harmless when done twice."""
        table = self._room.service.chassis.lease
        now = self._room.wall.now()
        until = (now + timedelta(seconds=self._seconds)).isoformat()
        async with self._room.database.write() as connection:
            row = (
                await connection.execute(select(table).where(table.c.name == self._name).with_for_update())
            ).one_or_none()
            if row is None:
                insert = self._room.database.insert(table).values(name=self._name, owner=self._owner, until=until)
                return (await connection.execute(insert.on_conflict_do_nothing())).rowcount == 1
            if row.owner != self._owner and row.until > now.isoformat():
                return False
            values = table.update().where(table.c.name == self._name).values(owner=self._owner, until=until)
            await connection.execute(values)
            return True

    async def release(self) -> None:
        """Let the next one have it at once."""
        table = self._room.service.chassis.lease
        async with self._room.database.write() as connection:
            await connection.execute(table.delete().where(table.c.name == self._name, table.c.owner == self._owner))
