"""What may happen to a case on its straight way, from report to closing (domain 2.1): pure, total, no text. Each move gives the case after
it and the facts to tell."""

from datetime import date, datetime

from services.contracts.allowed import owner_may_accept
from services.contracts.cases import FeedbackMethod, Outcome, Relation, Stage, SubCategory, Urgency
from services.contracts.events.intake import (
    CaseAccepted,
    CaseAcknowledged,
    CaseCalledBack,
    CaseClosed,
    CaseEvent,
    CaseRated,
    CaseSubmitted,
    FeedbackGiven,
)
from services.contracts.fitting import fitting
from services.contracts.ids import CaseId, MemberId, NodeId
from services.contracts.refusals import Code, Refused
from services.contracts.regions import RegionCode
from services.contracts.states import CustodyState
from services.contracts.wrong import Wrong, malformed
from services.intake.rules.case import SHANGHAI, Case, Moved, check_fits

ATTEMPTS = 3
"""Call-backs that reach nobody, on different days, before the case is closed as NO_RESPONSE (domain 2.1)."""

GOOD = frozenset({Outcome.SOLVED, Outcome.PARTLY})
"""What counts as resolved (domain 8)."""

EARLIEST = date(1900, 1, 1)
"""Nobody who reports a matter, nor anybody whom it concerns, has seen an earlier day: a date before it was mistyped."""


def submit(
    case_id: CaseId,
    number: str,
    *,
    village: RegionCode,
    group: NodeId,
    sub: SubCategory,
    relation: Relation,
    urgency: Urgency | None,
    reporters: tuple[MemberId, ...],
    circle: tuple[MemberId, ...],
    happened_on: date | None,
    now: datetime,
    answer_by: FeedbackMethod | None = None,
    may_contact: bool = False,
) -> Moved:
    """A matter is reported. Its class and urgency follow from the sub-category; the reporter may say that it is less urgent only
    of an ordinary matter (C0, C1, not RED), and more urgent of any."""
    default = sub.default
    if happened_on and happened_on > now.astimezone(SHANGHAI).date():
        raise Refused(Code.DATE_IN_FUTURE, field="happenedOn")
    if happened_on and happened_on < EARLIEST:
        raise Refused(Code.DATE_TOO_EARLY, field="happenedOn", limit=EARLIEST)
    lowered = urgency is not None and default.urgency.before(urgency)
    if lowered and (default.urgency is Urgency.RED or default.case_class.private):
        raise Refused(Code.URGENCY_NOT_YOURS)
    case = Case(
        case_id=case_id,
        version=1,
        number=number,
        region=village,
        village=village,
        group=group,
        case_class=default.case_class,
        category=default.category,
        sub=sub,
        urgency=urgency or default.urgency,
        profile=sub.profile,
        relation=relation,
        reporters=reporters,
        circle=circle,
        seated=circle,
        may_contact=may_contact,
        stage=Stage.SUBMITTED,
        submitted_at=now,
        answer_by=answer_by,
    )
    return case, (CaseSubmitted(at=now, case=case.public()),)


def acknowledge(case: Case, by: NodeId, custody: CustodyState | None, now: datetime) -> Moved:
    """Somebody of the group has seen it; the acknowledgement clock stops."""
    check_fits("Acknowledge", case, custody)
    after = case.after(acknowledged_at=now)
    return after, (CaseAcknowledged(at=now, case=after.public(), by=by),)


def accept(
    case: Case,
    by: NodeId,
    custody: CustodyState | None,
    now: datetime,
    *,
    as_owner: bool,
    delegated: bool,
    summarised: bool,
) -> Moved:
    """Take it in hand. A group owner needs the chair's delegation, and has it for C0 of GREEN and YELLOW only."""
    check_fits("AcceptMatter", case, custody)

    if as_owner and not owner_may_accept(case, delegated=delegated):
        raise Refused(Code.NOT_DELEGATED)
    after = case.after(
        stage=Stage.ACCEPTED,
        acknowledged_at=case.acknowledged_at or now,
        accepted_at=now,
        rejection_proposed=None,
        summary_version=case.summary_version + summarised,
    )
    return after, (CaseAccepted(at=now, case=after.public(), by=by, delegated=as_owner),)


