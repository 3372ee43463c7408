"""One owner at a time for work that must have one: a row with an owner and an end. Uses the machine's time, never the domain's clock."""

import secrets
from datetime import UTC, datetime, timedelta

from services.chassis import statements
from services.chassis.room import Room


class Lease:
    """A named right, held for some seconds and renewed by use."""

    def __init__(self, room: Room, name: str, seconds: float = 10) -> None:
        self._room = room
        self._name = name
        self._seconds = seconds
        self._owner = secrets.token_hex(8)
        self._renew_at = datetime.min.replace(tzinfo=UTC)

    async def hold(self) -> bool:
        """Take or renew it; False while somebody else has it. Renewed in its second half alone: nobody else can take it before. Who holds
        it and then sleeps for longer than it lasts may find a second owner at work, so what is done under a lease must be harmless when
        done twice."""
        now = self._room.wall.now()
        if now < self._renew_at:
            return True
        held = await self._hold(now)
        if held:
            self._renew_at = now + timedelta(seconds=self._seconds / 2)
        return held

    async def _hold(self, now: datetime) -> bool:
        table = self._room.service.chassis.lease
        until = (now + timedelta(seconds=self._seconds)).isoformat()
        async with self._room.database.write() as connection:
            name, mine = {"the_name": self._name}, {"owner": self._owner, "until": until}
            row = (await connection.execute(statements.lease(table), name)).one_or_none()
            if row is None:
                insert = self._room.database.insert_new(table)
                return (await connection.execute(insert, {"name": self._name, **mine})).rowcount == 1
            if row.owner != self._owner and row.until > now.isoformat():
                return False
            await connection.execute(statements.renewed(table), name | mine)
            return True

    async def release(self) -> None:
        """Let the next one have it at once."""
        self._renew_at = datetime.min.replace(tzinfo=UTC)
        table = self._room.service.chassis.lease
        async with self._room.database.write() as connection:
            await connection.execute(table.delete().where(table.c.name == self._name, table.c.owner == self._owner))
