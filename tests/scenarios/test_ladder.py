"""The ladder from the village to the province and back (S14), and what may happen on it, through the front door on both systems."""

import asyncio
from itertools import pairwise
from typing import Any

from services.contracts.organisation import Role
from tests.harness import SINCE, Answered, Harness, Person, Place
from tests.orders import act, department, issue
from tests.scenarios.councils import DONE, opened

LEVELS = ("VILLAGE", "TOWNSHIP", "COUNTY", "CITY", "PROVINCE")


async def accepted(system: Harness, place: Place, **input: Any) -> str:
    """A C1, YELLOW matter of land compensation that the village has accepted."""
    answer = await place.resident.report(
        place, **{"subCategory": "COLLECTIVE_INCOME", "urgency": None, "relation": "OWN", **input}
    )
    assert answer.code is None, answer
    case_id = str(answer["caseId"])
    await system.settle()
    assert (await place.chair.do("acceptMatter", caseId=case_id)).code is None
    await system.settle()
    return case_id


async def done(system: Harness, person: Person, mutation: str, case_id: str, **input: Any) -> Answered:
    """A command that is done, and everybody has heard of."""
    answer = await person.do(mutation, caseId=case_id, **input)
    assert answer.code is None, (mutation, answer)
    await system.settle()
    return answer


async def acts(system: Harness, person: Person, case_id: str, action: str = "VISIT") -> None:
    await done(system, person, "recordAction", case_id, action=action, note="已走访")


async def up(system: Harness, below: Person, above: Person, case_id: str, reason: str = "NEEDS_AUTHORITY") -> None:
    """A level acts, passes up, the level above receives."""
    await acts(system, below, case_id)
    await done(system, below, "passUp", case_id, reason=reason)
    await done(system, above, "receive", case_id)


def entries(case: dict[str, Any]) -> dict[str, str]:
    return {entry["level"]: entry["state"] for entry in case["entries"]}


async def clocks(place: Place, case_id: str) -> list[dict[str, Any]]:
    """Its clocks, with their amber times."""
    query = "query($id: String!) { case(caseId: $id) { clocks { stage state amberAt dueAt overdue } } }"
    found: list[dict[str, Any]] = (await place.chair.ask(query, {"id": case_id}))["case"]["clocks"]
    return found


async def seen(place: Place, case_id: str) -> dict[str, Any]:
    found = await place.chair.case(case_id)
    assert found is not None
    return found


