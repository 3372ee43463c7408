"""A bus alone, of either kind: topics and readers of its own, no services."""

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import MetaData

from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.bus.kafka import KafkaBus
from services.chassis.bus.log import Chaos
from services.chassis.bus.port import Bus, Consumer, Receiver
from services.chassis.database import Database
from services.chassis.tables import Chassis, chassis_tables
from services.chassis.wire import MAX_BATCH, Record

PATIENCE = 20.0
"""Seconds until a test gives up waiting."""


class Rig(Protocol):
    """What the suite needs beside the port: topics, and a place for each reader to keep its offsets."""

    @property
    def bus(self) -> Bus:
        """The adapter."""
        ...

    async def topics(self, count: int = 1) -> tuple[str, ...]:
        """Fresh topics."""
        ...

    async def reader(self) -> str:
        """A fresh group."""
        ...


class Collector:
    """A receiver that keeps what it accepted, and fails or waits when told to."""

    def __init__(self, topics: Sequence[str], *, failures: int = 0) -> None:
        self._topics = tuple(topics)
        self.failures = failures
        """Batches still to be refused."""
        self.batches: list[list[Record]] = []
        """Every batch it was handed, refused ones too."""
        self.records: list[Record] = []
        """Records of the batches that it accepted."""
        self.gate = asyncio.Event()
        self.gate.set()
        self.at: list[float] = []
        """When each batch came, by the loop's time."""

    @property
    def topics(self) -> tuple[str, ...]:
        return self._topics

    async def receive(self, records: Sequence[Record]) -> None:
        self.batches.append(list(records))
        self.at.append(asyncio.get_running_loop().time())
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not yet")
        self.records += records

    def values(self) -> list[bytes | None]:
        """What was accepted."""
        return [record.value for record in self.records]

    def lane(self, topic: str, key: str) -> list[bytes | None]:
        """What was accepted of one key of one topic, in the order of its coming."""
        return [record.value for record in self.records if (record.topic, record.key) == (topic, key)]


async def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something that other tasks bring about."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)  # nothing rings when a condition of the test becomes true


@asynccontextmanager
async def consuming(rig: Rig, group: str, receiver: Receiver) -> AsyncIterator[Consumer]:
    """A consumer that runs meanwhile."""
    consumer = rig.bus.consumer(group, receiver)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def record(topic: str, key: str, value: bytes | None, **headers: str) -> Record:
    """One to publish, with an id of its own."""
    return Record(topic, 0, 0, key, value, {"ce_id": secrets.token_hex(8), **headers})


async def caught_up(consumer: Consumer) -> None:
    """Until its offsets are kept."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                if not await consumer.lag():
                    return
            except ConnectionError:
                pass
            await asyncio.sleep(0.01)  # Kafka does not say when a group has caught up


class EmbeddedRig:
    """Databases with nothing but the chassis's tables."""

    def __init__(self, folder: Path, chaos: Chaos | None = None) -> None:
        self._folder = folder
        self._databases: list[Database] = []
        self.bus = EmbeddedBus(chaos=chaos)

    async def topics(self, count: int = 1) -> tuple[str, ...]:
        names = tuple(f"t.{secrets.token_hex(6)}" for _ in range(count))
        await self.own(secrets.token_hex(4), names)
        return names

    async def reader(self) -> str:
        name = secrets.token_hex(6)
        await self.own(name, ())
        return f"t.{name}"

    async def own(self, name: str, topics: Sequence[str]) -> tuple[Database, Chassis]:
        """A database of somebody, owner of these topics."""
        database, tables = await chassis_database(f"sqlite+aiosqlite:///{self._folder / name}.sqlite")
        self._databases.append(database)
        self.bus.own(name, topics, database, tables)
        return database, tables

    async def close(self) -> None:
        await self.bus.stop()
        for database in self._databases:
            await database.close()


class KafkaRig:
    """Topics on the session's broker."""

    def __init__(self, servers: str, admin: AIOKafkaAdminClient) -> None:
        self.servers = servers
        self.admin = admin
        self.bus = KafkaBus(servers, "bus-tests")

    async def topics(self, count: int = 1) -> tuple[str, ...]:
        names = tuple(f"t.{secrets.token_hex(6)}" for _ in range(count))
        limits = {"max.message.bytes": str(MAX_BATCH)}
        await self.admin.create_topics([NewTopic(n, 3, 1, topic_configs=limits) for n in names])
        return names

    async def reader(self) -> str:
        return f"t.{secrets.token_hex(6)}"


async def chassis_database(url: str) -> tuple[Database, Chassis]:
    """An empty database with the chassis's tables."""
    metadata = MetaData()
    tables = chassis_tables(metadata)
    database = Database(url)
    async with database.write() as connection:
        await connection.run_sync(metadata.create_all)
    return database, tables


@asynccontextmanager
async def embedded_rig(chaos: Chaos | None = None) -> AsyncIterator[EmbeddedRig]:
    with tempfile.TemporaryDirectory(prefix="yishi-bus-") as folder:
        rig = EmbeddedRig(Path(folder), chaos)
        try:
            yield rig
        finally:
            await rig.close()


@asynccontextmanager
async def kafka_rig(servers: str) -> AsyncIterator[KafkaRig]:
    async with AsyncExitStack() as stack:
        admin = AIOKafkaAdminClient(bootstrap_servers=servers)
        stack.push_async_callback(admin.close)
        await admin.start()
        rig = KafkaRig(servers, admin)
        stack.push_async_callback(rig.bus.stop)
        yield rig


def make_rig(kind: str, servers: Callable[[], Any]) -> Any:
    """The rig of a kind; `servers` is asked only for Kafka."""
    return embedded_rig() if kind == "embedded" else kafka_rig(servers())
