"""Deliberation's facts of the docket of a matter: sessions, resolutions, action items."""

from typing import ClassVar

from services.contracts.council import BlockReason, CloseReason, DecisionRule, InvitationAnswer
from services.contracts.events.base import Event
from services.contracts.ids import ItemId, NodeId, ResolutionId, SessionId
from services.contracts.states import DocketState


class DocketEvent(Event):
    """A fact of what a council makes of a matter."""

    service: ClassVar[str] = "deliberation"
    docket: DocketState

    @property
    def key(self) -> str:
        return self.docket.case_id

    @property
    def version(self) -> int:
        return self.docket.version

    @property
    def state(self) -> DocketState:
        return self.docket


class DocketOpened(DocketEvent):
    """The council's file on a matter exists; nothing is decided in it yet."""


class DocketClosed(DocketEvent):
    """The council has nothing to do with the matter any more; no reason is given. Drop what you keep of it."""


class SessionEvent(DocketEvent):
    """A fact of one session."""

    session_id: SessionId


class SessionProposed(SessionEvent):
    """The matter was brought before the council."""

    by: NodeId


class SessionScheduled(SessionEvent):
    """A session has a time."""

    by: NodeId


class SessionOpened(SessionEvent):
    """A session sits, for the first time or again."""

    by: NodeId


class ParticipantInvited(SessionEvent):
    """Somebody was invited: `seat` is her place on the list that the topic of people carries."""

    by: NodeId
    seat: int
    department: NodeId | None = None


class InvitationAnswered(SessionEvent):
    """She accepted, declined, or sent somebody else, who has another seat."""

    seat: int
    answer: InvitationAnswer
    substitute_seat: int | None = None
    department: NodeId | None = None


class InvitationUnanswered(SessionEvent):
    """The time to answer is over: who convened calls her."""

    seat: int
    department: NodeId | None = None


class SessionSpoken(SessionEvent):
    """Somebody spoke; what she said stays in deliberation."""

    department: NodeId | None = None


class ParticipantRecused(SessionEvent):
    """Somebody withdrew because she is related to a party."""

    seat: int
    by: NodeId | None = None
    """Whose convenor had her withdraw; None: she did so herself."""


class RecusalLifted(SessionEvent):
    """Somebody takes part again: she is related to nobody."""

    seat: int
    by: NodeId


class VoteCast(SessionEvent):
    """Somebody voted; how, nobody is told."""


class SessionAdjourned(SessionEvent):
    """A session goes on another day."""

    by: NodeId


class SessionSilent(SessionEvent):
    """It sits, and for long nobody has said anything: who convened it goes on, adjourns or closes it."""


class SessionNotOpened(SessionEvent):
    """Its time has passed, and nobody opened it."""


class SessionRestricted(SessionEvent):
    """The matter became private: whoever has one of these seats takes part no longer."""

    seats: tuple[int, ...] = ()


class ResolutionAdopted(SessionEvent):
    """A session closed with a resolution; its items are assigned."""

    by: NodeId
    resolution_id: ResolutionId
    decided_by: DecisionRule
    items: tuple[ItemId, ...] = ()


class SessionClosed(SessionEvent):
    """A session closed without a resolution."""

    by: NodeId
    reason: CloseReason


class SessionCancelled(SessionEvent):
    """A session was called off; `by` is absent when the matter ended under it."""

    by: NodeId | None = None


class ResolutionEvent(DocketEvent):
    """A fact of one resolution."""

    by: NodeId
    resolution_id: ResolutionId


class ResolutionBlocked(ResolutionEvent):
    """A resolution cannot go on."""

    reason: BlockReason


class ResolutionUnblocked(ResolutionEvent):
    """A resolution goes on."""


class ResolutionStillBlocked(DocketEvent):
    """A resolution has been blocked for as long as a level has for a matter: its holder passes it up, or a new session is held."""

    resolution_id: ResolutionId


class ResolutionSuperseded(ResolutionEvent):
    """A later resolution stands in its place."""

    superseded_by: ResolutionId


class ResolutionRevoked(ResolutionEvent):
    """A resolution was taken back."""


class ResultPublished(ResolutionEvent):
    """A result was made public; its words are read in deliberation."""


class ItemEvent(DocketEvent):
    """A fact of one action item."""

    item_id: ItemId


class ItemAssigned(ItemEvent):
    """Somebody has something to do; `by` is absent where a recurring item came again."""

    by: NodeId | None = None


class ItemAccepted(ItemEvent):
    """She does it."""


class ItemDeclined(ItemEvent):
    """She does not do it: somebody else must."""


class ItemUnanswered(ItemEvent):
    """The time to accept is over: who assigned it finds somebody else."""


class ItemLapsed(ItemEvent):
    """Its time is over for days: the person who has it finds nothing of it any more. If it is not done, somebody else must have it."""


class ItemWithdrawn(ItemEvent):
    """The matter became private: who has it may deal with it no longer. If it is not done, somebody else must have it."""


class ItemProgressed(ItemEvent):
    """She said how far it is."""


class ItemFinished(ItemEvent):
    """She says that it is done."""


class ItemVerified(ItemEvent):
    """Somebody else says so too."""

    by: NodeId


class ItemReworked(ItemEvent):
    """It is not done after all."""

    by: NodeId


class ItemWaived(ItemEvent):
    """It was let go."""

    by: NodeId


class ItemReassigned(ItemEvent):
    """Somebody else has it now."""

    by: NodeId


class ItemCancelled(ItemEvent):
    """There is no need for it any more: the matter, or its resolution, came to an end."""


DOCKET = (
    DocketOpened,
    DocketClosed,
    SessionProposed,
    SessionScheduled,
    SessionOpened,
    ParticipantInvited,
    InvitationAnswered,
    InvitationUnanswered,
    SessionSpoken,
    ParticipantRecused,
    RecusalLifted,
    VoteCast,
    SessionAdjourned,
    SessionSilent,
    SessionNotOpened,
    SessionRestricted,
    ResolutionAdopted,
    SessionClosed,
    SessionCancelled,
    ResolutionBlocked,
    ResolutionUnblocked,
    ResolutionStillBlocked,
    ResolutionSuperseded,
    ResolutionRevoked,
    ResultPublished,
    ItemAssigned,
    ItemAccepted,
    ItemDeclined,
    ItemUnanswered,
    ItemLapsed,
    ItemWithdrawn,
    ItemProgressed,
    ItemFinished,
    ItemVerified,
    ItemReworked,
    ItemWaived,
    ItemReassigned,
    ItemCancelled,
)
