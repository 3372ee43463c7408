"""The chassis's own tables, which every service (and the gateway's read model) has in its database."""

from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in an INTEGER primary key."""


class Chassis(NamedTuple):
    """The chassis's tables in one database. Moments are ISO text in UTC where only order and age matter."""

    outbox: Table
    answer: Table
    inbox: Table
    known: Table
    dead_letter: Table
    lease: Table
    position: Table


def chassis_tables(metadata: MetaData) -> Chassis:
    """Declare them in a service's own metadata: five rooms in one process share nothing."""
    return Chassis(
        outbox=Table(
            "outbox",
            metadata,
            Column("id", Id, primary_key=True, autoincrement=True),
            Column("topic", String(80), nullable=False),
            Column("key", String(80), nullable=False),
            Column("value", LargeBinary, nullable=True),
            Column("headers", Text, nullable=False),
            Column("event_id", String(40), nullable=False, unique=True),
            Column("at", String(32), nullable=False),
            Column("sent", Boolean, nullable=False, default=False),
            Index(
                "outbox_unsent",
                "id",
                sqlite_where=Column("sent", Boolean).is_(False),
                postgresql_where=Column("sent", Boolean).is_(False),
            ),
            Index("outbox_topic", "topic", "id"),
            # Without it SQLite gives the ids of pruned rows again, and the log would run backwards.
            sqlite_autoincrement=True,
        ),
        answer=Table(
            "answer",
            metadata,
            Column("caller", String(64), primary_key=True),
            Column("command", String(48), primary_key=True),
            Column("key", String(128), primary_key=True),
            Column("body", String(64), nullable=False),
            Column("answer", Text, nullable=False),
            Column("at", String(32), nullable=False, index=True),
        ),
        inbox=Table(
            "inbox",
            metadata,
            Column("event_id", String(80), primary_key=True),
            Column("at", String(32), nullable=False, index=True),
        ),
        known=Table(
            "known",
            metadata,
            Column("topic", String(80), primary_key=True),
            Column("key", String(80), primary_key=True),
            Column("version", Integer, nullable=False),
            Column("state", Text, nullable=False),
        ),
        dead_letter=Table(
            "dead_letter",
            metadata,
            Column("id", Id, primary_key=True, autoincrement=True),
            Column("topic", String(80), nullable=False),
            Column("partition", Integer, nullable=False),
            Column("offset", BigInteger, nullable=False),
            Column("key", String(80), nullable=False),
            Column("value", LargeBinary, nullable=True),
            Column("headers", Text, nullable=False),
            Column("reason", String(24), nullable=False),
            Column("error", String(200), nullable=False),
            Column("attempts", Integer, nullable=False, default=0),
            Column("held_at", String(32), nullable=False),
            UniqueConstraint("topic", "partition", "offset", name="dead_letter_place"),
            Index("dead_letter_key", "topic", "key"),
            sqlite_autoincrement=True,
        ),
        lease=Table(
            "lease",
            metadata,
            Column("name", String(40), primary_key=True),
            Column("owner", String(40), nullable=False),
            Column("until", String(32), nullable=False),
        ),
        position=Table(
            "position",
            metadata,
            Column("topic", String(80), primary_key=True),
            Column("next", BigInteger, nullable=False),
        ),
    )
