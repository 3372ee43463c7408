"""What may be asked of intake about a matter that does not go the straight way: information, turned down, withdrawn, joined with another,
opened again, its class, urgency and circle. The straight way is in `commands.intake`."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.cases import CaseClass, Channel, RejectionFinding, RejectReason, Urgency
from services.contracts.commands.base import MatterCommand
from services.contracts.ids import AttachmentId, CaseId, MemberId

MAX_CIRCLE = 25
"""Members of a circle beside whom nobody is named: five a level (domain 1.4). Who comes in by her office finds room."""
MAX_PARTIES = 25
"""Parties to a matter: the fact of who may see it must stay small."""
Members = Annotated[tuple[MemberId, ...], Field(max_length=MAX_CIRCLE)]


class CourseCommand(MatterCommand):
    """A command on the course of a matter, its people, its class."""

    service: ClassVar[str] = "intake"


class AskForInformation(CourseCommand):
    """Ask the reporter for what is missing; the clocks pause until she answers or the time for it is over. Allowed to: group owner,
    executive member, chair of the village that holds it, officers of a level that does; C2: the circle, C3: the rights department. Refused:
    NOT_THE_HOLDER, NOT_WHEN_RED, ASKED_ENOUGH, TEXT_MISSING, TEXT_TOO_LONG."""

    question: str
    """需要补充什么。What is missing."""


class SupplyInformation(CourseCommand):
    """The reporter supplies what she was asked for. Allowed to: its reporters. Refused: TEXT_MISSING, TEXT_TOO_LONG, TOO_MANY_ATTACHMENTS,
    ATTACHMENT_NOT_YOURS."""

    answer: str
    """补充的内容。Her answer."""
    attachments: Annotated[tuple[AttachmentId, ...], Field(max_length=100)] = ()
    """照片编号，最多 9 张。Photos, at most 9."""


class ProposeRejection(CourseCommand):
    """Propose to turn a matter down; the chair decides. Allowed to: the group owner, while her village holds it. Refused: NOT_THE_HOLDER,
    TEXT_MISSING, TEXT_TOO_LONG."""

    reason: RejectReason
    """理由代码。Why it is not ours to handle."""
    route: str
    """应走的途径。Where it belongs instead, in words for the reporter."""


class RejectMatter(CourseCommand):
    """Turn a matter down that is not ours to handle, with the reason and the proper channel, of which the reporter is told. It may be
    reopened. Allowed to: the chair of the village that holds it, officers of a level that holds it. Refused: TEXT_MISSING, TEXT_TOO_LONG."""

    reason: RejectReason
    """理由代码。Why it is not ours to handle."""
    route: str
    """应走的途径，告知反映人。Where it belongs instead, in words for the reporter."""


class RedirectMatter(CourseCommand):
    """Hand a matter to the line or body that it belongs to. A RED one only after it has been handed over by word of mouth. Allowed to: who
    may reject. Refused: HANDOVER_REQUIRED, TEXT_TOO_LONG."""

    to: Channel
    """转给哪里。Where it goes."""
    handed_over: bool = False
    """是否已口头交接（特急事项必须）。Whether somebody there has taken it over by word of mouth; RED: must have."""
    receipt: str = ""
    """对方受理编号；有它才计为已办理。The reference of the receipt there; only with one it counts as handled."""
    route: str = ""
    """告知反映人的说明。What the reporter is told about it."""


class WithdrawMatter(CourseCommand):
    """The reporter takes her matter back. A RED one, one that must be reported, a public hazard and somebody else's go on all the same;
    what is resolved stays resolved. Allowed to: its reporters."""

    reason: str = ""
    """理由，可不填。Why; may be left out."""


class MergeMatter(CourseCommand):
    """Join a report with the matter that it repeats: its reporters become co-reporters of that one, and each of them is answered; it is as
    urgent as the more urgent of the two, and nobody reads the report who may not read that matter. Allowed to: the chair, within her village; township officers, within their township. Refused: CLASSES_DO_NOT_MERGE, PLACES_DO_NOT_MERGE,
    MASTER_NOT_OPEN, BARRED (a reporter of one is a party to the other), MALFORMED."""

    into: CaseId
    """并入哪一件。The matter that it repeats."""


class UnmergeMatter(CourseCommand):
    """Take a report out again of the matter that it was joined with, within seven days. It stands where it stood, and its clocks have run on;
    its work orders stay cancelled. Whom that matter was closed to meanwhile it stays closed to, and what its reporters took back ends. Allowed to:
    who may merge; of what was sealed meanwhile the county's rights officers and chair. Refused: TOO_LATE_NOW, MASTER_NOT_OPEN."""


