"""Reads one file of time limits in Appendix A's shape, keeping for every value the line on which it stands."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import time
from functools import partial
from pathlib import Path
from typing import Never

import yaml

from services.contracts.cases import CaseClass, Category, SubCategory, Urgency
from services.contracts.regions import Level
from services.escalation.rules.calendar import WorkingHours
from services.escalation.rules.limit import Limit, Mark, Recurrence
from services.escalation.rules.limits import (
    DEFAULT,
    OrderLimit,
    OrderMark,
    Raises,
    Recurring,
    Share,
    Special,
    Stage,
    Value,
    Widening,
)
from services.escalation.rules.table import Cell, Named, Place

Reader = Callable[[yaml.Node], Value]


@dataclass(slots=True)
class Page:
    """What one file says. `cells` of a sub-category (of `overrides`) carry it in their place."""

    cells: dict[Place, Cell] = field(default_factory=dict)
    profiles: dict[SubCategory, Named] = field(default_factory=dict)
    hours: WorkingHours | None = None


def read_page(path: Path, problems: list[str]) -> Page:
    """The values of one file. What is wrong is added to `problems` as `file:line: reason`; the rest is still read."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(f"{path.name}:{line}: no YAML: {error.problem}")
        return Page()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(f"{path.name}:1: cannot be read as UTF-8 YAML: {error}")
        return Page()
    reading = _Reading(path.name, problems)
    if root is not None:
        reading.read(root)
    return reading.page


class _Reading:
    def __init__(self, file: str, problems: list[str]) -> None:
        self.file = file
        self.problems = problems
        self.page = Page()

    def read(self, root: yaml.Node) -> None:
        sections: dict[str, Callable[[yaml.Node], None]] = {
            "urgency": self._urgency,
            "clock": self._clock,
            "stage": lambda node: self._section(node, "stage", _STAGE),
            "level_window": lambda node: self._section(node, "level_window", _WINDOW),
            "work_order": lambda node: self._section(node, "work_order", _ORDER),
            "overrides": self._overrides,
            "confidentiality_default": self._classes,
            "profile": self._profiles,
            "reopen_window": self._reopen,
        }
        for name, node in self._pairs(root, sections):
            sections[name](node)

    def _section(
        self, node: yaml.Node, section: str, readers: dict[str, Reader], sub: SubCategory | None = None
    ) -> None:
        for name, value in self._pairs(node, readers):
            self._row(Place(section, name, None, sub), value, readers[name])

    def _row(self, place: Place, node: yaml.Node, reader: Reader) -> None:
        """One value per urgency, or one for all of them (in an override: for the sub-category's own default)."""
        if _is_by_urgency(node):
            for urgency, value in self._pairs(node, Urgency):
                self._cell(place._replace(urgency=Urgency(urgency)), value, reader)
            return
        for each in [place.sub_category.default.urgency] if place.sub_category else list(Urgency):
            self._cell(place._replace(urgency=each), node, reader)

    def _overrides(self, node: yaml.Node) -> None:
        nested = {"stage": _STAGE, "level_window": _WINDOW, "work_order": _ORDER}
        for names, body in self._pairs(node):
            for sub in self._subs(names.split(","), node):
                for name, value in self._pairs(body, [*nested, *_STAGE, *_SPECIAL, *_FIRST_REPORT]):
                    if name in nested:
                        self._section(value, name, nested[name], sub)
                    elif name in _FIRST_REPORT:
                        self._row(Place("work_order", OrderLimit.FIRST_REPORT, None, sub), value, _limit)
                    elif name in _SPECIAL:
                        self._cell(Place("special", name, None, sub), value, _SPECIAL[name])
                    else:
                        self._row(Place("stage", name, None, sub), value, _STAGE[name])

    def _profiles(self, node: yaml.Node) -> None:
        for name, members in self._pairs(node):
            for sub in self._subs(_texts(members), members):
                if sub in self.page.profiles:
                    self._wrong(members, f"{sub} is in two profiles; leave it in one")
                self.page.profiles[sub] = Named(name, self._at(members))

    def _reopen(self, node: yaml.Node) -> None:
        for name, value in self._pairs(node, [DEFAULT, *Category]):
            self._cell(Place("reopen_window", name), value, _some_limit)

    def _classes(self, node: yaml.Node) -> None:
        """Intake owns the classes; a file may repeat them, as Appendix A does, but not change them behind its back."""
        for name, value in self._pairs(node, SubCategory):
            self._attempt(value, partial(_same_class, SubCategory(name), value))

    def _urgency(self, node: yaml.Node) -> None:
        if _texts(node) != list(Urgency):
            self._wrong(node, f"the urgencies are {', '.join(Urgency)}; they are not configurable")

    def _clock(self, node: yaml.Node) -> None:
        fixed = {"tz": "Asia/Shanghai", "count_from": "next_day"}
        for name, value in self._pairs(node, [*fixed, "working_hours"]):
            if name == "working_hours":
                self._attempt(value, partial(self._set_hours, value))
            elif _texts(value) != [fixed[name]]:
                self._wrong(value, f"{name} can only be {fixed[name]}")

    def _set_hours(self, node: yaml.Node) -> None:
        self.page.hours = _hours(node)

    def _cell(self, place: Place, node: yaml.Node, reader: Reader) -> None:
        def put() -> None:
            self.page.cells[place] = Cell(reader(node), self._at(node))

        self._attempt(node, put)

    def _subs(self, names: Iterable[str], node: yaml.Node) -> Iterator[SubCategory]:
        for name in map(str.strip, names):
            if name in list(SubCategory):
                yield SubCategory(name)
            else:
                self._wrong(node, _unknown(name, SubCategory))

    def _pairs(self, node: yaml.Node, known: Iterable[str] | None = None) -> Iterator[tuple[str, yaml.Node]]:
        """The entries of a mapping whose keys are scalars, said once, and known."""
        if not isinstance(node, yaml.MappingNode):
            self._wrong(node, "names with values are expected here, as in {RED: 15m}")
            return
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value).strip() if isinstance(key, yaml.ScalarNode) else "a list or mapping"
            if name in seen:
                self._wrong(key, f"{name} is said twice; only one can hold")
            elif known is not None and name not in list(known):
                self._wrong(key, _unknown(name, known))
            else:
                yield name, value
            seen.add(name)

    def _attempt(self, node: yaml.Node, act: Callable[[], None]) -> None:
        try:
            act()
        except ValueError as error:
            self._wrong(node, str(error))

    def _wrong(self, node: yaml.Node, reason: str) -> None:
        self.problems.append(f"{self._at(node)}: {reason}")

    def _at(self, node: yaml.Node) -> str:
        return f"{self.file}:{node.start_mark.line + 1}"


