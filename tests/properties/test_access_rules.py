"""Who may see and do what, against rules written down a second time: I6 and the scopes of domain 1.3 and 1.4."""

import asyncio
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from gateway.projector import PROJECTOR
from gateway.readmodel.access import fully, visible, who_asks
from gateway.readmodel.tables import METADATA
from services.contracts.allowed import allowed_commands
from services.contracts.callers import Caller, Grant, Target
from services.contracts.cases import CaseClass, Relation, Stage, SubCategory, Urgency
from services.contracts.fitting import fitting
from services.contracts.organisation import Node, NodeKind, Role
from services.contracts.permission_table import TABLE
from services.contracts.permissions import acting_grant, may_as_herself, may_see_at_all, sees_it
from services.contracts.regions import Level
from services.contracts.states import CustodyState
from services.intake.rules.case import Case
from services.intake.rules.reading import may_read_feedback, tiers
from services.intake.rules.secrecy import name_party
from tests.properties.playing import START
from tests.properties.tables import a_room

VILLAGE, SIBLING, OTHER_CITY = "210103001001", "210103001002", "210203001001"
REGIONS = sorted({code[:width] for code in (VILLAGE, SIBLING, OTHER_CITY) for width in (2, 4, 6, 9, 12)})
GROUPS = ("n_g-one", "n_g-two", "n_g-three")
HOME = {"n_g-one": VILLAGE, "n_g-two": VILLAGE, "n_g-three": SIBLING}
MEMBERS = ("m_one-", "m_two-", "m_three-")
IN_A_GROUP = {Role.RESIDENT, Role.REPRESENTATIVE, Role.UNIT_LEADER, Role.GROUP_OWNER, Role.VOLUNTEER}
COMMANDS = sorted({line.command for line in TABLE})
OWN_ONLY = {"MarkRead"}
"""Touches nothing but the caller's own inbox."""


@st.composite
def grants(draw: st.DrawFn) -> Grant:
    """A role where it can be held."""
    role = draw(st.sampled_from(Role))
    if role in IN_A_GROUP:
        group = draw(st.sampled_from(GROUPS))
        return Grant(role=role, node=group, region=HOME[group])
    region = draw(st.sampled_from(REGIONS))
    return Grant(role=role, node=f"n_fed-{region}", region=region)


