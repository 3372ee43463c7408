"""Bad input: a typed refusal each, and nothing written (issue of the walking skeleton, point 11; domain 2.1)."""

from datetime import timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio

from services.contracts.organisation import Role, federation_of
from tests.access.council_oracle import COUNCIL_COMMANDS
from tests.access.test_permission_table import ORACLE
from tests.access.world import MATTER_COMMANDS, STAGES, brought_to, on_from, pascal, photo, reported, send, upload
from tests.harness import SINCE, Harness, Place

GOOD: dict[str, Any] = {"subCategory": "PUBLIC_FACILITY", "narrative": "公告栏坏了"}
EMOJI = "👩‍👧"
"""One picture, three characters (two persons and a joiner)."""

REPORTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown group": ({"group": "n_g-210199999999"}, "UNKNOWN_NODE"),
    "a federation as a group": ({"group": "n_fed-21"}, "UNKNOWN_NODE"),
    "a group's id that can be none": ({"group": "n_g'; DROP TABLE node;--"}, "MALFORMED"),
    "a group's id in capitals": ({"group": "N_G-210101001001"}, "MALFORMED"),
    "a group's id with full-width digits": ({"group": "n_g-２１０１"}, "MALFORMED"),
    "a group's id with an invisible character": ({"group": "n_g-2101\u200b"}, "MALFORMED"),
    "a group's id with a space behind it": ({"group": "n_g-210101001001 "}, "MALFORMED"),
    "a group's id that is endless": ({"group": "n_" + "g" * 100_000}, "MALFORMED"),
    "no narrative": ({"narrative": ""}, "TEXT_MISSING"),
    "a narrative of spaces": ({"narrative": " \u3000\n\t"}, "TEXT_MISSING"),
    "a narrative with nothing to be seen": ({"narrative": "\u200b\ufeff\u2060 \u3164\u202e"}, "TEXT_MISSING"),
    "a narrative of 10,001": ({"narrative": "字" * 10_001}, "TEXT_TOO_LONG"),
    "a narrative of 10,001 beyond the first plane": ({"narrative": "😀" * 10_001}, "TEXT_TOO_LONG"),
    "a narrative of joined pictures": ({"narrative": EMOJI * 3_334}, "TEXT_TOO_LONG"),
    "a NUL in a narrative": ({"narrative": "公告栏\x00坏了"}, "MALFORMED"),
    "a NUL in a place": ({"place": "\x00"}, "MALFORMED"),
    "a NUL in a name": ({"reporter": {"name": "a\x00"}}, "MALFORMED"),
    "a place too long": ({"place": "号" * 201}, "TEXT_TOO_LONG"),
    "a name too long": ({"reporter": {"name": "名" * 101}}, "TEXT_TOO_LONG"),
    "a subject's name too long": ({"subjectPerson": {"name": "名" * 101}}, "TEXT_TOO_LONG"),
    "who told it, too long": ({"toldBy": "名" * 101}, "TEXT_TOO_LONG"),
    "a phone too short": ({"reporter": {"phone": "1390000"}}, "MALFORMED_PHONE"),
    "a phone of letters": ({"reporter": {"phone": "一三九"}}, "MALFORMED_PHONE"),
    "a phone too long": ({"reporter": {"phone": "139" * 100}}, "MALFORMED_PHONE"),
    "a service line": ({"subjectPerson": {"phone": "12338"}}, "MALFORMED_PHONE"),
    "a phone with SQL": ({"reporter": {"phone": "13900001111'--"}}, "MALFORMED_PHONE"),
    "urgency lowered": ({"subCategory": "MARITAL_CONFLICT", "urgency": "GREEN"}, "URGENCY_NOT_YOURS"),
    "urgency of a sealed matter lowered": ({"subCategory": "SEXUAL_HARM", "urgency": "YELLOW"}, "URGENCY_NOT_YOURS"),
    "a day that nobody has seen": ({"happenedOn": "0001-01-01"}, "DATE_TOO_EARLY"),
    "the last day that nobody has seen": ({"happenedOn": "1899-12-31"}, "DATE_TOO_EARLY"),
    "ten attachments": ({"attachments": [f"a_{n:026d}" for n in range(10)]}, "TOO_MANY_ATTACHMENTS"),
    "a hundred attachments and one": ({"attachments": [f"a_{n:026d}" for n in range(101)]}, "MALFORMED"),
    "an attachment that is not there": ({"attachments": [f"a_{0:026d}"]}, "ATTACHMENT_NOT_YOURS"),
    "an attachment's id that can be none": ({"attachments": ["../../etc/passwd"]}, "MALFORMED"),
    "a key too short": ({"idempotencyKey": "seven77"}, "MALFORMED"),
    "a key too long": ({"idempotencyKey": "k" * 129}, "MALFORMED"),
    "a key with a space": ({"idempotencyKey": "two words"}, "MALFORMED"),
    "a key in Chinese": ({"idempotencyKey": "八个字的标识符号吧"}, "MALFORMED"),
    "a key with a NUL": ({"idempotencyKey": "test\x00test"}, "MALFORMED"),
    "a key with a line": ({"idempotencyKey": "test-key\ntest"}, "MALFORMED"),
}

