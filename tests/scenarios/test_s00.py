"""S00, the baseline loop (domain 1.6): a small matter that stays in the village, on both systems; and who has a say at its end."""

from typing import Any

from services.contracts.organisation import Role, federation_of
from tests.access.world import brought_to, reported, send
from tests.harness import Harness, Place


async def test_s00_from_report_to_closing(system: Harness, place: Place) -> None:
    reported = await place.resident.report(place, place="3号楼前", reporter={"name": "张三", "phone": "139 0000 1111"})
    case_id = reported["caseId"]
    assert reported["state"] == "SUBMITTED"
    assert reported["number"].startswith(f"21-{place.city}-")
    await system.settle()
    seen = await place.chair.case(case_id)
    assert seen is not None
    assert seen["holder"]["code"] == f"n_fed-{place.village}"
    assert {clock["stage"] for clock in seen["clocks"] if clock["state"] == "RUNNING"} == {"ACK", "TRIAGE"}
    assert await place.owner.inbox() == ["NEW_MATTER"]
    assert await place.resident.inbox() == ["RECEIVED"]

    accepted = await place.owner.do("acceptMatter", caseId=case_id, publicSummary="公告栏待修")
    assert accepted["state"] == "ACCEPTED"
    await system.settle()
    assert await place.resident.inbox() == ["ACCEPTED", "RECEIVED"]

    solved = await place.owner.do("solveOnSpot", caseId=case_id, evidence="已请工匠修好")
    assert solved["state"] == "RESOLVED"
    await system.settle()

    told = await place.owner.do("giveFeedback", caseId=case_id, text="公告栏修好了，谢谢您。", toGroup="公告栏已修好")
    assert told["state"] == "FEEDBACK_GIVEN"
    await system.settle()
    assert (await place.neighbour.inbox()) == ["board:RESULT"]
    closed = await place.resident.do("rateMatter", caseId=case_id, score=5, solved=True)
    assert (closed["state"], closed["outcome"]) == ("CLOSED", "SOLVED")
    await system.settle()

    ended = await place.chair.case(case_id)
    assert ended is not None
    assert (ended["state"], ended["holder"], ended["clock"]) == ("CLOSED", None, None)
    assert [entry["level"] for entry in ended["entries"]] == ["VILLAGE"]
    assert await place.resident.inbox() == ["CLOSED", "board:RESULT", "FEEDBACK", "ACCEPTED", "RECEIVED"]
    assert await place.chair.inbox() == []
    await system.advance(days=1)
    assert await place.chair.inbox() == ["DAILY_DIGEST"]
    assert await place.township_officer.case(case_id) is None
    await system.no_dead_letters()


async def test_an_inspector_calls_back_what_she_had_no_hand_in(system: Harness, place: Place) -> None:
    """Domain 1.3, 2.5: of a matter that has come to her level she is shown that she may."""
    case_id = await reported(system, place, "C0")
    office = (Role.INSPECTOR, federation_of(place.city), place.city)
    worked = system.person(place.exec_member.member, office)
    for who, mutation, words in (
        (place.chair, "acceptMatter", {}),
        (place.chair, "informUp", {"to": "CITY", "note": "请了解"}),
        (place.exec_member, "solveOnSpot", {"evidence": "已修好"}),
        (place.chair, "giveFeedback", {"text": "已修好"}),
    ):
        assert await send(who, mutation, caseId=case_id, **words) is None, mutation
        await system.settle()
    assert "CallBack" in (await place.inspector.case(case_id) or {})["allowedCommands"]
    assert "CallBack" not in (await worked.case(case_id) or {})["allowedCommands"]
    heard: dict[str, Any] = {"caseId": case_id, "reached": True, "solved": True, "score": 5}
    assert (await worked.do("callBack", **heard)).code == "OWN_WORK"
    called = await place.inspector.do("callBack", **heard)
    assert (called.code, called["state"]) == (None, "CLOSED")
    await system.settle()
    await system.no_dead_letters()


async def test_a_command_that_is_done_says_so_to_whom_the_matter_is_not_shown(system: Harness, place: Place) -> None:
    """An inspector calls back what is nothing but a count to her (domain 1.3)."""
    [case_id] = await brought_to(system, place, "FEEDBACK_GIVEN")
    assert await place.inspector.case(case_id) is None
    called = await place.inspector.do("callBack", caseId=case_id, reached=True, solved=False, score=1)
    assert (called["__typename"], called.code) == ("Done", None)
    await system.settle()
    assert await place.inspector.case(case_id) is None
    assert (await place.chair.case(case_id) or {})["state"] == "IN_ACTION"
    await system.no_dead_letters()


async def test_who_sees_it_is_told_that_it_is_not_hers_to_rate(system: Harness, place: Place) -> None:
    """Who does not see it is told that there is no such matter."""
    rating = {"score": 1, "solved": False}
    opened, kept = await reported(system, place, "C0"), await reported(system, place, "C1")
    for who in (place.neighbour, place.unit_leader, place.council_member):
        assert await who.case(opened) is not None
        assert await send(who, "rateMatter", caseId=opened, **rating) == "NOT_PERMITTED"
    for who, case_id in (
        (place.neighbour, kept),
        (place.second_resident, opened),
        (place.sibling_chair, opened),
        (place.township_officer, opened),
        (place.inspector, opened),
    ):
        assert await who.case(case_id) is None
        assert await send(who, "rateMatter", caseId=case_id, **rating) == "CASE_NOT_FOUND"


async def test_a_matter_is_not_closed_as_better_than_it_was_resolved(system: Harness, place: Place) -> None:
    case_id = (await place.resident.report(place))["caseId"]
    await system.settle()
    for who, mutation, words in (
        (place.chair, "acceptMatter", {}),
        (place.chair, "recordAction", {"action": "VISIT", "note": "已走访"}),
        (place.chair, "resolveMatter", {"outcome": "NO_SOLUTION", "evidence": "无法解决"}),
        (place.owner, "giveFeedback", {"text": "暂无办法"}),
    ):
        assert (await who.do(mutation, caseId=case_id, **words)).code is None
        await system.settle()
    assert (await place.chair.do("closeMatter", caseId=case_id, outcome="SOLVED")).code == "NOT_SO"
    closed = await place.chair.do("closeMatter", caseId=case_id, outcome="NO_SOLUTION")
    assert (closed["state"], closed["outcome"]) == ("CLOSED", "NO_SOLUTION")
