"""What may happen to a session (domain 2.2): pure. Who is on its list, who speaks, and how it ends without a resolution."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.contracts import council as words
from services.contracts.cases import Urgency
from services.contracts.council import CloseReason, InvitationAnswer, InviteeKind, SessionMode, SessionStage
from services.contracts.events import deliberation as told
from services.contracts.ids import Address, MemberId, SessionId
from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed
from services.deliberation.rules.convening import (
    By,
    begun,
    check_may_begin,
    is_counted,
    led,
    new_session,
    session_for,
)
from services.deliberation.rules.docket import Docket, Known, Moved, moved
from services.deliberation.rules.reminders import BEGINS_WITHIN, silent_at
from services.deliberation.rules.room import Listed, room_of, seat_of

MAX_ADJOURNMENTS = 2
ADJOURN_DAYS = 7
"""Five working days in an ordinary week; natural days, because deliberation keeps no calendar."""
MAX_SPEECHES = 500
"""Contributions to one session."""
ANSWER_WITHIN = {
    Urgency.RED: timedelta(hours=1),
    Urgency.ORANGE: timedelta(hours=4),
    Urgency.YELLOW: timedelta(days=1),
    Urgency.GREEN: timedelta(days=2),
}
"""How long an answer to an invitation is waited for, in natural time (domain 2.2)."""


def propose(docket: Docket | None, known: Known, by: By, session_id: SessionId) -> Moved:
    """The matter is brought before the council; who convenes it sets a time, or opens it."""
    docket = check_may_begin("PutToCouncil", docket, known, by)
    room_of(known, docket).check_not_withdrawn(by.member)
    session = new_session(session_id, known, by)
    return moved(docket.with_session(session), known.now, told.SessionProposed, session_id=session.id, by=by.node)


def schedule(
    docket: Docket | None,
    known: Known,
    by: By,
    session_id: SessionId | None,
    fresh_id: SessionId,
    at: datetime,
    mode: SessionMode,
    members: Sequence[Listed],
) -> Moved:
    """A time is set, and the members are listed."""
    docket, session = begun("ScheduleSession", docket, known, by, session_id, fresh_id)
    if at <= known.now:
        raise Refused(Code.DATE_IN_PAST, field="at")
    listed = room_of(known, docket).with_members(session, members)
    changed = listed.model_copy(
        update={
            "stage": SessionStage.SCHEDULED,
            "scheduled_at": at,
            "remind_at": at + BEGINS_WITHIN,
            "mode": mode,
            "convenor": by.member,
        }
    )
    return moved(docket.with_session(changed), known.now, told.SessionScheduled, session_id=changed.id, by=by.node)


def open_session(
    docket: Docket | None,
    known: Known,
    by: By,
    session_id: SessionId | None,
    fresh_id: SessionId,
    mode: SessionMode | None,
    members: Sequence[Listed],
) -> Moved:
    """It sits: in one tap, or after it was proposed, scheduled or adjourned."""
    docket, session = begun("OpenSession", docket, known, by, session_id, fresh_id)
    room = room_of(known, docket)
    listed = room.with_convenor(room.with_members(session, members), by.member)
    changed = listed.model_copy(
        update={
            "stage": SessionStage.OPEN,
            "opened_at": session.opened_at or known.now,
            "mode": mode or session.mode,
            "convenor": by.member,
            "remind_at": silent_at(known),
        }
    )
    return moved(docket.with_session(changed), known.now, told.SessionOpened, session_id=changed.id, by=by.node)


def invite(docket: Docket, known: Known, by: By, session_id: SessionId, address: Address, kind: InviteeKind) -> Moved:
    """One more on the list. Of a private matter only its circle, and experts (domain 1.4)."""
    session = led("Invite", docket, known, by, session_id)
    room = room_of(known, docket)
    room.check_may_come(address, kind)
    at = session.seat(address)
    if at is not None and not session.seats[at].declined:
        raise Refused(Code.INVITED_BEFORE)
    changed = room.listed(session, address, kind, known.now + ANSWER_WITHIN[known.case.urgency])
    department = address if kind is InviteeKind.DEPARTMENT else None
    place = len(session.seats)
    return moved(
        docket.with_session(changed),
        known.now,
        told.ParticipantInvited,
        session_id=session.id,
        by=by.node,
        seat=place,
        department=department,
    )


def answer(
    docket: Docket,
    known: Known,
    session_id: SessionId,
    address: Address,
    given: InvitationAnswer,
    substitute: MemberId | None,
) -> Moved:
    """She comes, does not come, or sends somebody else, who takes her place on the list."""
    session = session_for("AnswerInvitation", docket, known, session_id)
    place, _ = seat_of(session, address)
    if (given is InvitationAnswer.SUBSTITUTE) != (substitute is not None):
        raise malformed("substitute", Wrong.SUBSTITUTE_ALONE)
    changed = session.with_seat(
        place,
        accepted=given is InvitationAnswer.ACCEPT,
        declined=given is not InvitationAnswer.ACCEPT,
        replaced=substitute is not None and session.seats[place].kind is not InviteeKind.DEPARTMENT,
        answer_by=None,
    )
    kind = session.seats[place].kind
    if substitute is not None:
        room = room_of(known, docket)
        if room.is_guest(address):
            raise Refused(Code.RESTRICTED_SESSION)  # whoever it is: a guest does not find out who is in the circle
        # Whoever is invited brings nobody into a private matter: its convenor does, and its circle.
        comes_as = InviteeKind.HELPER if known.private or kind is InviteeKind.DEPARTMENT else kind
        room.check_may_come(substitute, comes_as)
        if session.seat(substitute) is not None:
            raise Refused(Code.INVITED_BEFORE)
        changed = room.listed(changed, substitute, comes_as, known.now + ANSWER_WITHIN[known.case.urgency])
    return moved(
        docket.with_session(changed),
        known.now,
        told.InvitationAnswered,
        session_id=session.id,
        seat=place,
        answer=given,
        substitute_seat=len(session.seats) if substitute is not None else None,
        department=address if kind is InviteeKind.DEPARTMENT else None,
    )


def speak(docket: Docket, known: Known, session_id: SessionId, member: MemberId, address: Address) -> Moved:
    """Somebody says something: for herself, or for the department at whose address she was invited."""
    session = session_for("Speak", docket, known, session_id)
    if session.speeches >= MAX_SPEECHES:
        raise Refused(Code.TOO_MANY, what="speeches", limit=MAX_SPEECHES)
    place, invitee = seat_of(session, address)
    heard = tuple(dict.fromkeys((*session.heard, member)))
    changed = session.with_seat(place, spoke=True, declined=False, answer_by=None).model_copy(
        update={"heard": heard, "speeches": session.speeches + 1, "remind_at": silent_at(known)}
    )
    department = address if invitee.kind is InviteeKind.DEPARTMENT else None
    return moved(
        docket.with_session(changed), known.now, told.SessionSpoken, session_id=session.id, department=department
    )


def adjourn(docket: Docket, known: Known, by: By, session_id: SessionId, until: datetime) -> Moved:
    """Another day: at most twice, and soon."""
    session = led("Adjourn", docket, known, by, session_id)
    if session.adjournments >= MAX_ADJOURNMENTS:
        raise Refused(Code.TOO_MANY_ADJOURNMENTS, limit=MAX_ADJOURNMENTS)
    if until <= known.now:
        raise Refused(Code.DATE_IN_PAST, field="until")
    latest = known.now + timedelta(days=ADJOURN_DAYS)
    if until > latest:
        raise Refused(Code.TOO_LATE, limit=latest.isoformat())
    changed = session.model_copy(
        update={
            "stage": SessionStage.ADJOURNED,
            "adjournments": session.adjournments + 1,
            "scheduled_at": until,
            "remind_at": until + BEGINS_WITHIN,
        }
    )
    return moved(docket.with_session(changed), known.now, told.SessionAdjourned, session_id=session.id, by=by.node)


def vote(docket: Docket, known: Known, session_id: SessionId, member: MemberId, given: words.Vote) -> Moved:
    """A member votes, or votes anew. From the first vote on nobody is added to the list."""
    session = session_for("CastVote", docket, known, session_id)
    place, invitee = seat_of(session, member)
    if invitee.kind is not InviteeKind.MEMBER:
        raise Refused(Code.NO_VOTE_HERE)
    cast = session.with_seat(place, vote=given, declined=False, answer_by=None)
    changed = cast.model_copy(update={"stage": SessionStage.DECIDING, "remind_at": silent_at(known)})
    return moved(docket.with_session(changed), known.now, told.VoteCast, session_id=session.id)


def close(docket: Docket, known: Known, by: By, session_id: SessionId, reason: CloseReason) -> Moved:
    """It ends without a resolution; the council's clock stops, and the second time the matter must go up."""
    session = led("CloseSession", docket, known, by, session_id)
    if reason is CloseReason.MATTER_OVER:
        raise malformed("reason", Wrong.SYSTEM_ALONE)
    changed = session.model_copy(
        update={
            "stage": SessionStage.CLOSED_NO_RESOLUTION,
            "closed_at": known.now,
            "reason": reason,
            "counted": is_counted(session),
        }
    )
    return moved(
        docket.with_session(changed, settled_at=known.now),
        known.now,
        told.SessionClosed,
        session_id=session.id,
        by=by.node,
        reason=reason,
    )


def cancel(docket: Docket, known: Known, by: By, session_id: SessionId) -> Moved:
    """Called off before it was opened."""
    session = led("CancelSession", docket, known, by, session_id)
    changed = session.model_copy(update={"stage": SessionStage.CANCELLED, "closed_at": known.now})
    return moved(docket.with_session(changed), known.now, told.SessionCancelled, session_id=session.id, by=by.node)


def unanswered(docket: Docket, now: datetime) -> Moved:
    """The time to answer some invitations is over: each is told of once, and nothing else changes."""
    events: list[told.DocketEvent] = []
    for session in docket.sessions:
        for place, invitee in enumerate(session.seats):
            if session.stage.over or invitee.answer_by is None or invitee.answer_by >= now:
                continue
            session = session.with_seat(place, answer_by=None)
            docket = docket.with_session(session)
            department = invitee.address if invitee.kind is InviteeKind.DEPARTMENT else None
            event = told.InvitationUnanswered(
                at=now, docket=docket.public(), session_id=session.id, seat=place, department=department
            )
            events.append(event)
    return docket, tuple(events)
