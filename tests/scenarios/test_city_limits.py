"""A city's own file of limits (domain 3.3, Appendix A) is what its clocks go by, those of duties and of work orders too; whatever runs when it
is changed keeps the limit that it began with. Through the front door, on both systems."""

from datetime import datetime, timedelta

from tests.harness import Harness, Person, Place
from tests.orders import department, issue, order
from tests.orders import matter as informed
from tests.scenarios.conftest import Restart
from tests.scenarios.test_clocks import due, morning

HAZARD = {"subCategory": "SAFETY_HAZARD", "urgency": "ORANGE"}
SIGNED = "{ __typename ... on Refusal { code } }"


async def hazard(system: Harness, place: Place) -> str:
    """Accepted now; the township and the county know of it."""
    return await informed(system, place, "C0", **HAZARD)


async def on_site(person: Person, order_id: str) -> timedelta:
    """How long the department has until it must have been there."""
    [clock] = [each for each in ((await order(person, order_id)) or {})["clocks"] if each["stage"] == "FIRST_REPORT"]
    return datetime.fromisoformat(clock["dueAt"]) - datetime.fromisoformat(clock["startedAt"])


async def test_a_department_is_on_site_when_the_citys_file_says(
    system: Harness, place: Place, restart: Restart
) -> None:
    restart("overrides: {SAFETY_HAZARD: {on_site: 6h}, UTILITIES: {answer: 8h}}")
    elsewhere = await system.new_place()
    for where, kind, hours in (
        (place, HAZARD, 6),
        (place, {**HAZARD, "urgency": "RED"}, 2),
        (place, {**HAZARD, "subCategory": "UTILITIES"}, 8),
        (place, {**HAZARD, "subCategory": "ENVIRONMENT"}, 24),
        (elsewhere, HAZARD, 24),
    ):
        case_id = await informed(system, where, "C0", **kind)
        issued = await issue(system, where.county_officer, case_id, department(where))
        assert await on_site(where.liaison, issued["orderId"]) == timedelta(hours=hours), (kind, where.city)
    await system.no_dead_letters()


async def test_who_is_not_on_site_by_then_is_urged(system: Harness, place: Place, restart: Restart) -> None:
    restart("overrides: {SAFETY_HAZARD: {on_site: 6h}}")
    await morning(system)
    issued = await issue(system, place.county_officer, await hazard(system, place), department(place))
    assert (await place.liaison.do("signOrder", orderId=issued["orderId"], returns=SIGNED)).code is None
    await system.advance(hours=5, minutes=59)
    before = (await place.liaison.inbox()).count("ORDER_OVERDUE")
    await system.advance(minutes=2)
    assert (await place.liaison.inbox()).count("ORDER_OVERDUE") - before == 1
    await system.no_dead_letters()


async def test_a_changed_file_is_for_what_begins_after_it(system: Harness, place: Place, restart: Restart) -> None:
    """Also when the matter, or the order, moves on in between. An order fulfils the duty: those that wait for a barrier have none."""

    async def begun() -> tuple[str, str]:
        """A matter that waits, and the order of another one."""
        issued = await issue(system, place.county_officer, await hazard(system, place), department(place))
        return await hazard(system, place), str(issued["orderId"])

    start = await morning(system)
    restart("overrides: {SAFETY_HAZARD: {barrier: 1h, on_site: 6h}}")
    old, old_order = await begun()
    restart("overrides: {SAFETY_HAZARD: {barrier: 3h, on_site: 12h}}")
    new, new_order = await begun()
    assert (await place.liaison.do("signOrder", orderId=old_order, returns=SIGNED)).code is None
    assert (await place.chair.do("recordAction", caseId=old, action="CALL", reached=False)).code is None
    await system.settle()
    for case_id, order_id, barrier, there in ((old, old_order, 1, 6), (new, new_order, 3, 12)):
        assert (await due(place.chair, case_id))["BARRIER"] == start + timedelta(hours=barrier)
        assert await on_site(place.liaison, order_id) == timedelta(hours=there)

    for hours, overdue in ((1, [True, False]), (2, [True, True])):
        await system.advance(hours=hours, minutes=1)
        told = [(await place.chair.case(each) or {})["timeline"] for each in (old, new)]
        assert ["ClockOverdue" in [fact["kind"] for fact in facts] for facts in told] == overdue
    await system.no_dead_letters()
