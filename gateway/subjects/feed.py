"""Subscriptions: they tail the feed table that the projection writes in the same transaction, so nothing is pushed before it can be
read, and one that was away goes on from its cursor."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Row

from gateway import paging
from gateway.context import Context
from gateway.readmodel import feed_reads
from gateway.readmodel.shown import among_levels
from gateway.subjects.case import Case, find
from gateway.subjects.inbox import InboxEntry, lines
from gateway.subjects.work_order import WorkOrder
from gateway.subjects.work_order import find as find_order
from services.contracts.events.intake import (
    CaseAccepted,
    CaseClosed,
    CaseMerged,
    CaseRedirected,
    CaseRejected,
    CaseReopened,
    CaseUnmerged,
    CaseWithdrawn,
)
from services.contracts.ids import is_case_id, is_node_id, is_order_id
from services.contracts.orders import OrderStep
from services.contracts.refusals import Code, Refused
from services.contracts.wrong import Wrong, malformed

Info = strawberry.Info[Context, None]

_TURNS = frozenset(
    fact.__name__
    for fact in (
        CaseAccepted,
        CaseRejected,
        CaseRedirected,
        CaseWithdrawn,
        CaseClosed,
        CaseMerged,
        CaseUnmerged,
        CaseReopened,
    )
)
"""After these a bystander may see another state than before."""


@strawberry.type(description="事项的一次变化。A change of a matter.")
class CaseChange:
    """What `caseChanged` pushes."""

    cursor: str = strawberry.field(
        description="游标：断线后用作 after。Its place: pass it as `after` when you come back."
    )
    kind: str = strawberry.field(description="事实类型。What happened.")
    at: datetime = strawberry.field(description="时间。When.")
    case: Case = strawberry.field(description="变化后的事项。The matter as it is now.")


@strawberry.type(description="收件箱的一条新消息。Something new in the inbox.")
class InboxPush:
    """What `inboxReceived` pushes."""

    cursor: str = strawberry.field(
        description="游标：断线后用作 after。Its place: pass it as `after` when you come back."
    )
    entry: InboxEntry = strawberry.field(description="新条目。The entry.")


@strawberry.type(description="交办单的一步。A step of a work order.")
class WorkOrderChange:
    """What `workOrderChanged` pushes."""

    cursor: str = strawberry.field(
        description="游标：断线后用作 after。Its place: pass it as `after` when you come back."
    )
    step: OrderStep = strawberry.field(description="哪一步。Which step.")
    at: datetime = strawberry.field(description="时间。When.")
    order: WorkOrder = strawberry.field(description="变化后的交办单。The order as it is now.")


@strawberry.type
class Subscription:
    """What may be subscribed to."""

    @strawberry.subscription(description="某事项的变化。The changes of a matter that you may see.")
    async def case_changed(
        self,
        info: Info,
        case_id: Annotated[str, strawberry.argument(description="事项编号。The matter.")],
        after: Annotated[
            str | None, strawberry.argument(description="从哪个游标之后。Only what came behind this cursor.")
        ] = None,
    ) -> AsyncGenerator[CaseChange, None]:
        """Pushes only while the caller may see the matter; she is asked about at every change."""
        place = await start(info, after)
        if not is_case_id(case_id):
            raise Refused(Code.CASE_NOT_FOUND)
        before, resumed = await find(info, case_id), after is not None
        async with aclosing(changes(info, "CASE", [case_id], place)) as rows:
            async for row in rows:
                if (case := await find(info, case_id)) is None:
                    continue
                if among_levels(row.kind, row.entry) and not case.matter.inside:
                    continue
                if case.matter.behind is None:
                    yield CaseChange(cursor=paging.cursor(str(row.seq)), kind=row.kind, at=row.at, case=case)
                elif before is None or case.matter.state != before.matter.state or (resumed and row.kind in _TURNS):
                    # Of somebody else's private matter only that it is being handled, or concluded (V1); what she saw last, nobody knows
                    # of who was away.
                    resumed = False
                    yield CaseChange(cursor=paging.cursor(str(row.seq)), kind="CaseChanged", at=row.at, case=case)
                before = case

    @strawberry.subscription(
        description="您的收件箱与所在群公告栏的新消息。What comes into your inbox and on the boards of your groups."
    )
    async def inbox_received(
        self,
        info: Info,
        after: Annotated[
            str | None, strawberry.argument(description="从哪个游标之后。Only what came behind this cursor.")
        ] = None,
    ) -> AsyncGenerator[InboxPush, None]:
        """The feed says that something came; what it says is read from notify with the caller's own token."""
        who = info.context.who
        addresses = [who.member, *{grant.node for grant in who.grants}]
        place = await start(info, after)
        async with aclosing(changes(info, "INBOX", addresses, place)) as rows:
            async for row in rows:
                page = await lines(info.context, first=1, after=_just_before(row.entry))
                for line in page.entries:
                    if line.id == row.entry:
                        yield InboxPush(cursor=paging.cursor(str(row.seq)), entry=InboxEntry.of(line))

    @strawberry.subscription(
        description="某交办单、或某部门全部交办单的变化。The steps of a work order, or of all of a department's that you may see."
    )
    async def work_order_changed(
        self,
        info: Info,
        order_id: Annotated[str | None, strawberry.argument(description="交办单编号。The order.")] = None,
        department: Annotated[
            str | None, strawberry.argument(description="部门（组织编号）。All orders of a department.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="从哪个游标之后。Only what came behind this cursor.")
        ] = None,
    ) -> AsyncGenerator[WorkOrderChange, None]:
        """Pushes only what the caller may see; she is asked about at every change."""
        place = await start(info, after)
        key = _one_of(order_id, department)
        async with aclosing(changes(info, "ORDER", [key], place)) as rows:
            async for row in rows:
                if (order := await find_order(info, row.entry)) is not None:
                    cursor, step = paging.cursor(str(row.seq)), OrderStep(row.kind)
                    yield WorkOrderChange(cursor=cursor, step=step, at=row.at, order=order)


def _one_of(order_id: str | None, department: str | None) -> str:
    if order_id is not None and department is None and is_order_id(order_id):
        return order_id
    if department is not None and order_id is None and is_node_id(department):
        return department
    raise malformed("orderId", Wrong.ORDER_OR_DEPARTMENT)


async def changes(info: Info, subject: str, keys: Sequence[str], place: int) -> AsyncGenerator[Row[Any], None]:
    """What comes behind a place of the feed about some keys; at each, whatever is asked of it is loaded anew."""
    async with aclosing(info.context.gateway.tail.rows(subject, keys, place)) as rows:
        async for row in rows:
            info.context.forget()
            yield row


async def start(info: Info, after: str | None) -> int:
    """Behind which place of the feed a subscription begins: its cursor, or now. Raises Refused MALFORMED."""
    behind = paging.place(after, 1)
    if behind is not None:
        if not behind[0].isdigit() or len(behind[0]) > 18:
            raise malformed("after", Wrong.NO_CURSOR)
        return int(behind[0])
    async with info.context.gateway.room.database.read() as connection:
        return await feed_reads.newest_change(connection)


def _just_before(entry_id: str) -> str:
    """The greatest id below this one, near enough: ids have a fixed length and sort as text."""
    return entry_id[:-1] + chr(ord(entry_id[-1]) - 1)
