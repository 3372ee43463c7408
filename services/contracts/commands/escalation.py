"""What may be asked of escalation about the ladder; department work orders are in `commands.orders`."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.base import Instant
from services.contracts.cases import Outcome
from services.contracts.commands.base import Command, MatterCommand
from services.contracts.commands.orders import ORDERS
from services.contracts.ids import AttachmentId
from services.contracts.ladder import ActionType, PassUpReason, RefusalReason, SuspendReason
from services.contracts.regions import Level

Photos = Annotated[tuple[AttachmentId, ...], Field(max_length=100)]


class LadderCommand(MatterCommand):
    """A command on who holds a matter and what the levels do about it (domain 2.4)."""

    service: ClassVar[str] = "escalation"


class SolveOnSpot(LadderCommand):
    """Done without a session, with evidence (当场解决). Allowed to: unit leader, group owner, executive member, chair of the
    holder's village, for C0 and C1 that are not RED. Refused: NOT_ON_THE_SPOT, EVIDENCE_REQUIRED, ITEMS_OPEN, ORDERS_OPEN,
    TEXT_TOO_LONG, TOO_MANY_ATTACHMENTS, ATTACHMENT_NOT_YOURS."""

    outcome: Outcome = Outcome.SOLVED
    """结果。How it ended."""
    evidence: str = ""
    """处理说明。What was done."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=evidence）。Photos of it."""


class RecordAction(LadderCommand):
    """What a level has done about a matter: a visit, a call, a meeting. Without one no level passes it up (G4). Allowed to: every level
    that has a line in its thread. Refused: COUNTY_UP_ONLY (Art. 73), TEXT_TOO_LONG."""

    action: ActionType
    """做了什么。What was done."""
    reached: bool = True
    """是否联系上。Whether anybody was reached; a call to no-one counts for nothing."""
    note: str = ""
    """说明，留在本平台，不外传。What came of it; kept here."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=evidence）。Photos of it."""
    violence: bool = False
    """是否发现有人受到伤害或感到害怕；是则事项转为特急。Whether somebody was found hurt or afraid: from then on the matter cannot wait (domain 3.3, any
    violence flag)."""


class TellProgress(LadderCommand):
    """Tell the reporter how her matter stands (告知进展), while it is open; she reads it in the matter. The next news is due from here. Allowed
    to: the holder's executive members, chair and officers. Refused: NOT_THE_HOLDER, TEXT_MISSING, TEXT_TOO_LONG."""

    text: str
    """告诉反映人的话，限可以查看的人。What she is told; kept here, for those who may read it."""


class PassUp(LadderCommand):
    """The holder hands the matter one level up, after having acted. It stays accountable until the level above receives. Allowed to:
    the holder's chair, the rights department; its officers (of a village its executive and council members) too, who propose it: their
    chair is told, and signs by passing it up herself. Where no chair is in office who may act (a party may not, of C2 and C3 only the circle may) the officers
    sign. Refused: NOT_THE_HOLDER, ACT_FIRST, TOP_OF_THE_LADDER, REASON_REQUIRED."""

    reason: PassUpReason
    """理由代码。Why."""
    note: str = ""
    """说明；以“无权处理”上报时须写明法律依据。Her words; of NO_COMPETENCE the legal note is required."""


class CancelPassUp(LadderCommand):
    """Take a pass-up back, before the level above has received it. Allowed to: who may pass up."""


class Receive(LadderCommand):
    """Take over responsibility: from now on this level holds the matter, and the ones below follow. Allowed to: officers of the level
    that was notified."""


class RefuseReceipt(LadderCommand):
    """Send a pass-up back: once, because the level below has not acted or it is the wrong region. The lower level cures it. Allowed to:
    the chair of the level that was notified. Refused: REFUSED_BEFORE, NOT_SO (it has acted)."""

    reason: RefusalReason
    """理由代码。Why."""
    note: str = ""
    """说明。Her words."""


