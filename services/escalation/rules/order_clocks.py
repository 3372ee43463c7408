"""The clocks of a department work order: which run, until when, and what else time will bring (domain 2.5, 3.3). All arithmetic is in
`due`; this page knows which limit goes with which step."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import NamedTuple

from services.contracts.cases import Urgency
from services.contracts.clocks import ClockState
from services.contracts.ids import ProfileName, WorkerTag
from services.contracts.orders import OrderClock, OrderClockStage, OrderStage, OrderState, Rest, Supervision
from services.escalation.rules.due import Due, at_share, due, extend, hasten, marked, pause_runs_out, rest, resume
from services.escalation.rules.limit import Limit, Unit
from services.escalation.rules.limits import OrderLimit, OrderMark, Rules, Share

S = OrderClockStage
LIMITS = {
    S.SIGN: OrderLimit.SIGN,
    S.OBJECT: OrderLimit.OBJECT,
    S.OBJECTION_ANSWER: OrderLimit.OBJECTION_ANSWER,
    S.FIRST_REPORT: OrderLimit.FIRST_REPORT,
    S.PROGRESS: OrderLimit.PROGRESS,
    S.COMPLETE: OrderLimit.COMPLETE,
    S.EXTENSION_DECISION: OrderLimit.EXTENSION_DECISION,
    S.VERIFY: OrderLimit.VERIFY,
    S.ART73_REPLY: OrderLimit.ART73_REPLY,
}


class WorkOrder(OrderState):
    """A work order as escalation keeps it: its public state, the windows behind its clocks, and who worked on it."""

    profile: ProfileName = "default"
    windows: dict[OrderClockStage, Due] = {}
    time: Limit | None = None
    """The time it was given at first: a rework gets half of it."""
    paused_at: datetime | None = None
    urged: bool = False
    """Whether the reminder at its share of the window has been sent."""
    letter_sent: bool = False
    """Whether the department's head has been written to."""
    workers: tuple[WorkerTag, ...] = ()
    """Who did the work, as keyed tags: she does not verify it (I5)."""

    def public(self) -> OrderState:
        """What events carry."""
        return OrderState(**{name: getattr(self, name) for name in OrderState.model_fields})

    def after(self, **changes: object) -> "WorkOrder":
        """The order one step on."""
        return self.model_copy(update={**changes, "version": self.version + 1})


class Brings(StrEnum):
    """What time brings an order beside the ends of its clocks."""

    URGE = "URGE"
    SUPERVISE = "SUPERVISE"
    LETTER = "LETTER"
    PAUSE_END = "PAUSE_END"


class ToCome(NamedTuple):
    """One thing that time will bring, and the last moment before it."""

    what: str
    at: datetime


def started(order: WorkOrder, now: datetime, rules: Rules, *stages: OrderClockStage) -> WorkOrder:
    """With these clocks started afresh, as far as the table has a limit for them. A letter has no clocks."""
    for stage in stages:
        limit = None if order.letter else rules.limits.work_order(LIMITS[stage], order.urgency, order.profile)
        if limit is not None:
            order = begun(order, stage, limit, now, rules)
    return order


def begun(order: WorkOrder, stage: OrderClockStage, limit: Limit, now: datetime, rules: Rules) -> WorkOrder:
    """With one clock started by a limit of its own; a new time to complete is reminded of anew."""
    if stage is S.COMPLETE:
        order = order.model_copy(update={"urged": False, "letter_sent": False})
    return _with(order, stage, due(limit, now, rules.calendar, rules.limits.hours), fresh=True)


def stopped(order: WorkOrder, *stages: OrderClockStage) -> WorkOrder:
    """With these clocks stopped; without a name, all."""
    clocks = tuple(
        clock.model_copy(update={"state": ClockState.STOPPED}) if not stages or clock.stage in stages else clock
        for clock in order.clocks
    )
    return order.model_copy(update={"clocks": clocks})


def half(limit: Limit) -> Limit:
    """Half of a limit, rounded up to its whole unit."""
    return Limit(max(1, ceil(limit.count / 2)), limit.unit, limit.daytime)


