"""Sessions through the front door (domain 2.2): one tap to a resolution, quorum, votes, recusal, adjournment, privacy, departments."""

from datetime import timedelta
from typing import Any

from services.contracts.organisation import Role
from tests.harness import Harness, Place
from tests.scenarios.councils import DONE, accepted, all_speak, do, done, opened, package, seen


async def test_from_one_tap_to_a_resolution(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    answer = await done(system, place.chair, "openSession", case_id)
    [session] = answer["sessions"]
    assert (answer["state"], answer["docket"]) == ("IN_DELIBERATION", "IN_DELIBERATION")
    assert (session["stage"], session["mode"], session["invited"], session["responded"]) == ("OPEN", "ASYNC_CHAT", 3, 1)
    assert {"SESSION_OPENED"} <= set(await place.exec_member.inbox()) & set(await place.council_member.inbox())
    assert "SESSION_OPENED" not in await place.chair.inbox(), "who does it need not be told"
    await all_speak(system, place, case_id, session["sessionId"])
    adopted = await done(
        system,
        place.chair,
        "adopt",
        case_id,
        sessionId=session["sessionId"],
        rule="CONSENSUS",
        text="每周探望一次",
        minutes="三人发言，一致同意",
        items=[{"text": "探望老人", "member": place.volunteer.member}],
    )
    [closed], [resolution], [item] = adopted["sessions"], adopted["resolutions"], adopted["items"]
    assert (closed["stage"], closed["decidedBy"], closed["counted"]) == ("CLOSED_RESOLVED", "CONSENSUS", True)
    assert (resolution["stage"], item["stage"], item["resolutionId"]) == (
        "IN_EXECUTION",
        "ASSIGNED",
        resolution["resolutionId"],
    )
    assert (adopted["state"], adopted["docket"]) == ("IN_ACTION", "IN_EXECUTION")
    assert "ITEM_ASSIGNED" in await place.volunteer.inbox()
    assert "RESOLUTION_ADOPTED" in await place.exec_member.inbox()
    mine = await seen(place.volunteer, case_id)
    assert mine is not None, "whoever has an item sees the matter that it belongs to"
    assert mine["sessions"] == []
    assert [(each["mine"], each["words"]) for each in mine["items"]] == [
        (True, [{"field": "task", "text": "探望老人"}])
    ]
    minutes = (await seen(place.council_member, case_id) or {})["sessions"][0]["words"]
    assert [each["field"] for each in minutes] == ["speech"] * 3 + ["minutes"]
    for outsider in (place.sibling_chair, place.neighbour, place.county_officer, place.liaison):
        assert await seen(outsider, case_id) is None
    reporter = await seen(place.resident, case_id)
    assert reporter is not None
    assert (reporter["sessions"], reporter["resolutions"], reporter["items"]) == ([], [], [])
    await system.no_dead_letters()


async def test_proposed_by_a_member_scheduled_then_opened(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    proposed = await done(system, place.council_member, "putToCouncil", case_id)
    [session] = proposed["sessions"]
    assert (session["stage"], proposed["state"]) == ("PROPOSED", "IN_DELIBERATION")
    assert "SESSION_PROPOSED" in await place.chair.inbox()
    convening = {"AssignItem", "OpenSession"}
    for person, hers in ((place.chair, convening), (place.exec_member, set[str]())):
        again = await do(person, "putToCouncil", case_id)
        assert again.code == "STATE_DOES_NOT_FIT"
        assert convening & set(again["allowed"]) == hers
    past = await do(place.chair, "scheduleSession", case_id, at=system.clock.now().isoformat())
    assert past.code == "DATE_IN_PAST"
    at = (system.clock.now() + timedelta(hours=3)).isoformat()
    planned = await done(system, place.chair, "scheduleSession", case_id, at=at, mode="ON_SITE")
    assert [(each["stage"], each["mode"]) for each in planned["sessions"]] == [("SCHEDULED", "ON_SITE")]
    assert "INVITED" in await place.council_member.inbox()
    begun = await done(system, place.chair, "openSession", case_id, sessionId=session["sessionId"])
    assert [(each["stage"], each["mode"]) for each in begun["sessions"]] == [("OPEN", "ON_SITE")]


async def test_a_session_is_called_off_only_before_it_sits(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    at = (system.clock.now() + timedelta(days=1)).isoformat()
    session_id = (await done(system, place.chair, "scheduleSession", case_id, at=at))["sessions"][0]["sessionId"]
    assert (await do(place.chair, "cancelSession", case_id, sessionId=session_id, reason="")).code == "REASON_REQUIRED"
    gone = await done(system, place.chair, "cancelSession", case_id, sessionId=session_id, reason="改期")
    assert (gone["sessions"][0]["stage"], gone["state"]) == ("CANCELLED", "ACCEPTED")
    assert "SESSION_CANCELLED" in await place.council_member.inbox()
    session_id = await opened(system, place, case_id)
    refused = await do(place.chair, "cancelSession", case_id, sessionId=session_id, reason="改期")
    assert refused.code == "STATE_DOES_NOT_FIT"
    assert {"Adopt", "CloseSession", "Adjourn"} <= set(refused["allowed"])


async def test_without_a_quorum_nothing_is_adopted(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    about: dict[str, Any] = {"sessionId": session_id, "text": "决议", "items": [{"text": "x", "member": "m_helper"}]}
    assert (await do(place.chair, "adopt", case_id, rule="CONSENSUS", **about)).code == "NO_QUORUM"
    await done(system, place.exec_member, "answerInvitation", case_id, sessionId=session_id, answer="ACCEPT")
    assert (await do(place.chair, "adopt", case_id, rule="CONSENSUS", **about)).code == "NO_QUORUM"
    await done(system, place.council_member, "answerInvitation", case_id, sessionId=session_id, answer="ACCEPT")
    nothing = {**about, "items": []}
    assert (await do(place.chair, "adopt", case_id, rule="CONSENSUS", **nothing)).code == "NOTHING_RESOLVED"
    assert (await do(place.chair, "adopt", case_id, rule="VOTE", **about)).code == "NO_QUORUM", "nobody has voted"
    adopted = await done(
        system, place.chair, "adopt", case_id, rule="CONSENSUS", **{**nothing, "arrangement": "绿色通道"}
    )
    assert (adopted["resolutions"][0]["arrangement"], adopted["sessions"][0]["counted"]) == (True, False)


async def test_of_a_tie_the_convenor_decides_and_a_lost_vote_is_lost(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    about: dict[str, Any] = {"sessionId": session_id, "text": "决议", "initiative": "倡议", "rule": "VOTE"}
    for person, vote in ((place.chair, "FOR"), (place.exec_member, "AGAINST"), (place.council_member, "AGAINST")):
        await done(system, person, "castVote", case_id, sessionId=session_id, vote=vote)
    assert (await do(place.chair, "adopt", case_id, **about)).code == "NOT_CARRIED"
    assert (await do(place.chair, "adopt", case_id, **{**about, "rule": "CONSENSUS"})).code == "NO_CONSENSUS"
    assert (
        await do(place.chair, "invite", case_id, sessionId=session_id, member="m_late")
    ).code == "STATE_DOES_NOT_FIT"
    await done(system, place.council_member, "castVote", case_id, sessionId=session_id, vote="ABSTAIN")
    adopted = await done(system, place.chair, "adopt", case_id, **about)
    assert [(s["stage"], s["votes"], s["counted"]) for s in adopted["sessions"]] == [("CLOSED_RESOLVED", 3, True)]


async def test_what_nobody_is_for_is_not_carried(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    about: dict[str, Any] = {"sessionId": session_id, "text": "决议", "initiative": "倡议", "rule": "VOTE"}
    for person in (place.chair, place.exec_member, place.council_member):
        await done(system, person, "castVote", case_id, sessionId=session_id, vote="ABSTAIN")
    assert (await do(place.chair, "adopt", case_id, **about)).code == "NOT_CARRIED"


async def test_who_withdrew_withdrew_from_the_matter(system: Harness, place: Place) -> None:
    council = f"n_council-{place.village}"
    council_owner = system.person(
        "m_council-owner", (Role.GROUP_OWNER, council, place.village), (Role.GROUP_OWNER, place.group, place.village)
    )
    case_id = await accepted(system, place, "C0", urgency="ORANGE")
    session_id = await opened(system, place, case_id)
    await done(system, place.chair, "recuse", case_id, sessionId=session_id, reason="是当事人的亲属")
    until = (system.clock.now() + timedelta(days=1)).isoformat()
    ending = {"sessionId": session_id, "reason": "NO_AGREEMENT", "minutes": "未议成"}
    assert (await do(place.chair, "closeSession", case_id, **ending)).code == "RECUSED", "she does not end it either"
    assert (await do(place.chair, "adjourn", case_id, sessionId=session_id, until=until)).code == "RECUSED"
    for person, may in ((place.chair, False), (council_owner, True)):
        [sitting] = (await seen(person, case_id) or {})["sessions"]
        assert ({"Adjourn", "Adopt", "CloseSession"} <= set(sitting["allowedCommands"])) is may
        assert may or not {"Adjourn", "Adopt", "CloseSession"} & set(sitting["allowedCommands"])
    await done(system, council_owner, "closeSession", case_id, **ending)
    assert (await do(place.chair, "openSession", case_id)).code == "RECUSED", "a new session does not shed it"
    for person, may in ((place.chair, False), (council_owner, True)):
        assert ("OpenSession" in (await seen(person, case_id) or {})["allowedCommands"]) is may
    again = await done(system, council_owner, "openSession", case_id)
    second = again["sessions"][-1]["sessionId"]
    alone: dict[str, Any] = {"sessionId": second, "text": "决议", "initiative": "倡议", "rule": "CHAIR_DECIDES"}
    assert (await do(place.chair, "adopt", case_id, **alone)).code == "RECUSED"
    invited = await do(council_owner, "invite", case_id, sessionId=second, member=place.chair.member)
    assert invited.code == "RECUSED"


async def test_the_chair_decides_alone_only_what_is_urgent(system: Harness, place: Place) -> None:
    slow, urgent = await accepted(system, place), await accepted(system, place, "C0", urgency="ORANGE")
    for case_id, code in ((slow, "CHAIR_ONLY_WHEN_URGENT"), (urgent, None)):
        session_id = await opened(system, place, case_id)
        answer = await do(
            place.chair,
            "adopt",
            case_id,
            sessionId=session_id,
            rule="CHAIR_DECIDES",
            text="先拉警戒线",
            items=[{"text": "拉线", "member": place.volunteer.member}],
        )
        assert answer.code == code
        assert code or answer["sessions"][0]["counted"] is False


async def test_the_councils_own_group_owner_convenes_and_is_no_chair(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C0", urgency="ORANGE")
    council = f"n_council-{place.village}"
    owner = system.person(
        "m_council-owner", (Role.GROUP_OWNER, council, place.village), (Role.GROUP_OWNER, place.group, place.village)
    )
    session_id = await opened(system, place, case_id, owner)
    words = {"sessionId": session_id, "text": "决议", "initiative": "倡议"}
    assert (await do(owner, "adopt", case_id, rule="CHAIR_DECIDES", **words)).code == "CHAIR_ONLY_WHEN_URGENT"
    assert (await do(place.second_owner, "openSession", case_id)).code in {"NOT_PERMITTED", "CASE_NOT_FOUND"}
    for person in (place.exec_member, place.council_member, place.chair):
        await done(system, person, "speak", case_id, sessionId=session_id, text="同意")
    assert (await do(owner, "adopt", case_id, rule="CONSENSUS", **words)).code is None


async def test_who_withdrew_neither_speaks_nor_votes_nor_counts(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    await done(system, place.exec_member, "answerInvitation", case_id, sessionId=session_id, answer="ACCEPT")
    assert (await do(place.exec_member, "recuse", case_id, sessionId=session_id, reason="")).code == "REASON_REQUIRED"
    await done(system, place.exec_member, "recuse", case_id, sessionId=session_id, reason="是当事人的亲属")
    assert (await do(place.exec_member, "speak", case_id, sessionId=session_id, text="x")).code == "RECUSED"
    assert (await do(place.exec_member, "castVote", case_id, sessionId=session_id, vote="FOR")).code == "RECUSED"
    await done(system, place.council_member, "speak", case_id, sessionId=session_id, text="同意")
    spoken = "query($id: String!) { case(caseId: $id) { sessions { words { field text } } } }"
    said = {"同意", "是当事人的亲属"}
    for who, heard in ((place.council_member, said), (place.exec_member, {"是当事人的亲属"})):
        [read] = (await who.ask(spoken, {"id": case_id}))["case"]["sessions"]
        assert {each["text"] for each in read["words"]} == heard, "who withdrew reads her own words alone"
    words = {"sessionId": session_id, "text": "决议", "initiative": "倡议", "rule": "CONSENSUS"}
    refused = await do(place.chair, "adopt", case_id, **words)
    assert refused.code == "NO_QUORUM", "two are left"
    [session] = (await seen(place.chair, case_id) or {})["sessions"]
    assert (session["recused"], session["responded"]) == (1, 2)
    third = system.person("m_third", (Role.RESIDENT, place.group, place.village))
    await done(system, place.chair, "invite", case_id, sessionId=session_id, member=third.member)
    assert "INVITED" in await third.inbox()
    assert (
        await do(place.chair, "invite", case_id, sessionId=session_id, member=third.member)
    ).code == "INVITED_BEFORE"
    await done(system, third, "speak", case_id, sessionId=session_id, text="同意")
    assert (await do(place.chair, "adopt", case_id, **words)).code is None


async def test_a_substitute_takes_the_place_and_a_helper_has_no_vote(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    helper, other = place.neighbour, place.representative
    await done(system, place.chair, "invite", case_id, sessionId=session_id, member=helper.member, kind="HELPER")
    assert (await do(helper, "castVote", case_id, sessionId=session_id, vote="FOR")).code == "NO_VOTE_HERE"
    sent = await done(
        system, helper, "answerInvitation", case_id, sessionId=session_id, answer="SUBSTITUTE", substitute=other.member
    )
    assert sent["__typename"] == "Done", "she sees the matter no more, and that is no refusal"
    assert "INVITATION_DECLINED" in await place.chair.inbox()
    assert "INVITED" in await other.inbox()
    await done(system, other, "speak", case_id, sessionId=session_id, text="我来说")
    assert await seen(helper, case_id) is None
    stranger = await do(place.second_resident, "speak", case_id, sessionId=session_id, text="我也来说")
    assert stranger.code == "CASE_NOT_FOUND"


async def test_adjourned_at_most_twice_and_within_a_week(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    late = (system.clock.now() + timedelta(days=8)).isoformat()
    assert (await do(place.chair, "adjourn", case_id, sessionId=session_id, until=late)).code == "TOO_LATE"
    for _ in range(2):
        until = (system.clock.now() + timedelta(days=2)).isoformat()
        away = await done(system, place.chair, "adjourn", case_id, sessionId=session_id, until=until)
        assert (away["sessions"][0]["stage"], away["docket"]) == ("ADJOURNED", "IN_DELIBERATION")
        assert (
            await do(place.exec_member, "speak", case_id, sessionId=session_id, text="x")
        ).code == "STATE_DOES_NOT_FIT"
        await done(system, place.chair, "openSession", case_id)
    until = (system.clock.now() + timedelta(days=2)).isoformat()
    third = await do(place.chair, "adjourn", case_id, sessionId=session_id, until=until)
    assert third.code == "TOO_MANY_ADJOURNMENTS"
    assert "SESSION_ADJOURNED" in await place.exec_member.inbox()


async def test_closed_in_silence_it_does_not_count_and_the_second_time_is_the_last(
    system: Harness, place: Place
) -> None:
    case_id = await accepted(system, place)
    for number in (1, 2):
        session_id = await opened(system, place, case_id)
        silent = await do(place.chair, "closeSession", case_id, sessionId=session_id, reason="NO_QUORUM")
        assert silent.code == "TEXT_MISSING", "nobody spoke, and there are no minutes"
        closed = await done(
            system, place.chair, "closeSession", case_id, sessionId=session_id, reason="NO_QUORUM", minutes="无人到会"
        )
        assert [s["counted"] for s in closed["sessions"]] == [False] * number
        assert closed["state"] == "ACCEPTED"
    for mutation in ("openSession", "putToCouncil"):
        assert (await do(place.chair, mutation, case_id)).code == "TOO_MANY_FAILURES"
    assert "OpenSession" not in (await seen(place.chair, case_id) or {})["allowedCommands"]
    [row] = await system.rows("deliberation", "SELECT body FROM docket WHERE id = :id", id=case_id)
    assert '"failures":2' in row.body


async def test_three_speakers_make_it_count_without_a_resolution(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    await all_speak(system, place, case_id, session_id)
    closed = await done(system, place.chair, "closeSession", case_id, sessionId=session_id, reason="NO_AGREEMENT")
    assert closed["sessions"][0]["counted"] is True
    assert "SESSION_CLOSED" in await place.council_member.inbox()


async def test_a_department_is_told_what_its_package_says(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id, mode="ON_SITE")
    water = f"n_dept-water-{place.county}"
    about: dict[str, Any] = {"sessionId": session_id, "kind": "DEPARTMENT", "department": water}
    signed = package(system, case_id, water)
    assert (await do(place.chair, "invite", case_id, **about)).code == "PACKAGE_NOT_SIGNED"
    more = {**signed, "lines": [{"field": "PARTY_NAMES", "text": "某某"}]}
    assert (await do(place.chair, "invite", case_id, **about, package=more)).code == "PACKAGE_NOT_SIGNED"
    assert await seen(place.liaison, case_id) is None
    invited = await done(system, place.chair, "invite", case_id, **about, package=signed)
    assert [each["code"] for each in invited["sessions"][0]["departments"]] == [water]
    assert "INVITED" in await place.liaison.inbox()
    [hers] = (await seen(place.liaison, case_id) or {})["sessions"]
    assert hers["words"] == [{"field": "package", "text": "MATTER_TYPE\n地面塌陷", "department": water}]
    assert {"AnswerInvitation", "Speak"} <= set(hers["allowedCommands"])
    assert "CastVote" not in hers["allowedCommands"]
    for_water = {"sessionId": session_id, "department": water}
    await done(system, place.liaison, "answerInvitation", case_id, answer="ACCEPT", **for_water)
    spoken = await done(system, place.liaison, "speak", case_id, text="不是自来水管", **for_water)
    assert spoken["sessions"][0]["speakers"] == 1
    again = await done(system, place.liaison, "speak", case_id, sessionId=session_id, text="明日再来看")
    assert [each["department"] for each in again["sessions"][0]["words"] if each["field"] == "speech"] == [water, water]
    assert (await do(place.liaison, "castVote", case_id, sessionId=session_id, vote="FOR")).code == "NOT_PERMITTED"
    assert (await do(place.exec_member, "speak", case_id, text="x", **for_water)).code == "NOT_PERMITTED"
    other = system.person("m_other-liaison", (Role.LIAISON, f"n_dept-heat-{place.county}", place.county))
    assert await seen(other, case_id) is None
    for command, words in (
        ("speak", {"text": "x"}),
        ("castVote", {"vote": "FOR"}),
        ("answerInvitation", {"answer": "ACCEPT"}),
    ):
        assert (await do(other, command, case_id, sessionId=session_id, **words)).code == "CASE_NOT_FOUND"


async def test_who_is_invited_herself_and_for_her_department_speaks_as_she_says(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    water = f"n_dept-water-{place.county}"
    department = {"kind": "DEPARTMENT", "department": water, "package": package(system, case_id, water)}
    await done(system, place.chair, "invite", case_id, sessionId=session_id, **department)
    about = {"sessionId": session_id}
    await done(system, place.chair, "invite", case_id, member=place.liaison.member, kind="HELPER", **about)
    await done(system, place.liaison, "speak", case_id, text="作为邻居", **about)
    spoken = await done(system, place.liaison, "speak", case_id, text="作为部门", department=water, **about)
    said = {each["text"]: each["department"] for each in spoken["sessions"][0]["words"] if each["field"] == "speech"}
    assert said == {"作为邻居": None, "作为部门": water}

    await done(system, place.liaison, "recuse", case_id, reason="是当事人的亲属", **about)
    await done(system, place.chair, "closeSession", case_id, reason="NO_AGREEMENT", **about)
    again = {"sessionId": await opened(system, place, case_id)}
    await done(system, place.chair, "invite", case_id, **again, **department)
    for named in ({}, {"department": water}):
        words = {**again, **named}
        assert (await do(place.liaison, "speak", case_id, text="仍作为部门", **words)).code == "RECUSED"
        assert (await do(place.liaison, "answerInvitation", case_id, answer="ACCEPT", **words)).code == "RECUSED"
    hers = [each["allowedCommands"] for each in (await seen(place.liaison, case_id) or {})["sessions"]]
    assert {"Speak", "AnswerInvitation"}.isdisjoint(hers[-1])
    spoken = await done(system, place.second_liaison, "speak", case_id, text="换人来了", **again)
    assert spoken["sessions"][-1]["speakers"] == 1


async def test_a_liaison_withdraws_and_another_comes_for_the_department(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    water = f"n_dept-water-{place.county}"
    department = {"kind": "DEPARTMENT", "department": water, "package": package(system, case_id, water)}
    assert (await do(place.liaison, "recuse", case_id, reason="亲属", **about)).code == "CASE_NOT_FOUND"
    await done(system, place.chair, "invite", case_id, **about, **department)
    others = await do(place.liaison, "recuse", case_id, member=place.council_member.member, reason="亲属", **about)
    assert others.code == "NOT_PERMITTED"
    assert "Recuse" in (await seen(place.liaison, case_id) or {})["sessions"][0]["allowedCommands"]
    assert (await do(place.liaison, "recuse", case_id, reason="", **about)).code == "REASON_REQUIRED"
    await done(system, place.liaison, "recuse", case_id, reason="是当事人的亲属", **about)
    assert (await do(place.liaison, "recuse", case_id, reason="亲属", **about)).code == "RECUSED"
    assert "RECUSED_HERSELF" in await place.chair.inbox()
    [hers] = (await seen(place.liaison, case_id) or {})["sessions"]
    assert {"Speak", "AnswerInvitation", "Recuse"}.isdisjoint(hers["allowedCommands"])
    assert {each["text"] for each in hers["words"]} == {"是当事人的亲属"}, "nor does she read what is said of it"
    assert (await do(place.liaison, "speak", case_id, text="x", **about)).code == "RECUSED"
    spoken = await done(system, place.second_liaison, "speak", case_id, text="我来说", **about)
    [session] = spoken["sessions"]
    assert (session["recused"], session["speakers"], session["departments"]) == (1, 1, [{"code": water}])
    lifted = await done(
        system, place.chair, "liftRecusal", case_id, member=place.liaison.member, reason="查明并非亲属", **about
    )
    assert lifted["sessions"][0]["recused"] == 0
    await done(system, place.liaison, "speak", case_id, text="我也来了", department=water, **about)
    await system.no_dead_letters()


async def test_a_liaison_of_two_departments_says_for_which(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    water, heating = f"n_dept-water-{place.county}", f"n_dept-heating-{place.county}"
    about = {"sessionId": session_id}
    both = system.person("m_of-both", (Role.LIAISON, water, place.county), (Role.LIAISON, heating, place.county))
    for number, node in enumerate((water, heating)):
        department = {"kind": "DEPARTMENT", "department": node, "package": package(system, case_id, node)}
        await done(system, place.chair, "invite", case_id, **about, **department)
        refused = await do(both, "speak", case_id, text="看过了", **about)
        assert refused.code == ("MALFORMED" if number else None)
    await done(system, both, "speak", case_id, text="供热也看过了", department=heating, **about)
    assert (await do(place.liaison, "speak", case_id, text="x", department=heating, **about)).code == "NOT_PERMITTED"
    roads = f"n_dept-roads-{place.township}"
    assert (await do(place.liaison, "speak", case_id, text="x", department=roads, **about)).code == "NOT_PERMITTED"


async def test_a_private_matter_is_deliberated_by_its_circle(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C2")
    session_id = await opened(system, place, case_id)
    [session] = (await seen(place.chair, case_id) or {})["sessions"]
    assert (session["restricted"], session["invited"]) == (True, 1), "the circle, and nobody else"
    about = {"sessionId": session_id}
    assert (
        await do(place.chair, "invite", case_id, member=place.exec_member.member, **about)
    ).code == "RESTRICTED_SESSION"
    water = f"n_dept-water-{place.county}"
    department = {"kind": "DEPARTMENT", "department": water, "package": package(system, case_id, water)}
    assert (await do(place.chair, "invite", case_id, **about, **department)).code == "RESTRICTED_SESSION"
    counsellors = [
        system.person(f"m_counsellor-{n}-{place.village}", (Role.COUNSELLOR, f"n_fed-{place.county}", place.county))
        for n in (1, 2)
    ]
    for counsellor in counsellors:
        assert await seen(counsellor, case_id) is None
        await done(system, place.chair, "invite", case_id, member=counsellor.member, kind="EXPERT", **about)
        assert await seen(counsellor, case_id) is not None
        await done(system, counsellor, "speak", case_id, text="先分别谈", **about)
    for nobody in (place.exec_member, place.council_member, place.owner, place.neighbour):
        assert await seen(nobody, case_id) is None
        assert (await do(nobody, "speak", case_id, text="x", **about)).code == "CASE_NOT_FOUND"
    adopted = await done(
        system,
        place.chair,
        "adopt",
        case_id,
        rule="CONSENSUS",
        text="安排调解",
        items=[{"text": "调解", "member": counsellors[0].member}],
        **about,
    )
    assert adopted["sessions"][0]["stage"] == "CLOSED_RESOLVED"
    officer = await seen(place.township_officer, case_id)
    assert officer is None or officer["sessions"] == []
    entries = "query($r: RegionCode!) { confidentialEntries(region: $r) { category count } }"
    for person, found in (
        (place.council_member, [{"category": "MARRIAGE_FAMILY", "count": 1}]),
        (place.township_officer, []),
        (place.county_chair, []),
        (place.sibling_exec, []),
        (place.neighbour, []),
    ):
        assert (await person.ask(entries, {"r": place.village}))["confidentialEntries"] == found


async def test_raised_to_private_in_session_who_may_not_stay_is_told_so_and_no_more(
    system: Harness, place: Place
) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    about = {"sessionId": session_id}
    await done(system, place.chair, "invite", case_id, member=place.neighbour.member, kind="HELPER", **about)
    await done(system, place.exec_member, "speak", case_id, text="我来联系", **about)
    task = {"text": "探望", "member": place.volunteer.member}
    item = (await done(system, place.chair, "assignItem", case_id, task=task))["items"][0]["itemId"]
    await place.chair.do("raiseClass", caseId=case_id, to="C2", reason="涉及隐私")
    await system.settle()
    entries = "{ me { inbox { edges { node { kind caseId caseNumber } } } } }"
    gone = (place.neighbour, place.exec_member, place.council_member)
    for person, kind in (*((each, "SESSION_LEFT") for each in gone), (place.volunteer, "ITEM_CANCELLED")):
        newest = (await person.ask(entries))["me"]["inbox"]["edges"][0]["node"]
        assert newest == {"kind": kind, "caseId": None, "caseNumber": None}
        assert await seen(person, case_id) is None
    told = await place.chair.inbox()
    assert (told.count("SESSION_RESTRICTED"), told.count("ITEM_TO_REASSIGN")) == (1, 1)
    [session] = (await seen(place.chair, case_id) or {})["sessions"]
    assert (session["stage"], session["restricted"], session["responded"]) == ("OPEN", True, 1)
    await done(system, place.chair, "closeSession", case_id, reason="NO_QUORUM", **about)
    for person in gone:
        assert "SESSION_CLOSED" not in await person.inbox()
    assert (await place.chair.do("resolveMatter", caseId=case_id, evidence="已办")).code == "ITEMS_OPEN"
    await done(system, place.chair, "waiveItem", case_id, itemId=item, reason="转为专办")
    assert "ResolveMatter" in (await place.chair.case(case_id) or {})["allowedCommands"]
    await system.no_dead_letters()


async def test_sealed_in_session_everybody_is_told_that_it_is_over_and_no_more(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    await done(system, place.chair, "invite", case_id, member=place.neighbour.member, kind="HELPER", **about)
    await done(system, place.exec_member, "speak", case_id, text="我来联系", **about)
    task = {"text": "探望", "member": place.volunteer.member}
    await done(system, place.chair, "assignItem", case_id, task=task)
    await place.chair.do("raiseClass", caseId=case_id, to="C3", reason="有未成年人受害")
    await system.settle()
    entries = "{ me { inbox { edges { node { kind titleZh caseId caseNumber } } } } }"
    gone = (place.neighbour, place.exec_member, place.council_member)
    for person, kind, title in (
        *((each, "SESSION_LEFT", "您不再参加一次议事") for each in gone),
        (place.volunteer, "ITEM_CANCELLED", "您的行动项不再需要办理"),
    ):
        newest = (await person.ask(entries))["me"]["inbox"]["edges"][0]["node"]
        assert newest == {"kind": kind, "titleZh": title, "caseId": None, "caseNumber": None}
        assert (await person.inbox()).count(kind) == 1
        assert await seen(person, case_id) is None
    assert not {"SESSION_LEFT", "ITEM_CANCELLED"} & set(await place.representative.inbox())
    [row] = await system.rows("gateway", "SELECT people_state AS said FROM case_people WHERE case_id = :c", c=case_id)
    assert "m_" not in row.said, "of a sealed matter nobody is named"
    await system.advance(days=5)
    for person in (*gone, place.volunteer, place.chair):
        assert not {"NO_ANSWER", "SESSION_SILENT", "ITEM_TO_REASSIGN"} & set(await person.inbox())
    await system.no_dead_letters()


async def test_an_invitation_that_nobody_answers_comes_back_to_the_convenor(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    await done(system, place.chair, "invite", case_id, sessionId=session_id, member=place.representative.member)
    await system.advance(hours=23)
    assert "NO_ANSWER" not in await place.chair.inbox()
    await system.advance(hours=2)
    await system.run_timers()
    assert (await place.chair.inbox()).count("NO_ANSWER") == 1


async def test_a_standing_member_is_listed_at_the_next_session(system: Harness, place: Place) -> None:
    first = await accepted(system, place, "C0", urgency="ORANGE")
    water, council = f"n_dept-water-{place.county}", f"n_council-{place.village}"
    until = (system.clock.now() + timedelta(days=700)).isoformat()
    early = await do(place.chair, "admitMember", first, department=water, until=until)
    assert early.code == "STATE_DOES_NOT_FIT", "the council has not dealt with the matter yet"
    session_id = await opened(system, place, first)
    late = (system.clock.now() + timedelta(days=800)).isoformat()
    assert (await do(place.chair, "admitMember", first, department=water, until=late)).code == "TOO_LATE"
    assert (await do(place.exec_member, "admitMember", first, department=water, until=until)).code is not None
    await done(system, place.chair, "admitMember", first, department=water, until=until)
    assert "MEMBERSHIP_OFFERED" in await place.liaison.inbox()
    assert (await do(place.chair, "admitMember", first, department=water, until=until)).code == "MEMBER_ALREADY"
    ask = "query($n: String!) { council(node: $n) { region standingMembers { address stage caseId } } }"
    offered = {"address": water, "stage": "OFFERED", "caseId": first}
    assert (await place.chair.ask(ask, {"n": council}))["council"]["standingMembers"] == [offered]
    assert (await place.neighbour.ask(ask, {"n": council}))["council"] is None
    other = await accepted(system, place, "C0")
    assert await seen(place.liaison, other) is None
    about = {"council": council, "department": water}
    assert code_of(await place.chair.do("confirmMembership", returns=DONE, **about)) in {
        "NOT_PERMITTED",
        "CASE_NOT_FOUND",
    }
    assert code_of(await place.liaison.do("confirmMembership", returns=DONE, **about)) is None
    await system.settle()
    assert await seen(place.liaison, other) is not None, "a standing member sees open matters of the village"
    private = await accepted(system, place, "C1")
    assert await seen(place.liaison, private) is None, "of others only those that she is invited to"
    await opened(system, place, other)
    [session] = (await seen(place.liaison, other) or {})["sessions"]
    assert [each["code"] for each in session["departments"]] == [water]
    assert session["amInvited"], "her department is on the list"
    assert "SESSION_OPENED" in await place.liaison.inbox()
    closed = await opened(system, place, private)
    assert await seen(place.liaison, private) is None
    assert closed != session_id
    assert code_of(await place.liaison.do("endMembership", returns=DONE, council=council, address=water)) is None
    await system.settle()
    third = await accepted(system, place, "C0")
    assert await seen(place.liaison, third) is None


async def test_a_term_ends_by_itself(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C0")
    await opened(system, place, case_id)
    until = (system.clock.now() + timedelta(days=3)).isoformat()
    person = place.second_resident
    await done(system, place.chair, "admitMember", case_id, member=person.member, until=until)
    assert await seen(person, case_id) is not None
    await system.advance(days=4)
    assert await seen(person, case_id) is None
    assert "MEMBERSHIP_ENDED" in await person.inbox()


def code_of(answer: dict[str, Any]) -> str | None:
    """A refusal's code."""
    return answer.get("code")
