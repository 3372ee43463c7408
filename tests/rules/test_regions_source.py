"""Region sources: rows in, typed refusals out; no network (domain 4)."""

import base64
import csv
import hashlib
import io
import subprocess
import tarfile
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import regions_source
from deploy.fixtures.make_regions import TARGET, as_csv, chosen
from deploy.regions_source import BadRow, RegionRow, RegionRowError, RegionSourceError, from_csv, from_npm

SEED_PLACES = {
    "210113001010": "福宁社区",
    "210302003008": "福康社区",
    "210521001014": "俪城社区",
    "211224100012": "宏运社区",
    "210102027002": "滨河湾社区",
    "210711013003": "女纸社区",
    "211321116200": "平房村",
    "211321222206": "平房村",
}


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "regions.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(path: Path, **more: frozenset[str]) -> tuple[list[RegionRow], list[tuple[int, BadRow]]]:
    errors: list[RegionRowError] = []
    rows = list(from_csv(path, refuse=errors.append, **more))
    return rows, [(error.line, error.reason) for error in errors]


def test_the_committed_fixture_is_whole_and_passes_its_own_checks() -> None:
    rows = list(from_csv(TARGET))
    by_code = {row.code: row.name for row in rows}
    assert [sum(len(code) == width for code in by_code) for width in (2, 4, 6)] == [1, 14, 100]
    assert sum(code.startswith("210681206") for code in by_code) == 11  # the township and its ten villages
    assert all(by_code[code].startswith(name) for code, name in SEED_PLACES.items())
    assert any(len(code) == 9 and code.startswith("211381") for code in by_code)
    assert 150 <= len(rows) <= 170
    assert chosen(rows) == rows  # nothing in it but what the maker chooses, in its order
    assert as_csv(rows) == TARGET.read_text(encoding="utf-8")


def test_every_kind_of_bad_row_is_named_by_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    lines = {
        "21,辽宁省": None,
        "21０１,沈阳市": BadRow.NOT_DIGITS,
        "2.1E+03,沈阳市": BadRow.NOT_DIGITS,
        ",沈阳市": BadRow.NOT_DIGITS,
        "210,沈阳市": BadRow.BAD_WIDTH,
        "1101,市辖区": BadRow.OTHER_PROVINCE,
        "2101, ": BadRow.NAME_EMPTY,
        "2101,沈\x07阳": BadRow.NAME_UNREADABLE,
        "2101": BadRow.MISSING_COLUMN,
        "2101,沈阳市": None,
        " 2101 ,沈阳": BadRow.DUPLICATE,
        "210213,金州区": BadRow.UNKNOWN_PARENT,
        f"2102,{'长' * 140_000}": BadRow.MALFORMED,  # over the csv module's field limit
        "2102,大连市,": None,  # as some spreadsheets end every row
        "2103,鞍山,市": BadRow.MALFORMED,  # which of them is the name?
    }
    rows, errors = read(written(tmp_path, "\n".join(["code,name", *lines])))
    assert [row.code for row in rows] == ["21", "2101", "2102"]
    assert errors == [(line, reason) for line, reason in enumerate(lines.values(), start=2) if reason]


def test_a_bad_row_stops_the_reading_unless_the_caller_says_otherwise(tmp_path: Path) -> None:
    rows = from_csv(written(tmp_path, "code,name\n21,辽宁省\n21x,沈阳市\n"))
    assert next(rows) == RegionRow("21", "辽宁省")
    with pytest.raises(RegionRowError, match=r"line 3: .*digits.*\[NOT_DIGITS\]") as caught:
        next(rows)
    assert (caught.value.line, caught.value.reason, caught.value.code) == (3, BadRow.NOT_DIGITS, "21x")


def test_known_codes_may_be_parents_and_may_come_again(tmp_path: Path) -> None:
    path = written(tmp_path, "code,name\n211381101900,八里营村\n211381101,西官营镇\n")
    assert read(path) == ([], [(2, BadRow.UNKNOWN_PARENT), (3, BadRow.UNKNOWN_PARENT)])
    rows, errors = read(path, known=frozenset({"211381", "211381101"}))
    assert ([row.code for row in rows], errors) == (["211381101900", "211381101"], [])


