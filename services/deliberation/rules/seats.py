"""Who sits in a session, who convenes it, and whether it may begin (domain 2.2): pure."""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import NamedTuple

from services.contracts.council import DecisionRule, InviteeKind, SessionStage
from services.contracts.fitting_council import (
    MAX_FAILURES,
    before_a_council,
    fitting_council,
    fitting_session,
    may_begin,
    seat,
)
from services.contracts.ids import Address, MemberId, NodeId, SessionId
from services.contracts.organisation import council_of, federation_of
from services.contracts.refusals import Code, Refused
from services.deliberation.rules.docket import (
    Docket,
    Known,
    check_fits,
    check_member,
    session_of,
    state_of,
)
from services.deliberation.rules.parts import Invitee, Item, Session

MAX_INVITED = 200
"""People on the list of a session."""
SPEAKERS = 3
"""Different people who must have spoken, or voted, for a session to count as a deliberation (domain 2.2: anti-padding)."""


class By(NamedTuple):
    """Who convenes: a person, the node she acts for, that node's council, and whether she is its chair."""

    member: MemberId
    node: NodeId
    council: NodeId
    chair: bool = True


class Listed(NamedTuple):
    """Somebody who belongs on every list of a council."""

    address: Address
    kind: InviteeKind = InviteeKind.MEMBER


def is_counted(session: Session, rule: DecisionRule | None = None) -> bool:
    """Whether it counts as a deliberation: three people spoke, or a vote was held."""
    cast = sum(each.vote is not None and each.votes for each in session.seats)
    return len(session.heard) >= SPEAKERS or rule is DecisionRule.VOTE or cast >= SPEAKERS


def may_take_part(known: Known, invitee: Invitee) -> bool:
    """Of a matter that is private by now, only its circle and who was invited when it was."""
    if invitee.address in known.barred:
        return False
    return not known.private or invitee.restricted or invitee.address in known.circle


def may_have(known: Known, item: Item) -> bool:
    """Whether who has an item may still do it: of a matter that is private by now, its circle, and who got it from there."""
    return not known.private or item.restricted or item.assignee in known.circle


def check_may_come(known: Known, address: Address, kind: InviteeKind) -> None:
    check_member(known, address)
    if known.private and kind is not InviteeKind.EXPERT and address not in known.circle:
        raise Refused(Code.RESTRICTED_SESSION)


def invitee_of(known: Known, address: Address, kind: InviteeKind, answer_by: datetime | None = None) -> Invitee:
    """Of a private matter an expert is there as a guest, whatever the circle; who is there as one of the circle goes with it."""
    guest = known.private and kind is InviteeKind.EXPERT and address not in known.circle
    return Invitee(address=address, kind=kind, restricted=guest, answer_by=answer_by)


def with_place(
    session: Session, known: Known, address: Address, kind: InviteeKind, answer_by: datetime | None = None
) -> Session:
    """The session with one more at the end of its list. Raises Refused TOO_MANY."""
    if len(session.seats) >= MAX_INVITED:
        raise Refused(Code.TOO_MANY, what="invited", limit=MAX_INVITED)
    invitee = invitee_of(known, address, kind, answer_by)
    return session.model_copy(update={"seats": (*session.seats, invitee)})


def new_session(session_id: SessionId, known: Known, by: By) -> Session:
    return Session(
        id=session_id,
        council=by.council,
        stage=SessionStage.PROPOSED,
        restricted=known.private,
        proposed_at=known.now,
        convenor=by.member,
    )


def check_may_begin(command: str, docket: Docket | None, known: Known, by: By) -> Docket:
    """The docket, if a new session may begin in it. Raises Refused."""
    fits = fitting_council(known.case, known.custody, docket)
    begins = before_a_council(known.case, known.custody) and not known.rests
    if docket is not None and begins and not may_begin(known.custody, docket):
        raise Refused(Code.TOO_MANY_FAILURES, allowed=fits, limit=MAX_FAILURES)
    check_fits(command, fits, state_of(known, docket), known, docket)
    assert docket is not None, "nothing fits a matter without a docket"
    check_holds(known, by)
    live = [each for each in docket.sessions if not each.stage.over and each.council == by.council]
    if live:
        check_fits(command, (), live[0].stage.value, known, docket)
    return docket


