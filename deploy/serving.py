"""The HTTP server of every process: it drains when told to stop, and then lets the process finish by itself."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext

import uvicorn
from starlette.types import ASGIApp

from deploy.memory import spare_the_collector
from deploy.patience import PatientProtocol

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
DRAIN_SECONDS = 10
"""Seconds that requests in flight have after the signal."""


class Server(uvicorn.Server):
    """Stops taking requests at a signal, answers those in flight, and returns. (Uvicorn's own raises the signal again at its end: SIGTERM
    would then kill the process before consumers, relays and databases are put away.)"""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        spare_the_collector()
        self._begun()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def server_of(app: ASGIApp, begun: Callable[[], None] = lambda: None, *, drain: int = DRAIN_SECONDS) -> Server:
    """A server for one app, to be given its sockets: `await server_of(app).serve(sockets=[listener])`. `begun` is called once it listens.
    `drain`: seconds that requests in flight have at its end."""
    return Server(
        uvicorn.Config(
            app,
            http=PatientProtocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=1024 * 1024,
            h11_max_incomplete_event_size=64 * 1024,
            timeout_graceful_shutdown=drain,
            server_header=False,
        ),
        begun,
    )


@asynccontextmanager
async def served(app: ASGIApp, *, drain: int = DRAIN_SECONDS) -> AsyncIterator[str]:
    """An app of this process on a free port of the loopback; its address. Signals stay with whoever has it served."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        begun = asyncio.Event()
        server = server_of(app, begun.set, drain=drain)
        server.capture_signals = nullcontext  # type: ignore[assignment,method-assign]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await begun.wait()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
