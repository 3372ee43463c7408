"""Personal text stays where it was taken: a unique string in every personal field, S00 and a private report of each class played, and
every topic, every other database, logs, errors, metrics and other people's answers searched for it (design 3, domain 1.4)."""

import io
import json
import logging
import secrets
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.wiring import EVERYTHING
from services.chassis.telemetry import log_to_stderr
from services.contracts import topics
from tests.access.world import CODE, SUBS, photo, send, service, upload
from tests.harness import Harness, Person, Place, key
from tests.orders import department, issue
from tests.scenarios.councils import done, opened


@dataclass
class Planted:
    """The canaries of one run: a word for each field, and two telephone numbers."""

    mark: str
    words: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, field: str) -> str:
        return self.words.setdefault(field, f"canary{self.mark}{field}")

    @property
    def phones(self) -> tuple[str, str]:
        """Numbers nobody else has: 11 digits with the mark in them."""
        digits = f"{int(self.mark, 16) % 10**8:08d}"
        return f"139{digits}", f"138{digits}"

    def found_in(self, data: bytes | str) -> set[str]:
        """The canaries in some data, in any case, as text or as JSON would escape them."""
        text = (data.decode("utf-8", "replace") if isinstance(data, bytes) else data).lower()
        hidden = (*self.words.values(), *self.phones)
        return {word for word in hidden if word.lower() in text or json.dumps(word).strip('"').lower() in text}


PUBLIC = ("publicSummary", "toGroup")
"""Approved by a person for everybody in the group (F1): these may be in the read model too."""


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What a process at DEBUG writes to stderr, by the product's own set-up."""
    root = logging.getLogger()
    kept = (
        root.handlers[:],
        root.level,
        {name: logging.getLogger(name).level for name in ("services", "gateway", "deploy")},
    )
    stream, real = io.StringIO(), sys.stderr
    sys.stderr = stream
    try:
        log_to_stderr("test", "DEBUG")
    finally:
        sys.stderr = real
    try:
        yield stream
    finally:
        root.handlers[:], level, levels = kept[0], kept[1], kept[2]
        root.setLevel(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)


async def play(system: Harness, place: Place, planted: Planted) -> dict[str, str]:
    """S00 whole, with a dissatisfied turn, and a report of each other class; the matters by their class."""
    matters = {}
    for case_class, sub in SUBS.items():
        attachment = (await upload(place.resident, photo(planted["exif"]))).json()["id"]
        answer = await place.resident.report(
            place,
            subCategory=sub,
            urgency=None,
            narrative=planted["narrative"],
            place=planted["place"],
            toldBy=planted["toldBy"],
            reporter={"name": planted["reporterName"], "phone": planted.phones[0]},
            subjectPerson={"name": planted["subjectName"], "phone": planted.phones[1]},
            attachments=[attachment],
        )
        assert answer.code is None, answer
        matters[case_class] = str(answer["caseId"])
    await system.settle()
    await _step(system, place.chair, "acceptMatter", caseId=matters["C2"])
    await _step(system, place.rights_officer, "acceptMatter", caseId=matters["C3"])
    for case_class, handler in (("C0", place.owner), ("C1", place.chair)):
        about, open_to_all = {"caseId": matters[case_class]}, case_class == "C0"
        summary = {"publicSummary": planted["publicSummary"]} if open_to_all else {}
        await _step(system, handler, "acceptMatter", **about, **summary)
        await _step(system, place.chair, "tellProgress", **about, text=planted["progress"])
        await _step(system, place.chair, "recordAction", **about, action="VISIT", note=planted["action"])
        if not open_to_all:
            await deliberate(system, place, planted, matters[case_class])
            await write_to_a_department(system, place, planted, matters[case_class])
        proof = (await upload(handler, photo(planted["exif"]), evidence=True)).json()["id"]
        await _step(system, handler, "solveOnSpot", **about, evidence=planted["evidence"], photos=[proof])
        result = {"toGroup": planted["toGroup"]} if open_to_all else {}
        await _step(system, handler, "giveFeedback", **about, text=planted["feedback"], **result)
        await _step(system, place.exec_member, "callBack", **about, reached=False, remark=planted["callBack"])
        await _step(system, place.resident, "rateMatter", **about, score=1, solved=False, remark=planted["remark"])
        await _step(system, handler, "solveOnSpot", **about, evidence=planted["evidence"])
        await _step(system, handler, "giveFeedback", **about, text=planted["feedback"])
        await _step(system, place.chair, "closeMatter", **about, outcome="SOLVED", reason=planted["closing"])
    return matters


