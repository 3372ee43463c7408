"""What every move on the ladder has: it must fit, it may need the holder, it ends in one fact and fresh clocks."""

from collections.abc import Mapping
from datetime import datetime

from services.contracts.events.escalation import NEWS, NEWS_TO_ALL, CustodyEvent
from services.contracts.fitting import fitting
from services.contracts.ids import NodeId
from services.contracts.ladder import SuspendReason
from services.contracts.lifecycle import lifecycle
from services.contracts.orders import OrderStep
from services.contracts.refusals import Code, Refused
from services.contracts.states import DocketState, LevelEntry
from services.escalation.rules.custody import Custody, Facts, Moved
from services.escalation.rules.ticking import tick


def awake(custody: Custody, at: datetime) -> dict[str, object]:
    """What changes in a custody that rests no longer from then on."""
    waited = custody.suspended_for is SuspendReason.FUNDING_WAIT
    funds = {"funds_at": min(at, custody.suspended_until or at)} if waited else {}
    return {"suspended_until": None, "suspended_for": None, "suspended_at": None, **funds}


def fitting_now(custody: Custody, facts: Facts) -> tuple[str, ...]:
    """The commands that fit, as far as escalation knows: of the council its stage."""
    return fitting(facts.case, custody, council=custody.council)


def fits(command: str, custody: Custody, facts: Facts) -> None:
    """Raises Refused STATE_DOES_NOT_FIT, naming the commands that do."""
    allowed = fitting_now(custody, facts)
    if command not in allowed:
        docket = DocketState(case_id=custody.case_id, version=0, stage=custody.council)
        state = lifecycle(facts.case, docket, custody)
        raise Refused(Code.STATE_DOES_NOT_FIT, allowed=allowed, state=state.value, command=command)


def holding(custody: Custody, facts: Facts, by: NodeId) -> LevelEntry:
    """The holder's line, if it is hers. Raises Refused NOT_THE_HOLDER."""
    own = custody.entry(custody.level)
    if custody.holder != by or own is None:
        raise Refused(Code.NOT_THE_HOLDER, holder=custody.holder, allowed=fitting_now(custody, facts))
    return own


def told(
    custody: Custody, changes: Mapping[str, object], facts: Facts, kind: type[CustodyEvent], **fields: object
) -> Moved:
    """The custody after a move, its clocks, and the one fact that tells it. If that is news to all its reporters, the next is due from now
    (or from `news_at` among the changes)."""
    after = tick(custody.model_copy(update={**news(kind, facts, fields.get("step")), **changes}), facts).after()
    return after, (kind.model_validate({"at": facts.now, "custody": after.public(), **fields}),)


def news(kind: type[CustodyEvent], facts: Facts, step: object = None) -> Mapping[str, object]:
    """What changes in a custody by a fact that all its reporters are told of: the next news is due from now."""
    told_to_all = kind in NEWS_TO_ALL if facts.bystanders else kind in NEWS or step is OrderStep.EXTENSION_GRANTED
    return {"news_at": facts.now} if told_to_all else {}
