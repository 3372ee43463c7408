"""A hundred commands a second go on while the read model is built again beside the live one, compared with it and swapped: nothing is lost,
nothing counted twice, and no row differs (design 3, "Reading"). A machine that does not bear so many gets as many as it bears."""

import asyncio
import time
from collections import Counter
from typing import Any, NamedTuple

import pytest

from gateway.readmodel.comparison import Comparison
from gateway.readmodel.tables import MODEL_TABLES
from services.chassis.calls import RefusedElsewhere
from tests.harness import Harness, Place, key

RATE = 100.0
"""Commands a second that are sent."""
FIRST = 60
"""Commands before the first rebuild begins, so that there is something to build."""
DURING = 100
"""Commands that are done while models are built and compared; and again while they are swapped as well."""
MOST = 3_000
"""Commands in all, if the rebuilds do not come to an end."""
AT_A_TIME = 20
"""Matters that are worked on at the same time, at most: on the embedded system a command waits for its turn while a batch of facts is applied."""


class Step(NamedTuple):
    """A command to its service's own door."""

    service: str
    command: str
    who: str
    words: dict[str, Any]


STORY = (
    Step("intake", "Acknowledge", "chair", {}),
    Step("intake", "SetUrgency", "chair", {"to": "GREEN"}),
    Step("intake", "AcceptMatter", "chair", {"publicSummary": "公告栏待修"}),
    Step("escalation", "RecordAction", "chair", {"action": "VISIT", "note": "已走访"}),
    Step("deliberation", "PutToCouncil", "chair", {}),
    Step("escalation", "RecordAction", "exec_member", {"action": "COORDINATE", "note": "已联系物业"}),
    Step("escalation", "ResolveMatter", "chair", {"evidence": "已修好"}),
    Step("intake", "GiveFeedback", "owner", {"text": "修好了", "toGroup": "公告栏已修好"}),
    Step("intake", "RateMatter", "resident", {"score": 5, "solved": True}),
)

COUNTED = {
    "submitted": "ReportMatter",
    "accepted": "AcceptMatter",
    "feedback_given": "GiveFeedback",
    "closed": "RateMatter",
}
TOLD = {"CaseAccepted": "AcceptMatter", "MatterResolved": "ResolveMatter", "CaseRated": "RateMatter"}


class Load:
    """Matters from their report to their end, many at a time, at the services' own doors."""

    def __init__(self, system: Harness, place: Place) -> None:
        self.done: Counter[str] = Counter()
        """Commands by name."""
        self.again: Counter[str] = Counter()
        """Why some were sent again: a service had not heard yet of what she had seen."""
        self._system = system
        self._place = place
        self._enough = asyncio.Event()
        self._next = time.monotonic()
        """When the last command was due."""
        self._tokens = {who: getattr(place, who).token() for who in ("chair", "exec_member", "owner", "resident")}

    @property
    def sent(self) -> int:
        """How many commands are done."""
        return self.done.total()

    async def run(self) -> None:
        """Until `enough`."""
        async with asyncio.TaskGroup() as matters:
            for _ in range(AT_A_TIME):
                matters.create_task(self._work())

    async def until(self, many: int) -> None:
        """Until so many commands are done."""
        while self.sent < many and not self._enough.is_set():
            await asyncio.sleep(0.01)

    async def _turn(self) -> None:
        """Until the next command is due; what a busy second was late by is made up for in the next."""
        now = time.monotonic()
        self._next = max(self._next + 1 / RATE, now - 1)
        await asyncio.sleep(self._next - now)

    def enough(self) -> None:
        """Send no more."""
        self._enough.set()

    async def _work(self) -> None:
        while True:
            report = {
                "group": self._place.group,
                "subCategory": "PUBLIC_FACILITY",
                "narrative": "公告栏坏了",
                "urgency": "YELLOW",
            }
            seen: dict[str, int] = {}
            case_id = ""
            for step in (Step("intake", "ReportMatter", "resident", report), *STORY):
                await self._turn()
                if self._enough.is_set():
                    return
                assert self.sent < MOST, "the rebuilds came to no end"
                answered = await self._command(step, {"caseId": case_id} if case_id else {}, seen)
                case_id = case_id or answered.answer["id"]
                seen |= {place.split(" ")[0]: version for place, version in answered.reached.items()}

    async def _command(self, step: Step, about: dict[str, str], seen: dict[str, int]) -> Any:
        calls, command = self._system.system.wiring.calls, {"idempotencyKey": key(), **about, **step.words}
        assert calls is not None
        while True:
            try:
                answered = await calls.command(step.service, step.command, command, seen, self._tokens[step.who])
            except RefusedElsewhere as refused:
                if not refused.body.retryable:
                    raise
                self.again[refused.body.code] += 1
                continue
            self.done[step.command] += 1
            return answered


