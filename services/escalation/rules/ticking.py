"""The clocks of a matter (domain 3.3): exactly those that its facts call for. Pure, and the same for whoever asks twice.

A window that runs keeps its due time, whatever becomes of the table of limits. It is moved by the ladder (another window), a pause (at
most as long as the window itself, I14), a raised urgency (earlier), an official calendar (later), and by nothing else.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from services.contracts.cases import CaseClass, Stage
from services.contracts.clocks import DUTIES, ClockStage, ClockState, MatterClock
from services.contracts.drawing import is_drawn, lot
from services.contracts.ids import NodeId
from services.contracts.lifecycle import is_resolved, relay_owed
from services.contracts.regions import Level
from services.contracts.states import CaseState, DocketStage
from services.escalation.rules.custody import Custody, Facts
from services.escalation.rules.due import Due, due, hasten, resume
from services.escalation.rules.duties import duties, fulfilled
from services.escalation.rules.limit import Limit
from services.escalation.rules.limits import Share
from services.escalation.rules.limits import Stage as LimitStage

FOR_EVER = timedelta(days=3650)
"""Longer than any pause: what a pause may give at most follows from it."""


class Owed(NamedTuple):
    """Something that is due."""

    stage: ClockStage
    limit: Limit | None
    since: datetime
    debtor: NodeId | None = None
    """Who owes it, if not the holder."""
    level: Level | None = None
    """Whose window it is."""
    at_most: datetime | None = None
    """A date that was set for it."""
    pauses: bool = True
    """Whether it pauses with the matter."""

    @property
    def key(self) -> str:
        """Its window's name: each level has one of its own."""
        return f"{self.stage} {self.level}" if self.level else self.stage.value


def tick(custody: Custody, facts: Facts, *, raised: bool = False) -> Custody:
    """The custody with its clocks as the facts have it. `raised`: the urgency has just gone up, and windows become shorter."""
    custody = custody.model_copy(update={"fulfilled": fulfilled(custody)})
    paused_since = _paused_since(custody, facts)
    before = {clock.stage: clock for clock in custody.clocks}
    windows = _hastened(custody, facts) if raised else dict(custody.windows)
    running: dict[ClockStage, MatterClock] = {}
    for owed in _owed(custody, facts):
        clock = before.get(owed.stage)
        window = _window(owed, windows.get(owed.key), facts)
        # A duty is as long for every urgency: it becomes no shorter.
        if raised and owed.limit is not None and owed.key in custody.windows and owed.stage not in DUTIES:
            window = hasten(window, owed.limit, facts.rules.calendar, facts.rules.limits.hours)
        # A clock that stopped and runs again from its old start is the same: it is flagged once.
        same = clock is not None and clock.started_at == window.start
        paused_at = clock.paused_at if clock is not None and same else None
        if paused_since is not None and owed.pauses:
            paused_at = paused_at or max(paused_since, window.start)
        elif paused_at is not None:
            window = resume(window, paused_at, facts.now, facts.rules.calendar, facts.rules.limits.hours)
            paused_at = None
        windows[owed.key] = window
        running[owed.stage] = MatterClock(
            stage=owed.stage,
            state=ClockState.PAUSED if paused_at else ClockState.RUNNING,
            started_at=window.start,
            amber_at=window.amber_at,
            due_at=window.at,
            provisional=window.provisional,
            overdue=(clock is not None and same and clock.overdue) or _was(custody, "overdue", owed.key, window),
            nearing=(clock is not None and same and clock.nearing) or _was(custody, "nearing", owed.key, window),
            debtor=owed.debtor,
            paused_at=paused_at,
        )
    over = [_stopped(clock) for stage, clock in before.items() if stage not in running]
    lapse_at = _lapse_at(custody, facts)
    return custody.model_copy(
        update={
            "clocks": tuple(sorted([*over, *running.values()], key=lambda clock: list(ClockStage).index(clock.stage))),
            "windows": windows,
            "duties_since": _accepted(facts.case) if _at_work(custody, facts) else custody.duties_since,
            "lapse_at": lapse_at,
            "lapsed": custody.lapsed and lapse_at == custody.lapse_at,
        }
    )


def last_due(clock: MatterClock, custody: Custody, facts: Facts) -> datetime:
    """When a clock is due at the latest: a pause gives no more than the window itself, then it runs on (I14)."""
    if clock.paused_at is None:
        return clock.due_at
    window = window_of(clock, custody)
    if window is None:
        return clock.due_at
    calendar, hours = facts.rules.calendar, facts.rules.limits.hours
    return resume(window, clock.paused_at, clock.paused_at + FOR_EVER, calendar, hours).at


