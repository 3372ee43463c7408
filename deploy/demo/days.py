"""Working days, as the time limits count them (domain 3.4)."""

from datetime import date, datetime, time, timedelta, timezone
from functools import cache

from services.escalation.limits_file import load
from services.escalation.rules.calendar import Calendar

SHANGHAI = timezone(timedelta(hours=8))
OPENS, CLOSES = time(9), time(17)


@cache
def _calendar() -> Calendar:
    return load().of("21").calendar


def _later(now: datetime, days: int) -> date:
    today = now.astimezone(SHANGHAI).date()
    return _calendar().working_day(today, days) if days else today


def morning(now: datetime, days: int) -> datetime:
    """Nine o'clock, so many working days later."""
    return datetime.combine(_later(now, days), OPENS, SHANGHAI)


def close(now: datetime, days: int) -> datetime:
    """Close of work, so many working days later: when something is due that has so many."""
    return datetime.combine(_later(now, days), CLOSES, SHANGHAI)
