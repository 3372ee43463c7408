"""The reporter does not go without news for longer than the limit (domain 3.3), by the rules of escalation and of notify together: she is
told by the one what the other counts from."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.clock import ManualClock
from services.contracts import topics
from services.contracts.cases import CaseClass, Outcome, Stage, Urgency
from services.contracts.clocks import ClockStage, ClockState, MatterClock
from services.contracts.events.escalation import NEWS, NEWS_TO_ALL, CustodyEvent, ProgressOwed, ProgressTold
from services.contracts.events.orders import OrderStepTaken
from services.contracts.lifecycle import is_resolved
from services.contracts.orders import OrderState, OrderStep
from services.contracts.states import AccessState, CaseState
from services.escalation import timers
from services.escalation.rules import acting, following, timing
from services.escalation.rules.calendar import working_time
from services.escalation.rules.custody import Custody, Facts
from services.escalation.rules.due import due
from services.escalation.rules.limit import Limit
from services.escalation.rules.limits import Key, Rules
from services.escalation.rules.limits import Stage as LimitStage
from services.escalation.service import ESCALATION
from services.escalation.store import keep_dues
from services.notify.rules.audience import audience
from services.notify.rules.entries import OF_A_REPORTER
from services.notify.rules.order_audience import order_audience
from tests.properties.playing import BY, RULES, SECRET, START, VILLAGE, Play, move
from tests.properties.tables import a_room
from tests.properties.test_ladder_machine import MOVES, NODES, WORKER, a_case, attempt, opened
from tests.properties.test_sweep import counted, flags, hears

OWN, BYSTANDER = "m_reporter", "m_bystander"
REPORTERS = (OWN, BYSTANDER)
VISIT = next(each for each in MOVES if each.command == "RecordAction")


def access(case_class: CaseClass = CaseClass.C1) -> AccessState:
    """Two have reported it: one her own matter, one somebody else's."""
    return AccessState(
        case_id=a_case().case_id, version=1, case_class=case_class, reporters=REPORTERS, bystanders=(BYSTANDER,)
    )


def hearers(event: CustodyEvent | OrderStepTaken, about: AccessState) -> set[str]:
    """Which of the two reporters notify tells something of her matter."""
    found = (
        order_audience(event, about, {}, START)
        if isinstance(event, OrderStepTaken)
        else audience(event, about, {}, START)
    )
    return {each.address for each in found if each.address in REPORTERS and each.kind in OF_A_REPORTER}


def interval(custody: Custody) -> MatterClock | None:
    """The clock that runs until she next hears something; None while nothing is owed."""
    return next(
        (c for c in custody.clocks if c.stage is ClockStage.PROGRESS and c.state is not ClockState.STOPPED), None
    )


def open_now(case: CaseState, custody: Custody) -> bool:
    """From acceptance until it is resolved."""
    return case.stage is Stage.ACCEPTED and not is_resolved(case, custody) and custody.closed_at is None


def deadline(heard: datetime, urgency: Urgency) -> datetime:
    """Until when somebody who heard something then must hear again."""
    limit = RULES.limits.stage(LimitStage.PROGRESS, urgency, "land")
    assert limit is not None
    return due(limit, heard, RULES.calendar, RULES.limits.hours).at


def next_step(case: CaseState, custody: Custody, random: Random, now: datetime) -> CaseState:
    """What intake may have told next: the answer was given, the reporter says that it is not so, it ended, it is open again."""
    more: dict[str, object] = {}
    if is_resolved(case, custody) and case.stage is Stage.ACCEPTED:
        more = {"stage": Stage.FEEDBACK_GIVEN, "feedback_at": now}
    elif case.stage is Stage.FEEDBACK_GIVEN and random.random() < 0.5:
        more = {"stage": Stage.ACCEPTED, "feedback_at": None, "reworked_at": now, "reworks": case.reworks + 1}
    elif case.stage.ended:
        more = {"stage": Stage.ACCEPTED, "closed_at": None, "reopened_at": now, "reopens": case.reopens + 1}
    elif random.random() < 0.1:
        more = {"stage": Stage.CLOSED, "closed_at": now}
    return case.model_copy(update={**more, "version": case.version + 1}) if more else case


