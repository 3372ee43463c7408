"""Due times: how a limit becomes a moment, and the few things that may move it (domain 3.3, 3.4, I14, S22).

A due time moves by a granted pause, rest or extension, by raised urgency (earlier) and by an official calendar (later), and by
nothing else: it carries its own limit, so that a changed table reaches new windows only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.escalation.rules.calendar import (
    NOTHING,
    ONE_DAY,
    SHANGHAI,
    Calendar,
    WorkingHours,
    after_working_time,
    local_day,
    moment,
    received,
    utc,
    working_time,
)
from services.escalation.rules.limit import Daytime, Limit, Mark, Origin, Unit

AMBER_SHARE = 0.8


class Lamp(StrEnum):
    """GREEN below 80 % of the effective window, AMBER from there, RED after its end."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


@dataclass(frozen=True, slots=True)
class Due:
    """One running window.

    `start`, `at`, `amber_at` are moments in UTC. `window` and `paused` are effective time: natural time for m, h and d,
    working time for wh and wd. `window` is the time granted, without pauses; `paused` the pauses granted so far; `extended`
    the extensions granted, in order.
    `provisional`: a day between start and due belongs to a year that is not published yet.
    """

    limit: Limit
    start: datetime
    at: datetime
    amber_at: datetime
    window: timedelta
    provisional: bool
    calendar_version: str
    paused: timedelta = NOTHING
    extended: tuple[Limit, ...] = ()


def due(limit: Limit, start: datetime, calendar: Calendar, hours: WorkingHours) -> Due:
    """The window that `limit` opens at `start`. Raises ValueError for a naive `start`."""
    start = utc(start)
    at = _end(limit, start, calendar, hours)
    fresh = Due(limit, start, at, at, _effective(limit, start, at, calendar, hours), False, calendar.version)
    return _settled(fresh, calendar, hours)


def at_share(it: Due, share: float, calendar: Calendar, hours: WorkingHours) -> datetime:
    """The moment when `share` of the window is used (0.8 turns amber, 0.5 urges, 1.5 asks the level above), pauses left out."""
    used = it.paused + it.window * share
    at = _later(it.limit, it.start, used, calendar, hours)
    # A day that a city takes off afterwards moves no due time; then neither may what is counted within it.
    return min(at, it.at) if share <= 1 else max(at, it.at)


def resume(it: Due, paused_at: datetime, now: datetime, calendar: Calendar, hours: WorkingHours) -> Due:
    """The window after a pause from `paused_at` to `now`: moved by the effective time that passed.

    All pauses together give at most 100 % of the window; beyond that the clock has run on (I14). A due time that had
    passed when the pause began stays where it was: a pause heals nothing. Raises ValueError for naive moments.
    """
    since = max(utc(paused_at), it.start)
    gained = min(_effective(it.limit, since, utc(now), calendar, hours), _room(it, since))
    moved = replace(it, at=_later(it.limit, it.at, gained, calendar, hours), paused=it.paused + gained)
    return _settled(moved, calendar, hours) if gained else it


def rest(it: Due, since: datetime, until: datetime, calendar: Calendar, hours: WorkingHours) -> Due:
    """The window as if nothing had passed from `since` to `until`: all of it lies later, so as much of it is left as before, or it has been
    over for as long. No pause: what I14 grants is still there."""
    stood = _effective(it.limit, max(utc(since), it.start), utc(until), calendar, hours)
    start, at = (_later(it.limit, each, stood, calendar, hours) for each in (it.start, it.at))
    return _settled(replace(it, start=start, at=at), calendar, hours)


def pause_runs_out(it: Due, paused_at: datetime, calendar: Calendar, hours: WorkingHours) -> datetime:
    """When a pause begun at `paused_at` has used all that I14 grants and the clock runs on by itself."""
    since = max(utc(paused_at), it.start)
    return _later(it.limit, since, _room(it, since), calendar, hours)


def extend(it: Due, by: Limit, calendar: Calendar, hours: WorkingHours) -> Due:
    """The window with a granted extension: `by`, counted from the due time (2.5: work orders)."""
    return _until(replace(it, extended=(*it.extended, by)), _end(by, it.at, calendar, hours), calendar, hours)


