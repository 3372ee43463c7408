"""One time limit as people write it: 15m, 2h, 30d (natural time), 4wh (working hours), 5wd (working days). Domain 3.3."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum


class Unit(StrEnum):
    """What a limit is counted in. MINUTES, HOURS and DAYS run day and night; the other two only while people work."""

    MINUTES = "m"
    HOURS = "h"
    DAYS = "d"
    WORKING_HOURS = "wh"
    WORKING_DAYS = "wd"

    @property
    def is_working_time(self) -> bool:
        """Whether nights, off days and lunch are left out."""
        return self in (Unit.WORKING_HOURS, Unit.WORKING_DAYS)


@dataclass(frozen=True, slots=True)
class Daytime:
    """The hours in which a natural-time limit is asked of volunteers: what starts outside is due at the next `otherwise`."""

    opens: time
    closes: time
    otherwise: time

    def __post_init__(self) -> None:
        if not self.opens <= self.otherwise <= self.closes or self.opens == self.closes:
            raise ValueError("daytime must open before it closes, and the other due time must lie inside it")

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M} else {self.otherwise:%H:%M}"


_SHAPE = re.compile(r"(\d{1,4})(m|h|d|wh|wd)(?: (\d\d:\d\d)-(\d\d:\d\d) else (\d\d:\d\d))?", re.ASCII)
_MINUTES = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: 24 * 60}


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit. `0wd` is the close of the same working day; no other limit may be nothing.

    `str` and `parse` are inverse, so a limit is stored beside its due time as text.
    """

    count: int
    unit: Unit
    daytime: Daytime | None = None

    def __post_init__(self) -> None:
        if self.count < 0 or (self.count == 0 and self.unit is not Unit.WORKING_DAYS):
            raise ValueError("a limit must be at least 1 (only 0wd, the close of the same working day, may be 0)")
        if self.daytime and self.unit.is_working_time:
            raise ValueError("working time has no daytime: write it for m, h or d")

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read "15m", "2h", "4wh", "5wd", "30d" or "2h 07:00-22:00 else 08:30". Raises ValueError saying what is wrong."""
        if not (found := _SHAPE.fullmatch(text.strip())):
            raise ValueError(f"{text!r} is no limit; write a number and m, h, d, wh or wd, as in 15m, 4wh or 5wd")
        count, unit, *hours = found.groups()
        return cls(int(count), Unit(unit), Daytime(*map(time.fromisoformat, hours)) if hours[0] else None)

    @property
    def natural(self) -> timedelta:
        """The length in natural time. Raises ValueError for working time, which has no fixed length."""
        if self.unit.is_working_time:
            raise ValueError(f"{self} is working time; its length depends on the calendar")
        return timedelta(minutes=self.count * _MINUTES[self.unit])

    def __str__(self) -> str:
        return f"{self.count}{self.unit}" + (f" {self.daytime}" if self.daytime else "")


class Origin(StrEnum):
    """What a mark is counted from."""

    ISSUE = "issue"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment beside a window: "issue" (any time), "due", or "due+5wd" (2.5: supervise, Art. 73, letter)."""

    origin: Origin
    plus: Limit | None = None

    @classmethod
    def parse(cls, text: str) -> Mark:
        """Read "issue", "due" or "due+3wd". Raises ValueError saying what is wrong."""
        origin, plus, limit = text.replace(" ", "").partition("+")
        if origin not in list(Origin):
            raise ValueError(f"{text!r} is no moment; write issue, due or due+3wd")
        return cls(Origin(origin), Limit.parse(limit) if plus else None)

    def __str__(self) -> str:
        return f"{self.origin}+{self.plus}" if self.plus else str(self.origin)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Something owed again and again: every limit, so many times (None: as long as the matter is open)."""

    every: Limit
    times: int | None = None
