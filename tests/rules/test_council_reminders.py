"""Whom silence is told to, and until when what is blocked is told of."""

from datetime import timedelta

from services.contracts.cases import CaseClass, Stage, Urgency
from services.contracts.council import BlockReason, DecisionRule
from services.contracts.events.deliberation import ResolutionStillBlocked
from services.contracts.states import AccessState
from services.deliberation.rules import following, recusal, resolution, session
from services.deliberation.rules.room import Listed
from services.notify.rules.council_audience import docket_audience
from tests.properties.council_playing import CASE_ID, CHAIR, EXEC, OTHER, CouncilPlay, by, fresh


def test_silence_is_told_to_whoever_may_go_on_with_the_session() -> None:
    play, everybody = CouncilPlay.begin(CaseClass.C1, Urgency.YELLOW), [Listed(EXEC), Listed(OTHER)]
    play.keep(session.open_session(play.docket, play.known, by(CHAIR), None, fresh("s"), None, everybody))
    [sitting] = play.docket.sessions
    play.now += timedelta(days=3)

    def told(access: AccessState) -> list[tuple[str, str]]:
        docket, [event] = following.overdue(play.docket, play.known)
        return [(each.address, each.kind) for each in docket_audience(event, access, docket.people(), {}, play.now)]

    ordinary = AccessState(case_id=CASE_ID, version=1, case_class=CaseClass.C1)
    private = ordinary.model_copy(update={"case_class": CaseClass.C2, "circle": (OTHER,)})
    assert told(ordinary) == [(CHAIR, "SESSION_SILENT")]
    assert told(private) == [(OTHER, "SESSION_SILENT")], "who convened it may not know of it any more"
    play.keep(recusal.recuse(play.docket, play.known, sitting.id, CHAIR))
    assert told(ordinary) == [(EXEC, "SESSION_SILENT"), (OTHER, "SESSION_SILENT")], "she withdrew"


def test_what_is_blocked_in_a_matter_that_is_over_reminds_nobody() -> None:
    play, chair = CouncilPlay.begin(CaseClass.C0, Urgency.RED), by(CHAIR)
    play.keep(session.open_session(play.docket, play.known, chair, None, fresh("s"), None, []))
    [sitting] = play.docket.sessions
    decided = DecisionRule.CHAIR_DECIDES
    play.keep(resolution.adopt(play.docket, play.known, chair, sitting.id, fresh("r"), decided, [], initiative=True))
    [adopted] = play.docket.resolutions
    play.keep(resolution.block(play.docket, play.known, chair, adopted.id, BlockReason.FUNDS))
    play.now += timedelta(hours=5)
    reminded = following.overdue(play.docket, play.known)
    assert [type(event) for event in reminded[1]] == [ResolutionStillBlocked]
    for over in (Stage.CLOSED, Stage.WITHDRAWN):
        known = play.known._replace(case=play.case.model_copy(update={"stage": over}))
        assert following.overdue(play.docket, known)[1] == ()
    play.keep(reminded)
    play.case = play.case.model_copy(update={"reopens": 1})
    play.keep(following.begun_anew(play.docket, play.case, play.now))
    play.now += timedelta(days=1)
    assert following.overdue(play.docket, play.known)[1] == (), "what came before it was reopened is past"
    assert following.next_look(play.docket) is None
