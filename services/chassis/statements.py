"""The statements that run for every command and every fact, prepared once for each table.

Names in a WHERE that are no columns' names begin with `the_`: an UPDATE would take a column's name for its SET.
"""

from typing import Any

from sqlalchemy import Column, ColumnElement, Delete, Select, String, Table, Update, bindparam, func, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from services.chassis.lists import among, each
from services.chassis.prepared import prepared


@prepared
def stored(table: Table, *, locked: bool) -> Select[Any]:
    """An aggregate's row by `the_id`."""
    query = select(table.c.version, table.c.command_version, table.c.body).where(table.c.id == bindparam("the_id"))
    return query.with_for_update() if locked else query


@prepared
def stored_many(table: Table, *, locked: bool) -> Select[Any]:
    """The rows of some aggregates by `the_ids`, in their order."""
    query = select(table.c.id, table.c.version, table.c.command_version, table.c.body)
    query = query.where(among(table.c.id, "the_ids")).order_by(table.c.id)
    return query.with_for_update() if locked else query


@prepared
def restored(table: Table) -> Update:
    """The columns given, where the row has `the_id` and still `the_version`."""
    return table.update().where(table.c.id == bindparam("the_id"), table.c.version == bindparam("the_version"))


@prepared
def erased(column: ColumnElement[Any]) -> Delete:
    """The rows of a column's table that have `the_value` there."""
    assert isinstance(column, Column)
    return column.table.delete().where(column == bindparam("the_value"))


@prepared
def known(table: Table) -> Select[Any]:
    """What was heard on `the_topics` about `the_keys`."""
    return select(table.c.topic, table.c.key, table.c.version, table.c.state).where(
        among(table.c.topic, "the_topics"),
        among(table.c.key, "the_keys"),
    )


@prepared
def versions_known(table: Table) -> Select[Any]:
    """How far `the_key` was heard of on `the_topics`."""
    return select(table.c.topic, table.c.version).where(
        among(table.c.topic, "the_topics"), table.c.key == bindparam("the_key")
    )


@prepared
def held(table: Table) -> Select[Any]:
    """Where records of `the_keys` are held."""
    return select(table.c.topic, table.c.key).where(among(table.c.key, "the_keys")).distinct()


@prepared
def held_at_all(table: Table) -> Select[int]:
    """How many records are held."""
    return select(func.count()).select_from(table)


@prepared
def claimed(table: Table, *, on_sqlite: bool) -> ReturningInsert[Any]:
    """The inbox's lines of `the_ids`, as far as they are new."""
    ids = each("the_ids", on_sqlite=on_sqlite)
    # The condition: without one SQLite would take ON CONFLICT for a join's.
    lines = select(ids.c.value, bindparam("the_at", type_=String)).where(text("true"))
    insert = (sqlite if on_sqlite else postgresql).insert(table).from_select(["event_id", "at"], lines)
    new: ReturningInsert[Any] = insert.on_conflict_do_nothing().returning(table.c.event_id)
    return new


@prepared
def disclaimed(table: Table) -> Delete:
    """The inbox's lines of `the_ids`."""
    return table.delete().where(among(table.c.event_id, "the_ids"))


def _same_key(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.caller == bindparam("the_caller"),
        table.c.command == bindparam("the_command"),
        table.c.key == bindparam("the_key"),
    )


@prepared
def answered(table: Table) -> Select[Any]:
    """The answer kept for `the_caller`, `the_command`, `the_key`."""
    return select(table.c.body, table.c.answer).where(*_same_key(table))


@prepared
def answering(table: Table) -> Update:
    """The same, to be written."""
    return table.update().where(*_same_key(table))


@prepared
def lease(table: Table) -> Select[Any]:
    """The lease of `the_name`, locked."""
    return select(table).where(table.c.name == bindparam("the_name")).with_for_update()


@prepared
def renewed(table: Table) -> Update:
    """The same, to be written."""
    return table.update().where(table.c.name == bindparam("the_name"))


@prepared
def unsent(outbox: Table) -> Select[Any]:
    """The oldest facts that were not sent, at most `the_most`."""
    return select(outbox).where(outbox.c.sent.is_(False)).order_by(outbox.c.id).limit(bindparam("the_most"))


@prepared
def sent(outbox: Table) -> Update:
    """The facts of `the_ids`."""
    return outbox.update().where(among(outbox.c.id, "the_ids", numbers=True)).values(sent=True)


@prepared
def waiting(outbox: Table) -> Select[int, Any]:
    """How many facts were not sent, and since when."""
    oldest: ColumnElement[Any] = func.min(outbox.c.at)
    return select(func.count(), oldest).where(outbox.c.sent.is_(False))


@prepared
def behind(outbox: Table, topics: int) -> Select[Any]:
    """The records of so many topics behind their offsets (`topic0`, `offset0`, …), at most `the_most`."""
    return select(outbox).where(_behind(outbox, topics)).order_by(outbox.c.id).limit(bindparam("the_most"))


@prepared
def rows_after(outbox: Table) -> Select[Any]:
    """All records behind `the_id`, at most `the_most`."""
    return select(outbox).where(outbox.c.id > bindparam("the_id")).order_by(outbox.c.id).limit(bindparam("the_most"))


@prepared
def newest(outbox: Table) -> Select[Any]:
    """The id of the newest record; null of none."""
    return select(func.max(outbox.c.id))


@prepared
def newest_of(outbox: Table) -> Select[Any]:
    """The id of the newest record of `the_topic`; null of none."""
    return select(func.max(outbox.c.id)).where(outbox.c.topic == bindparam("the_topic"))


@prepared
def count_behind(outbox: Table, topics: int) -> Select[int]:
    """How many there are."""
    return select(func.count()).where(_behind(outbox, topics))


def _behind(outbox: Table, topics: int) -> ColumnElement[bool]:
    places = range(topics)
    return or_(*((outbox.c.topic == bindparam(f"topic{n}")) & (outbox.c.id > bindparam(f"offset{n}")) for n in places))
