"""How facts become rows. Upserts keep the highest version; timeline and counters insert once by event (the inbox sees to it); so any
order of topics, and any redelivery, ends in the same rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import bindparam, delete, select, text, update

from gateway.readmodel import boards, rejections
from gateway.readmodel.counting import count_case, count_custody, count_docket
from gateway.readmodel.tables import METADATA
from services.chassis.transaction import Transaction
from services.contracts.base import Model
from services.contracts.cases import CaseClass
from services.contracts.events.base import Event
from services.contracts.events.deliberation import DocketEvent, SessionSpoken, VoteCast
from services.contracts.events.escalation import CustodyEvent
from services.contracts.events.intake import AccessEvent, CaseEvent, CaseLeft, NodeChanged, RegionChanged
from services.contracts.events.notify import InboxEntryAdded
from services.contracts.events.orders import OrderStepTaken
from services.contracts.lifecycle import lifecycle
from services.contracts.regions import Level
from services.contracts.states import CaseState, CustodyState, DocketState

CASE = METADATA.tables["case_view"]
GROUP = METADATA.tables["case_group"]
MEMBER = METADATA.tables["case_member"]
TIMELINE = METADATA.tables["timeline"]
ORDER = METADATA.tables["order_view"]
NODE = METADATA.tables["node_view"]
REGION = METADATA.tables["region_view"]
COUNTER = METADATA.tables["counter"]
CHANGE = METADATA.tables["change"]

SHANGHAI = timezone(timedelta(hours=8))
FEED_LOCK = 0x59495348
"""PostgreSQL advisory lock: rows of the feed commit in the order of their numbers, so that no reader passes one over. One for
each table of that name: a model that is rebuilt beside keeps nobody waiting."""


_TURN = text("SELECT pg_advisory_xact_lock(:lock, 'change'::regclass::oid::int)")


async def take_turn(tx: Transaction) -> None:
    """One projection at a time, from before its first row to its commit: two that met in the feed with rows of each other's matters in
    hand would wait for each other. (SQLite has one writer anyway.)"""
    if not tx.room.database.on_sqlite:
        await tx.execute(_TURN, {"lock": FEED_LOCK})


async def on_case(tx: Transaction, event: Event, *, sealed: bool = False) -> None:
    """A fact of intake about a case, ordinary or sealed."""
    match event:
        case CaseLeft():
            await _drop(tx, event)
            return
        case CaseEvent():
            pass
        case _:
            return
    await count_case(tx, event)
    if await _part(tx, event.key, "case", event.case, sealed=sealed):
        await rejections.note(tx, event, sealed=sealed)
        await _timeline(tx, event, node=getattr(event, "by", "") or "", sealed=sealed)
        await _changed(tx, event)


async def on_docket(tx: Transaction, event: DocketEvent) -> None:
    """A fact of deliberation about a docket."""
    if await _part(tx, event.key, "docket", event.docket):
        if not isinstance(event, UNTOLD):
            await _timeline(tx, event, node=getattr(event, "by", None) or "")
        await _changed(tx, event)
    await count_docket(tx, event)


UNTOLD = (SessionSpoken, VoteCast)
"""Facts that are no part of a matter's story: what goes on inside a session."""


async def on_custody(tx: Transaction, event: CustodyEvent, *, sealed: bool = False) -> None:
    """A fact of escalation about custody, ordinary or sealed."""
    await count_custody(tx, event)
    if await _part(tx, event.key, "custody", event.custody, sealed=sealed):
        node = getattr(event, "by", "") or event.custody.holder or ""
        await _timeline(tx, event, node=node, detail=_detail(event), sealed=sealed)
        await _changed(tx, event)


async def on_order(tx: Transaction, event: OrderStepTaken) -> None:
    """A step of a work order: its row, and the feeds of the order and of its department."""
    order = event.order
    values = {
        "order_id": order.order_id,
        "case_id": order.case_id,
        "joint": order.joint or "",
        "region": order.region,
        "issuer": order.issuer,
        "department": order.department,
        "stage": order.stage.value,
        "changed_at": event.at.isoformat(),
        "state": order.model_dump_json(exclude_none=True),
        "version": order.version,
    }
    await tx.execute(tx.room.database.upsert(ORDER, values, newer="version"), values)
    await _feed(tx, "ORDER", order.order_id, event.step.value, event.at, entry=order.order_id)
    await _feed(tx, "ORDER", order.department, event.step.value, event.at, entry=order.order_id)