class ReopenMatter(CourseCommand):
    """Open again what was closed, turned down or withdrawn; what was said of it before stays on record. Within 90 days, of PERSONAL and
    MARRIAGE_FAMILY within 365. Allowed to: its reporters, inspectors, officers of the levels above that had to do with it. Refused: TOO_LATE_NOW, TEXT_MISSING."""

    reason: str
    """理由。Why."""


class ReviewRejection(CourseCommand):
    """Say whether a rejection was right, from above the level that turned the matter down: upheld it stays as it is, found wrong it is
    opened again. Once for each rejection; a tenth of them is drawn (`rejectionSample`). Allowed to: chairs, officers and inspectors of the
    levels above; of a private matter only those of its circle. Refused: OWN_WORK, TOO_LATE_NOW, TEXT_MISSING, TEXT_TOO_LONG."""

    finding: RejectionFinding
    """结论：维持，或重开。What she found: upheld, or to be opened again."""
    reason: str
    """理由。Why."""


class RaiseClass(CourseCommand):
    """Let fewer people know of a matter. It never lowers. Allowed to: anyone with access: reporters, group owner, unit leader, council,
    chair, the levels that have to do with it. Refused: ALREADY_SO."""

    to: CaseClass
    """新的密级，只能更高。The new class; higher than the present one."""
    reason: str = ""
    """理由。Why."""


class LowerClass(CourseCommand):
    """Let more people know of a matter. Never below C3 for kinds that are sealed by law. Allowed to: a chair at county level or above whose
    federation has to do with it, or who is of its circle. Refused: ALREADY_SO, STAYS_SEALED, TEXT_MISSING."""

    to: CaseClass
    """新的密级，低于现在的。The new class; lower than the present one."""
    reason: str
    """理由。Why."""


class SetUrgency(CourseCommand):
    """Say how fast a matter must go; due times follow. Lowered by the holder's chair alone. Allowed to: group owner, executive member,
    chair, officers of the levels that have to do with it. Refused: ALREADY_SO, HOLDERS_CHAIR_ONLY."""

    to: Urgency
    """新的紧急程度。The new urgency."""
    reason: str = ""
    """理由。Why."""


class ChangeCircle(CourseCommand):
    """Name who else handles a private matter, or who does no longer. Of C2 and C3. A party never. Allowed to: the holder's chair; C3: the
    rights department. Refused: CIRCLE_EMPTY (also where nobody in office at the holder's level would be left), CIRCLE_FULL (whoever
    comes by her office enters all the same), PARTY_BARRED."""

    add: Members = ()
    """加入的人员编号。Members to join it."""
    remove: Members = ()
    """退出的人员编号。Members to leave it."""


class NameParty(CourseCommand):
    """Name a party to a matter: whatever her offices, from then on she sees nothing of it, is told nothing of it and has no hand in it (I6).
    A mistake is put right with ClearParty. Allowed to: its reporters; group owner, executive member, chair, the levels that have to do with it; of C2 and C3
    the circle. Refused: MALFORMED (a reporter, or oneself), TOO_MANY."""

    member: MemberId
    """当事人的人员编号；不能是反映人或本人。The party: neither a reporter nor oneself."""


class ClearParty(CourseCommand):
    """Take back that somebody is a party, who was named by mistake: her offices are hers again in this matter. From a session that she left
    by her own word she stays away. Allowed to: the holder's chair, chairs of the levels above it that have to do with it, the rights department; the
    officers of the level above that looks after it, where no chair there may; never to the party; of C2 and C3 the circle. Refused: MALFORMED (she is no party)."""

    member: MemberId
    """误指为当事人的人员编号。Who was named by mistake."""


COURSE: tuple[type[CourseCommand], ...] = (
    AskForInformation,
    SupplyInformation,
    ProposeRejection,
    RejectMatter,
    RedirectMatter,
    WithdrawMatter,
    MergeMatter,
    UnmergeMatter,
    ReopenMatter,
    ReviewRejection,
    RaiseClass,
    LowerClass,
    SetUrgency,
    ChangeCircle,
    NameParty,
    ClearParty,
)
