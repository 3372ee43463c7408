"""What time brings to a matter (design 5): flagged, urged, surfaced, lapsed, resumed. Pure. It never passes a matter up: idleness surfaces,
responsibility does not wander by itself. What was stopped, moved or flagged in the meantime changes nothing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from services.contracts.cases import Stage, Urgency
from services.contracts.clocks import ClockStage, ClockState, MatterClock
from services.contracts.events.escalation import (
    AlertRaised,
    CallBackLapsed,
    ClockNearing,
    ClockOverdue,
    ClocksMoved,
    IdleSurfaced,
    InformationLapsed,
    MatterResumed,
    ProgressOwed,
)
from services.contracts.ids import NodeId
from services.contracts.regions import Level
from services.escalation.rules.custody import Custody, Facts, Moved
from services.escalation.rules.due import at_share, recompute
from services.escalation.rules.limits import Share, Widening
from services.escalation.rules.moves import awake, told
from services.escalation.rules.ticking import flagged, last_due, tick, window_of

LAPSE, NEARING, IDLE, RESUME, CALENDAR, ALERT = "LAPSE", "NEARING", "IDLE", "RESUME", "CALENDAR", "ALERT"
"""What may come due beside the clocks, by name; an alert with its level behind it, a reminder with its clock."""
A_DAY = timedelta(days=1)
TIMELY = timedelta(hours=1)
"""A sweep that is no later than this has come in time."""
WORK = frozenset({ClockStage.WINDOW, ClockStage.COUNCIL})
"""The clocks of the work itself: who owes one is reminded when 80 % of it is used, and its lamp is the matter's on the boards."""
PRESSING = WORK | {
    ClockStage.TRIAGE,
    ClockStage.RECEIPT,
    ClockStage.FIRST_ACTION,
    ClockStage.UPPER_ACTION,
}
"""Late with one of these, a RED matter is told to township and county at once: each may take it."""
SURFACES = frozenset({ClockStage.COUNCIL, ClockStage.UPPER_ACTION, ClockStage.RECEIPT})
"""Overdue, these surface at the level above whatever the urgency."""


def dues(custody: Custody, facts: Facts) -> Mapping[str, datetime]:
    """All that time will bring, by name: exactly what the sweep must look at."""
    if custody.closed_at is not None:
        return {}
    found: dict[str, datetime] = {}
    for clock in custody.clocks:
        if clock.state is ClockState.STOPPED or custody.ends_by_itself(clock):
            continue
        if clock.stage in WORK and clock.state is ClockState.RUNNING and not (clock.nearing or clock.overdue):
            found[f"{NEARING} {clock.stage}"] = clock.amber_at
        if not clock.overdue:
            found[clock.stage.value] = last_due(clock, custody, facts)
        if clock.provisional:
            found[CALENDAR] = facts.now + A_DAY
        if clock.stage is ClockStage.COUNCIL and clock.state is ClockState.RUNNING and custody.idle_to is None:
            found[IDLE] = _idle_from(clock, custody, facts)
    found |= {f"{ALERT} {level}": at for level, at in _alerts(custody, facts).items()}
    if custody.lapse_at is not None and not custody.lapsed:
        found[LAPSE] = custody.lapse_at
    if custody.suspended_until is not None:
        found[RESUME] = custody.suspended_until
    return found


def come(custody: Custody, what: str, facts: Facts) -> Moved:
    """Something on the list of `dues` has come."""
    if custody.closed_at is not None:
        return custody, ()
    name, _, of = what.partition(" ")
    match name:
        case "LAPSE":
            return lapse(custody, facts.now)
        case "NEARING":
            return _nearing(custody, ClockStage(of), facts)
        case "IDLE":
            return _idle(custody, facts)
        case "RESUME":
            return _resume(custody, facts)
        case "CALENDAR":
            return _by_calendar(custody, facts)
        case "ALERT":
            return _alert(custody, Level(of), facts)
        case ClockStage.INFORMATION:
            return _information_lapsed(custody, facts)
        case ClockStage.PROGRESS:
            return _progress_owed(custody, facts)
        case _:
            return overdue(custody, ClockStage(name), facts)


