"""Who is in the room: who comes to a council's sessions, who stays when a matter becomes private, who may do and read what they are about
(domain 1.4, 2.2). Every command and every look asks here. Pure."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import NamedTuple

from services.contracts.council import InviteeKind
from services.contracts.ids import Address, ItemId, MemberId, NodeId, SessionId
from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed
from services.deliberation.rules.docket import Docket, Known
from services.deliberation.rules.parts import Invitee, Item, Session

MAX_INVITED = 200
"""People on the list of a session."""


class Listed(NamedTuple):
    """Somebody who belongs on every list of a council."""

    address: Address
    kind: InviteeKind = InviteeKind.MEMBER


class Room(NamedTuple):
    """To whom what the councils do about a matter is open."""

    public: bool
    private: bool
    circle: tuple[MemberId, ...]
    barred: tuple[MemberId, ...]
    withdrawn: frozenset[Address]
    """Who is related to a party is so in every session of the matter."""

    def opens_to(self, seat: Invitee) -> bool:
        """Whether somebody on a list may know of the session: of a matter that is private by now, its circle and who was invited when it
        was; of one that is not open to everybody no department that is there as a standing member; never a party (I6)."""
        if seat.address in self.barred or (seat.standing and not self.public):
            return False
        return seat.restricted or not self.is_guest(seat.address)

    def keeps(self, seat: Invitee) -> bool:
        """Whether she counts there, and reads it: not who withdrew, from whichever session."""
        return self.opens_to(seat) and seat.address not in self.withdrawn

    def leaves(self, item: Item) -> bool:
        """Whether an item may stay with who has it: of a matter that is private by now, its circle, and who got it from there;
        never a party."""
        return item.assignee not in self.barred and (item.restricted or not self.is_guest(item.assignee))

    def is_guest(self, address: Address) -> bool:
        """Whether the matter is private and she is none of its circle: what she is told of it, she is told as a guest."""
        return self.private and address not in self.circle

    def check_open_to(self, address: Address, kind: InviteeKind) -> None:
        """Of a private matter its circle, and experts. Raises Refused BARRED, RESTRICTED_SESSION."""
        if address in self.barred:
            raise Refused(Code.BARRED)
        if self.is_guest(address) and kind is not InviteeKind.EXPERT:
            raise Refused(Code.RESTRICTED_SESSION)

    def check_may_come(self, address: Address, kind: InviteeKind) -> None:
        """Raises Refused BARRED, RESTRICTED_SESSION, RECUSED."""
        self.check_open_to(address, kind)
        self.check_not_withdrawn(address)

    def check_not_withdrawn(self, address: Address) -> None:
        """Raises Refused RECUSED."""
        if address in self.withdrawn:
            raise Refused(Code.RECUSED)

    def listed(
        self, session: Session, address: Address, kind: InviteeKind, answer_by: datetime | None = None
    ) -> Session:
        """The session with one more at the end of its list. Raises Refused TOO_MANY."""
        if len(session.seats) >= MAX_INVITED:
            raise Refused(Code.TOO_MANY, what="invited", limit=MAX_INVITED)
        return _with(session, self._invitee(address, kind, answer_by))

    def with_members(self, session: Session, members: Sequence[Listed]) -> Session:
        """Every member of the council is on the list, whoever is standing too (S02-8); of a private matter the circle and nobody else. Who was
        put out, and may come again, is back."""
        wanted = [Listed(member) for member in self.circle] if self.private else members
        gone = {each.address for each in session.seats} | self.withdrawn | set(self.barred)
        new = [each for each in list(dict.fromkeys(wanted))[:MAX_INVITED] if each.address not in gone]
        back = tuple(
            seat.model_copy(update={"put_out": False, "declined": False}) if seat.put_out and self.keeps(seat) else seat
            for seat in session.seats
        )
        listed = [self._invitee(each.address, each.kind) for each in new]
        standing = [each.model_copy(update={"standing": each.kind is InviteeKind.DEPARTMENT}) for each in listed]
        return _with(session.model_copy(update={"seats": back}), *standing)

    def with_convenor(self, session: Session, member: MemberId) -> Session:
        """Whoever convenes takes part. Raises Refused RECUSED."""
        self.check_not_withdrawn(member)
        place = session.seat(member)
        if place is None:
            return _with(session, self._invitee(member, InviteeKind.MEMBER).model_copy(update={"accepted": True}))
        return session.with_seat(place, accepted=True, declined=False, replaced=False, answer_by=None)

    def _invitee(self, address: Address, kind: InviteeKind, answer_by: datetime | None = None) -> Invitee:
        guest = kind is InviteeKind.EXPERT and self.is_guest(address)
        return Invitee(address=address, kind=kind, restricted=guest, answer_by=answer_by)


def room_of(known: Known, docket: Docket | None) -> Room:
    """The room of a matter, as it stands."""
    withdrawn = docket.recused if docket else frozenset[Address]()
    return Room(known.public, known.private, known.access.circle, known.access.barred, withdrawn)


def docket_people(docket: Docket, room: Room) -> dict[SessionId | ItemId, tuple[Address, ...]]:
    """Whom each session and each item is about: members and nodes that know of it, those who withdrew too. Not who does not find her task any
    more."""
    sessions = {each.id: tuple(seat.address for seat in each.seats if room.opens_to(seat)) for each in docket.sessions}
    items = {each.id: (each.assignee,) for each in docket.items if room.leaves(each) and not each.lapsed}
    return {**sessions, **items}


def seat_of(session: Session, address: Address) -> tuple[int, Invitee]:
    """Her place on the list. Raises Refused NOT_FOUND: she has none, or gave it to somebody else; RECUSED."""
    place = session.seat(address)
    if place is None or session.seats[place].replaced:
        raise Refused(Code.NOT_FOUND, what="invitation")
    if session.seats[place].recused:
        raise Refused(Code.RECUSED)
    return place, session.seats[place]


def speaks_as(
    room: Room, listed: Set[Address], member: MemberId, hers: Set[NodeId], department: NodeId | None
) -> Address | None:
    """The address at which somebody was invited: that of the department that she names, of which she must be a liaison (`hers`); if she names
    none, her own, or else her department's. None: it is not hers. Who withdrew comes for no department either. Raises Refused RECUSED,
    MALFORMED."""
    room.check_not_withdrawn(member)
    if department is not None:
        return department if department in hers else None
    if member in listed or hers.isdisjoint(listed):
        return member
    if len(hers & listed) > 1:
        raise malformed("department", Wrong.WHICH_DEPARTMENT)
    return next(iter(hers & listed))


def _with(session: Session, *more: Invitee) -> Session:
    return session.model_copy(update={"seats": (*session.seats, *more)})
