"""What some profiles owe beside the work, once each (domain 3.3, category overrides): a visit, a plan, a word to the township. Due from
acceptance, by whoever holds the matter; what any level has done about it since then fulfils it. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from services.contracts.cases import Urgency
from services.contracts.clocks import ClockStage
from services.contracts.ladder import ActionType, is_substantive
from services.contracts.regions import Level
from services.contracts.states import DocketStage
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


class Duty(NamedTuple):
    """Something that a profile owes and nobody has done yet."""

    stage: ClockStage
    limit: Limit
    since: datetime


def duties(custody: Custody, facts: Facts, accepted: datetime) -> Iterator[Duty]:
    """What an accepted matter still owes by its profile."""
    limits, profile = facts.rules.limits, facts.case.profile
    for name, actions in FULFILLED_BY.items():
        limit = limits.special(name, profile)
        if limit is None or not actions.isdisjoint(custody.done) or _otherwise(name, custody):
            continue
        since = accepted
        if name is Special.SHELTER_ACTION:
            if not _without_shelter(facts):
                continue
            since = max(accepted, custody.raised_at or accepted)
        yield Duty(ClockStage[name.name], limit, since)


def _otherwise(name: Special, custody: Custody) -> bool:
    """Whether a duty is fulfilled by something else than an action."""
    match name:
        case Special.BARRIER | Special.SHELTER_ACTION:
            return custody.item_done
        case Special.PLAN:
            return custody.council in DECIDED
        case Special.INFORM_TOWNSHIP:
            return custody.level is not Level.VILLAGE or custody.knows(Level.TOWNSHIP)
        case _:
            return False


def _without_shelter(facts: Facts) -> bool:
    """Whether the matter is as urgent as one of somebody without shelter."""
    urgent = facts.rules.limits.raised_to(Raises.NO_SHELTER, facts.case.profile) or Urgency.ORANGE
    order = list(Urgency)
    return order.index(facts.case.urgency) <= order.index(urgent)
