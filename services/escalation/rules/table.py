"""From the values of the files to one table of limits, with the checks that need all of it (domain 3.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from services.contracts.cases import SubCategory, Urgency
from services.contracts.regions import Level
from services.escalation.rules.calendar import WorkingHours
from services.escalation.rules.limit import Limit, Unit
from services.escalation.rules.limits import DEFAULT, Key, Limits, OrderLimit, Share, Stage, Value
from services.escalation.rules.profiles import telling


class Place(NamedTuple):
    """Where a value stands in the files: as `Key`, but overrides are written by sub-category."""

    section: str
    name: str
    urgency: Urgency | None = None
    sub_category: SubCategory | None = None


class Cell(NamedTuple):
    """A value and where it was written, as `file:line`."""

    value: Value
    where: str


class Named(NamedTuple):
    """The profile of a sub-category and where it was written."""

    profile: str
    where: str


REQUIRED = [
    *(Place("stage", name, urgency) for name in (Stage.ACK, Stage.TRIAGE, Stage.RECEIPT) for urgency in Urgency),
    *(
        Place("stage", name, urgency)
        for name in (Stage.FIRST_ACTION, Stage.FEEDBACK, Stage.RELAY)
        for urgency in Urgency
    ),
    *(Place("stage", "callback", urgency) for urgency in Urgency),
    Place("stage", Stage.MANDATORY_REPORT, Urgency.RED),
    *(Place("level_window", level, urgency) for level in Level for urgency in Urgency),
    *(Place("work_order", name, urgency) for name in (OrderLimit.SIGN, OrderLimit.COMPLETE) for urgency in Urgency),
    *(Place("work_order", name, urgency) for name in (OrderLimit.OBJECT, OrderLimit.VERIFY) for urgency in Urgency),
    *(Place("work_order", Share.URGE_AT, urgency) for urgency in Urgency),
    Place("reopen_window", DEFAULT),
]


def assemble(
    cells: Mapping[Place, Cell], profiles: Mapping[SubCategory, Named], hours: WorkingHours, problems: list[str]
) -> Limits:
    """The table that holds in one place. What is wrong is added to `problems`."""
    names = {sub: named.profile for sub, named in profiles.items() if named.profile != DEFAULT}
    written = {named.profile: named.where for named in profiles.values()}
    everywhere = next(iter(cells.values())).where.split(":")[0] + ":1" if cells else "limits.yaml:1"
    problems += [f"{written.get(name, everywhere)}: profile {name}: {why}" for name, why in telling(names).items()]
    problems += [f"{everywhere}: {_spoken(place)} is missing" for place in REQUIRED if _blank(cells, place)]
    problems += [f"{cell.where}: {why}" for place, cell in cells.items() if (why := _unlawful(place, cell.value))]
    values = {
        Key(place.section, place.name, place.urgency): cell.value
        for place, cell in cells.items()
        if place.sub_category is None
    }
    values |= dict(_overrides(cells, names, problems))
    said = [f"{key} {_text(value)}" for key, value in values.items()] + [f"{sub} {name}" for sub, name in names.items()]
    digest = hashlib.sha256("\n".join([*sorted(said), str(hours)]).encode()).hexdigest()
    return Limits(values, names, hours, digest[:12])


def _overrides(
    cells: Mapping[Place, Cell], names: Mapping[SubCategory, str], problems: list[str]
) -> Iterator[tuple[Key, Value]]:
    for place, cell in cells.items():
        if (sub := place.sub_category) is None:
            continue
        if (profile := names.get(sub)) is None:
            problems.append(f"{cell.where}: {sub} has limits of its own but no profile; list it under `profile`")
            continue
        # An act that only one of them knows (a screening, a visit) may stand with the others; a changed limit binds them all.
        fellows = [other for other, name in names.items() if name == profile]
        said = {other: cells.get(place._replace(sub_category=other)) for other in fellows}
        differing = [
            other
            for other, its in said.items()
            if (its is None and place.section != "special") or (its is not None and its.value != cell.value)
        ]
        if differing:
            problems.append(
                f"{cell.where}: {sub} and {differing[0]} share the profile {profile} "
                f"but not {_spoken(place)}; give both the same value or two profiles"
            )
        yield Key(place.section, place.name, place.urgency, profile), cell.value


def _blank(cells: Mapping[Place, Cell], place: Place) -> bool:
    return place not in cells or cells[place].value is None


def _unlawful(place: Place, value: Value) -> str | None:
    """Why a value breaks what the law makes binding (the rows marked § in 3.3), or would leave a level without a window."""
    if place.section == "level_window" and value is None:
        return f"{_spoken(place)} cannot be taken away; every level has a window"
    if place[:3] == ("stage", Stage.MANDATORY_REPORT, Urgency.RED) and not _within(value, timedelta(minutes=30)):
        return "a mandatory report is made at once: at most 30m, counted day and night"
    if (place.section, place.name) == ("work_order", OrderLimit.OBJECT) and isinstance(value, Limit):
        longest = {Unit.WORKING_DAYS: 5, Unit.WORKING_HOURS: 24}.get(value.unit, 0)
        if value.count > longest and not _within(value, timedelta(days=5)):
            return "a department may object within 5wd at the latest (petition regulation, Art. 23)"
    return None


def _within(limit: Value, longest: timedelta) -> bool:
    return isinstance(limit, Limit) and not limit.unit.is_working_time and limit.natural <= longest


def _spoken(place: Place) -> str:
    parts = [place.section, place.name, place.urgency, f"of {place.sub_category}" if place.sub_category else None]
    return " ".join(part for part in parts if part)


def _text(value: Value) -> str:
    match value:
        case tuple():
            return ",".join(map(str, value))
        case Mapping():
            return ",".join(f"{level} {limit}" for level, limit in sorted(value.items()))
        case _:
            return str(value)
