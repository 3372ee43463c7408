"""What a case may do off its straight way, where a clock decides: how long it may be reopened, a merge undone, a question answered."""

from datetime import timedelta

import pytest

from services.contracts.cases import REOPEN_WINDOW, UNMERGE_WINDOW, Category, Outcome, Stage, SubCategory, reopen_window
from services.contracts.clocks import ClockStage, MatterClock
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level
from services.contracts.states import CustodyState
from services.escalation.limits_file import load
from services.escalation.rules.limits import Limits
from services.intake.rules import course
from tests.properties.playing import START, VILLAGE, Play


def limits() -> Limits:
    """Those of the whole system."""
    return load().of(VILLAGE).limits


@pytest.mark.parametrize("category", Category)
def test_the_limits_own_file_says_the_same(category: Category) -> None:
    assert str(limits().reopen_window(category)) == f"{reopen_window(category).days}d"


@pytest.mark.parametrize(
    ("sub", "days"),
    [(SubCategory.PUBLIC_FACILITY, 90), (SubCategory.IN_LAW, 365), (SubCategory.VICTIM_FAMILY_AID, 365)],
)
def test_reopened_until_the_end_of_its_window(sub: SubCategory, days: int) -> None:
    assert REOPEN_WINDOW[None] == timedelta(days=90)
    play = Play()
    case_id = play.report(sub)
    play.do("RejectMatter", case_id)
    last = START + timedelta(days=days)
    case = play.cases[case_id]
    again, _ = course.reopen(case, None, None, last)
    assert (again.stage, again.reopens, again.reopened_at, again.closed_at) == (Stage.ACCEPTED, 1, last, None)
    with pytest.raises(Refused) as caught:
        course.reopen(case, None, None, last + timedelta(seconds=1))
    assert caught.value.code is Code.TOO_LATE_NOW
    assert caught.value.body.detail == {"days": str(days)}


def test_what_was_said_before_counts_no_more() -> None:
    play = Play()
    case_id = play.report(SubCategory.PUBLIC_FACILITY)
    closed = play.cases[case_id].after(
        stage=Stage.CLOSED,
        closed_at=START,
        outcome=Outcome.SOLVED,
        solved=True,
        score=5,
        feedback_at=START,
        called_back_at=START,
        missed=(START.date(),),
    )
    again, _ = course.reopen(closed, None, None, START)
    assert (again.solved, again.score, again.feedback_at, again.called_back_at, again.missed, again.outcome) == (
        None,
        None,
        None,
        None,
        (),
        None,
    )


def test_the_lapse_of_an_earlier_question_is_an_echo() -> None:
    """She answered, and was asked again: what lapsed was the first question."""
    play = Play()
    case_id = play.report(SubCategory.PUBLIC_FACILITY)
    play.do("AskForInformation", case_id)
    first = play.now
    play.do("SupplyInformation", case_id)
    play.now += timedelta(hours=1)
    play.do("AskForInformation", case_id)
    clock = MatterClock(stage=ClockStage.INFORMATION, started_at=first, amber_at=first, due_at=first)
    case = play.cases[case_id]
    assert course.lapse_of_information(case, _custody(case_id, clock), play.now) == (case, ())
    now = clock.model_copy(update={"started_at": play.now})
    after, [told] = course.lapse_of_information(case, _custody(case_id, now), play.now)
    assert (after.stage, after.outcome, type(told).__name__) == (Stage.CLOSED, Outcome.NO_RESPONSE, "CaseClosed")


def test_a_merge_is_undone_for_a_week() -> None:
    assert timedelta(days=7) == UNMERGE_WINDOW


def _custody(case_id: str, clock: MatterClock) -> CustodyState:
    return CustodyState(case_id=case_id, version=1, region=VILLAGE, level=Level.VILLAGE, clocks=(clock,))
