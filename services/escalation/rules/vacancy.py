"""A node that holds matters and has nobody in office: its matters surface at the nearest level above that has somebody, until they are handed
over (domain 1.2). Responsibility stays where it is: nobody gets a matter by being told of it. Pure."""

from collections.abc import Collection, Mapping
from datetime import datetime

from services.contracts.events.escalation import VacancyFilled, VacancySurfaced
from services.contracts.ids import MemberId, NodeId
from services.contracts.organisation import Node, in_office
from services.contracts.regions import Level
from services.escalation.rules.custody import Custody, Moved


def surface(custody: Custody, nodes: Mapping[NodeId, Node], now: datetime) -> Moved:
    """What the holder's offices being empty, or filled again, means for a matter. `nodes`: those of its ladder that are known. Told already,
    or nothing to tell: nothing changes."""
    holder = custody.holder
    if holder is None:
        return custody, ()
    if staffed(nodes.get(holder), now):
        if custody.vacant is None:
            return custody, ()
        after = custody.after(vacant=None)
        return after, (VacancyFilled(at=now, custody=after.public(), filled=holder),)
    if custody.vacant == holder:
        return custody, ()
    return _surfaced(custody.model_copy(update={"vacant": holder}), holder, nodes, now)


def pass_by(
    custody: Custody, nodes: Mapping[NodeId, Node], barred: Collection[MemberId], nobody_left: NodeId, now: datetime
) -> Moved:
    """Nobody in office at `nobody_left` may act, all being parties to the matter: it surfaces as of a node without offices, which it is
    not. Held elsewhere by now, or closed, nothing changes."""
    if custody.holder != nobody_left or custody.closed_at is not None or custody.vacant is not None:
        return custody, ()
    return _surfaced(custody, nobody_left, nodes, now, barred)


def _surfaced(
    custody: Custody,
    holder: NodeId,
    nodes: Mapping[NodeId, Node],
    now: datetime,
    barred: Collection[MemberId] = (),
) -> Moved:
    above = (level for level in _above(custody) if staffed(nodes.get(custody.node_at(level)), now, barred))
    entries, to = custody.entries, None
    if (level := next(above, None)) is not None:
        to = custody.node_at(level)
        entries = custody.with_entry(custody.informed(level))
    after = custody.after(entries=entries)
    return after, (VacancySurfaced(at=now, custody=after.public(), vacant=holder, to=to),)


def staffed(node: Node | None, now: datetime, barred: Collection[MemberId] = ()) -> bool:
    """Whether anybody answers for a node. One that has not been heard of is no vacancy that anybody could look into."""
    return node is None or any(each not in barred for each in in_office(node, now))


def ladder_of(custody: Custody) -> list[NodeId]:
    """The holder, and the nodes of the levels above it."""
    return [*([custody.holder] if custody.holder else []), *(custody.node_at(level) for level in _above(custody))]


def _above(custody: Custody) -> list[Level]:
    return [level for level in Level if level.width < custody.level.width]
