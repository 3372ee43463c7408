"""What fault tests share: a data folder that was seeded once, to be copied."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.faults.processes import Running, free_port


@pytest_asyncio.fixture(scope="session")
async def seeded() -> AsyncIterator[Path]:
    """A data folder after its first run, with regions, roster and keys; copy it, never use it."""
    with tempfile.TemporaryDirectory(prefix="yishi-faults-") as folder:
        data, port = Path(folder) / "data", free_port()
        environment = {"YISHI_DATA": str(data), "YISHI_PORT": str(port)}
        process = Running(["up"], environment, Path(folder) / "output")
        assert await process.ready(f"http://127.0.0.1:{port}"), process.said()
        assert await process.stopped() == 0, process.said()
        yield data


def copy_of(seeded: Path, target: Path) -> Path:
    """A data folder of one's own."""
    shutil.copytree(seeded, target)
    return target
