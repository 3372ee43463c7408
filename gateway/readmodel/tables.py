"""The read model's tables. No foreign keys: a custody may arrive before its case."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.chassis.tables import Id, chassis_tables


class ReadModel(SQLModel, registry=registry()):
    """Metadata of its own."""


class CaseView(ReadModel, table=True):
    """One matter: the three services' states as they told them, and what lists are narrowed and ordered by."""

    __tablename__ = "case_view"
    __table_args__ = (
        Index("case_view_list", "region", "submitted_at", "case_id"),
        Index("case_view_state", "state", "region"),
    )
    case_id: str = Field(primary_key=True, max_length=40)
    region: str = Field(default="", max_length=12)
    case_class: str = Field(default="", max_length=2)
    state: str = Field(default="", max_length=24)
    submitted_at: str = Field(default="", max_length=32)
    amber_at: str = Field(default="", max_length=32)
    due_at: str = Field(default="", max_length=32)
    seen_from: int = 12
    """The width of the region codes from which the matter is seen as a row: the village, or the highest level it has reached."""
    holder: str = Field(default="", max_length=64)
    case_state: str = Field(default="", sa_type=Text)
    docket_state: str = Field(default="", sa_type=Text)
    custody_state: str = Field(default="", sa_type=Text)
    case_version: int = 0
    docket_version: int = 0
    custody_version: int = 0
    case_sealed: bool = False
    """Whether that part came on a sealed topic."""
    custody_sealed: bool = False
    left: bool = False
    """Whether the matter has left the ordinary topics: what they still bring of it is not kept."""
    summary: str = Field(default="", sa_type=Text)
    summary_version: int = 0
    """Of the summary that stands here; `summary_wanted` is the one that the case has."""
    summary_wanted: int = Field(default=0, index=True)


class CaseGroup(ReadModel, table=True):
    """The group that a matter comes from, by the access topic."""

    __tablename__ = "case_group"
    case_id: str = Field(primary_key=True, max_length=40)
    group_node: str = Field(max_length=64, index=True)
    access_state: str = Field(sa_type=Text)
    version: int


class CaseMember(ReadModel, table=True):
    """A member's relation to a private matter: REPORTER, CIRCLE or BARRED; beside REPORTER, BYSTANDER of somebody else's matter."""

    __tablename__ = "case_member"
    __table_args__ = (Index("case_member_of", "member", "relation"),)
    case_id: str = Field(primary_key=True, max_length=40)
    member: str = Field(primary_key=True, max_length=48)
    relation: str = Field(primary_key=True, max_length=12)


class CasePeople(ReadModel, table=True):
    """Who takes part in a matter's sessions and has its items, by the topic of people."""

    __tablename__ = "case_people"
    case_id: str = Field(primary_key=True, max_length=40)
    people_state: str = Field(sa_type=Text)
    version: int


class CaseGuest(ReadModel, table=True):
    """A member or a department that may see a matter because she was invited to it or has an item of it; `private`: of a C2 matter too."""

    __tablename__ = "case_guest"
    __table_args__ = (Index("case_guest_of", "address", "private"),)
    case_id: str = Field(primary_key=True, max_length=40)
    address: str = Field(primary_key=True, max_length=64)
    private: bool = False


class CouncilView(ReadModel, table=True):
    """A council's standing members."""

    __tablename__ = "council_view"
    node: str = Field(primary_key=True, max_length=64)
    state: str = Field(sa_type=Text)
    version: int


class CouncilStanding(ReadModel, table=True):
    """Who is a standing member of the council of a region now: the end of a term is a fact."""

    __tablename__ = "council_standing"
    node: str = Field(primary_key=True, max_length=64)
    address: str = Field(primary_key=True, max_length=64, index=True)
    region: str = Field(max_length=12)


class Timeline(ReadModel, table=True):
    """A fact of a matter, once each."""

    __tablename__ = "timeline"
    __table_args__ = (Index("timeline_case", "case_id", "at", "event_id"),)
    event_id: str = Field(primary_key=True, max_length=80)
    case_id: str = Field(max_length=40)
    at: str = Field(max_length=32)
    kind: str = Field(max_length=32)
    service: str = Field(max_length=16)
    node: str = Field(default="", max_length=64)
    detail: str = Field(default="", max_length=80)
    version: int
    sealed: bool = False
    """Whether it was told on a sealed topic."""


