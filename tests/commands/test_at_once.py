"""Two who act on one matter at the same moment, whichever pair of commands it is (domain 2.11; design 3): each is done or refused by name,
one node holds the matter, a clock runs, nobody's facts are held back, and all who keep a part of it agree. Through the front door."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

import pytest

from services.contracts.clocks import ClockState
from services.contracts.states import CaseState, CustodyState, DocketState, EntryState
from services.deliberation.rules.docket import Docket
from services.escalation.rules.custody import Custody
from services.intake.rules.case import Case
from tests.access.world import CODE, MATTER_COMMANDS, brought_to, send, some_at_once
from tests.harness import Harness, Person, Place, key
from tests.orders import ANSWER as ORDER_ANSWER
from tests.orders import department, package
from tests.orders import order as order_seen
from tests.scenarios.councils import seen

SEED = 20261123
ROUNDS = 1
"""How often all that each of two may do is dealt out in pairs: once has every command in it, some more have every pair."""

NEVER = frozenset({"INTERNAL", "UNKNOWN_OUTCOME", "MALFORMED", "UNKNOWN_COMMAND", "UNAUTHENTICATED"})
"""What nobody is told because somebody else acts at the same moment."""

ORDER_COMMANDS: dict[str, dict[str, Any]] = {
    "signOrder": {},
    "objectToOrder": {"reason": "不属本部门", "legalBasis": "供水条例"},
    "urgeOrder": {"note": "请尽快"},
    "superviseOrder": {"reason": "超期"},
    "cancelOrder": {"reason": "已解决"},
    "reportProgress": {"note": "已到现场"},
    "reportDone": {"result": "已修复", "reply": "已修好"},
    "explainImpossible": {"reason": "无资金", "plan": "明年修"},
    "requestExtension": {"days": 3, "reason": "缺料"},
    "pauseOrder": {"reason": "SEASONAL", "note": "冻土"},
    "giveArt73Opinion": {"facts": "逾期未办", "demand": "请依法办理"},
}
NOT_YET = frozenset({"giveArt73Opinion", "resolveMatter"})
"""What fits while an order is out, and is refused until its day has come, or the order is done."""


@dataclass
class Matter:
    """One that two act on: what of it is named in their commands."""

    case_id: str
    session_id: str = ""
    order_id: str = ""


class Press(NamedTuple):
    """A command that somebody may give."""

    who: str
    mutation: str


async def pressed(system: Harness, place: Place, press: Press, matter: Matter, other: str) -> str | None:
    """The code that she is answered with, None if it is done. An error beside the answer fails the test. `other`: a matter beside."""
    person: Person = getattr(place, press.who)
    words = await words_of(system, place, press, matter, other)
    kind = {"acknowledge": "Matter"}.get(press.mutation, press.mutation[0].upper() + press.mutation[1:])
    query = f"mutation($input: {kind}Input!) {{ answer: {press.mutation}(input: $input) {CODE} }}"
    found = await person.raw(query, {"input": {"idempotencyKey": key(), **words}})
    assert "errors" not in found, (press, found["errors"])
    code: str | None = found["data"]["answer"].get("code")
    assert code not in NEVER, (press, code)
    return code


async def words_of(system: Harness, place: Place, press: Press, matter: Matter, other: str) -> dict[str, Any]:
    """An input that is in order for this matter."""
    if press.mutation in ORDER_COMMANDS:
        given = ORDER_COMMANDS[press.mutation]
        suggested = {"suggested": department(place, "heating")} if press.mutation == "objectToOrder" else {}
        return {"orderId": matter.order_id, **given, **suggested}
    words = {"caseId": matter.case_id, **MATTER_COMMANDS.get(press.mutation, {})}
    if "sessionId" in words:
        words["sessionId"] = matter.session_id
    match press.mutation:
        case "mergeMatter":
            words["into"] = other
        case "invite":
            words["member"] = place.volunteer.member
        case "assignItem":
            words["task"] = {"text": "查看", "member": place.volunteer.member}
        case "admitMember":
            # Somebody of her own for each matter: they have one council.
            words |= {"member": f"m_{matter.case_id.lower()}", "until": system.in_(days=300).isoformat()}
        case "adjourn":
            words["until"] = system.in_(days=1).isoformat()
        case "scheduleSession":
            words["at"] = system.in_(days=2).isoformat()
        case "suspendMatter":
            words["until"] = system.in_(days=30).isoformat()
        case "issueOrder":
            kind = "roads" if press.who.startswith("township") else "heating"
            words |= await order_words(place, getattr(place, press.who), matter.case_id, kind)
    return words


async def order_words(place: Place, officer: Person, case_id: str, kind: str) -> dict[str, Any]:
    """What issuing an order takes; of the village a letter, which asks for nothing but an answer."""
    lead = await package(officer, case_id, department(place, kind))
    letter = officer is place.chair
    return {"lead": lead, "co": [], "letter": letter, "legalBasis": "城市供水条例", "demand": "请三日内修复"}


async def played(system: Harness, place: Place, matters: Sequence[Matter], *presses: Press) -> None:
    """These one after the other on each of the matters; all are done, and everybody has heard of them."""
    for press in presses:
        codes = await some_at_once([pressed(system, place, press, matter, "") for matter in matters])
        assert set(codes) == {None}, (press, codes)
        await system.settle()


async def at(system: Harness, place: Place, stage: str, many: int) -> list[Matter]:
    """Fresh matters at a stage of S00, everybody has heard of."""
    return [Matter(case_id) for case_id in await brought_to(system, place, stage, "C0", many)]


async def in_session(system: Harness, place: Place, many: int) -> list[Matter]:
    """All three of the council have spoken, so that a resolution may be adopted."""
    matters = await at(system, place, "ACCEPTED", many)
    await played(system, place, matters, Press("chair", "openSession"))
    for matter in matters:
        case = await seen(place.chair, matter.case_id)
        assert case is not None
        matter.session_id = case["sessions"][-1]["sessionId"]
    await played(system, place, matters, *(Press(who, "speak") for who in ("chair", "exec_member", "council_member")))
    return matters


async def on_its_way(system: Harness, place: Place, many: int) -> list[Matter]:
    matters = await at(system, place, "ACCEPTED", many)
    await played(system, place, matters, Press("chair", "passUp"))
    return matters


async def above(system: Harness, place: Place, many: int) -> list[Matter]:
    matters = await on_its_way(system, place, many)
    await played(system, place, matters, Press("township_chair", "receive"))
    return matters


async def answered_above(system: Harness, place: Place, many: int) -> list[Matter]:
    """The township owes the village its answer."""
    matters = await above(system, place, many)
    await played(
        system, place, matters, Press("township_chair", "recordAction"), Press("township_chair", "resolveMatter")
    )
    return matters


async def with_an_order(system: Harness, place: Place, many: int) -> list[Matter]:
    """The county knows of it, and has given it to a department."""
    matters = await at(system, place, "ACCEPTED", many)
    told = [send(place.chair, "informUp", caseId=matter.case_id, to="COUNTY") for matter in matters]
    assert set(await some_at_once(told)) == {None}
    await system.settle()

    async def issue(matter: Matter) -> None:
        words = await order_words(place, place.county_officer, matter.case_id, "water")
        answer = await place.county_officer.do("issueOrder", returns=ORDER_ANSWER, caseId=matter.case_id, **words)
        assert answer.code is None, answer
        matter.order_id = answer["orderId"]

    await some_at_once([issue(matter) for matter in matters])
    await system.settle()
    return matters


def staged(stage: str) -> Callable[[Harness, Place, int], Any]:
    async def bring(system: Harness, place: Place, many: int) -> list[Matter]:
        return await at(system, place, stage, many)

    return bring


SITUATIONS: Mapping[str, tuple[Callable[[Harness, Place, int], Any], tuple[tuple[str, str], ...]]] = {
    "submitted": (staged("SUBMITTED"), (("chair", "resident"), ("chair", "owner"), ("chair", "chair"))),
    "held by the village": (staged("ACCEPTED"), (("chair", "resident"), ("chair", "chair"))),
    "in session": (in_session, (("chair", "council_member"), ("chair", "chair"))),
    "on its way up": (on_its_way, (("chair", "township_chair"), ("township_officer", "township_chair"))),
    "at the township": (above, (("township_chair", "chair"), ("township_officer", "township_chair"))),
    "with a work order out": (with_an_order, (("county_officer", "liaison"), ("county_officer", "chair"))),
    "resolved": (staged("RESOLVED"), (("chair", "resident"), ("owner", "chair"))),
    "answered above": (answered_above, (("township_chair", "chair"), ("township_chair", "township_officer"))),
    "feedback given": (staged("FEEDBACK_GIVEN"), (("chair", "resident"), ("chair", "chair"))),
}


async def allowed_to(place: Place, who: str, matter: Matter) -> list[Press]:
    """All that she is told she may do: with the matter, its session, its order."""
    person: Person = getattr(place, who)
    commands: list[str] = []
    if (case := await seen(person, matter.case_id)) is not None:
        commands += case["allowedCommands"]
        commands += [name for session in case["sessions"] for name in session["allowedCommands"]]
    if matter.order_id and (order := await order_seen(person, matter.order_id)) is not None:
        commands += order["allowedCommands"]
    mutations = sorted({name[0].lower() + name[1:] for name in commands})
    unknown = set(mutations) - MATTER_COMMANDS.keys() - ORDER_COMMANDS.keys() - {"issueOrder"}
    assert not unknown, f"an input for {unknown} must come into this test"
    return [Press(who, mutation) for mutation in mutations]


def dealt(mine: Sequence[Press], theirs: Sequence[Press], random: Random) -> list[tuple[Press, Press]]:
    """Pairs in which every command of both comes up."""
    found: dict[tuple[Press, Press], None] = {}
    for _ in range(ROUNDS):
        one, other = random.sample(mine, len(mine)), random.sample(theirs, len(theirs))
        longest = range(max(len(one), len(other)))
        found |= dict.fromkeys((one[number % len(one)], other[number % len(other)]) for number in longest)
    return list(found)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("situation", SITUATIONS)
async def test_two_at_once(system: Harness, shared_place: Place, situation: str) -> None:
    place, random = shared_place, Random(f"{SEED} {situation}")
    bring, actors = SITUATIONS[situation]
    looked_at, other = (await bring(system, place, 1))[0], (await at(system, place, "SUBMITTED", 1))[0].case_id
    may = {who: await allowed_to(place, who, looked_at) for who in {who for both in actors for who in both}}
    assert all(may.values()), may
    pairs = [pair for one, two in actors for pair in dealt(may[one], may[two], random)]
    assert {press for pair in pairs for press in pair} == {press for each in may.values() for press in each}
    matters = await bring(system, place, len(pairs))

    async def both(pair: tuple[Press, Press], matter: Matter) -> tuple[str | None, ...]:
        return tuple(await asyncio.gather(*(pressed(system, place, press, matter, other) for press in pair)))

    codes = await some_at_once([both(pair, matter) for pair, matter in zip(pairs, matters, strict=True)])
    await system.settle()
    wrong = {}
    for pair, matter, answers in zip(pairs, matters, codes, strict=True):
        could = [
            code
            for press, code in zip(pair, answers, strict=True)
            if not (matter.order_id and press.mutation in NOT_YET)
        ]
        problems = [] if None in could or not could else ["neither was done"]
        problems += await problems_of(system, matter.case_id)
        if problems:
            wrong[pair] = (answers, problems)
    assert not wrong, wrong
    assert await problems_of(system, other) == []
    await system.no_dead_letters()
    assert [(await part.room.unsent())[0] for part in system.system.wiring.parts.values()] == [0] * 5
    told = Counter(code for answers in codes for code in answers)
    print(f"{system.kind}, {situation}: {len(pairs)} pairs; {dict(told)}")


async def problems_of(system: Harness, case_id: str) -> list[str]:
    """What is not in order of a matter, in the tables of those who keep a part of it."""
    case = Case.model_validate_json(
        (await system.rows("intake", 'SELECT body FROM "case" WHERE id = :k', k=case_id))[0].body
    )
    [kept] = await system.rows("escalation", "SELECT holder, body FROM custody WHERE id = :k", k=case_id)
    custody = Custody.model_validate_json(kept.body)
    dockets = await system.rows("deliberation", "SELECT body FROM docket WHERE id = :k", k=case_id)
    docket = Docket.model_validate_json(dockets[0].body) if dockets else None
    running = [clock for clock in custody.clocks if clock.state is ClockState.RUNNING]
    holding = [each for each in custody.entries if each.state in {EntryState.RECEIVED, EntryState.ACTING}]
    found = []
    if kept.holder != (custody.holder or ""):
        found.append(f"escalation's table says {kept.holder}, its document {custody.holder}")
    if case.stage.ended:
        if custody.holder is not None or running or holding or custody.closed_at is None:
            found.append(f"{case.stage}, and held by {custody.holder}, running {running}, at work {holding}")
    else:
        if custody.holder != custody.node_at(custody.level) or custody.closed_at is not None:
            found.append(f"{case.stage}, held by {custody.holder} at {custody.level}")
        if len(holding) > 1 or any(each.level is not custody.level for each in holding):
            found.append(f"at work: {holding}, held at {custody.level}")
        if not running and custody.suspended_until is None:
            found.append("no clock runs")
    return found + await disagreements(system, case, custody, docket)


async def disagreements(system: Harness, case: Case, custody: Custody, docket: Docket | None) -> list[str]:
    """Who keeps something else of a matter than its owner: the read model, and each service what it has heard of the others."""
    [row] = await system.rows("gateway", "SELECT * FROM case_view WHERE case_id = :k", k=case.case_id)
    found = []
    if CaseState.model_validate_json(row.case_state) != case.public():
        found.append("the read model has another case")
    if CustodyState.model_validate_json(row.custody_state) != custody.public():
        found.append("the read model has another custody")
    if docket is not None and DocketState.model_validate_json(row.docket_state) != docket.public():
        found.append("the read model has another docket")
    if (row.holder or None) != custody.holder:
        found.append(f"the read model lists it under {row.holder}")
    heard = (
        ("escalation", "intake.case", case),
        ("deliberation", "intake.case", case),
        ("notify", "intake.case", case),
        ("intake", "escalation.custody", custody),
        ("deliberation", "escalation.custody", custody),
    )
    for service, topic, owned in heard:
        known = await system.rows(
            service, "SELECT version FROM known WHERE key = :k AND topic LIKE :t", k=case.case_id, t=f"%.{topic}.v%"
        )
        if [each.version for each in known] != [owned.version]:
            found.append(f"{service} has heard of {topic} {known}, it is at {owned.version}")
    return found