def played(seed: int, urgency: Urgency, case_class: CaseClass) -> set[type[CustodyEvent]]:
    """A matter by random moves, swept every few hours: nobody waits longer than the limit, nothing comes after the end. Which of the two
    notes came."""
    random, now, about = Random(seed), START, access(case_class)
    case = a_case(urgency)
    custody = opened(Facts(case, RULES, SECRET, now, bystanders=True))
    heard, written = dict.fromkeys(REPORTERS, now), set[type[CustodyEvent]]()

    def listen(told_now: tuple[CustodyEvent, ...], before: bool) -> None:
        for event in told_now:
            heard.update(dict.fromkeys(hearers(event, about), now))
            if isinstance(event, ProgressOwed | ProgressTold):
                written.add(type(event))
                assert before, "never before acceptance, nor after it is resolved or has ended"
                assert hearers(event, about) == set(REPORTERS)

    for _ in range(120):
        now += timedelta(seconds=random.choice((0, 60, 3600, 8 * 3600, 20 * 3600)))
        facts = Facts(case, RULES, SECRET, now, bystanders=True)
        for what in [what for what, at in timing.dues(custody, facts).items() if at < now]:
            custody, told = timing.come(custody, what, facts)
            listen(told, open_now(case, custody))
        clock = interval(custody)
        assert (clock is not None) == open_now(case, custody)
        if clock is not None:
            assert now <= clock.due_at
            assert not clock.overdue
            assert clock.state is ClockState.RUNNING, "no rest pauses it"
            for who in REPORTERS:
                assert now <= deadline(heard[who], urgency), f"{who} has waited too long"
        draw = random.random()
        if draw < 0.15:
            before = open_now(case, custody)
            case = next_step(case, custody, random, now)
            custody, told = following.follow(custody, Facts(case, RULES, SECRET, now, bystanders=True))
            listen(told, before)
        elif draw < 0.5:
            before = open_now(case, custody)
            moved = attempt(random.choice(MOVES), custody, facts)
            if isinstance(moved, tuple):
                custody, told = moved
                listen(told, before)
        else:
            continue
        if open_now(case, custody) and not before:
            heard = dict.fromkeys(REPORTERS, now)  # it is open again: she waits from now
    return written


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), urgency=st.sampled_from(Urgency), case_class=st.sampled_from(CaseClass))
def test_nobody_waits_longer_than_the_limit_and_nothing_comes_after_the_end(
    seed: int, urgency: Urgency, case_class: CaseClass
) -> None:
    played(seed, urgency, case_class)


@pytest.mark.parametrize("urgency", Urgency)
def test_the_plays_come_to_both_notes(urgency: Urgency) -> None:
    """Otherwise the property would say less than it seems to."""
    found = set[type[CustodyEvent]]()
    for seed in range(12):
        found |= played(seed, urgency, CaseClass.C1)
    assert found == set[type[CustodyEvent]]((ProgressOwed, ProgressTold))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_whatever_is_heard_when_it_runs_exactly_while_the_matter_is_open(seed: int) -> None:
    """Facts of the three rooms in any order, asked and answered, merged, withdrawn, raised, opened again: by what escalation has heard."""
    random, play, seen = Random(seed), Play(), 0
    for _ in range(60):
        before = {case_id: open_now(play.heard_case[case_id], custody) for case_id, custody in play.custodies.items()}
        move(play, random)
        for _, event in play.history[seen:]:
            if isinstance(event, ProgressOwed):
                assert before[event.key], "not while she is asked, nor after the end"
                assert event.urged == event.custody.holder
        seen = len(play.history)
        for case_id, custody in play.custodies.items():
            clock = interval(custody)
            assert (clock is not None) == open_now(play.heard_case[case_id], custody)
            assert custody.clock is None or custody.clock.stage is not ClockStage.PROGRESS
        play.sweep()
        seen = len(play.history)
        ends = [clock.due_at for custody in play.custodies.values() if (clock := interval(custody))]
        assert all(play.now <= end for end in ends)


