"""The inbox, read by its owner with her own token."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from services.chassis.lists import among
from services.chassis.prepared import Prepared, prepared
from services.chassis.room import Room
from services.contracts import topics
from services.contracts.callers import Caller, Target
from services.contracts.cases import CaseClass
from services.contracts.council import PeopleState
from services.contracts.permissions import may_see_at_all
from services.contracts.queries import InboxLine, InboxLines, InboxPage
from services.contracts.states import AccessState
from services.contracts.wrong import Wrong, malformed
from services.notify.rules.entries import title_of
from services.notify.store import ENTRY, accesses_of
from services.notify.tables import METADATA

READ_MARK = METADATA.tables["read_mark"]
MAX_PAGE = 100


@prepared
def _page(*, after: bool, before: bool) -> Select[Any]:
    """Entries of `addresses`, at most `most`: newest first, or those behind the id `after`, oldest first; all of them before the id `before`."""
    query = select(ENTRY).where(among(ENTRY.c.address, "addresses")).limit(bindparam("most"))
    query = query.where(ENTRY.c.id < bindparam("before")) if before else query
    if after:
        return query.where(ENTRY.c.id > bindparam("after")).order_by(ENTRY.c.id)
    return query.order_by(ENTRY.c.id.desc())


_MARK = Prepared(select(READ_MARK.c.up_to).where(READ_MARK.c.member == bindparam("member")))
_UNREAD = Prepared(
    select(func.count()).select_from(ENTRY).where(among(ENTRY.c.address, "addresses"), ENTRY.c.id > bindparam("up_to"))
)


async def inbox(room: Room, caller: Caller, page: InboxPage) -> InboxLines:
    """A page of the caller's own inbox and of the boards of the groups she belongs to. Entries of matters that she may no longer
    know of (she became a party, the class rose) are gone from it. Raises Refused MALFORMED."""
    if not 1 <= page.first <= MAX_PAGE:
        raise malformed("first", Wrong.OUT_OF_RANGE, least=1, most=MAX_PAGE)
    addresses = [caller.member, *{grant.node for grant in caller.grants}]
    async with room.reading() as tx:
        asked = {"addresses": addresses, "after": page.after, "before": page.before, "most": page.first + 1}
        rows = (await tx.execute(_page(after=bool(page.after), before=bool(page.before)), asked)).all()
        up_to = (await tx.execute(_MARK, {"member": caller.member})).scalar_one_or_none() or ""
        unread = await tx.execute(_UNREAD, {"addresses": addresses, "up_to": up_to})
        about = sorted({row.case_id for row in rows if row.case_id})
        accesses = await accesses_of(tx, about) if about else {}
        private = [case_id for case_id, access in accesses.items() if access.case_class.private]
        peoples = await tx.known_many(topics.DELIBERATION_PEOPLE, PeopleState, private) if private else {}
        lines = []
        for row in rows[: page.first]:
            access = accesses.get(row.case_id)
            if access and not _still(caller, access, row.address):
                continue
            sealed = access is not None and access.case_class is CaseClass.C3
            guests = peoples[row.case_id].private_guests if row.case_id in peoples else ()
            told_which = access is None or _may_know(caller, access) or _is_guest(caller, access, guests)
            zh, en = title_of(row.kind, private=row.private)
            lines.append(
                InboxLine(
                    id=row.id,
                    at=row.at,
                    kind=row.kind,
                    board=row.address != caller.member,
                    title_zh=zh,
                    title_en=en,
                    case_id=row.case_id if told_which else None,
                    order_id=row.order_id if told_which else None,
                    case_number=row.case_number if told_which and not sealed else "",
                    count=row.count,
                    read=row.id <= up_to,
                )
            )
        return InboxLines(entries=tuple(lines), more=len(rows) > page.first, unread=unread.scalar_one())


def _may_know(caller: Caller, access: AccessState) -> bool:
    target = Target(
        case_class=access.case_class, reporters=access.reporters, circle=access.circle, barred=access.barred
    )
    return may_see_at_all(caller, target)


def _is_guest(caller: Caller, access: AccessState, guests: Sequence[str]) -> bool:
    """Whether she was invited to a private matter, or has something to do in it: she may see it."""
    return caller.member in guests and caller.member not in access.barred


def _still(caller: Caller, access: AccessState, address: str) -> bool:
    if address != caller.member:
        return access.case_class is CaseClass.C0 and _may_know(
            caller, access
        )  # a board shows open matters alone, whatever they were before
    # Who was told of a confidential matter without its content (the group's owner) keeps that one line; it does not say which.
    return _may_know(caller, access) or caller.member not in access.barred
