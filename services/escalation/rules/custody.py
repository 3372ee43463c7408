"""Who holds a matter and what she owes until when (domain 2, 3.3): pure. The clocks follow from the facts of the case, so whatever
order or however often those arrive, the same clocks run."""

import hashlib
import hmac
from datetime import datetime

from services.contracts.cases import CaseClass, Outcome, Stage, Urgency
from services.contracts.events.escalation import (
    CallBackLapsed,
    ClockOverdue,
    ClocksMoved,
    CustodyClosed,
    CustodyEvent,
    CustodyOpened,
    MatterResolved,
    OrderMoved,
)
from services.contracts.fitting import fitting
from services.contracts.ids import NodeId, OrderId
from services.contracts.lifecycle import is_resolved, lifecycle, times_undone
from services.contracts.orders import OrderStep
from services.contracts.organisation import federation_of, rights_department_of
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, at_level
from services.contracts.states import (
    CaseState,
    ClockStage,
    ClockState,
    CustodyState,
    EntryState,
    LevelEntry,
    MatterClock,
)
from services.escalation.rules.due import Due, due
from services.escalation.rules.limit import Limit
from services.escalation.rules.limits import Rules, Share
from services.escalation.rules.limits import Stage as LimitStage


class Custody(CustodyState):
    """A custody as escalation keeps it: its public state, and the windows behind the clocks."""

    case_class: CaseClass
    urgency: Urgency
    windows: dict[ClockStage, Due] = {}
    lapse_at: datetime | None = None
    """When a call-back that nobody made lets the matter close."""
    lapsed: bool = False
    """Whether that has been told."""

    def ends_by_itself(self, clock: MatterClock) -> bool:
        """Whether a clock ends in the lapse (GREEN, not drawn for a call-back): nobody owes anything, so nobody is late."""
        return clock.stage is ClockStage.CALL_BACK and self.lapse_at is not None and clock.due_at >= self.lapse_at

    def public(self) -> CustodyState:
        """What events carry."""
        return CustodyState(**{name: getattr(self, name) for name in CustodyState.model_fields})

    def after(self, **changes: object) -> "Custody":
        """The custody one step on."""
        return self.model_copy(update={**changes, "version": self.version + 1})


Moved = tuple[Custody, tuple[CustodyEvent, ...]]


def open_custody(case: CaseState, rules: Rules, secret: bytes, now: datetime) -> Moved:
    """A matter was reported: the village of its place holds it; of C3, the county's rights department (domain 2)."""
    sealed = case.case_class is CaseClass.C3
    level = Level.COUNTY if sealed else Level.VILLAGE
    region = at_level(case.region, level)
    holder = rights_department_of(region) if sealed else federation_of(region)
    custody = Custody(
        case_id=case.case_id,
        version=1,
        region=region,
        holder=holder,
        level=level,
        entries=(LevelEntry(level=level, node=holder, state=EntryState.RECEIVED),),
        case_class=case.case_class,
        urgency=case.urgency,
    )
    ticking = _ticking(custody, case, rules, secret)
    return ticking, (CustodyOpened(at=now, custody=ticking.public()),)


def follow(custody: Custody, case: CaseState, rules: Rules, secret: bytes, now: datetime) -> Moved:
    """The case moved on: stop the clocks whose step is done, start the one that is owed next; close with the case. Nothing to do
    (an echo, a step that moves no clock) changes nothing."""
    if custody.closed_at is not None and case.stage.ended:
        return custody, ()
    if case.stage.ended:
        closed = custody.after(
            holder=None,
            closed_at=case.closed_at or now,
            clocks=tuple(_stopped(clock) for clock in custody.clocks),
            entries=tuple(entry.model_copy(update={"state": EntryState.CLOSED}) for entry in custody.entries),
            lapse_at=None,
        )
        return closed, (CustodyClosed(at=now, custody=closed.public()),)
    here = _as_it_stands(custody, case)
    reworked = here.resolved_at is not None and not is_resolved(case, here)
    standing = (
        here.model_copy(
            update={
                "resolved_at": None,
                "resolved_level": None,
                "outcome": None,
                "entries": _entries(here, EntryState.RESOLVED_HERE, EntryState.ACTING),
            }
        )
        if reworked
        else here
    )
    ticking = _ticking(standing, case, rules, secret)
    if ticking == custody:
        return custody, ()
    after = ticking.after()
    return after, (ClocksMoved(at=now, custody=after.public()),)


