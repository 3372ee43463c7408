"""What is left of a matter's states for those who may not know all of them. Pure."""

from services.contracts.cases import Stage
from services.contracts.clocks import DUTIES, ClockStage
from services.contracts.events.escalation import AMONG_LEVELS, ClockNearing, ClockOverdue
from services.contracts.lifecycle import Lifecycle
from services.contracts.states import CaseState, CustodyState, EntryState, LevelEntry

CLOCKS_AMONG_LEVELS = DUTIES | {ClockStage.SUPERVISED_REPORT}
"""The clocks that are for those who work on the matter: a duty's name says of what kind it is."""
FACTS_AMONG_LEVELS = frozenset(fact.__name__ for fact in AMONG_LEVELS)
FACTS_OF_A_CLOCK = frozenset({ClockNearing.__name__, ClockOverdue.__name__})


def among_levels(kind: str, detail: str) -> bool:
    """Whether a fact is for those who work on the matter: what the levels keep among themselves, and that a clock of theirs nears its end
    or is over. `detail`: the code that its line in the story has."""
    return kind in FACTS_AMONG_LEVELS or (kind in FACTS_OF_A_CLOCK and detail in CLOCKS_AMONG_LEVELS)


def custody_to_others(custody: CustodyState) -> CustodyState:
    """What those see of it who do not work on it: supervision is a badge for the levels alone, and so are whom they let know of it and what
    they owe beside the work (domain 2.4)."""
    shown = (entry for entry in custody.entries if not _for_information(entry, custody))
    entries = tuple(entry.model_copy(update={"supervising": False}) for entry in shown)
    clocks = tuple(clock for clock in custody.clocks if clock.stage not in CLOCKS_AMONG_LEVELS)
    return custody.model_copy(update={"entries": entries, "clocks": clocks})


def _for_information(entry: LevelEntry, custody: CustodyState) -> bool:
    """Whether a level only knows, or knew when it ended: the matter has never come to it."""
    never = entry.state is EntryState.CLOSED and entry.reached_at is None
    above = entry.level.width < len(custody.region) and entry.level is not custody.level
    return entry.state is EntryState.INFORMED or (never and above)


def case_to_a_bystander(case: CaseState, state: Lifecycle) -> CaseState:
    """What the reporter of somebody else's private matter may know of it: what she said herself, and received, being handled, concluded."""
    kept = {
        "case_id",
        "version",
        "number",
        "region",
        "case_class",
        "category",
        "sub_category",
        "urgency",
        "submitted_at",
    }
    concluded = state is Lifecycle.CLOSED
    return CaseState(
        **{name: getattr(case, name) for name in kept},
        stage=Stage(state.value),
        closed_at=case.closed_at if concluded else None,
    )
