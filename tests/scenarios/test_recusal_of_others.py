"""Who has others withdraw from a session, and what front ends are told of it (domain 2.2)."""

from services.contracts.organisation import Role, council_of
from tests.harness import Harness, Place
from tests.scenarios.councils import accepted, do, done, opened, seen


async def test_a_level_that_only_knows_of_a_matter_silences_no_council(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await done(system, place.chair, "informUp", case_id, to="COUNTY")
    session_id = await opened(system, place, case_id)
    before = await seen(place.chair, case_id)
    assert before is not None
    for who in (place.county_officer, place.county_chair):
        above = await seen(who, case_id)
        assert above is not None
        assert "Recuse" not in above["sessions"][0]["allowedCommands"]
        for member in (place.council_member.member, place.chair.member):
            refused = await do(who, "recuse", case_id, sessionId=session_id, member=member, reason="亲属")
            assert refused.code == "NOT_PERMITTED", refused
    after = await seen(place.chair, case_id)
    assert after is not None
    assert after["sessions"] == before["sessions"]


async def test_the_convenor_has_a_member_withdraw_and_a_member_withdraws_herself(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    for who in (place.chair, place.council_member):
        hers = await seen(who, case_id)
        assert hers is not None
        assert "Recuse" in hers["sessions"][0]["allowedCommands"]
    related = {"sessionId": session_id, "reason": "亲属"}
    await done(system, place.chair, "recuse", case_id, member=place.council_member.member, **related)
    await done(system, place.exec_member, "recuse", case_id, **related)
    refused = await do(place.exec_member, "recuse", case_id, member=place.chair.member, **related)
    assert refused.code == "NOT_PERMITTED", "she convenes none"
    hers = await seen(place.chair, case_id)
    assert hers is not None
    assert hers["sessions"][0]["recused"] == 2


async def test_nobody_sits_yet_in_a_session_that_is_proposed(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    await done(system, place.chair, "putToCouncil", case_id)
    for who in (place.chair, place.council_member):
        hers = await seen(who, case_id)
        assert hers is not None
        assert all("Recuse" not in session["allowedCommands"] for session in hers["sessions"])


async def test_who_was_made_to_withdraw_is_told_and_may_come_back(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    who = place.council_member
    related = {"sessionId": session_id, "member": who.member, "reason": "亲属"}
    mistaken = {"sessionId": session_id, "member": who.member, "reason": "同名，并非亲属"}
    assert (await do(place.chair, "liftRecusal", case_id, **mistaken)).code == "NOT_FOUND", "nobody withdrew"
    await done(system, who, "castVote", case_id, sessionId=session_id, vote="AGAINST")
    await done(system, place.chair, "recuse", case_id, **related)
    assert (await who.inbox())[0] == "RECUSED"
    assert "RECUSED_HERSELF" not in await place.chair.inbox(), "she did it herself"
    assert (await do(who, "speak", case_id, sessionId=session_id, text="我不是亲属")).code == "RECUSED"

    for stranger in (who, place.exec_member, place.neighbour, place.sibling_chair, place.county_chair):
        assert (await do(stranger, "liftRecusal", case_id, **mistaken)).code in {"NOT_PERMITTED", "CASE_NOT_FOUND"}
        seen_by = await seen(stranger, case_id)
        assert seen_by is None or "LiftRecusal" not in seen_by["sessions"][0]["allowedCommands"]
    assert (await do(place.chair, "liftRecusal", case_id, **{**mistaken, "reason": " "})).code == "REASON_REQUIRED"
    hers = await seen(place.chair, case_id)
    assert hers is not None
    assert "LiftRecusal" in hers["sessions"][0]["allowedCommands"]
    await done(system, place.chair, "liftRecusal", case_id, **mistaken)
    assert (await who.inbox())[0] == "RECUSAL_LIFTED"
    hers = await seen(place.chair, case_id)
    assert hers is not None
    assert (hers["sessions"][0]["recused"], hers["sessions"][0]["votes"]) == (0, 0), "she votes anew"
    assert "LiftRecusal" not in hers["sessions"][0]["allowedCommands"]
    await done(system, who, "speak", case_id, sessionId=session_id, text="我不是亲属")
    await done(system, who, "castVote", case_id, sessionId=session_id, vote="FOR")


async def test_a_withdrawal_is_lifted_for_the_sessions_to_come_and_never_by_herself(
    system: Harness, place: Place
) -> None:
    """The chair withdrew; the owner of the council's own group, who convenes too, goes on, and lets her come back (议事会群主)."""
    owner = system.person(
        f"m_{place.village}-council-owner", (Role.GROUP_OWNER, council_of(place.village), place.village)
    )
    case_id = await accepted(system, place)
    first = await opened(system, place, case_id)
    await done(system, place.chair, "recuse", case_id, sessionId=first, reason="亲属")
    await done(system, owner, "closeSession", case_id, sessionId=first, reason="NO_QUORUM", minutes="人数不足")
    assert (await do(place.chair, "openSession", case_id)).code == "RECUSED"
    second = await opened(system, place, case_id, owner)
    assert second != first
    mistaken = {"sessionId": second, "member": place.chair.member, "reason": "并非亲属"}
    assert (await do(place.chair, "liftRecusal", case_id, **mistaken)).code == "RECUSED"
    await done(system, owner, "liftRecusal", case_id, **mistaken)
    assert (await place.chair.inbox())[0] == "RECUSAL_LIFTED"
    hers = await seen(place.chair, case_id)
    assert hers is not None
    assert [session["recused"] for session in hers["sessions"]] == [0, 0]
    await done(system, place.chair, "speak", case_id, sessionId=second, text="继续")


async def test_a_council_lifts_what_it_found_itself_and_nothing_else(system: Harness, place: Place) -> None:
    """The village's session goes on while the township, to which the matter went up, holds its own."""
    case_id = await accepted(system, place)
    below = await opened(system, place, case_id)
    act = {"action": "VISIT", "note": "上门看过"}
    await done(system, place.chair, "recordAction", case_id, **act)
    await done(system, place.chair, "passUp", case_id, reason="NEEDS_FUNDS")
    await done(system, place.township_officer, "receive", case_id)
    above = await opened(system, place, case_id, place.township_chair)
    who = place.council_member
    invited = {"sessionId": above, "member": who.member}
    await done(system, place.township_chair, "invite", case_id, **invited)
    await done(system, place.township_chair, "recuse", case_id, **invited, reason="亲属")
    mistaken = {"member": who.member, "reason": "并非亲属"}
    assert (await do(place.chair, "liftRecusal", case_id, sessionId=below, **mistaken)).code == "NOT_FOUND"
    assert (await do(place.chair, "liftRecusal", case_id, sessionId=above, **mistaken)).code == "NOT_PERMITTED"
    hers = await seen(place.chair, case_id)
    assert hers is not None
    assert all("LiftRecusal" not in each["allowedCommands"] for each in hers["sessions"])
    await done(system, place.township_chair, "liftRecusal", case_id, sessionId=above, **mistaken)
    await done(system, who, "castVote", case_id, sessionId=above, vote="FOR")


async def test_during_a_vote_nobody_is_brought_to_the_table(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    first = await opened(system, place, case_id)
    who = place.council_member
    await done(system, place.chair, "recuse", case_id, sessionId=first, member=who.member, reason="亲属")
    await done(system, place.chair, "closeSession", case_id, sessionId=first, reason="NO_QUORUM", minutes="人数不足")
    second = await opened(system, place, case_id)
    await done(system, place.chair, "castVote", case_id, sessionId=second, vote="FOR")
    mistaken = {"sessionId": second, "member": who.member, "reason": "并非亲属"}
    assert (await do(place.chair, "liftRecusal", case_id, **mistaken)).code == "STATE_DOES_NOT_FIT"


async def test_that_somebody_withdrew_is_for_who_leads_the_session(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    await done(system, place.chair, "recuse", case_id, sessionId=session_id, reason="亲属")
    assert "RECUSED_HERSELF" not in await place.chair.inbox(), "she knows"
    assert (await place.exec_member.inbox())[0] == "RECUSED_HERSELF", "the chair does not go on with it any more"


async def test_a_refusal_names_what_is_open_to_whom_a_session_invites(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    hers = await seen(place.chair, case_id)
    assert hers is not None
    refused = await do(place.chair, "openSession", case_id, sessionId=session_id)
    assert refused.code == "STATE_DOES_NOT_FIT"
    assert {"Speak", "CastVote", "CloseSession"} <= set(refused["allowed"]) & set(
        hers["sessions"][0]["allowedCommands"]
    )


async def test_who_came_before_the_matter_was_private_does_not_come_back_to_it(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place)
    session_id = await opened(system, place, case_id)
    expert, about = place.sibling_resident, {"sessionId": session_id, "member": place.sibling_resident.member}
    await done(system, place.chair, "invite", case_id, kind="EXPERT", **about)
    await done(system, place.chair, "recuse", case_id, reason="亲属", **about)
    assert (await place.chair.do("raiseClass", caseId=case_id, to="C2")).code is None
    await system.settle()
    refused = await do(place.chair, "liftRecusal", case_id, reason="并非亲属", **about)
    assert refused.code == "RESTRICTED_SESSION"
    assert "RECUSAL_LIFTED" not in await expert.inbox()
