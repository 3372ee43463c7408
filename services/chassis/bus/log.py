"""The outboxes as the embedded bus's log: what aiokafka's consumer is on Kafka, read from tables."""

import asyncio
import logging
import random
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from sqlalchemy import select

from services.chassis import statements
from services.chassis.bus.port import BATCH, BackOff
from services.chassis.database import Database
from services.chassis.room import Bell
from services.chassis.tables import Chassis
from services.chassis.wire import headers_from_json

log = logging.getLogger(__name__)

KEEP_SECONDS = 0.5
"""How often offsets are kept. What a process that was killed had read since comes again, and the inbox knows it."""
STOP_SECONDS = 2.0
"""How long a consumer that stops waits for its turn to keep them."""
TURNS = 5
"""How often everybody else of the process has a turn before a batch is read: where many commands go on, what they tell comes in few batches;
where one does, it is nothing."""


LATELY = 500
"""Records that a log keeps in memory at least, once it has had so many: all consumers of the process read the same."""

_OFFSET = attrgetter("offset")


class Log:
    """Where a topic's records lie: its owner's outbox. What came last is read once for all of its readers."""

    def __init__(self, database: Database, tables: Chassis) -> None:
        self.database = database
        self.tables = tables
        self.commits = 0
        """How often something was added: a consumer that has read up to here need not look again."""
        self._seen = -1
        self._lately: list[ConsumerRecord[Any, Any]] = []
        self._since = self._end = 0
        """Everything behind the one, up to the other, is in memory."""
        self._one_reads_on = asyncio.Lock()

    async def after(
        self, offsets: Mapping[str, int], passed: int, limit: int
    ) -> tuple[Sequence[ConsumerRecord[Any, Any]], int]:
        """Records of some topics, each behind its offset, and the place that was passed with them: up to there nothing is left of any. SQLite
        commits in the order of ids, so nothing appears before it later."""
        await self._read_on()
        end = self._end
        if passed < self._since:
            query = statements.behind(self.tables.outbox, len(offsets))
            async with self.database.read() as connection:
                rows = (await connection.execute(query, {"the_most": limit, **_places(offsets)})).all()
            found = [_record(row) for row in rows]
        else:
            newer = self._lately[bisect_right(self._lately, passed, key=_OFFSET) :]
            found = [record for record in newer if record.offset > offsets.get(record.topic, end)][:limit]
        return found, found[-1].offset if len(found) == limit else end

    async def _read_on(self) -> None:
        if self._seen == self.commits:
            return
        async with self._one_reads_on, self.database.read() as connection:
            commits, outbox = self.commits, self.tables.outbox
            asked = {"the_id": self._end, "the_most": LATELY + 1}
            rows = (await connection.execute(statements.rows_after(outbox), asked)).all() if self._seen >= 0 else []
            if self._seen < 0 or len(rows) > LATELY:  # so much at once is left to the table
                self._since = self._end = (await connection.execute(statements.newest(outbox))).scalar_one() or 0
                self._lately = []
            elif rows:
                self._lately += [_record(row) for row in rows]
                self._end = rows[-1].id
            self._seen = commits
        if len(self._lately) > 2 * LATELY:
            self._since = self._lately[-LATELY - 1].offset
            del self._lately[:-LATELY]

    async def behind(self, offsets: Mapping[str, int]) -> int:
        """How many records of some topics lie behind their offsets."""
        query = statements.count_behind(self.tables.outbox, len(offsets))
        async with self.database.read() as connection:
            count: int = (await connection.execute(query, _places(offsets))).scalar_one()
        return count

    async def end(self, topic: str) -> int:
        """The offset of a topic's newest record, 0 of none."""
        async with self.database.read() as connection:
            found = await connection.execute(statements.newest_of(self.tables.outbox), {"the_topic": topic})
            return found.scalar_one() or 0

    async def kept(self) -> dict[str, int]:
        """The offsets that were kept here, by topic."""
        async with self.database.read() as connection:
            rows = (await connection.execute(select(self.tables.position))).all()
        return {row.topic: row.next for row in rows}


def _places(offsets: Mapping[str, int]) -> dict[str, Any]:
    return {
        name: value
        for n, (topic, offset) in enumerate(offsets.items())
        for name, value in ((f"topic{n}", topic), (f"offset{n}", offset))
    }


def _record(row: Any) -> ConsumerRecord[Any, Any]:
    headers = tuple((name, value.encode()) for name, value in headers_from_json(row.headers).items())
    key = row.key.encode()
    return ConsumerRecord(row.topic, 0, row.id, 0, 0, key, row.value, None, len(key), len(row.value or b""), headers)


