"""The supervisor with small real processes: who ends first, who drains, who has to be forced."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import IO

import pytest

# Says "up"; at SIGTERM says "draining", goes on for argv[1] seconds (for ever if negative) saying "still here", says "drained".
SERVER = """
import signal, sys, threading
seconds, asked = float(sys.argv[1]), threading.Event()
signal.signal(signal.SIGTERM, lambda *_: asked.set())
print("up")
while not asked.wait(0.05): pass
print("draining")
never = threading.Event()
if seconds < 0:
    never.wait(0.8); print("still here"); never.wait()
never.wait(seconds)
print("drained")
"""
RUN = "import json, sys; from deploy.supervisor import run; sys.exit(run(*json.loads(sys.argv[1])))"

Start = Callable[..., "subprocess.Popen[str]"]


def server(seconds: float) -> list[str]:
    return [sys.executable, "-c", SERVER, str(seconds)]


def ends(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(processes: dict[str, list[str]], grace: float = 20) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", RUN, json.dumps([processes, {}, grace])]
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


@pytest.mark.parametrize("sig, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
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
