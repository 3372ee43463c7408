"""Federations with nobody in office: what a level above must see to, before a matter waits there for nobody."""

from typing import Annotated

import strawberry

from gateway import paging
from gateway.context import Context
from gateway.paging import PageInfo
from gateway.readmodel import roster_reads
from gateway.subjects.node import OrgNode
from gateway.words import RegionCode
from services.contracts.organisation import in_office

Info = strawberry.Info[Context, None]
LOOKED_AT = 1_000
"""Federations looked at for one page: whether somebody is in office depends on the moment, so no index knows it."""


@strawberry.type(description="空缺列表中的一项。One federation of a page.")
class VacancyEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="游标。Its place.")
    node: OrgNode = strawberry.field(description="无人在任的妇联。The federation that has nobody in office.")


@strawberry.type(description="一页空缺。A page of vacancies.")
class VacancyConnection:
    """Relay's connection. A page may hold fewer than were asked for, even none, and more lie behind it."""

    edges: list[VacancyEdge] = strawberry.field(description="本页各项。The federations of this page.")
    page_info: PageInfo = strawberry.field(description="分页信息。Where the page stands.")


@strawberry.type
class VacancyQuery:
    """What may be asked of vacancies."""

    @strawberry.field(
        description=(
            "某区划内无人在任（主席、干部、权益部干部及其代理人）的下级妇联，限上级任职人员；一页可能不满，以 hasNextPage 为准。"
            "Federations of a region, below the caller's own, with no chair, officer or rights officer in office and no deputy; for "
            "those in office above. A page may be short: hasNextPage says whether there is more."
        )
    )
    async def vacancies(
        self,
        info: Info,
        region: Annotated[RegionCode, strawberry.argument(description="区划。The region.")],
        first: Annotated[
            int, strawberry.argument(description="条数，1 到 100。How many, 1 to 100.")
        ] = paging.DEFAULT_PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="上一页的 endCursor。endCursor of the page before.")
        ] = None,
    ) -> VacancyConnection:
        """One statement. Raises Refused NOT_PERMITTED."""
        who, behind, now = info.context.who, paging.place(after, 1), info.context.now
        paging.size(first)
        async with info.context.gateway.room.database.read() as connection:
            found = await roster_reads.federations(connection, who, region, behind[0] if behind else "", LOOKED_AT)
        vacant = [node for node in found.nodes if not in_office(node, now)]
        shown = vacant[:first]
        last = shown[-1] if len(vacant) > first else found.nodes[-1] if found.nodes else None
        edges = [VacancyEdge(cursor=paging.cursor(node.id), node=OrgNode.of(node)) for node in shown]
        page = PageInfo(
            has_next_page=len(vacant) > first or found.full, end_cursor=paging.cursor(last.id) if last else None
        )
        return VacancyConnection(edges=edges, page_info=page)
