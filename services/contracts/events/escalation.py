"""Escalation's facts: custody, clocks, the ladder."""

from typing import ClassVar

from services.contracts.cases import Outcome
from services.contracts.events.base import Event
from services.contracts.ids import NodeId
from services.contracts.states import ClockStage, CustodyState


class CustodyEvent(Event):
    """A fact of who is accountable for a matter and until when."""

    service: ClassVar[str] = "escalation"
    custody: CustodyState

    @property
    def key(self) -> str:
        return self.custody.case_id

    @property
    def version(self) -> int:
        return self.custody.version

    @property
    def state(self) -> CustodyState:
        return self.custody


class CustodyOpened(CustodyEvent):
    """A node holds the matter and its first clocks run."""


class ClocksMoved(CustodyEvent):
    """A step of the matter stopped a clock, or started the next one."""


class ClockOverdue(CustodyEvent):
    """A clock ran out. The holder stays accountable: idleness surfaces, responsibility does not wander (design 5)."""

    stage: ClockStage
    urged: NodeId
    """Who is urged: the holder."""
    informed: NodeId | None = None
    """The level above, which learns of it (ORANGE) or is alerted (RED)."""


class MatterResolved(CustodyEvent):
    """The holder says that it is done; the reporter is owed her answer."""

    by: NodeId
    outcome: Outcome
    on_the_spot: bool = False


class CallBackLapsed(CustodyEvent):
    """Nobody had to call back, or nobody could: intake closes the matter."""


class CustodyClosed(CustodyEvent):
    """Nobody holds the matter any more, because it is closed."""


CUSTODY = (CustodyOpened, ClocksMoved, ClockOverdue, MatterResolved, CallBackLapsed, CustodyClosed)
