"""The distributed system, single processes of it killed under load: nothing lost, nothing twice, on real Apache Kafka and PostgreSQL."""

import asyncio
import random
import signal
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer

from deploy import topics
from deploy.demo import roster
from deploy.process import PROCESSES
from deploy.servers import KafkaServer, PostgresServer
from deploy.wiring import EVERYTHING, SYSTEM_ISSUER, addresses_of, database_of, secret_of
from services.chassis.calls import Calls
from services.chassis.crash import Point
from services.chassis.identity import Issuer
from services.chassis.settings import Settings
from services.contracts.topics import TOPICS
from tests.faults.audit import Audit, Fact
from tests.faults.load import Load
from tests.faults.processes import Running, free_port, hits_in

SEED = 20261123
HITS = 5
CHANCES = {Point.BEFORE_COMMIT: 0.15, Point.AFTER_COMMIT: 0.15, Point.BEFORE_OFFSETS: 0.2, Point.BEFORE_MARK: 0.2}
RANDOM_KILLS = 5
CELL = "2103"
"""A cell of its own: its topics and groups share the broker with the other tests."""
SECONDS = 300
"""A generous bound: alone on two cores it takes about a minute, most of it waiting for leases and sessions of the dead to end."""

pytestmark = [pytest.mark.kafka, pytest.mark.faults, pytest.mark.timeout(400)]


