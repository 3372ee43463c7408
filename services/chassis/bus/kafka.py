"""Apache Kafka. FastStream consumes; the relay publishes by aiokafka's own batches, which keep keys on their partitions."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from faststream.kafka import KafkaBroker

from services.chassis.bus.kafka_lag import KafkaLag
from services.chassis.bus.port import Ends, Receiver, subscribe
from services.chassis.wire import MAX_BATCH, Record, must_fit

log = logging.getLogger(__name__)


class Awake(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka tells no types
    """Waits until there is something. FastStream sleeps as long again after each empty poll, deaf to what comes meanwhile: on every hop
    from service to service. And commits where it moved: aiokafka sends the offset of every partition that it has, after each batch."""

    def __init__(self, *topics: str, **settings: Any) -> None:
        super().__init__(*topics, **settings)
        self._moved: set[TopicPartition] = set()

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        found: dict[TopicPartition, list[ConsumerRecord[Any, Any]]] = {}
        while not found and not self._closed:
            found = await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
        self._moved |= found.keys()
        return found

    async def commit(self, offsets: Any = None) -> None:
        # Where it stands now, not where it stood behind the batch: what was another's meanwhile may be further on.
        if self._subscription.subscription is None or (ours := self._subscription.subscription.assignment) is None:
            return
        moved = {place: at for place, at in ours.all_consumed_offsets().items() if place in self._moved}
        if moved:
            # In a context of its own: the loop keeps the timer of an answered request for a while (40 s at most), and with it the context
            # that it was made in, where the framework has the whole batch.
            await asyncio.create_task(super().commit(moved), context=Context())
        self._moved.clear()


class AwakeBroker(KafkaBroker):
    """FastStream's broker with such consumers."""

    async def _connect(self) -> Any:
        builder = await super()._connect()
        assert isinstance(builder, partial)
        awake = partial(Awake, *builder.args, **builder.keywords)
        self.config.broker_config.builder = awake
        return awake


class KafkaConsumer:
    """One receiver's group on Kafka."""

    def __init__(self, servers: list[str], group: str, receiver: Receiver, lag: KafkaLag) -> None:
        self._servers = servers
        self._group = group
        self._receiver = receiver
        self._lag = lag
        self._broker: KafkaBroker | None = None
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns at once: Kafka may be away, commands must go on."""
        self._starting = asyncio.create_task(self._start_until_it_works())

    async def _start_until_it_works(self) -> None:
        pause = 0.2
        while True:
            broker = AwakeBroker(
                self._servers,
                client_id=self._group,
                allow_auto_create_topics=False,
                consumer_only=True,  # the relay publishes
                logger=None,
                graceful_timeout=20,
                apply_types=False,
            )
            subscribe(broker, self._group, self._receiver, poll_ms=500)
            self._broker = broker  # also half started: stop() gives it back
            try:
                await broker.start()
            except Exception as error:  # whatever it is: a service without a consumer would be deaf without a word
                log.warning("Kafka is away", extra={"facts": {"group": self._group, "error": type(error).__name__}})
                with suppress(Exception):
                    await asyncio.wait_for(broker.stop(), 5)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
            else:
                return

    async def stop(self) -> None:
        if self._starting:
            self._starting.cancel()
            with suppress(asyncio.CancelledError):
                await self._starting
        if self._broker:
            with suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(self._broker.stop(), 20)

    async def lag(self) -> int:
        return await self._lag.of(self._group, self._receiver.topics)

    async def ends(self) -> Ends:
        return await self._lag.ends(self._receiver.topics)

    async def passed(self, ends: Ends) -> bool:
        return await self._lag.passed(self._group, ends)


class KafkaBus:
    """One cluster."""

    def __init__(self, servers: str, client_id: str) -> None:
        self._servers = servers.split(",")
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()
        """Publishers that come at once share one producer."""
        self._lag = KafkaLag(self._servers, client_id)

    def consumer(self, group: str, receiver: Receiver) -> KafkaConsumer:
        return KafkaConsumer(self._servers, group, receiver, self._lag)

    async def publish(self, records: Sequence[Record]) -> None:
        """In order per partition: a partition's next batch goes only when the one before it is acknowledged.

        After any failure the producer is thrown away: an idempotent one is poisoned per partition for good (aiokafka issue 1017).
        """
        must_fit(records)  # before the producer, which no refusal of ours has poisoned
        producer = await self._started()
        try:
            lanes: dict[tuple[str, int], list[Record]] = {}
            for record in records:
                count = len(await producer.partitions_for(record.topic))
                partition = (murmur2(record.key.encode()) & 0x7FFFFFFF) % count
                lanes.setdefault((record.topic, partition), []).append(record)
            await asyncio.gather(*(self._send(producer, *lane, batch) for lane, batch in lanes.items()))
        except BaseException:
            if self._producer is producer:  # another publisher may have replaced it already
                self._producer = None
            with suppress(Exception):
                await asyncio.wait_for(producer.stop(), 2)
            raise

    async def _send(self, producer: AIOKafkaProducer, topic: str, partition: int, records: list[Record]) -> None:
        batch = producer.create_batch()
        for record in records:
            headers = [(name, value.encode()) for name, value in record.headers.items()]
            room = batch.append(key=record.key.encode(), value=record.value, timestamp=None, headers=headers)
            if room is None:
                batch.close()
                await (await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(key=record.key.encode(), value=record.value, timestamp=None, headers=headers)
        batch.close()
        await (await producer.send_batch(batch, topic, partition=partition))

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            return self._producer or await self._new()

    async def _new(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            client_id=self._client_id,
            enable_idempotence=True,
            max_batch_size=MAX_BATCH,  # a topic takes no larger one, and a refused batch poisons the producer
            max_request_size=MAX_BATCH * 4,
            request_timeout_ms=15_000,
        )
        try:
            await producer.start()
        except BaseException:
            with suppress(Exception):
                await producer.stop()
            raise
        self._producer = producer
        return producer

    async def stop(self) -> None:
        """With batches pending in an outage a producer would wait 50 s: the outbox has them, so do not."""
        if self._producer:
            with suppress(Exception):
                await asyncio.wait_for(self._producer.stop(), 3)
            self._producer = None
        await self._lag.close()
