"""What may happen to a case off the straight way (domain 2.1, S16, S18): asked for information, turned down, redirected, withdrawn,
opened again, made more urgent. Pure, total, no text."""

from datetime import datetime

from services.contracts.callers import Grant
from services.contracts.cases import (
    MUST_BE_REPORTED,
    PUBLIC_HAZARDS,
    Channel,
    Outcome,
    RejectionFinding,
    RejectReason,
    Stage,
    Urgency,
)
from services.contracts.clocks import ClockStage
from services.contracts.events.intake import (
    CaseRedirected,
    CaseRejected,
    CaseReopened,
    CaseWithdrawn,
    InformationAsked,
    InformationSupplied,
    RejectionProposed,
    RejectionUpheld,
    UrgencyChanged,
    WithdrawalNoted,
)
from services.contracts.fitting import MAX_ASKED, fitting, too_late
from services.contracts.ids import MemberId, NodeId
from services.contracts.lifecycle import is_resolved
from services.contracts.refusals import Code, Refused
from services.contracts.regions import level_of
from services.contracts.states import CustodyState
from services.intake.rules.case import Case, Moved, check_fits, in_hand
from services.intake.rules.straight_way import close_as


def ask(case: Case, by: NodeId, custody: CustodyState | None, now: datetime) -> Moved:
    """The reporter is asked for what is missing: at most twice, never of a RED matter. Who asks has seen it."""
    if case.stage is Stage.SUBMITTED and case.urgency is Urgency.RED:
        raise Refused(Code.NOT_WHEN_RED, allowed=fitting(case, custody))
    if case.stage is Stage.SUBMITTED and case.asked >= MAX_ASKED:
        raise Refused(Code.ASKED_ENOUGH, allowed=fitting(case, custody), limit=MAX_ASKED)
    check_fits("AskForInformation", case, custody)
    after = case.after(
        stage=Stage.RETURNED_FOR_INFO,
        asked=case.asked + 1,
        asked_at=now,
        acknowledged_at=case.acknowledged_at or now,
    )
    return after, (InformationAsked(at=now, case=after.public(), by=by),)


def supply(case: Case, custody: CustodyState | None, now: datetime) -> Moved:
    """She answers, and it goes on where it was."""
    check_fits("SupplyInformation", case, custody)
    after = case.after(stage=Stage.SUBMITTED, asked_at=None)
    return after, (InformationSupplied(at=now, case=after.public(), in_hand=in_hand(case, custody)),)


def lapse_of_information(case: Case, custody: CustodyState, now: datetime) -> Moved:
    """She did not answer in time: closed, and may be reopened. In any other state, and of an earlier question, the lapse is an echo."""
    if case.stage is not Stage.RETURNED_FOR_INFO:
        return case, ()
    asked = next((clock for clock in custody.clocks if clock.stage is ClockStage.INFORMATION), None)
    if asked is not None and asked.started_at != case.asked_at:
        return case, ()
    return close_as(case.model_copy(update={"asked_at": None}), Outcome.NO_RESPONSE, now)


def propose_rejection(
    case: Case, by: NodeId, reason: RejectReason, custody: CustodyState | None, now: datetime
) -> Moved:
    """A group's owner proposes; nothing else changes."""
    check_fits("ProposeRejection", case, custody)
    after = case.after(rejection_proposed=reason)
    return after, (RejectionProposed(at=now, case=after.public(), by=by, reason=reason),)


def reject(case: Case, by: NodeId, reason: RejectReason, custody: CustodyState | None, now: datetime) -> Moved:
    """Not ours to handle."""
    check_fits("RejectMatter", case, custody)
    after = case.after(
        stage=Stage.REJECTED, closed_at=now, rejected_for=reason, rejection_proposed=None, rejection_finding=None
    )
    told = in_hand(case, custody)
    return after, (CaseRejected(at=now, case=after.public(), by=by, reason=reason, in_hand=told),)


def review_rejection(
    case: Case, finding: RejectionFinding, by: Grant, custody: CustodyState | None, now: datetime
) -> Moved:
    """A level above the one that turned it down looks at it: nobody reviews what her own level did. Found wrong, it is opened again."""
    check_fits("ReviewRejection", case, custody)
    turned_down_at = custody.level if custody else level_of(case.public().region)
    if by.level.width >= turned_down_at.width:
        raise Refused(Code.OWN_WORK)
    if finding is RejectionFinding.UPHELD:
        after = case.after(rejection_finding=finding)
        return after, (RejectionUpheld(at=now, case=after.public(), by=by.public_node),)
    found = case.model_copy(update={"rejection_finding": finding})
    return reopen(found, by.public_node, custody, now)


def redirect(
    case: Case,
    by: NodeId,
    to: Channel,
    custody: CustodyState | None,
    now: datetime,
    *,
    handed_over: bool,
    receipted: bool,
) -> Moved:
    """It goes where it belongs; a RED one is handed over by word of mouth first."""
    check_fits("RedirectMatter", case, custody)
    if case.urgency is Urgency.RED and not handed_over:
        raise Refused(Code.HANDOVER_REQUIRED)
    after = case.after(stage=Stage.REDIRECTED, closed_at=now, redirected_to=to)
    told = in_hand(case, custody)
    return after, (CaseRedirected(at=now, case=after.public(), by=by, to=to, receipted=receipted, in_hand=told),)


