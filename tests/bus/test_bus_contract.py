"""One suite on both buses: what the services may rely on, whichever they stand on."""

import asyncio
import gc
import secrets
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError
from faststream.kafka.message import KafkaAckableMessage
from sqlalchemy.exc import OperationalError

from deploy.servers import KafkaServer
from services.chassis.bus.log import Chaos
from services.chassis.bus.port import Batch, rewind
from services.chassis.wire import MAX_RECORD
from tests.bus.rigs import Collector, Rig, caught_up, consuming, embedded_rig, kafka_rig, make_rig, record, until


@pytest_asyncio.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with make_rig(request.param, lambda: request.getfixturevalue("kafka_server").bootstrap) as made:
        yield made


async def test_every_record_arrives_in_order_per_topic_and_key(rig: Rig) -> None:
    topics = await rig.topics(2)
    collector = Collector(topics)
    keys = [f"key-{n}" for n in range(7)]
    async with consuming(rig, await rig.reader(), collector) as consumer:
        for page in range(4):
            numbers = range(page * 50, page * 50 + 50)
            await rig.bus.publish([record(t, k, b"%d" % n) for n in numbers for t in topics for k in keys])
        await until(lambda: len(collector.records) == 4 * 50 * 2 * 7)
        await caught_up(consumer)
    for topic in topics:
        for key in keys:
            assert collector.lane(topic, key) == [b"%d" % n for n in range(200)]


async def test_a_batch_that_was_taken_leaves_memory_at_once(rig: Rig) -> None:
    """Not when the collector of cycles comes by, which is seldom, nor when a request would have timed out."""
    [topic] = await rig.topics(1)
    collector = Collector([topic])
    gc.disable()
    try:
        async with consuming(rig, await rig.reader(), collector) as consumer:
            for n in range(5):
                await rig.bus.publish([record(topic, "key", b"%d" % n)])
                await until(lambda n=n: len(collector.records) == n + 1)  # type: ignore[misc]
            await caught_up(consumer)
            alive = [each for each in gc.get_objects() if isinstance(each, KafkaAckableMessage)]
            assert len(alive) <= 1, "the last one at most"
    finally:
        gc.enable()


async def test_a_refused_batch_comes_again_whole_and_later(rig: Rig) -> None:
    """The receiver raises three times: nothing is skipped, nothing overtakes, and the pauses grow."""
    topics = await rig.topics(3)
    collector = Collector(topics, failures=3)
    keys = [f"key-{n}" for n in range(5)]
    sent = [record(t, k, b"%d" % n) for n in range(8) for t in topics for k in keys]
    await rig.bus.publish(sent)
    async with consuming(rig, await rig.reader(), collector) as consumer:
        await until(lambda: len(collector.records) >= len(sent))
        await caught_up(consumer)
        await rig.bus.publish([record(topics[0], keys[0], b"later")])
        await until(lambda: b"later" in collector.values())
    assert len(collector.records) == len(sent) + 1
    for topic in topics:
        for key in keys:
            assert collector.lane(topic, key)[:8] == [b"%d" % n for n in range(8)]
    places = [{(r.topic, r.partition, r.offset) for r in batch} for batch in collector.batches]
    seen_again = set().union(*places[3:])
    assert all(refused <= seen_again for refused in places[:3])
    first, second, third = (after - before for before, after in list(pairwise(collector.at))[:3])
    assert first >= 0.09
    assert second >= 0.19
    assert third >= 0.39


async def test_a_refusal_in_mid_stream_rewinds_every_partition(rig: Rig) -> None:
    topics = await rig.topics(2)
    collector = Collector(topics)
    keys = [f"key-{n}" for n in range(9)]
    async with consuming(rig, await rig.reader(), collector):
        await rig.bus.publish([record(t, k, b"0") for t in topics for k in keys])
        await until(lambda: len(collector.records) == 18)
        collector.failures = 2
        await rig.bus.publish([record(t, k, b"1") for t in topics for k in keys])
        await until(lambda: len(collector.records) >= 36)
    assert [collector.lane(t, k) for t in topics for k in keys] == [[b"0", b"1"]] * 18


