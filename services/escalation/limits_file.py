"""Reads the time limits and calendars of all places from a folder, and refuses what cannot be meant (domain 3.3, Appendix A).

`limits.yaml` and `calendar.csv` hold everywhere; `limits.2101.yaml` and `calendar.2101.csv` change single values for the
region 2101 and all below it, where the longest code wins. A further folder (the operator's) is laid over the packaged one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import TypeVar

from services.contracts.cases import SubCategory
from services.contracts.regions import Level
from services.escalation.calendar_file import read_calendar
from services.escalation.limits_yaml import Page, read_page
from services.escalation.rules.calendar import Calendar, WorkingHours
from services.escalation.rules.limits import RuleBook, Rules
from services.escalation.rules.table import Cell, Named, Place, assemble

DATA = Path(__file__).parent / "data"
_NAME = re.compile(r"(limits|calendar)(?:\.(.+))?\.(yaml|csv)")
Layer = TypeVar("Layer")
_WIDTHS = [level.width for level in Level]


class LimitsFileError(Exception):
    """The files of a rule book are wrong. `problems` lists everything found, each as `file:line: reason`."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("time limits and calendars refused; nothing was changed:\n" + "\n".join(problems))


def load(*overlays: Path) -> RuleBook:
    """The packaged rule book with the operator's folders over it. Raises `LimitsFileError` with every problem found."""
    problems: list[str] = []
    pages: dict[str, list[Page]] = {}
    calendars: dict[str, list[Calendar]] = {}
    for folder in (DATA, *overlays):
        for kind, prefix, path in _files(folder, problems):
            if kind == "limits":
                pages.setdefault(prefix, []).append(read_page(path, problems))
            else:
                calendars.setdefault(prefix, []).append(read_calendar(path, problems))
    book: dict[str, Rules] = {}
    for prefix in sorted({*pages, *calendars}, key=len):
        hours = WorkingHours()
        cells: dict[Place, Cell] = {}
        profiles: dict[SubCategory, Named] = {}
        for page in _chain(pages, prefix):
            hours = page.hours or hours
            cells.update(page.cells)
            profiles.update(page.profiles)
        calendar = reduce(Calendar.overlaid, _chain(calendars, prefix))
        book[prefix] = Rules(assemble(cells, profiles, hours, problems), calendar)
    if problems:
        raise LimitsFileError(list(dict.fromkeys(problems)))
    return RuleBook(book)


def _files(folder: Path, problems: list[str]) -> Iterator[tuple[str, str, Path]]:
    if not folder.is_dir():
        problems.append(f"{folder.name}:1: no such folder")
        return
    for path in sorted(folder.iterdir()):
        if not (found := _NAME.fullmatch(path.name)):
            if path.suffix in {".yaml", ".yml", ".csv"}:
                problems.append(
                    f"{path.name}:1: its name says nothing: limits.yaml, limits.2103.yaml, calendar.2103.csv"
                )
            continue
        kind, prefix, ending = found.groups(default="")
        if (kind == "limits") != (ending == "yaml"):
            problems.append(f"{path.name}:1: limits are .yaml and calendars .csv")
        elif prefix and not (prefix.isascii() and prefix.isdigit() and len(prefix) in _WIDTHS):
            problems.append(f"{path.name}:1: {prefix!r} is no region code; it has 2, 4, 6, 9 or 12 digits")
        else:
            yield kind, prefix, path


def _chain(layers: dict[str, list[Layer]], prefix: str) -> list[Layer]:
    """What holds in `prefix`, widest first: the code's own files last, so that they win."""
    return [layer for at in sorted(layers, key=len) if prefix.startswith(at) for layer in layers[at]]
