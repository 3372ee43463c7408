"""The boards: what is open where, moved by what changes. A matter stands on one cell at a time; a fact takes it from one and puts it on
another in the transaction that changes its row, so that any order of topics, and any redelivery, ends in the same numbers. No I/O."""

from typing import NamedTuple

from services.contracts.cases import CaseClass, Category
from services.contracts.clocks import ClockStage, ClockState
from services.contracts.states import CaseState, CustodyState

WORK = frozenset({ClockStage.WINDOW, ClockStage.COUNCIL})
"""The clocks of the work itself, whose lamp is the matter's (domain 3.3)."""


class Standing(NamedTuple):
    """What one matter is on the boards: its cell, and its lamp."""

    region: str
    level: str
    category: str
    private: bool
    amber: bool
    red: bool


def standing(case: CaseState | None, custody: CustodyState | None) -> Standing | None:
    """A matter's place on the boards: None when it has ended, or when not both of its services have been heard. The lamp is what the sweep
    has flagged of the clocks that are not stopped, so the same facts give the same board whenever they are read."""
    if case is None or custody is None or case.stage.ended or custody.closed_at is not None:
        return None
    clocks = [clock for clock in custody.clocks if clock.stage in WORK and clock.state is not ClockState.STOPPED]
    red = any(clock.overdue for clock in clocks)
    sealed = case.case_class is CaseClass.C3
    return Standing(
        region=case.region,
        level=custody.level.value,
        category=(Category.PERSONAL if sealed else case.category).value,
        private=case.case_class.private,
        amber=not red and any(clock.nearing for clock in clocks),
        red=red,
    )
