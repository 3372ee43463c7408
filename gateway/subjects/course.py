"""What a matter shows beside its straight way: what was asked, where it went instead, what it was joined with, whether it came back."""

from datetime import datetime

import strawberry

import gateway.words  # noqa: F401  enums are given their descriptions there, before a field names one
from gateway.context import Context
from gateway.readmodel.reads import Matter
from gateway.subjects.matter import Note
from services.contracts.cases import Channel, FeedbackMethod, RejectionFinding, RejectReason
from services.contracts.queries import CaseNotes, CaseProgress, CaseText

Info = strawberry.Info[Context, None]


@strawberry.type(description="告知反映人的一次进展。What the reporter was told of how her matter stands.")
class ProgressNote:
    """Kept by escalation."""

    text: str = strawberry.field(description="告诉反映人的话。The words.")
    at: datetime = strawberry.field(description="时间。When.")


@strawberry.type
class Course:
    """Fields of `Case`."""

    matter: strawberry.Private[Matter]

    @strawberry.field(
        description="请反映人补充的内容，限其本人和办理人。What the reporter is asked, for her and those who handle it."
    )
    async def question(self, info: Info) -> str | None:
        return (await _text(self, info)).question

    @strawberry.field(description="补充的内容，限可以查看的人。What she supplied, for those who may read it.")
    async def supplied(self, info: Info) -> str | None:
        return (await _text(self, info)).supplied

    @strawberry.field(
        description="告知反映人的进展，限其本人和办理人，从早到晚。How it stood, as the reporter was told, for her and those who handle it; "
        "oldest first."
    )
    async def progress(self, info: Info) -> list[ProgressNote]:
        told: CaseProgress | None = await info.context.progress.load(self.matter.case.case_id)
        return [ProgressNote(text=note.text, at=note.at) for note in told.notes] if told else []

    @strawberry.field(
        description="处理记录：各层级行动、上报、交回、督办等时写下的话，限办理该事项的妇联，从早到晚。What the levels wrote as they acted on it, passed it "
        "up, handed it back, supervised it, for those of the federation who work on it; oldest first."
    )
    async def notes(self, info: Info) -> list[Note]:
        written: CaseNotes | None = await info.context.notes.load(self.matter.case.case_id)
        return [Note.of(note) for note in written.notes] if written else []

    @strawberry.field(description="不予受理的理由。Why it was turned down.")
    def rejected_for(self) -> RejectReason | None:
        return self.matter.case.rejected_for

    @strawberry.field(
        description="上级对不予受理的抽查结论；未抽查为 null。What a level above found of the rejection; null: not looked at."
    )
    def rejection_finding(self) -> RejectionFinding | None:
        return self.matter.case.rejection_finding

    @strawberry.field(description="群主建议不予受理的理由。Why the group's owner proposes to turn it down.")
    def rejection_proposed(self) -> RejectReason | None:
        return self.matter.case.rejection_proposed

    @strawberry.field(description="转介去向。Where it was redirected.")
    def redirected_to(self) -> Channel | None:
        return self.matter.case.redirected_to

    @strawberry.field(
        description="应走的途径，限反映人和办理人。Where it belongs instead, in words, for the reporter and those who handle it."
    )
    async def route(self, info: Info) -> str | None:
        return (await _text(self, info)).route

    @strawberry.field(description="并入的事项。The matter that it was joined with.")
    def merged_into(self) -> str | None:
        return self.matter.case.merged_into

    @strawberry.field(description="重开次数。How often it was opened again.")
    def reopens(self) -> int:
        return self.matter.case.reopens

    @strawberry.field(description="反映人是否已撤回。Whether the reporter has withdrawn.")
    def reporter_withdrew(self) -> bool:
        return self.matter.case.reporter_withdrew

    @strawberry.field(
        description="代录事项的反馈方式。How the reporter must be answered, where the matter was written down on her behalf."
    )
    def answer_by(self) -> FeedbackMethod | None:
        return self.matter.case.answer_by


async def _text(course: Course, info: Info) -> CaseText:
    case_id = course.matter.case.case_id
    return await info.context.texts.load(case_id) or CaseText(case_id=case_id)
