"""What this machine has and lacks for Yishi, and how to get it. Looks only; starts and installs nothing."""

import os
import platform
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from deploy.servers import jars, postgres
from deploy.servers.process import LOOPBACK, ServerError, make_writable, port_is_free

PYTHON = (3, 11)
PORTS: Mapping[str, int] = MappingProxyType(
    {
        "gateway": 8000,
        "intake": 8101,
        "deliberation": 8102,
        "escalation": 8103,
        "notify": 8104,
        "projector": 8105,
        "Kafka": 19092,
        "PostgreSQL": 15432,
    }
)
KAFKA_JARS = "Kafka jars"


@dataclass(frozen=True)
class Check:
    """One thing looked at. `how_to_get_it` is empty when it is there."""

    name: str
    ok: bool
    found: str
    how_to_get_it: str = ""


def checks(data: Path = Path("data"), ports: Mapping[str, int] = PORTS) -> list[Check]:
    """Everything that a distributed run needs. An embedded run needs Python, its port, the data folder and loopback only."""
    places = [*(_port(name, port) for name, port in ports.items()), _data_folder(data)]
    return [*programs(), _kafka_jars(), *places]


def needs(data: Path, ports: Mapping[str, int]) -> list[Check]:
    """What a distributed run lacks and cannot get by itself (the jars it can)."""
    return [check for check in checks(data, ports) if not check.ok and check.name != KAFKA_JARS]


def programs() -> list[Check]:
    """What has to be installed, whatever the settings."""
    return [
        _python(),
        _look("Java 17 or newer", _java, jars.GET_JAVA),
        _look("Maven", _maven, jars.GET_MAVEN),
        _look("PostgreSQL 15", lambda: str(postgres.binaries()), postgres.GET_POSTGRES),
        _loopback(),
    ]


def _look(name: str, find: Callable[[], str], get: str) -> Check:
    try:
        return Check(name, True, find())
    except ServerError as error:
        return Check(name, False, str(error).removesuffix(f"; {get}"), get)


def _python() -> Check:
    ok = sys.version_info[:2] == PYTHON
    get = "Debian 12: apt-get install python3.11 python3.11-venv; macOS: brew install python@3.11"
    return Check("Python 3.11", ok, f"{platform.python_version()} at {sys.executable}", "" if ok else get)


def _java() -> str:
    java = jars.java()
    return f"{java.major} at {java.program}"


def _maven() -> str:
    """Maven is needed once: whoever has the jars can do without."""
    try:
        return jars.maven()
    except ServerError:
        if jars.jars_complete():
            return "none, and not needed: the Kafka jars are complete"
        raise


def _kafka_jars() -> Check:
    if jars.jars_complete():
        return Check(KAFKA_JARS, True, f"complete in {jars.LIBS}")
    get = "they are fetched by Maven (55 MB) at the first distributed run, which needs the network"
    return Check(KAFKA_JARS, False, f"not complete in {jars.LIBS}", get)


def _loopback() -> Check:
    try:
        with socket.create_server((LOOPBACK, 0)) as server, socket.create_connection(server.getsockname(), 2):
            return Check("loopback", True, f"{LOOPBACK} takes connections")
    except OSError as error:
        get = "Debian: ip link set lo up; macOS: ifconfig lo0 up; or allow local connections in the firewall"
        return Check("loopback", False, f"{LOOPBACK} takes no connections ({error.strerror})", get)


def _port(name: str, port: int) -> Check:
    if port_is_free(port):
        return Check(f"port of {name}", True, f"{port} is free")
    get = f"stop what uses it (to see it: lsof -nP -iTCP:{port} -sTCP:LISTEN) or choose another port"
    return Check(f"port of {name}", False, f"{port} is taken", get)


def _data_folder(data: Path) -> Check:
    """Looks at the nearest folder that exists, so that asking does not create anything."""
    folder = data.absolute()
    # os.path.exists answers False behind a closed folder, where Path.exists raises.
    nearest = next(path for path in [folder, *folder.parents] if os.path.exists(path))
    try:
        make_writable(nearest)
        if (closed := postgres.closed_parent(nearest)) is not None:
            return Check(
                "data folder",
                False,
                f"the user postgres cannot enter {closed}",
                f"chmod o+x {closed}, or another folder",
            )
    except ServerError as error:
        return Check("data folder", False, str(error), "another folder, or its rights corrected")
    return Check("data folder", True, f"{folder} is writable")
