"""The words of a department work order (交办单), and its public state (domain 2.5)."""

from enum import StrEnum

from services.contracts.base import Instant, Model
from services.contracts.cases import Urgency
from services.contracts.clocks import ClockState
from services.contracts.ids import CaseId, NodeId, OrderId
from services.contracts.ladder import SuspendReason
from services.contracts.regions import RegionCode


class OrderStep(StrEnum):
    """What happened to a work order, as a matter's story tells it."""

    ISSUED = "ISSUED"
    SIGNED = "SIGNED"
    OBJECTED = "OBJECTED"
    REISSUED = "REISSUED"
    LEAD_CHANGED = "LEAD_CHANGED"
    DESIGNATED = "DESIGNATED"
    PROGRESSED = "PROGRESSED"
    EXTENSION_REQUESTED = "EXTENSION_REQUESTED"
    EXTENSION_GRANTED = "EXTENSION_GRANTED"
    EXTENSION_DENIED = "EXTENSION_DENIED"
    PAUSED = "PAUSED"
    RESUMED = "RESUMED"
    HASTENED = "HASTENED"
    REPORTED_DONE = "REPORTED_DONE"
    EXPLAINED = "EXPLAINED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    VERIFIED = "VERIFIED"
    CALLED_BACK = "CALLED_BACK"
    REWORKED = "REWORKED"
    URGED = "URGED"
    SUPERVISED = "SUPERVISED"
    HEAD_WRITTEN = "HEAD_WRITTEN"
    ART73_OPINION = "ART73_OPINION"
    GOV_INSPECTION = "GOV_INSPECTION"
    OVERDUE = "OVERDUE"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    PASSED_ON = "PASSED_ON"


class OrderStage(StrEnum):
    """Where a work order stands."""

    ISSUED = "ISSUED"
    OBJECTED = "OBJECTED"
    DESIGNATED = "DESIGNATED"
    SIGNED = "SIGNED"
    IN_PROGRESS = "IN_PROGRESS"
    EXTENSION_REQUESTED = "EXTENSION_REQUESTED"
    PAUSED = "PAUSED"
    REPORTED_DONE = "REPORTED_DONE"
    VERIFIED = "VERIFIED"
    REWORK = "REWORK"
    CALLED_BACK = "CALLED_BACK"
    CLOSED = "CLOSED"
    REISSUED = "REISSUED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        """Nothing more will happen to it."""
        return self in {OrderStage.CLOSED, OrderStage.REISSUED, OrderStage.CANCELLED}

    @property
    def settled(self) -> bool:
        """It does not keep the matter from being resolved any more."""
        return self.ended or self in {OrderStage.VERIFIED, OrderStage.CALLED_BACK}

    @property
    def reported(self) -> bool:
        """The department has said what came of it."""
        return self.settled or self is OrderStage.REPORTED_DONE

    @property
    def working(self) -> bool:
        """The department has signed and works on it."""
        return self in _WORKING


_WORKING = frozenset({OrderStage.SIGNED, OrderStage.IN_PROGRESS, OrderStage.EXTENSION_REQUESTED, OrderStage.REWORK})


class OrderRole(StrEnum):
    """What a department does in a joint order."""

    LEAD = "LEAD"
    CO = "CO"


class OrderResult(StrEnum):
    """What the department says came of it."""

    DONE = "DONE"
    EXPLAINED = "EXPLAINED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class Supervision(StrEnum):
    """How far supervision of an order has gone (domain 2.5), lowest first."""

    NONE = "NONE"
    URGED = "URGED"
    SUPERVISED = "SUPERVISED"
    INTERVIEWED = "INTERVIEWED"
    ART73_OPINION = "ART73_OPINION"
    GOV_INSPECTION = "GOV_INSPECTION"

    def at_least(self, other: "Supervision") -> "Supervision":
        """The further of the two: supervision never goes back."""
        order = list(Supervision)
        return max(self, other, key=order.index)


class PauseReason(StrEnum):
    """Why the clocks of an order may pause."""

    SEASONAL = "SEASONAL"
    FUNDING_WAIT = "FUNDING_WAIT"
    COURT_PENDING = "COURT_PENDING"
    ACCESS_WAIT = "ACCESS_WAIT"


class OrderClockStage(StrEnum):
    """What a clock of an order measures (domain 3.3, third table)."""

    SIGN = "SIGN"
    OBJECT = "OBJECT"
    OBJECTION_ANSWER = "OBJECTION_ANSWER"
    FIRST_REPORT = "FIRST_REPORT"
    PROGRESS = "PROGRESS"
    COMPLETE = "COMPLETE"
    EXTENSION_DECISION = "EXTENSION_DECISION"
    VERIFY = "VERIFY"
    ART73_REPLY = "ART73_REPLY"


ISSUERS_CLOCKS = frozenset(
    {OrderClockStage.OBJECTION_ANSWER, OrderClockStage.EXTENSION_DECISION, OrderClockStage.VERIFY}
)
"""What the issuer owes; everything else the department does."""


class OrderClock(Model):
    """One due time of an order. Moved by a granted extension or pause and by calendars; by nothing else."""

    stage: OrderClockStage
    state: ClockState = ClockState.RUNNING
    started_at: Instant
    amber_at: Instant
    due_at: Instant
    provisional: bool = False
    overdue: bool = False


class Rest(Model):
    """A rest that the matter of an order takes (domain 2.1): the order's clocks stand, and nobody urges."""

    reason: SuspendReason
    since: Instant
    until: Instant
    """When the matter goes on by itself, if nobody lets it go on before."""


