"""The embedded bus: FastStream's own KafkaBroker and consume loop over a durable log reader. The outbox tables are the log; the
group's offsets are rows in the consumer's database. Only the client below FastStream is swapped (eight methods), so routers,
batches, acknowledgement and stopping behave as on Kafka; `tests/bus` runs one suite on both."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from faststream.kafka import KafkaBroker

from services.chassis.bus.log import Chaos, Log, LogConsumer
from services.chassis.bus.port import Ends, Receiver, subscribe
from services.chassis.database import Database
from services.chassis.room import Bell
from services.chassis.tables import Chassis
from services.chassis.wire import Record, headers_json, must_fit

LOOK_SECONDS = 0.05
"""How late a log of another process is looked at."""


class LogBroker(KafkaBroker):
    """FastStream's broker on logs instead of sockets."""

    def __init__(self, make_consumer: Any) -> None:
        super().__init__(
            allow_auto_create_topics=False, consumer_only=True, logger=None, graceful_timeout=20, apply_types=False
        )
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
        """A record counts until its batch was taken."""
        if self._consumer and self._consumer.caught_up():
            return 0
        done = await self._done()
        offsets: dict[Log, dict[str, int]] = {}
        for topic in self._receiver.topics:
            offsets.setdefault(self._bus.logs[topic], {})[topic] = done.get(topic, 0)
        return sum([await log.behind(by_topic) for log, by_topic in offsets.items()])

    async def ends(self) -> Ends:
        """Each topic's newest record."""
        return {topic: await self._bus.logs[topic].end(topic) for topic in self._receiver.topics}

    async def passed(self, ends: Ends) -> bool:
        done = await self._done()
        return all(done.get(topic, 0) >= end for topic, end in ends.items())

    async def _done(self) -> Mapping[str, int]:
        return (self._consumer and self._consumer.done) or await self._home.kept()


class EmbeddedBus:
    """All topics of one process."""

    def __init__(self, *, chaos: Chaos | None = None) -> None:
        self.logs: dict[str, Log] = {}
        self._homes: dict[str, Log] = {}
        self.bell = Bell()
        self.chaos = chaos
        self._shared = False
        """Whether another process writes to these logs."""

    def own(self, owner: str, topics: Sequence[str], database: Database, tables: Chassis) -> None:
        """A service's outbox is the log of its topics; its database keeps the offsets of its group."""
        log = Log(database, tables)
        self._homes[owner] = log
        self.logs.update(dict.fromkeys(topics, log))

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Beside a process that writes to these logs, and rings no bell here: they are looked at now and then."""

        async def look() -> None:
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                self.look_if_shared()

        self._shared, looking = True, asyncio.create_task(look())
        try:
            yield
        finally:
            self._shared = False
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def look_if_shared(self) -> None:
        """Take it that the other process has written something."""
        if self._shared:
            for log in self._homes.values():
                log.commits += 1
            self.bell.ring()

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
