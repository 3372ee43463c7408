"""How the services, the gateway and the three adapters are put together. Nothing else knows on which system it runs."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from deploy import readmodel
from deploy.migrate import check, migrate
from deploy.starting import clock_of
from gateway.projector import PROJECTOR, Sources, SystemCaller
from gateway.readmodel.comparison import Comparison
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.bus.port import Bus
from services.chassis.calls import Calls
from services.chassis.clock import Clock
from services.chassis.crash import crash_at
from services.chassis.database import Database
from services.chassis.identity import Issuer, KeySetError, Verifier, check_key_set
from services.chassis.room import Room
from services.chassis.runtime import Runtime
from services.chassis.service import Service
from services.chassis.settings import Settings
from services.chassis.telemetry import Together
from services.contracts import topics
from services.contracts.callers import Caller, Grant
from services.contracts.organisation import Role
from services.deliberation.service import DELIBERATION
from services.escalation.limits_file import load
from services.escalation.rules.limits import RuleBook
from services.escalation.service import ESCALATION
from services.intake.service import INTAKE
from services.notify.service import NOTIFY

SERVICES: Mapping[str, Service] = {s.name: s for s in (INTAKE, DELIBERATION, ESCALATION, NOTIFY)}
EVERYTHING: Mapping[str, Service] = {**SERVICES, PROJECTOR.name: PROJECTOR}
SECRET_BYTES = 32
SYSTEM_ISSUER = "yishi-system"
SYSTEM_LIFETIME = timedelta(minutes=5)


def database_of(settings: Settings, name: str) -> Database:
    """A service's database on this system."""
    if settings.postgres:
        return Database(f"postgresql+asyncpg://{settings.postgres}/yishi_{name}")
    return Database(f"sqlite+aiosqlite:///{settings.data / name}.sqlite")


def secret_of(settings: Settings) -> bytes:
    """The cell's secret for keyed hashes, made at the first use; all services of a cell share it. Raises KeySetError for half a one."""
    file = settings.keys / "secret"
    if not file.exists():
        settings.keys.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(SECRET_BYTES))
        with suppress(FileExistsError):  # another process was first: its secret counts
            file.hardlink_to(fresh)
        fresh.unlink()
    secret = file.read_bytes()
    if len(secret) < SECRET_BYTES:  # with another one, who worked on a matter would be nobody that is known
        raise KeySetError(f"The secret in {file} is cut short: put back a backup of it.")
    return secret


def addresses_of(settings: Settings) -> dict[str, str]:
    """Where the services listen, each a process of its own."""
    return {name: settings.url_of(settings.port_of(name)) for name in SERVICES}


@dataclass
class Part:
    """One service at work."""

    room: Room
    runtime: Runtime


def trusted(settings: Settings) -> tuple[Path, Path]:
    """The key sets whose tokens are believed. Without one of the operator's or anybody's there is an empty one. Raises KeySetError."""
    if settings.jwks is None and not settings.jwks_file.exists():
        settings.keys.mkdir(parents=True, exist_ok=True)
        settings.jwks_file.write_text('{"keys": []}', encoding="utf-8")
    check_key_set(settings.jwks_file)
    return settings.jwks_file, settings.system_jwks_file


def book_of(settings: Settings) -> RuleBook:
    """Time limits and calendars, the operator's over our own. Raises LimitsFileError."""
    return load(*([settings.limits] if settings.limits else []))


