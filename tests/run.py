"""All that `make test` runs, five processes at a time, each with a system, a broker and a cluster of its own: `python -m tests.run [pytest options]`.

The tests that plant poison, floods and crafted rows run apart from those that look at a whole system: a rebuild that met another test's
poison would rightly find a gap. The rebuild under load has a system that knows of nothing else: what others left would be built again with it.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
STORIES = "tests/scenarios/test_stories.py"
LOAD = "tests/rebuild/test_rebuild_under_load.py"
EVERYTHING = "tests/rebuild/test_of_everything.py"
SCENARIOS = [
    found
    for file in sorted(ROOT.glob("tests/scenarios/test_*.py"))
    if (found := str(file.relative_to(ROOT))) != STORIES
]
GROUPS = {
    "bus": ["tests/bus", "tests/commands", "tests/properties"],
    "scenarios": [*SCENARIOS[::2], EVERYTHING],
    "others": ["tests/rebuild/test_rebuild.py", *SCENARIOS[1::2], EVERYTHING],
    "stories": [STORIES],
    "faults": ["tests/faults", "tests/servers"],
    "access": ["tests/access"],
    "rest": ["tests/architecture", "tests/contracts", "tests/migrations", "tests/rules", "tests/deploy"],
    "gateway": [LOAD, "tests/gateway", "tests/docs"],
}
"""Longest first. A folder of which neither the whole nor every file stands in one is an error: no test is left out by oversight. The tests
that build a model again and again do so while it is small; at the end of the scenarios it is built once more, with all that happened."""
CHECK = ("make", "check")
AT_ONCE = 5
"""For two cores: the others wait, as a rule, for a server or for time to pass."""
NO_TESTS = 5
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SUMMARY = re.compile(r"(\d+) (passed|failed|errors?)")


def main() -> int:
    """All groups. Returns 1 if any failed, 128 + n if signal n ended the run."""
    placed = {place for group in GROUPS.values() for place in group} | {"tests/bench"}
    found = [file.relative_to(ROOT) for file in sorted(ROOT.glob("tests/*/test_*.py"))]
    if missing := [str(file) for file in found if not placed & {str(file), str(file.parent)}]:
        print(f"tests/run.py has no group for {', '.join(missing)}")
        return 1
    return run({name: pytest(files, sys.argv[1:]) for name, files in GROUPS.items()} | {"check": CHECK})


def pytest(files: Sequence[str], options: Sequence[str]) -> Sequence[str]:
    """The command that runs some tests."""
    return (sys.executable, "-m", "pytest", *files, *options)


def run(commands: Mapping[str, Sequence[str]]) -> int:
    """Runs the commands; prints each one's report whole when it ends. A signal is passed on to those that run, and waited for: they end
    the servers that they started."""
    waiting, failed, came = list(commands), [], list[int]()
    running: dict[str, tuple[subprocess.Popen[bytes], IO[str]]] = {}
    started: dict[str, float] = {}
    counted = {"passed": 0, "failed": 0}
    before = {number: signal.signal(number, lambda n, _: came.append(n)) for number in ENDING}
    passed_on = False
    while running or (waiting and not came):
        while waiting and not came and len(running) < AT_ONCE:
            name = waiting.pop(0)
            output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  (closed when its process has ended)
            # In a session of its own: Ctrl-C reaches this process alone, which passes it on once.
            process = subprocess.Popen(
                commands[name], stdout=output, stderr=subprocess.STDOUT, env=os.environ, start_new_session=True
            )
            running[name] = (process, output)
            started[name] = time.monotonic()
            print(f"… {name}", flush=True)
        if came and not passed_on:
            passed_on = True
            print(f"{signal.Signals(came[0]).name}: ending {', '.join(running)}", flush=True)
            for process, _ in running.values():
                process.terminate()
        for name, (process, report) in list(running.items()):
            if (code := process.poll()) is None:
                continue
            del running[name]
            report.seek(0)
            text = report.read()
            report.close()
            seconds = time.monotonic() - started[name]
            print(f"=== {name}: {'passed' if code == 0 else f'exit {code}'} in {seconds:.0f} s\n{text}", flush=True)
            for count, kind in SUMMARY.findall(text.strip().splitlines()[-1] if text.strip() else ""):
                counted["passed" if kind == "passed" else "failed"] += int(count)
            if code not in {0, NO_TESTS}:
                failed.append(name)
        time.sleep(0.2)
    for number, handler in before.items():
        signal.signal(number, handler)
    print(f"{counted['passed']} passed, {counted['failed']} failed")
    return 128 + came[0] if came else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
