"""What may be asked of deliberation of that which follows from a session: resolutions and action items (domain 2.2, 2.3)."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.base import Asked, Instant
from services.contracts.commands.base import MatterCommand
from services.contracts.council import BlockReason
from services.contracts.ids import AttachmentId, ItemId, MemberId, NodeId, ResolutionId, SessionId

Photos = Annotated[tuple[AttachmentId, ...], Field(max_length=100)]
MAX_SPEECH = 2_000
"""Characters of what is said at once, of a reason, of an item."""
MAX_MINUTES = 10_000
"""Characters of minutes and of a resolution."""


class CouncilCommand(MatterCommand):
    """A command on what a council makes of a matter."""

    service: ClassVar[str] = "deliberation"


class ResolutionCommand(CouncilCommand):
    """A command on one resolution."""

    resolution_id: ResolutionId
    """决议编号。Which resolution."""


class ItemCommand(CouncilCommand):
    """A command on one action item."""

    item_id: ItemId
    """行动项编号。Which item."""


class Recurrence(Asked):
    """重复安排。How an item comes again."""

    every_days: Annotated[int, Field(ge=1, le=92)]
    """每隔几天。After how many days."""
    times: Annotated[int, Field(ge=2, le=60)]
    """共几次。How often in all."""


class Task(Asked):
    """一个行动项：做什么、谁做、何时完成。What is to be done, by whom, by when."""

    text: str
    """做什么，只给承办人和议事会看。What is to be done; for who does it and the council."""
    member: MemberId | None = None
    """交给哪个人。A person who does it."""
    node: NodeId | None = None
    """或交给哪个部门、哪级妇联。Or the department or federation that does it."""
    due_at: Instant | None = None
    """何时完成，不晚于本级时限；不填即本级时限。By when; at most, and by default, the level's window."""
    recurring: Recurrence | None = None
    """重复安排。How it comes again; by default it does not."""
    mandatory: bool = True
    """事项是否须等它完成。Whether the matter waits for it."""


class BlockResolution(ResolutionCommand):
    """Say that a resolution cannot go on: for want of funds, authority or consent. Allowed to: chair, officers of the holder."""

    reason: BlockReason
    """缺什么。What is missing."""
    note: str = ""
    """说明。Her words."""


class UnblockResolution(ResolutionCommand):
    """Say that a blocked resolution goes on. Allowed to: who may block it."""


class SupersedeResolution(ResolutionCommand):
    """Replace a resolution by a later one; its open items are cancelled. Allowed to: who may block it. Refused: NOT_FOUND, NOT_SO."""

    by: ResolutionId
    """由哪项决议取代。By which."""


class RevokeResolution(ResolutionCommand):
    """Take a resolution back: a level above does, or a new session of the council. Allowed to: officers and chairs from the township up that
    have a line in the matter's thread; the chair, in an open session. Refused: REASON_REQUIRED, NEW_SESSION_REQUIRED."""

    reason: str
    """理由。Why."""
    session_id: SessionId | None = None
    """由哪次议事撤销（村级必填）。The open session that does it; required of the village."""


class PublishResult(ResolutionCommand):
    """Make a result public (公示), of an open matter alone; objections are heard for 3 to 7 days. Allowed to: chair. Refused: ONLY_OPEN,
    TEXT_MISSING."""

    text: str
    """公示内容。What is made public."""
    objection_days: Annotated[int, Field(ge=3, le=7)] = 3
    """公示几天。For how many days objections are heard."""


class AssignItem(CouncilCommand):
    """Give somebody something to do: for a resolution, or before any session (interim). Allowed to: chair, the council's own group owner,
    officers of the holder. Refused: TEXT_MISSING, TOO_LATE, DATE_IN_PAST, BARRED, NOT_THE_HOLDER, UNKNOWN_NODE."""

    task: Task
    """做什么、谁做、何时完成。What, who, by when."""
    resolution_id: ResolutionId | None = None
    """属于哪项决议；不填即临时行动项。For which resolution; by default an interim item."""


class AcceptItem(ItemCommand):
    """Take an item on. Allowed to: who has it."""


class DeclineItem(ItemCommand):
    """Decline an item, with the reason; somebody else gets it. Allowed to: who has it. Refused: REASON_REQUIRED."""

    reason: str
    """理由。Why."""


class ProgressItem(ItemCommand):
    """Say how far it is. Allowed to: who has it. Refused: TEXT_MISSING."""

    note: str
    """进展。How far it is."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=council）。Photos."""


class FinishItem(ItemCommand):
    """Say that it is done, with evidence. Allowed to: who has it. Refused: EVIDENCE_REQUIRED."""

    evidence: str = ""
    """完成说明。What was done."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=council）。Photos of it."""


class VerifyItem(ItemCommand):
    """Say that it is really done: never who did it. Allowed to: chair, executive member, officers of the holder. Refused: OWN_WORK."""


class ReworkItem(ItemCommand):
    """Say that it is not done after all. Allowed to: who may verify it. Refused: OWN_WORK, REASON_REQUIRED."""

    reason: str
    """理由。Why."""


class WaiveItem(ItemCommand):
    """Let an item go, with the reason. Allowed to: chair, officers of the holder. Refused: REASON_REQUIRED."""

    reason: str
    """理由。Why."""


class ReassignItem(ItemCommand):
    """Give an item to somebody else. Allowed to: who may assign it. Refused: TOO_LATE, DATE_IN_PAST, BARRED, UNKNOWN_NODE,
    MALFORMED."""

    member: MemberId | None = None
    """改交给谁。A person who does it."""
    node: NodeId | None = None
    """或改交给哪个部门、哪级妇联。Or the department or federation."""
    due_at: Instant | None = None
    """新的期限；不填则不变。By when; by default as before."""


RESOLUTION: tuple[type[CouncilCommand], ...] = (
    BlockResolution,
    UnblockResolution,
    SupersedeResolution,
    RevokeResolution,
    PublishResult,
)
ITEM: tuple[type[CouncilCommand], ...] = (
    AssignItem,
    AcceptItem,
    DeclineItem,
    ProgressItem,
    FinishItem,
    VerifyItem,
    ReworkItem,
    WaiveItem,
    ReassignItem,
)
