"""What deliberation does when it hears of others: in every state, for every fact; none of it is refused."""

from services.chassis.transaction import Transaction
from services.contracts.events.base import Event
from services.contracts.events.escalation import CustodyEvent, MatterResolved
from services.contracts.events.intake import CaseAccepted, CaseEvent, CaseLeft
from services.deliberation.rules import following as rules
from services.deliberation.rules.docket import Docket, open_docket
from services.deliberation.store import save


async def follow_case(tx: Transaction, event: Event) -> None:
    """Accepted: a docket lies ready. Reopened: it begins anew. Ended: what is open in it is called off, and everybody is told. Left (it was
    sealed): nothing of it stays. Every other fact is kept and moves nothing."""
    docket = await tx.load(Docket, event.key)
    match event:
        case CaseLeft() if docket is not None:
            await save(tx, rules.left(docket, tx.now))
        case CaseAccepted() if docket is None:
            opened, fact = open_docket(event.case, tx.now)
            await save(tx, (opened, (fact,)))
        case CaseEvent() if docket is not None and event.case.stage.ended:
            await save(tx, rules.over(docket, tx.now))
        case CaseEvent() if docket is not None:
            await save(tx, rules.begun_anew(docket, event.case, tx.now))
        case _:
            return


async def follow_custody(tx: Transaction, event: CustodyEvent) -> None:
    """Resolved: what is still open is cancelled, and everybody is told. Passed up, taken over, returned: a session outlives it."""
    if isinstance(event, MatterResolved) and (docket := await tx.load(Docket, event.key)) is not None:
        await save(tx, rules.over(docket, tx.now))
