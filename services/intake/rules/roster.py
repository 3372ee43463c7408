"""Which regions there are and who is in office where: the roster as intake keeps it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.contracts.cases import CaseClass
from services.contracts.commands.intake import MemberLine, RegionLine
from services.contracts.ids import MemberId, NodeId
from services.contracts.organisation import (
    OFFICE_ROLES,
    Membership,
    Node,
    Role,
    federation_of,
    may_hold,
    rights_department_of,
)
from services.contracts.queries import LineFate
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, Region, RegionSource, at_level, in_cell, level_of
from services.contracts.texts import text
from services.contracts.wrong import Wrong, malformed

MAX_MEMBERS = 1_000
"""Of one node: its fact must fit a record."""


class KeptNode(Node):
    """A node and its version."""

    version: int = 1


class KeptRegion(Region):
    """A region and its version."""

    version: int = 1


def circle_nodes(case_class: CaseClass, village: str) -> tuple[tuple[str, Role], ...]:
    """Where the first handling circle of a private matter is looked for, nearest first (domain 1.4)."""
    match case_class:
        case CaseClass.C2:
            levels = (Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY)
            return tuple((federation_of(at_level(village, level)), Role.CHAIR) for level in levels)
        case CaseClass.C3:
            county, city = at_level(village, Level.COUNTY), at_level(village, Level.CITY)
            return (
                (rights_department_of(county), Role.RIGHTS_OFFICER),
                (federation_of(county), Role.CHAIR),
                (federation_of(city), Role.CHAIR),
            )
        case _:
            return ()


def first_circle(
    case_class: CaseClass,
    village: str,
    nodes: Mapping[str, Node],
    now: datetime,
    barred: Collection[MemberId] = (),
) -> tuple[MemberId, ...]:
    """The members in office at the nearest node that has any who is no party: at most five."""
    for node_id, role in circle_nodes(case_class, village):
        members = nodes[node_id].holding(role, now) if node_id in nodes else ()
        if able := tuple(each for each in members if each not in barred):
            return able[:5]
    return ()


def offices_of(
    case_class: CaseClass,
    village: str,
    came_to: Sequence[NodeId],
    nodes: Mapping[NodeId, Node],
    now: datetime,
    barred: Collection[MemberId] = (),
) -> dict[NodeId, tuple[MemberId, ...]]:
    """Who bears the offices that may handle a private matter, by node; those where its circle is looked for first come first. `came_to`:
    the nodes that it passed through. Of C2 chairs, and officers where it came to; of C3 the rights department, and the heads."""
    first = [node_id for node_id, _ in circle_nodes(case_class, village)]
    found: dict[NodeId, tuple[MemberId, ...]] = {}
    for node_id in dict.fromkeys((*first, *came_to)):
        if (node := nodes.get(node_id)) is None:
            continue
        if case_class is CaseClass.C2:
            found[node_id] = in_charge(node, now) if node_id in came_to else node.holding(Role.CHAIR, now)
        elif node_id == first[0]:
            found[node_id] = node.holding(Role.RIGHTS_OFFICER, now)
        elif len(node.region) <= Level.COUNTY.width:
            found[node_id] = heads(node, now, barred) if node_id in came_to else node.holding(Role.CHAIR, now)
    return found


def next_term(node: Node, now: datetime) -> datetime | None:
    """When one of its office holders' terms begins or ends next."""
    ends = (moment for each in bearing(node) for moment in (each.since, each.until))
    return min((moment for moment in ends if moment is not None and moment > now), default=None)


def bearing(node: Node | None) -> frozenset[Membership]:
    """Who is, was or will be in one of its offices."""
    return frozenset(each for each in node.members if each.role in OFFICE_ROLES) if node else frozenset()


def in_charge(node: Node, now: datetime) -> tuple[MemberId, ...]:
    """Who answers for a level: its chairs, then its officers, in office now."""
    return tuple(dict.fromkeys((*node.holding(Role.CHAIR, now), *node.holding(Role.OFFICER, now))))


