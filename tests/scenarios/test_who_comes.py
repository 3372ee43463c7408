"""Who comes to a session by another's doing, or has no business there any more (domain 1.3, 1.4, 2.2), on both systems."""

from typing import Any

from services.contracts.organisation import Role
from tests.access.world import send
from tests.harness import Harness, Place
from tests.scenarios.councils import accepted, do, done, opened, package, seen
from tests.scenarios.test_ladder import acts
from tests.scenarios.test_ladder import done as moved


async def test_a_guest_of_a_private_matter_brings_nobody(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C2")
    about = {"sessionId": await opened(system, place, case_id)}
    expert = system.person("m_an-expert", (Role.COUNSELLOR, f"n_fed-{place.county}", place.county))
    await done(system, place.chair, "invite", case_id, member=expert.member, kind="EXPERT", **about)
    sent = {"answer": "SUBSTITUTE", "substitute": place.neighbour.member}
    assert (await do(expert, "answerInvitation", case_id, **sent, **about)).code == "RESTRICTED_SESSION"
    await system.settle()
    assert await seen(place.neighbour, case_id) is None
    assert "INVITED" not in await place.neighbour.inbox()
    assert (await do(place.neighbour, "speak", case_id, text="x", **about)).code == "CASE_NOT_FOUND"
    await done(system, expert, "speak", case_id, text="建议分开谈", **about)


async def test_who_leaves_the_circle_leaves_its_session(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C2")
    she = place.exec_member
    assert await send(place.chair, "changeCircle", caseId=case_id, add=[she.member], remove=[]) is None
    await system.settle()
    about = {"sessionId": await opened(system, place, case_id)}
    await done(system, she, "speak", case_id, text="我在", **about)
    assert await send(place.chair, "changeCircle", caseId=case_id, add=[], remove=[she.member]) is None
    await system.settle()
    await done(system, place.chair, "speak", case_id, text="移出之后的话", **about)
    assert await seen(she, case_id) is None
    for command, words in (
        ("speak", {"text": "x"}),
        ("castVote", {"vote": "FOR"}),
        ("answerInvitation", {"answer": "ACCEPT"}),
    ):
        assert (await do(she, command, case_id, **words, **about)).code == "CASE_NOT_FOUND"


async def test_a_department_sends_one_of_its_own(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    water = f"n_dept-water-{place.county}"
    signed = package(system, case_id, water)
    await done(system, place.chair, "invite", case_id, kind="DEPARTMENT", department=water, package=signed, **about)
    for other in (place.neighbour, place.heating_liaison):
        sent = {"answer": "SUBSTITUTE", "substitute": other.member}
        assert (await do(place.liaison, "answerInvitation", case_id, **sent, **about)).code == "MALFORMED"
        assert await seen(other, case_id) is None
    own = {"answer": "SUBSTITUTE", "substitute": place.second_liaison.member}
    await done(system, place.liaison, "answerInvitation", case_id, **own, **about)
    await done(system, place.second_liaison, "speak", case_id, text="我来了", **about)


async def test_who_withdrew_comes_to_no_session_of_the_matter(system: Harness, place: Place) -> None:
    """Neither to one where she sits already, nor in somebody's place, nor does she read what her department may."""
    case_id = await accepted(system, place)
    first = {"sessionId": await opened(system, place, case_id)}
    she = place.liaison
    water = f"n_dept-water-{place.county}"
    department = {"kind": "DEPARTMENT", "department": water, "package": package(system, case_id, water)}
    await done(system, place.chair, "invite", case_id, **department, **first)
    await acts(system, place.chair, case_id)
    await moved(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await moved(system, place.township_chair, "receive", case_id)
    second = {"sessionId": await opened(system, place, case_id, place.township_chair)}
    await done(system, place.township_chair, "invite", case_id, member=she.member, kind="MEMBER", **second)
    await done(system, place.township_chair, "invite", case_id, **department, **second)
    await done(system, she, "castVote", case_id, vote="FOR", **second)
    assert await votes(place, case_id) == 1
    await done(system, she, "recuse", case_id, reason="是当事人的亲属", **first)
    for command, words in (
        ("speak", {"text": "x"}),
        ("castVote", {"vote": "FOR"}),
        ("answerInvitation", {"answer": "ACCEPT"}),
    ):
        assert (await do(she, command, case_id, **words, **second)).code == "RECUSED", command
    sent = {"answer": "SUBSTITUTE", "substitute": she.member}
    assert (await do(place.second_liaison, "answerInvitation", case_id, **sent, **first)).code in {
        "RECUSED",
        "INVITED_BEFORE",
    }
    await done(system, place.township_chair, "speak", case_id, text="不给她听的话", **second)
    read = {each["text"] for session in (await seen(she, case_id) or {})["sessions"] for each in session["words"]}
    assert read <= {"是当事人的亲属"}
    assert await votes(place, case_id) == 0, "what she said there before does not count either"


async def votes(place: Place, case_id: str) -> int:
    """How many are counted in the latest session, as the township sees it."""
    return int((await seen(place.township_chair, case_id) or {})["sessions"][-1]["votes"])


async def test_who_was_invited_is_told_that_the_rest_is_not_hers(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    about = {"sessionId": await opened(system, place, case_id)}
    guest = place.sibling_chair
    mistyped = {"sessionId": "s_01ARZ3NDEKTSV4RRFFQ69G5FAV"}
    asked: list[tuple[str, dict[str, Any]]] = [("openSession", {}), ("speak", {"text": "x", **mistyped})]
    for command, words in asked:
        assert (await do(guest, command, case_id, **words)).code == "CASE_NOT_FOUND"
    await done(system, place.chair, "invite", case_id, member=guest.member, kind="HELPER", **about)
    for command, words in asked:
        assert (await do(guest, command, case_id, **words)).code == "NOT_PERMITTED", command
    await done(system, guest, "speak", case_id, text="我来帮忙", **about)


async def test_who_leaves_the_circle_leaves_her_items(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, "C2")
    she = place.exec_member
    assert await send(place.chair, "changeCircle", caseId=case_id, add=[she.member], remove=[]) is None
    await system.settle()
    task = {"text": "陪同就医", "member": she.member}
    about = {"itemId": (await done(system, place.chair, "assignItem", case_id, task=task))["items"][-1]["itemId"]}
    await done(system, she, "acceptItem", case_id, **about)
    assert await send(place.chair, "changeCircle", caseId=case_id, add=[], remove=[she.member]) is None
    await system.settle()
    assert await seen(she, case_id) is None
    assert (await do(she, "finishItem", case_id, evidence="好了", **about)).code == "CASE_NOT_FOUND"
    task = {"itemId": about["itemId"], "member": place.chair.member}
    assert (await do(place.chair, "reassignItem", case_id, **task)).code is None


async def test_a_task_that_lapsed_is_nobodys_until_it_is_given_again(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    she, due = place.volunteer, system.in_(days=2).isoformat()
    task = {"text": "清理", "member": she.member, "dueAt": due}
    about = {"itemId": (await done(system, place.chair, "assignItem", case_id, task=task))["items"][-1]["itemId"]}
    await system.advance(days=8)
    await system.run_timers()
    await system.settle()
    assert await seen(she, case_id) is None
    for command, words in (("acceptItem", {}), ("finishItem", {"evidence": "好了"})):
        assert (await do(she, command, case_id, **words, **about)).code == "CASE_NOT_FOUND"
    assert (await do(place.chair, "reassignItem", case_id, member=she.member, **about)).code is None
    await system.settle()
    await done(system, she, "acceptItem", case_id, **about)
