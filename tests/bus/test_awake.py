"""A consumer on Kafka that is never deaf: FastStream sleeps after an empty poll, so there is none. And it commits where it moved, no more."""

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
def commits(monkeypatch: pytest.MonkeyPatch) -> list[dict[TopicPartition, int]]:
    """What is sent to Kafka."""
    sent: list[dict[TopicPartition, int]] = []

    async def commit(_consumer: AIOKafkaConsumer, offsets: Any) -> None:
        sent.append({place: at.offset for place, at in offsets.items()})

    monkeypatch.setattr(AIOKafkaConsumer, "commit", commit)
    return sent


def standing(**at: int) -> Awake:
    """A consumer that has these places and stands there."""
    consumer = Awake(bootstrap_servers="127.0.0.1:1")
    places = {"first": FIRST, "second": SECOND}
    consumer._subscription.assign_from_user({places[name] for name in at})
    stand(consumer, **at)
    return consumer


def stand(consumer: Awake, **at: int) -> None:
    """As the client does when records are handed out, a place is gone back to, or comes back from another consumer."""
    for name, offset in at.items():
        place = {"first": FIRST, "second": SECOND}[name]
        consumer._subscription.subscription.assignment.state_value(place).seek(offset)


async def test_it_commits_where_it_moved(polls: list[Any], commits: list[Any]) -> None:
    consumer = standing(first=6, second=9)
    await consumer.getmany()
    await consumer.commit()
    polls.append({SECOND: records(SECOND, 9), THIRD: records(THIRD, 1)})
    await consumer.getmany()
    stand(consumer, second=10)
    await consumer.commit()
    await consumer.commit()
    assert commits == [{FIRST: 6, SECOND: 9}, {SECOND: 10}], "and not where it is another's by now"


async def test_it_commits_no_more_than_it_stands_at(polls: list[Any], commits: list[Any]) -> None:
    consumer = standing(first=6, second=9)
    await consumer.getmany()
    stand(consumer, first=4)
    await consumer.commit()
    assert commits == [{FIRST: 4, SECOND: 9}], "it went back, for the batch was refused"


async def test_what_could_not_be_committed_is_the_next_time_and_never_backwards(
    polls: list[Any], commits: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = standing(first=6, second=9)
    await consumer.getmany()
    working = AIOKafkaConsumer.commit

    async def failing(_consumer: AIOKafkaConsumer, _offsets: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(AIOKafkaConsumer, "commit", failing)
    with pytest.raises(ConnectionError):
        await consumer.commit()
    monkeypatch.setattr(AIOKafkaConsumer, "commit", working)
    stand(consumer, first=30)
    await consumer.commit()
    assert commits == [{FIRST: 30, SECOND: 9}], "another had the first place meanwhile, and went on"


async def test_without_an_assignment_nothing_is_committed(polls: list[Any], commits: list[Any]) -> None:
    consumer = Awake(bootstrap_servers="127.0.0.1:1")
    await consumer.getmany()
    await consumer.commit()
    assert commits == []
