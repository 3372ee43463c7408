"""A developer changes a model: the revision is written, runs on both databases, and keeps the rows."""

import asyncio
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.schema import SchemaItem

from deploy import migrate as schema
from deploy.migrations import draft
from tests.migrations.conftest import NewDatabase
from tests.migrations.test_migrations import ask, run


def toy(*more: SchemaItem, length: int = 8) -> MetaData:
    metadata = MetaData()
    Table("toy", metadata, Column("id", Integer, primary_key=True), Column("name", String(length)), *more)
    return metadata


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SimpleNamespace:
    """The `tables.py` of a service that has no revisions yet."""
    module = SimpleNamespace(METADATA=toy())
    root = tmp_path / "migrations"
    root.mkdir()
    for name in ("env.py", "script.py.mako"):
        shutil.copy(schema.ROOT / name, root)
    monkeypatch.setattr(schema, "ROOT", root)
    monkeypatch.setitem(schema.TABLES, "toy", "toy_tables")
    monkeypatch.setitem(sys.modules, "toy_tables", module)
    return module


async def test_a_change_of_models(tables: SimpleNamespace, new_database: NewDatabase) -> None:
    url = new_database()
    await asyncio.to_thread(draft.squash, "toy")
    assert await schema.migrate("toy", url) == "toy_0001"
    await run(url, "INSERT INTO toy (id, name) VALUES (1, 'kept')")
    assert await asyncio.to_thread(draft.revision, "toy", "nothing") is None

    open_ = Column("open", Boolean, server_default=text("true"), nullable=False)
    some = Index("toy_open", "id", sqlite_where=open_.is_(True), postgresql_where=open_.is_(True))
    tables.METADATA = toy(open_, some, length=20)
    written = await asyncio.to_thread(draft.revision, "toy", "A longer name!")
    assert written is not None
    assert written.name == "0002_a_longer_name.py"
    with pytest.raises(
        schema.SchemaUnknown, match="at revision toy_0001 and this code needs toy_0002: migrate it first"
    ):
        await schema.check("toy", url)
    assert await schema.migrate("toy", url) == "toy_0002"
    await schema.check("toy", url)
    rows = await ask(url, lambda connection: connection.execute(text("SELECT name, open FROM toy")).all())
    assert [tuple(row) for row in rows] == [("kept", True)]
    assert await asyncio.to_thread(draft.revision, "toy", "nothing") is None

    squashed = await asyncio.to_thread(draft.squash, "toy")
    assert schema.revisions("toy") == ["toy_0001"]
    assert squashed is not None
    assert await schema.migrate("toy", new_database()) == "toy_0001"


async def test_a_revision_that_fails_leaves_nothing(tables: SimpleNamespace, new_database: NewDatabase) -> None:
    url = new_database()
    first = await asyncio.to_thread(draft.squash, "toy")
    assert first is not None
    whole = first.read_text()
    first.write_text(whole + '    op.execute("SELECT no_such_column FROM toy")\n')
    with pytest.raises(DatabaseError):
        await schema.migrate("toy", url)
    first.write_text(whole)
    assert await schema.migrate("toy", url) == "toy_0001"
