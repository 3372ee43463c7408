"""The words of the council (议事协商): sessions, resolutions, action items, membership, and their public states (domain 2.2, 2.3)."""

from enum import StrEnum

from services.contracts.base import Instant, Model
from services.contracts.ids import Address, CaseId, ItemId, MemberId, NodeId, ResolutionId, SessionId
from services.contracts.regions import RegionCode


class SessionStage(StrEnum):
    """Where a session stands. DECIDING: votes are being cast, and nobody is added any more."""

    PROPOSED = "PROPOSED"
    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    ADJOURNED = "ADJOURNED"
    DECIDING = "DECIDING"
    CLOSED_RESOLVED = "CLOSED_RESOLVED"
    CLOSED_NO_RESOLUTION = "CLOSED_NO_RESOLUTION"
    CANCELLED = "CANCELLED"

    @property
    def over(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self in {SessionStage.CLOSED_RESOLVED, SessionStage.CLOSED_NO_RESOLUTION, SessionStage.CANCELLED}

    @property
    def sitting(self) -> bool:
        """Whether people may speak and vote in it now."""
        return self in {SessionStage.OPEN, SessionStage.DECIDING}


class SessionMode(StrEnum):
    """How a session meets."""

    ASYNC_CHAT = "ASYNC_CHAT"
    ONLINE_MEETING = "ONLINE_MEETING"
    ON_SITE = "ON_SITE"
    MIXED = "MIXED"


class InviteeKind(StrEnum):
    """As what somebody takes part. Members vote; the others have a voice."""

    MEMBER = "MEMBER"
    DEPARTMENT = "DEPARTMENT"
    EXPERT = "EXPERT"
    HELPER = "HELPER"


class InvitationAnswer(StrEnum):
    """What an invited person answers."""

    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    SUBSTITUTE = "SUBSTITUTE"


class Vote(StrEnum):
    """A vote."""

    FOR = "FOR"
    AGAINST = "AGAINST"
    ABSTAIN = "ABSTAIN"


class DecisionRule(StrEnum):
    """How a session decides."""

    CONSENSUS = "CONSENSUS"
    VOTE = "VOTE"
    CHAIR_DECIDES = "CHAIR_DECIDES"


class CloseReason(StrEnum):
    """Why a session ended without a resolution."""

    NO_AGREEMENT = "NO_AGREEMENT"
    NO_QUORUM = "NO_QUORUM"
    BEYOND_COMPETENCE = "BEYOND_COMPETENCE"
    DEPARTMENT_ABSENT = "DEPARTMENT_ABSENT"
    SETTLED_OTHERWISE = "SETTLED_OTHERWISE"
    MATTER_OVER = "MATTER_OVER"
    """The matter itself ended, or was solved, while the session went on: said by the system alone."""


class ResolutionStage(StrEnum):
    """Where a resolution stands."""

    IN_EXECUTION = "IN_EXECUTION"
    BLOCKED = "BLOCKED"
    COMPLETED = "COMPLETED"
    PARTLY_COMPLETED = "PARTLY_COMPLETED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"
    REVOKED = "REVOKED"

    @property
    def stands(self) -> bool:
        """Whether it has not been replaced or taken back."""
        return self not in {ResolutionStage.SUPERSEDED, ResolutionStage.REVOKED}


class BlockReason(StrEnum):
    """What a resolution waits for."""

    FUNDS = "FUNDS"
    AUTHORITY = "AUTHORITY"
    CONSENT = "CONSENT"


class ItemStage(StrEnum):
    """Where an action item stands."""

    ASSIGNED = "ASSIGNED"
    ACCEPTED = "ACCEPTED"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    REWORK = "REWORK"
    VERIFIED = "VERIFIED"
    DECLINED = "DECLINED"
    WAIVED = "WAIVED"
    CANCELLED = "CANCELLED"

    @property
    def over(self) -> bool:
        """Whether nothing is to be done about it any more."""
        return self in {ItemStage.VERIFIED, ItemStage.WAIVED, ItemStage.CANCELLED}


class MembershipStage(StrEnum):
    """Where a standing membership stands: a department confirms what it is offered."""

    OFFERED = "OFFERED"
    CONFIRMED = "CONFIRMED"


class SessionState(Model):
    """A session as anyone in the cell may know of it: people are counts, departments are nodes."""

    id: SessionId
    council: NodeId
    stage: SessionStage
    mode: SessionMode = SessionMode.ASYNC_CHAT
    restricted: bool = False
    """Of a C2 matter: only its circle, and counsellors invited beside it."""
    proposed_at: Instant
    scheduled_at: Instant | None = None
    """When it meets, or meets again."""
    opened_at: Instant | None = None
    closed_at: Instant | None = None
    adjournments: int = 0
    departments: tuple[NodeId, ...] = ()
    invited: int = 0
    responded: int = 0
    """Of those invited, how many accepted, spoke or voted."""
    recused: int = 0
    speakers: int = 0
    """How many different people spoke."""
    votes: int = 0
    decided_by: DecisionRule | None = None
    resolution_id: ResolutionId | None = None
    reason: CloseReason | None = None
    counted: bool = False
    """Whether it counts as a deliberation: three people spoke, or a vote was held."""


class ResolutionState(Model):
    """A resolution; its words stay in deliberation."""

    id: ResolutionId
    session_id: SessionId
    stage: ResolutionStage
    adopted_at: Instant
    decided_by: DecisionRule
    arrangement: bool = False
    """Whether it makes a standing arrangement for a class of people."""
    initiative: bool = False
    """Whether it starts an initiative."""
    block: BlockReason | None = None
    superseded_by: ResolutionId | None = None
    revoked_by: NodeId | None = None
    published_at: Instant | None = None
    objections_until: Instant | None = None
    """Until when objections are heard against what was made public."""


class ItemState(Model):
    """An action item; what is to be done, and who has it, stay in deliberation, unless a node has it."""

    id: ItemId
    resolution_id: ResolutionId | None = None
    """None of an interim item, which was assigned before any session."""
    stage: ItemStage
    by: NodeId
    """Which node assigned it."""
    node: NodeId | None = None
    """The department or office that has it, if no person has."""
    assigned_at: Instant
    due_at: Instant
    mandatory: bool = True
    """Whether the matter waits for it."""
    declines: int = 0
    reworks: int = 0
    every_days: int = 0
    """Of a recurring item: after how many days it comes again; 0 of any other."""
    occurrence: int = 1
    times: int = 1
    """How often in all."""
    verified_at: Instant | None = None


class SessionPeople(Model):
    """Who takes part in a session: in the order in which they were invited, the convenor first."""

    id: SessionId
    convenor: MemberId
    invited: tuple[Address, ...] = ()
    present: tuple[Address, ...] = ()
    """Of them, who may be in the room: not recused, not declined."""
    voters: tuple[Address, ...] = ()
    recused: tuple[Address, ...] = ()


class ItemPeople(Model):
    """Who has an item."""

    id: ItemId
    assignee: Address
    before: Address | None = None
    """Who had it before."""
    assigner: MemberId
    workers: tuple[MemberId, ...] = ()
    """Who worked on it: none of them verifies it (I5)."""
    over: bool = False
    """Whether she has nothing to do with it any more."""
    restricted: bool = False
    """Assigned when the matter was private already."""


class PeopleState(Model):
    """Who was invited to a matter's sessions and who has its items. On a compacted topic of its own: it joins people to a matter."""

    case_id: CaseId
    version: int
    sessions: tuple[SessionPeople, ...] = ()
    items: tuple[ItemPeople, ...] = ()
    guests: tuple[Address, ...] = ()
    """Who may see the matter for this, members and departments."""
    private_guests: tuple[Address, ...] = ()
    """Of them, who may also if it is private (C2)."""


class StandingMember(Model):
    """A standing member of a council, admitted because of a matter, for a term of at most two years."""

    address: Address
    stage: MembershipStage
    since: Instant
    until: Instant
    case_id: CaseId
    """The matter that it came from."""

    def holds(self, now: Instant) -> bool:
        """Whether she is a member now."""
        return self.stage is MembershipStage.CONFIRMED and self.since <= now < self.until


class CouncilState(Model):
    """A council's standing members beside those whom the roster names."""

    node: NodeId
    version: int
    region: RegionCode
    members: tuple[StandingMember, ...] = ()

    def holding(self, now: Instant) -> tuple[StandingMember, ...]:
        """Who is a standing member now."""
        return tuple(member for member in self.members if member.holds(now))
