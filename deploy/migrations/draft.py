"""Writes revisions: the difference between what the revisions so far make and what a service's `tables.py` declares."""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.autogenerate.rewriter import Rewriter
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Dialect, String, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from deploy.migrate import TABLES, config, migrate, models, revisions, versions

DIALECTS: dict[str, Dialect] = {"sqlite": SQLiteDialect(), "postgresql": PGDialect()}  # type: ignore[no-untyped-call]

rewriter = Rewriter()


def revision(service: str, message: str) -> Path | None:
    """Write the next revision of a service, and return it; None if the models have not changed."""
    number = len(revisions(service)) + 1
    with TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/now.db"
        if number > 1:
            asyncio.run(migrate(service, url))
        written = asyncio.run(_revision(service, url, number, message))
    if written is not None:
        _tidy(written)
    return written


def squash(service: str) -> Path | None:
    """Replace all revisions by one. Only before the first release: databases that the old ones made have to be thrown away."""
    old = {path: path.read_bytes() for path in versions(service).glob("[0-9]*_*.py")}
    for path in old:
        path.unlink()
    try:
        return revision(service, "first")
    except BaseException:
        for path, content in old.items():
            path.write_bytes(content)
        raise


async def _revision(service: str, url: str, number: int, message: str) -> Path | None:
    versions(service).mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(partial(_write, service, number, message))
    finally:
        await engine.dispose()


def _write(service: str, number: int, message: str, connection: Connection) -> Path | None:
    given = config(
        service,
        connection=connection,
        models=models(service),
        render_item=render_item,
        # SQLite changes a table by copying it; a revision written so runs on PostgreSQL as well. New tables need no copy.
        render_as_batch=number > 1,
    )
    given.set_main_option("file_template", f"{number:04}_%%(slug)s")
    made = command.revision(
        given,
        message,
        autogenerate=True,
        rev_id=f"{service}_{number:04}",
        version_path=str(versions(service)),
        process_revision_directives=_directives,
    )
    return Path(made.path) if made and not isinstance(made, list) else None


def _directives(
    context: MigrationContext, revision: str | Iterable[str | None], directives: list[ops.MigrationScript]
) -> None:
    """No file when nothing changed."""
    rewriter(context, revision, directives)
    if directives[0].upgrade_ops is None or directives[0].upgrade_ops.is_empty():
        directives.clear()


@rewriter.rewrites(ops.CreateIndexOp)
def _predicates(_context: MigrationContext, _revision: object, op: ops.CreateIndexOp) -> ops.CreateIndexOp:
    """A partial index's condition in the words of its own dialect; Alembic would write both in those of the one it looked at."""
    for name, dialect in DIALECTS.items():
        if (where := op.kw.get(f"{name}_where")) is not None:
            op.kw[f"{name}_where"] = text(str(where.compile(dialect=dialect, compile_kwargs={"literal_binds": True})))
    return op


def render_item(kind: str, item: Any, _context: object) -> str | bool:
    """Types as revisions write them: SQLModel's own are not to be frozen into history."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if type(item) is String or isinstance(item, AutoString):
        return f"code({item.length or ''})"
    return False


def _tidy(written: Path) -> None:
    """Without Alembic's remarks, which say nothing that a reader of the file needs, and in the format of the house."""
    lines = [line for line in written.read_text().splitlines() if "# ###" not in line]
    written.write_text("\n".join(lines) + "\n")
    for step in (["check", "--fix", "-q"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, str(written)], check=True)


def main() -> None:
    """`python -m deploy.migrate revision|squash`."""
    parser = argparse.ArgumentParser(prog="python -m deploy.migrate", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    new = actions.add_parser("revision", help="write a service's next revision")
    new.add_argument("service", choices=TABLES)
    new.add_argument("message", help="what changes, in a few words")
    anew = actions.add_parser("squash", help="replace all revisions by one (before the first release only)")
    anew.add_argument("services", nargs="*", metavar="service", help="all services unless some are named")
    asked = parser.parse_args()
    if asked.action == "revision":
        made = revision(asked.service, asked.message)
        print(f"wrote {made}" if made else f"The models of {asked.service} have not changed; nothing written.")
        return
    if strangers := set(asked.services) - TABLES.keys():
        parser.error(f"no such service: {', '.join(sorted(strangers))} (there are {', '.join(TABLES)})")
    for service in asked.services or TABLES:
        print(f"wrote {squash(service)}; databases of {service} made before now have to be thrown away")
