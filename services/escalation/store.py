"""What escalation reads and writes beside its aggregate: the facts that a move rests on, the table that the sweep reads, contents."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Table

from services.chassis import statements
from services.chassis.ids import ulid
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.states import AccessState, CaseState
from services.escalation.rules.custody import Custody, Facts
from services.escalation.rules.limits import RuleBook
from services.escalation.rules.timing import dues
from services.escalation.tables import METADATA

CUSTODY = METADATA.tables["custody"]
DUE = METADATA.tables["due"]
CONTENT = METADATA.tables["content"]
PROGRESS = "progress"
"""The field of what reporters were told."""
EVIDENCE = "evidence"
"""The field of what was done, as those who did it noted. Every other field is a kind of what levels write to each other."""


async def access_of(tx: Transaction, case_id: str) -> AccessState | None:
    """Who may see a matter, as intake told it last: of a sealed one on a topic of its own, and of one whose class moved on both."""
    return (await accesses_of(tx, [case_id])).get(case_id)


async def accesses_of(tx: Transaction, case_ids: Sequence[str]) -> dict[str, AccessState]:
    """The same of many."""
    return await tx.known_newest_many((topics.INTAKE_ACCESS, topics.INTAKE_SEALED_ACCESS), AccessState, case_ids)


async def case_of(tx: Transaction, case_id: str) -> CaseState | None:
    """The case as intake last told it: one whose class moved has been on both topics."""
    return await tx.known_newest((topics.INTAKE_SEALED, topics.INTAKE_CASE), CaseState, case_id)


def facts_of(tx: Transaction, case: CaseState, access: AccessState | None = None) -> Facts:
    """What a move of this matter rests on; `access` where it may be news to its reporters."""
    bystanders = access is not None and bool(access.bystanders)
    return Facts(case, tx.get(RuleBook).of(case.region), tx.room.secret, tx.now, bystanders)


async def keep_dues(tx: Transaction, custody: Custody, facts: Facts) -> None:
    """Exactly the rows that time will bring for this matter."""
    await tx.execute(statements.erased(DUE.c.case_id), {"the_value": custody.case_id})
    await write_dues(tx, DUE, {"case_id": custody.case_id}, dues(custody, facts).items())


async def write_dues(
    tx: Transaction, table: Table, of: Mapping[str, str], to_come: Iterable[tuple[str, datetime]]
) -> None:
    """Rows of a table of due times, all in one statement. Due means "until the end of this moment": the sweep looks just after it."""
    after = timedelta(seconds=1)
    rows = [{**of, "what": what, "due_at": at, "look_at": at + after, "attempts": 0} for what, at in to_come]
    if rows:
        await tx.connection.execute(tx.room.database.insert(table), rows)


async def write_content(tx: Transaction, case_id: str, field: str, words: str, member: str, node: str) -> None:
    """Keep what somebody wrote down while she worked; nothing, if she wrote nothing."""
    if words:
        values = {
            "id": f"t_{ulid(tx.now, 'content')}",
            "case_id": case_id,
            "field": field,
            "text": words,
            "written_by": member,
            "written_at": tx.now,
            "node": node,
        }
        await tx.execute(tx.room.database.insert(CONTENT), values)
