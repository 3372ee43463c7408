"""Real processes for fault tests, each with its own environment, output file and exit code. They are forked from a process that has
imported everything already: a test that restarts something forty times does not import it forty times."""

import asyncio
import multiprocessing
import os
import runpy
import signal
import socket
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import httpx

_FORK = multiprocessing.get_context("forkserver")
_LATE = ("alembic.command", "aiosqlite", "asyncpg")
"""What the product imports late."""
_FORK.set_forkserver_preload(
    ["__main__", "tests.faults.processes", "deploy.cli.commands", "deploy.embedded", "deploy.process", *_LATE]
)
READY_SECONDS = 60.0
"""A generous bound: the machine may be busy with other tests."""


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def hits_in(data: Path) -> Counter[str]:
    """How often each crash point was hit by the processes of a data folder."""
    file = data / "crashes"
    return (
        Counter(line.split()[0] for line in file.read_text(encoding="ascii").splitlines())
        if file.exists()
        else Counter()
    )


class Running:
    """One process: `yishi <arguments>`, or `python -m <module> <arguments>` with `module`."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        output: Path,
        *,
        module: str = "",
        user: int | None = None,
    ) -> None:
        self.output = output
        self._process = _FORK.Process(
            target=_run, args=(list(arguments), dict(environment), str(output), module, user), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()

    def send(self, number: signal.Signals) -> None:
        """A signal, unless it has ended."""
        if self.alive:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)

    async def ended(self, seconds: float = READY_SECONDS) -> int:
        """Its exit code (-9: killed). Raises AssertionError, and kills it, if it does not end in time."""
        try:
            async with asyncio.timeout(seconds):
                while self.alive:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            self.kill()
            raise AssertionError(f"still running after {seconds} s; it said:\n{self.said()}") from None
        code = self._process.exitcode
        assert code is not None
        return code

    async def stopped(self, number: signal.Signals = signal.SIGTERM, seconds: float = READY_SECONDS) -> int:
        """Told to stop; its exit code."""
        self.send(number)
        return await self.ended(seconds)

    async def ready(self, url: str) -> bool:
        """Until it answers that it is ready (True), or has ended (False)."""
        async with asyncio.timeout(READY_SECONDS), httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while self.alive:
                try:
                    if (await client.get(f"{url}/readyz")).status_code == 200:
                        return True
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.01)
        return False

    def said(self) -> str:
        """What it wrote, both streams."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def resident_megabytes(self) -> float:
        """Of memory, now (Linux only)."""
        for line in Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise AssertionError("no VmRSS")


def _run(arguments: list[str], environment: dict[str, str], output: str, module: str, user: int | None) -> None:
    """In the new process."""
    for name in [name for name in os.environ if name.startswith("YISHI_")]:
        del os.environ[name]
    os.environ.update(environment)
    sys.stdout.flush()
    sys.stderr.flush()
    target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(target, 1)
    os.dup2(target, 2)
    if user is not None:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    sys.argv = ["yishi", *arguments]
    if module:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        from deploy.cli.main import main

        main()
