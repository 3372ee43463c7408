"""Who reads for many at once rests between small batches; whoever is alone at work never waits, however fast she is."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.bus import pace
from services.chassis.bus.pace import FEW, FULL, REST, WINDOW, Pace
from services.chassis.relay import Relay
from tests.bus.rigs import Collector, Rig, consuming, make_rig, record, until
from tests.bus.rooms import tell, toy_room
from tests.bus.test_relay import Running, Topics

CROWD = [f"matter-{n}" for n in range(FEW + 1)]
steps = st.lists(st.tuples(st.floats(0, 0.5), st.lists(st.integers(0, 30), min_size=1, max_size=3)), max_size=60)


def test_a_few_matters_are_never_rested_for() -> None:
    reader = Pace()
    assert [reader.rest([key], n / 1000) for n, key in enumerate(CROWD[:FEW] * 100)] == [0.0] * FEW * 100


def test_a_crowd_is() -> None:
    reader = Pace()
    assert [reader.rest([key], 0.0) for key in CROWD] == [0.0] * FEW + [REST]
    assert reader.rest(CROWD[:1], WINDOW / 2) == REST


def test_not_once_it_is_gone() -> None:
    reader = Pace()
    reader.rest(CROWD, 0.0)
    assert reader.rest(CROWD[:1], WINDOW + 0.001) == 0.0


def test_not_behind_a_batch_that_was_worth_its_cost() -> None:
    assert Pace().rest([str(n) for n in range(FULL - 1)], 0.0) == REST
    assert Pace().rest([str(n) for n in range(FULL)], 0.0) == 0.0


@given(steps)
def test_it_rests_for_what_came_within_the_window_and_keeps_nothing_older(taken: list[tuple[float, list[int]]]) -> None:
    reader, now, came = Pace(), 0.0, list[tuple[float, int]]()
    for pause, keys in taken:
        now += pause
        came += [(now, key) for key in keys]
        lately = {key for at, key in came if at >= now - WINDOW}
        assert reader.rest(map(str, keys), now) == (REST if len(lately) > FEW else 0.0)
        assert set(reader._last) == {str(key) for key in lately}


@pytest_asyncio.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with make_rig(request.param, lambda: request.getfixturevalue("kafka_server").bootstrap) as made:
        yield made


@pytest.fixture
def long_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long beside what a busy machine takes for some records."""
    monkeypatch.setattr(pace, "REST", 1.0)
    monkeypatch.setattr(pace, "WINDOW", 30.0)


@pytest.mark.usefixtures("long_rests")
async def test_consumers_gather_what_comes_in_a_crowd(rig: Rig) -> None:
    (topic,) = await rig.topics()
    collector = Collector([topic])
    async with consuming(rig, await rig.reader(), collector):
        await rig.bus.publish([record(topic, key, b"") for key in CROWD])
        await until(lambda: len(collector.records) == len(CROWD))
        before = len(collector.batches)
        for key in CROWD:
            await rig.bus.publish([record(topic, key, b"")])
            await asyncio.sleep(0.02)  # a reader that does not rest takes each by itself meanwhile
        await until(lambda: len(collector.records) == 2 * len(CROWD))
    assert len(collector.batches) - before <= 2


@pytest.mark.usefixtures("long_rests")
async def test_the_relay_gathers_it_too() -> None:
    topics = Topics()
    async with toy_room(None) as room, Running(Relay(room, topics)) as relay:
        room.on_commit = relay.bell.ring
        await tell(room, CROWD)
        await until(lambda: len(topics.got) == len(CROWD))
        for key in CROWD:
            await tell(room, [key])
            await asyncio.sleep(0.02)  # a reader that does not rest takes each by itself meanwhile
        await until(lambda: len(topics.got) == 2 * len(CROWD))
    assert topics.pages[-1] >= len(CROWD) - 1