async def test_s14_village_to_province_and_back(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    officers = [place.chair, place.township_officer, place.county_officer, place.city_officer, place.province_officer]
    chairs = [place.chair, place.township_chair, place.county_chair, place.city_chair]
    nodes = [f"n_fed-{code}" for code in (place.village, place.township, place.county, place.city, "21")]
    for step, (below, above) in enumerate(pairwise(officers)):
        refused = await below.do("passUp", caseId=case_id, reason="NEEDS_AUTHORITY")
        assert refused.code == "ACT_FIRST", "no level passes on what it has not touched"
        assert (await seen(place, case_id))["holder"]["code"] == nodes[step]
        await acts(system, below, case_id)
        if below is not chairs[step]:
            before = await seen(place, case_id)
            proposed = await done(system, below, "passUp", case_id, reason="NEEDS_AUTHORITY", note="请主席签字")
            assert (proposed["state"], entries(proposed)) == (before["state"], entries(before)), "her chair must sign"
            assert (await chairs[step].inbox())[0] == "TO_SIGN"
        passed = await done(system, chairs[step], "passUp", case_id, reason="NEEDS_AUTHORITY")
        assert passed["holder"]["code"] == nodes[step], "until the level above receives, nothing changes hands"
        assert passed["state"] == "ESCALATED"
        assert {"RECEIPT", "WINDOW"} <= {each["stage"] for each in passed["clocks"] if each["state"] == "RUNNING"}
        received = await done(system, above, "receive", case_id)
        assert received["holder"]["code"] == nodes[step + 1]
        assert entries(received)[LEVELS[step]] == "FOLLOWING"
        assert {"FIRST_ACTION", "WINDOW"} <= {
            each["stage"] for each in received["clocks"] if each["state"] == "RUNNING"
        }
    top = await place.province_officer.do("passUp", caseId=case_id, reason="POLICY_GAP")
    assert top.code == "STATE_DOES_NOT_FIT", "there is nothing above the province"
    await acts(system, place.province_officer, case_id, "POLICY_RECOMMENDATION")
    resolved = await done(
        system, place.province_officer, "resolveMatter", case_id, outcome="EXPLAINED", evidence="已提出政策建议"
    )
    assert resolved["state"] == "RESOLVED"
    assert resolved["holder"]["code"] == nodes[3], "resolving tells the level below, which owes the next relay"
    early = await place.chair.do("giveFeedback", caseId=case_id, text="还早")
    assert early.code == "STATE_DOES_NOT_FIT", "the answer goes down the ladder first"
    for step in (3, 2, 1):
        relayed = await done(system, officers[step], "relayFeedback", case_id)
        assert relayed["holder"]["code"] == nodes[step - 1]
        assert entries(relayed)[LEVELS[step]] == "FEEDBACK_RELAYED"
    await done(system, place.chair, "giveFeedback", case_id, text="省里已提出政策建议，解释如下。")
    closed = await place.resident.do("rateMatter", caseId=case_id, score=4, solved=True)
    assert (closed["state"], closed["outcome"]) == ("CLOSED", "EXPLAINED")
    await system.settle()
    ended = await seen(place, case_id)
    assert ended["holder"] is None
    assert set(entries(ended).values()) == {"CLOSED"}
    assert "PASSED_UP" in await place.township_officer.inbox() or "PASSED_UP" in await place.township_chair.inbox()
    assert (await place.resident.inbox()).count("ESCALATED") == 4, (
        "the subject knows at every moment which level has it"
    )
    await system.no_dead_letters()


async def test_a_pass_up_is_taken_back_refused_once_and_cured(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    cancelled = await done(system, place.chair, "cancelPassUp", case_id)
    assert entries(cancelled) == {"VILLAGE": "ACTING"}
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    not_so = await place.township_chair.do("refuseReceipt", caseId=case_id, reason="NOT_ACTED")
    assert not_so.code == "NOT_SO"
    refused = await done(system, place.township_chair, "refuseReceipt", case_id, reason="WRONG_REGION")
    assert refused["holder"]["code"] == f"n_fed-{place.village}"
    assert "CURE" in {each["stage"] for each in refused["clocks"] if each["state"] == "RUNNING"}
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    again = await place.township_chair.do("refuseReceipt", caseId=case_id, reason="WRONG_REGION")
    assert again.code == "REFUSED_BEFORE"
    asked = "query($id: String!) { case(caseId: $id) { allowedCommands } }"
    may = (await place.township_chair.ask(asked, {"id": case_id}))["case"]["allowedCommands"]
    assert ("Receive" in may, "RefuseReceipt" in may) == (True, False)
    received = await done(system, place.township_chair, "receive", case_id)
    assert received["level"] == "TOWNSHIP"


async def test_it_comes_back_down_at_most_twice(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    for _ in range(2):
        await up(system, place.chair, place.township_officer, case_id)
        returned = await done(system, place.township_officer, "returnDown", case_id, guidance="先召开协商会")
        assert (returned["state"], returned["level"]) == ("IN_ACTION", "VILLAGE")
        assert (await place.chair.do("passUp", caseId=case_id, reason="TIME_EXCEEDED")).code == "ACT_FIRST"
    await up(system, place.chair, place.township_officer, case_id)
    third = await place.township_officer.do("returnDown", caseId=case_id, guidance="再议")
    assert third.code == "TOO_MANY_RETURNS"


async def test_two_levels_press_take_and_the_first_has_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MEDICAL_HARDSHIP")
    alerted = await done(system, place.chair, "alertInParallel", case_id)
    assert entries(alerted) == {"VILLAGE": "RECEIVED", "TOWNSHIP": "INFORMED", "COUNTY": "INFORMED"}
    assert alerted["holder"]["code"] == f"n_fed-{place.village}"
    taken = await done(system, place.county_officer, "takeOver", case_id, reason="需要立即救助")
    assert taken["holder"]["code"] == f"n_fed-{place.county}"
    late = await place.township_officer.do("takeOver", caseId=case_id, reason="需要立即救助")
    assert late.code == "TAKEN"
    assert place.county in late["messageEn"]
    resolved = await done(system, place.county_officer, "resolveMatter", case_id, evidence="已救助")
    assert resolved["holder"]["code"] == f"n_fed-{place.township}"
    relayed = await done(system, place.township_officer, "relayFeedback", case_id)
    assert relayed["holder"]["code"] == f"n_fed-{place.village}"


async def test_a_level_that_knew_of_it_is_alerted_as_well_and_once(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MEDICAL_HARDSHIP")
    for level in ("TOWNSHIP", "COUNTY"):
        await done(system, place.chair, "informUp", case_id, to=level, note="请了解")
    alerted = await done(system, place.chair, "alertInParallel", case_id)
    assert entries(alerted) == {"VILLAGE": "RECEIVED", "TOWNSHIP": "INFORMED", "COUNTY": "INFORMED"}
    watching = (place.township_chair, place.township_officer, place.county_chair, place.county_officer)
    assert [(await each.inbox()).count("ALERT") for each in watching] == [1, 1, 1, 1], "the officers on duty too"
    again = await place.chair.do("alertInParallel", caseId=case_id)
    assert (again.code, again["version"]) == (None, alerted["version"]), "alerted once"
    taken = await done(system, place.township_officer, "takeOver", case_id, reason="需要立即救助")
    assert taken["holder"]["code"] == f"n_fed-{place.township}"


async def test_whom_a_private_matter_had_come_to_is_alerted_as_well(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MARITAL_CONFLICT", urgency="ORANGE")
    await done(system, place.chair, "informUp", case_id, to="TOWNSHIP", note="请了解")
    await done(system, place.chair, "alertInParallel", case_id)
    for who in (place.township_chair, place.township_officer):
        assert await who.inbox() == ["ALERT", "NEW_MATTER"]
    for who in (place.county_chair, place.county_officer):
        assert (await who.inbox()).count("ALERT") == 1, "she hears of it by joining its circle, and that it is urgent"
    said = "{ me { inbox { edges { node { titleZh } } } } }"
    told = (await place.county_chair.ask(said))["me"]["inbox"]["edges"][0]["node"]
    assert told["titleZh"] == "紧急：有一件事项需要立即处置", "nothing of its content"


async def test_a_private_matter_that_is_red_and_late_alerts_those_above(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MARITAL_CONFLICT", urgency="RED")
    await system.advance(hours=6)
    for who in (place.township_chair, place.township_officer, place.county_chair, place.county_officer):
        assert (await who.inbox()).count("ALERT") == 1
    newcomer = place.city_officer
    await done(system, place.chair, "changeCircle", case_id, add=[newcomer.member])
    assert await newcomer.inbox() == ["NEW_MATTER"], "whom somebody names is not alerted"


async def test_what_has_left_its_first_taker_may_be_taken_again(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MEDICAL_HARDSHIP")
    await done(system, place.chair, "alertInParallel", case_id)
    await done(system, place.township_officer, "takeOver", case_id, reason="需要立即救助")
    assert (await place.county_chair.do("takeOver", caseId=case_id, reason="由县里办理")).code == "TAKEN"
    await up(system, place.township_chair, place.county_officer, case_id)
    assert "TakeOver" not in (await place.township_chair.case(case_id) or {})["allowedCommands"]
    await done(system, place.county_officer, "returnDown", case_id, guidance="先核实情况")
    assert "TakeOver" in (await place.county_chair.case(case_id) or {})["allowedCommands"]
    returned = await done(system, place.township_officer, "returnDown", case_id, guidance="先核实情况")
    assert returned["holder"]["code"] == f"n_fed-{place.village}"
    taken = await done(system, place.county_chair, "takeOver", case_id, reason="由县里办理")
    assert taken["holder"]["code"] == f"n_fed-{place.county}"


async def test_nobody_supervises_herself(system: Harness, place: Place) -> None:
    """Supervision ends when the level that supervises has the matter itself; that of a level still higher goes on."""
    case_id = await accepted(system, place)
    query = "query($id: String!) { case(caseId: $id) { entries { level supervising } } }"

    async def supervising() -> set[str]:
        found = (await place.chair.ask(query, {"id": case_id}))["case"]["entries"]
        return {entry["level"] for entry in found if entry["supervising"]}

    async def reports() -> bool:
        return "SUPERVISED_REPORT" in {
            each["stage"] for each in (await seen(place, case_id))["clocks"] if each["state"] == "RUNNING"
        }

    for level, chair in (("TOWNSHIP", place.township_chair), ("COUNTY", place.county_chair)):
        await done(system, place.chair, "informUp", case_id, to=level, note="请关注")
        await done(system, chair, "supervise", case_id, on=True, reason="公众关注")
    assert await supervising() == {"TOWNSHIP", "COUNTY"}
    await up(system, place.chair, place.township_officer, case_id)
    assert (await supervising(), await reports()) == ({"COUNTY"}, True)
    await done(system, place.county_chair, "takeOver", case_id, reason="由县里办理")
    assert (await supervising(), await reports()) == (set(), False)
    await done(system, place.county_chair, "returnDown", case_id, guidance="先核实情况")
    assert (await supervising(), await reports()) == (set(), False), "who handed it back begins again, if she will"
    await done(system, place.county_chair, "supervise", case_id, on=True, reason="公众关注")
    assert (await supervising(), await reports()) == ({"COUNTY"}, True)


async def test_without_an_alert_the_head_alone_takes_over(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await done(system, place.chair, "informUp", case_id, to="COUNTY", note="请关注")
    informed = await place.county_officer.case(case_id) or {}
    assert "TakeOver" not in informed["allowedCommands"]
    assert "InformUp" in informed["allowedCommands"], "she has a line in the thread"
    before = await system.snapshot()
    assert (await place.county_officer.do("takeOver", caseId=case_id, reason="我来办")).code == "NOT_PERMITTED"
    assert await system.snapshot() == before
    assert "TakeOver" in (await place.county_chair.case(case_id) or {})["allowedCommands"]
    taken = await done(system, place.county_chair, "takeOver", case_id, reason="由县里办理")
    assert taken["holder"]["code"] == f"n_fed-{place.county}"


async def test_after_an_alert_the_first_taker_has_it_while_she_is_in_time(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MEDICAL_HARDSHIP")
    await done(system, place.chair, "alertInParallel", case_id)
    takers = {place.township: place.township_officer, place.county: place.county_officer}
    answers = await asyncio.gather(
        *(each.do("takeOver", caseId=case_id, reason="需要立即救助") for each in takers.values())
    )
    assert sorted(str(answer.code) for answer in answers) == ["None", "TAKEN"]
    await system.settle()
    holder = (await seen(place, case_id))["holder"]["code"]
    (region,) = [each for each in takers if holder == f"n_fed-{each}"]
    if region == place.township:
        assert "TakeOver" not in ((await place.county_officer.case(case_id)) or {})["allowedCommands"]
        await system.advance(days=14)
        assert "TakeOver" in ((await place.county_officer.case(case_id)) or {})["allowedCommands"]
        await done(system, place.county_officer, "takeOver", case_id, reason="乡镇逾期")
    lost = await place.chair.do("passUp", caseId=case_id, reason="SAFETY_RISK")
    assert lost.code == "NOT_THE_HOLDER", "she follows it, and is told why she may not"
    assert (await place.chair.case(case_id) or {})["level"] == "COUNTY"


async def test_who_took_a_report_over_accepts_it_and_its_village_does_not(system: Harness, place: Place) -> None:
    case_id = str((await place.resident.report(place, urgency="ORANGE"))["caseId"])
    await system.settle()
    await done(system, place.chair, "alertInParallel", case_id)
    await done(system, place.township_officer, "takeOver", case_id, reason="由乡镇办理")
    for who in (place.chair, place.owner):
        assert "AcceptMatter" not in (await who.case(case_id) or {})["allowedCommands"]
        refused = await who.do("acceptMatter", caseId=case_id)
        assert (refused.code, refused["messageEn"]) == ("NOT_THE_HOLDER", f"n_fed-{place.township} holds the matter.")
    assert "AcceptMatter" in (await place.township_officer.case(case_id) or {})["allowedCommands"]
    assert (await done(system, place.township_officer, "acceptMatter", case_id))["state"] == "ESCALATED"


async def test_who_was_told_before_it_was_closed_is_told_again_once_it_is_opened(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MEDICAL_HARDSHIP")
    await done(system, place.chair, "informUp", case_id, to="COUNTY", note="请了解")
    await done(system, place.chair, "resolveMatter", case_id, evidence="已救助")
    await done(system, place.chair, "giveFeedback", case_id, text="已办结")
    await done(system, place.resident, "rateMatter", case_id, score=5, solved=True)
    await done(system, place.resident, "reopenMatter", case_id, reason="又发生了")
    assert entries(await seen(place, case_id)) == {"VILLAGE": "ACTING", "COUNTY": "CLOSED"}
    before = await place.county_chair.inbox()
    informed = await done(system, place.chair, "informUp", case_id, to="COUNTY", note="又发生了")
    assert entries(informed) == {"VILLAGE": "ACTING", "COUNTY": "INFORMED"}
    assert len(await place.county_chair.inbox()) == len(before) + 1
    again = await place.chair.do("informUp", caseId=case_id, to="COUNTY", note="又发生了")
    assert (again.code, again["version"]) == (None, informed["version"]), "told once"
    alerted = await done(system, place.chair, "alertInParallel", case_id)
    assert entries(alerted) == {"VILLAGE": "ACTING", "TOWNSHIP": "INFORMED", "COUNTY": "INFORMED"}


async def test_what_is_opened_again_is_with_its_one_holder(system: Harness, place: Place) -> None:
    """What several levels were alerted to at once ended with it; whoever is alerted anew may take it again."""
    case_id = await accepted(system, place, subCategory="MEDICAL_HARDSHIP")
    await done(system, place.chair, "alertInParallel", case_id)
    await done(system, place.township_officer, "takeOver", case_id, reason="需要立即救助")
    await done(system, place.township_officer, "resolveMatter", case_id, evidence="已救助")
    await done(system, place.chair, "giveFeedback", case_id, text="已办结")
    await done(system, place.resident, "rateMatter", case_id, score=5, solved=True)
    await done(system, place.resident, "reopenMatter", case_id, reason="又发生了")
    again = await seen(place, case_id)
    assert again["holder"]["code"] == f"n_fed-{place.township}"
    assert entries(again) == {"VILLAGE": "FOLLOWING", "TOWNSHIP": "ACTING", "COUNTY": "CLOSED"}
    assert "TakeOver" not in (await place.county_officer.case(case_id) or {})["allowedCommands"]
    assert (await place.county_officer.do("takeOver", caseId=case_id, reason="由县里办理")).code == "NOT_PERMITTED"
    await done(system, place.township_chair, "alertInParallel", case_id)
    taken = await done(system, place.county_officer, "takeOver", case_id, reason="由县里办理")
    assert taken["holder"]["code"] == f"n_fed-{place.county}"
    await system.no_dead_letters()


async def test_nothing_is_solved_on_the_spot_while_others_are_at_it(system: Harness, place: Place) -> None:
    spot = {"evidence": "已修好"}
    case_id = await accepted(system, place, subCategory="PUBLIC_FACILITY")
    session_id = await opened(system, place, case_id)
    deliberating = await place.chair.do("solveOnSpot", caseId=case_id, **spot)
    assert (deliberating.code, "SolveOnSpot" in deliberating["allowed"]) == ("STATE_DOES_NOT_FIT", False)
    assert "SolveOnSpot" not in (await seen(place, case_id))["allowedCommands"]
    await done(
        system, place.chair, "closeSession", case_id, sessionId=session_id, reason="NO_QUORUM", minutes="人数不足"
    )
    await done(system, place.chair, "informUp", case_id, to="COUNTY", note="请派单")
    order = await issue(system, place.county_officer, case_id, department(place))
    assert (await place.chair.do("solveOnSpot", caseId=case_id, **spot)).code == "ORDERS_OPEN"
    assert (await act(place.county_officer, "cancelOrder", order["orderId"], reason="已自行修复")).code is None
    await system.settle()
    assert (await place.chair.do("solveOnSpot", caseId=case_id, **spot)).code is None


async def test_who_follows_a_private_matter_does_not_move_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="MARITAL_CONFLICT", relation="OWN")
    await up(system, place.chair, place.township_chair, case_id)
    await up(system, place.township_chair, place.county_chair, case_id)
    turned_down = {"reason": "OTHER_AUTHORITY", "route": "请找主管部门"}
    for mutation, words in (
        ("changeCircle", {"remove": [place.county_chair.member]}),
        ("rejectMatter", turned_down),
        ("redirectMatter", {"to": "COURT", "route": "请找法院"}),
        ("suspendMatter", {"reason": "COURT_PENDING", "until": system.in_(days=20).isoformat()}),
    ):
        for who in (place.chair, place.township_chair):
            refused = await who.do(mutation, caseId=case_id, **words)
            assert refused.code in {"NOT_THE_HOLDER", "NOT_PERMITTED", "CASE_NOT_FOUND"}, (mutation, refused)
        assert mutation[0].upper() + mutation[1:] not in (await seen(place, case_id))["allowedCommands"]
    assert (await seen(place, case_id))["holder"]["code"] == f"n_fed-{place.county}"
    await acts(system, place.county_chair, case_id)


async def test_what_becomes_red_waits_for_nobody(system: Harness, place: Place) -> None:
    asked = await accepted(system, place, subCategory="MEDICAL_HARDSHIP")
    suspended = {"reason": "FUNDING_WAIT", "until": system.in_(days=20).isoformat()}
    await done(system, place.chair, "informUp", asked, to="TOWNSHIP", note="请了解")
    await done(system, place.township_chair, "suspendMatter", asked, **suspended)
    await done(system, place.chair, "setUrgency", asked, to="RED")
    awake = await seen(place, asked)
    assert (awake["state"], "RecordAction" in awake["allowedCommands"]) == ("ACCEPTED", True)
    assert {each["state"] for each in awake["clocks"]} <= {"RUNNING", "STOPPED"}
    answer = await place.resident.report(place, subCategory="ELDER_CARE", urgency=None, relation="OWN")
    case_id = str(answer["caseId"])
    await system.settle()
    await done(system, place.chair, "askForInformation", case_id, question="请问是什么事？")
    raised = await done(system, place.chair, "setUrgency", case_id, to="RED")
    assert raised["state"] == "SUBMITTED"
    assert {each["stage"] for each in (await seen(place, case_id))["clocks"] if each["state"] == "RUNNING"} == {
        "TRIAGE"
    }
    await done(system, place.chair, "acceptMatter", case_id)
    assert await place.county_officer.case(case_id) is None
    await system.advance(hours=6)
    await system.advance(minutes=1)
    late = await seen(place, case_id)
    assert entries(late) == {"VILLAGE": "RECEIVED", "TOWNSHIP": "INFORMED", "COUNTY": "INFORMED"}
    assert late["holder"]["code"] == f"n_fed-{place.village}", "it wakes people and moves nothing"
    assert "ALERT" in await place.county_officer.inbox(), "the officer on duty too"
    await done(system, place.county_officer, "takeOver", case_id, reason="村里没有处理")


async def test_a_session_that_ended_with_the_matter_is_no_act_of_its_next_life(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await opened(system, place, case_id)
    await done(system, place.resident, "withdrawMatter", case_id)
    await system.advance(minutes=1)
    await done(system, place.resident, "reopenMatter", case_id, reason="问题还在")
    idle = await place.chair.do("passUp", caseId=case_id, reason="NEEDS_AUTHORITY")
    assert idle.code == "ACT_FIRST"


async def test_a_date_that_has_passed_comes_with_no_return(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    words = {"guidance": "先召开协商会", "dueAt": "2020-01-01T00:00:00+08:00"}
    assert (await place.township_officer.do("returnDown", caseId=case_id, **words)).code == "DATE_IN_PAST"


async def test_the_chair_of_the_city_learns_of_a_sealed_matter_that_comes_to_her(system: Harness, place: Place) -> None:
    answer = await place.resident.report(place, subCategory="DOMESTIC_VIOLENCE", urgency=None)
    case_id = str(answer["caseId"])
    await system.settle()
    rights = place.rights_officer
    await done(system, rights, "acceptMatter", case_id)
    await done(system, rights, "recordAction", case_id, action="VISIT", note="已走访")
    assert await place.city_officer.case(case_id) is None
    await done(system, rights, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert await place.city_chair.inbox() != []
    assert await place.city_officer.inbox() == [], "of what is sealed the chair alone"
    received = await done(system, place.city_chair, "receive", case_id)
    assert received["holder"]["code"] == f"n_fed-{place.city}"


async def test_a_call_back_says_whether_it_is_solved(system: Harness, place: Place) -> None:
    case_id = await system.solved(place)
    await done(system, place.owner, "giveFeedback", case_id, text="已修好")
    without = await place.chair.do("callBack", caseId=case_id, reached=True)
    of_nobody = await place.chair.do("callBack", caseId=case_id, reached=False, solved=True)
    assert (without.code, of_nobody.code) == ("MALFORMED", "MALFORMED")
    assert (await seen(place, case_id))["state"] == "FEEDBACK_GIVEN"
    closed = await done(system, place.chair, "callBack", case_id, reached=True, solved=True, score=5)
    assert closed["state"] == "CLOSED"


async def test_what_the_group_reads_is_masked(system: Harness, place: Place) -> None:
    answer = await place.resident.report(place)
    case_id = str(answer["caseId"])
    await system.settle()
    await done(system, place.owner, "acceptMatter", case_id, publicSummary="找老李，13900001111，2单元501室")
    summary = "query($id: String!) { case(caseId: $id) { summary } }"
    assert (await place.neighbour.ask(summary, {"id": case_id}))["case"]["summary"] == "找老李，***********，2单元***室"
    await done(system, place.owner, "solveOnSpot", case_id, evidence="已修好")
    await done(system, place.owner, "giveFeedback", case_id, text="已修好", toGroup="修好了，谢谢13900001111")
    assert (await place.neighbour.ask(summary, {"id": case_id}))["case"]["summary"] == "修好了，谢谢***********"


async def test_information_moves_no_clock_and_no_holder(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    before = await seen(place, case_id)
    assert await place.county_officer.case(case_id) is None
    informed = await done(system, place.chair, "informUp", case_id, to="COUNTY", note="请了解")
    assert (informed["holder"], informed["clocks"]) == (before["holder"], before["clocks"])
    assert entries(informed) == {"VILLAGE": "RECEIVED", "COUNTY": "INFORMED"}
    assert await place.county_officer.case(case_id) is not None
    await acts(system, place.county_officer, case_id)
    after = await seen(place, case_id)
    assert next(entry for entry in after["entries"] if entry["level"] == "COUNTY")["state"] == "INFORMED"
    resolves = await place.county_officer.do("resolveMatter", caseId=case_id, evidence="好了")
    assert resolves.code == "NOT_THE_HOLDER", "she knows of it, so it is no secret that another has it"
    assert (await place.township_officer.do("recordAction", caseId=case_id, action="VISIT")).code == "CASE_NOT_FOUND"


async def test_opinions_are_for_the_county_and_above(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    low = await place.township_officer.do("recordAction", caseId=case_id, action="OPINION_ART73")
    assert low.code == "COUNTY_UP_ONLY"
    await up(system, place.township_chair, place.county_officer, case_id)
    await acts(system, place.county_officer, case_id, "OPINION_ART73")


async def test_it_rests_until_its_date_and_goes_on_by_itself(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    before = next(each for each in (await seen(place, case_id))["clocks"] if each["stage"] == "WINDOW")
    until = (system.clock.now()).isoformat()
    assert (
        await place.township_officer.do("suspendMatter", caseId=case_id, reason="SEASONAL", until=until)
    ).code == "TOO_LATE"
    rested = await done(
        system,
        place.township_officer,
        "suspendMatter",
        case_id,
        reason="SEASONAL",
        until=system.in_(days=2).isoformat(),
    )
    assert rested["state"] == "SUSPENDED"
    assert {each["state"] for each in rested["clocks"] if each["stage"] in {"WINDOW", "FIRST_ACTION"}} == {"PAUSED"}
    assert (
        await place.township_officer.do("passUp", caseId=case_id, reason="NEEDS_FUNDS")
    ).code == "STATE_DOES_NOT_FIT"
    await system.advance(days=3)
    going = await seen(place, case_id)
    assert going["state"] == "ESCALATED"
    after = next(each for each in going["clocks"] if each["stage"] == "WINDOW")
    assert after["state"] == "RUNNING"
    assert after["dueAt"] > before["dueAt"], "a granted pause moves the due time"


async def test_a_level_above_takes_what_rests_and_ends_the_rest_if_she_will(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_officer, case_id)
    await done(system, place.township_officer, "informUp", case_id, to="COUNTY", note="请了解")
    until = system.in_(days=20).isoformat()
    await done(system, place.township_officer, "suspendMatter", case_id, reason="FUNDING_WAIT", until=until)
    assert "TakeOver" in (await place.county_chair.case(case_id) or {})["allowedCommands"]
    taken = await done(system, place.county_chair, "takeOver", case_id, reason="由县里协调资金")
    assert (taken["state"], taken["holder"]["code"]) == ("SUSPENDED", f"n_fed-{place.county}")
    assert {each["state"] for each in taken["clocks"] if each["stage"] in {"WINDOW", "FIRST_ACTION"}} == {"PAUSED"}
    assert "RESUMED" not in await place.resident.inbox()
    assert (await done(system, place.county_chair, "resumeMatter", case_id))["state"] == "ESCALATED"
    await acts(system, place.county_officer, case_id)


async def test_s21_an_idle_council_surfaces(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, subCategory="INHERITANCE")
    assert await place.township_officer.case(case_id) is None
    [council] = [each for each in await clocks(place, case_id) if each["stage"] == "COUNCIL"]
    await system.until(council["amberAt"])
    assert await place.chair.inbox() == ["NUDGE"]
    await system.until(council["dueAt"])
    assert sorted(await place.chair.inbox()) == ["NUDGE", "OVERDUE", "PROGRESS_OWED"], "nor has the reporter heard"
    assert await place.township_officer.case(case_id) is not None, "red, and visible to the township"
    await system.advance(hours=12)
    assert entries(await seen(place, case_id)) == {"VILLAGE": "RECEIVED"}, "not half as much time again yet"
    for _ in range(12):
        await system.advance(days=1)
    idle = await seen(place, case_id)
    assert entries(idle)["TOWNSHIP"] == "INFORMED"
    assert idle["holder"]["code"] == f"n_fed-{place.village}", "responsibility does not wander"
    assert "UPPER_ACTION" in {each["stage"] for each in idle["clocks"] if each["state"] == "RUNNING"}
    assert "IDLE_BELOW" in await place.township_chair.inbox()
    await acts(system, place.township_officer, case_id, "CALL")
    looked = await seen(place, case_id)
    assert "UPPER_ACTION" not in {each["stage"] for each in looked["clocks"] if each["state"] == "RUNNING"}


async def test_who_holds_it_reads_it_and_who_follows_sees_its_status(system: Harness, place: Place) -> None:
    """F2 and F3 go with the matter (domain 1.4): whoever holds it, or must decide whether to receive it, reads it; a level that passed it up
    follows and sees where it stands; one that was informed reads the words, not who spoke."""
    query = "query($id: String!) { case(caseId: $id) { state narrative reporterPhone evidence { notes } } }"

    async def reads(person: Person) -> tuple[str | None, str | None]:
        found = (await person.ask(query, {"id": case_id}))["case"]
        return (found["narrative"], found["reporterPhone"]) if found else (None, None)

    case_id = await accepted(system, place, narrative="征地补偿没有给我", reporter={"phone": "13900001111"})
    assert await reads(place.township_officer) == (None, None)
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert await reads(place.township_officer) == ("征地补偿没有给我", "13900001111")
    await done(system, place.township_officer, "receive", case_id)
    await done(system, place.township_officer, "informUp", case_id, to="CITY")
    assert await reads(place.city_officer) == ("征地补偿没有给我", None)
    await up(system, place.township_chair, place.county_officer, case_id)
    assert await reads(place.county_officer) == ("征地补偿没有给我", "13900001111")
    assert await reads(place.township_officer) == (None, None)
    assert (await place.township_officer.case(case_id) or {})["state"] == "ESCALATED"


async def test_a_leavers_open_matters_surface_at_the_level_above(system: Harness, place: Place) -> None:
    """A level with nobody in office alarms; the matter stays where it is until somebody takes it over, or office (domain 1.2)."""
    case_id = await accepted(system, place)
    village = f"n_fed-{place.village}"

    async def in_office(*people: str) -> None:
        members = [{"member": place.people[each].member, "role": "CHAIR", "since": SINCE} for each in people]
        node = {"id": village, "kind": "FEDERATION", "region": place.village, "name": village, "members": members}
        assert (await place.operator.do("putNode", returns=DONE, node=node)).code is None
        await system.settle()

    await in_office()
    await system.advance(minutes=2)
    surfaced = await place.township_chair.case(case_id)
    assert surfaced is not None, "visible to the level above"
    assert surfaced["holder"]["code"] == village, "responsibility does not wander"
    assert (await place.township_chair.inbox()).count("VACANT_BELOW") == 1
    await system.advance(minutes=2)
    assert (await place.township_chair.inbox()).count("VACANT_BELOW") == 1, "told once"
    await in_office("chair")
    await system.advance(minutes=2)
    assert "VacancyFilled" in {fact["kind"] for fact in (await seen(place, case_id))["timeline"]}
    taken = await done(system, place.township_chair, "takeOver", case_id, reason="村里长期无人任职")
    assert taken["level"] == "TOWNSHIP"


async def test_who_proposes_waits_for_a_chair_and_signs_where_there_is_none(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await acts(system, place.exec_member, case_id)
    proposed = await done(system, place.exec_member, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert entries(proposed) == {"VILLAGE": "ACTING"}
    assert (await place.chair.inbox())[0] == "TO_SIGN"
    await up(system, place.chair, place.township_officer, case_id)
    node = {"id": f"n_fed-{place.township}", "kind": "FEDERATION", "region": place.township, "name": "乡妇联"}
    officer = {"member": place.township_officer.member, "role": "OFFICER", "since": SINCE}
    assert (await place.operator.do("putNode", returns=DONE, node=node | {"members": [officer]})).code is None
    await system.settle()
    await acts(system, place.township_officer, case_id)
    passed = await done(system, place.township_officer, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert entries(passed)["COUNTY"] == "NOTIFIED"


async def test_a_council_member_proposes_and_the_chair_signs(system: Harness, place: Place) -> None:
    """As an executive member does (domain 1.3): of her own village, while it holds the matter, and of a private one only if she is let in."""
    case_id, member = await accepted(system, place), place.council_member
    assert (await member.do("passUp", caseId=case_id, reason="NEEDS_FUNDS")).code == "ACT_FIRST"
    await acts(system, place.exec_member, case_id)
    assert "PassUp" in (await member.case(case_id) or {})["allowedCommands"]
    proposed = await done(system, member, "passUp", case_id, reason="NEEDS_FUNDS", note="集体收入分配需上级协调")
    assert entries(proposed) == {"VILLAGE": "ACTING"}
    assert (await place.chair.inbox())[0] == "TO_SIGN"
    for who in (place.owner, place.resident, place.neighbour):
        assert (await who.do("passUp", caseId=case_id, reason="NEEDS_FUNDS")).code in {
            "NOT_PERMITTED",
            "CASE_NOT_FOUND",
        }
    stranger = system.person("m_sibling-council", (Role.COUNCIL_MEMBER, "n_council-beside", f"{place.county}002001"))
    assert (await stranger.do("passUp", caseId=case_id, reason="NEEDS_FUNDS")).code == "CASE_NOT_FOUND"
    await up(system, place.chair, place.township_officer, case_id)
    assert (await member.do("passUp", caseId=case_id, reason="NEEDS_FUNDS")).code == "NOT_THE_HOLDER"
    private = await accepted(system, place, subCategory="MARITAL_CONFLICT")
    await acts(system, place.chair, private)
    assert (await member.do("passUp", caseId=private, reason="NEEDS_FUNDS")).code == "CASE_NOT_FOUND"
    await done(system, place.chair, "changeCircle", private, add=[member.member])
    proposed = await done(system, member, "passUp", private, reason="NEEDS_FUNDS")
    assert entries(proposed) == {"VILLAGE": "ACTING"}
    await system.no_dead_letters()


async def test_the_answer_tells_a_proposal_from_a_pass_up(system: Harness, place: Place) -> None:
    """Also when it is sent again; without a look at the timeline."""
    case_id = await accepted(system, place)
    await acts(system, place.exec_member, case_id)
    returns = "{ __typename ... on Case { onlyProposed } ... on Done { onlyProposed } ... on Refusal { code } }"
    asked = {"caseId": case_id, "reason": "NEEDS_FUNDS", "idempotencyKey": "the-same-intention"}
    for _ in range(2):
        proposed = await place.exec_member.do("passUp", returns=returns, **asked)
        assert proposed == {"__typename": "Case", "onlyProposed": True}
    await system.settle()
    query = "query($id: String!) { case(caseId: $id) { onlyProposed } }"
    assert (await place.exec_member.ask(query, {"id": case_id}))["case"] == {"onlyProposed": None}
    passed = await place.chair.do("passUp", returns=returns, caseId=case_id, reason="NEEDS_FUNDS")
    assert passed == {"__typename": "Case", "onlyProposed": False}


async def test_an_answer_is_given_from_above_where_nobody_below_is_in_office(system: Harness, place: Place) -> None:
    """Resolved, the reporter hears of it, whoever has left meanwhile (domain 0.3): the level above takes the answer over."""
    case_id = await accepted(system, place)
    await up(system, place.chair, place.township_chair, case_id)
    await up(system, place.township_chair, place.county_chair, case_id)
    await done(system, place.county_chair, "resolveMatter", case_id, evidence="已补偿")
    assert "TakeOver" not in (await place.county_chair.case(case_id) or {})["allowedCommands"], "somebody is there"
    for region in (place.village, place.township):
        node = {"id": f"n_fed-{region}", "kind": "FEDERATION", "region": region, "name": region, "members": []}
        assert (await place.operator.do("putNode", returns=DONE, node=node)).code is None
    await system.settle()
    await system.advance(minutes=2)
    assert (await place.county_chair.do("giveFeedback", caseId=case_id, text="已补偿")).code == "NOT_THE_HOLDER"
    taken = await done(system, place.county_chair, "takeOver", case_id, reason="下级无人任职")
    assert (taken["state"], taken["holder"]["code"]) == ("RESOLVED", f"n_fed-{place.county}")
    assert {each["stage"] for each in taken["clocks"] if each["state"] == "RUNNING"} == {"FEEDBACK"}
    await done(system, place.county_chair, "giveFeedback", case_id, text="补偿款已发放")
    assert "FEEDBACK" in await place.resident.inbox()
    closed = await done(system, place.resident, "rateMatter", case_id, score=5, solved=True)
    assert closed["state"] == "CLOSED"
    await system.no_dead_letters()


async def test_only_the_council_of_the_level_that_holds_it_is_told_to_begin(system: Harness, place: Place) -> None:
    """Who has a line in the thread may end what she began, and begins nothing: it is not among what she may do."""
    begin = {"PutToCouncil", "ScheduleSession", "OpenSession", "AssignItem"}

    async def told(person: Person) -> set[str]:
        case = await person.case(case_id)
        assert case is not None
        return begin & set(case["allowedCommands"])

    case_id = await accepted(system, place)
    assert await told(place.chair) == begin
    await acts(system, place.chair, case_id)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_AUTHORITY")
    assert await told(place.chair) == begin
    assert await told(place.township_officer) == set()
    refused = await place.township_officer.do("openSession", caseId=case_id)
    assert refused.code == "NOT_THE_HOLDER"
    await done(system, place.township_officer, "receive", case_id)
    assert await told(place.chair) == set()
    assert await told(place.township_officer) == begin


async def test_what_was_taken_over_before_it_was_accepted_is_the_townships_to_move(
    system: Harness, place: Place
) -> None:
    """Only the holder's node moves a matter (domain 1.3c), whatever stage it was taken over in."""
    answer = await place.resident.report(place, subCategory="COLLECTIVE_INCOME", urgency="YELLOW", relation="OWN")
    case_id = str(answer["caseId"])
    await system.settle()
    await done(system, place.chair, "informUp", case_id, to="TOWNSHIP", note="请了解")
    await done(system, place.township_chair, "takeOver", case_id, reason="由乡镇办理")
    route = {"reason": "OTHER_AUTHORITY", "route": "请找主管部门"}
    for who, mutation, words in (
        (place.owner, "askForInformation", {"question": "哪一户？"}),
        (place.exec_member, "askForInformation", {"question": "哪一户？"}),
        (place.chair, "askForInformation", {"question": "哪一户？"}),
        (place.owner, "proposeRejection", route),
    ):
        assert (await who.do(mutation, caseId=case_id, **words)).code == "NOT_THE_HOLDER", (who.member, mutation)
        allowed = (await who.case(case_id) or {})["allowedCommands"]
        assert mutation[0].upper() + mutation[1:] not in allowed, who.member
    await done(system, place.township_officer, "askForInformation", case_id, question="哪一户？")
    await done(system, place.resident, "supplyInformation", case_id, answer="第三户")
    await done(system, place.township_officer, "acceptMatter", case_id)
