"""The month's counters: moved once by each fact (the inbox sees to it), whatever order they come in."""

from gateway.readmodel.unit_of_work import UnitOfWork
from services.contracts.cases import CaseClass, Category, Outcome, Stage
from services.contracts.clocks import BESIDE_THE_WORK, ClockStage
from services.contracts.events.deliberation import DocketEvent, ResolutionAdopted, SessionClosed
from services.contracts.events.escalation import (
    ClockOverdue,
    CustodyClosed,
    CustodyEvent,
    IdleSurfaced,
    MatterReceived,
    MatterReworked,
    PassedUp,
    ReturnedDown,
    SupervisionChanged,
    TakenOver,
)
from services.contracts.events.intake import (
    CaseAccepted,
    CaseCalledBack,
    CaseClosed,
    CaseEvent,
    CaseMerged,
    CaseRated,
    CaseRedirected,
    CaseRejected,
    CaseReopened,
    CaseSubmitted,
    CaseUnmerged,
    CaseWithdrawn,
    FeedbackGiven,
    InformationAsked,
    WithdrawalNoted,
)

COUNCIL_OVERDUE = "council_overdue"
"""The metric of councils that had not decided in time: three in a quarter put a village on the coaching list (S21)."""


def count_case(unit: UnitOfWork, event: CaseEvent) -> None:
    """What a fact of a case counts as."""
    metrics = {
        CaseSubmitted: "submitted",
        CaseAccepted: "accepted",
        FeedbackGiven: "feedback_given",
        CaseClosed: "closed",
        InformationAsked: "information_asked",
        CaseRejected: "rejected",
        CaseRedirected: "redirected",
        CaseWithdrawn: "withdrawn",
        WithdrawalNoted: "withdrawal_noted",
        CaseMerged: "merged",
        CaseUnmerged: "unmerged",
        CaseReopened: "reopened",
    }
    case = event.case
    metric = metrics.get(type(event))
    if isinstance(event, CaseRated | CaseCalledBack) and case.stage is Stage.ACCEPTED:
        metric = "reworked"
    if metric is None:
        return
    private = case.case_class.private
    category = Category.PERSONAL if case.case_class is CaseClass.C3 else case.category
    unit.count(case.region, event.at, category.value, private, metric)
    if isinstance(event, CaseClosed) and case.stage is Stage.CLOSED:
        unit.count(case.region, event.at, category.value, private, f"closed_{event.outcome.value.lower()}")
    if isinstance(event, CaseRedirected) and event.receipted:
        unit.count(case.region, event.at, category.value, private, "redirected_with_receipt")


def count_custody(unit: UnitOfWork, event: CustodyEvent) -> None:
    """Custody does not know the category; these counters are by region alone."""
    custody = event.custody
    if isinstance(event, ClockOverdue) and event.stage is ClockStage.COUNCIL:
        unit.count(custody.region, event.at, "", custody.private, COUNCIL_OVERDUE)
    level, at = custody.level.value.lower(), event.at
    match event:
        case CustodyClosed(outcome=Outcome.SOLVED | Outcome.PARTLY):
            # In the month of its closing, so that the levels add up to what was closed as solved (I8).
            at, metric = custody.closed_at or at, f"resolved_at_{(event.highest or custody.level).value.lower()}"
        case ClockOverdue() if _late_first(event):
            metric = "overdue"
        case PassedUp():
            metric = f"passed_up_by_{level}"
        case MatterReceived():
            metric = f"received_by_{level}"
        case TakenOver():
            metric = f"taken_over_by_{level}"
        case ReturnedDown():
            metric = f"returned_to_{level}"
        case MatterReworked():
            metric = "reworked"
        case SupervisionChanged(on=True):
            metric = "supervised"
        case IdleSurfaced():
            metric = "idle_council"
        case _:
            return
    unit.count(custody.region, at, "", custody.private, metric)


def _late_first(event: ClockOverdue) -> bool:
    """Whether it makes the matter one that is overdue, as its lamp says (domain 8): no duty beside the work does. Matters are counted, not
    clocks: one matter's four would pass for enough to be shown (V5)."""
    late = [clock for clock in event.custody.clocks if clock.overdue and clock.stage not in BESIDE_THE_WORK]
    return event.stage not in BESIDE_THE_WORK and len(late) == 1


def count_docket(unit: UnitOfWork, event: DocketEvent) -> None:
    """Sessions that count as a deliberation (议事), and resolutions: by region alone, as custody's."""
    if not isinstance(event, ResolutionAdopted | SessionClosed) or event.docket.region is None:
        return
    session = event.docket.session(event.session_id)
    if session is None:
        return
    if session.counted:
        unit.count(event.docket.region, event.at, "", session.restricted, "sessions")
    if isinstance(event, ResolutionAdopted):
        unit.count(event.docket.region, event.at, "", session.restricted, "resolutions")
