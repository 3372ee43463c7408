"""A test run that SIGTERM ends leaves nothing running: neither pytest by itself nor `python -m tests.run` with its children."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

IN_PLAIN_CODE = "def test_at_work(server):\n    say(server.pid)\n    threading.Event().wait()\n"
IN_AN_EVENT_LOOP = "async def test_at_work(server):\n    say(server.pid)\n    await asyncio.Event().wait()\n"
BEHIND_A_PORT = """from deploy.serving import served

async def nothing(scope, receive, send):
    pass

async def test_at_work(server):
    async with served(nothing):
        say(server.pid)
        await asyncio.Event().wait()
"""
BEFORE = """import asyncio, subprocess, sys, threading
import pytest

def say(word):
    with open({pipe!r}, "w") as pipe:
        pipe.write(str(word))

@pytest.fixture(scope="session")
def server():
    # A server as ours are: in a session of its own, ended by the fixture and by nothing else.
    child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"], start_new_session=True)
    yield child
    child.terminate()
    child.wait()

"""
ALONE = ("-m", "pytest", "-p", "tests.ending", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto")
TOGETHER = (
    "-c",
    "import sys; from tests.run import pytest, run; "
    "sys.exit(run({'one': pytest(sys.argv[1:2], ['-p', 'tests.ending', '-o', 'asyncio_mode=auto'])}))",
)


@pytest.mark.parametrize("body", [IN_PLAIN_CODE, IN_AN_EVENT_LOOP, BEHIND_A_PORT], ids=["plain", "loop", "port"])
@pytest.mark.parametrize(("how", "code"), [(ALONE, 2), (TOGETHER, 128 + signal.SIGTERM)], ids=["pytest", "run"])
def test_what_fixtures_started_ends_with_the_run(tmp_path: Path, how: Sequence[str], code: int, body: str) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "test_waiting.py"
    os.mkfifo(pipe)
    file.write_text(BEFORE.format(pipe=str(pipe)) + body)
    # Of a shell's background job SIGINT is ignored, and its children's too.
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, *how, str(file)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as run:
        server = int(pipe.read_text())
        os.kill(server, 0)  # it runs
        run.terminate()
        try:
            said = run.communicate(timeout=60)[0].decode()
        finally:
            run.kill()
    left = True
    try:
        os.kill(server, signal.SIGKILL)
    except ProcessLookupError:
        left = False
    assert not left, said
    assert run.returncode == code, said
