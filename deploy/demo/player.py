"""Plays a story through the front door, each person with her own token, and finds out what became of every step.

Facts are awaited by subscription, at most PATIENCE seconds a step; what comes unasked (an entry in an inbox that nobody should have)
is looked for once the model says that everything told has been applied. On a run with a clockwork nothing is awaited: it is settled.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deploy.demo import inboxes, notation, outsiders, roster
from deploy.demo.client import PATIENCE, Answer, CannotPlay, Front
from deploy.demo.days import SHANGHAI, morning
from deploy.demo.inboxes import Inboxes
from deploy.demo.outsiders import Held
from deploy.demo.stories.base import TIME, Refused, Scene, Step, Story, Tier

SEEN = f"id number state holder {{ code name level }} clock {{ stage dueAt }} clocks {{ stage state }} timeline {{ at }} {notation.FIELDS}"
ACKNOWLEDGE = "ACK"
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
    running: frozenset[str] = frozenset()
    """The stages of all clocks that run."""
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


async def play(
    front: Front, story: Story, scene: Scene | None = None, *, alone: bool = False, every: int = 1
) -> AsyncIterator[Played]:
    """Every step as it ends. After a command that was turned down the rest is not played. `alone`: nobody else is about, so that the
    counters move by exactly what the story says. `every`: those who must not know are asked in turns, each at the first step of which she
    must not know, then after so many steps, and all after the last. Raises CannotPlay, httpx.TransportError."""
    await front.check(story.observer)
    scene = scene or Scene(front)
    async with AsyncExitStack() as sockets:
        for name, told in _listening(story).items():
            await sockets.enter_async_context(front.person(name).listening(told=told))
        playing = _Playing(story, scene, alone=alone, every=every)
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


def _listening(story: Story) -> dict[str, bool]:
    """Who has a socket open, and whether she is told something: who sees it all, who must not, and who is told."""
    told = {each.who for step in story.steps for each in step.expect.told}
    nevers = [*story.never, *(never for step in story.steps for never in step.never or ())]
    names = {story.observer, *(never.who for never in nevers), *told}
    return {name: name in told for name in roster.names() if name in names}


class _Playing:
    def __init__(self, story: Story, scene: Scene, *, alone: bool, every: int) -> None:
        self.story = story
        self.alone = alone
        self.every = every
        self.scene = scene
        self.inboxes = Inboxes(scene)
        self.counted: Counter[str] = Counter()
        self.expected_counts: Counter[str] = Counter()
        self.months: set[str] = set()
        self.asked: set[str] = set()
        """Who of those who must not know was asked before."""
        self.seen = Seen()

    async def start(self) -> None:
        """How the counters stand before."""
        self.counted = await self._counters()

    async def step(self, number: int, step: Step) -> Played:
        """Do it, await what must follow, look for what must not. Raises Refused."""
        scene = self.scene
        scene.current = step.matter
        if step.advance:
            await self._forward(step.advance)
        if step.actor != TIME:
            await self._do(number, step)
        await self._settle()
        wrong = [await self._until(lambda: self._missing(step))]
        await self._until(self._not_fresh)
        held = await self._outside(number, step)
        people, read = self._looked_at(step), {each.who: each.me for each in held if each.me}
        told = await self.inboxes.gained(people, read=read, and_remember=True)
        wrong.append(inboxes.difference(told, step.expect.told))
        wrong.append(await self._until(lambda: self._uncounted(step)))
        self.expected_counts.update(step.expect.counters)
        for check in step.checks:
            why = await self._until(lambda check=check: check.wrong(scene))  # type: ignore[misc]
            wrong.append(f"{why} (“{check.says}”)" if why else None)
        wrong += outsiders.failures(held)
        names = (*inboxes.names_of(told), *step.expect.later)
        error = "; ".join(dict.fromkeys(each for each in wrong if each)) or None
        return Played(self.story.id, step, self.seen, scene.case_id, names, held, error)

    async def _outside(self, number: int, step: Step) -> tuple[Held, ...]:
        """Those who must not know are asked everything."""
        nobody = self.story.never if step.never is None else step.never
        if number < len(self.story.steps):
            turn = nobody[number % self.every :: self.every]
            nobody = tuple(each for each in nobody if each in turn or each.who not in self.asked)
        self.asked |= {each.who for each in nobody}
        return tuple(await asyncio.gather(*(outsiders.ask(self.scene, never) for never in nobody)))

    def _looked_at(self, step: Step) -> list[str]:
        """Whose inboxes are read after a step: those of the places; after the last one, everybody's."""
        return roster.names() if step is self.story.steps[-1] else roster.around(self.story.places)

    async def _settle(self) -> None:
        """Where it can be had, quiet: what must follow is there, and nothing more will come. Elsewhere it is awaited."""
        clockwork = self.scene.front.clockwork
        if clockwork is not None:
            await clockwork.settle()
        self.scene.end = time.monotonic() + (clockwork.patience if clockwork else PATIENCE)

    async def _until(self, wrong: Callable[[], Awaitable[str | None]]) -> str | None:
        """Ask what is wrong, until nothing is or the step's time is up."""
        return await self.scene.front.bell.until(wrong, self.scene.end)

    async def _forward(self, days: int) -> None:
        clockwork = self.scene.front.clockwork
        if clockwork is None:
            raise CannotPlay(f"{self.story.id} takes time, and the clock of this run cannot be moved.")
        now = clockwork.now()
        await clockwork.forward(morning(now, days) - now)

    async def _do(self, number: int, step: Step) -> None:
        scene = self.scene
        mutation = scene.front.mutation(step.command)
        words: dict[str, Any] = {"idempotencyKey": f"demo-{self.story.id}-{scene.run}-{number}"}
        given = await step.input(scene)
        if not step.opens and "caseId" in mutation.takes:
            words["caseId"] = scene.case_id
        words |= given
        person = scene.person(step.actor)
        answer = await person.ask(mutation.document, input=words)
        end = time.monotonic() + PATIENCE
        while _retryable(answer) and time.monotonic() < end:
            await scene.front.bell.after(scene.front.bell.count, PATIENCE / 20)
            answer = await person.ask(mutation.document, input=words)
        done = (answer.data or {}).get("answer") or {}
        if answer.errors:
            raise Refused(f"{step.actor} asked {step.command}: {', '.join(answer.errors)}")
        code = done["code"] if done.get("__typename") == "Refusal" else ""
        if code != step.refused:
            instead = f" instead of {step.refused}" if step.refused else ""
            raise Refused(f"{step.actor} asked {step.command}: {code or 'done'}{instead}: {done.get('messageEn', '')}")
        if step.opens:
            await self._opened(str(done["caseId"]))
        if step.learn is not None:
            await step.learn(scene, done)

    async def _opened(self, case_id: str) -> None:
        """The observer listens to the matter from now on, and so does everybody who must not know of it."""
        scene = self.scene
        scene.matter.case_id = case_id
        scene.keep_from_others(case_id, Tier.ENTRY)
        for name in dict.fromkeys((self.story.observer, *(never.who for never in self.story.never))):
            await scene.person(name).subscribe(outsiders.CHANGES, case=case_id)
            if self.alone:
                await scene.person(name).subscribe(outsiders.SESSIONS, case=case_id)

    async def _see(self) -> Seen:
        found = await self.scene.read(self.story.observer, SEEN)
        if not found:
            return Seen()
        matter = self.scene.matter
        if not matter.relay_id:
            matter.relay_id = found["id"]
            self.scene.keep_from_others(found["id"], Tier.ENTRY)
            if found["number"]:
                self.scene.keep_from_others(found["number"], Tier.ENTRY)
        self.scene.orders |= {order["orderId"] for order in found["workOrders"]}
        holder, clock = found["holder"], found["clock"]
        return Seen(
            p1=found["state"],
            p2=notation.council(found),
            p3=notation.follow_up(found),
            holder=holder["code"] if holder else None,
            holder_name=f"{notation.LETTER[holder['level']]} {holder['name']}" if holder else "",
            clock=(clock["stage"], clock["dueAt"]) if clock else None,
            running=frozenset(each["stage"] for each in found["clocks"] if each["state"] == "RUNNING"),
            newest=max((datetime.fromisoformat(fact["at"]) for fact in found["timeline"]), default=None),
        )

    async def _missing(self, step: Step) -> str | None:
        """What the observer does not find yet, and whose inbox still lacks what must come."""
        seen = self.seen = await self._see()
        expect = step.expect
        found = {"p1": seen.p1, "p2": seen.p2, "p3": seen.p3, "holder": seen.holder}
        found["clock"] = clock_of(seen, expect.clock, by_day=self.scene.front.clockwork is not None)
        for name, value in found.items():
            if value != (wanted := getattr(expect, name)):
                return f"{name} is {value or 'nothing'}, not {wanted or 'nothing'}"
        clockwork = self.scene.front.clockwork
        if clockwork is not None and not clockwork.patience:
            return None  # it is quiet: the difference to what is expected says so at once
        people = [who for who in self._looked_at(step) if any(inboxes.finds(who, each.who) for each in expect.told)]
        missing = Counter(expect.told) - Counter(await self.inboxes.gained(people))
        return inboxes.lacking(missing) if missing else None

    async def _not_fresh(self) -> str | None:
        if self.scene.front.clockwork is not None:
            return None
        seen, as_of = await self._see(), await self._as_of()
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
        clockwork = self.scene.front.clockwork
        now = clockwork.now() if clockwork else await self._as_of() or datetime.now(SHANGHAI)
        self.months.add(f"{now.astimezone(SHANGHAI):%Y-%m}")
        found: Counter[str] = Counter()
        for month in self.months:
            answer = await self.scene.person(who).ask(COUNTS, region=region, month=month)
            for each in (answer.data or {}).get("counts") or ():
                found[each["metric"]] += each["count"] or 0
        return found

    async def _uncounted(self, step: Step) -> str | None:
        if self.story.counted_by is None:
            return None
        moved = await self._counters() - self.counted
        wanted = self.expected_counts + Counter(step.expect.counters)
        wrong = [
            f"{metric} by {moved[metric]}, not {wanted[metric]}"
            for metric in (wanted | moved if self.alone else wanted)
            if moved[metric] < wanted[metric] or (self.alone and moved[metric] > wanted[metric])
        ]
        return f"counters moved: {', '.join(wrong)}" if wrong else None


def clock_of(seen: Seen, expected: str | None, *, by_day: bool) -> str | None:
    """The stage of the clock that is due first. By night it may be the decision's, while the acknowledgement is still owed: that one waits for
    half past eight (domain 3.3)."""
    if not by_day and expected == ACKNOWLEDGE and ACKNOWLEDGE in seen.running:
        return ACKNOWLEDGE
    return seen.clock[0] if seen.clock else None


def _retryable(answer: Answer) -> bool:
    done = (answer.data or {}).get("answer") or {}
    return bool(done.get("retryable"))
