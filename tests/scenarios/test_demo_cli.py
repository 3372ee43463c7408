"""`yishi demo` as an outsider uses it: a real run, a real process, the exit code and the JSON lines that are promised."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deploy.demo.stories.shelf import stories

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(300),
]  # a machine that does other things as well is slow to start processes

YISHI = (sys.executable, "-c", "from deploy.cli.main import main; main()")
KEYS = [
    "story",
    "step",
    "actor",
    "command",
    "ok",
    "caseId",
    "p1",
    "p2",
    "p3",
    "holder",
    "clock",
    "told",
    "never",
    "error",
]
VILLAGE = "n_fed-210302003008"
BOARD = "group:福康社区一号微平台"

# Another story than the one that is true: a person who is told, and a neighbour who may know, must not.
TAMPERED = """
from dataclasses import replace
from deploy.cli.main import main
from deploy.demo.stories import s00
from deploy.demo.stories.base import Never, Told
first = s00.STORY.steps[0]
expect = replace(first.expect, told=(Told("resident", "RECEIVED"),))
s00.STORY = replace(s00.STORY, never=(Never("neighbour"), Never("liaison")), steps=(replace(first, expect=expect),))
main()
"""

FIRST_STEP = """
from dataclasses import replace
from deploy.cli.main import main
from deploy.demo.stories import s00
s00.STORY = replace(s00.STORY, steps=s00.STORY.steps[:1])
main()
"""


class Run(NamedTuple):
    """A running Yishi."""

    url: str
    environment: Mapping[str, str]


def environment(data: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YISHI_")}
    return {**kept, "YISHI_DATA": str(data), "YISHI_PORT": str(port)}


def yishi(run: Run, *arguments: str, command: tuple[str, ...] = YISHI) -> "subprocess.CompletedProcess[str]":
    whole = [*command, *arguments]
    return subprocess.run(whole, env=run.environment, capture_output=True, text=True, timeout=240, check=False)


def lines(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """`yishi up` on a free port with an empty data folder; ended as Ctrl-C would."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="yishi-demo-") as folder:
        found = Run(f"http://127.0.0.1:{port}", environment(Path(folder) / "data", port))
        with (Path(folder) / "log").open("w+") as log:
            process = subprocess.Popen(
                [*YISHI, "up"], env=found.environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
            assert process.stdout is not None
            ready = next((line for line in process.stdout if found.url in line), None)
            log.seek(0)
            assert ready, log.read()
            yield found
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
            process.stdout.close()


def test_every_step_of_s00_holds(run: Run) -> None:
    done = yishi(run, "demo", "--story", "S00", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    *steps, last = lines(done.stdout)
    assert (last["passed"], last["failed"]) == (6, 0)
    assert set(last) == {"summary", "passed", "failed"}
    assert all(list(step) == KEYS for step in steps)
    assert [(step["step"], step["actor"], step["command"], step["p1"], step["told"]) for step in steps] == [
        (1, "resident", "reportMatter", "SUBMITTED", ["resident", "group-owner"]),
        (2, "group-owner", "acknowledge", "SUBMITTED", []),
        (2, "group-owner", "acceptMatter", "ACCEPTED", ["resident"]),
        (3, "group-owner", "solveOnSpot", "RESOLVED", ["chair (daily digest)"]),
        (4, "group-owner", "giveFeedback", "FEEDBACK_GIVEN", ["resident", BOARD]),
        (4, "resident", "rateMatter", "CLOSED", ["resident"]),
    ]
    assert {(step["story"], step["p2"], step["p3"], step["ok"], step["error"]) for step in steps} == {
        ("S00", "–", "–", True, None)
    }
    assert [step["holder"] for step in steps] == [VILLAGE] * 5 + [None]
    assert [step["clock"] and step["clock"]["stage"] for step in steps] == [
        "ACK",
        "TRIAGE",
        "COUNCIL",
        "FEEDBACK",
        "CALL_BACK",
        None,
    ]
    assert len({step["caseId"] for step in steps}) == 1
    asked = [{each["who"] for each in step["never"]} for step in steps]
    assert all({"neighbour", "township-officer", "liaison", "operator", "anonymous"} <= names for names in asked)
    assert all(each["held"] for step in steps for each in step["never"])


@pytest.mark.parametrize("columns", ["80", "160"])
def test_the_printed_story_can_be_read(run: Run, columns: str) -> None:
    """In a terminal of the usual width, too, and in a pipe, which counts as one."""
    terminal = Run(run.url, {**run.environment, "COLUMNS": columns})
    done = yishi(terminal, "demo", "--story", "S00", "--url", run.url, command=(sys.executable, "-c", FIRST_STEP))
    assert done.returncode == 0, done.stdout + done.stderr
    for said in ("SUBMITTED", "福康社区妇联", "ACK until", "group-owner", "none of 17 did", "everything held"):
        assert said in done.stdout


def test_what_does_not_hold_is_said_and_exits_1(run: Run) -> None:
    done = yishi(run, "demo", "--story", "S00", "--json", command=(sys.executable, "-c", TAMPERED))
    assert done.returncode == 1, done.stdout + done.stderr
    step, last = lines(done.stdout)
    assert (last["passed"], last["failed"]) == (0, 1)
    assert not step["ok"]
    assert "group-owner was told NEW_MATTER" in step["error"]
    assert "neighbour: finds the matter by case" in step["error"]
    assert step["never"] == [{"who": "neighbour", "held": False}, {"who": "liaison", "held": True}]


def test_a_story_that_does_not_exist_exits_2(run: Run) -> None:
    done = yishi(run, "demo", "--story", "S99")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"There is no story S99; there are: {', '.join(story.id for story in stories())}.\n"


def test_a_run_that_does_not_know_our_tokens_exits_2(run: Run, tmp_path: Path) -> None:
    """Another run's keys: nothing can be played, and nothing is half played."""
    elsewhere = Run(run.url, {**run.environment, "YISHI_DATA": str(tmp_path)})
    missing = yishi(elsewhere, "demo", "--url", run.url, "--json")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "keys" in missing.stderr
    make_keys = "from pathlib import Path; from services.chassis.identity import Issuer; Issuer.kept_in(Path('{}'), 'yishi-demo', 'yishi')"
    subprocess.run([sys.executable, "-c", make_keys.format(tmp_path / "keys")], check=True)
    foreign = yishi(elsewhere, "demo", "--url", run.url, "--json")
    assert (foreign.returncode, foreign.stdout) == (2, "")
    assert "does not accept" in foreign.stderr


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:9", "http://[1"])
def test_without_a_run_there_is_one_sentence_and_exit_2(tmp_path: Path, url: str) -> None:
    (tmp_path / "keys").mkdir()
    done = yishi(Run("", environment(tmp_path, 9)), "demo", *(["--url", url] if url else []))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
