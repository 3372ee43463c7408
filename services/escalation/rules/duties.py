"""What some profiles owe beside the work, once each (domain 3.3, category overrides): a visit, a plan, a word to the township. Due from
acceptance, by whoever holds the matter; what any level has done about it since then fulfils it, for good. Pure.

What a matter owes is settled when it is accepted, or opened again, by the limits of that moment: the windows say it from then on. So neither
a changed file nor a change of class begins one anew, ends it or moves it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from services.contracts.cases import Urgency
from services.contracts.clocks import ClockStage
from services.contracts.council import ItemStage
from services.contracts.ladder import ActionType, is_substantive
from services.contracts.regions import Level
from services.contracts.states import DocketStage, DocketState
from services.escalation.rules.custody import Custody, Facts
from services.escalation.rules.limit import Limit
from services.escalation.rules.limits import Raises, Special

A = ActionType
ANY = frozenset(action for action in ActionType if is_substantive(action))
SPOKEN = frozenset({A.CALL, A.VISIT, A.MEETING, A.COUNSELLING})
"""What is not done without speaking to her."""

FULFILLED_BY: Mapping[Special, frozenset[ActionType]] = {
    Special.BARRIER: ANY,
    Special.SHELTER_ACTION: ANY,
    Special.VISIT: frozenset({A.VISIT}),
    Special.PLAN: frozenset({A.COORDINATE, A.FUND_PLEDGE, A.WORK_ORDER}),
    Special.INFORM_TOWNSHIP: frozenset(),
    Special.DV_SCREENING: frozenset({A.VISIT, A.COUNSELLING}),
    Special.FIRST_CONTACT: SPOKEN,
    Special.VOICE_CONTACT: SPOKEN,
    Special.LEGAL_AID_REFERRAL: frozenset({A.LEGAL_AID}),
    Special.LIMITATION_WARNING: SPOKEN | {A.GUIDANCE, A.LEGAL_AID},
}
"""Which actions fulfil a duty. What is done at once may be an item of the council too, a plan its resolution; and the township is informed
once it knows."""
DECIDED = frozenset({DocketStage.IN_EXECUTION, DocketStage.COMPLETED})
AT_ONCE = (ClockStage.BARRIER, ClockStage.SHELTER_ACTION)
"""What an item of the council fulfils as well."""


class Duty(NamedTuple):
    """Something that a profile owes and nobody has done yet."""

    stage: ClockStage
    limit: Limit
    since: datetime


def duties(custody: Custody, facts: Facts, accepted: datetime) -> Iterator[Duty]:
    """What an accepted matter still owes."""
    settled = custody.duties_since == accepted
    for name in FULFILLED_BY:
        stage, shelter = ClockStage[name.name], name is Special.SHELTER_ACTION
        if stage in custody.fulfilled or _done(name, custody) or (shelter and not _without_shelter(custody, facts)):
            continue
        window = custody.windows.get(stage.value)
        if window is not None and window.start >= accepted:
            yield Duty(stage, window.limit, window.start)
        elif shelter or not settled:
            limit = facts.rules.limits.special(name, custody.owes_by)
            if limit is not None:  # shelter from when it first became so urgent
                yield Duty(stage, limit, facts.now if settled else accepted)


def fulfilled(custody: Custody) -> tuple[ClockStage, ...]:
    """The duties that are done for good, with those that have just been."""
    begun = (name for name in FULFILLED_BY if ClockStage[name.name].value in custody.windows)
    done = (ClockStage[name.name] for name in begun if _acted(name, custody))
    return tuple(dict.fromkeys((*custody.fulfilled, *done)))


def heard_of_council(custody: Custody, docket: DocketState, reopened_at: datetime | None) -> dict[str, object]:
    """What the council has done of the duties, since the matter was last opened again. What is not verified yet may have to be done anew."""
    items = [each for each in docket.items if each.stage in {ItemStage.DONE, ItemStage.VERIFIED}]
    ends = {each.id: each.verified_at or each.assigned_at for each in items}
    done = {each.stage for each in items if reopened_at is None or ends[each.id] > reopened_at}
    plans = [each.adopted_at for each in docket.resolutions if each.stage.stands]
    planned = any(at > reopened_at for at in plans) if reopened_at else bool(plans) or docket.stage in DECIDED
    stages = (*AT_ONCE, *custody.fulfilled) if ItemStage.VERIFIED in done else custody.fulfilled
    told = dict.fromkeys((*stages, ClockStage.PLAN) if planned else stages)
    return {"item_done": bool(done), "fulfilled": tuple(told)}


def _done(name: Special, custody: Custody) -> bool:
    return _acted(name, custody) or (ClockStage[name.name] in AT_ONCE and custody.item_done)


def _acted(name: Special, custody: Custody) -> bool:
    """Whether a level has done it."""
    if name is Special.INFORM_TOWNSHIP:
        return custody.level is not Level.VILLAGE or custody.knows(Level.TOWNSHIP)
    return not FULFILLED_BY[name].isdisjoint(custody.done)


def _without_shelter(custody: Custody, facts: Facts) -> bool:
    """Whether the matter is as urgent as one of somebody without shelter."""
    urgent = facts.rules.limits.raised_to(Raises.NO_SHELTER, custody.owes_by) or Urgency.ORANGE
    return not urgent.before(facts.case.urgency)
