"""What every run does before it begins, and how other commands find it: its data folder, its port, its clock. Loads next to nothing."""

import errno
import fcntl
import json
import os
import shlex
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from services.chassis.clock import Clock, FileClock, SystemClock
from services.chassis.settings import Settings

BACKLOG = 2048
"""Connections that may wait to be taken, those that come while the databases are opened among them."""

RUNNING = "run.json"
"""The file in the data folder by which other commands find the run that uses it."""
CELL = "cell"
"""The file that says of which cell it is."""


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
        raise CannotStart(cannot_be_written(folder, os.strerror(error.errno or errno.EIO))) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"The data folder {folder} is in use by another run: stop that one, or set YISHI_DATA to another folder."
            ) from None
        with suppress(OSError):  # where nothing can be written, that is said soon
            (folder / RUNNING).unlink()
        refuse_other_cell(settings)
        yield


def runs(settings: Settings, *, one_process: bool) -> None:
    """Say where this run is and whether it is one process, and of which cell the folder is from now on."""
    if _cell_of(settings) != settings.cell:
        fresh = settings.data / f"{CELL}.{os.getpid()}"
        fresh.write_text(settings.cell, encoding="utf-8")
        fresh.rename(settings.data / CELL)
    said = {"pid": os.getpid(), "url": address(settings), "oneProcess": one_process}
    (settings.data / RUNNING).write_text(json.dumps(said), encoding="utf-8")


def ran(settings: Settings) -> None:
    """It has ended."""
    (settings.data / RUNNING).unlink(missing_ok=True)


def refuse_other_cell(settings: Settings) -> None:
    """The topics, and with them all that waits in an outbox, have the cell in their names: another cell would show matters that nobody can
    move on. Raises CannotStart."""
    cell = _cell_of(settings)
    if cell and cell != settings.cell:
        raise CannotStart(
            f"The data folder {settings.data} is of cell {cell}: set YISHI_CELL={cell}, or YISHI_DATA to another folder."
        )


def _cell_of(settings: Settings) -> str:
    """Of which cell the folder is; nothing, if it does not say."""
    try:
        return (settings.data / CELL).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


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


def check_distributed(settings: Settings) -> None:
    """A distributed run has both servers. Raises CannotStart."""
    if not (settings.kafka and settings.postgres):
        raise CannotStart(
            "A process of a distributed run needs YISHI_KAFKA and YISHI_POSTGRES; for one process alone: yishi up."
        )


def no_database(settings: Settings, process: str, error: Exception) -> str:
    """The sentence."""
    place = settings.postgres.rpartition("@")[2]  # what stands before it is the password
    kind = type(getattr(error, "orig", None) or error).__name__
    return f"The database of {process} on PostgreSQL at {place} cannot be used ({kind}): is it running, and is YISHI_POSTGRES right?"


def cannot_be_written(folder: Path, reason: str) -> str:
    """The sentence."""
    return f"The data folder {folder} cannot be written ({reason}): set YISHI_DATA to one that can."


def address(settings: Settings) -> str:
    """Where the gateway is."""
    return settings.url_of(settings.port)


def of_data(settings: Settings) -> str:
    """What must stand before a command in another terminal, so that it finds this run and its keys."""
    usual = settings.data == Settings.model_fields["data"].default
    return "" if usual else f"YISHI_DATA={shlex.quote(str(settings.data))} "


def running_at(data: Path) -> str | None:
    """The address of the run that uses a data folder, if there is one: what a run left behind that was killed is none."""
    found = _said_by_run(data)
    return str(found["url"]) if found else None


def one_process_at(data: Path) -> bool:
    """Whether the run that uses a data folder is one process, whose files are all there."""
    found = _said_by_run(data)
    return bool(found and found["oneProcess"])


def _said_by_run(data: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = {"oneProcess": False} | json.loads((data / RUNNING).read_text(encoding="utf-8"))
        return found if found["url"] and _is_there(int(found["pid"])) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another account's
    return True


def clock_of(settings: Settings) -> Clock:
    """The machine's clock; a test's file, which the settings refuse outside tests. Raises OSError, ValueError if that tells no time."""
    clock = FileClock(settings.test_clock) if settings.test_clock else SystemClock()
    clock.now()
    return clock