async def test_a_new_group_starts_at_the_beginning(rig: Rig) -> None:
    (topic,) = await rig.topics()
    await rig.bus.publish([record(topic, "k", b"%d" % n) for n in range(3)])
    collector = Collector([topic])
    async with consuming(rig, await rig.reader(), collector):
        await until(lambda: len(collector.records) == 3)
    assert collector.values() == [b"0", b"1", b"2"]


async def test_groups_are_independent(rig: Rig) -> None:
    (topic,) = await rig.topics()
    one, other = Collector([topic]), Collector([topic], failures=1)
    async with consuming(rig, await rig.reader(), one), consuming(rig, await rig.reader(), other):
        await rig.bus.publish([record(topic, "k", b"%d" % n) for n in range(20)])
        await until(lambda: len(one.records) == len(other.records) == 20)
    assert one.values() == other.values() == [b"%d" % n for n in range(20)]


async def test_offsets_outlive_the_consumer(rig: Rig) -> None:
    (topic,) = await rig.topics()
    group = await rig.reader()
    before, after = Collector([topic]), Collector([topic])
    await rig.bus.publish([record(topic, f"k{n % 4}", b"%d" % n) for n in range(10)])
    async with consuming(rig, group, before) as consumer:
        await until(lambda: len(before.records) == 10)
        await caught_up(consumer)
    await rig.bus.publish([record(topic, f"k{n % 4}", b"%d" % n) for n in range(10, 20)])
    async with consuming(rig, group, after) as consumer:
        await until(lambda: len(after.records) >= 10)
        await caught_up(consumer)
    assert sorted(after.values(), key=lambda value: int(value or b"")) == [b"%d" % n for n in range(10, 20)]


async def test_stopping_finishes_the_batch_at_hand(rig: Rig) -> None:
    """And keeps its offsets: after a restart it does not come again."""
    (topic,) = await rig.topics()
    group = await rig.reader()
    collector = Collector([topic])
    collector.gate.clear()
    consumer = rig.bus.consumer(group, collector)
    await consumer.start()
    await rig.bus.publish([record(topic, "k", b"0")])
    await until(lambda: len(collector.batches) == 1)
    stopping = asyncio.create_task(consumer.stop())
    await asyncio.sleep(0.05)  # time in which it would have stopped, did it not wait for the batch
    assert not stopping.done()
    collector.gate.set()
    await stopping
    assert collector.values() == [b"0"]
    after = Collector([topic])
    await rig.bus.publish([record(topic, "k", b"1")])
    async with consuming(rig, group, after):
        await until(lambda: len(after.records) == 1)
    assert after.values() == [b"1"]


async def test_a_consumer_stopped_in_its_back_off_loses_nothing(rig: Rig) -> None:
    (topic,) = await rig.topics()
    group = await rig.reader()
    broken = Collector([topic], failures=1_000)
    await rig.bus.publish([record(topic, f"k{n}", b"%d" % n) for n in range(6)])
    async with consuming(rig, group, broken):
        await until(lambda: len(broken.batches) >= 2)
    assert broken.records == []
    mended = Collector([topic])
    async with consuming(rig, group, mended):
        await until(lambda: len(mended.records) >= 6)
    assert sorted(mended.values(), key=lambda value: value or b"") == [b"%d" % n for n in range(6)]


async def test_a_consumer_stopped_as_it_starts_leaves_nothing_running(rig: Rig) -> None:
    topics = await rig.topics(2)
    before = asyncio.all_tasks()
    for milliseconds in (0, 1, 3, 10, 30, 100, 300):
        consumer = rig.bus.consumer(await rig.reader(), Collector(topics))
        await consumer.start()
        await asyncio.sleep(milliseconds / 1000)
        await consumer.stop()
    await until(lambda: not {task for task in asyncio.all_tasks() - before if not task.done()}, 5)


