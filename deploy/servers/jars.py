"""Java and the Kafka jars: found, or fetched once by Maven into deploy/kafka/libs."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deploy.servers.process import ServerError, make_writable

KAFKA_HOME = Path(__file__).resolve().parents[1] / "kafka"
LIBS = KAFKA_HOME / "libs"
POM = KAFKA_HOME / "pom.xml"
MANIFEST = LIBS / "manifest.json"
OLDEST_JAVA = 17
FETCH_SECONDS = 900

GET_JAVA = "Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17"
GET_MAVEN = "Debian: apt-get install maven; macOS: brew install maven"


@dataclass(frozen=True)
class Java:
    """A Java that can run Kafka."""

    program: str
    major: int
    digest: str
    """Of everything it says about its version: changes with every update."""


@cache
def java() -> Java:
    """The `java` program (JAVA_HOME first, then the PATH); ServerError if it is missing or older than 17."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if program is None:
        where = "in JAVA_HOME" if home else "on the PATH"
        raise ServerError(f"Kafka needs Java {OLDEST_JAVA} or newer and no java was found {where}; {GET_JAVA}")
    answer = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', answer.stderr)
    if version is None:
        raise ServerError(f"{program} does not tell its version; install Java {OLDEST_JAVA} or newer ({GET_JAVA})")
    if (major := int(version[1])) < OLDEST_JAVA:
        raise ServerError(f"Kafka needs Java {OLDEST_JAVA} or newer and {program} is version {major}; {GET_JAVA}")
    return Java(program, major, hashlib.sha256(answer.stderr.encode()).hexdigest())


def maven() -> str:
    """The `mvn` program; ServerError if missing."""
    if (program := shutil.which("mvn")) is None:
        raise ServerError(f"the Kafka jars are fetched by Maven and no mvn was found on the PATH; {GET_MAVEN}")
    return program


def _pom_digest() -> str:
    return hashlib.sha256(POM.read_bytes()).hexdigest()


def jars_complete() -> bool:
    """Whether libs/ holds, in full size, every jar that the present pom.xml asked for."""
    try:
        manifest = json.loads(MANIFEST.read_text())
        sizes: dict[str, int] = manifest["jars"]
        return bool(manifest["pom"] == _pom_digest()) and all((LIBS / n).stat().st_size == s for n, s in sizes.items())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def fetch_jars() -> None:
    """Fetch the jars (55 MB, about 10 to 20 s) unless they are complete. ServerError if Maven is missing or fails."""
    if jars_complete():
        return
    program = maven()
    make_writable(LIBS)
    with POM.open("rb") as lock:  # two starts at once: the second waits and finds them complete
        fcntl.flock(lock, fcntl.LOCK_EX)
        if jars_complete():
            return
        for old in LIBS.iterdir():
            old.unlink()
        command = [
            program,
            "-q",
            "-B",
            "dependency:copy-dependencies",
            f"-DoutputDirectory={LIBS}",
            "-DincludeScope=runtime",
        ]
        try:
            done = subprocess.run(
                command, cwd=KAFKA_HOME, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ServerError(f"Maven did not fetch the Kafka jars in {FETCH_SECONDS} s; check the network") from error
        if done.returncode != 0:
            reason = "\n  ".join((done.stdout + done.stderr).strip().splitlines()[:6])
            raise ServerError(f"Maven could not fetch the Kafka jars; it says:\n  {reason}")
        sizes = {jar.name: jar.stat().st_size for jar in sorted(LIBS.glob("*.jar"))}
        MANIFEST.write_text(json.dumps({"pom": _pom_digest(), "jars": sizes}, indent=1) + "\n")


def class_path() -> str:
    """All jars in a fixed order: a class data archive is only accepted for the very class path that it was made with."""
    return os.pathsep.join(str(jar) for jar in sorted(LIBS.glob("*.jar")))