AT_THE_DOOR: dict[str, dict[str, Any]] = {
    "a sub-category that is none": {"subCategory": "NOISE"},
    "a sub-category in small letters": {"subCategory": "public_facility"},
    "an urgency that is none": {"urgency": "PINK"},
    "a relation that is none": {"relation": 1},
    "a narrative that is no text": {"narrative": {"text": "x"}},
    "a field that is not known": {"narative": "x"},
    "a field of the service's that is not the caller's": {"circle": ["m_somebody"]},
    "a date that is none": {"happenedOn": "2026-02-30"},
    "a date that is a word": {"happenedOn": "yesterday"},
    "nothing where something must be": {"narrative": None},
}


@pytest.mark.parametrize("what", sorted(REPORTS))
async def test_a_report_that_is_not_in_order(system: Harness, shared_place: Place, what: str) -> None:
    changed, code = REPORTS[what]
    before = await system.snapshot()
    answer = await shared_place.resident.do("reportMatter", **{**GOOD, "group": shared_place.group, **changed})
    assert answer.code == code, answer
    assert answer["messageZh"]
    assert answer["messageEn"]
    await system.settle()
    assert await system.snapshot() == before


@pytest.mark.parametrize("what", sorted(AT_THE_DOOR))
async def test_a_report_that_the_schema_refuses(system: Harness, shared_place: Place, what: str) -> None:
    before = await system.snapshot()
    code = await send(
        shared_place.resident, "reportMatter", **{**GOOD, "group": shared_place.group, **AT_THE_DOOR[what]}
    )
    assert code in {"VARIABLES_INVALID", "ARGUMENT_INVALID"}
    assert await system.snapshot() == before


async def test_the_longest_narrative_that_is_allowed(system: Harness, place: Place) -> None:
    for text in ("字" * 10_000, "😀" * 10_000, EMOJI * 3_333):
        case_id = await reported(system, place, "C0", narrative=text)
        query = "query($id: String!) { case(caseId: $id) { narrative } }"
        assert (await place.chair.ask(query, {"id": case_id}))["case"]["narrative"] == text


async def test_dates_are_shanghais(system: Harness, place: Place) -> None:
    today = system.clock.now().astimezone(timezone(timedelta(hours=8))).date()
    before = await system.snapshot()
    for future in (today + timedelta(days=1), today.replace(year=9999)):
        answer = await place.resident.report(place, happenedOn=future.isoformat())
        assert answer.code == "DATE_IN_FUTURE"
    assert await system.snapshot() == before
    assert (await place.resident.report(place, happenedOn=today.isoformat())).code is None


