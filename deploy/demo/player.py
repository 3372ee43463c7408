"""Plays a story through the front door, each person with her own token, and finds out what became of every step.

Facts are awaited by subscription, at most PATIENCE seconds a step; what comes unasked (an entry in an inbox that nobody should have)
is looked for once the model says that everything told has been applied.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from deploy.demo import inboxes, outsiders, roster
from deploy.demo.client import PATIENCE, Answer, Front
from deploy.demo.inboxes import Inboxes
from deploy.demo.outsiders import Held
from deploy.demo.stories.base import NOTHING_THERE, Refused, Scene, Step, Story, Tier

SHANGHAI = timezone(timedelta(hours=8))
LETTER = {"VILLAGE": "V", "TOWNSHIP": "T", "COUNTY": "C", "CITY": "M", "PROVINCE": "P"}
"""Levels in the notation of domain 1.6."""

SEEN = "id number state docket holder { code name level } clock { stage dueAt } entries { level state } timeline { at }"
COUNTS = "query($region: RegionCode!, $month: String!) { counts(region: $region, month: $month) { metric count } }"


@dataclass(frozen=True)
class Seen:
    """A matter as the story's observer finds it, in the notation of domain 1.6."""

    p1: str = ""
    p2: str = ""
    p3: str = ""
    holder: str | None = None
    holder_name: str = ""
    clock: tuple[str, str] | None = None
    """Stage and due time (ISO 8601)."""
    newest: datetime | None = None
    """When the last fact was told."""


@dataclass(frozen=True)
class Played:
    """What became of a step."""

    story: str
    step: Step
    seen: Seen = Seen()
    case_id: str = ""
    told: tuple[str, ...] = ()
    never: tuple[Held, ...] = ()
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return self.error is None


async def play(front: Front, story: Story) -> AsyncIterator[Played]:
    """Every step as it ends. After a command that was turned down the rest is not played. Raises CannotPlay, httpx.TransportError."""
    await front.check(story.observer)
    scene = Scene(front)
    async with AsyncExitStack() as sockets:
        for name in roster.names():
            await sockets.enter_async_context(front.person(name).listening())
        playing = _Playing(story, scene)
        await playing.start()
        stopped = False
        for number, step in enumerate(story.steps, 1):
            if stopped:
                yield Played(
                    story.id, step, case_id=scene.case_id, error="not played: a command before it was turned down"
                )
                continue
            try:
                yield await playing.step(number, step)
            except Refused as refused:
                stopped = True
                yield Played(story.id, step, case_id=scene.case_id, error=str(refused))


