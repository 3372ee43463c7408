"""What a caller may do with a session, a resolution or an item right now, and which of them she knows of at all. Hints, as in `allowed`."""

from collections.abc import Iterable
from typing import NamedTuple

from services.contracts.callers import Caller, Grant, Target
from services.contracts.council import ItemPeople, ItemState, PeopleState, ResolutionState, SessionPeople, SessionState
from services.contracts.fitting_council import fitting_item, fitting_resolution, fitting_session, seat
from services.contracts.organisation import Role, council_of
from services.contracts.permissions import acting_grant, may_as_herself
from services.contracts.regions import contains
from services.contracts.states import AccessState, CaseState, CustodyState, DocketState
from services.contracts.targets import target_at_council

OFFICES = frozenset({Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER, Role.INSPECTOR})
OF_THE_GROUP = frozenset({Role.GROUP_OWNER, Role.UNIT_LEADER})
RUNNING = frozenset(
    {"PutToCouncil", "ScheduleSession", "OpenSession", "Invite", "Adjourn", "Adopt", "CloseSession", "CancelSession"}
)
"""How a session comes about, goes on and ends: in no session of the matter the business of one who withdrew from one."""
TAKING_PART = frozenset({"AnswerInvitation", "Speak", "CastVote"})
"""What nobody does who withdrew, for her department neither."""
_BY_ANY_COUNCIL = frozenset({"RevokeResolution", "AnswerInvitation", "Speak", "CastVote", "Recuse"})


class Before(NamedTuple):
    """A matter as far as the council's part of it goes."""

    case: CaseState
    custody: CustodyState | None
    access: AccessState
    docket: DocketState
    people: PeopleState


def knows_all(caller: Caller, before: Before) -> bool:
    """Whether she knows of every session and item: of C0 and C1 whoever works on the matter where it lies, of C2 its circle."""
    if before.access.case_class.private:
        return caller.member in before.access.circle
    return any(
        contains(grant.region, before.case.region)
        and (
            grant.role in OFFICES
            or grant.in_council
            or (grant.role in OF_THE_GROUP and grant.node == before.access.group)
        )
        for grant in caller.grants
    )


def knows_of(caller: Caller, before: Before, addresses: Iterable[str]) -> bool:
    """Whether she is one of these, for herself or for her office; of a private matter, invited as such."""
    hers = {caller.member, *(grant.node for grant in caller.grants if grant.role in OFFICES | {Role.LIAISON})}
    if before.access.case_class.private:
        hers &= set(before.people.private_guests)
    return not hers.isdisjoint(addresses)


def allowed_session(caller: Caller, before: Before, session: SessionState, people: SessionPeople) -> list[str]:
    """What she may do with a session."""
    fits = fitting_session(before.case, before.custody, session)
    invited = [address for address in people.invited if address not in people.recused]
    target = _target(caller, before, invited)
    withdrew = has_withdrawn(caller, before.people)
    away = RUNNING | TAKING_PART if withdrew else frozenset[str]()
    found = [name for name in _allowed(caller, fits, target, session.council) if name not in away]
    herself = caller.member in invited or (not withdrew and target.department is not None)
    if not (herself or _has_others_withdraw(caller, target, session.council, withdrew=withdrew)):
        found = [name for name in found if name != "Recuse"]
    own = {each.id for each in before.docket.sessions if each.council == session.council}
    if withdrew or not any(each.recused for each in before.people.sessions if each.id in own):
        found = [name for name in found if name != "LiftRecusal"]
    return [name for name in found if name != "CastVote" or caller.member in people.voters]


def _has_others_withdraw(caller: Caller, target: Target, council: str, *, withdrew: bool) -> bool:
    """Who convenes a session has its members withdraw, as long as there are some and she did not withdraw herself."""
    grant = acting_grant(caller, "Recuse", target)
    return grant is not None and council_of(grant.region) == council and bool(target.people) and not withdrew


def has_withdrawn(caller: Caller, people: PeopleState | None) -> bool:
    """Whether she withdrew from a session of the matter, being related to a party."""
    return people is not None and any(caller.member in session.recused for session in people.sessions)


def allowed_resolution(caller: Caller, before: Before, resolution: ResolutionState) -> list[str]:
    """What she may do with a resolution."""
    fits = fitting_resolution(before.case, before.custody, resolution)
    session = before.docket.session(resolution.session_id)
    found = _allowed(caller, fits, _target(caller, before, ()), None)
    councils = {council_of(grant.region) for grant in caller.grants}
    sits = any(each.stage.sitting and each.council in councils for each in before.docket.sessions)
    own = session is not None and session.council in councils
    away = {"RevokeResolution", "SupersedeResolution"} if has_withdrawn(caller, before.people) else set[str]()
    return [name for name in found if name not in away and (name != "RevokeResolution" or sits or not own)]


def allowed_item(caller: Caller, before: Before, item: ItemState, people: ItemPeople) -> list[str]:
    """What she may do with an item: what she did herself she does not verify."""
    fits = fitting_item(before.case, before.custody, item)
    target = _target(caller, before, () if people.over else (people.assignee,))
    own = caller.member in {people.assignee, *people.workers}
    judged = {"VerifyItem", "ReworkItem"}
    at_the_node = {name for name in judged if _node(acting_grant(caller, name, target)) == (item.node or "")}
    grant = acting_grant(caller, "ReassignItem", target)
    elsewhere = grant is None or council_of(grant.region) != council_of(seat(before.case, before.custody))
    return [
        name
        for name in _allowed(caller, fits, target, None)
        if (name not in judged or not (own or name in at_the_node)) and not (elsewhere and name == "ReassignItem")
    ]


def _target(caller: Caller, before: Before, addresses: Iterable[str]) -> Target:
    named, offices = tuple(addresses), {grant.node for grant in caller.grants}
    hers = next((each for each in named if each in offices), None)
    return target_at_council(before.case.region, before.access, before.custody, named, hers)


def _allowed(caller: Caller, fits: Iterable[str], target: Target, council: str | None) -> list[str]:
    found = []
    for name in fits:
        grant = acting_grant(caller, name, target)
        if grant is None and not may_as_herself(caller, name, target):
            continue
        elsewhere = council is not None and grant is not None and council_of(grant.region) != council
        if elsewhere and name not in _BY_ANY_COUNCIL:
            continue
        found.append(name)
    return found


def _node(grant: Grant | None) -> str | None:
    return grant.public_node if grant else None
