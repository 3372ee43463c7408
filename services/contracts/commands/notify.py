"""What may be asked of notify."""

from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.commands.base import Command


class MarkRead(Command):
    """Mark entries of one's own inbox as read. Allowed to: everyone, for her own."""

    service: ClassVar[str] = "notify"

    up_to: Annotated[str, Field(pattern=r"^e_[0-9A-Z]{26}$")]
    """The newest entry that she has read; all older ones count as read too."""


COMMANDS: tuple[type[Command], ...] = (MarkRead,)
