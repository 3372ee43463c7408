"""What notify does when it hears of a matter: tell those whom it concerns. A fact that comes before its
matter's access, or before its group is known, waits for that."""

from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.cases import CaseClass
from services.contracts.council import PeopleState
from services.contracts.events.base import Event
from services.contracts.events.council import CouncilEvent, PeopleChanged
from services.contracts.events.deliberation import DocketEvent
from services.contracts.events.escalation import CustodyEvent, CustodyReopened
from services.contracts.events.intake import AccessEvent, CaseEvent, NodeChanged
from services.contracts.events.orders import OrderStepTaken
from services.contracts.orders import OrderStep
from services.contracts.organisation import Node, NodeKind
from services.contracts.states import AccessState, CaseState, CustodyState
from services.contracts.topics import Topic
from services.notify.rules.audience import audience
from services.notify.rules.council_audience import (
    docket_audience,
    let_go_audience,
    membership_audience,
    needs_people,
    nodes_named,
)
from services.notify.rules.order_audience import order_audience
from services.notify.store import (
    Post,
    access_of,
    cases_waiting,
    keep_waiting,
    let_go_of,
    nodes_about,
    nodes_of,
    tell,
    tell_newcomers,
    topic_of,
    waiting_for,
)


async def on_case(tx: Transaction, event: Event) -> None:
    """Facts of the ordinary topic; a case that leaves it is told to nobody."""
    if isinstance(event, CaseEvent):
        await _tell_or_wait(tx, topics.INTAKE_CASE, event)


async def on_custody(tx: Transaction, event: CustodyEvent) -> None:
    """Facts of custody."""
    await _tell_or_wait(tx, topics.ESCALATION_CUSTODY, event)
    await _tell_of_reopened(tx, event)


async def on_sealed_custody(tx: Transaction, event: CustodyEvent) -> None:
    """Facts of a sealed matter's custody: its circle alone is told."""
    await _tell_or_wait(tx, topics.ESCALATION_SEALED, event)
    await _tell_of_reopened(tx, event)


async def _tell_of_reopened(tx: Transaction, event: CustodyEvent) -> None:
    """Who came into its circle meanwhile hears of it now."""
    access = await access_of(tx, event.key) if isinstance(event, CustodyReopened) else None
    if access is not None:
        await tell_newcomers(tx, access)


async def on_order(tx: Transaction, event: OrderStepTaken) -> None:
    """Steps of a work order: its department, its issuer, and whom else they concern."""
    await _tell_or_wait(tx, topics.ESCALATION_ORDER, event)


async def on_docket(tx: Transaction, event: DocketEvent) -> None:
    """Facts of a docket: those who take part are told, once it is known who they are."""
    await _tell_or_wait(tx, topics.DELIBERATION_DOCKET, event)


async def on_people(tx: Transaction, event: PeopleChanged) -> None:
    """Now it may be known whom to tell of what waited. Whom a sealed matter lets go is told."""
    for waited in await waiting_for(tx, event.key):
        await _tell_or_wait(tx, topic_of(waited), waited)
    if event.left or event.relieved:
        await _tell_or_wait(tx, topics.DELIBERATION_PEOPLE, event)


async def on_council(tx: Transaction, event: CouncilEvent) -> None:
    """A standing membership: who has it is told; it names no matter."""
    nodes = await nodes_of(tx, [event.address])
    for told in membership_audience(event, nodes, tx.now):
        tx.unit(Post).add(told.address, told.kind)


async def on_access(tx: Transaction, event: AccessEvent) -> None:
    """Now it may be known whom to tell of what waited. Who came into a circle later hears of the matter now."""
    access = await access_of(tx, event.key)
    assert access is not None, "what is heard is remembered first"
    await _tell_what_waited(tx, event.key, access)
    if access.version > 1:
        await tell_newcomers(tx, access)


async def on_node(tx: Transaction, event: NodeChanged) -> None:
    """A group that its matters came before, a department that its orders came before: now its people are known. Any other node is kept,
    no more."""
    if event.node.kind in {NodeKind.GROUP, NodeKind.DEPARTMENT} and event.version == 1:
        for case_id in await cases_waiting(tx):
            access = await access_of(tx, case_id)
            if access is not None and (access.group == event.node.id or event.node.kind is NodeKind.DEPARTMENT):
                await _tell_what_waited(tx, case_id, access)


