"""What every command has."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.base import Asked, Model
from services.contracts.callers import Caller
from services.contracts.ids import CaseId, IdempotencyKey
from services.contracts.refusals import Code, Refused


class Command(Asked):
    """One intention of one caller, to one service."""

    service: ClassVar[str]

    idempotency_key: IdempotencyKey
    """The caller's name for this intention: sent again, it is answered again and done once."""

    @classmethod
    def command_name(cls) -> str:
        """As callers write it, in PascalCase."""
        return cls.__name__

    @property
    def subject(self) -> str | None:
        """The key of the aggregate that the command is about; None where it makes a new one."""
        return None

    def remembered_as(self, caller: Caller) -> tuple[str, str]:
        """Under whose name and which key the answer is remembered: the caller's own."""
        return caller.member, self.idempotency_key

    def not_hers(self) -> Refused:
        """What a caller is told who may not ask this."""
        return Refused(Code.NOT_PERMITTED, command=self.command_name())


class MatterCommand(Command):
    """A command about one matter."""

    case_id: CaseId
    expected_version: Annotated[int, Field(ge=1)] | None = None
    """The version that the caller decided on; refused as STALE_VERSION if another command came between."""

    @property
    def subject(self) -> str:
        return self.case_id

    def not_hers(self) -> Refused:
        """What she may not even see does not exist for her."""
        return Refused(Code.CASE_NOT_FOUND)


class Answer(Model):
    """What a command answers: which aggregate it left at which version."""

    id: str
    version: int


class Proposed(Answer):
    """What a command answers that was no more than a proposal: somebody else decides."""

    proposed: bool


class Imported(Answer):
    """What an import answers: its last line's aggregate, and how many lines were new, changed something, or were there already."""

    new: int
    changed: int
    same: int
