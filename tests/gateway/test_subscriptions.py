"""`caseChanged` and `inboxReceived` over a real socket, on both systems: pushed only what its caller may see, resumable from a cursor."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from deploy.serving import served
from gateway.paging import cursor
from tests.access.world import MATTER_COMMANDS
from tests.harness import Harness, Person, Place
from tests.scenarios.councils import accepted, done, opened

CASE_CHANGED = "subscription($id: String!, $after: String) { caseChanged(caseId: $id, after: $after) { cursor kind case { state number narrative } } }"
INBOX = "subscription($after: String) { inboxReceived(after: $after) { cursor entry { kind board caseNumber } } }"


@pytest_asyncio.fixture
async def address(system: Harness) -> AsyncIterator[str]:
    """The system's app behind a real port, for sockets."""
    async with served(system.system.app, drain=2) as url:
        yield f"{url.replace('http', 'ws', 1)}/graphql"


@asynccontextmanager
async def subscribed(address: str, person: Person, query: str, **variables: Any) -> AsyncIterator[ClientConnection]:
    """A socket with one running subscription."""
    async with connect(address, subprotocols=["graphql-transport-ws"]) as ws:  # type: ignore[list-item]
        await ws.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {person.token()}"}}))
        assert json.loads(await ws.recv())["type"] == "connection_ack"
        payload = {"query": query, "variables": variables}
        await ws.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        # A pong behind the subscribe says that it was read.
        await ws.send(json.dumps({"type": "ping"}))
        assert json.loads(await ws.recv())["type"] == "pong"
        yield ws


async def pushed(ws: ClientConnection, field: str) -> dict[str, Any]:
    """The next push, within 5 s."""
    message = json.loads(await asyncio.wait_for(ws.recv(), 5))
    assert message["type"] == "next", message
    found: dict[str, Any] = message["payload"]["data"][field]
    return found


async def nothing(ws: ClientConnection, seconds: float = 0.6) -> None:
    """Nothing is pushed for longer than the feed takes to look again."""
    try:
        message = await asyncio.wait_for(ws.recv(), seconds)
    except TimeoutError:
        return
    raise AssertionError(f"pushed to somebody who may not know: {message!r}")


async def everything(ws: ClientConnection, field: str) -> list[str]:
    """The kinds of all that is pushed until nothing more comes."""
    kinds = []
    with suppress(TimeoutError):
        while True:
            message = json.loads(await asyncio.wait_for(ws.recv(), 0.6))
            kinds.append(message["payload"]["data"][field]["kind"])
    return kinds


async def test_changes_are_pushed_in_order_and_resumed_from_a_cursor(
    system: Harness, place: Place, address: str
) -> None:
    case_id = (await place.resident.report(place))["caseId"]
    await system.settle()
    async with subscribed(address, place.chair, CASE_CHANGED, id=case_id) as ws:
        await asyncio.sleep(0)
        await place.owner.do("acceptMatter", caseId=case_id)
        accepted = await pushed(ws, "caseChanged")
        assert (accepted["kind"], accepted["case"]["state"]) == ("CaseAccepted", "ACCEPTED")
    await system.settle()
    await place.owner.do("solveOnSpot", caseId=case_id, evidence="修好了")
    await system.settle()
    async with subscribed(address, place.chair, CASE_CHANGED, id=case_id, after=accepted["cursor"]) as ws:
        kinds = {(await pushed(ws, "caseChanged"))["kind"] for _ in range(3)}
        assert "MatterResolved" in kinds
        assert "CaseAccepted" not in kinds


async def test_a_bystander_who_was_away_hears_that_it_is_concluded(system: Harness, place: Place, address: str) -> None:
    report = {"subCategory": "MARITAL_CONFLICT", "relation": "ANOTHERS", "urgency": None}
    case_id = (await place.resident.report(place, **report))["caseId"]
    await system.settle()
    async with subscribed(address, place.resident, CASE_CHANGED, id=case_id) as ws:
        await place.chair.do("acceptMatter", caseId=case_id)
        handled = await pushed(ws, "caseChanged")
        assert (handled["kind"], handled["case"]["state"]) == ("CaseChanged", "ACCEPTED")
    await place.chair.do("recordAction", caseId=case_id, action="VISIT", note="已走访")
    await system.settle()
    async with subscribed(address, place.resident, CASE_CHANGED, id=case_id, after=handled["cursor"]) as ws:
        await nothing(ws)
    rejected = await place.chair.do("rejectMatter", caseId=case_id, **MATTER_COMMANDS["rejectMatter"])
    assert rejected.code is None
    await system.settle()
    async with subscribed(address, place.resident, CASE_CHANGED, id=case_id, after=handled["cursor"]) as ws:
        concluded = await pushed(ws, "caseChanged")
        assert (concluded["kind"], concluded["case"]["state"]) == ("CaseChanged", "CLOSED")
        await nothing(ws)