async def on_access(tx: Transaction, event: AccessEvent) -> None:
    """Who may see a private matter, and who is barred."""
    access = event.access
    values = {
        "case_id": access.case_id,
        "group_node": access.group or "",
        "access_state": access.model_dump_json(exclude_none=True),
        "version": access.version,
    }
    done = await tx.execute(tx.room.database.upsert(GROUP, values, newer="version"), values)
    if done.rowcount == 0:
        return
    await tx.execute(delete(MEMBER).where(MEMBER.c.case_id == access.case_id))
    relations = {"REPORTER": access.reporters, "CIRCLE": access.circle, "BARRED": access.barred}
    relations["BYSTANDER"] = access.bystanders
    for relation, members in relations.items():
        for member in members:
            row = {"case_id": access.case_id, "member": member, "relation": relation}
            await tx.execute(tx.room.database.insert(MEMBER), row)


async def on_node(tx: Transaction, event: NodeChanged) -> None:
    """The roster."""
    await on_nodes(tx, [event])


async def on_nodes(tx: Transaction, events: Sequence[NodeChanged]) -> None:
    """The same, many at once."""
    rows = [
        {
            "id": event.node.id,
            "region": event.node.region,
            "state": event.node.model_dump_json(exclude_none=True),
            "version": event.version,
        }
        for event in events
    ]
    await tx.execute(tx.room.database.upsert(NODE, rows[0], newer="version"), rows)


async def on_region(tx: Transaction, event: RegionChanged) -> None:
    """The regions."""
    await on_regions(tx, [event])


async def on_regions(tx: Transaction, events: Sequence[RegionChanged]) -> None:
    """The same, many at once."""
    rows = []
    for event in events:
        region = event.region
        rows.append({"code": region.code, "name": region.name, "source": region.source.value, "version": event.version})
    await tx.execute(tx.room.database.upsert(REGION, rows[0], newer="version"), rows)


async def on_inbox(tx: Transaction, event: InboxEntryAdded) -> None:
    """Something lies in an inbox: its owner's subscription is told, and reads it with her own token."""
    await _feed(tx, "INBOX", event.key, "InboxEntryAdded", event.at, entry=event.entry_id)


async def _part(tx: Transaction, case_id: str, part: str, state: Model, *, sealed: bool = False) -> bool:
    """One service's state of a matter; then everything that follows from the three. Returns whether its facts are kept: not if the matter
    has left and this came on an ordinary topic. Of one version the sealed state is the later."""
    row = await _row(tx, case_id)
    if row["left"] and not sealed:
        return False
    version = state.version  # type: ignore[attr-defined]
    if (row[f"{part}_version"], row.get(f"{part}_sealed", False)) >= (version, sealed):
        return True
    values = {f"{part}_state": state.model_dump_json(exclude_none=True), f"{part}_version": version}
    if part in SEALABLE:
        values[f"{part}_sealed"] = sealed
    await _keep(tx, row, values)
    return True


_THE_ROW = select(CASE).where(CASE.c.case_id == bindparam("the_case")).with_for_update()
_REPLACED = update(CASE).where(CASE.c.case_id == bindparam("the_case"))


async def _row(tx: Transaction, case_id: str) -> dict[str, Any]:
    """The matter's row, made if there is none, and locked."""
    await tx.execute(tx.room.database.insert_new(CASE), {"case_id": case_id, **_EMPTY})
    found = await tx.execute(_THE_ROW, {"the_case": case_id})
    return dict(found.mappings().one())


async def _keep(tx: Transaction, row: dict[str, Any], values: dict[str, Any]) -> None:
    after = {**row, **values}
    values = {**values, **_UNDERIVED, **derived(*(after[f"{part}_state"] for part in PARTS))}
    if values["case_class"] != CaseClass.C0.value:
        values |= {"summary": "", "summary_version": 0}
    await tx.execute(_REPLACED, {"the_case": row["case_id"], **values})
    await boards.follow(tx, row, after)