class _Playing:
    def __init__(self, story: Story, scene: Scene) -> None:
        self.story = story
        self.scene = scene
        self.inboxes = Inboxes(scene)
        self.counted: Counter[str] = Counter()
        self.expected_counts: Counter[str] = Counter()
        self.months: set[str] = set()

    async def start(self) -> None:
        """How the counters stand before."""
        self.counted = await self._counters()

    async def step(self, number: int, step: Step) -> Played:
        """Do it, await what must follow, look for what must not. Raises Refused."""
        scene = self.scene
        await self._do(number, step)
        scene.end = time.monotonic() + PATIENCE
        wrong = [await scene.front.bell.until(lambda: self._missing(step), scene.end)]
        seen = await self._see()
        await scene.front.bell.until(lambda: self._not_fresh(seen), scene.end)
        told = await self.inboxes.gained(roster.names(), and_remember=True)
        wrong.append(inboxes.difference(told, step.expect.told))
        wrong.append(await scene.front.bell.until(lambda: self._uncounted(step), scene.end))
        self.expected_counts.update(step.expect.counters)
        for check in step.checks:
            why = await scene.front.bell.until(lambda check=check: check.wrong(scene), scene.end)  # type: ignore[misc]
            wrong.append(f"{why} (“{check.says}”)" if why else None)
        nobody = self.story.never if step.never is None else step.never
        held = tuple(await asyncio.gather(*(outsiders.ask(scene, never) for never in nobody)))
        wrong += outsiders.failures(held)
        names = (*inboxes.names_of(told), *step.expect.later)
        error = "; ".join(dict.fromkeys(each for each in wrong if each)) or None
        return Played(self.story.id, step, await self._see(), scene.case_id, names, held, error)

    async def _do(self, number: int, step: Step) -> None:
        scene = self.scene
        words: dict[str, Any] = {"idempotencyKey": f"demo-{self.story.id}-{scene.run}-{number}"}
        if not step.opens:
            words["caseId"] = scene.case_id
        words |= await step.input(scene)
        document = scene.front.mutation(step.command)
        person = scene.person(step.actor)
        answer = await person.ask(document, input=words)
        end = time.monotonic() + PATIENCE
        while _retryable(answer) and time.monotonic() < end:
            await scene.front.bell.after(scene.front.bell.count, PATIENCE / 20)
            answer = await person.ask(document, input=words)
        done = (answer.data or {}).get("answer") or {}
        if answer.errors:
            raise Refused(f"{step.actor} asked {step.command}: {', '.join(answer.errors)}")
        if done.get("__typename") == "Refusal":
            raise Refused(f"{step.actor} asked {step.command}: {done['code']}: {done['messageEn']}")
        if step.opens:
            await self._opened(str(done["caseId"]))

    async def _opened(self, case_id: str) -> None:
        """The observer listens to the matter from now on, and so does everybody who must not know of it."""
        scene = self.scene
        scene.case_id = case_id
        scene.keep_from_others(case_id, Tier.ENTRY)
        for name in dict.fromkeys((self.story.observer, *(never.who for never in self.story.never))):
            await scene.person(name).subscribe(outsiders.CHANGES, case=case_id)

    async def _see(self) -> Seen:
        found = await self.scene.read(self.story.observer, SEEN)
        if not found:
            return Seen()
        if not self.scene.relay_id:
            self.scene.relay_id = found["id"]
            self.scene.keep_from_others(found["id"], Tier.ENTRY)
            if found["number"]:
                self.scene.keep_from_others(found["number"], Tier.ENTRY)
        holder, clock = found["holder"], found["clock"]
        return Seen(
            p1=found["state"],
            p2=NOTHING_THERE if found["docket"] == "NONE" else found["docket"],
            p3=ladder(found["entries"]),
            holder=holder["code"] if holder else None,
            holder_name=f"{LETTER[holder['level']]} {holder['name']}" if holder else "",
            clock=(clock["stage"], clock["dueAt"]) if clock else None,
            newest=max((datetime.fromisoformat(fact["at"]) for fact in found["timeline"]), default=None),
        )

    async def _missing(self, step: Step) -> str | None:
        """What the observer does not find yet, and whose inbox still lacks what must come."""
        seen, expect = await self._see(), step.expect
        found = {"p1": seen.p1, "p2": seen.p2, "p3": seen.p3, "holder": seen.holder}
        found["clock"] = seen.clock[0] if seen.clock else None
        for name, value in found.items():
            if value != (wanted := getattr(expect, name)):
                return f"{name} is {value or 'nothing'}, not {wanted or 'nothing'}"
        people = [who for who in roster.names() if any(inboxes.finds(who, each.who) for each in expect.told)]
        missing = Counter(expect.told) - Counter(await self.inboxes.gained(people))
        return inboxes.lacking(missing) if missing else None

    async def _not_fresh(self, seen: Seen) -> str | None:
        as_of = await self._as_of()
        return None if as_of and seen.newest and as_of > seen.newest else "the model is behind"

    async def _as_of(self) -> datetime | None:
        """Up to when everything told has been applied, by the run's own clock."""
        answer = await self.scene.person(self.story.observer).ask("{ asOf { asOf } }")
        return min(
            (datetime.fromisoformat(each["asOf"]) for each in (answer.data or {}).get("asOf") or ()), default=None
        )

    async def _counters(self) -> Counter[str]:
        """The sums of the months that the story has seen (it may be played at midnight)."""
        if self.story.counted_by is None:
            return Counter()
        who, region = self.story.counted_by
        now = await self._as_of() or datetime.now(SHANGHAI)
        self.months.add(f"{now.astimezone(SHANGHAI):%Y-%m}")
        found: Counter[str] = Counter()
        for month in self.months:
            answer = await self.scene.person(who).ask(COUNTS, region=region, month=month)
            for each in (answer.data or {}).get("counts") or ():
                found[each["metric"]] += each["count"] or 0
        return found

    async def _uncounted(self, step: Step) -> str | None:
        moved = await self._counters() - self.counted
        wanted = self.expected_counts + Counter(step.expect.counters)
        lacking = [
            f"{metric} by {moved[metric]}, not {count}" for metric, count in wanted.items() if moved[metric] < count
        ]
        return f"counters moved: {', '.join(lacking)}" if lacking else None


def ladder(entries: list[Mapping[str, str]]) -> str:
    """P3: nothing while no level above the village has to do with it, else each level and its state, lowest first."""
    if all(entry["level"] == "VILLAGE" for entry in entries):
        return NOTHING_THERE
    return ", ".join(
        f"{LETTER[e['level']]} {e['state']}" for e in sorted(entries, key=lambda e: list(LETTER).index(e["level"]))
    )


def _retryable(answer: Answer) -> bool:
    done = (answer.data or {}).get("answer") or {}
    return bool(done.get("retryable"))
