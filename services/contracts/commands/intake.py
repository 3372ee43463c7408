"""What may be asked of intake."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from services.contracts.base import Asked, Instant
from services.contracts.cases import FeedbackMethod, Outcome, Relation, SubCategory, Urgency
from services.contracts.commands.base import Command, MatterCommand
from services.contracts.commands.matters import COURSE
from services.contracts.ids import AttachmentId, MemberId, NodeId
from services.contracts.organisation import Node, Role
from services.contracts.regions import RegionCode

MAX_NARRATIVE = 10_000
"""Characters in a report."""
MAX_TEXT = 2_000
"""Characters in any other text a person writes."""
MAX_ATTACHMENTS = 9
MAX_LINES = 500
"""Regions or members in one command of an import."""


class Person(Asked):
    """How somebody is called and reached: F3, kept in intake's contents alone."""

    name: str = ""
    phone: str = ""


class ReportMatter(Command):
    """A resident reports a matter, or somebody writes it down for her (domain 2.1: submit).

    Allowed to: members of the group, the village's office holders, officers above on behalf of a caller.
    Refused: UNKNOWN_NODE, TEXT_MISSING, TEXT_TOO_LONG, MALFORMED_PHONE, DATE_IN_FUTURE, DATE_TOO_EARLY, URGENCY_NOT_YOURS,
    ATTACHMENT_NOT_YOURS.
    """

    service: ClassVar[str] = "intake"

    group: NodeId
    """The neighbourhood group it comes from; the group gives the place, never the text (domain 4.3)."""
    sub_category: SubCategory
    relation: Relation = Relation.COMMUNITY
    narrative: str
    urgency: Urgency | None = None
    happened_on: date | None = None
    place: str = ""
    reporter: Person = Person()
    subject_person: Person = Person()
    told_by: str = ""
    """Written down on behalf (代录): who told it."""
    answer_by: FeedbackMethod | None = None
    """Of a matter written down on behalf: how she who told it must be answered, VISIT (the default), VOICE or IN_PERSON (S23)."""
    attachments: Annotated[tuple[AttachmentId, ...], Field(max_length=100)] = ()
    may_contact: bool = False
    """可以让承办部门直接联系我。A department that works on it may be given her telephone."""
    notice_version: str = ""
    """Which privacy notice the reporter was shown."""


class Acknowledge(MatterCommand):
    """Say that it has been seen. Allowed to: group owner, executive member, chair; C3: the rights department."""

    service: ClassVar[str] = "intake"


class AcceptMatter(MatterCommand):
    """Take it in hand (受理). Allowed to: the chair of the village that holds it, the officers of a level that does; the group owner where
    the chair delegated it, for C0 of GREEN and YELLOW; C3: the rights department. Not yet acknowledged, it is acknowledged too. Refused:
    NOT_THE_HOLDER, NOT_DELEGATED, TEXT_TOO_LONG."""

    service: ClassVar[str] = "intake"

    public_summary: str = ""
    """The redacted text that the group may read (F1); a person approves it by sending it. Of a C0 case only."""


class GiveFeedback(MatterCommand):
    """Tell the reporter what came of it. Allowed to: the node nearest the reporter (group owner, chair)."""

    service: ClassVar[str] = "intake"

    method: FeedbackMethod = FeedbackMethod.APP
    text: str
    to_group: str = ""
    """What the group is told (F1 of a C0 case); empty: nothing."""


class RateMatter(MatterCommand):
    """The reporter says how it went; "solved" closes the loop. Allowed to: its reporters."""

    service: ClassVar[str] = "intake"

    score: Annotated[int, Field(ge=1, le=5)]
    solved: bool
    remark: str = ""


class CallBack(MatterCommand):
    """Ask the reporter (回访). Allowed to: group owner (C0, C1), executive member, chair, officers of a level that holds it, inspectors
    (C0, C1); never to who did the work, nor to a department's liaison, whatever she is beside. Refused: OWN_WORK."""

    service: ClassVar[str] = "intake"

    reached: bool
    score: Annotated[int, Field(ge=1, le=5)] | None = None
    solved: bool | None = None
    remark: str = ""


class CloseMatter(MatterCommand):
    """Close it, after feedback: not as better than it was resolved. Allowed to: the chair. Refused: FEEDBACK_FIRST, NOT_SO."""

    service: ClassVar[str] = "intake"

    outcome: Outcome
    reason: str = ""


class AddRegion(Command):
    """Add or rename a region (domain 4.2). Allowed to: operators."""

    service: ClassVar[str] = "intake"

    code: RegionCode
    name: str
    operator_added: bool = True

    @property
    def subject(self) -> str:
        return self.code


class RegionLine(Asked):
    """One region of many."""

    code: RegionCode
    name: str


class ImportRegions(Command):
    """Add or rename many regions of one source, parents before children; all or none. What has the name already stays as it is.

    Allowed to: operators. Refused: UNKNOWN_REGION (the one above), REGION_OF_ANOTHER_CELL, TEXT_MISSING, TEXT_TOO_LONG.
    """

    service: ClassVar[str] = "intake"

    regions: Annotated[tuple[RegionLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    operator_added: bool = False
    """Whether they are of the operator's own list rather than of the statistical edition."""


class PutNode(Command):
    """State an organisation node whole: its members in office; of a department, what it does. Allowed to: operators. Refused:
    UNKNOWN_REGION, TEXT_MISSING, TEXT_TOO_LONG, MALFORMED."""

    service: ClassVar[str] = "intake"

    node: Node

    @property
    def subject(self) -> str:
        return self.node.id


class MemberLine(Asked):
    """One person's role at one node, of many."""

    member: MemberId
    node: NodeId
    role: Role
    since: Instant
    until: Instant | None = None
    deputy_for: MemberId | None = None
    """Whom she stands in for; absent: the role is her own."""


class ImportMembers(Command):
    """Give many people their roles; all or none. Whoever else is at those nodes stays; a role that a person has there already gets the
    new term.

    Allowed to: operators. Refused: UNKNOWN_NODE, NODE_FULL, MALFORMED.
    """

    service: ClassVar[str] = "intake"

    members: Annotated[tuple[MemberLine, ...], Field(min_length=1, max_length=MAX_LINES)]


class Delegate(Command):
    """The village chair lets a group's owner accept C0 matters of GREEN and YELLOW, or takes that back. Allowed to: the chair."""

    service: ClassVar[str] = "intake"

    group: NodeId
    delegated: bool

    @property
    def subject(self) -> str:
        return self.group


COMMANDS: tuple[type[Command], ...] = (
    ReportMatter,
    Acknowledge,
    AcceptMatter,
    GiveFeedback,
    RateMatter,
    CallBack,
    CloseMatter,
    *COURSE,
    AddRegion,
    ImportRegions,
    PutNode,
    ImportMembers,
    Delegate,
)
