"""A command waits for the facts that its caller has seen, no longer than it must, and never with a connection in its hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from gateway.send import OWN_WRITE
from services.chassis import dead_letters
from services.chassis.calls import RefusedElsewhere
from services.chassis.causality import LOOKING, MAX_WAITING, Causality
from services.chassis.inbox import Inbox
from services.chassis.room import Room
from services.chassis.service import ignore
from services.chassis.settings import Settings
from services.chassis.wire import Record, headers_of, value_of
from services.contracts import topics
from services.contracts.refusals import Code, Refused
from tests.bus.rigs import until
from tests.bus.rooms import THINGS, Thing, ThingMoved, toy_room
from tests.harness import START, Harness, Place

TOPIC = THINGS.in_cell("21")


@asynccontextmanager
async def late(system: Harness, service: str, seconds: float | None) -> AsyncIterator[asyncio.Event]:
    """A service whose consumer is behind: every batch by some seconds, or (None) until the event is set."""
    inbox = system.system.wiring.parts[service].runtime.inbox
    on_time, go_on = inbox.receive, asyncio.Event()

    async def receive(records: Any) -> None:
        if seconds is None:
            await go_on.wait()
        else:
            await asyncio.sleep(seconds)
        await on_time(records)

    inbox.receive = receive  # type: ignore[method-assign]
    try:
        yield go_on
    finally:
        go_on.set()
        inbox.receive = on_time  # type: ignore[method-assign]


def waits(system: Harness, monkeypatch: pytest.MonkeyPatch, service: str, seconds: float) -> None:
    """How long this service's commands wait."""
    monkeypatch.setattr(system.system.wiring.parts[service].runtime._door._causality, "_seconds", seconds)


