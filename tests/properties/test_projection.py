"""The read model is the same whatever the order of topics, however often a record comes: I9 and I10 of domain 2.11."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.projector import PROJECTOR
from gateway.readmodel.case_row import docket_of
from gateway.readmodel.tables import METADATA, MODEL_TABLES
from services.chassis.inbox import Inbox
from services.chassis.room import Room
from services.chassis.transaction import Outgoing
from services.chassis.wire import Record
from services.contracts import topics
from services.contracts.cases import CaseClass, Outcome, Stage
from services.contracts.clocks import DUTIES, ClockStage
from services.contracts.events.base import Event
from services.contracts.events.escalation import ClockOverdue, ClocksMoved, CustodyClosed, CustodyEvent, IdleSurfaced
from services.contracts.events.intake import (
    AccessEvent,
    CaseAccepted,
    CaseAcknowledged,
    CaseCalledBack,
    CaseClosed,
    CaseEvent,
    CaseLeft,
    CaseMerged,
    CaseRated,
    CaseRedirected,
    CaseRejected,
    CaseReopened,
    CaseSubmitted,
    CaseUnmerged,
    CaseWithdrawn,
    FeedbackGiven,
    InformationAsked,
    NodeChanged,
    RegionChanged,
    WithdrawalNoted,
)
from services.contracts.lifecycle import lifecycle
from services.contracts.organisation import Membership, Node, NodeKind, Role
from services.contracts.regions import Region
from services.contracts.states import CaseState, CustodyState
from services.contracts.topics import Topic
from tests.properties.playing import BY, GROUP, START, VILLAGE, Play, wander
from tests.properties.tables import a_room, batches, interleaved, records_of, rows

History = list[tuple[Topic, Event]]
Model = dict[str, list[tuple[Any, ...]]]


def roster(random: Random) -> History:
    """Nodes and regions, some of them stated several times."""
    facts: History = []
    for node_id, kind in ((BY, NodeKind.FEDERATION), (GROUP, NodeKind.GROUP)):
        for version in range(1, random.randint(2, 4)):
            member = Membership(member=f"m_chair-{version}", role=Role.CHAIR, since=START)
            node = Node(id=node_id, kind=kind, region=VILLAGE, name=f"{version}", members=(member,))
            facts.append((topics.INTAKE_ROSTER, NodeChanged(at=START, node=node, node_version=version)))
    for version in (1, 2):
        region = Region(code=VILLAGE, name=f"社区{version}")
        facts.append((topics.INTAKE_REGION, RegionChanged(at=START, region=region, region_version=version)))
    return facts


def told(seed: int) -> tuple[Play, History]:
    """Everything that was told in a play, and the play at its end."""
    random = Random(seed)
    play = wander(random, 50)
    play.drain(random)
    if random.random() < 0.5:
        play.now += timedelta(days=40)
        play.sweep()
        play.drain(random)
    return play, play.history + roster(random)


async def model_of(room: Room) -> Model:
    """Every row of the model."""
    return {table: await rows(room, table) for table in MODEL_TABLES}


async def project(history: History, random: Random | None) -> Model:
    """The model of a history: in one batch as it was told, or as a bus may bring it."""
    records = records_of(history)
    async with a_room(PROJECTOR) as room:
        inbox = Inbox(room)
        if random is None:
            await inbox.receive(records)
            return await model_of(room)
        mixed = interleaved(records, random)
        for batch in batches(mixed, random):
            if random.random() < 0.3:
                # What a command told is applied before its topic brings it, and before older facts of the same key.
                await inbox.receive_now([_outgoing(record) for record in random.sample(mixed, 2)])
            await inbox.receive(batch)
        before = await model_of(room)
        feed = await rows(room, "change")
        await inbox.receive(random.sample(mixed, len(mixed)))
        assert await model_of(room) == before, "a second delivery of everything changes nothing"
        assert await rows(room, "change") == feed, "and pushes nothing"
        assert await room.held() == 0
        return before


def _outgoing(record: Record) -> Outgoing:
    value = (record.value or b"").decode()
    return Outgoing(topic=record.topic, key=record.key, headers=dict(record.headers), value=value)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), order=st.integers(0, 2**32))
def test_every_interleaving_ends_in_the_same_rows(seed: int, order: int) -> None:
    play, history = told(seed)
    random = Random(order)

    async def both() -> tuple[Model, Model, Model]:
        return await project(history, None), await project(history, random), await project(history, random)

    plain, one, two = asyncio.run(both())
    assert one == plain
    assert two == plain
    _is_what_was_told(play, history, plain)


def leaving(play: Play, random: Random) -> tuple[History, set[str]]:
    """Some matters leave for the sealed topics, and may go on there: what is told of it, and which."""
    facts: History = []
    open_ones = sorted(case_id for case_id, case in play.cases.items() if case.case_class is not CaseClass.C3)
    gone = set(random.sample(open_ones, random.randint(min(1, len(open_ones)), len(open_ones))))
    for case_id in sorted(gone):
        case, custody, at = play.cases[case_id].public(), play.custodies[case_id].public(), play.now
        left = CaseLeft(at=at, case_id=case_id, case_version=case.version + 1)
        facts.append((topics.INTAKE_CASE, left))
        if random.random() < 0.7:
            sealed = {"case_class": CaseClass.C3, "sub_category": None, "version": case.version + 2}
            raised = CaseAcknowledged(at=at, case=case.model_copy(update=sealed), by=BY)
            facts.append((topics.INTAKE_SEALED, raised))
        if random.random() < 0.7:
            moved = custody.model_copy(update={"version": custody.version + 1})
            facts.append((topics.ESCALATION_SEALED, ClocksMoved(at=at, custody=moved)))
    return facts, gone


@settings(max_examples=6, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), order=st.integers(0, 2**32))
def test_of_a_matter_that_left_stays_what_the_sealed_topics_told_in_any_order(seed: int, order: int) -> None:
    play, history = told(seed)
    random = Random(order)
    facts, gone = leaving(play, random)
    history += facts

    async def three() -> tuple[Model, Model, Model]:
        return await project(history, None), await project(history, random), await project(history, random)

    plain, one, two = asyncio.run(three())
    assert one == plain
    assert two == plain
    assert _boards(plain) == _recounted(_held_at_the_end(plain))
    told_sealed = [event for topic, event in facts if topic in {topics.INTAKE_SEALED, topics.ESCALATION_SEALED}]
    for case_id in gone:
        of_it = [event for event in told_sealed if event.key == case_id]
        lines = [row for row in plain["timeline"] if row[1] == case_id]
        assert sorted(row[3] for row in lines) == sorted(type(event).__name__ for event in of_it)
        (view,) = [row for row in plain["case_view"] if row[0] == case_id]
        states = [value for value in view if isinstance(value, str) and value.startswith("{")]
        told_states = [event.state.model_dump_json(exclude_none=True) for event in of_it if event.state is not None]
        assert sorted(states) == sorted(told_states)
        assert play.cases[case_id].region not in view or any(isinstance(event, CaseEvent) for event in of_it)
    staying = [
        type(event).__name__
        for topic, event in history
        if event.key in play.cases.keys() - gone
        and not isinstance(event, AccessEvent | CaseLeft)
        and not _dropped(history, topic, event)
    ]
    assert Counter(row[3] for row in plain["timeline"] if row[1] not in gone) == Counter(staying)


def _is_what_was_told(play: Play, history: History, model: Model) -> None:
    """I9 against the aggregates themselves, and each counter moved once for each fact."""
    views = {row[0]: row for row in model["case_view"]}
    assert set(views) == set(play.cases)
    for case_id, case in play.cases.items():
        custody, docket = play.custodies[case_id].public(), play.dockets.get(case_id)
        state = lifecycle(case.public(), docket_of(case.public(), docket), custody).value
        assert state in views[case_id]
        assert case.public().model_dump_json(exclude_none=True) in views[case_id]
        assert custody.model_dump_json(exclude_none=True) in views[case_id]
    final = [(case.public(), play.custodies[case_id].public()) for case_id, case in play.cases.items()]
    assert _boards(model) == _recounted(final)
    aside = AccessEvent | NodeChanged | RegionChanged | CaseLeft
    matters = [event for _, event in history if not isinstance(event, aside)]
    kept = [event for topic, event in history if not isinstance(event, aside) and not _dropped(history, topic, event)]
    assert len(model["timeline"]) == len(kept)
    assert Counter(row[3] for row in model["timeline"]) == Counter(type(event).__name__ for event in kept)
    counted: Counter[str] = Counter()
    for row in model["counter"]:
        counted[row[4]] += row[5]
    assert counted == _counts(matters)
    at_levels = sum(many for metric, many in counted.items() if metric.startswith("resolved_at_"))
    assert at_levels == counted["closed_solved"] + counted["closed_partly"], "I8"
    assert len(model["case_group"]) == len(play.cases)
    states = {row[0]: json.loads(row[2]) for row in model["node_view"]}
    last = {event.node.id: event.node.name for _, event in history if isinstance(event, NodeChanged)}
    assert {node: state["name"] for node, state in states.items()} == last


def _boards(model: Model) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The board's rows: region, level, category, private; open, amber, red."""
    return {row[:4]: row[4:] for row in model["board"]}


