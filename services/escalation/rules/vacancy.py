"""Where nobody may act who holds a matter or owes its answer, it surfaces at the nearest level above that has somebody, and further up when
nobody is left there either, until it is handed over (domain 1.2, I2, I4). Responsibility stays where it is: nobody gets a matter by being
told of it. Where only the chair may not, her officers do, and the level above knows. Pure."""

from collections.abc import Mapping
from datetime import datetime

from services.contracts.cases import CaseClass
from services.contracts.events.escalation import ChairBarred, VacancyFilled, VacancySurfaced
from services.contracts.hands import Hands, hands, offices_at
from services.contracts.ids import NodeId
from services.contracts.organisation import Node, Role, federation_of, in_office, rights_department_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState
from services.escalation.rules.custody import Custody, Moved


def look(custody: Custody, nodes: Mapping[NodeId, Node], access: AccessState | None, now: datetime) -> Moved:
    """What it means for a matter who may act now: at its holder, and above. `nodes`: those of `ladder_of` that are known; one that has not
    been heard of is no vacancy that anybody could look into. Told already, or nothing to tell: nothing changes."""
    if custody.holder is None:
        return custody, ()

    def may(level: Level) -> Hands | None:
        """None: it is not known who is there."""
        known = [nodes.get(node) for node in offices_at(custody.case_class, custody.region, level)]
        found = hands([node for node in known if node is not None], access, now)
        return None if not found and None in known else found

    own = may(custody.level)
    if own is None:
        return custody, ()
    above = next((level for level in _above(custody) if may(level) is None or may(level)), None)
    if not own:
        return _surfaced(custody, above, headless=_headless(may(above) if above else None), now=now)
    filled, told = _filled(custody, now)
    signing, more = _signing(filled, above, barred=_headless(own) and _is_party(custody, nodes, access, now), now=now)
    return signing, (*told, *more)


def _headless(found: Hands | None) -> bool:
    return found is not None and bool(found.officers) and not found.heads


def _filled(custody: Custody, now: datetime) -> Moved:
    if not custody.is_vacant:
        return custody, ()
    after = custody.after(vacant=None, surfaced=None, headless=False)
    return after, (VacancyFilled(at=now, custody=after.public(), filled=custody.holder),)


def _surfaced(custody: Custody, above: Level | None, *, headless: bool, now: datetime) -> Moved:
    to = custody.node_at(above) if above else None
    if custody.is_vacant and (custody.surfaced, custody.headless) == (to, headless):
        return custody, ()
    entries = custody.with_entry(custody.informed(above)) if above else custody.entries
    # Whoever took it first of those who were alerted at once may not act: others may take it.
    after = custody.after(entries=entries, vacant=custody.holder, surfaced=to, headless=headless, taken=False)
    return after, (VacancySurfaced(at=now, custody=after.public(), vacant=custody.holder, to=to),)


def _signing(custody: Custody, above: Level | None, *, barred: bool, now: datetime) -> Moved:
    """A chair who is a party is told of once, and anew after she was cleared. A level above may see a matter that is nobody's secret."""
    if not barred or custody.unsigned == custody.holder:
        return custody.model_copy(update={} if barred else {"unsigned": None}), ()
    open_to_it = above is not None and not custody.case_class.private
    entries = custody.with_entry(custody.informed(above)) if above and open_to_it else custody.entries
    after = custody.after(entries=entries, unsigned=custody.holder)
    to = custody.node_at(above) if above else None
    return after, (ChairBarred(at=now, custody=after.public(), to=to),)


def _is_party(custody: Custody, nodes: Mapping[NodeId, Node], access: AccessState | None, now: datetime) -> bool:
    """Of what is sealed nobody else is to know; it has no chair but above the county, where her officers hear by joining the circle."""
    node = nodes.get(custody.holder or "")
    if node is None or access is None or custody.case_class is CaseClass.C3:
        return False
    return any(each in access.barred for each in node.holding(Role.CHAIR, now))


def staffed(node: Node, now: datetime) -> bool:
    """Whether anybody is in office there, whoever may act on a matter."""
    return bool(in_office(node, now))


def as_it_is_until(node: Node, now: datetime) -> datetime | None:
    """When the next term begins or ends there: until then it is staffed as it is now, if it is not stated anew."""
    terms = (moment for each in node.members for moment in (each.since, each.until) if moment is not None)
    return min((moment for moment in terms if moment > now), default=None)


def ladder_of(region: str) -> list[NodeId]:
    """The nodes that may have anybody to act on a matter of a region."""
    levels = [level for level in Level if level.width <= len(region)]
    return [
        *(federation_of(at_level(region, level)) for level in levels),
        rights_department_of(at_level(region, Level.COUNTY)),
    ]


def _above(custody: Custody) -> list[Level]:
    return [level for level in Level if level.width < custody.level.width]
