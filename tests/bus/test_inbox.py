"""What becomes of records that cannot have their effect, and of records that come twice: in the whole system, on both buses."""

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.projector import measure_freshness
from services.chassis.dead_letters import redrive_all
from services.chassis.inbox import TOO_MANY_HELD
from services.chassis.service import Reaction
from services.chassis.wire import Record, headers_from_json
from services.contracts import topics
from tests.bus.rigs import until
from tests.harness import Harness, Person, Place

CASES = topics.INTAKE_CASE.in_cell("21")
READERS = sorted(topics.INTAKE_CASE.readers)


async def desk(system: Harness, service: str, who: Person | None = None, **do: Any) -> Any:
    """The operators' endpoint of a service: what is held, or the answer to what is to be done."""
    app = system.system.wiring.parts[service].runtime.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        headers = (who or system.operator).headers()
        if do:
            return (await http.post("/dead-letters", json=do, headers=headers)).json()
        return (await http.get("/dead-letters", headers=headers)).json()


async def told(system: Harness, service: str, key: str) -> list[Record]:
    """Every record that a service has told of a key, as it went out."""
    rows = await system.rows(service, "SELECT topic, key, value, headers FROM outbox WHERE key = :k ORDER BY id", k=key)
    return [Record(r.topic, 0, 0, r.key, bytes(r.value), headers_from_json(r.headers)) for r in rows]


async def publish(system: Harness, *records: Record) -> None:
    await system.system.wiring.bus.publish(records)


async def custody_knows(system: Harness, case_id: str) -> int:
    """The version of the case that escalation has heard of."""
    rows = await system.rows(
        "escalation", "SELECT version FROM known WHERE topic = :t AND key = :k", t=CASES, k=case_id
    )
    return int(rows[0].version)


@asynccontextmanager
async def failing(system: Harness, service: str, react: Callable[[Any], Awaitable[None]]) -> AsyncIterator[None]:
    """A service whose reaction to cases has a bug, meanwhile."""
    inbox = system.system.wiring.parts[service].runtime.inbox
    sound = inbox._reactions[CASES]

    async def broken(tx: Any, event: Any) -> None:
        await sound.react(tx, event)
        await react(event)

    inbox._reactions[CASES] = Reaction(sound.topic, broken)
    try:
        yield
    finally:
        inbox._reactions[CASES] = sound


def undecodable(sound: Record) -> Record:
    return replace(sound, value=b'\xff{"half a')


def empty(sound: Record) -> Record:
    return replace(sound, value=None)


def incomplete(sound: Record) -> Record:
    fields = json.loads(sound.value or b"")
    return replace(sound, value=json.dumps({**fields, "case": {"caseId": sound.key}}).encode())


def of_unknown_type(sound: Record) -> Record:
    return replace(sound, headers={**sound.headers, "ce_type": "org.yishi.intake.CaseEaten.v1"})


def of_no_type(sound: Record) -> Record:
    return replace(sound, headers={"ce_id": sound.headers["ce_id"]})


def of_unknown_version(sound: Record) -> Record:
    return replace(sound, headers={**sound.headers, "ce_type": "org.yishi.intake.CaseSubmitted.v9"})


def of_another_matter(sound: Record) -> Record:
    fields = json.loads(sound.value or b"")
    other = sound.key[:-1] + ("0" if sound.key[-1] != "0" else "1")
    return replace(sound, value=json.dumps({**fields, "case": {**fields["case"], "caseId": other}}).encode())


POISONS: Mapping[Callable[[Record], Record], str] = {
    undecodable: "UNDECODABLE",
    empty: "UNDECODABLE",
    incomplete: "UNDECODABLE",
    of_unknown_type: "UNKNOWN_TYPE",
    of_no_type: "UNKNOWN_TYPE",
    of_unknown_version: "UNKNOWN_VERSION",
    of_another_matter: "UNDECODABLE",
}


def anew(record: Record) -> Record:
    """The same under an id of its own."""
    return replace(record, headers={**record.headers, "ce_id": secrets.token_hex(10)})


