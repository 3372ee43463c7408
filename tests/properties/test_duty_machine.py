"""Duties beside the work by their rules alone (domain 2.11, 3.3): whatever becomes of a matter, each begins once, moves by nothing, is told
of once, and what was done is done; until the matter is opened again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.cases import CaseClass, Stage, SubCategory, Urgency, names_one
from services.contracts.clocks import DUTIES, ClockStage, ClockState
from services.contracts.council import DecisionRule, ItemStage, ItemState, ResolutionStage, ResolutionState
from services.contracts.events.escalation import ClockOverdue, CustodyEvent
from services.contracts.ladder import ActionType, PassUpReason
from services.contracts.refusals import Refused
from services.contracts.regions import Level
from services.contracts.states import DocketStage, DocketState
from services.escalation.limits_file import load
from services.escalation.rules import acting, following, ladder, timing
from services.escalation.rules.custody import Facts, Moved
from services.escalation.rules.limits import Rules
from tests.properties.playing import RULES, SECRET, START, VILLAGE
from tests.properties.test_ladder_machine import NODES, WORKER, a_case, opened

S, A = SubCategory, ActionType
OWING = (S.SAFETY_HAZARD, S.VICTIM_FAMILY_AID, S.ELDER_CARE, S.MEDICAL_HARDSHIP, S.DISABILITY_SERVICE, S.WAGES)
AGAIN = {ClockStage.SHELTER_ACTION, ClockStage.BARRIER}
"""Owed again where an item turns out not to be done, or the matter is urgent once more."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Rules]:
    """The rules of a city that has changed its duties. (A function, for Hypothesis writes out what it is given.)"""
    folder: Path = tmp_path_factory.mktemp("limits")
    longer = "VICTIM_FAMILY_AID: {visit: none, plan: 9wd, voice_contact: 0wd}"
    (folder / f"limits.{VILLAGE[:4]}.yaml").write_text(f"overrides: {{{longer}, SAFETY_HAZARD: {{plan: 0wd}}}}")
    rules = load(folder).of(VILLAGE)
    return lambda: rules


