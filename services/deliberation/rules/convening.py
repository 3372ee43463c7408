"""Who convenes a session, whether it may begin, and whose it is from then on (domain 2.2): pure."""

from typing import NamedTuple

from services.contracts.council import DecisionRule, SessionStage
from services.contracts.fitting_council import (
    MAX_FAILURES,
    before_a_council,
    fitting_council,
    fitting_session,
    may_begin,
    seat,
)
from services.contracts.ids import MemberId, NodeId, SessionId
from services.contracts.organisation import council_of, federation_of
from services.contracts.refusals import Code, Refused
from services.deliberation.rules.docket import (
    Docket,
    Known,
    check_fits,
    session_of,
    state_of,
)
from services.deliberation.rules.parts import Session
from services.deliberation.rules.room import room_of

SPEAKERS = 3
"""Different people who must have spoken, or voted, for a session to count as a deliberation (domain 2.2: anti-padding)."""


class By(NamedTuple):
    """Who convenes: a person, the node she acts for, that node's council, and whether she is its chair."""

    member: MemberId
    node: NodeId
    council: NodeId
    chair: bool = True


def is_counted(session: Session, rule: DecisionRule | None = None) -> bool:
    """Whether it counts as a deliberation: three people spoke, or a vote was held."""
    cast = sum(each.vote is not None and each.votes for each in session.seats)
    return len(session.heard) >= SPEAKERS or rule is DecisionRule.VOTE or cast >= SPEAKERS


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
    room_of(known, docket).check_not_withdrawn(by.member)
    return docket, session


def session_for(command: str, docket: Docket, known: Known, session_id: SessionId) -> Session:
    if not before_a_council(known.case, known.custody):
        check_fits(command, (), state_of(known, docket), known, docket)
    session = session_of(docket, session_id)
    check_fits(command, fitting_session(known.case, known.custody, session), session.stage.value, known, docket)
    return session


def sitting(command: str, docket: Docket, known: Known, by: By, session_id: SessionId) -> Session:
    """A session, in the hands of who convenes it. Raises Refused."""
    return room_of(known, docket).with_convenor(led(command, docket, known, by, session_id), by.member)


def led(command: str, docket: Docket, known: Known, by: By, session_id: SessionId) -> Session:
    """A session, for how it goes on. Raises Refused RECUSED: who withdrew neither decides nor ends it, for today or for good."""
    session = session_of_theirs(command, docket, known, by, session_id)
    room_of(known, docket).check_not_withdrawn(by.member)
    return session


def session_of_theirs(command: str, docket: Docket, known: Known, by: By, session_id: SessionId) -> Session:
    session = session_for(command, docket, known, session_id)
    if session.council != by.council:
        raise Refused(Code.NOT_PERMITTED, command=command)
    return session
