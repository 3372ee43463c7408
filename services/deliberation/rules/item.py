"""What may happen to an action item (domain 2.3): pure. Nobody verifies her own work (I5)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from services.contracts.cases import Urgency
from services.contracts.clocks import ClockStage, ClockState
from services.contracts.council import ItemStage
from services.contracts.events import deliberation as told
from services.contracts.fitting_council import before_a_council, fitting_council, fitting_item, fitting_resolution
from services.contracts.ids import Address, ItemId, MemberId, NodeId, ResolutionId
from services.contracts.refusals import Code, Refused
from services.deliberation.rules.convening import By, check_holds
from services.deliberation.rules.docket import (
    Docket,
    Known,
    Moved,
    check_fits,
    check_member,
    item_of,
    moved,
    resolution_of,
    state_of,
)
from services.deliberation.rules.parts import Item
from services.deliberation.rules.room import room_of

ACCEPT_WITHIN = {
    Urgency.RED: timedelta(minutes=15),
    Urgency.ORANGE: timedelta(hours=2),
    Urgency.YELLOW: timedelta(days=1),
    Urgency.GREEN: timedelta(days=2),
}
"""How long it is waited for that somebody accepts an item, in natural time (domain 2.3)."""
AT_LEAST = timedelta(days=1)
"""Time that an item may always have: the level's window may be over, and something must be done all the same."""
MAX_ITEMS = 200
"""Items of one matter, with every occurrence of a recurring one."""
WITHOUT_A_WINDOW = timedelta(days=30)
"""Where no window runs."""


class NewItem(NamedTuple):
    """An item to be assigned. The assignee is a member or a node."""

    id: ItemId
    assignee: Address
    due_at: datetime | None = None
    mandatory: bool = True
    every_days: int = 0
    times: int = 1


def assign(docket: Docket | None, known: Known, by: By, new: NewItem, resolution_id: ResolutionId | None) -> Moved:
    """Somebody gets something to do: for a resolution, or before any session."""
    check_fits("AssignItem", fitting_council(known.case, known.custody, docket), state_of(known, docket), known, docket)
    assert docket is not None, "nothing fits a matter without a docket"
    check_holds(known, by)
    if resolution_id is not None:
        resolution = resolution_of(docket, resolution_id)
        fits = fitting_resolution(known.case, known.custody, resolution)
        check_fits("AssignItem", fits, resolution.stage.value, known, docket)
    check_room(docket, 1)
    item = make(known, by, new, resolution_id)
    return moved(docket.with_item(item), known.now, told.ItemAssigned, item_id=item.id, by=by.node)


def check_room(docket: Docket, more: int) -> None:
    """Raises Refused TOO_MANY."""
    if len(docket.items) + more > MAX_ITEMS:
        raise Refused(Code.TOO_MANY, what="items", limit=MAX_ITEMS)


def make(known: Known, by: By, new: NewItem, resolution_id: ResolutionId | None) -> Item:
    """A new item. Raises Refused BARRED, TOO_LATE, DATE_IN_PAST."""
    check_member(known, new.assignee)
    if known.private and new.assignee.startswith("n_"):
        raise Refused(Code.RESTRICTED_SESSION)
    return Item(
        id=new.id,
        resolution_id=resolution_id,
        stage=ItemStage.ASSIGNED,
        by=by.node,
        node=_node(new.assignee),
        assigned_at=known.now,
        due_at=_due(known, new.due_at),
        mandatory=new.mandatory,
        every_days=new.every_days,
        times=new.times,
        assignee=new.assignee,
        assigner=by.member,
        restricted=known.private and new.assignee not in known.access.circle,
        answer_by=known.now + ACCEPT_WITHIN[known.case.urgency],
    )


