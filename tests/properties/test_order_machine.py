"""A work order by its rules alone, in both directions: what fits is done, what does not is refused by name with what fits (I5, I11, I14 of
domain 2.11, and the ladder of supervision, which never goes back)."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.contracts.callers import Caller, Grant, Target
from services.contracts.cases import CaseClass, Outcome, Stage, Urgency
from services.contracts.clocks import ClockState
from services.contracts.commands.orders import DEPARTMENTS, ISSUERS
from services.contracts.events.intake import CaseCalledBack, CaseClosed, FeedbackGiven
from services.contracts.fitting import fitting_order
from services.contracts.ladder import SuspendReason
from services.contracts.orders import (
    OrderClockStage,
    OrderResult,
    OrderRole,
    OrderStage,
    PauseReason,
    Rest,
    Supervision,
)
from services.contracts.organisation import Role, federation_of
from services.contracts.permissions import acting_grant
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level
from services.contracts.states import CaseState
from services.escalation.rules import order_clocks as clocks
from services.escalation.rules import order_ends as ends
from services.escalation.rules import order_fate as fate
from services.escalation.rules import orders as rules
from services.escalation.rules.calendar import NOTHING
from services.escalation.rules.order_clocks import WorkOrder
from services.escalation.rules.orders import Moved
from tests.properties.playing import RULES, START, STEPS, VILLAGE

COUNTY = VILLAGE[:6]
BY = federation_of(COUNTY)
DEPARTMENT = f"n_dept-water-{COUNTY}"
WORKER, OTHER = "50173e" * 4, "07e4a0" * 4
CASE = "2101-01JD2Z7Y3W8V5T4S3R2Q1P0N9M"
ORDER = "o_2101-01JD2Z7Y3W8V5T4S3R2Q1P0N9M"
COMMANDS = [command.command_name() for command in (*DEPARTMENTS, *ISSUERS)]
BETTER = {
    "ObjectToOrder": {Code.NO_OBJECTION},
    "RequestExtension": {Code.NO_EXTENSION},
    "MarkNotApplicable": {Code.CO_ONLY},
    "VerifyOrder": {Code.OWN_WORK},
    "GiveArt73Opinion": {Code.NOT_YET},
    "RequestInspection": {Code.NOT_YET, Code.OPINION_FIRST},
    "PauseOrder": {Code.NO_PAUSE, Code.NOT_WHEN_RED},
    "ReportDone": {Code.CO_ORDERS_OPEN},
    "ExplainImpossible": {Code.CO_ORDERS_OPEN},
    "DecideExtension": {Code.NO_EXTENSION},
}
"""Refusals that say more than that the state does not fit."""
LAST = frozenset({"ReportDone", "ExplainImpossible", "MarkNotApplicable", "ReworkOrder"})
"""Played less often, so that the play does not go round in them alone."""
SURE = frozenset(COMMANDS) - set(BETTER)
"""Commands that are done whenever they fit."""


def an_order(urgency: Urgency, role: OrderRole = OrderRole.LEAD, *, letter: bool = False) -> WorkOrder:
    """Issued by the county at the start of the play."""
    return rules.issue(
        ORDER,
        CASE,
        region=VILLAGE,
        issuer=BY,
        issuer_region=COUNTY,
        department=DEPARTMENT,
        role=role,
        joint=None,
        letter=letter,
        urgency=urgency,
        profile="default",
        rules=RULES,
        now=START,
    )[0]


def ask(
    command: str, order: WorkOrder, now: datetime, *, days: int = 1, worker: str = WORKER, yes: bool = True
) -> Moved:
    """The command, with arguments that its caller may well send."""
    match command:
        case "SignOrder":
            return rules.sign(order, RULES, now)
        case "ObjectToOrder":
            return rules.object_to(order, RULES, now)
        case "RequestExtension":
            return rules.ask_extension(order, days, RULES, now)
        case "ReportProgress":
            return rules.progress(order, worker, RULES, now)
        case "ReportDone":
            return rules.report(order, OrderResult.DONE, (), worker, RULES, now)
        case "ExplainImpossible":
            return rules.report(order, OrderResult.EXPLAINED, (), worker, RULES, now)
        case "MarkNotApplicable":
            return rules.not_applicable(order, RULES, now)
        case "ReissueOrder":
            return ends.reissued(order, ORDER, BY, now)
        case "DesignateOrder":
            return rules.designate(order, BY, RULES, now)
        case "DecideExtension":
            return rules.decide_extension(order, yes, BY, RULES, now)
        case "VerifyOrder":
            return rules.verify(order, BY, worker, now)
        case "ReworkOrder":
            return rules.rework(order, BY, RULES, now)
        case "UrgeOrder":
            return rules.urge(order, BY, now)
        case "SuperviseOrder":
            return rules.supervise(order, BY, now)
        case "GiveArt73Opinion":
            return rules.give_opinion(order, BY, Level.COUNTY, True, RULES, now)
        case "RequestInspection":
            return rules.request_inspection(order, BY, Level.COUNTY, True, now, inadequate=yes)
        case "PauseOrder":
            return rules.pause(order, PauseReason.SEASONAL, BY, RULES, now)
        case "ResumeOrder":
            return rules.go_on(order, BY, RULES, now)
        case _:
            return ends.cancel(order, (), BY, now)


def tried(command: str, order: WorkOrder, now: datetime, **args: Any) -> Moved | Refused:
    """What came of it."""
    try:
        return ask(command, order, now, **args)
    except Refused as refused:
        return refused


class Orders(RuleBasedStateMachine):
    """Commands of both sides, time, and the matter's own end, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.order = an_order(Urgency.YELLOW)
        self.highest = Supervision.NONE

    @initialize(urgency=st.sampled_from(Urgency), role=st.sampled_from(OrderRole), letter=st.booleans())
    def begin(self, urgency: Urgency, role: OrderRole, letter: bool) -> None:
        """Any kind of order."""
        self.order = an_order(urgency, role, letter=letter)

    def _take(self, moved: Moved) -> None:
        before = self.order
        self.order, told = moved
        versions = [fact.order.version for fact in told]
        assert versions == list(range(before.version + 1, before.version + 1 + len(told))), "one version a fact"
        assert not told or told[-1].order == self.order.public()

    @rule(data=st.data(), days=st.integers(1, 12), yes=st.booleans(), worker=st.sampled_from([WORKER, OTHER]))
    def ask_what_fits(self, data: st.DataObject, days: int, yes: bool, worker: str) -> None:
        """Something that fits."""
        fit = [name for name in fitting_order(self.order, self.now) if name not in {"CancelOrder", "ReissueOrder"}]
        if fit:
            command = data.draw(st.sampled_from(fit))
            moved = tried(command, self.order, self.now, days=days, yes=yes, worker=worker)
            if isinstance(moved, Refused):
                assert moved.code in BETTER.get(command, set()), (command, moved.code)
            else:
                self._take(moved)

    @rule(seed=st.integers(0, 2**32), moves=st.integers(20, 60))
    def life_goes_on(self, seed: int, moves: int) -> None:
        """Many moves that fit, in any order, everything checked after each."""
        random = Random(seed)
        for _ in range(moves):
            fit = [name for name in fitting_order(self.order, self.now) if name not in {"CancelOrder", "ReissueOrder"}]
            if fit and random.random() < 0.6:
                days, yes, worker = random.randint(1, 6), random.random() < 0.5, random.choice([WORKER, OTHER])
                weights = [1 if name in LAST else 5 for name in fit]
                command = random.choices(fit, weights)[0]
                moved = tried(command, self.order, self.now, days=days, yes=yes, worker=worker)
                if not isinstance(moved, Refused):
                    self._take(moved)
            elif random.random() < 0.1:
                self.rest_or_go_on()
            elif random.random() < 0.7:
                self.now += timedelta(seconds=random.choice(STEPS[:7]))
            else:
                self.sweep()
            self.exactly_what_fits_is_done()
            self.pauses_are_capped()
            self.clocks_are_as_the_stage_says()
            self.supervision_never_goes_back()

    @rule(command=st.sampled_from(["CancelOrder", "ReissueOrder"]), chance=st.integers(0, 9))
    def end(self, command: str, chance: int) -> None:
        """Seldom, so that the play goes on."""
        if chance == 0 and command in fitting_order(self.order, self.now):
            self._take(ask(command, self.order, self.now))

    @rule(seconds=st.sampled_from(STEPS))
    def time_passes(self, seconds: int) -> None:
        """The clock moves, or stands still."""
        self.now += timedelta(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        """What is due happens once; a second sweep at the same moment finds nothing."""
        for _ in range(20):
            due = [each for each in clocks.to_come(self.order, RULES) if each.at < self.now]
            if not due:
                break
            before = self.order
            self._take(fate.come(self.order, min(due, key=lambda each: each.at).what, RULES, self.now))
            assert self.order != before, "what was due is done"
        assert not [each for each in clocks.to_come(self.order, RULES) if each.at < self.now]

    @rule()
    def rest_or_go_on(self) -> None:
        """The matter is suspended, or resumed; of what is urged and what is late nothing changes by it."""
        if self.order.urgency is Urgency.RED:
            return
        before, until = self.order, self.now + timedelta(days=30)
        its = None if before.rest else Rest(reason=SuspendReason.SEASONAL, since=self.now, until=until)
        self._take(fate.rest(before, its, None, RULES, self.now))
        assert self.order.rest == (None if before.stage.settled else its)
        assert self.order.stage is before.stage
        assert self.order.supervision is before.supervision
        assert {clock.stage for clock in self.order.clocks if clock.overdue} == {
            clock.stage for clock in before.clocks if clock.overdue
        }

    @rule(urgency=st.sampled_from([Urgency.ORANGE, Urgency.RED]), chance=st.integers(0, 2))
    def more_urgent(self, urgency: Urgency, chance: int) -> None:
        """The matter became more urgent: what runs is due no later than before."""
        if chance:
            return
        before = {clock.stage: clock.due_at for clock in self.order.clocks if clock.state is ClockState.RUNNING}
        case = a_case(Stage.ACCEPTED).model_copy(update={"urgency": urgency})
        heard = CaseCalledBack(at=self.now, case=case, by=BY, reached=False)
        self._take(fate.follow(self.order, heard, RULES, self.now))
        for clock in self.order.clocks:
            assert clock.stage not in before or clock.due_at <= before[clock.stage]
        if urgency is Urgency.RED:
            assert self.order.rest is None
            assert self.order.stage is not OrderStage.PAUSED

    @rule(solved=st.booleans(), chance=st.integers(0, 4))
    def called_back(self, solved: bool, chance: int) -> None:
        """The reporter was asked: satisfied, or back to work."""
        if self.order.stage is not OrderStage.VERIFIED or chance:
            return
        heard = CaseCalledBack(at=self.now, case=a_case(Stage.ACCEPTED, solved=solved), by=BY, reached=True)
        moved = fate.follow(self.order, heard, RULES, self.now)
        again = not solved and self.order.result is OrderResult.DONE
        expected = OrderStage.CALLED_BACK if solved else OrderStage.REWORK if again else OrderStage.VERIFIED
        assert moved[0].stage is expected
        self._take(moved)

    @invariant()
    def exactly_what_fits_is_done(self) -> None:
        """Both directions, for every command of either side."""
        allowed = fitting_order(self.order, self.now)
        for command in COMMANDS:
            moved = tried(command, self.order, self.now, worker=OTHER)
            if not isinstance(moved, Refused):
                assert command in allowed, f"{command} was done and not named"
                continue
            assert command not in SURE or command not in allowed, (command, moved.code)
            assert moved.code in {Code.ORDER_DOES_NOT_FIT, *BETTER.get(command, set())}, (command, moved.code)
            if moved.code is not Code.OWN_WORK:
                assert moved.body.allowed == allowed

    @invariant()
    def nobody_verifies_her_own_work(self) -> None:
        """I5."""
        if self.order.stage is OrderStage.REPORTED_DONE:
            for worker in self.order.workers:
                with pytest.raises(Refused) as caught:
                    rules.verify(self.order, BY, worker, self.now)
                assert caught.value.code is Code.OWN_WORK

    @invariant()
    def pauses_are_capped(self) -> None:
        """I14: all pauses of a window together give at most the window once more."""
        for window in self.order.windows.values():
            assert NOTHING <= window.paused <= window.window

    @invariant()
    def clocks_are_as_the_stage_says(self) -> None:
        """No clock of a letter; none that runs when it has ended, is paused or rests; one that runs while anybody owes anything."""
        running = {clock.stage for clock in self.order.clocks if clock.state is ClockState.RUNNING}
        if self.order.letter:
            assert not self.order.clocks
            return
        stage = self.order.stage
        if stage.settled or stage is OrderStage.PAUSED or self.order.rest is not None:
            assert not running
            assert self.order.rest is None or not list(clocks.to_come(self.order, RULES))
        elif stage is OrderStage.OBJECTED:
            assert running == {OrderClockStage.OBJECTION_ANSWER}
        elif stage is OrderStage.REPORTED_DONE:
            assert OrderClockStage.VERIFY in running
        else:
            assert OrderClockStage.COMPLETE in running
        assert (stage is OrderStage.EXTENSION_REQUESTED) == (self.order.days_asked is not None) or stage.ended

    @invariant()
    def supervision_never_goes_back(self) -> None:
        """And an order is objected to once at most."""
        assert self.order.supervision.at_least(self.highest) is self.order.supervision
        self.highest = self.order.supervision
        if self.order.designated or self.order.reworks or self.order.objected:
            assert not self.order.may_object(self.now)

    def teardown(self) -> None:
        """However it stands, the end of its matter ends it, whichever end that is; what was done stays done."""
        ends = [a_case(stage) for stage in Stage if stage.ended]
        for case in (*ends, a_case(Stage.ACCEPTED, case_class=CaseClass.C3)):
            closed = CaseClosed(at=self.now, case=case, outcome=Outcome.SOLVED)
            ended, _ = fate.follow(self.order, closed, RULES, self.now)
            assert ended.stage.ended
            assert self.order.stage.ended or (ended.stage is OrderStage.CLOSED) == self.order.stage.settled
            assert not list(clocks.to_come(ended, RULES))
            assert fate.follow(ended, closed, RULES, self.now) == (ended, ())


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=60, stateful_step_count=12, deadline=None, derandomize=True)


