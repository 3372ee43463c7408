"""Matters: the commands. Each mutation is one command to one service and answers the matter, or why it was refused."""

from datetime import date
from typing import Annotated, Any

import strawberry

from gateway.context import Context
from gateway.derive import CASE, KEY, VERSION
from gateway.refusals import Refusal
from gateway.send import send
from gateway.subjects.case import Case, find
from gateway.subjects.inbox import Done
from services.chassis.door import Answered
from services.contracts.cases import FeedbackMethod, Outcome, Relation, SubCategory, Urgency
from services.contracts.commands import intake
from services.contracts.commands.base import Command

Info = strawberry.Info[Context, None]
CaseAnswer = Annotated[
    Case | Done | Refusal,
    strawberry.union(
        "CaseAnswer",
        description="事项；您不能查看时只答“已完成”；或被拒绝的原因。The matter as it is now; Done, where the caller may not see it; or why the command "
        "was refused.",
    ),
]


@strawberry.input(description="人。How somebody is called and reached.")
class PersonInput:
    """F3: kept by intake alone."""

    name: str = strawberry.field(default="", description="姓名或称呼。Name.")
    phone: str = strawberry.field(default="", description="电话。Telephone.")


@strawberry.input(description="反映一件事项。A report.")
class ReportMatterInput:
    """See `contracts.commands.intake.ReportMatter`."""

    idempotency_key: str = strawberry.field(description=KEY)
    group: str = strawberry.field(description="来自哪个群（组织编号）。The group that it comes from.")
    sub_category: SubCategory = strawberry.field(description="细类。What it is about.")
    narrative: str = strawberry.field(
        description="反映内容，不超过 10000 字。What happened; at most 10,000 characters."
    )
    relation: Relation = strawberry.field(default=Relation.COMMUNITY, description="谁的事。Whose matter it is.")
    urgency: Urgency | None = strawberry.field(
        default=None, description="紧急程度；不填按细类。Its urgency; by default its category's."
    )
    happened_on: date | None = strawberry.field(
        default=None, description="发生日期，1900 年起，不能是将来。When it happened: from 1900 on, not in the future."
    )
    place: str = strawberry.field(default="", description="具体地点。The place.")
    reporter: PersonInput | None = strawberry.field(default=None, description="反映人。Who reports it.")
    subject_person: PersonInput | None = strawberry.field(default=None, description="当事人。Whom it concerns.")
    told_by: str = strawberry.field(default="", description="代录时的口述人。Who told it, when written down on behalf.")
    answer_by: FeedbackMethod | None = strawberry.field(
        default=None,
        description="代录时如何反馈，默认上门。Written down on behalf: how she must be answered; by default a visit.",
    )
    attachments: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="照片编号，最多 9 张。Photos, at most 9."
    )
    may_contact: bool = strawberry.field(
        default=False,
        description="是否允许承办部门直接联系您。Whether a department that works on it may be given your telephone.",
    )
    notice_version: str = strawberry.field(
        default="", description="所示隐私告知的版本。Which privacy notice was shown."
    )


@strawberry.input(description="对一件事项的操作。A command on a matter.")
class MatterInput:
    """Key, matter, version."""

    idempotency_key: str = strawberry.field(description=KEY)
    case_id: str = strawberry.field(description=CASE)
    expected_version: int | None = strawberry.field(default=None, description=VERSION)


@strawberry.input(description="受理。Take it in hand.")
class AcceptMatterInput(MatterInput):
    """See `contracts.commands.intake.AcceptMatter`."""

    public_summary: str = strawberry.field(
        default="", description="核准的公开摘要（仅公开事项）。The approved public summary; C0 only."
    )


@strawberry.input(description="反馈。The answer to the reporter.")
class GiveFeedbackInput(MatterInput):
    """See `contracts.commands.intake.GiveFeedback`."""

    text: str = strawberry.field(description="给反映人的答复。What the reporter is told.")
    to_group: str = strawberry.field(
        default="", description="在群内公布的结果（仅公开事项）。What the group is told; C0 only."
    )
    method: FeedbackMethod = strawberry.field(default=FeedbackMethod.APP, description="方式。How it reached her.")


@strawberry.input(description="评价。The reporter's rating.")
class RateMatterInput(MatterInput):
    """See `contracts.commands.intake.RateMatter`."""

    score: int = strawberry.field(description="1 到 5 分。1 to 5.")
    solved: bool = strawberry.field(description="是否解决。Whether it is solved.")
    remark: str = strawberry.field(default="", description="意见。A remark.")


@strawberry.input(description="回访。A call-back.")
class CallBackInput(MatterInput):
    """See `contracts.commands.intake.CallBack`."""

    reached: bool = strawberry.field(description="是否联系上。Whether she was reached.")
    score: int | None = strawberry.field(default=None, description="1 到 5 分。1 to 5.")
    solved: bool | None = strawberry.field(default=None, description="是否解决。Whether it is solved.")
    remark: str = strawberry.field(default="", description="记录。A remark.")


@strawberry.input(description="办结。Close by hand.")
class CloseMatterInput(MatterInput):
    """See `contracts.commands.intake.CloseMatter`."""

    outcome: Outcome = strawberry.field(description="结果。How it ended.")
    reason: str = strawberry.field(default="", description="理由。Why.")


async def case_or_done(info: Info, answered: Answered) -> Case | Done:
    """After a command. Its caller may see the matter no more (she sealed it, declined its item), or has never seen it but in counts (a level
    above that merges it, opens it again, calls back): what she asked for is done all the same."""
    case_id, version = str(answered.answer["id"]), int(answered.answer["version"])
    proposed = bool(answered.answer.get("proposed", False))
    found = await find(info, case_id)
    if found is None:
        return Done(id=case_id, version=version, only_proposed=proposed)
    found.only_proposed = proposed
    return found


async def _do(info: Info, command: type[Command], input: Any) -> Case | Done:
    return await case_or_done(info, await send(info.context, command, input))


@strawberry.type
class CaseMutation:
    """One method a command."""

    @strawberry.mutation(description="反映一件事项。Report a matter.")
    async def report_matter(self, info: Info, input: ReportMatterInput) -> CaseAnswer:
        return await _do(info, intake.ReportMatter, input)

    @strawberry.mutation(description="确认已看到。Say that it has been seen.")
    async def acknowledge(self, info: Info, input: MatterInput) -> CaseAnswer:
        return await _do(info, intake.Acknowledge, input)

    @strawberry.mutation(description="受理。Take it in hand.")
    async def accept_matter(self, info: Info, input: AcceptMatterInput) -> CaseAnswer:
        return await _do(info, intake.AcceptMatter, input)

    @strawberry.mutation(description="向反映人反馈。Tell the reporter what came of it.")
    async def give_feedback(self, info: Info, input: GiveFeedbackInput) -> CaseAnswer:
        return await _do(info, intake.GiveFeedback, input)

    @strawberry.mutation(description="反映人评价。The reporter rates it.")
    async def rate_matter(self, info: Info, input: RateMatterInput) -> CaseAnswer:
        return await _do(info, intake.RateMatter, input)

    @strawberry.mutation(description="回访。Ask the reporter.")
    async def call_back(self, info: Info, input: CallBackInput) -> CaseAnswer:
        return await _do(info, intake.CallBack, input)

    @strawberry.mutation(description="办结。Close it by hand.")
    async def close_matter(self, info: Info, input: CloseMatterInput) -> CaseAnswer:
        return await _do(info, intake.CloseMatter, input)
