"""Several processes as one: started together, their output prefixed, and none outlives another.

Built on honcho (its processes, printer and colours). Its loop is replaced, because honcho's own kills everybody 5 s after
the first has stopped, however long they may drain; waits without end when nobody stops; ignores a second Ctrl-C; and
breaks when a signal arrives before all have started.
"""

import contextlib
import os
import queue
import shlex
import signal
import sys
import time
from collections.abc import Mapping
from types import FrameType, MappingProxyType

from honcho.manager import SIGNALS, Manager
from honcho.printer import Printer

POLL_SECONDS = 0.1
SECOND_SIGNAL_SECONDS = 0.5
LAST_SECONDS = 5.0


def run(
    processes: Mapping[str, list[str]],
    env: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    grace_seconds: float = 30,
) -> int:
    """Run the named commands until one ends or we are told to stop; then stop them all. Main thread only.

    `env` adds to the caller's environment, per name. Stopping is SIGTERM to each command's process group, then SIGKILL after
    `grace_seconds` or at a second Ctrl-C. Returns 130 after Ctrl-C, 143 after SIGTERM; else the code of the command that
    ended first (128 + n if signal n ended it, and 1 if it ended without an error, which a server should not).
    """
    manager = _Manager(grace_seconds)
    for name, command in processes.items():
        # Python holds back lines that go to a pipe unless told otherwise.
        environment = {"PYTHONUNBUFFERED": "1", **os.environ, **env.get(name, {})}
        # `exec`: the process id is the command's own, not that of a shell around it.
        manager.add_process(name, f"exec {shlex.join(command)}", env=environment)
    manager.loop()
    return manager.returncode or 0


class _Manager(Manager):  # type: ignore[misc]  # honcho is untyped
    returncode: int | None

    def __init__(self, grace_seconds: float) -> None:
        super().__init__(Printer(sys.stdout))
        self._grace = grace_seconds
        self._signals: list[tuple[int, float]] = []

    def loop(self) -> None:
        def remember(number: int, _: FrameType | None) -> None:
            self._signals.append((number, time.monotonic()))

        before = {number: signal.signal(number, remember) for number in SIGNALS}
        try:
            self._start()
            self._watch()
        finally:
            self._force_end()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _watch(self) -> None:
        deadline = float("inf")  # when the present patience ends
        stopping = forced = False
        while True:
            try:
                self._take(self.events.get(timeout=POLL_SECONDS))
            except queue.Empty:
                if self._all_stopped():
                    return
            if not self._all_started():
                continue
            if not stopping and (self._signals or self._any_stopped()):
                stopping, deadline = True, time.monotonic() + self._grace
                self._explain()
                self.terminate()
            elif stopping and not forced and (self._asked_again() or time.monotonic() > deadline):
                forced, deadline = True, time.monotonic() + LAST_SECONDS
                self.kill()
            elif forced and time.monotonic() > deadline:
                return  # a stray grandchild keeps an output open; the processes themselves are gone

    def _take(self, message: object) -> None:
        match message:
            case ("line", *_):
                self._printer.write(message)
            case ("start", {"pid": pid}, _, name, _):
                self._processes[name]["pid"] = pid
                self._system_print(f"{name} started (process {pid})\n")
            case ("stop", {"returncode": code}, _, name, _):
                self._processes[name]["returncode"] = code
                self._system_print(f"{name} ended (code {code})\n")
                if self.returncode is None and not self._signals:
                    self.returncode = code if code > 0 else 128 - code if code < 0 else 1
                    self._system_print(f"{name} ended by itself, so all others are stopped\n")

    def _explain(self) -> None:
        if self._signals and self.returncode is None:
            number = self._signals[0][0]
            self.returncode = SIGNALS[number]["rc"]
            self._system_print(f"{SIGNALS[number]['name']} received; stopping (again: at once)\n")

    def _asked_again(self) -> bool:
        """A second, separate request. One `kill` of a whole process group may reach us twice within milliseconds."""
        return len(self._signals) > 1 and self._signals[-1][1] - self._signals[0][1] > SECOND_SIGNAL_SECONDS

    def _force_end(self) -> None:
        """Whatever happened above (our output closed, say): leave no process behind. Prints nothing."""
        for entry in self._processes.values():
            if "returncode" not in entry and "pid" in entry:
                self._procmgr.kill(entry["pid"])
        for entry in self._processes.values():
            with contextlib.suppress(KeyError, AssertionError):  # never started
                entry["process"].join(LAST_SECONDS if "returncode" not in entry else 1.0)
                entry["process"].kill()
