"""A council in which nothing happens, through the front door (domain 2.2, 2.3): who lets it lie is reminded, once."""

import asyncio
from datetime import timedelta

from services.deliberation.timers import sweep
from tests.access.world import send
from tests.harness import Harness, Place
from tests.orders import informed
from tests.scenarios.councils import accepted, done, opened, resolved


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


async def in_three_matters(system: Harness, place: Place) -> tuple[str, str, str]:
    """A session in which nobody speaks and somebody invited has not answered, a task that nobody has accepted, a blocked resolution."""
    silent, idle, stuck = [await accepted(system, place, "C1", urgency="YELLOW") for _ in range(3)]
    session_id = await opened(system, place, silent)
    await done(system, place.chair, "invite", silent, sessionId=session_id, member=place.representative.member)
    await done(system, place.chair, "assignItem", idle, task={"text": "探望", "member": place.volunteer.member})
    adopted = await resolved(system, place, stuck, {"text": "清理", "member": place.exec_member.member})
    for item in adopted["items"]:
        await done(system, place.exec_member, "acceptItem", stuck, itemId=item["itemId"])
    about = {"resolutionId": adopted["resolutions"][0]["resolutionId"]}
    await done(system, place.chair, "blockResolution", stuck, reason="FUNDS", **about)
    return silent, idle, stuck


REMINDERS = ("NO_ANSWER", "SESSION_SILENT", "ITEM_TO_REASSIGN", "RESOLUTION_BLOCKED")


async def reminded(place: Place) -> tuple[bool, ...]:
    """Of which of these the chair was."""
    inbox = await place.chair.inbox()
    return tuple(kind in inbox for kind in REMINDERS)


async def test_of_what_becomes_more_urgent_one_is_reminded_sooner(system: Harness, place: Place) -> None:
    matters = await in_three_matters(system, place)

    await by_two_sweepers(system, hours=1)
    for case_id in matters:
        assert await send(place.chair, "setUrgency", caseId=case_id, to="RED") is None
    await system.settle()
    for minutes, so_far in ((10, (0, 0, 0, 0)), (10, (0, 0, 1, 0)), (45, (1, 0, 1, 0)), (60, (1, 1, 1, 0))):
        await by_two_sweepers(system, minutes=minutes)
        assert await reminded(place) == so_far
    await by_two_sweepers(system, minutes=120)
    assert await reminded(place) == (1, 1, 1, 1)
    await system.no_dead_letters()


async def test_while_a_matter_rests_nobody_is_reminded(system: Harness, place: Place) -> None:
    matters = await in_three_matters(system, place)
    rest = {"reason": "SEASONAL", "until": system.in_(days=20).isoformat()}
    for case_id in matters:
        await informed(system, case_id, place.township)
        assert await send(place.township_officer, "suspendMatter", caseId=case_id, **rest) is None
    await system.settle()

    await by_two_sweepers(system, days=9)
    await by_two_sweepers(system, hours=1)
    assert await reminded(place) == (0, 0, 0, 0)
    for case_id in matters:
        assert await send(place.township_officer, "resumeMatter", caseId=case_id) is None
    await system.settle()
    for hours, so_far in ((23, (0, 0, 0, 0)), (2, (1, 0, 1, 0)), (24, (1, 1, 1, 0)), (7 * 24 + 1, (1, 1, 1, 1))):
        await by_two_sweepers(system, hours=hours)
        assert await reminded(place) == so_far, "everybody has the whole window again"
    await system.no_dead_letters()
