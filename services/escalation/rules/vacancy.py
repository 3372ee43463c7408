"""A node that holds matters and has nobody in office: its matters surface at the nearest level above that has somebody, until they are handed
over (domain 1.2). Responsibility stays where it is: nobody gets a matter by being told of it. Pure."""

from collections.abc import Mapping
from datetime import datetime

from services.contracts.events.escalation import VacancyFilled, VacancySurfaced
from services.contracts.ids import NodeId
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
    level = next((level for level in _above(custody) if staffed(nodes.get(custody.node_at(level)), now)), None)
    entries, to = custody.entries, None
    if level is not None:
        to = custody.node_at(level)
        entries = custody.with_entry(custody.informed(level))
    after = custody.after(vacant=holder, entries=entries)
    return after, (VacancySurfaced(at=now, custody=after.public(), vacant=holder, to=to),)


def staffed(node: Node | None, now: datetime) -> bool:
    """Whether anybody answers for a node. One that has not been heard of is no vacancy that anybody could look into."""
    return node is None or bool(in_office(node, now))


def ladder_of(custody: Custody) -> list[NodeId]:
    """The holder, and the nodes of the levels above it."""
    return [*([custody.holder] if custody.holder else []), *(custody.node_at(level) for level in _above(custody))]


def _above(custody: Custody) -> list[Level]:
    return [level for level in Level if level.width < custody.level.width]
