"""Who may know of a private matter is told in two facts: what the room makes of one without the other, and of two seats of one person."""

from services.contracts.cases import CaseClass, Urgency
from services.contracts.council import CloseReason, InviteeKind
from services.contracts.states import AccessState
from services.deliberation.rules import session
from services.deliberation.rules.docket import Known
from services.deliberation.rules.restricting import restricted
from services.deliberation.rules.room import room_of
from tests.properties.council_playing import CASE_ID, CHAIR, EXEC, CouncilPlay, by, fresh


def known(play: CouncilPlay, of_case: CaseClass, of_access: CaseClass, *circle: str) -> Known:
    """As told by the two facts of a class."""
    case = play.case.model_copy(update={"case_class": of_case})
    return Known(case, AccessState(case_id=CASE_ID, version=9, case_class=of_access, circle=circle), None, play.now)


def test_the_stricter_of_the_two_counts() -> None:
    play = CouncilPlay.begin(CaseClass.C0, Urgency.YELLOW)
    for of_case, of_access, public, private in (
        (CaseClass.C0, CaseClass.C0, True, False),
        (CaseClass.C1, CaseClass.C0, False, False),
        (CaseClass.C0, CaseClass.C1, False, False),
        (CaseClass.C2, CaseClass.C1, False, True),
        (CaseClass.C1, CaseClass.C2, False, True),
    ):
        room = room_of(known(play, of_case, of_access, CHAIR), play.docket)
        assert (room.public, room.private, room.is_guest(EXEC)) == (public, private, private)


def test_who_was_a_guest_once_reads_that_once() -> None:
    """An expert of a private session, then of an open one, and the matter is private again."""
    play = CouncilPlay.begin(CaseClass.C2, Urgency.YELLOW)
    private, open_now = known(play, CaseClass.C2, CaseClass.C2, CHAIR), known(play, CaseClass.C1, CaseClass.C1)
    docket = play.docket
    for each in (private, open_now):
        docket, _ = session.open_session(docket, each, by(CHAIR), None, fresh("s"), None, [])
        last = docket.sessions[-1].id
        docket, _ = session.invite(docket, each, by(CHAIR), last, "m_expert", InviteeKind.EXPERT)
        docket, _ = session.close(docket, each, by(CHAIR), last, CloseReason.NO_QUORUM)
    docket, _ = restricted(docket, private)
    room = room_of(private, docket)
    kept = [[room.keeps(seat) for seat in each.seats if seat.address == "m_expert"] for each in docket.sessions]
    assert kept == [[True], [False]]
    assert "m_expert" in docket.people().private_guests
