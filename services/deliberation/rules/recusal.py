"""Who withdraws from a matter's sessions because she is related to a party (回避), and how she comes back: pure (domain 1.3, 2.2)."""

from services.contracts.council import InviteeKind
from services.contracts.events import deliberation as told
from services.contracts.ids import Address, MemberId, SessionId
from services.contracts.refusals import Code, Refused
from services.deliberation.rules.docket import Docket, Known, Moved, moved
from services.deliberation.rules.parts import Session
from services.deliberation.rules.seats import (
    MAX_INVITED,
    By,
    check_may_come,
    invitee_of,
    led,
    seat_of,
    session_for,
)


def recuse(docket: Docket, known: Known, session_id: SessionId, address: Address, by: By | None = None) -> Moved:
    """Related to a party: she neither speaks nor votes, and is not counted. Twice changes nothing more, and is refused. `by`: who has somebody
    else withdraw; as whoever adjourns or closes it, she is of the council that sits."""
    session = led("Recuse", docket, known, by, session_id) if by else session_for("Recuse", docket, known, session_id)
    place, _ = seat_of(session, address)
    changed = session.with_seat(place, recused=True, vote=None, answer_by=None)
    return moved(
        docket.with_session(changed),
        known.now,
        told.ParticipantRecused,
        session_id=session.id,
        seat=place,
        by=by.node if by else None,
    )


def lift(docket: Docket, known: Known, by: By, session_id: SessionId, member: MemberId) -> Moved:
    """It was an error: she takes part again, in this session and those to come, and may read what was said in the earlier ones. A vote that
    she had cast is not counted again: she votes anew."""
    session = led("LiftRecusal", docket, known, by, session_id)
    if member not in docket.recused:
        raise Refused(Code.NOT_FOUND, what="recusal")
    check_may_come(known, member, _kind(docket, member))
    place = session.seat(member)
    if place is None:
        if len(session.seats) >= MAX_INVITED:
            raise Refused(Code.TOO_MANY, what="invited", limit=MAX_INVITED)
        place = len(session.seats)
        seats = (*session.seats, invitee_of(known, member, _kind(docket, member)))
        session = session.model_copy(update={"seats": seats})
    sessions = tuple(_without(session if each.id == session.id else each, member) for each in docket.sessions)
    return moved(
        docket.after(sessions=sessions), known.now, told.RecusalLifted, session_id=session.id, seat=place, by=by.node
    )


def _kind(docket: Docket, member: MemberId) -> InviteeKind:
    """As what she was invited before."""
    return next(seat.kind for session in docket.sessions for seat in session.seats if seat.address == member)


def _without(session: Session, member: MemberId) -> Session:
    seats = (seat.model_copy(update={"recused": False}) if seat.address == member else seat for seat in session.seats)
    return session.model_copy(update={"seats": tuple(seats)})
