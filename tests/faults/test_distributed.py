"""The distributed run as people start it, and its processes with Kafka away: at their start, and stopped under load."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaConsumer

from deploy import topics
from deploy.demo import roster
from deploy.demo.seed import operator, seed
from deploy.distributed import ports_of, prepare_keys
from deploy.process import PROCESSES
from deploy.servers import KafkaServer, PostgresServer
from deploy.servers.process import free_port, port_is_free
from deploy.wiring import EVERYTHING, SERVICES, addresses_of, database_of
from services.chassis.calls import Calls
from services.chassis.identity import Issuer
from services.chassis.settings import Settings
from tests.faults.audit import Audit
from tests.faults.load import REPORT, STEPS, Load, Story
from tests.faults.processes import Running

pytestmark = [pytest.mark.faults, pytest.mark.kafka, pytest.mark.timeout(240)]

YISHI = str(Path(sys.executable).with_name("yishi"))
AWAY_SECONDS = 6.0
AT_LEAST = 10
SEED = 20261123
REPORTING = (
    "mutation($input: ReportMatterInput!) { answer: reportMatter(input: $input) { ... on Case { caseId number } } }"
)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that PostgreSQL's own user can pass through."""
    with tempfile.TemporaryDirectory(prefix="yishi-distributed-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


def on_free_ports(data: Path, **more: Any) -> tuple[Settings, dict[str, str]]:
    """Settings, and the environment that says the same."""
    names = ["port", "kafka_port", "postgres_port", *(f"{name}_port" for name in (*SERVICES, "projector"))]
    given = {"data": data, "demo_issuer": True, "log_level": "WARNING", **{n: free_port() for n in names}, **more}
    environment = {f"YISHI_{name.upper()}": str(value) for name, value in given.items()}
    others = {name: value for name, value in os.environ.items() if not name.startswith("YISHI_")}
    return Settings.model_validate(given), {**others, **environment}


# --- up-distributed, from the first line it prints to the last process it leaves ---------------------------------------------


@pytest.fixture
def up(data: Path) -> Iterator[tuple[Settings, dict[str, str], "subprocess.Popen[str]"]]:
    """`yishi up-distributed`, started; stopped at the end if the test has not done so."""
    settings, environment = on_free_ports(data)
    process = subprocess.Popen(
        [YISHI, "up-distributed"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    yield settings, environment, process
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


async def test_up_distributed(up: tuple[Settings, dict[str, str], "subprocess.Popen[str]"]) -> None:
    settings, environment, process = up
    seen = await asyncio.to_thread(read_until, process, "ready in")
    url = f"http://{settings.host}:{settings.port}"
    assert url in seen
    (notify,) = re.findall(r"notify started \(process (\d+)\)", seen)
    os.kill(int(notify), signal.SIGKILL)  # it comes back while the others go on
    people = ("resident", "group-owner")
    tokens = dict(zip(people, await asyncio.gather(*(token(environment, name) for name in people)), strict=True))
    async with httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as http:
        case_id = await play(http, tokens)
        page = await http.get("/graphql", headers={"accept": "text/html"})
        assert "graphiql" not in page.text.lower(), "only with YISHI_GRAPHIQL=1"
    await read_as_a_foreigner(settings, case_id)
    await each_owner_has_one_database(settings)
    await back(settings, "notify")

    process.send_signal(signal.SIGINT)
    rest, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0, rest
    assert "SIGKILL" not in rest
    said = seen + rest
    assert REPORT["narrative"] not in said
    assert not any(password in said for password in passwords(settings))
    pids = [int(number) for number in re.findall(r"started \(process (\d+)\)", said)]
    pids += [int((settings.data / name / "server.pid").read_text()) for name in ("kafka", "postgres")]
    assert len(pids) == len(PROCESSES) + 1 + 2, "one was started twice"
    assert [pid for pid in pids if is_there(pid)] == []
    assert [name for name, port in ports_of(settings).items() if not port_is_free(port)] == []
    assert not (settings.data / "run.json").exists()


def read_until(process: "subprocess.Popen[str]", word: str) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if word in line:
            return seen
    raise AssertionError(f"{word!r} never came; the output was:\n{seen}")


async def back(settings: Settings, name: str) -> None:
    """A service that was started again is ready."""
    async with asyncio.timeout(60), httpx.AsyncClient(timeout=5, trust_env=False) as http:
        while True:
            with suppress(httpx.TransportError):
                if (await http.get(f"http://127.0.0.1:{settings.port_of(name)}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.02)


async def token(environment: dict[str, str], name: str) -> str:
    process = await asyncio.create_subprocess_exec(
        YISHI, "token", "--as", name, env=environment, stdout=subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode().strip()


async def play(http: httpx.AsyncClient, tokens: dict[str, str]) -> str:
    """S00 by the front door; returns the case's id. A command that comes before the facts it needs is sent again: same key."""
    case_id, answer = "", {}
    for number, (mutation, kind, who, words) in enumerate(STEPS):
        given = {"caseId": case_id, **words} if case_id else REPORT
        query = f"""mutation($input: {kind}Input!) {{ answer: {mutation}(input: $input) {{ __typename
            ... on Case {{ caseId state }} ... on Refusal {{ code messageEn retryable allowed }} }} }}"""
        body = {"query": query, "variables": {"input": {"idempotencyKey": f"distributed-{number}", **given}}}
        async with asyncio.timeout(20):
            while True:
                headers = {"authorization": f"Bearer {tokens[who]}"}
                found = (await http.post("/graphql", json=body, headers=headers)).json()
                answer = found["data"]["answer"]
                if answer["__typename"] == "Case":
                    break
                # The answer of the one before may still be on its way to the service that is asked now.
                assert answer["retryable"] or answer["code"] == "WRONG_STATE", found
                await asyncio.sleep(0.05)
        case_id = answer["caseId"]
    assert answer["state"] == "CLOSED"
    return case_id


async def read_as_a_foreigner(settings: Settings, case_id: str) -> None:
    """CloudEvents 1.0, binary mode, as the Kafka protocol binding has it; nothing of ours is needed to read them."""
    consumer = AIOKafkaConsumer(
        "21.intake.case.v1", bootstrap_servers=f"127.0.0.1:{settings.kafka_port}", auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        records: list[Any] = []
        async with asyncio.timeout(10):
            while not records or dict(records[-1].headers)["ce_type"] != b"org.yishi.intake.CaseClosed.v1":
                records.append(await consumer.getone())
    finally:
        await consumer.stop()
    assert {record.key.decode() for record in records} == {case_id}
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        assert headers["ce_specversion"] == "1.0"
        assert headers["ce_subject"] == headers["ce_partitionkey"] == case_id
        assert headers["ce_source"] == "/yishi/21/intake"
        assert headers["content-type"] == "application/json"
        assert datetime.fromisoformat(headers["ce_time"]).tzinfo is not None
        assert json.loads(record.value)
        assert str(REPORT["narrative"]).encode() not in record.value
    assert len({dict(record.headers)["ce_id"] for record in records}) == len(records)
    assert await topics.diff(f"127.0.0.1:{settings.kafka_port}", settings.cell) == []


async def each_owner_has_one_database(settings: Settings) -> None:
    address = PostgresServer(settings.data / "postgres", settings.postgres_port).create_owned_database("yishi_intake")
    own = await asyncpg.connect(f"postgresql://{address}/yishi_intake")
    assert await own.fetchval("SELECT count(*) FROM inbox") >= 0
    await own.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(f"postgresql://{address}/yishi_notify")


def passwords(settings: Settings) -> list[str]:
    server = PostgresServer(settings.data / "postgres", settings.postgres_port)
    return [server.dsn("x").split(":")[2].split("@")[0]]


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- Kafka away --------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def all_processes(settings: Settings, folder: Path) -> AsyncIterator[dict[str, Running]]:
    """Every process of a distributed run, ready; each drains at the end and says so by its exit code."""
    environment = {f"YISHI_{n.upper()}": str(v) for n, v in settings.model_dump(exclude_defaults=True).items()}
    running = {
        name: Running([name], environment, folder / f"{name}.log", module="deploy.process") for name in PROCESSES
    }
    async with AsyncExitStack() as stack:
        for process in running.values():
            stack.callback(process.kill)
        for name, process in running.items():
            assert await process.ready(f"http://127.0.0.1:{settings.port_of(name)}"), process.said()
        yield running
        codes = await asyncio.gather(*(process.stopped(seconds=40) for process in running.values()))
        assert set(codes) == {0}, dict(zip(running, codes, strict=True))


async def test_kafka_away(data: Path) -> None:
    """At the start, and stopped under load: commands that need no undelivered fact go on, readiness stays true, outboxes fill; afterwards
    they drain, and every matter is whole."""
    with KafkaServer(data / "kafka") as kafka, PostgresServer(data / "postgres", fast=True) as postgres:
        await topics.apply(kafka.bootstrap, "21")
        kafka.stop()
        for name in EVERYTHING:
            postgres.create_database(f"yishi_{name}")
        address = postgres.dsn("x", scheme="x").removeprefix("x://").rpartition("/")[0]
        settings, _ = on_free_ports(data, kafka=kafka.bootstrap, postgres=address)
        prepare_keys(settings)
        issuer = Issuer.kept_in(settings.keys, roster.ISSUER, settings.audience)
        async with all_processes(settings, data):
            calls = Calls(addresses_of(settings))
            await seed(calls, issuer.token(operator(), datetime.now(UTC)))
            await calls.close()
            load = Load(f"http://127.0.0.1:{settings.port}", issuer, SEED, workers=4)
            assert await unsent(settings, "intake") > 5
            assert await not_ready(settings) == []
            await asyncio.to_thread(kafka.start)
            await settled(settings)

            working = asyncio.create_task(load.run())
            await until(lambda: any(len(story.done) > 1 for story in load.stories), 30)
            await asyncio.to_thread(kafka.stop)
            end = asyncio.get_running_loop().time() + AWAY_SECONDS
            count = 0
            while count < AT_LEAST or asyncio.get_running_loop().time() < end:
                await reported(load, f"away-{count}", 1)
                assert await not_ready(settings) == []
                count += 1
            assert await unsent(settings, "intake") >= count
            assert not working.done()
            await asyncio.to_thread(kafka.start)
            load.enough()
            await working
            await settled(settings)
            await load.until_fresh()
            assert await Audit(lambda name: database_of(settings, name), load.stories).run() == []
            await load.close()


async def reported(load: Load, name: str, times: int) -> None:
    """Matters reported one after another, each answered at the first try."""
    for number in range(times):
        key = f"story-{name}-{number:04d}"
        found = await load.ask("resident", REPORTING, input={"idempotencyKey": key, **REPORT})
        answer = (found or {}).get("answer", {})
        assert "caseId" in answer, found
        load.stories.append(Story(key, answer["caseId"], answer["number"], ["reportMatter"]))


async def unsent(settings: Settings, service: str) -> int:
    async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
        found = (await http.get(f"http://127.0.0.1:{settings.port_of(service)}/outbox")).json()
    return int(found["unsent"])


async def settled(settings: Settings) -> None:
    """Every outbox empty, every consumer at the end of its topics."""
    async with asyncio.timeout(90), httpx.AsyncClient(timeout=10, trust_env=False) as http:
        quiet = 0
        while quiet < 2:  # one service's last record may be another's next
            quiet += 1
            for name in (*SERVICES, "projector"):
                metrics = (await http.get(f"http://127.0.0.1:{settings.port_of(name)}/metrics")).text.splitlines()
                if not {"yishi_outbox_unsent 0.0", "yishi_consumer_lag 0.0"} <= set(metrics):
                    quiet = 0
            await asyncio.sleep(0.05)


async def not_ready(settings: Settings) -> list[str]:
    async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
        asked = {name: http.get(f"http://127.0.0.1:{settings.port_of(name)}/readyz") for name in PROCESSES}
        answers = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    return [name for name, answer in answers.items() if answer.status_code != 200]


async def until(done: Any, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not done():
            await asyncio.sleep(0.02)
