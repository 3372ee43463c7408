"""Whether two read models say the same: table by table, by the hashes of their rows, in whatever order the rows lie."""

import json
from collections.abc import AsyncIterator
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row, Table, select

from gateway.readmodel.tables import METADATA, MODEL_TABLES
from services.chassis.database import Connection
from services.contracts.base import Model

PAGE = 1000
"""Rows fetched at a time."""
_MODULUS = 2**128
CASE = METADATA.tables["case_view"]
SUMMARY = frozenset({"summary", "summary_version"})


class TableComparison(Model):
    """One table. A hash is the sum of its rows' hashes: equal rows in any order give equal sums, and no row can hide another."""

    table: str
    live_rows: int
    rebuilt_rows: int
    live_hash: str
    rebuilt_hash: str
    differing: int = 0
    """Rows, by primary key, that only one of the two has or that they have differently."""

    @property
    def agrees(self) -> bool:
        """The same rows."""
        return (self.live_rows, self.live_hash) == (self.rebuilt_rows, self.rebuilt_hash)


class Comparison(Model):
    """The live read model beside one that was built again from the topics' beginning, at one moment."""

    tables: tuple[TableComparison, ...]
    facts: int
    """What the live model has applied at that moment."""
    held: int = 0
    """Records that it holds as dead letters: their facts are in neither model."""
    missed: int = 0
    """Facts on the topics that it neither applied nor holds: a gap."""
    given_up: int = 0
    """Facts that it counts as applied and the rebuilt one cannot apply: records that an operator dropped."""
    off_topic: int = 0
    """Facts that it has applied and that no topic tells any more: older states on a compacted topic."""
    swapped: bool = False

    @property
    def agrees(self) -> bool:
        """Every table does, and the live model has missed nothing."""
        return not self.missed and all(table.agrees for table in self.tables)

    def of(self, table: str) -> TableComparison:
        """One table's line. Raises StopIteration for a table that is none of the model's."""
        return next(line for line in self.tables if line.table == table)


async def compare_tables(live: Connection, rebuilt: Connection) -> tuple[TableComparison, ...]:
    """Every table of the model. An approved summary comes by call, some time after the fact that announces it and perhaps in a later
    version: of a matter whose summary either model does not have as announced, it is not compared."""
    under_way = await _under_way(live) | await _under_way(rebuilt)
    return tuple([await _compare(METADATA.tables[name], live, rebuilt, under_way) for name in MODEL_TABLES])


async def _under_way(connection: Connection) -> frozenset[str]:
    query = select(CASE.c.case_id).where(CASE.c.summary_version != CASE.c.summary_wanted)
    return frozenset((await connection.execute(query)).scalars())


async def _compare(table: Table, live: Connection, rebuilt: Connection, under_way: frozenset[str]) -> TableComparison:
    live_rows, live_hash = await _digest(table, live, under_way)
    rebuilt_rows, rebuilt_hash = await _digest(table, rebuilt, under_way)
    line = TableComparison(
        table=table.name, live_rows=live_rows, rebuilt_rows=rebuilt_rows, live_hash=live_hash, rebuilt_hash=rebuilt_hash
    )
    if line.agrees:
        return line
    left, right = await _hashes(table, live, under_way), await _hashes(table, rebuilt, under_way)
    differing = sum(1 for key in left.keys() | right.keys() if left.get(key) != right.get(key))
    return line.model_copy(update={"differing": differing})


async def _digest(table: Table, connection: Connection, under_way: frozenset[str]) -> tuple[int, str]:
    rows = total = 0
    async for row in _rows(table, connection):
        rows += 1
        total = (total + _hash(table, row, under_way)) % _MODULUS
    return rows, f"{total:032x}"


async def _hashes(table: Table, connection: Connection, under_way: frozenset[str]) -> dict[tuple[Any, ...], int]:
    """By primary key; only read when the sums differ, because it keeps a number for every row."""
    keys = [column.name for column in table.primary_key]
    return {
        tuple(row._mapping[key] for key in keys): _hash(table, row, under_way) async for row in _rows(table, connection)
    }


async def _rows(table: Table, connection: Connection) -> AsyncIterator[Row[Any]]:
    async with connection.stream(select(table).execution_options(yield_per=PAGE)) as found:
        async for row in found:
            yield row


def _hash(table: Table, row: Row[Any], under_way: frozenset[str]) -> int:
    values = list(row)
    if table is CASE and row.case_id in under_way:
        values = [None if name in SUMMARY else value for name, value in row._mapping.items()]
    text = json.dumps(values, ensure_ascii=False, default=str)
    return int.from_bytes(blake2b(text.encode(), digest_size=16).digest())
