"""A matter that is sealed leaves the ordinary topics: what the model drops of it then, in whatever order its facts come."""

from typing import Any

from sqlalchemy import and_, delete, or_, select, update

from gateway.readmodel.tables import METADATA
from services.chassis.transaction import Transaction
from services.contracts.events.base import Event
from services.contracts.events.intake import CaseLeft

CASE = METADATA.tables["case_view"]
TIMELINE = METADATA.tables["timeline"]
OF_INTAKE = ("region", "case_class", "state", "submitted_at", "summary", "case_state")


async def leave(tx: Transaction, event: CaseLeft) -> None:
    """The case left the ordinary topic: unless a newer version of it has been told since, it is nobody's to see until the sealed topic
    tells of it; and its story up to here is dropped. Its row must be there."""
    case_id, at = event.case_id, event.at.isoformat()
    row = (await tx.execute(select(CASE).where(CASE.c.case_id == case_id).with_for_update())).one()
    values: dict[str, Any] = {"left_version": max(row.left_version, event.version), "left_at": max(row.left_at, at)}
    if row.case_version <= event.version:
        values |= dict.fromkeys(OF_INTAKE, "")
        values |= {"case_version": event.version, "summary_version": 0, "summary_wanted": 0}
    await tx.execute(update(CASE).where(CASE.c.case_id == case_id).values(**values))
    before = or_(
        and_(TIMELINE.c.service == "intake", TIMELINE.c.version <= event.version),
        and_(TIMELINE.c.service != "intake", TIMELINE.c.at <= at),
    )
    await tx.execute(delete(TIMELINE).where(TIMELINE.c.case_id == case_id, ~TIMELINE.c.sealed, before))


async def left_since(tx: Transaction, event: Event) -> bool:
    """Whether the case left the ordinary topic after this fact: by intake's versions; of the others' facts, by their time."""
    query = select(CASE.c.left_version, CASE.c.left_at).where(CASE.c.case_id == event.key)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return False
    of_intake = type(event).service == "intake"
    return bool(event.version <= row.left_version if of_intake else event.at.isoformat() <= row.left_at)
