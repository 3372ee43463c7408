"""Rows of a CSV as spreadsheets save it: UTF-8, a header that names the columns in any order, others ignored."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO


class SourceError(RuntimeError):
    """The source as a whole cannot be read; the message says what to do."""


def opened(path: Path) -> IO[str]:
    """The file, whatever its encoding: surrogates stand for what is not UTF-8, so only the rows that have them are refused.
    Raises SourceError."""
    try:
        return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}): check the path and its permissions") from error


def rows(
    file: Iterable[str],
    source: str,
    needed: Sequence[str],
    optional: Sequence[str] = (),
    *,
    malformed: Callable[[int], object],
    short: Callable[[int], object],
) -> Iterator[tuple[int, list[str]]]:
    """By row its line, counted from 1 with the header, and its cells in the order of `needed`, then `optional` ("" where absent).

    Rows that cannot be parsed or have more cells than the header go to `malformed`, rows without a needed column to `short`. Raises SourceError without the header.
    """
    reader = csv.reader(file)
    header = [column.strip().lower() for column in next(reader, [])]
    if not set(needed) <= set(header):
        raise SourceError(f"{source} must begin with a header that has the columns {','.join(needed)}")
    places = [header.index(column) for column in needed]
    more = [header.index(column) if column in header else len(header) for column in optional]
    while True:
        line = reader.line_num + 1  # a quoted cell may span lines: report where its row begins
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            malformed(line)
            continue
        if not row:
            continue
        if any(row[len(header) :]):  # a comma that was not quoted: every cell behind it stands under another name
            malformed(line)
            continue
        if len(row) <= max(places):
            short(line)
            continue
        yield line, [row[place].strip() if place < len(row) else "" for place in (*places, *more)]
