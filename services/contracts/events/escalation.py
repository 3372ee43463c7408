"""Escalation's facts: custody, clocks, the ladder."""

from typing import ClassVar

from services.contracts.cases import Outcome, Urgency
from services.contracts.clocks import ClockStage
from services.contracts.events.base import Event
from services.contracts.events.intake import PartyCleared, PartyNamed
from services.contracts.ids import NodeId, OrderId
from services.contracts.ladder import ActionType, PassUpReason, RefusalReason, SuspendReason
from services.contracts.orders import OrderStep
from services.contracts.regions import Level
from services.contracts.states import CustodyState


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


class LevelActed(CustodyEvent):
    """A level has done something about the matter. What came of it stays in escalation's contents."""

    by: NodeId
    action: ActionType
    substantive: bool
    raises: Urgency | None = None
    """How fast the matter must go from now on, if something was found that says so; intake, whose decision that is, does it."""


class PassedUp(CustodyEvent):
    """The holder hands the matter up; the level above was notified, and the holder stays accountable until it receives."""

    by: NodeId
    to: NodeId
    reason: PassUpReason


class PassUpProposed(CustodyEvent):
    """An officer would hand it up; nothing moves until her chair does (domain 2.4)."""

    by: NodeId
    reason: PassUpReason


class PassUpCancelled(CustodyEvent):
    """The holder took its pass-up back before it was received."""

    by: NodeId
    to: NodeId | None = None
    """The level that had been notified."""


class MatterReceived(CustodyEvent):
    """The level above holds the matter from now on; those below follow."""

    by: NodeId


class ReceiptRefused(CustodyEvent):
    """The level above sent it back: the holder cures it."""

    by: NodeId
    reason: RefusalReason


class ReturnedDown(CustodyEvent):
    """The holder handed the matter back down, with instructions; the level below holds it."""

    by: NodeId
    to: NodeId


class TakenOver(CustodyEvent):
    """A level above took the matter to itself."""

    by: NodeId
    taken_from: NodeId


class InformedUp(CustodyEvent):
    """A level above knows, for information."""

    by: NodeId
    to: NodeId


class AlertRaised(CustodyEvent):
    """Several levels were told at once; who takes over first holds it. `by` is absent where a rule raised it; `known` are those of them
    that knew of the matter before."""

    by: NodeId | None = None
    alerted: tuple[NodeId, ...]
    known: tuple[NodeId, ...] = ()


class SupervisionChanged(CustodyEvent):
    """A level above began to supervise the holder, or ended it."""

    by: NodeId
    on: bool


class FeedbackRelayed(CustodyEvent):
    """The answer went one level down."""

    by: NodeId
    to: NodeId


class MatterReworked(CustodyEvent):
    """It is not done after all: back to the level that had resolved it."""

    by: NodeId


class MatterSuspended(CustodyEvent):
    """It rests; its clocks are paused."""

    by: NodeId
    reason: SuspendReason


class MatterResumed(CustodyEvent):
    """It goes on; `by` is absent when its date had come."""

    by: NodeId | None = None


class OrderMoved(CustodyEvent):
    """A department work order of this matter took a step; its state is on the topic of orders."""

    by: NodeId | None = None
    order_id: OrderId
    step: OrderStep


class ClockNearing(CustodyEvent):
    """80 % of a clock is used, and nobody has acted: who owes it is reminded (S21)."""

    stage: ClockStage
    nudged: NodeId


class ProgressTold(CustodyEvent):
    """The holder has told the reporter how her matter stands; the words stay in escalation's contents."""

    by: NodeId


class ProgressOwed(CustodyEvent):
    """The reporter has heard nothing for as long as the limit allows: she is told that it is still being handled, and the holder is urged
    to say more (domain 3.3)."""

    urged: NodeId


class IdleSurfaced(CustodyEvent):
    """Half as much time again has passed: the level above must look after an idle council (S21)."""

    idle: NodeId
    to: NodeId


class CustodyReopened(CustodyEvent):
    """The matter is open again: the level that had resolved it holds it, from the third time on one above (S16). One that had been merged
    stands where it stood (S13)."""


class VacancySurfaced(CustodyEvent):
    """Nobody may act at the node that holds the matter or owes its answer: no one is in office, or those who are are parties, or were kept
    out of its circle. A level above looks after it until somebody may (domain 1.2); told again whenever it is another one."""

    vacant: NodeId
    to: NodeId | None = None
    """The nearest level above with anybody who may act; absent where there is none."""


class VacancyFilled(CustodyEvent):
    """Somebody who may act is in office again at the node that holds the matter."""

    filled: NodeId


class ChairBarred(CustodyEvent):
    """The chair of the level that holds the matter is a party to it: her officers act and sign in her stead, and the level above knows."""

    to: NodeId | None = None
    """The nearest level above with anybody who may act."""


class InformationLapsed(CustodyEvent):
    """The reporter did not supply what was asked: intake closes the matter, which may be reopened (S18)."""


class CallBackLapsed(CustodyEvent):
    """Nobody had to call back, or nobody could: intake closes the matter."""


class CustodyClosed(CustodyEvent):
    """Nobody holds the matter any more, because it is closed."""

    outcome: Outcome | None = None
    """How intake closed it; absent where it ended in another way (withdrawn, merged)."""
    highest: Level | None = None
    """The highest level that ever held it: a matter counts as resolved there (domain 8)."""


CUSTODY = (
    CustodyOpened,
    ClocksMoved,
    ClockOverdue,
    MatterResolved,
    CallBackLapsed,
    CustodyClosed,
    LevelActed,
    PassedUp,
    PassUpProposed,
    PassUpCancelled,
    MatterReceived,
    ReceiptRefused,
    ReturnedDown,
    TakenOver,
    InformedUp,
    AlertRaised,
    SupervisionChanged,
    FeedbackRelayed,
    MatterReworked,
    MatterSuspended,
    MatterResumed,
    OrderMoved,
    ClockNearing,
    IdleSurfaced,
    InformationLapsed,
    CustodyReopened,
    VacancySurfaced,
    VacancyFilled,
    ProgressTold,
    ProgressOwed,
    ChairBarred,
)

AMONG_LEVELS: tuple[type[Event], ...] = (
    PassUpProposed,
    InformedUp,
    SupervisionChanged,
    PartyNamed,
    PartyCleared,
    VacancySurfaced,
    VacancyFilled,
    ChairBarred,
)
"""Facts that the levels keep among themselves (domain 2.4): nobody sees them in a matter's story but those who work on it. That a party was
named, and that the holder has then nobody left, say who the party is (1.4, F3)."""
NEWS: tuple[type[CustodyEvent], ...] = (MatterReceived, MatterSuspended, MatterResumed, ProgressTold, ProgressOwed)
"""Facts of custody that its reporters are told of while it is open; beside them a work order's EXTENSION_GRANTED. Notify tells them,
escalation counts the time without news from them: a test holds the two together."""
NEWS_TO_ALL: tuple[type[CustodyEvent], ...] = (ProgressTold, ProgressOwed)
"""Those of them that reach the reporter of somebody else's matter as well (V1)."""