async def test_back_off_leaves_the_loop_alone(rig: Rig) -> None:
    """A receiver that always fails is asked again a few times a second, not thousands."""
    (topic,) = await rig.topics()
    broken = Collector([topic], failures=1_000_000)
    loop = asyncio.get_running_loop()
    worst, running = 0.0, True

    async def measure() -> None:
        nonlocal worst
        while running:
            asked = loop.time()
            await asyncio.sleep(0.01)  # how much later than asked it wakes is what is measured
            worst = max(worst, loop.time() - asked - 0.01)

    await rig.bus.publish([record(topic, "k", b"0")])
    async with consuming(rig, await rig.reader(), broken):
        await until(lambda: len(broken.batches) == 1)
        meanwhile = asyncio.create_task(measure())
        await until(lambda: len(broken.batches) == 4)
        running = False
        await meanwhile
    assert broken.at[3] - broken.at[0] >= 0.65
    assert worst < 0.5


async def test_a_record_holds_at_most_256_kib(rig: Rig) -> None:
    (topic,) = await rig.topics()
    collector = Collector([topic])
    largest = secrets.token_bytes(MAX_RECORD)
    async with consuming(rig, await rig.reader(), collector):
        await rig.bus.publish([record(topic, "k", largest), record(topic, "k", largest)])
        with pytest.raises(ValueError, match="at most 262144 bytes"):
            await rig.bus.publish([record(topic, "k", largest + b"!")])
        await rig.bus.publish([record(topic, "k", b"small")])
        await until(lambda: len(collector.records) == 3)
    assert collector.values() == [largest, largest, b"small"]


async def test_one_record_too_large_keeps_none_of_its_page(rig: Rig) -> None:
    """Half a page sent would be sent again with the next try: all or none is the easier promise."""
    (topic,) = await rig.topics()
    collector = Collector([topic])
    async with consuming(rig, await rig.reader(), collector):
        with pytest.raises(ValueError):
            await rig.bus.publish([record(topic, "k", b"fits"), record(topic, "k", b"!" * (MAX_RECORD + 1))])
        await rig.bus.publish([record(topic, "k", b"next")])
        await until(lambda: b"next" in collector.values())
    assert collector.values() == [b"next"]


async def test_bytes_and_headers_arrive_as_they_were_sent(rig: Rig) -> None:
    (topic,) = await rig.topics()
    collector = Collector([topic])
    headers = {"ce_type": "org.yishi.测试.v1", "empty": "", "quote": '"{}\\', "line": "a\nb"}
    values = [b"\xff\xfe\x00not text", b"", None, "公告栏".encode(), bytes(range(256))]
    sent = [record(topic, "钥匙 / key", value, **headers) for value in values]
    async with consuming(rig, await rig.reader(), collector):
        await rig.bus.publish(sent)
        await until(lambda: len(collector.records) == len(sent))
    assert collector.values() == values
    assert {r.key for r in collector.records} == {"钥匙 / key"}
    assert [dict(r.headers) for r in collector.records] == [dict(r.headers) for r in sent]


async def test_one_id_published_twice_arrives_twice(rig: Rig) -> None:
    """A relay that crashed sends again: the bus lets it, the inbox sees it."""
    (topic,) = await rig.topics()
    collector = Collector([topic])
    once = record(topic, "k", b"0")
    async with consuming(rig, await rig.reader(), collector):
        await rig.bus.publish([once])
        await rig.bus.publish([once])
        await until(lambda: len(collector.records) == 2)
    first, second = collector.records
    assert first.event_id == second.event_id == once.event_id
    assert second.offset > first.offset


