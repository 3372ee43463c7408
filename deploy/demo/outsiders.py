"""Those who must not know: each really asks, with her own token, everything that could give the matter away, and the raw answers are searched."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from deploy.demo.client import ANONYMOUS, Person
from deploy.demo.stories.base import Never, Scene, Tier

TEXTS = {
    Tier.SUMMARY: ("summary",),
    Tier.CONTENT: ("narrative", "place", "feedback", "attachments", "evidence", "progress", "notes"),
    Tier.IDENTITY: ("reporterName", "reporterPhone", "subjectName"),
}
"""The text fields of a matter by how deep they lie."""

ALL_OF_A_CASE = """fragment All on Case { id caseId number state region caseClass category subCategory urgency version custodyVersion
  submittedAt closedAt outcome level docket allowedCommands holder { code name } clock { stage dueAt } clocks { stage }
  entries { level state node { code } } timeline { at kind service detail node { code } }
  summary narrative place feedback reporterName reporterPhone subjectName attachments { id mediaType purpose }
  evidence { notes photos { id } } progress { text at } notes { kind text at node { code } }
  sessions { sessionId stage departments { code } words { field text by } photos { id } }
  resolutions { resolutionId stage words { field text by } }
  items { itemId stage node { code } words { field text by } photos { id } }
  workOrders { ...Order } }
fragment Order on WorkOrder { orderId state caseId department { code } package { field text } legalBasis demand reply internalNote
  notes { kind text } peers { role state } }"""

EVERYTHING = f"""query($case: String!, $node: ID!) {{
  case(caseId: $case) {{ ...All }}
  node(id: $node) {{ id ... on Case {{ ...All }} }}
  cases(first: 20) {{ edges {{ node {{ caseId number summary narrative place reporterName reporterPhone }} }} }}
  workOrders(first: 20) {{ edges {{ node {{ ...Order }} }} }}
  me {{ inbox(first: 100) {{ edges {{ node {{ id kind board titleZh titleEn caseId caseNumber orderId }} }} }} }}
}} {ALL_OF_A_CASE}"""

CHANGES = "subscription($case: String!) { caseChanged(caseId: $case) { kind case { ...All } } } " + ALL_OF_A_CASE
SESSIONS = "subscription($case: String!) { sessionChanged(caseId: $case) { kind case { ...All } } } " + ALL_OF_A_CASE


class Held(NamedTuple):
    """Whether somebody learnt no more than she may, and what she learnt if not."""

    who: str
    held: bool
    learnt: str = ""
    me: Mapping[str, Any] | None = None
    """Her inbox, which was asked for as well."""


async def ask(scene: Scene, never: Never) -> Held:
    """Ask everything as her."""
    person = scene.person(never.who)
    answer = await person.ask(EVERYTHING, case=scene.case_id, node=scene.matter.relay_id)
    heard = [answer.text, *person.pushed]
    wrong = _signed_in(answer.errors) if never.who != ANONYMOUS else _anonymous(answer.errors)
    if never.who == ANONYMOUS and not await person.refused_at_the_socket():
        wrong = wrong or "may open a socket"
    if not wrong:
        wrong = _beyond(answer.data or {}, scene.case_id, never)
    if never.knows < Tier.CONTENT:
        wrong = wrong or await _photos(scene, person, heard)
    if not wrong:
        known = {scene.marker(name) for name in never.but}
        known |= scene.matter.telephones if "reporterPhone" in never.but else set()
        found = [
            (tier, scene.name_of(text))
            for text, tier in scene.matter.secrets.items()
            if tier > never.knows and text not in known and any(text in raw for raw in heard)
        ]
        what = ", ".join(sorted({name for _, name in found}))
        wrong = f"the raw answers hold text of tier {max(found)[0].name} ({what})" if found else ""
    return Held(never.who, not wrong, wrong, (answer.data or {}).get("me"))


def failures(held: Iterable[Held]) -> list[str]:
    """In words: who learnt what, those who learnt the same together."""
    by_what: dict[str, list[str]] = {}
    for each in held:
        if not each.held:
            by_what.setdefault(each.learnt, []).append(each.who)
    return [f"{', '.join(who)}: {learnt}" for learnt, who in by_what.items()]


def _signed_in(errors: tuple[str, ...]) -> str:
    return f"the query failed with {', '.join(errors)}, so nothing is known" if errors else ""


def _anonymous(errors: tuple[str, ...]) -> str:
    return (
        "" if errors and set(errors) == {"UNAUTHENTICATED"} else f"is answered {', '.join(errors) or 'without error'}"
    )


def _beyond(data: Mapping[str, Any], case_id: str, never: Never) -> str:
    """What an answer says beyond what she may know; empty: nothing."""
    knows = never.knows
    for where, case in _found(data, case_id):
        if knows is Tier.NOTHING:
            return f"finds the matter by {where}"
        for tier, fields in TEXTS.items():
            if tier > knows and (told := [name for name in fields if case.get(name) and name not in never.but]):
                return f"reads {', '.join(told)} by {where}"
    return ""


def _found(data: Mapping[str, Any], case_id: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for where in ("case", "node"):
        if data.get(where):
            yield where, data[where]
    for edge in (data.get("cases") or {}).get("edges", ()):
        if edge["node"]["caseId"] == case_id:
            yield "cases", edge["node"]


async def _photos(scene: Scene, person: Person, heard: list[str]) -> str:
    """Every photo of the matter: 404 to those who may not see it, as if there were none; 401 without a token."""
    expected = 401 if person.name == ANONYMOUS else 404
    for photo in scene.photos:
        response = await person.photo(photo.id, photo.purpose)
        if response.status_code != expected:
            return f"asks for the photo ({photo.purpose}) and is answered {response.status_code}"
        heard.append(response.text)
    return ""
