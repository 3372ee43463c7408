"""Rooms over temporary SQLite files, migrated once and then copied."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select

from deploy.migrate import migrate
from services.chassis.clock import ManualClock
from services.chassis.database import Database
from services.chassis.room import Room
from services.chassis.service import Service
from services.chassis.wire import Record, headers_of, value_of
from services.contracts.events.base import Event
from services.contracts.topics import Topic
from services.escalation.rules.limits import RuleBook
from tests.properties.playing import BOOK, SECRET, START

CELL = "21"
Lanes = dict[tuple[str, str], list[Record]]

_kept: list[tempfile.TemporaryDirectory[str]] = []
"""Templates live as long as the tests run."""


@cache
def _template(name: str) -> Path:
    kept = tempfile.TemporaryDirectory(prefix="yishi-template-")
    _kept.append(kept)
    folder = Path(kept.name)
    # In a thread with a loop of its own: the first caller may stand in a running one.
    asyncio.run(migrate(name, f"sqlite+aiosqlite:///{folder / name}.sqlite"))
    return folder / f"{name}.sqlite"


@asynccontextmanager
async def a_room(service: Service, clock: ManualClock | None = None) -> AsyncIterator[Room]:
    """A service's room over a database of its own."""
    template = await asyncio.to_thread(_template, service.name)
    with tempfile.TemporaryDirectory(prefix="yishi-room-") as folder:
        file = Path(folder) / template.name
        shutil.copy(template, file)
        database = Database(f"sqlite+aiosqlite:///{file}", pool=2)
        room = Room(
            service,
            database,
            clock or ManualClock(START),
            cell=CELL,
            secret=SECRET,
            resources={RuleBook: BOOK},
        )
        try:
            yield room
        finally:
            await database.close()


async def rows(room: Room, table: str, *, without: Iterable[str] = ()) -> list[tuple[Any, ...]]:
    """All rows of a table, in an order of their own."""
    found = room.service.metadata.tables[table]
    columns = [column for column in found.columns if column.name not in set(without)]
    async with room.database.read() as connection:
        return sorted(tuple(row) for row in (await connection.execute(select(*columns))).all())


def records_of(history: Iterable[tuple[Topic, Event]]) -> list[Record]:
    """Facts as records, each with its offset on its topic."""
    ends: dict[str, int] = {}
    records = []
    for number, (topic, event) in enumerate(history):
        name = topic.in_cell(CELL)
        ends[name] = offset = ends.get(name, 0) + 1
        headers = headers_of(event, f"{number:026d}", CELL, "")
        records.append(Record(name, 0, offset, event.key, value_of(event), headers))
    return records


def interleaved(records: Iterable[Record], random: Random) -> list[Record]:
    """The same records, lanes (topic and key) shuffled into each other."""
    lanes: Lanes = {}
    for record in records:
        lanes.setdefault((record.topic, record.key), []).append(record)
    mixed = []
    while lanes:
        lane = random.choice(list(lanes))
        mixed.append(lanes[lane].pop(0))
        if not lanes[lane]:
            del lanes[lane]
    return mixed


def batches(records: list[Record], random: Random, most: int = 12) -> Iterable[list[Record]]:
    """Cut anew, some records again: in the same batch behind themselves, or a whole batch from an older offset."""
    start = 0
    while start < len(records):
        end = start + random.randint(1, most)
        batch = records[start:end]
        yield batch + [record for record in batch if random.random() < 0.15]
        if random.random() < 0.2:
            back = random.randint(0, start)
            yield records[back : back + most][: len(records[back:end])]
        start = end
