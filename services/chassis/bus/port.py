"""What the runtime needs of a bus. Two adapters: `embedded` and `kafka`; one suite of tests runs on both."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage, KafkaRouter

from services.chassis.bus.pace import Pace
from services.chassis.wire import Record, keepable

log = logging.getLogger(__name__)

BATCH = 500
"""Records a batch at most."""


Ends = Mapping[Any, int]
"""A place for each topic, or for each of its partitions."""


class Receiver(Protocol):
    """Takes a batch whole or not at all."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Full names of the topics it reads."""
        ...

    async def receive(self, records: Sequence[Record]) -> None:
        """Raises when nothing of the batch has happened and it must come again."""
        ...


class Consumer(Protocol):
    """A running consumer group of one receiver."""

    async def start(self) -> None:
        """Begin to consume; keeps trying by itself while the bus is away."""
        ...

    async def stop(self) -> None:
        """Finish the batch at hand and leave."""
        ...

    async def lag(self) -> int:
        """Records on the topics that it has not consumed; raises ConnectionError while it cannot know."""
        ...

    async def ends(self) -> Ends:
        """Where its topics end now. Raises ConnectionError."""
        ...

    async def passed(self, ends: Ends) -> bool:
        """Whether it has consumed all up to there: of a topic to which somebody always adds, `lag` may never be 0. Raises ConnectionError."""
        ...


class Bus(Protocol):
    """One of the three adapters that differ between the two systems."""

    def consumer(self, group: str, receiver: Receiver) -> Consumer:
        """A consumer of a receiver's topics."""
        ...

    async def publish(self, records: Sequence[Record]) -> None:
        """Send records, in order per key."""
        ...

    async def stop(self) -> None:
        """Give all connections back."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Records as they came, and the client that brought them."""

    records: Sequence[ConsumerRecord[Any, Any]]
    client: Any


async def whole(message: KafkaMessage) -> Batch:
    """Bytes stay bytes, for unreadable records are ours to hold. Asked for as a dependency, the message would come by way of a thread; and
    handed on as its own body, it would hold itself in memory."""
    return Batch(message.raw_message, message.consumer)


async def unread(
    batch: tuple[ConsumerRecord[Any, Any], ...], parse: Callable[[Any], Awaitable[KafkaMessage]]
) -> KafkaMessage:
    """The framework's own parser is shown no headers: it takes them all for UTF-8, and a batch that it cannot parse is neither handled nor
    taken back, so that the next commit would lose every record of it. We read them once, for ourselves."""
    message = await parse((replace(batch[0], headers=(), value=None),))
    message.raw_message = batch
    return message


def rewind(batch: Batch) -> None:
    """Every partition of a refused batch back to its first record. The framework does it too, but stops at the first partition that a
    rebalance took away meanwhile, and the next commit would go past the others."""
    firsts: dict[TopicPartition, int] = {}
    for record in batch.records:
        place = TopicPartition(record.topic, record.partition)
        firsts[place] = min(record.offset, firsts.get(place, record.offset))
    for place, offset in firsts.items():
        with suppress(IllegalStateError):
            batch.client.seek(place, offset)


def subscribe(broker: KafkaBroker, group: str, receiver: Receiver, *, poll_ms: int) -> None:
    """FastStream's batch subscriber over a receiver. A router serves one broker once, so it is made here for each run."""
    router = KafkaRouter(ack_policy=AckPolicy.NACK_ON_ERROR)  # the broker's own policy would not reach it
    back_off, pace = BackOff(), Pace()

    @router.subscriber(
        *receiver.topics,
        group_id=group,
        auto_offset_reset="earliest",
        batch=True,
        max_records=BATCH,
        batch_timeout_ms=poll_ms,
        parser=unread,
        decoder=whole,
        no_reply=True,  # else a record's `reply_to` would have us publish wherever it says
        session_timeout_ms=6000,
        heartbeat_interval_ms=2000,
    )
    async def on_batch(batch: Batch) -> None:
        records = [record_of(each) for each in batch.records]
        try:
            await receiver.receive(records)
        except Exception as error:
            # A nack rewinds at once and for ever: the pause is ours to make.
            log.warning("a batch will come again", extra={"facts": {"group": group, "error": type(error).__name__}})
            await back_off.pause()
            rewind(batch)
            raise
        back_off.reset()
        if rest := pace.rest((record.key for record in records), time.monotonic()):
            await asyncio.sleep(rest)

    broker.include_router(router)


class BackOff:
    """0.1 seconds, doubling to 5."""

    def __init__(self) -> None:
        self._next = 0.1

    async def pause(self) -> None:
        """Wait, longer each time."""
        delay, self._next = self._next, min(self._next * 2, 5.0)
        await asyncio.sleep(delay)

    def reset(self) -> None:
        """It worked."""
        self._next = 0.1


def record_of(record: ConsumerRecord[Any, Any]) -> Record:
    """A client's record as ours. What is no text of its headers gets replacement characters, and a key that is none, or none of ours, becomes
    one that no reader knows."""
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    key = keepable((record.key or b"").decode("utf-8", "replace"))
    return Record(record.topic, record.partition, record.offset, key, record.value, headers)
