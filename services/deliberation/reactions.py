"""What deliberation does when it hears of others: in every state, for every fact; none of it is refused."""

from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.events.base import Event
from services.contracts.events.escalation import CustodyEvent, MatterResolved, MatterResumed
from services.contracts.events.intake import AccessEvent, CaseAccepted, CaseEvent, CaseLeft
from services.deliberation.rules import following as rules
from services.deliberation.rules import waiting
from services.deliberation.rules.docket import Docket, open_docket
from services.deliberation.rules.restricting import let_go, restricted
from services.deliberation.store import keep, known_if_any, save


async def follow_case(tx: Transaction, event: Event) -> None:
    """Accepted: a docket lies ready. Reopened: it begins anew. Ended: what is open in it is called off, and everybody is told. Left (it was
    sealed): who was in it is let go, and nothing of it stays. Less open: who may deal with it no longer is let go. More urgent: nothing is
    waited for so long any more. Every other fact is kept and moves nothing."""
    docket = await tx.load(Docket, event.key)
    match event:
        case CaseLeft() if docket is not None:
            if (gone := let_go(docket, tx.now)) is not None:
                tx.emit(topics.DELIBERATION_PEOPLE, gone)
            await save(tx, rules.left(docket, tx.now))
        case CaseAccepted() if docket is None:
            opened, fact = open_docket(event.case, tx.now)
            await save(tx, (opened, (fact,)))
        case CaseEvent() if docket is not None and event.case.stage.ended:
            await save(tx, rules.over(docket, tx.now))
        case CaseEvent() if docket is not None:
            begun = rules.begun_anew(docket, event.case, tx.now)
            await save(tx, begun)
            sooner = waiting.hastened(begun[0], event.case.urgency, tx.now)
            if sooner != begun[0]:
                await keep(tx, sooner)
            await _restrict(tx, event.key)
        case _:
            return


async def follow_access(tx: Transaction, event: AccessEvent) -> None:
    """Its class and its people are told apart: whichever is heard last lets go who may deal with it no longer."""
    await _restrict(tx, event.key)


async def follow_custody(tx: Transaction, event: CustodyEvent) -> None:
    """Resolved: what is still open is cancelled, and everybody is told. Goes on after a rest: what is waited for is waited for anew. Passed
    up, taken over, returned: a session outlives it."""
    if not isinstance(event, MatterResolved | MatterResumed) or (docket := await tx.load(Docket, event.key)) is None:
        return
    if isinstance(event, MatterResolved):
        await save(tx, rules.over(docket, tx.now))
    elif (known := await known_if_any(tx, event.key)) is not None:
        await keep(tx, waiting.awake(docket, known.case.urgency, tx.now))


async def _restrict(tx: Transaction, case_id: str) -> None:
    docket, known = await tx.load(Docket, case_id), await known_if_any(tx, case_id)
    if docket is not None and known is not None and known.access.case_class is known.case.case_class:
        await save(tx, restricted(docket, known))
