"""Deliberation's facts of people: who takes part in a matter, the councils' standing members."""

from typing import ClassVar

from services.contracts.council import CouncilState, PeopleState
from services.contracts.events.base import Event
from services.contracts.ids import Address


class PeopleChanged(Event):
    """The latest state of who takes part; the topic is compacted."""

    service: ClassVar[str] = "deliberation"
    people: PeopleState
    left: tuple[Address, ...] = ()
    """Who takes part in a session no longer, because the matter was sealed."""
    relieved: tuple[Address, ...] = ()
    """Who has an action item no longer, for the same reason. The next state names nobody."""

    @property
    def key(self) -> str:
        return self.people.case_id

    @property
    def version(self) -> int:
        return self.people.version

    @property
    def state(self) -> PeopleState:
        return self.people


class CouncilEvent(Event):
    """A fact of a council's standing members."""

    service: ClassVar[str] = "deliberation"
    council: CouncilState
    address: Address

    @property
    def key(self) -> str:
        return self.council.node

    @property
    def version(self) -> int:
        return self.council.version

    @property
    def state(self) -> CouncilState:
        return self.council


class MembershipOffered(CouncilEvent):
    """A department was offered a standing membership."""


class MembershipBegun(CouncilEvent):
    """Somebody is a standing member: a person was admitted, or a department confirmed."""


class MembershipEnded(CouncilEvent):
    """Somebody is a standing member no more."""


PEOPLE = (PeopleChanged,)
COUNCIL = (MembershipOffered, MembershipBegun, MembershipEnded)
