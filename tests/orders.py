"""What the tests of work orders share: a matter whose county knows of it, orders, what everybody sees of them."""

from typing import Any

from services.contracts.events.escalation import InformedUp
from services.contracts.organisation import federation_of
from services.contracts.regions import level_of
from services.contracts.states import EntryState, LevelEntry
from services.escalation.rules.custody import Custody
from tests.access.world import SUBS
from tests.harness import Answered, Harness, Person, Place, key

ORDER = """{ orderId id version state role letter urgency result supervision reworks extensions daysAsked pausedFor opinionFrom
  suspendedFor suspendedUntil
  reissuedAs issuedAt changedAt issuer { code } department { code } lead { code } peers { department { code } role state result }
  clock { stage dueAt } clocks { stage state startedAt dueAt overdue lamp } caseId allowedCommands package { field text } legalBasis demand reply
  internalNote notes { kind text } }"""
ANSWER = f"{{ __typename ... on WorkOrder {ORDER} ... on Refusal {{ code messageZh messageEn allowed retryable }} }}"
PACKAGE = "{ department builtAt signature lines { field text } }"


def department(place: Place, kind: str = "water") -> str:
    """A department of the place's county (of roads: of its township)."""
    return f"n_dept-{kind}-{place.township if kind == 'roads' else place.county}"


async def informed(system: Harness, case_id: str, *regions: str) -> None:
    """These levels know of a matter (INFORMED), as if somebody had told them."""
    room = system.room("escalation")
    for region in regions:
        async with room.transaction() as tx:
            custody = await tx.load(Custody, case_id)
            entry = LevelEntry(level=level_of(region), node=federation_of(region), state=EntryState.INFORMED)
            after = custody.after(entries=(*custody.entries, entry))
            by = custody.entries[0].node
            await tx.save(after, InformedUp(at=tx.now, custody=after.public(), by=by, to=entry.node))
    await system.settle()


async def matter(system: Harness, place: Place, case_class: str = "C0", /, **input: Any) -> str:
    """An accepted matter of which the township and the county know."""
    given: dict[str, Any] = {"subCategory": SUBS[case_class], "urgency": "YELLOW", **input}
    answer = await place.resident.report(place, **given)
    assert answer.code is None, answer
    case_id = str(answer["caseId"])
    await system.settle()
    summary = {"publicSummary": "聚果园跟前地面塌陷"} if case_class == "C0" else {}
    accepted = await place.chair.do("acceptMatter", caseId=case_id, **summary)
    assert accepted.code is None, accepted
    await system.settle()
    await informed(system, case_id, place.township, place.county)
    return case_id


async def package(officer: Person, case_id: str, to: str) -> dict[str, Any]:
    """What a department would be told, as the officer previews it."""
    query = f"query($c: String!, $d: String!) {{ disclosurePackage(caseId: $c, department: $d) {PACKAGE} }}"
    found: dict[str, Any] = (await officer.ask(query, {"c": case_id, "d": to}))["disclosurePackage"]
    return found


async def act(person: Person, mutation: str, order_id: str, **input: Any) -> Answered:
    """A command on an order."""
    return await person.do(mutation, returns=ANSWER, orderId=order_id, **input)


async def issue(system: Harness, officer: Person, case_id: str, lead: str, *co: str, **input: Any) -> Answered:
    """Issue an order to one or several departments."""
    given = {"legalBasis": "城市供水条例", "demand": "请三日内修复", **input}
    answer = await officer.do(
        "issueOrder",
        returns=ANSWER,
        caseId=case_id,
        lead=await package(officer, case_id, lead),
        co=[await package(officer, case_id, each) for each in co],
        **given,
    )
    await system.settle()
    return answer


async def order(person: Person, order_id: str) -> dict[str, Any] | None:
    """An order as a person sees it."""
    query = f"query($id: String!) {{ workOrder(orderId: $id) {ORDER} }}"
    found: dict[str, Any] | None = (await person.ask(query, {"id": order_id}))["workOrder"]
    return found


async def listed(person: Person, **by: Any) -> list[dict[str, Any]]:
    """All orders that a person can enumerate, page by page."""
    query = f"""query($after: String, $since: DateTime, $first: Int!) {{ workOrders(first: $first, after: $after, changedSince: $since) {{
      edges {{ node {ORDER} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await person.ask(query, {"after": after, "first": 5, "since": by.get("since")}))["workOrders"]
        found += [edge["node"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


async def done(system: Harness, liaison: Person, order_id: str, **input: Any) -> None:
    """Sign it and report it done."""
    assert (await act(liaison, "signOrder", order_id)).code is None
    answer = await act(liaison, "reportDone", order_id, result="已修复", reply="已修好，请查看", **input)
    assert answer.code is None, answer
    await system.settle()


__all__ = [
    "ANSWER",
    "ORDER",
    "act",
    "department",
    "done",
    "informed",
    "issue",
    "key",
    "listed",
    "matter",
    "order",
    "package",
]
