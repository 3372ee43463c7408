"""Who may know of a case: its class and its circle (domain 1.4, S04). Pure, total, no text."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.contracts.cases import CaseClass
from services.contracts.commands.matters import MAX_CIRCLE, MAX_PARTIES
from services.contracts.events.intake import (
    AccessChanged,
    CaseEvent,
    CaseLeft,
    CircleChanged,
    ClassChanged,
    PartyCleared,
    PartyNamed,
)
from services.contracts.fitting import fitting
from services.contracts.ids import MemberId, NodeId
from services.contracts.refusals import Code, Refused
from services.contracts.states import AccessState, CustodyState
from services.contracts.wrong import Wrong, malformed
from services.intake.rules.case import Case, Joined, Moved, check_fits

A_LEVEL = 5
"""People of one level in a circle (domain 1.4)."""


class Reclassed(NamedTuple):
    """A case in its new class. Where it changes topics, what the topics that it leaves are told last, one version before what the new
    ones are told: a reader of both ends with the new."""

    case: Case
    events: tuple[CaseEvent, ...]
    left: CaseLeft | None = None
    emptied: AccessChanged | None = None


def raise_class(
    case: Case,
    to: CaseClass,
    by: NodeId | None,
    circle: tuple[MemberId, ...],
    custody: CustodyState | None,
    now: datetime,
) -> Reclassed:
    """Fewer people know of it. `circle`: the first circle of the new class."""
    check_fits("RaiseClass", case, custody)
    if to <= case.case_class:
        raise Refused(Code.ALREADY_SO, value=case.case_class.value)
    return _reclass(case, to, by, _circle_of(case, circle), now)


def lower_class(
    case: Case,
    to: CaseClass,
    by: NodeId,
    circle: tuple[MemberId, ...],
    custody: CustodyState | None,
    now: datetime,
) -> Reclassed:
    """More people know of it; never of what is sealed. Who handled it stays in its circle, where it still has one."""
    if case.case_class is CaseClass.C3:
        raise Refused(Code.STAYS_SEALED, allowed=fitting(case, custody))
    check_fits("LowerClass", case, custody)
    if to >= case.case_class:
        raise Refused(Code.ALREADY_SO, value=case.case_class.value)
    staying = tuple(dict.fromkeys((*case.circle, *circle)))[:MAX_CIRCLE] if to is CaseClass.C2 else ()
    return _reclass(case, to, by, _circle_of(case, staying), now)


def follow(report: Case, master: Case, now: datetime) -> Reclassed:
    """A report that goes on as another matter is nobody's but that matter's people's: its parties are barred from both (I6), its circle
    handles both, and the report's class is never lower. What it learns so it keeps, should it be taken out again. Whom it was closed to
    does not read it as the matter's only people either: it keeps its own then, who move with the offices."""
    barred = master.parties
    to = max(report.case_class, master.case_class)
    names = ("circle", "seated", "dismissed")
    if master.case_class.private and to is master.case_class:
        out = tuple(dict.fromkeys((*report.dismissed, *master.dismissed)))
        handling, seated = tuple(each for each in master.circle if each not in report.dismissed), master.seated
        if not handling and to is report.case_class:
            handling, seated = tuple(each for each in report.circle if each not in barred), report.seated
        people: dict[str, object] = {"circle": handling, "seated": seated, "dismissed": out}
    else:
        people = {name: tuple(each for each in getattr(report, name) if each not in barred) for name in names}
    people["barred"] = barred
    people["joined"] = tuple(_cleared(each, set(each.barred) - set(barred)) for each in report.joined)
    if to is not report.case_class:
        return _reclass(report, to, None, people, now)
    changed = report.model_copy(update=people)
    after = report.after(**people)
    if set(barred) != set(report.parties):
        named = not set(barred) <= set(report.parties)
        fact = (PartyNamed if named else PartyCleared)(at=now, case=after.public())
        return Reclassed(after, (fact,))
    if set(changed.circle) != set(report.circle):
        return Reclassed(after, (CircleChanged(at=now, case=after.public()),))
    return Reclassed(changed, ())


def _circle_of(case: Case, circle: tuple[MemberId, ...]) -> Mapping[str, object]:
    able = tuple(each for each in circle if each not in case.parties)
    return {"circle": able, "seated": able, "dismissed": ()}


def _reclass(case: Case, to: CaseClass, by: NodeId | None, people: Mapping[str, object], now: datetime) -> Reclassed:
    moves = CaseClass.C3 in {case.case_class, to}
    before = case.after() if moves else case
    after = before.after(case_class=to, **people)
    named = None if to is CaseClass.C3 else by  # a sealed topic names no place below the county
    events = (ClassChanged(at=now, case=after.public(), by=named, before=case.case_class),)
    if not moves:
        return Reclassed(after, events)
    nobody = AccessState(case_id=case.case_id, version=before.version, case_class=CaseClass.C3)
    left = CaseLeft(at=now, case_id=case.case_id, case_version=before.version) if to is CaseClass.C3 else None
    return Reclassed(after, events, left, AccessChanged(at=now, access=nobody))


