"""The embedded bus's log: what came last is in memory, the rest in its table, and no reader can tell which."""

import asyncio
import random

import pytest
from aiokafka import TopicPartition

from services.chassis.bus import log
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.bus.log import Log, LogConsumer
from services.chassis.wire import Record
from tests.bus.rooms import toy_room

TOPICS = ("a", "b", "quiet")


class Reader:
    """One consumer, and what it was given."""

    def __init__(self, bus: EmbeddedBus, home: Log, *topics: str) -> None:
        self.topics = topics
        self.given: list[bytes] = []
        self.consumer = LogConsumer(bus.logs, home, bus.bell, None)
        self.consumer.subscribe(topics)

    async def read(self, most: int) -> None:
        """One batch, if there is any."""
        self.given += [record.value for record in await self.consumer._read(most)]


@pytest.mark.parametrize("seed", range(6))
async def test_every_reader_is_given_everything_once_and_in_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its pace: in floods that memory does not hold, behind what memory has forgotten, from an offset of long ago."""
    monkeypatch.setattr(log, "LATELY", 8)
    chance = random.Random(seed)
    async with toy_room(None) as room:
        bus = EmbeddedBus()
        bus.own("toy", TOPICS, room.database, room.service.chassis)
        home, told = bus.logs["a"], list[tuple[str, bytes]]()
        readers = [Reader(bus, home, *topics) for topics in (TOPICS, ("a", "quiet"), ("b", "a"), ("quiet",))]

        async def more(many: int) -> None:
            new = [(chance.choice("ab"), f"{len(told) + number}".encode()) for number in range(many)]
            await bus.publish([Record(topic, 0, 0, "k", value, {"ce_id": value.decode()}) for topic, value in new])
            told.extend(new)

        await more(5)
        for reader in readers:
            await reader.consumer.start()
        for _ in range(60):
            await more(chance.choice((0, 1, 1, 3, 30)))
            some = [reader for reader in readers if chance.random() < 0.5]
            await asyncio.gather(*(reader.read(chance.choice((1, 4, 50))) for reader in some))
        await more(1)
        for reader in readers:
            for _ in range(len(told)):
                await reader.read(50)
            assert reader.given == [value for topic, value in told if topic in reader.topics]


async def test_a_batch_that_was_refused_comes_again_from_the_table_or_from_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log, "LATELY", 8)
    async with toy_room(None) as room:
        bus = EmbeddedBus()
        bus.own("toy", TOPICS, room.database, room.service.chassis)
        reader = Reader(bus, bus.logs["a"], *TOPICS)
        await reader.consumer.start()
        values = [str(number).encode() for number in range(40)]
        for number, value in enumerate(values):
            topic = "ab"[number % 2]
            await bus.publish([Record(topic, 0, 0, "k", value, {})])
            await reader.read(50)
        assert reader.given == values
        for since in (36, 4):
            reader.given.clear()
            reader.consumer.seek(TopicPartition("a", 0), since + 1)  # ids begin with 1
            reader.consumer.seek(TopicPartition("b", 0), since + 2)
            for _ in range(9):
                await reader.read(5)
            assert reader.given == values[since:]
