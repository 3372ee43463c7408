"""Who is in office where, and what an import makes of it."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.callers import Caller, Grant, Target
from services.contracts.commands.intake import RegionLine
from services.contracts.events.intake import NodeChanged
from services.contracts.organisation import Membership, Node, NodeKind, Role, in_office, may_hold
from services.contracts.permissions import acting_grant
from services.contracts.queries import LineFate
from services.contracts.refusals import Refused
from services.contracts.regions import RegionSource
from services.intake.rules.roster import MAX_MEMBERS, KeptRegion, with_members, with_regions
from tests.harness import START

VILLAGE = "210302003008"
BEFORE, AFTER = START - timedelta(days=9), START + timedelta(days=9)


def held(member: str, role: Role = Role.CHAIR, **more: object) -> Membership:
    return Membership.model_validate({"member": member, "role": role, "since": BEFORE, **more})


def federation(*members: Membership) -> Node:
    return Node(id=f"n_fed-{VILLAGE}", kind=NodeKind.FEDERATION, region=VILLAGE, name="福康社区妇联", members=members)


# --- deputies, vacancies, several roles ----------------------------------------------------------------------------


def test_bearers_come_before_those_who_stand_in_for_them() -> None:
    node = federation(held("m_deputy", deputy_for="m_chair"), held("m_chair"), held("m_second"))
    assert node.holding(Role.CHAIR, START) == ("m_chair", "m_second", "m_deputy")
    away = federation(held("m_deputy", deputy_for="m_chair"), held("m_chair", until=START))
    assert away.holding(Role.CHAIR, START) == ("m_deputy",), "her term is over, her deputy's is not"
    both = federation(held("m_chair", deputy_for="m_second"), held("m_chair"), held("m_second"))
    assert both.holding(Role.CHAIR, START) == ("m_chair", "m_second"), "each once"


def test_a_deputy_has_a_term_of_her_own() -> None:
    node = federation(held("m_deputy", since=START, until=AFTER, deputy_for="m_chair"))
    moments = (BEFORE, START, AFTER - timedelta(seconds=1), AFTER)
    assert [in_office(node, at) for at in moments] == [(), ("m_deputy",), ("m_deputy",), ()]


def test_in_office_are_chairs_officers_and_rights_officers_and_nobody_else() -> None:
    everyone = federation(*(held(f"m_{role.value.lower().replace('_', '-')}", role) for role in Role))
    assert in_office(everyone, START) == ("m_chair", "m_officer", "m_rights-officer")
    assert in_office(federation(held("m_someone", Role.EXEC_MEMBER)), START) == ()
    assert in_office(federation(held("m_leaver", until=START)), START) == ()
    assert in_office(federation(held("m_comes", since=AFTER)), START) == ()
    twice = federation(held("m_first", Role.OFFICER), held("m_first"), held("m_second", Role.OFFICER))
    assert in_office(twice, START) == ("m_first", "m_second")


def test_of_several_roles_the_nearest_acts() -> None:
    county = Grant(role=Role.OFFICER, node="n_fed-210302", region="210302")
    township = Grant(role=Role.OFFICER, node="n_fed-210302003", region="210302003")
    village = Grant(role=Role.CHAIR, node=f"n_fed-{VILLAGE}", region=VILLAGE)
    group = Grant(role=Role.GROUP_OWNER, node="n_group-1", region=VILLAGE)
    here = Target(region=VILLAGE, group="n_group-1", holder=f"n_fed-{VILLAGE}")
    everything = Caller(member="m_many", grants=(county, township, village, group))
    assert acting_grant(everything, "CloseMatter", here) == village, "an owner does not close"
    assert acting_grant(everything, "Delegate", here) == village
    at_county = Target(region=VILLAGE, group="n_group-1", holder="n_fed-210302")
    above = Caller(member="m_many", grants=(county, township))
    assert acting_grant(above, "AcceptMatter", at_county) == county, "her township does not hold it"
    elsewhere = Target(region="210302004001", holder="n_fed-210302004001")
    assert acting_grant(everything, "ReportMatter", elsewhere) == county


# --- importing members ---------------------------------------------------------------------------------------------

PEOPLE = [f"m_person-{number}" for number in range(5)]
terms = st.builds(
    lambda member, role, days, deputy: held(
        member, role, since=BEFORE + timedelta(days=days), deputy_for=None if deputy == member else deputy
    ),
    st.sampled_from(PEOPLE),
    st.sampled_from([Role.CHAIR, Role.OFFICER, Role.RESIDENT]),
    st.integers(0, 3),
    st.none() | st.sampled_from(PEOPLE),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(there=st.lists(terms, max_size=8, unique=True), lines=st.lists(terms, max_size=8))
def test_an_import_leaves_what_was_said_and_is_idempotent(there: list[Membership], lines: list[Membership]) -> None:
    before = federation(*there)
    after, fates = with_members(before, lines)
    named = {(line.member, line.role) for line in lines}
    others = [each for each in there if (each.member, each.role) not in named]
    assert [each for each in after.members if (each.member, each.role) not in named] == others, "others stay, in order"
    first: dict[tuple[str, Role], Membership] = {}
    for line, fate in zip(lines, fates, strict=True):
        again = (line.member, line.role) in first
        assert isinstance(fate, Refused) == again, "the second line for a person's role is refused"
        first.setdefault((line.member, line.role), line)
    assert all(line in after.members for line in first.values())
    assert len(after.members) == len(there) + fates.count(LineFate.NEW)
    same, fates = with_members(after, list(first.values()))
    assert same == after
    assert set(fates) <= {LineFate.SAME}


def test_of_several_terms_the_latest_changes() -> None:
    old, newer = held("m_again", since=BEFORE, until=START), held("m_again", since=START)
    ends = held("m_again", since=START, until=AFTER)
    for there in ((old, newer), (newer, old)):
        after, fates = with_members(federation(*there), [ends])
        assert set(after.members) == {old, ends}
        assert fates == [LineFate.CHANGED]


def test_what_is_refused_of_a_line() -> None:
    full = federation(*(held(f"m_{number:05d}", Role.RESIDENT) for number in range(MAX_MEMBERS)))
    lines = [
        held("m_00007", Role.RESIDENT, until=AFTER),
        held("m_more"),
        held("m_00008", Role.RESIDENT, until=BEFORE),
        held("m_00009", Role.RESIDENT, deputy_for="m_00009"),
    ]
    after, fates = with_members(full, lines)
    codes = [fate.code.name if isinstance(fate, Refused) else fate.value for fate in fates]
    assert codes == ["CHANGED", "NODE_FULL", "MALFORMED", "MALFORMED"]
    assert len(after.members) == MAX_MEMBERS


def test_a_group_has_its_own_roles_and_what_stood_there_stands() -> None:
    chair = held("m_chair")
    group = Node(id=f"n_g-{VILLAGE}", kind=NodeKind.GROUP, region=VILLAGE, name="一组", members=(chair,))
    _, fates = with_members(group, [chair, held("m_other"), held("m_owner", Role.GROUP_OWNER)])
    assert [fate.code.name if isinstance(fate, Refused) else fate for fate in fates] == [
        LineFate.SAME,
        "MALFORMED",
        LineFate.NEW,
    ]
    assert may_hold(NodeKind.DEPARTMENT, Role.COUNSELLOR)
    assert not may_hold(NodeKind.FEDERATION, Role.LIAISON)


def test_a_full_node_fits_a_record() -> None:
    """The longest that a thousand memberships can be."""
    from services.chassis.wire import value_of

    moment = START.replace(microsecond=123_456)
    longest = max(Role, key=lambda role: len(role.value))
    members = [
        held(f"m_{number:040d}", longest, since=moment, until=moment + timedelta(days=1), deputy_for=f"m_{'x' * 40}")
        for number in range(MAX_MEMBERS)
    ]
    node = Node(
        id=f"n_{'x' * 60}",
        kind=NodeKind.DEPARTMENT,
        region=VILLAGE,
        name="名" * 80,
        name_en="n" * 120,
        members=tuple(members),
    )
    value_of(NodeChanged(at=moment, node=node, node_version=2**31 - 1))


# --- importing regions ---------------------------------------------------------------------------------------------


def kept(*codes: str, source: RegionSource = RegionSource.STATISTICAL_2023) -> dict[str, KeptRegion]:
    return {code: KeptRegion(code=code, name=f"区划{code}", source=source) for code in codes}


def test_later_regions_see_earlier_ones_and_what_has_its_name_stays() -> None:
    known = kept("21", "2103") | kept("210302", source=RegionSource.OPERATOR)
    lines = [
        RegionLine(code="2103", name="区划2103"),
        RegionLine(code="210302", name="区划210302"),
        RegionLine(code="210302003", name="街道"),
        RegionLine(code="210302003008", name="社区"),
        RegionLine(code="210302003008", name="新社区"),
        RegionLine(code="210303001", name="孤街道"),
        RegionLine(code="2103", name="新市"),
    ]
    outcomes = with_regions("21", lines, RegionSource.STATISTICAL_2023, known)
    assert outcomes[0] is known["2103"]
    assert outcomes[1] is known["210302"], "its source stays too"
    names = [each.name if isinstance(each, KeptRegion) else each.code.name for each in outcomes[2:]]
    assert names == ["街道", "社区", "新社区", "UNKNOWN_REGION", "新市"]
    versions = [each.version for each in outcomes if isinstance(each, KeptRegion)]
    assert versions == [1, 1, 1, 1, 2, 2]
    [other] = with_regions("2101", [RegionLine(code="2103", name="市")], RegionSource.OPERATOR, known)
    assert isinstance(other, Refused)
    assert other.code.name == "REGION_OF_ANOTHER_CELL"
