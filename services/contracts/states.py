"""The public state of a matter, one model for each service that keeps a part of it. Events carry these whole."""

from enum import StrEnum

from services.contracts.base import Instant, Model
from services.contracts.cases import CaseClass, Category, Outcome, Stage, SubCategory, Urgency
from services.contracts.ids import CaseId, CaseNumber, MemberId, NodeId, ProfileName, WorkerTag
from services.contracts.regions import Level, RegionCode


class CaseState(Model):
    """Intake's part: what anyone in the cell may know of a case. No text, no person, no place below the village.

    Of a C3 case `region` is the county and `sub_category` is absent; of a C2 case `sub_category` is absent (design 3).
    """

    case_id: CaseId
    version: int
    number: CaseNumber
    region: RegionCode
    case_class: CaseClass
    category: Category
    sub_category: SubCategory | None = None
    urgency: Urgency
    profile: ProfileName = "default"
    """The time-limit profile: what escalation needs of the sub-category, and no more."""
    stage: Stage
    submitted_at: Instant
    acknowledged_at: Instant | None = None
    accepted_at: Instant | None = None
    feedback_at: Instant | None = None
    called_back_at: Instant | None = None
    solved: bool | None = None
    """Whether the reporter says it is solved (call-back or rating); None until asked."""
    reworked_at: Instant | None = None
    """When the reporter last said that it is not solved: the work begins again from there."""
    reworks: int = 0
    """How often she has said so. Counted, because the clocks of two services are not to be compared."""
    closed_at: Instant | None = None
    outcome: Outcome | None = None
    summary_version: int = 0
    """The version of the approved public summary (F1); 0 while there is none."""


class AccessState(Model):
    """Who may see a private matter and who is barred from it: opaque members. On a compacted topic of its own."""

    case_id: CaseId
    version: int
    case_class: CaseClass
    group: NodeId | None = None
    reporters: tuple[MemberId, ...] = ()
    circle: tuple[MemberId, ...] = ()
    barred: tuple[MemberId, ...] = ()


class DocketStage(StrEnum):
    """What the council is doing with a matter."""

    NONE = "NONE"
    IN_DELIBERATION = "IN_DELIBERATION"
    IN_EXECUTION = "IN_EXECUTION"
    COMPLETED = "COMPLETED"


class DocketState(Model):
    """Deliberation's part of a matter."""

    case_id: CaseId
    version: int
    stage: DocketStage = DocketStage.NONE


class EntryState(StrEnum):
    """Where one level stands with a matter (domain 2.4)."""

    NOTIFIED = "NOTIFIED"
    RECEIVED = "RECEIVED"
    ACTING = "ACTING"
    RESOLVED_HERE = "RESOLVED_HERE"
    PASSED_UP = "PASSED_UP"
    FOLLOWING = "FOLLOWING"
    FEEDBACK_RELAYED = "FEEDBACK_RELAYED"
    RETURNED_DOWN = "RETURNED_DOWN"
    INFORMED = "INFORMED"
    CLOSED = "CLOSED"


class LevelEntry(Model):
    """One level's line in the thread of a matter."""

    level: Level
    node: NodeId
    state: EntryState


class ClockStage(StrEnum):
    """What a clock of a matter measures (domain 3.3)."""

    ACK = "ACK"
    TRIAGE = "TRIAGE"
    WINDOW = "WINDOW"
    FEEDBACK = "FEEDBACK"
    CALL_BACK = "CALL_BACK"


class ClockState(StrEnum):
    """Whether a clock runs. The lamp is computed from the times, never stored."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"


class MatterClock(Model):
    """One due time of a matter. Moved by the ladder, granted pauses, urgency and calendars; by nothing else."""

    stage: ClockStage
    state: ClockState = ClockState.RUNNING
    started_at: Instant
    amber_at: Instant
    due_at: Instant
    provisional: bool = False
    overdue: bool = False


class CustodyState(Model):
    """Escalation's part: the one holder, the clocks, the levels."""

    case_id: CaseId
    version: int
    region: RegionCode
    holder: NodeId | None = None
    """The one node that is accountable; None only when the matter is closed."""
    level: Level
    entries: tuple[LevelEntry, ...] = ()
    clocks: tuple[MatterClock, ...] = ()
    resolved_at: Instant | None = None
    resolved_level: Level | None = None
    resolved_after: int = 0
    """How many times the reporter had said no when it was resolved: the resolution stands until she says so again."""
    workers: tuple[WorkerTag, ...] = ()
    """Who did the work, as keyed tags that only a service of this cell can match with a member: she does not call back (I5)."""
    outcome: Outcome | None = None
    closed_at: Instant | None = None
    private: bool = False
    """Whether the matter is of C2 or C3, so that who counts by these facts alone can keep small numbers to herself (domain 1.4, V5)."""

    @property
    def clock(self) -> MatterClock | None:
        """The running clock that is due first; None when the matter is closed."""
        running = [clock for clock in self.clocks if clock.state is ClockState.RUNNING]
        return min(running, key=lambda clock: clock.due_at, default=None)
