"""Apache Kafka (KRaft) as one local process: broker and controller, plaintext, on loopback only."""

import base64
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import ClassVar

from deploy.servers.jars import KAFKA_HOME, LIBS, class_path, fetch_jars, java
from deploy.servers.process import LOOPBACK, Server, ServerError, free_port

ANSWER_SECONDS = 1.0
CLEAN_EXITS = (0, 143)  # Java answers SIGTERM with 143 after its orderly end
QUIET = ("-Xlog:cds=off", "-Xlog:cds+dynamic=off")

# Metadata request, version 1: key 3, version 1, correlation id 1, no client id, no topics. Its answer lists the live brokers.
METADATA = struct.pack(">hhihi", 3, 1, 1, -1, 0)


class KafkaServer(Server):
    """A single Kafka node.

    with KafkaServer(Path("/tmp/try/kafka")) as kafka:
        producer = AIOKafkaProducer(bootstrap_servers=[kafka.bootstrap])

    `settings` adds to or replaces lines of deploy/kafka/server.properties, for tests of compaction or of sizes.
    A killed node comes back about 2 s later than a stopped one: its old session has to end first.
    """

    name: ClassVar[str] = "Kafka"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, data: Path, port: int = 0, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(data, port)
        self.settings = dict(settings or {})
        self._new_archive: Path | None = None
        self._claim: int | None = None

    @property
    def bootstrap(self) -> str:
        """host:port for clients. aiokafka and FastStream take several only as a list, never joined by commas."""
        return f"{LOOPBACK}:{self.port}"

    def ready(self) -> bool:
        """Whether the broker answers and counts itself among the live ones (topics can be made from then on)."""
        if self.pid is None:
            return False
        try:
            with socket.create_connection((LOOPBACK, self.port), ANSWER_SECONDS) as connection:
                connection.sendall(struct.pack(">i", len(METADATA)) + METADATA)
                answer = connection.recv(12, socket.MSG_WAITALL)  # size, correlation id, number of brokers
            return len(answer) == 12 and int(struct.unpack(">iii", answer)[2]) > 0
        except OSError:
            return False

    def kill(self) -> None:
        super().kill()
        if self._new_archive is not None and self._new_archive.exists():
            if self.exit_code in CLEAN_EXITS:
                os.replace(self._new_archive, _archive())
            else:
                self._new_archive.unlink()  # cut short while it was written
        self._new_archive = None
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def _prepare(self) -> None:
        java()
        fetch_jars()
        if not (self.data / "log").exists():
            self._format()
        self._configure(self.data / "log")

    def _configure(self, log_dirs: Path) -> Path:
        template = Template((KAFKA_HOME / "server.properties").read_text())
        text = template.substitute(port=self.port, controller_port=free_port(), log_dirs=log_dirs)
        path = self.data / "server.properties"
        path.write_text(text + "".join(f"{key}={value}\n" for key, value in self.settings.items()))
        return path

    def _format(self) -> None:
        """Format beside the final place and move it there whole: a formatting that was broken off leaves nothing behind."""
        fresh = self.data / "log.new"
        shutil.rmtree(fresh, ignore_errors=True)
        # A leading dash would read as an option on the command line.
        cluster = "y" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        command = [
            *self._java(*_shared()),
            "kafka.tools.StorageTool",
            "format",
            "-t",
            cluster,
            "-c",
            str(self._configure(fresh)),
        ]
        done = subprocess.run(command, cwd=self.data, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = (done.stderr + done.stdout).strip()[-1000:]
            raise ServerError(f"Kafka's storage in {fresh} could not be formatted; it says:\n  {reason}")
        fresh.rename(self.data / "log")

    def _java(self, *sharing: str) -> list[str]:
        # The serial collector and the first compiler alone: half the start time, and plenty for one node of a small run.
        flags = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *QUIET]
        logs = f"-Dlog4j2.configurationFile={KAFKA_HOME / 'log4j2.xml'}"
        return [java().program, *sharing, *flags, logs, "-cp", class_path()]

    def _command(self) -> list[str]:
        """Class data sharing: the first orderly stop writes an archive of the loaded classes, later starts map it. Writing it takes as long as
        two starts: of several that run at once one does."""
        sharing = _shared()
        if not sharing and self._claims():
            self._new_archive = LIBS / f"new-{uuid.uuid4().hex}.jsa"  # whole before it has its name
            sharing = [f"-XX:ArchiveClassesAtExit={self._new_archive}"]
        return [*self._java(*sharing), "kafka.Kafka", str(self.data / "server.properties")]

    def _claims(self) -> bool:
        """Whether this one is to write the archive: as long as it runs no other is. Given back by the kernel if we are killed."""
        claim = os.open(LIBS / "archive.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(claim)
            return False
        self._claim = claim
        return True


def _shared() -> list[str]:
    """What has Java map the archive, if there is one."""
    archive = _archive()
    return [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []


def _archive() -> Path:
    """The archive for this very Java; another would ignore it without a word."""
    return LIBS / f"java-{java().digest[:12]}.jsa"