@pytest.mark.parametrize("poison", POISONS, ids=lambda poison: poison.__name__)
async def test_what_cannot_be_read_is_held_and_holds_its_matter_alone(
    system: Harness, place: Place, poison: Callable[[Record], Record]
) -> None:
    case_id = str((await place.resident.report(place))["caseId"])
    other = str((await place.resident.report(place))["caseId"])
    await system.settle()
    sound = (await told(system, "intake", case_id))[0]
    assert sound.topic == CASES
    await publish(system, anew(poison(sound)))
    await system.settle()
    for service in READERS:
        (letter,) = [letter for letter in await desk(system, service) if letter["key"] == case_id]
        assert (letter["reason"], letter["attempts"]) == (POISONS[poison], 1), service
        assert letter["error"]
    assert [each for each in await desk(system, "intake") if each["key"] == case_id] == [], "intake does not read it"

    assert (await place.owner.do("acceptMatter", caseId=case_id)).code == "DONE_NOT_SHOWN"
    assert (await place.owner.do("acceptMatter", caseId=other))["state"] == "ACCEPTED"
    await system.settle()
    for service in READERS:
        reasons = [letter["reason"] for letter in await desk(system, service) if letter["key"] == case_id]
        assert reasons[0] == POISONS[poison]
        assert set(reasons[1:]) == {"BEHIND"}, service
    assert await custody_knows(system, case_id) == 1
    assert await custody_knows(system, other) > 1

    for service in READERS:
        letters = [letter for letter in await desk(system, service) if letter["key"] == case_id]
        again = await desk(system, service, do="retry", id=letters[0]["id"])
        assert again == {"through": 0, "held": len(letters)}, "nothing has changed"
        (first, *_) = [letter for letter in await desk(system, service) if letter["key"] == case_id]
        assert (first["id"], first["attempts"]) == (letters[0]["id"], 2)
        dropped = await desk(system, service, do="drop", id=letters[0]["id"])
        assert dropped == {"dropped": letters[0]["id"], "through": len(letters) - 1}
    await system.settle()
    await system.no_dead_letters()
    assert await custody_knows(system, case_id) > 1
    seen = await place.owner.case(case_id)
    assert seen is not None
    assert seen["state"] == "ACCEPTED"
    await publish(system, sound)
    await system.settle()
    await system.no_dead_letters()


