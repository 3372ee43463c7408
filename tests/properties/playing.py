"""The rooms at play by their pure rules alone: facts wait in lanes (reader, topic, key), so that any order may be tried."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import NamedTuple

from services.contracts import topics
from services.contracts.callers import Grant
from services.contracts.cases import (
    CaseClass,
    Channel,
    FeedbackMethod,
    Outcome,
    RejectionFinding,
    RejectReason,
    Relation,
    Stage,
    SubCategory,
    Urgency,
)
from services.contracts.clocks import BESIDE_THE_WORK, ClockState
from services.contracts.events.base import Event
from services.contracts.events.deliberation import DocketEvent
from services.contracts.events.escalation import CallBackLapsed, CustodyEvent, InformationLapsed
from services.contracts.events.intake import AccessChanged, CaseAccepted, CaseEvent
from services.contracts.fitting import fitting, too_late
from services.contracts.organisation import Role, federation_of
from services.contracts.refusals import Refused
from services.contracts.states import CaseState, CustodyState
from services.contracts.topics import Topic
from services.deliberation.rules.docket import Docket, open_docket
from services.escalation.limits_file import load
from services.escalation.rules import acting, following, timing
from services.escalation.rules.custody import Custody, Facts
from services.intake.rules import course, joining, secrecy
from services.intake.rules import straight_way as taking
from services.intake.rules.case import Case
from services.intake.rules.numbering import number_of
from services.intake.rules.secrecy import Reclassed
from services.intake.store import access_topic

START = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
VILLAGE = "210103001001"
GROUP = "n_g-210103001001"
BY = federation_of(VILLAGE)
ABOVE = Grant(role=Role.CHAIR, node=federation_of("21"), region="21")
SECRET = b"a secret of the test's cell"
BOOK = load()
RULES = BOOK.of(VILLAGE)
STRAIGHT = ("Acknowledge", "AcceptMatter", "SolveOnSpot", "GiveFeedback", "RateMatter", "CallBack", "CloseMatter")
CLASSES = ("RaiseClass", "LowerClass")
COURSE = (
    "AskForInformation",
    "SupplyInformation",
    "ProposeRejection",
    "RejectMatter",
    "RedirectMatter",
    "WithdrawMatter",
    "MergeMatter",
    "UnmergeMatter",
    "ReopenMatter",
    "ReviewRejection",
    "SetUrgency",
    "ChangeCircle",
    "NameParty",
    "ClearParty",
)
COMMANDS = (*STRAIGHT, *COURSE, *CLASSES)
ACCESS = frozenset({"MergeMatter", "UnmergeMatter", "ChangeCircle", "NameParty", "ClearParty", *CLASSES})
"""Commands that change who may see a matter."""
RARE = {
    **dict.fromkeys(("RejectMatter", "RedirectMatter", "WithdrawMatter", "RaiseClass", "SetUrgency"), 0.02),
    **dict.fromkeys(("MergeMatter", "AskForInformation", "ProposeRejection", "ChangeCircle", "LowerClass"), 0.04),
    "NameParty": 0.04,
    "ClearParty": 0.1,
}
"""How often a random play takes what ends or hides a matter: else nothing would be played to its end."""
CALLER, SOLVER, OTHER = ("ca11e4" * 4, "50173e" * 4, "07e4a0" * 4)
"""Tags of workers (`chassis.transaction.worker_tag`)."""
STEPS = (0, 1, 60, 3600, 4 * 3600, 24 * 3600, 6 * 24 * 3600, 22 * 24 * 3600)
"""Seconds by which a clock moves: nothing at all, a moment, hours, over every limit."""


class Lane(NamedTuple):
    """What one reader has not heard yet of one key on one topic. Order holds within it and nowhere else."""

    reader: str
    topic: str
    key: str


CaseMoved = tuple[Case, tuple[CaseEvent, ...]]
CustodyMoved = tuple[Custody, tuple[CustodyEvent, ...]]


@dataclass
class Play:
    """Intake, escalation and deliberation over some matters."""

    now: datetime = START
    cases: dict[str, Case] = field(default_factory=dict)
    custodies: dict[str, Custody] = field(default_factory=dict)
    dockets: dict[str, Docket] = field(default_factory=dict)
    heard_case: dict[str, CaseState] = field(default_factory=dict)
    """What escalation knows of intake's cases."""
    heard_custody: dict[str, CustodyState] = field(default_factory=dict)
    """What intake knows of escalation's custodies."""
    lanes: dict[Lane, deque[Event]] = field(default_factory=dict)
    history: list[tuple[Topic, Event]] = field(default_factory=list)
    lowered: dict[str, int] = field(default_factory=dict)
    """How often somebody lowered a matter's class."""

    def copy(self) -> Play:
        """The same play, to go on in another way: everything that is kept is immutable."""
        lanes = {lane: deque(events) for lane, events in self.lanes.items()}
        return Play(
            self.now,
            dict(self.cases),
            dict(self.custodies),
            dict(self.dockets),
            dict(self.heard_case),
            dict(self.heard_custody),
            lanes,
            list(self.history),
            dict(self.lowered),
        )

    def report(self, sub: SubCategory, urgency: Urgency | None = None, relation: Relation = Relation.OWN) -> str:
        """A matter is reported. Raises Refused."""
        number = len(self.cases) + 1
        private = sub.default.case_class.private
        case, events = taking.submit(
            f"2101-{number:026d}",
            number_of(VILLAGE, self.now, number),
            village=VILLAGE,
            group=GROUP,
            sub=sub,
            relation=relation,
            urgency=urgency,
            reporters=(f"m_reporter-{number}",),
            circle=("m_circle",) if private else (),
            happened_on=None,
            now=self.now,
        )
        self._keep_case(case, events)
        access = topics.INTAKE_SEALED_ACCESS if case.case_class is CaseClass.C3 else topics.INTAKE_ACCESS
        self._tell(access, AccessChanged(at=self.now, access=case.access()))
        return case.case_id

    def of_intake(
        self,
        command: str,
        case_id: str,
        *,
        worker: str = CALLER,
        reached: bool = True,
        solved: bool = True,
        outcome: Outcome = Outcome.PARTLY,
        to_group: bool = False,
    ) -> CaseMoved:
        """What a command to intake would do; nothing is kept. Raises Refused."""
        case, custody, now = self.cases[case_id], self.heard_custody.get(case_id), self.now
        match command:
            case "Acknowledge":
                return taking.acknowledge(case, BY, custody, now)
            case "AcceptMatter":
                return taking.accept(case, BY, custody, now, as_owner=False, delegated=False, summarised=to_group)
            case "GiveFeedback":
                return taking.give_feedback(case, BY, FeedbackMethod.APP, custody, now, to_group=to_group)
            case "RateMatter":
                return taking.rate(case, case.reporters[0], 3, solved, custody, now)
            case "CallBack":
                return taking.call_back(
                    case,
                    BY,
                    worker,
                    reached=reached,
                    score=None,
                    solved=solved if reached else None,
                    custody=custody,
                    now=now,
                )
            case "CloseMatter":
                return taking.close(case, outcome, custody, now)
            case "AskForInformation":
                return course.ask(case, BY, custody, now)
            case "SupplyInformation":
                return course.supply(case, custody, now)
            case "ProposeRejection":
                return course.propose_rejection(case, BY, RejectReason.TEST, custody, now)
            case "RejectMatter":
                return course.reject(case, BY, RejectReason.OTHER_AUTHORITY, custody, now)
            case "RedirectMatter":
                return course.redirect(case, BY, Channel.COURT, custody, now, handed_over=True, receipted=to_group)
            case "WithdrawMatter":
                return course.withdraw(case, case.reporters[0], custody, now)
            case "ReopenMatter":
                return course.reopen(case, None, custody, now)
            case "ReviewRejection":
                finding = RejectionFinding.UPHELD if solved else RejectionFinding.REOPENED
                return course.review_rejection(case, finding, ABOVE, custody, now)
            case "SetUrgency":
                order = list(Urgency)
                to = order[(order.index(case.urgency) + 1) % len(order)]
                return course.set_urgency(case, to, BY, custody, now, holders_chair=True)
            case "ChangeCircle":
                helpers = (f"m_helper-{number}" for number in count(len(case.circle)))
                more = next(each for each in helpers if each not in case.parties)
                gone = case.circle[:1] if len(case.circle) > 3 else ()
                return secrecy.change_circle(case, (more,), gone, BY, custody, now)
            case "NameParty":
                party = case.circle[-1] if len(case.circle) > 1 else f"m_party-{len(case.parties)}"
                return secrecy.name_party(case, party, BY, "m_speaker", custody, now)
            case "ClearParty":
                party = case.parties[-1] if case.parties else "m_nobody"
                return secrecy.clear_party(case, party, BY, custody, now)
            case _:
                raise LookupError(command)

    def reclassed(self, command: str, case_id: str) -> Reclassed:
        """What a command on the class would do; nothing is kept. Raises Refused."""
        case, custody, classes = self.cases[case_id], self.heard_custody.get(case_id), list(CaseClass)
        place = classes.index(case.case_class)
        if command == "RaiseClass":
            to = classes[min(place + 1, 3)]
            circle = ("m_circle",) if to in {CaseClass.C2, CaseClass.C3} else ()
            return secrecy.raise_class(case, to, BY, circle, custody, self.now)
        to = classes[max(place - 1, 0)]
        return secrecy.lower_class(case, to, BY, ("m_circle",), custody, self.now)

    def joined(self, command: str, case_id: str) -> tuple[CaseMoved, CaseMoved]:
        """What a merge or its undoing would do; nothing is kept. Raises Refused."""
        case, custody = self.cases[case_id], self.heard_custody.get(case_id)
        if command == "UnmergeMatter":
            master = self.cases[case.merged_into or case_id]
            return joining.unmerge(case, master, BY, custody, self.heard_custody.get(master.case_id), self.now)
        master = self.twin(case_id) or case
        masters = self.heard_custody.get(master.case_id)
        return joining.merge(case, master, BY, VILLAGE, custody, masters, self.now)

    def twin(self, case_id: str) -> Case | None:
        """An open matter that this one may be merged with."""
        case = self.cases[case_id]
        council = {CaseClass.C0, CaseClass.C1}
        for other in self.cases.values():
            classes = {case.case_class, other.case_class}
            alike = classes <= council or (classes == {CaseClass.C2} and set(case.circle) == set(other.circle))
            if other.case_id != case_id and alike and other.stage in joining.UNANSWERED:
                return other
        return None

    def too_late(self, command: str, case_id: str) -> bool:
        """Whether a command fits the state and its time is over, or what it needs beside is not there."""
        if command == "ClearParty":
            return not self.cases[case_id].parties
        case = self.cases[case_id]
        if command == "MergeMatter":
            return self.twin(case_id) is None
        if command == "UnmergeMatter" and case.merged_into and self.cases[case.merged_into].stage is Stage.MERGED:
            return True
        return too_late(command, case, self.now) is not None

    def _keep_access(self, case: Case, version: int) -> None:
        """Tell who may see a case, if that is not what was told last."""
        if case.version != version:
            self._tell(access_topic(case), AccessChanged(at=self.now, access=case.access()))
            for joined in case.joined:
                self._reclass(secrecy.follow(self.cases[joined.case_id], case, self.now))

    def solve_on_spot(self, case_id: str, worker: str = SOLVER, evidence: bool = True) -> CustodyMoved:
        """What the command to escalation would do; nothing is kept. Raises Refused."""
        custody = self.custodies[case_id]
        return acting.solve_on_spot(custody, self.facts(case_id), BY, worker, Outcome.SOLVED, evidence=evidence)

    def facts(self, case_id: str) -> Facts:
        """What a move of escalation rests on."""
        return Facts(self.heard_case[case_id], RULES, SECRET, self.now)

    def do(self, command: str, case_id: str, **args: bool | str) -> None:
        """Do it. Raises Refused, and nothing has happened."""
        if command == "SolveOnSpot":
            self._keep_custody(*self.solve_on_spot(case_id, **args))  # type: ignore[arg-type]
        elif command in CLASSES:
            moved = self.reclassed(command, case_id)
            self._reclass(moved)
            self.lowered[case_id] = self.lowered.get(case_id, 0) + (command == "LowerClass")
        elif command in {"MergeMatter", "UnmergeMatter"}:
            one, other = self.joined(command, case_id)
            self._keep_case(*one)
            self._keep_case(*other)
            self._keep_access(other[0], 0)
        elif command in {"ChangeCircle", "NameParty", "ClearParty"}:
            before = self.cases[case_id].version
            self._keep_case(*self.of_intake(command, case_id))
            self._keep_access(self.cases[case_id], before)
        else:
            self._keep_case(*self.of_intake(command, case_id, **args))  # type: ignore[arg-type]

    def sweep(self) -> None:
        """What time brings, as `escalation.timers.sweep` does it."""
        for case_id in self.custodies:
            for what, at in timing.dues(self.custodies[case_id], self.facts(case_id)).items():
                if at < self.now:
                    self._keep_custody(*timing.come(self.custodies[case_id], what, self.facts(case_id)))

    def newest_case(self, case_id: str) -> CaseState | None:
        """What escalation knows of a case, whichever topic told it."""
        return self.heard_case.get(case_id)

    def deliver(self, lane: Lane) -> None:
        """The lane's reader hears its oldest fact."""
        event = self.lanes[lane].popleft()
        if not self.lanes[lane]:
            del self.lanes[lane]
        match lane.reader, event:
            case "escalation", CaseEvent():
                heard = self.heard_case.get(lane.key)
                if heard is not None and heard.version > event.version:
                    return  # its class moved, and the other topic was faster
                self.heard_case[lane.key] = event.case
                custody, facts = self.custodies.get(lane.key), self.facts(lane.key)
                if custody is None:
                    self._keep_custody(*following.open_custody(facts))
                else:
                    self._keep_custody(*following.follow(custody, facts))
            case "escalation", DocketEvent() if lane.key in self.custodies:
                self._keep_custody(
                    *following.follow_docket(self.custodies[lane.key], event.docket, self.facts(lane.key))
                )
            case "intake", CustodyEvent():
                newest = self.heard_custody.get(lane.key)
                if newest is None or newest.version < event.version:
                    self.heard_custody[lane.key] = event.custody
                if isinstance(event, CallBackLapsed):
                    self._keep_case(*taking.lapse(self.cases[lane.key], event.custody, self.now))
                if isinstance(event, InformationLapsed):
                    self._keep_case(*course.lapse_of_information(self.cases[lane.key], event.custody, self.now))
            case "deliberation", CaseAccepted() if lane.key not in self.dockets:
                docket, opened = open_docket(event.case, self.now)
                self.dockets[lane.key] = docket
                self._tell(topics.DELIBERATION_DOCKET, opened)
            case _:
                pass

    def drain(self, random: Random) -> None:
        """Deliver everything, lanes in any order."""
        while self.lanes:
            self.deliver(random.choice(sorted(self.lanes)))

    def fits(self, command: str, case_id: str) -> bool:
        """Whether the owner of a command would take it, as far as the owner knows."""
        if command == "SolveOnSpot":
            known = self.heard_case.get(case_id)
            return known is not None and command in fitting(known, self.custodies.get(case_id))
        return command in fitting(self.cases[case_id], self.heard_custody.get(case_id))

    def _reclass(self, moved: Reclassed) -> None:
        """As `intake.commands.secrecy` saves it: the topics that it leaves are told first."""
        if moved.emptied is not None:
            assert moved.emptied.version < moved.case.version, "a reader of both topics ends with the new one"
            sealed = moved.case.case_class is CaseClass.C3
            if moved.left is not None:
                self._tell(topics.INTAKE_CASE, moved.left)
            self._tell(topics.INTAKE_ACCESS if sealed else topics.INTAKE_SEALED_ACCESS, moved.emptied)
            self.cases[moved.case.case_id] = self.cases[moved.case.case_id].after()
        self._keep_case(moved.case, moved.events)
        self._keep_access(moved.case, 0 if moved.events else moved.case.version)

    def _keep_case(self, case: Case, events: tuple[CaseEvent, ...]) -> None:
        """Save as `Transaction.save` does: a version of its own for each fact, the last of which is what is kept."""
        before = self.cases.get(case.case_id)
        assert [event.version for event in events] == list(
            range(before.version + 1 if before else 1, case.version + 1)
        ), "versions grow by one"
        if events:
            assert events[-1].case == case.public()
        sealed = case.case_class is CaseClass.C3
        self.cases[case.case_id] = case
        for event in events:
            self._tell(topics.INTAKE_SEALED if sealed else topics.INTAKE_CASE, event)

    def _keep_custody(self, custody: Custody, events: tuple[CustodyEvent, ...]) -> None:
        before = self.custodies.get(custody.case_id)
        assert [event.version for event in events] == list(
            range(before.version + 1 if before else 1, custody.version + 1)
        ), "versions grow by one"
        if events:
            assert events[-1].custody == custody.public()
        else:
            assert custody == before, "what is told to nobody changes nothing"
        sealed = custody.case_class is CaseClass.C3
        self.custodies[custody.case_id] = custody
        for event in events:
            self._tell(topics.ESCALATION_SEALED if sealed else topics.ESCALATION_CUSTODY, event)

    def _tell(self, topic: Topic, event: Event) -> None:
        self.history.append((topic, event))
        for reader in sorted(topic.readers & {"intake", "escalation", "deliberation"}):
            self.lanes.setdefault(Lane(reader, topic.name, event.key), deque()).append(event)