async def test_that_a_party_was_named_is_pushed_to_those_who_work_on_it_alone(
    system: Harness, place: Place, address: str
) -> None:
    """And that the holder has nobody left by it, from which everybody would know who it is."""
    case_id = (await place.resident.report(place))["caseId"]
    await system.settle()
    await place.chair.do("acceptMatter", caseId=case_id)
    await system.settle()
    async with (
        subscribed(address, place.exec_member, CASE_CHANGED, id=case_id) as inside,
        subscribed(address, place.resident, CASE_CHANGED, id=case_id) as hers,
        subscribed(address, place.neighbour, CASE_CHANGED, id=case_id) as neighbours,
    ):
        named = await place.resident.do("nameParty", caseId=case_id, member=place.chair.member)
        assert named.code is None
        await system.settle()
        kinds = {(await pushed(inside, "caseChanged"))["kind"] for _ in range(2)}
        assert kinds == {"PartyNamed", "VacancySurfaced"}
        await place.exec_member.do("setUrgency", caseId=case_id, to="RED")
        for socket in (hers, neighbours):
            assert (await pushed(socket, "caseChanged"))["kind"] == "UrgencyChanged"


async def test_what_levels_keep_among_themselves_is_pushed_to_them_alone(
    system: Harness, place: Place, address: str
) -> None:
    case_id = (await place.resident.report(place))["caseId"]
    await system.settle()
    await place.chair.do("acceptMatter", caseId=case_id)
    await system.settle()
    async with (
        subscribed(address, place.chair, CASE_CHANGED, id=case_id) as levels,
        subscribed(address, place.resident, CASE_CHANGED, id=case_id) as hers,
        subscribed(address, place.neighbour, CASE_CHANGED, id=case_id) as neighbours,
    ):
        for who, mutation, words in (
            (place.chair, "informUp", {"to": "TOWNSHIP"}),
            (place.township_officer, "supervise", {"on": True, "reason": "群众关注"}),
        ):
            assert (await who.do(mutation, caseId=case_id, **words)).code is None
            await system.settle()
        kinds = [(await pushed(levels, "caseChanged"))["kind"] for _ in range(2)]
        assert kinds == ["InformedUp", "SupervisionChanged"]
        await place.chair.do("recordAction", caseId=case_id, action="VISIT")
        for socket in (hers, neighbours):
            assert (await pushed(socket, "caseChanged"))["kind"] == "LevelActed"


async def test_a_duty_that_is_late_is_pushed_to_those_who_work_on_it_alone(
    system: Harness, place: Place, address: str
) -> None:
    """The matter's own clock is everybody's who sees it; who was away is told no more when she is back."""
    case_id = (await place.resident.report(place, subCategory="SAFETY_HAZARD", urgency="ORANGE"))["caseId"]
    await system.settle()
    await place.chair.do("acceptMatter", caseId=case_id)
    await system.settle()
    async with (
        subscribed(address, place.chair, CASE_CHANGED, id=case_id) as levels,
        subscribed(address, place.resident, CASE_CHANGED, id=case_id) as hers,
        subscribed(address, place.neighbour, CASE_CHANGED, id=case_id) as neighbours,
    ):
        await system.advance(hours=2, minutes=1)
        assert (await pushed(levels, "caseChanged"))["kind"] == "ClockOverdue", "the barrier"
        for ws in (hers, neighbours):
            await nothing(ws)
    assert [(await each.inbox()).count("OVERDUE") for each in (place.chair, place.resident, place.neighbour)] == [
        1,
        0,
        0,
    ]
    await system.advance(hours=24)  # the council
    for person, late in ((place.chair, 2), (place.resident, 1), (place.neighbour, 1)):
        async with subscribed(address, person, CASE_CHANGED, id=case_id, after=cursor("0")) as ws:
            assert (await everything(ws, "caseChanged")).count("ClockOverdue") == late


