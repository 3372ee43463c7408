"""Regions and organisation nodes: the commands."""

from datetime import datetime

import strawberry

from gateway.context import Context
from gateway.derive import KEY
from gateway.send import send
from gateway.subjects.inbox import Done, DoneAnswer
from gateway.words import RegionCode
from services.contracts.commands import intake
from services.contracts.commands.base import Command
from services.contracts.organisation import NodeKind, Role

Info = strawberry.Info[Context, None]


@strawberry.input(description="补录或改名一个区划。Add or rename a region.")
class AddRegionInput:
    """See `contracts.commands.intake.AddRegion`."""

    idempotency_key: str = strawberry.field(description=KEY)
    code: RegionCode = strawberry.field(
        description="代码；补录的村以 900–999 结尾。Its code; an operator's village ends in 900 to 999."
    )
    name: str = strawberry.field(description="名称。Its name.")
    operator_added: bool = strawberry.field(default=True, description="是否补录。Whether an operator adds it.")


@strawberry.input(description="一个区划。One region of many.")
class RegionLineInput:
    """See `contracts.commands.intake.RegionLine`."""

    code: RegionCode = strawberry.field(description="代码。Its code.")
    name: str = strawberry.field(description="名称。Its name.")


@strawberry.input(description="批量导入区划，上级在前。Import regions, parents first.")
class ImportRegionsInput:
    """See `contracts.commands.intake.ImportRegions`."""

    idempotency_key: str = strawberry.field(description=KEY)
    regions: list[RegionLineInput] = strawberry.field(
        description="1 到 500 个区划，全部成功或全部不变。1 to 500 regions; all or none."
    )


@strawberry.input(description="任职。A person's role at the node.")
class MembershipInput:
    """See `contracts.organisation.Membership`."""

    member: str = strawberry.field(description="人员编号。The person's opaque id.")
    role: Role = strawberry.field(description="身份。The role.")
    since: datetime = strawberry.field(description="起。From when.")
    until: datetime | None = strawberry.field(default=None, description="止（不含）。Until when, exclusive.")


@strawberry.input(description="组织。An organisation node, stated whole.")
class NodeInput:
    """See `contracts.organisation.Node`."""

    id: str = strawberry.field(description="组织编号，以 n_ 开头。Its id; begins with n_.")
    kind: NodeKind = strawberry.field(description="类型。Its kind.")
    region: RegionCode = strawberry.field(description="区划。Its region.")
    name: str = strawberry.field(description="名称。Its name.")
    name_en: str = strawberry.field(default="", description="英文名称。Its name in English.")
    members: list[MembershipInput] = strawberry.field(
        default_factory=list, description="任职人员。Who holds a role there."
    )
    delegated_to_owner: bool = strawberry.field(
        default=False, description="主席是否授权群主受理。Whether the chair lets its owner accept."
    )


@strawberry.input(description="登记组织。State a node.")
class PutNodeInput:
    """See `contracts.commands.intake.PutNode`."""

    idempotency_key: str = strawberry.field(description=KEY)
    node: NodeInput = strawberry.field(description="组织。The node.")


@strawberry.input(description="授权。The chair's delegation.")
class DelegateInput:
    """See `contracts.commands.intake.Delegate`."""

    idempotency_key: str = strawberry.field(description=KEY)
    group: str = strawberry.field(description="哪个群。The group.")
    delegated: bool = strawberry.field(description="授权或收回。Give it or take it back.")


async def _do(info: Info, command: type[Command], input: object) -> Done:
    answer = (await send(info.context, command, input, shown=False)).answer
    return Done(id=str(answer["id"]), version=int(answer["version"]))


@strawberry.type
class RosterMutation:
    """One method a command."""

    @strawberry.mutation(description="补录或改名一个区划（运维）。Add or rename a region; operators.")
    async def add_region(self, info: Info, input: AddRegionInput) -> DoneAnswer:
        return await _do(info, intake.AddRegion, input)

    @strawberry.mutation(
        description="登记一个组织及其任职人员（运维）。State a node and who holds its roles; operators."
    )
    async def put_node(self, info: Info, input: PutNodeInput) -> DoneAnswer:
        return await _do(info, intake.PutNode, input)

    @strawberry.mutation(
        description="村主席授权群主受理，或收回。The chair lets a group owner accept, or takes that back."
    )
    async def delegate(self, info: Info, input: DelegateInput) -> DoneAnswer:
        return await _do(info, intake.Delegate, input)
