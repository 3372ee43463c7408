"""PostgreSQL 15 as one local process with a cluster of its own, on loopback TCP only."""

import hashlib
import hmac
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import ClassVar

from deploy.servers.process import LOOPBACK, Server, ServerError

MAJOR = 15
ROLE = "yishi"
SYSTEM_USER = "postgres"
CLIENT_SECONDS = 30.0
GET_POSTGRES = f"Debian: apt-get install postgresql-{MAJOR}; macOS: brew install postgresql@{MAJOR}"

# Debian keeps the server programs off the PATH, Homebrew those of versions that are not its newest.
FOLDERS = (
    f"/usr/lib/postgresql/{MAJOR}/bin",
    f"/opt/homebrew/opt/postgresql@{MAJOR}/bin",
    f"/usr/local/opt/postgresql@{MAJOR}/bin",
    f"/usr/pgsql-{MAJOR}/bin",
)
PROGRAMS = ("postgres", "initdb", "pg_isready", "psql")


@cache
def binaries() -> Path:
    """The folder with PostgreSQL 15's programs, in its usual places or on the PATH; ServerError if there is none."""
    on_path = shutil.which("postgres")
    for folder in [*map(Path, FOLDERS), *([Path(on_path).resolve().parent] if on_path else [])]:
        if not all((folder / program).is_file() for program in PROGRAMS):
            continue
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
        if re.search(rf"\b{MAJOR}\.\d+", answer.stdout):
            return folder
    raise ServerError(f"PostgreSQL {MAJOR} (server and client programs) was not found; {GET_POSTGRES}")