def _unknown(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), 1, 0.6)
    return f"{name} is not known" + (f"; did you mean {near[0]}?" if near else "; known: " + ", ".join(known))


def _is_by_urgency(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and not any(_name(key) in list(Level) for key, _ in node.value)


def _name(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _text(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise ValueError("one value is expected here, not a list or a mapping")
    return str(node.value).strip()


def _texts(node: yaml.Node) -> list[str]:
    return [_name(it).strip() for it in node.value] if isinstance(node, yaml.SequenceNode) else [_name(node).strip()]


def _some_limit(node: yaml.Node) -> Limit:
    return Limit.parse(_text(node))


def _limit(node: yaml.Node) -> Limit | None:
    return None if _text(node) in ("none", "0") else _some_limit(node)


def _limits(node: yaml.Node) -> tuple[Limit, ...]:
    parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not parts:
        raise ValueError("a call-back is owed; name at least one limit")
    return tuple(_some_limit(part) for part in parts)


def _share(node: yaml.Node) -> float:
    try:
        share = float(_text(node))
    except ValueError:
        share = -1.0
    if not 0 < share <= 10:
        raise ValueError(f"{_text(node)!r} is no share; write a number above 0, where 0.8 is 80 % of the window")
    return share


def _sample(node: yaml.Node) -> float:
    return share if (share := _share(node)) <= 1 else _refuse("a sample is at most 1.0, everybody")


def _count(node: yaml.Node) -> float:
    text = _text(node)
    return float(text) if text.isascii() and text.isdigit() and len(text) < 3 else _refuse(f"{text!r} is no count")


def _mark(node: yaml.Node) -> Mark | None:
    return None if _text(node) == "none" else Mark.parse(_text(node))


def _urgent(node: yaml.Node) -> Urgency:
    text = _text(node)
    return Urgency(text) if text in list(Urgency) else _refuse(_unknown(text, Urgency))


def _levels(node: yaml.Node) -> dict[Level, Limit]:
    if not isinstance(node, yaml.MappingNode) or not node.value:
        _refuse("levels with limits are expected here, as in {TOWNSHIP: 1h}")
    for key, _ in node.value:
        if _name(key) not in list(Level):
            _refuse(_unknown(_name(key), Level))
    return {Level(_name(key)): _some_limit(value) for key, value in node.value}


def _recurrence(node: yaml.Node) -> Recurrence:
    parts = {_name(key): value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}
    if "every" not in parts or not set(parts) <= {"every", "times"}:
        _refuse("write {every: 30d} or {every: 30d, times: 6}")
    return Recurrence(_some_limit(parts["every"]), int(_count(parts["times"])) if "times" in parts else None)


def _hours(node: yaml.Node) -> WorkingHours:
    try:
        spans = [text.split("-") for text in _texts(node)]
        return WorkingHours(tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in spans))
    except ValueError as error:
        raise ValueError(f'{error}; write ["08:30-11:30", "13:00-17:00"]') from error


def _same_class(sub: SubCategory, node: yaml.Node) -> None:
    text = _text(node)
    if text not in list(CaseClass) or CaseClass(text) is not sub.default.case_class:
        _refuse(f"{sub} is {sub.default.case_class} by default, and classes are not changed here")


def _refuse(reason: str) -> Never:
    raise ValueError(reason)


_STAGE: dict[str, Reader] = {
    **dict.fromkeys(Stage, _limit),
    "callback": _limits,
    Share.CALLBACK_SAMPLE: _sample,
    Share.IDLE_UPPER_ACTION: _share,
    Widening.ACK_ALERT: _levels,
}
_WINDOW: dict[str, Reader] = dict.fromkeys(Level, _some_limit)
_ORDER: dict[str, Reader] = {
    **dict.fromkeys(OrderLimit, _limit),
    **dict.fromkeys(OrderMark, _mark),
    "extension_count": _count,
    Share.URGE_AT: _share,
}
_SPECIAL: dict[str, Reader] = {
    **dict.fromkeys(Special, _limit),
    **dict.fromkeys(Recurring, _recurrence),
    **dict.fromkeys(Raises, _urgent),
    Widening.WIDEN: _levels,
}
_FIRST_REPORT = ("on_site", "answer")
"""What 3.3 calls the first report of the department that has the order."""