class OrderState(Model):
    """A department work order as anyone in the cell may know of it: codes and times, no word of anybody's."""

    order_id: OrderId
    version: int
    case_id: CaseId
    region: RegionCode
    """The matter's."""
    issuer: NodeId
    issuer_region: RegionCode
    department: NodeId
    role: OrderRole = OrderRole.LEAD
    joint: OrderId | None = None
    """What the orders of several departments on one thing have in common: the id of the first lead's."""
    letter: bool = False
    """A letter of enquiry (函询): no clock, nobody is urged."""
    urgency: Urgency
    stage: OrderStage = OrderStage.ISSUED
    result: OrderResult | None = None
    supervision: Supervision = Supervision.NONE
    clocks: tuple[OrderClock, ...] = ()
    issued_at: Instant
    signed_at: Instant | None = None
    reported_at: Instant | None = None
    verified_at: Instant | None = None
    ended_at: Instant | None = None
    objected: bool = False
    """Whether the department has objected: once."""
    designated: bool = False
    """Whether the issuer has answered that it is this department's: no objection after that."""
    reworks: int = 0
    extensions: int = 0
    """How many were granted."""
    days_asked: int | None = None
    """Working days of the extension that waits for the issuer's answer."""
    paused_for: PauseReason | None = None
    rest: Rest | None = None
    """While its matter is suspended. Of what is settled there is nothing to rest."""
    opinion_from: Instant | None = None
    """From when an opinion by Art. 73 may be given; None: never."""
    opinion_at: Instant | None = None
    opinion_answered: bool = False
    """Whether the department has reported since the opinion."""
    reissued_as: OrderId | None = None

    def clock_of(self, stage: OrderClockStage) -> OrderClock | None:
        """The clock that measures this; None if none was ever started."""
        return next((clock for clock in self.clocks if clock.stage is stage), None)

    @property
    def clock(self) -> OrderClock | None:
        """The running clock that is due first."""
        running = [clock for clock in self.clocks if clock.state is ClockState.RUNNING]
        return min(running, key=lambda clock: clock.due_at, default=None)

    def may_object(self, now: Instant) -> bool:
        """Within the window, once, before the work has begun, and never to a designation or a rework (domain 2.5). While its matter rests
        the window stands."""
        window = self.clock_of(OrderClockStage.OBJECT)
        at = self.rest.since if self.rest else now
        return (
            self.stage in {OrderStage.ISSUED, OrderStage.SIGNED}
            and not (self.objected or self.designated or self.reworks)
            and window is not None
            and window.state is not ClockState.STOPPED
            and at <= window.due_at
        )