def hasten(it: Due, limit: Limit, calendar: Calendar, hours: WorkingHours) -> Due:
    """The window by the limit of a raised urgency, from the same start: earlier, or unchanged where it would be later.

    Pauses granted stay granted, hour for hour and at most the new window; extensions fall away.
    """
    fresh = due(limit, it.start, calendar, hours)
    paused = min(fresh.window, it.paused)
    moved = replace(fresh, at=_later(limit, fresh.at, paused, calendar, hours), paused=paused)
    return _settled(moved, calendar, hours) if moved.at < it.at else it


def recompute(it: Due, calendar: Calendar, hours: WorkingHours) -> Due:
    """The window by a newly loaded calendar. Only PROVISIONAL ones change, and never to earlier than was shown (3.4)."""
    if not it.provisional:
        return it
    at = _end(it.limit, it.start, calendar, hours)
    for by in it.extended:
        at = _end(by, at, calendar, hours)
    at = _later(it.limit, at, it.paused, calendar, hours)
    return _until(replace(it, calendar_version=calendar.version), max(it.at, at), calendar, hours)


def lamp(it: Due, now: datetime, calendar: Calendar, hours: WorkingHours, paused_at: datetime | None = None) -> Lamp:
    """The lamp at `now`; `paused_at` is when a pause began that still lasts. Computed, never stored."""
    running = resume(it, paused_at, now, calendar, hours) if paused_at else it
    if utc(now) > running.at:
        return Lamp.RED
    return Lamp.AMBER if now >= running.amber_at else Lamp.GREEN


def marked(mark: Mark, it: Due, calendar: Calendar, hours: WorkingHours) -> datetime:
    """The moment that a mark beside this window names: its start, its end, or so long after one of them."""
    origin = it.start if mark.origin is Origin.ISSUE else it.at
    return _end(mark.plus, origin, calendar, hours) if mark.plus else origin


def _end(limit: Limit, start: datetime, calendar: Calendar, hours: WorkingHours) -> datetime:
    match limit.unit:
        case Unit.WORKING_DAYS:
            return hours.close(calendar.working_day(received(start, calendar, hours), limit.count))
        case Unit.WORKING_HOURS:
            return after_working_time(start, timedelta(hours=limit.count), calendar, hours)
        case _ if limit.daytime:
            return _in_daytime(limit, limit.daytime, start)
        case _:
            return start + limit.natural


def _in_daytime(limit: Limit, daytime: Daytime, start: datetime) -> datetime:
    clock = start.astimezone(SHANGHAI).time()
    if daytime.opens <= clock < daytime.closes:
        # Never later than for what starts in the night after it, so that reporting earlier never means waiting longer.
        return min(start + limit.natural, moment(local_day(start) + ONE_DAY, daytime.otherwise))
    day = local_day(start) if clock < daytime.opens else local_day(start) + ONE_DAY
    # Nor later than for what starts as the day opens, where a city's limit is shorter than from there to its morning hour.
    return min(moment(day, daytime.otherwise), moment(day, daytime.opens) + limit.natural)


def _effective(limit: Limit, since: datetime, until: datetime, calendar: Calendar, hours: WorkingHours) -> timedelta:
    if limit.unit.is_working_time:
        return working_time(since, until, calendar, hours)
    return max(NOTHING, until - since)


def _later(limit: Limit, start: datetime, effective: timedelta, calendar: Calendar, hours: WorkingHours) -> datetime:
    if limit.unit.is_working_time:
        return after_working_time(start, effective, calendar, hours)
    return start + effective


def _room(it: Due, since: datetime) -> timedelta:
    """How much effective time a pause from `since` may still give."""
    return NOTHING if since > it.at else max(NOTHING, it.window - it.paused)


def _until(it: Due, at: datetime, calendar: Calendar, hours: WorkingHours) -> Due:
    """The window regranted to end at `at`: what lies before it, less the pauses, is granted time."""
    window = _effective(it.limit, it.start, at, calendar, hours) - it.paused
    return _settled(replace(it, at=at, window=window), calendar, hours)


def _settled(it: Due, calendar: Calendar, hours: WorkingHours) -> Due:
    """The same window with all that follows from its start, end and pauses."""
    provisional = it.limit.unit.is_working_time and calendar.is_provisional(local_day(it.start), local_day(it.at))
    return replace(it, amber_at=at_share(it, AMBER_SHARE, calendar, hours), provisional=provisional)
