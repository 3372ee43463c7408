"""The parts of a work order, as types: clocks, packages, notes, the departments beside it."""

from datetime import datetime

import strawberry

from gateway.context import Context
from gateway.subjects.matter import node_of
from gateway.subjects.node import OrgNode
from gateway.words import Lamp
from services.contracts.clocks import ClockState
from services.contracts.disclosure import PackageField
from services.contracts.orders import OrderClock, OrderClockStage, OrderResult, OrderRole, OrderStage

Info = strawberry.Info[Context, None]


@strawberry.type(description="交办单的一个时限。One due time of a work order.")
class WorkOrderClock:
    """A clock; its lamp is computed, never stored."""

    stage: OrderClockStage = strawberry.field(description="阶段。What it measures.")
    state: ClockState = strawberry.field(description="状态。Whether it runs.")
    started_at: datetime = strawberry.field(description="开始时间。When it started.")
    amber_at: datetime = strawberry.field(description="转黄灯时间。When 80 % of it is used.")
    due_at: datetime = strawberry.field(description="到期时间。When it is over.")
    provisional: bool = strawberry.field(
        description="是否暂定（所跨年度的放假安排尚未公布）。Whether it crosses a year whose calendar is not published yet."
    )
    overdue: bool = strawberry.field(description="是否已记超期。Whether the sweep has flagged it.")
    lamp: Lamp | None = strawberry.field(description="灯色；停止的时钟没有。The lamp; none of a stopped clock.")

    @classmethod
    def of(cls, clock: OrderClock, now: datetime) -> "WorkOrderClock":
        """With its lamp at a moment."""
        lamp = None
        if clock.state is ClockState.RUNNING:
            lamp = Lamp.RED if now > clock.due_at else Lamp.AMBER if now >= clock.amber_at else Lamp.GREEN
        values = {name: getattr(clock, name) for name in type(clock).model_fields}
        return cls(**values, lamp=lamp)


@strawberry.type(description="告知内容中的一项。One line of a package.")
class PackageLine:
    """A line."""

    field: PackageField = strawberry.field(description="哪一项。Which.")
    text: str = strawberry.field(description="内容。What it says.")


@strawberry.type(
    description="告知部门的内容，交办时原样交回。What a department is told; hand it back unchanged with issueOrder."
)
class Package:
    """Built and signed by intake."""

    department: str = strawberry.field(description="部门（组织编号）。For which department.")
    lines: list[PackageLine] = strawberry.field(description="各项内容。What it says.")
    built_at: datetime = strawberry.field(description="生成时间。When it was built; it holds a day.")
    signature: str = strawberry.field(description="签名。Intake's signature.")


@strawberry.type(description="关于交办单写下的一段话。Something written about a work order.")
class WorkOrderNote:
    """A note."""

    kind: str = strawberry.field(description="种类，如 objection、progress、result、rework。What it is.")
    text: str = strawberry.field(description="内容。What it says.")
    at: datetime = strawberry.field(description="时间。When.")


@strawberry.type(
    description="同一联合交办中的另一部门：只有角色与进度。Another department of a joint order: role and progress alone."
)
class Peer:
    """What co-handlers see of each other (V3)."""

    node_id: strawberry.Private[str]
    role: OrderRole = strawberry.field(description="角色。Its role.")
    state: OrderStage = strawberry.field(description="进度。Where it stands.")
    result: OrderResult | None = strawberry.field(description="所报结果。What it reported.")

    @strawberry.field(description="部门。The department.")
    async def department(self, info: Info) -> OrgNode | None:
        """One statement for a page."""
        return await node_of(info, self.node_id)
