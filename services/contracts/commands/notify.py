"""What may be asked of notify."""

from typing import ClassVar

from services.contracts.commands.base import Command
from services.contracts.ids import EntryId


class MarkRead(Command):
    """Mark entries of one's own inbox as read. Allowed to: everyone, for her own."""

    service: ClassVar[str] = "notify"

    up_to: EntryId
    """The newest entry that she has read; all older ones count as read too."""


COMMANDS: tuple[type[Command], ...] = (MarkRead,)