class Wiring:
    """Makes parts that belong together."""

    def __init__(
        self,
        settings: Settings,
        bus: Bus,
        *,
        clock: Clock | None = None,
        databases: Callable[[str], Database] | None = None,
        timers: bool = True,
    ) -> None:
        self.settings = settings
        self.bus = bus
        self.clock = clock or clock_of(settings)
        self._system = Issuer.kept_in(settings.system_keys, SYSTEM_ISSUER, settings.audience)
        self.verifier = Verifier(trusted(settings), settings.audience, self.clock)
        self.parts: dict[str, Part] = {}
        self.calls: Calls | None = None
        self._databases = databases or (lambda name: database_of(settings, name))
        self._timers = timers
        self._secret = secret_of(settings)
        self._book = book_of(settings)

    def service(self, name: str) -> Part:
        """A service, or the projector, over its own database."""
        service, database = EVERYTHING[name], self._databases(name)
        relayed = not isinstance(self.bus, EmbeddedBus)
        cell = self.settings.cell
        if isinstance(self.bus, EmbeddedBus):
            own = [topic.in_cell(cell) for topic in topics.TOPICS if topic.owner == name]
            self.bus.own(name, own, database, service.chassis)
        room = Room(
            service,
            database,
            self.clock,
            cell=cell,
            secret=self._secret,
            resources={RuleBook: self._book, Verifier: self.verifier},
            relayed=relayed,
            on_commit=partial(self.bus.committed, name) if isinstance(self.bus, EmbeddedBus) else lambda: None,
            crash=crash_at(self.settings.crash, self.settings.data / "crashes", name),
        )
        runtime = Runtime(
            room, self.bus, self.verifier, causality_wait=self.settings.causality_wait, timers=self._timers
        )
        self.parts[name] = Part(room, runtime)
        return self.parts[name]

    def calling(self, apps: Mapping[str, ASGIApp] | None = None) -> Calls:
        """The client for calls to services: to their apps in this process, or else to their ports."""
        self.calls = Calls({name: f"http://{name}" for name in apps} if apps else addresses_of(self.settings), apps)
        return self.calls

    def give_sources(self, part: Part, calls: Calls) -> None:
        """What the projector needs beside its topics."""
        sources = Sources(tuple(SERVICES))
        sources.consumer = part.runtime.consumer
        part.room.put(Calls, calls)
        part.room.put(Sources, sources)
        part.room.put(SystemCaller, self.system_caller())

    def system_caller(self) -> SystemCaller:
        """The projector, with a token of its own for every call."""
        grant = Grant(role=Role.PROJECTOR, node=f"n_cell-{self.settings.cell}", region=self.settings.cell)
        caller = Caller(member="m_projector", grants=(grant,))
        return SystemCaller(lambda: self.token_for(caller))

    def token_for(self, caller: Caller) -> str:
        """A token of the system's own issuer, which every process trusts whatever other key set it is given."""
        return self._system.token(caller, self.clock.now(), SYSTEM_LIFETIME)

    async def rebuild(self, *, check_only: bool = False, force: bool = False) -> Comparison:
        """Build the gateway's read model again beside the live one, compare and swap. Raises CannotRebuild."""
        assert self.calls is not None, "calling() comes first"
        live = self.parts[PROJECTOR.name].room
        return await readmodel.rebuild(
            live, self.bus, self.calls, self.system_caller(), tuple(SERVICES), check_only=check_only, force=force
        )

    def gateway(self, part: Part, calls: Calls, *, graphiql: bool) -> ASGIApp:
        """The gateway's app, over the read model of a part. Its libraries are imported by those who serve it alone: a service's own
        process starts a second sooner and 20 MB smaller without."""
        from gateway.app import application
        from gateway.context import Gateway
        from gateway.tail import Tail

        gateway = Gateway(part.room, part.runtime.inbox, calls, self.settings.cell, Tail(part.room))
        return application(
            gateway,
            self.verifier,
            graphiql=graphiql,
            origins=self.settings.origins,
            rebuild=self.rebuild,
            measured=self.measured,
        )

    async def measured(self) -> bytes:
        """The counters of every part, for `/metrics` of the process."""
        for part in self.parts.values():
            await part.runtime.measure()
        return Together([part.room.telemetry for part in self.parts.values()]).page()

    async def close(self) -> None:
        """Give everything back."""
        if self.calls:
            await self.calls.close()
        await self.bus.stop()
        for part in self.parts.values():
            await part.room.database.close()


@dataclass
class System:
    """A whole system in one process."""

    wiring: Wiring
    app: ASGIApp

    def room(self, name: str) -> Room:
        """A service's room."""
        return self.wiring.parts[name].room


@asynccontextmanager
async def whole_system(
    settings: Settings,
    bus: Bus,
    *,
    clock: Clock | None = None,
    databases: Callable[[str], Database] | None = None,
    timers: bool = True,
    graphiql: bool = True,
) -> AsyncIterator[System]:
    """All services, the projector and the gateway in this process, migrated and running; drained at the end."""
    wiring = Wiring(settings, bus, clock=clock, databases=databases, timers=timers)
    try:
        for name in EVERYTHING:
            part = wiring.service(name)
            await migrate(name, part.room.database.url)
            await check(name, part.room.database.url)
        calls = wiring.calling({name: wiring.parts[name].runtime.app for name in SERVICES})
        wiring.give_sources(wiring.parts["gateway"], calls)
        app = wiring.gateway(wiring.parts["gateway"], calls, graphiql=graphiql)
        async with AsyncExitStack() as running:
            for part in wiring.parts.values():
                await running.enter_async_context(part.runtime.running())
            yield System(wiring, app)
    finally:
        await wiring.close()
