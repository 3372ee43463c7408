"""Several processes as one: started together, their output prefixed, started again when they crash, and none outlives the others' end.

Honcho's printer and colours alone: its loop stops everybody when one has ended, kills who drains longer than 5 s and ignores a second
Ctrl-C; its processes are forks of this one, and by the time that something is started again this one has threads.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import FrameType, MappingProxyType

from honcho.colour import get_colours
from honcho.printer import Message, Printer

POLL_SECONDS = 0.1
SECOND_SIGNAL_SECONDS = 0.5
LAST_SECONDS = 5.0
SELF = "system"
STOPPED = {signal.SIGHUP: 129, signal.SIGINT: 130, signal.SIGTERM: 143}
"""The signals that stop us, and what we return then. A terminal that is closed sends SIGHUP."""


@dataclass(frozen=True)
class Restarts:
    """How one that crashes is started again: after pauses that double, until it ends too often."""

    first_pause: float = 1.0
    longest_pause: float = 30.0
    steady_seconds: float = 60.0
    """Who has run for so long has got over it: its ends before are forgotten."""
    most_ends: int = 10
    """So many without a steady run between them are too many: some two and a half minutes of pauses."""

    def pause(self, ends: int) -> float:
        """Seconds to wait after so many ends."""
        return float(min(self.first_pause * 2 ** (ends - 1), self.longest_pause))


USUAL = Restarts()


def run(
    processes: Mapping[str, list[str]],
    env: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    grace_seconds: float = 30,
    came_up: Callable[[str], bool] = lambda _: False,
    restarts: Restarts = USUAL,
) -> int:
    """Run the named commands until we are told to stop, or until one is beyond help; then stop them all. Main thread only.

    `env` adds to the caller's environment, per name. One that ends by itself is started again if it `came_up` once: what ends before
    that is set up wrongly, and a new start would not mend it. Stopping is SIGTERM to each command's process group, then SIGKILL after
    `grace_seconds` or at a second Ctrl-C. Returns 128 and the number of the signal that stopped us; else the code of the command that was
    beyond help (128 + n if signal n ended it, and 1 if it ended without an error, which a server should not).
    """
    colours = get_colours()
    all_of_them = [
        # Python holds back lines that go to a pipe unless told otherwise.
        _Process(name, command, {"PYTHONUNBUFFERED": "1", **os.environ, **env.get(name, {})}, next(colours))
        for name, command in processes.items()
    ]
    return _Supervisor(all_of_them, grace_seconds, came_up, restarts).run()


@dataclass
class _Process:
    name: str
    command: list[str]
    environment: dict[str, str]
    colour: str
    child: "subprocess.Popen[bytes] | None" = None
    """None while it does not run."""
    begun: float = 0.0
    again_at: float | None = None
    """When it is started again."""
    ends: int = 0
    """Without a steady run between them."""

    def send(self, number: signal.Signals) -> None:
        """A signal to its whole group, unless it has ended."""
        if self.child is not None and self.child.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child.pid, number)


class _Supervisor:
    def __init__(
        self, processes: list[_Process], grace_seconds: float, came_up: Callable[[str], bool], restarts: Restarts
    ) -> None:
        self._processes = processes
        self._grace = grace_seconds
        self._came_up = came_up
        self._restarts = restarts
        self._events: queue.SimpleQueue[tuple[_Process, bytes | int]] = queue.SimpleQueue()
        self._signals: list[tuple[int, float]] = []
        self._code: int | None = None
        """What we return; None until it is decided that all stop."""
        self._deadline = float("inf")
        """When the present patience ends."""
        self._printer = Printer(sys.stdout, width=max(len(name) for name in (SELF, *(p.name for p in processes))))

    def run(self) -> int:
        def remember(number: int, _: FrameType | None) -> None:
            self._signals.append((number, time.monotonic()))

        before = {number: signal.signal(number, remember) for number in STOPPED}
        try:
            for process in self._processes:
                if self._code is None:
                    self._begin(process)
            self._watch()
        finally:
            self._force_end()
            for number, handler in before.items():
                signal.signal(number, handler)
        return self._code or 0

    def _watch(self) -> None:
        forced = False
        while any(process.child is not None or process.again_at is not None for process in self._processes):
            with suppress(queue.Empty):
                self._take(*self._events.get(timeout=POLL_SECONDS))
            now = time.monotonic()
            if self._code is None and self._signals:
                number = signal.Signals(self._signals[0][0])
                self._stop(STOPPED[number], f"{number.name} received; stopping (again: at once)")
            elif self._code is None:
                for process in self._processes:
                    if process.again_at is not None and now >= process.again_at:
                        self._begin(process)
            elif not forced and (self._asked_again() or now > self._deadline):
                forced, self._deadline = True, now + LAST_SECONDS
                self._send_all(signal.SIGKILL)
            elif forced and now > self._deadline:
                return  # a stray grandchild keeps an output open; the processes themselves are gone

    def _begin(self, process: _Process) -> None:
        process.begun, process.again_at = time.monotonic(), None
        try:
            process.child = subprocess.Popen(
                process.command,
                env=process.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal is for us, who then stop them
            )
        except OSError as error:
            self._say(f"{process.name} could not be started ({error.strerror})")
            self._mend(process, 1)
            return
        self._say(f"{process.name} started (process {process.child.pid})")
        threading.Thread(target=self._read, args=(process, process.child), daemon=True).start()

    def _read(self, process: _Process, child: "subprocess.Popen[bytes]") -> None:
        """In a thread of its own: what it says, then how it ended."""
        assert child.stdout is not None
        with child.stdout as lines:
            for line in lines:
                self._events.put((process, line))
        self._events.put((process, child.wait()))

    def _take(self, process: _Process, said: bytes | int) -> None:
        if isinstance(said, bytes):
            self._print(said, process.name, process.colour)
            return
        process.child = None
        self._say(f"{process.name} ended (code {said})")
        if self._code is None and not self._signals:
            self._mend(process, said if said > 0 else 128 - said if said < 0 else 1)

    def _mend(self, process: _Process, code: int) -> None:
        """One has ended by itself: it is to be started again, or all are stopped."""
        now, rules = time.monotonic(), self._restarts
        process.ends = 1 if now - process.begun >= rules.steady_seconds else process.ends + 1
        if not self._came_up(process.name):
            self._stop(code, f"{process.name} ended by itself before it had come up, so all others are stopped")
        elif process.ends >= rules.most_ends:
            often = f"{process.ends} times without running for {rules.steady_seconds:g} s in between"
            self._stop(code, f"{process.name} ended by itself {often}, so all others are stopped")
        else:
            pause = rules.pause(process.ends)
            process.again_at = now + pause
            self._say(f"{process.name} ended by itself; it is started again in {pause:g} s, the others go on")

    def _stop(self, code: int, why: str) -> None:
        self._code, self._deadline = code, time.monotonic() + self._grace
        for process in self._processes:
            process.again_at = None
        self._say(why)
        self._send_all(signal.SIGTERM)

    def _send_all(self, number: signal.Signals) -> None:
        for process in self._processes:
            if process.child is not None:
                self._say(f"sending {number.name} to {process.name} (process {process.child.pid})")
                process.send(number)

    def _asked_again(self) -> bool:
        """A second, separate request. One `kill` of a whole process group may reach us twice within milliseconds."""
        return len(self._signals) > 1 and self._signals[-1][1] - self._signals[0][1] > SECOND_SIGNAL_SECONDS

    def _force_end(self) -> None:
        """Whatever happened above (our output closed, say): leave no process behind. Prints nothing."""
        for process in self._processes:
            process.send(signal.SIGKILL)
        for process in self._processes:
            if process.child is not None:
                with suppress(subprocess.TimeoutExpired):
                    process.child.wait(LAST_SECONDS)

    def _say(self, sentence: str) -> None:
        self._print(sentence, SELF, None)

    def _print(self, line: bytes | str, name: str, colour: str | None) -> None:
        with suppress(OSError):  # of a terminal that is gone
            self._printer.write(Message("line", line, datetime.now().astimezone(), name, colour))
