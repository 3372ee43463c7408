"""`make up-distributed`: Apache Kafka, PostgreSQL, four services, the projector and the gateway, each a process of its own, on loopback.

Nothing of the code differs from the embedded run but the adapters. Here is only what has to be started, in which order, and where
everything is.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from deploy import topics
from deploy.caretaker import Caretaker
from deploy.demo import roster
from deploy.doctor import needs
from deploy.process import PROCESSES, PROJECTION
from deploy.servers import KafkaServer, PostgresServer, Server, ServerError
from deploy.starting import CannotStart, address, check_python, data_folder, of_data
from deploy.supervisor import run as supervise
from deploy.wiring import SERVICES, SYSTEM_ISSUER, book_of, secret_of, trusted
from gateway.projector import PROJECTOR
from services.chassis.identity import Issuer, KeySetError
from services.chassis.settings import Settings
from services.escalation.limits_file import LimitsFileError

GRACE_SECONDS = 35
"""Requests, consumers and relays finish in at most 10, 20 and 3 of them."""
ASKED_TO_STOP = (129, 130, 143)


def run(settings: Settings) -> int:
    """Until Ctrl-C; then stops all of it. Returns the exit code. Raises CannotStart."""
    check_python()
    started = time.monotonic()
    # So that servers half started are stopped, too.
    ending = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda number, _: sys.exit(128 + number)) for number in ending]
    try:
        with data_folder(settings), ExitStack() as stack:
            book_of(settings)
            _refuse_without(settings)
            prepare_keys(settings)
            kafka, postgres = servers_of(settings)
            _start(stack, settings, kafka, postgres)
            environment = environment_of(settings, kafka, postgres)
            caretaker = Caretaker(settings, [kafka, postgres], lambda: welcome(settings, time.monotonic() - started))
            stack.enter_context(caretaker.at_work())
            code = supervise(commands(), environment, GRACE_SECONDS, caretaker.came_up.__contains__)
            return 0 if code in ASKED_TO_STOP else code
    except ServerError as error:
        raise CannotStart(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
    except LimitsFileError as error:
        raise CannotStart(f"YISHI_LIMITS: {error}") from None
    except (topics.KafkaAway, KeySetError) as error:
        raise CannotStart(str(error)) from None
    except KeyboardInterrupt:
        return 0
    finally:
        for number, handler in zip(ending, before, strict=True):
            signal.signal(number, handler)


def ports_of(settings: Settings) -> dict[str, int]:
    """Every port that a distributed run listens on."""
    own = {name: settings.port_of(name) for name in (*SERVICES, PROJECTION)}
    return {"gateway": settings.port, **own, "Kafka": settings.kafka_port, "PostgreSQL": settings.postgres_port}


def servers_of(settings: Settings) -> tuple[KafkaServer, PostgresServer]:
    """The two servers, not started."""
    data = settings.data.absolute()
    return KafkaServer(data / "kafka", settings.kafka_port), PostgresServer(data / "postgres", settings.postgres_port)


def commands() -> dict[str, list[str]]:
    """The processes, by name."""
    return {name: [sys.executable, "-m", "deploy.process", name] for name in PROCESSES}


def environment_of(settings: Settings, kafka: KafkaServer, postgres: PostgresServer) -> dict[str, Mapping[str, str]]:
    """What each process is told beside the caller's environment, its database's password among it: where only this user can look.
    Makes the databases, each with an owner of its own, unless they are there."""
    found: dict[str, Mapping[str, str]] = {}
    shared = {"YISHI_KAFKA": kafka.bootstrap, "YISHI_DATA": str(settings.data.absolute())}
    addresses = {name: postgres.create_owned_database(f"yishi_{name}") for name in (*SERVICES, PROJECTOR.name)}
    for name in PROCESSES:
        found[name] = shared | {"YISHI_POSTGRES": addresses.get(name, addresses[PROJECTOR.name])}
    return found


def welcome(settings: Settings, seconds: float) -> str:
    """Where everything is."""
    url, data = address(settings), settings.data
    services = "  ".join(f"{name} {settings.port_of(name)}" for name in (*SERVICES, PROJECTION))
    tokens = f"{of_data(settings)}YISHI_DEMO_ISSUER=1 .venv/bin/yishi token --as resident"
    if not settings.demo_issuer:
        tokens = (
            f"your identity provider's, whose keys go into {settings.jwks_file} (demonstration: YISHI_DEMO_ISSUER=1)"
        )
    return "\n".join(
        [
            "",
            f"  议事 Yishi  {url}   (ready in {seconds:.1f} s; data in {data}; Ctrl-C stops all of it)",
            f"  GraphQL     {url}/graphql   (GraphiQL: {'on' if settings.graphiql else 'YISHI_GRAPHIQL=1'})",
            f"  services    {services}   (/readyz, /metrics)",
            f"  Kafka       127.0.0.1:{settings.kafka_port}   (log in {data}/kafka/server.log)",
            f"  PostgreSQL  127.0.0.1:{settings.postgres_port}   (yishi_<service>; log in {data}/postgres/server.log)",
            "  logs        here, one JSON object a line, behind the name of the process",
            f"  token       {tokens}",
            "",
        ]
    )


def _refuse_without(settings: Settings) -> None:
    if missing := needs(settings.data, ports_of(settings)):
        lines = [f"  {check.name}: {check.found}. {check.how_to_get_it}" for check in missing]
        raise CannotStart("\n".join(["A distributed run lacks (yishi doctor shows all):", *lines]))


def prepare_keys(settings: Settings) -> None:
    """Before six processes would make them at once. An issuer for demonstrations is trusted only by who asked for it, also in a folder
    that an embedded run has used."""
    secret_of(settings)
    trusted(settings)
    Issuer.kept_in(settings.system_keys, SYSTEM_ISSUER, settings.audience)
    if settings.demo_issuer:
        Issuer.kept_in(settings.keys, roster.ISSUER, settings.audience)
        return
    (settings.keys / f"{roster.ISSUER}.pem").unlink(missing_ok=True)
    file = settings.keys / "jwks.json"
    if not file.exists():  # the operator's own issuers are in a file of theirs
        return
    keys = [key for key in json.loads(file.read_text(encoding="utf-8"))["keys"] if key["iss"] != roster.ISSUER]
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps({"keys": keys}, indent=1), encoding="utf-8")
    fresh.replace(file)


def _start(stack: ExitStack, settings: Settings, kafka: KafkaServer, postgres: PostgresServer) -> None:
    """Both servers at once, then the topics."""
    servers: tuple[Server, ...] = (kafka, postgres)
    for server in servers:
        stack.callback(server.stop)
    with ThreadPoolExecutor() as threads:
        starting = [threads.submit(server.start) for server in servers]
    for done in starting:
        done.result()
    for change in topics.unmended(asyncio.run(topics.apply(kafka.bootstrap, settings.cell))):
        print(
            f"topic {change.topic}: {change.difference} {change.found} (declared: {change.wanted or 'no such topic'})"
        )
