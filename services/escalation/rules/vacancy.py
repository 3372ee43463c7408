"""A node that holds matters and has nobody in office who may act: its matters surface at the nearest level above that has somebody, until they
are handed over (domain 1.2). Responsibility stays where it is: nobody gets a matter by being told of it. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime

from services.contracts.cases import CaseClass
from services.contracts.events.escalation import VacancyFilled, VacancySurfaced
from services.contracts.events.intake import PartyNamed
from services.contracts.ids import MemberId, NodeId
from services.contracts.organisation import Node, federation_of, in_office
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState
from services.escalation.rules.custody import Custody, Moved


def surface(custody: Custody, nodes: Mapping[NodeId, Node], access: AccessState | None, now: datetime) -> Moved:
    """What the holder's offices being empty, held by parties alone, or filled again, means for a matter. `nodes`: those of its ladder that
    are known. Told already, or nothing to tell: nothing changes."""
    holder = custody.holder
    if holder is None:
        return custody, ()
    barred = access.barred if access else ()
    left = staffed(nodes.get(holder), now) and any(
        staffed(nodes.get(node), now, barred) for node in _offices(custody, holder)
    )
    if custody.vacant != holder:
        return (custody, ()) if left else _surfaced(custody, holder, nodes, now, barred)
    if custody.passed_by > (access.version if access else 0):
        return custody, ()  # who may not is still to be heard
    offices = (nodes.get(node) for node in _offices(custody, holder))
    # Of a private matter who is in office may have been kept out of it.
    let_in = access is None or any(node and access.able(in_office(node, now)) for node in offices)
    if not left or not let_in:
        return custody, ()
    after = custody.after(vacant=None)
    return after, (VacancyFilled(at=now, custody=after.public(), filled=holder),)


def pass_by(
    custody: Custody,
    nodes: Mapping[NodeId, Node],
    barred: Collection[MemberId],
    named: PartyNamed,
    now: datetime,
) -> Moved:
    """Nobody in office may act where she was `named` a party: it surfaces. Held elsewhere by now, or closed, nothing changes."""
    if named.nobody_left is None or custody.holder != named.nobody_left or custody.vacant == named.nobody_left:
        return custody, ()
    passed_by = custody.model_copy(update={"passed_by": named.version})
    return _surfaced(passed_by, named.nobody_left, nodes, now, barred)


def _surfaced(
    custody: Custody, holder: NodeId, nodes: Mapping[NodeId, Node], now: datetime, barred: Collection[MemberId]
) -> Moved:
    above = (level for level in _above(custody) if staffed(nodes.get(custody.node_at(level)), now, barred))
    entries, to = custody.entries, None
    if (level := next(above, None)) is not None:
        to = custody.node_at(level)
        entries = custody.with_entry(custody.informed(level))
    after = custody.after(entries=entries, vacant=holder)
    return after, (VacancySurfaced(at=now, custody=after.public(), vacant=holder, to=to),)


def staffed(node: Node | None, now: datetime, barred: Collection[MemberId] = ()) -> bool:
    """Whether anybody answers for a node. One that has not been heard of is no vacancy that anybody could look into."""
    return node is None or any(each not in barred for each in in_office(node, now))


def as_it_is_until(node: Node, now: datetime) -> datetime | None:
    """When the next term begins or ends there: until then it is staffed as it is now, if it is not stated anew."""
    terms = (moment for each in node.members for moment in (each.since, each.until) if moment is not None)
    return min((moment for moment in terms if moment > now), default=None)


def ladder_of(custody: Custody) -> list[NodeId]:
    """The offices that have it, and the nodes of the levels above them."""
    held = _offices(custody, custody.holder) if custody.holder else ()
    return [*held, *(custody.node_at(level) for level in _above(custody))]


def _offices(custody: Custody, holder: NodeId) -> tuple[NodeId, ...]:
    """Who may act for the holder: of a sealed matter at the county its federation too."""
    if custody.case_class is CaseClass.C3 and custody.level is Level.COUNTY:
        return (holder, federation_of(at_level(custody.region, Level.COUNTY)))
    return (holder,)


def _above(custody: Custody) -> list[Level]:
    return [level for level in Level if level.width < custody.level.width]
