"""What a story is: steps as data (who, which command, what must be so afterwards), and a little code where data is not enough.

A story is one of the scenarios of domain 1.6. A row of its table may take several commands: their steps have the row's number,
and the last of them leaves what the row says. A story may be about several matters, each with a name of its own; what an earlier step
answered is kept for the later ones; and time may pass between two steps.
"""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, NamedTuple

from deploy.demo.client import PATIENCE, Front, Person
from deploy.demo.notation import NOTHING_THERE

MATTER = "matter"
"""What a story with one matter calls it."""

TIME, PASSES = "time", "passes"
"""Actor and command of a step in which nobody does anything and time passes."""

ALPHABET = "BCDFGHJKLMNPQRSTWZ"
"""Of markers: neither digits, which might look like a telephone, nor words; nor V and X, after which a WeChat account is masked."""


class Tier(IntEnum):
    """How deep a text lies, or how much somebody may know (domain 1.4: F0 to F3)."""

    NOTHING = 0
    ENTRY = 1
    SUMMARY = 2
    CONTENT = 3
    IDENTITY = 4


class Told(NamedTuple):
    """An entry that must turn up: in a role's own inbox, or on a board, written `group:<node name>`."""

    who: str
    kind: str


class Never(NamedTuple):
    """Somebody who must not learn more than a tier, whatever she asks: a role of the roster, or `anonymous`."""

    who: str
    knows: Tier = Tier.NOTHING
    but: tuple[str, ...] = ()
    """What she may know all the same, by the names under which it was said, or by the field: a reporter her own words."""


@dataclass(frozen=True)
class Expect:
    """What must be so after a step, as the story's observer finds it."""

    p1: str
    holder: str | None
    """The accountable node's id; None once closed."""
    clock: str | None
    """The stage of the clock that is due first; None once closed."""
    told: tuple[Told, ...] = ()
    """Every new inbox entry about the matter; no other may be there."""
    later: tuple[str, ...] = ()
    """Who is told at a fixed hour, which the player does not wait for: `chair (daily digest)`."""
    p2: str = NOTHING_THERE
    p3: str = NOTHING_THERE
    counters: Mapping[str, int] = field(default_factory=dict)
    """By how much the month's counters have moved since the story began, at least: others may be reporting meanwhile."""


class Check(NamedTuple):
    """Something else that must be so: in words, and as code that answers what is wrong, or None. Asked again until the step's time is up."""

    says: str
    wrong: "Callable[[Scene], Awaitable[str | None]]"


Input = Callable[["Scene"], Awaitable[Mapping[str, Any]]]
Learn = Callable[["Scene", Mapping[str, Any]], Awaitable[None]]


async def nothing(_scene: "Scene") -> Mapping[str, Any]:
    """The input of a command that takes the matter alone."""
    return {}


@dataclass(frozen=True)
class Step:
    """One command of one person, or a while that passes, and what must be so afterwards."""

    row: int
    """The row of the scenario's table."""
    actor: str
    command: str
    """The name of the mutation."""
    what: str
    """In a few words, for the printed story."""
    input: Input
    """What the mutation takes; `idempotencyKey` and `caseId` are filled in."""
    expect: Expect
    opens: bool = False
    """Whether it opens the matter that it is about."""
    checks: tuple[Check, ...] = ()
    never: tuple[Never, ...] | None = None
    """Who must not know from here; None: those of the story."""
    matter: str = MATTER
    """Which of the story's matters it is about."""
    refused: str = ""
    """The code of the refusal that must come; empty: it must be done."""
    learn: Learn | None = None
    """Keeps what it answered, or what can be read now, for later steps."""
    advance: int = 0
    """How many working days pass before the command: until nine o'clock of that day."""


def after(row: int, advance: int, what: str, expect: Expect, **more: Any) -> Step:
    """A step in which time passes, and nobody does anything."""
    return Step(row, TIME, PASSES, what, nothing, expect, advance=advance, **more)


@dataclass(frozen=True)
class Story:
    """A scenario."""

    id: str
    title: str
    observer: str
    """A role that may see the whole matter: states, holder and clock are asked with her token."""
    never: tuple[Never, ...]
    steps: tuple[Step, ...]
    counted_by: tuple[str, str] | None = None
    """A role and the region whose counters she reads."""
    places: tuple[str, ...] = ("210302003008",)
    """The villages where it plays: after every step the inboxes of everybody in their counties and above are read, after the last one
    those of the whole roster."""

    @property
    def takes_time(self) -> bool:
        """Whether time must pass: such a story is played where the clock can be moved."""
        return any(step.advance for step in self.steps)


class Photo(NamedTuple):
    """A photo that was sent."""

    id: str
    purpose: str


