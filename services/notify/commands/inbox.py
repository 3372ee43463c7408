"""Commands on one's own inbox."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts.callers import Target
from services.contracts.commands import notify as asked
from services.contracts.commands.base import Answer
from services.notify.tables import METADATA

READ_MARK = METADATA.tables["read_mark"]


async def own_target(tx: Transaction, command: asked.MarkRead) -> Target:
    """Nothing but the caller's own."""
    return Target()


async def mark_read(tx: Transaction, acting: Acting, command: asked.MarkRead) -> Answer:
    """A mark only moves forward."""
    values = {"member": acting.member, "up_to": command.up_to}
    await tx.execute(tx.room.database.upsert(READ_MARK, values, newer="up_to"), values)
    return Answer(id=command.up_to, version=1)
