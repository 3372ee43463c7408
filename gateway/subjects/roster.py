"""Regions and organisation nodes: the commands, and what an import would do."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from gateway.context import Context
from gateway.derive import KEY
from gateway.refusals import Refusal, refused
from gateway.send import send, words_of
from gateway.subjects.inbox import Done, DoneAnswer
from gateway.words import RegionCode
from services.contracts.commands import intake
from services.contracts.commands.base import Command
from services.contracts.organisation import DepartmentType, NodeKind, Role
from services.contracts.queries import LineChecks, LineFate

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


REGIONS = "1 到 500 个区划，全部成功或全部不变。1 to 500 regions; all or none."
MEMBERS = "1 到 500 条任职，全部成功或全部不变。1 to 500 lines; all or none."


@strawberry.input(
    description="批量导入区划，上级在前；名称相同的不变。Import regions, parents first; what has the name already stays."
)
class ImportRegionsInput:
    """See `contracts.commands.intake.ImportRegions`."""

    idempotency_key: str = strawberry.field(description=KEY)
    regions: list[RegionLineInput] = strawberry.field(description=REGIONS)
    operator_added: bool = strawberry.field(
        default=False,
        description="是否来自运维自己的名单（否则为统计用区划代码）。Of the operator's own list, not of the statistical edition.",
    )


@strawberry.input(description="任职。A person's role at the node.")
class MembershipInput:
    """See `contracts.organisation.Membership`."""

    member: str = strawberry.field(description="人员编号。The person's opaque id.")
    role: Role = strawberry.field(description="身份。The role.")
    since: datetime = strawberry.field(description="起。From when.")
    until: datetime | None = strawberry.field(default=None, description="止（不含）。Until when, exclusive.")
    deputy_for: str | None = strawberry.field(default=None, description="代理何人。Whom she stands in for.")


@strawberry.input(description="一条任职。One person's role at one node, of many.")
class MemberLineInput:
    """See `contracts.commands.intake.MemberLine`."""

    member: str = strawberry.field(description="人员编号。The person's opaque id.")
    node: str = strawberry.field(description="组织编号。The node's id.")
    role: Role = strawberry.field(description="身份。The role.")
    since: datetime = strawberry.field(description="起。From when.")
    until: datetime | None = strawberry.field(default=None, description="止（不含）。Until when, exclusive.")
    deputy_for: str | None = strawberry.field(default=None, description="代理何人。Whom she stands in for.")


@strawberry.input(
    description="批量导入任职；组织原有人员不变。Import who holds which role where; whoever else is at those nodes stays."
)
class ImportMembersInput:
    """See `contracts.commands.intake.ImportMembers`."""

    idempotency_key: str = strawberry.field(description=KEY)
    members: list[MemberLineInput] = strawberry.field(description=MEMBERS)


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
    department: DepartmentType | None = strawberry.field(
        default=None,
        description=(
            "部门类型，部门必填、其他组织不填；决定可告知部门的内容。What a department does: required of a department, of nothing else. "
            "It decides what a work order's package may tell."
        ),
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


@strawberry.type(description="导入的结果。What an import did.")
class Imported:
    """See `contracts.commands.base.Imported`."""

    id: str = strawberry.field(description="最后一行的编号。What its last line is about.")
    version: int = strawberry.field(description="其版本。Its version.")
    new: int = strawberry.field(description="新增几行。How many lines were new.")
    changed: int = strawberry.field(description="变更几行。How many changed something.")
    same: int = strawberry.field(description="几行与原有相同。How many were there already.")


ImportAnswer = Annotated[
    Imported | Refusal, strawberry.union("ImportAnswer", description="结果或拒绝。The result, or a refusal.")
]


async def _do(info: Info, command: type[Command], input: object) -> Done:
    answer = (await send(info.context, command, input, shown=False)).answer
    return Done(id=str(answer["id"]), version=int(answer["version"]))


async def _import(info: Info, command: type[Command], input: object) -> Imported:
    answer = (await send(info.context, command, input, shown=False, at_once=False)).answer
    counts = {name: int(answer[name]) for name in ("version", "new", "changed", "same")}
    return Imported(id=str(answer["id"]), **counts)


@strawberry.type(description="导入一行会怎样。What an import would do with a line.")
class LineCheck:
    """See `contracts.queries.LineCheck`."""

    fate: LineFate = strawberry.field(description="结果。What would become of it.")
    refusal: Refusal | None = strawberry.field(description="为什么不行。Why it would be refused.")


async def _checked(info: Info, query: str, lines: dict[str, Any]) -> list[LineCheck]:
    who = info.context.who
    answer = LineChecks.model_validate(await info.context.gateway.calls.query("intake", query, lines, who.token))
    return [LineCheck(fate=line.fate, refusal=refused(line.refusal) if line.refusal else None) for line in answer.lines]


@strawberry.type
class RosterQuery:
    """What an import would do: asked of the owner, so that it is true at once."""

    @strawberry.field(
        description="导入区划前逐行检查（运维）；什么都不改变。What importRegions would do with each line; operators. Nothing changes."
    )
    async def check_regions(
        self, info: Info, regions: Annotated[list[RegionLineInput], strawberry.argument(description=REGIONS)]
    ) -> list[LineCheck]:
        """One call."""
        return await _checked(info, "check-regions", {"regions": [words_of(line) for line in regions]})

    @strawberry.field(
        description="导入任职前逐行检查（运维）；什么都不改变。What importMembers would do with each line; operators. Nothing changes."
    )
    async def check_members(
        self, info: Info, members: Annotated[list[MemberLineInput], strawberry.argument(description=MEMBERS)]
    ) -> list[LineCheck]:
        """One call."""
        return await _checked(info, "check-members", {"members": [words_of(line) for line in members]})


@strawberry.type
class RosterMutation:
    """One method a command."""

    @strawberry.mutation(description="补录或改名一个区划（运维）。Add or rename a region; operators.")
    async def add_region(self, info: Info, input: AddRegionInput) -> DoneAnswer:
        return await _do(info, intake.AddRegion, input)

    @strawberry.mutation(
        description="批量导入区划（运维）；行稍后可见。Import regions; operators. The rows are seen when their topic has come."
    )
    async def import_regions(self, info: Info, input: ImportRegionsInput) -> ImportAnswer:
        return await _import(info, intake.ImportRegions, input)

    @strawberry.mutation(
        description="登记一个组织及其任职人员（运维）。State a node and who holds its roles; operators."
    )
    async def put_node(self, info: Info, input: PutNodeInput) -> DoneAnswer:
        return await _do(info, intake.PutNode, input)

    @strawberry.mutation(
        description="批量导入任职（运维）；稍后可见。Import who holds which role where; operators. Seen when the topic has come."
    )
    async def import_members(self, info: Info, input: ImportMembersInput) -> ImportAnswer:
        return await _import(info, intake.ImportMembers, input)

    @strawberry.mutation(
        description="村主席授权群主受理，或收回。The chair lets a group owner accept, or takes that back."
    )
    async def delegate(self, info: Info, input: DelegateInput) -> DoneAnswer:
        return await _do(info, intake.Delegate, input)
