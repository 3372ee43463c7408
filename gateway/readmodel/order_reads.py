"""Reads of department work orders. Each takes its caller; each is one statement."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, or_, select, true

from gateway.readmodel.access import (
    Asker,
    below,
    one_of,
    orders_of_federation,
    per_caller,
    prepared_per_caller,
    visible_orders,
    who_asks,
)
from gateway.readmodel.tables import METADATA
from services.chassis.database import Connection
from services.chassis.lists import among
from services.contracts.base import read
from services.contracts.callers import Caller
from services.contracts.orders import OrderState
from services.contracts.states import AccessState, CustodyState

CASE = METADATA.tables["case_view"]
GROUP = METADATA.tables["case_group"]
ORDER = METADATA.tables["order_view"]


class Order(NamedTuple):
    """A work order as its caller may know of it."""

    state: OrderState
    changed_at: str
    for_federation: bool
    """Whether she works on its matter; a department does not learn which that is (V3)."""
    access: AccessState | None
    custody: CustodyState | None


class OrderFilter(NamedTuple):
    """How a list of orders is narrowed further."""

    changed_since: str | None = None
    department: str | None = None
    region: str | None = None
    stage: str | None = None


async def orders(
    connection: Connection, caller: Caller, by: OrderFilter, first: int, after: tuple[str, str] | None
) -> list[Order]:
    """A page in the order of their last steps, oldest first, behind a place (changed_at, order_id): whoever reads on catches up."""
    if by == OrderFilter() and after is None:
        return [
            _order(row) for row in await connection.execute(_first_page(caller), {"most": first, **who_asks(caller)})
        ]
    where: list[ColumnElement[bool]] = [visible_orders(caller), _behind(after)]
    if by.changed_since:
        where.append(ORDER.c.changed_at >= by.changed_since)
    if by.department:
        where.append(ORDER.c.department == by.department)
    if by.region:
        where.append(below(ORDER.c.region, by.region))
    if by.stage:
        where.append(ORDER.c.stage == by.stage)
    query = _oldest_first(_orders(caller).where(*where)).limit(first)
    return [_order(row) for row in await connection.execute(query, who_asks(caller))]


async def order(connection: Connection, caller: Caller, order_id: str) -> Order | None:
    """One order, or None: it does not exist, or not for her."""
    row = (await connection.execute(_order_by_id(caller), {"id": order_id, **who_asks(caller)})).one_or_none()
    return _order(row) if row else None


async def orders_of_cases(
    connection: Connection, caller: Caller, case_ids: Sequence[str]
) -> Mapping[str, Sequence[Order]]:
    """The orders of some matters, for those who work on them, oldest first: one statement for a page."""
    found: dict[str, list[Order]] = {}
    for row in await connection.execute(_orders_of_cases(caller), {"ids": list(case_ids), **who_asks(caller)}):
        each = _order(row)
        found.setdefault(each.state.case_id, []).append(each)
    return found


async def peers(connection: Connection, caller: Caller, joints: Sequence[str]) -> Mapping[str, Sequence[OrderState]]:
    """The orders of some joint ones, of which the caller sees at least one: role and progress, because they work on one thing."""
    found: dict[str, list[OrderState]] = {}
    for row in await connection.execute(_peers(caller), {"joints": list(joints), **who_asks(caller)}):
        found.setdefault(row.joint, []).append(read(OrderState, row.state))
    return found


def _oldest_first(orders: Select[Any]) -> Select[Any]:
    return orders.order_by(ORDER.c.changed_at, ORDER.c.order_id)


@per_caller
def _orders(who: Asker) -> Select[Any]:
    columns = (
        ORDER.c.state,
        ORDER.c.changed_at,
        orders_of_federation(who).label("for_federation"),
        GROUP.c.access_state,
        CASE.c.custody_state,
    )
    grouped = ORDER.outerjoin(GROUP, GROUP.c.case_id == ORDER.c.case_id)
    return select(*columns).select_from(grouped.outerjoin(CASE, CASE.c.case_id == ORDER.c.case_id))


@prepared_per_caller
def _first_page(who: Asker) -> Select[Any]:
    return _oldest_first(_orders(who).where(visible_orders(who))).limit(bindparam("most"))


@prepared_per_caller
def _peers(who: Asker) -> Select[Any]:
    still = or_(~one_of(ORDER.c.stage, ["REISSUED", "CANCELLED"]), orders_of_federation(who))
    hers = select(ORDER.c.joint).where(visible_orders(who), still, among(ORDER.c.joint, "joints"))
    return select(ORDER.c.joint, ORDER.c.state).where(ORDER.c.joint.in_(hers)).order_by(ORDER.c.order_id)


@prepared_per_caller
def _order_by_id(who: Asker) -> Select[Any]:
    return _orders(who).where(visible_orders(who), ORDER.c.order_id == bindparam("id"))


@prepared_per_caller
def _orders_of_cases(who: Asker) -> Select[Any]:
    hers = (orders_of_federation(who), among(ORDER.c.case_id, "ids"))
    return _orders(who).where(*hers).order_by(ORDER.c.order_id)


def _order(row: Row[Any]) -> Order:
    return Order(
        read(OrderState, row.state),
        row.changed_at,
        bool(row.for_federation),
        read(AccessState, row.access_state) if row.access_state else None,
        read(CustodyState, row.custody_state) if row.custody_state else None,
    )


def _behind(after: tuple[str, str] | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    return or_(ORDER.c.changed_at > after[0], and_(ORDER.c.changed_at == after[0], ORDER.c.order_id > after[1]))
