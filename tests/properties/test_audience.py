"""Who is told: the right people once, a party never, of private matters only whom they concern; and the same people whether a matter's
access was heard before its facts or after."""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.inbox import Inbox
from services.contracts import topics
from services.contracts.cases import CaseClass, Urgency
from services.contracts.events.base import Event
from services.contracts.events.escalation import CustodyEvent, MatterResolved
from services.contracts.events.intake import AccessEvent, CaseEvent, InHandEvent, NodeChanged, UrgencyChanged
from services.contracts.organisation import Membership, Node, NodeKind, Role, federation_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState
from services.contracts.topics import Topic
from services.notify.rules.audience import audience
from services.notify.rules.entries import OF_A_REPORTER, TO_A_BYSTANDER, Kind
from services.notify.service import NOTIFY
from tests.properties.playing import ACCESS, COMMANDS, GROUP, START, VILLAGE, wander
from tests.properties.tables import a_room, batches, interleaved, records_of, rows

MEMBERS = [f"m_person-{number}" for number in range(6)]
FEDERATIONS = [(federation_of(at_level(VILLAGE, level)), at_level(VILLAGE, level)) for level in Level]
NODES = [(GROUP, VILLAGE), *FEDERATIONS]
READ = {topic.name for topic in topics.read_by("notify")}


def nodes(random: Random) -> dict[str, Node]:
    """A roster in which people hold several offices, and some offices are empty."""
    found = {}
    for node_id, region in NODES:
        roles = [Role.GROUP_OWNER, Role.RESIDENT] if node_id == GROUP else [Role.CHAIR, Role.OFFICER]
        memberships = tuple(
            Membership(member=member, role=role, since=START - timedelta(days=9), until=random.choice([None, START]))
            for role in roles
            for member in random.sample(MEMBERS, random.randint(0, 2))
        )
        kind = NodeKind.GROUP if node_id == GROUP else NodeKind.FEDERATION
        found[node_id] = Node(id=node_id, kind=kind, region=region, name=node_id, members=memberships)
    return found


def in_office(found: dict[str, Node], *roles: Role) -> set[str]:
    """Whoever holds one of the roles anywhere."""
    return {member for node in found.values() for role in roles for member in node.holding(role, START)}


def some(random: Random) -> tuple[str, ...]:
    """A few people."""
    return tuple(random.sample(MEMBERS, random.randint(0, 3)))


def handed_on(event: Event, random: Random) -> Event:
    """The same fact, of a matter that some of the levels have in hand."""
    if not isinstance(event, InHandEvent) or event.case.case_class is CaseClass.C3:
        return event
    levels = [node for node, _ in FEDERATIONS]
    return event.model_copy(update={"in_hand": tuple(random.sample(levels, random.randint(0, 3)))})


@settings(max_examples=120, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), rises=st.booleans())
def test_the_right_people_and_nobody_else(seed: int, rises: bool) -> None:
    random = Random(seed)
    play = wander(random, 40, matters=2)
    roster = nodes(random)
    owners, officers = in_office(roster, Role.GROUP_OWNER), in_office(roster, Role.CHAIR, Role.OFFICER)
    for _, fact in play.history:
        if not isinstance(fact, CaseEvent | CustodyEvent):
            continue
        event = handed_on(fact, random)
        case_class = play.cases[event.key].case_class
        bystanders = some(random)
        if rises:  # a fact that is heard after the class went up is told as the class is now
            case_class = random.choice([each for each in CaseClass if each >= case_class])
        access = AccessState(
            case_id=event.key,
            version=1,
            case_class=case_class,
            group=None if case_class is CaseClass.C3 else GROUP,
            reporters=tuple(dict.fromkeys((*some(random), *bystanders))),
            bystanders=bystanders,
            circle=some(random) if case_class.private else (),
            barred=some(random),
        )
        told = audience(event, access, roster, START)
        addresses = [each.address for each in told]
        assert len(addresses) == len(set(addresses)), "nobody is told twice"
        assert not set(addresses) & set(access.barred), "parties are never told"
        if case_class is not CaseClass.C0:
            to_bystanders = [each.kind for each in told if each.address in bystanders and each.kind in OF_A_REPORTER]
            assert set(to_bystanders) <= set(TO_A_BYSTANDER.values()), "received, being handled, concluded"
            assert not [each for each in told if each.address in bystanders and each.kind is Kind.FEEDBACK]
        concerned = set(access.reporters) | set(access.circle)
        others = [each for each in told if each.address not in concerned]
        match case_class:
            case CaseClass.C3:
                assert not others
            case CaseClass.C2:
                late = {each.address for each in others if each.kind in {Kind.OVERDUE_BELOW, Kind.IDLE_BELOW}}
                assert late <= officers, "that it does not move is open to who answers above, and no more"
                passed = [each for each in others if each.address not in late]
                assert {each.address for each in passed} <= owners
                assert {each.kind for each in passed} <= {Kind.CONFIDENTIAL_PASSED}
            case CaseClass.C1:
                assert {each.address for each in others} <= owners | officers
            case CaseClass.C0:
                assert {each.address for each in others} <= owners | officers | {GROUP}
                assert {each.kind for each in told if each.address == GROUP} <= {Kind.RESULT}
        if isinstance(event, MatterResolved):
            assert all(each.digest for each in told), "what was solved on the spot waits for the day's digest"