def _as_it_stands(custody: Custody, case: CaseState) -> Custody:
    """The custody of a case as its class and urgency are now; of one that is open again, held where it was opened first."""
    same = custody.model_copy(update={"case_class": case.case_class, "urgency": case.urgency})
    sealed = case.case_class is CaseClass.C3
    if custody.closed_at is None and sealed == (custody.case_class is CaseClass.C3):
        return same
    level = Level.COUNTY if sealed else Level.VILLAGE
    region = at_level(case.region, level)
    holder = rights_department_of(region) if sealed else federation_of(region)
    done = is_resolved(case, custody)
    entry = LevelEntry(level=level, node=holder, state=EntryState.RESOLVED_HERE if done else EntryState.RECEIVED)
    first = {"region": region, "level": level, "holder": holder, "entries": (entry,), "closed_at": None}
    return same.model_copy(update=first)


def solve_on_spot(
    custody: Custody,
    case: CaseState,
    by: NodeId,
    worker: str,
    outcome: Outcome,
    rules: Rules,
    secret: bytes,
    now: datetime,
    *,
    evidence: bool,
) -> Moved:
    """Done without a session (domain 2.1): C0 or C1, not RED, with evidence. The reporter is owed her answer from now on."""
    allowed = fitting(case, custody)
    if case.case_class not in {CaseClass.C0, CaseClass.C1} or case.urgency is Urgency.RED:
        raise Refused(Code.NOT_ON_THE_SPOT, allowed=allowed)
    if "SolveOnSpot" not in allowed:
        state = lifecycle(case, None, custody)
        raise Refused(Code.STATE_DOES_NOT_FIT, allowed=allowed, state=state.value, command="SolveOnSpot")
    if not evidence:
        raise Refused(Code.EVIDENCE_REQUIRED)
    resolved = custody.model_copy(
        update={
            "resolved_at": now,
            "resolved_level": custody.level,
            "resolved_after": times_undone(case),
            "outcome": outcome,
            "workers": tuple(dict.fromkeys((*custody.workers, worker))),
            "entries": tuple(
                entry.model_copy(update={"state": EntryState.RESOLVED_HERE}) if entry.level is custody.level else entry
                for entry in custody.entries
            ),
        }
    )
    after = _ticking(resolved, case, rules, secret).after()
    return after, (MatterResolved(at=now, custody=after.public(), by=by, outcome=outcome, on_the_spot=True),)


def order_moved(
    custody: Custody,
    order_id: OrderId,
    step: OrderStep,
    open_orders: int,
    now: datetime,
    *,
    by: NodeId | None = None,
    acted: bool = False,
    worker: str | None = None,
) -> Moved:
    """A work order under this custody took a step: its version goes up first (design 3), and with an order issued a level has acted.
    `worker` is the tag of who did the work."""
    entries = tuple(
        entry.model_copy(update={"acted": True}) if acted and entry.node == by else entry for entry in custody.entries
    )
    workers = tuple(dict.fromkeys((*custody.workers, worker))) if worker else custody.workers
    after = custody.after(open_orders=open_orders, entries=entries, workers=workers)
    return after, (OrderMoved(at=now, custody=after.public(), by=by, order_id=order_id, step=step),)


def overdue(custody: Custody, stage: ClockStage, now: datetime) -> Moved:
    """A clock ran out: flag and urge; inform the level above (ORANGE), alert it (RED). Never pass up (design 5). A clock that was
    stopped, moved or flagged in the meantime changes nothing."""
    clock = next((clock for clock in custody.clocks if clock.stage is stage), None)
    if (
        clock is None
        or clock.state is not ClockState.RUNNING
        or clock.overdue
        or custody.ends_by_itself(clock)
        or now <= clock.due_at
        or custody.holder is None
    ):
        return custody, ()
    flagged = tuple(
        each.model_copy(update={"overdue": True}) if each.stage is stage else each for each in custody.clocks
    )
    above = custody.level.above if custody.urgency in {Urgency.RED, Urgency.ORANGE} else None
    informed = federation_of(at_level(custody.region, above)) if above else None
    after = custody.after(clocks=flagged)
    return after, (ClockOverdue(at=now, custody=after.public(), stage=stage, urged=custody.holder, informed=informed),)


