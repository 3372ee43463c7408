"""A work order while its matter rests, and when it becomes RED: by the rules alone (domain 2.1, 2.5)."""

from datetime import datetime, timedelta

from services.contracts.cases import Stage, Urgency
from services.contracts.clocks import ClockState
from services.contracts.events.intake import CaseAcknowledged
from services.contracts.ladder import SuspendReason
from services.contracts.orders import OrderClockStage, OrderResult, OrderStage, OrderStep, PauseReason, Rest
from services.escalation.rules import order_clocks as clocks
from services.escalation.rules import order_fate as fate
from services.escalation.rules import orders as rules
from services.escalation.rules.calendar import working_time
from services.escalation.rules.order_clocks import Brings, WorkOrder
from tests.properties.playing import RULES, START
from tests.properties.test_order_machine import BY, WORKER, a_case, an_order

S = OrderClockStage
A_DAY = timedelta(days=1)


def signed(urgency: Urgency = Urgency.YELLOW) -> WorkOrder:
    return rules.sign(an_order(urgency), RULES, START)[0]


def rested(order: WorkOrder, since: datetime, until: datetime) -> tuple[WorkOrder, WorkOrder]:
    """At rest, and after it."""
    its = Rest(reason=SuspendReason.SEASONAL, since=since, until=until)
    resting, _ = fate.rest(order, its, BY, RULES, since)
    return resting, fate.rest(resting, None, None, RULES, until)[0]


def left(order: WorkOrder, stage: OrderClockStage, now: datetime) -> timedelta:
    return working_time(now, order.windows[stage].at, RULES.calendar, RULES.limits.hours)


def test_a_rest_of_any_length_leaves_each_clock_what_was_left() -> None:
    since = START + A_DAY
    until = since + timedelta(days=70)
    resting, going = rested(signed(), since, until)
    assert list(clocks.to_come(resting, RULES)) == []
    assert left(going, S.COMPLETE, until) == left(signed(), S.COMPLETE, since)
    urged = {each.what: each.at for each in clocks.to_come(going, RULES)}[Brings.URGE]
    assert until < urged < going.windows[S.COMPLETE].at
    assert going.opinion_from is not None
    assert going.opinion_from > until


def test_what_begins_while_it_rests_stands_from_its_beginning() -> None:
    since, until = START + A_DAY, START + timedelta(days=30)
    its = Rest(reason=SuspendReason.FUNDING_WAIT, since=since, until=until)
    resting, _ = fate.rest(signed(), its, BY, RULES, since)
    reported, _ = rules.progress(resting, WORKER, RULES, since + 7 * A_DAY)
    reported, _ = rules.report(reported, OrderResult.DONE, (), WORKER, RULES, since + 7 * A_DAY)
    assert {clock.state for clock in reported.clocks} == {ClockState.PAUSED, ClockState.STOPPED}
    going, told = fate.rest(reported, None, None, RULES, until)
    assert [fact.step for fact in told] == [OrderStep.RESUMED]
    assert left(going, S.VERIFY, until) == left(reported, S.VERIFY, since + 7 * A_DAY)


def test_a_rest_heals_nothing_and_makes_nothing_later() -> None:
    since = START + timedelta(days=9)
    late, _ = fate.come(signed(), S.COMPLETE.value, RULES, since)
    _, going = rested(late, since, since + timedelta(days=60))
    complete = going.clock_of(S.COMPLETE)
    assert complete is not None
    assert complete.overdue
    letter = {each.what: each.at for each in clocks.to_come(going, RULES)}[Brings.LETTER]
    assert letter > since + timedelta(days=60), "it was not silent while it rested"


def test_a_pause_is_used_up_to_the_rest_and_goes_on_behind_it() -> None:
    paused, _ = rules.pause(signed(), PauseReason.ACCESS_WAIT, BY, RULES, START)
    resting, going = rested(paused, START + A_DAY, START + timedelta(days=50))
    used = resting.windows[S.COMPLETE].paused
    assert used > timedelta(0)
    assert (going.stage, going.windows[S.COMPLETE].paused) == (OrderStage.PAUSED, used)
    [end] = clocks.to_come(going, RULES)
    assert end.what == Brings.PAUSE_END
    assert end.at > START + timedelta(days=50)


def heard_as(urgency: Urgency, now: datetime) -> CaseAcknowledged:
    return CaseAcknowledged(at=now, case=a_case(Stage.ACCEPTED).model_copy(update={"urgency": urgency}), by=BY)


def test_a_pause_that_gives_nothing_any_more_ends() -> None:
    since = START + timedelta(days=4)
    paused, _ = rules.pause(signed(), PauseReason.SEASONAL, BY, RULES, since)
    sooner, _ = fate.follow(paused, heard_as(Urgency.ORANGE, since), RULES, since)
    assert sooner.stage is OrderStage.PAUSED
    assert sooner.windows[S.COMPLETE].at < since, "it was due before the pause began"
    going, _ = fate.come(sooner, Brings.PAUSE_END, RULES, since + timedelta(seconds=1))
    assert going.stage is OrderStage.IN_PROGRESS


def test_what_becomes_red_neither_pauses_nor_rests() -> None:
    since = START + A_DAY
    paused, _ = rules.pause(signed(), PauseReason.SEASONAL, BY, RULES, START)
    for order in (paused, rested(signed(), START, since)[0], rested(paused, START, since)[0]):
        going, told = fate.follow(order, heard_as(Urgency.RED, since), RULES, since)
        assert [fact.step for fact in told] == [OrderStep.RESUMED, OrderStep.HASTENED]
        assert (going.rest, going.paused_for, going.stage.working) == (None, None, True)
        assert ClockState.PAUSED not in {clock.state for clock in going.clocks}


def test_what_becomes_red_at_rest_has_the_short_time_as_if_it_had_not_rested() -> None:
    since, now = START + timedelta(hours=2), START + timedelta(days=60, hours=6)
    going, _ = fate.follow(rested(signed(), since, now)[0], heard_as(Urgency.RED, now), RULES, now)
    complete = going.clock_of(S.COMPLETE)
    assert complete is not None
    assert complete.started_at == START
    assert now + timedelta(hours=20) < complete.due_at < now + A_DAY, "24 hours, of which two are over"
