"""What an operator does with the `yishi` command on a running system: dead letters, regions of her own, a rebuild."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from typer.testing import CliRunner

from deploy.cli.commands import app
from deploy.cli.main import main
from deploy.migrate import migrate
from deploy.servers import PostgresServer
from deploy.servers.process import free_port
from deploy.wiring import SERVICES
from gateway.readmodel import rebuild as rebuilding
from services.chassis.wire import Record
from tests.deploy.serving import Yishi, serving
from tests.harness import Harness, Place

READERS = ("deliberation", "escalation", "notify", "gateway")
"""Who reads the topic of regions."""
CANARY = "绝不外传"


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebuild stands back, and keeps what it writes to itself, for as long as its process lives: this one is everybody's."""
    monkeypatch.setattr(os, "nice", lambda _by: 0)
    monkeypatch.setattr(os, "umask", lambda _mask: 0)


@pytest_asyncio.fixture
async def yishi(system: Harness) -> AsyncIterator[Yishi]:
    """The command, as a process would run it."""
    async with serving(system) as found:
        yield found


async def hold(system: Harness, key: str, number: int = 1) -> None:
    """A record that nobody can read, on the topic of regions."""
    headers = {
        "ce_id": f"bad-{key}-{number}",
        "ce_type": "org.yishi.intake.RegionChanged.v1",
        "ce_time": "2026-11-23T01:00:00+00:00",
    }
    value = f'{{"region": "{CANARY}"}}'.encode()
    await system.system.wiring.bus.publish([Record("21.intake.region.v1", 0, 0, key, value, headers)])
    await system.settle()


async def letters(system: Harness, service: str, key: str) -> list[str]:
    """The ids of what a service holds of a key, oldest first."""
    rows = await system.rows(service, "SELECT id FROM dead_letter WHERE key = :key ORDER BY id", key=key)
    return [f"{service}/{row.id}" for row in rows]


async def test_a_held_record_is_listed_shown_and_dropped_and_those_behind_it_go_on(
    system: Harness, place: Place, yishi: Yishi
) -> None:
    code = f"{place.township}901"
    await hold(system, code)
    assert (await yishi("regions", "add", code, "新村")).exit_code == 0
    await system.settle()
    assert code not in (await yishi("regions", "list", place.township)).output, "it waits behind the held one"

    found = await yishi("dead-letters", "list")
    assert found.exit_code == 0, found.output
    for service in READERS:
        held, behind = await letters(system, service, code)
        assert held in found.output
        assert behind in found.output
    assert "UNDECODABLE" in found.output
    counted = (await system.http.get("/metrics")).text.splitlines()
    assert {f'yishi_dead_letters{{service="{service}"}} 2.0' for service in READERS} <= set(counted)
    assert 'yishi_commands_total{code="OK",command="AddRegion",service="intake"}' in "".join(counted)
    assert len([line for line in counted if line.startswith("# TYPE yishi_dead_letters")]) == 1
    assert "BEHIND" in found.output

    held, behind = await letters(system, "gateway", code)
    shown = await yishi("dead-letters", "show", held)
    assert f"ce_id: bad-{code}-1" in shown.output
    assert CANARY not in shown.output + found.output, "its content stays where it is"

    again = await yishi("dead-letters", "retry", held)
    assert (again.exit_code, again.output.strip()) == (1, "gateway: 0 went through, 2 still held")
    everywhere = await yishi("dead-letters", "retry", "--all")
    assert everywhere.exit_code == 1
    assert "intake: 0 went through, 0 still held" in everywhere.output
    assert "gateway: 0 went through, 2 still held" in everywhere.output
    assert await letters(system, "gateway", code) == [held, behind]

    assert (await yishi("dead-letters", "drop", held)).exit_code == 2, "it asks for --yes"
    assert await letters(system, "gateway", code) == [held, behind]
    for service in READERS:
        first = (await letters(system, service, code))[0]
        dropped = await yishi("dead-letters", "drop", first, "--yes")
        assert "1 behind it went through" in dropped.output
        assert await letters(system, service, code) == []
    assert f"{code} + 新村" in (await yishi("regions", "list", place.township)).output
    await system.no_dead_letters()


