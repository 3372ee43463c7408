"""The public state of a matter, one model for each service that keeps a part of it. Events carry these whole."""

from enum import StrEnum

from services.contracts.base import Instant, Model
from services.contracts.cases import (
    CaseClass,
    Category,
    Channel,
    FeedbackMethod,
    Outcome,
    RejectionFinding,
    RejectReason,
    Stage,
    SubCategory,
    Urgency,
)
from services.contracts.clocks import BESIDE_THE_WORK, ClockState, MatterClock
from services.contracts.council import ItemState, ResolutionState, SessionState
from services.contracts.ids import CaseId, CaseNumber, MemberId, NodeId, ProfileName, WorkerTag
from services.contracts.ladder import PassUpReason, SuspendReason, ThreadMode
from services.contracts.organisation import level_of_office
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
    asked_at: Instant | None = None
    """Since when the reporter is asked for what is missing (RETURNED_FOR_INFO); the clocks pause."""
    asked: int = 0
    """How often she was asked: at most twice."""
    reopens: int = 0
    reopened_at: Instant | None = None
    merged_into: CaseId | None = None
    reporter_withdrew: bool = False
    """All who reported it withdrew; it may go on all the same: somebody else's, a hazard, RED (S16)."""
    answer_by: FeedbackMethod | None = None
    """How the reporter must be told, where an entry in an inbox would not reach her (S23)."""
    some_read: bool = False
    """Of such a matter, whether others reported it too whom an entry does reach: they say how it went."""
    rejected_for: RejectReason | None = None
    rejection_finding: RejectionFinding | None = None
    """What a level above found of its last rejection; None while none has looked."""
    rejection_proposed: RejectReason | None = None
    """Why the group's owner proposes to turn it down; the chair decides (S18)."""
    redirected_to: Channel | None = None


class AccessState(Model):
    """Who may see a private matter and who is barred from it: opaque members. On a compacted topic of its own."""

    case_id: CaseId
    version: int
    case_class: CaseClass
    group: NodeId | None = None
    reporters: tuple[MemberId, ...] = ()
    circle: tuple[MemberId, ...] = ()
    barred: tuple[MemberId, ...] = ()
    bystanders: tuple[MemberId, ...] = ()
    """Those of the reporters who reported somebody else's matter: they learn received, being handled, concluded (V1)."""
    writers: tuple[MemberId, ...] = ()
    """Those of the reporters who wrote down what somebody told them: she is answered by other means than their inboxes (S23)."""
    dismissed: tuple[MemberId, ...] = ()
    """Who was taken out of the circle by hand: no office brings her back into it."""

    def able(self, members: tuple[MemberId, ...]) -> tuple[MemberId, ...]:
        """Those of them who may have a hand in it: no party, and of a private matter its circle alone."""
        private = self.case_class.private
        return tuple(each for each in members if each not in self.barred and (not private or each in self.circle))


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
    settled_at: Instant | None = None
    """When a session last ended, with a resolution or without: the council's own clock stops."""
    open_items: int = 0
    """Action items, interim ones too, that are neither verified nor waived: while there are any, nothing is resolved."""
    failures: int = 0
    """Sessions that ended without a resolution: after the second the holder passes up or turns the matter down."""
    region: RegionCode | None = None
    sessions: tuple[SessionState, ...] = ()
    resolutions: tuple[ResolutionState, ...] = ()
    items: tuple[ItemState, ...] = ()

    def session(self, session_id: str) -> SessionState | None:
        """A session by its id."""
        return next((each for each in self.sessions if each.id == session_id), None)

    def resolution(self, resolution_id: str) -> ResolutionState | None:
        """A resolution by its id."""
        return next((each for each in self.resolutions if each.id == resolution_id), None)

    def item(self, item_id: str) -> ItemState | None:
        """An item by its id."""
        return next((each for each in self.items if each.id == item_id), None)


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
    acted: bool = False
    """Whether it has taken a substantive action since the matter last came to it (G4)."""
    supervising: bool = False
    """Whether it supervises the level that holds the matter (督办)."""
    reached_at: Instant | None = None
    """When it was notified, or the village accepted: its window is counted from here."""
    reason: PassUpReason | None = None
    """Why it passed the matter up, when it did."""
    bounces: int = 0
    """How often it handed the matter back down: at most twice."""
    refusals: int = 0
    """How often it refused receipt: at most once."""


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
    mode: ThreadMode = ThreadMode.SEQUENTIAL
    returned: bool = False
    """Whether a level above has handed it back down: what people see is that it is acted on."""
    suspended_until: Instant | None = None
    suspended_for: SuspendReason | None = None
    open_orders: int = 0
    """Department work orders that are not verified, closed or cancelled yet: while there are any, nothing is resolved."""

    vacant: NodeId | None = None
    """The holder, while nobody may act there and a level above has been told, if there is any."""
    surfaced: NodeId | None = None
    """The level that looks after it meanwhile: the nearest above that has anybody who may."""
    headless: bool = False
    """Whether no chair may act there either: its officers do what she would."""
    answers_for: bool = False
    """Whether a level above gives the answer itself, because nobody is in office below to hand it down to."""
    taken: bool = False
    """Whether one of the levels that were alerted at once has taken it: the others do not take it from her while she is in time."""

    def entry(self, level: Level) -> LevelEntry | None:
        """A level's line in the thread; None if it has nothing to do with the matter."""
        return next((entry for entry in self.entries if entry.level is level), None)

    def knows(self, level: Level) -> bool:
        """Whether a level has a line in the thread that did not end when the matter was closed before it was opened again."""
        entry = self.entry(level)
        return entry is not None and entry.state is not EntryState.CLOSED

    @property
    def is_vacant(self) -> bool:
        """Whether nobody may act where it is held, or where its answer is owed."""
        return self.vacant is not None and self.vacant == self.holder

    @property
    def left_to_officers(self) -> NodeId | None:
        """The node whose officers look after it, as none of its chairs may."""
        return self.surfaced if self.is_vacant and self.headless else None

    @property
    def may_be_taken(self) -> bool:
        """Whether a level above may take it over: always, but after an alert in parallel the first who took it has it until her
        work on it is late: what is owed beside that takes nothing from her."""
        running = [clock for clock in self.clocks if clock.state is ClockState.RUNNING]
        return not self.taken or any(clock.overdue and clock.stage not in BESIDE_THE_WORK for clock in running)

    @property
    def seen_from(self) -> int:
        """The width of the region codes from which the matter is a row. Idleness surfaces: it is one to every level that has a line in
        its thread and, once overdue, to the level above who owes it. Everyone else above sees it in counts (S00)."""
        widths = [entry.level.width for entry in self.entries] or [self.level.width]
        for clock in self.clocks:
            owing = level_of_office(clock.debtor, self.region) if clock.debtor else self.level
            if clock.overdue and owing.above:
                widths.append(owing.above.width)
        return min(widths)

    @property
    def notified(self) -> LevelEntry | None:
        """The level that the matter is on its way to: it has been notified and has not received yet."""
        return next((entry for entry in self.entries if entry.state is EntryState.NOTIFIED), None)

    @property
    def clock(self) -> MatterClock | None:
        """The running clock of the work that is due first; None when the matter is closed."""
        running = [
            clock for clock in self.clocks if clock.state is ClockState.RUNNING and clock.stage not in BESIDE_THE_WORK
        ]
        return min(running, key=lambda clock: clock.due_at, default=None)
