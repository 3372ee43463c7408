"""Whose eyes the words of a docket are for (domain 1.4: F2, minutes and evidence): pure."""

from collections.abc import Iterator
from typing import NamedTuple

from services.contracts.callers import Caller, Grant
from services.contracts.cases import CaseClass
from services.contracts.organisation import Role, council_of
from services.deliberation.rules.docket import Docket, Known
from services.deliberation.rules.room import room_of

HANDLERS = frozenset({Role.CHAIR, Role.OFFICER})
OWN = frozenset({"recusal", "package"})
"""Fields that not everybody who was there may read: why somebody withdrew, what a department was told."""


class Readable(NamedTuple):
    """What somebody may read of a docket."""

    everything: bool = False
    parts: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    published: bool = False
    withdrawn: frozenset[str] = frozenset()
    """The sessions of a matter from which she withdrew, their resolutions and their items: of these she reads what she wrote herself."""

    def may(self, member: str, part: str, field: str, written_by: str, department: str) -> bool:
        """Whether she may read one text."""
        if part in self.withdrawn and field != "published":
            return written_by == member
        if self.everything:
            return True
        if field == "published":
            return self.published
        if field == "package":
            return part in self.parts and department in self.departments
        return part in self.parts and (field not in OWN or written_by == member)


def readable(docket: Docket, known: Known, caller: Caller) -> Readable:
    """Of C0 and C1 the council, the village's chair, who holds the matter and whose own council sat; of C2 the circle. Whoever took part in
    a session reads that session and its resolution; whoever has an item, that item; whoever withdrew from one, nothing of it but her own
    words. A party nothing (I6)."""
    access, room = known.access, room_of(known, docket)
    if caller.member in room.barred:
        return Readable()
    withdrawn = frozenset(_withdrawn(docket, caller.member) if caller.member in docket.recused else ())
    if room.private and caller.member in room.circle:
        return Readable(everything=True, withdrawn=withdrawn)
    holder = known.custody.holder if known.custody else None
    if not room.private and any(_works_on(grant, docket, holder) for grant in caller.grants):
        return Readable(everything=True, withdrawn=withdrawn)
    # Who withdrew reads nothing through her department either.
    departments = frozenset(grant.node for grant in caller.grants if grant.role is Role.LIAISON and not withdrawn)
    addresses = {caller.member, *departments}
    offices = addresses | {grant.node for grant in caller.grants if grant.role in HANDLERS}
    parts: set[str] = set()
    for session in docket.sessions:
        if any(each.address in addresses and each.takes_part and room.keeps(each) for each in session.seats):
            parts |= {session.id, *([session.resolution_id] if session.resolution_id else [])}
    for item in docket.items:
        if item.assignee in offices and not item.over and room.leaves(item):
            parts.add(item.id)
    in_group = any(grant.node == access.group or grant.region == docket.region for grant in caller.grants)
    published = access.case_class is CaseClass.C0 and (in_group or caller.member in access.reporters)
    return Readable(parts=frozenset(parts), departments=departments, published=published, withdrawn=withdrawn)


def _withdrawn(docket: Docket, member: str) -> Iterator[str]:
    """A relative of a party who withdrew is not to learn what was said of it (回避), in whichever session of the matter."""
    for session in docket.sessions:
        yield session.id
        if session.resolution_id:
            yield session.resolution_id
            own = {each.id for each in docket.items if each.assignee == member}
            yield from (
                each.id for each in docket.items if each.resolution_id == session.resolution_id and each.id not in own
            )


def _works_on(grant: Grant, docket: Docket, holder: str | None) -> bool:
    at_the_village = grant.region == docket.region
    own_council = any(council_of(grant.region) == session.council for session in docket.sessions)
    if grant.in_council:
        return at_the_village or own_council
    return grant.role in HANDLERS and (at_the_village or own_council or grant.node == holder)
