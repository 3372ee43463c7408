"""A system behind a real port, and the `yishi` command run against it as a process would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from typer.testing import CliRunner, Result

from deploy.cli.commands import app
from deploy.serving import served
from tests.harness import Harness


class Yishi:
    """The command, with an operator's token unless said otherwise."""

    def __init__(self, system: Harness, url: str) -> None:
        self._system = system
        self.url = url

    async def __call__(self, *words: str, token: str | None = None) -> Result:
        last = ["--url", self.url, "--token", token or self._system.operator.token()]
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, [*words, *last], env={"COLUMNS": "250"}))


@asynccontextmanager
async def serving(system: Harness) -> AsyncIterator[Yishi]:
    """The gateway on a port of its own."""
    async with served(system.system.app) as url:
        yield Yishi(system, url)