class Walk:
    """A matter that anything may happen to, and what was seen of its duties since it was last opened."""

    def __init__(self, seed: int, sub: SubCategory, other: Rules) -> None:
        self.random, self.now, self.sub = Random(seed), START, sub
        self.other = other
        self.rules = RULES
        self.case = a_case(sub=sub, urgency=self.random.choice(list(Urgency)))
        self.docket = DocketState(case_id=self.case.case_id, version=0)
        self.custody = opened(self.facts)
        self.dues: dict[ClockStage, tuple[datetime, datetime]] = {}
        self.late: set[ClockStage] = set()
        self.told: list[ClockStage] = []
        self.ended: set[ClockStage] = set()
        self.settled = {ClockStage.SHELTER_ACTION, *self.running}
        self.look()

    @property
    def facts(self) -> Facts:
        return Facts(self.case, self.rules, SECRET, self.now)

    @property
    def running(self) -> set[ClockStage]:
        """The duties that run."""
        return {clock.stage for clock in self.custody.clocks if clock.state is ClockState.RUNNING} & DUTIES

    def step(self) -> None:
        self.now += timedelta(seconds=self.random.choice((1, 60, 3600, 86400)))
        moves: list[Callable[[], None]] = [self.sweep, self.act, self.ladder, self.urgency, self.confide, self.council]
        self.random.choice([*moves, *moves, self.merge, self.reopen, self.file])()
        self.look()

    def look(self) -> None:
        """What may never change while it is open."""
        for clock in self.custody.clocks:
            if clock.stage not in DUTIES:
                continue
            if clock.state is ClockState.STOPPED:
                self.ended |= {clock.stage} - AGAIN
            else:
                assert clock.stage in self.settled, "what it owes is settled"
                assert clock.stage not in self.ended, "done is done"
                assert self.dues.setdefault(clock.stage, (clock.started_at, clock.due_at)) == (
                    clock.started_at,
                    clock.due_at,
                )
                assert clock.overdue or clock.stage not in self.late, "late is late"
                self.late |= {clock.stage} if clock.overdue else set()
        hidden = self.case.profile == "default" != self.sub.profile
        shown = {clock.stage for clock in self.custody.public().clocks if clock.stage in DUTIES}
        assert shown <= ({ClockStage.DUTY} if hidden else DUTIES - {ClockStage.DUTY})

    def take(self, moved: Moved) -> None:
        self.custody, _ = moved

    def follow(self, **changes: object) -> None:
        self.case = self.case.model_copy(update={"version": self.case.version + 1, **changes})
        self.take(following.follow(self.custody, self.facts))

    def sweep(self) -> None:
        for what, at in timing.dues(self.custody, self.facts).items():
            if at < self.now:
                before, events = self.custody, tuple[CustodyEvent, ...]()
                self.custody, events = timing.come(self.custody, what, self.facts)
                if events and isinstance(events[0], ClockOverdue) and events[0].stage in DUTIES:
                    [stage] = {
                        clock.stage
                        for clock, was in zip(self.custody.clocks, before.clocks, strict=True)
                        if clock.overdue != was.overdue
                    }
                    self.told.append(stage)
        assert len(set(self.told)) == len(self.told), "once"

    def act(self) -> None:
        action = self.random.choice((A.VISIT, A.GUIDANCE, A.FUND_PLEDGE, A.CALL, A.SUPERVISE))
        by = NODES[self.custody.level]
        self.attempt(lambda: acting.record_action(self.custody, self.facts, by, action, WORKER, reached=False))

    def ladder(self) -> None:
        level = self.custody.level
        above = self.random.choice([each for each in Level if each.width < level.width] or [level])
        move = self.random.choice(
            (
                lambda: ladder.inform_up(self.custody, self.facts, NODES[level], above),
                lambda: ladder.take_over(self.custody, self.facts, NODES[above]),
                lambda: ladder.return_down(self.custody, self.facts, NODES[level], None),
                lambda: ladder.pass_up(
                    self.custody, self.facts, NODES[level], PassUpReason.NO_COMPETENCE, legal_note=True, signed=True
                ),
                lambda: ladder.receive(self.custody, self.facts, NODES[above]),
            )
        )
        self.attempt(move)

    def attempt(self, move: Callable[[], Moved]) -> None:
        try:
            self.take(move())
        except Refused:
            return

    def urgency(self) -> None:
        self.follow(urgency=self.random.choice(list(Urgency)))

    def confide(self) -> None:
        """As intake tells a class."""
        to = self.random.choice((CaseClass.C1, CaseClass.C2))
        hides = to is CaseClass.C2 and names_one(self.sub.profile, self.case.category)
        self.follow(case_class=to, profile="default" if hides else self.sub.profile)

    def council(self) -> None:
        stage = self.random.choice(tuple(ItemStage))
        verified = self.now if stage is ItemStage.VERIFIED else None
        by = NODES[Level.VILLAGE]
        item = ItemState(
            id=f"i_{1:026d}", stage=stage, by=by, assigned_at=self.now, due_at=self.now, verified_at=verified
        )
        plan = ResolutionState(
            id=f"r_{1:026d}",
            session_id=f"s_{1:026d}",
            stage=self.random.choice(tuple(ResolutionStage)),
            adopted_at=self.now,
            decided_by=DecisionRule.VOTE,
        )
        parts = {"items": (item,), "resolutions": (plan,) if self.random.random() < 0.3 else ()}
        docket = {"version": self.docket.version + 1, "stage": self.random.choice(tuple(DocketStage)), **parts}
        self.docket = self.docket.model_copy(update=docket)
        self.take(following.follow_docket(self.custody, self.docket, self.facts))

    def merge(self) -> None:
        stage = self.case.stage
        self.follow(stage=Stage.MERGED)
        self.now += timedelta(hours=1)
        self.follow(stage=stage)

    def reopen(self) -> None:
        """What the council had done before is heard of again, and counts no more; every duty begins anew."""
        self.follow(stage=Stage.WITHDRAWN)
        self.now += timedelta(hours=1)
        self.follow(stage=Stage.ACCEPTED, reopens=self.case.reopens + 1, reopened_at=self.now)
        running = self.running
        self.take(following.follow_docket(self.custody, self.docket, self.facts))
        assert self.running == running
        self.dues, self.late, self.told, self.ended = {}, set(), [], set()
        self.settled = {ClockStage.SHELTER_ACTION, *running}

    def file(self) -> None:
        self.rules = self.random.choice((RULES, self.other))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), sub=st.sampled_from(OWING))
def test_a_duty_begins_once_moves_by_nothing_and_what_was_done_is_done(
    changed: Callable[[], Rules], seed: int, sub: SubCategory
) -> None:
    walk = Walk(seed, sub, changed())
    for _ in range(80):
        walk.step()