@dataclass
class Matter:
    """One matter of a scene, and everything said about it that must stay where it was said."""

    case_id: str = ""
    relay_id: str = ""
    photos: list[Photo] = field(default_factory=list)
    secrets: dict[str, Tier] = field(default_factory=dict)
    """What must not turn up in the answers to those who may not know that much."""
    telephones: set[str] = field(default_factory=set)


class Scene:
    """One playing of a story: its people, its matters, and what was said and answered so far."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.run = "".join(secrets.choice(ALPHABET) for _ in range(10))
        self.current = MATTER
        """The matter that the step at hand is about."""
        self.matters: dict[str, Matter] = {}
        self.orders: set[str] = set()
        """The work orders of all of them: what a department is told names its order and no matter."""
        self.said: dict[str, str] = {}
        self.kept: dict[str, Any] = {}
        """What earlier steps answered: ids of sessions, items and orders, packages, due times."""
        self.end = time.monotonic() + PATIENCE

    @property
    def matter(self) -> Matter:
        """The matter at hand."""
        return self.matters.setdefault(self.current, Matter())

    @property
    def case_id(self) -> str:
        """Its id; empty before it is reported."""
        return self.matter.case_id

    @property
    def photos(self) -> list[Photo]:
        """Its photos."""
        return self.matter.photos

    def case_of(self, name: str) -> str:
        """The id of one of the story's matters. Raises KeyError."""
        return self.matters[name].case_id

    def person(self, name: str) -> Person:
        """Somebody of the roster."""
        return self.front.person(name)

    def say(self, name: str, words: str, tier: Tier) -> str:
        """Words with a marker of their own, which lies at a tier; `said[name]` are the whole words."""
        marker = self.marker(name)
        self.keep_from_others(marker, tier)
        self.said[name] = f"{words} {marker}"
        return self.said[name]

    def marker(self, name: str) -> str:
        """By which what was said under a name is found."""
        return f"{self.run}-{name.upper()}-"

    def name_of(self, text: str) -> str:
        """Under which name it was said; of numbers, ids and photos, what may be printed of them: that they are one."""
        return text.removeprefix(self.run).strip("-").lower() if text.startswith(self.run) else "a number or an id"

    def telephone(self) -> str:
        """A number that nobody has."""
        number = f"199{secrets.randbelow(10**8):08d}"
        self.keep_from_others(number, Tier.IDENTITY)
        self.matter.telephones.add(number)
        return number

    def keep_from_others(self, text: str, tier: Tier) -> None:
        """From now on this must not be found in the answers to those who may know less."""
        self.matter.secrets[text] = tier

    async def send_photo(self, who: str, photo: bytes, purpose: str) -> str:
        """Upload a photo; its id. Raises Refused."""
        answer = await self.person(who).upload(photo, purpose)
        if answer.errors or answer.data is None:
            raise Refused(f"the photo was refused: {answer.errors}")
        attachment = str(answer.data["id"])
        self.photos.append(Photo(attachment, purpose))
        self.keep_from_others(attachment, Tier.CONTENT)
        return attachment

    async def quiet(self) -> None:
        """Everything told so far has been heard, where that can be known."""
        if self.front.clockwork is not None:
            await self.front.clockwork.settle()

    async def now(self, who: str) -> datetime:
        """The run's time, as well as somebody can tell it."""
        if self.front.clockwork is not None:
            return self.front.clockwork.now()
        fresh = (await self.ask(who, "{ asOf { asOf } }"))["asOf"]
        return max((datetime.fromisoformat(each["asOf"]) for each in fresh), default=datetime.now(UTC))

    async def ask(self, who: str, query: str, **variables: Any) -> Mapping[str, Any]:
        """The data of a query of somebody's. Raises Refused."""
        answer = await self.person(who).ask(query, **variables)
        if answer.errors or answer.data is None:
            raise Refused(f"{who} asked and was answered {', '.join(answer.errors) or 'nothing'}")
        return answer.data

    async def read(self, who: str, fields: str) -> Mapping[str, Any]:
        """Fields of the matter, as somebody sees them; empty if she sees nothing."""
        document = f"query($id: String!) {{ case(caseId: $id) {{ {fields} }} }}"
        answer = await self.person(who).ask(document, id=self.case_id)
        found: Mapping[str, Any] | None = (answer.data or {}).get("case")
        return found or {}


class Refused(Exception):
    """A command of the story was turned down."""


def reads(who: str, field: str, said: str) -> Check:
    """Somebody who may read what was said under a name does, in this field."""

    async def wrong(scene: Scene) -> str | None:
        found = (await scene.read(who, field)).get(field)
        other = "finds something else" if found else "finds nothing"
        return None if found == scene.said[said] else f"{who} does not read the {said} in {field}: {other}"

    return Check(f"{who} reads {field}", wrong)
