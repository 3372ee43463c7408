"""One server process on loopback with its own data folder: start, stop, kill, pause, resume.

Servers run in a session of their own, so that a Ctrl-C at the terminal reaches the services first and the servers are
stopped last, by whoever started them. They outlive a starter that was killed; the next start then names the survivor.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Self

LOOPBACK = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
LEFTOVER_SECONDS = 3.0
POLL_SECONDS = 0.05
DEFERRED: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
TAIL_LINES = 12
TAIL_BYTES = 8192


class ServerError(Exception):
    """A server cannot be started or used. The message is one sentence for the operator: what is wrong and what to do."""


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A free loopback port outside the range that outgoing connections take theirs from.

    A client that keeps dialling a stopped server on a port of that range can end up connected to itself, and then holds
    the port that the server needs to come back. Linux begins at 32768, macOS at 49152.
    """
    for _ in range(200):
        port = 20_000 + secrets.randbelow(10_000)
        if port_is_free(port):
            return port
    raise ServerError("no free port was found between 20000 and 29999; stop some servers on this machine")


def make_writable(folder: Path) -> None:
    """Create the folder if need be and prove that files can be written in it (ServerError otherwise)."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ServerError(
            f"the data folder {folder} is not writable ({error.strerror}); choose another one or correct its rights"
        ) from error


@contextlib.contextmanager
def signals_deferred() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back, so that no exception can fall between starting a process and remembering it.

    By handlers rather than by a signal mask: the new process would inherit the mask.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python runs handlers in the main thread only
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda n, _: came.append(n)) for number in DEFERRED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        signal.raise_signal(number)


class Server(ABC):
    """A server of ours. Not safe for use by several threads at once.

    `start()` and `stop()` may be repeated; `port` stays the same for the life of the object, so clients can reconnect.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, data: Path, port: int = 0) -> None:
        self.data = data.absolute()
        self.port = port or free_port()
        self.log = self.data / "server.log"
        self.exit_code: int | None = None
        """How the last process of this object ended (negative: by that signal); None before."""
        self._child: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @abstractmethod
    def ready(self) -> bool:
        """Whether the server answers requests now. Answers within about two seconds, and never raises."""

    @abstractmethod
    def _prepare(self) -> None:
        """Everything before the first start: programs found, data formatted. Must be safe to repeat after a crash."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    def _user(self) -> str | None:
        """The system user to run as; None = the caller's."""
        return None

    @property
    def pid(self) -> int | None:
        """The process id while the server runs, also while it is paused."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self) -> None:
        """Start and wait until ready, at most 60 s; does nothing if it runs. Data of earlier runs is kept.

        Raises ServerError when a program is missing, the port is taken, the folder is not writable or in use, or the server dies.
        """
        if self.pid is not None:
            return
        make_writable(self.data)
        lock = self._lock()
        try:
            try:
                if not port_is_free(self.port):
                    raise ServerError(
                        f"port {self.port} for {self.name} is taken by another program; "
                        "stop that program or choose another port"
                    )
                self._prepare()
                with signals_deferred():
                    self._spawn(lock)
            finally:
                os.close(lock)  # the server itself holds the lock from here on
            self._await_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask the server to end, wait for it, and kill it when it takes longer than `seconds`. Frees the port."""
        if (child := self._child) is None:
            return
        try:
            self._send(self.stop_signal)
            self.resume()
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def kill(self) -> None:
        """SIGKILL: the server gets no chance to tidy up. Its data stays as a crash leaves it."""
        if (child := self._child) is not None:
            self._send(signal.SIGKILL)
            self.exit_code = child.wait()
            self._child = None

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers. Returns when all of its threads have stopped."""
        self._send(signal.SIGSTOP)
        if self._child is not None:
            os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
        for pid in self._helpers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after `pause()`; harmless otherwise."""
        for pid in self._helpers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._send(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _lock(self) -> int:
        """Own the data folder: a lock that the server inherits and that ends with its last process, however it ends."""
        path = self.data / "server.pid"
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except OSError:
                if time.monotonic() < deadline:
                    time.sleep(POLL_SECONDS)
                    continue
            os.close(lock)
            pid, sig = path.read_text().strip() or "unknown", self.stop_signal.name.removeprefix("SIG")
            raise ServerError(
                f"{self.name} is already running on {self.data} (process {pid}); end it with: kill -{sig} {pid}"
            )

    def _spawn(self, lock: int) -> None:
        user = self._user()
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._child = subprocess.Popen(
                self._command(),
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=[] if user else None,
            )
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{self._child.pid}\n".encode(), 0)

    def _await_ready(self) -> None:
        assert self._child is not None
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if (code := self._child.poll()) is not None:
                raise ServerError(f"{self.name} ended at its start (code {code}); {self._tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} was not ready after {START_SECONDS:.0f} s; {self._tail()}")
            time.sleep(POLL_SECONDS)

    def _tail(self) -> str:
        """The last lines of this start, for an error message."""
        with self.log.open("rb") as log:
            log.seek(max(self._log_start, self.log.stat().st_size - TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n  ".join([f"the last lines of {self.log}:", *(lines or ["(nothing)"])])

    def _send(self, sig: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(sig)  # does nothing once the process was reaped

    def _helpers(self) -> list[int]:
        """The server's own child processes (PostgreSQL has one per connection)."""
        if (pid := self.pid) is None:
            return []
        children = Path(f"/proc/{pid}/task/{pid}/children")
        if children.exists():
            return [int(word) for word in children.read_text().split()]
        if (pgrep := shutil.which("pgrep")) is None:
            return []
        found = subprocess.run([pgrep, "-P", str(pid)], capture_output=True, text=True, check=False)
        return [int(word) for word in found.stdout.split()]
