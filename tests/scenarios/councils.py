"""What the scenarios of the council share: a matter before it, what a person sees of it, a signed package."""

from collections.abc import Mapping
from typing import Any

from services.contracts.disclosure import PackageField, PackageLine, signature_of
from tests.harness import Answered, Harness, Person, Place

SUBS = {"C0": "PUBLIC_FACILITY", "C1": "ELDER_CARE", "C2": "MARITAL_CONFLICT"}

COUNCIL = """{ caseId state docket docketVersion allowedCommands
  sessions { sessionId stage mode restricted adjournments invited responded recused speakers votes departments { code } decidedBy
    resolutionId reason counted amInvited allowedCommands words { field text department } }
  resolutions { resolutionId stage decidedBy arrangement block supersededBy publishedAt allowedCommands words { field text } }
  items { itemId resolutionId stage mine node { code } dueAt declines reworks occurrence times allowedCommands words { field text } } }"""
ANSWER = f"{{ __typename ... on Case {COUNCIL} ... on Refusal {{ code allowed messageEn }} }}"
LEFT = (
    f"{{ __typename ... on Case {COUNCIL} ... on Done {{ id version }} ... on Refusal {{ code allowed messageEn }} }}"
)
DONE = "{ __typename ... on Done { id version } ... on Refusal { code allowed messageEn } }"


async def accepted(system: Harness, place: Place, case_class: str = "C1", **input: Any) -> str:
    """A matter of a class, in hand."""
    answer = await place.resident.report(place, **{"subCategory": SUBS[case_class], "urgency": None, **input})
    assert answer.code is None, answer
    case_id = str(answer["caseId"])
    await system.settle()
    assert (await place.chair.do("acceptMatter", caseId=case_id)).code is None
    await system.settle()
    return case_id


async def do(person: Person, mutation: str, case_id: str, **input: Any) -> Answered:
    """A command on the council's part of a matter."""
    returns = LEFT if mutation in {"answerInvitation", "recuse", "declineItem"} else ANSWER
    return await person.do(mutation, returns=returns, caseId=case_id, **input)


async def done(system: Harness, person: Person, mutation: str, case_id: str, **input: Any) -> Answered:
    """The same, that must succeed, and everybody has heard of."""
    answer = await do(person, mutation, case_id, **input)
    assert answer.code is None, (mutation, answer)
    await system.settle()
    return answer


async def seen(person: Person, case_id: str) -> dict[str, Any] | None:
    """The council's part of a matter as somebody sees it."""
    found: dict[str, Any] | None = (
        await person.ask(f"query($id: String!) {{ case(caseId: $id) {COUNCIL} }}", {"id": case_id})
    )["case"]
    return found


async def opened(system: Harness, place: Place, case_id: str, person: Person | None = None, **input: Any) -> str:
    """A session in one tap; its id."""
    answer = await done(system, person or place.chair, "openSession", case_id, **input)
    return str(answer["sessions"][-1]["sessionId"])


async def all_speak(system: Harness, place: Place, case_id: str, session_id: str) -> None:
    """The chair, the executive member and the council member each say something."""
    for person in (place.chair, place.exec_member, place.council_member):
        await done(system, person, "speak", case_id, sessionId=session_id, text="我同意先修")


async def resolved(system: Harness, place: Place, case_id: str, *tasks: Mapping[str, Any]) -> dict[str, Any]:
    """A session that adopts a resolution by consensus; the matter as the chair sees it then."""
    session_id = await opened(system, place, case_id)
    await all_speak(system, place, case_id, session_id)
    items = list(tasks) or [{"text": "清理", "member": place.volunteer.member}]
    return await done(
        system, place.chair, "adopt", case_id, sessionId=session_id, rule="CONSENSUS", text="决议", items=items
    )


def package(system: Harness, case_id: str, department: str, *, text: str = "地面塌陷") -> dict[str, Any]:
    """What a department is told, as intake signs it."""
    at = system.clock.now()
    lines = (PackageLine(field=PackageField.MATTER_TYPE, text=text),)
    signature = signature_of(system.room("intake").secret, case_id, department, lines, at)
    return {
        "department": department,
        "lines": [{"field": line.field.value, "text": line.text} for line in lines],
        "builtAt": at.isoformat(),
        "signature": signature,
    }