def system_user() -> str | None:
    """The user to run as: PostgreSQL refuses root, so root hands it to `postgres`; anybody else runs it under their own name."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError as error:
        raise ServerError(
            f"PostgreSQL refuses to run as root and there is no system user {SYSTEM_USER}; run as another user"
        ) from error
    return SYSTEM_USER


def closed_parent(folder: Path) -> Path | None:
    """The first folder on the way down that the system user cannot pass through, when we are root."""
    if system_user() is None:
        return None
    return next((parent for parent in [*reversed(folder.parents), folder] if not parent.stat().st_mode & 0o001), None)


class PostgresServer(Server):
    """A cluster with one superuser role, `yishi`, whose random password is made at the first start and kept in the data folder.

    with PostgresServer(Path("/tmp/try/postgres"), fast=True) as postgres:
        postgres.create_database("intake")
        engine = create_async_engine(postgres.dsn("intake", scheme="postgresql+asyncpg"))

    `fast` gives up safety at power loss (no fsync) for speed: tests only, never the distributed run. Commits still survive `kill()`.
    Passwords (SCRAM) are asked for even on loopback, because other users of the machine can reach it too.
    """

    name: ClassVar[str] = "PostgreSQL"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": SIGTERM would wait for every client to leave

    def __init__(self, data: Path, port: int = 0, *, fast: bool = False) -> None:
        super().__init__(data, port)
        self.fast = fast

    def dsn(self, database: str, scheme: str = "postgresql") -> str:
        """scheme://role:password@host:port/database. Known from the first start on; never print or log it."""
        return f"{scheme}://{ROLE}:{self._password()}@{LOOPBACK}:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """Create the database unless it exists. The name: lower-case letters, digits, _, at most 63 (ServerError otherwise)."""
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name):
            raise ServerError(f"{name!r} cannot be a database name; use lower-case letters, digits and _")
        exists = f"SELECT FROM pg_database WHERE datname = '{name}'"  # the name was checked above
        try:
            self._psql(f"SELECT 'CREATE DATABASE {name}' WHERE NOT EXISTS ({exists}) \\gexec")
        except ServerError as error:
            # Two starters at once: the loser finds the database there, which is what it wanted.
            if "already exists" not in str(error) and "duplicate key" not in str(error):
                raise

    def create_owned_database(self, name: str) -> str:
        """The same, with an owner of the same name who can enter no other; returns `owner:password@host:port`, never to be printed or logged.
        The password is derived from the cluster's own, so that nothing more has to be kept."""
        self.create_database(name)
        password = hmac.new(self._password().encode(), name.encode(), hashlib.sha256).hexdigest()
        exists = f"SELECT FROM pg_roles WHERE rolname = '{name}'"  # the name was checked above
        script = [
            f"SELECT 'CREATE ROLE {name}' WHERE NOT EXISTS ({exists}) \\gexec",
            f"ALTER ROLE {name} LOGIN PASSWORD '{password}';",
            f"ALTER DATABASE {name} OWNER TO {name};",
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;",
        ]
        self._psql("\n".join(script))
        return f"{name}:{password}@{LOOPBACK}:{self.port}"

    def ready(self) -> bool:
        """Whether the server takes connections now."""
        if self.pid is None:
            return False
        asked = [str(binaries() / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port), "-t", "1"]
        return subprocess.run(asked, env=_clean_environment(), check=False).returncode == 0

    def _prepare(self) -> None:
        binaries()
        if (parent := closed_parent(self.data)) is not None:
            raise ServerError(
                f"the system user {SYSTEM_USER}, who runs PostgreSQL for root, cannot enter {parent}; "
                f"choose a data folder elsewhere, allow passage (chmod o+x {parent}), or run as another user"
            )
        if not (self.data / "cluster").exists():
            self._initialise()

    def _initialise(self) -> None:
        """Make the cluster beside its final place and move it there whole, so that a broken-off attempt leaves nothing."""
        fresh, password, user = self.data / "cluster.new", self.data / "password", self._user()
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(secrets.token_urlsafe(24) + "\n")
        if user is not None:
            shutil.chown(fresh, user, user)
            shutil.chown(password, user, user)
        # Code point order is the same on every machine; the character type knows UTF-8.
        locale = ["--locale=C", f"--lc-ctype={'UTF-8' if sys.platform == 'darwin' else 'C.UTF-8'}", "--encoding=UTF8"]
        command = [str(binaries() / "initdb"), "-D", str(fresh), "-U", ROLE, *locale]
        command += ["--auth=scram-sha-256", f"--pwfile={password}", *(["--no-sync"] if self.fast else [])]
        done = subprocess.run(
            command,
            cwd=self.data,
            env=_clean_environment(),
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )
        if done.returncode != 0:
            raise ServerError(
                f"PostgreSQL's cluster in {fresh} could not be made; initdb says:\n  {done.stderr.strip()[-1000:]}"
            )
        fresh.rename(self.data / "cluster")

    def _user(self) -> str | None:
        return system_user()

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",  # its path may be at most 107 bytes long, and nobody needs it
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if self.fast:
            # Not synchronous_commit: without it a mere kill -9 loses commits that were already answered.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [str(binaries() / "postgres"), "-D", str(self.data / "cluster"), "-p", str(self.port), *options]

    def _password(self) -> str:
        try:
            return (self.data / "password").read_text().strip()
        except OSError as error:
            raise ServerError(f"PostgreSQL on {self.data} has no password yet; start it once first") from error

    def _psql(self, script: str) -> None:
        """Run a script in the maintenance database (ServerError with the server's words when it fails)."""
        target = ["-h", LOOPBACK, "-p", str(self.port), "-U", ROLE, "-d", "postgres"]
        command = [str(binaries() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *target]
        environment = {**_clean_environment(), "PGPASSWORD": self._password(), "PGCONNECT_TIMEOUT": "10"}
        try:
            done = subprocess.run(
                command,
                input=script,
                env=environment,
                capture_output=True,
                text=True,
                timeout=CLIENT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ServerError(f"PostgreSQL on port {self.port} did not answer in {CLIENT_SECONDS:.0f} s") from error
        if done.returncode != 0:
            raise ServerError(f"PostgreSQL on port {self.port} refused; it says: {done.stderr.strip()}")


def _clean_environment() -> dict[str, str]:
    """Without the caller's PGHOST, PGUSER, PGSERVICE and the like, which would send our clients elsewhere."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_MESSAGES": "C"}