async def test_records_without_an_id_arrive(rig: Rig) -> None:
    (topic,) = await rig.topics()
    collector = Collector([topic])
    bare = record(topic, "k", b"0")
    bare = type(bare)(topic, 0, 0, "k", b"0", {})
    async with consuming(rig, await rig.reader(), collector):
        await rig.bus.publish([bare, bare])
        await until(lambda: len(collector.records) == 2)
    assert len({r.event_id for r in collector.records}) == 2


async def test_a_foreign_reply_address_is_not_answered(rig: Rig) -> None:
    """`reply_to` means something to the framework; to us it is a header like any other."""
    topic, elsewhere = await rig.topics(2)
    collector = Collector([topic, elsewhere])
    async with consuming(rig, await rig.reader(), collector) as consumer:
        await rig.bus.publish([record(topic, "k", b"0", reply_to=elsewhere), record(topic, "k", b"1")])
        await until(lambda: len(collector.records) >= 2)
        await caught_up(consumer)
        await rig.bus.publish([record(topic, "k", b"2")])
        await until(lambda: b"2" in collector.values())
        await caught_up(consumer)
    assert collector.values() == [b"0", b"1", b"2"]


async def test_lag_counts_the_records_that_are_not_consumed(rig: Rig) -> None:
    topics = await rig.topics(2)
    collector = Collector(topics)
    collector.gate.clear()
    await rig.bus.publish([record(t, f"k{n}", b"%d" % n) for n in range(5) for t in topics])
    consumer = rig.bus.consumer(await rig.reader(), collector)
    assert await consumer.lag() == 10
    await consumer.start()
    await until(lambda: bool(collector.batches))
    assert await consumer.lag() == 10, "a batch at hand is not consumed"
    collector.gate.set()
    await until(lambda: len(collector.records) == 10)
    await caught_up(consumer)
    assert await consumer.lag() == 0
    await consumer.stop()


async def test_ends_of_a_moment_are_passed_though_more_has_come(rig: Rig) -> None:
    topics = await rig.topics(2)
    collector = Collector(topics)
    consumer = rig.bus.consumer(await rig.reader(), collector)
    assert await consumer.passed(await consumer.ends()), "nothing is there"
    await rig.bus.publish([record(t, f"k{n}", b"%d" % n) for n in range(5) for t in topics])
    ends = await consumer.ends()
    assert not await consumer.passed(ends)
    await consumer.start()
    await until(lambda: len(collector.records) == 10)
    await caught_up(consumer)
    assert await consumer.passed(ends)
    collector.gate.clear()
    await rig.bus.publish([record(topics[0], "k", b"more")])
    await until(lambda: len(collector.batches[-1]) == 1 and collector.batches[-1][0].value == b"more")
    assert await consumer.passed(ends)
    assert not await consumer.passed(await consumer.ends()), "a batch at hand is not consumed"
    collector.gate.set()
    await consumer.stop()


async def test_many_publishers_at_once(rig: Rig) -> None:
    """On a bus that nobody has used yet."""
    (topic,) = await rig.topics()
    collector = Collector([topic])

    async def publish(key: str) -> None:
        for n in range(5):
            await rig.bus.publish([record(topic, key, b"%d" % n)])

    async with consuming(rig, await rig.reader(), collector):
        before = asyncio.all_tasks()
        await asyncio.gather(*(publish(f"k{k}") for k in range(12)))
        senders = [task for task in asyncio.all_tasks() - before if "_sender_routine" in repr(task)]
        assert len(senders) <= 1, "they share one producer"
        await until(lambda: len(collector.records) == 60)
    for key in range(12):
        assert collector.lane(topic, f"k{key}") == [b"%d" % n for n in range(5)]


