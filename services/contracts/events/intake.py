"""Intake's facts: cases, who may see them, the roster, the regions."""

from typing import ClassVar

from services.contracts.cases import CaseClass, Channel, FeedbackMethod, Outcome, RejectReason, Urgency
from services.contracts.events.base import Event
from services.contracts.ids import CaseId, NodeId
from services.contracts.organisation import Node
from services.contracts.regions import Region
from services.contracts.states import AccessState, CaseState


class CaseEvent(Event):
    """A fact of a case, with the state it left behind."""

    service: ClassVar[str] = "intake"
    case: CaseState

    @property
    def key(self) -> str:
        return self.case.case_id

    @property
    def version(self) -> int:
        return self.case.version

    @property
    def state(self) -> CaseState:
        return self.case


class InHandEvent(CaseEvent):
    """A fact that those are told of who have the matter in hand."""

    in_hand: tuple[NodeId, ...] = ()
    """The levels that had it in hand as intake had heard of custody when it was done: who holds it, whom it was on its way to, who follows
    below. Of C3 none."""


class CaseSubmitted(CaseEvent):
    """A matter was reported. From here on exactly one node holds it."""


class CaseAcknowledged(CaseEvent):
    """A person of the group has seen it and said so."""

    by: NodeId


class CaseAccepted(CaseEvent):
    """It is ours to handle (受理)."""

    by: NodeId
    delegated: bool = False


class FeedbackGiven(CaseEvent):
    """The answer reached the person who spoke; her words and ours stay in intake."""

    by: NodeId
    method: FeedbackMethod


class CaseRated(CaseEvent):
    """The reporter said how it went. The score stays in intake; `case.solved` is what others need."""


class CaseCalledBack(CaseEvent):
    """Somebody who did not do the work asked the reporter (回访)."""

    by: NodeId
    reached: bool


class CaseClosed(CaseEvent):
    """The loop is closed."""

    outcome: Outcome


class InformationAsked(CaseEvent):
    """The reporter is asked for what is missing; what for, stays in intake. The clocks pause."""

    by: NodeId


class InformationSupplied(InHandEvent):
    """She answered; the clocks go on."""


class RejectionProposed(CaseEvent):
    """The group's owner thinks that it is not ours to handle; the chair decides."""

    by: NodeId
    reason: RejectReason


class CaseRejected(InHandEvent):
    """It is not ours to handle; the reporter is told why and where it belongs."""

    by: NodeId
    reason: RejectReason


class RejectionUpheld(CaseEvent):
    """A level above looked at the rejection and found it right. One that it finds wrong is opened again."""

    by: NodeId


class CaseRedirected(InHandEvent):
    """It went where it belongs."""

    by: NodeId
    to: Channel
    receipted: bool = False
    """Whether the other side has given a receipt: only then does it count as handled."""


class CaseWithdrawn(InHandEvent):
    """The reporter took it back, and it ends."""


class WithdrawalNoted(InHandEvent):
    """The reporter took it back, and it goes on all the same (S16)."""


class CaseMerged(InHandEvent):
    """It repeats another matter and goes on as that one."""

    by: NodeId
    into: CaseId


class CaseUnmerged(CaseEvent):
    """It does not after all, and goes on by itself."""

    by: NodeId
    out_of: CaseId | None = None
    """That other matter; absent where it has been sealed since."""


class CaseJoined(CaseEvent):
    """Another report was joined with this matter: it has more reporters now."""

    by: NodeId
    joined: CaseId


class CaseParted(CaseEvent):
    """That report was taken out again."""

    by: NodeId
    parted: CaseId


class CaseReopened(CaseEvent):
    """It is open again. `by` is absent where a reporter asked for it."""

    by: NodeId | None = None


class ClassChanged(CaseEvent):
    """Fewer people may know of it, or more; who, is on the access topic. `by` is absent where a reporter did it, of what is sealed by it,
    and where it follows the matter that it was joined with."""

    by: NodeId | None = None
    before: CaseClass


class UrgencyChanged(InHandEvent):
    """It must go faster, or may go slower."""

    by: NodeId
    before: Urgency


class CircleChanged(CaseEvent):
    """Other people handle it; who, is on the access topic. `by` is absent where it follows from the ladder."""

    by: NodeId | None = None


class PartyNamed(CaseEvent):
    """Somebody is a party, and out of it; who, is on the access topic. `by` is absent as of `ClassChanged`."""

    by: NodeId | None = None


class PartyCleared(CaseEvent):
    """Somebody was named a party by mistake; who, is on the access topic."""

    by: NodeId | None = None


class AccessEvent(Event):
    """A fact of who may see a matter."""

    service: ClassVar[str] = "intake"
    access: AccessState

    @property
    def key(self) -> str:
        return self.access.case_id

    @property
    def version(self) -> int:
        return self.access.version

    @property
    def state(self) -> AccessState:
        return self.access


class AccessChanged(AccessEvent):
    """The latest state of who may see it; the topic is compacted."""


class CaseLeft(Event):
    """The matter went where this topic's readers may not follow; no reason is given. Drop what you keep of it."""

    service: ClassVar[str] = "intake"
    case_id: CaseId
    case_version: int

    @property
    def key(self) -> str:
        return self.case_id

    @property
    def version(self) -> int:
        return self.case_version

    @property
    def state(self) -> None:
        return None


class NodeChanged(Event):
    """An organisation node is as stated: members in office, delegation."""

    service: ClassVar[str] = "intake"
    node: Node
    node_version: int

    @property
    def key(self) -> str:
        return self.node.id

    @property
    def version(self) -> int:
        return self.node_version

    @property
    def state(self) -> Node:
        return self.node


class RegionChanged(Event):
    """A region exists and is called this."""

    service: ClassVar[str] = "intake"
    region: Region
    region_version: int

    @property
    def key(self) -> str:
        return self.region.code

    @property
    def version(self) -> int:
        return self.region_version

    @property
    def state(self) -> Region:
        return self.region


_STRAIGHT = (CaseSubmitted, CaseAcknowledged, CaseAccepted, FeedbackGiven, CaseRated, CaseCalledBack, CaseClosed)
_ASIDE = (CaseRejected, RejectionUpheld, CaseRedirected, CaseWithdrawn, WithdrawalNoted, CaseReopened)
SEALED = (
    *_STRAIGHT,
    InformationAsked,
    InformationSupplied,
    *_ASIDE,
    ClassChanged,
    UrgencyChanged,
    CircleChanged,
    PartyNamed,
    PartyCleared,
    CaseUnmerged,
    CaseParted,
)
"""Nothing is merged with a sealed matter, but what was sealed together may part; no group's owner proposes anything about it."""
CASE = (*SEALED, CaseLeft, RejectionProposed, CaseMerged, CaseJoined)
ACCESS = (AccessChanged,)
ROSTER = (NodeChanged,)
REGION = (RegionChanged,)
