"""Who may ask what: the one permission table, as data (domain 1.3). The door asks it; a test plays every line of it.

A line grants a command to a role whose node stands at one of the levels, within a reach. What depends on the matter
beyond that (state, class, who did the work) is the business of the service's rules.
"""

from enum import StrEnum
from typing import NamedTuple

from services.contracts.base import Model
from services.contracts.cases import CaseClass
from services.contracts.ids import MemberId, NodeId
from services.contracts.organisation import GROUP_ROLES, Role, federation_of
from services.contracts.regions import Level, RegionCode, contains, level_of


class Grant(Model):
    """A role at a node, from the caller's verified token."""

    role: Role
    node: NodeId
    region: RegionCode

    @property
    def level(self) -> Level:
        """The level of the node's region."""
        return level_of(self.region)

    @property
    def public_node(self) -> NodeId:
        """The node that facts name: for a role held in a group, the federation of its village."""
        return federation_of(self.region) if self.role in GROUP_ROLES else self.node


class Caller(Model):
    """Who asks, as her token says."""

    member: MemberId
    grants: tuple[Grant, ...] = ()


class Target(Model):
    """What a command is about, as far as permission goes."""

    region: RegionCode | None = None
    group: NodeId | None = None
    holder: NodeId | None = None
    """The node that is accountable for the matter, as far as the service knows."""
    case_class: CaseClass = CaseClass.C0
    reporters: tuple[MemberId, ...] = ()
    circle: tuple[MemberId, ...] = ()
    barred: tuple[MemberId, ...] = ()


class Reach(StrEnum):
    """How far a grant reaches."""

    GROUP = "GROUP"
    """The matter comes from the caller's own group."""
    SUBTREE = "SUBTREE"
    """The matter lies in the region of the caller's node. Downward only; never a sibling."""
    HOLDER = "HOLDER"
    """As SUBTREE, and the caller's node holds the matter or she is of its handling circle: levels above that do not hold a matter
    see it in counts and do not move it (domain 1.3 hard rule c)."""
    REPORTER = "REPORTER"
    """The caller reported the matter; her roles do not count."""
    SELF = "SELF"
    """The command touches nothing but the caller's own."""


class Permission(NamedTuple):
    """One line of the table."""

    command: str
    role: Role | None
    levels: frozenset[Level]
    reach: Reach


_V, _T, _C, _M, _P = (frozenset({level}) for level in Level)
_TOWNSHIP_UP = _T | _C | _M | _P
_ALL = _V | _TOWNSHIP_UP


def _lines(command: str, *grants: tuple[Role | None, frozenset[Level], Reach]) -> list[Permission]:
    return [Permission(command, role, levels, reach) for role, levels, reach in grants]


_GROUP_OWNER = (Role.GROUP_OWNER, _V, Reach.GROUP)
_CHAIR = (Role.CHAIR, _V, Reach.SUBTREE)
_EXEC = (Role.EXEC_MEMBER, _V, Reach.SUBTREE)
_COUNCIL = (Role.COUNCIL_MEMBER, _V, Reach.SUBTREE)
_ON_BEHALF = (
    (Role.OFFICER, _TOWNSHIP_UP, Reach.SUBTREE),
    (Role.CHAIR, _TOWNSHIP_UP, Reach.SUBTREE),
    (Role.RIGHTS_OFFICER, _C, Reach.SUBTREE),
)
_HOLDING = (
    (Role.OFFICER, _TOWNSHIP_UP, Reach.HOLDER),
    (Role.CHAIR, _TOWNSHIP_UP, Reach.HOLDER),
    (Role.RIGHTS_OFFICER, _C, Reach.HOLDER),
)
_REPORTER = (None, _ALL, Reach.REPORTER)

TABLE: tuple[Permission, ...] = (
    *_lines(
        "ReportMatter",
        (Role.RESIDENT, _V, Reach.GROUP),
        (Role.REPRESENTATIVE, _V, Reach.GROUP),
        (Role.UNIT_LEADER, _V, Reach.GROUP),
        _GROUP_OWNER,
        _COUNCIL,
        _EXEC,
        _CHAIR,
        *_ON_BEHALF,
    ),
    *_lines("Acknowledge", _GROUP_OWNER, _EXEC, _CHAIR, *_HOLDING),
    *_lines("AcceptMatter", _GROUP_OWNER, _CHAIR, *_HOLDING),
    *_lines("GiveFeedback", _GROUP_OWNER, _CHAIR, *_HOLDING),
    *_lines("RateMatter", _REPORTER),
    *_lines("CallBack", _GROUP_OWNER, _EXEC, _CHAIR, *_HOLDING),
    *_lines("CloseMatter", _CHAIR, *_HOLDING),
    *_lines("AddRegion", (Role.OPERATOR, _P, Reach.SUBTREE)),
    *_lines("ImportRegions", (Role.OPERATOR, _P, Reach.SUBTREE)),
    *_lines("PutNode", (Role.OPERATOR, _P, Reach.SUBTREE)),
    *_lines("ImportMembers", (Role.OPERATOR, _P, Reach.SUBTREE)),
    *_lines("Delegate", _CHAIR),
    *_lines("SolveOnSpot", (Role.UNIT_LEADER, _V, Reach.GROUP), _GROUP_OWNER, _EXEC, _CHAIR),
    *_lines("MarkRead", (None, _ALL, Reach.SELF)),
)


def may_ever(caller: Caller, command: str) -> bool:
    """Whether any line could let this caller through, whatever the matter: asked before anything is looked up."""
    roles = {(grant.role, grant.level) for grant in caller.grants}
    return any(
        line.role is None or any((line.role, level) in roles for level in line.levels)
        for line in TABLE
        if line.command == command
    )


def may_see_at_all(caller: Caller, target: Target) -> bool:
    """A party never has access (I6); of a C2 or C3 matter only its circle and its reporters know anything."""
    if caller.member in target.barred:
        return False
    if target.case_class in {CaseClass.C2, CaseClass.C3}:
        return caller.member in target.circle or caller.member in target.reporters
    return True


def acting_grant(caller: Caller, command: str, target: Target) -> Grant | None:
    """The grant under which the caller may ask this, or None. The nearest node wins: she acts as close to the matter as she can.
    A C2 or C3 matter is handled by its circle alone: having reported it gives nobody's office a hand in it."""
    if not may_see_at_all(caller, target):
        return None
    in_circle = caller.member in target.circle
    if target.case_class in {CaseClass.C2, CaseClass.C3} and not in_circle:
        return None
    fitting = [
        grant
        for line in TABLE
        if line.command == command and line.role is not None
        for grant in caller.grants
        if grant.role is line.role and grant.level in line.levels and _reaches(line.reach, grant, target, in_circle)
    ]
    return max(fitting, key=lambda grant: len(grant.region), default=None)


def may_as_herself(caller: Caller, command: str, target: Target) -> bool:
    """Whether she may ask this as the reporter, or because it is her own."""
    reaches = {line.reach for line in TABLE if line.command == command and line.role is None}
    if Reach.SELF in reaches:
        return True
    return Reach.REPORTER in reaches and caller.member in target.reporters and caller.member not in target.barred


def _reaches(reach: Reach, grant: Grant, target: Target, in_circle: bool) -> bool:
    match reach:
        case Reach.GROUP:
            return target.group is not None and grant.node == target.group
        case Reach.SUBTREE:
            return target.region is not None and contains(grant.region, target.region)
        case Reach.HOLDER:
            below = target.region is not None and contains(grant.region, target.region)
            return below and (in_circle or grant.node == target.holder)
        case _:
            return False
