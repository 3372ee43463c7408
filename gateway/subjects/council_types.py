"""What a council makes of a matter, as types: sessions, resolutions, action items, their words."""

from datetime import datetime

import strawberry

from gateway.context import Context
from gateway.subjects.matter import Attachment, node_of
from gateway.subjects.node import OrgNode
from services.contracts.allowed_council import Before, allowed_item, allowed_resolution, allowed_session
from services.contracts.council import (
    BlockReason,
    CloseReason,
    DecisionRule,
    ItemPeople,
    ItemStage,
    ItemState,
    ResolutionStage,
    ResolutionState,
    SessionMode,
    SessionPeople,
    SessionStage,
    SessionState,
)
from services.contracts.organisation import Role

Info = strawberry.Info[Context, None]


@strawberry.type(description="议事中的一段文字。Something said, resolved, asked for or shown.")
class CouncilText:
    """Kept by deliberation."""

    field: str = strawberry.field(
        description="种类：speech、minutes、resolution、task、evidence 等。What it is: speech, minutes, resolution, task, evidence…"
    )
    text: str = strawberry.field(description="内容。The words.")
    at: datetime = strawberry.field(description="时间。When.")
    by: str = strawberry.field(description="谁写的（人员编号）。Who wrote it: an opaque id.")
    department: str | None = strawberry.field(
        description="代表或告知哪个部门。For which department she spoke, or which one was told."
    )


@strawberry.type(description="一次议事。A session of a council.")
class CouncilSession:
    """People are counts, departments are nodes; who they are stays in deliberation."""

    state: strawberry.Private[SessionState]
    before: strawberry.Private[Before]
    people: strawberry.Private[SessionPeople]

    @strawberry.field(description="编号，命令中使用。The id that commands take.")
    def session_id(self) -> str:
        return self.state.id

    @strawberry.field(description="哪个议事会。Which council.")
    async def council(self, info: Info) -> OrgNode | None:
        return await node_of(info, self.state.council)

    @strawberry.field(description="状态。Where it stands.")
    def stage(self) -> SessionStage:
        return self.state.stage

    @strawberry.field(description="方式。How it meets.")
    def mode(self) -> SessionMode:
        return self.state.mode

    @strawberry.field(description="是否限专办人员。Whether only the circle takes part.")
    def restricted(self) -> bool:
        return self.state.restricted

    @strawberry.field(description="安排在何时。When it meets, or meets again.")
    def scheduled_at(self) -> datetime | None:
        return self.state.scheduled_at

    @strawberry.field(description="开始时间。When it began.")
    def opened_at(self) -> datetime | None:
        return self.state.opened_at

    @strawberry.field(description="结束时间。When it ended.")
    def closed_at(self) -> datetime | None:
        return self.state.closed_at

    @strawberry.field(description="休会次数。How often it was adjourned.")
    def adjournments(self) -> int:
        return self.state.adjournments

    @strawberry.field(description="受邀人数。How many were invited.")
    def invited(self) -> int:
        return self.state.invited

    @strawberry.field(description="已参与人数。How many have responded.")
    def responded(self) -> int:
        return self.state.responded

    @strawberry.field(description="回避人数。How many withdrew.")
    def recused(self) -> int:
        return self.state.recused

    @strawberry.field(description="发言人数。How many people spoke.")
    def speakers(self) -> int:
        return self.state.speakers

    @strawberry.field(description="表决人数。How many voted.")
    def votes(self) -> int:
        return self.state.votes

    @strawberry.field(description="受邀部门。The departments that were invited.")
    async def departments(self, info: Info) -> list[OrgNode]:
        found = [await node_of(info, each) for each in self.state.departments]
        return [node for node in found if node]

    @strawberry.field(description="如何决定的。How it decided.")
    def decided_by(self) -> DecisionRule | None:
        return self.state.decided_by

    @strawberry.field(description="形成的决议。The resolution that it adopted.")
    def resolution_id(self) -> str | None:
        return self.state.resolution_id

    @strawberry.field(description="未形成决议的理由。Why it ended without one.")
    def reason(self) -> CloseReason | None:
        return self.state.reason

    @strawberry.field(
        description="是否计为一次议事（三人发言或有表决）。Whether it counts: three spoke, or a vote was held."
    )
    def counted(self) -> bool:
        return self.state.counted

    @strawberry.field(
        description="您（或您作为联络员的部门）是否在邀请名单中。Whether you, or the department you are the liaison of, are on its list."
    )
    def am_invited(self, info: Info) -> bool:
        who = info.context.who
        hers = {who.member, *(grant.node for grant in who.grants if grant.role is Role.LIAISON)}
        return not hers.isdisjoint(self.people.invited)

    @strawberry.field(description="您目前可以执行的操作。What you may do with it now.")
    def allowed_commands(self, info: Info) -> list[str]:
        return allowed_session(info.context.who, self.before, self.state, self.people)

    @strawberry.field(description="发言与纪要，限可以查看的人。What was said, for those who may read it.")
    async def words(self, info: Info) -> list[CouncilText]:
        return await _words(info, self.before.case.case_id, self.state.id)

    @strawberry.field(description="照片，限可以查看的人。Photos, for those who may see them.")
    async def photos(self, info: Info) -> list[Attachment]:
        return await _photos(info, self.before.case.case_id, self.state.id)