def change_circle(
    case: Case,
    add: Sequence[MemberId],
    remove: Sequence[MemberId],
    by: NodeId,
    custody: CustodyState | None,
    now: datetime,
    offices: Sequence[MemberId] = (),
) -> Moved:
    """Named people handle it, others do no longer. Nothing to change changes nothing. `offices`: who is in office at the level that holds
    it; some of them must stay, or nobody could decide."""
    check_fits("ChangeCircle", case, custody)
    if any(each in case.parties for each in add):
        raise Refused(Code.PARTY_BARRED)
    circle = tuple(each for each in dict.fromkeys((*case.circle, *add)) if each not in remove)
    left_alone = any(each in case.circle for each in offices) and not any(each in circle for each in offices)
    if not circle or left_alone:
        raise Refused(Code.CIRCLE_EMPTY)
    if len(circle) > max(MAX_CIRCLE, len(case.circle)):  # those who came by their office may be more
        raise Refused(Code.CIRCLE_FULL, limit=MAX_CIRCLE)
    if circle == case.circle:
        return case, ()
    dismissed = tuple(each for each in dict.fromkeys((*case.dismissed, *remove)) if each not in circle)
    seated = tuple(each for each in case.seated if each in circle)
    after = case.after(circle=circle, seated=seated, dismissed=dismissed)
    return after, (CircleChanged(at=now, case=after.public(), by=by),)


def name_party(
    case: Case,
    member: MemberId,
    by: NodeId | None,
    speaker: MemberId,
    custody: CustodyState | None,
    now: datetime,
) -> Moved:
    """She is a party: barred from it, whatever she is, and out of its circle (I6). `speaker` says so. Named before, nothing changes."""
    check_fits("NameParty", case, custody)
    if member == speaker or member in case.everyone:
        raise malformed("member", Wrong.NO_PARTY)
    if member in case.parties:
        return case, ()
    if len(case.parties) >= MAX_PARTIES:
        raise Refused(Code.TOO_MANY, what="parties", limit=MAX_PARTIES)
    left = {name: _without(getattr(case, name), member) for name in ("circle", "seated")}
    after = case.after(barred=(*case.barred, member), **left)
    named = None if case.case_class is CaseClass.C3 else by  # a sealed topic names no place below the county
    return after, (PartyNamed(at=now, case=after.public(), by=named),)


def clear_party(case: Case, member: MemberId, by: NodeId | None, custody: CustodyState | None, now: datetime) -> Moved:
    """She was named by mistake, in whichever of the reports that it is joined of. Raises Refused MALFORMED if she is no party."""
    check_fits("ClearParty", case, custody)
    if member not in case.parties:
        raise malformed("member", Wrong.NOT_A_PARTY)
    joined = tuple(_cleared(each, {member}) for each in case.joined)
    after = case.after(barred=_without(case.barred, member), joined=joined)
    named = None if case.case_class is CaseClass.C3 else by  # a sealed topic names no place below the county
    return after, (PartyCleared(at=now, case=after.public(), by=named),)


def _cleared(joined: Joined, members: Collection[MemberId]) -> Joined:
    return joined.model_copy(update={"barred": tuple(each for each in joined.barred if each not in members)})


def _without(members: tuple[MemberId, ...], member: MemberId) -> tuple[MemberId, ...]:
    return tuple(each for each in members if each != member)


def join_levels(case: Case, offices: Sequence[Sequence[MemberId]], now: datetime) -> Moved:
    """A C2 matter, or a sealed one, came to levels: of each that has nobody in the circle yet, the people in office join it. `offices`: by level, nearest
    first. Parties stay barred, and whom the holder's chair took out stays out. Of any other class, and of a matter that has ended, nothing."""
    if not case.circled:
        return case, ()
    circle = case.circle
    for people in offices:
        if not any(each in circle for each in people):
            circle = _entered(case, circle, people)
    return _with_circle(case, circle, now)


def hand_over(
    case: Case,
    first: Sequence[NodeId],
    came_to: Sequence[NodeId],
    offices: Mapping[NodeId, Sequence[MemberId]],
    turned: NodeId | None,
    now: datetime,
    cleared: MemberId | None = None,
) -> Moved:
    """People of its `offices` came or went. Who came in by an office and bears none of them any more leaves. Who bears one now enters: at the
    node that has changed (`turned`), and, if nobody of it is in the circle, at the nearest of the `first` that has anybody able, as on the
    first day. `cleared`: she is no party any more, and enters by any office that she bears where it came to. Where nobody could take it on, it
    is left to whoever has it."""
    if not case.circled:
        return case, ()
    bearers = {member for people in offices.values() for member in people}
    circle = tuple(each for each in case.circle if each in bearers or each not in case.seated)
    able = {node: [each for each in people if _able(case, each)] for node, people in offices.items()}
    nearest = next((node for node in first if able.get(node)), None)
    if turned is not None and (turned == nearest or turned in came_to):
        circle = _entered(case, circle, able.get(turned, ()))
    back = [node for node in (nearest, *came_to) if node and cleared in able.get(node, ())]
    if cleared is not None and back:
        circle = tuple(dict.fromkeys((*circle, cleared)))
    if nearest is not None and not any(each in circle for each in able[nearest]):
        circle = _entered(case, circle, able[nearest])
    return _with_circle(case, circle or case.circle, now)


def _able(case: Case, member: MemberId) -> bool:
    """Parties stay barred, and whom the holder's chair took out stays out."""
    return member not in case.parties and member not in case.dismissed


def _entered(case: Case, circle: tuple[MemberId, ...], people: Sequence[MemberId]) -> tuple[MemberId, ...]:
    """The circle with people of one level, as far as there is room for it: whom somebody named takes no level's room."""
    room = max(0, A_LEVEL - sum(each in circle for each in people))
    coming = [each for each in people if each not in circle and _able(case, each)]
    return (*circle, *coming[:room])


def _with_circle(case: Case, circle: tuple[MemberId, ...], now: datetime) -> Moved:
    if circle == case.circle:
        return case, ()
    seated = tuple(each for each in circle if each in case.seated or each not in case.circle)
    after = case.after(circle=circle, seated=seated)
    return after, (CircleChanged(at=now, case=after.public()),)