WORDS: dict[str, object] = {
    **dict.fromkeys(("by", "to", "urged", "informed", "nudged", "idle", "taken_from", "vacant", "filled"), BY),
    "alerted": (BY,),
    "on": True,
    "on_the_spot": True,
    "stage": ClockStage.WINDOW,
}
"""What a fact may say beside the state."""


@pytest.mark.parametrize("kind", topics.ESCALATION_CUSTODY.events, ids=lambda kind: kind.__name__)
def test_what_escalation_counts_from_is_what_notify_tells(kind: type[CustodyEvent]) -> None:
    state = accepted_at(START)[0].public()
    words: dict[str, Any] = {name: value for name, value in WORDS.items() if name in kind.model_fields}
    event = kind.model_construct(at=START, custody=state, **words)
    own = {OWN} if kind in NEWS else set[str]()
    for case_class in CaseClass:
        assert hearers(event, access(case_class)) == (set(REPORTERS) if kind in NEWS_TO_ALL else own)


@pytest.mark.parametrize("step", OrderStep)
def test_of_a_work_order_she_hears_that_it_takes_longer(step: OrderStep) -> None:
    words: dict[str, Any] = {
        "order_id": "",
        "department": "",
        "issuer": BY,
        "issuer_region": VILLAGE,
        "region": VILLAGE,
    }
    order = OrderState.model_construct(**words)
    event = OrderStepTaken.model_construct(at=START, order=order, step=step)
    assert hearers(event, access()) == ({OWN} if step is OrderStep.EXTENSION_GRANTED else set())


def accepted_at(now: datetime, rules: Rules = RULES, urgency: Urgency = Urgency.YELLOW) -> tuple[Custody, CaseState]:
    """A matter that the village has in hand."""
    case = a_case(urgency, now)
    return opened(Facts(case, rules, SECRET, now)), case


def by_limit(limit: Limit) -> Rules:
    """The rules with another limit of YELLOW."""
    values = {**RULES.limits.values, Key("stage", LimitStage.PROGRESS, Urgency.YELLOW): limit}
    return replace(RULES, limits=replace(RULES.limits, values=values))


def test_a_changed_limit_reaches_new_intervals_only() -> None:
    custody, case = accepted_at(START)
    first = interval(custody)
    assert first is not None
    assert first.due_at == datetime.fromisoformat("2026-11-30T17:00:00+08:00"), "five working days"
    shorter = by_limit(Limit.parse("2wd"))
    now = START + timedelta(hours=1)
    custody, _ = VISIT.do(custody, Facts(case, shorter, SECRET, now))
    assert interval(custody) == first, "what has begun keeps its limit"
    custody, _ = acting.tell_progress(custody, Facts(case, shorter, SECRET, now), NODES[custody.level])
    after = interval(custody)
    assert after is not None
    assert after.due_at == datetime.fromisoformat("2026-11-25T17:00:00+08:00")


def test_a_raised_urgency_brings_it_forward() -> None:
    custody, case = accepted_at(START)
    now = START + timedelta(hours=30)
    red = case.model_copy(update={"version": 3, "urgency": Urgency.RED})
    custody, _ = following.follow(custody, Facts(red, RULES, SECRET, now))
    clock = interval(custody)
    assert clock is not None
    assert clock.due_at == START + timedelta(hours=24)
    after, [event] = timing.come(custody, ClockStage.PROGRESS, Facts(red, RULES, SECRET, now))
    assert isinstance(event, ProgressOwed)
    clock = interval(after)
    assert clock is not None
    assert clock.due_at == now + timedelta(hours=24)