async def test_retry_all_goes_through_once_the_cause_is_mended(system: Harness, place: Place, yishi: Yishi) -> None:
    """Here an operator mends the record itself; as a rule a fix is deployed."""
    code = f"{place.township}902"
    await hold(system, code)
    good = f'{{"at": "2026-11-23T01:00:00Z", "region": {{"code": "{code}", "name": "新村"}}, "regionVersion": 1}}'
    for service in READERS:
        async with system.room(service).database.write() as connection:
            mend = text("UPDATE dead_letter SET value = :value WHERE key = :key")
            await connection.execute(mend, {"value": good.encode(), "key": code})
    done = await yishi("dead-letters", "retry", "--all")
    assert done.exit_code == 0, done.output
    assert "gateway: 1 went through, 0 still held" in done.output
    assert "nothing" in (await yishi("dead-letters", "list")).output.lower()
    rows = await system.rows("gateway", "SELECT name FROM region_view WHERE code = :code", code=code)
    assert rows[0].name == "新村"
    async with system.room(
        "gateway"
    ).database.write() as connection:  # the topic tells it otherwise: a rebuild would differ
        await connection.execute(text("DELETE FROM region_view WHERE code = :code"), {"code": code})


async def test_a_letter_that_is_not_there(yishi: Yishi) -> None:
    assert (await yishi("dead-letters", "show", "nobody/1")).exit_code == 2
    assert (await yishi("dead-letters", "show", "intake")).exit_code == 2
    assert (await yishi("dead-letters", "retry")).exit_code == 2
    for words in (["show", "notify/999999"], ["retry", "notify/999999"], ["drop", "notify/999999", "--yes"]):
        found = await yishi("dead-letters", *words)
        assert found.exit_code == 1
        assert "没有找到" in found.output
        assert "Not found" in found.output


async def test_operators_only(system: Harness, place: Place, yishi: Yishi) -> None:
    refused = await yishi("dead-letters", "list", token=place.city_chair.token())
    assert refused.exit_code == 1
    assert "dead-letters" in refused.output
    assert (await _get(system, "/operations/intake/dead-letters", place.chair.headers()))["code"] == "NOT_PERMITTED"
    assert (await _get(system, "/operations/gateway/dead-letters", place.chair.headers()))["code"] == "NOT_PERMITTED"
    assert (await _get(system, "/operations/intake/dead-letters", {}))["code"] == "UNAUTHENTICATED"
    assert (await _get(system, "/operations/nobody/dead-letters", system.operator.headers()))["code"] == "NOT_FOUND"
    headers = system.operator.headers()
    malformed = await system.http.post(
        "/operations/notify/dead-letters", json={"do": "drop", "id": "x"}, headers=headers
    )
    assert malformed.json()["refusal"]["code"] == "MALFORMED"