@strawberry.type(description="一项决议。A resolution.")
class Resolution:
    """Its words stay in deliberation."""

    state: strawberry.Private[ResolutionState]
    before: strawberry.Private[Before]

    @strawberry.field(description="编号，命令中使用。The id that commands take.")
    def resolution_id(self) -> str:
        return self.state.id

    @strawberry.field(description="由哪次议事形成。The session that adopted it.")
    def session_id(self) -> str:
        return self.state.session_id

    @strawberry.field(description="状态。Where it stands.")
    def stage(self) -> ResolutionStage:
        return self.state.stage

    @strawberry.field(description="形成时间。When it was adopted.")
    def adopted_at(self) -> datetime:
        return self.state.adopted_at

    @strawberry.field(description="如何决定的。How it was decided.")
    def decided_by(self) -> DecisionRule:
        return self.state.decided_by

    @strawberry.field(description="是否有长效安排。Whether it makes a standing arrangement.")
    def arrangement(self) -> bool:
        return self.state.arrangement

    @strawberry.field(description="是否发起倡议。Whether it starts an initiative.")
    def initiative(self) -> bool:
        return self.state.initiative

    @strawberry.field(description="缺什么。What it waits for.")
    def block(self) -> BlockReason | None:
        return self.state.block

    @strawberry.field(description="被哪项决议取代。The resolution that replaced it.")
    def superseded_by(self) -> str | None:
        return self.state.superseded_by

    @strawberry.field(description="公示时间。When it was made public.")
    def published_at(self) -> datetime | None:
        return self.state.published_at

    @strawberry.field(description="异议截止时间。Until when objections are heard.")
    def objections_until(self) -> datetime | None:
        return self.state.objections_until

    @strawberry.field(description="您目前可以执行的操作。What you may do with it now.")
    def allowed_commands(self, info: Info) -> list[str]:
        return allowed_resolution(info.context.who, self.before, self.state)

    @strawberry.field(description="决议内容，限可以查看的人。Its words, for those who may read them.")
    async def words(self, info: Info) -> list[CouncilText]:
        return await _words(info, self.before.case.case_id, self.state.id)


@strawberry.type(description="一个行动项。An action item.")
class ActionItem:
    """What is to be done, and which person has it, stay in deliberation."""

    state: strawberry.Private[ItemState]
    before: strawberry.Private[Before]
    people: strawberry.Private[ItemPeople]

    @strawberry.field(description="编号，命令中使用。The id that commands take.")
    def item_id(self) -> str:
        return self.state.id

    @strawberry.field(description="属于哪项决议；临时行动项没有。Its resolution; none of an interim item.")
    def resolution_id(self) -> str | None:
        return self.state.resolution_id

    @strawberry.field(description="状态。Where it stands.")
    def stage(self) -> ItemStage:
        return self.state.stage

    @strawberry.field(description="承办的部门或妇联；由个人承办的没有。The node that has it; none if a person has.")
    async def node(self, info: Info) -> OrgNode | None:
        return await node_of(info, self.state.node)

    @strawberry.field(description="是否由您承办。Whether it is yours.")
    def mine(self, info: Info) -> bool:
        return info.context.who.member == self.people.assignee

    @strawberry.field(description="期限。By when.")
    def due_at(self) -> datetime:
        return self.state.due_at

    @strawberry.field(description="事项是否须等它完成。Whether the matter waits for it.")
    def mandatory(self) -> bool:
        return self.state.mandatory

    @strawberry.field(description="被谢绝几次。How often it was declined.")
    def declines(self) -> int:
        return self.state.declines

    @strawberry.field(description="重做几次。How often it was sent back.")
    def reworks(self) -> int:
        return self.state.reworks

    @strawberry.field(description="第几次。Which occurrence of a recurring item.")
    def occurrence(self) -> int:
        return self.state.occurrence

    @strawberry.field(description="共几次。How often it comes in all.")
    def times(self) -> int:
        return self.state.times

    @strawberry.field(description="您目前可以执行的操作。What you may do with it now.")
    def allowed_commands(self, info: Info) -> list[str]:
        return allowed_item(info.context.who, self.before, self.state, self.people)

    @strawberry.field(
        description="任务、进展与证明，限可以查看的人。Task, progress and evidence, for those who may read them."
    )
    async def words(self, info: Info) -> list[CouncilText]:
        return await _words(info, self.before.case.case_id, self.state.id)

    @strawberry.field(description="照片，限可以查看的人。Photos, for those who may see them.")
    async def photos(self, info: Info) -> list[Attachment]:
        return await _photos(info, self.before.case.case_id, self.state.id)


async def _words(info: Info, case_id: str, part: str) -> list[CouncilText]:
    found = await info.context.council_texts.load(case_id)
    return [
        CouncilText(field=each.field, text=each.text, at=each.at, by=each.by, department=each.department or None)
        for each in (found.words if found else ())
        if each.part == part
    ]


async def _photos(info: Info, case_id: str, part: str) -> list[Attachment]:
    found = await info.context.council_texts.load(case_id)
    return [Attachment.of(each) for each in (found.photos if found else ()) if each.part == part]
