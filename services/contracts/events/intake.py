"""Intake's facts: cases, who may see them, the roster, the regions."""

from typing import ClassVar

from services.contracts.cases import FeedbackMethod, Outcome
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


CASE = (CaseSubmitted, CaseAcknowledged, CaseAccepted, FeedbackGiven, CaseRated, CaseCalledBack, CaseClosed, CaseLeft)
SEALED = (CaseSubmitted, CaseAcknowledged, CaseAccepted, FeedbackGiven, CaseRated, CaseCalledBack, CaseClosed)
ACCESS = (AccessChanged,)
ROSTER = (NodeChanged,)
REGION = (RegionChanged,)