def heads(node: Node, now: datetime, barred: Collection[MemberId]) -> tuple[MemberId, ...]:
    """Who answers for a level that a sealed matter came to: its chairs; where no chair may, its officers, or nobody could take it on."""
    chairs = node.holding(Role.CHAIR, now)
    able = any(each not in barred for each in chairs)
    return chairs if able else tuple(dict.fromkeys((*chairs, *node.holding(Role.OFFICER, now))))


def above(cell: str, code: str) -> str | None:
    """The region that must be there before this one; None: the cell's own, or one above it."""
    level = None if code == cell else level_of(code).above
    return at_level(code, level) if level else None


def with_region(cell: str, given: Region, kept: Mapping[str, KeptRegion]) -> KeptRegion:
    """The region as it will be kept; unchanged, it is the very one that was. Raises Refused."""
    in_cell(cell, given.code)
    parent = above(cell, given.code)
    if parent and parent not in kept:
        raise Refused(Code.UNKNOWN_REGION, region=parent)
    name = text(given.name, "name", 80, required=True)
    before = kept.get(given.code)
    if before and (before.name, before.source) == (name, given.source):
        return before
    version = before.version + 1 if before else 1
    return KeptRegion(code=given.code, name=name, source=given.source, version=version)


def with_regions(
    cell: str, lines: Sequence[RegionLine], source: RegionSource, kept: Mapping[str, KeptRegion]
) -> list[KeptRegion | Refused]:
    """By line, what becomes of it: later ones see earlier ones. A region that has the name already stays, its source too, so that
    importing one list after the other changes only what they differ in."""
    known, outcomes = dict(kept), list[KeptRegion | Refused]()
    for line in lines:
        before = known.get(line.code)
        of = before.source if before and before.name == line.name else source
        try:
            after = with_region(cell, Region(code=line.code, name=line.name, source=of), known)
        except Refused as refused:
            outcomes.append(refused)
            continue
        known[line.code] = after
        outcomes.append(after)
    return outcomes


def fate_of(outcome: KeptRegion, kept: Mapping[str, KeptRegion]) -> LineFate:
    """What became of a region of an import, beside those that were there."""
    before = kept.get(outcome.code)
    return LineFate.SAME if outcome is before else LineFate.CHANGED if before else LineFate.NEW


def membership_of(line: MemberLine) -> Membership:
    """A line of an import as its node keeps it."""
    return Membership(
        member=line.member, role=line.role, since=line.since, until=line.until, deputy_for=line.deputy_for
    )


def with_members(node: Node, lines: Sequence[Membership]) -> tuple[Node, list[LineFate | Refused]]:
    """The node with these people in it, and by line what becomes of it. Whoever else is there stays; a role that a person has there
    already gets the new term (of several terms, the latest)."""
    members, there = list(node.members), set(node.members)
    places: dict[tuple[MemberId, Role], int] = {}
    for place, each in enumerate(members):
        at = places.get((each.member, each.role))
        if at is None or members[at].since <= each.since:
            places[each.member, each.role] = place
    given: set[tuple[MemberId, Role]] = set()
    fates: list[LineFate | Refused] = []
    for line in lines:
        key = (line.member, line.role)
        if wrong := _wrong(node, line, again=key in given, full=key not in places and len(members) >= MAX_MEMBERS):
            fates.append(wrong)
            continue
        given.add(key)
        if line in there:
            fates.append(LineFate.SAME)
        elif key in places:
            members[places[key]] = line
            fates.append(LineFate.CHANGED)
        else:
            places[key] = len(members)
            members.append(line)
            fates.append(LineFate.NEW)
    return node.model_copy(update={"members": tuple(members)}), fates


def _wrong(node: Node, line: Membership, *, again: bool, full: bool) -> Refused | None:
    if line.until is not None and line.until <= line.since:
        return malformed("until", Wrong.NOT_AFTER_SINCE)
    if line not in node.members and not may_hold(node.kind, line.role):
        return malformed("role", Wrong.ROLE_ELSEWHERE)
    if line.deputy_for == line.member:
        return malformed("deputyFor", Wrong.OWN_DEPUTY)
    if again:
        return malformed("members", Wrong.ROLE_TWICE)
    return Refused(Code.NODE_FULL, node=node.id, limit=MAX_MEMBERS) if full else None