History = list[tuple[Topic, Event]]
Told = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


async def told_of(history: History, random: Random, *, numbers: bool) -> Told:
    """Every entry and every line of a digest, after a history was heard in its order with some records again."""
    async with a_room(NOTIFY) as room:
        inbox = Inbox(room)
        for batch in batches(records_of(history), random):
            await inbox.receive(batch)
        assert await room.held() == 0
        assert await rows(room, "waiting") == []
        without = {"id", "at"} if numbers else {"id", "at", "case_number"}
        return await rows(room, "entry", without=without), await rows(room, "digest")


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_a_fact_that_waited_for_its_access_is_told_to_the_same_people(seed: int) -> None:
    random = Random(seed)
    # Whose access changes on the way, who is told depends on what was heard first.
    play = wander(random, 40, matters=2, commands=[each for each in COMMANDS if each not in ACCESS])
    play.drain(random)
    roster: History = [
        (topics.INTAKE_ROSTER, NodeChanged(at=START, node=node, node_version=1)) for node in nodes(random).values()
    ]
    read = [(topic, handed_on(event, random)) for topic, event in play.history if topic.name in READ]
    access = [fact for fact in read if isinstance(fact[1], AccessEvent)]
    others = [fact for fact in read if not isinstance(fact[1], AccessEvent)]

    async def run() -> None:
        before = await told_of(roster + access + others, random, numbers=True)
        after = await told_of(roster + others + access, random, numbers=True)
        assert after == before
        assert before[0], "somebody is told something"
        # An entry shows the case number if the case had been heard of; who is told of what does not depend on it.
        plain = await told_of(roster + access + others, random, numbers=False)
        by_id = {record.event_id: fact for record, fact in zip(records_of(read), read, strict=True)}
        mixed = [by_id[record.event_id] for record in interleaved(records_of(read), random)]
        assert await told_of(roster + mixed, random, numbers=False) == plain
        # The group may be the last to be heard of: who owns it is told all the same.
        group = [fact for fact in roster if fact[1].key == GROUP]
        rest = [fact for fact in roster if fact[1].key != GROUP]
        assert await told_of(rest + access + others + group, random, numbers=True) == before

    asyncio.run(run())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_the_levels_that_have_it_in_hand_are_told_and_no_other_level(seed: int) -> None:
    """Of what the council may know: who answers for each of them, whatever notify has heard of custody by then."""
    random = Random(seed)
    play = wander(random, 40, matters=2)
    roster = {
        node: found.model_copy(update={"members": (*found.members, _chair_of(node))})
        for node, found in nodes(random).items()
    }
    for _, fact in play.history:
        event = handed_on(fact, random)
        if not isinstance(event, InHandEvent) or event.case.case_class.private:
            continue
        access = AccessState(case_id=event.key, version=1, case_class=event.case.case_class, group=GROUP)
        told = {each.address for each in audience(event, access, roster, START)}
        did = getattr(event, "by", None)
        for node, _ in FEDERATIONS[1:]:
            chair = _chair_of(node).member
            wanted = node in event.in_hand and node != did and not eased(event)
            assert (chair in told) == wanted, (event, node)


def _chair_of(node: str) -> Membership:
    return Membership(member=f"m_{node.replace('_', '-')}", role=Role.CHAIR, since=START - timedelta(days=9))


def eased(event: InHandEvent) -> bool:
    """Whether it may go slower, which is no news."""
    order = list(Urgency)
    return isinstance(event, UrgencyChanged) and order.index(event.case.urgency) > order.index(event.before)
