"""Department work orders: the type."""

from datetime import datetime

import strawberry
from strawberry import relay

from gateway.context import Context
from gateway.readmodel import order_reads
from gateway.readmodel.order_reads import Order
from gateway.subjects.matter import node_of
from gateway.subjects.node import OrgNode
from gateway.subjects.order_parts import PackageLine, Peer, WorkOrderClock, WorkOrderNote
from services.chassis.transaction import worker_tag
from services.contracts.allowed import allowed_on_order
from services.contracts.cases import Urgency
from services.contracts.ids import is_order_id
from services.contracts.ladder import SuspendReason
from services.contracts.orders import (
    OrderResult,
    OrderRole,
    OrderStage,
    OrderState,
    PauseReason,
    Supervision,
)
from services.contracts.queries import OrderText
from services.contracts.refusals import Code, Refused

Info = strawberry.Info[Context, None]


@strawberry.type(description="部门交办单。A department work order.")
class WorkOrder(relay.Node):
    """An order as its caller may know of it. A department sees its own, and nothing of the matter but the package."""

    key: relay.NodeID[str]
    order: strawberry.Private[Order]

    @property
    def _state(self) -> OrderState:
        return self.order.state

    @strawberry.field(description="交办单编号，命令中使用。The id that commands take.")
    def order_id(self) -> str:
        return self.key

    @strawberry.field(description="版本，用作 expectedVersion。Its version: expectedVersion of its commands.")
    def version(self) -> int:
        return self._state.version

    @strawberry.field(description="状态。Its state.")
    def state(self) -> OrderStage:
        return self._state.stage

    @strawberry.field(description="角色：主办或协办。Lead or assisting.")
    def role(self) -> OrderRole:
        return self._state.role

    @strawberry.field(description="是否函询（不计时限）。Whether it is a letter of enquiry, without clocks.")
    def letter(self) -> bool:
        return self._state.letter

    @strawberry.field(description="紧急程度。Its urgency.")
    def urgency(self) -> Urgency:
        return self._state.urgency

    @strawberry.field(description="部门所报结果。What the department says came of it.")
    def result(self) -> OrderResult | None:
        return self._state.result

    @strawberry.field(description="监督程度。How far supervision has gone.")
    def supervision(self) -> Supervision:
        return self._state.supervision

    @strawberry.field(description="重办次数。How often it had to be done again.")
    def reworks(self) -> int:
        return self._state.reworks

    @strawberry.field(description="已同意的延期次数。How many extensions were granted.")
    def extensions(self) -> int:
        return self._state.extensions

    @strawberry.field(description="申请中的延期工作日数。Working days asked for and not answered yet.")
    def days_asked(self) -> int | None:
        return self._state.days_asked

    @strawberry.field(description="暂停理由。Why it is paused.")
    def paused_for(self) -> PauseReason | None:
        return self._state.paused_for

    @strawberry.field(description="事项中止的理由，限妇联。Why its matter rests; for the federation.")
    def suspended_for(self) -> SuspendReason | None:
        return self._state.rest.reason if self._state.rest and self.order.for_federation else None

    @strawberry.field(
        description="随事项中止至何时，其间停止计时、不催办。Until when it rests with its matter; nobody urges."
    )
    def suspended_until(self) -> datetime | None:
        return self._state.rest.until if self._state.rest else None

    @strawberry.field(description="何时起可以提出督促处理意见。From when an opinion by Art. 73 is possible.")
    def opinion_from(self) -> datetime | None:
        return self._state.opinion_from

    @strawberry.field(description="改派后的交办单编号，限妇联。The order that took its place; for the federation.")
    def reissued_as(self) -> str | None:
        return self._state.reissued_as if self.order.for_federation else None

    @strawberry.field(description="交办时间。When it was issued.")
    def issued_at(self) -> datetime:
        return self._state.issued_at

    @strawberry.field(description="最近变化时间。When it last took a step.")
    def changed_at(self) -> datetime:
        return datetime.fromisoformat(self.order.changed_at)

    @strawberry.field(description="交办组织。Who issued it.")
    async def issuer(self, info: Info) -> OrgNode | None:
        return await node_of(info, self._state.issuer)

    @strawberry.field(description="承办部门。The department.")
    async def department(self, info: Info) -> OrgNode | None:
        return await node_of(info, self._state.department)

    @strawberry.field(description="主办部门。The lead department.")
    async def lead(self, info: Info) -> OrgNode | None:
        """Of an order for one department: itself."""
        if self._state.role is OrderRole.LEAD:
            return await node_of(info, self._state.department)
        leads = [each for each in await self._joint(info) if each.role is OrderRole.LEAD and not each.stage.ended]
        return await node_of(info, leads[-1].department if leads else None)

    @strawberry.field(description="同一联合交办中的其他部门。The other departments of a joint order.")
    async def peers(self, info: Info) -> list[Peer]:
        """One statement for a page."""
        return [
            Peer(node_id=each.department, role=each.role, state=each.stage, result=each.result)
            for each in await self._joint(info)
            if each.order_id != self.key and each.stage is not OrderStage.REISSUED
        ]

    async def _joint(self, info: Info) -> list[OrderState]:
        return list(await info.context.peers.load(self._state.joint)) if self._state.joint else []

    @strawberry.field(description="最先到期的时限。The running clock that is due first.")
    def clock(self, info: Info) -> WorkOrderClock | None:
        found = self._state.clock
        return WorkOrderClock.of(found, info.context.now) if found else None

    @strawberry.field(description="全部时限。All its clocks.")
    def clocks(self, info: Info) -> list[WorkOrderClock]:
        return [WorkOrderClock.of(each, info.context.now) for each in self._state.clocks]

    @strawberry.field(
        description="事项编号，限办理该事项的妇联。The matter; for those of the federation who work on it, never the department."
    )
    def case_id(self) -> str | None:
        return self._state.case_id if self.order.for_federation else None

    @strawberry.field(description="您目前可以执行的操作。The commands that fit now and that this caller may ask.")
    async def allowed_commands(self, info: Info) -> list[str]:
        access = self.order.access
        if access is None:
            return []
        who = info.context.who
        worker = worker_tag(info.context.gateway.room, self._state.case_id, who.member)
        others = await self._joint(info)
        return allowed_on_order(who, self._state, self.order.custody, access, worker, info.context.now, others)

    @strawberry.field(description="告知部门的内容。What the department was told.")
    async def package(self, info: Info) -> list[PackageLine]:
        text = await self._text(info)
        return [PackageLine(field=line.field, text=line.text) for line in text.package] if text else []

    @strawberry.field(description="法律依据。The legal basis.")
    async def legal_basis(self, info: Info) -> str | None:
        text = await self._text(info)
        return text.legal_basis or None if text else None

    @strawberry.field(description="办理要求。What is demanded.")
    async def demand(self, info: Info) -> str | None:
        text = await self._text(info)
        return text.demand or None if text else None

    @strawberry.field(description="部门给群众的答复。What the department replies to the citizen.")
    async def reply(self, info: Info) -> str | None:
        text = await self._text(info)
        return text.reply or None if text else None

    @strawberry.field(description="部门的内部说明。The department's note for the issuer.")
    async def internal_note(self, info: Info) -> str | None:
        text = await self._text(info)
        return text.internal_note or None if text else None

    @strawberry.field(description="往来记录，旧的在前。What was written about it, oldest first.")
    async def notes(self, info: Info) -> list[WorkOrderNote]:
        text = await self._text(info)
        return [WorkOrderNote(kind=each.field, text=each.text, at=each.at) for each in text.notes] if text else []

    async def _text(self, info: Info) -> OrderText | None:
        found: OrderText | None = await info.context.order_texts.load(self.key)
        return found

    @classmethod
    async def resolve_nodes(  # type: ignore[override]
        cls, *, info: Info, node_ids: list[str], required: bool = False
    ) -> list["WorkOrder | None"]:
        """For `node(id:)`."""
        return [await find(info, order_id) for order_id in node_ids]


async def find(info: Info, order_id: str) -> WorkOrder | None:
    """An order, if it is one for this caller. Raises Refused UNAUTHENTICATED."""
    who = info.context.who
    if not is_order_id(order_id):
        return None
    async with info.context.gateway.room.database.read() as connection:
        order = await order_reads.order(connection, who, order_id)
    return WorkOrder(key=order_id, order=order) if order else None


async def found(info: Info, order_id: str) -> WorkOrder:
    """The same after a command. Raises Refused NOT_FOUND: she may do this much and see no more."""
    order = await find(info, order_id)
    if order is None:
        raise Refused(Code.NOT_FOUND, what="order")
    return order
