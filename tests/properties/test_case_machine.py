"""A matter between intake and escalation, by their rules alone, with every delay and order that topics allow: I1, I2, I4, I5, I7 of
domain 2.11, and that what fits a state is exactly what is done in it."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.contracts.cases import CaseClass, Outcome, Relation, Stage, SubCategory, Urgency
from services.contracts.clocks import BESIDE_THE_WORK, ClockState
from services.contracts.events.intake import CaseLeft, ClassChanged
from services.contracts.fitting import fitting
from services.contracts.lifecycle import Lifecycle, lifecycle
from services.contracts.organisation import federation_of, rights_department_of
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level
from services.contracts.states import CustodyState, EntryState
from tests.properties.playing import COMMANDS, OTHER, SOLVER, START, STEPS, STRAIGHT, Play, move, refused, running

MATTERS = 2
OF_MORE_THAN_ONE = ("MergeMatter", "UnmergeMatter", "SolveOnSpot")
"""Commands that rest on more than the matter as its owner knows it."""
CLASSES = list(CaseClass)
ON_THE_SPOT = [
    sub
    for sub in SubCategory
    if sub.default.case_class in {CaseClass.C0, CaseClass.C1} and sub.default.urgency is not Urgency.RED
]
CLOCKS = {
    Lifecycle.RESOLVED: {"FEEDBACK"},
    Lifecycle.FEEDBACK_GIVEN: {"CALL_BACK"},
    Lifecycle.CLOSED: set[str](),
}
"""Which clocks run when everyone has heard everything; of SUBMITTED it depends on the acknowledgement."""
BETTER_WORDS = {
    "CloseMatter": {Code.FEEDBACK_FIRST},
    "SolveOnSpot": {Code.NOT_ON_THE_SPOT},
    "AskForInformation": {Code.NOT_WHEN_RED, Code.ASKED_ENOUGH},
    "LowerClass": {Code.STAYS_SEALED},
}
"""Refusals that say more than that the state does not fit."""
BESIDE = {
    "ClearParty": {Code.MALFORMED},
    "MergeMatter": {Code.CLASSES_DO_NOT_MERGE, Code.MASTER_NOT_OPEN},
    "UnmergeMatter": {Code.TOO_LATE_NOW, Code.MASTER_NOT_OPEN},
    "ReopenMatter": {Code.TOO_LATE_NOW},
    "ReviewRejection": {Code.TOO_LATE_NOW},
}
"""Refusals of what fits the state, for its time or for what it needs beside."""


ON_THE_WAY: dict[str, Any] = {
    **dict.fromkeys(("version", "clocks", "windows", "lapse_at", "lapsed", "received_at", "news_at"), True),
    "entries": {"__all__": {"reached_at", "state"}},
}
"""What of a custody tells of the steps that led to it."""


class Matters(RuleBasedStateMachine):
    """Commands, deliveries, clock steps and sweeps in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play()
        self.highest: dict[str, int] = {}
        self.lowered: dict[str, int] = {}
        self.looked_at: dict[str, tuple[object, ...]] = {}
        """What decided of each matter what fits, when that was last tried."""

    def _any(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.play.cases)))

    @precondition(lambda self: len(self.play.cases) < MATTERS)
    @rule(sub=st.sampled_from(SubCategory), urgency=st.none() | st.sampled_from(Urgency))
    def report(self, sub: SubCategory, urgency: Urgency | None) -> None:
        """Reported; the urgency of a private or RED matter is not lowered by its reporter."""
        default, order = sub.default, list(Urgency)
        lowered = urgency is not None and order.index(urgency) > order.index(default.urgency)
        if lowered and (default.urgency is Urgency.RED or default.case_class.private):
            with pytest.raises(Refused) as caught:
                self.play.report(sub, urgency)
            assert caught.value.code is Code.URGENCY_NOT_YOURS
        else:
            self.play.report(sub, urgency, Relation.ANOTHERS)

    @initialize(subs=st.lists(st.sampled_from(ON_THE_SPOT), min_size=1, max_size=2))
    def begin(self, subs: list[SubCategory]) -> None:
        """Matters that can go all the way."""
        for sub in subs:
            self.play.report(sub)

    @rule(seed=st.integers(0, 2**32), moves=st.integers(30, 120))
    def life_goes_on(self, seed: int, moves: int) -> None:
        """Many moves that fit, in any order, everything checked after each."""
        random = Random(seed)
        for _ in range(moves):
            move(self.play, random, MATTERS)
            self._check()

    def _check(self) -> None:
        self.one_holder_and_a_running_clock()
        self.no_case_closes_unanswered()
        self.nobody_calls_back_her_own_work()
        self.the_class_never_falls()
        self.what_is_merged_is_no_more_open_than_its_matter()
        self.exactly_what_fits_is_done()

    @rule(data=st.data())
    def ask_what_fits(self, data: st.DataObject) -> None:
        """A command that fits, with arguments that a caller may well send."""
        play, case_id = self.play, self._any(data)
        fit = [
            command
            for command in COMMANDS
            if play.fits(command, case_id) and (command in STRAIGHT or not play.too_late(command, case_id))
        ]
        if not fit:
            return
        command = data.draw(st.sampled_from(fit))
        args: dict[str, bool | str] = {}
        if command in {"RateMatter", "CallBack"}:
            args["solved"] = data.draw(st.booleans())
        if command == "CallBack":
            args["reached"] = data.draw(st.booleans())
        if command == "SolveOnSpot":
            args["worker"] = data.draw(st.sampled_from([SOLVER, OTHER]))
        play.do(command, case_id, **args)

    @precondition(lambda self: bool(self.play.lanes))
    @rule(data=st.data(), facts=st.integers(1, 4))
    def deliver(self, data: st.DataObject, facts: int) -> None:
        """Some reader hears something."""
        for _ in range(facts):
            if self.play.lanes:
                self.play.deliver(data.draw(st.sampled_from(sorted(self.play.lanes))))

    @rule(seconds=st.sampled_from(STEPS))
    def time_passes(self, seconds: int) -> None:
        """The clock moves, or stands still."""
        self.play.now += timedelta(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        """What is due is flagged; nothing else of a custody changes: not its holder, its level or its windows."""
        before = dict(self.play.custodies)
        self.play.sweep()
        for case_id, custody in before.items():
            after = self.play.custodies[case_id]
            assert (after.holder, after.level) == (custody.holder, custody.level)
            assert set(after.entries) >= set(custody.entries), "a level may come to know of it, no more"
            assert {clock.model_copy(update={"overdue": False, "nearing": False}) for clock in after.clocks} >= {
                clock.model_copy(update={"overdue": False, "nearing": False})
                for clock in custody.clocks
                if clock.stage not in BESIDE_THE_WORK
            }, "and owe something of its own; no clock of the work moves"
        told = len(self.play.history)
        self.play.sweep()
        assert len(self.play.history) == told, "a second sweep at the same moment finds nothing"

    @rule(one=st.integers(0, 2**16), two=st.integers(0, 2**16))
    def every_order_ends_alike(self, one: int, two: int) -> None:
        """Drained in two orders, the rooms come to the same end, and agree."""
        first, second = self.play.copy(), self.play.copy()
        first.drain(Random(one))
        second.drain(Random(two))
        assert first.cases == second.cases
        crossed = {event.key for _, event in self.play.history if isinstance(event, CaseLeft | ClassChanged)}
        for case_id in first.custodies:
            # Of a matter whose class moved, facts of the slower topic may have been passed over: fewer steps, windows of other levels
            # and times of reaching them on the way, to the same end.
            ends = [
                play.custodies[case_id].model_dump(exclude=ON_THE_WAY if case_id in crossed else None)
                for play in (first, second)
            ]
            assert ends[0] == ends[1]
            assert running(first.custodies[case_id]) == running(second.custodies[case_id])
        assert first.dockets == second.dockets
        for case_id, case in first.cases.items():
            custody = first.custodies[case_id]
            assert case.stage.ended == (custody.closed_at is not None) == (custody.holder is None)
            state = lifecycle(case, None, custody)
            sealed = case.case_class is CaseClass.C3
            if state is Lifecycle.SUBMITTED:
                assert running(custody) == ({"TRIAGE"} if case.acknowledged_at else {"ACK", "TRIAGE"})
            elif state is Lifecycle.RETURNED_FOR_INFO:
                assert running(custody) <= {"INFORMATION"}
            elif state in {Lifecycle.ACCEPTED, Lifecycle.IN_ACTION, Lifecycle.ESCALATED}:
                assert {"WINDOW"} <= running(custody) <= {"WINDOW", "COUNCIL", "UPPER_ACTION", "FIRST_ACTION"}
            elif not sealed or case.stage.ended:
                assert running(custody) == CLOCKS.get(state, set())
            assert first.heard_custody[case_id] == custody.public()
            assert first.heard_case[case_id] == case.public()

    @invariant()
    def one_holder_and_a_running_clock(self) -> None:
        """I1, I2: from the moment that escalation has heard of it until it is closed; before, the holder follows by rule."""
        for case_id, custody in self.play.custodies.items():
            case = self.play.cases[case_id]
            if custody.closed_at is not None:
                assert (custody.holder, custody.clock, custody.lapse_at) == (None, None, None)
                continue
            sealed = custody.case_class is CaseClass.C3
            # The third reopening goes a level up, and what was sealed once stays with the county when its class is lowered again.
            levels = {federation_of(case.village[: level.width]) for level in Level}
            rights = rights_department_of(case.village[:6])
            assert custody.holder in ({rights} | levels if sealed or case_id in self.play.lowered else levels)
            known = self.play.heard_case[case_id]
            assert custody.clock is not None
            paused = any(clock.state is ClockState.PAUSED for clock in custody.clocks)
            assert not paused or known.stage is Stage.RETURNED_FOR_INFO, "nothing else pauses a clock here"
            done = any(entry.state is EntryState.RESOLVED_HERE for entry in custody.entries)
            assert done == (custody.resolved_at is not None), "a level that works again has not resolved"

    @invariant()
    def no_case_closes_unanswered(self) -> None:
        """I4: feedback, or it is on record that nobody could be reached."""
        for case in self.play.cases.values():
            if case.stage is Stage.CLOSED:
                assert case.outcome is not None
                assert case.feedback_at is not None or case.outcome is Outcome.NO_RESPONSE
            if case.stage is Stage.REJECTED:
                assert case.rejected_for is not None
            if case.stage is Stage.MERGED:
                master = self.play.cases[case.merged_into or ""]
                assert set(case.everyone) <= set(master.everyone), "each is answered with the other matter"

    @invariant()
    def nobody_calls_back_her_own_work(self) -> None:
        """I5: whoever worked on it, whenever, is refused."""
        for case_id, custody in self.play.custodies.items():
            if self.play.fits("CallBack", case_id):
                assert custody.workers
                for worker in custody.workers:
                    with pytest.raises(Refused) as caught:
                        self.play.of_intake("CallBack", case_id, worker=worker)
                    assert caught.value.code is Code.OWN_WORK

    @invariant()
    def the_class_never_falls(self) -> None:
        """I7; and what events carry of it keeps within its class (design 3)."""
        for case_id, case in self.play.cases.items():
            rank = CLASSES.index(case.case_class)
            by_hand = self.play.lowered.get(case_id, 0) > self.lowered.get(case_id, 0)
            assert rank >= self.highest.get(case_id, 0) or by_hand
            self.highest[case_id], self.lowered[case_id] = rank, self.play.lowered.get(case_id, 0)
            told = case.public()
            assert (told.sub_category is not None) == (case.case_class in {CaseClass.C0, CaseClass.C1})
            if case.case_class is CaseClass.C3:
                assert (len(told.region), told.number) == (6, "")

    @invariant()
    def what_is_merged_is_no_more_open_than_its_matter(self) -> None:
        """I6, domain 1.4: the same parties, no lower a class, the same circle."""
        for case in self.play.cases.values():
            if case.stage is not Stage.MERGED:
                continue
            master = self.play.cases[case.merged_into or ""]
            assert set(case.parties) == set(master.parties)
            assert case.case_class >= master.case_class
            assert not set(case.circle) & set(case.parties)
            if case.case_class is master.case_class:
                assert (set(case.circle), case.dismissed) == (set(master.circle), master.dismissed)

    @invariant()
    def exactly_what_fits_is_done(self) -> None:
        """Every command, with legal arguments: done if the state names it, refused by name if not."""
        for case_id, case in self.play.cases.items():
            known, custody = self.play.heard_case.get(case_id), self.play.custodies.get(case_id)
            heard: CustodyState | None = self.play.heard_custody.get(case_id)
            rests_on = (case, heard, known, custody, self.play.now)
            looked_at, self.looked_at[case_id] = self.looked_at.get(case_id), rests_on
            # Of a matter to which nothing happened the same comes out.
            unmoved = looked_at is not None and all(a is b for a, b in zip(looked_at, rests_on, strict=True))
            fits_intake, fits_escalation = fitting(case, heard), fitting(known, custody) if known else ()
            for command in OF_MORE_THAN_ONE if unmoved else COMMANDS:
                if command == "SolveOnSpot" and known is None:
                    continue
                allowed = fits_escalation if command == "SolveOnSpot" else fits_intake
                refusal = refused(self.play, command, case_id)
                if command in allowed and command not in STRAIGHT and self.play.too_late(command, case_id):
                    # Merged with itself, for want of another: alike, but where the state is not that of one to be merged with.
                    assert refusal is None if refusal is None else refusal.code in BESIDE[command], (command, refusal)
                elif command in allowed:
                    assert refusal is None, (command, allowed, str(refusal))
                else:
                    assert refusal is not None, (command, allowed)
                    assert refusal.code in {Code.STATE_DOES_NOT_FIT, *BETTER_WORDS.get(command, ())}
                    assert refusal.body.allowed == allowed

    def teardown(self) -> None:
        """Whatever was on the way when the play stopped."""
        self.every_order_ends_alike(1, 2)


TestMatters = Matters.TestCase
TestMatters.settings = settings(max_examples=60, stateful_step_count=15, deadline=None, derandomize=True)


def test_a_matter_done_again_in_the_same_moment_is_resolved() -> None:
    """Clocks of two services are never compared: it is counted how often the reporter said no, not when."""
    play = Play()
    case_id = play.report(SubCategory.PUBLIC_FACILITY)
    play.drain(Random(0))
    play.do("AcceptMatter", case_id)
    play.drain(Random(0))
    for solved in (False, True):
        play.do("SolveOnSpot", case_id)
        play.drain(Random(0))
        assert fitting(play.cases[case_id], play.heard_custody[case_id])[0] == "GiveFeedback"
        play.do("GiveFeedback", case_id)
        play.do("RateMatter", case_id, solved=solved)
        play.drain(Random(0))
    assert play.now == START
    assert play.cases[case_id].outcome is Outcome.SOLVED


def test_a_matter_that_nobody_has_to_call_back_closes_by_itself_and_urges_nobody() -> None:
    """GREEN and not drawn: at the end of its 15 working days it lapses, which is no delay of anybody's (domain 3.3)."""
    play = Play()
    ids = [play.report(SubCategory.SUGGESTION) for _ in range(30)]
    for command in ("AcceptMatter", "SolveOnSpot", "GiveFeedback"):
        play.drain(Random(0))
        for case_id in ids:
            play.do(command, case_id)
    play.drain(Random(0))
    undrawn = {case_id for case_id in ids if play.custodies[case_id].clock.due_at == play.custodies[case_id].lapse_at}  # type: ignore[union-attr]
    assert 10 < len(undrawn) < 30, "one in five is drawn"
    play.now += timedelta(days=40)
    play.sweep()
    play.drain(Random(0))
    play.sweep()
    urged = {event.key for _, event in play.history if type(event).__name__ == "ClockOverdue"}
    assert urged == set(ids) - undrawn
    assert {case.outcome for case in play.cases.values()} == {Outcome.SOLVED}
    lapsed = [event.key for _, event in play.history if type(event).__name__ == "CallBackLapsed"]
    assert sorted(lapsed) == sorted(ids)
