"""The tables of domain 3.3, the known dates of 3.4 and S22, and what the loader refuses."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from deploy import calendar_seed
from services.contracts.cases import Category, SubCategory, Urgency
from services.contracts.regions import Level
from services.escalation.limits_file import DATA, LimitsFileError, load
from services.escalation.rules.calendar import Calendar, Status, WorkingHours
from services.escalation.rules.due import Lamp, at_share, due, extend, hasten, lamp, marked, recompute, resume
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
    Widening,
)
from services.escalation.rules.profiles import telling

RED, ORANGE, YELLOW, GREEN = Urgency
BOOK = load()
LIMITS = BOOK.of("210113001010").limits
CALENDAR = BOOK.of("210113001010").calendar
HOURS = LIMITS.hours


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00")


def due_at(limit: str, start: str) -> datetime:
    return due(Limit.parse(limit), at(start), CALENDAR, HOURS).at


@pytest.mark.parametrize(
    ("limit", "start", "end"),
    [
        ("5wd", "2026-09-30T16:30", "2026-10-13T17:00"),  # S22
        ("60wd", "2026-11-20T10:00", "2027-02-19T17:00"),
        ("60wd", "2026-11-21T10:00", "2027-02-22T17:00"),  # a Saturday counts as received on Monday: day 0
        ("1wd", "2026-11-20T17:00", "2026-11-23T17:00"),
        ("1wd", "2026-11-20T17:01", "2026-11-24T17:00"),
        ("0wd", "2026-11-20T16:59", "2026-11-20T17:00"),
        ("0wd", "2026-11-20T17:01", "2026-11-23T17:00"),
        ("1wd", "2026-10-09T09:00", "2026-10-10T17:00"),  # a make-up Saturday
        ("4wh", "2026-11-20T08:00", "2026-11-20T14:00"),
        ("4wh", "2026-11-20T16:00", "2026-11-23T11:30"),
        ("2wh", "2026-11-20T11:00", "2026-11-20T14:30"),
        ("7wh", "2026-11-20T08:30", "2026-11-20T17:00"),
        ("15m", "2026-10-03T23:50", "2026-10-04T00:05"),
        ("30d", "2026-11-20T10:00", "2026-12-20T10:00"),
        ("2h 07:00-22:00 else 08:30", "2026-11-21T21:59", "2026-11-21T23:59"),
        ("2h 07:00-22:00 else 08:30", "2026-11-21T22:00", "2026-11-22T08:30"),
        ("2h 07:00-22:00 else 08:30", "2026-11-21T06:59", "2026-11-21T08:30"),
        ("2h 07:00-22:00 else 08:30", "2026-11-21T07:00", "2026-11-21T09:00"),
    ],
)
def test_due_times(limit: str, start: str, end: str) -> None:
    assert due_at(limit, start) == at(end)


def test_s22_is_official_and_sixty_days_from_now_are_not() -> None:
    near = due(Limit.parse("5wd"), at("2026-09-30T16:30"), CALENDAR, HOURS)
    assert not near.provisional
    assert near.calendar_version == CALENDAR.version
    assert due(Limit.parse("60wd"), at("2026-11-20T16:30"), CALENDAR, HOURS).provisional
    assert CALENDAR.working_day(date(2026, 11, 21), 60) == date(2027, 2, 19)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due(Limit.parse("1wd"), at("2026-11-20T09:00").replace(tzinfo=None), CALENDAR, HOURS)


def test_amber_at_four_fifths_and_red_after_the_end() -> None:
    it = due(Limit.parse("10h"), at("2026-11-20T08:00"), CALENDAR, HOURS)
    assert it.amber_at == at("2026-11-20T16:00")
    seen = [lamp(it, at(f"2026-11-20T{clock}"), CALENDAR, HOURS) for clock in ("15:59", "16:00", "18:00", "18:01")]
    assert seen == [Lamp.GREEN, Lamp.AMBER, Lamp.AMBER, Lamp.RED]
    assert at_share(it, 1.5, CALENDAR, HOURS) == at("2026-11-20T23:00")


def test_a_pause_moves_the_due_time_by_the_working_time_it_took_and_at_most_the_window() -> None:
    it = due(Limit.parse("7wh"), at("2026-11-23T08:30"), CALENDAR, HOURS)
    moved = resume(it, at("2026-11-23T16:00"), at("2026-11-24T09:30"), CALENDAR, HOURS)
    assert moved.at == at("2026-11-24T10:30")
    assert moved.paused == timedelta(hours=2)
    again = resume(moved, at("2026-11-24T10:00"), at("2026-12-24T10:00"), CALENDAR, HOURS)
    assert again.paused == again.window == timedelta(hours=7)
    assert again.at == at("2026-11-24T17:00")


def test_a_pause_heals_no_missed_due_time() -> None:
    it = due(Limit.parse("1wd"), at("2026-11-20T10:00"), CALENDAR, HOURS)
    assert resume(it, at("2026-11-23T17:01"), at("2026-11-25T10:00"), CALENDAR, HOURS) == it


def test_a_day_taken_off_afterwards_moves_no_official_due_time(tmp_path: Path) -> None:
    it = due(Limit.parse("2wd"), at("2026-11-20T10:00"), CALENDAR, HOURS)
    (tmp_path / "calendar.csv").write_text("day,kind,status,source\n2026-11-23,OFF,OFFICIAL,snow\n")
    snow = load(tmp_path).of("21").calendar
    assert recompute(it, snow, HOURS) == it
    assert at_share(it, 1.0, snow, HOURS) == it.at


def test_extension_raised_urgency_and_marks() -> None:
    it = due(Limit.parse("5wd"), at("2026-11-20T10:00"), CALENDAR, HOURS)
    assert extend(it, Limit.parse("2wd"), CALENDAR, HOURS).at == at("2026-12-01T17:00")
    assert hasten(it, Limit.parse("24h"), CALENDAR, HOURS).at == at("2026-11-21T10:00")
    assert hasten(it, Limit.parse("10wd"), CALENDAR, HOURS) == it
    assert marked(Mark.parse("due+5wd"), it, CALENDAR, HOURS) == at("2026-12-04T17:00")
    assert marked(Mark.parse("issue"), it, CALENDAR, HOURS) == at("2026-11-20T10:00")


def official_2027(folder: Path, *days: str) -> Calendar:
    rows = ["day,kind,status,source", "2027,,OFFICIAL,notice", *(f"{day},OFFICIAL,notice" for day in days)]
    (folder / "calendar.csv").write_text("\n".join(rows), encoding="utf-8")
    return load(folder).of("21").calendar


def test_an_official_year_moves_a_provisional_due_time_later_never_earlier(tmp_path: Path) -> None:
    shown = due(Limit.parse("60wd"), at("2026-11-20T10:00"), CALENDAR, HOURS)
    fewer = recompute(shown, official_2027(tmp_path, "2027-02-08,OFF"), HOURS)
    assert (fewer.at, fewer.provisional) == (shown.at, False)
    longer = [f"2027-02-{day:02},OFF" for day in (5, 8, 9, 10, 11, 12)]
    more = recompute(shown, official_2027(tmp_path, "2027-01-01,OFF", *longer), HOURS)
    assert more.at == at("2027-02-23T17:00")
    near = due(Limit.parse("5wd"), at("2026-09-30T16:30"), CALENDAR, HOURS)
    assert recompute(near, official_2027(tmp_path, "2027-01-01,OFF"), HOURS) is near


def test_an_unknown_year_is_monday_to_friday_less_the_fixed_days() -> None:
    assert not CALENDAR.is_working(date(2031, 10, 1))
    assert CALENDAR.is_working(date(2031, 10, 6))
    assert not CALENDAR.is_working(date(2031, 10, 4))
    assert CALENDAR.status(date(2031, 10, 6)) is Status.PROVISIONAL


@pytest.mark.parametrize(("today", "year"), [("2026-12-14", None), ("2026-12-15", 2027), ("2027-03-01", 2027)])
def test_the_operator_is_told_in_time_which_year_is_missing(today: str, year: int | None) -> None:
    assert CALENDAR.awaited_year(date.fromisoformat(today)) == year


def test_the_packaged_calendar_is_what_the_seed_writes() -> None:
    assert (DATA / "calendar.csv").read_text(encoding="utf-8") == calendar_seed.text()


def test_made_up_days_of_2026() -> None:
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    made_up = [f"{day:%m-%d}" for day in year if day.weekday() > 4 and CALENDAR.is_working(day)]
    assert made_up == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


STAGES = {
    Stage.ACK: "15m|2h 07:00-22:00 else 08:30|4wh|1wd",
    Stage.TRIAGE: "30m|4h|1wd|2wd",
    Stage.MANDATORY_REPORT: "30m|None|None|None",
    Stage.COUNCIL: "2h|24h|5wd|10wd",
    Stage.INFORMATION: "None|1wd|5wd|10wd",
    Stage.RECEIPT: "30m|2wh|1wd|2wd",
    Stage.FIRST_ACTION: "1h|4wh|2wd|5wd",
    Stage.PROGRESS: "24h|1wd|5wd|10wd",
    Stage.FEEDBACK: "2h|0wd|1wd|2wd",
    Stage.RELAY: "1h|2h|1wd|1wd",
}
ORDERS = {
    OrderLimit.SIGN: "30m|2wh|1wd|2wd",
    OrderLimit.OBJECT: "1h|4wh|2wd|3wd",
    OrderLimit.FIRST_REPORT: "2h|24h|3wd|None",
    OrderLimit.COMPLETE: "24h|3wd|5wd|10wd",
    OrderLimit.EXTENSION_TOTAL: "None|2wd|10wd|15wd",
    OrderLimit.VERIFY: "4h|1wd|2wd|3wd",
}


def test_the_tables_say_what_was_decided() -> None:
    for stage, row in STAGES.items():
        assert "|".join(str(LIMITS.stage(stage, urgency)) for urgency in Urgency) == row
    for step, row in ORDERS.items():
        assert "|".join(str(LIMITS.work_order(step, urgency)) for urgency in Urgency) == row
    assert [LIMITS.extensions(urgency) for urgency in Urgency] == [0, 1, 2, 2]
    assert [LIMITS.share(Share.URGE_AT, urgency) for urgency in Urgency] == [0.5, 0.8, 0.8, 1.0]
    assert [LIMITS.share(Share.CALLBACK_SAMPLE, urgency) for urgency in Urgency] == [1.0, 1.0, 1.0, 0.2]
    assert str(LIMITS.work_order_mark(OrderMark.ART73_FROM, YELLOW)) == "due+5wd"
    assert LIMITS.work_order_mark(OrderMark.ART73_FROM, GREEN) is None
    assert [str(limit) for limit in LIMITS.callbacks(RED)] == ["24h", "7d", "30d", "90d"]
    assert {level: str(limit) for level, limit in LIMITS.widening(Widening.ACK_ALERT, RED).items()} == {
        Level.TOWNSHIP: "30m",
        Level.COUNTY: "60m",
    }
    assert str(LIMITS.reopen_window(Category.PROPERTY)) == "90d"
    assert str(LIMITS.reopen_window(Category.PERSONAL)) == "365d"


@pytest.mark.parametrize(
    ("urgency", "profile", "total"),
    [(ORANGE, DEFAULT, 15), (YELLOW, DEFAULT, 55), (GREEN, DEFAULT, 60), (YELLOW, "land", 55)],
)
def test_the_ladder_stays_within_its_sum(urgency: Urgency, profile: str, total: int) -> None:
    assert sum(LIMITS.window(level, urgency, profile).count for level in Level) == total


def test_overrides_hold_for_the_profile_and_the_default_urgency() -> None:
    land = LIMITS.profile_of(SubCategory.HOMESTEAD)
    assert str(LIMITS.window(Level.VILLAGE, YELLOW, land)) == "5wd"
    assert str(LIMITS.window(Level.VILLAGE, ORANGE, land)) == "2wd"
    elders = LIMITS.profile_of(SubCategory.ELDER_CARE)
    assert str(LIMITS.stage(Stage.COUNCIL, YELLOW, elders)) == "3wd"
    assert str(LIMITS.stage(Stage.COUNCIL, ORANGE, elders)) == "24h"
    assert LIMITS.recurring(Recurring.OBLIGATION_CHECK, elders) == Recurrence(Limit.parse("30d"), 6)
    assert LIMITS.raised_to(Raises.NO_SHELTER, elders) is ORANGE
    utilities = LIMITS.profile_of(SubCategory.UTILITIES)
    assert [str(LIMITS.work_order(OrderLimit.FIRST_REPORT, each, utilities)) for each in (ORANGE, YELLOW)] == [
        "24h"
    ] * 2
    couple = LIMITS.profile_of(SubCategory.DIVORCE)
    assert [str(limit) for limit in LIMITS.callbacks(YELLOW, couple)] == ["7d", "30d", "90d"]
    assert str(LIMITS.special(Special.DV_SCREENING, couple)) == "1wd"
    assert LIMITS.special(Special.DV_SCREENING) is None
    sealed = LIMITS.profile_of(SubCategory.MISSING_PERSON)
    assert str(LIMITS.widening(Widening.WIDEN, RED, sealed)[Level.COUNTY]) == "3h"
    assert LIMITS.profile_of(SubCategory.ENVIRONMENT) == DEFAULT


def test_a_department_on_site_is_its_first_report(tmp_path: Path) -> None:
    (tmp_path / "limits.21.yaml").write_text("overrides: {SAFETY_HAZARD: {on_site: 12h}, UTILITIES: {answer: 6h}}")
    limits = load(tmp_path).of("21").limits
    for sub, said in ((SubCategory.SAFETY_HAZARD, "12h"), (SubCategory.UTILITIES, "6h"), (SubCategory.OTHER, "24h")):
        assert str(limits.work_order(OrderLimit.FIRST_REPORT, ORANGE, limits.profile_of(sub))) == said
    hazard = limits.profile_of(SubCategory.SAFETY_HAZARD)
    assert str(limits.work_order(OrderLimit.FIRST_REPORT, YELLOW, hazard)) == "3wd", "its own default urgency alone"


def test_no_packaged_profile_names_a_private_sub_category() -> None:
    assert telling(LIMITS.profiles) == {}
    assert "DOMESTIC" not in " ".join(LIMITS.profiles.values()).upper()


def test_the_longest_region_code_wins(tmp_path: Path) -> None:
    (tmp_path / "limits.2101.yaml").write_text('clock: {working_hours: ["09:00-17:00"]}\nstage: {ack: {YELLOW: 3wh}}\n')
    (tmp_path / "limits.210113.yaml").write_text("stage: {ack: {YELLOW: 2wh}}\n")
    (tmp_path / "calendar.2101.csv").write_text("day,kind,status,source\n2026-11-23,OFF,OFFICIAL,snow\n")
    book = load(tmp_path)
    assert [str(book.of(code).limits.stage(Stage.ACK, YELLOW)) for code in ("2102", "210102", "210113001")] == [
        "4wh",
        "3wh",
        "2wh",
    ]
    assert book.of("210113001").limits.hours != HOURS == WorkingHours()
    assert str(book.of("210113001").limits.stage(Stage.ACK, GREEN)) == "1wd"
    assert not book.of("210113001").calendar.is_working(date(2026, 11, 23))
    assert book.of("2102").calendar.is_working(date(2026, 11, 23))
    assert book.of("2101").limits.version != book.of("2102").limits.version == LIMITS.version


APPENDIX = """
urgency: [RED, ORANGE, YELLOW, GREEN]
stage:
  callback: {RED: [24h,7d,30d,90d], ORANGE: 3wd, YELLOW: 5wd, GREEN: 5wd}
