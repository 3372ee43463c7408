"""What deliberation reads of others, and writes beside its aggregates: contents, the topic of people, when to look again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from services.chassis import photos, statements
from services.chassis.ids import ulid
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.commands.base import Answer
from services.contracts.events.base import Event
from services.contracts.events.council import PeopleChanged
from services.contracts.refusals import Code, Refused
from services.contracts.states import AccessState, CaseState, CustodyState
from services.deliberation.rules.docket import Docket, Known, Moved
from services.deliberation.rules.following import next_look
from services.deliberation.rules.membership import Council, MembersMoved, next_end
from services.deliberation.tables import METADATA, PHOTOS

CONTENT = METADATA.tables["content"]
DUE = METADATA.tables["due"]
ACCESS_LOG = METADATA.tables["access_log"]


async def known_of(tx: Transaction, case_id: str) -> Known:
    """A matter as others last told it. Raises Refused CASE_NOT_FOUND: never heard of, or sealed; NOT_YET_KNOWN: who may see it, which is told
    with it on a topic of its own, has not come yet, or speaks of another class: nobody is let in by what is over."""
    found = await known_if_any(tx, case_id)
    if found is not None and found.case.case_class.private is not found.access.case_class.private:
        raise Refused(Code.NOT_YET_KNOWN)
    if found is None:
        case = await tx.known(topics.INTAKE_CASE, CaseState, case_id)
        raise Refused(Code.CASE_NOT_FOUND if case is None else Code.NOT_YET_KNOWN)
    return found


async def known_if_any(tx: Transaction, case_id: str) -> Known | None:
    """The same where nobody asks; None: never heard of, or sealed."""
    case = await tx.known(topics.INTAKE_CASE, CaseState, case_id)
    access = await tx.known(topics.INTAKE_ACCESS, AccessState, case_id)
    if case is None or access is None:
        return None
    custody = await tx.known(topics.ESCALATION_CUSTODY, CustodyState, case_id)
    return Known(case, access, custody, tx.now)


async def save(tx: Transaction, moved: Moved) -> Answer:
    """Keep a docket and tell what happened; who takes part goes out beside it, once there is anybody."""
    docket, events = moved
    if events:
        await tx.save(docket, *events)
        if docket.version > 1:
            tx.emit(topics.DELIBERATION_PEOPLE, PeopleChanged(at=tx.now, people=docket.people()))
        await look_again(tx, docket.case_id, next_look(docket))
    return Answer(id=docket.case_id, version=docket.version)


async def keep(tx: Transaction, docket: Docket) -> None:
    """Keep a docket of which nothing public has changed: something is waited for until another time."""
    await tx.save(docket)
    await look_again(tx, docket.case_id, next_look(docket))


async def save_council(tx: Transaction, moved: MembersMoved) -> Council:
    """Keep a council and tell what happened."""
    council, events = moved
    told: Sequence[Event] = events
    if told:
        await tx.save(council, *told)
        await look_again(tx, council.node, next_end(council))
    return council


async def write(
    tx: Transaction, case_id: str, part: str, field: str, value: str, member: str, department: str = ""
) -> None:
    """Keep a text, if there is any."""
    if not value:
        return
    values = {
        "id": f"t_{ulid(tx.room.wall.now())}",
        "case_id": case_id,
        "part": part,
        "field": field,
        "text": value,
        "written_by": member,
        "department": department,
        "written_at": tx.now,
    }
    await tx.execute(tx.room.database.insert(CONTENT), values)


async def write_again(tx: Transaction, case_id: str, item_id: str, next_id: str) -> None:
    """What is to be done, for the next occurrence of a recurring item, if there is one."""
    docket = await tx.load(Docket, case_id)
    if docket is None or docket.item(next_id) is None:
        return
    where = (CONTENT.c.case_id == case_id) & (CONTENT.c.part == item_id) & (CONTENT.c.field == "task")
    for row in (await tx.execute(select(CONTENT).where(where))).all():
        await write(tx, case_id, next_id, row.field, row.text, row.written_by)


async def keep_photos(tx: Transaction, case_id: str, part: str, ids: Sequence[str], member: str) -> None:
    """Bind photos to a part of a matter. Raises Refused as `photos.take`."""
    await photos.take(tx, PHOTOS, member, ids, case_id, "council")
    for each in dict.fromkeys(ids):
        await write(tx, case_id, part, PHOTO, each, member)


PHOTO = "photo"
"""The field of a content that is a photo's id."""


def log_access(tx: Transaction, member: str, case_id: str, fields: str) -> None:
    """Who read what (domain 1.3d)."""
    tx.looked(ACCESS_LOG, at=tx.now, member=member, case_id=case_id, fields=fields[:120])


async def look_again(tx: Transaction, key: str, at: datetime | None) -> None:
    """When something will be overdue; None: nothing will."""
    await tx.execute(statements.erased(DUE.c.id), {"the_value": key})
    if at is not None:
        # Due means "until the end of this moment": the sweep looks just after it.
        values = {"id": key, "look_at": at + timedelta(seconds=1), "attempts": 0}
        await tx.execute(tx.room.database.insert(DUE), values)
