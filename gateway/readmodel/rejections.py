"""What was turned down: one row for a matter's last rejection, from which the levels above draw their sample (S18)."""

from sqlalchemy import delete

from gateway.readmodel.tables import METADATA
from gateway.readmodel.unit_of_work import SHANGHAI
from services.chassis.transaction import Transaction
from services.contracts.cases import CaseClass, Category
from services.contracts.drawing import lot
from services.contracts.events.intake import CaseEvent, CaseRejected
from services.contracts.organisation import level_of_office

REJECTION = METADATA.tables["rejection"]


async def note(tx: Transaction, event: CaseEvent, *, sealed: bool) -> None:
    """A fact of a case: a rejection is kept, everything else is none."""
    if not isinstance(event, CaseRejected):
        return
    case = event.case
    values = {
        "case_id": case.case_id,
        "region": case.region,
        "month": f"{event.at.astimezone(SHANGHAI):%Y-%m}",
        "at": event.at.isoformat(),
        "category": (Category.PERSONAL if case.case_class is CaseClass.C3 else case.category).value,
        "reason": event.reason.value,
        "node": event.by,
        "width": level_of_office(event.by, case.region).width,
        "lot": lot(tx.room.secret, "rejection", case.case_id),
        "version": event.version,
        "sealed": sealed,
    }
    await tx.execute(tx.room.database.upsert(REJECTION, values, newer="version"), values)


async def drop(tx: Transaction, case_id: str) -> None:
    """The matter left the ordinary topics: what they told of its rejection goes too."""
    await tx.execute(delete(REJECTION).where(REJECTION.c.case_id == case_id, REJECTION.c.sealed.is_(False)))
