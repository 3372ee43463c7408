"""A council between its commands and others' facts, by deliberation's rules alone: what fits is done or refused for a reason of its own, what
does not fit is refused naming what does; I5; and every interleaving of the facts ends alike (domain 2.11, design 5)."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.contracts.cases import CaseClass, Stage, Urgency
from services.contracts.council import CloseReason, DecisionRule, ItemStage, SessionStage
from services.contracts.events.deliberation import ItemLapsed, ItemVerified, ResolutionAdopted
from services.contracts.fitting import fitting
from services.contracts.refusals import Code, Refused
from services.contracts.states import CaseState, DocketStage
from services.deliberation.rules import following, waiting
from services.deliberation.rules.docket import Docket, Moved
from services.deliberation.rules.restricting import restricted
from tests.properties.council_playing import COMMANDS, PEOPLE, CouncilPlay

GUARDS = {
    "ScheduleSession": {Code.RECUSED},
    "OpenSession": {Code.RECUSED},
    "Invite": {Code.INVITED_BEFORE, Code.BARRED, Code.RESTRICTED_SESSION, Code.RECUSED},
    "AnswerInvitation": {Code.NOT_FOUND, Code.RECUSED, Code.INVITED_BEFORE, Code.RESTRICTED_SESSION},
    "Speak": {Code.NOT_FOUND, Code.RECUSED},
    "Recuse": {Code.NOT_FOUND, Code.RECUSED},
    "LiftRecusal": {Code.NOT_FOUND, Code.RECUSED, Code.RESTRICTED_SESSION, Code.STATE_DOES_NOT_FIT},
    "Adjourn": {Code.TOO_MANY_ADJOURNMENTS, Code.RECUSED},
    "CastVote": {Code.NOT_FOUND, Code.RECUSED, Code.NO_VOTE_HERE},
    "Adopt": {
        *(Code.NO_QUORUM, Code.NO_CONSENSUS, Code.NOT_CARRIED, Code.CHAIR_ONLY_WHEN_URGENT),
        *(Code.NOTHING_RESOLVED, Code.RECUSED, Code.RESTRICTED_SESSION),
    },
    "CloseSession": {Code.RECUSED},
    "PutToCouncil": {Code.RECUSED},
    "CancelSession": {Code.RECUSED},
    "BlockResolution": set[Code](),
    "UnblockResolution": set[Code](),
    "SupersedeResolution": {Code.NOT_SO, Code.RECUSED},
    "RevokeResolution": {Code.NEW_SESSION_REQUIRED, Code.RECUSED},
    "PublishResult": {Code.ONLY_OPEN},
    "AssignItem": {Code.RESTRICTED_SESSION, Code.TOO_MANY},
    "FinishItem": {Code.EVIDENCE_REQUIRED},
    "VerifyItem": {Code.OWN_WORK},
    "ReworkItem": {Code.OWN_WORK},
    "ReassignItem": {Code.BARRED},
}
"""Why a command that fits may be refused all the same, with the arguments that the play draws."""
MISFIT = {Code.STATE_DOES_NOT_FIT, Code.TOO_MANY_FAILURES, Code.ONLY_OPEN}


LIKELY = ("OpenSession", "Speak", "Speak", "Speak", "Adopt", "Adopt", "Adopt") * 4
"""What is drawn more often, so that sessions get somewhere."""


class Councils(RuleBasedStateMachine):
    """Commands, facts of others and time in any order."""

    play: CouncilPlay

    @initialize(case_class=st.sampled_from(["C0", "C1", "C2"]), urgency=st.sampled_from(Urgency))
    def begin(self, case_class: str, urgency: Urgency) -> None:
        """A matter was accepted."""
        self.play = CouncilPlay.begin(CaseClass(case_class), urgency)

    @rule(seed=st.integers(0, 2**32), moves=st.integers(5, 60))
    def the_council_works(self, seed: int, moves: int) -> None:
        """Many commands, most of which fit, everything checked after each."""
        random = Random(seed)
        for _ in range(moves):
            command = random.choice((*COMMANDS, *LIKELY))
            parts = self.play.parts(command)
            fit = [part for part in parts if self.play.fits(command, part)]
            part = random.choice(fit if fit and random.random() < 0.9 else parts or [""])
            who = random.choice(
                self.play.known.access.circle or PEOPLE[:3]
            )  # of a private matter nobody else is let in
            try_command(self.play, command, part, random, who)
            check(self.play)

    @rule(minutes=st.sampled_from([0, 1, 60, 24 * 60, 3 * 24 * 60, 40 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        """The clock moves, and what has waited too long is told of once."""
        self.play.now += timedelta(minutes=minutes)
        self.play.keep(following.overdue(self.play.docket, self.play.known))
        assert following.overdue(self.play.docket, self.play.known)[1] == (), "a second sweep finds nothing"
        later = following.next_look(self.play.docket, rests=self.play.known.rests)
        assert later is None or later >= self.play.now

    @rule(urgency=st.sampled_from(Urgency))
    def more_urgent(self, urgency: Urgency) -> None:
        """Nothing is waited for longer than before; nothing public changes, and a second time nothing at all."""
        before = self.play.docket
        self.play.case = self.play.case.model_copy(update={"urgency": urgency})
        after = waiting.hastened(before, urgency, self.play.now)
        assert after.public() == before.public()
        assert waiting.hastened(after, urgency, self.play.now) == after
        assert all(
            (new is None and old is None) or (new is not None and old is not None and new <= old)
            for new, old in zip(times(after), times(before), strict=True)
        )
        self.play.docket = after

    @rule(days=st.sampled_from([0, 1, 30]))
    def it_rests(self, days: int) -> None:
        """Meanwhile nobody is reminded; then everything is waited for anew."""
        until = self.play.now + timedelta(days=days)
        self.play.custody = self.play.custody.model_copy(update={"suspended_until": until})
        self.play.now = until
        lapsed, events = following.overdue(self.play.docket, self.play.known)
        assert {type(event) for event in events} <= {ItemLapsed}
        self.play.keep((lapsed, events))
        later = following.next_look(self.play.docket, rests=True)
        assert later is None or later >= self.play.now
        self.play.custody = self.play.custody.model_copy(update={"suspended_until": None})
        before = self.play.docket
        self.play.docket = waiting.awake(before, self.play.case.urgency, self.play.now)
        assert self.play.docket.public() == before.public()
        assert following.overdue(self.play.docket, self.play.known)[1] == ()

    @rule()
    def solved_or_ended(self) -> None:
        """The matter was over for a moment: nothing stays open, and what was resolved still stands."""
        standing = [each.id for each in self.play.docket.resolutions if each.stage.stands]
        self.play.keep(following.over(self.play.docket, self.play.now))
        docket = self.play.docket
        assert all(each.stage.over for each in docket.sessions)
        assert all(each.stage.over for each in docket.items)
        assert docket.open_items == 0
        assert docket.stage is not DocketStage.IN_DELIBERATION
        assert [each.id for each in docket.resolutions if each.stage.stands] == standing
        assert following.over(docket, self.play.now)[1] == (), "a second time nothing happens"

    @rule()
    def reopened(self) -> None:
        """It begins anew: two sessions may fail again."""
        case = self.play.case
        self.play.keep(following.over(self.play.docket, self.play.now))
        self.play.case = case.model_copy(update={"reopens": case.reopens + 1, "version": case.version + 1})
        self.play.keep(following.begun_anew(self.play.docket, self.play.case, self.play.now))
        assert (self.play.docket.stage, self.play.docket.failures) == (DocketStage.NONE, 0)

    @rule(command=st.sampled_from(COMMANDS), seed=st.integers(0, 2**32))
    def nothing_fits_a_matter_that_is_over(self, command: str, seed: int) -> None:
        """Whatever is asked then is refused, and names what is allowed."""
        kept = self.play.case
        self.play.case = kept.model_copy(update={"stage": Stage.CLOSED})
        part = next(iter(self.play.parts(command)), "s_none")
        try:
            with pytest.raises(Refused) as caught:
                self.play.attempt(command, part, Random(seed), PEOPLE[0])
        finally:
            self.play.case = kept
        assert caught.value.code in {Code.STATE_DOES_NOT_FIT, Code.ONLY_OPEN, Code.NOT_FOUND}

    @invariant()
    def all_is_well(self) -> None:
        """What must hold whatever has happened."""
        if hasattr(self, "play"):
            check(self.play)


def times(docket: Docket) -> list[datetime | None]:
    """Until when everything is waited for."""
    seats = [seat.answer_by for session in docket.sessions for seat in session.seats]
    silent = [session.remind_at for session in docket.sessions]
    stuck = [resolution.remind_at for resolution in docket.resolutions]
    return [*seats, *silent, *stuck, *(item.answer_by for item in docket.items)]


def try_command(play: CouncilPlay, command: str, part: str, random: Random, member: str) -> None:
    """What fits is done or refused for a reason of its own; what does not fit is refused naming what does."""
    fits = play.fits(command, part or None)
    moved, refused = outcome(play, command, part, random, member)
    if moved is not None:
        assert fits, f"{command} was done, and did not fit"
        _is_honest(play, moved, member)
        play.keep(moved)
        return
    assert refused is not None
    if fits:
        assert refused.code in GUARDS.get(command, set()), (command, refused.code)
    else:
        assert refused.code in {*MISFIT, Code.NOT_FOUND}, (command, refused.code)
    if refused.code is Code.STATE_DOES_NOT_FIT and not part:
        assert command not in refused.body.allowed
        assert set(refused.body.allowed) == set(fitting(play.case, play.custody, play.docket))


def outcome(
    play: CouncilPlay, command: str, part: str, random: Random, member: str
) -> tuple[Moved | None, Refused | None]:
    """What a command came to; nothing is kept."""
    try:
        return play.attempt(command, part, random, member), None
    except Refused as refused:
        return None, refused


def _is_honest(play: CouncilPlay, moved: Moved, member: str) -> None:
    """I5, and the quorum, counted anew."""
    docket, events = moved
    for event in events:
        if isinstance(event, ItemVerified):
            item = next(each for each in play.docket.items if each.id == event.item_id)
            assert member not in {item.assignee, *item.workers}, "nobody verifies her own work (I5)"
        if isinstance(event, ResolutionAdopted) and event.decided_by is not DecisionRule.CHAIR_DECIDES:
            session = next(each for each in docket.sessions if each.id == event.session_id)
            counted = [each for each in session.seats if each.responded and each.kind.value in {"MEMBER", "EXPERT"}]
            assert len(counted) >= 3
            assert not any(each.recused for each in counted)
            assert member in {each.address for each in counted}, "the convenor is one of them"


def check(play: CouncilPlay) -> None:
    """What must hold after every move."""
    docket, public = play.docket, play.docket.public()
    assert "m_" not in public.model_dump_json(), "no person leaves in a docket's facts"
    live = [each for each in docket.sessions if not each.stage.over]
    assert (docket.stage is DocketStage.IN_DELIBERATION) == bool(live)
    assert len(live) <= 1, "one session at a time"
    assert docket.open_items == sum(item.mandatory and not item.stage.over for item in docket.items)
    for session in docket.sessions:
        assert session.stage.over == (session.closed_at is not None)
        assert session.adjournments <= 2
        if session.counted:
            assert len(session.heard) >= 3 or session.public().votes >= 3
        assert (session.reason is CloseReason.MATTER_OVER) <= (session.stage is SessionStage.CANCELLED)
    for item in docket.items:
        assert (item.stage is ItemStage.VERIFIED) == (item.verified_at is not None)
    people = docket.people()
    assert "m_party" not in people.model_dump_json(), "a party takes no part (I6)"
    if play.case.case_class is CaseClass.C2:
        assert set(people.guests) - set(play.known.access.circle) <= set(people.private_guests), (
            "who leaves the circle is no guest"
        )


TestCouncils = Councils.TestCase
TestCouncils.settings = settings(max_examples=40, stateful_step_count=20, deadline=None, derandomize=True)


def worked(seed: int, moves: int) -> CouncilPlay:
    """A council in the middle of something."""
    random = Random(seed)
    play = CouncilPlay.begin(random.choice(list(CaseClass)[:3]), random.choice(list(Urgency)))
    for _ in range(moves):
        command = random.choice((*COMMANDS, *LIKELY))
        fit = [part for part in play.parts(command) if play.fits(command, part)]
        part = random.choice(fit) if fit else ""
        if play.fits(command, part or None):
            try_command(play, command, part, random, random.choice(PEOPLE[:3]))
    return play


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), moves=st.integers(0, 80))
def test_every_interleaving_of_others_facts_ends_alike(seed: int, moves: int) -> None:
    """Case facts (ended, reopened, perhaps left) in their order, custody's (resolved) anywhere between them."""
    play = worked(seed, moves)
    leaves = bool(seed % 2)
    ends = {_after(play, order) for order in _orders(leaves)}
    assert len({docket.model_copy(update={"version": 0}).model_dump_json() for docket in _dockets(ends)}) == 1


