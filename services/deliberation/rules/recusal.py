"""Who withdraws from a matter's sessions because she is related to a party (回避), and how she comes back: pure (domain 1.3, 2.2)."""

from services.contracts.council import InviteeKind, SessionStage
from services.contracts.events import deliberation as told
from services.contracts.ids import Address, MemberId, SessionId
from services.contracts.refusals import Code, Refused
from services.deliberation.rules.convening import By, led, session_for
from services.deliberation.rules.docket import Docket, Known, Moved, check_fits, moved, put
from services.deliberation.rules.parts import Session
from services.deliberation.rules.room import room_of, seat_of


def recuse(
    docket: Docket,
    known: Known,
    session_id: SessionId,
    address: Address,
    by: By | None = None,
    *,
    liaison: bool = False,
) -> Moved:
    """Related to a party: she neither speaks nor votes, and is not counted, in the session of another council neither. Twice changes nothing
    more, and is refused. `by`: who has somebody else withdraw; as whoever adjourns or closes it, she is of the council that sits. `liaison`:
    she was let in for her department, which stays on the list for another of its liaisons; that she withdrew stands beside it, at a place of
    her own."""
    session = led("Recuse", docket, known, by, session_id) if by else session_for("Recuse", docket, known, session_id)
    if liaison and session.seat(address) is None:
        session = room_of(known, docket).listed(session, address, InviteeKind.HELPER)
    place, seat = seat_of(session, address)
    if by and not room_of(known, docket).opens_to(seat):
        raise Refused(Code.NOT_FOUND, what="invitation")
    changed = session.with_seat(place, recused=True, answer_by=None)
    return moved(
        docket.after(sessions=tuple(_without_vote(each, address) for each in put(docket.sessions, changed))),
        known.now,
        told.ParticipantRecused,
        session_id=session.id,
        seat=place,
        by=by.node if by else None,
    )


def lift(docket: Docket, known: Known, by: By, session_id: SessionId, member: MemberId) -> Moved:
    """It was an error: she may take part again in this council's sessions, and read what was said in its earlier ones. A vote that was struck
    out is not counted again: she votes anew. What another council found stands until that council lifts it. Who is not on the list is put
    there, but not while nobody is yet, nor once there is a vote."""
    session = led("LiftRecusal", docket, known, by, session_id)
    own = tuple(each for each in docket.sessions if each.council == session.council)
    withdrawn = [seat for each in own for seat in each.seats if seat.address == member and seat.recused]
    if not withdrawn:
        raise Refused(Code.NOT_FOUND, what="recusal")
    kind = withdrawn[-1].kind
    room = room_of(known, docket)
    room.check_open_to(member, kind)
    place = session.seat(member)
    if place is None:
        if session.stage in {SessionStage.PROPOSED, SessionStage.DECIDING}:
            check_fits("LiftRecusal", (), session.stage.value, known, docket)
        place = len(session.seats)
        session = room.listed(session, member, kind)
    elif room.is_guest(member) and not session.seats[place].restricted:
        raise Refused(Code.RESTRICTED_SESSION)
    lifted = {each.id: _without(session if each.id == session.id else each, member) for each in own}
    sessions = tuple(lifted.get(each.id, each) for each in docket.sessions)
    return moved(
        docket.after(sessions=sessions), known.now, told.RecusalLifted, session_id=session.id, seat=place, by=by.node
    )


def _without_vote(session: Session, address: Address) -> Session:
    """What is over has been decided with it."""
    place = session.seat(address)
    return session if place is None or session.stage.over else session.with_seat(place, vote=None)


def _without(session: Session, member: MemberId) -> Session:
    seats = (seat.model_copy(update={"recused": False}) if seat.address == member else seat for seat in session.seats)
    return session.model_copy(update={"seats": tuple(seats)})
