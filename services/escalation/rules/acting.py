"""What a level does about a matter that it has, until it is resolved and the answer has gone down again (domain 2.4): pure."""

from datetime import datetime, timedelta

from services.contracts.cases import CaseClass, Outcome, Urgency
from services.contracts.events.escalation import (
    FeedbackRelayed,
    LevelActed,
    MatterResolved,
    MatterResumed,
    MatterReworked,
    MatterSuspended,
    OrderMoved,
    ProgressTold,
)
from services.contracts.ids import NodeId, OrderId
from services.contracts.ladder import (
    COUNTY_UP_ONLY,
    ActionType,
    SuspendReason,
    is_substantive,
)
from services.contracts.lifecycle import times_undone
from services.contracts.orders import OrderStep
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level
from services.contracts.states import EntryState, LevelEntry
from services.escalation.rules.calendar import SHANGHAI
from services.escalation.rules.custody import Custody, Facts, Moved
from services.escalation.rules.due import Due, due, rest
from services.escalation.rules.following import back_to_work
from services.escalation.rules.limits import Raises, Special
from services.escalation.rules.moves import awake, fits, fitting_now, holding, told
from services.escalation.rules.ticking import tick

REST = timedelta(days=90)
"""The longest that a matter may rest (domain 2.1)."""


def record_action(
    custody: Custody,
    facts: Facts,
    by: NodeId,
    action: ActionType,
    worker: str,
    *,
    reached: bool,
    violence: bool = False,
) -> Moved:
    """A level has done something. It counts for G4 unless it is guidance alone, or a call that reached nobody. Where somebody was found hurt or
    afraid, the matter becomes as urgent as the limits of its kind say, RED where they say nothing."""
    fits("RecordAction", custody, facts)
    level = custody.level_at(by)
    own = custody.entry(level) if level else None
    if level is None or own is None:
        raise Refused(Code.NOT_THE_HOLDER, holder=custody.holder, allowed=fitting_now(custody, facts))
    if action in COUNTY_UP_ONLY and level.width > Level.COUNTY.width:
        raise Refused(Code.COUNTY_UP_ONLY)
    substantive = is_substantive(action, reached=reached)
    acting = EntryState.ACTING if own.state is EntryState.RECEIVED else own.state
    entry = own.model_copy(update={"state": acting, "acted": own.acted or substantive})
    changes: dict[str, object] = {"entries": custody.with_entry(entry)}
    if reached or action is not ActionType.CALL:
        changes["done"] = _with(custody, action)
    if by == custody.holder:
        changes["reported_at"] = facts.now if custody.reported_at else None
        changes["workers"] = tuple(dict.fromkeys((*custody.workers, worker)))
    if by == custody.idle_to and substantive:
        changes |= {"idle_to": None, "idle_at": None}
    # Also of one that is as urgent already, as far as is heard here: it may have been lowered meanwhile.
    raises = _found_violence(custody, facts) if violence else None
    return told(custody, changes, facts, LevelActed, by=by, action=action, substantive=substantive, raises=raises)


def _found_violence(custody: Custody, facts: Facts) -> Urgency:
    return facts.rules.limits.raised_to(Raises.VIOLENCE_FLAG, custody.owes_by) or Urgency.RED


def tell_progress(custody: Custody, facts: Facts, by: NodeId) -> Moved:
    """The holder tells the reporter how it stands, also while it rests. Nothing else changes: it is no action of a level (G4)."""
    fits("TellProgress", custody, facts)
    holding(custody, facts, by)
    return told(custody, {}, facts, ProgressTold, by=by)


def resolve(custody: Custody, facts: Facts, by: NodeId, worker: str, outcome: Outcome, *, evidence: bool) -> Moved:
    """The holder says that it is done. From the village the reporter is owed her answer; from above, the answer goes down first."""
    fits("ResolveMatter", custody, facts)
    holding(custody, facts, by)
    _nothing_owed(custody, evidence=evidence)
    resolved = resolved_here(custody, facts, worker, outcome)
    after = tick(resolved, facts).after()
    return after, (MatterResolved(at=facts.now, custody=after.public(), by=by, outcome=outcome),)


def solve_on_spot(
    custody: Custody, facts: Facts, by: NodeId, worker: str, outcome: Outcome, *, evidence: bool
) -> Moved:
    """Done without a session (domain 2.1): C0 or C1, not RED, with evidence. The reporter is owed her answer from now on."""
    if facts.case.case_class not in {CaseClass.C0, CaseClass.C1} or facts.case.urgency is Urgency.RED:
        raise Refused(Code.NOT_ON_THE_SPOT, allowed=fitting_now(custody, facts))
    fits("SolveOnSpot", custody, facts)
    _nothing_owed(custody, evidence=evidence)
    resolved = resolved_here(custody, facts, worker, outcome)
    after = tick(resolved, facts).after()
    return after, (MatterResolved(at=facts.now, custody=after.public(), by=by, outcome=outcome, on_the_spot=True),)


def _nothing_owed(custody: Custody, *, evidence: bool) -> None:
    """Whoever says that it is done shows it, and nobody works on it any more. Raises Refused."""
    if not evidence:
        raise Refused(Code.EVIDENCE_REQUIRED)
    if custody.open_items:
        raise Refused(Code.ITEMS_OPEN, count=custody.open_items)
    if custody.open_orders:
        raise Refused(Code.ORDERS_OPEN, count=custody.open_orders)


