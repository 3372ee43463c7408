"""What is missing is named, with the way to get it. These need neither Java nor PostgreSQL."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import doctor
from deploy.servers import KafkaServer, PostgresServer, Server, ServerError, jars, postgres
from deploy.servers.process import free_port


@pytest.fixture(autouse=True)
def forget_what_was_found() -> Iterator[None]:
    jars.java.cache_clear()
    postgres.binaries.cache_clear()
    yield
    jars.java.cache_clear()
    postgres.binaries.cache_clear()


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any program, and without jars; returns its only folder of programs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(postgres, "FOLDERS", ())
    monkeypatch.setattr(jars, "LIBS", tmp_path / "libs")
    monkeypatch.setattr(jars, "MANIFEST", tmp_path / "libs" / "manifest.json")
    return programs


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_no_java(bare_machine: Path, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match="no java was found on the PATH; Debian: apt-get install"):
        KafkaServer(tmp_path / "kafka").start()


def test_java_too_old(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine, "java", """echo 'openjdk version "11.0.22" 2024-01-16' >&2""")
    with pytest.raises(ServerError, match=r"17 or newer and .*java is version 11"):
        KafkaServer(tmp_path / "kafka").start()


def test_no_maven(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine, "java", """echo 'openjdk version "21.0.1" 2023-10-17' >&2""")
    with pytest.raises(ServerError, match="no mvn was found on the PATH; Debian: apt-get install maven"):
        KafkaServer(tmp_path / "kafka").start()


def test_maven_that_fails_is_quoted(bare_machine: Path) -> None:
    program(bare_machine, "mvn", "echo '[ERROR] no route to the repository'; exit 1")
    with pytest.raises(ServerError, match="no route to the repository"):
        jars.fetch_jars()
    assert not jars.jars_complete()


def test_jars_are_fetched_once(bare_machine: Path, tmp_path: Path) -> None:
    program(bare_machine, "mvn", f"echo once >> {tmp_path}/calls; echo x > {tmp_path}/libs/a.jar")
    jars.fetch_jars()
    jars.fetch_jars()
    assert (tmp_path / "calls").read_text() == "once\n"
    (tmp_path / "libs" / "a.jar").write_text("damaged")
    jars.fetch_jars()
    assert (tmp_path / "calls").read_text() == "once\nonce\n"


def test_no_postgres(bare_machine: Path, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"PostgreSQL 15 .* was not found; Debian: apt-get install postgresql-15"):
        PostgresServer(tmp_path / "postgres").start()


@pytest.mark.parametrize("kind", [KafkaServer, PostgresServer])
def test_a_folder_that_cannot_be_written(kind: type[Server], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ServerError, match="is not writable"):
        kind(tmp_path / "file" / "data").start()


def test_doctor_names_all_that_is_missing(bare_machine: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = {check.name: check for check in doctor.checks(tmp_path, {"gateway": taken.getsockname()[1]})}
    missing = {name for name, check in found.items() if not check.ok}
    assert missing >= {"Java 17 or newer", "Maven", "Kafka jars", "PostgreSQL 15", "port of gateway"}
    assert all(found[name].how_to_get_it for name in missing)
    assert found["Python 3.11"].ok
    assert found["loopback"].ok
    assert all(not check.how_to_get_it for check in found.values() if check.ok)


def test_doctor_creates_nothing(tmp_path: Path) -> None:
    doctor.checks(tmp_path / "not" / "yet", {"gateway": free_port()})
    assert list(tmp_path.iterdir()) == []
