"""Ratios in one run; nothing is asserted by a clock. `make bench` prints them."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.harness import Harness, Place


async def _each(times: int, work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    for _ in range(times):
        await work()
    return (time.perf_counter() - started) / times


async def test_what_a_step_costs(system: Harness, place: Place) -> None:
    """A query of one matter is 1; a list, a command, and the time until its custody is readable are multiples of it."""
    case_id = (await place.resident.report(place))["caseId"]
    await system.settle()
    one = await _each(
        50, lambda: place.chair.ask("query($id: String!) { case(caseId: $id) { state } }", {"id": case_id})
    )
    page = await _each(
        20, lambda: place.chair.ask("{ cases(first: 20) { edges { node { number state clock { dueAt } } } } }")
    )
    texts = await _each(20, lambda: place.chair.ask("{ cases(first: 20) { edges { node { number narrative } } } }"))
    command = await _each(20, lambda: place.resident.report(place))

    async def until_custody() -> None:
        case_id = (await place.resident.report(place))["caseId"]
        while True:
            found = await place.chair.case(case_id)
            if found and found["custodyVersion"]:
                return
            await asyncio.sleep(0)

    readable = await _each(10, until_custody)
    many = await _together(place, 100)
    print(
        f"\n{system.kind}: one matter {one * 1000:.1f} ms = 1; page of 20 ×{page / one:.1f}; page with sealed text ×{texts / one:.1f}; "
        f"reportMatter ×{command / one:.1f} ({command * 1000:.0f} ms); until its custody is readable ×{readable / one:.1f} "
        f"({readable * 1000:.0f} ms); 100 at once {100 / many:.0f}/s"
    )


async def _together(place: Place, count: int) -> float:
    started = time.perf_counter()
    await asyncio.gather(*(place.resident.report(place) for _ in range(count)))
    return time.perf_counter() - started
