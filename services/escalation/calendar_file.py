"""Reads working-day calendars: CSV with day, kind, status, source (domain 3.4).

`day` is a date, a bare year (its standing; no kind), or `--05-01` (off in every year that no row states). A file lists what
differs from Monday to Friday. Stating a year replaces what earlier files said of it.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

from services.escalation.rules.calendar import Calendar, Day, Kind, Status

COLUMNS = ["day", "kind", "status", "source"]
_YEAR = re.compile(r"(19|20)\d\d", re.ASCII)
_FIXED = re.compile(r"--(\d\d)-(\d\d)", re.ASCII)


def read_calendar(path: Path, problems: list[str]) -> Calendar:
    """The calendar of one file. What is wrong is added to `problems` as `file:line: reason`; the rest is still read."""
    days: dict[date, Day] = {}
    years: dict[int, Status] = {}
    fixed: set[tuple[int, int]] = set()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}:1: cannot be read as UTF-8 text: {error}")
        return Calendar(fixed=frozenset())
    rows = csv.reader(lines)
    if next(rows, None) != COLUMNS:
        problems.append(f"{path.name}:1: the first line must be {','.join(COLUMNS)}")
        return Calendar(fixed=frozenset())
    for row in rows:
        try:
            _read_row(row, days, years, fixed)
        except ValueError as error:
            problems.append(f"{path.name}:{rows.line_num}: {error}")
    return Calendar(days, years, frozenset(fixed))


def _read_row(row: list[str], days: dict[date, Day], years: dict[int, Status], fixed: set[tuple[int, int]]) -> None:
    if not row:
        return
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} fields; {','.join(COLUMNS)} are {len(COLUMNS)}")
    said, kind, status, source = (field.strip() for field in row)
    if status not in list(Status):
        raise ValueError(f"status {status!r}; write OFFICIAL or PROVISIONAL")
    if not source:
        raise ValueError("no source; name the notice or the decision, so that somebody can check it")
    if _YEAR.fullmatch(said):
        if kind or int(said) in years:
            raise ValueError(f"the year {said} " + ("has no kind; leave it empty" if kind else "is stated twice"))
        years[int(said)] = Status(status)
        return
    if kind not in list(Kind):
        raise ValueError(f"kind {kind!r}; write WORK or OFF")
    if annual := _FIXED.fullmatch(said):
        month, day = map(int, annual.groups())
        date(2000, month, day)  # refuses a day that no year has
        if kind != Kind.OFF:
            raise ValueError("a day of every year can only be OFF")
        fixed.add((month, day))
        return
    on = date.fromisoformat(said)
    if on in days:
        raise ValueError(f"{on} is stated twice")
    days[on] = Day(Kind(kind), Status(status))