async def test_a_handler_that_always_fails_blocks_one_matter_until_it_is_mended(system: Harness, place: Place) -> None:
    case_id = str((await place.resident.report(place))["caseId"])
    other = str((await place.resident.report(place))["caseId"])
    await system.settle()
    heard: list[int] = []
    mended = False

    async def react(event: Any) -> None:
        if event.key == case_id:
            if not mended:
                raise RuntimeError("a bug")
            heard.append(event.version)

    before = await system.rows("escalation", "SELECT body FROM custody WHERE id = :k", k=case_id)
    async with failing(system, "escalation", react):
        await place.owner.do("acknowledge", caseId=case_id)
        await place.owner.do("acceptMatter", caseId=case_id)
        await place.owner.do("acceptMatter", caseId=other)
        await system.settle()
        letters = [letter for letter in await desk(system, "escalation") if letter["key"] == case_id]
        assert [letter["reason"] for letter in letters][:2] == ["HANDLER_FAILED", "BEHIND"]
        assert letters[0]["error"].startswith("RuntimeError ")
        assert await system.rows("escalation", "SELECT body FROM custody WHERE id = :k", k=case_id) == before
        assert await custody_knows(system, other) > 1

        loop = asyncio.get_running_loop()
        started = loop.time()
        blocked = await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好")
        assert blocked.code == "MATTER_BLOCKED"
        assert loop.time() - started < 1, "there is nothing to wait for"
        stranger = await place.sibling_chair.do("solveOnSpot", caseId=case_id, evidence="已修好")
        assert stranger.code == "CASE_NOT_FOUND", "that it is blocked is not for her to know"
        assert (await place.owner.do("solveOnSpot", caseId=other, evidence="已修好")).code is None

        still = await desk(system, "escalation", do="retry", id=letters[0]["id"])
        assert still == {"through": 0, "held": len(letters)}
        mended = True
        through = await desk(system, "escalation", do="retry", id=letters[-1]["id"])
        assert through == {"through": len(letters), "held": 0}
        assert heard == sorted(heard)
        assert len(heard) == len(letters)
    await system.no_dead_letters()
    assert (await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好")).code is None
    await system.settle()


async def test_what_the_gateway_holds_too_is_not_decided_on(system: Harness, place: Place) -> None:
    """A record that nobody can read is held by every reader, so its callers have not seen what was told behind it either."""
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()
    sound = (await told(system, "intake", case_id))[0]
    await publish(system, replace(undecodable(sound), headers={**sound.headers, "ce_id": secrets.token_hex(8)}))
    await system.settle()
    accepted = await place.owner.do("acceptMatter", caseId=case_id)
    assert accepted.code == "DONE_NOT_SHOWN"
    await system.settle()
    blocked = await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好")
    assert blocked.code == "MATTER_BLOCKED", "it was accepted: that it is not would be untrue"
    for service in READERS:
        for letter in await desk(system, service):
            if letter["key"] == case_id and letter["reason"] != "BEHIND":
                await desk(system, service, do="drop", id=letter["id"])
    await system.settle()
    await system.no_dead_letters()
    assert (await place.owner.do("solveOnSpot", caseId=case_id, evidence="已修好")).code is None
    await system.settle()


async def test_what_is_held_goes_through_by_the_timer_when_the_cause_is_gone(system: Harness, place: Place) -> None:
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()

    async def react(event: Any) -> None:
        if event.key == case_id:
            raise RuntimeError("a bug")

    async with failing(system, "notify", react):
        await place.owner.do("acceptMatter", caseId=case_id)
        await system.settle()
        assert "ACCEPTED" not in await place.resident.inbox()
    assert await redrive_all(system.room("notify")) >= 1
    await system.settle()
    await system.no_dead_letters()
    assert (await place.resident.inbox()).count("ACCEPTED") == 1


async def test_a_failing_handler_spoils_nobody_else_in_its_batch(system: Harness, place: Place) -> None:
    """Twenty matters in one batch, every other one fails: the others have their effect once."""
    cases = [str((await place.resident.report(place))["caseId"]) for _ in range(20)]
    await system.settle()
    bad = set(cases[::2])

    async def react(event: Any) -> None:
        if event.key in bad:
            raise ValueError("a bug")

    async with failing(system, "escalation", react):
        await asyncio.gather(*(place.owner.do("acceptMatter", caseId=case_id) for case_id in cases))
        await system.settle()
    for case_id in cases:
        assert (await custody_knows(system, case_id) == 1) == (case_id in bad)
    keys = {letter["key"] for letter in await desk(system, "escalation")}
    assert keys == bad
    assert (await desk(system, "escalation", do="retry"))["through"] >= len(bad)
    await system.settle()
    await system.no_dead_letters()
    assert all([await custody_knows(system, case_id) > 1 for case_id in cases])


HOSTILE: Mapping[str, Callable[[Record], Record]] = {
    "long key": lambda r: replace(r, key="k" * 3_000),
    "NUL in the key": lambda r: replace(r, key="21\0"),
    "no key": lambda r: replace(r, key=""),
    "NUL in the type": lambda r: replace(r, headers={**r.headers, "ce_type": "a\0b"}),
    "long type": lambda r: replace(r, headers={**r.headers, "ce_type": "t" * 5_000}),
    "long id": lambda r: replace(r, headers={**r.headers, "ce_id": "i" * 5_000, "ce_type": "x"}),
    "NUL in the id": lambda r: replace(r, headers={**r.headers, "ce_id": "i\0" + secrets.token_hex(4), "ce_type": "x"}),
    "NUL in a header": lambda r: replace(r, headers={**r.headers, "x": "\0", "ce_type": "x"}),
    "NUL as a field": lambda r: replace(r, value=b'{"at\\u0000": 1, "case": {"\\u0000": 2}}'),
    "deep": lambda r: replace(r, value=b"[" * 100_000),
    "half a surrogate": lambda r: replace(r, value=b'{"case": "\\ud800"}'),
    "a number too large": lambda r: replace(
        r, value=(r.value or b"").replace(b'"version":1', b'"version":99999999999')
    ),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=list(HOSTILE))
async def test_no_record_whatever_stops_a_consumer(
    system: Harness, place: Place, make: Callable[[Record], Record]
) -> None:
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()
    sound = (await told(system, "intake", case_id))[0]
    await publish(system, make(anew(sound)))
    other = str((await place.resident.report(place))["caseId"])
    await system.settle()
    seen = await place.owner.case(other)
    assert seen is not None
    assert seen["holder"] is not None
    for service in READERS:
        letters = await desk(system, service)
        assert len(letters) == 1, service
        assert (await desk(system, service, do="drop", id=letters[0]["id"]))["dropped"] == letters[0]["id"]
    await system.no_dead_letters()


async def test_a_flood_of_held_keys_stops_the_consumer_and_it_says_so(
    system: Harness, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """Only the projector reads the topic of inboxes: everybody else goes on."""
    topic = topics.NOTIFY_INBOX.in_cell("21")
    part = system.system.wiring.parts["gateway"]
    inbox, consumer = part.runtime.inbox, part.runtime.consumer
    assert consumer is not None
    headers = {"ce_type": "org.yishi.notify.Nonsense.v1"}

    def poison(number: int) -> Record:
        return Record(
            topic, 0, 0, f"m_flood-{place.village}-{number}", b"{}", {**headers, "ce_id": secrets.token_hex(8)}
        )

    try:
        with caplog.at_level(logging.ERROR, "services.chassis.inbox"):
            await publish(system, *(poison(number) for number in range(TOO_MANY_HELD)))
            await until(lambda: "stopped until it is started again" in caplog.text)
        await publish(system, *(poison(TOO_MANY_HELD + number) for number in range(5)))
        reported = await place.resident.do(
            "reportMatter", returns=ONLY_CODE, group=place.group, subCategory="PUBLIC_FACILITY", narrative="灯坏了"
        )
        assert reported.code is None, "commands go on"
        assert await part.room.held() == TOO_MANY_HELD
        assert await consumer.lag() >= 5
        assert "yishi_consumer_stopped 1.0" in await metrics(system, "gateway")
        assert "yishi_consumer_stopped 0.0" in await metrics(system, "escalation")
    finally:
        inbox.start_again()
        async with part.room.database.write() as connection:
            await connection.execute(text("DELETE FROM dead_letter"))
    await system.settle()
    assert "yishi_consumer_stopped 0.0" in await metrics(system, "gateway")
    assert await part.room.held() == 5
    assert [letter["reason"] for letter in await desk(system, "gateway")] == ["UNKNOWN_TYPE"] * 5
    async with part.room.database.write() as connection:
        await connection.execute(text("DELETE FROM dead_letter"))


async def test_the_model_is_no_fresher_than_before_a_fact_was_held(system: Harness, place: Place) -> None:
    """Nothing waits in an outbox or at the consumer, and still the model lacks something that was told."""
    case_id = str((await place.resident.report(place))["caseId"])
    await system.settle()
    gateway = system.room("gateway")
    await measure_freshness(gateway)
    fresh = await as_of(place)

    async def react(event: Any) -> None:
        if event.key == case_id:
            raise RuntimeError("a bug")

    async with failing(system, "gateway", react):
        system.clock.advance(timedelta(minutes=5))
        await place.owner.do("acknowledge", caseId=case_id)
        await system.settle()
        await measure_freshness(gateway)
        assert await as_of(place) == fresh
    await redrive_all(gateway)
    await system.no_dead_letters()
    await measure_freshness(gateway)
    assert system.clock.now() - await as_of(place) <= timedelta(seconds=1)


async def as_of(place: Place) -> datetime:
    """How fresh the gateway says that its model is."""
    found = await place.chair.ask("{ asOf { asOf } }")
    return datetime.fromisoformat(found["asOf"][0]["asOf"])


ONLY_CODE = "{ __typename ... on Case { caseId } ... on Refusal { code } }"


async def metrics(system: Harness, service: str) -> str:
    app = system.system.wiring.parts[service].runtime.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as http:
        return (await http.get("/metrics")).text


async def test_records_that_come_again_change_nothing(system: Harness, place: Place) -> None:
    """Every record of a matter's life, forwards and then backwards, under its old ids."""
    case_id = await system.solved(place)
    await place.owner.do("giveFeedback", caseId=case_id, text="修好了", toGroup="已修好")
    await place.resident.do("rateMatter", caseId=case_id, score=5, solved=True)
    await system.settle()
    records = [r for service in ("intake", "escalation", "deliberation") for r in await told(system, service, case_id)]
    records += await told(system, "notify", place.resident.member)
    assert len(records) > 10
    before, facts = await contents(system), await facts_told(system)
    await publish(system, *records)
    await system.settle()
    await publish(system, *reversed(records))
    await publish(system, *(record for record in records for _ in range(3)))
    await system.settle()
    assert await facts_told(system) == facts
    after = await contents(system)
    assert {table for table in after if after[table] != before[table]} == set()
    await system.no_dead_letters()


async def contents(system: Harness) -> dict[str, list[str]]:
    """Every row of every table, but for those that say when and where, not what; and the outboxes, which hold what this test sends."""
    found: dict[str, list[str]] = {}
    for name, part in system.system.wiring.parts.items():
        async with part.room.database.read() as connection:
            for table in part.room.service.metadata.tables.values():
                if table.name not in {"lease", "position", "freshness", "access_log", "outbox"}:
                    rows = (await connection.execute(table.select())).all()
                    found[f"{name}.{table.name}"] = sorted(map(str, rows))
    return found


async def facts_told(system: Harness) -> dict[str, set[str]]:
    """The ids of all facts in the outboxes."""
    found: dict[str, set[str]] = {}
    for name in system.system.wiring.parts:
        rows: Sequence[Any] = await system.rows(name, "SELECT headers FROM outbox")
        found[name] = {headers_from_json(row.headers)["ce_id"] for row in rows}
    return found


async def test_the_desk_is_for_operators(system: Harness, place: Place) -> None:
    for who in (place.chair, place.resident, place.province_officer, system.anonymous):
        assert "refusal" in await desk(system, "intake", who)
        assert "refusal" in await desk(system, "intake", who, do="retry")
    assert await desk(system, "intake", do="drop", id=999_999_999) == await desk(
        system, "intake", do="retry", id=999_999_999
    )
    assert (await desk(system, "intake", do="burn"))["refusal"]["code"] == "MALFORMED"
    assert await desk(system, "intake") == []
