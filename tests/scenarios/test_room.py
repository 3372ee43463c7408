"""Who is in the room of a council, who is told of what goes on there, and who is not any more (domain 1.3, 1.4, 2.2), on both systems."""

from datetime import timedelta

from services.contracts.organisation import Role, council_of
from tests.harness import Harness, Person, Place
from tests.scenarios.councils import DONE, accepted, do, done, opened, package, resolved, seen
from tests.scenarios.test_ladder import acts
from tests.scenarios.test_ladder import done as moved


async def told(person: Person, case_id: str) -> list[str]:
    """What names this matter in her inbox, newest first."""
    found = await person.ask("{ me { inbox(first: 100) { edges { node { kind caseId } } } } }")
    return [e["node"]["kind"] for e in found["me"]["inbox"]["edges"]]


def own(system: Harness, place: Place) -> Person:
    return system.person(
        f"m_{place.village}-council-owner", (Role.GROUP_OWNER, council_of(place.village), place.village)
    )


async def raised(system: Harness, place: Place, case_id: str, to: str = "C2", who: Person | None = None) -> None:
    answer = await (who or place.chair).do("raiseClass", caseId=case_id, to=to)
    assert answer.code is None, answer
    await system.settle()


async def up(system: Harness, place: Place, case_id: str) -> None:
    await acts(system, place.chair, case_id)
    await moved(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await moved(system, place.township_chair, "receive", case_id)


async def test_who_sent_somebody_else_has_no_place_any_more(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    she, first, second = place.council_member, place.neighbour, place.representative
    await done(system, she, "answerInvitation", case_id, answer="SUBSTITUTE", substitute=first.member, **about)
    for command, words in (
        ("answerInvitation", {"answer": "SUBSTITUTE", "substitute": second.member}),
        ("answerInvitation", {"answer": "ACCEPT"}),
        ("castVote", {"vote": "FOR"}),
        ("speak", {"text": "x"}),
    ):
        assert (await do(she, command, case_id, **words, **about)).code == "NOT_FOUND", command
    await done(system, first, "castVote", case_id, vote="FOR", **about)
    assert (await seen(place.chair, case_id) or {})["sessions"][0]["votes"] == 1


async def test_a_task_that_comes_again_is_not_told_to_who_may_not_know(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    she = place.volunteer
    task = {"text": "探望", "member": she.member, "recurring": {"everyDays": 7, "times": 3}}
    about = {"itemId": (await done(system, place.chair, "assignItem", case_id, task=task))["items"][-1]["itemId"]}
    await done(system, she, "acceptItem", case_id, **about)
    await done(system, she, "finishItem", case_id, evidence="好了", **about)
    await raised(system, place, case_id)
    assert await seen(she, case_id) is None
    before = await told(she, case_id)
    await done(system, place.chair, "verifyItem", case_id, **about)
    after = await told(she, case_id)
    assert after == before


async def test_who_lost_a_task_is_not_told_again_when_it_is_given_to_another(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    she = place.volunteer
    task = {"text": "探望", "member": she.member}
    about = {"itemId": (await done(system, place.chair, "assignItem", case_id, task=task))["items"][-1]["itemId"]}
    await raised(system, place, case_id)
    before = await told(she, case_id)
    await done(system, place.chair, "reassignItem", case_id, member=place.chair.member, **about)
    assert await told(she, case_id) == before


async def test_nor_when_it_is_waived(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    she = place.volunteer
    task = {"text": "探望", "member": she.member}
    about = {"itemId": (await done(system, place.chair, "assignItem", case_id, task=task))["items"][-1]["itemId"]}
    await raised(system, place, case_id)
    before = await told(she, case_id)
    await done(system, place.chair, "waiveItem", case_id, reason="x", **about)
    assert await told(she, case_id) == before


async def test_nobody_is_made_to_withdraw_from_what_she_may_not_know(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    await raised(system, place, case_id)
    she = place.council_member
    assert await seen(she, case_id) is None
    before = await told(she, case_id)
    refused = await do(place.chair, "recuse", case_id, member=she.member, reason="亲属", **about)
    assert refused.code == "NOT_FOUND"
    await system.settle()
    assert await told(she, case_id) == before


async def test_a_convenor_who_may_not_know_hears_of_no_answers(system: Harness, place: Place) -> None:
    owner = own(system, place)
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id, owner)}
    await raised(system, place, case_id)
    assert await seen(owner, case_id) is None
    before = await told(owner, case_id)
    await done(system, place.chair, "answerInvitation", case_id, answer="DECLINE", **about)
    assert await told(owner, case_id) == before


async def test_who_withdrew_hears_nothing_through_her_department(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    water = f"n_dept-water-{place.county}"
    signed = package(system, case_id, water)
    await done(system, place.chair, "invite", case_id, kind="DEPARTMENT", department=water, package=signed, **about)
    await done(system, place.liaison, "recuse", case_id, reason="亲属", **about)
    before = await told(place.liaison, case_id)
    await done(system, place.chair, "adjourn", case_id, until=system.in_(days=1).isoformat(), **about)
    assert await told(place.liaison, case_id) == before


async def test_nor_as_the_convenor(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    await done(system, place.chair, "recuse", case_id, reason="亲属", **about)
    before = await told(place.chair, case_id)
    await done(system, place.council_member, "answerInvitation", case_id, answer="DECLINE", **about)
    assert await told(place.chair, case_id) == before


async def test_nor_of_the_session_of_another_council(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    first = {"sessionId": await opened(system, place, case_id)}
    await up(system, place, case_id)
    second = {"sessionId": await opened(system, place, case_id, place.township_chair)}
    she = place.council_member
    await done(system, place.township_chair, "invite", case_id, member=she.member, **second)
    await done(system, she, "recuse", case_id, reason="亲属", **first)
    before = await told(she, case_id)
    await done(system, place.township_chair, "closeSession", case_id, reason="NO_QUORUM", minutes="x", **second)
    assert await told(she, case_id) == before


async def test_where_the_convenor_is_a_party_another_hears_of_silence(system: Harness, place: Place) -> None:
    owner = own(system, place)
    case_id = await accepted(system, place)
    await opened(system, place, case_id, owner)
    assert (await place.chair.do("nameParty", caseId=case_id, member=owner.member)).code is None
    await system.settle()
    people = (place.chair, place.exec_member, place.council_member, owner)
    before = [await told(p, case_id) for p in people]
    await system.advance(days=5)
    await system.settle()
    after = [await told(p, case_id) for p in people]
    new = [[k for k in a if k not in b] for a, b in zip(after, before, strict=True)]
    assert any("SESSION_SILENT" in each for each in new)


async def test_a_task_of_a_party_goes_back_to_who_gave_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    she = place.volunteer
    task = {"text": "探望", "member": she.member}
    about = {"itemId": (await done(system, place.chair, "assignItem", case_id, task=task))["items"][-1]["itemId"]}
    await done(system, she, "acceptItem", case_id, **about)
    assert (await place.chair.do("nameParty", caseId=case_id, member=she.member)).code is None
    await system.settle()
    assert "ITEM_TO_REASSIGN" in await told(place.chair, case_id)


async def test_a_guest_does_not_find_out_who_is_in_the_circle_or_a_party(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C2")
    about = {"sessionId": await opened(system, place, case_id)}
    expert = system.person("m_an-expert", (Role.COUNSELLOR, f"n_fed-{place.county}", place.county))
    await done(system, place.chair, "invite", case_id, member=expert.member, kind="EXPERT", **about)
    assert (await place.chair.do("nameParty", caseId=case_id, member=place.neighbour.member)).code is None
    await system.settle()
    codes = {}
    for name in ("neighbour", "representative", "exec_member", "chair"):
        sent = {"answer": "SUBSTITUTE", "substitute": getattr(place, name).member}
        codes[name] = (await do(expert, "answerInvitation", case_id, **sent, **about)).code
    assert len(set(codes.values())) == 1


async def test_who_withdrew_calls_nothing_off(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    at = (system.clock.now() + timedelta(hours=3)).isoformat()
    planned = await done(system, place.chair, "scheduleSession", case_id, at=at)
    about = {"sessionId": planned["sessions"][0]["sessionId"]}
    await done(system, place.chair, "recuse", case_id, member=None, reason="亲属", **about)
    cancel = await do(place.chair, "cancelSession", case_id, reason="改期", **about)
    assert cancel.code == "RECUSED"


async def test_who_withdrew_invites_nobody(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    await done(system, place.chair, "recuse", case_id, reason="亲属", **about)
    invite = await do(place.chair, "invite", case_id, member="m_friend", kind="MEMBER", **about)
    assert invite.code == "RECUSED"


async def test_who_withdrew_revokes_nothing(system: Harness, place: Place) -> None:
    owner = own(system, place)
    case_id = await accepted(system, place)
    await resolved(system, place, case_id)
    resolution = (await seen(place.chair, case_id) or {})["resolutions"][0]["resolutionId"]
    about = {"sessionId": await opened(system, place, case_id, owner)}
    await done(system, place.chair, "recuse", case_id, reason="亲属", **about)
    revoked = await do(place.chair, "revokeResolution", case_id, resolutionId=resolution, reason="x", **about)
    assert revoked.code == "RECUSED"


async def test_an_office_elsewhere_shows_a_guest_no_more(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    first = {"sessionId": await opened(system, place, case_id)}
    await done(system, place.chair, "closeSession", case_id, reason="NO_QUORUM", minutes="x", **first)
    await done(system, place.chair, "assignItem", case_id, task={"text": "x", "member": place.volunteer.member})
    second = {"sessionId": await opened(system, place, case_id)}
    shown = {}
    for name in ("sibling_resident", "sibling_chair"):
        guest = getattr(place, name)
        await done(system, place.chair, "invite", case_id, member=guest.member, kind="HELPER", **second)
        hers = await seen(guest, case_id) or {}
        shown[name] = (len(hers["sessions"]), len(hers["items"]))
    assert shown["sibling_chair"] == shown["sibling_resident"] == (1, 0)


async def test_a_task_that_lapsed_is_not_offered(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    she, due = place.exec_member, system.in_(days=2).isoformat()
    task = {"text": "清理", "member": she.member, "dueAt": due}
    about = {"itemId": (await done(system, place.chair, "assignItem", case_id, task=task))["items"][-1]["itemId"]}
    await system.advance(days=8)
    await system.settle()
    offered = (await seen(she, case_id) or {})["items"][0]["allowedCommands"]
    accept = await do(she, "acceptItem", case_id, **about)
    assert ("AcceptItem" in offered) == (accept.code is None)


async def test_revoking_is_offered_where_it_is_done(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await resolved(system, place, case_id)
    resolution = (await seen(place.chair, case_id) or {})["resolutions"][0]["resolutionId"]
    await up(system, place, case_id)
    about = {"sessionId": await opened(system, place, case_id, place.township_chair)}
    offered = (await seen(place.chair, case_id) or {})["resolutions"][0]["allowedCommands"]
    answer = await do(place.chair, "revokeResolution", case_id, resolutionId=resolution, reason="x", **about)
    bare = await do(place.chair, "revokeResolution", case_id, resolutionId=resolution, reason="x")
    assert "RevokeResolution" not in offered or None in {answer.code, bare.code}


async def test_who_withdrew_does_not_read_the_tasks(system: Harness, place: Place) -> None:
    owner = own(system, place)
    case_id = await accepted(system, place)
    await resolved(system, place, case_id, {"text": "监督她的亲属", "member": place.volunteer.member})
    second = {"sessionId": await opened(system, place, case_id, owner)}
    await done(system, place.exec_member, "recuse", case_id, reason="亲属", **second)
    hers = await seen(place.exec_member, case_id) or {}
    read = [w["text"] for part in (*hers["sessions"], *hers["resolutions"], *hers["items"]) for w in part["words"]]
    assert "监督她的亲属" not in read


async def test_a_standing_department_leaves_with_the_open_class(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C0")
    first = {"sessionId": await opened(system, place, case_id)}
    water = f"n_dept-water-{place.county}"
    await done(system, place.chair, "admitMember", case_id, department=water, until=system.in_(days=300).isoformat())
    returns = "{ __typename ... on Done { id version } ... on Refusal { code allowed messageEn } }"
    confirmed = await place.liaison.do(
        "confirmMembership", returns=returns, council=council_of(place.village), department=water
    )
    assert confirmed.code is None, confirmed
    await system.settle()
    await done(system, place.chair, "closeSession", case_id, reason="NO_QUORUM", minutes="x", **first)
    second = {"sessionId": await opened(system, place, case_id)}
    await raised(system, place, case_id, "C1")
    await done(system, place.chair, "speak", case_id, text="家里的事", **second)
    hers = await seen(place.liaison, case_id) or {"sessions": []}
    read = [w["text"] for s in hers["sessions"] for w in s["words"]]
    assert "家里的事" not in read


async def test_who_withdrew_puts_nothing_to_the_council(system: Harness, place: Place) -> None:
    owner = own(system, place)
    case_id = await accepted(system, place)
    first = {"sessionId": await opened(system, place, case_id)}
    await done(system, place.chair, "recuse", case_id, reason="亲属", **first)
    await done(system, owner, "closeSession", case_id, reason="NO_QUORUM", minutes="x", **first)
    answer = await do(place.chair, "putToCouncil", case_id)
    assert answer.code == "RECUSED"


async def test_and_of_who_does_not_come(system: Harness, place: Place) -> None:
    owner = own(system, place)
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id, owner)}
    assert (await place.chair.do("nameParty", caseId=case_id, member=owner.member)).code is None
    await system.settle()
    await done(system, place.council_member, "answerInvitation", case_id, answer="DECLINE", **about)
    assert "INVITATION_DECLINED" in await told(place.chair, case_id)


async def test_an_expert_is_told_of_which_matter(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C2")
    about = {"sessionId": await opened(system, place, case_id)}
    expert = system.person(f"m_{place.village}-expert", (Role.COUNSELLOR, f"n_fed-{place.county}", place.county))
    await done(system, place.chair, "invite", case_id, member=expert.member, kind="EXPERT", **about)
    assert await seen(expert, case_id) is not None
    found = await expert.ask("{ me { inbox(first: 100) { edges { node { kind caseId titleEn } } } } }")
    nodes = [e["node"] for e in found["me"]["inbox"]["edges"]]
    assert nodes[0]["caseId"] == case_id


async def test_so_is_who_has_a_task(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C2")
    she = place.volunteer
    await done(system, place.chair, "assignItem", case_id, task={"text": "陪同", "member": she.member})
    assert await seen(she, case_id) is not None
    found = await she.ask("{ me { inbox(first: 100) { edges { node { kind caseId titleEn } } } } }")
    nodes = [e["node"] for e in found["me"]["inbox"]["edges"]]
    assert nodes[0]["caseId"] == case_id


async def test_who_was_put_out_is_back_when_the_class_is_lowered(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await done(system, place.chair, "informUp", case_id, to="COUNTY")
    about = {"sessionId": await opened(system, place, case_id)}
    await raised(system, place, case_id)
    assert (await place.county_chair.do("lowerClass", caseId=case_id, to="C1", reason="x")).code is None
    await system.settle()
    await done(system, place.chair, "adjourn", case_id, until=system.in_(days=1).isoformat(), **about)
    await done(system, place.chair, "openSession", case_id, **about)
    hers = (await seen(place.exec_member, case_id) or {})["sessions"][0]
    assert (await told(place.exec_member, case_id)).count("SESSION_OPENED") == 2
    assert "CastVote" in hers["allowedCommands"]


async def test_nor_that_her_session_is_called_off(system: Harness, place: Place) -> None:
    owner = own(system, place)
    case_id = await accepted(system, place)
    at = (system.clock.now() + timedelta(hours=3)).isoformat()
    await done(system, owner, "scheduleSession", case_id, at=at)
    await raised(system, place, case_id)
    before = await told(owner, case_id)
    assert (await place.chair.do("redirectMatter", caseId=case_id, to="COURT", route="请找法院")).code is None
    await system.settle()
    assert await told(owner, case_id) == before


async def test_a_party_has_no_vote(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    for who in (place.chair, place.exec_member, place.council_member):
        await done(system, who, "castVote", case_id, vote="FOR", **about)
    assert (await place.chair.do("nameParty", caseId=case_id, member=place.council_member.member)).code is None
    await system.settle()
    shown = (await seen(place.chair, case_id) or {})["sessions"][0]
    adopt = await do(place.chair, "adopt", case_id, rule="VOTE", text="x", arrangement="y", **about)
    assert adopt.code == "NO_QUORUM"
    assert shown["votes"] == 2


async def test_who_admits_a_standing_member_ends_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await up(system, place, case_id)
    await opened(system, place, case_id, place.township_chair)
    until, member = system.in_(days=300).isoformat(), "m_somebody"
    await done(system, place.township_chair, "admitMember", case_id, member=member, until=until)
    ending = {"returns": DONE, "council": council_of(place.township), "address": member}
    for other in (place.chair, place.county_chair, place.beside_officer):
        assert (await other.do("endMembership", **ending)).code in {"NOT_PERMITTED", "NOT_FOUND"}, other.member
    assert (await place.township_chair.do("endMembership", **ending)).code is None


async def test_where_the_chair_withdrew_the_councils_owner_hears_of_a_proposal(system: Harness, place: Place) -> None:
    owner = own(system, place)
    node = {
        "id": council_of(place.village),
        "kind": "COUNCIL",
        "region": place.village,
        "name": "议事会",
        "members": [
            {"member": place.council_member.member, "role": "COUNCIL_MEMBER", "since": "2020-01-01T00:00:00+08:00"},
            {"member": owner.member, "role": "GROUP_OWNER", "since": "2020-01-01T00:00:00+08:00"},
        ],
    }
    await system.operate("PutNode", {"node": node})
    await system.settle()
    case_id = await accepted(system, place)
    first = {"sessionId": await opened(system, place, case_id)}
    await done(system, place.chair, "recuse", case_id, reason="亲属", **first)
    await done(system, owner, "closeSession", case_id, reason="NO_QUORUM", minutes="x", **first)
    await done(system, place.council_member, "putToCouncil", case_id)
    assert "SESSION_PROPOSED" in await told(owner, case_id)
