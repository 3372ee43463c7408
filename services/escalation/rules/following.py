"""What custody makes of the facts of others: opened, followed, closed, reopened. Pure. The clocks follow from the facts, so whatever order
or however often those arrive, the same clocks run."""

from datetime import datetime

from services.contracts.cases import CaseClass, Stage, Urgency
from services.contracts.clocks import DUTIES, ClockStage
from services.contracts.events.escalation import (
    ClocksMoved,
    CustodyClosed,
    CustodyEvent,
    CustodyOpened,
    CustodyReopened,
    MatterResumed,
)
from services.contracts.ladder import ThreadMode
from services.contracts.lifecycle import is_resolved
from services.contracts.organisation import federation_of, rights_department_of
from services.contracts.regions import Level, at_level
from services.contracts.states import CaseState, DocketState, EntryState, LevelEntry
from services.escalation.rules.custody import UNLOOKED, Custody, Facts, Moved
from services.escalation.rules.duties import heard_of_council
from services.escalation.rules.limits import DEFAULT
from services.escalation.rules.moves import awake, news
from services.escalation.rules.ticking import tick


def open_custody(facts: Facts) -> Moved:
    """A matter was reported: the village of its place holds it; of C3, the county's rights department (domain 2)."""
    case = facts.case
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
        mode=_mode(case),
        owes_by=case.profile,
    )
    ticking = tick(custody, facts)
    return ticking, (CustodyOpened(at=facts.now, custody=ticking.public()),)


def follow(custody: Custody, facts: Facts) -> Moved:
    """The case moved on: stop the clocks whose step is done, start the one that is owed next; close and reopen with the case, go back to
    the level that resolved it when the reporter says no. An echo changes nothing."""
    case = facts.case
    if case.stage.ended:
        return _closed(custody, facts)
    standing = custody
    if case.case_class is CaseClass.C3 and custody.case_class is not CaseClass.C3:
        standing = _sealed(custody, facts)
    elif case.case_class is not custody.case_class:
        standing = custody.model_copy(update={"case_class": case.case_class})
    if standing.closed_at is not None:
        standing = _reopened(standing, facts)
    elif standing.resolved_at is not None and not is_resolved(case, standing):
        standing = back_to_work(standing, facts.now)
    raised = case.urgency.before(standing.urgency)
    standing = standing.model_copy(update={"urgency": case.urgency, **_kind(standing, facts)})
    if case.urgency is Urgency.RED and standing.suspended_until is not None:
        standing = standing.model_copy(update={**awake(standing, facts.now), **news(MatterResumed, facts)})
    ticking = tick(standing, facts, raised=raised)
    if ticking == custody:
        return custody, ()
    after = ticking.after()
    kind: type[CustodyEvent] = ClocksMoved
    if custody.closed_at is not None and after.closed_at is None:
        kind = CustodyReopened
    elif custody.suspended_until is not None and after.suspended_until is None:
        kind = MatterResumed  # what cannot wait rests no longer
    return after, (kind(at=facts.now, custody=after.public()),)


def follow_docket(custody: Custody, docket: DocketState, facts: Facts) -> Moved:
    """The council has begun, decided, finished. A session that ended counts as what the village has done about it (G4)."""
    if custody.closed_at is not None:
        return custody, ()
    changes: dict[str, object] = {
        "council": docket.stage,
        "settled_at": docket.settled_at,
        "open_items": docket.open_items,
        **heard_of_council(custody, docket, facts.case.reopened_at),
    }
    village = custody.entry(Level.VILLAGE)
    settled_at = docket.settled_at if docket.settled_at != custody.settled_at else None
    # A session that ended with the matter, before it was opened again, is nothing that the village has done since.
    if (
        settled_at is not None
        and village
        and not village.acted
        and (village.reached_at is None or settled_at > village.reached_at)
    ):
        changes["entries"] = custody.with_entry(village.model_copy(update={"acted": True}))
    ticking = tick(custody.model_copy(update=changes), facts)
    if ticking == custody:
        return custody, ()
    after = ticking.after()
    return after, (ClocksMoved(at=facts.now, custody=after.public()),)


def back_to_work(custody: Custody, now: datetime) -> Custody:
    """It is not done after all: the level that said so has it again, with a new window."""
    level = custody.resolved_level or custody.level
    return _again_at(custody, level, now).model_copy(update={"returned": level is Level.VILLAGE})


