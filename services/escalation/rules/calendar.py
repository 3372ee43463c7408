"""The working-day calendar and the measure of working time (domain 3.4, S22).

All arithmetic is done in UTC; days and clock times are those of `SHANGHAI`. Nothing here raises for a year nobody has
published: such a year is Monday to Friday less the fixed-date statutory holidays, and says that it is PROVISIONAL.
"""

from __future__ import annotations

import hashlib
from calendar import isleap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

# A fixed offset, not a zone file: China has kept one time without summer time since 1992, and a bare machine has no tzdata.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
ONE_DAY = timedelta(days=1)
NOTHING = timedelta(0)


class Kind(StrEnum):
    """Whether people work on a day."""

    WORK = "WORK"
    OFF = "OFF"


class Status(StrEnum):
    """OFFICIAL: the State Council's yearly notice (or a city's own) says so. PROVISIONAL: computed, may still change."""

    OFFICIAL = "OFFICIAL"
    PROVISIONAL = "PROVISIONAL"


@dataclass(frozen=True, slots=True)
class Day:
    """A day that differs from the plain week."""

    kind: Kind
    status: Status


# Regulation on holidays for national festivals and memorial days as revised in 2024 (in force 2025): the dates that need no moon.
FIXED_HOLIDAYS: frozenset[tuple[int, int]] = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days are worked. Only what differs from Monday to Friday is stored.

    `days`: the exceptions. `years`: the standing of each known year. `fixed`: (month, day) off in every year not known.
    `version` is a digest of all three: two calendars of one version answer alike.
    """

    days: Mapping[date, Day] = field(default_factory=dict)
    years: Mapping[int, Status] = field(default_factory=dict)
    fixed: frozenset[tuple[int, int]] = FIXED_HOLIDAYS
    version: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", MappingProxyType(dict(sorted(self.days.items()))))
        object.__setattr__(self, "years", MappingProxyType(dict(sorted(self.years.items()))))
        said = [f"{day} {it.kind} {it.status}" for day, it in self.days.items()]
        said += [f"{year} {status}" for year, status in self.years.items()]
        said += [f"{month}-{day}" for month, day in sorted(self.fixed)]
        object.__setattr__(self, "version", hashlib.sha256("\n".join(said).encode()).hexdigest()[:12])

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day, make-up weekends included."""
        if (known := self.days.get(day)) is not None:
            return known.kind is Kind.WORK
        if day.year not in self.years and (day.month, day.day) in self.fixed:
            return False
        return day.weekday() < 5

    def status(self, day: date) -> Status:
        """How sure `is_working` is; PROVISIONAL for every year not yet published."""
        if (known := self.days.get(day)) is not None:
            return known.status
        return self.years.get(day.year, Status.PROVISIONAL)

    def is_provisional(self, first: date, last: date) -> bool:
        """Whether any day from `first` to `last`, both included, may still change."""
        return any(self.status(day) is Status.PROVISIONAL for day in _days(first, last))

    def working_day(self, day: date, count: int = 0) -> date:
        """The `count`-th working day after `day`; with 0, `day` itself or, if it is off, the next working day."""
        if count == 0:
            while not self.is_working(day):
                day += ONE_DAY
        while count > 0:
            day += ONE_DAY
            count -= self.is_working(day)
        return day

    def worked(self, first: date, last: date) -> int:
        """How many working days there are from `first` to `last`, both included."""
        weeks, rest = divmod(max(0, (last - first).days + 1), 7)
        plain = 5 * weeks + sum(day.weekday() < 5 for day in (first + timedelta(days=n) for n in range(rest)))
        unknown = [year for year in range(first.year, last.year + 1) if year not in self.years]
        off = (day for year in unknown for month, number in self.fixed for day in _if_there_is(year, month, number))
        unlike = {*self.days, *off}
        return plain + sum(self.is_working(day) - (day.weekday() < 5) for day in unlike if first <= day <= last)

    def awaited_year(self, today: date) -> int | None:
        """The year whose official calendar the operator must load now: this one, or from 15 December the next (3.4)."""
        wanted = today.year + ((today.month, today.day) >= (12, 15))
        years = (year for year in (today.year, wanted) if self.years.get(year) is not Status.OFFICIAL)
        return next(years, None)

    def overlaid(self, newer: Calendar) -> Calendar:
        """This calendar with `newer` on top. A year that `newer` states replaces ours whole; single days are added.

        So an official year leaves nothing behind of the provisional one, and a city's snow day needs one line.
        """
        kept = {day: it for day, it in self.days.items() if day.year not in newer.years}
        return Calendar({**kept, **newer.days}, {**self.years, **newer.years}, self.fixed | newer.fixed)


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The spans of a working day, in order, in local time (domain 3.3: 08:30-17:00 without lunch; cities may differ).

    Raises ValueError for no span, a span that ends before it begins, or spans that overlap.
    """

    spans: tuple[tuple[time, time], ...] = ((time(8, 30), time(11, 30)), (time(13), time(17)))

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if not edges or any(a >= b for a, b in pairwise(edges)):
            raise ValueError("working hours must be one or more spans in order that do not overlap")

    def on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The spans of `day` as moments in UTC, as if it were worked."""
        return ((moment(day, opens), moment(day, closes)) for opens, closes in self.spans)

    @property
    def length(self) -> timedelta:
        """The working time of a whole day."""
        worked = (
            datetime.combine(date.min, closes) - datetime.combine(date.min, opens) for opens, closes in self.spans
        )
        return sum(worked, NOTHING)

    def close(self, day: date) -> datetime:
        """The end of `day`'s work, in UTC."""
        return moment(day, self.spans[-1][1])


def moment(day: date, at: time) -> datetime:
    """A local day and clock time as a moment in UTC."""
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def local_day(at: datetime) -> date:
    """The day in Shanghai on which `at` falls."""
    return at.astimezone(SHANGHAI).date()


def utc(at: datetime) -> datetime:
    """`at` in UTC. Raises ValueError for a naive moment: nobody could say when it is."""
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone; give an aware datetime, in UTC for instance")
    return at.astimezone(UTC)


def received(at: datetime, calendar: Calendar, hours: WorkingHours) -> date:
    """The working day as which `at` counts: day 0. After the close or on an off day it is the next working day (3.4)."""
    day = local_day(at)
    if calendar.is_working(day) and at <= hours.close(day):
        return day
    return calendar.working_day(day, 1)


def working_time(since: datetime, until: datetime, calendar: Calendar, hours: WorkingHours) -> timedelta:
    """The working time between two moments; nothing when `until` is not later."""
    first, last, total = local_day(since), local_day(until), NOTHING
    for day in {first, last}:
        if calendar.is_working(day):
            for opens, closes in hours.on(day):
                total += max(NOTHING, min(closes, until) - max(opens, since))
    return total + calendar.worked(first + ONE_DAY, last - ONE_DAY) * hours.length


def after_working_time(start: datetime, work: timedelta, calendar: Calendar, hours: WorkingHours) -> datetime:
    """The first moment by which `work` of working time has passed since `start`: 17:00 rather than 08:30 next morning."""
    if work <= NOTHING:
        return start
    day = local_day(start)
    while True:
        if calendar.is_working(day):
            for opens, closes in hours.on(day):
                begin = max(opens, start)
                if begin + work <= closes:
                    return begin + work
                work -= max(NOTHING, closes - begin)
        day += ONE_DAY


def _if_there_is(year: int, month: int, day: int) -> Iterator[date]:
    """29 February is a day of some years only."""
    if (month, day) != (2, 29) or isleap(year):
        yield date(year, month, day)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