@pytest.mark.parametrize(
    ("swept", "next_due"),
    [
        ("2026-11-30T17:00:01+08:00", "2026-12-07T17:00:00+08:00"),  # in time: every five working days
        ("2026-11-30T18:00:00+08:00", "2026-12-07T17:00:00+08:00"),
        ("2026-11-30T18:00:01+08:00", "2026-12-08T17:00:00+08:00"),  # late: she is not told twice at once
        ("2026-12-07T16:59:00+08:00", "2026-12-14T17:00:00+08:00"),
    ],
)
def test_the_next_interval_begins_where_the_last_one_ended(swept: str, next_due: str) -> None:
    custody, case = accepted_at(START)
    facts = Facts(case, RULES, SECRET, datetime.fromisoformat(swept))
    after, [_] = timing.come(custody, ClockStage.PROGRESS, facts)
    clock = interval(after)
    assert clock is not None
    assert clock.due_at == datetime.fromisoformat(next_due)
    assert timing.come(after, ClockStage.PROGRESS, facts) == (after, ()), "once"


def test_the_interval_over_a_holiday_is_counted_in_working_days() -> None:
    custody, _ = accepted_at(datetime.fromisoformat("2026-09-30T16:30:00+08:00"))
    clock = interval(custody)
    assert clock is not None
    assert clock.due_at == datetime.fromisoformat("2026-10-13T17:00:00+08:00")
    hours = RULES.limits.hours
    assert working_time(clock.started_at, clock.due_at, RULES.calendar, hours) > timedelta(hours=5 * 7)


def test_a_step_of_an_order_that_she_is_not_told_of_is_no_news() -> None:
    custody, case = accepted_at(START)
    first, now = interval(custody), START + timedelta(hours=1)

    def at(step: OrderStep, **more: bool) -> MatterClock | None:
        about = Facts(case, RULES, SECRET, now, **more)
        return interval(acting.order_moved(custody, about, f"o_2101-{'0' * 26}", step, 1)[0])

    assert at(OrderStep.SIGNED) == at(OrderStep.EXTENSION_GRANTED, bystanders=True) == first
    later = at(OrderStep.EXTENSION_GRANTED)
    assert later is not None
    assert later.started_at == now


def test_back_at_work_she_waits_from_then() -> None:
    """It was resolved and is not: the time in between counts for nothing, and she is not told the moment it comes back."""
    custody, case = accepted_at(START)
    by, facts = NODES[custody.level], Facts(case, RULES, SECRET, START + timedelta(days=1))
    resolved, _ = acting.resolve(custody, facts, by, WORKER, Outcome.SOLVED, evidence=True)
    assert interval(resolved) is None
    later = Facts(case, RULES, SECRET, START + timedelta(days=20))
    again = interval(acting.rework(resolved, later, by)[0])
    assert again is not None
    assert again.started_at == later.now


async def test_two_sweepers_at_once_tell_each_once() -> None:
    clock = ManualClock(START)
    async with a_room(ESCALATION, clock) as room:
        for number in range(40):
            case = a_case(Urgency.ORANGE).model_copy(update={"case_id": f"2101-{number:026d}"})
            await hears(room, case)
            async with room.transaction() as tx:
                facts = Facts(case, RULES, SECRET, tx.now)
                custody, opening = following.open_custody(facts)
                await tx.save(custody, *opening)
                await keep_dues(tx, custody, facts)
        due_row = ESCALATION.metadata.tables["due"]
        for turn in (1, 2):
            clock.advance(timedelta(days=4))
            await asyncio.gather(timers.sweep(room), timers.sweep(room))
            told_now = [fact for fact in await flags(room) if "urged" in fact and "stage" not in fact]
            assert len(told_now) == 40 * turn
            assert await counted(room, due_row, due_row.c.what == ClockStage.PROGRESS.value) == 40, "the next one"
            assert await timers.sweep(room) == 0