def lapse(custody: Custody, now: datetime) -> Moved:
    """The time for a call-back is over: intake will close the matter."""
    if custody.lapse_at is None or custody.lapsed or now <= custody.lapse_at or custody.closed_at is not None:
        return custody, ()
    after = custody.after(lapsed=True)
    return after, (CallBackLapsed(at=now, custody=after.public()),)


def called_back_by_sample(secret: bytes, case_id: str, share: float) -> bool:
    """Whether a GREEN matter is drawn for a call-back: by keyed hash, so that nobody can tell beforehand and all replicas agree."""
    drawn = hmac.new(secret, f"sample {case_id}".encode(), hashlib.sha256).digest()
    return int.from_bytes(drawn[:8], "big") < share * 2**64


def _ticking(custody: Custody, case: CaseState, rules: Rules, secret: bytes) -> Custody:
    """The custody with exactly the clocks that its facts call for."""
    owed: dict[ClockStage, tuple[Limit | None, datetime]] = {}
    lapse_at = None
    limits, urgency, profile = rules.limits, case.urgency, case.profile
    match case.stage:
        case Stage.SUBMITTED:
            owed[ClockStage.TRIAGE] = (limits.stage(LimitStage.TRIAGE, urgency, profile), case.submitted_at)
            if case.acknowledged_at is None:
                owed[ClockStage.ACK] = (limits.stage(LimitStage.ACK, urgency, profile), case.submitted_at)
        case Stage.ACCEPTED if custody.resolved_at is not None:
            owed[ClockStage.FEEDBACK] = (limits.stage(LimitStage.FEEDBACK, urgency, profile), custody.resolved_at)
        case Stage.ACCEPTED:
            since = case.reworked_at or case.accepted_at or case.submitted_at
            owed[ClockStage.WINDOW] = (limits.window(custody.level, urgency, profile), since)
        case Stage.FEEDBACK_GIVEN if case.feedback_at is not None:
            unanswered = limits.stage(LimitStage.CLOSE_UNANSWERED, urgency, profile)
            drawn = called_back_by_sample(secret, case.case_id, limits.share(Share.CALLBACK_SAMPLE, urgency, profile))
            first = limits.callbacks(urgency, profile)[:1] if drawn else ()
            owed[ClockStage.CALL_BACK] = (first[0] if first else unanswered, case.feedback_at)
            lapse_at = due(unanswered, case.feedback_at, rules.calendar, limits.hours).at if unanswered else None
        case _:
            pass
    clocks, windows = list(custody.clocks), dict(custody.windows)
    for stage in ClockStage:
        limit, since = owed.get(stage, (None, case.submitted_at))
        place = next((place for place, clock in enumerate(clocks) if clock.stage is stage), None)
        if limit is None:
            if place is not None:
                clocks[place] = _stopped(clocks[place])
        elif place is None or clocks[place].state is ClockState.STOPPED or clocks[place].started_at != since:
            windows[stage] = due(limit, since, rules.calendar, limits.hours)
            fresh = _clock(stage, windows[stage])
            clocks = [*(clock for clock in clocks if clock.stage is not stage), fresh]
    lapsed = custody.lapsed and lapse_at == custody.lapse_at
    changes = {"clocks": tuple(clocks), "windows": windows, "lapse_at": lapse_at, "lapsed": lapsed}
    return custody.model_copy(update=changes)


def _entries(custody: Custody, before: EntryState, after: EntryState) -> tuple[LevelEntry, ...]:
    return tuple(
        entry.model_copy(update={"state": after}) if entry.state is before else entry for entry in custody.entries
    )


def _clock(stage: ClockStage, window: Due) -> MatterClock:
    return MatterClock(
        stage=stage, started_at=window.start, amber_at=window.amber_at, due_at=window.at, provisional=window.provisional
    )


def _stopped(clock: MatterClock) -> MatterClock:
    return clock.model_copy(update={"state": ClockState.STOPPED})
