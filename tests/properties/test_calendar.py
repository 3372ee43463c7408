"""What holds of every due time, whatever the calendar, the limit and the moment (domain 3.4, I14)."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from services.escalation.rules.calendar import (
    FIXED_HOLIDAYS,
    ONE_DAY,
    SHANGHAI,
    Calendar,
    Day,
    Kind,
    Status,
    WorkingHours,
    after_working_time,
    local_day,
    working_time,
)
from services.escalation.rules.due import (
    Due,
    Lamp,
    at_share,
    due,
    extend,
    hasten,
    lamp,
    pause_runs_out,
    recompute,
    resume,
)
from services.escalation.rules.limit import Daytime, Limit, Unit

FIRST = date(2026, 9, 1)
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
days = st.integers(0, 180).map(lambda n: FIRST + n * ONE_DAY)
kinds = st.builds(Day, st.sampled_from(Kind), st.sampled_from(Status))
calendars = st.builds(
    Calendar,
    st.dictionaries(days, kinds, max_size=30),
    st.dictionaries(st.sampled_from([2026, 2027]), st.sampled_from(Status)),
    st.just(FIXED_HOLIDAYS) | st.just(FIXED_HOLIDAYS | {(2, 29)}) | st.just(frozenset()),
)
hours = st.sampled_from(
    [WorkingHours(), WorkingHours(((time(8), time(12)),)), WorkingHours(((time(9), time(16, 30)),))]
)
moments = st.timedeltas(timedelta(0), timedelta(days=150)).map(lambda passed: BEGIN + passed) | st.builds(
    datetime.combine,
    days,
    st.sampled_from([time(0), time(7), time(8, 30), time(11, 30), time(13), time(16, 30), time(17), time(22)]),
    st.just(SHANGHAI),
)
counts = st.integers(1, 60)
DAYTIME = Daytime(time(7), time(22), time(8, 30))
units = st.sampled_from(Unit)
limits = (
    st.builds(Limit, counts, units)
    | st.just(Limit(0, Unit.WORKING_DAYS))
    | st.builds(Limit, counts, st.just(Unit.HOURS), st.just(DAYTIME))
)
spans = st.timedeltas(timedelta(0), timedelta(days=40))


def at_work(at: datetime, calendar: Calendar, hours: WorkingHours) -> bool:
    day = local_day(at)
    return calendar.is_working(day) and any(opens <= at <= closes for opens, closes in hours.on(day))


@example(
    Limit(1, Unit.HOURS, DAYTIME), BEGIN - timedelta(hours=8), BEGIN - timedelta(hours=1), Calendar(), WorkingHours()
)
@given(limits, moments, moments, calendars, hours)
def test_who_starts_later_is_never_due_earlier(
    limit: Limit, one: datetime, two: datetime, calendar: Calendar, hours: WorkingHours
) -> None:
    early, late = sorted((one, two))
    assert due(limit, early, calendar, hours).at <= due(limit, late, calendar, hours).at


@given(units, counts, counts, st.booleans(), moments, calendars, hours)
def test_a_longer_limit_is_never_due_earlier(
    unit: Unit, one: int, two: int, by_day: bool, start: datetime, calendar: Calendar, hours: WorkingHours
) -> None:
    daytime = DAYTIME if by_day and not unit.is_working_time else None
    short, long = (due(Limit(count, unit, daytime), start, calendar, hours) for count in sorted((one, two)))
    assert short.at <= long.at
    assert short.window <= long.window


@given(limits, moments, calendars, hours)
def test_working_time_ends_while_people_work(
    limit: Limit, start: datetime, calendar: Calendar, hours: WorkingHours
) -> None:
    it = due(limit, start, calendar, hours)
    assert start <= it.at
    assert start <= it.amber_at <= it.at
    assert it.at.tzinfo is UTC
    if limit.unit.is_working_time:
        assert at_work(it.at, calendar, hours)
    if limit.unit is Unit.WORKING_DAYS:
        assert it.at == hours.close(local_day(it.at))
    assert it.provisional == (
        limit.unit.is_working_time and calendar.is_provisional(local_day(start), local_day(it.at))
    )


@example(date(2027, 1, 1), 400, Calendar(fixed=frozenset({(2, 29)})))
@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(-20, 1500), calendars)
def test_working_days_are_those_that_are_worked(first: date, length: int, calendar: Calendar) -> None:
    one_by_one = sum(calendar.is_working(first + number * ONE_DAY) for number in range(length))
    assert calendar.worked(first, first + (length - 1) * ONE_DAY) == one_by_one


@given(moments, spans, spans, calendars, hours)
def test_working_time_adds_up(
    start: datetime, one: timedelta, two: timedelta, calendar: Calendar, hours: WorkingHours
) -> None:
    one, two = one / 4, two / 4
    end = after_working_time(start, one, calendar, hours)
    assert working_time(start, end, calendar, hours) == one
    assert after_working_time(end, two, calendar, hours) == after_working_time(start, one + two, calendar, hours)


pauses = st.lists(st.tuples(spans, spans), max_size=5)


@given(limits, moments, pauses, calendars, hours)
def test_pauses_only_lengthen_and_never_beyond_twice_the_window(
    limit: Limit, start: datetime, pauses: list[tuple[timedelta, timedelta]], calendar: Calendar, hours: WorkingHours
) -> None:
    first = it = due(limit, start, calendar, hours)
    now = start
    for ran, stood in pauses:
        began, now = now + ran, now + ran + stood
        before, it = it, resume(it, began, now, calendar, hours)
        assert it.at >= before.at
        assert it.amber_at >= before.amber_at
        assert before.paused <= it.paused <= it.window == first.window
        assert lamp(before, now, calendar, hours, began) is lamp(it, now, calendar, hours)
    assert at_share(it, 1.0, calendar, hours) == it.at
    assert it.at <= at_share(first, 2.0, calendar, hours)


@given(limits, moments, spans, spans, calendars, hours)
def test_a_pause_stops_the_lamp_until_it_runs_out(
    limit: Limit, start: datetime, ran: timedelta, stood: timedelta, calendar: Calendar, hours: WorkingHours
) -> None:
    it = due(limit, start, calendar, hours)
    began = start + ran
    now = min(began + stood, pause_runs_out(it, began, calendar, hours))
    assert lamp(it, max(began, now), calendar, hours, began) is lamp(it, began, calendar, hours)
    if began > it.at:
        assert resume(it, began, began + stood, calendar, hours) == it


order = list(Lamp)


@given(limits, moments, spans, spans, calendars, hours)
def test_the_lamp_only_worsens(
    limit: Limit, start: datetime, one: timedelta, two: timedelta, calendar: Calendar, hours: WorkingHours
) -> None:
    it = due(limit, start, calendar, hours)
    early, late = sorted((one, two))
    assert order.index(lamp(it, start + early, calendar, hours)) <= order.index(lamp(it, start + late, calendar, hours))
    assert lamp(it, it.at, calendar, hours) is not Lamp.RED
    assert lamp(it, it.at + timedelta(seconds=1), calendar, hours) is Lamp.RED


@given(limits, moments, limits, calendars, hours, spans, spans, calendars)
def test_an_official_calendar_moves_provisional_ones_later_alone(
    limit: Limit,
    start: datetime,
    by: Limit,
    calendar: Calendar,
    hours: WorkingHours,
    ran: timedelta,
    stood: timedelta,
    official: Calendar,
) -> None:
    it = resume(due(limit, start, calendar, hours), start + ran, start + ran + stood, calendar, hours)
    it = extend(it, by, calendar, hours)
    newer = recompute(it, calendar.overlaid(official), hours)
    assert newer.at >= it.at
    if not it.provisional:
        assert newer == it
    assert recompute(newer, calendar.overlaid(official), hours) == newer
    assert at_share(newer, 1.0, calendar.overlaid(official), hours) <= newer.at


@given(limits, limits, moments, spans, spans, calendars, hours)
def test_raised_urgency_never_gives_more_time(
    limit: Limit,
    raised: Limit,
    start: datetime,
    ran: timedelta,
    stood: timedelta,
    calendar: Calendar,
    hours: WorkingHours,
) -> None:
    it = resume(due(limit, start, calendar, hours), start + ran, start + ran + stood, calendar, hours)
    hastened: Due = hasten(it, raised, calendar, hours)
    assert start <= hastened.at <= it.at
    assert hastened.paused <= hastened.window


@given(st.dates(date(1, 1, 1), date(9990, 1, 1)), st.integers(0, 100))
def test_no_year_is_unknown_enough_to_fail(day: date, count: int) -> None:
    calendar = Calendar()
    later = calendar.working_day(day, count)
    assert calendar.is_working(later)
    assert calendar.status(later) is Status.PROVISIONAL
    assert later >= day


@given(limits)
def test_a_limit_reads_back(limit: Limit) -> None:
    assert Limit.parse(str(limit)) == limit
