"""The producer behind Kafka's bus: once it failed it is replaced (aiokafka issue 1017), and nobody replaces or leaves one too many."""

import asyncio
from typing import Any, ClassVar, cast

import pytest

from services.chassis.bus import kafka
from services.chassis.bus.kafka import KafkaBus
from tests.bus.rigs import record


class FakeProducer:
    """aiokafka's producer as far as the bus uses it; the first one fails every send."""

    made: ClassVar[list["FakeProducer"]] = []

    def __init__(self, **_settings: Any) -> None:
        self.stopped = False
        self.sent: list[Any] = []
        self.made.append(self)
        self.poisoned = len(self.made) == 1

    async def start(self) -> None:
        await asyncio.sleep(0)

    async def stop(self) -> None:
        self.stopped = True

    async def partitions_for(self, _topic: str) -> set[int]:
        return {0}

    def create_batch(self) -> Any:
        class Batch(list[Any]):
            def append(self, **fields: Any) -> Any:  # type: ignore[override]
                super().append(fields["value"])
                return object()

            def close(self) -> None:
                pass

        return Batch()

    async def send_batch(self, batch: Any, _topic: str, *, partition: int) -> Any:
        async def acknowledged() -> None:
            await asyncio.sleep(0)
            if self.poisoned or self.stopped:
                raise ConnectionError("OutOfOrderSequenceNumber")
            self.sent += batch

        return asyncio.create_task(acknowledged())


async def test_a_poisoned_producer_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeProducer.made.clear()
    monkeypatch.setattr(kafka, "AIOKafkaProducer", FakeProducer)
    bus = KafkaBus("nowhere:1", "test")
    with pytest.raises(ConnectionError):
        await bus.publish([record("t", "k", b"0")])
    await bus.publish([record("t", "k", b"0")])
    await bus.publish([record("t", "k", b"1")])
    first, second = FakeProducer.made
    assert (first.stopped, first.sent) == (True, [])
    assert (second.stopped, second.sent) == (False, [b"0", b"1"])
    await bus.stop()
    assert second.stopped


async def test_all_who_failed_with_a_producer_replace_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who come late with the old one's failure must not throw the new one away, nor leave one running that nobody stops."""
    FakeProducer.made.clear()
    monkeypatch.setattr(kafka, "AIOKafkaProducer", FakeProducer)
    bus = KafkaBus("nowhere:1", "test")

    async def until_sent(value: bytes) -> None:
        for _ in range(5):
            try:
                await bus.publish([record("t", "k", value)])
            except ConnectionError:
                continue
            return
        raise AssertionError("never sent")

    await asyncio.gather(*(until_sent(b"%d" % n) for n in range(20)))
    await bus.stop()
    assert len(FakeProducer.made) == 2
    assert all(producer.stopped for producer in FakeProducer.made)
    assert sorted(FakeProducer.made[1].sent) == sorted(b"%d" % n for n in range(20))


async def test_a_record_too_large_costs_no_producer(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeProducer.made.clear()
    FakeProducer.made.append(cast(Any, None))  # the next is a sound one
    monkeypatch.setattr(kafka, "AIOKafkaProducer", FakeProducer)
    bus = KafkaBus("nowhere:1", "test")
    await bus.publish([record("t", "k", b"0")])
    with pytest.raises(ValueError):
        await bus.publish([record("t", "k", b"!" * 300_000)])
    await bus.publish([record("t", "k", b"1")])
    assert len(FakeProducer.made) == 2
