"""The words of work orders on request, checked against the caller's own token: a department reads its own orders, no other."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from services.chassis.lists import within
from services.chassis.room import Room
from services.chassis.transaction import Transaction
from services.contracts.base import Model, read
from services.contracts.callers import Caller
from services.contracts.cases import CaseClass
from services.contracts.disclosure import PackageLine
from services.contracts.organisation import Role
from services.contracts.queries import OrderNote, OrdersWanted, OrderText
from services.contracts.regions import contains
from services.contracts.states import AccessState
from services.contracts.wrong import Wrong, malformed
from services.escalation.order_store import ORDER_CONTENT
from services.escalation.queries import HANDLERS, MAX_BATCH, File, files_of, log_access
from services.escalation.rules.custody import Custody
from services.escalation.rules.order_clocks import WorkOrder

HEAD = ("package", "legal_basis", "demand", "reply", "internal_note")
"""Fields that stand by name in an `OrderText`; the others are its notes."""
NOT_FOR_DEPARTMENTS = frozenset({"verification", "inspection", "pause"})
"""Notes of the federation for itself."""


class OrderTexts(Model):
    """The words of some orders; those of which the caller may read nothing are absent."""

    orders: tuple[OrderText, ...]


async def order_texts(room: Room, caller: Caller, wanted: OrdersWanted) -> OrderTexts:
    """The words of a page of orders. Raises Refused MALFORMED for more than MAX_BATCH."""
    if len(wanted.order_ids) > MAX_BATCH:
        raise malformed("orderIds", Wrong.TOO_MANY, most=MAX_BATCH)
    table = room.service.stored_as(WorkOrder).table
    async with room.reading() as tx:
        rows = await tx.execute(select(table.c.body).where(within(table.c.id, wanted.order_ids)))
        orders = [read(WorkOrder, body) for body in rows.scalars()]
        files = await files_of(tx, list(dict.fromkeys(order.case_id for order in orders)))
        reads = {order.order_id: _reads(files[order.case_id], caller, order) for order in orders}
        if not any(reads.values()):
            return OrderTexts(orders=())
        kept = await _kept(tx, [order_id for order_id, how in reads.items() if how])
        found = []
        for order in orders:
            if how := reads[order.order_id]:
                found.append(_text(order, kept.get(order.order_id, ()), how))
                log_access(tx, caller.member, order.case_id, f"order {how}")
    return OrderTexts(orders=tuple(found))


def _reads(file: File, caller: Caller, order: WorkOrder) -> str:
    """As what she may read it: DEPARTMENT, FEDERATION, or "" for not at all."""
    custody, access = file
    if access is None or custody is None or caller.member in access.barred:
        return ""
    if _handles(caller, order, custody, access):
        return "FEDERATION"
    if access.case_class is CaseClass.C3:
        return ""  # the order was cancelled when the matter was sealed: of what it said nothing is read any more
    liaison = any(grant.role is Role.LIAISON and grant.node == order.department for grant in caller.grants)
    return "DEPARTMENT" if liaison else ""


def _handles(caller: Caller, order: WorkOrder, custody: Custody, access: AccessState) -> bool:
    """An officer whose node issued it or has a line in the matter's thread; of C2 and C3 the circle."""
    if access.case_class.private:
        return caller.member in access.circle
    involved = {order.issuer, *(entry.node for entry in custody.entries)}
    return any(
        grant.role in HANDLERS and grant.node in involved and contains(grant.region, order.region)
        for grant in caller.grants
    )


async def _kept(tx: Transaction, order_ids: Sequence[str]) -> Mapping[str, Sequence[Any]]:
    query = select(ORDER_CONTENT).where(within(ORDER_CONTENT.c.order_id, order_ids)).order_by(ORDER_CONTENT.c.id)
    found: dict[str, list[Any]] = {}
    for row in await tx.execute(query):
        found.setdefault(row.order_id, []).append(row)
    return found


def _text(order: WorkOrder, rows: Sequence[Any], how: str) -> OrderText:
    newest = {row.field: row.text for row in rows}
    notes = tuple(
        OrderNote(field=row.field, text=row.text, at=row.written_at)
        for row in rows
        if row.field not in HEAD and not (how == "DEPARTMENT" and row.field in NOT_FOR_DEPARTMENTS)
    )
    return OrderText(
        order_id=order.order_id,
        package=tuple(PackageLine.model_validate(line) for line in json.loads(newest.get("package", "[]"))),
        legal_basis=newest.get("legal_basis", ""),
        demand=newest.get("demand", ""),
        reply=newest.get("reply", ""),
        internal_note=newest.get("internal_note", ""),
        notes=notes,
    )
