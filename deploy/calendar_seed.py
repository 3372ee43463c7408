"""Write the packaged working-day calendar from the locked `holidays` package (domain 3.4).

Run `python -m deploy.calendar_seed` after a new version of the package was locked, and commit what changed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import holidays

YEARS = (2025, 2026, 2027)
TARGET = Path(__file__).parents[1] / "services" / "escalation" / "data" / "calendar.csv"
# In every year not listed: Regulation on holidays for national festivals, 2024 revision; only dates that need no moon.
FIXED = {"01-01": "元旦", "05-01": "劳动节", "05-02": "劳动节", "10-01": "国庆节", "10-02": "国庆节", "10-03": "国庆节"}

Row = tuple[str, str, str, str]


def rows() -> Iterator[Row]:
    """The file's rows: fixed dates (`--05-01`), then per year its standing (`2026`) and the days unlike Monday to Friday."""
    for day, name in FIXED.items():
        yield f"--{day}", "OFF", "PROVISIONAL", name
    for year in YEARS:
        yield from _year(year)


def _year(year: int) -> Iterator[Row]:
    known = holidays.country_holidays("CN", years=year, language="zh_CN")
    made_up = {day for day in known.weekend_workdays if day.year == year}
    # The package learns of make-up days from the State Council's notice alone: none means that there was no notice yet.
    status = "OFFICIAL" if made_up else "PROVISIONAL"
    source = f"holidays {version('holidays')}"
    yield str(year), "", status, source
    off = {day: name for day, name in known.items() if day.weekday() < 5}
    for day in sorted(made_up | set(off)):
        yield _row(day, off.get(day), status, source)


def _row(day: date, holiday: str | None, status: str, source: str) -> Row:
    return day.isoformat(), "OFF" if holiday else "WORK", status, f"{source}: {holiday or '调休上班'}"


def text() -> str:
    """The whole file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("day", "kind", "status", "source"))
    writer.writerows(rows())
    return out.getvalue()


def main() -> None:
    """Write the file and say so."""
    TARGET.write_text(text(), encoding="utf-8")
    print(f"{TARGET.name}: {text().count(chr(10)) - 1} rows")


if __name__ == "__main__":
    main()
