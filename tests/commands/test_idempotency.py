"""One intention, one effect: a command sent again under its key is answered again and done once (design 3: Data)."""

import asyncio
import itertools
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.chassis.calls import Calls, RefusedElsewhere
from services.chassis.door import Answered
from services.chassis.runtime import HOUSEKEEPING, REMEMBERED, Runtime
from tests.harness import Harness, Person, Place, key

REPORT = {"subCategory": "PUBLIC_FACILITY", "narrative": "公告栏坏了"}
SAID = "{ __typename ... on Case { caseId number state version category urgency } ... on Refusal { code messageEn } }"


async def at_the_door(system: Harness, who: Person, name: str, **words: Any) -> Answered | str:
    """A command straight to its service: the answer, or the code of the refusal."""
    calls = system.system.wiring.calls
    assert isinstance(calls, Calls)
    service = "escalation" if name == "SolveOnSpot" else "intake"
    try:
        return await calls.command(service, name, words, {}, who.token())
    except RefusedElsewhere as refused:
        return refused.body.code


async def cases_of(system: Harness, place: Place) -> list[str]:
    """The matters of a village, as intake keeps them."""
    rows = await system.rows("intake", 'SELECT id FROM "case" WHERE region = :v ORDER BY id', v=place.village)
    return [row.id for row in rows]


async def submitted(system: Harness, place: Place) -> int:
    """How often CaseSubmitted was told of the village's matters."""
    found = 0
    for case_id in await cases_of(system, place):
        rows = await system.rows("intake", "SELECT headers FROM outbox WHERE key = :k", k=case_id)
        found += sum("CaseSubmitted" in json.loads(row.headers)["ce_type"] for row in rows)
    return found


async def forget(system: Harness, service: str) -> None:
    """The housekeeping that forgets, now."""
    (timer,) = [timer for timer in HOUSEKEEPING if timer.name == "forget"]
    await timer.run(system.room(service))


async def test_a_hundred_sends_of_one_key_give_one_case(system: Harness, place: Place) -> None:
    """Asked for what the command said. (Who asks for custody or the timeline too is shown them as they are by then.)"""
    words = {**REPORT, "group": place.group, "idempotencyKey": key()}
    sends = [place.resident.do("reportMatter", returns=SAID, **words) for _ in range(100)]
    answers = await asyncio.gather(*sends)
    assert len({json.dumps(answer, sort_keys=True) for answer in answers}) == 1
    assert answers[0].code is None
    assert await cases_of(system, place) == [answers[0]["caseId"]]
    assert await submitted(system, place) == 1
    await system.settle()
    assert await place.resident.inbox() == ["RECEIVED"]
    assert await place.owner.inbox() == ["NEW_MATTER"]


async def test_a_hundred_sends_at_the_service_give_equal_answers(system: Harness, place: Place) -> None:
    words = {**REPORT, "group": place.group, "idempotencyKey": key()}
    sends = [at_the_door(system, place.resident, "ReportMatter", **words) for _ in range(100)]
    answers = await asyncio.gather(*sends)
    assert all(isinstance(answer, Answered) for answer in answers), set(map(str, answers))
    said = {json.dumps([a.answer, a.reached], sort_keys=True) for a in answers if isinstance(a, Answered)}
    assert len(said) == 1
    assert sum(bool(a.events) for a in answers if isinstance(a, Answered)) == 1, (
        "its events are told to the first alone"
    )
    assert len(await cases_of(system, place)) == 1
    assert await submitted(system, place) == 1


async def test_a_key_means_one_body(system: Harness, place: Place) -> None:
    one = key()
    first = await place.resident.report(place, idempotencyKey=one)
    other = await place.resident.report(place, idempotencyKey=one, narrative="别的事")
    assert other.code == "KEY_REUSED"
    again = await place.resident.report(place, idempotencyKey=one)
    assert again["caseId"] == first["caseId"]
    assert len(await cases_of(system, place)) == 1


async def test_two_bodies_at_once_under_one_key(system: Harness, place: Place) -> None:
    one = key()
    answers = await asyncio.gather(
        *(place.resident.report(place, idempotencyKey=one, narrative=f"第{n % 2}件") for n in range(40))
    )
    codes = [answer.code for answer in answers]
    assert sorted(codes, key=str) == ["KEY_REUSED"] * 20 + [None] * 20
    assert len(await cases_of(system, place)) == 1


async def test_the_order_of_fields_is_no_other_body(system: Harness, place: Place) -> None:
    words = {**REPORT, "group": place.group, "idempotencyKey": key()}
    first = await at_the_door(system, place.resident, "ReportMatter", **words)
    second = await at_the_door(system, place.resident, "ReportMatter", **dict(reversed(words.items())))
    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    assert first.answer == second.answer


async def test_a_key_belongs_to_its_caller_and_its_command(system: Harness, place: Place) -> None:
    one = key()
    first = await place.resident.report(place, idempotencyKey=one)
    theirs = await place.neighbour.report(place, idempotencyKey=one)
    assert theirs.code is None
    assert theirs["caseId"] != first["caseId"]
    await system.settle()
    for mutation in ("acknowledge", "acceptMatter"):
        assert (await place.owner.do(mutation, caseId=first["caseId"], idempotencyKey=one)).code is None
    assert (await place.owner.do("acceptMatter", caseId=theirs["caseId"], idempotencyKey=one)).code == "KEY_REUSED"