def overdue(custody: Custody, stage: ClockStage, facts: Facts) -> Moved:
    """A clock ran out: flag and urge who owes it; inform the level above (ORANGE), alert it (RED), and of an idle council or an
    unreceived pass-up always. Never pass up (design 5)."""
    clock = _clock(custody, stage)
    if (
        clock is None
        or clock.state is ClockState.STOPPED
        or clock.overdue
        or custody.ends_by_itself(clock)
        or facts.now <= last_due(clock, custody, facts)
        or custody.holder is None
    ):
        return custody, ()
    urged = clock.debtor or custody.holder
    surfaces = custody.urgency in {Urgency.RED, Urgency.ORANGE} or stage in SURFACES
    informed = _above(custody, urged) if surfaces else None
    after = custody.after(**flagged(custody, clock, "overdue"))
    name = after.told(stage)
    told = ClockOverdue(at=facts.now, custody=after.public(), stage=name, urged=urged, informed=informed)
    return after, (told,)


def lapse(custody: Custody, now: datetime) -> Moved:
    """The time for a call-back is over: intake will close the matter."""
    if custody.lapse_at is None or custody.lapsed or now <= custody.lapse_at or custody.closed_at is not None:
        return custody, ()
    after = custody.after(lapsed=True)
    return after, (CallBackLapsed(at=now, custody=after.public()),)


def _nearing(custody: Custody, stage: ClockStage, facts: Facts) -> Moved:
    """80 % is used: who owes it is reminded, once; not of what is over already, of which she is urged (S21)."""
    clock = _clock(custody, stage)
    if clock is None or clock.state is not ClockState.RUNNING or custody.holder is None:
        return custody, ()
    if clock.nearing or clock.overdue or not clock.amber_at < facts.now <= clock.due_at:
        return custody, ()
    after = custody.after(**flagged(custody, clock, "nearing"))
    told = ClockNearing(at=facts.now, custody=after.public(), stage=stage, nudged=clock.debtor or custody.holder)
    return after, (told,)


def _idle(custody: Custody, facts: Facts) -> Moved:
    """Half as much time again has passed: the level above must do something about the council itself (S21)."""
    clock = _clock(custody, ClockStage.COUNCIL)
    above = _above(custody, custody.holder) if custody.holder else None
    if clock is None or clock.state is not ClockState.RUNNING or not clock.overdue or custody.idle_to is not None:
        return custody, ()
    if above is None or custody.holder is None or facts.now <= _idle_from(clock, custody, facts):
        return custody, ()
    standing = _informed(custody, above).model_copy(update={"idle_to": above, "idle_at": facts.now})
    after = tick(standing, facts).after()
    return after, (IdleSurfaced(at=facts.now, custody=after.public(), idle=custody.holder, to=above),)


def _alert(custody: Custody, level: Level, facts: Facts) -> Moved:
    """Nobody has answered a RED matter, or it is late: the duty of a level above is told at once (domain 3.3, design 5)."""
    at = _alerts(custody, facts).get(level)
    if at is None or facts.now <= at:
        return custody, ()
    alerted = (custody.node_at(level),)
    after = custody.alerting(level).after()
    known = alerted if custody.knows(level) else ()
    return after, (AlertRaised(at=facts.now, custody=after.public(), alerted=alerted, known=known),)


def _resume(custody: Custody, facts: Facts) -> Moved:
    """Its clocks stood until its date, however late that is seen (a sweep that was down, a merge meanwhile)."""
    if custody.suspended_until is None or facts.now <= custody.suspended_until:
        return custody, ()
    until = custody.suspended_until
    up = tick(custody.model_copy(update=awake(custody, until)), replace(facts, now=until))
    return told(up, {}, facts, MatterResumed)


