"""What may be asked of matters: one by its id, and pages of those that the caller may see."""

from typing import Annotated

import strawberry

from gateway import paging
from gateway.context import Context
from gateway.paging import PageInfo
from gateway.readmodel import reads, roster_reads
from gateway.readmodel.reads import Filter
from gateway.subjects.case import Case, find
from gateway.words import Lamp, RegionCode
from services.contracts.lifecycle import Lifecycle

Info = strawberry.Info[Context, None]


@strawberry.type(description="事项列表中的一项。One matter of a page.")
class CaseEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="游标。Its place.")
    node: Case = strawberry.field(description="事项。The matter.")


@strawberry.type(description="一页事项。A page of matters.")
class CaseConnection:
    """Relay's connection."""

    edges: list[CaseEdge] = strawberry.field(description="本页各项。The matters of this page.")
    page_info: PageInfo = strawberry.field(description="分页信息。Where the page stands.")


@strawberry.type
class CaseQuery:
    """What may be asked of matters."""

    @strawberry.field(
        description="按编号取事项；没有或无权查看时为 null。A matter by its id; null if there is none, or none for you."
    )
    async def case(
        self, info: Info, case_id: Annotated[str, strawberry.argument(description="事项编号。Its id.")]
    ) -> Case | None:
        """One statement."""
        return await find(info, case_id)

    @strawberry.field(description="您可以看到的事项，新的在前。The matters that you may see, newest first.")
    async def cases(
        self,
        info: Info,
        region: Annotated[
            RegionCode | None, strawberry.argument(description="只看某区划以内。Only within a region.")
        ] = None,
        state: Annotated[Lifecycle | None, strawberry.argument(description="只看某状态。Only in a state.")] = None,
        lamp: Annotated[Lamp | None, strawberry.argument(description="只看某灯色。Only of a lamp.")] = None,
        first: Annotated[
            int, strawberry.argument(description="条数，1 到 100。How many, 1 to 100.")
        ] = paging.DEFAULT_PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="上一页的 endCursor。endCursor of the page before.")
        ] = None,
    ) -> CaseConnection:
        """One statement; before an empty page is answered, a second: whether there is such a region. Raises Refused UNKNOWN_REGION,
        REGION_OF_ANOTHER_CELL."""
        limit, behind = paging.size(first), paging.place(after, 2)
        by = Filter(region, state.value if state else None, lamp.value if lamp else None)
        place = (behind[0], behind[1]) if behind else None
        async with info.context.gateway.room.database.read() as connection:
            matters = await reads.matters(connection, info.context.who, by, info.context.now, limit, place)
            if region and not matters:
                await roster_reads.check_region(connection, info.context.gateway.room.cell, region)
        edges = [
            CaseEdge(
                cursor=paging.cursor(m.case.submitted_at.isoformat(), m.case.case_id),
                node=Case(key=m.case.case_id, matter=m),
            )
            for m in matters[:first]
        ]
        page = PageInfo(has_next_page=len(matters) > first, end_cursor=edges[-1].cursor if edges else None)
        return CaseConnection(edges=edges, page_info=page)
