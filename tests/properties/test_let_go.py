"""A matter is sealed while a department is at work: whoever issued the order hears once that it ended, in whatever order the topics are heard."""

from itertools import permutations

import pytest

from services.chassis.inbox import Inbox
from services.contracts import topics
from services.contracts.cases import CaseClass, Urgency
from services.contracts.events.base import Event
from services.contracts.events.escalation import ClocksMoved
from services.contracts.events.intake import AccessChanged, NodeChanged
from services.contracts.events.orders import OrderStepTaken
from services.contracts.ids import NodeId
from services.contracts.orders import OrderStage, OrderState, OrderStep
from services.contracts.organisation import Membership, Node, NodeKind, Role, federation_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState, CustodyState
from services.contracts.topics import Topic
from services.notify.rules.entries import Kind
from services.notify.service import NOTIFY
from tests.properties.playing import GROUP, START, VILLAGE
from tests.properties.tables import a_room, records_of, rows

CASE_ID, ORDER_ID = "2101-01M82YNFM07S0AJTTSQD06ZNM5", "o_2101-01M82YNFM07S0AJTTSQD06ZNM5"
COUNTY = at_level(VILLAGE, Level.COUNTY)
ISSUER, DEPARTMENT = federation_of(COUNTY), f"n_dept-water-{COUNTY}"
Told = tuple[Topic, Event]


def office(node: NodeId, kind: NodeKind, member: str, role: Role) -> Told:
    lines = (Membership(member=member, role=role, since=START),)
    stated = Node(id=node, kind=kind, region=COUNTY, name=node, members=lines)
    return topics.INTAKE_ROSTER, NodeChanged(at=START, node=stated, node_version=1)


def step(version: int, step: OrderStep, stage: OrderStage) -> Told:
    order = OrderState(
        order_id=ORDER_ID,
        version=version,
        case_id=CASE_ID,
        region=VILLAGE,
        issuer=ISSUER,
        issuer_region=COUNTY,
        department=DEPARTMENT,
        urgency=Urgency.YELLOW,
        stage=stage,
        issued_at=START,
    )
    by = ISSUER if step is OrderStep.ISSUED else None
    return topics.ESCALATION_ORDER, OrderStepTaken(at=START, order=order, step=step, by=by)


def access(topic: Topic, version: int, case_class: CaseClass, group: NodeId | None = None, *people: str) -> Told:
    state = AccessState(
        case_id=CASE_ID, version=version, case_class=case_class, group=group, reporters=people[:1], circle=people[1:]
    )
    return topic, AccessChanged(at=START, access=state)


LATER: dict[str, Told] = {
    "left": access(topics.INTAKE_ACCESS, 2, CaseClass.C3),
    "sealed": access(topics.INTAKE_SEALED_ACCESS, 3, CaseClass.C3, None, "m_reporter", "m_rights"),
    "cancelled": step(3, OrderStep.CANCELLED, OrderStage.CANCELLED),
}


@pytest.mark.parametrize("private", [False, True], ids=["C0", "C2"])
@pytest.mark.parametrize("order", list(permutations(LATER)), ids="-".join)
async def test_who_issued_it_hears_once_that_it_ended(order: tuple[str, ...], private: bool) -> None:
    """Of C2 she was in its circle, and had been told of it."""
    before = CaseClass.C2 if private else CaseClass.C0
    held = CustodyState(case_id=CASE_ID, version=1, region=VILLAGE, holder=ISSUER, level=Level.VILLAGE, private=private)
    told: list[Told] = [
        office(GROUP, NodeKind.GROUP, "m_owner", Role.GROUP_OWNER),
        office(ISSUER, NodeKind.FEDERATION, "m_issuer", Role.CHAIR),
        office(DEPARTMENT, NodeKind.DEPARTMENT, "m_liaison", Role.LIAISON),
        access(topics.INTAKE_ACCESS, 1, before, GROUP, "m_reporter", *(("m_issuer",) if private else ())),
        (topics.ESCALATION_CUSTODY, ClocksMoved(at=START, custody=held)),
        step(1, OrderStep.ISSUED, OrderStage.ISSUED),
        step(2, OrderStep.SIGNED, OrderStage.SIGNED),
        *(LATER[each] for each in order),
    ]
    async with a_room(NOTIFY) as room:
        inbox = Inbox(room)
        for record in records_of(told):
            await inbox.receive([record])
        assert await rows(room, "waiting") == []
        entries = room.service.metadata.tables["entry"]
        async with room.database.read() as connection:
            found = (await connection.execute(entries.select().where(entries.c.kind == Kind.ORDER_CANCELLED))).all()
    assert sorted(row.address for row in found) == ["m_issuer", "m_liaison"]
