"""The sample of what was turned down: somebody above looks at whether it was right (S18)."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from gateway import paging
from gateway.context import Context
from gateway.paging import PageInfo
from gateway.readmodel import rejection_reads
from gateway.subjects.counts import month_in
from gateway.subjects.matter import node_of
from gateway.subjects.node import OrgNode
from gateway.words import RegionCode
from services.contracts.base import read
from services.contracts.cases import CaseClass, Category, RejectionFinding, RejectReason
from services.contracts.lifecycle import Lifecycle
from services.contracts.states import CaseState

Info = strawberry.Info[Context, None]


@strawberry.type(description="抽中的一件不予受理。One rejection of the sample.")
class SampledRejection:
    """What a level above may know of it (F0): no words, and nobody."""

    case_id: str = strawberry.field(description="事项编号，抽查时用。The matter's id, for `reviewRejection`.")
    number: str | None = strawberry.field(description="编号；密办事项没有。Its number; a sealed matter has none.")
    region: RegionCode = strawberry.field(
        description="村（社区）；密办事项只到县。The village; of a sealed matter the county."
    )
    case_class: CaseClass = strawberry.field(description="密级。Its class.")
    category: Category = strawberry.field(description="类别；密办为人身权益。The category; of sealed matters PERSONAL.")
    reason: RejectReason = strawberry.field(description="不予受理的理由代码。Why it was turned down, as a code.")
    rejected_at: datetime = strawberry.field(description="不予受理的时间。When it was turned down.")
    state: Lifecycle = strawberry.field(description="现在的状态。Where it stands now.")
    finding: RejectionFinding | None = strawberry.field(
        description="抽查结论；未抽查为 null。What was found; null: nobody has looked yet."
    )
    node_id: strawberry.Private[str]

    @strawberry.field(description="由哪个组织不予受理。The node that turned it down.")
    async def rejected_by(self, info: Info) -> OrgNode | None:
        """One statement for a page."""
        return await node_of(info, self.node_id)

    @classmethod
    def of(cls, row: Any) -> "SampledRejection":
        """From the read model's row."""
        case = read(CaseState, row.case_state)
        return cls(
            case_id=row.case_id,
            number=case.number or None,
            region=RegionCode(case.region),
            case_class=case.case_class,
            category=Category(row.category),
            reason=RejectReason(row.reason),
            rejected_at=datetime.fromisoformat(row.at),
            state=Lifecycle(row.state),
            finding=case.rejection_finding,
            node_id=row.node,
        )


@strawberry.type(description="抽查名单中的一项。One rejection of a page.")
class RejectionEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="游标。Its place.")
    node: SampledRejection = strawberry.field(description="抽中的一件。The rejection.")


@strawberry.type(description="一页抽查名单。A page of the sample.")
class RejectionConnection:
    """Relay's connection."""

    edges: list[RejectionEdge] = strawberry.field(description="本页各项。The rejections of this page.")
    page_info: PageInfo = strawberry.field(description="分页信息。Where the page stands.")


@strawberry.type
class RejectionQuery:
    """What may be asked of rejections."""

    @strawberry.field(
        description=(
            "某月不予受理事项的抽查名单：各村（社区）抽 10%，至少一件；限乡镇及以上任职人员，只含下级作出的。专办、密办事项同村同类满 5 件"
            "才抽查。The month's sample of what was turned down: a tenth of each village's, one at least; for those in office from the "
            "township up, and only what levels below theirs did. Of private matters a category of a village is sampled where five or "
            "more were turned down."
        )
    )
    async def rejection_sample(
        self,
        info: Info,
        region: Annotated[RegionCode, strawberry.argument(description="区划。The region.")],
        month: Annotated[
            str, strawberry.argument(description="月份，如 2026-11（上海时间）。The month in Shanghai, as in 2026-11.")
        ],
        first: Annotated[
            int, strawberry.argument(description="条数，1 到 100。How many, 1 to 100.")
        ] = paging.DEFAULT_PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="上一页的 endCursor。endCursor of the page before.")
        ] = None,
    ) -> RejectionConnection:
        """One statement. Raises Refused NOT_PERMITTED; MALFORMED for what is no month."""
        who, limit = info.context.who, paging.size(first)
        behind = paging.place(after, 2)
        async with info.context.gateway.room.database.read() as connection:
            rows = await rejection_reads.sample(
                connection, who, region, month_in(month), limit, (behind[0], behind[1]) if behind else None
            )
        edges = [
            RejectionEdge(cursor=paging.cursor(row.at, row.case_id), node=SampledRejection.of(row))
            for row in rows[:first]
        ]
        page = PageInfo(has_next_page=len(rows) > first, end_cursor=edges[-1].cursor if edges else None)
        return RejectionConnection(edges=edges, page_info=page)