def check_holds(known: Known, by: By) -> None:
    """Raises Refused NOT_THE_HOLDER: only the level that holds a matter begins anything new in it (domain 1.3c)."""
    seated = seat(known.case, known.custody)
    if by.council != council_of(seated):
        raise Refused(Code.NOT_THE_HOLDER, holder=federation_of(seated))


def begun(
    command: str, docket: Docket | None, known: Known, by: By, session_id: SessionId | None, fresh_id: SessionId
) -> tuple[Docket, Session]:
    """The session that is meant: that of the id, the one that waits, or a new one. Raises Refused RECUSED: who is related to a party is so in
    every session of the matter."""
    waiting = [
        each
        for each in (docket.sessions if docket else ())
        if each.council == by.council and command in fitting_session(known.case, known.custody, each)
    ]
    if docket is None or (session_id is None and not waiting):
        docket, session = check_may_begin(command, docket, known, by), new_session(fresh_id, known, by)
    else:
        session = session_of_theirs(command, docket, known, by, session_id or waiting[0].id)
    if by.member in docket.recused:
        raise Refused(Code.RECUSED)
    return docket, session


def session_for(command: str, docket: Docket, known: Known, session_id: SessionId) -> Session:
    if not before_a_council(known.case, known.custody):
        check_fits(command, (), state_of(known, docket), known, docket)
    session = session_of(docket, session_id)
    check_fits(command, fitting_session(known.case, known.custody, session), session.stage.value, known, docket)
    return session


def sitting(command: str, docket: Docket, known: Known, by: By, session_id: SessionId) -> Session:
    """A session, in the hands of who convenes it. Raises Refused."""
    return with_convenor(led(command, docket, known, by, session_id), by, known)


def led(command: str, docket: Docket, known: Known, by: By, session_id: SessionId) -> Session:
    """A session, for how it goes on. Raises Refused RECUSED: who withdrew neither decides nor ends it, for today or for good."""
    session = session_of_theirs(command, docket, known, by, session_id)
    if by.member in docket.recused:
        raise Refused(Code.RECUSED)
    return session


def session_of_theirs(command: str, docket: Docket, known: Known, by: By, session_id: SessionId) -> Session:
    session = session_for(command, docket, known, session_id)
    if session.council != by.council:
        raise Refused(Code.NOT_PERMITTED, command=command)
    return session


def seat_of(session: Session, address: Address) -> tuple[int, Invitee]:
    place = session.seat(address)
    if place is None:
        raise Refused(Code.NOT_FOUND, what="invitation")
    if session.seats[place].recused:
        raise Refused(Code.RECUSED)
    return place, session.seats[place]


def with_members(
    session: Session, known: Known, members: Sequence[Listed], recused: Set[Address] = frozenset()
) -> Session:
    """Every member of the council is on the list, whoever is standing too (S02-8); of a private matter the circle and nobody else. Not those
    who withdrew from an earlier session."""
    wanted = [Listed(member) for member in known.circle] if known.private else members
    there = {each.address for each in session.seats}
    more = tuple(
        invitee_of(known, each.address, each.kind)
        for each in list(dict.fromkeys(wanted))[:MAX_INVITED]
        if each.address not in there | recused and each.address not in known.barred
    )
    return session.model_copy(update={"seats": (*session.seats, *more)})


def with_convenor(session: Session, by: By, known: Known) -> Session:
    """Whoever convenes takes part. Raises Refused RECUSED."""
    place = session.seat(by.member)
    if place is None:
        seats = (*session.seats, invitee_of(known, by.member, InviteeKind.MEMBER).model_copy(update={"accepted": True}))
        return session.model_copy(update={"seats": seats})
    if session.seats[place].recused:
        raise Refused(Code.RECUSED)
    return session.with_seat(place, accepted=True, declined=False, answer_by=None)
