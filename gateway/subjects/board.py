"""Boards: what is open, near its end and overdue, by region and level; and the villages whose councils a county coaches (S21)."""

import re
from typing import Annotated

import strawberry

from gateway import paging
from gateway.context import Context
from gateway.paging import PageInfo
from gateway.readmodel import board_reads
from gateway.words import RegionCode
from services.contracts.cases import Category
from services.contracts.regions import Level
from services.contracts.wrong import Wrong, malformed

Info = strawberry.Info[Context, None]
_QUARTER = re.compile(r"(20[0-9]{2})-Q([1-4])")
_FEW = "；专办、密办少于 5 件的，村以上不显示"
_FEW_EN = "; null for fewer than 5 private ones, above the village"


@strawberry.type(description="看板上的一格。One cell of a board.")
class BoardLine:
    """Matters that have not ended, of one region, level and category."""

    region: str = strawberry.field(
        description="下一级区划；密办事项只到县。The region directly below the one asked for; of sealed matters the county at most."
    )
    level: Level = strawberry.field(description="现由哪一级负责。The level that has them.")
    category: Category = strawberry.field(description="类别；密办为人身权益。The category; of sealed matters PERSONAL.")
    private: bool = strawberry.field(description="是否专办、密办事项。Whether of private matters (C2, C3).")
    open: int | None = strawberry.field(description=f"未办结件数{_FEW}。How many have not ended{_FEW_EN}.")
    amber: int | None = strawberry.field(
        description=f"其中黄灯：办理时限已用 80%{_FEW}。Those of which 80 % of a window is used{_FEW_EN}."
    )
    red: int | None = strawberry.field(description=f"其中红灯：办理已超期{_FEW}。Those that are overdue{_FEW_EN}.")


@strawberry.type(description="应予辅导的一个村（社区）。A village whose council needs coaching.")
class CoachingLine:
    """A village, and how often its council was idle."""

    region: str = strawberry.field(description="村（社区）。The village.")
    overdue: int = strawberry.field(
        description=(
            "本季议事超期次数；专办事项满 5 次才计入。How often in the quarter its council had not decided in time; private matters count "
            "from 5 on."
        )
    )


@strawberry.type(description="辅导名单中的一项。One village of a page.")
class CoachingEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="游标。Its place.")
    node: CoachingLine = strawberry.field(description="应予辅导的村（社区）。The village.")


@strawberry.type(description="一页辅导名单。A page of the coaching list.")
class CoachingConnection:
    """Relay's connection."""

    edges: list[CoachingEdge] = strawberry.field(description="本页各项。The villages of this page.")
    page_info: PageInfo = strawberry.field(description="分页信息。Where the page stands.")


@strawberry.type
class BoardQuery:
    """What may be asked of boards."""

    @strawberry.field(
        description=(
            "某区划未办结事项的看板：按下一级区划、负责层级、类别计数，限您任职的区划及其下级。What is open in a region of one of your "
            "offices or below it, counted by the regions directly below, the level that has it and the category."
        )
    )
    async def board(
        self,
        info: Info,
        region: Annotated[RegionCode, strawberry.argument(description="区划。The region.")],
    ) -> list[BoardLine]:
        """One statement. Raises Refused NOT_PERMITTED."""
        who = info.context.who
        async with info.context.gateway.room.database.read() as connection:
            rows = await board_reads.board(connection, who, region)
        return [
            BoardLine(
                region=row.child,
                level=Level(row.level),
                category=Category(row.category),
                private=row.private,
                open=row.open,
                amber=row.amber,
                red=row.red,
            )
            for row in rows
        ]

    @strawberry.field(
        description=(
            "辅导名单：某季度议事三次以上超期的村（社区），限县级及以上任职人员。Villages whose councils had not decided in time three times "
            "or more in a quarter, for those in office from the county up."
        )
    )
    async def coaching_list(
        self,
        info: Info,
        region: Annotated[RegionCode, strawberry.argument(description="区划。The region.")],
        quarter: Annotated[
            str,
            strawberry.argument(description="季度，如 2026-Q4（上海时间）。The quarter in Shanghai, as in 2026-Q4."),
        ],
        first: Annotated[
            int, strawberry.argument(description="条数，1 到 100。How many, 1 to 100.")
        ] = paging.DEFAULT_PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="上一页的 endCursor。endCursor of the page before.")
        ] = None,
    ) -> CoachingConnection:
        """One statement. Raises Refused NOT_PERMITTED; MALFORMED for what is no quarter."""
        who, behind, limit = info.context.who, paging.place(after, 1), paging.size(first)
        months = _months(quarter)
        async with info.context.gateway.room.database.read() as connection:
            rows = await board_reads.to_coach(connection, who, region, months, limit, behind[0] if behind else "")
        edges = [
            CoachingEdge(
                cursor=paging.cursor(row.region), node=CoachingLine(region=row.region, overdue=int(row.overdue))
            )
            for row in rows[:first]
        ]
        page = PageInfo(has_next_page=len(rows) > first, end_cursor=edges[-1].cursor if edges else None)
        return CoachingConnection(edges=edges, page_info=page)


def _months(quarter: str) -> list[str]:
    """The months of a quarter. Raises Refused MALFORMED."""
    found = _QUARTER.fullmatch(quarter)
    if found is None:
        raise malformed("quarter", Wrong.NO_QUARTER)
    last = int(found[2]) * 3
    return [f"{found[1]}-{month:02d}" for month in range(last - 2, last + 1)]
