"""What time brings: the daily digest."""

from services.chassis.room import Room
from services.chassis.transaction import Conflict
from services.notify.store import send_digests

PAGE = 100


async def digests(room: Room) -> int:
    """Send what is due, a page a transaction."""
    sent = 0
    while True:
        try:
            async with room.transaction() as tx:
                page = await send_digests(tx, tx.now, PAGE)
        except Conflict:  # the consumer opened the same mailbox at the same moment: look again
            continue
        sent += page
        if page < PAGE:
            return sent
