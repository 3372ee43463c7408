"""What must hold of the databases when everything has settled, however often processes died: every accepted case is there once, every
fact has had its effect once and in order, and those who keep a part of a matter agree (domain 2.11; design 3)."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import text

from deploy.demo import roster
from deploy.wiring import EVERYTHING
from services.chassis.database import Database
from services.chassis.wire import Record, decode, headers_from_json
from services.contracts import topics
from services.contracts.events.base import Event
from services.contracts.events.escalation import CustodyEvent
from services.contracts.events.intake import AccessEvent, CaseEvent
from services.contracts.events.notify import InboxEntryAdded
from services.contracts.states import CaseState, CustodyState
from tests.faults.load import STEPS, Story

TOLD = (
    (("resident", "RECEIVED"), ("group-owner", "NEW_MATTER")),
    (("resident", "ACCEPTED"),),
    (),
    (("resident", "FEEDBACK"), ("board", "RESULT")),
    (("resident", "CLOSED"),),
)
"""Who is told what by each step of a story (domain 1.6, S00)."""
COUNTED = {"submitted": 1, "accepted": 2, "feedback_given": 4, "closed": 5, "resolved_at_village": 5}
"""After how many steps of a story each counter has moved."""
BOARD = "n_group-fukang-1"
PAUSE = 0.2
"""Seconds between two looks."""


class Fact:
    """One row of an outbox."""

    def __init__(self, owner: str, topic: topics.Topic, event_id: str, event: Event) -> None:
        self.owner = owner
        self.topic = topic
        self.event_id = event_id
        self.event = event


class Audit:
    """Reads every database once, says what is wrong."""

    def __init__(self, database_of: Callable[[str], Database], stories: Sequence[Story], cell: str = "21") -> None:
        self._database_of = database_of
        self._cell = cell
        self._stories = stories
        self.problems: list[str] = []
        self.facts: list[Fact] = []
        """Every fact that was told, in the order of its owner's outbox."""

    async def until_heard(self, seconds: float = 60) -> None:
        """Until every reader has heard every fact, of those too that facts make others tell; at the latest when time is up, for what is
        lost is never heard. A read model that has everything told is fresh while a reader before it is still at work."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self._unheard():
                    await asyncio.sleep(PAUSE)

    async def _unheard(self) -> bool:
        for owner in EVERYTHING:
            told = {(row.topic, row.event_id) for row in await self._rows(owner, "SELECT topic, event_id FROM outbox")}
            for topic in topics.TOPICS:
                of_topic = {event_id for name, event_id in told if name == topic.in_cell(self._cell)}
                for reader in topic.readers if of_topic else ():
                    seen = await self._rows(reader, "SELECT event_id FROM inbox")
                    if of_topic - {row.event_id for row in seen}:
                        return True
        return False

    async def run(self) -> list[str]:
        """All checks; what they found."""
        self.facts = [fact for owner in EVERYTHING for fact in await self._facts_of(owner)]
        await self._nothing_waits()
        await self._cases()
        self._order()
        await self._heard_once()
        await self._inboxes()
        await self._read_model()
        await self._custody_agrees()
        return self.problems

    def _expect(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            self.problems.append(f"{what}: {_short(found)}, expected {_short(expected)}")

    async def _rows(self, service: str, statement: str) -> Sequence[Any]:
        database = self._database_of(service)
        try:
            async with database.read() as connection:
                return (await connection.execute(text(statement))).all()
        finally:
            await database.close()

    async def _facts_of(self, owner: str) -> list[Fact]:
        by_name = {topic.in_cell(self._cell): topic for topic in topics.TOPICS}
        found = []
        for row in await self._rows(owner, "SELECT id, topic, key, value, headers, event_id FROM outbox ORDER BY id"):
            headers = headers_from_json(row.headers)
            record = Record(row.topic, 0, row.id, row.key, bytes(row.value), headers)
            found.append(Fact(owner, by_name[row.topic], row.event_id, decode(record, by_name[row.topic])))
        return found

    async def _nothing_waits(self) -> None:
        for service in EVERYTHING:
            held = await self._rows(service, "SELECT topic, key, reason, error FROM dead_letter")
            self._expect(f"dead letters of {service}", [tuple(row) for row in held], [])
            unsent = await self._rows(service, "SELECT count(*) FROM outbox WHERE NOT sent")
            self._expect(f"unsent facts of {service}", unsent[0][0], 0)

    async def _cases(self) -> None:
        """Each key one case, each case one key, each number once."""
        rows = await self._rows("intake", 'SELECT id FROM "case"')
        self._expect("cases", sorted(row.id for row in rows), sorted({story.case_id for story in self._stories}))
        self._expect("cases by key", len({story.case_id for story in self._stories}), len(self._stories))
        self._expect("case numbers", len({story.number for story in self._stories}), len(self._stories))
        answers: Counter[str] = Counter()
        for service in ("intake", "escalation"):
            for row in await self._rows(service, "SELECT command, answer FROM answer WHERE key LIKE 'story-%'"):
                answers[row.command] += 1 if row.answer else 0
        done = Counter(kind for mutation, kind, *_ in STEPS for story in self._stories if mutation in story.done)
        self._expect("remembered answers", answers, done)

    def _order(self) -> None:
        """Versions of one matter on one topic: 1, 2, 3 and so on, in the order of the outbox."""
        versions: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for fact in self.facts:
            if fact.topic is not topics.NOTIFY_INBOX and not isinstance(fact.event, AccessEvent):
                versions[fact.topic.name, fact.event.key].append(fact.event.version)
        for place, found in versions.items():
            self._expect(f"versions at {place}", found, list(range(1, len(found) + 1)))

    async def _heard_once(self) -> None:
        """Every reader has seen every fact of its topics, and keeps the newest state of each key."""
        for reader in EVERYTHING:
            read = [fact for fact in self.facts if reader in fact.topic.readers]
            seen = {row.event_id for row in await self._rows(reader, "SELECT event_id FROM inbox")}
            self._expect(f"facts that {reader} has not seen", len({fact.event_id for fact in read} - seen), 0)
            newest = {(fact.topic.in_cell(self._cell), fact.event.key): fact.event.version for fact in read}
            rows = await self._rows(reader, "SELECT topic, key, version FROM known")
            known = {(row.topic, row.key): row.version for row in rows}
            behind = [place for place, version in newest.items() if known.get(place) != version]
            self._expect(f"states that {reader} does not know", behind, [])

    async def _inboxes(self) -> None:
        """Everyone was told once of what concerns her."""
        addresses = {name: roster.member_of(name) for name in ("resident", "group-owner")} | {"board": BOARD}
        expected: Counter[tuple[str, str, str]] = Counter()
        for story in self._stories:
            for told in TOLD[: len(story.done)]:
                expected.update((story.case_id, addresses[who], kind) for who, kind in told)
        rows = await self._rows("notify", "SELECT id, case_id, address, kind FROM entry WHERE case_id IS NOT NULL")
        found = Counter((row.case_id, row.address, row.kind) for row in rows)
        self._expect("inbox entries too many", found - expected, Counter())
        self._expect("inbox entries missing", expected - found, Counter())
        waiting = await self._rows("notify", "SELECT count(*) FROM waiting")
        self._expect("facts that wait for access", waiting[0][0], 0)

    async def _read_model(self) -> None:
        """Timeline, feed and counters: one step for each fact, no more."""
        matters = [fact for fact in self.facts if isinstance(fact.event, CaseEvent | CustodyEvent) or _of_docket(fact)]
        expected = Counter(fact.event.key for fact in matters)
        lines = await self._rows("gateway", "SELECT case_id, service, version FROM timeline")
        self._expect("timeline lines", Counter(row.case_id for row in lines), expected)
        kept = {(row.case_id, row.service, row.version) for row in lines}
        told = {(fact.event.key, fact.owner, fact.event.version) for fact in matters}
        self._expect("timeline versions", kept ^ told, set())
        feed = await self._rows("gateway", "SELECT subject, key, entry FROM change")
        self._expect("feed of cases", Counter(row.key for row in feed if row.subject == "CASE"), expected)
        entries = Counter(fact.event.entry_id for fact in self.facts if isinstance(fact.event, InboxEntryAdded))
        self._expect("feed of inboxes", Counter(row.entry for row in feed if row.subject == "INBOX"), entries)
        counters = await self._rows("gateway", "SELECT metric, sum(count) AS total FROM counter GROUP BY metric")
        totals = {row.metric: int(row.total) for row in counters}
        for metric, steps in COUNTED.items():
            reached = sum(1 for story in self._stories if len(story.done) >= steps)
            self._expect(f"counter {metric}", totals.get(metric, 0), reached)

    async def _custody_agrees(self) -> None:
        """Every case has one custody, closed when the case is, with one holder and a running clock until then."""
        rows = await self._rows("gateway", "SELECT case_id, case_state, custody_state FROM case_view")
        depth = {story.case_id: len(story.done) for story in self._stories}
        self._expect("matters in the read model", {row.case_id for row in rows}, set(depth))
        for row in rows:
            case = CaseState.model_validate_json(row.case_state)
            custody = CustodyState.model_validate_json(row.custody_state)
            closed = depth.get(row.case_id) == len(STEPS)
            agreed = (case.closed_at is not None, custody.closed_at is not None, custody.holder is None)
            self._expect(f"closed, closed, no holder of {row.case_id}", agreed, (closed, closed, closed))
            self._expect(f"a running clock of {row.case_id}", custody.clock is not None, not closed)


def _of_docket(fact: Fact) -> bool:
    return fact.topic is topics.DELIBERATION_DOCKET


def _short(value: object) -> str:
    said = repr(value)
    return said if len(said) < 300 else f"{said[:300]}… ({len(value) if hasattr(value, '__len__') else '?'} in all)"
