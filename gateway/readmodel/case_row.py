"""A matter's row: the states of three services, each the newest that was told, and what lists need of them. No I/O."""

from typing import Any

from services.contracts.base import Model, read
from services.contracts.cases import CaseClass
from services.contracts.events.base import Event
from services.contracts.lifecycle import lifecycle
from services.contracts.regions import Level
from services.contracts.states import CaseState, CustodyState, DocketState

STATES: dict[str, type[CaseState | DocketState | CustodyState]] = {
    "case": CaseState,
    "docket": DocketState,
    "custody": CustodyState,
}
SEALABLE = ("case", "custody")
_UNDERIVED: dict[str, Any] = {
    **dict.fromkeys(("region", "case_class", "state", "submitted_at", "amber_at", "due_at", "holder"), ""),
    "summary_wanted": 0,
    "seen_from": Level.VILLAGE.width,
}
_EMPTY: dict[str, Any] = {
    **_UNDERIVED,
    **dict.fromkeys(("summary", "case_state", "docket_state", "custody_state"), ""),
    **dict.fromkeys(("case_version", "docket_version", "custody_version", "summary_version"), 0),
    **dict.fromkeys(("case_sealed", "custody_sealed", "left"), False),
}


class CaseRow:
    """A row of `case_view` as it was found, or a new one, and what facts make of it."""

    def __init__(self, case_id: str, found: dict[str, Any] | None) -> None:
        self.case_id = case_id
        self.is_new = found is None
        self._row = found or {"case_id": case_id, **_EMPTY}
        self._told: dict[str, Any] = {}
        """Columns that facts gave another value."""
        self._read: dict[str, Model] = {}
        self.stood = self.states()
        """The states as they were found."""

    def part(self, part: str, event: Event, *, sealed: bool) -> bool:
        """The state of one service after a fact. Returns whether its facts are kept: not if the matter has left and this came on an ordinary
        topic. Of one version the sealed state is the later."""
        if self._value("left") and not sealed:
            return False
        version = event.version
        if (self._value(f"{part}_version"), self._is_sealed(part)) >= (version, sealed):
            return True
        self._told |= {f"{part}_state": event.state_json, f"{part}_version": version}
        if part in SEALABLE:
            self._told[f"{part}_sealed"] = sealed
        if event.state is not None:
            self._read[part] = event.state
        return True

    def leave(self) -> None:
        """The matter left the ordinary topics: what came on them goes, what the sealed ones have told already stays."""
        self._told["left"] = True
        for part in STATES:
            if not self._is_sealed(part):
                self._told |= {f"{part}_state": "", f"{part}_version": 0}
                self._read.pop(part, None)

    def states(self) -> tuple[CaseState | None, DocketState | None, CustodyState | None]:
        """What the three services told."""
        return self._state("case"), self._state("docket"), self._state("custody")  # type: ignore[return-value]

    def changed(self) -> dict[str, Any]:
        """The columns to write, those that follow from the states among them; all of a new row, none if nothing was told."""
        if not self._told:
            return {}
        values = {**self._told, **_UNDERIVED, **derived(*self.states())}
        if values["case_class"] != CaseClass.C0.value:
            values |= {"summary": "", "summary_version": 0}
        return {**self._row, **values} if self.is_new else values

    def _value(self, column: str) -> Any:
        return self._told.get(column, self._row[column])

    def _is_sealed(self, part: str) -> bool:
        return part in SEALABLE and bool(self._value(f"{part}_sealed"))

    def _state(self, part: str) -> Model | None:
        if part not in self._read and (text := self._value(f"{part}_state")):
            self._read[part] = read(STATES[part], text)
        return self._read.get(part)


def derived(case: CaseState | None, docket: DocketState | None, custody: CustodyState | None) -> dict[str, Any]:
    """What lists need, from the three states: a pure function, so that it does not matter which came last."""
    values: dict[str, Any] = {}
    if custody:
        clock = custody.clock
        values |= {
            "amber_at": clock.amber_at.isoformat() if clock else "",
            "due_at": clock.due_at.isoformat() if clock else "",
            "holder": custody.holder or "",
            "seen_from": custody.seen_from,
        }
    if case:
        values |= {
            "region": case.region,
            "case_class": case.case_class.value,
            "submitted_at": case.submitted_at.isoformat(),
            "summary_wanted": case.summary_version if case.case_class is CaseClass.C0 else 0,
            "state": lifecycle(case, docket_of(case, docket), custody).value,
        }
    return values


def docket_of(case: CaseState, docket: DocketState | None) -> DocketState | None:
    """A sealed matter has no docket, whatever the council had of it before."""
    return None if case.case_class is CaseClass.C3 else docket