def _recounted(final: list[tuple[CaseState, CustodyState]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The board as whoever had only the states at the end would count it."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for case, custody in final:
        if case.stage.ended or custody.holder is None:
            continue
        secret = case.case_class is CaseClass.C3
        cell = (
            case.region,
            str(custody.level),
            "PERSONAL" if secret else str(case.category),
            secret or case.case_class is CaseClass.C2,
        )
        flags = [
            (clock.overdue, clock.nearing)
            for clock in custody.clocks
            if clock.stage in {"WINDOW", "COUNCIL"} and clock.state in {"RUNNING", "PAUSED"}
        ]
        late = any(overdue for overdue, _ in flags)
        near = any(nearing for _, nearing in flags) and not late
        found[cell] = [sum(pair) for pair in zip(found.get(cell, [0, 0, 0]), (1, near, late), strict=True)]
    return {cell: tuple(numbers) for cell, numbers in found.items()}


def _held_at_the_end(model: Model) -> list[tuple[CaseState, CustodyState]]:
    """The states that the model has of the matters of which it has both."""
    columns = [column.name for column in METADATA.tables["case_view"].columns]
    views = [dict(zip(columns, row, strict=True)) for row in model["case_view"]]
    return [
        (CaseState.model_validate_json(view["case_state"]), CustodyState.model_validate_json(view["custody_state"]))
        for view in views
        if view["case_state"] and view["custody_state"]
    ]


def _dropped(history: History, topic: Topic, event: Event) -> bool:
    """Whether a fact of an ordinary topic is of a matter that was sealed: nothing of it stays."""
    left = any(isinstance(each, CaseLeft) and each.key == event.key for _, each in history)
    return left and "sealed" not in topic.name


def _counts(matters: list[Event]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for event in matters:
        match event:
            case CaseSubmitted():
                counted["submitted"] += 1
            case CaseAccepted():
                counted["accepted"] += 1
            case FeedbackGiven():
                counted["feedback_given"] += 1
            case CaseRedirected():
                counted["redirected"] += 1
                counted["redirected_with_receipt"] += event.receipted
            case _ if type(event) in SIMPLY:
                counted[SIMPLY[type(event)]] += 1
            case CaseRated() | CaseCalledBack():
                counted["reworked"] += event.case.stage is Stage.ACCEPTED
            case CaseClosed():
                counted["closed"] += 1
                counted[f"closed_{event.outcome.value.lower()}"] += 1
            case CustodyClosed(outcome=Outcome.SOLVED | Outcome.PARTLY):
                counted[f"resolved_at_{(event.highest or event.custody.level).value.lower()}"] += 1
            case ClockOverdue():
                counted["council_overdue"] += event.stage is ClockStage.COUNCIL
                late = [clock.stage for clock in event.custody.clocks if clock.overdue]
                counted["overdue"] += event.stage not in DUTIES and len(set(late) - DUTIES) == 1
            case _:
                pass
    return +counted


SIMPLY: dict[type[Event], str] = {
    InformationAsked: "information_asked",
    CaseRejected: "rejected",
    CaseWithdrawn: "withdrawn",
    WithdrawalNoted: "withdrawal_noted",
    CaseMerged: "merged",
    CaseUnmerged: "unmerged",
    CaseReopened: "reopened",
    IdleSurfaced: "idle_council",
}
"""Facts that move one counter each."""


OF_THE_LADDER = {
    *(
        "LevelActed",
        "PassedUp",
        "PassUpProposed",
        "PassUpCancelled",
        "MatterReceived",
        "ReceiptRefused",
        "ReturnedDown",
        "TakenOver",
    ),
    *("InformedUp", "AlertRaised", "SupervisionChanged", "FeedbackRelayed", "MatterReworked"),
    *(
        "MatterSuspended",
        "MatterResumed",
        "OrderMoved",
        "VacancySurfaced",
        "VacancyFilled",
        "ChairBarred",
        "ClockNearing",
        "IdleSurfaced",
        "ProgressTold",
    ),
}
"""Facts of commands that the play does not give: `test_ladder_machine` does. They project as every custody does."""


def test_the_plays_reach_every_kind_of_fact() -> None:
    """Otherwise the property would say less than it seems to."""
    found: set[str] = set()
    seen_late = False
    for seed in range(130):
        play, history = told(seed)
        found |= {type(event).__name__ for _, event in history}
        seen_late |= play.now > START + timedelta(days=20)
    kinds = {
        kind.__name__
        for topic in topics.TOPICS
        for kind in topic.events
        if issubclass(kind, CaseEvent | CustodyEvent | NodeChanged | RegionChanged)
    } - OF_THE_LADDER
    assert kinds <= found
    assert seen_late
