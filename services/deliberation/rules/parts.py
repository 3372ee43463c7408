"""The parts of a docket as deliberation keeps them: who sits in a session, who has an item. What their public states leave out goes out on
the topic of people alone."""

from datetime import datetime, timedelta

from services.contracts.base import Instant, Model
from services.contracts.council import (
    InviteeKind,
    ItemPeople,
    ItemStage,
    ItemState,
    ResolutionState,
    SessionPeople,
    SessionState,
    Vote,
)
from services.contracts.ids import Address, MemberId

LAPSES_AFTER = timedelta(days=3)
"""How long after its due time a person may still read what she was told for an item (domain 2.3, "expire access")."""


class Invitee(Model):
    """Somebody on the list of a session."""

    address: Address
    kind: InviteeKind
    restricted: bool = False
    """Invited when the matter was private already."""
    accepted: bool = False
    declined: bool = False
    """She does not come, sent somebody else, or may not come any more."""
    replaced: bool = False
    """She sent somebody else, who has her place: it is not hers any more."""
    standing: bool = False
    """A department that is there as a standing member: of open matters alone (S02)."""
    put_out: bool = False
    """She may not come any more, by no doing of hers: the matter became private, or she a party to it. If she may again, she is back."""
    recused: bool = False
    spoke: bool = False
    vote: Vote | None = None
    answer_by: Instant | None = None
    """Until when an answer is waited for; None: for none."""

    @property
    def takes_part(self) -> bool:
        """Whether she has not left. Whether the matter is open to her still is for the room to say (`room.Room`)."""
        return not self.recused and not self.declined

    @property
    def votes(self) -> bool:
        """Whether she has a vote; experts, helpers and departments have a voice."""
        return self.kind is InviteeKind.MEMBER and self.takes_part

    @property
    def responded(self) -> bool:
        """Whether she counts for the quorum."""
        return self.takes_part and (self.accepted or self.spoke or self.vote is not None)


class Session(SessionState):
    """A session as deliberation keeps it."""

    convenor: MemberId
    seats: tuple[Invitee, ...] = ()
    """Who was invited, in that order; the convenor first."""
    heard: tuple[MemberId, ...] = ()
    """Who has spoken: persons, also those who spoke for a department."""
    speeches: int = 0
    remind_at: Instant | None = None
    """When who convened it is reminded that nothing happens; None: she was, or nothing is waited for."""

    def public(self) -> SessionState:
        """What events carry: counts in place of people."""
        counts = {
            "departments": tuple(each.address for each in self.seats if each.kind is InviteeKind.DEPARTMENT),
            "invited": len(self.seats),
            "responded": sum(each.responded for each in self.seats),
            "recused": sum(each.recused for each in self.seats),
            "speakers": len(self.heard),
            "votes": sum(each.vote is not None and each.votes for each in self.seats),
        }
        return SessionState(**public_fields(self, SessionState) | counts)

    def people(self) -> SessionPeople:
        """Who takes part."""
        return SessionPeople(
            id=self.id,
            convenor=self.convenor,
            invited=tuple(each.address for each in self.seats),
            present=tuple(each.address for each in self.seats if each.takes_part),
            voters=tuple(each.address for each in self.seats if each.votes),
            recused=tuple(each.address for each in self.seats if each.recused),
        )

    def seat(self, address: str) -> int | None:
        """The place of somebody on the list: the last one, if she has been there twice."""
        return next((n for n in range(len(self.seats) - 1, -1, -1) if self.seats[n].address == address), None)

    def with_seat(self, seat: int, **changes: object) -> "Session":
        """The session with something changed of one on the list."""
        changed = self.seats[seat].model_copy(update=changes)
        return self.model_copy(update={"seats": (*self.seats[:seat], changed, *self.seats[seat + 1 :])})


class Item(ItemState):
    """An item as deliberation keeps it."""

    assignee: Address
    before: Address | None = None
    assigner: MemberId
    workers: tuple[MemberId, ...] = ()
    restricted: bool = False
    answer_by: Instant | None = None
    lapsed: bool = False
    """Its time is over for so long, or the matter has become so private, that the person who has it finds nothing of it any more."""

    @property
    def over(self) -> bool:
        """Whether who has it has nothing to do with it any more."""
        return self.lapsed or self.stage.over or self.stage is ItemStage.DECLINED

    @property
    def lapses_at(self) -> datetime | None:
        """When the person who has it finds nothing of it any more. Never of an office or a department: whoever works there comes and goes."""
        return None if self.over or self.node is not None else self.due_at + LAPSES_AFTER

    def public(self) -> ItemState:
        """What events carry."""
        return ItemState(**public_fields(self, ItemState))

    def people(self) -> ItemPeople:
        """Who has it."""
        fields = {name: getattr(self, name) for name in ItemPeople.model_fields if name != "over"}
        return ItemPeople(**fields, over=self.over)


class Resolution(ResolutionState):
    """A resolution as deliberation keeps it."""

    remind_at: Instant | None = None
    """When it will have been blocked for too long."""

    def public(self) -> ResolutionState:
        """What events carry."""
        return ResolutionState(**public_fields(self, ResolutionState))


def public_fields(kept: Model, kind: type[Model]) -> dict[str, object]:
    """What of a part its public state shows as it is kept."""
    return {name: getattr(kept, name) for name in kind.model_fields}