def _closed(custody: Custody, facts: Facts) -> Moved:
    if custody.closed_at is not None:
        return custody, ()
    ended = custody.model_copy(
        update={
            "holder": None,
            "closed_at": facts.case.closed_at or facts.now,
            "entries": tuple(
                entry.model_copy(update={"state": EntryState.CLOSED, "supervising": False}) for entry in custody.entries
            ),
            "reported_at": None,
            "cure_since": None,
            "lapse_at": None,
            "idle_to": None,
            "alerted": (),
            "suspended_until": None,
            "suspended_for": None,
            "before_merge": custody if facts.case.stage is Stage.MERGED else None,
        }
    )
    closed = tick(ended, facts).after()
    outcome = facts.case.outcome if facts.case.stage is Stage.CLOSED else None
    event = CustodyClosed(at=facts.now, custody=closed.public(), outcome=outcome, highest=custody.highest)
    return closed, (event,)


REOPENINGS = 3
"""The third time a matter is reopened, it goes one level up by itself (S16)."""


def _reopened(custody: Custody, facts: Facts) -> Custody:
    """Back to the level that resolved it, or held it when it ended unresolved; from the third time on, one level up; with that one alone,
    whoever was alerted before. What was merged goes back to where it stood."""
    if custody.before_merge is not None:
        return _parted(custody, custody.before_merge, facts)
    level = custody.resolved_level or custody.level
    if facts.case.reopens >= REOPENINGS and level.above is not None:
        level = level.above
    again = _again_at(custody.model_copy(update={"closed_at": None}), level, facts.case.reopened_at or facts.now)
    nothing = {"done": (), "item_done": False, "fulfilled": (), "for_funds": None, "funds_at": None}
    return again.model_copy(update={"returned": False, "lapsed": False, "mode": _mode(facts.case), **nothing})


def _mode(case: CaseState) -> ThreadMode:
    """How it runs while nobody has alerted several levels at once."""
    return ThreadMode.SEALED_DIRECT if case.case_class is CaseClass.C3 else ThreadMode.SEQUENTIAL


def _parted(custody: Custody, stood: Custody, facts: Facts) -> Custody:
    """Taken out of the matter that it was merged into: as it stood, but for its orders, which were cancelled. Its clocks have run on, for a
    merge grants no time and nobody waited less for it. News that fell due meanwhile is not owed beside this."""
    late = any(clock.stage is ClockStage.PROGRESS and clock.due_at < facts.now for clock in stood.clocks)
    return stood.model_copy(
        update={
            "version": custody.version,
            "case_class": custody.case_class,
            "open_orders": custody.open_orders,
            "news_at": facts.now if late else stood.news_at,
        }
    )


def _again_at(custody: Custody, level: Level, since: datetime) -> Custody:
    """A level has it (again): it acts, those below follow, those above keep the line they have."""
    held = custody.held_at(level)
    before = held.entry(level) or LevelEntry(level=level, node=held.node_at(level), state=EntryState.ACTING)
    own = before.model_copy(update={"state": EntryState.ACTING, "acted": False, "reached_at": since})
    entries = tuple(
        each if each.level.width <= level.width else each.model_copy(update={"state": EntryState.FOLLOWING})
        for each in held.entries
    )
    standing = held.model_copy(update={"entries": entries})
    return standing.model_copy(
        update={
            "entries": standing.with_entry(own),
            "resolved_at": None,
            "resolved_level": None,
            "outcome": None,
            "received_at": None if level is Level.VILLAGE else since,
            "news_at": since,
            "relayed_at": None,
            "returned_due": None,
            "cure_since": None,
            "displaced": None,
            "answers_for": False,
        }
    )


def _sealed(custody: Custody, facts: Facts) -> Custody:
    """The class rose to C3: the county's rights department has it, and nothing of the village's thread goes along (domain 1.4). There is no
    way back: what was sealed stays sealed."""
    county = at_level(facts.case.region, Level.COUNTY)
    holder = rights_department_of(county)
    return custody.model_copy(
        update={
            **UNLOOKED,
            "case_class": CaseClass.C3,
            "region": county,
            "holder": None if custody.closed_at else holder,
            "level": Level.COUNTY,
            "entries": (LevelEntry(level=Level.COUNTY, node=holder, state=EntryState.RECEIVED),),
            "mode": ThreadMode.SEALED_DIRECT,
            "taken": False,
            "reported_at": None,
            "returned": False,
            "resolved_at": None,
            "resolved_level": None,
            "outcome": None,
            "received_at": None,
            "displaced": None,
            "before_merge": None,
            "windows": {
                key: each for key, each in custody.windows.items() if not key.startswith("WINDOW") and key not in DUTIES
            },
            "clocks": tuple(clock for clock in custody.clocks if clock.stage not in DUTIES),
        }
    )


def _kind(custody: Custody, facts: Facts) -> dict[str, object]:
    """By which profile it owes what it owes beside the work. A class that keeps a profile to itself changes nothing about that."""
    kept = facts.case.case_class is CaseClass.C2 and facts.case.profile == DEFAULT
    owes_by = custody.owes_by if kept else facts.case.profile
    return {"owes_by": owes_by, "unnamed": kept and owes_by != DEFAULT}