async def test_a_refusal_is_not_remembered(system: Harness, place: Place) -> None:
    one = key()
    refused = await place.resident.report(place, idempotencyKey=one, narrative=" ")
    assert refused.code == "TEXT_MISSING"
    mended = await place.resident.report(place, idempotencyKey=one)
    assert mended.code is None
    await system.settle()
    case_id, two = mended["caseId"], key()
    early = await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好", idempotencyKey=two)
    assert early.code == "STATE_DOES_NOT_FIT"
    await place.owner.do("acceptMatter", caseId=case_id)
    await system.settle()
    assert (await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好", idempotencyKey=two)).code is None


async def test_a_hundred_refused_sends_leave_nothing(system: Harness, place: Place) -> None:
    await system.settle()
    before = await system.snapshot()
    one = key()
    answers = await asyncio.gather(
        *(place.resident.report(place, idempotencyKey=one, narrative="") for _ in range(100))
    )
    assert {answer.code for answer in answers} == {"TEXT_MISSING"}
    assert await system.snapshot() == before


async def test_an_answer_stays_as_it_was_and_outlives_the_process(system: Harness, place: Place) -> None:
    """It is a row beside its effect, in the same transaction: a service that starts anew finds it."""
    words = {**REPORT, "group": place.group, "idempotencyKey": key()}
    first = await at_the_door(system, place.resident, "ReportMatter", **words)
    assert isinstance(first, Answered)
    await system.settle()
    await place.owner.do("acceptMatter", caseId=first.answer["id"])
    await system.settle()
    room, wiring = system.room("intake"), system.system.wiring
    anew = Runtime(room, wiring.bus, wiring.verifier, timers=False)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(anew.app), base_url="http://intake") as http:
        body = {"command": words, "seen": {}}
        response = await http.post("/commands/ReportMatter", json=body, headers=place.resident.headers())
    again = Answered.model_validate(response.json())
    assert (again.answer, again.reached) == (first.answer, first.reached)
    assert again.events == ()
    rows = await system.rows("intake", "SELECT body, answer FROM answer WHERE key = :k", k=words["idempotencyKey"])
    assert len(rows) == 1
    assert "公告栏" not in rows[0].body + rows[0].answer, "no words of hers"


async def test_an_answer_is_forgotten_after_seven_days(system: Harness, place: Place) -> None:
    one = key()
    first = await place.resident.report(place, idempotencyKey=one)
    await system.advance(seconds=(REMEMBERED - timedelta(minutes=1)).total_seconds())
    await forget(system, "intake")
    assert (await place.resident.report(place, idempotencyKey=one))["caseId"] == first["caseId"]
    await system.advance(minutes=2)
    await forget(system, "intake")
    second = await place.resident.report(place, idempotencyKey=one)
    assert second.code is None
    assert second["caseId"] != first["caseId"]
    await system.settle()
    await system.no_dead_letters()


async def test_a_caller_who_gives_up_anywhere_has_her_matter_once(system: Harness, place: Place) -> None:
    """She is cut off at a random moment, and sends again: one matter, and the next command is not blocked by what she left."""
    for milliseconds in itertools.chain(range(0, 20, 4), range(20, 60, 10)):
        one = key()
        sending = asyncio.create_task(place.resident.report(place, idempotencyKey=one))
        await asyncio.sleep(milliseconds / 1000)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        before = len(await cases_of(system, place))
        async with asyncio.timeout(8):
            sent = await place.resident.report(place, idempotencyKey=one)
            twice = await place.resident.report(place, idempotencyKey=one)
        assert sent["caseId"] == twice["caseId"]
        assert len(await cases_of(system, place)) - before in (0, 1)
    found = await cases_of(system, place)
    assert len(found) == 9
    assert await submitted(system, place) == 9
    await system.settle()
    assert (await place.resident.inbox()) == ["RECEIVED"] * 9


@pytest.mark.parametrize(
    "words",
    [
        '{"narrative": "\\ud800"}',
        '{"narrative": "a\\u0000b"}',
        '{"\\ud800": 1}',
        '{"happenedOn": "\\u0000"}',
        '{"urgency": 1e400}',
        '{"attachments": [NaN]}',
        '{"group": "n_\\u0000\\u0000"}',
        '{"idempotencyKey": "\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000"}',
        '{"idempotencyKey": 12345678}',
    ],
)
async def test_no_body_breaks_the_door(system: Harness, shared_place: Place, words: str) -> None:
    """Half a surrogate, a NUL, a number beyond numbers: refused with a word, or taken; never an error of ours."""
    app = system.system.wiring.parts["intake"].runtime.app
    whole = {**REPORT, "group": shared_place.group, "idempotencyKey": key(), **json.loads(words)}
    body = json.dumps({"command": whole, "seen": {}})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake") as http:
        response = await http.post("/commands/ReportMatter", content=body, headers=shared_place.resident.headers())
    said = response.json()
    assert response.status_code < 500, said
    assert "answer" in said or said["refusal"]["code"] != "INTERNAL"


@pytest.mark.parametrize(
    "seen",
    [
        {"21.intake.case.v1": 2**63},
        {"21.escalation.custody.v1": 10**400},
        {"\ud800": 1},
        {"\0": 1},
        {"21.escalation.custody.v1": -1},
        {"21.escalation.custody.v1": "1"},
        {str(n): 1 for n in range(10_000)},
        [],
        None,
    ],
    ids=str,
)
async def test_no_claim_of_what_was_seen_breaks_the_door(
    system: Harness, shared_place: Place, seen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = system.system.wiring.parts["intake"]
    monkeypatch.setattr(part.runtime._door._causality, "_seconds", 0.1)
    case_id = str((await shared_place.resident.report(shared_place))["caseId"])
    body = json.dumps({"command": {"caseId": case_id, "idempotencyKey": key()}, "seen": seen})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(part.runtime.app), base_url="http://intake") as http:
        response = await http.post("/commands/Acknowledge", content=body, headers=shared_place.owner.headers())
    said = response.json()
    assert "answer" in said or said["refusal"]["code"] in {"MALFORMED", "NOT_YET_KNOWN"}, said
