"""Organisation nodes and regions."""

from typing import Annotated

import strawberry
from strawberry import relay

from gateway import paging
from gateway.context import Context
from gateway.paging import PageInfo
from gateway.readmodel import roster_reads
from gateway.words import RegionCode
from services.contracts import regions as codes
from services.contracts.ids import is_node_id
from services.contracts.organisation import DepartmentType, Node, NodeKind
from services.contracts.regions import Level

Info = strawberry.Info[Context, None]


@strawberry.type(name="OrgNode", description="妇联、议事会、群或部门。A federation, council, group or department.")
class OrgNode(relay.Node):
    """An organisation node. Who is in office there is no part of it."""

    node_id: relay.NodeID[str]
    kind: NodeKind = strawberry.field(description="类型。Its kind.")
    region: RegionCode = strawberry.field(description="所属区划。The region it is attached to.")
    level: Level = strawberry.field(description="层级。Its level.")
    name: str = strawberry.field(description="名称。Its name in Chinese.")
    name_en: str = strawberry.field(description="英文名称，可为空。Its name in English; may be empty.")
    department: DepartmentType | None = strawberry.field(
        description="部门类型；其他组织为 null。What a department does; null of every other node."
    )

    @strawberry.field(description="组织编号，命令中使用。The id that commands take.")
    def code(self) -> str:
        """Its own id, without Relay's wrapping."""
        return self.node_id

    @classmethod
    def of(cls, node: Node) -> "OrgNode":
        """From the roster's public part."""
        return cls(
            node_id=node.id,
            kind=node.kind,
            region=RegionCode(node.region),
            level=codes.level_of(node.region),
            name=node.name,
            name_en=node.name_en,
            department=node.department,
        )

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: list[str], required: bool = False) -> list["OrgNode | None"]:  # type: ignore[override]
        """For `node(id:)`."""
        info.context.signed_in()
        found = [await info.context.nodes.load(each) if is_node_id(each) else None for each in node_ids]
        return [cls.of(node) if node else None for node in found]


@strawberry.type(description="区划。A region.")
class Region:
    """A region."""

    code: RegionCode = strawberry.field(
        description="代码（统计用区划代码 2023-06-30 版，仅供识别）。Its code: statistical, edition of 2023-06-30, for identification only."
    )
    name: str = strawberry.field(description="名称，不能作为键。Its name; never a key.")
    level: Level = strawberry.field(description="层级。Its level.")
    operator_added: bool = strawberry.field(description="是否由运维补录。Whether an operator added it.")


@strawberry.type(description="区划列表中的一项。One region of a page.")
class RegionEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="游标。Its place.")
    node: Region = strawberry.field(description="区划。The region.")


@strawberry.type(description="一页区划。A page of regions.")
class RegionConnection:
    """Relay's connection."""

    edges: list[RegionEdge] = strawberry.field(description="本页各项。The regions of this page.")
    page_info: PageInfo = strawberry.field(description="分页信息。Where the page stands.")


@strawberry.type
class RegionQuery:
    """What may be asked of regions."""

    @strawberry.field(
        description="某区划的下一级区划（不填：全省）。The regions directly below one; without `under`, the province."
    )
    async def regions(
        self,
        info: Info,
        under: Annotated[RegionCode | None, strawberry.argument(description="上级区划。The region above.")] = None,
        first: Annotated[
            int, strawberry.argument(description="条数，1 到 100。How many, 1 to 100.")
        ] = paging.DEFAULT_PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="上一页的 endCursor。endCursor of the page before.")
        ] = None,
    ) -> RegionConnection:
        """One statement; before an empty page is answered, a second: whether there is such a region. Raises Refused UNKNOWN_REGION,
        REGION_OF_ANOTHER_CELL."""
        info.context.signed_in()
        gateway = info.context.gateway
        limit, behind = paging.size(first), paging.place(after, 1)
        async with gateway.room.database.read() as connection:
            rows = await roster_reads.regions(connection, under, limit, behind[0] if behind else "")
            if under is not None and not rows:
                await roster_reads.check_region(connection, gateway.regions_of_cell, under)
        edges = [
            RegionEdge(
                cursor=paging.cursor(row.code),
                node=Region(
                    code=row.code,
                    name=row.name,
                    level=codes.level_of(row.code),
                    operator_added=row.source == "OPERATOR",
                ),
            )
            for row in rows[:first]
        ]
        page = PageInfo(has_next_page=len(rows) > first, end_cursor=edges[-1].cursor if edges else None)
        return RegionConnection(edges=edges, page_info=page)
