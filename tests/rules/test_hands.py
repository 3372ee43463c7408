"""Never a matter that nobody can act on (I2): for any roster, any parties, any circle, and whatever was so before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.cases import CaseClass, Urgency
from services.contracts.events.escalation import VacancyFilled, VacancySurfaced
from services.contracts.hands import Hands, hands, offices_at
from services.contracts.organisation import Membership, Node, NodeKind, Role, federation_of, in_office
from services.contracts.regions import Level, at_level, level_of
from services.contracts.states import AccessState, EntryState, LevelEntry
from services.escalation.rules.custody import Custody
from services.escalation.rules.vacancy import ladder_of, look

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
VILLAGE = "211501001001"
CASE_ID = "2115-01M82YNFM03KBVXVT8R5G8C2T4"
MEMBERS = st.sampled_from([f"m_person-{n}" for n in range(8)])
SOME = st.lists(MEMBERS, max_size=4, unique=True).map(tuple)
CLASSES = st.sampled_from([CaseClass.C1, CaseClass.C2, CaseClass.C3])
Roster = dict[str, Node]


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    """Who is in office on a ladder; few are, so that levels are empty."""
    found = {}
    for node_id in ladder_of(VILLAGE):
        region = node_id.rpartition("-")[2]
        roles = [Role.RIGHTS_OFFICER] if node_id.startswith("n_rights") else [Role.CHAIR, Role.OFFICER]
        lines = draw(st.lists(st.tuples(MEMBERS, st.sampled_from(roles)), max_size=2))
        members = tuple(Membership(member=who, role=role, since=NOW - timedelta(days=1)) for who, role in lines)
        found[node_id] = Node(id=node_id, kind=NodeKind.FEDERATION, region=region, name="妇联", members=members)
    return found


@st.composite
def accesses(draw: st.DrawFn, case_class: CaseClass) -> AccessState:
    """Parties, and whom somebody took out, are never in the circle."""
    barred, dismissed = draw(SOME), draw(SOME)
    circle = tuple(each for each in draw(SOME) if each not in {*barred, *dismissed})
    return AccessState(
        case_id=CASE_ID, version=1, case_class=case_class, circle=circle, barred=barred, dismissed=dismissed
    )


def held(case_class: CaseClass, level: Level) -> Custody:
    region = at_level(VILLAGE, Level.COUNTY) if case_class is CaseClass.C3 else VILLAGE
    holder = offices_at(case_class, region, level)[0]
    entry = LevelEntry(level=level, node=holder, state=EntryState.RECEIVED)
    return Custody(
        case_id=CASE_ID,
        version=1,
        region=region,
        holder=holder,
        level=level,
        entries=(entry,),
        case_class=case_class,
        urgency=Urgency.YELLOW,
    )


def able(custody: Custody, level: Level, roster: Roster, access: AccessState) -> Hands:
    return hands([roster[node] for node in offices_at(custody.case_class, custody.region, level)], access, NOW)


@given(st.data(), CLASSES, st.sampled_from([Level.VILLAGE, Level.TOWNSHIP, Level.COUNTY]))
def test_it_is_with_the_nearest_who_may_act(data: st.DataObject, case_class: CaseClass, level: Level) -> None:
    custody = held(case_class, Level.COUNTY if case_class is CaseClass.C3 else level)
    for _ in range(3):
        before, roster, access = custody, data.draw(rosters()), data.draw(accesses(case_class))
        custody, events = look(before, roster, access, NOW)
        assert look(custody, roster, access, NOW) == (custody, ()), "told once"
        assert custody.holder == before.holder, "responsibility does not wander"
        above = [each for each in Level if each.width < custody.level.width]
        nearest = next((each for each in above if able(custody, each, roster, access)), None)
        there = able(custody, custody.level, roster, access)
        assert custody.is_vacant == (not there)
        assert custody.surfaced == (custody.node_at(nearest) if nearest and not there else None)
        if custody.surfaced is not None and nearest is not None:
            assert custody.knows(nearest), "it is a row to whoever looks after it"
            assert (custody.left_to_officers is not None) == (not able(custody, nearest, roster, access).heads)
            changed = (before.surfaced, before.headless, before.vacant) != (
                custody.surfaced,
                custody.headless,
                custody.vacant,
            )
            assert any(isinstance(event, VacancySurfaced) for event in events) == changed
        assert any(isinstance(event, VacancyFilled) for event in events) == (before.is_vacant and bool(there))


@given(st.data(), CLASSES)
def test_no_party_and_nobody_who_was_taken_out_is_a_hand(data: st.DataObject, case_class: CaseClass) -> None:
    roster, access = data.draw(rosters()), data.draw(accesses(case_class))
    for node in roster.values():
        found = hands([node], access, NOW)
        acting = {*found.heads, *found.officers}
        assert acting <= set(in_office(node, NOW)) - set(access.barred)
        if case_class.private:
            assert not acting & set(access.dismissed)
        sealed_below = case_class is CaseClass.C3 and level_of(node.region).width >= Level.COUNTY.width
        if sealed_below and node.id == federation_of(node.region):
            assert set(found.officers) <= set(access.circle), "of what is sealed its officers know by name alone"
