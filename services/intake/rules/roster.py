"""Who is in office where: the roster as intake keeps it."""

from collections.abc import Mapping
from datetime import datetime

from services.contracts.cases import CaseClass
from services.contracts.ids import MemberId
from services.contracts.organisation import Node, Role, federation_of, rights_department_of
from services.contracts.regions import Level, Region, at_level


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


def first_circle(case_class: CaseClass, village: str, nodes: Mapping[str, Node], now: datetime) -> tuple[MemberId, ...]:
    """The members in office at the nearest node that has any: at most five."""
    for node_id, role in circle_nodes(case_class, village):
        node = nodes.get(node_id)
        if node and (members := node.holding(role, now)):
            return members[:5]
    return ()


def in_charge(node: Node, now: datetime) -> tuple[MemberId, ...]:
    """Who answers for a level: its chairs, then its officers, in office now."""
    return tuple(dict.fromkeys((*node.holding(Role.CHAIR, now), *node.holding(Role.OFFICER, now))))