async def test_the_next_command_waits_for_a_late_consumer(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner accepts (intake), and at once solves (escalation, which hears of it a second later)."""
    assert Settings.model_fields["causality_wait"].default == 2.0
    waits(system, monkeypatch, "escalation", 10)  # a busy machine is late by itself
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()
    loop = asyncio.get_running_loop()
    async with late(system, "escalation", 1.0):
        assert (await place.owner.do("acceptMatter", caseId=case_id)).code is None
        started = loop.time()
        solved = await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好")
        assert solved.code is None, solved
        assert loop.time() - started > 0.4
        assert solved["state"] == "RESOLVED"
    await system.settle()
    await system.no_dead_letters()


async def test_a_consumer_that_does_not_catch_up_is_said_to(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits(system, monkeypatch, "escalation", 0.3)
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()
    loop = asyncio.get_running_loop()
    async with late(system, "escalation", None) as go_on:
        await place.owner.do("acceptMatter", caseId=case_id)
        started = loop.time()
        refused = await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好", idempotencyKey="k" * 16)
        assert (refused.code, refused["retryable"]) == ("NOT_YET_KNOWN", True)
        assert loop.time() - started >= 0.3
        go_on.set()
        await system.settle()
        again = await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好", idempotencyKey="k" * 16)
        assert again.code is None, "a refusal is not remembered"
    await system.settle()


async def test_that_a_matter_is_late_is_told_to_those_alone_who_may_act_on_it(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever guesses an id learns as much as from the id of nothing, at the gateway and at the service's own door, and as soon."""
    waits(system, monkeypatch, "escalation", 30)
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()
    calls = system.system.wiring.calls
    assert calls is not None
    async with late(system, "escalation", None), asyncio.timeout(15):
        await place.owner.do("acceptMatter", caseId=case_id)
        unheard_of = str((await place.resident.report(place))["caseId"])
        for guessed in (case_id, unheard_of, "2101-" + "0" * 26):
            for stranger in (place.sibling_chair, place.second_owner):
                refused = await stranger.do("solveOnSpot", caseId=guessed, evidence="已修好")
                assert refused.code == "CASE_NOT_FOUND", guessed
        words = {"idempotencyKey": "k" * 16, "caseId": case_id, "evidence": "已修好"}
        with pytest.raises(RefusedElsewhere) as told:
            await calls.command(
                "escalation", "SolveOnSpot", words, {"21.intake.case.v1": 99}, place.sibling_chair.token()
            )
        assert told.value.body.code == "CASE_NOT_FOUND"
    await system.settle()


async def test_who_needs_nothing_waits_for_nothing(
    system: Harness, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escalation hears nothing at all meanwhile."""
    for service in ("intake", "escalation"):
        waits(system, monkeypatch, service, 30)
    first = str((await place.resident.report(place))["caseId"])
    await place.owner.do("acceptMatter", caseId=first)
    await system.settle()
    async with late(system, "escalation", None), asyncio.timeout(15):
        second = await place.resident.report(place)
        assert second.code is None, "a new matter rests on nothing"
        for mutation in ("acknowledge", "acceptMatter"):
            done = await place.owner.do(mutation, caseId=second["caseId"])
            assert done.code is None, "intake need not know what escalation has not said"
        assert (await place.owner.do("solveOnSpot", caseId=first, evidence="已修好")).code is None
        fed_back = await place.owner.do("giveFeedback", caseId=first, text="修好了")
        assert fed_back.code is None, "intake hears of the solving while escalation hears nothing"
    await system.settle()
    await system.no_dead_letters()


@pytest_asyncio.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
async def room(request: pytest.FixtureRequest) -> AsyncIterator[Room]:
    """A toy service that hears its own topic: on SQLite, and on PostgreSQL in the full run."""
    server = request.getfixturevalue("postgres_server") if request.param == "kafka" else None
    async with toy_room(server, ignore) as made:
        yield made


def moved(name: str, version: int, offset: int, *, spoiled: bool = False) -> Record:
    """A fact as the bus brings it."""
    event = ThingMoved(at=START, thing=Thing(id=name, version=version))
    value = b"{" if spoiled else value_of(event)
    return Record(TOPIC, 0, offset, name, value, headers_of(event, f"{name}-{version}", "21", "test"))


async def refusal_of(causality: Causality, key: str, seen: dict[str, int]) -> Code | None:
    try:
        await causality.wait(key, seen)
    except Refused as refused:
        return refused.code
    return None


async def test_what_is_known_or_none_of_ours_is_not_waited_for(room: Room) -> None:
    causality, inbox = Causality(room, 30), Inbox(room)
    await inbox.receive([moved("a", 3, 1)])
    async with asyncio.timeout(5):
        assert await refusal_of(causality, "a", {}) is None
        assert await refusal_of(causality, "a", {TOPIC: 3}) is None
        assert await refusal_of(causality, "a", {TOPIC: 1, "21.other.v1": 9}) is None
        assert await refusal_of(causality, "never heard of", {TOPIC: 0}) is None


async def test_the_bell_wakes_at_once(room: Room) -> None:
    causality, inbox = Causality(room, 30), Inbox(room)
    waiting = asyncio.create_task(refusal_of(causality, "a", {TOPIC: 2}))
    await asyncio.sleep(0.01)  # until it waits
    await inbox.receive([moved("a", 1, 1)])
    await asyncio.sleep(0.1)
    assert not waiting.done(), "one version is not the other"
    await inbox.receive([moved("a", 2, 2)])
    async with asyncio.timeout(5):
        assert await waiting is None


async def test_a_held_key_is_refused_at_once_also_while_it_waits(room: Room) -> None:
    causality, inbox = Causality(room, 30), Inbox(room)
    waiting = [asyncio.create_task(refusal_of(causality, "a", {TOPIC: 2})) for _ in range(3)]
    other = asyncio.create_task(refusal_of(causality, "b", {TOPIC: 1}))
    await asyncio.sleep(0.01)
    await inbox.receive([moved("a", 1, 1, spoiled=True)])
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.timeout(5):
        assert set(await asyncio.gather(*waiting)) == {Code.MATTER_BLOCKED}
        assert await refusal_of(causality, "a", {TOPIC: 1}) is Code.MATTER_BLOCKED
    assert loop.time() - started < 0.5
    assert not other.done(), "another key is not concerned"
    await inbox.receive([moved("b", 1, 2)])
    assert await other is None


async def test_what_was_reached_before_the_key_was_held_is_not_blocked(room: Room) -> None:
    causality, inbox = Causality(room, 30), Inbox(room)
    await inbox.receive([moved("a", 1, 1), moved("a", 2, 2, spoiled=True)])
    assert await refusal_of(causality, "a", {TOPIC: 1}) is None
    assert await refusal_of(causality, "a", {TOPIC: 2}) is Code.MATTER_BLOCKED


async def test_waiting_ends_in_its_time_and_holds_no_connection(room: Room) -> None:
    """The pool has sixteen connections. Two hundred wait, and look again and again; yet everybody else gets one at once."""
    causality, inbox = Causality(room, 2.0), Inbox(room)
    loop = asyncio.get_running_loop()
    started = loop.time()
    waiting = [asyncio.create_task(refusal_of(causality, "a", {TOPIC: 9})) for _ in range(MAX_WAITING)]
    await until(lambda: causality._waiting == MAX_WAITING)
    async with asyncio.timeout(1):
        async with room.transaction() as tx:
            await tx.load(Thing, "b")
        await inbox.receive([moved("b", 1, 1)])
    busy = []
    while causality._waiting == MAX_WAITING:
        busy.append(room.database.readers)
        await asyncio.sleep(0.002)
    assert max(busy) <= LOOKING
    assert set(await asyncio.gather(*waiting)) == {Code.NOT_YET_KNOWN}
    assert 2.0 <= loop.time() - started < 10
    assert causality._waiting == 0


async def test_two_hundred_wait_and_no_more(room: Room) -> None:
    causality, inbox = Causality(room, 60), Inbox(room)
    waiting = [asyncio.create_task(refusal_of(causality, "a", {TOPIC: 1})) for _ in range(MAX_WAITING)]
    await until(lambda: causality._waiting == MAX_WAITING)
    assert MAX_WAITING == 200
    assert await refusal_of(causality, "a", {TOPIC: 1}) is Code.TOO_MANY_WAITING
    assert await refusal_of(causality, "b", {}) is None, "who need not wait is not refused"
    for gone in waiting[:50]:
        gone.cancel()
    await asyncio.gather(*waiting[:50], return_exceptions=True)
    assert causality._waiting == MAX_WAITING - 50, "who gives up makes room"
    await inbox.receive([moved("a", 1, 1)])
    async with asyncio.timeout(20):
        assert set(await asyncio.gather(*waiting[50:])) == {None}
    assert causality._waiting == 0


async def test_what_the_read_model_cannot_show_because_it_is_held_is_answered_at_once(
    system: Harness, place: Place
) -> None:
    """The command is done; its row waits behind a record that nobody can read. To wait for it would be in vain."""
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()
    headers = {
        "ce_id": f"bad-{case_id}",
        "ce_type": "org.yishi.intake.CaseAcknowledged.v1",
        "ce_time": "2026-11-23T01:00:00+00:00",
    }
    spoiled = Record(topics.INTAKE_CASE.in_cell("21"), 0, 10**9, case_id, b"{", headers)
    inbox = system.system.wiring.parts["gateway"].runtime.inbox
    await inbox.receive([spoiled])
    loop = asyncio.get_running_loop()
    started = loop.time()
    blocked = await place.owner.do("acknowledge", caseId=case_id, idempotencyKey="k" * 16)
    assert (blocked.code, blocked["retryable"]) == ("DONE_NOT_SHOWN", True)
    assert loop.time() - started < OWN_WRITE
    await system.settle()
    for letter in await system.rows(
        "gateway", "SELECT id FROM dead_letter WHERE key = :k ORDER BY id LIMIT 1", k=case_id
    ):
        await dead_letters.drop(system.room("gateway"), letter.id)
    await inbox.redrive(spoiled.topic, case_id)
    done = await place.owner.do("acknowledge", caseId=case_id, idempotencyKey="k" * 16)
    assert done.code is None, "the same key is answered once the model can show it"
    await system.no_dead_letters()


async def test_who_may_see_a_matter_is_told_on_a_topic_of_its_own_and_may_come_later(
    system: Harness, place: Place
) -> None:
    """Then a service cannot say yet whose it is: the command is to be sent again, for there is such a matter."""
    other = str((await place.resident.report(place))["caseId"])
    await system.settle()
    assert (await place.owner.do("acceptMatter", caseId=other, publicSummary="公告栏待修")).code is None
    await system.settle()
    for service, mutation in (("escalation", "recordAction"), ("deliberation", "openSession")):
        words = {"action": "VISIT"} if mutation == "recordAction" else {}
        room = system.room(service)
        async with room.database.write() as connection:
            taken = text("DELETE FROM known WHERE topic = '21.intake.access.v1' AND key = :id")
            assert (await connection.execute(taken, {"id": other})).rowcount == 1
        refused = await place.chair.do(mutation, caseId=other, **words)
        assert (refused.code, refused["retryable"]) == ("NOT_YET_KNOWN", True)
        nowhere = await place.chair.do(mutation, caseId=f"{place.city}-00000000000000000000000000", **words)
        assert nowhere.code == "CASE_NOT_FOUND"