async def at_work(system: Harness, load: Load) -> list[tuple[Comparison, int]]:
    """Rebuilds, one behind the other while the load goes on, and how many commands were done during each."""
    found = []
    await load.until(FIRST)
    for check_only in (True, False):
        before = load.sent
        while load.sent < before + DURING:
            at = load.sent
            comparison = await system.system.wiring.rebuild(check_only=check_only)
            found.append((comparison, load.sent - at))
    return found


@pytest.mark.timeout(600)  # some hundred commands, and whatever follows from them in five services
async def test_models_are_compared_and_swapped_while_commands_go_on(system: Harness, place: Place) -> None:
    load = Load(system, place)
    began, worked = time.monotonic(), time.process_time()

    async def rebuild() -> list[tuple[Comparison, int]]:
        try:
            return await at_work(system, load)
        finally:
            load.enough()

    found, _ = await asyncio.gather(rebuild(), load.run())
    took, worked = time.monotonic() - began, time.process_time() - worked
    for comparison, during in found:
        print(f"{during} commands while {comparison.facts} facts were compared; swapped: {comparison.swapped}")
        assert comparison.missed == 0
        assert comparison.agrees, {line.table: line.differing for line in comparison.tables if not line.agrees}
        assert during > 0, "or it was not under load"
    print(
        f"{system.kind}: {load.sent} commands in {took:.0f} s, {load.sent / took:.0f} a second, {load.sent / worked:.0f} a second of CPU"
    )
    assert sum(during for _, during in found) >= 2 * DURING
    assert [comparison.swapped for comparison, _ in found] == sorted(comparison.swapped for comparison, _ in found)
    assert found[-1][0].swapped

    await system.settle(120)
    after = await system.system.wiring.rebuild(check_only=True)
    assert (after.agrees, after.missed, after.held) == (True, 0, 0)
    assert [line.table for line in after.tables] == list(MODEL_TABLES)
    assert all((line.live_rows, line.live_hash) == (line.rebuilt_rows, line.rebuilt_hash) for line in after.tables)
    counted = "SELECT metric, sum(count) AS many FROM counter WHERE region = :village GROUP BY metric"
    counts = {row.metric: int(row.many) for row in await system.rows("gateway", counted, village=place.village)}
    for metric, command in COUNTED.items():
        assert counts[metric] == load.done[command], f"{metric} counts each {command} once"
    lines = "SELECT count(*) AS many FROM timeline t JOIN case_view c ON c.case_id = t.case_id WHERE c.region = :village AND t.kind = :kind"
    for kind, command in TOLD.items():
        [row] = await system.rows("gateway", lines, village=place.village, kind=kind)
        assert row.many == load.done[command], f"one {kind} for each {command}"
    fed = "SELECT count(*) AS many FROM change t JOIN case_view c ON c.case_id = t.key WHERE c.region = :village AND t.kind = :kind"
    for kind, command in TOLD.items():
        [row] = await system.rows("gateway", fed, village=place.village, kind=kind)
        assert row.many == load.done[command], f"who subscribes hears of one {kind} for each {command}"
    await system.no_dead_letters()
