"""Never a matter that nobody can act on (I1, I2, domain 1.2): it surfaces level by level until somebody may, who is told and may take it, or
the answer that is owed. Through the front door, on both systems."""

from services.contracts.commands.matters import MAX_CIRCLE
from tests.harness import Harness, Place
from tests.scenarios.test_handovers import C2, C3, reads
from tests.scenarios.test_ladder import done, up
from tests.scenarios.test_parties import reported


async def accepted(system: Harness, place: Place, sub: str) -> str:
    case_id = await reported(system, place, sub)
    await done(system, place.rights_officer if sub == C3 else place.chair, "acceptMatter", case_id)
    return case_id


async def test_a_circle_filled_by_hand_has_room_for_the_levels(system: Harness, place: Place) -> None:
    case_id = await accepted(system, place, C2)
    full = [f"m_pro-{number}" for number in range(MAX_CIRCLE - 1)]
    await done(system, place.chair, "changeCircle", case_id, add=full)
    assert (await place.chair.do("changeCircle", caseId=case_id, add=["m_pro-more"])).code == "CIRCLE_FULL"
    await up(system, place.chair, place.township_officer, case_id)
    assert "NEW_MATTER" in await place.township_chair.inbox()
    assert await reads(place.township_chair, case_id)
    await done(system, place.township_chair, "changeCircle", case_id, remove=full[:1])
    more = await place.township_chair.do("changeCircle", caseId=case_id, add=["m_pro-more"])
    assert more.code == "CIRCLE_FULL", "whom somebody names finds it full"
    await system.no_dead_letters()
