"""Fresh databases of both kinds."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from deploy.servers import PostgresServer

NewDatabase = Callable[[], str]
"""Makes an empty database and returns its URL."""

numbers = count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    # PostgreSQL runs as a user of its own, who may not enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="yishi-migrations-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with PostgresServer(folder / "postgres", fast=True) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.kafka)])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> NewDatabase:
    """On SQLite; on PostgreSQL in the full run."""

    def on_sqlite() -> str:
        return f"sqlite+aiosqlite:///{tmp_path}/{next(numbers)}.db"

    def on_postgres() -> str:
        server: PostgresServer = request.getfixturevalue("postgres")
        server.create_database(name := f"migrations_{next(numbers)}")
        return server.dsn(name, scheme="postgresql+asyncpg")

    return on_sqlite if request.param == "sqlite" else on_postgres
