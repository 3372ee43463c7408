"""What people see as the state of a matter: one pure function over the facts of three services (domain 2.1)."""

from enum import StrEnum

from services.contracts.cases import Stage
from services.contracts.states import CaseState, CustodyState, DocketStage, DocketState


class Lifecycle(StrEnum):
    """The public state of a matter."""

    SUBMITTED = "SUBMITTED"
    RETURNED_FOR_INFO = "RETURNED_FOR_INFO"
    ACCEPTED = "ACCEPTED"
    IN_DELIBERATION = "IN_DELIBERATION"
    IN_ACTION = "IN_ACTION"
    ESCALATED = "ESCALATED"
    RESOLVED = "RESOLVED"
    FEEDBACK_GIVEN = "FEEDBACK_GIVEN"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    REDIRECTED = "REDIRECTED"
    WITHDRAWN = "WITHDRAWN"
    MERGED = "MERGED"
    SUSPENDED = "SUSPENDED"


def lifecycle(case: CaseState, docket: DocketState | None = None, custody: CustodyState | None = None) -> Lifecycle:
    """Whoever needs the state applies this to the facts that she has; nobody stores it as a fact of her own."""
    if case.stage is not Stage.ACCEPTED:
        return Lifecycle(case.stage.value)
    if is_resolved(case, custody):
        return Lifecycle.RESOLVED
    if custody is not None and custody.suspended_until is not None:
        return Lifecycle.SUSPENDED
    if custody is not None and (custody.level.width < len(case.region) or custody.notified is not None):
        return Lifecycle.ESCALATED
    match docket.stage if docket else DocketStage.NONE:
        case DocketStage.IN_DELIBERATION:
            return Lifecycle.IN_DELIBERATION
        case DocketStage.IN_EXECUTION | DocketStage.COMPLETED:
            return Lifecycle.IN_ACTION
        case _ if case.reworks or (custody is not None and custody.returned):
            return Lifecycle.IN_ACTION
        case _:
            return Lifecycle.ACCEPTED


RECEIVED = frozenset({Lifecycle.SUBMITTED, Lifecycle.RETURNED_FOR_INFO})
CONCLUDED = frozenset({Lifecycle.CLOSED, Lifecycle.REJECTED, Lifecycle.REDIRECTED, Lifecycle.WITHDRAWN})


def to_a_bystander(state: Lifecycle) -> Lifecycle:
    """What the reporter of somebody else's private matter sees of its state: received, being handled, concluded (V1)."""
    if state in RECEIVED:
        return Lifecycle.SUBMITTED
    return Lifecycle.CLOSED if state in CONCLUDED else Lifecycle.ACCEPTED


def is_resolved(case: CaseState, custody: CustodyState | None) -> bool:
    """Whether the holder's word that it is done still stands: the reporter has not said otherwise since."""
    if custody is None or custody.resolved_at is None:
        return False
    return custody.resolved_after >= times_undone(case)


def times_undone(case: CaseState) -> int:
    """How often a resolution of it was undone: the reporter said no, or it was opened again. Counted, because the clocks of two services
    are not to be compared."""
    return case.reworks + case.reopens


def is_escalated(case: CaseState, custody: CustodyState | None) -> bool:
    """Whether a level above its place holds it."""
    return custody is not None and custody.level.width < len(case.region)


def relay_owed(case: CaseState, custody: CustodyState | None) -> bool:
    """Whether a level above the one that is nearest the reporter holds the answer and must hand it down first (domain 2.4)."""
    above = custody is not None and custody.level.width < len(case.region) and not custody.answers_for
    return above and is_resolved(case, custody)