def test_files_as_spreadsheets_save_them(tmp_path: Path) -> None:
    text = '\ufeffName,Remark,CODE\r\n"辽宁省",x,21\r\n\r\n"沈阳市,旧",,2101\r\n'
    rows, errors = read(written(tmp_path, text))
    assert ([(row.code, row.name) for row in rows], errors) == ([("21", "辽宁省"), ("2101", "沈阳市,旧")], [])


def test_another_encoding_is_a_refusal_of_its_rows(tmp_path: Path) -> None:
    rows, errors = read(written(tmp_path, "code,name\n21,辽宁省\n".encode("gb18030")))
    assert (rows, errors) == ([], [(2, BadRow.NAME_UNREADABLE)])


@pytest.mark.parametrize("text", ["", "21,辽宁省\n", "代码,名称\n21,辽宁省\n"])
def test_a_file_without_the_header_is_refused_whole(tmp_path: Path, text: str) -> None:
    with pytest.raises(RegionSourceError, match="code,name"):
        list(from_csv(written(tmp_path, text)))


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(RegionSourceError, match="cannot be read"):
        list(from_csv(tmp_path / "none.csv"))


@given(body=st.lists(st.lists(st.text(max_size=14), max_size=3), max_size=20))
def test_whatever_the_rows_hold_only_sound_ones_come_out(
    tmp_path_factory: pytest.TempPathFactory, body: list[list[str]]
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["code", "name"], ["21", "辽宁省"], *body])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(buffer.getvalue().encode("utf-8", "surrogatepass"))
    rows, _ = read(path)
    codes = [row.code for row in rows]
    assert codes[0] == "21"
    assert len(set(codes)) == len(codes)
    assert all(code.isascii() and code.isdigit() and row.name for code, row in zip(codes, rows, strict=True))


# --- the package, played by a small archive of our own -------------------------------------------------------------


TABLES = {  # children before their parents, as in the real one
    "areas": "code,name,cityCode\n110101,东城区,1101\n210102,和平区,2101\n",
    "cities": 'code,name,provinceCode\n1101,"市辖区",11\n2101,"沈阳市",21\n',
    "provinces": "code,name\n11,北京市\n21,辽宁省\n",
    "streets": "code,name,areaCode\n210102027,沈水湾街道,210102\n",
    "villages": "code,name,streetCode\n210102027002,滨河湾社区,210102027\n",
}


def packed(cache: Path, monkeypatch: pytest.MonkeyPatch, tables: dict[str, str] = TABLES) -> Path:
    tarball = cache / "china-division-2.7.0.tgz"
    with tarfile.open(tarball, "w:gz") as archive:
        for name, text in {**tables, "data": "never read"}.items():
            member = tarfile.TarInfo(f"package/dist/{name}.csv")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    monkeypatch.setattr(regions_source, "INTEGRITY", f"sha512-{digest}")
    return tarball


def test_the_package_gives_the_province_alone_parents_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed(tmp_path, monkeypatch)
    assert [row.code for row in from_npm(tmp_path)] == ["21", "2101", "210102", "210102027", "210102027002"]


def test_another_archive_of_that_name_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tarball = packed(tmp_path, monkeypatch)
    tarball.write_bytes(tarball.read_bytes() + b"\0")
    with pytest.raises(RegionSourceError, match="SHA-512 differs"):
        list(from_npm(tmp_path))


def test_a_package_that_lacks_a_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed(tmp_path, monkeypatch, {name: text for name, text in TABLES.items() if name != "streets"})
    with pytest.raises(RegionSourceError, match="lacks streets"):
        list(from_npm(tmp_path))


@pytest.mark.parametrize(
    "failure, told",
    [
        (FileNotFoundError(), "npm is not installed"),
        (subprocess.TimeoutExpired("npm", 1), "check the network"),
        (subprocess.CalledProcessError(1, "npm", stderr=b"canary-host"), "run it by hand"),
    ],
)
def test_what_npm_may_do_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, told: str) -> None:
    def run(*args: object, **more: object) -> NoReturn:
        raise failure

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(RegionSourceError, match=told) as caught:
        list(from_npm(tmp_path / "cache"))
    assert "canary-host" not in str(caught.value)