async def _get(system: Harness, path: str, headers: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = (await system.http.get(path, headers=headers)).json()["refusal"]
    return found


async def test_regions_of_her_own(system: Harness, place: Place, yishi: Yishi) -> None:
    code = f"{place.township}905"
    added = await yishi("regions", "add", code, "新村")
    assert (added.exit_code, added.output.strip()) == (0, f"{code} 新村 (version 1)")
    listed = (await yishi("regions", "list", place.township)).output.splitlines()
    assert [line.split() for line in listed] == [[place.village, "社区"], [code, "+", "新村"]]
    again = await yishi("regions", "add", code, "新新村")
    assert "version 2" in again.output
    await system.settle()


async def test_regions_that_are_refused_say_why_in_both_languages(system: Harness, place: Place, yishi: Yishi) -> None:
    orphan = await yishi("regions", "add", f"{place.county}777901", "新村")
    assert orphan.exit_code == 1
    assert "没有这个区划" in orphan.output
    assert "There is no region" in orphan.output
    wrong = await yishi("regions", "add", f"{place.township}777", "新村")
    assert wrong.exit_code == 1
    assert "900 to 999" in wrong.output
    short = await yishi("regions", "add", f"{place.township}7", "新村")
    assert short.exit_code == 1
    assert "2, 4, 6, 9 or 12 digits" in short.output
    stranger = await yishi("regions", "add", f"{place.township}906", "新村", token=place.chair.token())
    assert stranger.exit_code == 1
    assert not await system.rows("intake", "SELECT 1 FROM region WHERE id = :code", code=f"{place.township}906")


async def test_rebuild_tells_and_exits_by_the_outcome(system: Harness, place: Place, yishi: Yishi) -> None:
    await system.solved(place)
    fine = await yishi("readmodel", "rebuild", "--check-only")
    assert fine.exit_code == 0, fine.output
    assert "the two agree" in fine.output
    assert "left as it is" in fine.output
    async with system.room("gateway").database.write() as connection:
        corrupt = text("UPDATE counter SET count = count + 1 WHERE region = :village AND metric = 'accepted'")
        assert (await connection.execute(corrupt, {"village": place.village})).rowcount == 1
    broken = await yishi("readmodel", "rebuild")
    assert broken.exit_code == 1
    assert "THE TWO DIFFER" in broken.output
    assert "left as it is" in broken.output
    forced = await yishi("readmodel", "rebuild", "--force")
    assert "is the live one now" in forced.output
    assert (await yishi("readmodel", "rebuild", "--check-only")).exit_code == 0
    assert (await yishi("readmodel", "rebuild", token=place.chair.token())).exit_code == 2


def test_nothing_runs() -> None:
    """One sentence that says what to do."""
    found = CliRunner().invoke(app, ["dead-letters", "list", "--url", "http://127.0.0.1:1", "--token", "x"])
    assert "start Yishi" in str(found.exception)


async def test_metrics_do_not_wait_for_a_broker_that_hangs(system: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox fills; who looks must see it."""
    runtime = system.system.wiring.parts["intake"].runtime

    async def for_ever() -> int:
        await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(runtime.consumer, "lag", for_ever)
    monkeypatch.setattr("services.chassis.runtime.LAG_SECONDS", 0.05)
    async with asyncio.timeout(10):
        await runtime.measure()
        page = (await system.http.get("/metrics")).text
    assert 'yishi_consumer_lag{service="intake"} NaN' in page, "unknown is not zero"
    assert 'yishi_outbox_unsent{service="intake"} 0.0' in page


@pytest.mark.parametrize(
    "given, sentence",
    [
        ({"YISHI_KAFKA": "127.0.0.1:1"}, "needs YISHI_KAFKA and YISHI_POSTGRES"),
        ({"YISHI_POSTGRES": "yishi:secret@127.0.0.1:1"}, "needs YISHI_KAFKA and YISHI_POSTGRES"),
        (
            {"YISHI_KAFKA": "127.0.0.1:1", "YISHI_POSTGRES": "yishi:secret@127.0.0.1:1"},
            "PostgreSQL at 127.0.0.1:1 cannot be used",
        ),
        ({"YISHI_KAFKA": "127.0.0.1:1", "YISHI_POSTGRES": "yishi:secret:x"}, "is YISHI_POSTGRES right?"),
        ({"YISHI_LIMITS": "/nowhere"}, "YISHI_LIMITS: time limits"),
    ],
)
def test_a_rebuild_without_its_servers_is_one_sentence(
    given: dict[str, str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And no file of another kind of run is left behind."""
    for name, value in {"YISHI_DATA": str(tmp_path / "data"), **given}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["yishi", "readmodel", "rebuild"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    lines = 2 if "YISHI_LIMITS" in given else 1  # and where it stands in the file
    assert (ended.value.code, said.out, said.err.count("\n")) == (1, "", lines), said
    assert sentence in said.err
    assert "secret" not in said.err
    assert list(tmp_path.rglob("*.sqlite")) == []


def test_a_rebuild_beside_processes_that_it_is_told_nothing_of_is_asked_of_their_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only a run of one process has its databases in the folder; none is made there for another."""
    said_by_run = {"pid": os.getpid(), "url": "http://127.0.0.1:1", "oneProcess": False}
    (tmp_path / "run.json").write_text(json.dumps(said_by_run), encoding="utf-8")
    for name, value in {"YISHI_DATA": str(tmp_path), "YISHI_TOKEN": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["yishi", "readmodel", "rebuild"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "Nothing answers at http://127.0.0.1:1" in capsys.readouterr().err
    assert list(tmp_path.rglob("*.sqlite")) == []


def test_a_rebuild_of_a_damaged_database_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gateway.sqlite").write_bytes(b"no database at all" * 500)
    monkeypatch.setenv("YISHI_DATA", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["yishi", "readmodel", "rebuild"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (1, "", 1), said
    assert "gateway" in said.err


@contextmanager
def passable_folder() -> Iterator[Path]:
    """One that PostgreSQL's own user can pass through."""
    with tempfile.TemporaryDirectory(prefix="yishi-operations-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.kafka
def test_a_model_that_knows_nothing_is_not_right_because_kafka_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was lost, and made anew: only the topics can say whether there is nothing to know."""
    monkeypatch.setattr(rebuilding, "PATIENCE", 1.0)
    with passable_folder() as folder, PostgresServer(folder / "cluster", fast=True) as server:
        server.create_database("yishi_gateway")
        asyncio.run(migrate("gateway", server.dsn("yishi_gateway", scheme="postgresql+asyncpg")))
        address = server.dsn("x", scheme="x").removeprefix("x://").rpartition("/")[0]
        ports = {f"YISHI_{name.upper()}_PORT": str(free_port()) for name in SERVICES}
        away = {"YISHI_DATA": str(tmp_path / "data"), "YISHI_KAFKA": "127.0.0.1:1", "YISHI_POSTGRES": address}
        for name, value in (away | ports).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["yishi", "readmodel", "rebuild"])
        with pytest.raises(SystemExit) as ended:
            main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (1, ""), said
    assert "is Kafka there" in said.err
