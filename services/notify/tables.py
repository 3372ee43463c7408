"""Notify's tables."""

from datetime import datetime

from sqlalchemy import Index, Text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.chassis.tables import Id, chassis_tables


class NotifyTable(SQLModel, registry=registry()):
    """Metadata of its own: five rooms in one process share nothing."""


class MailboxRow(NotifyTable, table=True):
    """A member's inbox, or a group's board."""

    __tablename__ = "mailbox"
    id: str = Field(primary_key=True, max_length=64)
    version: int
    command_version: int
    body: str = Field(sa_type=Text)


class Entry(NotifyTable, table=True):
    """Something to know. Says which template and which matter; the words are the template's."""

    __tablename__ = "entry"
    __table_args__ = (Index("entry_address", "address", "id"),)
    id: str = Field(primary_key=True, max_length=32)
    address: str = Field(max_length=64)
    kind: str = Field(max_length=32)
    case_id: str | None = Field(default=None, max_length=40, index=True)
    order_id: str | None = Field(default=None, max_length=40)
    case_number: str = Field(default="", max_length=32)
    private: bool = False
    count: int | None = None
    at: datetime


class Waiting(NotifyTable, table=True):
    """A fact of a matter whose access has not been heard of yet: whom to tell is not known, so it waits."""

    __tablename__ = "waiting"
    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    case_id: str = Field(max_length=40, index=True)
    topic: str = Field(max_length=40)
    event_type: str = Field(max_length=80)
    event: str = Field(sa_type=Text)


class Digest(NotifyTable, table=True):
    """A line of a daily digest that has not been sent yet."""

    __tablename__ = "digest"
    __table_args__ = (Index("digest_due", "send_at", "address"),)
    address: str = Field(primary_key=True, max_length=64)
    case_id: str = Field(primary_key=True, max_length=40)
    send_at: datetime


class ReadMark(NotifyTable, table=True):
    """How far a member has read."""

    __tablename__ = "read_mark"
    member: str = Field(primary_key=True, max_length=48)
    up_to: str = Field(max_length=32)


METADATA = NotifyTable.metadata
CHASSIS = chassis_tables(METADATA)
