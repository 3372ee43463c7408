"""Department work orders from issue to call-back (domain 1.6: S02's orders, S17, S19; 2.5)."""

from datetime import datetime, timedelta

import pytest

from services.contracts.organisation import Role, federation_of
from services.escalation.limits_file import load
from services.escalation.order_timers import sweep_orders
from services.escalation.rules.calendar import SHANGHAI, working_time
from services.escalation.rules.due import due
from services.escalation.rules.limit import Limit
from tests.access.world import send
from tests.harness import Harness, Person, Place
from tests.orders import act, department, done, issue, listed, matter, order, package


async def fed_back(system: Harness, place: Place, case_id: str) -> None:
    """The village solves the matter and tells the reporter."""
    assert await send(place.chair, "solveOnSpot", caseId=case_id, evidence="部门已修复") is None
    await system.settle()
    assert await send(place.chair, "giveFeedback", caseId=case_id, text="已修好") is None
    await system.settle()


async def test_one_order_from_issue_to_call_back(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    issued = await issue(system, place.county_officer, case_id, department(place))
    assert (issued["state"], issued["role"], issued["caseId"]) == ("ISSUED", "LEAD", case_id)
    order_id = issued["orderId"]
    custody = await place.chair.case(case_id)
    assert custody is not None
    assert await place.liaison.inbox() == ["ORDER_ISSUED"]
    hers = await order(place.liaison, order_id)
    assert hers is not None
    assert hers["caseId"] is None
    assert {line["field"] for line in hers["package"]} == {"MATTER_TYPE", "LOCATION", "SUMMARY", "URGENCY", "DESK"}
    assert hers["allowedCommands"] == ["SignOrder", "ObjectToOrder"]
    signed = await act(place.liaison, "signOrder", order_id)
    assert (signed["state"], signed["lead"]["code"]) == ("SIGNED", department(place))
    assert (await act(place.liaison, "reportProgress", order_id, note="已到现场"))["state"] == "IN_PROGRESS"
    answer = await act(place.liaison, "reportDone", order_id, result="已修复", internalNote="管道老化")
    assert answer.code == "TEXT_MISSING", "the lead owes the citizen a reply"
    answer = await act(place.liaison, "reportDone", order_id, result="已修复", reply="已修好", internalNote="管道老化")
    assert (answer["state"], answer["result"]) == ("REPORTED_DONE", "DONE")
    await system.settle()
    assert "ORDER_REPORTED" in await place.chair.inbox()
    assert "ORDER_REPORTED" in await place.county_chair.inbox()
    seen = await order(place.county_officer, order_id)
    assert seen is not None
    assert (seen["reply"], seen["internalNote"]) == ("已修好", "管道老化")
    assert (await act(place.chair, "verifyOrder", order_id, note="现场看过"))["state"] == "VERIFIED"
    await fed_back(system, place, case_id)
    assert await send(place.exec_member, "callBack", caseId=case_id, reached=True, solved=True, score=5) is None
    await system.settle()
    closed = await order(place.liaison, order_id)
    assert closed is not None
    assert (closed["state"], closed["allowedCommands"]) == ("CLOSED", [])
    case = await place.county_officer.ask(
        "query($id: String!) { case(caseId: $id) { workOrders { orderId state } timeline { kind } } }", {"id": case_id}
    )
    assert case["case"]["workOrders"] == [{"orderId": order_id, "state": "CLOSED"}]
    steps = [fact["kind"] for fact in case["case"]["timeline"] if fact["kind"] == "OrderMoved"]
    assert len(steps) == 7, "issued, signed, progressed, reported, verified, called back, closed"
    await system.no_dead_letters()


async def test_s17_an_unsatisfied_call_back_sends_the_order_back(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place, "heating")))["orderId"]
    await done(system, place.heating_liaison, order_id)
    assert await send(place.heating_liaison, "callBack", caseId=case_id, reached=True, solved=True) in {
        "NOT_PERMITTED",
        "CASE_NOT_FOUND",
    }, "a department never calls back"
    assert (await act(place.chair, "verifyOrder", order_id)).code is None
    await fed_back(system, place, case_id)
    before = system.clock.now()
    assert await send(place.exec_member, "callBack", caseId=case_id, reached=True, solved=False, score=1) is None
    await system.settle()
    hers = await order(place.heating_liaison, order_id)
    assert hers is not None
    assert (hers["state"], hers["reworks"], hers["result"]) == ("REWORK", 1, None)
    assert "ORDER_REWORK" in await place.heating_liaison.inbox()
    [complete] = [clock for clock in hers["clocks"] if clock["stage"] == "COMPLETE"]
    assert datetime.fromisoformat(complete["startedAt"]) >= before
    # YELLOW: 5 wd, half of it is 3 (rounded up), never below 1.
    rules = load().of(place.county)
    half = due(Limit.parse("3wd"), datetime.fromisoformat(complete["startedAt"]), rules.calendar, rules.limits.hours)
    assert datetime.fromisoformat(complete["dueAt"]) == half.at
    refused = await act(
        place.heating_liaison,
        "objectToOrder",
        order_id,
        reason="不是我们的",
        legalBasis="供热条例",
        suggested=department(place),
    )
    assert refused.code == "NO_OBJECTION"
    answer = await act(place.heating_liaison, "reportDone", order_id, result="已调温", reply="已调好")
    assert answer.code is None
    again = await act(place.county_officer, "reworkOrder", order_id, reason="仍然 14 度")
    assert (again["state"], again["reworks"], again["supervision"]) == ("REWORK", 2, "SUPERVISED")
    await system.settle()
    assert "ORDER_SUPERVISED" in await place.heating_liaison.inbox()
    await system.no_dead_letters()