def give_feedback(
    case: Case,
    by: NodeId,
    method: FeedbackMethod,
    custody: CustodyState | None,
    now: datetime,
    *,
    to_group: bool,
) -> Moved:
    """The answer reaches the person who spoke (domain 0.3): only now is the loop about to close."""
    check_fits("GiveFeedback", case, custody)
    if case.answer_by is not None and method is FeedbackMethod.APP:
        raise Refused(Code.VISIT_OWED)
    after = case.after(
        stage=Stage.FEEDBACK_GIVEN,
        feedback_at=now,
        summary_version=case.summary_version + to_group,
    )
    return after, (FeedbackGiven(at=now, case=after.public(), by=by, method=method),)


def rate(case: Case, member: MemberId, score: int, solved: bool, custody: CustodyState | None, now: datetime) -> Moved:
    """The reporter says how it went: solved closes, not solved goes back to work. Who wrote it down for somebody else does not rate it in
    her name (S23)."""
    of_hers = case.model_copy(update={"some_read": False}) if member in case.writers else case
    check_fits("RateMatter", of_hers, custody)
    after = _heard(case, score, solved, now)
    told: tuple[CaseEvent, ...] = (CaseRated(at=now, case=after.public()),)
    return _closed_if_solved(after, told, custody, now)


def call_back(
    case: Case,
    by: NodeId,
    worker: str,
    *,
    liaison: bool = False,
    worked: bool = False,
    reached: bool,
    score: int | None,
    solved: bool | None,
    custody: CustodyState | None,
    now: datetime,
) -> Moved:
    """Somebody who did not do the work asks the reporter (I5), nor answers for a department: `worker` is the caller's tag
    (`chassis.transaction.worker_tag`). `worked`: she did some of it while a report that was joined with this stood by itself."""
    check_fits("CallBack", case, custody)
    if liaison or worked or (custody is not None and worker in custody.workers):
        raise Refused(Code.OWN_WORK)
    if reached is (solved is None):
        raise malformed("solved", Wrong.SOLVED_IF_REACHED)
    if reached and solved is not None:
        after = _heard(case, score, solved, now).model_copy(update={"called_back_at": now})
        told: tuple[CaseEvent, ...] = (CaseCalledBack(at=now, case=after.public(), by=by, reached=True),)
        return _closed_if_solved(after, told, custody, now)
    missed = tuple(dict.fromkeys((*case.missed, now.astimezone(SHANGHAI).date())))
    after = case.after(missed=missed)
    told = (CaseCalledBack(at=now, case=after.public(), by=by, reached=False),)
    if len(missed) >= ATTEMPTS:
        closed, more = close_as(after, Outcome.NO_RESPONSE, now)
        return closed, told + more
    return after, told


def close(case: Case, outcome: Outcome, custody: CustodyState | None, now: datetime) -> Moved:
    """Close by hand, after feedback: not as better than it was resolved."""
    if case.stage is not Stage.FEEDBACK_GIVEN and not case.stage.ended:
        raise Refused(Code.FEEDBACK_FIRST, allowed=fitting(case, custody))
    check_fits("CloseMatter", case, custody)
    if outcome in GOOD and (custody is None or custody.outcome not in GOOD):
        raise Refused(Code.NOT_SO, reason=outcome.value)
    return close_as(case, outcome, now)


def lapse(case: Case, custody: CustodyState, now: datetime) -> Moved:
    """No call-back was due (GREEN, not in the sample) or none came about: the case closes as it was resolved. In any other
    state the lapse is an echo of a moment that has passed, and nothing happens."""
    if case.stage is not Stage.FEEDBACK_GIVEN:
        return case, ()
    return close_as(case, custody.outcome or Outcome.NO_RESPONSE, now)


def _heard(case: Case, score: int | None, solved: bool, now: datetime) -> Case:
    if solved:
        return case.after(score=score, solved=True)
    again = {"stage": Stage.ACCEPTED, "feedback_at": None, "reworked_at": now, "reworks": case.reworks + 1}
    return case.after(score=score, solved=False, **again)


def _closed_if_solved(case: Case, told: tuple[CaseEvent, ...], custody: CustodyState | None, now: datetime) -> Moved:
    if not case.solved:
        return case, told
    closed, more = close_as(case, (custody.outcome if custody else None) or Outcome.SOLVED, now)
    return closed, told + more


def close_as(case: Case, outcome: Outcome, now: datetime) -> Moved:
    """The loop is closed."""
    closed = case.after(stage=Stage.CLOSED, closed_at=now, outcome=outcome)
    return closed, (CaseClosed(at=now, case=closed.public(), outcome=outcome),)
