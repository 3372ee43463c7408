"""What the gateway asks of a service beside commands, with the caller's own token: sealed text, what an import would do."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from services.contracts.base import Asked, Instant, Model
from services.contracts.commands.intake import MAX_LINES, MemberLine, RegionLine
from services.contracts.disclosure import PackageLine
from services.contracts.ids import CaseId, MemberId, NodeId, OrderId
from services.contracts.ladder import NoteKind
from services.contracts.refusals import RefusalBody


class Wanted(Asked):
    """A batch: one call for a whole page of matters."""

    case_ids: tuple[CaseId, ...]


class TextsWanted(Wanted):
    """The words of matters."""

    summaries_only: bool = False
    """Nothing beside the approved summaries: then nothing sealed is looked at, and nothing is logged."""


class AttachmentLine(Model):
    """A photo of a matter; its bytes are fetched at `/attachments/<id>`."""

    id: str
    media_type: str
    bytes: int
    purpose: str


class CaseText(Model):
    """The words of a matter, as far as this caller may read them; what she may not is absent."""

    case_id: CaseId
    summary: str | None = None
    summary_version: int | None = None
    """Which of the matter's summaries it is: it may be a later one than the facts that the asker has heard of speak of."""
    narrative: str | None = None
    place: str | None = None
    feedback: str | None = None
    question: str | None = None
    supplied: str | None = None
    route: str | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    subject_name: str | None = None
    attachments: tuple[AttachmentLine, ...] = ()


class CaseEvidence(Model):
    """What was done about a matter, as those who did it noted and showed it; for those who may read it."""

    case_id: CaseId
    notes: tuple[str, ...] = ()
    attachments: tuple[AttachmentLine, ...] = ()


class ProgressNote(Model):
    """What the holder told the reporter, and when."""

    text: str
    at: Instant


class CaseProgress(Model):
    """How a matter stood, as its reporter was told; for her and those who handle it. Oldest first."""

    case_id: CaseId
    notes: tuple[ProgressNote, ...] = ()


class LevelNote(Model):
    """What a level wrote down as it worked on a matter or handed it on."""

    kind: NoteKind
    node: NodeId | None = None
    text: str
    at: Instant


class CaseNotes(Model):
    """What the levels wrote to each other about a matter; for those who work on it. Oldest first."""

    case_id: CaseId
    notes: tuple[LevelNote, ...] = ()


class PackageWanted(Asked):
    """The package for one department, built and signed by intake."""

    case_id: CaseId
    department: NodeId
    summary: str = ""
    """What the officer has the department told of the matter (F1), in place of what the system makes of it."""


class OrdersWanted(Asked):
    """A batch: one call for a whole page of work orders."""

    order_ids: tuple[OrderId, ...]


class OrderNote(Model):
    """Something written about a work order. `field` says what it is: objection, progress, result, rework, opinion ..."""

    field: str
    text: str
    at: Instant


class OrderText(Model):
    """The words of a work order, as far as this caller may read them."""

    order_id: OrderId
    package: tuple[PackageLine, ...] = ()
    legal_basis: str = ""
    demand: str = ""
    reply: str = ""
    """What the department replies to the citizen."""
    internal_note: str = ""
    notes: tuple[OrderNote, ...] = ()


class CouncilWords(Model):
    """Something that was said, resolved, asked for or shown about a matter, for those who may read it."""

    part: str
    """Of which session, resolution or item."""
    field: str
    """What it is: speech, minutes, resolution, task, evidence and the like."""
    text: str
    at: Instant
    by: MemberId
    department: str = ""
    """For which department she spoke, or which one a package is for."""


class CouncilPhoto(AttachmentLine):
    """A photo of a session or an item."""

    part: str


class CouncilTexts(Model):
    """The words and photos of a matter's sessions, resolutions and items, as far as this caller may read them."""

    case_id: CaseId
    words: tuple[CouncilWords, ...] = ()
    photos: tuple[CouncilPhoto, ...] = ()


Mark = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$")]
"""An entry's id, or a place just before one."""


class InboxPage(Asked):
    """A page of what lies in the caller's own inbox and on the boards of her groups, newest first."""

    before: Mark | None = None
    """Only entries older than this one."""
    after: Mark | None = None
    """Only entries newer than this one, oldest first: for a subscription that was away."""
    first: int = 20


class InboxLine(Model):
    """One entry. Its words are a template's: no personal text, and of a private matter no subject either."""

    id: str
    at: Instant
    kind: str
    board: bool
    """Whether it lies on a group's board rather than in the caller's own inbox."""
    title_zh: str
    title_en: str
    case_id: CaseId | None = None
    order_id: OrderId | None = None
    case_number: str = ""
    count: int | None = None
    read: bool = False


class InboxLines(Model):
    """A page of entries."""

    entries: tuple[InboxLine, ...]
    more: bool = False
    unread: int = 0


class LineFate(StrEnum):
    """What an import does with a line."""

    NEW = "NEW"
    CHANGED = "CHANGED"
    SAME = "SAME"
    REFUSED = "REFUSED"


class RegionsToCheck(Asked):
    """What would `ImportRegions` do with these?"""

    regions: Annotated[tuple[RegionLine, ...], Field(max_length=MAX_LINES)]


class MembersToCheck(Asked):
    """What would `ImportMembers` do with these?"""

    members: Annotated[tuple[MemberLine, ...], Field(max_length=MAX_LINES)]


class LineCheck(Model):
    """What would become of one line, and why not."""

    fate: LineFate
    refusal: RefusalBody | None = None


class LineChecks(Model):
    """In the order in which they were asked."""

    lines: tuple[LineCheck, ...]
