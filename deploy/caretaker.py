"""Beside the supervisor of a distributed run: says when everything is up, loads the demonstration once, brings servers back."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import httpx

from deploy.demo import roster
from deploy.demo.seed import edition, operator, seed
from deploy.process import PROCESSES
from deploy.servers import Server, ServerError
from deploy.starting import clock_of, ran, runs
from deploy.wiring import addresses_of
from services.chassis.calls import Calls, RefusedElsewhere
from services.chassis.identity import Issuer
from services.chassis.settings import Settings
from services.contracts.refusals import Refused

LOOK_SECONDS = 0.05
SLOWLY_SECONDS = 120
MOST_PATIENT = 30.0


class Caretaker:
    """Works in a thread of its own while the main one supervises."""

    def __init__(self, settings: Settings, servers: Sequence[Server], welcome: Callable[[], str]) -> None:
        self._settings = settings
        self._servers = servers
        self._welcome = welcome
        self._enough = threading.Event()
        self.came_up: set[str] = set()
        """The processes that have been ready once."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until the end of the block; then it leaves the servers to whoever stops them."""
        thread = threading.Thread(target=self._work, name="caretaker")
        thread.start()
        try:
            yield
        finally:
            self._enough.set()
            thread.join()

    def _work(self) -> None:
        try:
            if self._await_processes():
                self._seed()
                runs(self._settings, one_process=False)
                print(self._welcome(), flush=True)
            self._bring_back()
        finally:
            ran(self._settings)

    def _await_processes(self) -> bool:
        """Whether all are ready; False if it is over before. Says so once if they are slow."""
        said, begun = False, time.monotonic()
        waiting = {n: f"{self._settings.url_of(self._settings.port_of(n))}/readyz" for n in PROCESSES}
        with httpx.Client(trust_env=False, timeout=2) as client:
            while waiting and not self._enough.wait(LOOK_SECONDS):
                self.came_up |= {name for name, url in waiting.items() if _answers(client, url)}
                waiting = {name: url for name, url in waiting.items() if name not in self.came_up}
                if waiting and not said and time.monotonic() - begun > SLOWLY_SECONDS:
                    said = True
                    print(f"Still not ready after {SLOWLY_SECONDS} s: {', '.join(waiting.values())}", flush=True)
        return not waiting

    def _seed(self) -> None:
        """Regions and roster of the demonstration; broken off, it is done again at the next start, and does no harm."""
        mark = self._settings.data / "seeded-distributed"
        if not self._settings.demo_issuer or (mark.exists() and mark.read_text() == edition()):
            return

        async def load() -> None:
            issuer = Issuer.kept_in(self._settings.keys, roster.ISSUER, self._settings.audience)
            calls = Calls(addresses_of(self._settings))
            try:
                await seed(calls, issuer.token(operator(), clock_of(self._settings).now()), self._settings.cell)
            finally:
                await calls.close()

        try:
            asyncio.run(load())
        except (Refused, RefusedElsewhere) as error:
            print(f"The demonstration could not be loaded ({error}); it is tried again at the next start.", flush=True)
        else:
            mark.write_text(edition())

    def _bring_back(self) -> None:
        """Start a server again that has ended by itself. Commands go on without Kafka, and wait for PostgreSQL."""
        pause = 1.0
        while not self._enough.wait(pause):
            pause = 1.0
            for server in self._servers:
                if server.pid is not None:
                    continue
                print(f"{server.name} has ended; it is started again (its log: {server.log})", flush=True)
                try:
                    server.start()
                except ServerError as error:
                    pause = MOST_PATIENT
                    print(f"{server.name} did not start: {error}", flush=True)


def _answers(client: httpx.Client, url: str) -> bool:
    with suppress(httpx.HTTPError):
        return client.get(url).status_code == 200
    return False
