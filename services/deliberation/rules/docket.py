"""The council's file on a matter: pure. Of C3 there is none, ever (domain 1.4). Sessions, resolutions and items are parts of it, under one
version; what their public states leave out (who takes part) stands here and goes out on the topic of people alone."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from services.contracts.cases import CaseClass
from services.contracts.council import (
    ItemStage,
    ItemState,
    PeopleState,
    ResolutionStage,
    ResolutionState,
    SessionStage,
    SessionState,
)
from services.contracts.events.deliberation import DocketEvent, DocketOpened
from services.contracts.fitting import fitting
from services.contracts.ids import Address
from services.contracts.lifecycle import lifecycle
from services.contracts.refusals import Code, Refused
from services.contracts.regions import RegionCode
from services.contracts.states import AccessState, CaseState, CustodyState, DocketStage, DocketState
from services.deliberation.rules.parts import Item, Resolution, Session, public_fields

E = TypeVar("E", bound=DocketEvent)
P = TypeVar("P", bound=SessionState | ItemState | ResolutionState)


class Known(NamedTuple):
    """What deliberation has heard of a matter from others, and when it decides."""

    case: CaseState
    access: AccessState
    custody: CustodyState | None
    now: datetime

    @property
    def public(self) -> bool:
        """Whether it is open to everybody (C0)."""
        return self.case.case_class is self.access.case_class is CaseClass.C0

    @property
    def private(self) -> bool:
        """Whether only its circle deals with it. Its class is told twice, and the stricter counts until both are heard."""
        return self.case.case_class.private or self.access.case_class.private

    @property
    def rests(self) -> bool:
        """Whether it is suspended."""
        return self.custody is not None and self.custody.suspended_until is not None


class Docket(DocketState):
    """A docket as deliberation keeps it."""

    region: RegionCode
    sessions: tuple[Session, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    items: tuple[Item, ...] = ()
    reopens: int = 0
    """How often the matter had been reopened when the docket was last begun anew: what came before no longer says where it stands."""
    closed: bool = False
    """The matter was sealed: of this docket nothing is told any more."""
    past_sessions: int = 0
    past_resolutions: int = 0

    def public(self) -> DocketState:
        """What events carry."""
        parts = {
            "sessions": tuple(each.public() for each in self.sessions),
            "resolutions": tuple(each.public() for each in self.resolutions),
            "items": tuple(each.public() for each in self.items),
            "region": None if self.closed else self.region,
        }
        return DocketState(**public_fields(self, DocketState) | parts)

    @property
    def recused(self) -> frozenset[Address]:
        """Who withdrew from a session, being related to a party."""
        return frozenset(each.address for session in self.sessions for each in session.seats if each.recused)

    def people(self) -> PeopleState:
        """Who takes part, for those who are to tell and to show them."""
        guests: dict[Address, bool] = {}
        for seat in (seat for session in self.sessions for seat in session.seats if seat.takes_part):
            guests[seat.address] = guests.get(seat.address, False) or seat.restricted
        for item in self.items:
            if not item.over:
                guests[item.assignee] = guests.get(item.assignee, False) or item.restricted
        return PeopleState(
            case_id=self.case_id,
            version=self.version,
            sessions=tuple(each.people() for each in self.sessions),
            items=tuple(each.people() for each in self.items),
            guests=tuple(sorted(guests)),
            private_guests=tuple(sorted(address for address, restricted in guests.items() if restricted)),
        )

    def after(self, **changes: object) -> "Docket":
        """The docket one step on, with everything that follows from its parts."""
        changed = self.model_copy(update={**changes, "version": self.version + 1})
        return changed.model_copy(update=_derived(changed))

    def with_session(self, session: Session, **changes: object) -> "Docket":
        """One step on, with a session put in or changed."""
        return self.after(sessions=put(self.sessions, session), **changes)

    def with_item(self, *items: Item, **changes: object) -> "Docket":
        """One step on, with items put in or changed."""
        found = self.items
        for item in items:
            found = put(found, item)
        return self.after(items=found, **changes)


Moved = tuple[Docket, tuple[DocketEvent, ...]]


def open_docket(case: CaseState, now: datetime) -> tuple[Docket, DocketOpened]:
    """A matter that a council may come to deal with was accepted."""
    docket = Docket(case_id=case.case_id, version=1, region=case.region, reopens=case.reopens)
    return docket, DocketOpened(at=now, docket=docket.public())


def moved(docket: Docket, now: datetime, kind: Callable[..., E], **words: object) -> Moved:
    """The docket, and the fact that made it so."""
    return docket, (kind(at=now, docket=docket.public(), **words),)


def put(parts: Sequence[P], part: P) -> tuple[P, ...]:
    """A part in its place, or behind the others."""
    if any(each.id == part.id for each in parts):
        return tuple(part if each.id == part.id else each for each in parts)
    return (*parts, part)


def session_of(docket: Docket, session_id: str) -> Session:
    """A session. Raises Refused NOT_FOUND."""
    return _found(docket.sessions, session_id, "session")


def item_of(docket: Docket, item_id: str) -> Item:
    """An item. Raises Refused NOT_FOUND."""
    return _found(docket.items, item_id, "item")


def resolution_of(docket: Docket, resolution_id: str) -> Resolution:
    """A resolution. Raises Refused NOT_FOUND."""
    return _found(docket.resolutions, resolution_id, "resolution")


def check_fits(command: str, fits: Iterable[str], state: str, known: Known, docket: Docket | None) -> None:
    """Raises Refused STATE_DOES_NOT_FIT, naming what does: of the part, and of the matter."""
    fits = tuple(fits)
    if command not in fits:
        allowed = tuple(dict.fromkeys((*fits, *fitting(known.case, known.custody, docket))))
        raise Refused(Code.STATE_DOES_NOT_FIT, allowed=allowed, state=state, command=command)


def state_of(known: Known, docket: Docket | None) -> str:
    """The public state of the matter, for a refusal."""
    return lifecycle(known.case, docket, known.custody).value


def check_member(known: Known, member: str) -> None:
    """Raises Refused BARRED: a party takes no part (I6)."""
    if member in known.access.barred:
        raise Refused(Code.BARRED)


def _derived(docket: Docket) -> dict[str, object]:
    resolutions = tuple(_carried_out(each, docket.items) for each in docket.resolutions)
    standing = [each.stage for each in resolutions[docket.past_resolutions :] if each.stage.stands]
    if any(not each.stage.over for each in docket.sessions):
        stage = DocketStage.IN_DELIBERATION
    elif any(each in {ResolutionStage.IN_EXECUTION, ResolutionStage.BLOCKED} for each in standing):
        stage = DocketStage.IN_EXECUTION
    else:
        stage = DocketStage.COMPLETED if standing else DocketStage.NONE
    failed = [each for each in docket.sessions[docket.past_sessions :] if _failed(each)]
    return {
        "resolutions": resolutions,
        "stage": stage,
        "open_items": sum(each.mandatory and not each.stage.over for each in docket.items),
        "failures": len(failed),
    }


def _failed(session: SessionState) -> bool:
    return session.stage is SessionStage.CLOSED_NO_RESOLUTION


def _carried_out(resolution: Resolution, items: Iterable[Item]) -> Resolution:
    """Where a resolution stands by its items: completed when all are verified or waived."""
    its = [item.stage for item in items if item.resolution_id == resolution.id]
    if not its or not resolution.stage.stands or resolution.stage is ResolutionStage.BLOCKED:
        return resolution
    if not all(stage.over for stage in its):
        stage = ResolutionStage.IN_EXECUTION
    elif ItemStage.CANCELLED not in its:
        stage = ResolutionStage.COMPLETED
    else:
        stage = ResolutionStage.PARTLY_COMPLETED if ItemStage.VERIFIED in its else ResolutionStage.FAILED
    return resolution.model_copy(update={"stage": stage})


def _found(parts: Sequence[P], part_id: str, what: str) -> P:
    found = next((each for each in parts if each.id == part_id), None)
    if found is None:
        raise Refused(Code.NOT_FOUND, what=what)
    return found