def accept(docket: Docket, known: Known, item_id: ItemId, member: MemberId) -> Moved:
    """She does it."""
    item = _fitting("AcceptItem", docket, known, item_id)
    changed = _worked(item, member, stage=ItemStage.ACCEPTED, answer_by=None)
    return moved(docket.with_item(changed), known.now, told.ItemAccepted, item_id=item_id)


def decline(docket: Docket, known: Known, item_id: ItemId) -> Moved:
    """She does not: somebody else must."""
    item = _fitting("DeclineItem", docket, known, item_id)
    changed = item.model_copy(update={"stage": ItemStage.DECLINED, "declines": item.declines + 1, "answer_by": None})
    return moved(docket.with_item(changed), known.now, told.ItemDeclined, item_id=item_id)


def progress(docket: Docket, known: Known, item_id: ItemId, member: MemberId) -> Moved:
    """How far it is."""
    item = _fitting("ProgressItem", docket, known, item_id)
    changed = _worked(item, member, stage=ItemStage.IN_PROGRESS)
    return moved(docket.with_item(changed), known.now, told.ItemProgressed, item_id=item_id)


def finish(docket: Docket, known: Known, item_id: ItemId, member: MemberId, *, evidence: bool) -> Moved:
    """She says that it is done, and shows it."""
    item = _fitting("FinishItem", docket, known, item_id)
    if not evidence:
        raise Refused(Code.EVIDENCE_REQUIRED)
    changed = _worked(item, member, stage=ItemStage.DONE)
    return moved(docket.with_item(changed), known.now, told.ItemFinished, item_id=item_id)


def verify(docket: Docket, known: Known, by: By, item_id: ItemId, next_id: ItemId) -> Moved:
    """Somebody else says that it is done. A recurring item comes again, to the same hands."""
    item = _fitting("VerifyItem", docket, known, item_id)
    _check_not_own(item, by)
    changed = item.model_copy(update={"stage": ItemStage.VERIFIED, "verified_at": known.now})
    if item.occurrence >= item.times or len(docket.items) >= MAX_ITEMS:
        return moved(docket.with_item(changed), known.now, told.ItemVerified, item_id=item_id, by=by.node)
    again = item.model_copy(
        update={
            "id": next_id,
            "stage": ItemStage.ASSIGNED,
            "occurrence": item.occurrence + 1,
            "assigned_at": known.now,
            "due_at": max(item.due_at, known.now) + timedelta(days=item.every_days),
            "declines": 0,
            "reworks": 0,
            "workers": (),
            "lapsed": not room_of(known, docket).leaves(item),
            "answer_by": known.now + ACCEPT_WITHIN[known.case.urgency],
        }
    )
    first, events = moved(docket.with_item(changed), known.now, told.ItemVerified, item_id=item_id, by=by.node)
    second, more = moved(first.with_item(again), known.now, told.ItemAssigned, item_id=next_id)
    return second, events + more


def rework(docket: Docket, known: Known, by: By, item_id: ItemId) -> Moved:
    """It is not done after all; counted."""
    item = _fitting("ReworkItem", docket, known, item_id)
    _check_not_own(item, by)
    changed = item.model_copy(update={"stage": ItemStage.REWORK, "reworks": item.reworks + 1})
    return moved(docket.with_item(changed), known.now, told.ItemReworked, item_id=item_id, by=by.node)


def waive(docket: Docket, known: Known, by: By, item_id: ItemId) -> Moved:
    """Let go."""
    item = _fitting("WaiveItem", docket, known, item_id)
    changed = item.model_copy(update={"stage": ItemStage.WAIVED, "answer_by": None})
    return moved(docket.with_item(changed), known.now, told.ItemWaived, item_id=item_id, by=by.node)


