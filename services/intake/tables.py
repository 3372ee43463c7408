"""Intake's tables. Personal text stands here and nowhere else."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.chassis.photos import photo_table
from services.chassis.tables import Id, chassis_tables


class IntakeTable(SQLModel, registry=registry()):
    """Metadata of its own: five rooms in one process share nothing."""


class CaseRow(IntakeTable, table=True):
    """A case: `rules.case.Case` as a document, and what it is searched by."""

    __tablename__ = "case"
    __table_args__ = (Index("case_circled", "circled", "id"),)
    id: str = Field(primary_key=True, max_length=40)
    version: int
    command_version: int
    region: str = Field(max_length=12, index=True)
    group_node: str = Field(max_length=64, index=True)
    circled: str = Field(default="", max_length=12)
    """The village of an open private matter."""
    body: str = Field(sa_type=Text)


class NodeRow(IntakeTable, table=True):
    """An organisation node of the roster."""

    __tablename__ = "node"
    id: str = Field(primary_key=True, max_length=64)
    version: int
    command_version: int
    region: str = Field(max_length=12, index=True)
    body: str = Field(sa_type=Text)


class Turnover(IntakeTable, table=True):
    """A node whose office holders change: at `look_at` the circles of its private matters are seen to."""

    __tablename__ = "turnover"
    __table_args__ = (Index("turnover_order", "look_at", "node"),)
    node: str = Field(primary_key=True, max_length=64)
    version: int
    look_at: datetime


class RegionRow(IntakeTable, table=True):
    """A region."""

    __tablename__ = "region"
    id: str = Field(primary_key=True, max_length=12)
    version: int
    command_version: int
    body: str = Field(sa_type=Text)


class Content(IntakeTable, table=True):
    """One personal text of a case: F1 to F4 by its field. Erasing a case is deleting these."""

    __tablename__ = "content"
    case_id: str = Field(primary_key=True, max_length=40)
    field: str = Field(primary_key=True, max_length=24)
    text: str = Field(sa_type=Text)
    written_at: datetime


class Numbering(IntakeTable, table=True):
    """The last case number given out for a city and a day."""

    __tablename__ = "numbering"
    city: str = Field(primary_key=True, max_length=4)
    day: str = Field(primary_key=True, max_length=8)
    last: int


class AccessLog(IntakeTable, table=True):
    """Who read which sealed fields of which case, and when (domain 1.3d). Written before the answer leaves."""

    __tablename__ = "access_log"
    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    at: datetime
    member: str = Field(max_length=48, index=True)
    case_id: str = Field(max_length=40, index=True)
    fields: str = Field(sa_type=String(120))


METADATA = IntakeTable.metadata
CHASSIS = chassis_tables(METADATA)
PHOTOS = photo_table(METADATA)
