"""What a caller may ask, by the permission table. The door decides by this; the gateway hints by it (`allowedCommands`)."""

from services.contracts.callers import Caller, Grant, Reach, Target
from services.contracts.cases import CaseClass
from services.contracts.organisation import GROUP_ROLES, Role, council_of, federation_of, rights_department_of
from services.contracts.permission_table import LINES
from services.contracts.regions import contains, is_above

FOLLOWERS = frozenset({Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER, Role.EXEC_MEMBER})
"""Who works at a node that has a line in a matter's thread."""

ASKED_THERE = frozenset({Role.LIAISON, Role.CHAIR, Role.OFFICER})
"""Who answers for a node that was invited, or has something to do."""

SHOWN = frozenset({*FOLLOWERS, Role.INSPECTOR})
"""Who is shown the open matters of her region that have come to her level, as its council is."""


def may_ever(caller: Caller, command: str) -> bool:
    """Whether any line could let this caller through, whatever the matter: asked before anything is looked up."""
    roles = {(grant.role, grant.level) for grant in caller.grants}
    return any(
        line.role is None or any((line.role, level) in roles for level in line.levels)
        for line in LINES.get(command, ())
    )


def may_see_at_all(caller: Caller, target: Target) -> bool:
    """A party never has access (I6); of a C2 or C3 matter only its circle and its reporters know anything."""
    if caller.member in target.barred:
        return False
    if target.case_class.private:
        return caller.member in target.circle or caller.member in target.reporters
    return True


def acting_grant(caller: Caller, command: str, target: Target) -> Grant | None:
    """The grant under which the caller may ask this, or None. The nearest node wins: she acts as close to the matter as she can.
    A C2 or C3 matter is handled by its circle alone: having reported it gives nobody's office a hand in it."""
    if caller.member in target.barred:
        return None
    in_circle = caller.member in target.circle
    closed = target.case_class.private and not in_circle
    fitting = [
        grant
        for line in LINES.get(command, ())
        if line.role is not None and not (closed and line.reach is not Reach.DEPARTMENT)
        for grant in caller.grants
        if grant.role is line.role and grant.level in line.levels and _reaches(line.reach, grant, target, in_circle)
    ]
    return max(fitting, key=lambda grant: len(grant.region), default=None)


def may_as_herself(caller: Caller, command: str, target: Target) -> bool:
    """Whether she may ask this as the reporter, or because it is her own."""
    reaches = {line.reach for line in LINES.get(command, ()) if line.role is None}
    if Reach.SELF in reaches:
        return True
    if caller.member in target.barred:
        return False
    reporter = Reach.REPORTER in reaches and caller.member in target.reporters
    if Reach.SPEAKER in reaches and caller.member in target.reporters:
        reporter = target.case_class is CaseClass.C0 or caller.member not in target.bystanders
    return reporter or (Reach.NAMED in reaches and caller.member in target.people)


def may(caller: Caller, command: str, target: Target) -> bool:
    """Whether she may ask this, for an office or for herself."""
    return acting_grant(caller, command, target) is not None or may_as_herself(caller, command, target)


def had_it(caller: Caller, command: str, target: Target) -> bool:
    """Of a matter, and not of its work orders: whether this is the holder's to ask and her node has a line in its thread, or is its group.
    She follows it, and may know that another holds it now."""
    if target.of_an_order or not may_see_at_all(caller, target):
        return False
    return any(
        grant.role is line.role and grant.level in line.levels and _follows(line.reach, grant, target)
        for line in LINES.get(command, ())
        for grant in caller.grants
    )


def takes_part(caller: Caller, target: Target) -> bool:
    """Whether she, or a node of hers, is on any list or has any task of the matter, or a node of hers has a line in its thread: she knows of
    it, and may be told that a command is not hers."""
    if caller.member in target.barred:
        return False
    hers = {caller.member, *(grant.node for grant in caller.grants if grant.role in ASKED_THERE)}
    if not hers.isdisjoint(target.guests):
        return True
    known = not target.of_an_order and may_see_at_all(caller, target)
    return known and any(grant.node in target.involved and grant.role in FOLLOWERS for grant in caller.grants)


def sees_it(caller: Caller, command: str, target: Target) -> bool:
    """Of what is its reporters' to ask: whether she is shown the matter though it is not hers, and may be told so: by the group or the
    council that it comes from, by the level that it has reached, by having reported it or handling it (`gateway.readmodel.access`)."""
    its_reporters = any(line.reach in {Reach.REPORTER, Reach.SPEAKER} for line in LINES.get(command, ()))
    if not its_reporters or target.of_an_order or not may_see_at_all(caller, target):
        return False
    known = caller.member in target.reporters or caller.member in target.circle
    return known or any(_shows(grant, target) for grant in caller.grants)


def _follows(reach: Reach, grant: Grant, target: Target) -> bool:
    match reach:
        case Reach.HOLDER:
            return grant.node in target.involved
        case Reach.GROUP_HOLDER:
            return grant.node == target.group and target.case_class in {CaseClass.C0, CaseClass.C1}
        case Reach.COUNCIL_HOLDER:
            return federation_of(grant.region) in target.involved
        case _:
            return False


def _shows(grant: Grant, target: Target) -> bool:
    if grant.role in GROUP_ROLES and not grant.in_council:
        works = grant.role in {Role.GROUP_OWNER, Role.UNIT_LEADER}
        return grant.node == target.group and (works or target.case_class is CaseClass.C0)
    below = target.region is not None and contains(grant.region, target.region)
    return (grant.role in SHOWN or grant.in_council) and below and len(grant.region) >= target.seen_from


def _reaches(reach: Reach, grant: Grant, target: Target, in_circle: bool) -> bool:
    below = target.region is not None and contains(grant.region, target.region)
    match reach:
        case Reach.GROUP:
            return target.group is not None and grant.node == target.group
        case Reach.GROUP_HOLDER:
            return grant.node == target.group and grant.public_node == target.holder
        case Reach.SUBTREE:
            return below
        case Reach.HOLDER:
            at_its_level = target.holder in {federation_of(grant.region), rights_department_of(grant.region)}
            return below and (grant.node == target.holder or (in_circle and at_its_level))
        case Reach.COUNCIL_HOLDER:
            return below and target.holder == federation_of(grant.region)
        case Reach.NOTIFIED:
            return below and grant.node == target.notified
        case Reach.INVOLVED:
            return below and (in_circle or grant.node in target.involved)
        case Reach.ALERTED:
            return target.alerted and below and (in_circle or grant.node in target.involved)
        case Reach.HOLDER_UP:
            level = target.holder_region
            up = level is not None and len(grant.region) <= len(level)
            return below and up and (in_circle or grant.node in target.involved)
        case Reach.ABOVE:
            surfaced = len(grant.region) >= target.seen_from
            return (
                below and surfaced and target.holder_region is not None and is_above(grant.region, target.holder_region)
            )
        case Reach.SURFACED:
            return below and grant.node == target.left_to_officers
        case Reach.DEPARTMENT:
            return grant.node == target.department or (target.department is None and grant.node in target.invited)
        case Reach.COUNCIL:
            return target.region is not None and grant.node == council_of(target.region)
        case _:
            return False