class Chaos:
    """Under test: topics and keys interleave by a seed and some records come again; order per topic and key stays."""

    def __init__(self, seed: int, again: float = 0.05, delay: float = 0.0) -> None:
        self._random = random.Random(seed)  # noqa: S311  (a seed to play again, no secret)
        self._again = again
        self.delay = delay
        """Seconds that every batch is late by."""

    def disturb(self, records: list[ConsumerRecord[Any, Any]]) -> list[ConsumerRecord[Any, Any]]:
        """Shuffle whole lanes (topic and key) into each other, and repeat some records behind themselves."""
        lanes: dict[tuple[str, Any], list[ConsumerRecord[Any, Any]]] = {}
        for record in records:
            lanes.setdefault((record.topic, record.key), []).append(record)
        mixed = []
        while lanes:
            lane = self._random.choice(list(lanes))
            mixed.append(lanes[lane].pop(0))
            if not lanes[lane]:
                del lanes[lane]
        return mixed + [record for record in mixed if self._random.random() < self._again]


class LogConsumer:
    """The eight methods that FastStream calls on an aiokafka consumer, over logs."""

    def __init__(
        self, logs: Mapping[str, Log], home: Log, bell: Bell, chaos: Chaos | None, **_for_sockets: Any
    ) -> None:
        self._logs = logs
        self._home = home
        self._bell = bell
        self._chaos = chaos
        self._by_log: dict[Log, list[str]] = {}
        self._next: dict[str, int] = {}
        """Behind what was read."""
        self.done: dict[str, int] = {}
        """Behind what was taken."""
        self._kept: dict[str, int] = {}
        self._keep_at = 0.0
        self._read_up_to: dict[Log, int] = {}
        """Commits of each log that were looked at."""
        self._passed: dict[Log, int] = {}
        """Up to where all of its topics were read."""
        self._back_off = BackOff()
        self._open = True

    def subscribe(self, topics: Sequence[str] = (), pattern: str | None = None, listener: Any = None) -> None:
        """Which topics to read."""
        for topic in topics:
            self._by_log.setdefault(self._logs[topic], []).append(topic)

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        """Kafka's other way to say which."""
        self.subscribe([partition.topic for partition in partitions])

    async def start(self) -> None:
        """Go on where the group stopped."""
        kept = await self._home.kept()
        self._kept = {topic: kept.get(topic, 0) for topics in self._by_log.values() for topic in topics}
        self._next, self.done = dict(self._kept), dict(self._kept)

    def caught_up(self) -> bool:
        """Whether all that this process added was read and taken."""
        read = all(self._read_up_to.get(source) == source.commits for source in self._by_log)
        return read and self._next == self.done

    async def stop(self) -> None:
        """Let the loop run out."""
        self._open = False
        self._bell.ring()
        with suppress(Exception):  # what is not kept comes again
            async with asyncio.timeout(STOP_SECONDS):
                await self._keep()

    async def commit(self) -> None:
        """All that was read is taken. Its offsets are kept now and then, for one transaction more a batch is as many again."""
        self.done = dict(self._next)
        if time.monotonic() >= self._keep_at:
            await self._keep()

    async def _keep(self) -> None:
        done, self._keep_at = dict(self.done), time.monotonic() + KEEP_SECONDS
        rows = [{"topic": topic, "next": at} for topic, at in done.items() if self._kept.get(topic) != at]
        if rows:
            async with self._home.database.write() as connection:
                await connection.execute(self._home.database.upsert(self._home.tables.position, rows[0]), rows)
            self._kept = done

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """A nack: read again from there."""
        self._next[partition.topic] = min(self._next.get(partition.topic, 0), offset - 1)
        self._read_up_to.clear()
        self._passed.clear()

    async def getmany(
        self, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        """A batch, as soon as there is one."""
        while self._open:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            try:
                found = await self._read(max_records or BATCH)
                if not found and self.done != self._kept and time.monotonic() >= self._keep_at:
                    await self._keep()
                    continue  # the bell may have rung meanwhile
            except Exception as error:
                # Passed on, it would end the framework's loop, which starts again at once, thousands of times a second.
                log.warning("a log could not be read", extra={"facts": {"error": type(error).__name__}})
                await self._back_off.pause()
                continue
            self._back_off.reset()
            if found:
                if self._chaos:
                    await asyncio.sleep(self._chaos.delay)
                    found = self._chaos.disturb(found)
                # One list: FastStream chains the partitions' lists, and the disturbed order is the one to deliver.
                return {TopicPartition(found[0].topic, 0): found}
            await self._bell.wait(KEEP_SECONDS)
        return {}

    async def getone(self) -> ConsumerRecord[Any, Any]:
        """One record; our subscribers take batches."""
        while True:
            for records in (await self.getmany(max_records=1)).values():
                return records[0]
            await asyncio.sleep(0.5)

    async def _read(self, limit: int) -> list[ConsumerRecord[Any, Any]]:
        """Moves on only when every log was read: what one gave must not be passed over because another failed."""
        found: list[ConsumerRecord[Any, Any]] = []
        at, read_up_to, passed = dict(self._next), dict(self._read_up_to), dict(self._passed)
        for source, topics in self._by_log.items():
            commits = source.commits
            if read_up_to.get(source) == commits:
                continue
            records, passed[source] = await source.after(
                {topic: at[topic] for topic in topics}, passed.get(source, 0), limit
            )
            if len(records) < limit:
                read_up_to[source] = commits
            found += records
            at |= {record.topic: record.offset for record in records}
        self._next, self._read_up_to, self._passed = at, read_up_to, passed
        return found