@pytest.mark.kafka
async def test_keys_and_headers_that_are_no_text_stop_nobody(kafka_server: KafkaServer) -> None:
    """Anybody who may write to a topic may write anything: it arrives with replacement characters, and nothing around it is lost.
    (No foreign client can write to the embedded bus.)"""
    async with kafka_rig(kafka_server.bootstrap) as rig:
        (topic,) = await rig.topics()
        producer = AIOKafkaProducer(bootstrap_servers=rig.servers)
        await producer.start()
        send = producer.send_and_wait
        await send(topic, b"0", key=b"k", partition=0)
        await send(topic, b"1", key=b"k\xff", headers=[("ce_id", b"\xff\xfe"), ("x", b"ok")], partition=0)
        await send(topic, b"2", key=None, headers=[("x", None)], partition=0)
        await send(topic, b"3", key=b"k", headers=[("x", b"1"), ("x", b"2")], partition=0)
        await send(topic, b"4", key=b"k", partition=0)
        await producer.stop()
        collector = Collector([topic])
        async with consuming(rig, await rig.reader(), collector) as consumer:
            await until(lambda: len(collector.records) >= 5)
            await caught_up(consumer)
    assert collector.values() == [b"0", b"1", b"2", b"3", b"4"]
    assert [r.key for r in collector.records] == ["k", "k\ufffd", "", "k", "k"]
    assert collector.records[1].headers["ce_id"] == "\ufffd\ufffd"
    assert collector.records[2].headers["x"] == ""


async def test_a_rebalance_during_a_refused_batch_loses_no_other_partition() -> None:
    """The framework rewinds partition by partition and gives up at the first one that is gone: the others must be safe before."""

    class Consumer:
        def __init__(self) -> None:
            self.at: dict[TopicPartition, int] = {}

        def seek(self, partition: TopicPartition, offset: int) -> None:
            if partition.partition == 0:
                raise IllegalStateError("no assignment")
            self.at[partition] = offset

    def consumed(partition: int, offset: int) -> ConsumerRecord[Any, Any]:
        return ConsumerRecord("t", partition, offset, 0, 0, b"k", b"", None, 1, 0, ())

    consumer = Consumer()
    raw = tuple(consumed(partition, offset) for partition in (0, 1, 2) for offset in (7, 5, 6))
    rewind(Batch(raw, consumer))
    assert consumer.at == {TopicPartition("t", 1): 5, TopicPartition("t", 2): 5}


async def test_the_embedded_reader_outlives_a_failing_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads that fail for a while are tried again, with pauses, and nothing is skipped."""
    async with embedded_rig() as rig:
        one, other = (await rig.topics())[0], (await rig.topics())[0]
        log, collector, tried = rig.bus.logs[other], Collector([one, other]), 0
        whole = log.after

        async def failing(*given: Any) -> Any:
            nonlocal tried
            tried += 1
            if tried < 4:
                raise OperationalError("select", {}, Exception("disk I/O error"))
            return await whole(*given)

        await rig.bus.publish([record(topic, "k", b"%d" % n) for n in range(3) for topic in (one, other)])
        monkeypatch.setattr(log, "after", failing)
        async with consuming(rig, await rig.reader(), collector):
            started = asyncio.get_running_loop().time()
            await until(lambda: len(collector.records) >= 6)
            assert asyncio.get_running_loop().time() - started > 0.3
    assert collector.lane(one, "k") == collector.lane(other, "k") == [b"0", b"1", b"2"]


async def test_chaos_keeps_order_per_lane_and_repeats_some() -> None:
    """Under test the embedded bus mixes topics and keys by a seed and redelivers one record in twenty."""
    async with embedded_rig(Chaos(7)) as rig:
        topics = await rig.topics(3)
        collector = Collector(topics)
        await rig.bus.publish([record(t, f"k{k}", b"%d" % n) for n in range(40) for t in topics for k in range(3)])
        async with consuming(rig, await rig.reader(), collector) as consumer:
            await caught_up(consumer)
        by_offset = sorted(collector.records, key=lambda r: r.offset)
        assert collector.records != by_offset
        assert 1 <= len(collector.records) - 360 <= 60
        for topic in topics:
            for key in range(3):
                lane = collector.lane(topic, f"k{key}")
                assert list(dict.fromkeys(lane)) == [b"%d" % n for n in range(40)]
