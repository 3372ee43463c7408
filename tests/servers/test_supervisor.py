"""The supervisor with small real processes: who is started again, who ends first, who drains, who has to be forced."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import IO

import pytest

from deploy.supervisor import Restarts

# Says "up"; at SIGTERM says "draining", goes on for argv[1] seconds (for ever if negative) saying "still here", says "drained".
SERVER = """
import signal, sys, threading
seconds, asked = float(sys.argv[1]), []  # no event: set within its own wait, it would wait for itself
signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
print("up")
while not asked: threading.Event().wait(0.05)
print("draining")
never = threading.Event()
if seconds < 0:
    never.wait(0.8); print("still here"); never.wait()
never.wait(seconds)
print("drained")
"""
RUN = "import json, sys; from deploy.supervisor import run; sys.exit(run(*json.loads(sys.argv[1])))"
RUN_AGAIN = """
import json, sys
from deploy.supervisor import Restarts, run
given, restarts = map(json.loads, sys.argv[1:])
sys.exit(run(*given, came_up=lambda _: True, restarts=Restarts(**restarts)))
"""
AT_ONCE = {"first_pause": 0.01}

Start = Callable[..., "subprocess.Popen[str]"]


def server(seconds: float) -> list[str]:
    return [sys.executable, "-c", SERVER, str(seconds)]


def ends(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(
        processes: dict[str, list[str]], grace: float = 20, restarts: dict[str, float] | None = None
    ) -> "subprocess.Popen[str]":
        """With `restarts`, all of them have come up, as the supervisor is told."""
        given = json.dumps([processes, {}, grace])
        words = [RUN, given] if restarts is None else [RUN_AGAIN, given, json.dumps(restarts)]
        command = [sys.executable, "-c", *words]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def read_until(output: IO[str] | None, word: str, times: int = 1) -> str:
    assert output is not None
    seen = ""
    for line in output:
        seen += line
        times -= word in line
        if times == 0:
            return seen
    raise AssertionError(f"{word!r} never came; the output was:\n{seen}")


def pids(output: str) -> dict[str, int]:
    return {name: int(pid) for name, pid in re.findall(r"(\w+) started \(process (\d+)\)", output)}


@pytest.mark.parametrize("sig, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_drains_all(start: Start, sig: signal.Signals, code: int) -> None:
    process = start({"quick": server(0), "slow": server(0.5)})
    read_until(process.stdout, "| up", 2)
    process.send_signal(sig)
    rest, _ = process.communicate(timeout=15)
    assert rest.count("| drained") == 2
    assert "SIGKILL" not in rest
    assert process.returncode == code


@pytest.mark.parametrize(
    "code, expected",
    [("raise SystemExit(3)", 3), ("pass", 1), ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 137)],
)
def test_one_that_ends_stops_the_others(start: Start, code: str, expected: int) -> None:
    process = start({"faulty": ends(code), "other": server(0)})
    output, _ = process.communicate(timeout=15)
    assert "faulty ended by itself" in output
    assert "other ended" in output
    assert process.returncode == expected


def test_one_that_is_killed_is_started_again_while_the_other_goes_on(start: Start) -> None:
    process = start({"killed": server(0), "other": server(0)}, restarts=AT_ONCE)
    before = pids(read_until(process.stdout, "| up", 2))
    os.kill(before["killed"], signal.SIGKILL)
    seen = read_until(process.stdout, "| up")
    assert "killed ended (code -9)" in seen
    after = pids(seen)
    assert set(after) == {"killed"}, "nobody else was started"
    assert after["killed"] != before["killed"]
    os.kill(before["other"], 0)  # it runs
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=15)
    assert rest.count("| drained") == 2
    assert process.returncode == 143
    for pid in (after["killed"], before["other"]):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_one_that_ends_too_often_stops_the_others(start: Start) -> None:
    process = start({"faulty": ends("raise SystemExit(3)"), "other": server(0)}, restarts={**AT_ONCE, "most_ends": 3})
    output, _ = process.communicate(timeout=15)
    assert output.count("faulty started") == 3
    assert "faulty ended by itself 3 times without running for 60 s in between" in output
    assert "other ended" in output
    assert process.returncode == 3


def test_ends_before_a_steady_run_are_forgotten(start: Start) -> None:
    process = start({"faulty": ends("pass")}, restarts={**AT_ONCE, "most_ends": 2, "steady_seconds": 0})
    read_until(process.stdout, "faulty started", 4)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=15)
    assert process.returncode == 143


def test_nothing_is_started_again_while_all_stop(start: Start) -> None:
    process = start({"faulty": ends("pass"), "other": server(0)}, restarts={"first_pause": 3600, "longest_pause": 3600})
    read_until(process.stdout, "faulty ended by itself; it is started again in 3600 s")
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=15)
    assert "started" not in rest
    assert process.returncode == 130


def test_pauses_grow_to_half_a_minute() -> None:
    assert [Restarts().pause(ends) for ends in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_who_does_not_stop_is_killed_after_the_grace(start: Start) -> None:
    process = start({"stubborn": server(-1), "stubborn too": server(-1)}, grace=0.3)
    read_until(process.stdout, "| up", 2)
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=15)
    assert "sending SIGKILL to stubborn" in rest
    assert process.returncode == 143


def test_a_second_ctrl_c_forces(start: Start) -> None:
    process = start({"stubborn": server(-1)})
    read_until(process.stdout, "| up")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)  # the same request, delivered twice: not yet
    read_until(process.stdout, "| still here")
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=15)
    assert "sending SIGKILL to stubborn" in rest
    assert process.returncode == 130


def test_a_signal_before_all_have_started(start: Start) -> None:
    process = start({f"server-{n}": server(0) for n in range(4)})
    read_until(process.stdout, "started")
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=15)
    assert "server-3 ended" in rest
    assert process.returncode == 143


def test_a_closed_output_leaves_nobody_behind(start: Start) -> None:
    process = start({"server": server(0)})
    seen = read_until(process.stdout, "| up")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    pid = seen.partition("(process ")[2].partition(")")[0]
    assert subprocess.run(["kill", "-0", pid], stderr=subprocess.DEVNULL, check=False).returncode != 0