async def _tell_what_waited(tx: Transaction, case_id: str, access: AccessState) -> None:
    if await _group_known(tx, access):
        for waited in await waiting_for(tx, case_id):
            await _tell_or_wait(tx, topic_of(waited), waited)


async def _tell_or_wait(tx: Transaction, topic: Topic, event: Event) -> None:
    """Behind what waits already, so that a matter's facts are told in their order."""
    case_id = _matter_of(event)
    access = await access_of(tx, case_id)
    known = access is not None and await _group_known(tx, access) and _parties_known(event, access)
    if access is None or not known or not await _department_known(tx, event) or not await _people_known(tx, event):
        await keep_waiting(tx, topic, event, case_id)
    else:
        await _tell(tx, event, access)


async def _group_known(tx: Transaction, access: AccessState) -> bool:
    return access.group is None or await tx.known(topics.INTAKE_ROSTER, Node, access.group) is not None


def _parties_known(event: Event, access: AccessState) -> bool:
    """The last access that the ordinary topic tells of a sealed matter names nobody; who is barred comes with the next."""
    named = access.reporters or access.circle or access.barred
    return bool(named) or not _let_go(event, access)


def _let_go(event: Event, access: AccessState) -> bool:
    """Whether a fact is told to those who knew of a matter before it was sealed."""
    of_them = isinstance(event, PeopleChanged) or (
        isinstance(event, OrderStepTaken) and event.step is OrderStep.CANCELLED
    )
    return of_them and access.case_class is CaseClass.C3


async def _department_known(tx: Transaction, event: Event) -> bool:
    if not isinstance(event, OrderStepTaken):
        return True
    return await tx.known(topics.INTAKE_ROSTER, Node, event.order.department) is not None


def _matter_of(event: Event) -> str:
    return event.order.case_id if isinstance(event, OrderStepTaken) else event.key


async def _people_known(tx: Transaction, event: Event) -> bool:
    """Whether who takes part is known as of a docket's fact, or later."""
    if not isinstance(event, DocketEvent) or not needs_people(event):
        return True
    people = await tx.known(topics.DELIBERATION_PEOPLE, PeopleState, event.key)
    return people is not None and people.version >= event.version


async def _tell(tx: Transaction, event: Event, access: AccessState) -> None:
    if isinstance(event, DocketEvent):
        await _tell_of_docket(tx, event, access)
        return
    if isinstance(event, PeopleChanged):
        nodes = await nodes_of(tx, [each for each in (*event.left, *event.relieved) if each.startswith("n_")])
        await tell(tx, let_go_audience(event, access, nodes, tx.now), access, "")
        return
    state = event.state
    region = state.region if isinstance(state, CaseState) else getattr(state, "region", "")
    number = state.number if isinstance(state, CaseState) else await _number(tx, _matter_of(event))
    if isinstance(event, OrderStepTaken):
        nodes = await nodes_about(tx, region, access.group, event.order.department, event.order.issuer)
        let_go = await let_go_of(tx, event.order, access, nodes) if _let_go(event, access) else ()
        told = order_audience(event, access, nodes, tx.now, let_go)
    else:
        nodes = await nodes_about(tx, region, access.group)
        told = audience(event, access, nodes, tx.now, await tx.known(topics.INTAKE_CASE, CaseState, event.key))
    await tell(tx, told, access, number)


async def _tell_of_docket(tx: Transaction, event: DocketEvent, access: AccessState) -> None:
    people = await tx.known(topics.DELIBERATION_PEOPLE, PeopleState, event.key)
    if people is None or event.docket.region is None:
        return
    nodes = await nodes_about(tx, event.docket.region, access.group)
    custody = await tx.known(topics.ESCALATION_CUSTODY, CustodyState, event.key)
    holder = custody.holder if custody else None
    nodes |= await nodes_of(tx, [*nodes_named(event, people), *([holder] if holder else [])])
    told = docket_audience(event, access, people, nodes, tx.now, holder)
    await tell(tx, told, access, await _number(tx, event.key))


async def _number(tx: Transaction, case_id: str) -> str:
    case = await tx.known(topics.INTAKE_CASE, CaseState, case_id)
    return case.number if case else ""