members = st.sampled_from(MEMBERS)
some = st.lists(members, max_size=2, unique=True).map(tuple)
callers = st.builds(Caller, member=members, grants=st.lists(grants(), max_size=3).map(tuple))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A matter of the village in any class and state, with anybody in any relation to it."""
    return Case(
        case_id="2101-00000000000000000000000001",
        version=3,
        number="21-2101-20261123-000001",
        region=VILLAGE,
        village=VILLAGE,
        group=draw(st.sampled_from(GROUPS[:2])),
        case_class=draw(st.sampled_from(CaseClass)),
        category=SubCategory.OTHER.default.category,
        sub=SubCategory.OTHER,
        urgency=draw(st.sampled_from(Urgency)),
        relation=draw(st.sampled_from(Relation)),
        reporters=draw(some),
        circle=draw(some),
        barred=draw(some),
        stage=draw(st.sampled_from([Stage.SUBMITTED, Stage.ACCEPTED, Stage.FEEDBACK_GIVEN])),
        submitted_at=START,
    )


holders = st.sampled_from([f"n_fed-{region}" for region in REGIONS])


def target_of(case: Case, holder: str) -> Target:
    """The matter as the services look it up."""
    return Target(
        region=case.village,
        group=case.group,
        holder=holder,
        case_class=case.case_class,
        reporters=case.reporters,
        circle=case.circle,
        barred=case.barred,
    )


@settings(max_examples=300, deadline=None, derandomize=True)
@given(caller=callers, case=cases(), holder=holders)
def test_nobody_beyond_her_scope(caller: Caller, case: Case, holder: str) -> None:
    """I6: a party, whatever her roles, has nothing. Others: downward only, never a sibling; of private matters the circle alone."""
    target = target_of(case, holder)
    custody = CustodyState(case_id=case.case_id, version=1, region=VILLAGE, holder=holder, level=Level.VILLAGE)
    group = Node(id=case.group, kind=NodeKind.GROUP, region=VILLAGE, name="", delegated_to_owner=True)
    allowed = allowed_commands(caller, case, custody, None, case.access(), VILLAGE, group, "07e4a0" * 4)
    assert set(allowed) <= set(fitting(case, custody))
    party = caller.member in case.barred
    reporter, in_circle = caller.member in case.reporters, caller.member in case.circle
    if party:
        assert not may_see_at_all(caller, target)
        assert not allowed
        assert not tiers(case, caller)
        assert not may_read_feedback(case, caller)
    for command in COMMANDS:
        grant = acting_grant(caller, command, target)
        herself = may_as_herself(caller, command, target)
        if party:
            assert grant is None
            assert not herself or command in OWN_ONLY
        if herself and command not in OWN_ONLY:
            assert reporter
        if grant is not None:
            assert grant in caller.grants
            assert VILLAGE.startswith(grant.region)
            assert grant.role not in IN_A_GROUP or grant.node == case.group
            assert in_circle or not case.case_class.private
    if case.case_class.private and not (reporter or in_circle):
        assert not tiers(case, caller)
        assert not allowed
    if not reporter and not in_circle and not any(VILLAGE.startswith(grant.region) for grant in caller.grants):
        assert not tiers(case, caller)
        assert not allowed


@settings(max_examples=200, deadline=None, derandomize=True)
@given(caller=callers, case=cases(), holder=holders)
def test_who_is_named_a_party_has_nothing_from_then_on(caller: Caller, case: Case, holder: str) -> None:
    without = {
        name: tuple(each for each in getattr(case, name) if each != caller.member) for name in ("reporters", "barred")
    }
    before = case.model_copy(update=without)
    named, _ = name_party(before, caller.member, None, "m_speaker", None, START)
    target = target_of(named, holder)
    assert caller.member not in named.circle
    assert not may_see_at_all(caller, target)
    assert not tiers(named, caller)
    for command in COMMANDS:
        assert acting_grant(caller, command, target) is None
        assert command in OWN_ONLY or not may_as_herself(caller, command, target)


def test_more_grants_never_allow_less() -> None:
    """The table is monotone: what one grant allows, it allows beside any other."""
    alone = [
        Grant(role=role, node=node, region=region)
        for role in Role
        for node, region in (("n_g-one", VILLAGE), (f"n_fed-{VILLAGE}", VILLAGE), ("n_fed-2101", "2101"))
    ]
    target = Target(region=VILLAGE, group="n_g-one", holder=f"n_fed-{VILLAGE}")
    for command, one, two in product(COMMANDS, alone, alone):
        if acting_grant(Caller(member="m_one-", grants=(one,)), command, target):
            assert acting_grant(Caller(member="m_one-", grants=(two, one)), command, target)


class Line(NamedTuple):
    """A row of the read model, as the test wants it."""

    case_id: str
    region: str
    case_class: CaseClass
    known: bool
    """Whether intake's part has arrived."""
    seen_from: int
    group: str | None
    relations: tuple[tuple[str, str], ...]


@st.composite
def tables(draw: st.DrawFn) -> list[Line]:
    """Some rows, in any state of arrival."""
    lines = []
    for number in range(draw(st.integers(1, 12))):
        case_class = draw(st.sampled_from(CaseClass))
        region = draw(st.sampled_from([VILLAGE, SIBLING, OTHER_CITY]))
        sealed = case_class is CaseClass.C3
        relations = draw(
            st.lists(
                st.tuples(members, st.sampled_from(["REPORTER", "CIRCLE", "BARRED", "BYSTANDER"])),
                max_size=3,
                unique=True,
            )
        )
        lines.append(
            Line(
                f"2101-{number:026d}",
                region[:6] if sealed else region,
                case_class,
                draw(st.booleans()) or number > 0,
                draw(st.sampled_from([12, 9, 6, 4, 2])),
                None if sealed else draw(st.none() | st.sampled_from(GROUPS)),
                tuple(relations),
            )
        )
    return lines


def target_in(line: Line) -> Target:
    """The same matter as the service looks it up."""
    related = {
        name: tuple(member for member, relation in line.relations if relation == name)
        for name in ("REPORTER", "CIRCLE", "BARRED")
    }
    return Target(
        region=line.region,
        group=line.group,
        seen_from=line.seen_from,
        case_class=line.case_class,
        reporters=related["REPORTER"],
        circle=related["CIRCLE"],
        barred=related["BARRED"],
    )


