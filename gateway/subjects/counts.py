"""Counts: what levels above see of matters that do not concern them one by one; and how fresh the model is."""

import re
from datetime import datetime
from typing import Annotated

import strawberry

from gateway.context import Context
from gateway.readmodel import reads
from gateway.refusals import RefusalCode, catalogue
from gateway.words import RegionCode
from services.contracts.wrong import Wrong, malformed

Info = strawberry.Info[Context, None]
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
SUPPRESSED_BELOW = 5
"""Counts of private matters smaller than this are not shown (V5): a village would recognise the family."""


def month_in(month: str) -> str:
    """A month, as it stands. Raises Refused MALFORMED for what is none."""
    if not _MONTH.fullmatch(month):
        raise malformed("month", Wrong.NO_MONTH)
    return month


@strawberry.type(description="一项月度计数。One count of a month.")
class Count:
    """A sum over a region."""

    metric: str = strawberry.field(description="指标代码。What is counted, as a code.")
    category: str | None = strawberry.field(
        description="类别；不分类时为 null。The category, where the metric has one."
    )
    private: bool = strawberry.field(description="是否专办、密办事项。Whether of private matters (C2, C3).")
    count: int | None = strawberry.field(
        description="件数；专办、密办少于 5 件不显示。How many; null for fewer than 5 private ones."
    )


@strawberry.type(description="某平台数据的新旧。How fresh the model is for a cell.")
class Freshness:
    """Everything told before `as_of` has been applied."""

    cell: str = strawberry.field(description="平台。The cell.")
    as_of: datetime = strawberry.field(
        description="此前的事实都已计入。Every fact told before this moment is in the answers."
    )


@strawberry.type
class CountsQuery:
    """What may be asked of counts."""

    @strawberry.field(
        description="某区划某月的计数，限您任职的区划。A month's counts of a region in one of your offices."
    )
    async def counts(
        self,
        info: Info,
        region: Annotated[RegionCode, strawberry.argument(description="区划。The region.")],
        month: Annotated[
            str, strawberry.argument(description="月份，如 2026-11（上海时间）。The month in Shanghai, as in 2026-11.")
        ],
    ) -> list[Count]:
        """One statement. Raises Refused MALFORMED for what is no month."""
        who = info.context.who
        month_in(month)
        async with info.context.gateway.room.database.read() as connection:
            rows = await reads.counts(connection, who, region, month)
        return [
            Count(
                metric=row.metric,
                category=row.category or None,
                private=row.private,
                count=None if row.private and row.count < SUPPRESSED_BELOW else int(row.count),
            )
            for row in rows
        ]

    @strawberry.field(description="各平台数据新到什么时候。By cell: up to when everything told has been applied.")
    async def as_of(self, info: Info) -> list[Freshness]:
        """One statement."""
        info.context.signed_in()
        async with info.context.gateway.room.database.read() as connection:
            found = await reads.as_of(connection)
        return [Freshness(cell=cell, as_of=at) for cell, at in sorted(found.items())]

    @strawberry.field(description="所有拒绝代码。The catalogue of refusals; no token needed.")
    def refusal_codes(self) -> list[RefusalCode]:
        """From the contracts."""
        return catalogue()
