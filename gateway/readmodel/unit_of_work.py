"""What the facts of one transaction change, in memory until it commits: a matter of which ten facts come is read once, derived once and
written once, and a board moves by what is left of its ins and outs."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from gateway.readmodel.boards import Standing, standing
from gateway.readmodel.case_row import CaseRow
from gateway.readmodel.tables import METADATA
from services.chassis.lists import among
from services.chassis.prepared import Prepared
from services.chassis.transaction import Transaction
from services.contracts.events.base import Event

CASE = METADATA.tables["case_view"]
TIMELINE = METADATA.tables["timeline"]
CHANGE = METADATA.tables["change"]
COUNTER = METADATA.tables["counter"]
BOARD = METADATA.tables["board"]

SHANGHAI = timezone(timedelta(hours=8))
_FOUND = Prepared(select(CASE).where(among(CASE.c.case_id, "the_cases")))
_REPLACED = Prepared(update(CASE).where(CASE.c.case_id == bindparam("the_case")))
_PLACE = ("region", "level", "category", "private")
_EMPTIED = Prepared(
    delete(BOARD).where(*(BOARD.c[name] == bindparam(f"the_{name}") for name in _PLACE), BOARD.c.open == 0)
)


class UnitOfWork:
    """The changes of one transaction, of whom nobody else writes to these tables meanwhile (`apply.take_turn`)."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._expected = set(tx.expected)
        self.take_back()

    def take_back(self) -> None:
        """Nothing has changed."""
        self._found: dict[str, dict[str, Any]] = {}
        self._cases: dict[str, CaseRow] = {}
        self._lines: list[dict[str, Any]] = []
        self._feed: list[dict[str, Any]] = []
        self._counts: Counter[tuple[Any, ...]] = Counter()

    async def case(self, case_id: str) -> CaseRow:
        """A matter's row; a new one if there is none."""
        if case_id not in self._cases:
            if case_id not in self._found:
                await self._find(case_id)
            self._cases[case_id] = CaseRow(case_id, self._found.get(case_id))
        return self._cases[case_id]

    async def _find(self, case_id: str) -> None:
        """And those that will be asked for next."""
        wanted, self._expected = {case_id, *self._expected}, set()
        for found in (await self._tx.execute(_FOUND, {"the_cases": sorted(wanted)})).mappings():
            self._found[found["case_id"]] = dict(found)

    def line(self, event: Event, node: str = "", detail: str = "", *, sealed: bool = False) -> None:
        """A line of a matter's story."""
        values = {
            # One fact a version and service: an id that a rebuild finds again.
            "event_id": f"{type(event).service}-{event.key}-{event.version}",
            "case_id": event.key,
            "at": event.at.isoformat(),
            "kind": type(event).__name__,
            "service": type(event).service,
            "node": node,
            "detail": str(detail),
            "version": event.version,
            "sealed": sealed,
        }
        self._lines.append(values)

    async def drop_lines(self, case_id: str) -> None:
        """What the ordinary topics told of a matter is no story any more."""
        self._lines = [line for line in self._lines if line["case_id"] != case_id or line["sealed"]]
        told = delete(TIMELINE).where(TIMELINE.c.case_id == case_id, TIMELINE.c.sealed.is_(False))
        await self._tx.execute(told)

    def feed(self, subject: str, key: str, kind: str, at: datetime, entry: str = "") -> None:
        """Something for those who subscribe."""
        self._feed.append({"subject": subject, "key": key, "kind": kind, "entry": entry, "at": at})

    def count(self, region: str, at: datetime, category: str, private: bool, metric: str) -> None:
        """Once more, in the month of Shanghai."""
        self._counts[region, f"{at.astimezone(SHANGHAI):%Y-%m}", category, private, metric] += 1

    async def write(self) -> None:
        """All of it, in a few statements."""
        await self._write_cases()
        database = self._tx.room.database
        if self._lines:
            await self._tx.execute(database.insert_new(TIMELINE), self._lines)
        if self._counts:
            rows = [
                {
                    "region": region,
                    "month": month,
                    "category": category,
                    "private": private,
                    "metric": metric,
                    "count": n,
                }
                for (region, month, category, private, metric), n in self._counts.items()
            ]
            await self._tx.execute(database.add(COUNTER, ("count",)), rows)
        if self._feed:
            await self._tx.execute(database.insert(CHANGE), self._feed)
        self.take_back()

    async def _write_cases(self) -> None:
        replaced: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        new, moved = [], Moves()
        for row in self._cases.values():
            values = row.changed()
            if not values:
                continue
            case, _, custody = row.stood
            case_now, _, custody_now = row.states()
            moved.move(standing(case, custody), standing(case_now, custody_now))
            if row.is_new:
                new.append(values)
            else:
                replaced[tuple(values)].append({"the_case": row.case_id, **values})
        if new:
            await self._tx.execute(self._tx.room.database.insert(CASE), new)
        for some in replaced.values():
            await self._tx.execute(_REPLACED, some)
        await moved.write(self._tx)


class Moves:
    """Matters that leave a place on the boards, and come to one. A place where nothing stands any more is no row."""

    def __init__(self) -> None:
        self._places: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)

    def move(self, before: Standing | None, after: Standing | None) -> None:
        """Take a matter from where it stood and put it where it stands."""
        for it, one in ((before, -1), (after, 1)):
            if it is not None:
                place = self._places[it.region, it.level, it.category, it.private]
                place.update({"open": one, "amber": one * it.amber, "red": one * it.red})

    async def write(self, tx: Transaction) -> None:
        """Move the numbers."""
        moved = {place: by for place, by in self._places.items() if any(by.values())}
        if moved:
            rows = [dict(zip(_PLACE, place, strict=True)) | dict(by) for place, by in moved.items()]
            await tx.execute(tx.room.database.add(BOARD, ("open", "amber", "red")), rows)
        left = [place for place, by in moved.items() if by["open"] < 0]
        if left:
            gone = [{f"the_{name}": value for name, value in zip(_PLACE, place, strict=True)} for place in left]
            await tx.execute(_EMPTIED, gone)