def may_know_in_full(caller: Caller, line: Line) -> bool:
    """V1 in plain words: a private matter of somebody else that she reported, and has nothing else to do with, she knows less of."""
    relations = {relation for member, relation in line.relations if member == caller.member}
    if not may_know(caller, line):
        return False
    if "CIRCLE" in relations or any(_by(grant, line) for grant in caller.grants):
        return True
    return "BYSTANDER" not in relations or line.case_class is CaseClass.C0


def may_know(caller: Caller, line: Line) -> bool:
    """Domain 1.4 in plain words, for one row."""
    relations = {relation for member, relation in line.relations if member == caller.member}
    if not line.known or "BARRED" in relations:
        return False
    return bool(relations - {"BYSTANDER"}) or any(_by(grant, line) for grant in caller.grants)


def _by(grant: Grant, line: Line) -> bool:
    in_group = grant.node == line.group
    over_it = line.region[: len(grant.region)] == grant.region
    reaches = over_it and line.seen_from <= len(grant.region)
    match line.case_class:
        case CaseClass.C0:
            neighbours = {Role.RESIDENT, Role.REPRESENTATIVE, Role.VOLUNTEER, Role.GROUP_OWNER, Role.UNIT_LEADER}
            by_office = {Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER, Role.INSPECTOR}
            council = {Role.COUNCIL_MEMBER, Role.EXEC_MEMBER}
            return (in_group and grant.role in neighbours) or (reaches and grant.role in by_office | council)
        case CaseClass.C1:
            council = {Role.COUNCIL_MEMBER, Role.EXEC_MEMBER}
            by_office = {Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER, Role.INSPECTOR}
            workers = {Role.GROUP_OWNER, Role.UNIT_LEADER}
            return (in_group and grant.role in workers) or (reaches and grant.role in by_office | council)
        case CaseClass.C2:
            return reaches and grant.role in {Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER, Role.INSPECTOR}
        case CaseClass.C3:
            at_county_or_above = len(grant.region) <= 6
            return reaches and at_county_or_above and grant.role in {Role.CHAIR, Role.RIGHTS_OFFICER}


@settings(max_examples=20, deadline=None, derandomize=True)
@given(lines=tables(), asking=st.lists(callers, min_size=1, max_size=8))
def test_the_filter_says_what_the_rules_say(lines: list[Line], asking: list[Caller]) -> None:
    """`visible()` on real rows, caller by caller."""
    found = asyncio.run(_visible_to(lines, asking))
    for caller, (rows, full) in zip(asking, found, strict=True):
        assert rows == {line.case_id for line in lines if may_know(caller, line)}
        assert full == {line.case_id for line in lines if may_know_in_full(caller, line)}
        for line in lines:
            shown, told = may_know(caller, line), sees_it(caller, "RateMatter", target_in(line))
            assert shown or not told or not line.known, "what she may not see she is told nothing of"
            assert told or not shown or line.case_class.private


async def _visible_to(lines: Sequence[Line], asking: Sequence[Caller]) -> list[tuple[set[str], set[str]]]:
    view = METADATA.tables["case_view"]
    async with a_room(PROJECTOR) as room:
        async with room.database.write() as connection:
            views = []
            for line in lines:
                values = {column.name: "" for column in view.columns} | dict.fromkeys(
                    (
                        "case_version",
                        "docket_version",
                        "custody_version",
                        "summary_version",
                        "summary_wanted",
                    ),
                    0,
                )
                values |= dict.fromkeys(("case_sealed", "custody_sealed", "left"), False)
                values |= {"case_id": line.case_id, "region": line.region, "case_class": line.case_class.value}
                values |= {"case_state": "{}" if line.known else "", "seen_from": line.seen_from}
                views.append(values)
                group = {"case_id": line.case_id, "group_node": line.group or "", "access_state": "{}", "version": 1}
                await connection.execute(insert(METADATA.tables["case_group"]).values(**group))
                for member, relation in line.relations:
                    related = {"case_id": line.case_id, "member": member, "relation": relation}
                    await connection.execute(insert(METADATA.tables["case_member"]).values(**related))
            await connection.execute(insert(view), views)
        async with room.database.read() as connection:
            found = []
            for caller in asking:
                rows = (
                    await connection.execute(select(view.c.case_id).where(visible(caller)), who_asks(caller))
                ).scalars()
                full = (
                    await connection.execute(select(view.c.case_id).where(fully(caller)), who_asks(caller))
                ).scalars()
                found.append((set(rows), set(full)))
            return found
