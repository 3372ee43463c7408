"""What people do about a matter on the ladder (domain 2.4): pure. Exactly one node holds it, whoever presses what and when; the level
above takes responsibility by receiving, never by being told."""

from datetime import datetime, timedelta

from services.contracts.cases import Urgency
from services.contracts.events.escalation import (
    AlertRaised,
    InformedUp,
    MatterReceived,
    PassedUp,
    PassUpCancelled,
    PassUpProposed,
    ReceiptRefused,
    ReturnedDown,
    SupervisionChanged,
    TakenOver,
)
from services.contracts.fitting import MAX_BOUNCES
from services.contracts.ids import NodeId
from services.contracts.ladder import (
    PassUpReason,
    RefusalReason,
    ThreadMode,
)
from services.contracts.lifecycle import is_resolved
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level
from services.contracts.states import EntryState, LevelEntry
from services.escalation.rules.custody import Custody, Facts, Moved
from services.escalation.rules.moves import fits, fitting_now, holding, told

REST = timedelta(days=90)
"""The longest that a matter may rest (domain 2.1)."""


def pass_up(
    custody: Custody, facts: Facts, by: NodeId, reason: PassUpReason, *, legal_note: bool, signed: bool
) -> Moved:
    """One level up, after having acted (G4), or on a legal note that the level has no competence. The level above is notified; until it
    receives, nothing changes hands. Unsigned, it is a word to the chair and no more."""
    fits("PassUp", custody, facts)
    own = holding(custody, facts, by)
    above = custody.level.above
    if above is None:
        raise Refused(Code.TOP_OF_THE_LADDER, allowed=fitting_now(custody, facts))
    if reason is PassUpReason.NO_COMPETENCE and not legal_note:
        raise Refused(Code.REASON_REQUIRED, field="note")
    if not own.acted and reason is not PassUpReason.NO_COMPETENCE:
        raise Refused(Code.ACT_FIRST, allowed=fitting_now(custody, facts))
    if not signed:
        return told(custody, {}, facts, PassUpProposed, by=by, reason=reason)
    before = custody.entry(above)
    coming = (before or LevelEntry(level=above, node=custody.node_at(above), state=EntryState.NOTIFIED)).model_copy(
        update={"state": EntryState.NOTIFIED, "reached_at": facts.now, "acted": False}
    )
    sending = own.model_copy(update={"state": EntryState.PASSED_UP, "reason": reason})
    standing = custody.model_copy(update={"entries": custody.with_entry(sending)})
    changes = {"entries": standing.with_entry(coming), "displaced": before, "cure_since": None}
    return told(custody, changes, facts, PassedUp, by=by, to=coming.node, reason=reason)


def cancel_pass_up(custody: Custody, facts: Facts, by: NodeId) -> Moved:
    """Taken back before it was received."""
    fits("CancelPassUp", custody, facts)
    holding(custody, facts, by)
    coming = custody.notified
    changes = {"entries": _without_pass_up(custody), "displaced": None}
    return told(custody, changes, facts, PassUpCancelled, by=by, to=coming.node if coming else None)


def receive(custody: Custody, facts: Facts, by: NodeId) -> Moved:
    """This level holds it from now on; those below follow."""
    fits("Receive", custody, facts)
    coming = custody.notified
    if coming is None or coming.node != by:
        raise Refused(Code.NOT_THE_HOLDER, holder=custody.holder, allowed=fitting_now(custody, facts))
    return told(_held_by(custody, coming, facts.now), {}, facts, MatterReceived, by=by)


def refuse_receipt(custody: Custody, facts: Facts, by: NodeId, reason: RefusalReason) -> Moved:
    """Sent back: once, and only for what the record bears out."""
    coming = custody.notified
    if coming is not None and coming.node == by and coming.refusals:
        raise Refused(Code.REFUSED_BEFORE, allowed=("Receive",))
    fits("RefuseReceipt", custody, facts)
    if coming is None or coming.node != by:
        raise Refused(Code.NOT_THE_HOLDER, holder=custody.holder, allowed=fitting_now(custody, facts))
    own = custody.entry(custody.level)
    if reason is RefusalReason.NOT_ACTED and own is not None and own.acted:
        raise Refused(Code.NOT_SO, reason=reason.value, allowed=("Receive",))
    kept = (custody.displaced or coming).model_copy(update={"refusals": coming.refusals + 1})
    if custody.displaced is None or kept.state is EntryState.CLOSED:
        kept = kept.model_copy(update={"state": EntryState.INFORMED, "reached_at": None})
    standing = custody.model_copy(update={"entries": _without_pass_up(custody)})
    changes = {"entries": standing.with_entry(kept), "displaced": None, "cure_since": facts.now}
    return told(custody, changes, facts, ReceiptRefused, by=by, reason=reason)


def return_down(custody: Custody, facts: Facts, by: NodeId, due_at: datetime | None) -> Moved:
    """Handed back to the nearest level below that has had it, with instructions; that level must act again before it passes up again."""
    own = holding(custody, facts, by)
    if own.bounces >= MAX_BOUNCES:
        raise Refused(Code.TOO_MANY_RETURNS, limit=MAX_BOUNCES, allowed=fitting_now(custody, facts))
    fits("ReturnDown", custody, facts)
    if due_at is not None and due_at <= facts.now:
        raise Refused(Code.DATE_IN_PAST, field="dueAt")
    below = custody.below()
    if below is None:
        raise Refused(Code.BOTTOM_OF_THE_LADDER, allowed=fitting_now(custody, facts))
    returning = own.model_copy(update={"state": EntryState.RETURNED_DOWN, "bounces": own.bounces + 1})
    having = below.model_copy(update={"state": EntryState.RECEIVED, "reached_at": facts.now, "acted": False})
    standing = custody.model_copy(update={"entries": custody.with_entry(returning)})
    changes = {
        "entries": standing.with_entry(having),
        "returned": True,
        "returned_due": due_at,
        "received_at": None if below.level is Level.VILLAGE else facts.now,
    }
    return told(custody.held_at(below.level), changes, facts, ReturnedDown, by=by, to=below.node)


