"""Who is told what of a council's work: pure. Those who take part, who has an item, who convened or assigned; nobody else (domain 2.2, 2.3)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.contracts.cases import CaseClass
from services.contracts.council import InvitationAnswer, ItemPeople, ItemStage, PeopleState, SessionPeople
from services.contracts.events import deliberation as told
from services.contracts.events.council import (
    CouncilEvent,
    MembershipBegun,
    MembershipEnded,
    MembershipOffered,
    PeopleChanged,
)
from services.contracts.events.deliberation import DocketEvent, ItemEvent, ResolutionAdopted, SessionEvent
from services.contracts.ids import NodeId
from services.contracts.organisation import Node, Role, council_of, federation_of
from services.contracts.states import AccessState
from services.notify.rules.entries import Kind, Told
from services.notify.rules.people import responsible

_TO_ALL: Mapping[type[DocketEvent], Kind] = {
    told.SessionOpened: Kind.SESSION_OPENED,
    told.SessionScheduled: Kind.INVITED,
    told.SessionAdjourned: Kind.SESSION_ADJOURNED,
    told.SessionClosed: Kind.SESSION_CLOSED,
    told.SessionCancelled: Kind.SESSION_CANCELLED,
    ResolutionAdopted: Kind.RESOLUTION_ADOPTED,
}
_TO_ASSIGNEE: Mapping[type[DocketEvent], Kind] = {
    told.ItemAssigned: Kind.ITEM_ASSIGNED,
    told.ItemReassigned: Kind.ITEM_ASSIGNED,
    told.ItemReworked: Kind.ITEM_REWORK,
    told.ItemWaived: Kind.ITEM_CANCELLED,
    told.ItemCancelled: Kind.ITEM_CANCELLED,
}
_TO_ASSIGNER: Mapping[type[DocketEvent], Kind] = {
    told.ItemDeclined: Kind.ITEM_TO_REASSIGN,
    told.ItemUnanswered: Kind.ITEM_TO_REASSIGN,
    told.ItemLapsed: Kind.ITEM_TO_REASSIGN,
    told.ItemWithdrawn: Kind.ITEM_TO_REASSIGN,
    told.ItemFinished: Kind.ITEM_TO_VERIFY,
}

_TO_LEADERS: Mapping[type[DocketEvent], Kind] = {
    told.SessionSilent: Kind.SESSION_SILENT,
    told.SessionNotOpened: Kind.SESSION_NOT_OPENED,
    told.SessionRestricted: Kind.SESSION_RESTRICTED,
}


def needs_people(event: DocketEvent) -> bool:
    """Whether somebody who takes part is told of this fact: then it waits until it is known who does."""
    return isinstance(event, SessionEvent | ItemEvent | told.ResolutionStillBlocked)


def nodes_named(event: DocketEvent, people: PeopleState) -> tuple[str, ...]:
    """The departments, offices and councils among those who are told."""
    addresses = [address for session in people.sessions for address in session.invited]
    addresses += [address for item in people.items for address in (item.assignee, item.before or "")]
    addresses += _offices_of(event.by) if isinstance(event, told.SessionProposed) else []
    return tuple(dict.fromkeys(each for each in addresses if each.startswith("n_")))


def _offices_of(node: NodeId) -> list[NodeId]:
    """The federation and the council of the region that one of the two is of."""
    region = node.removeprefix(federation_of("")).removeprefix(council_of(""))
    return [federation_of(region), council_of(region)]


def docket_audience(
    event: DocketEvent,
    access: AccessState,
    people: PeopleState,
    nodes: Mapping[str, Node],
    now: datetime,
    holder: str | None = None,
) -> tuple[Told, ...]:
    """Who is told of a docket's fact. Parties never; of a session nobody who withdrew from one; of a private matter its circle and its guests;
    nobody twice: the first reason counts. Who did it herself is not told."""
    found: list[Told] = []
    match event:
        case told.SessionProposed():
            found += [Told(chair, Kind.SESSION_PROPOSED) for chair in _conveners(event, access, people, nodes, now)]
        case SessionEvent():
            session = next((each for each in people.sessions if each.id == event.session_id), None)
            found += _of_session(event, session, access, people, nodes, now) if session else []
        case ItemEvent():
            item = next((each for each in people.items if each.id == event.item_id), None)
            found += _of_item(event, item, access, nodes, now) if item else []
        case told.ResolutionStillBlocked():
            answering = responsible(holder, access, nodes, now) if holder else ()
            leading = [each for each in _adopted_by(event, people) if _may_lead(each, access, people)]
            found += [Told(member, Kind.RESOLUTION_BLOCKED) for member in (*answering, *leading)]
        case told.ResultPublished() if access.case_class is CaseClass.C0 and access.group:
            found.append(Told(access.group, Kind.RESULT_PUBLISHED))
        case _:
            pass
    away = {address for session in people.sessions for address in session.recused}
    away = set(access.barred) | (away if isinstance(event, SessionEvent | told.SessionProposed) else set())
    once: dict[str, Told] = {}
    for each in found:
        hers = each.kind in {Kind.RECUSED, Kind.RECUSAL_LIFTED} and each.address not in access.barred
        if (hers or each.address not in away) and (_may_know(each.address, access, people) or not each.names_matter):
            once.setdefault(each.address, each)
    return tuple(once.values())


def _may_know(address: str, access: AccessState, people: PeopleState) -> bool:
    """Of a private matter its circle, and who was invited or given something to do when it was."""
    guests = {*people.private_guests, *(each.assignee for each in people.items if each.restricted)}
    return not access.case_class.private or address in access.circle or address in guests


def let_go_audience(
    event: PeopleChanged, access: AccessState, nodes: Mapping[str, Node], now: datetime
) -> tuple[Told, ...]:
    """The matter was sealed: who was in the room, or had something to do, is told so; never of which matter, nor why. Parties never."""
    told = [Told(member, Kind.SESSION_LEFT, names_matter=False) for member in _persons(event.left, nodes, now)]
    told += [Told(member, Kind.ITEM_CANCELLED, names_matter=False) for member in _persons(event.relieved, nodes, now)]
    return tuple(dict.fromkeys(each for each in told if each.address not in access.barred))


def membership_audience(event: CouncilEvent, nodes: Mapping[str, Node], now: datetime) -> tuple[Told, ...]:
    """The member herself, or the department's liaisons."""
    kinds: Mapping[type[CouncilEvent], Kind] = {
        MembershipOffered: Kind.MEMBERSHIP_OFFERED,
        MembershipBegun: Kind.MEMBERSHIP_BEGUN,
        MembershipEnded: Kind.MEMBERSHIP_ENDED,
    }
    return tuple(Told(member, kinds[type(event)]) for member in _persons([event.address], nodes, now))


