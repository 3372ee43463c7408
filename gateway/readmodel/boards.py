"""The boards: what is open where, moved by what changes. A matter stands on one cell at a time; a fact takes it from one and puts it on
another in the transaction that changes its row, so that any order of topics, and any redelivery, ends in the same numbers."""

from typing import Any, NamedTuple

from sqlalchemy import and_, delete

from gateway.readmodel.tables import METADATA
from services.chassis.transaction import Transaction
from services.contracts.cases import CaseClass, Category
from services.contracts.clocks import ClockStage, ClockState
from services.contracts.states import CaseState, CustodyState

BOARD = METADATA.tables["board"]
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
        private=case.case_class in {CaseClass.C2, CaseClass.C3},
        amber=not red and any(clock.nearing for clock in clocks),
        red=red,
    )


def standing_of(row: dict[str, Any]) -> Standing | None:
    """The same of a row of `case_view`."""
    case, custody = row["case_state"], row["custody_state"]
    if not case or not custody:
        return None
    return standing(CaseState.model_validate_json(case), CustodyState.model_validate_json(custody))


async def follow(tx: Transaction, row: dict[str, Any], after: dict[str, Any]) -> None:
    """A row of `case_view` changes: what follows for the boards."""
    if any(row[state] != after[state] for state in ("case_state", "custody_state")):
        await _move(tx, standing_of(row), standing_of(after))


async def _move(tx: Transaction, before: Standing | None, after: Standing | None) -> None:
    """Take a matter from where it stood and put it where it stands. A cell that nothing stands on any more is no row."""
    if before == after:
        return
    if before is not None:
        await _add(tx, before, -1)
        emptied = and_(*(BOARD.c[name] == value for name, value in _cell(before).items()), BOARD.c.open == 0)
        await tx.execute(delete(BOARD).where(emptied))
    if after is not None:
        await _add(tx, after, 1)


async def _add(tx: Transaction, it: Standing, one: int) -> None:
    key, moved = _cell(it), {"open": one, "amber": one * it.amber, "red": one * it.red}
    insert = tx.room.database.insert(BOARD).values(**key, **moved)
    added = {name: BOARD.c[name] + by for name, by in moved.items()}
    await tx.execute(insert.on_conflict_do_update(index_elements=list(key), set_=added))


def _cell(it: Standing) -> dict[str, Any]:
    return {"region": it.region, "level": it.level, "category": it.category, "private": it.private}
