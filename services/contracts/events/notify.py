"""Notify's facts: something lies in an inbox. What it says is read there, with the reader's own token."""

from typing import ClassVar

from services.contracts.base import Model
from services.contracts.events.base import Event
from services.contracts.ids import Address, EntryId


class InboxState(Model):
    """How many entries an address has had. An address is a member or a group."""

    address: Address
    version: int


class InboxEntryAdded(Event):
    """An entry lies in an inbox. Names no matter: only the access topic joins a person to one (design 3)."""

    service: ClassVar[str] = "notify"
    inbox: InboxState
    entry_id: EntryId

    @property
    def key(self) -> str:
        return self.inbox.address

    @property
    def version(self) -> int:
        return self.inbox.version

    @property
    def state(self) -> InboxState:
        return self.inbox


INBOX = (InboxEntryAdded,)