def resolved_here(custody: Custody, facts: Facts, worker: str, outcome: Outcome) -> Custody:
    """The holder's level has resolved it, which tells the level below: the answer goes down from there (domain 2.4)."""
    entries = tuple(_settled(entry, custody.level) for entry in custody.entries)
    below = custody.below()
    return custody.held_at(below.level if below else custody.level).model_copy(
        update={
            "resolved_at": facts.now,
            "resolved_level": custody.level,
            "resolved_after": times_undone(facts.case),
            "outcome": outcome,
            "workers": tuple(dict.fromkeys((*custody.workers, worker))),
            "entries": entries,
            "relayed_at": None,
            "displaced": None,
        }
    )


def order_moved(
    custody: Custody,
    facts: Facts,
    order_id: OrderId,
    step: OrderStep,
    open_orders: int,
    *,
    by: NodeId | None = None,
    acted: bool = False,
    worker: str | None = None,
) -> Moved:
    """A work order under this custody took a step: its version goes up first (design 3), and with an order issued a level has acted.
    `worker` is the tag of who did the work."""
    changes: dict[str, object] = {"open_orders": open_orders}
    if acted:
        changes["done"] = _with(custody, ActionType.WORK_ORDER)
        changes["entries"] = tuple(
            entry.model_copy(update={"acted": True}) if entry.node == by else entry for entry in custody.entries
        )
    if worker:
        changes["workers"] = tuple(dict.fromkeys((*custody.workers, worker)))
    return told(custody, changes, facts, OrderMoved, by=by, order_id=order_id, step=step)


def relay_feedback(custody: Custody, facts: Facts, by: NodeId) -> Moved:
    """The answer goes one level down; the level below owes it from now on, the village to the reporter."""
    fits("RelayFeedback", custody, facts)
    own = holding(custody, facts, by)
    below = custody.below()
    assert below is not None, "above the village a thread has a level below"
    relayed = own.model_copy(update={"state": EntryState.FEEDBACK_RELAYED})
    changes = {"entries": custody.with_entry(relayed), "relayed_at": facts.now}
    return told(custody.held_at(below.level), changes, facts, FeedbackRelayed, by=by, to=below.node)


def rework(custody: Custody, facts: Facts, by: NodeId) -> Moved:
    """It is not done after all: back to the level that said so."""
    fits("ReworkMatter", custody, facts)
    standing = back_to_work(custody, facts.now)
    after = tick(standing, facts).after()
    return after, (MatterReworked(at=facts.now, custody=after.public(), by=by),)


def suspend(custody: Custody, facts: Facts, by: NodeId, reason: SuspendReason, until: datetime) -> Moved:
    """It rests, and its clocks pause; not RED, at most 90 days, and for want of funds in all no longer than its profile allows."""
    if facts.case.urgency is Urgency.RED:
        raise Refused(Code.NOT_WHEN_RED)
    fits("SuspendMatter", custody, facts)
    if until <= facts.now or until > facts.now + REST:
        raise Refused(Code.TOO_LATE, limit=f"{REST.days}d")
    funds = _for_funds(custody, facts) if reason is SuspendReason.FUNDING_WAIT else custody.for_funds
    if reason is SuspendReason.FUNDING_WAIT and funds is not None and until > funds.at:
        left = f"{funds.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        raise Refused(Code.TOO_LATE, limit=left if custody.for_funds else str(funds.limit))
    changes = {"suspended_until": until, "suspended_for": reason, "suspended_at": facts.now, "for_funds": funds}
    return told(custody, changes, facts, MatterSuspended, by=by, reason=reason)


def _for_funds(custody: Custody, facts: Facts) -> Due | None:
    """The time that it may wait for funds: what its earlier rests have left of it, for it ran in them alone. None: as long as any rest."""
    limits, calendar = facts.rules.limits, facts.rules.calendar
    if custody.for_funds is not None and custody.funds_at is not None:
        return rest(custody.for_funds, custody.funds_at, facts.now, calendar, limits.hours)
    longest = limits.special(Special.FUNDING_PAUSE, custody.owes_by)
    return due(longest, facts.now, calendar, limits.hours) if longest else None


def resume(custody: Custody, facts: Facts, by: NodeId) -> Moved:
    """It goes on, with the time that its clocks had left."""
    fits("ResumeMatter", custody, facts)
    return told(custody, awake(custody, facts.now), facts, MatterResumed, by=by)


def _with(custody: Custody, action: ActionType) -> tuple[ActionType, ...]:
    """What has been done, with one action more."""
    return tuple(dict.fromkeys((*custody.done, action)))


def _settled(entry: LevelEntry, level: Level) -> LevelEntry:
    """A line of the thread once a level has resolved it: a pass-up that nobody received is over."""
    if entry.level is level:
        return entry.model_copy(update={"state": EntryState.RESOLVED_HERE})
    if entry.state is EntryState.NOTIFIED:
        return entry.model_copy(update={"state": EntryState.INFORMED})
    return entry