def withdraw(case: Case, member: MemberId, custody: CustodyState | None, now: datetime) -> Moved:
    """A reporter takes it back. What is not hers alone to stop goes on, and what is resolved stays resolved: then it is noted, once of
    each of them."""
    check_fits("WithdrawMatter", case, custody)
    if member in case.withdrew:
        return case, ()
    withdrew = (*case.withdrew, member)
    told = in_hand(case, custody)
    said = {"withdrew": withdrew, "reporter_withdrew": set(case.everyone) <= set(withdrew)}
    if goes_on(case, member) or _done(case, custody):
        noted = case.after(**said)
        return noted, (WithdrawalNoted(at=now, case=noted.public(), in_hand=told),)
    return _withdrawn(case.model_copy(update=said), told, now)


def taken_back(before: Case, case: Case, custody: CustodyState | None, now: datetime) -> Moved:
    """What all its reporters took back, and nobody kept going but others whose reports are joined with it no longer, ends with that."""
    alone = case.reporter_withdrew and not before.reporter_withdrew
    kept = case.stage.ended or _done(case, custody) or all(goes_on(case, each) for each in case.everyone)
    return _withdrawn(case, in_hand(case, custody), now) if alone and not kept else (case, ())


def _withdrawn(case: Case, told: tuple[NodeId, ...], now: datetime) -> Moved:
    after = case.after(stage=Stage.WITHDRAWN, closed_at=now, asked_at=None)
    return after, (CaseWithdrawn(at=now, case=after.public(), in_hand=told),)


def _done(case: Case, custody: CustodyState | None) -> bool:
    return case.stage is Stage.FEEDBACK_GIVEN or is_resolved(case, custody)


def goes_on(case: Case, member: MemberId) -> bool:
    """Whether a matter goes on though this reporter withdraws (S16): RED, or to be reported by law; a public hazard; somebody else's;
    one that others have reported too, and have not taken back."""
    return (
        case.urgency is Urgency.RED
        or case.sub in MUST_BE_REPORTED | PUBLIC_HAZARDS
        or member in case.bystanders
        or any(each != member and each not in case.withdrew for each in case.everyone)
    )


def reopen(case: Case, by: NodeId | None, custody: CustodyState | None, now: datetime) -> Moved:
    """Open again, with its history; what was said of how it went counts no more."""
    check_fits("ReopenMatter", case, custody)
    if (window := too_late("ReopenMatter", case, now)) is not None:
        raise Refused(Code.TOO_LATE_NOW, days=window.days)
    after = case.after(
        stage=Stage.ACCEPTED,
        reopens=case.reopens + 1,
        reopened_at=now,
        acknowledged_at=case.acknowledged_at or now,
        accepted_at=case.accepted_at or now,
        closed_at=None,
        outcome=None,
        rejected_for=None,
        reporter_withdrew=False,
        withdrew=(),
        asked_at=None,
        solved=None,
        called_back_at=None,
        feedback_at=None,
        score=None,
        missed=(),
    )
    return after, (CaseReopened(at=now, case=after.public(), by=by),)


def set_urgency(
    case: Case, to: Urgency, by: NodeId, custody: CustodyState | None, now: datetime, *, holders_chair: bool
) -> Moved:
    """Faster by anybody who may ask; slower by the holder's chair alone."""
    check_fits("SetUrgency", case, custody)
    if to is case.urgency:
        raise Refused(Code.ALREADY_SO, value=case.urgency.value)
    if case.urgency.before(to) and not holders_chair:
        raise Refused(Code.HOLDERS_CHAIR_ONLY)
    return with_urgency(case, to, by, custody, now)


def raise_urgency(case: Case, to: Urgency, by: NodeId, custody: CustodyState | None, now: datetime) -> Moved:
    """Something was found that cannot wait. Nothing is left to do where the matter is as urgent already, or has come to an end meanwhile."""
    if not to.before(case.urgency) or "SetUrgency" not in fitting(case, custody):
        return case, ()
    return with_urgency(case, to, by, custody, now)


def with_urgency(case: Case, to: Urgency, by: NodeId, custody: CustodyState | None, now: datetime) -> Moved:
    """It must go faster, or may go slower, whoever may say so. Of what cannot wait nobody waits for an answer: it may be accepted at once
    (domain 3.3: no pause for information)."""
    waits = case.stage is Stage.RETURNED_FOR_INFO and to is Urgency.RED
    after = case.after(urgency=to, **({"stage": Stage.SUBMITTED, "asked_at": None} if waits else {}))
    told = in_hand(case, custody)
    return after, (UrgencyChanged(at=now, case=after.public(), by=by, before=case.urgency, in_hand=told),)
