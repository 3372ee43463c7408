"""Who has others withdraw from a session, and what front ends are told of it (domain 2.2)."""

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
