"""An inbox: how many entries it has had."""

from datetime import datetime

from services.contracts.events.notify import InboxEntryAdded, InboxState


class Mailbox(InboxState):
    """An inbox as notify keeps it."""


def add(mailbox: Mailbox | None, address: str, entry_id: str, now: datetime) -> tuple[Mailbox, InboxEntryAdded]:
    """One more entry."""
    after = Mailbox(address=address, version=mailbox.version + 1 if mailbox else 1)
    return after, InboxEntryAdded(
        at=now, inbox=InboxState(address=after.address, version=after.version), entry_id=entry_id
    )
