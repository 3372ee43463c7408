"""Brings a service's database to the schema that this code knows, or says why it cannot.

Developers, after changing a service's `tables.py`:

    python -m deploy.migrate revision intake "case gets a channel"    # read what it writes, then commit it
    python -m deploy.migrate squash [intake]                          # before the first release only: one revision anew
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, MetaData, NullPool, event, inspect, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).with_name("migrations")
TABLES = {
    "intake": "services.intake.tables",
    "deliberation": "services.deliberation.tables",
    "escalation": "services.escalation.tables",
    "notify": "services.notify.tables",
    "gateway": "gateway.readmodel.tables",
}
"""Every service that has a database, and the module whose METADATA says what should be in it."""

SQLITE_PATIENCE = 60.0
"""Seconds to wait for another starter who migrates the same file."""
ADVISORY_LOCK = int.from_bytes(b"yishi")
"""PostgreSQL's advisory locks are numbers, counted per database."""

# Alembic's `op` and `context` are one per process, and several services may migrate in one process.
_one_at_a_time = threading.Lock()


class SchemaUnknown(Exception):
    """The database is not at the schema that this code was written for; the message is one sentence for the operator."""


def versions(service: str) -> Path:
    """The folder of a service's revisions."""
    return ROOT / service / "versions"


def revisions(service: str) -> list[str]:
    """All revisions of a service that this code knows, oldest first: numbered, in one line, named after the service so that
    one service's database is never taken for another's. Read from the file names, because importing Alembic takes a while."""
    return [f"{service}_{path.name[:4]}" for path in sorted(versions(service).glob("[0-9]*_*.py"))]


def head(service: str) -> str:
    """The revision that this code needs."""
    return revisions(service)[-1]


def models(service: str) -> MetaData:
    """The service's tables as its code declares them."""
    metadata: MetaData = import_module(TABLES[service]).METADATA
    return metadata


async def migrate(service: str, url: str) -> str:
    """Bring the database to `head(service)`, all of it or nothing, and return that. Safe when several processes start at once.
    Raises SchemaUnknown when newer code, another service or another program wrote the database.

    await migrate("intake", "sqlite+aiosqlite:////srv/yishi/intake.db")
    """
    return await upgrade(service, url, head(service))


async def upgrade(service: str, url: str, revision: str) -> str:
    """As `migrate`, but only as far as a revision; a database that is further is left as it is."""
    # A thread with a loop of its own: Alembic is imported and used without stopping the caller's loop.
    return await asyncio.to_thread(_upgrade, service, url, revision)


async def check(service: str, url: str) -> None:
    """Change nothing; raises SchemaUnknown unless the database is at `head(service)`."""
    async with _connection(service, url) as connection:
        found = await connection.run_sync(partial(_known_revision, service))
    if found != head(service):
        at = f"at revision {found}" if found else "empty"
        raise SchemaUnknown(f"The database of {service} is {at} and this code needs {head(service)}: migrate it first.")


def config(service: str, **given: Any) -> "Config":
    """Alembic's configuration for one service, without an ini file; `given` is what `migrations/env.py` reads."""
    from alembic.config import Config

    made = Config(attributes=given)
    for key, path in {"script_location": ROOT, "version_locations": versions(service)}.items():
        made.set_main_option(key, str(path).replace("%", "%%"))
    made.set_main_option("path_separator", "newline")
    return made


def _upgrade(service: str, url: str, revision: str) -> str:
    async def alone() -> str:
        async with _connection(service, url, lock=True) as connection:
            return await connection.run_sync(partial(_run, service, revision))

    with _one_at_a_time:
        return asyncio.run(alone())


def _run(service: str, revision: str, connection: Connection) -> str:
    found = _known_revision(service, connection)
    if found and found >= revision:
        return found
    from alembic import command

    command.upgrade(config(service, connection=connection), revision)
    return revision


def _known_revision(service: str, connection: Connection) -> str | None:
    """Where the database is; None when it is empty. Raises SchemaUnknown."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    query = text("SELECT version_num FROM alembic_version")
    found = connection.execute(query).scalar() if "alembic_version" in tables else None
    if found is None:
        raise SchemaUnknown(
            f"The database of {service} has tables that Yishi's migrations did not make: give {service} an empty database."
        )
    known = revisions(service)
    if found in known:
        return str(found)
    if (owner := str(found).rpartition("_")[0]) in TABLES and owner != service:
        raise SchemaUnknown(f"The database given to {service} belongs to {owner}: every service needs one of its own.")
    raise SchemaUnknown(
        f"The database of {service} is at revision {found}, which this code does not know (its newest is {known[-1]}): "
        "newer code wrote it, so run that code, or restore the backup from before."
    )


@asynccontextmanager
async def _connection(service: str, url: str, *, lock: bool = False) -> AsyncIterator[AsyncConnection]:
    """A transaction; with `lock`, one that no other starter can have at the same time."""
    on_sqlite = url.startswith("sqlite")
    engine = create_async_engine(
        url, poolclass=NullPool, connect_args={"timeout": SQLITE_PATIENCE} if on_sqlite else {}
    )
    if on_sqlite:
        event.listen(engine.sync_engine, "connect", _leave_begin_to_us)
        event.listen(engine.sync_engine, "begin", partial(_begin, "BEGIN IMMEDIATE" if lock else "BEGIN"))
    try:
        async with engine.connect() as connection:
            if lock and not on_sqlite:
                # Held by the session, not the transaction: a revision may have to commit in between. Closing gives it back.
                await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
                await connection.commit()
            async with connection.begin():
                yield connection
    except DatabaseError as error:
        if (
            not on_sqlite or type(error) is not DatabaseError
        ):  # its subclasses are about statements, this about the file
            raise
        raise SchemaUnknown(
            f"The database of {service} cannot be read ({error.orig}): restore the whole data folder from a backup, or set YISHI_DATA to a new one."
        ) from error
    finally:
        await engine.dispose()


def _leave_begin_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)


if __name__ == "__main__":
    from deploy.migrations.draft import main

    main()
