"""What may be asked of deliberation. Nothing yet: it keeps the docket of every matter that a council may see."""

from services.contracts.commands.base import Command

COMMANDS: tuple[type[Command], ...] = ()