async def test_a_caller_who_may_not_see_the_matter_is_pushed_nothing(
    system: Harness, place: Place, address: str
) -> None:
    case_id = (await place.resident.report(place))["caseId"]
    await system.settle()
    for outsider in (place.sibling_chair, place.township_officer, place.second_resident, place.liaison):
        async with subscribed(address, outsider, CASE_CHANGED, id=case_id) as ws:
            await place.chair.do("acknowledge", caseId=case_id)
            await nothing(ws)


async def test_the_inbox_is_pushed_to_its_owner_alone(system: Harness, place: Place, address: str) -> None:
    async with (
        subscribed(address, place.owner, INBOX) as owner,
        subscribed(address, place.sibling_owner, INBOX) as sibling,
        subscribed(address, place.neighbour, INBOX) as neighbour,
    ):
        await place.resident.report(place)
        await system.settle()
        entry = (await pushed(owner, "inboxReceived"))["entry"]
        assert (entry["kind"], entry["board"]) == ("NEW_MATTER", False)
        await nothing(sibling)
        await nothing(neighbour, 0)


async def test_an_inbox_that_was_away_misses_nothing(system: Harness, place: Place, address: str) -> None:
    async with subscribed(address, place.owner, INBOX) as ws:
        await place.resident.report(place)
        first = await pushed(ws, "inboxReceived")
    await system.settle()
    numbers = []
    for _ in range(3):
        numbers.append((await place.resident.report(place))["number"])
        await system.settle()  # of different matters a bus may bring the later one first
    async with subscribed(address, place.owner, INBOX, after=first["cursor"]) as ws:
        assert [(await pushed(ws, "inboxReceived"))["entry"]["caseNumber"] for _ in range(3)] == numbers


async def test_a_socket_without_a_valid_token_is_closed(system: Harness, address: str) -> None:
    for payload in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": None}):
        async with connect(address, subprotocols=["graphql-transport-ws"]) as ws:  # type: ignore[list-item]
            await ws.send(json.dumps({"type": "connection_init", "payload": payload}))
            with pytest.raises(ConnectionClosed) as closed:
                await _hear_all(ws)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


async def _hear_all(ws: ClientConnection) -> None:
    while True:
        await asyncio.wait_for(ws.recv(), 5)


SESSION_CHANGED = (
    "subscription($id: String!) { sessionChanged(caseId: $id) { cursor kind case { sessions { stage speakers } } } }"
)


async def test_what_changes_in_a_session_is_pushed_to_who_may_see_it(
    system: Harness, place: Place, address: str
) -> None:
    case_id = await accepted(system, place)
    async with subscribed(address, place.council_member, SESSION_CHANGED, id=case_id) as ws:
        session_id = await opened(system, place, case_id)
        await done(system, place.exec_member, "speak", case_id, sessionId=session_id, text="先修")
        first, second = await pushed(ws, "sessionChanged"), await pushed(ws, "sessionChanged")
    assert [first["kind"], second["kind"]] == ["SessionOpened", "SessionSpoken"]
    assert second["case"]["sessions"] == [{"stage": "OPEN", "speakers": 1}]


async def test_each_push_shows_what_is_there_now_and_what_she_may_still_read(
    system: Harness, place: Place, address: str
) -> None:
    """What was loaded for the push before is not shown again: it has changed, or is no longer hers to read."""
    query = "subscription($id: String!) { caseChanged(caseId: $id) { kind case { narrative notes { text } } } }"
    case_id = await accepted(system, place, "C2")
    member = place.exec_member.member
    await done(system, place.chair, "changeCircle", case_id, add=[member])
    async with (
        subscribed(address, place.chair, query, id=case_id) as chair,
        subscribed(address, place.exec_member, query, id=case_id) as hers,
    ):
        for number, note in enumerate(("第一次", "第二次"), 1):
            await done(system, place.chair, "recordAction", case_id, action="VISIT", note=note)
            shown = await pushed(chair, "caseChanged")
            assert len(shown["case"]["notes"]) == number
            assert (await pushed(hers, "caseChanged"))["case"]["narrative"]
        await done(system, place.chair, "changeCircle", case_id, remove=[member])
        await done(system, place.chair, "recordAction", case_id, action="VISIT", note="第三次")
        assert (await pushed(chair, "caseChanged"))["kind"] == "CircleChanged"
        assert len((await pushed(chair, "caseChanged"))["case"]["notes"]) == 3
        with suppress(TimeoutError):
            while True:
                message = json.loads(await asyncio.wait_for(hers.recv(), 0.6))
                assert message["payload"]["data"]["caseChanged"]["case"]["narrative"] is None
