"""A consumer on Kafka that is never deaf: FastStream sleeps after an empty poll, so there is none."""

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from services.chassis.bus.kafka import Awake, AwakeBroker

POLLS = [{}, {}, {"place": ["record"]}]


@pytest.fixture
def polls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the client's own polls find, one after the other; two find nothing."""
    waiting: list[Any] = list(POLLS)

    async def getmany(_consumer: AIOKafkaConsumer, *_places: Any, **_options: Any) -> Any:
        return waiting.pop(0)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    return waiting


async def test_an_empty_poll_is_followed_by_the_next_at_once(polls: list[Any]) -> None:
    broker = AwakeBroker("127.0.0.1:1", allow_auto_create_topics=False, consumer_only=True, logger=None)
    consumer = (await broker._connect())()
    assert isinstance(consumer, Awake)
    assert await consumer.getmany(timeout_ms=50, max_records=10) == POLLS[-1]
    assert polls == []


async def test_a_consumer_that_is_closed_polls_no_more(polls: list[Any]) -> None:
    consumer = Awake(bootstrap_servers="127.0.0.1:1")
    consumer._closed = True
    assert await consumer.getmany(timeout_ms=50) == {}
    assert polls == POLLS
