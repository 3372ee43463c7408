"""Who is in office where, for those who must be told: pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.contracts.cases import CaseClass
from services.contracts.hands import Hands, hands
from services.contracts.organisation import Node, Role, federation_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState


def owners(group: str | None, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    """The owners of a group."""
    node = nodes.get(group or "")
    return node.holding(Role.GROUP_OWNER, now) if node else ()


def chairs(region: str, nodes: Mapping[str, Node], now: datetime, barred: Sequence[str]) -> Sequence[str]:
    """The chair of the village, or of the nearest level above that has anybody in office who is no party."""
    for level in Level:
        if level.width > len(region):
            continue
        node = nodes.get(federation_of(at_level(region, level)))
        for role in (Role.CHAIR, Role.OFFICER):
            if node and (found := _but(barred, node.holding(role, now))):
                return found
    return ()


def _but(barred: Sequence[str], members: Sequence[str]) -> Sequence[str]:
    return tuple(member for member in members if member not in barred)


def responsible(node_id: str, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    """Who answers for a node: its chair, or else its officers, or the nearest level above with anybody in office who is no party. Of a
    private matter, those of its circle who are in office there; all of the circle, where none is."""
    if access.case_class.private:
        return of_the_circle(node_id, access, nodes, now) or access.circle
    return in_charge(node_id, nodes, now, access.barred)


def looking_after(node_id: str, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    """Who hears at the level above that nothing moves below: who answers for it, of the circle or not. That a private matter is late is open
    to the officers above (F0, domain 1.4); of a sealed one the circle alone knows."""
    if access.case_class is CaseClass.C3:
        return responsible(node_id, access, nodes, now)
    return in_charge(node_id, nodes, now, access.barred)


def in_charge(node_id: str, nodes: Mapping[str, Node], now: datetime, barred: Sequence[str]) -> Sequence[str]:
    """The chair of a node, or else its officers, or the nearest level above with anybody in office; whoever is a party is passed by."""
    node = nodes.get(node_id)
    if node is None:
        return ()
    for role in (Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER):
        if found := _but(barred, node.holding(role, now)):
            return found
    return chairs(node.region, nodes, now, barred)


def may_act(node_id: str | None, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> Hands:
    """Who may act for a node on the matter: nobody in her stead."""
    node = nodes.get(node_id or "")
    return hands([node] if node else [], access, now)


def serving(node: Node | None, now: datetime) -> set[str]:
    """Whoever is anything at a node."""
    return {each.member for each in node.members if each.holds(now)} if node else set()


def of_the_circle(node_id: str, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    """Those of a private matter's circle who are in office at a node."""
    there = serving(nodes.get(node_id), now)
    return tuple(member for member in access.circle if member in there)


def concerned(node_id: str, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    """Who answers for a node that need not act: of a private matter those of its circle there, and nobody in their stead."""
    if access.case_class.private:
        return of_the_circle(node_id, access, nodes, now)
    return responsible(node_id, access, nodes, now)


def on_duty(node_id: str, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    """Who is told at once of what cannot wait for a chair: the officers too. Of a private matter the circle alone knows."""
    node = nodes.get(node_id)
    if node is None or access.case_class.private:
        return ()
    return node.holding(Role.OFFICER, now)
