"""One's own inbox, and the boards of one's groups."""

from datetime import datetime
from typing import Annotated

import strawberry

from gateway import paging
from gateway.context import Context
from gateway.derive import KEY
from gateway.paging import PageInfo
from gateway.refusals import Refusal
from gateway.send import send
from services.contracts.commands.notify import MarkRead
from services.contracts.organisation import Role
from services.contracts.queries import InboxLine, InboxLines
from services.contracts.regions import Level

Info = strawberry.Info[Context, None]


@strawberry.type(description="收件箱中的一条。One entry of an inbox.")
class InboxEntry:
    """An entry. Its words are a template's; of a private matter they say nothing of its subject."""

    id: strawberry.ID = strawberry.field(
        description="编号，按时间排列；也是订阅的游标。Its id; sorts by time and is the subscription's cursor."
    )
    at: datetime = strawberry.field(description="时间。When.")
    kind: str = strawberry.field(description="类型代码。What it is, as a code.")
    board: bool = strawberry.field(description="是否在群公告栏。Whether it lies on a group's board.")
    title_zh: str = strawberry.field(description="中文标题。Its title in Chinese.")
    title_en: str = strawberry.field(description="英文标题。Its title in English.")
    case_id: str | None = strawberry.field(description="相关事项。The matter it is about.")
    order_id: str | None = strawberry.field(description="相关交办单。The work order it is about.")
    case_number: str | None = strawberry.field(description="事项号。The number of the matter.")
    count: int | None = strawberry.field(description="汇总件数。How many matters a digest sums up.")
    read: bool = strawberry.field(description="是否已读。Whether it was read.")

    @classmethod
    def of(cls, line: InboxLine) -> "InboxEntry":
        """From notify's line."""
        return cls(
            id=strawberry.ID(line.id),
            at=line.at,
            kind=line.kind,
            board=line.board,
            title_zh=line.title_zh,
            title_en=line.title_en,
            case_id=line.case_id,
            order_id=line.order_id,
            case_number=line.case_number or None,
            count=line.count,
            read=line.read,
        )


@strawberry.type(description="收件箱列表中的一项。One entry of a page.")
class InboxEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="游标。Its place.")
    node: InboxEntry = strawberry.field(description="条目。The entry.")


@strawberry.type(description="一页收件箱。A page of an inbox.")
class InboxConnection:
    """Relay's connection."""

    edges: list[InboxEdge] = strawberry.field(description="本页各条。The entries of this page.")
    page_info: PageInfo = strawberry.field(description="分页信息。Where the page stands.")
    unread: int = strawberry.field(description="未读条数。How many are unread.")


@strawberry.type(description="身份。A role at a node, from the caller's token.")
class MyGrant:
    """A grant."""

    role: Role = strawberry.field(description="身份。The role.")
    node: str = strawberry.field(description="组织编号。The node.")
    region: str = strawberry.field(description="区划。The node's region.")
    level: Level = strawberry.field(description="层级。The node's level.")


@strawberry.type(description="您自己。The caller.")
class Me:
    """Who the token says the caller is."""

    member: str = strawberry.field(description="人员编号（不透明）。Her opaque id.")
    grants: list[MyGrant] = strawberry.field(description="身份列表。Her roles.")
    token_expires_at: datetime = strawberry.field(description="令牌到期时间。When her token ends.")

    @strawberry.field(
        description="收件箱与所在群的公告栏，新的在前。Her inbox and the boards of her groups, newest first."
    )
    async def inbox(
        self,
        info: Info,
        first: Annotated[
            int, strawberry.argument(description="条数，1 到 100。How many, 1 to 100.")
        ] = paging.DEFAULT_PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="上一页的 endCursor。endCursor of the page before.")
        ] = None,
    ) -> InboxConnection:
        """One call to notify."""
        paging.size(first)
        behind = paging.place(after, 1)
        page = await lines(info.context, first=first, before=behind[0] if behind else None)
        edges = [InboxEdge(cursor=paging.cursor(line.id), node=InboxEntry.of(line)) for line in page.entries]
        end = PageInfo(has_next_page=page.more, end_cursor=edges[-1].cursor if edges else None)
        return InboxConnection(edges=edges, page_info=end, unread=page.unread)


async def lines(context: Context, *, first: int, before: str | None = None, after: str | None = None) -> InboxLines:
    """A page from notify, with the caller's own token."""
    asked = {"first": first, **({"before": before} if before else {}), **({"after": after} if after else {})}
    return InboxLines.model_validate(await context.gateway.calls.query("notify", "inbox", asked, context.who.token))


@strawberry.type
class MeQuery:
    """What may be asked of oneself."""

    @strawberry.field(description="您自己。The caller.")
    async def me(self, info: Info) -> Me:
        """From the token."""
        who = info.context.who
        grants = [MyGrant(role=g.role, node=g.node, region=g.region, level=g.level) for g in who.grants]
        return Me(member=who.member, grants=grants, token_expires_at=who.expires_at)


@strawberry.input(description="标为已读。Mark as read.")
class MarkReadInput:
    """See `contracts.commands.notify.MarkRead`."""

    idempotency_key: str = strawberry.field(description=KEY)
    up_to: strawberry.ID = strawberry.field(description="读到哪一条。The newest entry that was read.")


@strawberry.type(description="已完成。Done.")
class Done:
    """What a command answers that is about no matter, or about one that its caller may not see."""

    id: str = strawberry.field(description="对象。What it was about.")
    version: int = strawberry.field(description="版本。Its version now.")
    only_proposed: bool | None = strawberry.field(
        default=False,
        description="是否只是建议，须由主席决定。Whether it was no more than a proposal, which the chair decides.",
    )


DoneAnswer = Annotated[
    Done | Refusal, strawberry.union("DoneAnswer", description="已完成，或被拒绝的原因。Done, or why it was refused.")
]


@strawberry.type
class MeMutation:
    """Commands on one's own inbox."""

    @strawberry.mutation(description="把某条及更早的标为已读。Mark an entry and all older ones as read.")
    async def mark_read(self, info: Info, input: MarkReadInput) -> DoneAnswer:
        """One command to notify."""
        answer = (await send(info.context, MarkRead, input, shown=False)).answer
        return Done(id=str(answer["id"]), version=int(answer["version"]))