class OrderView(ReadModel, table=True):
    """A department work order: its state as escalation told it, and what lists are narrowed and ordered by."""

    __tablename__ = "order_view"
    __table_args__ = (
        Index("order_view_department", "department", "changed_at", "order_id"),
        Index("order_view_region", "region", "changed_at", "order_id"),
    )
    order_id: str = Field(primary_key=True, max_length=40)
    case_id: str = Field(max_length=40, index=True)
    joint: str = Field(default="", max_length=40, index=True)
    region: str = Field(max_length=12)
    issuer: str = Field(max_length=64)
    department: str = Field(max_length=64)
    stage: str = Field(max_length=24)
    changed_at: str = Field(max_length=32)
    """When it last took a step."""
    state: str = Field(sa_type=Text)
    version: int


class NodeView(ReadModel, table=True):
    """An organisation node."""

    __tablename__ = "node_view"
    id: str = Field(primary_key=True, max_length=64)
    region: str = Field(max_length=12, index=True)
    state: str = Field(sa_type=Text)
    version: int


class RegionView(ReadModel, table=True):
    """A region."""

    __tablename__ = "region_view"
    code: str = Field(primary_key=True, max_length=12)
    name: str = Field(max_length=80)
    source: str = Field(max_length=20)
    version: int


class Counter(ReadModel, table=True):
    """How often something happened: by region, month in Shanghai, category and whether private (C2, C3). Moved once by each event."""

    __tablename__ = "counter"
    region: str = Field(primary_key=True, max_length=12)
    month: str = Field(primary_key=True, max_length=7)
    category: str = Field(primary_key=True, max_length=24)
    private: bool = Field(primary_key=True)
    metric: str = Field(primary_key=True, max_length=32)
    count: int


class Rejection(ReadModel, table=True):
    """A matter's last rejection, whatever became of it since: what the sample is drawn from. Its class is the matter's of today."""

    __tablename__ = "rejection"
    __table_args__ = (Index("rejection_month", "month", "region"),)
    case_id: str = Field(primary_key=True, max_length=40)
    region: str = Field(max_length=12)
    month: str = Field(max_length=7)
    """In Shanghai."""
    at: str = Field(max_length=32)
    category: str = Field(max_length=24)
    reason: str = Field(max_length=24)
    node: str = Field(max_length=64)
    width: int
    """How many digits the region codes of the level have that turned it down."""
    lot: str = Field(max_length=16)
    """Its lot, by keyed hash: the lowest are drawn."""
    version: int
    sealed: bool = False
    """Whether it was told on a sealed topic."""


class Board(ReadModel, table=True):
    """How many matters stand there now, by the lamp that the sweep has told: by their region (a village; of sealed ones a county), the
    level that has them, category and whether private (C2, C3). Never counted; moved by what each fact changes (`boards`)."""

    __tablename__ = "board"
    region: str = Field(primary_key=True, max_length=12)
    level: str = Field(primary_key=True, max_length=12)
    category: str = Field(primary_key=True, max_length=24)
    private: bool = Field(primary_key=True)
    open: int
    amber: int
    red: int


class Change(ReadModel, table=True):
    """What subscriptions tail: written in the transaction that changed the row, so nothing is pushed before it can be read."""

    __tablename__ = "change"
    __table_args__ = {"sqlite_autoincrement": True}
    seq: int | None = Field(default=None, primary_key=True, sa_type=Id)
    subject: str = Field(max_length=16)
    key: str = Field(max_length=64, index=True)
    entry: str = Field(default="", max_length=40)
    """Which entry or order; of a matter the code that its line in the story has."""
    kind: str = Field(default="", max_length=32)
    at: datetime


class Freshness(ReadModel, table=True):
    """Up to when everything told in a cell has been applied."""

    __tablename__ = "freshness"
    cell: str = Field(primary_key=True, max_length=4)
    as_of: datetime


METADATA = ReadModel.metadata
CHASSIS = chassis_tables(METADATA)

MODEL_TABLES = (
    "case_view",
    "case_group",
    "case_member",
    "case_people",
    "case_guest",
    "council_view",
    "council_standing",
    "timeline",
    "order_view",
    "node_view",
    "region_view",
    "counter",
    "rejection",
    "board",
)
"""What a rebuild must reproduce row by row. The feed and the freshness are about delivery, not about matters."""
