"""Escalation's tables."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.chassis.photos import photo_table
from services.chassis.tables import Id, chassis_tables


class EscalationTable(SQLModel, registry=registry()):
    """Metadata of its own: five rooms in one process share nothing."""


class CustodyRow(EscalationTable, table=True):
    """Who holds a matter: `rules.custody.Custody` as a document, and what it is searched by."""

    __tablename__ = "custody"
    id: str = Field(primary_key=True, max_length=40)
    version: int
    command_version: int
    region: str = Field(max_length=12, index=True)
    holder: str = Field(max_length=64, index=True)
    vacant: str = Field(default="", max_length=64)
    """The holder, while nobody is in office there and the level above has been told."""
    body: str = Field(sa_type=Text)


class DueRow(EscalationTable, table=True):
    """Something that time will bring. The sweep reads these in the order of `look_at`; one that fails is put behind, never in front."""

    __tablename__ = "due"
    __table_args__ = (Index("due_order", "look_at", "case_id"),)
    case_id: str = Field(primary_key=True, max_length=40)
    what: str = Field(primary_key=True, max_length=24)
    due_at: datetime
    look_at: datetime
    attempts: int = 0


class WorkOrderRow(EscalationTable, table=True):
    """A department work order: `rules.order_clocks.WorkOrder` as a document, and what it is searched by."""

    __tablename__ = "work_order"
    id: str = Field(primary_key=True, max_length=40)
    version: int
    command_version: int
    case_id: str = Field(max_length=40, index=True)
    department: str = Field(max_length=64)
    issuer: str = Field(default="", max_length=64, index=True)
    """Who answers for it, until it has ended."""
    joint: str = Field(default="", max_length=40, index=True)
    body: str = Field(sa_type=Text)


class OrderDueRow(EscalationTable, table=True):
    """Something that time will bring a work order; read as `due` is."""

    __tablename__ = "order_due"
    __table_args__ = (Index("order_due_order", "look_at", "order_id"),)
    order_id: str = Field(primary_key=True, max_length=40)
    what: str = Field(primary_key=True, max_length=24)
    due_at: datetime
    look_at: datetime
    attempts: int = 0


class OrderContent(EscalationTable, table=True):
    """What was written about a work order: the package, what is demanded, objections, reports, replies. Personal text."""

    __tablename__ = "order_content"
    id: str = Field(primary_key=True, max_length=32)
    order_id: str = Field(max_length=40, index=True)
    field: str = Field(max_length=24)
    text: str = Field(sa_type=Text)
    written_by: str = Field(max_length=48)
    written_at: datetime


class Content(EscalationTable, table=True):
    """What people wrote down while they worked: evidence, notes. Personal text; it never leaves but to those who may read it."""

    __tablename__ = "content"
    id: str = Field(primary_key=True, max_length=32)
    case_id: str = Field(max_length=40, index=True)
    field: str = Field(max_length=24)
    text: str = Field(sa_type=Text)
    written_by: str = Field(max_length=48)
    written_at: datetime
    node: str = Field(default="", max_length=64)
    """As which node she wrote it."""


class AccessLog(EscalationTable, table=True):
    """Who read the evidence of which matter, and when (domain 1.3d). Written before the answer leaves."""

    __tablename__ = "access_log"
    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    at: datetime
    member: str = Field(max_length=48, index=True)
    case_id: str = Field(max_length=40, index=True)
    fields: str = Field(max_length=120)


METADATA = EscalationTable.metadata
CHASSIS = chassis_tables(METADATA)
PHOTOS = photo_table(METADATA)