async def deliberate(system: Harness, place: Place, planted: Planted, case_id: str) -> None:
    """A session with words in it, a resolution, an item that is done; a standing member."""
    session_id = await opened(system, place, case_id)
    for person in (place.chair, place.exec_member, place.council_member):
        await done(system, person, "speak", case_id, sessionId=session_id, text=planted["speech"])
    task = {"text": planted["task"], "member": place.volunteer.member}
    words = {"rule": "CONSENSUS", "text": planted["resolution"], "minutes": planted["minutes"], "items": [task]}
    adopted = await done(system, place.chair, "adopt", case_id, sessionId=session_id, **words)
    item = {"itemId": adopted["items"][0]["itemId"]}
    await done(system, place.volunteer, "acceptItem", case_id, **item)
    await done(system, place.volunteer, "finishItem", case_id, evidence=planted["itemEvidence"], **item)
    await done(system, place.exec_member, "verifyItem", case_id, **item)
    until = system.in_(days=300).isoformat()
    await done(system, place.chair, "admitMember", case_id, member=place.volunteer.member, until=until)


async def write_to_a_department(system: Harness, place: Place, planted: Planted, case_id: str) -> None:
    """A letter with a package, and the department's answer."""
    to = place.liaison
    words = {"demand": planted["orderDemand"], "legalBasis": ""}
    letter = await issue(system, place.chair, case_id, department(place), letter=True, **words)
    assert letter.code is None, letter
    await _step(system, to, "signOrder", orderId=letter["orderId"])
    answer = {"result": "x", "reply": planted["orderReply"], "internalNote": planted["orderNote"]}
    await _step(system, to, "reportDone", orderId=letter["orderId"], **answer)


async def _step(system: Harness, person: Person, mutation: str, **words: Any) -> None:
    assert await send(person, mutation, **words) is None, (mutation, words)
    await system.settle()


async def provoke(system: Harness, place: Place, planted: Planted, matters: Mapping[str, str]) -> list[str]:
    """Errors of every kind, with canaries in what was sent; what others are answered."""
    words = planted["narrative"]
    report = {"idempotencyKey": key(), "group": place.group, "subCategory": "PUBLIC_FACILITY"}
    good = {**report, "narrative": words}
    said: list[str] = []

    async def ask(person: Person, query: str, variables: Mapping[str, Any] | None = None) -> None:
        said.append(json.dumps(await person.raw(query, variables), ensure_ascii=False))

    mutation = f"mutation($input: ReportMatterInput!) {{ answer: reportMatter(input: $input) {CODE} }}"
    await ask(place.resident, mutation, {"input": {**good, "reporter": {"phone": planted.phones[0][:9]}}})
    await ask(place.resident, mutation, {"input": {**good, "narrative": words + "\x00"}})
    await ask(place.resident, mutation, {"input": {**good, "narrative": words * 1_000}})
    await ask(place.resident, mutation, {"input": good})
    await ask(place.resident, mutation, {"input": {**good, "place": "x"}})  # the same key, another body
    async with service(system, "intake") as door:
        for body in (
            {"command": {**good, "reporter": words}},
            {"command": {**good, "urgency": words}},
            {"command": words},
        ):
            answer = await door.post("/commands/ReportMatter", json=body, headers=place.resident.headers())
            assert answer.status_code == 400
            said.append(answer.text)
    everything = """{ cases(first: 100) { edges { node { caseId narrative place feedback progress { text } notes { text } reporterName reporterPhone
        subjectName summary number timeline { kind detail } attachments { id } } } } me { inbox(first: 100) { edges { node {
        titleZh titleEn caseNumber } } } } }"""
    for who in ("neighbour", "unit_leader", "sibling_chair", "township_officer", "county_officer", "liaison", "operator",
                "inspector", "second_owner", "volunteer", "city_chair", "beside_officer"):  # fmt: skip
        await ask(place.people[who], everything)
        for case_id in matters.values():
            await ask(
                place.people[who], "query($id: String!) { case(caseId: $id) { narrative feedback } }", {"id": case_id}
            )
            code = await send(place.people[who], "giveFeedback", caseId=case_id, text=planted["feedback"])
            said.append(str(code))
    return said


