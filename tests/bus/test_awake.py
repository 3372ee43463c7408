"""A consumer on Kafka that is never deaf: FastStream sleeps after an empty poll, so there is none. And it commits where it moved, no more."""

from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from services.chassis.bus.kafka import Awake, AwakeBroker

FIRST, SECOND, THIRD = (TopicPartition("topic", number) for number in range(3))


def records(place: TopicPartition, *offsets: int) -> list[ConsumerRecord[Any, Any]]:
    return [ConsumerRecord(*place, offset, 0, 0, b"key", b"value", None, 3, 5, ()) for offset in offsets]


POLLS = [{}, {}, {FIRST: records(FIRST, 4, 5), SECOND: records(SECOND, 8)}]


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


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[TopicPartition, int]]:
    """What is sent to Kafka by a consumer that has the first two places."""
    sent: list[Mapping[TopicPartition, int]] = []

    async def commit(_consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> None:
        sent.append(dict(offsets))

    monkeypatch.setattr(AIOKafkaConsumer, "commit", commit)
    monkeypatch.setattr(AIOKafkaConsumer, "seek", lambda *_given: None)
    monkeypatch.setattr(AIOKafkaConsumer, "assignment", lambda _consumer: frozenset({FIRST, SECOND}))
    return sent


async def test_it_commits_where_it_moved(polls: list[Any], commits: list[Any]) -> None:
    consumer = Awake(bootstrap_servers="127.0.0.1:1")
    await consumer.getmany()
    await consumer.commit()
    polls.append({SECOND: records(SECOND, 9), THIRD: records(THIRD, 1)})
    await consumer.getmany()
    await consumer.commit()
    await consumer.commit()
    assert commits == [{FIRST: 6, SECOND: 9}, {SECOND: 10}], "and not where it is another's by now"


async def test_it_does_not_commit_what_it_went_back_behind(polls: list[Any], commits: list[Any]) -> None:
    consumer = Awake(bootstrap_servers="127.0.0.1:1")
    await consumer.getmany()
    consumer.seek(FIRST, 4)
    await consumer.commit()
    assert commits == [{SECOND: 9}]


async def test_what_could_not_be_committed_is_the_next_time(
    polls: list[Any], commits: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = Awake(bootstrap_servers="127.0.0.1:1")
    await consumer.getmany()
    working = AIOKafkaConsumer.commit

    async def failing(_consumer: AIOKafkaConsumer, _offsets: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(AIOKafkaConsumer, "commit", failing)
    with pytest.raises(ConnectionError):
        await consumer.commit()
    monkeypatch.setattr(AIOKafkaConsumer, "commit", working)
    await consumer.commit()
    assert commits == [{FIRST: 6, SECOND: 9}]
