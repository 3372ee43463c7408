"""What may be asked of deliberation: sessions, membership (domain 2.2, 2.3), and what follows from a session: `resolutions`."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.base import Instant
from services.contracts.commands.base import Command
from services.contracts.commands.resolutions import ITEM, RESOLUTION, CouncilCommand, Photos, Task
from services.contracts.council import CloseReason, DecisionRule, InvitationAnswer, InviteeKind, SessionMode, Vote
from services.contracts.disclosure import Package
from services.contracts.ids import Address, MemberId, NodeId, ResolutionId, SessionId


class SessionCommand(CouncilCommand):
    """A command on one session."""

    session_id: SessionId
    """议事编号。Which session."""


class PutToCouncil(CouncilCommand):
    """Bring a matter before the council: a session is proposed. Allowed to: group owner, council member, executive member, chair; officers
    of the holder. Refused: STATE_DOES_NOT_FIT, NOT_THE_HOLDER."""


class ScheduleSession(CouncilCommand):
    """Set the time of a session, of a proposed one or of a new one; members of the council are listed. Allowed to: chair, the council's own
    group owner, officers of the holder. Refused: STATE_DOES_NOT_FIT, NOT_THE_HOLDER, DATE_IN_PAST, RECUSED."""

    session_id: SessionId | None = None
    """议事编号；不填即新议事。Which session; by default a new one."""
    at: Instant
    """何时。When."""
    mode: SessionMode = SessionMode.ASYNC_CHAT
    """方式。How it meets."""


class OpenSession(CouncilCommand):
    """Open a session in one tap (有事即议), or one that was proposed, scheduled or adjourned; members of the council are listed. Allowed to:
    who may schedule one. Refused: STATE_DOES_NOT_FIT, NOT_THE_HOLDER, RECUSED."""

    session_id: SessionId | None = None
    """议事编号；不填即新议事。Which session; by default a new one."""
    mode: SessionMode | None = None
    """方式；不填则不变，新议事为线上讨论。How it meets; by default as it was, and a new one in a chat."""


class Invite(SessionCommand):
    """Invite somebody: a member, a department with what it is told, an expert, a helper. Of a C2 matter only its circle, and counsellors.
    Allowed to: who may open a session. Refused: BARRED, RESTRICTED_SESSION, INVITED_BEFORE, PACKAGE_NOT_SIGNED, MALFORMED."""

    kind: InviteeKind = InviteeKind.MEMBER
    """以什么身份。As what."""
    member: MemberId | None = None
    """哪个人；部门不填。Who; none of a department."""
    department: NodeId | None = None
    """哪个部门。Which department."""
    package: Package | None = None
    """告知部门的内容。What the department is told."""


class AnswerInvitation(SessionCommand):
    """Accept or decline an invitation, or send somebody else. Allowed to: who was invited; of a department its liaison. Refused:
    RESTRICTED_SESSION, BARRED, RECUSED, TOO_MANY, MALFORMED (a substitute who is not of the department)."""

    answer: InvitationAnswer
    """答复。The answer."""
    substitute: MemberId | None = None
    """改派谁。Who comes instead."""
    department: NodeId | None = None
    """代表哪个部门答复；不填即本人，或您作为联络员受邀的部门。For which department she answers; by default herself, or the one invited that she is the liaison of."""


class Speak(SessionCommand):
    """Say something in a session; kept as its minutes. Allowed to: who takes part. Refused: TEXT_MISSING, TEXT_TOO_LONG, RECUSED."""

    text: str
    """发言。What she says."""
    department: NodeId | None = None
    """代表哪个部门发言；不填即本人，或您作为联络员受邀的部门。For which department she speaks; by default herself, or the one invited that she is the liaison of."""
    photos: Photos = ()
    """照片编号（POST /attachments?for=council）。Photos."""


class Recuse(SessionCommand):
    """Withdraw from a session because one is related to a party, or have a member do so: she neither speaks nor votes, and is not counted.
    Allowed to: who takes part, for herself, a department's liaison too (another of its liaisons may come); who convenes, for others of her
    own council's session. Refused: REASON_REQUIRED, RECUSED, TOO_MANY."""

    member: MemberId | None = None
    """谁回避；不填即本人。Who; by default oneself."""
    reason: str
    """理由。Why."""