def _of_session(
    event: SessionEvent,
    session: SessionPeople,
    access: AccessState,
    people: PeopleState,
    nodes: Mapping[str, Node],
    now: datetime,
) -> list[Told]:
    others = [address for address in session.present if address != session.convenor]
    found: list[Told] = []
    match event:
        case told.ParticipantInvited():
            invited = session.invited[event.seat : event.seat + 1]
            found += [Told(member, Kind.INVITED) for member in _persons(invited, nodes, now)]
        case told.InvitationAnswered(substitute_seat=int(seat)):
            found += [Told(member, Kind.INVITED) for member in _persons(session.invited[seat : seat + 1], nodes, now)]
            found += [Told(member, Kind.INVITATION_DECLINED) for member in _leaders(session, access, people)]
        case told.InvitationAnswered(answer=InvitationAnswer.DECLINE):
            found += [Told(member, Kind.INVITATION_DECLINED) for member in _leaders(session, access, people)]
        case told.ParticipantRecused(by=None):
            found += [Told(member, Kind.RECUSED_HERSELF) for member in _leaders(session, access, people)]
        case told.ParticipantRecused():
            hers = session.invited[event.seat : event.seat + 1]
            found += [Told(member, Kind.RECUSED) for member in _persons(hers, nodes, now)]
        case told.RecusalLifted():
            hers = session.invited[event.seat : event.seat + 1]
            found += [Told(member, Kind.RECUSAL_LIFTED) for member in _persons(hers, nodes, now)]
        case told.SessionRestricted(seats=()):
            return []
        case told.SessionRestricted():
            # Nothing of which matter, nor why: she may not know of it any more.
            gone = _persons([session.invited[seat] for seat in event.seats], nodes, now)
            found += [Told(member, Kind.SESSION_LEFT, names_matter=False) for member in gone]
        case told.InvitationUnanswered():
            found += [Told(member, Kind.NO_ANSWER) for member in _leaders(session, access, people)]
        case ResolutionAdopted():
            assigned = [each.assignee for each in people.items if each.id in event.items]
            found += [Told(member, Kind.ITEM_ASSIGNED) for member in _persons(assigned, nodes, now)]
        case _:
            pass
    if (kind := _TO_ALL.get(type(event))) is not None:
        found += [Told(member, kind) for member in _persons(others, nodes, now)]
        if isinstance(event, told.SessionCancelled) and event.by is None:
            found.append(Told(session.convenor, kind))
    if (kind := _TO_LEADERS.get(type(event))) is not None:
        found += [Told(member, kind) for member in _leaders(session, access, people)]
    return found


