"""Deliberation's tables."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.chassis.photos import photo_table
from services.chassis.tables import Id, chassis_tables


class DeliberationTable(SQLModel, registry=registry()):
    """Metadata of its own: five rooms in one process share nothing."""


class DocketRow(DeliberationTable, table=True):
    """The council's file on a matter: `rules.docket.Docket` as a document."""

    __tablename__ = "docket"
    id: str = Field(primary_key=True, max_length=40)
    version: int
    command_version: int
    region: str = Field(max_length=12, index=True)
    body: str = Field(sa_type=Text)


class CouncilRow(DeliberationTable, table=True):
    """A council's standing members: `rules.membership.Council` as a document."""

    __tablename__ = "council"
    id: str = Field(primary_key=True, max_length=64)
    version: int
    command_version: int
    region: str = Field(max_length=12, index=True)
    body: str = Field(sa_type=Text)


class Content(DeliberationTable, table=True):
    """What was said, resolved, asked for and shown: personal text of tier F2. It never leaves but to those who may read it."""

    __tablename__ = "content"
    __table_args__ = (Index("content_part", "case_id", "part", "id"),)
    id: str = Field(primary_key=True, max_length=32)
    case_id: str = Field(max_length=40)
    part: str = Field(max_length=32)
    """Of which session, resolution or item."""
    field: str = Field(max_length=24)
    text: str = Field(sa_type=Text)
    written_by: str = Field(max_length=48)
    department: str = Field(default="", max_length=64)
    """For which department she spoke, or which one a package is for."""
    written_at: datetime


class DueRow(DeliberationTable, table=True):
    """When a docket or a council must be looked at again: an answer or a task is waited for, a term ends."""

    __tablename__ = "due"
    __table_args__ = (Index("due_order", "look_at", "id"),)
    id: str = Field(primary_key=True, max_length=64)
    look_at: datetime
    attempts: int = 0


class AccessLog(DeliberationTable, table=True):
    """Who read the words of which matter's sessions and items, and when (domain 1.3d). Written before the answer leaves."""

    __tablename__ = "access_log"
    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    at: datetime
    member: str = Field(max_length=48, index=True)
    case_id: str = Field(max_length=40, index=True)
    fields: str = Field(max_length=120)


METADATA = DeliberationTable.metadata
CHASSIS = chassis_tables(METADATA)
PHOTOS = photo_table(METADATA)