@pytest_asyncio.fixture
async def settings(kafka_server: KafkaServer) -> AsyncIterator[Settings]:
    """Databases, topics and keys for the processes of one test."""
    with tempfile.TemporaryDirectory(prefix="yishi-kill-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as a user of its own
        with PostgresServer(folder / "postgres", fast=True) as postgres:
            for owner in EVERYTHING:
                postgres.create_database(f"yishi_{owner}")
            address = postgres.dsn("x", scheme="x").removeprefix("x://").rpartition("/")[0]
            ports = {f"{name}_port": free_port() for name in PROCESSES if name != "gateway"}
            made = {"data": folder / "data", "cell": CELL, "kafka": kafka_server.bootstrap, "postgres": address}
            settings = Settings.model_validate({**made, **ports, "port": free_port(), "testing": True})
            secret_of(settings)
            Issuer.kept_in(settings.keys, SYSTEM_ISSUER, settings.audience)
            await topics.apply(settings.kafka, CELL)
            yield settings


class Killed:
    """All processes of a distributed run, each started again whenever it has died."""

    def __init__(self, settings: Settings, output: Path) -> None:
        self.kills = 0
        self.phases: dict[str, float] = {}
        self._since = time.monotonic()
        self.starts: Counter[str] = Counter()
        self.running: dict[str, Running] = {}
        self._settings = settings
        self._output = output
        self._dice = random.Random(SEED)
        self._stopping = asyncio.Event()

    def phase(self, name: str) -> None:
        """Something is done: how long it took, in seconds."""
        now = time.monotonic()
        self.phases[name], self._since = round(now - self._since, 1), now

    @property
    def missing(self) -> list[Point]:
        """Points that have not been hit often enough."""
        hits = hits_in(self._settings.data)
        return [point for point in CHANCES if hits[point.value] < HITS]

    async def keep_up(self) -> None:
        """Start everything; start what dies again; until `stop`."""
        async with asyncio.TaskGroup() as keepers:
            for name in PROCESSES:
                keepers.create_task(self._keep(name))

    async def _keep(self, name: str) -> None:
        while not self._stopping.is_set():
            # Seeding is no part of the test: the first start of each is safe.
            plans = [f"{point.value}:{CHANCES[point]}:{self._dice.randrange(10**6)}" for point in self.missing]
            environment = {
                f"YISHI_{field}".upper(): str(value)
                for field, value in self._settings.model_dump(exclude_defaults=True).items()
            }
            environment |= {"YISHI_LOG_LEVEL": "ERROR", "YISHI_CRASH": ",".join(plans if self.starts[name] else [])}
            process = Running([name], environment, self._output, module="deploy.process")
            self.running[name] = process
            self.starts[name] += 1
            code = await process.ended(2 * SECONDS)
            assert code == (0 if self._stopping.is_set() else -9), (
                f"{name} ended with {code}:\n{process.said()[-3000:]}"
            )

    async def kill_at_random(self, times: int) -> None:
        """Kill -9 any of them, at any moment."""
        for _ in range(times):
            await asyncio.sleep(self._dice.uniform(0.2, 1.0))
            self.running[self._dice.choice(PROCESSES)].kill()
            self.kills += 1

    async def kill_each(self) -> None:
        """Once each, so that each runs with its crash points from now on."""
        for process in self.running.values():
            process.kill()

    async def until_hit(self) -> None:
        """Until every point has been hit often enough."""
        while self.missing:
            await asyncio.sleep(0.1)

    def stop(self) -> None:
        """SIGTERM to all."""
        self._stopping.set()
        for process in self.running.values():
            process.send(signal.SIGTERM)

    def end(self) -> None:
        """Leave none behind."""
        self._stopping.set()
        for process in self.running.values():
            process.kill()


async def test_killed_under_load(settings: Settings, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{settings.port}"
    issuer = Issuer.kept_in(settings.keys, "yishi-test", settings.audience)
    load = Load(url, issuer, SEED)
    killed = Killed(settings, tmp_path / "output")
    keeping = asyncio.create_task(killed.keep_up())
    working: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(SECONDS):
            await _all_ready(killed, settings)
            await _seed(settings, issuer)
            await load.until_fresh()
            killed.phase("started and seeded")
            working = asyncio.create_task(load.run())
            await killed.kill_each()
            await killed.kill_at_random(RANDOM_KILLS)
            await killed.until_hit()
            killed.phase("hit")
            await killed.kill_each()  # from here on without crash points
            load.enough()
            await working
            await Audit(partial(database_of, settings), load.stories, CELL).until_heard()
            await load.until_fresh()
            killed.phase("settled")
            killed.stop()
            await keeping
            killed.phase("stopped")
    except TimeoutError:
        for task in (keeping, working):
            if task is not None and task.done():
                await task  # the reason, if it failed
        raise AssertionError(f"not done after {SECONDS} s: {_about(settings, killed, load)}") from None
    finally:
        killed.end()
        for task in (keeping, working):
            if task is not None:
                task.cancel()
        await load.close()
    audit = Audit(partial(database_of, settings), load.stories, CELL)
    problems = await audit.run()
    again, disorder = await _on_kafka(settings, audit.facts)
    about = f"{_about(settings, killed, load)}; {len(audit.facts)} facts, {again} of them twice on Kafka"
    print(about)
    assert not [*problems, *disorder], f"{about}\n" + "\n".join([*problems, *disorder])
    assert not killed.missing, about
    assert again >= HITS, about
    assert len(load.stories) >= 10, about


def _about(settings: Settings, killed: Killed, load: Load) -> str:
    return (
        f"seed {SEED}; hits {dict(hits_in(settings.data))}, {killed.kills} random kills, starts {dict(killed.starts)}, seconds {killed.phases}; "
        f"{len(load.stories)} cases; sent again because of {dict(load.retries)}"
    )


async def _all_ready(killed: Killed, settings: Settings) -> None:
    while len(killed.running) < len(PROCESSES):
        await asyncio.sleep(0.05)
    for name, process in killed.running.items():
        assert await process.ready(f"http://127.0.0.1:{settings.port_of(name)}"), process.said()


async def _seed(settings: Settings, issuer: Issuer) -> None:
    """The village of the demonstration and what is above it in this cell."""
    token = issuer.token(roster.caller("operator"), datetime.now(UTC))
    regions = [{"code": code, "name": code} for code in (CELL, "210302", "210302003", "210302003008")]
    calls = Calls(addresses_of(settings))
    try:
        await calls.command(
            "intake", "ImportRegions", {"idempotencyKey": "seed-regions", "regions": regions}, {}, token
        )
        for node in roster.nodes():
            if node.region.startswith("210302003"):
                command = {"idempotencyKey": f"seed-{node.id}", "node": node.model_dump(mode="json", exclude_none=True)}
                await calls.command("intake", "PutNode", command, {}, token)
    finally:
        await calls.close()


async def _on_kafka(settings: Settings, facts: Sequence[Fact]) -> tuple[int, list[str]]:
    """How many records of the topics are repetitions; where the first of each are not in the order of the outbox, or are missing."""
    consumer = AIOKafkaConsumer(
        *[topic.in_cell(CELL) for topic in TOPICS], bootstrap_servers=settings.kafka, auto_offset_reset="earliest"
    )
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    again = 0
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    lane = found[record.topic, (record.key or b"").decode()]
                    event_id = dict(record.headers)["ce_id"].decode()
                    again += event_id in lane
                    lane += [event_id] if event_id not in lane else []
    finally:
        await consumer.stop()
    told: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for fact in facts:
        told[fact.topic.in_cell(CELL), fact.event.key].append(fact.event_id)
    return again, [f"order on Kafka at {place}" for place in {*found, *told} if found[place] != told[place]]
