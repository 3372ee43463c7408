"""The ladder by its rules alone (domain 2.4, 2.11): whoever presses what and when, one node holds the matter, a clock runs, no level passes
on what it has not touched, and it ends in an answer."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.cases import CaseClass, Outcome, Stage, SubCategory, Urgency
from services.contracts.clocks import ClockStage, ClockState
from services.contracts.events.escalation import ClockNearing, ClockOverdue, CustodyEvent, CustodyReopened, PassedUp
from services.contracts.fitting import fitting
from services.contracts.ladder import ActionType, PassUpReason, RefusalReason, SuspendReason
from services.contracts.lifecycle import is_resolved, relay_owed
from services.contracts.organisation import federation_of
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, at_level
from services.contracts.states import CaseState, EntryState
from services.escalation.rules import acting, following, ladder, timing
from services.escalation.rules.custody import Custody, Facts, Moved
from services.escalation.rules.due import due
from tests.properties.playing import RULES, SECRET, START, VILLAGE, running

NODES = {level: federation_of(at_level(VILLAGE, level)) for level in Level}
WORKER = "50173e" * 4
OWING = (SubCategory.COLLECTIVE_INCOME, SubCategory.VICTIM_FAMILY_AID, SubCategory.ELDER_CARE)
"""Owing nothing, something, and something when urgent beside the work (`test_duties`)."""
OPEN = frozenset({EntryState.RECEIVED, EntryState.ACTING, EntryState.PASSED_UP, EntryState.RESOLVED_HERE})


def a_case(
    urgency: Urgency = Urgency.YELLOW, at: datetime = START, sub: SubCategory = SubCategory.COLLECTIVE_INCOME
) -> CaseState:
    """An accepted matter of a village."""
    return CaseState(
        case_id=f"2101-{1:026d}",
        version=2,
        number="",
        region=VILLAGE,
        case_class=CaseClass.C1,
        category=sub.default.category,
        sub_category=sub,
        urgency=urgency,
        profile=sub.profile,
        stage=Stage.ACCEPTED,
        submitted_at=at,
        acknowledged_at=at,
        accepted_at=at,
    )


class Move(NamedTuple):
    """A command as somebody at a level presses it."""

    command: str
    level: Level
    do: Callable[[Custody, Facts], Moved]


def moves_of(level: Level) -> Iterator[Move]:
    """Every command of the ladder, as somebody of this level presses it."""
    by = NODES[level]

    def move(command: str, does: Callable[..., Moved], **words: object) -> Move:
        return Move(command, level, partial(does, by=by, **words))

    for action in (ActionType.VISIT, ActionType.GUIDANCE):
        yield move("RecordAction", acting.record_action, action=action, worker=WORKER, reached=True)
    for reason in (PassUpReason.NEEDS_FUNDS, PassUpReason.NO_COMPETENCE):
        yield move("PassUp", ladder.pass_up, reason=reason, legal_note=True, signed=True)
    yield move("CancelPassUp", ladder.cancel_pass_up)
    yield move("Receive", ladder.receive)
    for refusal in RefusalReason:
        yield move("RefuseReceipt", ladder.refuse_receipt, reason=refusal)
    yield move("ReturnDown", ladder.return_down, due_at=None)
    yield move("TakeOver", ladder.take_over)
    yield move("InformUp", ladder.inform_up, to=Level.COUNTY)
    for on in (True, False):
        yield move("Supervise", ladder.supervise, on=on)
    yield move("AlertInParallel", ladder.alert_in_parallel, as_chair=True)
    yield move("ResolveMatter", acting.resolve, worker=WORKER, outcome=Outcome.SOLVED, evidence=True)
    yield move("RelayFeedback", acting.relay_feedback)
    yield move("ReworkMatter", acting.rework)
    yield move("SuspendMatter", acting.suspend, reason=SuspendReason.SEASONAL, until=START + timedelta(days=30))
    yield move("ResumeMatter", acting.resume)
    yield move("TellProgress", acting.tell_progress)


MOVES = tuple(move for level in Level for move in moves_of(level))
BETTER_WORDS = {Code.NOT_THE_HOLDER, Code.TAKEN, Code.TOO_MANY_RETURNS, Code.NOT_WHEN_RED}
"""Refusals that say more than that the state does not fit."""


def raised(urgency: Urgency) -> Urgency:
    """The next one up."""
    return list(Urgency)[max(0, list(Urgency).index(urgency) - 1)]


def opened(facts: Facts) -> Custody:
    """A custody as the facts leave it."""
    return following.open_custody(facts)[0]


def check(custody: Custody, facts: Facts) -> None:
    """I1, I2 and the shape of the thread."""
    assert custody.holder == NODES[custody.level], "one holder, and it is the level that has it"
    at_work = [entry for entry in custody.entries if entry.state in OPEN and entry.level is custody.level]
    resolved, relaying = is_resolved(facts.case, custody), relay_owed(facts.case, custody)
    if not resolved:
        assert len(at_work) == 1, "the holder is at work on it"
        others = [entry for entry in custody.entries if entry.level is not custody.level]
        assert not [entry for entry in others if entry.state in {EntryState.RECEIVED, EntryState.ACTING}]
        assert not [entry for entry in others if entry.state is EntryState.PASSED_UP]
    assert sum(entry.state is EntryState.NOTIFIED for entry in custody.entries) <= 1
    assert (custody.notified is None) or custody.notified.level is custody.level.above
    alive = running(custody)
    paused = {clock.stage.value for clock in custody.clocks if clock.state is ClockState.PAUSED}
    if custody.suspended_until is not None and not resolved:
        assert paused, "a rest has its reason and its date"
        assert not alive
        assert custody.suspended_for is not None
    else:
        assert alive, "a clock runs"
        assert not paused
    assert ("RELAY" in alive) == relaying
    supervising = [entry for entry in custody.entries if entry.supervising]
    assert all(entry.level.width < custody.level.width for entry in supervising), "nobody supervises herself"
    assert resolved or bool(supervising) == ("SUPERVISED_REPORT" in alive | paused)
    assert in_haste(custody, facts), "no way round a raised urgency"
    assert all(entry.bounces <= 2 and entry.refusals <= 1 for entry in custody.entries)
    assert len({entry.level for entry in custody.entries}) == len(custody.entries)


def in_haste(custody: Custody, facts: Facts) -> bool:
    """Whether the window that runs, wherever it came from, ends no later than the urgency grants from its start; with what it rested."""
    clock = next((each for each in custody.clocks if each.stage is ClockStage.WINDOW), None)
    if clock is None or clock.state is not ClockState.RUNNING:
        return True
    level = custody.notified.level if custody.notified else custody.level
    limit = RULES.limits.window(level, facts.case.urgency, facts.case.profile)
    rested = custody.windows[f"WINDOW {level}"].paused
    return bool(rested) or clock.due_at <= due(limit, clock.started_at, RULES.calendar, RULES.limits.hours).at


def told_of(event: CustodyEvent) -> tuple[object, ...] | None:
    """Which clock, of whom, the sweep has told of; who hears that one below is late sees what it is about."""
    if not isinstance(event, ClockOverdue | ClockNearing):
        return None
    if isinstance(event, ClockOverdue) and event.informed:
        level = next(level for level, node in NODES.items() if node == event.informed)
        assert event.custody.seen_from <= level.width
    clock = next(each for each in event.custody.clocks if each.stage is event.stage)
    who = event.urged if isinstance(event, ClockOverdue) else event.nudged
    return type(event), event.stage, who, clock.started_at


def attempt(move: Move, custody: Custody, facts: Facts) -> Moved | Refused:
    """What becomes of a move."""
    try:
        return move.do(custody, facts)
    except Refused as refusal:
        return refusal


def tried(move: Move, custody: Custody, facts: Facts) -> Custody | None:
    """The custody after a move, checked; None if it was refused, by name and with what fits instead."""
    allowed = fitting(facts.case, custody)
    moved = attempt(move, custody, facts)
    if isinstance(moved, Refused):
        assert move.command in allowed or moved.code in {Code.STATE_DOES_NOT_FIT} | BETTER_WORDS, moved.code
        return None
    after, told = moved
    assert not after.taken or after.holder == custody.holder or move.command == "TakeOver", "it has left who took it"
    assert move.command in allowed, f"{move.command} was done and does not fit"
    if told:
        assert after.version == custody.version + 1
        assert told[-1].custody == after.public()
        if isinstance(told[-1], PassedUp) and told[-1].reason is not PassUpReason.NO_COMPETENCE:
            sender = custody.entry(custody.level)
            assert sender is not None
            assert sender.acted, "G4"
    else:
        assert after == custody, "what is told to nobody changes nothing"
    check(after, facts)
    return after


def away_and_back(custody: Custody, facts: Facts, later: datetime) -> tuple[Custody, Facts]:
    """It is merged into another matter and taken out again later: nothing is lost, and no due time has moved."""
    case = facts.case.model_copy(update={"version": facts.case.version + 1, "stage": Stage.MERGED})
    merged, _ = following.follow(custody, Facts(case, RULES, SECRET, facts.now))
    assert (merged.holder, running(merged)) == (None, set())
    back = Facts(facts.case.model_copy(update={"version": case.version + 1}), RULES, SECRET, later)
    again, told = following.follow(merged, back)
    assert [type(fact) for fact in told] == [CustodyReopened]
    assert _as_it_stands(again) == _as_it_stands(custody)
    assert again.before_merge is None
    return again, back


def _as_it_stands(custody: Custody) -> dict[str, object]:
    """All but how often it moved, and when its reporter was told."""
    work = [clock for clock in custody.clocks if clock.stage is not ClockStage.PROGRESS]
    windows = {key: window for key, window in custody.windows.items() if key != ClockStage.PROGRESS.value}
    return {**dict(custody), "clocks": work, "windows": windows, "version": 0, "news_at": None}


@settings(max_examples=80, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), urgency=st.sampled_from(Urgency), sub=st.sampled_from(OWING))
def test_whoever_presses_what_one_node_holds_it(seed: int, urgency: Urgency, sub: SubCategory) -> None:
    random, now = Random(seed), START
    case, flags = a_case(urgency, sub=sub), list[tuple[object, ...]]()
    custody = opened(Facts(case, RULES, SECRET, now))
    for _ in range(60):
        now += timedelta(seconds=random.choice((0, 60, 3600, 86400, 5 * 86400)))
        facts = Facts(case, RULES, SECRET, now)
        if random.random() < 0.2:
            before = custody
            for what, at in timing.dues(custody, facts).items():
                if at < now:
                    custody, events = timing.come(custody, what, facts)
                    flags += [flag for flag in map(told_of, events) if flag]
            check(custody, facts)
            assert len(set(flags)) == len(flags), "each window of each level is told of once"
            assert (custody.holder, custody.level) == (before.holder, before.level), "time passes nothing up"
            continue
        if random.random() < (0.2 if custody.notified else 0.02):
            case = case.model_copy(update={"version": case.version + 1, "urgency": raised(case.urgency)})
            facts = Facts(case, RULES, SECRET, now)
            custody, _ = following.follow(custody, facts)
            check(custody, facts)
            continue
        if random.random() < 0.1:
            now += timedelta(seconds=random.choice((0, 3600, 86400, 6 * 86400)))
            custody, facts = away_and_back(custody, facts, now)
            case = facts.case
            check(custody, facts)
        custody = tried(random.choice(MOVES), custody, facts) or custody


@pytest.mark.parametrize("seed", range(8))
def test_every_pair_of_commands_in_either_order_keeps_one_holder(seed: int) -> None:
    """Two at once: the row is locked, so one of them is first. Whichever it is, the other is done or refused by name, and one node holds
    the matter. From where a random walk has led: every command that is done there, then every command as every level."""
    random, facts = Random(seed), Facts(a_case(), RULES, SECRET, START + timedelta(hours=1))
    custody = opened(facts)
    for _ in range(seed * 4):
        custody = tried(random.choice(MOVES), custody, facts) or custody
    pairs = 0
    for one in MOVES:
        after = tried(one, custody, facts)
        if after is None or after == custody:
            continue
        for other in MOVES:
            tried(other, after, facts)
            pairs += 1
    assert pairs >= len(MOVES)


@pytest.mark.parametrize("seed", range(20))
def test_the_ladder_always_ends_in_an_answer(seed: int) -> None:
    """From wherever people have brought it, those who have it can end it: act, resolve, relay, each level once."""
    random, facts = Random(seed), Facts(a_case(), RULES, SECRET, START)
    custody = opened(facts)
    for _ in range(40):
        custody = tried(random.choice(MOVES), custody, facts) or custody
    steps = 0
    while not (is_resolved(facts.case, custody) and not relay_owed(facts.case, custody)):
        wanted = ("ResumeMatter", "Receive", "ResolveMatter", "RelayFeedback")
        allowed = fitting(facts.case, custody)
        command = next(each for each in wanted if each in allowed)
        level = custody.notified.level if custody.notified and command == "Receive" else custody.level
        move = next(each for each in MOVES if each.command == command and each.level is level)
        after = tried(move, custody, facts)
        assert after is not None, (command, level)
        custody, steps = after, steps + 1
        assert steps <= 8
    assert custody.level is Level.VILLAGE
    assert custody.resolved_level is not None


def test_the_windows_of_a_yellow_matter_sum_to_fifty_five_working_days() -> None:
    """S14: five windows, each counted from its level's notification; of land matters too, by other numbers."""
    limits = RULES.limits
    for profile in ("default", "land"):
        assert sum(limits.window(level, Urgency.YELLOW, profile).count for level in Level) == 55
