"""Whom a matter that is sealed lets go: who was in its room or had its tasks, once each, and no party."""

from services.contracts.cases import CaseClass, Urgency
from services.contracts.states import AccessState
from services.deliberation.rules import item, recusal, session
from services.deliberation.rules.item import NewItem
from services.deliberation.rules.restricting import let_go
from services.deliberation.rules.room import Listed
from services.notify.rules.council_audience import let_go_audience
from tests.properties.council_playing import CASE_ID, CHAIR, EXEC, OTHER, CouncilPlay, by, fresh


def test_who_was_there_is_told_once_and_a_party_is_not() -> None:
    play = CouncilPlay.begin(CaseClass.C1, Urgency.YELLOW)
    assert let_go(play.docket, play.now) is None, "nobody was there"
    everybody = [Listed(EXEC), Listed(OTHER)]
    play.keep(session.open_session(play.docket, play.known, by(CHAIR), None, fresh("s"), None, everybody))
    for _ in range(2):
        play.keep(item.assign(play.docket, play.known, by(CHAIR), NewItem(fresh("i"), EXEC), None))
    gone = let_go(play.docket, play.now)
    assert gone is not None
    access = AccessState(case_id=CASE_ID, version=3, case_class=CaseClass.C3, circle=(CHAIR,), barred=(OTHER,))
    told = let_go_audience(gone, access, {}, play.now)
    assert sorted((each.address, each.kind) for each in told) == [
        (CHAIR, "SESSION_LEFT"),
        (EXEC, "ITEM_CANCELLED"),
        (EXEC, "SESSION_LEFT"),
    ]
    assert not any(each.names_matter for each in told)
    [sitting] = play.docket.sessions
    play.keep(recusal.recuse(play.docket, play.known, sitting.id, OTHER))
    after = let_go(play.docket, play.now)
    assert after is not None
    assert set(after.left) == {CHAIR, EXEC}, "who withdrew was there no longer"