def wander(random: Random, moves: int, matters: int = 3, commands: Sequence[str] = COMMANDS) -> Play:
    """A play of some matters by random moves that fit, part of its facts still on the way."""
    play = Play()
    for _ in range(moves):
        move(play, random, matters, commands)
    return play


def move(play: Play, random: Random, matters: int = 3, commands: Sequence[str] = COMMANDS) -> None:
    """One move that fits: a report, a command, a delivery, or time passing and a sweep."""
    fit = [
        (command, case_id)
        for case_id in play.cases
        for command in commands
        if play.fits(command, case_id)
        and (command in STRAIGHT or not play.too_late(command, case_id))
        and random.random() < RARE.get(command, 1)
    ]
    draw = random.random()
    if len(play.cases) < matters and (not play.cases or draw < 0.1):
        play.report(random.choice(list(SubCategory)), relation=random.choice(list(Relation)))
    elif fit and draw < 0.4:
        command, case_id = random.choice(fit)
        choices: dict[str, bool | str] = {}
        if command in {"RateMatter", "CallBack"}:
            choices["solved"] = random.random() < 0.4
        if command == "CallBack":
            choices["reached"] = random.random() < 0.7
        if command in {"AcceptMatter", "GiveFeedback"}:
            choices["to_group"] = play.cases[case_id].case_class is CaseClass.C0 and random.random() < 0.5
        play.do(command, case_id, **choices)
    elif play.lanes and draw < 0.85:
        play.deliver(random.choice(sorted(play.lanes)))
    else:
        play.now += timedelta(seconds=random.choice(STEPS))
        play.sweep()


def running(custody: CustodyState) -> set[str]:
    """The names of the clocks of the work that run; what is owed beside it has a test of its own (`test_progress`)."""
    return {
        clock.stage.value
        for clock in custody.clocks
        if clock.state is ClockState.RUNNING and clock.stage not in BESIDE_THE_WORK
    }


def refused(play: Play, command: str, case_id: str) -> Refused | None:
    """How a command with legal arguments would be refused; None if it would be done."""
    try:
        if command == "SolveOnSpot":
            play.solve_on_spot(case_id)
        elif command in CLASSES:
            play.reclassed(command, case_id)
        elif command in {"MergeMatter", "UnmergeMatter"}:
            play.joined(command, case_id)
        else:
            play.of_intake(command, case_id)
    except Refused as refusal:
        return refusal
    return None
