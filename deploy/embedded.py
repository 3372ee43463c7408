"""`make up`: the whole system in one process, on SQLite files and the embedded bus. No server needed."""

import asyncio
import os
import socket
import time
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DatabaseError, OperationalError

from deploy.demo import roster
from deploy.demo.seed import edition, operator, seed
from deploy.migrate import SchemaUnknown
from deploy.serving import server_of
from deploy.starting import (
    OTHERS,
    CannotStart,
    address,
    cannot_be_written,
    check_python,
    data_folder,
    listening_socket,
    of_data,
    ran,
    runs,
)
from deploy.wiring import System, whole_system
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.identity import Issuer, KeySetError
from services.chassis.settings import Settings
from services.chassis.telemetry import log_to_stderr
from services.escalation.limits_file import LimitsFileError
from services.intake.store import REGION

TROUBLE = (SchemaUnknown, LimitsFileError, KeySetError, DatabaseError, OSError)
"""What keeps a run from beginning and is an operator's to mend."""


def run(settings: Settings, *, quiet: bool = False) -> int:
    """Until Ctrl-C; then finishes what is at hand. Returns the exit code. Raises CannotStart."""
    check_python()
    started = time.monotonic()
    log_to_stderr("yishi", settings.log_level)
    with data_folder(settings), listening_socket(settings) as listener:
        os.umask(OTHERS)
        for file in settings.data.glob("*.sqlite*"):
            file.chmod(file.stat().st_mode & ~OTHERS)
        try:
            return asyncio.run(_serve(settings, listener, started, quiet=quiet))
        except TROUBLE as error:
            raise CannotStart(why(error, settings)) from None
        except KeyboardInterrupt:
            return 0


def why(error: Exception, settings: Settings) -> str:
    """One of TROUBLE, in one sentence."""
    match error:
        case OperationalError():
            return cannot_be_written(settings.data, str(error.orig))
        case DatabaseError():
            return f"A database in {settings.data} is damaged ({error.orig}): put back a backup, or set YISHI_DATA to a new folder."
        case OSError(filename=str(name)) if settings.data in Path(name).parents:
            return cannot_be_written(settings.data, f"{Path(name).name}: {error.strerror}")
        case OSError():
            return f"{error.filename or 'A file'} cannot be used ({error.strerror}): it must be there, and yours."
        case LimitsFileError():
            return f"YISHI_LIMITS: {error}"
    return str(error)


async def _serve(settings: Settings, listener: socket.socket, started: float, *, quiet: bool) -> int:
    Issuer.kept_in(settings.keys, roster.ISSUER, settings.audience)
    async with whole_system(settings, EmbeddedBus()) as system:
        await _first_run(settings, system)

        def begun() -> None:
            runs(settings, one_process=True)
            if not quiet:
                print(welcome(settings, time.monotonic() - started), flush=True)

        try:
            await server_of(system.app, begun).serve(sockets=[listener])
        finally:
            ran(settings)
    return 0


async def _first_run(settings: Settings, system: System) -> None:
    """Load regions and roster once, and again when a newer version brings others; broken off, it is done again, and does no harm."""
    mark = settings.data / "seeded"
    done = mark.exists() and mark.read_text() == edition() and await _has_regions(system)
    if system.wiring.calls is None or done:
        return
    await seed(system.wiring.calls, system.wiring.token_for(operator()), settings.cell)
    mark.write_text(edition())


async def _has_regions(system: System) -> bool:
    """Whether the mark is still true: a database that was damaged may have been moved away."""
    async with system.room("intake").database.read() as connection:
        return (await connection.execute(select(REGION.c.id).limit(1))).first() is not None


def welcome(settings: Settings, seconds: float) -> str:
    """What a first visitor needs."""
    url = address(settings)
    people = "  ".join(roster.names())
    yishi = f"{of_data(settings)}.venv/bin/yishi"
    return "\n".join(
        [
            "",
            f"  议事 Yishi  {url}   (ready in {seconds:.1f} s; data in {settings.data}; Ctrl-C stops)",
            f"  GraphiQL    {url}/graphql   (open it in a browser)",
            f"  token       {yishi} token --as resident",
            f"  roles       {people}",
            f"  demo        {yishi} demo",
            "",
        ]
    )
