"""What escalation does when it hears of a case: open custody, move the clocks, close. In every state, for every fact."""

from services.chassis.transaction import Transaction
from services.contracts.cases import CaseClass
from services.contracts.events.base import Event
from services.contracts.events.intake import CaseEvent
from services.contracts.states import CaseState
from services.contracts.topics import ESCALATION_CUSTODY, ESCALATION_SEALED, INTAKE_CASE, INTAKE_SEALED, Topic
from services.escalation.rules import custody as rules
from services.escalation.rules.custody import Custody
from services.escalation.rules.limits import RuleBook
from services.escalation.store import keep_dues


async def follow_case(tx: Transaction, event: Event) -> None:
    """A case that leaves the ordinary topic is followed on the sealed one; its leaving itself moves nothing."""
    if not isinstance(event, CaseEvent):
        return
    other = INTAKE_CASE if event.case.case_class is CaseClass.C3 else INTAKE_SEALED
    newer = await tx.known(other, CaseState, event.key)
    if newer is not None and newer.version > event.version:
        return  # its class moved, and the other topic was faster
    book = tx.get(RuleBook).of(event.case.region)
    custody = await tx.load(Custody, event.key)
    if custody is None:
        after, told = rules.open_custody(event.case, book, tx.room.secret, tx.now)
    else:
        after, told = rules.follow(custody, event.case, book, tx.room.secret, tx.now)
    if told:
        await tx.save(after, *told)
        await keep_dues(tx, after)


def topic_of(custody: Custody) -> Topic:
    """C3 travels on a topic of its own."""
    return ESCALATION_SEALED if custody.case_class is CaseClass.C3 else ESCALATION_CUSTODY