def a_case(stage: Stage, *, solved: bool | None = None, case_class: CaseClass = CaseClass.C0) -> CaseState:
    """The matter, as intake tells it."""
    return CaseState.model_validate(
        {
            "case_id": CASE,
            "version": 9,
            "number": "",
            "region": VILLAGE,
            "case_class": case_class,
            "category": "GOVERNANCE",
            "urgency": Urgency.YELLOW,
            "stage": stage,
            "submitted_at": START,
            "solved": solved,
        }
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), urgency=st.sampled_from(Urgency))
def test_a_matter_that_is_sealed_or_answered_leaves_no_open_order(seed: int, urgency: Urgency) -> None:
    random, order, now = Random(seed), an_order(urgency), START
    for _ in range(random.randint(0, 6)):
        now += timedelta(seconds=random.choice(STEPS[:5]))
        fit = fitting_order(order, now)
        if fit:
            try:
                order, _ = ask(random.choice(fit), order, now)
            except Refused:
                continue
    sealed, _ = fate.follow(
        order, FeedbackGiven(at=now, case=a_case(Stage.FEEDBACK_GIVEN), by=BY, method="APP"), RULES, now
    )
    assert sealed.stage.settled
    raised, _ = fate.follow(
        order,
        CaseClosed(at=now, case=a_case(Stage.ACCEPTED, case_class=CaseClass.C3), outcome=Outcome.SOLVED),
        RULES,
        now,
    )
    assert raised.stage.ended


