"""The `system` fixture: every test that takes it runs twice, on the embedded system and on Apache Kafka with PostgreSQL."""

import gc
import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.memory import spare_the_collector
from deploy.servers import KafkaServer, PostgresServer
from deploy.topics import apply
from deploy.wiring import EVERYTHING, whole_system
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.bus.log import Chaos
from services.chassis.clock import ManualClock
from services.chassis.identity import Issuer
from services.chassis.settings import Settings
from services.contracts.topics import TOPICS
from tests.ending import end_in_order
from tests.harness import START, Harness, Place
from tests.watched import WatchedBus

SEED = 20261123
TEST_ISSUER = "yishi-test"
PARTITIONS = 2

gc.disable()  # until all is loaded: it makes objects and no garbage, and a tenth of the time goes into looking for some

# An example here plays a system for a second or more: the first that fails is reported as it is, for making it smaller takes longer than reading it.
hypothesis.settings.register_profile(
    "yishi", phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate], print_blob=True
)
hypothesis.settings.load_profile("yishi")


def pytest_configure() -> None:
    """A run that is ended by SIGTERM leaves no server behind."""
    end_in_order()


def pytest_collection_finish() -> None:
    """As in a process that serves."""
    spare_the_collector()
    gc.enable()


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaServer]:
    """One broker for the session. A machine without Java or Maven fails here, with a word on how to get them."""
    with tempfile.TemporaryDirectory(prefix="yishi-kafka-") as folder, KafkaServer(Path(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One cluster for the session."""
    with tempfile.TemporaryDirectory(prefix="yishi-postgres-") as folder:
        Path(folder).chmod(0o755)
        with PostgresServer(Path(folder) / "cluster", fast=True) as server:
            yield server


@pytest_asyncio.fixture(scope="session")
async def embedded() -> AsyncIterator[Harness]:
    """The system in one process, on a bus that interleaves by a seed and redelivers one record in twenty."""
    with tempfile.TemporaryDirectory(prefix="yishi-test-") as folder:
        settings = Settings(data=Path(folder), testing=True)
        clock = ManualClock(START)
        issuer = Issuer.kept_in(settings.keys, TEST_ISSUER, settings.audience)
        bus = EmbeddedBus(chaos=Chaos(SEED))
        async with whole_system(settings, bus, clock=clock, timers=False) as system:
            yield Harness("embedded", system, clock, issuer)


@pytest_asyncio.fixture(scope="session")
async def on_kafka(kafka_server: KafkaServer, postgres_server: PostgresServer) -> AsyncIterator[Harness]:
    """The same on real Apache Kafka and PostgreSQL: other adapters, nothing else."""
    for name in EVERYTHING:
        postgres_server.create_database(f"yishi_{name}")
    address = postgres_server.dsn("x", scheme="x").removeprefix("x://").rpartition("/")[0]
    with tempfile.TemporaryDirectory(prefix="yishi-test-") as folder:
        settings = Settings(data=Path(folder), testing=True, kafka=kafka_server.bootstrap, postgres=address)
        clock = ManualClock(START)
        issuer = Issuer.kept_in(settings.keys, TEST_ISSUER, settings.audience)
        await _topics(kafka_server.bootstrap, settings.cell)
        bus = WatchedBus(kafka_server.bootstrap, "tests")
        async with whole_system(settings, bus, clock=clock, timers=False) as system:
            yield Harness("kafka", system, clock, issuer)


async def _topics(servers: str, cell: str) -> None:
    """As declared, but of two partitions each: every question of a consumer names them all, and every answer, so that with six a test takes a
    tenth longer. That keys keep to theirs shows with two."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic.in_cell(cell), PARTITIONS, 1) for topic in TOPICS])
    finally:
        await admin.close()
    await apply(servers, cell)


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)], scope="session")
def system(request: pytest.FixtureRequest) -> Harness:
    """Both systems, one after the other; the second is started only when a test asks for it."""
    found: Harness = request.getfixturevalue("embedded" if request.param == "embedded" else "on_kafka")
    return found


@pytest_asyncio.fixture
async def place(system: Harness) -> AsyncIterator[Place]:
    """A village for this test alone."""
    found = await system.new_place()
    yield found
    await system.leave(found)


@pytest_asyncio.fixture(scope="module")
async def modules_place(system: Harness) -> Place:
    """One village for a module."""
    return await system.new_place()


@pytest_asyncio.fixture
async def shared_place(system: Harness, modules_place: Place) -> Place:
    """The module's village, when all is quiet: for those tests that change nothing there, as each of them shows, or do not look at what
    others left."""
    await system.settle()
    return modules_place


@pytest.fixture(autouse=True, scope="session")
def _quiet_drivers() -> None:
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
