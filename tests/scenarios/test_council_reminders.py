"""A council in which nothing happens, through the front door (domain 2.2, 2.3): who lets it lie is reminded, once."""

import asyncio
from datetime import timedelta

from services.deliberation.timers import sweep
from tests.harness import Harness, Place
from tests.scenarios.councils import accepted, done, resolved


async def by_two_sweepers(system: Harness, **by: float) -> None:
    """Time passes, and two replicas look at what is due at once."""
    system.clock.advance(timedelta(**by))
    await asyncio.gather(*(sweep(system.room("deliberation")) for _ in range(2)))
    await system.settle()


async def test_who_lets_a_session_lie_is_reminded_once(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C1", urgency="YELLOW")

    async def told(kind: str) -> int:
        return (await place.chair.inbox()).count(kind)

    proposed = await done(system, place.exec_member, "putToCouncil", case_id)
    about = {"sessionId": proposed["sessions"][0]["sessionId"]}
    for times in (1, 2):
        at = (system.clock.now() + timedelta(hours=3)).isoformat()
        await done(system, place.chair, "scheduleSession", case_id, at=at, **about)
        await by_two_sweepers(system, hours=3.5)
        assert await told("SESSION_NOT_OPENED") == times - 1, "an hour late is not forgotten"
        await by_two_sweepers(system, hours=1)
        await by_two_sweepers(system, days=1)
        assert await told("SESSION_NOT_OPENED") == times, "once a date"
    await done(system, place.chair, "openSession", case_id, **about)
    await by_two_sweepers(system, hours=47)
    await done(system, place.exec_member, "speak", case_id, text="再等等", **about)
    await by_two_sweepers(system, hours=47)
    assert await told("SESSION_SILENT") == 0, "48 hours from the last word"
    await by_two_sweepers(system, hours=2)
    await by_two_sweepers(system, hours=60)
    assert await told("SESSION_SILENT") == 1
    until = (system.clock.now() + timedelta(days=1)).isoformat()
    await done(system, place.chair, "adjourn", case_id, until=until, **about)
    await by_two_sweepers(system, hours=26)
    assert (await told("SESSION_NOT_OPENED"), await told("SESSION_SILENT")) == (3, 1)
    assert not {"SESSION_SILENT", "SESSION_NOT_OPENED"} & set(await place.exec_member.inbox())
    await done(system, place.chair, "closeSession", case_id, reason="NO_AGREEMENT", **about)
    await by_two_sweepers(system, days=9)
    assert (await told("SESSION_NOT_OPENED"), await told("SESSION_SILENT")) == (3, 1), "it is over"
    await system.no_dead_letters()


async def test_a_resolution_that_stays_blocked_is_told_of_once_a_window(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C1", urgency="ORANGE")
    resolution = (await resolved(system, place, case_id))["resolutions"][0]["resolutionId"]
    await done(system, place.chair, "blockResolution", case_id, resolutionId=resolution, reason="FUNDS")
    for hours, times in ((47, 0), (2, 1), (1, 1), (48, 2)):
        await by_two_sweepers(system, hours=hours)
        assert (await place.chair.inbox()).count("RESOLUTION_BLOCKED") == times
    await done(system, place.chair, "unblockResolution", case_id, resolutionId=resolution)
    await by_two_sweepers(system, days=3)
    assert (await place.chair.inbox()).count("RESOLUTION_BLOCKED") == 2
    await system.no_dead_letters()