def take_over(custody: Custody, facts: Facts, by: NodeId) -> Moved:
    """A level above takes it to itself. Of two who press at once the first has it; the other is told who. Of a resolved matter, whose answer
    nobody below may give, it takes that over: it owes the answer itself."""
    level = custody.level_at(by)
    if custody.holder is not None and (level is None or level.width >= custody.level.width):
        raise Refused(Code.TAKEN, node=custody.holder, allowed=fitting_now(custody, facts))
    if custody.holder is not None and not custody.may_be_taken:
        raise Refused(Code.TAKEN, node=custody.holder, allowed=fitting_now(custody, facts))
    fits("TakeOver", custody, facts)
    assert level is not None, "who takes it stands above"
    assert custody.holder is not None, "an open matter has a holder"
    if is_resolved(facts.case, custody):
        answers = {"answers_for": True, "relayed_at": facts.now}
        return told(custody.held_at(level), answers, facts, TakenOver, by=by, taken_from=custody.holder)
    before = custody.entry(level) or LevelEntry(level=level, node=by, state=EntryState.INFORMED)
    coming = before.model_copy(update={"reached_at": facts.now})
    taken = {"taken": custody.mode is ThreadMode.PARALLEL_URGENT}
    return told(_held_by(custody, coming, facts.now), taken, facts, TakenOver, by=by, taken_from=custody.holder)


def inform_up(custody: Custody, facts: Facts, by: NodeId, to: Level) -> Moved:
    """A level above knows, for information: no clock, no change of holder. One that has its line already learns nothing new."""
    fits("InformUp", custody, facts)
    level = custody.level_at(by)
    if level is None or to.width >= level.width:
        raise Refused(Code.BOTTOM_OF_THE_LADDER)
    if custody.knows(to):
        return custody, ()
    entry = custody.informed(to)
    return told(custody, {"entries": custody.with_entry(entry)}, facts, InformedUp, by=by, to=entry.node)


def alert_in_parallel(custody: Custody, facts: Facts, by: NodeId, *, as_chair: bool) -> Moved:
    """Village, township and county at once: RED, or ORANGE by the chair. The first to take over holds it; until then nothing changes
    hands."""
    fits("AlertInParallel", custody, facts)
    urgent = facts.case.urgency is Urgency.RED or (facts.case.urgency is Urgency.ORANGE and as_chair)
    if not urgent:
        raise Refused(Code.NOT_URGENT)
    levels = [
        level
        for level in (Level.TOWNSHIP, Level.COUNTY)
        if level.width < custody.level.width and level not in custody.alerted
    ]
    if not levels:
        return custody, ()
    alerted = tuple(custody.node_at(level) for level in levels)
    known = tuple(custody.node_at(level) for level in levels if custody.knows(level))
    raised = custody.alerting(*levels)
    return told(raised, {"taken": False}, facts, AlertRaised, by=by, alerted=alerted, known=known)


def supervise(custody: Custody, facts: Facts, by: NodeId, *, on: bool) -> Moved:
    """The holder is supervised from above, and reports daily; or no longer."""
    fits("Supervise", custody, facts)
    level = custody.level_at(by)
    if level is None or level.width >= custody.level.width:
        raise Refused(Code.NOT_THE_HOLDER, holder=custody.holder, allowed=fitting_now(custody, facts))
    before = custody.informed(level)
    if before.supervising == on:
        return custody, ()
    entries = custody.with_entry(before.model_copy(update={"supervising": on}))
    still = any(entry.supervising for entry in entries)
    changes = {"entries": entries, "reported_at": (custody.reported_at or facts.now) if still else None}
    return told(custody, changes, facts, SupervisionChanged, by=by, on=on)


def _held_by(custody: Custody, coming: LevelEntry, now: datetime) -> Custody:
    """A level above has it; every level below that had it follows, whatever was on its way up is over."""
    held = custody.held_at(coming.level)
    following = {EntryState.RECEIVED, EntryState.ACTING, EntryState.PASSED_UP, EntryState.RETURNED_DOWN}
    entries = []
    for entry in held.entries:
        if entry.level.width > coming.level.width and entry.state in following | {EntryState.NOTIFIED}:
            state = EntryState.INFORMED if entry.state is EntryState.NOTIFIED else EntryState.FOLLOWING
            entries.append(entry.model_copy(update={"state": state}))
        elif entry.state is EntryState.NOTIFIED:
            entries.append(entry.model_copy(update={"state": EntryState.INFORMED}))
        else:
            entries.append(entry)
    standing = held.model_copy(update={"entries": tuple(entries)})
    having = coming.model_copy(update={"state": EntryState.RECEIVED, "supervising": False})
    return standing.model_copy(
        update={
            "entries": standing.with_entry(having),
            "received_at": now,
            "returned": False,
            "returned_due": None,
            "displaced": None,
            "cure_since": None,
            "idle_to": None,
            "idle_at": None,
        }
    )


def _without_pass_up(custody: Custody) -> tuple[LevelEntry, ...]:
    """The thread as it was before the pass-up: the sender acts, the level above has the line that it had."""
    coming = custody.notified
    entries = []
    for entry in custody.entries:
        if entry is coming:
            if custody.displaced is not None:
                entries.append(custody.displaced)
        elif entry.level is custody.level:
            entries.append(entry.model_copy(update={"state": EntryState.ACTING, "reason": None}))
        else:
            entries.append(entry)
    return tuple(entries)
