"""Matters: the type, and how one is found for its caller."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry
from strawberry import relay

from gateway.context import Context
from gateway.readmodel.order_reads import Order
from gateway.subjects.council_known import items_of, resolutions_of, sessions_of
from gateway.subjects.council_types import ActionItem, CouncilSession, Resolution
from gateway.subjects.course import Course
from gateway.subjects.matter import Attachment, Clock, Entry, Evidence, Fact, node_of
from gateway.subjects.node import OrgNode
from gateway.subjects.work_order import WorkOrder
from gateway.words import RegionCode
from services.chassis.transaction import worker_tag
from services.contracts.allowed import allowed_commands
from services.contracts.cases import CaseClass, Category, Outcome, SubCategory, Urgency
from services.contracts.ids import is_case_id
from services.contracts.ladder import SuspendReason
from services.contracts.lifecycle import Lifecycle
from services.contracts.queries import CaseEvidence, CaseText
from services.contracts.regions import Level
from services.contracts.states import DocketStage

Info = strawberry.Info[Context, None]


@strawberry.type(description="事项。A matter.")
class Case(Course, relay.Node):
    """A matter as its caller may know of it. Text fields are fetched from intake with her own token; what she may not read is null."""

    key: relay.NodeID[str]
    only_proposed: bool | None = strawberry.field(
        default=None,
        description="仅见于操作的答复：是否只是建议，须由主席决定；查询时为空。Of a command's answer alone: whether it was no more than a "
        "proposal, which the chair decides; null in queries.",
    )

    @strawberry.field(description="事项编号，命令中使用。The id that commands take.")
    def case_id(self) -> str:
        return self.key

    @strawberry.field(
        description="事项号，供人引用；密办事项没有。The number that people quote; a sealed matter has none."
    )
    def number(self) -> str | None:
        return self.matter.case.number or None

    @strawberry.field(description="状态。Its state.")
    def state(self) -> Lifecycle:
        return Lifecycle(self.matter.state)

    @strawberry.field(
        description="所在区划（村；密办事项到县）。Its region: the village; of a sealed matter the county."
    )
    def region(self) -> RegionCode:
        return RegionCode(self.matter.case.region)

    @strawberry.field(
        description="密级；他人的私密事项不显示。Its class; not of somebody else's private matter, whose class says what was found."
    )
    def case_class(self) -> CaseClass | None:
        return self.matter.case.case_class if self.matter.behind is None else None

    @strawberry.field(description="类别；密办事项一律为人身权益。Its category; of a sealed matter always PERSONAL.")
    def category(self) -> Category:
        # To who reported somebody else's it is what she said it is, whatever became of its class.
        sealed = self.matter.case.case_class is CaseClass.C3 and self.matter.behind is None
        return Category.PERSONAL if sealed else self.matter.case.category

    @strawberry.field(description="细类；专办、密办事项没有。Its sub-category; none of C2 and C3.")
    def sub_category(self) -> SubCategory | None:
        return self.matter.case.sub_category

    @strawberry.field(description="紧急程度；他人的私密事项不显示。Its urgency; not of somebody else's private matter.")
    def urgency(self) -> Urgency | None:
        return self.matter.case.urgency if self.matter.behind is None else None

    @strawberry.field(
        description="版本，用作 expectedVersion（收集平台的命令）。Its version: expectedVersion of intake's commands."
    )
    def version(self) -> int:
        return self.matter.case.version

    @strawberry.field(
        description="负责版本，用作 expectedVersion（跟进平台的命令）。Custody's version: expectedVersion of escalation's commands."
    )
    def custody_version(self) -> int | None:
        return self.matter.custody.version if self.matter.custody else None

    @strawberry.field(description="提交时间。When it was reported.")
    def submitted_at(self) -> datetime:
        return self.matter.case.submitted_at

    @strawberry.field(description="办结时间。When it was closed.")
    def closed_at(self) -> datetime | None:
        return self.matter.case.closed_at

    @strawberry.field(description="结果。How it ended.")
    def outcome(self) -> Outcome | None:
        return self.matter.case.outcome

    @strawberry.field(description="目前负责的组织；办结后没有。The one node that is accountable; none once closed.")
    async def holder(self, info: Info) -> OrgNode | None:
        return await node_of(info, self.matter.custody.holder if self.matter.custody else None)

    @strawberry.field(description="目前在哪一级。The level that has it.")
    def level(self) -> Level | None:
        return self.matter.custody.level if self.matter.custody else None

    @strawberry.field(description="最先到期的时限。The running clock that is due first.")
    def clock(self, info: Info) -> Clock | None:
        found = self.matter.custody.clock if self.matter.custody else None
        return Clock.of(found, info.context.now) if found else None

    @strawberry.field(description="全部时限。All its clocks.")
    def clocks(self, info: Info) -> list[Clock]:
        custody = self.matter.custody
        return [Clock.of(clock, info.context.now) for clock in custody.clocks] if custody else []

    @strawberry.field(description="各层级。The levels that have to do with it.")
    def entries(self) -> list[Entry]:
        custody = self.matter.custody
        return [Entry.of(entry) for entry in custody.entries] if custody else []

    @strawberry.field(description="中止到何时。Until when it rests.")
    def suspended_until(self) -> datetime | None:
        return self.matter.custody.suspended_until if self.matter.custody else None

    @strawberry.field(description="中止理由。Why it rests.")
    def suspended_for(self) -> SuspendReason | None:
        return self.matter.custody.suspended_for if self.matter.custody else None

    @strawberry.field(description="议事阶段。What the council is doing with it.")
    def docket(self) -> DocketStage:
        return self.matter.docket.stage if self.matter.docket else DocketStage.NONE

    @strawberry.field(
        description="议事版本，用作 expectedVersion（议事平台的命令）。The docket's version: expectedVersion of deliberation's commands."
    )
    def docket_version(self) -> int | None:
        return self.matter.docket.version if self.matter.docket else None

    @strawberry.field(description="您知道的各次议事。The sessions on it that you know of.")
    def sessions(self, info: Info) -> list[CouncilSession]:
        return sessions_of(info, self.matter)

    @strawberry.field(description="您知道的决议。The resolutions that you know of.")
    def resolutions(self, info: Info) -> list[Resolution]:
        return resolutions_of(info, self.matter)

    @strawberry.field(description="您知道的行动项。The action items that you know of.")
    def items(self, info: Info) -> list[ActionItem]:
        return items_of(info, self.matter)

    @strawberry.field(description="经过。Its story, oldest first.")
    async def timeline(self, info: Info) -> list[Fact]:
        rows: Sequence[Any] = await info.context.timelines.load(self.key)
        return [
            Fact(at=datetime.fromisoformat(r.at), kind=r.kind, service=r.service, detail=r.detail, node_id=r.node)
            for r in rows
        ]

    @strawberry.field(description="您目前可以执行的操作。The commands that fit now and that this caller may ask.")
    async def allowed_commands(self, info: Info) -> list[str]:
        access = self.matter.access
        case, custody = self.matter.behind or (self.matter.case, self.matter.custody)
        if access is None:
            return []
        if case.merged_into and (master := await info.context.matters.load(case.merged_into)):
            custody = master.custody  # a report is in the hands of whoever has its matter
        group = await info.context.nodes.load(access.group) if access.group else None
        village = group.region if group else self.matter.case.region
        who = info.context.who
        worker = worker_tag(info.context.gateway.room, self.key, who.member)
        now = info.context.now
        docket, people = self.matter.docket, self.matter.people
        return allowed_commands(who, case, custody, docket, access, village, group, worker, now, people)

    @strawberry.field(description="公开摘要（公开事项，经人工核准）。The approved public summary of a C0 matter.")
    async def summary(self, info: Info) -> str | None:
        late: str | None = await info.context.summaries.load(self.key) if self.matter.summary_late else None
        return late or self.matter.summary or None

    @strawberry.field(description="反映内容。What was reported, for those who may read it.")
    async def narrative(self, info: Info) -> str | None:
        return await _text(info, self.key, "narrative")

    @strawberry.field(description="具体地点。The place below the village, for those who may read it.")
    async def place(self, info: Info) -> str | None:
        return await _text(info, self.key, "place")

    @strawberry.field(description="给反映人的答复。The answer to the reporter, for her and those who handle it.")
    async def feedback(self, info: Info) -> str | None:
        return await _text(info, self.key, "feedback")

    @strawberry.field(description="反映人姓名。The reporter's name, for those who hold the matter.")
    async def reporter_name(self, info: Info) -> str | None:
        return await _text(info, self.key, "reporter_name")

    @strawberry.field(description="反映人电话。The reporter's telephone, for those who hold the matter.")
    async def reporter_phone(self, info: Info) -> str | None:
        return await _text(info, self.key, "reporter_phone")

    @strawberry.field(description="当事人姓名。The subject's name, for those who hold the matter.")
    async def subject_name(self, info: Info) -> str | None:
        return await _text(info, self.key, "subject_name")

    @strawberry.field(description="照片。Photos, for those who may see them.")
    async def attachments(self, info: Info) -> list[Attachment]:
        text: CaseText | None = await info.context.texts.load(self.key)
        return [Attachment.of(line) for line in text.attachments] if text else []

    @strawberry.field(description="办理证明，限可以查看的人。What was done about it, for those who may see it.")
    async def evidence(self, info: Info) -> Evidence | None:
        found: CaseEvidence | None = await info.context.evidence.load(self.key)
        photos = [Attachment.of(line) for line in found.attachments] if found else []
        return Evidence(notes=list(found.notes), photos=photos) if found else None

    @strawberry.field(
        description="部门交办单，限办理该事项的妇联。Its work orders, for those of the federation who work on it."
    )
    async def work_orders(self, info: Info) -> list[WorkOrder]:
        found: Sequence[Order] = await info.context.orders.load(self.key)
        return [WorkOrder(key=each.state.order_id, order=each) for each in found]

    @classmethod
    async def resolve_nodes(cls, *, info: Info, node_ids: list[str], required: bool = False) -> list["Case | None"]:  # type: ignore[override]
        """For `node(id:)`."""
        return list(await asyncio.gather(*(find(info, case_id) for case_id in node_ids)))


async def find(info: Info, case_id: str) -> Case | None:
    """A matter, if it is one for this caller. Raises Refused UNAUTHENTICATED."""
    info.context.signed_in()
    if not is_case_id(case_id):
        return None
    matter = await info.context.matters.load(case_id)
    return Case(key=case_id, matter=matter) if matter else None


async def _text(info: Info, case_id: str, field: str) -> str | None:
    text = await info.context.texts.load(case_id)
    value = getattr(text, field) if text else None
    return str(value) if value is not None else None
