"""Who may act for a level on a matter: the one rule by which it surfaces where nobody may, and by which somebody is told of it. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from services.contracts.cases import CaseClass
from services.contracts.ids import MemberId, NodeId
from services.contracts.organisation import Node, Role, federation_of, in_office, rights_department_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState

HEADS = (Role.CHAIR, Role.RIGHTS_OFFICER)
"""Who decides and signs for a node; a rights department has no chair."""


class Hands(NamedTuple):
    """Who may act for a level: its heads, and its officers."""

    heads: tuple[MemberId, ...] = ()
    officers: tuple[MemberId, ...] = ()

    @property
    def first(self) -> tuple[MemberId, ...]:
        """Who is told: the heads, or else the officers."""
        return self.heads or self.officers

    def __bool__(self) -> bool:
        return bool(self.first)


def offices_at(case_class: CaseClass, region: str, level: Level) -> tuple[NodeId, ...]:
    """The nodes whose people act for a level: its federation; of a sealed matter at the county its rights department, and beside it the
    federation."""
    place = at_level(region, level)
    sealed = case_class is CaseClass.C3 and level is Level.COUNTY
    return (rights_department_of(place), federation_of(place)) if sealed else (federation_of(place),)


def hands(nodes: Iterable[Node], access: AccessState | None, now: datetime) -> Hands:
    """Who may act at these nodes: in office now, and no party. Of a private matter those of its circle; where a node has none in it, whoever
    enters it by her office."""
    heads, officers = list[MemberId](), list[MemberId]()
    for node in nodes:
        able = _able(node, access, now)
        leading = {member for role in HEADS for member in node.holding(role, now)}
        heads += [each for each in able if each in leading]
        officers += [each for each in able if each not in leading]
    return Hands(tuple(dict.fromkeys(heads)), tuple(dict.fromkeys(officers)))


def _able(node: Node, access: AccessState | None, now: datetime) -> list[MemberId]:
    there = in_office(node, now)
    if access is None:
        return list(there)
    if not access.case_class.private:
        return [each for each in there if each not in access.barred]
    out = {*access.barred, *access.dismissed}
    entering = _of_sealed(node, out, now) if access.case_class is CaseClass.C3 else there
    of_it = [each for each in there if each not in out and each in access.circle]
    return of_it or [each for each in there if each not in out and each in entering]


def _of_sealed(node: Node, out: set[MemberId], now: datetime) -> tuple[MemberId, ...]:
    """Who enters the circle of what is sealed: the rights department; of a federation the chairs, and above the county its officers where
    none of them may."""
    heads = tuple(member for role in HEADS for member in node.holding(role, now))
    if len(node.region) >= Level.COUNTY.width or any(each not in out for each in heads):
        return heads
    return (*heads, *node.holding(Role.OFFICER, now))
