"""The embedded bus: FastStream's own KafkaBroker and consume loop over a durable log reader. The outbox tables are the log; the
group's offsets are rows in the consumer's database. Only the client below FastStream is swapped (eight methods), so routers,
batches, acknowledgement and stopping behave as on Kafka; `tests/bus` runs one suite on both."""

import asyncio
import logging
import random
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition
from faststream.kafka import KafkaBroker
from sqlalchemy import select

from services.chassis import statements
from services.chassis.bus.port import BATCH, BackOff, Receiver, subscribe
from services.chassis.database import Database
from services.chassis.room import Bell
from services.chassis.tables import Chassis
from services.chassis.wire import Record, headers_from_json, headers_json, must_fit

log = logging.getLogger(__name__)


class Log:
    """Where a topic's records lie: its owner's outbox."""

    def __init__(self, database: Database, tables: Chassis) -> None:
        self.database = database
        self.tables = tables
        self.commits = 0
        """How often something was added: a consumer that has read up to here need not look again."""

    async def after(self, offsets: Mapping[str, int], limit: int) -> Sequence[Any]:
        """Records of some topics, each behind its offset. SQLite commits in the order of ids, so nothing appears before them later."""
        query = statements.behind(self.tables.outbox, len(offsets))
        async with self.database.read() as connection:
            rows: Sequence[Any] = (await connection.execute(query, {"the_most": limit, **_places(offsets)})).all()
        return rows

    async def behind(self, offsets: Mapping[str, int]) -> int:
        """How many records of some topics lie behind their offsets."""
        query = statements.count_behind(self.tables.outbox, len(offsets))
        async with self.database.read() as connection:
            count: int = (await connection.execute(query, _places(offsets))).scalar_one()
        return count