def window_of(clock: MatterClock, custody: Custody) -> Due | None:
    """The window behind a clock."""
    return custody.windows.get(_key_of(clock.stage, custody))


def flagged(custody: Custody, clock: MatterClock, flag: str) -> dict[str, object]:
    """What changes when a clock is flagged as overdue or nearing. Another level's window may take its place and give it back: it is
    remembered of which window that was told."""
    key = f"{flag} {_key_of(clock.stage, custody)}"
    return {
        "clocks": tuple(each.model_copy(update={flag: True}) if each is clock else each for each in custody.clocks),
        "flagged": {**custody.flagged, key: clock.started_at},
    }


def called_back_by_sample(secret: bytes, case_id: str, share: float) -> bool:
    """Whether a GREEN matter is drawn for a call-back: by keyed hash, so that nobody can tell beforehand and all replicas agree."""
    return is_drawn(lot(secret, "sample", case_id), share)


def _key_of(stage: ClockStage, custody: Custody) -> str:
    """The name of the window behind a clock: of a level's, the level that has it or is about to."""
    if stage is not ClockStage.WINDOW:
        return stage.value
    return f"{stage} {custody.notified.level if custody.notified else custody.level}"


def _was(custody: Custody, flag: str, key: str, window: Due) -> bool:
    return custody.flagged.get(f"{flag} {key}") == window.start


def _hastened(custody: Custody, facts: Facts) -> dict[str, Due]:
    """The windows when the urgency has gone up. Those that a pass-up interrupts run on from their old start if it is taken back or refused:
    they become shorter with the one that runs."""
    limits, urgency, profile = facts.rules.limits, facts.case.urgency, facts.case.profile
    waiting = {f"{ClockStage.WINDOW} {level}": limits.window(level, urgency, profile) for level in Level} | {
        ClockStage.COUNCIL.value: limits.stage(LimitStage.COUNCIL, urgency, profile),
        ClockStage.FIRST_ACTION.value: limits.stage(LimitStage.FIRST_ACTION, urgency, profile),
    }
    return {
        key: hasten(window, limit, facts.rules.calendar, limits.hours) if (limit := waiting.get(key)) else window
        for key, window in custody.windows.items()
    }


def _window(owed: Owed, kept: Due | None, facts: Facts) -> Due:
    if kept is not None and kept.start == owed.since:
        return kept
    assert owed.limit is not None, "what has no limit is not owed"
    fresh = due(owed.limit, owed.since, facts.rules.calendar, facts.rules.limits.hours)
    if owed.at_most is not None and owed.at_most < fresh.at:
        fresh = replace(fresh, at=owed.at_most, amber_at=min(fresh.amber_at, owed.at_most))
    return fresh


def _owed(custody: Custody, facts: Facts) -> Iterator[Owed]:
    """What is owed now, each with a limit."""
    if custody.closed_at is None:
        yield from (owed for owed in _all_owed(custody, facts) if owed.limit is not None)


def _all_owed(custody: Custody, facts: Facts) -> Iterator[Owed]:
    case, limits = facts.case, facts.rules.limits

    def limit(stage: LimitStage) -> Limit | None:
        return limits.stage(stage, case.urgency, case.profile)

    match case.stage:
        case Stage.SUBMITTED | Stage.RETURNED_FOR_INFO:
            yield Owed(ClockStage.TRIAGE, limit(LimitStage.TRIAGE), case.submitted_at)
            if case.acknowledged_at is None:
                yield Owed(ClockStage.ACK, limit(LimitStage.ACK), case.submitted_at)
            if case.stage is Stage.RETURNED_FOR_INFO and case.asked_at is not None:
                yield Owed(ClockStage.INFORMATION, limit(LimitStage.INFORMATION), case.asked_at, pauses=False)
        case Stage.ACCEPTED if is_resolved(case, custody):
            since = custody.relayed_at or custody.resolved_at or facts.now
            if relay_owed(case, custody):
                yield Owed(ClockStage.RELAY, limit(LimitStage.RELAY), since)
            else:
                yield Owed(ClockStage.FEEDBACK, limit(LimitStage.FEEDBACK), since)
        case Stage.ACCEPTED:
            yield from _working(custody, facts)
        case Stage.FEEDBACK_GIVEN if case.feedback_at is not None:
            first = limits.callbacks(case.urgency, case.profile)[:1] if _drawn(facts) else ()
            yield Owed(
                ClockStage.CALL_BACK, first[0] if first else limit(LimitStage.CLOSE_UNANSWERED), case.feedback_at
            )
        case _:
            pass