def _information_lapsed(custody: Custody, facts: Facts) -> Moved:
    clock = _clock(custody, ClockStage.INFORMATION)
    if clock is None or clock.state is ClockState.STOPPED or clock.overdue or facts.now <= clock.due_at:
        return custody, ()
    if facts.case.stage is not Stage.RETURNED_FOR_INFO:
        return custody, ()
    after = custody.after(**flagged(custody, clock, "overdue"))
    return after, (InformationLapsed(at=facts.now, custody=after.public()),)


def _progress_owed(custody: Custody, facts: Facts) -> Moved:
    """She has heard nothing for as long as the limit allows: she hears that it goes on, the holder is urged, and the next interval begins,
    by the limit that holds now. Nothing is overdue by it. It begins where the last one ended, for what begins after the close of work is
    counted from the next day; where the sweep came late, now, so that she is not told twice at once."""
    clock = _clock(custody, ClockStage.PROGRESS)
    if clock is None or clock.state is ClockState.STOPPED or facts.now <= clock.due_at or custody.holder is None:
        return custody, ()
    since = clock.due_at if facts.now <= clock.due_at + TIMELY else facts.now
    return told(custody, {"news_at": since}, facts, ProgressOwed, urged=custody.holder)


def _by_calendar(custody: Custody, facts: Facts) -> Moved:
    """An official year was loaded: provisional due times are computed again, and none becomes earlier (S22)."""
    calendar, hours = facts.rules.calendar, facts.rules.limits.hours
    windows = {key: recompute(window, calendar, hours) for key, window in custody.windows.items()}
    if windows == custody.windows:
        return custody, ()
    after = tick(custody.model_copy(update={"windows": windows}), facts).after()
    return after, (ClocksMoved(at=facts.now, custody=after.public()),)


def _alerts(custody: Custody, facts: Facts) -> dict[Level, datetime]:
    """Which levels above the holder are told of an unanswered matter, and when; of a RED one that has been answered, township and county
    once it is late."""
    case = facts.case
    found: dict[Level, datetime] = {}
    if case.stage is Stage.SUBMITTED and case.acknowledged_at is None:
        widening = facts.rules.limits.widening(Widening.ACK_ALERT, case.urgency, case.profile)
        found = {level: case.submitted_at + limit.natural for level, limit in widening.items()}
    elif case.urgency is Urgency.RED and (late := [clock.due_at for clock in custody.clocks if _presses(clock)]):
        found = dict.fromkeys((Level.TOWNSHIP, Level.COUNTY), min(late))
    above = {level for level in found if level.width < custody.level.width}
    return {level: at for level, at in found.items() if level in above and level not in custody.alerted}


def _presses(clock: MatterClock) -> bool:
    return clock.stage in PRESSING and clock.state is ClockState.RUNNING


def _idle_from(clock: MatterClock, custody: Custody, facts: Facts) -> datetime:
    window = window_of(clock, custody)
    assert window is not None, "a clock has its window behind it"
    share = facts.rules.limits.share(Share.IDLE_UPPER_ACTION, facts.case.urgency, facts.case.profile)
    return at_share(window, share, facts.rules.calendar, facts.rules.limits.hours)


def _informed(custody: Custody, node: NodeId) -> Custody:
    """The custody with this level in its thread, for information at least."""
    level = custody.level_at(node)
    if level is None:
        return custody
    return custody.model_copy(update={"entries": custody.with_entry(custody.informed(level))})


def _above(custody: Custody, node: NodeId) -> NodeId | None:
    """The level above a node of this matter's ladder."""
    level = custody.level_at(node)
    return custody.node_at(level.above) if level is not None and level.above is not None else None


def _clock(custody: Custody, stage: ClockStage) -> MatterClock | None:
    return next((clock for clock in custody.clocks if clock.stage is stage), None)
