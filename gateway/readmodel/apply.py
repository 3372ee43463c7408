"""How facts become rows. Upserts keep the highest version; timeline and counters insert once by event (the inbox sees to it); so any
order of topics, and any redelivery, ends in the same rows."""

from collections.abc import Sequence

from sqlalchemy import func, select, text

from gateway.readmodel import rejections
from gateway.readmodel.counting import count_case, count_custody, count_docket
from gateway.readmodel.tables import METADATA
from gateway.readmodel.unit_of_work import UnitOfWork
from services.chassis import statements
from services.chassis.prepared import Prepared
from services.chassis.transaction import Transaction
from services.contracts.events.base import Event
from services.contracts.events.deliberation import DocketEvent, SessionSpoken, VoteCast
from services.contracts.events.escalation import CustodyEvent
from services.contracts.events.intake import AccessEvent, CaseEvent, CaseLeft, NodeChanged, RegionChanged
from services.contracts.events.notify import InboxEntryAdded
from services.contracts.events.orders import OrderStepTaken

GROUP = METADATA.tables["case_group"]
MEMBER = METADATA.tables["case_member"]
ORDER = METADATA.tables["order_view"]
NODE = METADATA.tables["node_view"]
REGION = METADATA.tables["region_view"]

FEED_LOCK = 0x59495348
"""PostgreSQL advisory lock: rows of the feed commit in the order of their numbers, so that no reader passes one over. One for
each table of that name: a model that is rebuilt beside keeps nobody waiting."""


_TURN = Prepared(select(func.pg_advisory_xact_lock(FEED_LOCK, text("'change'::regclass::oid::int"))))


async def take_turn(tx: Transaction) -> None:
    """One projection at a time, from before its first row to its commit: two that met in the feed with rows of each other's matters in
    hand would wait for each other. (SQLite has one writer anyway.)"""
    if not tx.room.database.on_sqlite:
        await tx.execute(_TURN)


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
    unit = tx.unit(UnitOfWork)
    count_case(unit, event)
    if (await unit.case(event.key)).part("case", event, sealed=sealed):
        await rejections.note(tx, event, sealed=sealed)
        unit.line(event, getattr(event, "by", "") or "", sealed=sealed)
        _changed(unit, event)


async def on_docket(tx: Transaction, event: DocketEvent) -> None:
    """A fact of deliberation about a docket."""
    unit = tx.unit(UnitOfWork)
    if (await unit.case(event.key)).part("docket", event, sealed=False):
        if not isinstance(event, UNTOLD):
            unit.line(event, getattr(event, "by", None) or "")
        _changed(unit, event)
    count_docket(unit, event)


UNTOLD = (SessionSpoken, VoteCast)
"""Facts that are no part of a matter's story: what goes on inside a session."""


async def on_custody(tx: Transaction, event: CustodyEvent, *, sealed: bool = False) -> None:
    """A fact of escalation about custody, ordinary or sealed."""
    unit = tx.unit(UnitOfWork)
    count_custody(unit, event)
    if (await unit.case(event.key)).part("custody", event, sealed=sealed):
        node = getattr(event, "by", "") or event.custody.holder or ""
        unit.line(event, node, _detail(event), sealed=sealed)
        _changed(unit, event, _detail(event))


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
        "state": event.state_json,
        "version": order.version,
    }
    await tx.execute(tx.room.database.upsert(ORDER, values, newer="version"), values)
    tx.unit(UnitOfWork).feed("ORDER", order.order_id, event.step.value, event.at, entry=order.order_id)
    tx.unit(UnitOfWork).feed("ORDER", order.department, event.step.value, event.at, entry=order.order_id)


async def on_access(tx: Transaction, event: AccessEvent) -> None:
    """Who may see a private matter, and who is barred."""
    access = event.access
    values = {
        "case_id": access.case_id,
        "group_node": access.group or "",
        "access_state": event.state_json,
        "version": access.version,
    }
    done = await tx.execute(tx.room.database.upsert(GROUP, values, newer="version"), values)
    if done.rowcount == 0:
        return
    await tx.execute(statements.erased(MEMBER.c.case_id), {"the_value": access.case_id})
    relations = {"REPORTER": access.reporters, "CIRCLE": access.circle, "BARRED": access.barred}
    relations["BYSTANDER"] = access.bystanders
    rows = [
        {"case_id": access.case_id, "member": member, "relation": relation}
        for relation, members in relations.items()
        for member in members
    ]
    if rows:
        await tx.execute(tx.room.database.insert(MEMBER), rows)


async def on_node(tx: Transaction, event: NodeChanged) -> None:
    """The roster."""
    await on_nodes(tx, [event])


async def on_nodes(tx: Transaction, events: Sequence[NodeChanged]) -> None:
    """The same, many at once."""
    rows = [
        {
            "id": event.node.id,
            "region": event.node.region,
            "state": event.state_json,
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
    tx.unit(UnitOfWork).feed("INBOX", event.key, "InboxEntryAdded", event.at, entry=event.entry_id)


async def _drop(tx: Transaction, event: CaseLeft) -> None:
    """The case left the ordinary topics: what they told goes, and what they bring later finds the row that says so. Counters stay: they
    name no matter, and nobody could tell later which of them were its own."""
    unit = tx.unit(UnitOfWork)
    (await unit.case(event.case_id)).leave()
    await unit.drop_lines(event.case_id)
    await rejections.drop(tx, event.case_id)
    unit.feed("CASE", event.case_id, "CaseLeft", event.at)


def _detail(event: CustodyEvent) -> str:
    """A code that says more: of which clock, why, what was done, which step an order took."""
    found = (getattr(event, name, None) for name in ("stage", "reason", "action", "step"))
    return next((str(each) for each in found if each), "")


def _changed(unit: UnitOfWork, event: Event, detail: str = "") -> None:
    unit.feed("CASE", event.key, type(event).__name__, event.at, entry=detail)