work_order:
  extension_total: {RED: 0, ORANGE: 2wd, YELLOW: 10wd, GREEN: 15wd}
overrides:
  "LAND_CONTRACT, COLLECTIVE_INCOME, HOMESTEAD, COMPENSATION": {level_window: {VILLAGE: 5wd, TOWNSHIP: 12wd}}
  MISSING_PERSON: {widen: {TOWNSHIP: 1h, COUNTY: 3h}, purge_personal_content: 30d}
confidentiality_default: {DOMESTIC_VIOLENCE: C3, DEBT: C2}
reopen_window: {default: 90d, PERSONAL: 365d, MARRIAGE_FAMILY: 365d}
"""


def test_the_starter_configurations_shape_loads_unchanged(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text(APPENDIX)
    assert load(tmp_path).of("21").limits.version == LIMITS.version


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("stage: {ack: {RED: 15x}}", "limits.21.yaml:1: '15x' is no limit"),
        ("stage:\n  acc: {RED: 15m}", "limits.21.yaml:2: acc is not known; did you mean ack?"),
        ("stage:\n  ack: {RED: 15m, RED: 16m}", "limits.21.yaml:2: RED is said twice"),
        ("stage: {ack: {PINK: 1m}}", "limits.21.yaml:1: PINK is not known"),
        ("stage: {ack: 0h}", "limits.21.yaml:1: a limit must be at least 1"),
        ("stage: {ack: [1h]}", "limits.21.yaml:1: one value is expected"),
        ("stage: {ack: {RED: none}}", "limits.21.yaml:1: stage ack RED is missing"),
        ("stage: {ack: 4wh 07:00-22:00 else 08:30}", "limits.21.yaml:1: working time has no daytime"),
        ("stage: {ack: 2h 22:00-07:00 else 08:30}", "limits.21.yaml:1: daytime must open before it closes"),
        ("stage: {callback: []}", "limits.21.yaml:1: a call-back is owed"),
        ("stage: {mandatory_report: {RED: 45m}}", "limits.21.yaml:1: a mandatory report is made at once"),
        ("work_order: {object: {YELLOW: 6wd}}", "limits.21.yaml:1: a department may object within 5wd"),
        ("work_order: {urge_at: {RED: 80%}}", "limits.21.yaml:1: '80%' is no share"),
        ("work_order: {extension_count: {RED: many}}", "limits.21.yaml:1: 'many' is no count"),
        ("work_order: {supervise_from: {RED: soon}}", "limits.21.yaml:1: 'soon' is no moment"),
        ("level_window: {VILLAGE: {RED: none}}", "limits.21.yaml:1: 'none' is no limit"),
        ("clock: {tz: UTC}", "limits.21.yaml:1: tz can only be Asia/Shanghai"),
        ('clock: {working_hours: ["13:00-12:00"]}', "limits.21.yaml:1: working hours must be"),
        ("overrides: {DIVROCE: {plan: 3wd}}", "limits.21.yaml:1: DIVROCE is not known; did you mean DIVORCE?"),
        ("overrides: {ENVIRONMENT: {plan: 3wd}}", "limits.21.yaml:1: ENVIRONMENT has limits of its own but no profile"),
        (
            "overrides: {DIVORCE: {council: 3wd}}",
            "limits.21.yaml:1: DIVORCE and MARITAL_CONFLICT share the profile couple",
        ),
        ("overrides: {ELDER_CARE: {no_shelter_urgency: PURPLE}}", "limits.21.yaml:1: PURPLE is not known"),
        ("overrides: {ELDER_CARE: {obligation_check: 30d}}", "limits.21.yaml:1: write {every: 30d}"),
        ("overrides: {MISSING_PERSON: {widen: {STREET: 1h}}}", "limits.21.yaml:1: STREET is not known"),
        ("profile: {debts: [DEBT]}", "limits.21.yaml:1: profile debts: it would name DEBT (C2)"),
        (
            "profile: {money: [DEBT, DISMISSAL]}",
            "limits.21.yaml:1: profile money: beside PROPERTY and C2 it would name DEBT",
        ),
        ("profile: {a: [SCHOOLING], b: [SCHOOLING]}", "limits.21.yaml:1: SCHOOLING is in two profiles"),
        ("confidentiality_default: {DEBT: C0}", "limits.21.yaml:1: DEBT is C2 by default"),
        ("urgency: [RED]", "limits.21.yaml:1: the urgencies are"),
        ("reopen_window: {MONEY: 90d}", "limits.21.yaml:1: MONEY is not known"),
        ("stage: 5", "limits.21.yaml:1: names with values are expected"),
        ("stage: {\n\n  ack: [", "limits.21.yaml:3: no YAML"),
        ("[]", "limits.21.yaml:1: names with values are expected"),
    ],
)
def test_a_wrong_file_is_refused_by_line_and_reason(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "limits.21.yaml").write_text(text)
    with pytest.raises(LimitsFileError) as refused:
        load(tmp_path)
    assert any(said.startswith(problem) for said in refused.value.problems), refused.value.problems


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("2026-02-30,OFF,OFFICIAL,x", "calendar.csv:2: "),
        ("2026-11-23,SNOW,OFFICIAL,x", "calendar.csv:2: kind 'SNOW'"),
        ("2026-11-23,OFF,MAYBE,x", "calendar.csv:2: status 'MAYBE'"),
        ("2026-11-23,OFF,OFFICIAL,", "calendar.csv:2: no source"),
        ("2026-11-23,OFF,OFFICIAL", "calendar.csv:2: 3 fields"),
        ("2026,OFF,OFFICIAL,x", "calendar.csv:2: the year 2026 has no kind"),
        ("--13-01,OFF,OFFICIAL,x", "calendar.csv:2: "),
        ("--05-01,WORK,OFFICIAL,x", "calendar.csv:2: a day of every year"),
        ("2026-11-23,OFF,OFFICIAL,x\n2026-11-23,WORK,OFFICIAL,x", "calendar.csv:3: 2026-11-23 is stated twice"),
    ],
)
def test_a_wrong_calendar_is_refused_by_line_and_reason(tmp_path: Path, row: str, problem: str) -> None:
    (tmp_path / "calendar.csv").write_text(f"day,kind,status,source\n{row}\n")
    with pytest.raises(LimitsFileError) as refused:
        load(tmp_path)
    assert any(said.startswith(problem) for said in refused.value.problems), refused.value.problems


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "calendar.csv").write_bytes(b"\xff")
    (tmp_path / "limits.21x.yaml").write_text("")
    (tmp_path / "calendar.21.yaml").write_text("")
    with pytest.raises(LimitsFileError) as refused:
        load(tmp_path, tmp_path / "absent")
    assert len(refused.value.problems) == 5
    assert all(re.match(r"[\w.]+:\d+: .", said) for said in refused.value.problems)


def test_an_empty_overlay_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "limits.2101.yaml").write_text("# nothing yet\n")
    assert load(tmp_path).of("2101").limits.version == LIMITS.version


def test_times_are_kept_in_utc() -> None:
    assert due_at("1wd", "2026-11-20T10:00").tzinfo is UTC
