"""Deliberation's tables."""

from sqlalchemy import Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.chassis.tables import chassis_tables


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


METADATA = DeliberationTable.metadata
CHASSIS = chassis_tables(METADATA)
