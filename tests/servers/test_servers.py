"""The real servers on free ports: data survives a restart and a kill, and what goes wrong is said in one sentence."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.servers import KafkaServer, PostgresServer, Server, ServerError
from deploy.servers.process import free_port, port_is_free

pytestmark = pytest.mark.kafka


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the system user of PostgreSQL may pass through (pytest's own are closed to others)."""
    path = Path(tempfile.mkdtemp(prefix="yishi-servers-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def kafka_data() -> Iterator[Path]:
    """Formatted once for all tests of this file."""
    path = Path(tempfile.mkdtemp(prefix="yishi-servers-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def kafka(kafka_data: Path) -> Iterator[KafkaServer]:
    with KafkaServer(kafka_data) as server:
        yield server


@pytest.fixture(scope="module")
def postgres_data() -> Iterator[Path]:
    """Initialised once for most tests of this file."""
    path = Path(tempfile.mkdtemp(prefix="yishi-servers-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def postgres(postgres_data: Path) -> Iterator[PostgresServer]:
    with PostgresServer(postgres_data, fast=True) as server:
        yield server


async def produce(kafka: KafkaServer, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=[kafka.bootstrap], enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=b"matter")
    finally:
        await producer.stop()


async def consume(kafka: KafkaServer, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=[kafka.bootstrap], group_id=f"{topic}.{count}", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        return [(await asyncio.wait_for(consumer.getone(), 10)).value for _ in range(count)]
    finally:
        await consumer.stop()


async def create_topic(kafka: KafkaServer, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=[kafka.bootstrap])
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def test_kafka_keeps_records_over_a_restart_and_a_kill(kafka: KafkaServer) -> None:
    await create_topic(kafka, "kept")
    await produce(kafka, "kept", b"first")
    assert await consume(kafka, "kept", 1) == [b"first"]

    kafka.stop()
    assert not kafka.ready()
    kafka.start()
    await produce(kafka, "kept", b"second")

    kafka.kill()
    assert kafka.pid is None
    assert kafka.exit_code == -9
    kafka.start()
    await produce(kafka, "kept", b"third")
    assert await consume(kafka, "kept", 3) == [b"first", b"second", b"third"]


async def test_kafka_makes_no_topic_unasked(kafka: KafkaServer) -> None:
    await create_topic(kafka, "declared")
    admin = AIOKafkaAdminClient(bootstrap_servers=[kafka.bootstrap])
    await admin.start()
    try:
        [answer] = await admin.describe_topics(["undeclared"])
        assert answer["error_code"] == 3  # unknown topic
        assert "undeclared" not in await admin.list_topics()
    finally:
        await admin.close()


def test_a_paused_kafka_is_not_ready_until_resumed(kafka: KafkaServer) -> None:
    kafka.pause()
    assert kafka.pid is not None
    assert not kafka.ready()
    kafka.resume()
    assert kafka.ready()


def test_kafka_that_dies_at_its_start_says_why(kafka_data: Path) -> None:
    with KafkaServer(kafka_data):
        pass
    broken = KafkaServer(kafka_data, settings={"num.network.threads": "none"})
    with pytest.raises(ServerError, match=r"Kafka ended at its start(.|\n)*num\.network\.threads"):
        broken.start()
    assert broken.pid is None


async def test_postgres_keeps_rows_over_a_restart_and_a_kill(postgres: PostgresServer) -> None:
    postgres.create_database("intake")
    postgres.create_database("intake")
    connection = await asyncpg.connect(postgres.dsn("intake"))
    assert await connection.fetchval("SELECT current_database()") == "intake"
    assert await connection.fetchval("SELECT lower('议事 Ä')") == "议事 ä"
    await connection.execute("CREATE TABLE kept (value int); INSERT INTO kept VALUES (1)")
    await connection.close()

    postgres.stop()
    postgres.start()
    connection = await asyncpg.connect(postgres.dsn("intake"))
    await connection.execute("INSERT INTO kept VALUES (2)")

    postgres.kill()  # while a client is connected
    connection.terminate()
    postgres.start()
    connection = await asyncpg.connect(postgres.dsn("intake"))
    assert await connection.fetchval("SELECT sum(value) FROM kept") == 3
    await connection.close()


async def test_a_paused_postgres_answers_nobody_until_resumed(postgres: PostgresServer) -> None:
    connection = await asyncpg.connect(postgres.dsn("postgres"))
    postgres.pause()
    query = asyncio.create_task(connection.fetchval("SELECT 1"))
    done, _ = await asyncio.wait([query], timeout=0.3)
    assert not done
    postgres.resume()
    assert await asyncio.wait_for(query, 5) == 1
    await connection.close()


async def test_postgres_asks_for_the_password(postgres: PostgresServer) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(host="127.0.0.1", port=postgres.port, user="yishi", password="no", database="postgres")
    assert (postgres.data / "password").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("after", ["_command", "_await_ready"])
def test_a_ctrl_c_while_starting_leaves_nobody_behind(
    postgres_data: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    server = PostgresServer(postgres_data, fast=True)
    original = getattr(server, after)

    def interrupted() -> object:
        signal.raise_signal(signal.SIGINT)
        return original()

    monkeypatch.setattr(server, after, interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            server.start()
    finally:
        signal.signal(signal.SIGINT, before)
    assert server.pid is None
    with PostgresServer(postgres_data, fast=True) as again:
        assert again.ready()


@pytest.mark.parametrize("name", ["", "Intake", "in-take", "a" * 64, "x; DROP DATABASE postgres"])
def test_a_bad_database_name_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ServerError, match="database name"):
        PostgresServer(folder).create_database(name)


def test_postgres_that_dies_at_its_start_says_why(folder: Path) -> None:
    with PostgresServer(folder, fast=True):
        pass
    with (folder / "cluster" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(ServerError, match=r"PostgreSQL ended at its start(.|\n)*no_such_setting"):
        PostgresServer(folder, fast=True).start()


def test_a_broken_off_initialisation_is_begun_again(folder: Path) -> None:
    (folder / "cluster.new").mkdir()
    (folder / "cluster.new" / "PG_VERSION").write_text("15\n")
    with PostgresServer(folder, fast=True) as server:
        assert server.ready()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user")
def test_a_folder_closed_to_the_system_user_is_named(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ServerError, match=f"cannot enter {closed};"):
        PostgresServer(closed / "postgres", fast=True).start()


@pytest.mark.parametrize("kind", [KafkaServer, PostgresServer])
def test_port_and_folder_belong_to_one_server(
    kind: type[Server], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.servers.process.LEFTOVER_SECONDS", 0.1)
    port = free_port()
    first = kind(folder / "first", port)
    with first:
        first.start()  # already running: nothing happens
        with pytest.raises(ServerError, match=f"port {port} for {kind.name} is taken"):
            kind(folder / "second", port).start()
        with pytest.raises(ServerError, match=rf"already running on .*first \(process {first.pid}\)"):
            kind(folder / "first").start()
        assert first.ready()
    assert port_is_free(port)
    first.stop()  # already stopped: nothing happens


def test_of_several_at_once_one_writes_the_archive_of_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.servers.kafka.LIBS", tmp_path)
    first, second = KafkaServer(tmp_path / "first"), KafkaServer(tmp_path / "second")

    def writes(server: KafkaServer) -> bool:
        return any(word.startswith("-XX:ArchiveClassesAtExit") for word in server._command())

    assert (writes(first), writes(second)) == (True, False)
    first.kill()
    assert writes(second), "the first ended without one"
    second.kill()
