"""Optimistic versions: what another command changed is stale, what a fact changed is not; of two at once one wins."""

import asyncio
import json
from collections import Counter

import pytest

from tests.harness import Answered, Harness, Place


async def events_of(system: Harness, service: str, case_id: str) -> Counter[str]:
    """How often each fact was told of a matter."""
    rows = await system.rows(service, "SELECT headers FROM outbox WHERE key = :k", k=case_id)
    return Counter(json.loads(row.headers)["ce_type"].split(".")[-2] for row in rows)


async def reported(system: Harness, place: Place) -> Answered:
    answered = await place.resident.report(place)
    await system.settle()
    return answered


async def test_what_another_command_changed_is_stale(system: Harness, place: Place) -> None:
    answered = await reported(system, place)
    case_id, looked_at = answered["caseId"], answered["version"]
    acknowledged = await place.owner.do("acknowledge", caseId=case_id, expectedVersion=looked_at)
    assert acknowledged.code is None
    await system.settle()
    before = await system.snapshot()
    stale = await place.chair.do("acceptMatter", caseId=case_id, expectedVersion=looked_at)
    assert (stale.code, stale["retryable"]) == ("STALE_VERSION", False)
    assert stale["messageEn"].startswith("Somebody changed the matter since")
    assert await system.snapshot() == before
    fresh = await place.chair.do("acceptMatter", caseId=case_id, expectedVersion=acknowledged["version"])
    assert fresh.code is None


async def test_a_version_that_there_never_was_is_stale(system: Harness, place: Place) -> None:
    answered = await reported(system, place)
    before = await system.snapshot()
    found = await place.owner.do("acknowledge", caseId=answered["caseId"], expectedVersion=answered["version"] + 1)
    assert found.code == "STALE_VERSION"
    assert found["messageEn"].startswith("That is no version of this matter")
    assert await system.snapshot() == before


async def test_without_a_version_nothing_is_stale(system: Harness, place: Place) -> None:
    case_id = (await reported(system, place))["caseId"]
    assert (await place.owner.do("acknowledge", caseId=case_id)).code is None
    assert (await place.chair.do("acceptMatter", caseId=case_id)).code is None


async def test_what_a_fact_changed_is_not_stale(system: Harness, place: Place) -> None:
    """She looked at custody; then the case was acknowledged and accepted, which moved custody's clocks; nobody else acted on it."""
    case_id = (await reported(system, place))["caseId"]
    seen = await place.owner.case(case_id)
    assert seen is not None
    await place.chair.do("acknowledge", caseId=case_id)
    await place.chair.do("acceptMatter", caseId=case_id)
    await system.settle()
    now = await place.owner.case(case_id)
    assert now is not None
    assert now["custodyVersion"] > seen["custodyVersion"]
    solved = await place.owner.do(
        "solveOnSpot", caseId=case_id, evidence="已修好", expectedVersion=seen["custodyVersion"]
    )
    assert solved.code is None


@pytest.mark.parametrize("version", [0, -1])
async def test_no_version_is_below_one(system: Harness, place: Place, version: int) -> None:
    case_id = (await reported(system, place))["caseId"]
    assert (await place.owner.do("acknowledge", caseId=case_id, expectedVersion=version)).code == "MALFORMED"


async def test_of_two_who_do_the_same_at_once_one_does_it(system: Harness, place: Place) -> None:
    """Owner and chair accept, then solve, under keys of their own."""
    cases = [(await place.resident.report(place))["caseId"] for _ in range(6)]
    await system.settle()
    for mutation, service, fact, words in (
        ("acceptMatter", "intake", "CaseAccepted", {}),
        ("solveOnSpot", "escalation", "MatterResolved", {"evidence": "已修好"}),
    ):
        both = [who.do(mutation, caseId=case_id, **words) for case_id in cases for who in (place.owner, place.chair)]
        answers = await asyncio.gather(*both)
        for number, case_id in enumerate(cases):
            codes = {answer.code for answer in answers[2 * number : 2 * number + 2]}
            assert None in codes, codes
            assert len(codes) == 2, "both did it"
            assert codes <= {None, "STATE_DOES_NOT_FIT", "STALE_VERSION"}
            assert (await events_of(system, service, case_id))[fact] == 1
        await system.settle()
    await system.no_dead_letters()


async def test_of_two_different_commands_on_one_version_one_wins(system: Harness, place: Place) -> None:
    cases = [await place.resident.report(place) for _ in range(6)]
    await system.settle()
    sends = []
    for case in cases:
        words = {"caseId": case["caseId"], "expectedVersion": case["version"]}
        sends += [place.owner.do("acknowledge", **words), place.chair.do("acceptMatter", **words)]
    answers = await asyncio.gather(*sends)
    for number, case in enumerate(cases):
        codes = sorted((str(answer.code) for answer in answers[2 * number : 2 * number + 2]), reverse=True)
        assert codes[1] == "None", codes
        assert codes[0] in {"STALE_VERSION", "STATE_DOES_NOT_FIT"}
        rows = await system.rows("intake", 'SELECT version FROM "case" WHERE id = :k', k=case["caseId"])
        assert rows[0].version == case["version"] + 1
    await system.settle()
    await system.no_dead_letters()


async def test_twenty_who_act_at_once_leave_one_line_of_versions(system: Harness, place: Place) -> None:
    """Whatever wins, versions of a topic rise by one from fact to fact, and nobody is answered by an error of ours."""
    case_id = (await reported(system, place))["caseId"]
    doing = [(place.owner, "acknowledge"), (place.chair, "acknowledge"), (place.owner, "acceptMatter")] * 7
    answers = await asyncio.gather(*(who.do(mutation, caseId=case_id) for who, mutation in doing))
    assert {answer.code for answer in answers} <= {None, "STATE_DOES_NOT_FIT", "STALE_VERSION"}
    assert sum(answer.code is None for answer in answers) in (1, 2)
    rows = await system.rows(
        "intake", "SELECT value FROM outbox WHERE key = :k AND topic = '21.intake.case.v1' ORDER BY id", k=case_id
    )
    versions = [json.loads(bytes(row.value))["case"]["version"] for row in rows]
    assert versions == sorted(versions)
    assert set(versions) == set(range(1, max(versions) + 1))
    await system.settle()
    await system.no_dead_letters()