async def break_down(system: Harness, place: Place, planted: Planted, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bug of ours whose exception quotes what a person wrote, as a driver's would."""

    async def careless(_tx: object, _case_id: str, _field: str, value: str) -> None:
        raise RuntimeError(f"could not write {value}")

    with monkeypatch.context() as broken:
        broken.setattr("services.intake.commands.matters.write_content", careless)
        answer = await place.resident.report(place, narrative=planted["narrative"])
    assert answer.code == "INTERNAL"
    return json.dumps(answer, ensure_ascii=False)


async def metrics(system: Harness) -> list[str]:
    """Every metrics page."""
    pages = [(await system.http.get("/metrics")).text]
    for name in EVERYTHING:
        async with service(system, name) as door:
            pages += [(await door.get(path)).text for path in ("/metrics", "/outbox", "/readyz")]
    return pages


async def database(system: Harness, name: str) -> AsyncIterator[tuple[str, str, bytes]]:
    """Every value of every table of a service: table, column, bytes."""
    for table in system.room(name).service.metadata.tables.values():
        columns = [column.name for column in table.columns]
        names = ", ".join(f'"{column}"' for column in columns)
        for row in await system.rows(name, f'SELECT {names} FROM "{table.name}"'):
            for column, value in zip(columns, row, strict=True):
                raw = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode("utf-8", "replace")
                yield table.name, column, raw


async def on_topics(system: Harness) -> list[tuple[str, bytes]]:
    """Every record of every topic, key, headers and value: from Kafka by a plain consumer, embedded from the outboxes."""
    found = [
        (topic.name, f"{row.key} {row.headers} ".encode() + bytes(row.value or b""))
        for topic in topics.TOPICS
        for row in await system.rows(
            topic.owner, "SELECT key, headers, value FROM outbox WHERE topic = :topic", topic=topic.in_cell("21")
        )
    ]
    if system.kind == "kafka":
        found += await _consumed(system.system.wiring.settings.kafka)
    return found


async def _consumed(servers: str) -> list[tuple[str, bytes]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await admin.start()
    await consumer.start()
    try:
        names = [topic.in_cell("21") for topic in topics.TOPICS]
        described = await admin.describe_topics(names)
        places = [TopicPartition(each["topic"], part["partition"]) for each in described for part in each["partitions"]]
        assert {place.topic for place in places} == set(names)
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[tuple[str, bytes]] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for place, records in (await consumer.getmany(timeout_ms=500)).items():
                for record in records:
                    said = b" ".join([record.key or b"", repr(record.headers).encode(), record.value or b""])
                    found.append((place.topic, said))
        return found
    finally:
        await consumer.stop()
        await admin.close()


async def test_no_personal_text_leaves_the_service_that_took_it(
    system: Harness, place: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = Planted(secrets.token_hex(5))
    for name in ("services", "gateway", "deploy"):
        caplog.set_level(logging.DEBUG, name)
    with logged() as stderr:
        matters = await play(system, place, planted)
        said = await provoke(system, place, planted, matters)
        said.append(await break_down(system, place, planted, monkeypatch))
        await system.advance(hours=30)
        pages = await metrics(system)
        log = stderr.getvalue()
    assert len(planted.words) == 23
    public = {planted[each] for each in PUBLIC}

    # Where it may be: the search must find it there, or it finds nothing anywhere.
    places: dict[str, dict[str, set[str]]] = {}
    for name in EVERYTHING:
        places[name] = {}
        async for table, column, value in database(system, name):
            if hits := planted.found_in(value):
                places[name].setdefault(f"{table}.{column}", set()).update(hits)
    exif = {planted["exif"]}
    taken = {planted["evidence"], planted["progress"], planted["action"]}
    of_orders = {planted[each] for each in ("orderDemand", "orderReply", "orderNote")}
    of_council = {planted[each] for each in ("speech", "task", "resolution", "minutes", "itemEvidence")}
    packed = {planted["place"]}  # of a C1 matter no narrative: the officer writes her own summary
    assert places.pop("escalation") == {"content.text": taken, "order_content.text": of_orders | packed}
    assert places.pop("gateway") == {"case_view.summary": {planted["toGroup"]}}
    assert places.pop("intake") == {
        "content.text": {*planted.words.values(), *planted.phones}
        - taken
        - exif
        - of_orders
        - of_council
        - {planted["publicSummary"]}
    }, "each field in the contents (the group's result has replaced the summary), nothing anywhere else"
    assert places.pop("deliberation") == {"content.text": of_council}
    assert places == {"notify": {}}

    records = await on_topics(system)
    assert len({topic.removeprefix("21.") for topic, _ in records}) == len(topics.TOPICS)
    assert any(matters["C0"].encode() in record for _, record in records), "the search sees what is there"
    assert {topic: planted.found_in(record) for topic, record in records if planted.found_in(record)} == {}

    assert "RuntimeError" in log, "the product's own logs were written"
    assert planted.found_in(log) == set()
    for each in caplog.records:
        assert planted.found_in(each.getMessage() + repr(getattr(each, "facts", ""))) == set(), each
    for line in log.splitlines():
        json.loads(line)
    assert [page for page in pages if planted.found_in(page)] == []
    for answer in said:
        assert planted.found_in(answer) <= public, answer


async def test_the_search_finds_what_is_planted(system: Harness, place: Place) -> None:
    """So that the test above can fail: a text in a record, a log line and a row is found."""
    planted = Planted(secrets.token_hex(5))
    word = planted["narrative"]
    assert planted.found_in(f'{{"text": "{word.upper()}"}}') == {word}
    assert planted.found_in(b"\x00\xff" + word.encode() + b"\xff") == {word}
    assert planted.found_in(f"call {planted.phones[0]}") == {planted.phones[0]}
    assert planted.found_in("nothing") == set()
    with logged() as stderr:
        logging.getLogger("services.chassis.door").debug("careless: %s", word)
        logging.getLogger("sqlalchemy.engine.Engine").info("libraries are careless: %s", word)
    assert planted.found_in(stderr.getvalue()) == {word}
    assert "libraries" not in stderr.getvalue()