class LiftRecusal(SessionCommand):
    """Let somebody take part again who withdrew, or was made to, by mistake: in all sessions of this council on the matter; whether she comes
    is hers to say. What she had voted is not counted again. Allowed to: who convenes, in her own council's session, and is not withdrawn
    herself. Refused: REASON_REQUIRED, NOT_FOUND, RECUSED, BARRED, RESTRICTED_SESSION, TOO_MANY."""

    member: MemberId
    """谁。Who."""
    reason: str
    """理由。Why."""


class Adjourn(SessionCommand):
    """Break off a session and go on another day: at most twice, within five working days. Allowed to: who may open one. Refused:
    TOO_MANY_ADJOURNMENTS, TOO_LATE, DATE_IN_PAST, RECUSED."""

    until: Instant
    """何时继续。When it goes on."""


class CastVote(SessionCommand):
    """Vote, or vote anew. Allowed to: members of the session, not recused. Refused: NO_VOTE_HERE."""

    vote: Vote
    """赞成、反对或弃权。The vote."""


class Adopt(SessionCommand):
    """Decide and close a session with a resolution: by consensus, by simple majority (of a tie the convenor decides), or by the chair alone
    where it is urgent (RED, ORANGE). Allowed to: who may open one. Refused: NO_QUORUM, NO_CONSENSUS, NOT_CARRIED, CHAIR_ONLY_WHEN_URGENT,
    NOTHING_RESOLVED, RECUSED, TOO_LATE, BARRED, UNKNOWN_NODE."""

    rule: DecisionRule
    """决定方式。How it is decided."""
    text: str
    """决议内容。What is resolved."""
    minutes: str = ""
    """会议纪要。The minutes."""
    items: Annotated[tuple[Task, ...], Field(max_length=20)] = ()
    """行动项。What is to be done."""
    arrangement: str = ""
    """长效安排。A standing arrangement for a class of people."""
    initiative: str = ""
    """倡议。An initiative."""
    supersedes: ResolutionId | None = None
    """取代哪项决议。Which earlier resolution it replaces."""


class CloseSession(SessionCommand):
    """Close a session without a resolution, with the reason. Allowed to: who may open one. Refused: TEXT_MISSING (nothing was said, and there
    are no minutes), RECUSED, MALFORMED."""

    reason: CloseReason
    """理由代码。Why."""
    minutes: str = ""
    """会议纪要；无人发言时必填。The minutes; required if nobody spoke."""


class CancelSession(SessionCommand):
    """Call off a session that has not been opened. Allowed to: who may open one. Refused: REASON_REQUIRED."""

    reason: str
    """理由。Why."""


class AdmitMember(CouncilCommand):
    """Admit a person or a department to the council as a standing member, because of a matter, for at most two years. A department confirms
    it. Allowed to: chair, the council's own group owner, officers of the holder. Refused: BARRED, TOO_LATE, DATE_IN_PAST, MEMBER_ALREADY."""

    member: MemberId | None = None
    """哪个人。A person."""
    department: NodeId | None = None
    """或哪个部门。Or a department."""
    until: Instant
    """任期止，最长两年。Until when; at most two years."""


class MembershipCommand(Command):
    """A command on a standing membership of a council."""

    service: ClassVar[str] = "deliberation"

    council: NodeId
    """哪个议事会（组织编号）。Which council."""

    @property
    def subject(self) -> str:
        return self.council


class ConfirmMembership(MembershipCommand):
    """Confirm the standing membership that a department was offered. Allowed to: its liaison. Refused: NOT_FOUND."""

    department: NodeId
    """哪个部门。Which department."""


class EndMembership(MembershipCommand):
    """End a standing membership before its term is over. Allowed to: chair, the council's own group owner; the member herself, a department's
    liaison. Refused: NOT_FOUND."""

    address: Address
    """谁的：人员编号或部门编号。Whose: a person's id or a department's."""


SESSION: tuple[type[CouncilCommand], ...] = (
    PutToCouncil,
    ScheduleSession,
    OpenSession,
    Invite,
    AnswerInvitation,
    Speak,
    Recuse,
    LiftRecusal,
    Adjourn,
    CastVote,
    Adopt,
    CloseSession,
    CancelSession,
)
ON_A_MATTER: tuple[type[CouncilCommand], ...] = (*SESSION, *RESOLUTION, *ITEM, AdmitMember)
MEMBERSHIP: tuple[type[MembershipCommand], ...] = (ConfirmMembership, EndMembership)
COMMANDS: tuple[type[Command], ...] = (*ON_A_MATTER, *MEMBERSHIP)
