"""What escalation writes beside its aggregate: the table that the sweep reads."""

from datetime import timedelta

from sqlalchemy import delete

from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.states import AccessState, ClockState
from services.escalation.rules.custody import Custody
from services.escalation.tables import METADATA

DUE = METADATA.tables["due"]
LAPSE = "LAPSE"


async def access_of(tx: Transaction, case_id: str) -> AccessState | None:
    """Who may see a matter, as intake told it last: of a sealed one on a topic of its own, and of one whose class moved on both."""
    heard = [
        await tx.known(topic, AccessState, case_id) for topic in (topics.INTAKE_ACCESS, topics.INTAKE_SEALED_ACCESS)
    ]
    return max((each for each in heard if each), key=lambda each: each.version, default=None)


async def keep_dues(tx: Transaction, custody: Custody) -> None:
    """Exactly the rows that the custody's clocks call for: one for each that runs and is not flagged yet."""
    wanted = {
        clock.stage.value: clock.due_at
        for clock in custody.clocks
        if clock.state is ClockState.RUNNING and not clock.overdue and not custody.ends_by_itself(clock)
    }
    if custody.lapse_at is not None and not custody.lapsed:
        wanted[LAPSE] = custody.lapse_at
    await tx.execute(delete(DUE).where(DUE.c.case_id == custody.case_id))
    for what, at in wanted.items():
        # Due means "until the end of this moment": the sweep looks just after it.
        values = {
            "case_id": custody.case_id,
            "what": what,
            "due_at": at,
            "look_at": at + timedelta(seconds=1),
            "attempts": 0,
        }
        await tx.execute(tx.room.database.insert(DUE).values(**values))
