"""What every move on the ladder has: it must fit, it may need the holder, it ends in one fact and fresh clocks."""

from collections.abc import Mapping

from services.contracts.events.escalation import CustodyEvent
from services.contracts.fitting import fitting
from services.contracts.ids import NodeId
from services.contracts.lifecycle import lifecycle
from services.contracts.refusals import Code, Refused
from services.contracts.states import LevelEntry
from services.escalation.rules.custody import Custody, Facts, Moved
from services.escalation.rules.ticking import tick


def fits(command: str, custody: Custody, facts: Facts) -> None:
    """Raises Refused STATE_DOES_NOT_FIT, naming the commands that do."""
    allowed = fitting(facts.case, custody)
    if command not in allowed:
        state = lifecycle(facts.case, None, custody)
        raise Refused(Code.STATE_DOES_NOT_FIT, allowed=allowed, state=state.value, command=command)


def holding(custody: Custody, facts: Facts, by: NodeId) -> LevelEntry:
    """The holder's line, if it is hers. Raises Refused NOT_THE_HOLDER."""
    own = custody.entry(custody.level)
    if custody.holder != by or own is None:
        raise Refused(Code.NOT_THE_HOLDER, allowed=fitting(facts.case, custody))
    return own


def told(
    custody: Custody, changes: Mapping[str, object], facts: Facts, kind: type[CustodyEvent], **fields: object
) -> Moved:
    """The custody after a move, its clocks, and the one fact that tells it."""
    after = tick(custody.model_copy(update=dict(changes)), facts).after()
    return after, (kind.model_validate({"at": facts.now, "custody": after.public(), **fields}),)
