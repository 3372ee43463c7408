"""How stories say what is given to a command: plain values, words that are looked for afterwards, what can be read by then."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from deploy.demo import notation
from deploy.demo.days import close
from deploy.demo.stories.base import Check, Input, Never, Refused, Scene, Tier

Seen = Mapping[str, Any]

PACKAGE = """query($case: String!, $department: String!) { disclosurePackage(caseId: $case, department: $department) {
  department lines { field text } builtAt signature } }"""


class Words(NamedTuple):
    """Words with a marker: whoever may know less than the tier must not find them."""

    name: str
    text: str
    tier: Tier = Tier.CONTENT


class Phone(NamedTuple):
    """A telephone number that nobody has."""


class CaseOf(NamedTuple):
    """The id of another matter of the story."""

    matter: str


class Read(NamedTuple):
    """What somebody finds in the matter by then: ids of sessions, items, orders."""

    who: str
    fields: str
    pick: Callable[[Seen], Any]

    async def of(self, scene: Scene) -> Any:
        """Raises Refused if it is not there."""
        seen = await scene.read(self.who, self.fields)
        try:
            return self.pick(seen)
        except (KeyError, IndexError, StopIteration, TypeError):
            raise Refused(f"{self.who} does not find in the matter what the next command is about") from None


class PackageFor(NamedTuple):
    """What a department is told, built and signed for an officer who previews it."""

    department: str
    who: str


def gives(**words: Any) -> Input:
    """The input of a command."""

    async def given(scene: Scene) -> Mapping[str, Any]:
        found: Mapping[str, Any] = await _resolved(scene, words)
        return found

    return given


async def _resolved(scene: Scene, value: Any) -> Any:
    match value:
        case Words(name, text, tier):
            return scene.say(name, text, tier)
        case Phone():
            return scene.telephone()
        case CaseOf(matter):
            return scene.case_of(matter)
        case Read():
            return await value.of(scene)
        case PackageFor(department, who):
            found = await scene.ask(who, PACKAGE, case=scene.case_id, department=department)
            return found["disclosurePackage"]
        case dict():
            return {name: await _resolved(scene, each) for name, each in value.items()}
        case list():
            return [await _resolved(scene, each) for each in value]
    return value


def session(who: str) -> Read:
    """The newest session, as somebody finds it."""
    return Read(who, "sessions { sessionId }", lambda seen: seen["sessions"][-1]["sessionId"])


def item(who: str, place: int = -1) -> Read:
    """An action item, by its place."""
    return Read(who, "items { itemId }", lambda seen: seen["items"][place]["itemId"])


def order(who: str, department: str) -> Read:
    """The newest work order of a department, as an officer finds it."""

    def pick(seen: Seen) -> str:
        mine = [each for each in seen["workOrders"] if each["department"]["code"] == department]
        return str(mine[-1]["orderId"])

    return Read(who, "workOrders { orderId department { code } }", pick)


def finds(says: str, who: str, fields: str, wanted: Callable[[Seen], bool]) -> Check:
    """Somebody finds in the matter what must be there."""

    async def wrong(scene: Scene) -> str | None:
        seen = await scene.read(who, fields)
        return None if seen and wanted(seen) else f"{who} finds {dict(seen) or 'nothing'}"

    return Check(says, wrong)


def due(who: str, stage: str, days: int) -> Check:
    """A clock that has just started is due at close of work so many working days from now."""

    async def wrong(scene: Scene) -> str | None:
        seen = await scene.read(who, "clocks { stage state startedAt dueAt }")
        running = {each["stage"]: each for each in seen.get("clocks", ()) if each["state"] == "RUNNING"}
        if stage not in running:
            return f"no clock {stage} runs, only {', '.join(running) or 'none'}"
        since, at = (datetime.fromisoformat(running[stage][name]) for name in ("startedAt", "dueAt"))
        wanted = close(since, days)
        return None if at == wanted else f"{stage} is due {at.isoformat()}, not {wanted.isoformat()}"

    return Check(f"{stage} is due in {days} working days", wrong)


def asks(says: str, who: str, query: str, wanted: Callable[[Scene, Seen], bool], **variables: Any) -> Check:
    """Somebody asks something else than the matter, and is answered what must be."""

    async def wrong(scene: Scene) -> str | None:
        given = {name: await _resolved(scene, each) for name, each in variables.items()}
        answer = await scene.person(who).ask(query, **given)
        if answer.errors or answer.data is None:
            return f"{who} is answered {', '.join(answer.errors) or 'nothing'}"
        return None if wanted(scene, answer.data) else f"{who} is answered {answer.text[:300]}"

    return Check(says, wrong)


def nobody(*names: str, knows: Tier = Tier.NOTHING) -> tuple[Never, ...]:
    """Those who must not learn more than a tier."""
    return tuple(Never(name, knows) for name in names)


def docket(session: str = "", resolution: str = "", items: Sequence[str] = (), interim: Sequence[str] = ()) -> str:
    """P2 in the notation of the scenarios: the newest session and resolution, and the items' stages."""
    return notation.council(
        {
            "sessions": [{"stage": session}] if session else [],
            "resolutions": [{"stage": resolution}] if resolution else [],
            "items": [
                *({"stage": stage, "resolutionId": "r"} for stage in items),
                *({"stage": stage, "resolutionId": None} for stage in interim),
            ],
        }
    )


def thread(levels: str, *orders: str) -> str:
    """P3: the levels, such as `V RECEIVED, C INFORMED`, and the orders' stages, in the order in which they were issued."""
    entries = [
        {"level": LEVELS[letter], "state": state} for letter, state in (one.split() for one in levels.split(", "))
    ]
    return notation.follow_up({"entries": entries, "workOrders": [{"state": each} for each in orders]})


LEVELS = {letter: level for level, letter in notation.LETTER.items()}
