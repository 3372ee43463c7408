"""What intake does when it hears of others. It keeps the newest state of custody and docket (guards read it) and does no more, but for
one thing: a call-back that lapsed closes the case, because closing is intake's."""

from services.chassis.transaction import Transaction
from services.contracts.events.escalation import CallBackLapsed, CustodyEvent
from services.intake.rules import case as rules
from services.intake.rules.case import Case


async def follow_custody(tx: Transaction, event: CustodyEvent) -> None:
    """In every state but FEEDBACK_GIVEN a lapse is an echo, and nothing happens."""
    match event:
        case CallBackLapsed():
            case = await tx.load(Case, event.key)
            if case is not None:
                after, told = rules.lapse(case, event.custody, tx.now)
                if told:
                    await tx.save(after, *told)
        case _:
            return