def reassign(
    docket: Docket, known: Known, by: By, item_id: ItemId, assignee: Address, due_at: datetime | None
) -> Moved:
    """Somebody else has it. What was done of it so far stays known: who worked on it does not verify it."""
    item = _fitting("ReassignItem", docket, known, item_id)
    check_holds(known, by)
    # Made as a new one is, so that the same people and dates are refused; its due time stands unless another is given, or it is long over.
    fresh = make(known, by, NewItem(item.id, assignee, due_at), item.resolution_id)
    changed = item.model_copy(
        update={
            "stage": ItemStage.ASSIGNED,
            "assignee": fresh.assignee,
            "node": fresh.node,
            "before": None if item.lapsed else item.assignee,  # who lost it was told so then
            "assigner": by.member,
            "restricted": fresh.restricted,
            "due_at": fresh.due_at if due_at is not None or item.lapsed else item.due_at,
            "lapsed": False,
            "answer_by": fresh.answer_by,
        }
    )
    return moved(docket.with_item(changed), known.now, told.ItemReassigned, item_id=item_id, by=by.node)


def cancel(docket: Docket, now: datetime, items: tuple[Item, ...]) -> Moved:
    """There is no need for these any more: a fact each, so that each owner is told."""
    events: list[told.DocketEvent] = []
    for item in items:
        docket = docket.with_item(item.model_copy(update={"stage": ItemStage.CANCELLED, "answer_by": None}))
        events.append(told.ItemCancelled(at=now, docket=docket.public(), item_id=item.id))
    return docket, tuple(events)


def unanswered(docket: Docket, now: datetime) -> Moved:
    """Nobody has accepted some items in time: each is told of once, and nothing else changes."""
    return _late(docket, now, lambda item: item.answer_by, told.ItemUnanswered, answer_by=None)


def lapse(docket: Docket, now: datetime) -> Moved:
    """Days after its time an item is nothing to the person who had it: what she could read of it for her task she reads no
    longer (domain 2.3, "expire access"). Those who see the whole matter still do, and what she did all the same counts."""
    return _late(docket, now, lambda item: item.lapses_at, told.ItemLapsed, lapsed=True)


def _late(
    docket: Docket, now: datetime, at: Callable[[Item], datetime | None], kind: type[told.ItemEvent], **changes: object
) -> Moved:
    """Of every item whose time is over one fact; the changes see to it that it is the only one."""
    events: list[told.DocketEvent] = []
    for item in docket.items:
        due = at(item)
        if due is not None and due < now:
            docket = docket.with_item(item.model_copy(update=changes))
            events.append(kind(at=now, docket=docket.public(), item_id=item.id))
    return docket, tuple(events)


def _fitting(command: str, docket: Docket, known: Known, item_id: ItemId) -> Item:
    if not before_a_council(known.case, known.custody):
        check_fits(command, (), state_of(known, docket), known, docket)
    item = item_of(docket, item_id)
    check_fits(command, fitting_item(known.case, known.custody, item), item.stage.value, known, docket)
    return item


def _worked(item: Item, member: MemberId, **changes: object) -> Item:
    return item.model_copy(update={**changes, "workers": tuple(dict.fromkeys((*item.workers, member)))})


def _check_not_own(item: Item, by: By) -> None:
    """Neither who has it, nor who worked on it, nor a colleague at the node that has it."""
    if by.member == item.assignee or by.member in item.workers or by.node == item.node:
        raise Refused(Code.OWN_WORK)


def _due(known: Known, due_at: datetime | None) -> datetime:
    """Within the level's window; without a date, at its end."""
    clocks = known.custody.clocks if known.custody else ()
    window = next(
        (each for each in clocks if each.stage is ClockStage.WINDOW and each.state is ClockState.RUNNING), None
    )
    latest = max(window.due_at if window else known.now + WITHOUT_A_WINDOW, known.now + AT_LEAST)
    if due_at is None:
        return latest
    if due_at <= known.now:
        raise Refused(Code.DATE_IN_PAST, field="dueAt")
    if due_at > latest:
        raise Refused(Code.TOO_LATE, limit=latest.isoformat())
    return due_at


def _node(assignee: Address) -> NodeId | None:
    return assignee if assignee.startswith("n_") else None
