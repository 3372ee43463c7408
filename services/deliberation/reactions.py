"""What deliberation does when it hears of a case."""

from services.chassis.transaction import Transaction
from services.contracts.events.base import Event
from services.contracts.events.intake import CaseAccepted
from services.deliberation.rules.docket import Docket, open_docket


async def follow_case(tx: Transaction, event: Event) -> None:
    """Accepted: a docket lies ready. Every other fact is kept and moves nothing, in every state."""
    if isinstance(event, CaseAccepted) and await tx.load(Docket, event.key) is None:
        docket, opened = open_docket(event.case, tx.now)
        await tx.save(docket, opened)
