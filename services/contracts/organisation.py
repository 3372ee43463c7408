"""Roles and organisation nodes (domain 1.2, 1.3)."""

from datetime import datetime
from enum import StrEnum

from services.contracts.base import Instant, Model
from services.contracts.cases import CaseClass
from services.contracts.ids import MemberId, NodeId
from services.contracts.regions import Level, RegionCode, at_level


class Role(StrEnum):
    """What a person is at a node. The level of an officer is the level of her node's region."""

    RESIDENT = "RESIDENT"
    REPRESENTATIVE = "REPRESENTATIVE"
    UNIT_LEADER = "UNIT_LEADER"
    GROUP_OWNER = "GROUP_OWNER"
    COUNCIL_MEMBER = "COUNCIL_MEMBER"
    EXEC_MEMBER = "EXEC_MEMBER"
    CHAIR = "CHAIR"
    OFFICER = "OFFICER"
    RIGHTS_OFFICER = "RIGHTS_OFFICER"
    LIAISON = "LIAISON"
    VOLUNTEER = "VOLUNTEER"
    COUNSELLOR = "COUNSELLOR"
    INSPECTOR = "INSPECTOR"
    DATA_PROTECTION = "DATA_PROTECTION"
    OPERATOR = "OPERATOR"
    PROJECTOR = "PROJECTOR"


class NodeKind(StrEnum):
    """What an organisation node is."""

    FEDERATION = "FEDERATION"
    COUNCIL = "COUNCIL"
    GROUP = "GROUP"
    DEPARTMENT = "DEPARTMENT"


class DepartmentType(StrEnum):
    """What a partner department does (domain 1.4): it decides what a disclosure package may say."""

    HOUSING = "HOUSING"
    HEATING = "HEATING"
    WATER = "WATER"
    POWER = "POWER"
    ROADS = "ROADS"
    URBAN_MANAGEMENT = "URBAN_MANAGEMENT"
    JUSTICE_OFFICE = "JUSTICE_OFFICE"
    MEDIATION = "MEDIATION"
    POLICE = "POLICE"
    CIVIL_AFFAIRS = "CIVIL_AFFAIRS"
    HEALTH = "HEALTH"
    HUMAN_RESOURCES = "HUMAN_RESOURCES"
    AGRICULTURE = "AGRICULTURE"
    CHARITY = "CHARITY"
    PROCURATORATE = "PROCURATORATE"


class Membership(Model):
    """A person's role at a node; `until` is exclusive."""

    member: MemberId
    role: Role
    since: Instant
    until: Instant | None = None
    deputy_for: MemberId | None = None
    """Whom she stands in for while that person is away; absent: the role is her own."""

    def holds(self, now: Instant) -> bool:
        """Whether she is in office now."""
        return self.since <= now and (self.until is None or now < self.until)


class Node(Model):
    """A federation, council, group or department. The roster's public part: opaque members, no names of persons."""

    id: NodeId
    kind: NodeKind
    region: RegionCode
    name: str
    name_en: str = ""
    members: tuple[Membership, ...] = ()
    department: DepartmentType | None = None
    """A department's: what it does."""
    delegated_to_owner: bool = False
    """A group's: the village chair lets its owner accept C0 matters of GREEN and YELLOW (domain 2.1)."""

    def holding(self, role: Role, now: datetime) -> tuple[MemberId, ...]:
        """The members in office with a role: its bearers, then those who stand in for one."""
        held = [m for m in self.members if m.role is role and m.holds(now)]
        return tuple(dict.fromkeys(m.member for m in sorted(held, key=lambda m: m.deputy_for is not None)))


OFFICE_ROLES = (Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER)
"""Who answers for a federation, in the order in which they are asked."""


def in_office(node: Node, now: datetime) -> tuple[MemberId, ...]:
    """Who answers for a node now: deputies too, bearers of each role first. Nobody: its matters surface at the level above."""
    return tuple(dict.fromkeys(member for role in OFFICE_ROLES for member in node.holding(role, now)))


def federation_of(region: str) -> NodeId:
    """The federation of a region: one per region (domain 1.2), so its id can be told from the code."""
    return f"n_fed-{region}"


def level_of_office(node: NodeId, region: str) -> Level:
    """The level of a region's office, by its id: a federation's, or the county's rights department."""
    levels = (level for level in Level if level.width <= len(region))
    return next((level for level in levels if node == federation_of(at_level(region, level))), Level.COUNTY)


def council_of(region: str) -> NodeId:
    """The council (议事会) of a region: at most one (domain 1.2)."""
    return f"n_council-{region}"


def rights_department_of(county: str) -> NodeId:
    """The rights department of a county federation: first holder of every C3 matter (domain 3.3)."""
    return f"n_rights-{county}"


def first_holder(case_class: CaseClass, region: str) -> NodeId:
    """Who holds a matter by rule until escalation has said (design 5): the village of its place; of C3 the county's rights department."""
    if case_class is CaseClass.C3:
        return rights_department_of(at_level(region, Level.COUNTY))
    return federation_of(region)


GROUP_ROLES = frozenset({Role.RESIDENT, Role.REPRESENTATIVE, Role.UNIT_LEADER, Role.GROUP_OWNER, Role.VOLUNTEER})
"""Roles that are held in a group. Facts name the village's federation in place of the group, which they never carry (design 3)."""
DEPARTMENT_ROLES = frozenset({Role.LIAISON, Role.COUNSELLOR})
"""Roles that are held in a department: who answers for it, and its mediators, lawyers and counsellors (domain 1.3, PRO)."""


def may_hold(kind: NodeKind, role: Role) -> bool:
    """Whether a node of this kind has such a role: a chat group its own roles alone, so that nobody chairs one; a department liaisons and
    counsellors; nobody else has liaisons."""
    match kind:
        case NodeKind.GROUP:
            return role in GROUP_ROLES
        case NodeKind.DEPARTMENT:
            return role in DEPARTMENT_ROLES
        case _:
            return role is not Role.LIAISON


COUNCIL_ROLES = frozenset({Role.COUNCIL_MEMBER, Role.EXEC_MEMBER})
"""Roles that are of the council of their region by themselves."""
