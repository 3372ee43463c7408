"""Reads of the feed that subscriptions follow."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from gateway.readmodel.tables import METADATA
from services.chassis.database import Connection
from services.chassis.lists import among
from services.chassis.prepared import Prepared

CHANGE = METADATA.tables["change"]


async def changes(
    connection: Connection, subject: str, keys: Sequence[str], after: int, limit: int = 100
) -> Sequence[Any]:
    """What the feed has behind a place, for some keys."""
    asked = {"subject": subject, "keys": list(keys), "after": after, "most": limit}
    return (await connection.execute(_CHANGES, asked)).all()


_CHANGES = Prepared(
    select(CHANGE)
    .where(
        CHANGE.c.subject == bindparam("subject"),
        among(CHANGE.c.key, "keys"),
        CHANGE.c.seq > bindparam("after"),
    )
    .order_by(CHANGE.c.seq)
    .limit(bindparam("most"))
)


async def newer_changes(connection: Connection, after: int, limit: int) -> Sequence[Any]:
    """Whatever the feed has behind a place."""
    return (await connection.execute(_NEWER, {"after": after, "most": limit})).all()


_NEWER = Prepared(
    select(CHANGE).where(CHANGE.c.seq > bindparam("after")).order_by(CHANGE.c.seq).limit(bindparam("most"))
)
_NEWEST = Prepared(select(func.max(CHANGE.c.seq)))


async def newest_change(connection: Connection) -> int:
    """Where the feed ends now."""
    return (await connection.execute(_NEWEST)).scalar_one() or 0