@given(node=st.sampled_from(["n_dept-water-210103", "n_dept-heating-210103", "n_dept-water-2101"]))
def test_a_department_moves_its_own_orders_alone(node: str) -> None:
    """I11 at the door: the reach of a department is its own order, whatever the class, unless its liaison is a party."""
    liaison = Caller(member="m_liaison", grants=(Grant(role=Role.LIAISON, node=node, region=node.rpartition("-")[2]),))
    for case_class in CaseClass:
        target = Target(region=VILLAGE, holder=BY, department=DEPARTMENT, case_class=case_class)
        barred = target.model_copy(update={"barred": ("m_liaison",)})
        for command in (*DEPARTMENTS, *ISSUERS):
            may = acting_grant(liaison, command.command_name(), target) is not None
            assert may == (command in DEPARTMENTS and node == DEPARTMENT)
            assert acting_grant(liaison, command.command_name(), barred) is None


def test_the_time_of_a_rework_is_half_and_never_less_than_a_working_day() -> None:
    for urgency, expected in (
        (Urgency.RED, "1wd"),
        (Urgency.ORANGE, "2wd"),
        (Urgency.YELLOW, "3wd"),
        (Urgency.GREEN, "5wd"),
    ):
        order, _ = rules.sign(an_order(urgency), RULES, START)
        order, _ = rules.report(order, OrderResult.DONE, (), WORKER, RULES, START)
        once, _ = rules.rework(order, BY, RULES, START)
        assert str(once.windows[OrderClockStage.COMPLETE].limit) == expected
        again, _ = rules.report(once, OrderResult.DONE, (), WORKER, RULES, START)
        twice, told = rules.rework(again, BY, RULES, START)
        assert str(twice.windows[OrderClockStage.COMPLETE].limit) == expected
        assert (twice.supervision, [fact.step.value for fact in told]) == (
            Supervision.SUPERVISED,
            ["REWORKED", "SUPERVISED"],
        )
