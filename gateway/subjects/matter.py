"""The parts of a matter, as types: clocks, levels, its story, photos, evidence."""

from datetime import datetime

import strawberry

from gateway.context import Context
from gateway.subjects.node import OrgNode
from gateway.words import Lamp
from services.contracts.clocks import ClockStage, ClockState, MatterClock
from services.contracts.ladder import NoteKind, PassUpReason
from services.contracts.queries import AttachmentLine, LevelNote
from services.contracts.regions import Level
from services.contracts.states import EntryState, LevelEntry

Info = strawberry.Info[Context, None]


@strawberry.type(description="事项的一个时限。One due time of a matter.")
class Clock:
    """A clock; its lamp is computed, never stored."""

    stage: ClockStage = strawberry.field(description="阶段。What it measures.")
    state: ClockState = strawberry.field(description="状态。Whether it runs.")
    started_at: datetime = strawberry.field(description="开始时间。When it started.")
    amber_at: datetime = strawberry.field(description="转黄灯时间。When 80 % of it is used.")
    due_at: datetime = strawberry.field(description="到期时间。When it is over.")
    provisional: bool = strawberry.field(
        description="是否暂定（所跨年度的放假安排尚未公布）。Whether it crosses a year whose calendar is not published yet."
    )
    overdue: bool = strawberry.field(description="是否已记超期。Whether the sweep has flagged it.")
    lamp: Lamp | None = strawberry.field(description="灯色；停止的时钟没有。The lamp; none of a stopped clock.")
    debtor_id: strawberry.Private[str | None]

    @strawberry.field(description="由谁负责，不同于事项负责组织时才有。Who owes it, where that is not the holder.")
    async def debtor(self, info: Info) -> OrgNode | None:
        """One statement for a page."""
        return await node_of(info, self.debtor_id)

    @classmethod
    def of(cls, clock: MatterClock, now: datetime) -> "Clock":
        """With its lamp at a moment."""
        lamp = None
        if clock.state is ClockState.RUNNING:
            lamp = Lamp.RED if now > clock.due_at else Lamp.AMBER if now >= clock.amber_at else Lamp.GREEN
        values = {
            name: getattr(clock, name)
            for name in ("stage", "state", "started_at", "amber_at", "due_at", "provisional", "overdue")
        }
        return cls(**values, lamp=lamp, debtor_id=clock.debtor)


@strawberry.type(description="某一层级与事项的关系。Where one level stands with a matter.")
class Entry:
    """One line of the ladder."""

    level: Level = strawberry.field(description="层级。The level.")
    state: EntryState = strawberry.field(description="状态。Its state.")
    acted: bool = strawberry.field(
        description="事项到本级后是否已采取实质行动。Whether it has acted since the matter came to it."
    )
    supervising: bool = strawberry.field(description="是否在督办。Whether it supervises the level that has the matter.")
    reason: PassUpReason | None = strawberry.field(description="上报理由。Why it passed the matter up.")
    node_id: strawberry.Private[str]

    @classmethod
    def of(cls, entry: LevelEntry) -> "Entry":
        """From custody's line."""
        return cls(
            level=entry.level,
            state=entry.state,
            acted=entry.acted,
            supervising=entry.supervising,
            reason=entry.reason,
            node_id=entry.node,
        )

    @strawberry.field(description="组织。The node.")
    async def node(self, info: Info) -> OrgNode | None:
        """One statement for a page."""
        return await node_of(info, self.node_id)


@strawberry.type(description="事项经过中的一件事。One fact in the story of a matter.")
class Fact:
    """A line of the timeline."""

    at: datetime = strawberry.field(description="时间。When.")
    kind: str = strawberry.field(description="事实类型，即事件名。What happened: the name of the event.")
    service: str = strawberry.field(description="来自哪个服务。The service that tells it.")
    detail: str = strawberry.field(description="补充代码。A code that says more; may be empty.")
    node_id: strawberry.Private[str]

    @strawberry.field(description="由哪个组织。The node that did it.")
    async def node(self, info: Info) -> OrgNode | None:
        """One statement for a page."""
        return await node_of(info, self.node_id)


@strawberry.type(description="照片。用 GET /attachments/<id> 取得。A photo, to be had at /attachments/<id>.")
class Attachment:
    """A photo of a matter."""

    id: strawberry.ID = strawberry.field(description="编号。Its id.")
    media_type: str = strawberry.field(description="类型。Its media type.")
    bytes: int = strawberry.field(description="大小（字节）。Its size in bytes.")
    purpose: str = strawberry.field(description="用途。What it shows: report or evidence.")

    @classmethod
    def of(cls, line: AttachmentLine) -> "Attachment":
        """From a service's line."""
        return cls(id=strawberry.ID(line.id), media_type=line.media_type, bytes=line.bytes, purpose=line.purpose)


@strawberry.type(description="办理证明。What was done about a matter, noted and shown by who did it.")
class Evidence:
    """Notes and photos, kept by escalation."""

    notes: list[str] = strawberry.field(description="处理说明。The notes.")
    photos: list[Attachment] = strawberry.field(description="照片。The photos.")


@strawberry.type(
    name="LevelNote", description="处理记录的一条。Something that a level wrote for those who work on the matter."
)
class Note:
    """Kept by escalation."""

    kind: NoteKind = strawberry.field(description="种类。On what occasion.")
    text: str = strawberry.field(description="内容。What it says.")
    at: datetime = strawberry.field(description="时间。When.")
    node_id: strawberry.Private[str | None]

    @classmethod
    def of(cls, note: LevelNote) -> "Note":
        """From escalation's line."""
        return cls(kind=note.kind, text=note.text, at=note.at, node_id=note.node)

    @strawberry.field(description="由哪个组织。The node that wrote it.")
    async def node(self, info: Info) -> OrgNode | None:
        """One statement for a page."""
        return await node_of(info, self.node_id)


async def node_of(info: Info, node_id: str | None) -> OrgNode | None:
    """A node of the roster: one statement for a page."""
    node = await info.context.nodes.load(node_id) if node_id else None
    return OrgNode.of(node) if node else None
