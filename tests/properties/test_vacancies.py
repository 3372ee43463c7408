"""The look for vacancies between any two facts: what was heard is as it would be had it looked before or after them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.chassis.clock import ManualClock
from services.chassis.inbox import Inbox
from services.chassis.room import Room
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.cases import CaseClass, Category, Stage, Urgency
from services.contracts.events.base import Event
from services.contracts.events.escalation import VacancyFilled, VacancySurfaced
from services.contracts.events.intake import (
    AccessChanged,
    CaseAcknowledged,
    CaseSubmitted,
    NodeChanged,
    PartyCleared,
    PartyNamed,
)
from services.contracts.organisation import Membership, Node, NodeKind, Role, federation_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState, CaseState
from services.contracts.topics import Topic
from services.escalation.rules.custody import Custody
from services.escalation.service import ESCALATION
from services.escalation.timers import vacancies
from tests.properties.playing import START, VILLAGE
from tests.properties.tables import a_room, records_of

CASE_ID = "2101-01M82YNFM07S0AJTTSQD06ZNM5"
HOLDER, ABOVE = federation_of(VILLAGE), federation_of(at_level(VILLAGE, Level.TOWNSHIP))
CHAIR, KEPT_OUT, OWNER, REPORTER = "m_chair", "m_kept-out", "m_above", "m_reporter"
SURFACED, FILLED = VacancySurfaced.type_name(), VacancyFilled.type_name()
LOOK = "the timer"
Told = tuple[Topic, Event]


def office(node: str, *members: tuple[str, Role], version: int = 1, until: datetime | None = None) -> Told:
    """Who is in office there."""
    since = START - timedelta(days=9)
    lines = tuple(Membership(member=member, role=role, since=since, until=until) for member, role in members)
    region = node.rpartition("-")[2]
    said = Node(id=node, kind=NodeKind.FEDERATION, region=region, name=node, members=lines)
    return topics.INTAKE_ROSTER, NodeChanged(at=START, node=said, node_version=version)


def case(version: int, case_class: CaseClass) -> CaseState:
    return CaseState(
        case_id=CASE_ID,
        version=version,
        number="21-2101-20261123-000001",
        region=VILLAGE,
        case_class=case_class,
        category=Category.MARRIAGE_FAMILY,
        urgency=Urgency.YELLOW,
        stage=Stage.SUBMITTED,
        submitted_at=START,
    )


def access(version: int, case_class: CaseClass, circle: tuple[str, ...], *barred: str) -> Told:
    private = case_class is CaseClass.C2
    state = AccessState(
        case_id=CASE_ID,
        version=version,
        case_class=case_class,
        reporters=(REPORTER,),
        circle=circle if private else (),
        barred=barred,
        dismissed=(KEPT_OUT,) if private else (),
    )
    return topics.INTAKE_ACCESS, AccessChanged(at=START, access=state)


class Heard:
    """Escalation, and what it has heard so far."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self._history: list[Told] = []

    async def hear(self, *told: Told) -> None:
        """These facts, one by one."""
        for each in told:
            self._history.append(each)
            await Inbox(self.room).receive(records_of(self._history)[-1:])

    async def vacant(self) -> str | None:
        """Whether it stands as one that nobody below may act on."""
        async with self.room.reading() as tx:
            custody = await tx.load(Custody, CASE_ID)
        assert custody is not None
        return custody.vacant

    async def facts(self) -> list[str]:
        """What was told of vacancies, in its order."""
        async with self.room.database.read() as connection:
            outbox = self.room.service.chassis.outbox
            rows = await connection.execute(outbox.select().order_by(outbox.c.id))
            said = [str(row.headers) for row in rows]
        return [kind for each in said for kind in (SURFACED, FILLED) if kind in each]


@pytest.mark.parametrize("case_class", [CaseClass.C1, CaseClass.C2])
@pytest.mark.parametrize("order", list(permutations(("named", "access", LOOK))), ids="-".join)
async def test_a_chair_who_is_a_party_leaves_her_office_vacant(order: tuple[str, ...], case_class: CaseClass) -> None:
    """Of C2 somebody else is in office who was taken out of the circle; of C1 nobody is."""
    others = ((KEPT_OUT, Role.OFFICER),) if case_class is CaseClass.C2 else ()
    async with a_room(ESCALATION) as room:
        heard = Heard(room)
        await heard.hear(
            office(HOLDER, (CHAIR, Role.CHAIR), *others),
            office(ABOVE, (OWNER, Role.CHAIR)),
            access(1, case_class, (CHAIR,)),
            (topics.INTAKE_CASE, CaseSubmitted(at=START, case=case(1, case_class))),
            (topics.INTAKE_CASE, CaseAcknowledged(at=START, case=case(2, case_class), by=HOLDER)),
        )
        await vacancies(room)
        assert await heard.facts() == []
        facts: dict[str, Told] = {
            "named": (topics.INTAKE_CASE, PartyNamed(at=START, case=case(3, case_class))),
            "access": access(3, case_class, (), CHAIR),
        }
        for each in (*order, LOOK):
            await (vacancies(room) if each == LOOK else heard.hear(facts[each]))
        assert await heard.vacant() == HOLDER
        assert await heard.facts() == [SURFACED], "once, and nothing was taken back"

        await heard.hear(
            (topics.INTAKE_CASE, PartyCleared(at=START, case=case(4, case_class))),
            access(4, case_class, (CHAIR,)),
        )
        await vacancies(room)
        assert await heard.vacant() is None
        assert await heard.facts() == [SURFACED, FILLED]


async def test_it_reads_again_only_the_offices_of_which_something_was_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or whose term has come: what is kept in mind makes nobody wait longer for the level above."""
    read: list[str] = []
    known_many = Transaction.known_many

    async def counted(self: Transaction, topic: Topic, kind: Any, keys: Sequence[str]) -> Any:
        read.extend(keys if kind is Node else ())
        return await known_many(self, topic, kind, keys)

    clock = ManualClock(START)
    async with a_room(ESCALATION, clock) as room:
        heard = Heard(room)
        await heard.hear(
            office(ABOVE, (OWNER, Role.CHAIR)),
            access(1, CaseClass.C1, ()),
            (topics.INTAKE_CASE, CaseSubmitted(at=START, case=case(1, CaseClass.C1))),
        )
        await vacancies(room)
        assert await heard.vacant() is None, "nothing is known of it"
        await heard.hear(office(HOLDER, (CHAIR, Role.CHAIR), until=START + timedelta(days=2)))
        monkeypatch.setattr(Transaction, "known_many", counted)

        async def looks(*, vacant: bool, reads: bool) -> None:
            """What one look reads, and what comes of it."""
            read.clear()
            await vacancies(room)
            assert (HOLDER in read, await heard.vacant() == HOLDER) == (reads, vacant)

        await looks(vacant=False, reads=True)
        await looks(vacant=False, reads=False)
        await heard.hear(office(ABOVE, (OWNER, Role.OFFICER), version=2))
        await looks(vacant=False, reads=False)
        clock.advance(timedelta(days=2))
        await looks(vacant=True, reads=True)
        await looks(vacant=True, reads=False)
        await heard.hear(office(HOLDER, (CHAIR, Role.CHAIR), version=2))
        await looks(vacant=False, reads=True)
        await looks(vacant=False, reads=False)
        await heard.hear(office(HOLDER, version=3))
        await looks(vacant=True, reads=True)
