"""The month's counters: moved once by each fact (the inbox sees to it), whatever order they come in."""

from datetime import datetime, timedelta, timezone

from gateway.readmodel.tables import METADATA
from services.chassis.transaction import Transaction
from services.contracts.cases import CaseClass, Category, Outcome, Stage
from services.contracts.clocks import ClockStage
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

COUNTER = METADATA.tables["counter"]
COUNCIL_OVERDUE = "council_overdue"
"""The metric of councils that had not decided in time: three in a quarter put a village on the coaching list (S21)."""
SHANGHAI = timezone(timedelta(hours=8))


async def count_case(tx: Transaction, event: CaseEvent) -> None:
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
    private = case.case_class in {CaseClass.C2, CaseClass.C3}
    category = Category.PERSONAL if case.case_class is CaseClass.C3 else case.category
    await _count(tx, case.region, event.at, category.value, private, metric)
    if isinstance(event, CaseClosed) and case.stage is Stage.CLOSED:
        await _count(tx, case.region, event.at, category.value, private, f"closed_{event.outcome.value.lower()}")
    if isinstance(event, CaseRedirected) and event.receipted:
        await _count(tx, case.region, event.at, category.value, private, "redirected_with_receipt")


async def count_custody(tx: Transaction, event: CustodyEvent) -> None:
    """Custody does not know the category; these counters are by region alone."""
    custody = event.custody
    if isinstance(event, ClockOverdue) and event.stage is ClockStage.COUNCIL:
        await _count(tx, custody.region, event.at, "", custody.private, COUNCIL_OVERDUE)
    level, at = custody.level.value.lower(), event.at
    match event:
        case CustodyClosed(outcome=Outcome.SOLVED | Outcome.PARTLY):
            # In the month of its closing, so that the levels add up to what was closed as solved (I8).
            at, metric = custody.closed_at or at, f"resolved_at_{(event.highest or custody.level).value.lower()}"
        case ClockOverdue() if sum(clock.overdue for clock in custody.clocks) == 1:
            metric = "overdue"  # matters, not clocks: one matter's four would pass for enough to be shown (V5)
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
    await _count(tx, custody.region, at, "", custody.private, metric)


async def count_docket(tx: Transaction, event: DocketEvent) -> None:
    """Sessions that count as a deliberation (议事), and resolutions: by region alone, as custody's."""
    if not isinstance(event, ResolutionAdopted | SessionClosed) or event.docket.region is None:
        return
    session = event.docket.session(event.session_id)
    if session is None:
        return
    if session.counted:
        await _count(tx, event.docket.region, event.at, "", session.restricted, "sessions")
    if isinstance(event, ResolutionAdopted):
        await _count(tx, event.docket.region, event.at, "", session.restricted, "resolutions")


async def _count(tx: Transaction, region: str, at: datetime, category: str, private: bool, metric: str) -> None:
    key = {
        "region": region,
        "month": f"{at.astimezone(SHANGHAI):%Y-%m}",
        "category": category,
        "private": private,
        "metric": metric,
    }
    insert = tx.room.database.insert(COUNTER).values(**key, count=1)
    more = insert.on_conflict_do_update(index_elements=list(key), set_={"count": COUNTER.c.count + 1})
    await tx.execute(more)