async def test_attachments_are_her_own_and_used_once(system: Harness, place: Place) -> None:
    mine = (await upload(place.resident, photo())).json()["id"]
    hers = (await upload(place.neighbour, photo())).json()["id"]
    evidence = (await upload(place.owner, photo(), evidence=True)).json()["id"]
    await reported(system, place, "C0", attachments=[mine])
    before = await system.snapshot()
    for wanted in ([hers], [mine], [mine, hers], [evidence]):
        assert (await place.resident.report(place, attachments=wanted)).code == "ATTACHMENT_NOT_YOURS", wanted
    assert await system.snapshot() == before
    assert (await place.neighbour.report(place, attachments=[hers, hers])).code is None, "said twice is said once"


# --- commands on a matter ------------------------------------------------------------------------------------------

MATTERS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    # stage, mutation, what is changed, code
    "no evidence": ("ACCEPTED", "solveOnSpot", {"evidence": " "}, "EVIDENCE_REQUIRED"),
    "evidence too long": ("ACCEPTED", "solveOnSpot", {"evidence": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a NUL in evidence": ("ACCEPTED", "solveOnSpot", {"evidence": "好\x00了"}, "MALFORMED"),
    "ten photos": ("ACCEPTED", "solveOnSpot", {"photos": [f"a_{n:026d}" for n in range(10)]}, "TOO_MANY_ATTACHMENTS"),
    "a photo that is not there": ("ACCEPTED", "solveOnSpot", {"photos": [f"a_{0:026d}"]}, "ATTACHMENT_NOT_YOURS"),
    "no answer": ("RESOLVED", "giveFeedback", {"text": "\u3000"}, "TEXT_MISSING"),
    "an answer too long": ("RESOLVED", "giveFeedback", {"text": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a result too long": ("RESOLVED", "giveFeedback", {"toGroup": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a NUL in a result": ("RESOLVED", "giveFeedback", {"toGroup": "\x00"}, "MALFORMED"),
    "a summary too long": ("SUBMITTED", "acceptMatter", {"publicSummary": "字" * 2_001}, "TEXT_TOO_LONG"),
    "no star": ("FEEDBACK_GIVEN", "rateMatter", {"score": 0}, "MALFORMED"),
    "six stars": ("FEEDBACK_GIVEN", "rateMatter", {"score": 6}, "MALFORMED"),
    "minus one star": ("FEEDBACK_GIVEN", "rateMatter", {"score": -1}, "MALFORMED"),
    "a remark too long": ("FEEDBACK_GIVEN", "rateMatter", {"remark": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a call-back's note too long": ("FEEDBACK_GIVEN", "callBack", {"remark": "字" * 2_001}, "TEXT_TOO_LONG"),
    "a reason too long": ("FEEDBACK_GIVEN", "closeMatter", {"reason": "字" * 2_001}, "TEXT_TOO_LONG"),
    "version nought": ("SUBMITTED", "acknowledge", {"expectedVersion": 0}, "MALFORMED"),
    "version minus one": ("SUBMITTED", "acknowledge", {"expectedVersion": -1}, "MALFORMED"),
    "a stale version": ("RESOLVED", "giveFeedback", {"expectedVersion": 1}, "STALE_VERSION"),
}


@pytest_asyncio.fixture(scope="module")
async def matters(system: Harness, modules_place: Place) -> dict[str, str]:
    """A matter at each stage, for tests that do not move it, as each of them shows."""
    case_ids = await brought_to(system, modules_place, STAGES[0], "C0", len(STAGES))
    for moved, (stage, to) in enumerate(pairwise(STAGES), start=1):
        await on_from(system, modules_place, case_ids[moved:], stage, to)
    return dict(zip(STAGES, case_ids, strict=True))


@pytest.mark.parametrize("what", sorted(MATTERS))
async def test_a_command_that_is_not_in_order(
    system: Harness, shared_place: Place, matters: dict[str, str], what: str
) -> None:
    stage, mutation, changed, code = MATTERS[what]
    place, case_id = shared_place, matters[stage]
    person = {"rateMatter": place.resident, "callBack": place.exec_member}.get(mutation, place.chair)
    before = await system.snapshot()
    words = {**MATTER_COMMANDS[mutation], **changed}
    assert (await send(person, mutation, caseId=case_id, **words)) == code
    await system.settle()
    assert await system.snapshot() == before


@pytest.mark.parametrize("around", ["{} ", " {}", "{}\n", "{}\u3000"])
async def test_an_id_with_a_space_about_it_is_another_one(
    system: Harness, shared_place: Place, matters: dict[str, str], around: str
) -> None:
    """It is refused as any text that can be no id is, and nothing is written."""
    place, before = shared_place, await system.snapshot()
    case_id, other = matters["SUBMITTED"], matters["ACCEPTED"]
    assert await send(place.chair, "acceptMatter", caseId=around.format(case_id)) == "MALFORMED"
    assert await send(place.chair, "acceptMatter", caseId=case_id[:-1]) == "MALFORMED"
    assert await send(place.chair, "mergeMatter", caseId=case_id, into=around.format(other)) == "MALFORMED"
    assert await send(place.chair, "passUp", caseId=around.format(other), reason="NEEDS_FUNDS") == "MALFORMED"
    assert await send(place.chair, "openSession", caseId=around.format(other)) == "MALFORMED"
    await system.settle()
    assert await system.snapshot() == before


async def test_a_state_that_does_not_fit_names_the_commands_that_do(
    system: Harness, shared_place: Place, matters: dict[str, str]
) -> None:
    """Of those that fit the ones that are hers: by the oracle of the permission table, which knows nothing of the table."""
    place = shared_place
    may = {
        place.resident: {"WithdrawMatter", "RaiseClass", "NameParty", "RateMatter", "ReopenMatter"},
        place.owner: {pascal(name) for name, who in ORACLE.items() if (Role.GROUP_OWNER, "group") in who},
        place.chair: {"IssueOrder", *(pascal(name) for name, who in ORACLE.items() if (Role.CHAIR, "village") in who)},
        place.township_officer: {pascal(name) for name, who in ORACLE.items() if (Role.OFFICER, "township") in who},
    }
    while_open = {"WithdrawMatter", "RaiseClass", "NameParty", "ClearParty", "SetUrgency"}
    away = {"ProposeRejection", "RejectMatter", "RedirectMatter", "MergeMatter"}
    working = {"RecordAction", "TellProgress", "PassUp", "ResolveMatter", "SolveOnSpot", "IssueOrder"}
    fitting = {
        "SUBMITTED": {"Acknowledge", "AcceptMatter", "AskForInformation", "InformUp", *away, *while_open},
        "ACCEPTED": {"InformUp", *working, *away, *while_open},
        "RESOLVED": {"GiveFeedback", "InformUp", "ReworkMatter", *while_open},
        "FEEDBACK_GIVEN": {"RateMatter", "CallBack", "CloseMatter", "InformUp", *while_open},
        "CLOSED": {"ReopenMatter"},
    }
    theirs = {
        **dict.fromkeys(("rateMatter", "supplyInformation", "withdrawMatter", "reopenMatter"), place.resident),
        "proposeRejection": place.owner,
        "reviewRejection": place.township_officer,
    }
    above = {"receive", "refuseReceipt", "returnDown", "takeOver", "supervise", "suspendMatter", "resumeMatter"}
    aside = {
        "lowerClass",
        "mergeMatter",
        *above,
    }  # nobody may ask the one of a C0 matter, the other needs a second matter
    for stage, allowed in fitting.items():
        case_id = matters[stage]
        before = await system.snapshot()
        for mutation, words in MATTER_COMMANDS.items():
            if mutation[0].upper() + mutation[1:] in allowed or mutation in aside or mutation in COUNCIL_COMMANDS:
                continue  # the council's have scenarios of their own
            person = theirs.get(mutation, place.chair)
            answer = await person.do(mutation, caseId=case_id, **words)
            first = mutation == "closeMatter" and stage in {"SUBMITTED", "ACCEPTED", "RESOLVED"}
            assert answer.code == ("FEEDBACK_FIRST" if first else "STATE_DOES_NOT_FIT"), (stage, mutation)
            assert set(answer["allowed"]) == allowed & may[person], (stage, mutation)
        await system.settle()
        assert await system.snapshot() == before


# --- regions and nodes ---------------------------------------------------------------------------------------------


async def test_regions_and_nodes_that_are_not_in_order(system: Harness, shared_place: Place) -> None:
    place = shared_place
    node = {"id": f"n_y-{place.village}", "kind": "COUNCIL", "region": place.village, "name": "议事会"}
    member, federation = {"member": "m_new-here", "since": SINCE}, federation_of(place.village)
    somebody = {"member": "m_somebody", "role": "RESIDENT", "since": "2020-01-01T00:00:00+08:00"}
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("addRegion", {"code": f"{place.county}909901", "name": "村"}, "UNKNOWN_REGION"),
        ("addRegion", {"code": f"{place.township}001", "name": "村"}, "MALFORMED"),
        ("addRegion", {"code": f"{place.township}903", "name": " "}, "TEXT_MISSING"),
        ("addRegion", {"code": f"{place.township}903", "name": "村" * 81}, "TEXT_TOO_LONG"),
        ("addRegion", {"code": f"{place.township}903", "name": "村\x00"}, "MALFORMED"),
        ("putNode", {"node": {**node, "region": f"{place.county}909"}}, "UNKNOWN_REGION"),
        ("putNode", {"node": {**node, "id": "fed"}}, "MALFORMED"),
        ("putNode", {"node": {**node, "kind": "GROUP", "region": place.township}}, "MALFORMED"),
        ("putNode", {"node": {**node, "kind": "DEPARTMENT"}}, "MALFORMED"),
        ("putNode", {"node": {**node, "department": "WATER"}}, "MALFORMED"),
        ("putNode", {"node": {**node, "kind": "GROUP", "department": "WATER"}}, "MALFORMED"),
        ("putNode", {"node": {**node, "kind": "DEPARTMENT", "department": "TAXES"}}, "VARIABLES_INVALID"),
        ("putNode", {"node": {**node, "kind": "GROUP", "members": [{**member, "role": "CHAIR"}]}}, "MALFORMED"),
        ("putNode", {"node": {**node, "members": [{**member, "role": "LIAISON"}]}}, "MALFORMED"),
        ("importMembers", {"members": [{**member, "node": place.group, "role": "CHAIR"}]}, "MALFORMED"),
        ("importMembers", {"members": [{**member, "node": federation, "role": "LIAISON"}]}, "MALFORMED"),
        ("putNode", {"node": {**node, "name": ""}}, "TEXT_MISSING"),
        ("putNode", {"node": {**node, "name": "会" * 81}}, "TEXT_TOO_LONG"),
        ("putNode", {"node": {**node, "name": "会\x00"}}, "MALFORMED"),
        ("putNode", {"node": {**node, "members": [{**somebody, "member": "张三"}]}}, "MALFORMED"),
        ("putNode", {"node": {**node, "members": [somebody] * 1_001}}, "MALFORMED"),
        ("delegate", {"group": "n_g-219999999999", "delegated": True}, "UNKNOWN_NODE"),
    ]
    before = await system.snapshot()
    for mutation, words, code in wrong:
        person = place.chair if mutation == "delegate" else system.operator
        assert await send(person, mutation, **words) == code, (mutation, words)
    naive = {**node, "members": [{**somebody, "since": "2020-01-01T00:00:00"}]}
    assert await send(system.operator, "putNode", node=naive) in {"MALFORMED", "VARIABLES_INVALID"}
    assert await system.snapshot() == before


async def test_a_region_of_another_cell(system: Harness, shared_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cell of Shenyang keeps Shenyang's regions and those above it, and no others."""
    place = shared_place
    monkeypatch.setattr(system.room("intake"), "cell", "2101")
    before = await system.snapshot()
    code = await send(system.operator, "addRegion", code=f"{place.township}904", name="村")
    node = {"id": f"n_z-{place.village}", "kind": "COUNCIL", "region": place.village, "name": "议事会"}
    assert (code, await send(system.operator, "putNode", node=node)) == ("REGION_OF_ANOTHER_CELL",) * 2
    assert await system.snapshot() == before
