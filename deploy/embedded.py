"""`make up`: the whole system in one process, on SQLite files and the embedded bus. No server needed."""

import asyncio
import errno
import fcntl
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DatabaseError, OperationalError

from deploy.demo import roster
from deploy.demo.seed import edition, operator, seed
from deploy.migrate import SchemaUnknown
from deploy.serving import server_of
from deploy.wiring import DEMO_ISSUER, System, whole_system
from services.chassis.bus.embedded import EmbeddedBus
from services.chassis.identity import Issuer, KeySetError
from services.chassis.settings import Settings
from services.chassis.telemetry import log_to_stderr
from services.escalation.limits_file import LimitsFileError
from services.intake.store import REGION

BACKLOG = 2048
"""Connections that may wait to be taken, those that come while the databases are opened among them."""


RUNNING = "run.json"
"""The file in the data folder by which other commands find the run that uses it."""
OTHERS = 0o077
"""Other accounts of the machine: what people said lies in the databases, which are not theirs to read."""


class CannotStart(Exception):
    """Why not, and what to do, in one sentence."""


@contextmanager
def data_folder(settings: Settings) -> Iterator[None]:
    """The data folder, made and locked for this process; what a run said of itself that was killed is gone. Raises CannotStart."""
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise CannotStart(_cannot_be_written(folder, os.strerror(error.errno or errno.EIO))) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"The data folder {folder} is in use by another run: stop that one, or set YISHI_DATA to another folder."
            ) from None
        with suppress(OSError):  # where nothing can be written, that is said soon
            (folder / RUNNING).unlink()
        yield


def listening_socket(settings: Settings, process: str = "gateway") -> socket.socket:
    """The port of the gateway, or of another process of a distributed run. Raises CannotStart."""
    port, variable = (
        settings.port_of(process),
        "YISHI_PORT" if process == "gateway" else f"YISHI_{process.upper()}_PORT",
    )
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named as TCP, because asyncio turns Nagle's algorithm off only for sockets that say so; with it each answer takes 40 ms longer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, port))
        listener.listen(BACKLOG)  # at once: two starters at the same time could both have bound it
    except OSError as error:
        listener.close()
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise CannotStart(f"{settings.host} is no address of this machine: set YISHI_HOST to one.") from None
        reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be had ({os.strerror(error.errno or 0)})"
        raise CannotStart(f"Port {port} {reason}: set {variable} to a free one.") from None
    return listener


def check_python() -> None:
    """Python 3.11 is what the locked dependencies are for. Raises CannotStart."""
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:2]))
        raise CannotStart(f"Yishi runs on Python 3.11; this is {found}: make the .venv with python3.11.")


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
        except (SchemaUnknown, LimitsFileError, KeySetError, DatabaseError, OSError) as error:
            raise CannotStart(_why(error, settings)) from None
        except KeyboardInterrupt:
            return 0


def _why(error: Exception, settings: Settings) -> str:
    match error:
        case OperationalError():
            return _cannot_be_written(settings.data, str(error.orig))
        case DatabaseError():
            return f"A database in {settings.data} is damaged ({error.orig}): put back a backup, or set YISHI_DATA to a new folder."
        case OSError(filename=str(name)) if settings.data in Path(name).parents:
            return _cannot_be_written(settings.data, f"{Path(name).name}: {error.strerror}")
        case OSError():
            return f"{error.filename or 'A file'} cannot be used ({error.strerror}): it must be there, and yours."
        case LimitsFileError():
            return f"YISHI_LIMITS: {error}"
    return str(error)


def _cannot_be_written(folder: Path, reason: str) -> str:
    return f"The data folder {folder} cannot be written ({reason}): set YISHI_DATA to one that can."


async def _serve(settings: Settings, listener: socket.socket, started: float, *, quiet: bool) -> int:
    Issuer.kept_in(settings.keys, DEMO_ISSUER, settings.audience)
    async with whole_system(settings, EmbeddedBus()) as system:
        await _first_run(settings, system)
        running = settings.data / RUNNING

        def begun() -> None:
            running.write_text(json.dumps({"pid": os.getpid(), "url": address(settings)}), encoding="utf-8")
            if not quiet:
                print(welcome(settings, time.monotonic() - started), flush=True)

        try:
            await server_of(system.app, begun).serve(sockets=[listener])
        finally:
            with suppress(FileNotFoundError):
                running.unlink()
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


def address(settings: Settings) -> str:
    """Where the gateway is."""
    return settings.url_of(settings.port)


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


def of_data(settings: Settings) -> str:
    """What must stand before a command in another terminal, so that it finds this run and its keys."""
    usual = settings.data == Settings.model_fields["data"].default
    return "" if usual else f"YISHI_DATA={shlex.quote(str(settings.data))} "


def running_at(data: Path) -> str | None:
    """The address of the run that uses a data folder, if there is one: what a run left behind that was killed is none."""
    try:
        found = json.loads((data / RUNNING).read_text(encoding="utf-8"))
        return str(found["url"]) if _is_there(int(found["pid"])) else None
    except (OSError, ValueError, KeyError):
        return None


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another account's
    return True