def _of_item(
    event: ItemEvent, item: ItemPeople, access: AccessState, nodes: Mapping[str, Node], now: datetime
) -> list[Told]:
    found: list[Told] = []
    if (kind := _TO_ASSIGNEE.get(type(event))) is not None:
        found += [Told(member, kind) for member in _persons([item.assignee], nodes, now)]
    if isinstance(event, told.ItemReassigned) and item.before:
        named = not access.case_class.private
        lost = _persons([item.before], nodes, now)
        found += [Told(member, Kind.ITEM_CANCELLED, names_matter=named) for member in lost]
    if isinstance(event, told.ItemWithdrawn):
        gone = _persons([item.assignee], nodes, now)
        found += [Told(member, Kind.ITEM_CANCELLED, names_matter=False) for member in gone]
    state = event.docket.item(event.item_id)
    given_up = isinstance(event, told.ItemLapsed | told.ItemWithdrawn)
    waits_for_a_look = given_up and state is not None and state.stage is ItemStage.DONE
    if (kind := _TO_ASSIGNER.get(type(event))) is not None and not waits_for_a_look:
        able = not access.case_class.private or item.assigner in access.circle
        found += [Told(member, kind) for member in ([item.assigner] if able else access.circle)]
    return found


def _leaders(session: SessionPeople, access: AccessState, people: PeopleState) -> list[str]:
    """Who goes on with a session: who convened it; if she may not, its other members, and of a private matter the circle."""
    if _may_lead(session.convenor, access, people):
        return [session.convenor]
    others = access.circle if access.case_class.private else session.voters
    return [each for each in others if _may_lead(each, access, people)]


def _may_lead(member: str, access: AccessState, people: PeopleState) -> bool:
    """Neither who withdrew nor a party; of a private matter only its circle."""
    away = member in access.barred or any(member in session.recused for session in people.sessions)
    return not away and (not access.case_class.private or member in access.circle)


def _adopted_by(event: told.ResolutionStillBlocked, people: PeopleState) -> list[str]:
    """Who convened the session that adopted it."""
    resolution = event.docket.resolution(event.resolution_id)
    return [each.convenor for each in people.sessions if resolution is not None and each.id == resolution.session_id]


def _conveners(
    event: told.SessionProposed, access: AccessState, people: PeopleState, nodes: Mapping[str, Node], now: datetime
) -> Sequence[str]:
    """Who may open it: the chair of the federation that proposed it, or where she may not the owner of the council's own group; of a private
    matter its circle."""
    if access.case_class.private:
        return access.circle
    federation, council = (nodes.get(each) for each in _offices_of(event.by))
    chairs = federation.holding(Role.CHAIR, now) if federation else ()
    able = [chair for chair in chairs if _may_lead(chair, access, people)]
    return able or (council.holding(Role.GROUP_OWNER, now) if council else ())


def _persons(addresses: Iterable[str], nodes: Mapping[str, Node], now: datetime) -> list[str]:
    """Members as they are; of a department its liaisons, of an office its chairs, or else its officers."""
    found: list[str] = []
    for address in addresses:
        if address.startswith("m_"):
            found.append(address)
        elif (node := nodes.get(address)) is not None:
            roles = (Role.LIAISON, Role.CHAIR, Role.OFFICER)
            found += next((held for role in roles if (held := node.holding(role, now))), ())
    return found
