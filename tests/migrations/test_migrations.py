"""The revisions make what the models declare, on both databases; and a service knows a schema that it must not touch."""

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.migrate import TABLES, SchemaUnknown, check, config, head, migrate, models, revisions, upgrade
from tests.migrations.conftest import NewDatabase

T = TypeVar("T")

every_service = pytest.mark.parametrize("service", TABLES)


async def ask(url: str, question: Callable[[Connection], T]) -> T:
    """Run something in a transaction of its own."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(question)
    finally:
        await engine.dispose()


async def run(url: str, statement: str) -> None:
    await ask(url, lambda connection: connection.execute(text(statement)))


def schema(connection: Connection) -> dict[str, Any]:
    """What Alembic's comparison does not see: conditions of partial indexes, numbering, the order of primary keys."""
    found: dict[str, Any] = {}
    looked_at = inspect(connection)
    for name in looked_at.get_table_names():
        if name != "alembic_version":
            columns = {
                column["name"]: (column["nullable"], column["default"]) for column in looked_at.get_columns(name)
            }
            found[name] = columns, looked_at.get_pk_constraint(name)["constrained_columns"]
    if connection.dialect.name == "sqlite":
        for name, statement in connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")):
            found[f"sql of {name}"] = (
                re.sub(r"\s+", " ", statement) if " INDEX " in statement else "AUTOINCREMENT" in statement
            )
    else:
        indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        found |= {row.indexname: row.indexdef for row in connection.execute(text(indexes))}
    return {name: what for name, what in found.items() if "alembic_version" not in name}


@every_service
async def test_nothing_is_left_to_migrate(service: str, new_database: NewDatabase) -> None:
    """If this fails after a change of `tables.py`: python -m deploy.migrate revision <service> "<what changed>"."""
    url = new_database()
    assert await migrate(service, url) == head(service)
    await check(service, url)

    def difference(connection: Connection) -> list[Any]:
        options = {"compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), models(service)))

    assert await ask(url, difference) == []


@every_service
async def test_revisions_make_what_the_models_would(service: str, new_database: NewDatabase) -> None:
    migrated, twin = new_database(), new_database()
    await migrate(service, migrated)
    await ask(twin, models(service).create_all)
    assert await ask(migrated, schema) == await ask(twin, schema)


@every_service
async def test_revision_by_revision(service: str, new_database: NewDatabase) -> None:
    url = new_database()
    for revision in revisions(service):
        assert await upgrade(service, url, revision) == revision
    await check(service, url)
    assert await migrate(service, url) == head(service)


@every_service
def test_one_line_of_revisions_named_after_their_files(service: str) -> None:
    directory = ScriptDirectory.from_config(config(service))
    newest_first = [script.revision for script in directory.walk_revisions()]
    assert newest_first[::-1] == revisions(service)


@pytest.mark.parametrize("new_database", [pytest.param("postgres", marks=pytest.mark.kafka)], indirect=True)
@every_service
async def test_short_text_is_compared_by_code_point(service: str, new_database: NewDatabase) -> None:
    await migrate(service, url := new_database())
    query = """SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'
        AND data_type = 'character varying' AND collation_name IS DISTINCT FROM 'C' AND table_name <> 'alembic_version'"""
    assert await ask(url, lambda connection: connection.execute(text(query)).all()) == []


STARTER = """
import asyncio, json, sys
from alembic import command
from deploy.migrate import migrate
print("ready", flush=True)
for service, url in json.loads(sys.stdin.readline()).items():
    asyncio.run(migrate(service, url))
"""


async def test_two_processes_start_at_once(new_database: NewDatabase) -> None:
    urls = {service: new_database() for service in TABLES}
    given = repr(urls).replace("'", '"').encode() + b"\n"
    pipe = asyncio.subprocess.PIPE
    starters = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", STARTER, stdin=pipe, stdout=pipe, stderr=pipe)
        for _ in range(2)
    ]
    for starter in starters:
        assert starter.stdout is not None
        assert await starter.stdout.readline() == b"ready\n"
    ends = await asyncio.gather(*(starter.communicate(given) for starter in starters))
    assert [(starter.returncode, errors) for starter, (_, errors) in zip(starters, ends, strict=True)] == [(0, b"")] * 2
    for service, url in urls.items():
        await check(service, url)


async def test_all_services_of_one_process_start_at_once(new_database: NewDatabase) -> None:
    urls = {service: new_database() for service in TABLES}
    both = [migrate(service, url) for _ in range(2) for service, url in urls.items()]
    assert await asyncio.gather(*both) == [head(service) for _ in range(2) for service in TABLES]


async def refused(service: str, url: str, words: str) -> None:
    """Both refuse, in one sentence that has these words in it, and change nothing."""
    before = await ask(url, schema)
    for attempt in (migrate, check):
        with pytest.raises(SchemaUnknown, match=words) as caught:
            await attempt(service, url)
        assert "\n" not in str(caught.value)
    assert await ask(url, schema) == before


@every_service
async def test_a_database_of_newer_code_is_refused(service: str, new_database: NewDatabase) -> None:
    await migrate(service, url := new_database())
    await run(url, f"UPDATE alembic_version SET version_num = '{service}_9999'")
    await refused(service, url, f"{service}_9999, which this code does not know .* newer code wrote it")


async def test_a_database_of_another_service_is_refused(new_database: NewDatabase) -> None:
    await migrate("notify", url := new_database())
    await refused("intake", url, "belongs to notify")


async def test_a_database_of_another_program_is_refused(new_database: NewDatabase) -> None:
    await run(url := new_database(), "CREATE TABLE theirs (id INTEGER)")
    await refused("intake", url, "did not make")


async def test_an_empty_database_is_not_served(new_database: NewDatabase) -> None:
    with pytest.raises(SchemaUnknown, match="is empty and this code needs intake_"):
        await check("intake", new_database())


async def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    damaged = tmp_path / "intake.db"
    damaged.write_bytes(content := b"no database at all" * 1000)
    for attempt in (migrate, check):
        with pytest.raises(SchemaUnknown, match=r"cannot be read .*not a database"):
            await attempt("intake", f"sqlite+aiosqlite:///{damaged}")
    assert damaged.read_bytes() == content