def reworked(order: WorkOrder, now: datetime, rules: Rules) -> WorkOrder:
    """The clock of a rework: half of what the order had at first, and never less than the table's minimum (S17)."""
    if order.letter or order.time is None:
        return order
    least = rules.limits.work_order(OrderLimit.REWORK_MINIMUM, order.urgency, order.profile)
    choices = [half(order.time), *([least] if least else [])]
    longest = max(choices, key=lambda limit: due(limit, now, rules.calendar, rules.limits.hours).at)
    return begun(started(order, now, rules, S.PROGRESS), S.COMPLETE, longest, now, rules)


def extended(order: WorkOrder, days: int, rules: Rules) -> WorkOrder:
    """With so many working days more; a reminder or a supervision that was due before is not taken back."""
    window = extend(order.windows[S.COMPLETE], _days(days), rules.calendar, rules.limits.hours)
    return _with(order, S.COMPLETE, window)


def hastened(order: WorkOrder, urgency: Urgency, rules: Rules) -> WorkOrder:
    """Of a matter that has become more urgent: what runs is due by the shorter limits, and never later than it was; a rework gets half of the
    shorter time."""
    time = rules.limits.work_order(LIMITS[S.COMPLETE], urgency, order.profile) if order.time else None
    order = order.model_copy(update={"urgency": urgency, "time": time or order.time})
    for clock in order.clocks:
        limit = rules.limits.work_order(LIMITS[clock.stage], urgency, order.profile)
        if limit is None or clock.state is ClockState.STOPPED or clock.stage not in order.windows:
            continue
        window = hasten(order.windows[clock.stage], limit, rules.calendar, rules.limits.hours)
        state = clock.state
        order = _with(order, clock.stage, window)
        kept = (
            each.model_copy(update={"state": state}) if each.stage is clock.stage else each for each in order.clocks
        )
        order = order.model_copy(update={"clocks": tuple(kept)})
    return order


def days_left(order: WorkOrder, rules: Rules) -> tuple[int, int]:
    """How many extensions, and how many working days, may still be granted."""
    limits = rules.limits
    total = limits.work_order(OrderLimit.EXTENSION_TOTAL, order.urgency, order.profile)
    given = order.windows[S.COMPLETE].extended if S.COMPLETE in order.windows else ()
    days = total.count if total is not None and total.unit is Unit.WORKING_DAYS else 0
    count = limits.extensions(order.urgency, order.profile)
    return max(0, count - order.extensions), max(0, days - sum(each.count for each in given))


def paused(order: WorkOrder, now: datetime) -> WorkOrder:
    """With every running clock paused."""
    return _standing(order).model_copy(update={"paused_at": now})


def resumed(order: WorkOrder, now: datetime, rules: Rules) -> WorkOrder:
    """With every paused clock running again, moved by the time that passed and at most by what I14 grants."""
    return _counted(order, now, rules).model_copy(update={"paused_for": None})


def resting(order: WorkOrder, its: Rest, now: datetime, rules: Rules) -> WorkOrder:
    """With its matter at rest, every clock stands. A pause of its own is counted up to here: it gives no time while nothing passes."""
    if order.paused_at is not None:
        order = paused(_counted(order, now, rules), now)
    return _standing(order).model_copy(update={"rest": its})


def awake(order: WorkOrder, now: datetime, rules: Rules) -> WorkOrder:
    """With the rest over: each clock goes on with what was left, what was late is as late as before, and a pause of its own goes on."""
    assert order.rest is not None, "only an order at rest goes on"
    since, order = order.rest.since, order.model_copy(update={"rest": None})
    for clock in order.clocks:
        if clock.state is ClockState.PAUSED:
            window = rest(order.windows[clock.stage], since, now, rules.calendar, rules.limits.hours)
            order = _with(order, clock.stage, window, late=clock.overdue)
    return paused(order, now) if order.paused_at is not None else order


