"""Department work orders: what may be asked of them, and the commands."""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from gateway import paging
from gateway.context import Context
from gateway.derive import mutations
from gateway.paging import PageInfo
from gateway.readmodel import order_reads
from gateway.readmodel.order_reads import OrderFilter
from gateway.refusals import Refusal
from gateway.subjects.order_parts import Package, PackageLine
from gateway.subjects.work_order import WorkOrder, find, found
from gateway.words import RegionCode
from services.chassis.door import Answered
from services.contracts.commands.orders import ORDERS
from services.contracts.disclosure import PackageField
from services.contracts.orders import OrderStage
from services.contracts.wrong import Wrong, malformed

Info = strawberry.Info[Context, None]
WorkOrderAnswer = Annotated[
    WorkOrder | Refusal,
    strawberry.union(
        "WorkOrderAnswer",
        description="交办单，或被拒绝的原因。The work order as it is now, or why the command was refused.",
    ),
]


async def _show(info: Info, answered: Answered) -> WorkOrder:
    return await found(info, str(answered.answer["id"]))


WorkOrderMutation = mutations("WorkOrderMutation", ORDERS, WorkOrderAnswer, _show)


@strawberry.type(description="交办单列表中的一项。One work order of a page.")
class WorkOrderEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="游标。Its place.")
    node: WorkOrder = strawberry.field(description="交办单。The order.")


@strawberry.type(description="一页交办单。A page of work orders.")
class WorkOrderConnection:
    """Relay's connection."""

    edges: list[WorkOrderEdge] = strawberry.field(description="本页各项。The orders of this page.")
    page_info: PageInfo = strawberry.field(description="分页信息。Where the page stands.")


@strawberry.type
class WorkOrderQuery:
    """What may be asked of work orders."""

    @strawberry.field(
        description="按编号取交办单；没有或无权查看时为 null。A work order by its id; null if there is none, or none for you."
    )
    async def work_order(
        self, info: Info, order_id: Annotated[str, strawberry.argument(description="交办单编号。Its id.")]
    ) -> WorkOrder | None:
        """One statement."""
        return await find(info, order_id)

    @strawberry.field(
        description="您可以看到的交办单，按最近变化排列、旧的在前；部门系统以 changedSince 补读。The work orders that you may see, in the "
        "order of their last steps: a department's system catches up with `changedSince`."
    )
    async def work_orders(
        self,
        info: Info,
        changed_since: Annotated[
            datetime | None, strawberry.argument(description="只看此刻起有变化的。Only what has changed since.")
        ] = None,
        department: Annotated[
            str | None, strawberry.argument(description="只看某部门（组织编号）。Only of a department.")
        ] = None,
        region: Annotated[
            RegionCode | None, strawberry.argument(description="只看某区划以内的事项。Only of matters within a region.")
        ] = None,
        state: Annotated[OrderStage | None, strawberry.argument(description="只看某状态。Only in a state.")] = None,
        first: Annotated[
            int, strawberry.argument(description="条数，1 到 100。How many, 1 to 100.")
        ] = paging.DEFAULT_PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="上一页的 endCursor。endCursor of the page before.")
        ] = None,
    ) -> WorkOrderConnection:
        """One statement."""
        limit, behind = paging.size(first), paging.place(after, 2)
        if changed_since is not None and changed_since.tzinfo is None:
            raise malformed("changedSince", Wrong.NO_TIME)
        since = changed_since.astimezone(UTC).isoformat() if changed_since else None
        by = OrderFilter(since, department, region, state.value if state else None)
        place = (behind[0], behind[1]) if behind else None
        async with info.context.gateway.room.database.read() as connection:
            found = await order_reads.orders(connection, info.context.who, by, limit, place)
        edges = [
            WorkOrderEdge(
                cursor=paging.cursor(each.changed_at, each.state.order_id),
                node=WorkOrder(key=each.state.order_id, order=each),
            )
            for each in found[:first]
        ]
        page = PageInfo(has_next_page=len(found) > first, end_cursor=edges[-1].cursor if edges else None)
        return WorkOrderConnection(edges=edges, page_info=page)

    @strawberry.field(
        description="为某部门生成的告知内容，交办前先看。The package for a department, to be read before it is sent with issueOrder."
    )
    async def disclosure_package(
        self,
        info: Info,
        case_id: Annotated[str, strawberry.argument(description="事项编号。The matter.")],
        department: Annotated[str, strawberry.argument(description="部门（组织编号）。The department.")],
        summary: Annotated[
            str,
            strawberry.argument(
                description="您拟定的事项摘要；专办事项不填则不写。Your own summary of the matter; of C2 there is none without it."
            ),
        ] = "",
    ) -> Package:
        """One call to intake, with the caller's own token."""
        asked = {"caseId": case_id, "department": department, "summary": summary}
        answer = await info.context.gateway.calls.query("intake", "disclosure-package", asked, info.context.who.token)
        lines = [PackageLine(field=PackageField(line["field"]), text=line["text"]) for line in answer["lines"]]
        return Package(
            department=answer["department"],
            lines=lines,
            built_at=datetime.fromisoformat(answer["builtAt"]),
            signature=answer["signature"],
        )
