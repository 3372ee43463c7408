"""Resolutions and action items through the front door (domain 2.3), and what others' facts do to them (design 5)."""

from datetime import datetime, timedelta
from typing import Any

from services.contracts import topics
from services.contracts.cases import Outcome, Stage
from services.contracts.events.escalation import MatterResolved
from services.contracts.events.intake import AccessChanged, CaseClosed, CaseLeft
from services.contracts.organisation import Role, federation_of
from services.escalation.rules.custody import Custody
from services.intake.rules.case import Case
from tests.access.world import download, photo, send
from tests.harness import Harness, Place
from tests.scenarios.councils import accepted, all_speak, do, done, opened, resolved, seen


async def test_an_interim_item_before_any_session(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    helper = place.volunteer
    task = {"text": "今晚安排住处", "member": helper.member}
    late = (system.clock.now() + timedelta(days=60)).isoformat()
    assert (await do(place.chair, "assignItem", case_id, task={**task, "dueAt": late})).code == "TOO_LATE"
    past = (system.clock.now() - timedelta(hours=1)).isoformat()
    assert (await do(place.chair, "assignItem", case_id, task={**task, "dueAt": past})).code == "DATE_IN_PAST"
    both = {**task, "node": federation_of(place.village)}
    assert (await do(place.chair, "assignItem", case_id, task=both)).code == "MALFORMED"
    assert (await do(place.chair, "assignItem", case_id, task={**task, "text": ""})).code == "TEXT_MISSING"
    nobody = {"text": "查看", "node": "n_dept-nobody"}
    assert (await do(place.chair, "assignItem", case_id, task=nobody)).code == "UNKNOWN_NODE"
    soon = (system.clock.now() + timedelta(hours=2)).isoformat()
    given = await done(system, place.chair, "assignItem", case_id, task={**task, "dueAt": soon})
    [item] = given["items"]
    assert (item["stage"], item["resolutionId"], given["state"]) == ("ASSIGNED", None, "ACCEPTED")
    assert "ITEM_ASSIGNED" in await helper.inbox()
    about = {"itemId": item["itemId"]}
    assert (await do(place.neighbour, "acceptItem", case_id, **about)).code == "CASE_NOT_FOUND"
    assert (await do(helper, "finishItem", case_id, evidence="好了", **about)).code == "STATE_DOES_NOT_FIT"
    await done(system, helper, "acceptItem", case_id, **about)
    assert (await do(helper, "finishItem", case_id, **about)).code == "EVIDENCE_REQUIRED"
    shown = await helper.harness.http.post("/attachments?for=council", content=photo(), headers=helper.headers())
    finished = await done(
        system, helper, "finishItem", case_id, photos=[shown.json()["id"]], evidence="已住下", **about
    )
    assert finished["items"][0]["stage"] == "DONE"
    assert "ITEM_TO_VERIFY" in await place.chair.inbox()
    for person, status in ((helper, 200), (place.chair, 200), (place.exec_member, 200), (place.neighbour, 404)):
        answer = await person.harness.http.get(
            f"/attachments/{shown.json()['id']}?for=council", headers=person.headers()
        )
        assert answer.status_code == status
    assert (await download(place.chair, shown.json()["id"])).status_code == 404, "it is no photo of the report"
    verified = await done(system, place.exec_member, "verifyItem", case_id, **about)
    assert verified["items"][0]["stage"] == "VERIFIED"
    assert await seen(helper, case_id) is None, "she has nothing to do with it any more"
    await system.no_dead_letters()


async def test_declined_then_given_to_somebody_else(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    first, second = place.volunteer, place.representative
    answer = await resolved(system, place, case_id, {"text": "清理", "member": first.member})
    about = {"itemId": answer["items"][0]["itemId"]}
    assert (await do(first, "declineItem", case_id, reason="", **about)).code == "REASON_REQUIRED"
    left = await done(system, first, "declineItem", case_id, reason="不在家", **about)
    assert left["__typename"] == "Done"
    assert "ITEM_TO_REASSIGN" in await place.chair.inbox()
    [item] = (await seen(place.chair, case_id) or {})["items"]
    assert (item["stage"], item["declines"]) == ("DECLINED", 1)
    assert {"ReassignItem", "WaiveItem"} <= set(item["allowedCommands"])
    await done(system, place.chair, "reassignItem", case_id, member=second.member, **about)
    assert "ITEM_ASSIGNED" in await second.inbox()
    assert (await do(first, "acceptItem", case_id, **about)).code == "CASE_NOT_FOUND"
    await done(system, second, "acceptItem", case_id, **about)
    await done(system, second, "progressItem", case_id, note="一半", **about)
    await done(system, second, "finishItem", case_id, evidence="清理完", **about)
    sent_back = await done(system, place.chair, "reworkItem", case_id, reason="还有一处", **about)
    assert (sent_back["items"][0]["stage"], sent_back["items"][0]["reworks"]) == ("REWORK", 1)
    assert "ITEM_REWORK" in await second.inbox()
    await done(system, second, "finishItem", case_id, evidence="清理完", **about)
    verified = await done(system, place.chair, "verifyItem", case_id, **about)
    assert (verified["docket"], verified["resolutions"][0]["stage"]) == ("COMPLETED", "COMPLETED")
    assert verified["state"] == "IN_ACTION"


async def test_nobody_verifies_her_own_work(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    answer = await resolved(system, place, case_id, {"text": "清理", "member": place.exec_member.member})
    about = {"itemId": answer["items"][0]["itemId"]}
    await done(system, place.exec_member, "acceptItem", case_id, **about)
    await done(system, place.exec_member, "finishItem", case_id, evidence="好了", **about)
    [item] = (await seen(place.exec_member, case_id) or {})["items"]
    assert item["allowedCommands"] == []
    for mutation in ("verifyItem", "reworkItem"):
        assert (await do(place.exec_member, mutation, case_id, **about, **_why(mutation))).code == "OWN_WORK"
    assert (await do(place.council_member, "verifyItem", case_id, **about)).code in {"NOT_PERMITTED", "CASE_NOT_FOUND"}
    await done(system, place.chair, "verifyItem", case_id, **about)


def _why(mutation: str) -> dict[str, str]:
    return {"reason": "没做完"} if mutation == "reworkItem" else {}


async def test_a_department_has_an_item_and_its_own_do_not_verify(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C0")
    water = f"n_dept-water-{place.county}"
    answer = await resolved(system, place, case_id, {"text": "查管道", "node": water})
    [item] = answer["items"]
    assert item["node"] == {"code": water}
    assert "ITEM_ASSIGNED" in await place.liaison.inbox()
    about = {"itemId": item["itemId"]}
    await done(system, place.liaison, "acceptItem", case_id, **about)
    await done(system, place.liaison, "finishItem", case_id, evidence="无渗漏", **about)
    assert (await do(place.liaison, "verifyItem", case_id, **about)).code in {"NOT_PERMITTED", "CASE_NOT_FOUND"}
    await done(system, place.chair, "verifyItem", case_id, **about)


async def test_a_recurring_item_comes_again(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    helper = place.volunteer
    task = {"text": "每周探望", "member": helper.member, "recurring": {"everyDays": 7, "times": 2}}
    answer = await resolved(system, place, case_id, task)
    for number in (1, 2):
        about = {"itemId": (await seen(place.chair, case_id) or answer)["items"][-1]["itemId"]}
        await done(system, helper, "acceptItem", case_id, **about)
        await done(system, helper, "finishItem", case_id, evidence="看过了", **about)
        answer = await done(system, place.chair, "verifyItem", case_id, **about)
        assert answer["docket"] == ("IN_EXECUTION" if number == 1 else "COMPLETED")
    assert [(each["occurrence"], each["stage"]) for each in answer["items"]] == [(1, "VERIFIED"), (2, "VERIFIED")]
    assert [each["words"][0] for each in answer["items"]] == [{"field": "task", "text": "每周探望"}] * 2


async def test_nobody_accepts_in_time(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C0", urgency="ORANGE")
    await done(system, place.chair, "assignItem", case_id, task={"text": "拉线", "member": place.volunteer.member})
    await system.advance(hours=1)
    assert "ITEM_TO_REASSIGN" not in await place.chair.inbox()
    await system.advance(hours=2)
    await system.run_timers()
    assert (await place.chair.inbox()).count("ITEM_TO_REASSIGN") == 1


async def test_days_after_its_time_a_helper_finds_nothing_of_her_task(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C1", urgency="YELLOW")
    helper = place.volunteer
    due = system.in_(days=1)
    task = {"text": "陪她去医院", "member": helper.member, "dueAt": due.isoformat()}
    answer = await done(system, place.chair, "assignItem", case_id, task=task)
    about = {"itemId": answer["items"][0]["itemId"]}
    await done(system, helper, "acceptItem", case_id, **about)
    await system.advance(days=4)
    assert (await seen(helper, case_id) or {})["items"][0]["words"][0]["text"] == "陪她去医院"
    assert "ITEM_TO_REASSIGN" not in await place.chair.inbox()
    await system.advance(seconds=2)
    assert await seen(helper, case_id) is None
    asked = {"caseIds": [case_id]}
    calls = system.system.wiring.calls
    assert calls is not None
    words = await calls.query("deliberation", "council-texts", asked, helper.token())
    assert "陪她去医院" not in str(words), "nor at the service's own door"
    assert (await place.chair.inbox()).count("ITEM_TO_REASSIGN") == 1
    [item] = (await seen(place.chair, case_id) or {})["items"]
    assert item["stage"] == "ACCEPTED", "those who see the whole matter see it all the same"
    await done(system, place.chair, "reassignItem", case_id, member=helper.member, **about)
    again = (await seen(helper, case_id) or {})["items"][0]
    assert datetime.fromisoformat(again["dueAt"]) > system.clock.now(), "she has it anew, with a time of its own"
    await done(system, helper, "acceptItem", case_id, **about)
    await done(system, helper, "finishItem", case_id, evidence="陪她去了", **about)
    await system.advance(days=60)
    assert await seen(helper, case_id) is None, "whether or not anybody looked at what she did"
    assert (await place.chair.inbox()).count("ITEM_TO_REASSIGN") == 1, "it is done: nobody else must do it"
    await system.no_dead_letters()


async def test_a_resolution_is_blocked_replaced_revoked_and_made_public(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C0")
    first = (await resolved(system, place, case_id))["resolutions"][0]["resolutionId"]
    blocked = await done(system, place.chair, "blockResolution", case_id, resolutionId=first, reason="FUNDS")
    assert blocked["resolutions"][0]["stage"] == "BLOCKED"
    assert (
        await do(place.chair, "blockResolution", case_id, resolutionId=first, reason="FUNDS")
    ).code == "STATE_DOES_NOT_FIT"
    await done(system, place.chair, "unblockResolution", case_id, resolutionId=first)
    second = (await resolved(system, place, case_id))["resolutions"][1]["resolutionId"]
    assert (await do(place.chair, "supersedeResolution", case_id, resolutionId=second, by=first)).code == "NOT_SO"
    replaced = await done(system, place.chair, "supersedeResolution", case_id, resolutionId=first, by=second)
    assert [(r["stage"], r["supersededBy"]) for r in replaced["resolutions"]] == [
        ("SUPERSEDED", second),
        ("IN_EXECUTION", None),
    ]
    assert [each["stage"] for each in replaced["items"]] == ["CANCELLED", "ASSIGNED"]
    assert "ITEM_CANCELLED" in await place.volunteer.inbox()
    public = {"resolutionId": second, "text": "三日内修好"}
    assert (await do(place.exec_member, "publishResult", case_id, **public)).code in {"NOT_PERMITTED", "CASE_NOT_FOUND"}
    assert (await seen(place.neighbour, case_id) or {})["resolutions"] == []
    await done(system, place.chair, "publishResult", case_id, **public)
    assert "board:RESULT_PUBLISHED" in await place.neighbour.inbox()
    [shown] = (await seen(place.neighbour, case_id) or {})["resolutions"]
    assert shown["words"] == [{"field": "published", "text": "三日内修好"}]
    about = {"resolutionId": second, "reason": "违反规定"}
    assert (await do(place.chair, "revokeResolution", case_id, **about)).code == "NEW_SESSION_REQUIRED"
    assert (await do(place.county_chair, "revokeResolution", case_id, **about)).code == "CASE_NOT_FOUND"
    session_id = await opened(system, place, case_id)
    revoked = await done(system, place.chair, "revokeResolution", case_id, sessionId=session_id, **about)
    assert revoked["resolutions"][1]["stage"] == "REVOKED"
    assert [each["stage"] for each in revoked["items"]] == ["CANCELLED", "CANCELLED"]


async def test_only_an_open_matter_is_made_public(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C1")
    resolution = (await resolved(system, place, case_id))["resolutions"][0]["resolutionId"]
    assert (await do(place.chair, "publishResult", case_id, resolutionId=resolution, text="x")).code == "ONLY_OPEN"


async def test_waived_with_a_reason(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    answer = await resolved(system, place, case_id)
    about = {"itemId": answer["items"][0]["itemId"]}
    assert (await do(place.chair, "waiveItem", case_id, reason="", **about)).code == "REASON_REQUIRED"
    solving = {"ResolveMatter", "SolveOnSpot"}
    allowed = (await place.chair.case(case_id) or {})["allowedCommands"]
    assert not solving & set(allowed), "what is open is done or waived first"
    assert (await place.chair.do("resolveMatter", caseId=case_id, evidence="已修好")).code == "ITEMS_OPEN"
    waived = await done(system, place.chair, "waiveItem", case_id, reason="已自行解决", **about)
    assert (waived["items"][0]["stage"], waived["docket"]) == ("WAIVED", "COMPLETED")
    assert "ITEM_CANCELLED" in await place.volunteer.inbox()
    assert solving & set((await place.chair.case(case_id) or {})["allowedCommands"])


async def test_solved_while_the_council_sits_what_is_open_is_cancelled(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await done(system, place.chair, "assignItem", case_id, task={"text": "查看", "member": place.volunteer.member})
    session_id = await opened(system, place, case_id)
    await all_speak(system, place, case_id, session_id)
    # Escalation may not have heard of the item yet when it decides (design 5): its fact is told as its owner tells it.
    await _resolve(system, case_id)
    matter = await seen(place.chair, case_id) or {}
    assert (matter["sessions"][0]["stage"], matter["sessions"][0]["reason"]) == ("CANCELLED", "MATTER_OVER")
    assert [each["stage"] for each in matter["items"]] == ["CANCELLED"]
    assert "ITEM_CANCELLED" in await place.volunteer.inbox()
    for person in (place.exec_member, place.council_member, place.chair):
        assert "SESSION_CANCELLED" in await person.inbox()
    refused = await do(place.chair, "openSession", case_id)
    assert refused.code == "STATE_DOES_NOT_FIT"
    assert "GiveFeedback" in refused["allowed"]


async def _resolve(system: Harness, case_id: str) -> None:
    """What the holder's word does, without what would keep her from it."""

    async with system.room("escalation").transaction() as tx:
        custody = await tx.load(Custody, case_id)
        after = custody.after(resolved_at=tx.now, resolved_level=custody.level, outcome=Outcome.SOLVED)
        fact = MatterResolved(at=tx.now, custody=after.public(), by=custody.holder, outcome=Outcome.SOLVED)
        await tx.save(after, fact)
    await system.settle()


async def test_withdrawn_in_session_those_invited_are_told(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await opened(system, place, case_id)
    await _ended(system, case_id)
    matter = await seen(place.chair, case_id) or {}
    assert matter["sessions"][0]["stage"] == "CANCELLED"
    for person in (place.exec_member, place.council_member, place.chair):
        assert "SESSION_CANCELLED" in await person.inbox()


async def _ended(system: Harness, case_id: str) -> None:
    """What a withdrawal does to the case, told as intake tells it."""

    async with system.room("intake").transaction() as tx:
        case = await tx.load(Case, case_id)
        after = case.after(stage=Stage.WITHDRAWN, closed_at=tx.now)
        await tx.save(after, CaseClosed(at=tx.now, case=after.public(), outcome=Outcome.NO_RESPONSE))
    await system.settle()


async def test_sealed_in_session_nothing_of_it_stays(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    await all_speak(system, place, case_id, session_id)

    async with system.room("intake").transaction() as tx:
        case = await tx.load(Case, case_id)
        after = case.after()
        await tx.save(after)
        tx.emit(topics.INTAKE_CASE, CaseLeft(at=tx.now, case_id=case_id, case_version=after.version))
    await system.settle()
    [row] = await system.rows("deliberation", "SELECT body FROM docket WHERE id = :id", id=case_id)
    assert session_id not in row.body
    for person in (place.chair, place.exec_member):
        assert await seen(person, case_id) is None
        assert (await do(person, "speak", case_id, sessionId=session_id, text="x")).code == "CASE_NOT_FOUND"
        asked = {"caseIds": [case_id]}
        calls = system.system.wiring.calls
        assert calls is not None
        assert (await calls.query("deliberation", "council-texts", asked, person.token()))["cases"] == []
    assert await system.rows("gateway", "SELECT address FROM case_guest WHERE case_id = :id", id=case_id) == []
    kept = await system.rows("deliberation", "SELECT text FROM content WHERE case_id = :id", id=case_id)
    assert len(kept) == 3, "the minutes are sealed, not destroyed"
    await system.no_dead_letters()


async def test_a_party_takes_no_part(system: Harness, place: Place) -> None:

    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    async with system.room("intake").transaction() as tx:
        case = await tx.load(Case, case_id)
        after = case.after(barred=(place.exec_member.member, place.neighbour.member))
        await tx.save(after)
        tx.emit(topics.INTAKE_ACCESS, AccessChanged(at=tx.now, access=after.access()))
    await system.settle()
    assert (await do(place.exec_member, "speak", case_id, sessionId=session_id, text="x")).code == "CASE_NOT_FOUND"
    assert await seen(place.exec_member, case_id) is None
    barred = {"member": place.neighbour.member}
    assert (await do(place.chair, "invite", case_id, sessionId=session_id, **barred)).code == "BARRED"
    assert (await do(place.chair, "assignItem", case_id, task={"text": "x", **barred})).code == "BARRED"
    until = (system.clock.now() + timedelta(days=3)).isoformat()
    assert (await do(place.chair, "admitMember", case_id, until=until, **barred)).code == "BARRED"
    before = await place.exec_member.inbox()
    await done(system, place.chair, "closeSession", case_id, sessionId=session_id, reason="NO_QUORUM", minutes="散会")
    assert await place.exec_member.inbox() == [each for each in before if each in await place.exec_member.inbox()]
    assert "SESSION_CLOSED" not in await place.exec_member.inbox()


async def test_stale_and_repeated(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    version = (await seen(place.chair, case_id) or {})["docketVersion"]
    await done(system, place.exec_member, "speak", case_id, sessionId=session_id, text="先说")
    about = {"sessionId": session_id, "text": "后说", "expectedVersion": version}
    assert (await do(place.council_member, "speak", case_id, **about)).code == "STALE_VERSION"
    words = {"sessionId": session_id, "text": "一次", "idempotencyKey": f"once-{case_id[-10:]}"}
    first = await do(place.council_member, "speak", case_id, **words)
    assert (await do(place.council_member, "speak", case_id, **words))["docketVersion"] == first["docketVersion"]
    said = await system.rows("deliberation", "SELECT text FROM content WHERE case_id = :id", id=case_id)
    assert sorted(row.text for row in said) == ["一次", "先说"]


async def test_texts_come_by_one_call_a_query(system: Harness, place: Place) -> None:
    for _ in range(3):
        case_id = await accepted(system, place)
        session_id = await opened(system, place, case_id)
        await done(system, place.chair, "speak", case_id, sessionId=session_id, text="先修")
    calls, asked = system.system.wiring.calls, []
    assert calls is not None
    real = calls.query

    async def counting(service: str, name: str, *rest: Any) -> Any:
        asked.append((service, name))
        return await real(service, name, *rest)

    calls.query = counting  # type: ignore[method-assign, assignment]
    try:
        found = await place.chair.ask(
            "{ cases(first: 10) { edges { node { sessions { words { text } photos { id } } items { words { text } } } } } }"
        )
    finally:
        calls.query = real  # type: ignore[method-assign]
    assert asked == [("deliberation", "council-texts")]
    assert len(found["cases"]["edges"]) == 3
    [logged] = await system.rows(
        "deliberation",
        "SELECT count(*) AS looks FROM access_log WHERE member = :member AND fields = 'speech'",
        member=place.chair.member,
    )
    assert logged.looks >= 3


async def test_an_office_above_has_an_item(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    node = federation_of(place.township)
    answer = await resolved(system, place, case_id, {"text": "协调资金", "node": node})
    about = {"itemId": answer["items"][0]["itemId"]}
    assert "ITEM_ASSIGNED" in await place.township_chair.inbox()
    other = system.person(
        "m_elsewhere", (Role.OFFICER, federation_of(place.township[:6] + "002"), place.township[:6] + "002")
    )
    assert (await do(other, "acceptItem", case_id, **about)).code == "CASE_NOT_FOUND"
    mine = await done(system, place.township_officer, "acceptItem", case_id, **about)
    assert [each["stage"] for each in mine["items"]] == ["ACCEPTED"]


async def test_a_level_that_follows_is_told_that_an_item_is_not_hers(system: Harness, place: Place) -> None:
    """Whoever has it, a member or a department: she knows of the matter. Who does not is told of none."""
    case_id = await accepted(system, place)
    assert await send(place.chair, "informUp", caseId=case_id, to="TOWNSHIP", note="请了解") is None
    await system.settle()
    for whose in ({"node": f"n_dept-water-{place.county}"}, {"member": place.volunteer.member}):
        made = await done(system, place.chair, "assignItem", case_id, task={"text": "修管", **whose})
        item_id = made["items"][-1]["itemId"]
        for command, code in (("verifyItem", "NOT_THE_HOLDER"), ("acceptItem", "NOT_PERMITTED")):
            assert (await do(place.township_officer, command, case_id, itemId=item_id)).code == code, (whose, command)
            for stranger in (place.beside_officer, place.sibling_chair):
                assert (await do(stranger, command, case_id, itemId=item_id)).code == "CASE_NOT_FOUND"
        assert (await do(place.heating_liaison, "acceptItem", case_id, itemId=item_id)).code == "CASE_NOT_FOUND"
