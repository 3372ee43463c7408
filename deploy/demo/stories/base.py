"""What a story is: steps as data (who, which command, what must be so afterwards), and a little code where data is not enough.

A story is one of the scenarios of domain 1.6. A row of its table may take several commands: their steps have the row's number,
and the last of them leaves what the row says.
"""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from deploy.demo.client import PATIENCE, Front, Person

NOTHING_THERE = "–"
"""P2 without a docket, P3 without a level above the village (the notation of domain 1.6)."""

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Of markers: neither digits, which might look like a telephone, nor words."""


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


@dataclass(frozen=True)
class Step:
    """One command of one person, and what must be so afterwards."""

    row: int
    """The row of the scenario's table."""
    actor: str
    command: str
    """The name of the mutation."""
    what: str
    """In a few words, for the printed story."""
    input: "Callable[[Scene], Awaitable[Mapping[str, Any]]]"
    """What the mutation takes; `idempotencyKey` and `caseId` are filled in."""
    expect: Expect
    opens: bool = False
    """Whether it opens the matter that the following steps are about."""
    checks: tuple[Check, ...] = ()
    never: tuple[Never, ...] | None = None
    """Who must not know from here; None: those of the story."""


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


class Photo(NamedTuple):
    """A photo that was sent."""

    id: str
    purpose: str


class Scene:
    """One playing of a story: its people, its matter, and everything that must stay where it was said."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.run = "".join(secrets.choice(ALPHABET) for _ in range(10))
        self.case_id = ""
        self.relay_id = ""
        self.photos: list[Photo] = []
        self.secrets: dict[str, Tier] = {}
        """What must not turn up in the answers to those who may not know that much."""
        self.said: dict[str, str] = {}
        self.end = time.monotonic() + PATIENCE

    def person(self, name: str) -> Person:
        """Somebody of the roster."""
        return self.front.person(name)

    def say(self, name: str, words: str, tier: Tier) -> str:
        """Words with a marker of their own, which lies at a tier; `said[name]` are the whole words."""
        marker = f"{self.run}{name.upper()}"
        self.keep_from_others(marker, tier)
        self.said[name] = f"{words} {marker}"
        return self.said[name]

    def telephone(self) -> str:
        """A number that nobody has."""
        number = f"199{secrets.randbelow(10**8):08d}"
        self.keep_from_others(number, Tier.IDENTITY)
        return number

    def keep_from_others(self, text: str, tier: Tier) -> None:
        """From now on this must not be found in the answers to those who may know less."""
        self.secrets[text] = tier

    async def send_photo(self, who: str, photo: bytes, purpose: str) -> str:
        """Upload a photo; its id. Raises Refused."""
        answer = await self.person(who).upload(photo, purpose)
        if answer.errors or answer.data is None:
            raise Refused(f"the photo was refused: {answer.errors}")
        attachment = str(answer.data["id"])
        self.photos.append(Photo(attachment, purpose))
        self.keep_from_others(attachment, Tier.CONTENT)
        return attachment

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
        return None if found == scene.said[said] else f"{who} does not read the {said} in {field}"

    return Check(f"{who} reads {field}", wrong)