def _places(offsets: Mapping[str, int]) -> dict[str, Any]:
    return {
        name: value
        for n, (topic, offset) in enumerate(offsets.items())
        for name, value in ((f"topic{n}", topic), (f"offset{n}", offset))
    }


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
        self,
        logs: Mapping[str, Log],
        home: Log,
        bell: Bell,
        chaos: Chaos | None,
        *,
        group_id: str | None = None,
        **_ignored: Any,
    ) -> None:
        self._logs = logs
        self._home = home
        self._bell = bell
        self._chaos = chaos
        self._group = group_id
        self._topics: list[str] = []
        self.next: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._read_up_to: dict[Log, int] = {}
        self._back_off = BackOff()
        self._open = True

    def subscribe(self, topics: Sequence[str] = (), pattern: str | None = None, listener: Any = None) -> None:
        """Which topics to read."""
        self._topics = list(topics)

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        """Kafka's other way to say which."""
        self._topics = [partition.topic for partition in partitions]

    async def start(self) -> None:
        """Go on where the group stopped."""
        position = self._home.tables.position
        async with self._home.database.read() as connection:
            rows = (await connection.execute(select(position))).all()
        kept = {row.topic: row.next for row in rows}
        self._kept = {topic: kept.get(topic, 0) for topic in self._topics}
        self.next = dict(self._kept)

    def caught_up(self) -> bool:
        """Whether all that this process added was read, and the offsets behind it were kept."""
        read = all(self._read_up_to.get(self._logs[topic]) == self._logs[topic].commits for topic in self._topics)
        return read and self.next == self._kept

    async def stop(self) -> None:
        """Let the loop run out."""
        self._open = False
        self._bell.ring()

    async def commit(self) -> None:
        """Keep the offsets that moved."""
        moved = {topic: offset for topic, offset in self.next.items() if self._kept.get(topic) != offset}
        position = self._home.tables.position
        async with self._home.database.write() as connection:
            rows = [{"topic": topic, "next": offset} for topic, offset in moved.items()]
            if rows:
                await connection.execute(self._home.database.upsert(position, rows[0]), rows)
        self._kept.update(moved)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """A nack: read again from there."""
        self.next[partition.topic] = min(self.next.get(partition.topic, 0), offset - 1)
        self._read_up_to.clear()

    async def getmany(
        self, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        """A batch, as soon as there is one."""
        while self._open:
            try:
                found = await self._read(max_records or BATCH)
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
            await self._bell.wait(0.5)
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
        at, read_up_to = dict(self.next), dict(self._read_up_to)
        for source, topics in self._by_log().items():
            commits = source.commits
            if read_up_to.get(source) == commits:
                continue
            rows = await source.after({topic: at[topic] for topic in topics}, limit)
            if len(rows) < limit:
                read_up_to[source] = commits
            for row in rows:
                headers = tuple((name, value.encode()) for name, value in headers_from_json(row.headers).items())
                key = row.key.encode()
                size = len(row.value or b"")
                found.append(ConsumerRecord(row.topic, 0, row.id, 0, 0, key, row.value, None, len(key), size, headers))
                at[row.topic] = row.id
        self.next, self._read_up_to = at, read_up_to
        return found

    def _by_log(self) -> dict[Log, list[str]]:
        grouped: dict[Log, list[str]] = {}
        for topic in self._topics:
            grouped.setdefault(self._logs[topic], []).append(topic)
        return grouped


class LogBroker(KafkaBroker):
    """FastStream's broker on logs instead of sockets."""

    def __init__(self, make_consumer: Any) -> None:
        super().__init__(allow_auto_create_topics=False, consumer_only=True, logger=None, graceful_timeout=20)
        self._make_consumer = make_consumer

    async def _connect(self) -> Any:
        self.config.broker_config.builder = self._make_consumer
        return self._make_consumer


class EmbeddedConsumer:
    """One receiver's group on the logs."""

    def __init__(self, bus: "EmbeddedBus", group: str, receiver: Receiver, home: Log) -> None:
        self._bus = bus
        self._receiver = receiver
        self._home = home
        self._consumer: LogConsumer | None = None
        self._broker = LogBroker(self._made)
        subscribe(self._broker, group, receiver, poll_ms=500)

    async def start(self) -> None:
        await self._broker.start()

    async def stop(self) -> None:
        self._bus.bell.ring()
        await self._broker.stop()

    def _made(self, **settings: Any) -> LogConsumer:
        self._consumer = LogConsumer(self._bus.logs, self._home, self._bus.bell, self._bus.chaos, **settings)
        return self._consumer

    async def lag(self) -> int:
        """By the kept offsets: a record counts until its batch was committed."""
        if self._consumer and self._consumer.caught_up():
            return 0
        position = self._home.tables.position
        async with self._home.database.read() as connection:
            kept = {row.topic: row.next for row in (await connection.execute(select(position))).all()}
        offsets: dict[Log, dict[str, int]] = {}
        for topic in self._receiver.topics:
            offsets.setdefault(self._bus.logs[topic], {})[topic] = kept.get(topic, 0)
        return sum([await log.behind(by_topic) for log, by_topic in offsets.items()])


class EmbeddedBus:
    """All topics of one process."""

    def __init__(self, *, chaos: Chaos | None = None) -> None:
        self.logs: dict[str, Log] = {}
        self._homes: dict[str, Log] = {}
        self.bell = Bell()
        self.chaos = chaos

    def own(self, owner: str, topics: Sequence[str], database: Database, tables: Chassis) -> None:
        """A service's outbox is the log of its topics; its database keeps the offsets of its group."""
        log = Log(database, tables)
        self._homes[owner] = log
        self.logs.update(dict.fromkeys(topics, log))

    def committed(self, owner: str) -> None:
        """A service's transaction added to its log."""
        self._homes[owner].commits += 1
        self.bell.ring()

    def consumer(self, group: str, receiver: Receiver) -> EmbeddedConsumer:
        """`group` ends in the reader's name, as in `21.notify`."""
        return EmbeddedConsumer(self, group, receiver, self._homes[group.rpartition(".")[2]])

    async def publish(self, records: Sequence[Record]) -> None:
        """For foreign producers only (partners, tests): the services' own events are in the log when they commit."""
        must_fit(records)
        lanes: dict[Log, list[dict[str, Any]]] = {}
        for record in records:
            row = {
                "topic": record.topic,
                "key": record.key,
                "value": record.value,
                "headers": headers_json(record.headers),
                # The row's own: a foreign producer may send one id twice, or none; readers go by the header.
                "event_id": secrets.token_hex(16),
                "at": record.headers.get("ce_time", ""),
                "sent": True,
            }
            lanes.setdefault(self.logs[record.topic], []).append(row)
        for source, rows in lanes.items():
            async with source.database.write() as connection:
                await connection.execute(source.database.insert(source.tables.outbox), rows)
            source.commits += 1
        self.bell.ring()

    async def stop(self) -> None:
        """Nothing is open."""
