"""Councils: their standing members, what a village's council is told of private matters, and the commands on sessions, resolutions, items."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry.tools import merge_types

from gateway import paging
from gateway.context import Context
from gateway.derive import mutations
from gateway.readmodel import reads_council
from gateway.subjects.case import Case, find
from gateway.subjects.case_commands import CaseAnswer, case_or_done
from gateway.subjects.feed import changes, start
from gateway.subjects.inbox import Done, DoneAnswer
from gateway.subjects.matter import node_of
from gateway.subjects.node import OrgNode
from gateway.words import RegionCode
from services.chassis.door import Answered
from services.contracts.cases import Category
from services.contracts.commands import deliberation as asked
from services.contracts.council import CouncilState, MembershipStage, StandingMember
from services.contracts.ids import is_case_id, is_node_id
from services.contracts.refusals import Code, Refused
from services.contracts.topics import DELIBERATION_DOCKET

Info = strawberry.Info[Context, None]
_KINDS = frozenset(kind.__name__ for kind in DELIBERATION_DOCKET.events)


@strawberry.type(description="议事会常任成员。A standing member of a council.")
class StandingMembership:
    """A person by her opaque id, or a department."""

    member: strawberry.Private[StandingMember]

    @strawberry.field(description="人员编号或部门编号。A person's opaque id, or a department's.")
    def address(self) -> str:
        return self.member.address

    @strawberry.field(description="部门。The department.")
    async def department(self, info: Info) -> OrgNode | None:
        return await node_of(info, self.member.address if self.member.address.startswith("n_") else None)

    @strawberry.field(description="状态。Where it stands.")
    def stage(self) -> MembershipStage:
        return self.member.stage

    @strawberry.field(description="任期起。From when.")
    def since(self) -> datetime:
        return self.member.since

    @strawberry.field(description="任期止（不含）。Until when, exclusive.")
    def until(self) -> datetime:
        return self.member.until

    @strawberry.field(
        description="因哪件事项吸收；您看不到的事项为 null。The matter that it came from, if you may see it."
    )
    async def case_id(self, info: Info) -> str | None:
        return self.member.case_id if await find(info, self.member.case_id) else None


@strawberry.type(description="议事会。A women's council.")
class Council:
    """Beside whom the roster names, its standing members."""

    state: strawberry.Private[CouncilState]

    @strawberry.field(description="组织。The node.")
    async def node(self, info: Info) -> OrgNode | None:
        return await node_of(info, self.state.node)

    @strawberry.field(description="所属区划。Its region.")
    def region(self) -> RegionCode:
        return RegionCode(self.state.region)

    @strawberry.field(description="常任成员。Its standing members.")
    def standing_members(self) -> list[StandingMembership]:
        return [StandingMembership(member=each) for each in self.state.members]


@strawberry.type(
    description="保密事项：由主席办理，只告知类别。A confidential matter, handled by the chair: only its category is told."
)
class ConfidentialEntry:
    """All that a council is told of private matters."""

    category: Category = strawberry.field(description="类别。The category.")
    count: int = strawberry.field(description="件数。How many.")


@strawberry.type
class CouncilQuery:
    """What may be asked of councils."""

    @strawberry.field(
        description="议事会；没有常任成员或无权查看时为 null。A council; null if it has no standing members, or not for you."
    )
    async def council(
        self, info: Info, node: Annotated[str, strawberry.argument(description="组织编号。Its id.")]
    ) -> Council | None:
        """One statement."""
        who = info.context.who
        if not is_node_id(node):
            return None
        async with info.context.gateway.room.database.read() as connection:
            state = await reads_council.council(connection, who, node)
        return Council(state=state) if state else None

    @strawberry.field(
        description="某村正在办理的保密事项：只有类别和件数。The confidential matters of a village: category and count, no more."
    )
    async def confidential_entries(
        self, info: Info, region: Annotated[RegionCode, strawberry.argument(description="村。The village.")]
    ) -> list[ConfidentialEntry]:
        """One statement."""
        who = info.context.who
        async with info.context.gateway.room.database.read() as connection:
            counted = await reads_council.confidential(connection, who, region)
        return [ConfidentialEntry(category=each, count=counted[each]) for each in sorted(counted)]


@strawberry.type(description="议事的一次变化。A change in what a council makes of a matter.")
class SessionChange:
    """What `sessionChanged` pushes."""

    cursor: str = strawberry.field(
        description="游标：断线后用作 after。Its place: pass it as `after` when you come back."
    )
    kind: str = strawberry.field(description="事实类型。What happened.")
    at: datetime = strawberry.field(description="时间。When.")
    case: Case = strawberry.field(description="变化后的事项。The matter as it is now.")


@strawberry.type
class CouncilSubscription:
    """What may be subscribed to of councils."""

    @strawberry.subscription(
        description="某事项议事的变化。What changes in a matter's sessions, resolutions and items."
    )
    async def session_changed(
        self,
        info: Info,
        case_id: Annotated[str, strawberry.argument(description="事项编号。The matter.")],
        after: Annotated[
            str | None, strawberry.argument(description="从哪个游标之后。Only what came behind this cursor.")
        ] = None,
    ) -> AsyncGenerator[SessionChange, None]:
        """Pushes only while the caller may see the matter; she is asked about at every change."""
        place = await start(info, after)
        if not is_case_id(case_id):
            raise Refused(Code.CASE_NOT_FOUND)
        async with aclosing(changes(info, "CASE", [case_id], place)) as rows:
            async for row in rows:
                if row.kind in _KINDS and (case := await find(info, case_id)) is not None:
                    yield SessionChange(cursor=paging.cursor(str(row.seq)), kind=row.kind, at=row.at, case=case)


async def _done(_info: Info, answered: Answered) -> Done:
    return Done(id=str(answered.answer["id"]), version=int(answered.answer["version"]))


CouncilMutation: Any = merge_types(
    "CouncilMutation",
    (
        mutations("OnAMatterMutation", asked.ON_A_MATTER, CaseAnswer, case_or_done),
        mutations("MembershipMutation", asked.MEMBERSHIP, DoneAnswer, _done, shown=False),
    ),
)
