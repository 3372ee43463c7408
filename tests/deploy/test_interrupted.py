"""Ctrl-C while a command of `yishi` works or is being loaded: one sentence, 130, no traceback; and what a run that was killed leaves behind
misleads nobody."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from deploy.starting import RUNNING, CannotStart, data_folder, running_at
from services.chassis.settings import Settings

YISHI = (sys.executable, "-c", "from deploy.cli.main import main; main()")
SLOW_TO_LOAD = (
    sys.executable,
    "-c",
    "import sys, types; slow = types.ModuleType('deploy.cli.commands'); from deploy.cli.main import main; "
    "slow.__getattr__ = lambda name: (print('loading', flush=True), __import__('time').sleep(60)); "
    "sys.modules['deploy.cli.commands'] = slow; main()",
)
GO_ON = "the same command goes on"
LISTS = {
    "regions": "code,name\n219901001,镇\n",
    "members": "member,node,role,since\nm_00001,n_g-211501001001,VOLUNTEER,2026-11-01\n",
}


def started(command: Sequence[str], *words: str, data: Path) -> "subprocess.Popen[str]":
    """The command in a process of its own, its two outputs as one."""
    environment = {**os.environ, "YISHI_DATA": str(data), "YISHI_TOKEN": "somebodys"}
    return subprocess.Popen(
        [*command, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize("what", LISTS)
@pytest.mark.parametrize("presses", [1, 3])
def test_an_import_that_is_broken_off_says_how_to_go_on(what: str, presses: int, tmp_path: Path) -> None:
    """While a batch is on its way to a service that does not answer."""
    source = tmp_path / "list.csv"
    source.write_text(LISTS[what], encoding="utf-8")
    with closing(socket.create_server(("127.0.0.1", 0))) as nobody:
        nobody.settimeout(60)
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        process = started(YISHI, what, "import", "--from-csv", str(source), "--url", url, data=tmp_path / "data")
        with closing(nobody.accept()[0]) as sent:
            assert sent.recv(1) == b"P"
            for _ in range(presses):
                process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert presses > 1 or said.count(GO_ON) == 1, said


def test_before_the_first_line_is_sent_too(tmp_path: Path) -> None:
    """While it reads the list, from a pipe that nobody writes to."""
    pipe = tmp_path / "list.csv"
    os.mkfifo(pipe)
    process = started(YISHI, "regions", "import", "--from-csv", str(pipe), data=tmp_path / "data")
    with pipe.open("w", encoding="utf-8"):  # opens when it begins to read
        state = Path(f"/proc/{process.pid}/stat")
        while state.read_text().rpartition(")")[2].split()[0] != "S":  # and waits for what nobody writes
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert (process.returncode, said.count(GO_ON)) == (130, 1), said
    assert "Traceback" not in said


def test_while_the_command_is_loaded(tmp_path: Path) -> None:
    process = started(SLOW_TO_LOAD, "regions", "list", data=tmp_path / "data")
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said.count("\n")) == (130, 1), said
    assert "run it again" in said


def test_what_a_killed_run_said_of_itself_is_believed_by_nobody(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, url = tmp_path / RUNNING, "http://127.0.0.1:1"
    left.write_text(json.dumps({"pid": ended.pid, "url": url}), encoding="utf-8")
    assert running_at(tmp_path) is None
    left.write_text(json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8")
    assert running_at(tmp_path) == url
    with data_folder(Settings(data=tmp_path)):
        assert not left.exists(), "the next run begins with a clean folder"
        left.write_text(json.dumps({"pid": os.getpid(), "url": url}), encoding="utf-8")
        with pytest.raises(CannotStart), data_folder(Settings(data=tmp_path)):
            pass
        assert running_at(tmp_path) == url, "one that is refused takes nothing from the run that uses it"