def _orders(leaves: bool) -> list[tuple[str, ...]]:
    facts = ["ended", "reopened", *(["left"] if leaves else []), "resolved"]
    own = [each for each in facts if each != "resolved"]
    return [order for order in permutations(facts) if [each for each in order if each != "resolved"] == own]


def _after(play: CouncilPlay, order: tuple[str, ...]) -> str:
    docket = play.docket
    case = play.case.model_copy(update={"reopens": play.case.reopens + 1})
    for fact in order:
        docket, _ = _heard(docket, fact, case, play)
    return docket.model_dump_json()


def _heard(docket: Docket, fact: str, case: CaseState, play: CouncilPlay) -> Moved:
    match fact:
        case "reopened":
            return following.begun_anew(docket, case, play.now)
        case "left":
            return following.left(docket, play.now)
        case _:
            return following.over(docket, play.now)


def _dockets(ends: set[str]) -> list[Docket]:
    return [Docket.model_validate_json(each) for each in ends]


def test_the_plays_reach_every_kind_of_fact() -> None:
    """Otherwise the properties would say less than they seem to."""
    from services.contracts.events.deliberation import DOCKET

    seen: Counter[str] = Counter()
    for seed in range(120):
        play = worked(seed, 120)
        play.now += timedelta(days=40)
        play.keep(following.overdue(play.docket, play.known))
        play.case = play.case.model_copy(update={"case_class": CaseClass.C2})
        play.keep(restricted(play.docket, play.known))
        assert restricted(play.docket, play.known)[1] == (), "a second time nothing happens"
        play.keep(following.over(play.docket, play.now))
        play.keep(following.left(play.docket, play.now))
        seen.update(type(event).__name__ for event in play.told)
    assert {kind.__name__ for kind in DOCKET} <= set(seen), {kind.__name__ for kind in DOCKET} - set(seen)
