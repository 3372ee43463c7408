"""What may be asked of escalation."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.cases import Outcome
from services.contracts.commands.base import Command, MatterCommand
from services.contracts.ids import AttachmentId


class SolveOnSpot(MatterCommand):
    """Done without a session, with evidence (当场解决). Allowed to: unit leader, group owner, executive member, chair of the
    holder's village, for C0 and C1 that are not RED. Refused: NOT_ON_THE_SPOT, EVIDENCE_REQUIRED, TEXT_TOO_LONG, TOO_MANY_ATTACHMENTS,
    ATTACHMENT_NOT_YOURS."""

    service: ClassVar[str] = "escalation"

    outcome: Outcome = Outcome.SOLVED
    evidence: str = ""
    photos: Annotated[tuple[AttachmentId, ...], Field(max_length=100)] = ()


COMMANDS: tuple[type[Command], ...] = (SolveOnSpot,)