PARTS = ("case", "docket", "custody")
SEALABLE = ("case", "custody")
_UNDERIVED: dict[str, Any] = {
    **dict.fromkeys(("region", "case_class", "state", "submitted_at", "amber_at", "due_at", "holder"), ""),
    "summary_wanted": 0,
    "seen_from": Level.VILLAGE.width,
}
_EMPTY: dict[str, Any] = {
    **_UNDERIVED,
    **dict.fromkeys(("summary", "case_state", "docket_state", "custody_state"), ""),
    **dict.fromkeys(("case_version", "docket_version", "custody_version", "summary_version"), 0),
    **dict.fromkeys(("case_sealed", "custody_sealed", "left"), False),
}


def derived(case: str, docket: str, custody: str) -> dict[str, Any]:
    """What lists need, from the three states: a pure function, so that it does not matter which came last."""
    its_case = CaseState.model_validate_json(case) if case else None
    its_docket = DocketState.model_validate_json(docket) if docket else None
    its_custody = CustodyState.model_validate_json(custody) if custody else None
    values: dict[str, Any] = {}
    if its_custody:
        clock = its_custody.clock
        values |= {
            "amber_at": clock.amber_at.isoformat() if clock else "",
            "due_at": clock.due_at.isoformat() if clock else "",
            "holder": its_custody.holder or "",
            "seen_from": its_custody.seen_from,
        }
    if its_case:
        values |= {
            "region": its_case.region,
            "case_class": its_case.case_class.value,
            "submitted_at": its_case.submitted_at.isoformat(),
            "summary_wanted": its_case.summary_version if its_case.case_class is CaseClass.C0 else 0,
            "state": lifecycle(its_case, docket_of(its_case, its_docket), its_custody).value,
        }
    return values


def docket_of(case: CaseState, docket: DocketState | None) -> DocketState | None:
    """A sealed matter has no docket, whatever the council had of it before."""
    return None if case.case_class is CaseClass.C3 else docket


async def _drop(tx: Transaction, event: CaseLeft) -> None:
    """The case left the ordinary topics: what came on them goes, and what they bring later finds the row that says so. What the sealed
    ones have told already stays. Counters stay too: they name no matter, and nobody could tell later which of them were its own."""
    row = await _row(tx, event.case_id)
    values: dict[str, Any] = {"left": True}
    for part in PARTS:
        if not row.get(f"{part}_sealed", False):
            values |= {f"{part}_state": "", f"{part}_version": 0}
    await _keep(tx, row, values)
    await tx.execute(delete(TIMELINE).where(TIMELINE.c.case_id == event.case_id, TIMELINE.c.sealed.is_(False)))
    await rejections.drop(tx, event.case_id)
    await _feed(tx, "CASE", event.case_id, "CaseLeft", event.at)


async def _timeline(tx: Transaction, event: Event, node: str = "", detail: str = "", *, sealed: bool = False) -> None:
    values = {
        # One fact a version and service: an id that a rebuild finds again.
        "event_id": f"{type(event).service}-{event.key}-{event.version}",
        "case_id": event.key,
        "at": event.at.isoformat(),
        "kind": type(event).__name__,
        "service": type(event).service,
        "node": node,
        "detail": str(detail),
        "version": event.version,
        "sealed": sealed,
    }
    await tx.execute(tx.room.database.insert_new(TIMELINE), values)


def _detail(event: CustodyEvent) -> str:
    """A code that says more: of which clock, why, what was done, which step an order took."""
    found = (getattr(event, name, None) for name in ("stage", "reason", "action", "step"))
    return next((str(each) for each in found if each), "")


async def _changed(tx: Transaction, event: Event) -> None:
    await _feed(tx, "CASE", event.key, type(event).__name__, event.at)


async def _feed(tx: Transaction, subject: str, key: str, kind: str, at: datetime, entry: str = "") -> None:
    values = {"subject": subject, "key": key, "kind": kind, "entry": entry, "at": at}
    await tx.execute(tx.room.database.insert(CHANGE), values)