async def test_s19_an_objection_a_new_department_and_a_designation(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    words = {"reason": "不属供水设施", "legalBasis": "城市供水条例", "suggested": department(place, "heating")}
    objected = await act(place.liaison, "objectToOrder", order_id, **words)
    assert (objected["state"], objected["allowedCommands"]) == ("OBJECTED", [])
    assert objected["clock"]["stage"] == "OBJECTION_ANSWER"
    await system.settle()
    assert "ORDER_OBJECTED" in await place.county_chair.inbox()
    before = await place.chair.case(case_id)
    to = department(place, "heating")
    lower = await package(place.township_officer, case_id, department(place, "roads"))
    down = await act(place.county_officer, "reissueOrder", order_id, package=lower)
    assert down.code == "WRONG_DEPARTMENT", "nobody passes it down to a lower region"
    again = await act(
        place.county_officer, "reissueOrder", order_id, package=await package(place.county_officer, case_id, to)
    )
    assert (again["state"], again["department"]["code"]) == ("ISSUED", to)
    await system.settle()
    old = await order(place.liaison, order_id)
    assert old is not None
    assert (old["state"], old["reissuedAs"], old["caseId"]) == ("REISSUED", None, None)
    assert await place.liaison.inbox() == ["ORDER_REISSUED", "ORDER_ISSUED"]
    assert await place.heating_liaison.inbox() == ["ORDER_ISSUED"]
    after = await place.chair.case(case_id)
    assert before is not None
    assert after is not None
    assert before["clocks"] == after["clocks"], "the matter's clocks run on"
    new_id = again["orderId"]
    words["suggested"] = department(place)
    assert (await act(place.heating_liaison, "objectToOrder", new_id, **words)).code is None
    designated = await act(place.county_officer, "designateOrder", new_id, reason="供热管线所致")
    assert (designated["state"], designated["clock"]["stage"]) == ("DESIGNATED", "SIGN")
    assert (await act(place.heating_liaison, "objectToOrder", new_id, **words)).code == "NO_OBJECTION"
    await system.settle()
    hers = await order(place.heating_liaison, new_id)
    assert hers is not None
    assert {"kind": "designation", "text": "供热管线所致"} in hers["notes"]
    assert [each["orderId"] for each in await listed(place.liaison)] == [order_id]


async def test_a_joint_order_has_one_lead_that_reports_last(system: Harness, place: Place) -> None:
    case_id = await matter(system, place, urgency="ORANGE")
    lead, heating, housing = (department(place, kind) for kind in ("water", "heating", "housing"))
    lead_id = (await issue(system, place.county_officer, case_id, lead, heating, housing))["orderId"]
    ids = {each["department"]["code"]: each["orderId"] for each in await listed(place.county_officer)}
    assert set(ids) == {lead, heating, housing}
    hers = await order(place.heating_liaison, ids[heating])
    assert hers is not None
    assert (hers["role"], hers["lead"]["code"]) == ("CO", lead)
    assert [(peer["department"]["code"], peer["role"], peer["state"]) for peer in hers["peers"]] == [
        (lead, "LEAD", "ISSUED"),
        (housing, "CO", "ISSUED"),
    ]
    assert await order(place.heating_liaison, lead_id) is None, "a peer's role and progress, not its order"
    assert (await act(place.liaison, "signOrder", lead_id)).code is None
    words = {"result": "已修复", "reply": "已修好"}
    refused = await act(place.liaison, "reportDone", lead_id, **words)
    assert refused.code == "CO_ORDERS_OPEN"
    await done(system, place.heating_liaison, ids[heating])
    assert (await act(place.housing_liaison, "signOrder", ids[housing])).code is None
    assert (await act(place.housing_liaison, "markNotApplicable", ids[housing], reason="非房屋原因")).code is None
    assert (await act(place.liaison, "markNotApplicable", lead_id, reason="x")).code == "CO_ONLY"
    assert (await act(place.liaison, "reportDone", lead_id, **words)).code is None
    for order_id in ids.values():
        assert (await act(place.county_officer, "verifyOrder", order_id)).code is None
    await system.settle()
    await fed_back(system, place, case_id)
    assert await send(place.exec_member, "callBack", caseId=case_id, reached=True, solved=True, score=5) is None
    await system.settle()
    assert {each["state"] for each in await listed(place.county_officer)} == {"CLOSED"}


async def test_more_time_is_asked_for_and_silence_refuses_it(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    assert (await act(place.liaison, "signOrder", order_id)).code is None
    too_much = await act(place.liaison, "requestExtension", order_id, days=11, reason="缺料")
    assert too_much.code == "NO_EXTENSION"
    asked = await act(place.liaison, "requestExtension", order_id, days=4, reason="缺料")
    assert (asked["state"], asked["daysAsked"]) == ("EXTENSION_REQUESTED", 4)
    before = next(clock["dueAt"] for clock in asked["clocks"] if clock["stage"] == "COMPLETE")
    granted = await act(place.county_officer, "decideExtension", order_id, granted=True, reason="情况属实")
    assert (granted["state"], granted["extensions"]) == ("IN_PROGRESS", 1)
    later = next(clock["dueAt"] for clock in granted["clocks"] if clock["stage"] == "COMPLETE")
    day = datetime.fromisoformat(before).astimezone(SHANGHAI).date()
    assert datetime.fromisoformat(later).astimezone(SHANGHAI).date() == load().of("21").calendar.working_day(day, 4)
    await system.settle()
    assert "EXTENDED" in await place.resident.inbox(), "the reporter is told"
    assert (await act(place.liaison, "requestExtension", order_id, days=6, reason="缺料")).code is None
    await system.advance(days=2)
    denied = await order(place.liaison, order_id)
    assert denied is not None
    assert (denied["state"], denied["daysAsked"], denied["extensions"]) == ("IN_PROGRESS", None, 1)
    assert "ORDER_EXTENSION_DENIED" in await place.liaison.inbox()


async def test_time_urges_supervises_and_writes_to_the_head(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    assert (await act(place.liaison, "signOrder", order_id)).code is None
    await system.settle()
    seen: list[str] = []
    for _ in range(16):
        await system.advance(days=1)
        hers = await order(place.liaison, order_id)
        assert hers is not None
        if not seen or seen[-1] != hers["supervision"]:
            seen.append(hers["supervision"])
    assert seen == ["NONE", "URGED", "SUPERVISED", "INTERVIEWED"]
    inbox = await place.liaison.inbox()
    assert {"ORDER_URGED", "ORDER_SUPERVISED", "ORDER_HEAD_WRITTEN", "ORDER_OVERDUE"} <= set(inbox)
    assert "ORDER_HEAD_WRITTEN" in await place.county_chair.inbox()
    assert await sweep_orders(system.room("escalation")) == 0


async def test_art_73_is_for_the_county_and_above(system: Harness, place: Place) -> None:
    case_id = await matter(system, place, urgency="RED", subCategory="SAFETY_HAZARD")
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    words = {"facts": "塌陷未处理", "demand": "立即处理"}
    assert (await act(place.township_chair, "giveArt73Opinion", order_id, **words)).code == "COUNTY_UP_ONLY"
    assert (await act(place.county_officer, "giveArt73Opinion", order_id, **words)).code == "CHAIR_MUST_SIGN"
    reason = {"reason": "未答复"}
    assert (await act(place.county_officer, "requestInspection", order_id, **reason)).code == "CHAIR_MUST_SIGN"
    assert (await act(place.county_chair, "requestInspection", order_id, **reason)).code == "OPINION_FIRST"
    given = await act(place.county_chair, "giveArt73Opinion", order_id, **words)
    assert given["supervision"] == "ART73_OPINION"
    assert (await act(place.county_chair, "requestInspection", order_id, **reason)).code == "NOT_YET"
    await system.settle()
    assert "ORDER_OPINION" in await place.liaison.inbox()
    assert (await act(place.liaison, "signOrder", order_id)).code is None
    assert (await act(place.liaison, "reportProgress", order_id, note="正在安排")).code is None
    assert (await act(place.county_chair, "requestInspection", order_id, **reason)).code == "NOT_YET"
    asked = await act(place.county_chair, "requestInspection", order_id, inadequate=True, **reason)
    assert asked["supervision"] == "GOV_INSPECTION"
    assert (await act(place.township_chair, "requestInspection", order_id, **reason)).code == "COUNTY_UP_ONLY"


async def test_an_opinion_on_an_ordinary_order_waits_for_its_day(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    words = {"facts": "未处理", "demand": "请处理"}
    assert (await act(place.county_chair, "giveArt73Opinion", order_id, **words)).code == "NOT_YET"
    await system.advance(days=30)  # ten working days, wherever in the year the long holidays lie
    assert (await act(place.county_chair, "giveArt73Opinion", order_id, **words)).code is None


async def test_a_village_writes_letters_only_and_they_have_no_clock(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    assert (await issue(system, place.chair, case_id, department(place))).code == "LETTER_ONLY"
    letter = await issue(system, place.chair, case_id, department(place), letter=True, legalBasis="")
    assert (letter["letter"], letter["clocks"]) == (True, [])
    assert (await act(place.liaison, "signOrder", letter["orderId"])).code is None
    assert (await place.chair.do("solveOnSpot", caseId=case_id, evidence="已修好")).code is None


@pytest.mark.parametrize("end", ["withdrawMatter", "rejectMatter", "mergeMatter", "raiseClass"])
async def test_a_matter_that_ends_with_its_order_verified(system: Harness, place: Place, end: str) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    await done(system, place.liaison, order_id)
    assert (await act(place.county_officer, "verifyOrder", order_id)).code is None
    await system.settle()
    words: dict[str, dict[str, str]] = {
        "withdrawMatter": {},
        "rejectMatter": {"reason": "OTHER_AUTHORITY", "route": "请找主管部门"},
        "mergeMatter": {"into": await matter(system, place)} if end == "mergeMatter" else {},
        "raiseClass": {"to": "C3", "reason": "有未成年人受害"},
    }
    who = place.resident if end == "withdrawMatter" else place.chair
    assert await send(who, end, caseId=case_id, **words[end]) is None
    await system.settle()
    assert (await order(place.liaison, order_id) or {})["state"] == "CLOSED", "what was done stays done"
    await system.no_dead_letters()
    if end == "raiseClass":
        sealed = await place.rights_officer.case(case_id) or {}
        assert sealed["holder"]["code"]
        assert sealed["clock"]


async def test_what_is_granted_and_given_again_goes_by_the_urgency_of_now(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    assert (await act(place.liaison, "signOrder", order_id)).code is None
    assert (await act(place.liaison, "requestExtension", order_id, days=5, reason="等配件")).code is None
    await system.settle()
    assert await send(place.county_officer, "setUrgency", caseId=case_id, to="RED") is None
    await system.settle()
    refused = await act(place.county_officer, "decideExtension", order_id, granted=True, reason="可以")
    assert refused.code == "NO_EXTENSION"
    assert (await act(place.county_officer, "decideExtension", order_id, granted=False, reason="已转急")).code is None
    assert (await act(place.liaison, "reportDone", order_id, result="已修好", reply="已修好")).code is None
    assert (await act(place.county_officer, "reworkOrder", order_id, reason="没有修好")).code is None
    await system.settle()
    [complete] = [
        clock for clock in (await order(place.liaison, order_id) or {})["clocks"] if clock["stage"] == "COMPLETE"
    ]
    least = "the least that the table gives a rework, not half of what it had while it could wait"
    assert datetime.fromisoformat(complete["dueAt"]) <= system.in_(days=2), least


async def test_nobody_verifies_for_her_own_department(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    await done(system, place.liaison, order_id)
    hats = (Role.OFFICER, federation_of(place.county), place.county), (Role.LIAISON, department(place), place.county)
    both = system.person("m_two-hats", *hats)
    assert (await act(both, "verifyOrder", order_id)).code == "OWN_WORK"
    assert (await act(place.county_officer, "verifyOrder", order_id)).code is None


async def test_a_matter_that_ends_takes_its_open_orders_with_it(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    turned_down = {"reason": "OTHER_AUTHORITY", "route": "请找主管部门"}
    assert await send(place.chair, "rejectMatter", caseId=case_id, **turned_down) is None
    await system.settle()
    hers = await order(place.liaison, order_id)
    assert hers is not None
    assert hers["state"] == "CANCELLED"
    assert (await place.liaison.inbox())[0] == "ORDER_CANCELLED"
    rows = await system.rows("escalation", "SELECT count(*) AS n FROM order_due WHERE order_id = :o", o=order_id)
    assert rows[0].n == 0
    custody = await system.rows("escalation", "SELECT body FROM custody WHERE id = :c", c=case_id)
    assert '"openOrders":0' in custody[0].body


async def test_an_order_of_a_resolved_matter_goes_back_with_it(system: Harness, place: Place) -> None:
    """Alone it would be cancelled with the answer."""
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    await done(system, place.liaison, order_id)
    assert (await act(place.county_officer, "verifyOrder", order_id)).code is None
    assert "ReworkOrder" in ((await order(place.county_officer, order_id)) or {})["allowedCommands"]
    await system.settle()
    assert await send(place.chair, "resolveMatter", caseId=case_id, evidence="部门已修复") is None
    await system.settle()
    assert "ReworkOrder" not in ((await order(place.county_officer, order_id)) or {})["allowedCommands"]
    refused = await act(place.county_officer, "reworkOrder", order_id, reason="又漏了")
    assert (refused.code, refused["allowed"]) == ("STATE_DOES_NOT_FIT", ["ReworkMatter"])
    assert ((await order(place.liaison, order_id)) or {})["state"] == "VERIFIED"


async def test_of_a_sealed_matters_order_nothing_is_read_any_more(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    assert ((await order(place.liaison, order_id)) or {})["package"]
    assert await send(place.chair, "raiseClass", caseId=case_id, to="C3") is None
    await system.settle()
    for who in (place.liaison, place.county_officer):
        assert not ((await order(who, order_id)) or {}).get("package")


async def test_an_order_of_what_becomes_more_urgent_is_due_sooner(system: Harness, place: Place) -> None:
    case_id = await matter(system, place, "C0", urgency="YELLOW", subCategory="PUBLIC_FACILITY")
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    before = await order(place.liaison, order_id)
    assert before is not None
    assert await send(place.chair, "setUrgency", caseId=case_id, to="ORANGE") is None
    await system.settle()
    after = await order(place.liaison, order_id)
    assert after is not None
    due = {each["stage"]: each["dueAt"] for each in before["clocks"]}
    sooner = {each["stage"]: each["dueAt"] for each in after["clocks"]}
    assert sooner["SIGN"] < due["SIGN"]
    assert sooner["COMPLETE"] < due["COMPLETE"]
    assert "ORDER_HASTENED" in await place.liaison.inbox()


async def test_a_pause_gives_at_most_the_time_once_more(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    assert (await act(place.liaison, "signOrder", order_id)).code is None
    paused = await act(place.county_officer, "pauseOrder", order_id, reason="SEASONAL", note="冻土")
    assert (paused["state"], paused["allowedCommands"]) == ("PAUSED", ["ResumeOrder", "CancelOrder"])
    assert {clock["state"] for clock in paused["clocks"]} <= {"PAUSED", "STOPPED"}
    await system.advance(days=20)
    hers = await order(place.liaison, order_id)
    assert hers is not None
    assert hers["state"] == "IN_PROGRESS", "it goes on by itself"
    assert "ORDER_RESUMED" in await place.liaison.inbox()
    assert (await act(place.county_officer, "pauseOrder", order_id, reason="SEASONAL")).code == "NO_PAUSE"


async def test_an_order_rests_with_its_matter_and_nobody_urges(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    assert (await act(place.liaison, "signOrder", order_id)).code is None
    rules = load().of(place.county)

    async def left() -> timedelta:
        clocks = (await order(place.county_officer, order_id) or {})["clocks"]
        [due_at] = [datetime.fromisoformat(clock["dueAt"]) for clock in clocks if clock["stage"] == "COMPLETE"]
        return working_time(system.clock.now(), due_at, rules.calendar, rules.limits.hours)

    before, until = await left(), system.in_(days=40)
    rest = {"reason": "SEASONAL", "until": until.isoformat()}
    assert await send(place.township_officer, "suspendMatter", caseId=case_id, **rest) is None
    await system.settle()
    resting = await order(place.county_officer, order_id) or {}
    assert (resting["state"], resting["suspendedFor"], resting["clock"]) == ("SIGNED", "SEASONAL", None)
    hers = await order(place.liaison, order_id) or {}
    assert (hers["suspendedFor"], datetime.fromisoformat(hers["suspendedUntil"])) == (None, until)
    await system.advance(days=39)
    assert (await act(place.county_officer, "urgeOrder", order_id)).code == "ORDER_DOES_NOT_FIT"
    assert (await act(place.liaison, "reportProgress", order_id, note="材料已备好")).code is None
    later = await issue(system, place.county_officer, case_id, department(place, "heating"))
    assert (later["state"], later["clock"], later["suspendedFor"]) == ("ISSUED", None, "SEASONAL")
    assert (await place.liaison.inbox())[0] == "ORDER_PAUSED", "nothing since"
    await system.until(rest["until"])
    assert await place.liaison.inbox() == ["ORDER_RESUMED", "ORDER_PAUSED", "ORDER_ISSUED"]
    going = await order(place.liaison, order_id) or {}
    assert (going["state"], going["suspendedUntil"], going["supervision"]) == ("IN_PROGRESS", None, "NONE")
    assert await left() == before
    assert (await order(place.heating_liaison, later["orderId"]) or {})["clock"]["stage"] == "SIGN"
    await system.no_dead_letters()


async def test_an_order_of_what_becomes_red_is_paused_no_longer(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    assert (await act(place.liaison, "signOrder", order_id)).code is None
    assert (await act(place.county_officer, "pauseOrder", order_id, reason="FUNDING_WAIT")).code is None
    assert await send(place.chair, "setUrgency", caseId=case_id, to="RED") is None
    await system.settle()
    hers = await order(place.liaison, order_id) or {}
    assert (hers["state"], hers["urgency"], hers["pausedFor"]) == ("IN_PROGRESS", "RED", None)
    assert {clock["state"] for clock in hers["clocks"]} <= {"RUNNING", "STOPPED"}
    assert {"ORDER_RESUMED", "ORDER_HASTENED"} <= set(await place.liaison.inbox())
    assert "ORDER_RESUMED" in await place.county_chair.inbox()
    again = await act(place.county_officer, "pauseOrder", order_id, reason="FUNDING_WAIT")
    assert (again.code, "PauseOrder" in again["allowed"]) == ("NOT_WHEN_RED", False)


async def test_a_joint_order_has_a_lead_at_all_times(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    water, heating, housing = (department(place, kind) for kind in ("water", "heating", "housing"))
    lead_id = (await issue(system, place.county_officer, case_id, water, heating, housing))["orderId"]
    ids = {each["department"]["code"]: each["orderId"] for each in await listed(place.county_officer)}
    refused = await act(place.county_officer, "cancelOrder", lead_id, reason="发错部门")
    assert (refused.code, "2" in refused["messageEn"]) == ("LEAD_LAST", True)
    assert "CancelOrder" not in refused["allowed"]
    may = {each["orderId"]: "CancelOrder" in each["allowedCommands"] for each in await listed(place.county_officer)}
    assert may == {lead_id: False, ids[heating]: True, ids[housing]: True}, "what would be refused is not offered"
    words = {"reason": "不属供水设施", "legalBasis": "城市供水条例", "suggested": heating}
    assert (await act(place.liaison, "objectToOrder", lead_id, **words)).code is None
    assert (await act(place.housing_liaison, "objectToOrder", ids[housing], **words)).code is None
    given = {"package": await package(place.county_officer, case_id, heating)}
    assert (await act(place.county_officer, "reissueOrder", ids[housing], **given)).code == "HAS_A_PART"
    lead = await act(place.county_officer, "reissueOrder", lead_id, **given)
    assert (lead["state"], lead["role"], lead["lead"]["code"]) == ("ISSUED", "LEAD", heating)
    await system.settle()
    assert (await order(place.heating_liaison, ids[heating]) or {})["state"] == "CANCELLED"
    assert sorted(await place.heating_liaison.inbox()) == ["ORDER_CANCELLED", "ORDER_ISSUED", "ORDER_ISSUED"]
    assert (await order(place.housing_liaison, ids[housing]) or {})["lead"]["code"] == heating
    assert (await place.housing_liaison.inbox())[0] == "ORDER_LEAD_CHANGED", "with whom it works now"
    assert (await act(place.county_officer, "cancelOrder", ids[housing], reason="无须协办")).code is None
    await done(system, place.heating_liaison, lead["orderId"])


async def test_what_waits_for_others_is_not_offered(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    water, heating = department(place), department(place, "heating")
    lead_id = (await issue(system, place.county_officer, case_id, water, heating))["orderId"]
    ids = {each["department"]["code"]: each["orderId"] for each in await listed(place.county_officer)}

    async def offered(who: Person, order_id: str) -> set[str]:
        return set((await order(who, order_id) or {})["allowedCommands"])

    assert (await act(place.liaison, "signOrder", lead_id)).code is None
    assert (await act(place.heating_liaison, "signOrder", ids[heating])).code is None
    assert not {"ReportDone", "ExplainImpossible"} & await offered(place.liaison, lead_id)
    assert {"ReportDone", "ExplainImpossible"} <= await offered(place.heating_liaison, ids[heating])
    assert "GiveArt73Opinion" not in await offered(place.county_chair, lead_id), "not yet"
    await system.advance(days=30)
    assert "GiveArt73Opinion" in await offered(place.county_chair, lead_id)
    assert "GiveArt73Opinion" not in await offered(place.county_officer, lead_id), "she does not sign"
    assert (await act(place.heating_liaison, "markNotApplicable", ids[heating], reason="无管线")).code is None
    await system.settle()
    assert {"ReportDone", "ExplainImpossible"} <= await offered(place.liaison, lead_id)
    assert "CancelOrder" not in await offered(place.county_officer, lead_id)
    assert (await act(place.county_officer, "verifyOrder", ids[heating])).code is None
    await system.settle()
    assert "CancelOrder" in await offered(place.county_officer, lead_id)


@pytest.mark.parametrize("how", ["reworkOrder", "rateMatter"])
async def test_who_works_again_when_the_lead_is_gone_leads(system: Harness, place: Place, how: str) -> None:
    case_id = await matter(system, place)
    water, heating, housing = (department(place, kind) for kind in ("water", "heating", "housing"))
    lead_id = (await issue(system, place.county_officer, case_id, water, heating, housing))["orderId"]
    ids = {each["department"]["code"]: each["orderId"] for each in await listed(place.county_officer)}
    for liaison, order_id in ((place.heating_liaison, ids[heating]), (place.housing_liaison, ids[housing])):
        await done(system, liaison, order_id)
        assert (await act(place.chair, "verifyOrder", order_id)).code is None
    await system.settle()
    assert (await act(place.county_officer, "cancelOrder", lead_id, reason="发错部门")).code is None
    await system.settle()
    if how == "reworkOrder":
        for order_id in (ids[heating], ids[housing]):
            assert (await act(place.county_officer, how, order_id, reason="又漏了")).code is None
    else:
        await fed_back(system, place, case_id)
        assert await send(place.resident, how, caseId=case_id, score=1, solved=False) is None
    await system.settle()
    again = {code: await order(place.county_officer, ids[code]) or {} for code in (heating, housing)}
    assert [each["state"] for each in again.values()] == ["REWORK", "REWORK"]
    assert sorted(each["role"] for each in again.values()) == ["CO", "LEAD"]
    [now_leads] = [code for code, each in again.items() if each["role"] == "LEAD"]
    assert {each["lead"]["code"] for each in again.values()} == {now_leads}
    liaisons = {heating: place.heating_liaison, housing: place.housing_liaison}
    for code, liaison in liaisons.items():
        assert (await liaison.inbox())[0] == "ORDER_REWORK"
        assert (await order(liaison, ids[code]) or {})["role"] == again[code]["role"]
    [assists] = set(liaisons) - {now_leads}
    assert (await act(liaisons[assists], "reportDone", ids[assists], result="已修复")).code is None
    refused = await act(liaisons[now_leads], "reportDone", ids[now_leads], result="已修复")
    assert refused.code == "TEXT_MISSING", "somebody owes the citizen a reply"
    assert (await act(liaisons[now_leads], "reportDone", ids[now_leads], result="已修复", reply="已修好")).code is None
    await system.no_dead_letters()


async def test_one_who_did_the_work_does_not_verify_it(system: Harness, place: Place) -> None:
    case_id = await matter(system, place)
    order_id = (await issue(system, place.county_officer, case_id, department(place)))["orderId"]
    assert place.liaison.caller is not None
    assert place.county_officer.caller is not None
    both = system.person(
        place.liaison.member,
        *[
            (grant.role, grant.node, grant.region)
            for grant in (*place.liaison.caller.grants, *place.county_officer.caller.grants)
        ],
    )
    await done(system, both, order_id)
    assert (await act(both, "verifyOrder", order_id)).code == "OWN_WORK"
    assert (await act(place.county_officer, "verifyOrder", order_id)).code is None