def _working(custody: Custody, facts: Facts) -> Iterator[Owed]:
    """An accepted matter that nobody has resolved yet."""
    case, limits = facts.case, facts.rules.limits

    def limit(stage: LimitStage) -> Limit | None:
        return limits.stage(stage, case.urgency, case.profile)

    accepted = _accepted(case)
    own, coming = custody.entry(custody.level), custody.notified
    at = coming or own
    assert at is not None, "who holds a matter has a line in its thread"
    since = at.reached_at or case.reworked_at or accepted
    if at.level is custody.level and case.reworked_at is not None:
        since = max(since, case.reworked_at)
    # The window runs from a level's notification: its receipt lies inside it (domain 3.3).
    yield Owed(
        ClockStage.WINDOW,
        limits.window(at.level, case.urgency, case.profile),
        since,
        debtor=coming.node if coming else None,
        level=at.level,
        at_most=None if coming else custody.returned_due,
    )
    if coming is not None:
        yield Owed(ClockStage.RECEIPT, limit(LimitStage.RECEIPT), since, debtor=coming.node)
    elif custody.received_at is not None and own is not None and not own.acted:
        yield Owed(ClockStage.FIRST_ACTION, limit(LimitStage.FIRST_ACTION), custody.received_at)
    if custody.cure_since is not None:
        yield Owed(ClockStage.CURE, limit(LimitStage.CURE), custody.cure_since)
    if custody.reported_at is not None and any(entry.supervising for entry in custody.entries):
        yield Owed(ClockStage.SUPERVISED_REPORT, limit(LimitStage.SUPERVISED_REPORT), custody.reported_at)
    if _council_owes(custody, facts):
        yield Owed(ClockStage.COUNCIL, limit(LimitStage.COUNCIL), accepted)
    # Also while it rests: she waits all the same, and there is nothing to pause.
    yield Owed(
        ClockStage.PROGRESS, limit(LimitStage.PROGRESS), max(custody.news_at or accepted, accepted), pauses=False
    )
    for duty in duties(custody, facts, accepted):
        yield Owed(duty.stage, duty.limit, duty.since)
    if custody.idle_to is not None and custody.idle_at is not None:
        yield Owed(ClockStage.UPPER_ACTION, limit(LimitStage.FIRST_ACTION), custody.idle_at, debtor=custody.idle_to)


def _accepted(case: CaseState) -> datetime:
    """When the work on it began, or began again."""
    return case.reopened_at or case.accepted_at or case.submitted_at


def _at_work(custody: Custody, facts: Facts) -> bool:
    return custody.closed_at is None and facts.case.stage is Stage.ACCEPTED and not is_resolved(facts.case, custody)


def _council_owes(custody: Custody, facts: Facts) -> bool:
    """Whether the village still owes a decision of its council, or something done without one (S21). Only at first: a matter that was
    handed back, reopened or reworked has other clocks."""
    case, own = facts.case, custody.entry(Level.VILLAGE)
    return (
        case.case_class is not CaseClass.C3
        and custody.level is Level.VILLAGE
        and custody.notified is None
        and own is not None
        and not (custody.returned or case.reworks or case.reopens)
        and custody.settled_at is None
        and (not own.acted or custody.council is DocketStage.IN_DELIBERATION)
    )


def _drawn(facts: Facts) -> bool:
    share = facts.rules.limits.share(Share.CALLBACK_SAMPLE, facts.case.urgency, facts.case.profile)
    return called_back_by_sample(facts.secret, facts.case.case_id, share)


def _lapse_at(custody: Custody, facts: Facts) -> datetime | None:
    case = facts.case
    if custody.closed_at is not None or case.stage is not Stage.FEEDBACK_GIVEN or case.feedback_at is None:
        return None
    unanswered = facts.rules.limits.stage(LimitStage.CLOSE_UNANSWERED, case.urgency, case.profile)
    if unanswered is None:
        return None
    return due(unanswered, case.feedback_at, facts.rules.calendar, facts.rules.limits.hours).at


def _paused_since(custody: Custody, facts: Facts) -> datetime | None:
    """Since when the matter pauses: the reporter was asked, or it rests."""
    if facts.case.stage is Stage.RETURNED_FOR_INFO:
        return facts.case.asked_at
    return custody.suspended_at if custody.suspended_until is not None else None


def _stopped(clock: MatterClock) -> MatterClock:
    return clock.model_copy(update={"state": ClockState.STOPPED, "paused_at": None})