def over(order: WorkOrder) -> WorkOrder:
    """Of what is settled no clock runs, and nothing rests or pauses."""
    return stopped(order).model_copy(update={"rest": None, "paused_at": None, "paused_for": None})


def pause_ends(order: WorkOrder, since: datetime, rules: Rules) -> datetime | None:
    """When a pause begun then has used all that it may give; None where it can give nothing."""
    if (window := order.windows.get(S.COMPLETE)) is None:
        return None
    end = pause_runs_out(window, since, rules.calendar, rules.limits.hours)
    return end if end > since else None


def opinion_from(order: WorkOrder, rules: Rules) -> datetime | None:
    """From when an opinion by Art. 73 is possible; None: never of this urgency."""
    return _mark(order, OrderMark.ART73_FROM, rules)


def to_come(order: WorkOrder, rules: Rules) -> Iterator[ToCome]:
    """Everything that time will still bring this order; nothing while its matter rests."""
    if order.rest is not None:
        return
    if order.stage is OrderStage.PAUSED and order.paused_at is not None:
        # One that can give nothing any more, for its window has become shorter meanwhile, is over.
        yield ToCome(Brings.PAUSE_END, pause_ends(order, order.paused_at, rules) or order.paused_at)
        return
    for clock in order.clocks:
        if clock.state is ClockState.RUNNING and not clock.overdue and clock.stage is not S.OBJECT:
            yield ToCome(clock.stage.value, clock.due_at)
    complete = order.clock_of(S.COMPLETE)
    if complete is None or complete.state is not ClockState.RUNNING:
        return
    if not order.urged:
        share = rules.limits.share(Share.URGE_AT, order.urgency, order.profile)
        yield ToCome(Brings.URGE, at_share(order.windows[S.COMPLETE], share, rules.calendar, rules.limits.hours))
    watched = order.supervision not in {Supervision.NONE, Supervision.URGED}
    if not watched and (at := _mark(order, OrderMark.SUPERVISE_FROM, rules)) is not None:
        yield ToCome(Brings.SUPERVISE, at)
    if not order.letter_sent and (at := _mark(order, OrderMark.LETTER_FROM, rules)) is not None:
        yield ToCome(Brings.LETTER, at)


def _mark(order: WorkOrder, name: OrderMark, rules: Rules) -> datetime | None:
    mark, window = (
        rules.limits.work_order_mark(name, order.urgency, order.profile),
        order.windows.get(S.COMPLETE),
    )
    if mark is None or window is None:
        return None
    return marked(mark, window, rules.calendar, rules.limits.hours)


def _standing(order: WorkOrder) -> WorkOrder:
    clocks = tuple(
        clock.model_copy(update={"state": ClockState.PAUSED}) if clock.state is ClockState.RUNNING else clock
        for clock in order.clocks
    )
    return order.model_copy(update={"clocks": clocks})


def _counted(order: WorkOrder, now: datetime, rules: Rules) -> WorkOrder:
    """With its pause over."""
    assert order.paused_at is not None, "only a paused order is resumed"
    for clock in order.clocks:
        if clock.state is ClockState.PAUSED:
            window = resume(order.windows[clock.stage], order.paused_at, now, rules.calendar, rules.limits.hours)
            order = _with(order, clock.stage, window)
    return order.model_copy(update={"paused_at": None})


def _days(count: int) -> Limit:
    return Limit(count, Unit.WORKING_DAYS)


def _with(
    order: WorkOrder, stage: OrderClockStage, window: Due, *, fresh: bool = False, late: bool = False
) -> WorkOrder:
    before = order.clock_of(stage)
    clock = OrderClock(
        stage=stage,
        state=ClockState.RUNNING if order.rest is None else ClockState.PAUSED,
        started_at=before.started_at if before and not fresh else window.start,
        amber_at=window.amber_at,
        due_at=window.at,
        provisional=window.provisional,
        overdue=late or bool(before and before.overdue and not fresh and window.at <= before.due_at),
    )
    clocks = (*(each for each in order.clocks if each.stage is not stage), clock)
    return order.model_copy(update={"clocks": clocks, "windows": {**order.windows, stage: window}})
