"""What time brings: the daily digest."""

from services.chassis.room import Room
from services.notify.store import send_digests

PAGE = 100


async def digests(room: Room) -> int:
    """Send what is due, a page a transaction."""
    sent = 0
    while True:
        async with room.transaction() as tx:
            page = await send_digests(tx, tx.now, PAGE)
        sent += page
        if page < PAGE:
            return sent