class ReturnDown(LadderCommand):
    """Hand the matter back to the level below, with instructions, a date and resources: at most twice. Allowed to: officers of the holder,
    from the township up. Refused: NOT_THE_HOLDER, BOTTOM_OF_THE_LADDER, TOO_MANY_RETURNS, TEXT_MISSING."""

    guidance: str
    """具体指导意见。What is to be done."""
    resources: str = ""
    """所给的支持。What is given for it."""
    due_at: Instant | None = None
    """办理期限，不晚于该级时限。By when, at most the level's own window."""


class TakeOver(LadderCommand):
    """A level above takes the matter to itself, or the answer that nobody below may give. The first to take it has it. Allowed to: the chair of
    a level above the holder's; her officers where nobody may act at the holder's and no chair may at theirs; where an urgent matter was told to
    several levels at once, their officers too, and the first of these has it while she is in time. Refused: TAKEN, STALE_VERSION, REASON_REQUIRED."""

    reason: str
    """理由。Why."""


class InformUp(LadderCommand):
    """Let a level above know, for information: no clock, no change of holder. It may act, issue work orders, or take over. Allowed to: the
    chair and officers of every level that has a line in the thread. Refused: BOTTOM_OF_THE_LADDER."""

    to: Level
    """知会哪一级。Which level."""
    note: str = ""
    """说明。Her words."""


class AlertInParallel(LadderCommand):
    """Tell village, township and county at once of a RED matter, or an ORANGE one by the chair: the first of them to take over holds it.
    Allowed to: unit leader, group owner, executive member, chair, officers. Refused: NOT_URGENT."""


class Supervise(LadderCommand):
    """Put the holder under supervision (督办), or end it: a report is due daily. It ends by itself when the level that supervises
    has the matter. Allowed to: officers of a level above the holder's."""

    on: bool = True
    """开始或结束。Begin or end it."""
    reason: str = ""
    """理由。Why."""


class ResolveMatter(LadderCommand):
    """The holder says that it is done, on whatever level: the answer then goes down the ladder to the reporter. Allowed to: the holder's
    chair and officers. Refused: NOT_THE_HOLDER, EVIDENCE_REQUIRED, ITEMS_OPEN, ORDERS_OPEN."""

    outcome: Outcome = Outcome.SOLVED
    """结果。How it ended."""
    evidence: str = ""
    """处理说明。What was done."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=evidence）。Photos of it."""


class RelayFeedback(LadderCommand):
    """Hand the answer down to the level below. Allowed to: officers of the level that owes the relay."""

    note: str = ""
    """转达说明。Her words."""


class ReworkMatter(LadderCommand):
    """It is not done after all: back to the level that said so. Allowed to: the holder's chair and officers, and the levels above that
    have a line in the thread. Refused: REASON_REQUIRED."""

    reason: str
    """理由。Why."""


class SuspendMatter(LadderCommand):
    """Let it rest, for a reason and until a date at most 90 days away, of a public facility that awaits funds at most 60 working days; its
    clocks pause, and those of its work orders. Not RED. Allowed to: officers from the township up that hold it or have a line in its thread.
    Refused: NOT_WHEN_RED, TOO_LATE."""

    reason: SuspendReason
    """理由代码。Why."""
    until: Instant
    """恢复日期，不超过 90 天。Until when; at most 90 days."""


class ResumeMatter(LadderCommand):
    """Go on; its clocks run again with the time they had left. Allowed to: who may suspend it. At the date it goes on by itself."""


LADDER: tuple[type[LadderCommand], ...] = (
    SolveOnSpot,
    RecordAction,
    TellProgress,
    PassUp,
    CancelPassUp,
    Receive,
    RefuseReceipt,
    ReturnDown,
    TakeOver,
    InformUp,
    AlertInParallel,
    Supervise,
    ResolveMatter,
    RelayFeedback,
    ReworkMatter,
    SuspendMatter,
    ResumeMatter,
)
COMMANDS: tuple[type[Command], ...] = (*LADDER, *ORDERS)
