"""Time is a parameter: every rule and row takes it from a clock that somebody handed in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Tells the time of the domain. Leases, back-off and waiting use the machine's monotonic time instead."""

    def now(self) -> datetime:
        """The moment, aware, in UTC."""
        ...


class SystemClock:
    """The real one."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """Stands still until a test moves it."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware start time")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward; a clock never goes back."""
        if by < timedelta(0):
            raise ValueError("a clock never goes back")
        self._now += by
        return self._now


class FileClock:
    """One clock that all processes of a test read: a file that holds an ISO time. The runtime refuses it outside tests."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text(encoding="ascii").strip()).astimezone(UTC)
