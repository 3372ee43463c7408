"""What some sub-categories owe beside the work (domain 3.3, category overrides): from acceptance, until somebody has done it."""

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from services.contracts.cases import Stage, SubCategory, Urgency
from services.contracts.clocks import DUTIES, ClockStage, ClockState, MatterClock
from services.contracts.council import ItemStage, ItemState
from services.contracts.events.escalation import ClockOverdue
from services.contracts.ladder import ActionType, SuspendReason
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level
from services.contracts.states import CaseState, DocketStage, DocketState
from services.escalation.limits_file import load
from services.escalation.rules import acting, following, ladder, timing
from services.escalation.rules.custody import Custody, Facts
from services.escalation.rules.limits import Rules
from tests.properties.playing import RULES, SECRET, START, VILLAGE
from tests.properties.test_ladder_machine import NODES, WORKER, a_case, opened

S, A, D = SubCategory, ActionType, ClockStage


class Matter:
    """A matter that the village accepted at nine on a Monday, and its course."""

    def __init__(self, sub: SubCategory, urgency: Urgency | None = None, rules: Rules = RULES) -> None:
        self.now, self.rules = START, rules
        self.case: CaseState = a_case(urgency or sub.default.urgency, START, sub)
        self.custody: Custody = opened(self.facts)
        self.told: list[ClockOverdue] = []

    @property
    def facts(self) -> Facts:
        return Facts(self.case, self.rules, SECRET, self.now)

    def clock(self, stage: ClockStage) -> MatterClock | None:
        return next((each for each in self.custody.clocks if each.stage is stage), None)

    def owed(self) -> dict[ClockStage, datetime]:
        """The duties that run, and when they are due."""
        return {
            clock.stage: clock.due_at
            for clock in self.custody.clocks
            if clock.stage in DUTIES and clock.state is not ClockState.STOPPED
        }

    def acts(self, action: ActionType, level: Level = Level.VILLAGE, *, reached: bool = True) -> None:
        self.custody, _ = acting.record_action(self.custody, self.facts, NODES[level], action, WORKER, reached=reached)

    def follow(self, **changes: object) -> None:
        self.case = self.case.model_copy(update={"version": self.case.version + 1, **changes})
        self.custody, _ = following.follow(self.custody, self.facts)

    def sweep(self) -> None:
        """What time brings, with what it tells of duties."""
        for what, at in timing.dues(self.custody, self.facts).items():
            if at < self.now:
                self.custody, events = timing.come(self.custody, what, self.facts)
                self.told += [each for each in events if isinstance(each, ClockOverdue) and each.stage in DUTIES]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00")


COUPLE = {D.DV_SCREENING: "2026-11-24T17:00", D.FIRST_CONTACT: "2026-11-26T17:00"}
EMPLOYMENT = {D.LIMITATION_WARNING: "2026-11-23T17:00"}
CHILDREN = {D.LEGAL_AID_REFERRAL: "2026-11-25T17:00"}
OWED: dict[SubCategory, dict[ClockStage, str]] = {
    S.SAFETY_HAZARD: {D.BARRIER: "2026-11-23T11:00"},
    S.VICTIM_FAMILY_AID: {
        D.INFORM_TOWNSHIP: "2026-11-24T17:00",
        D.VISIT: "2026-11-25T17:00",
        D.PLAN: "2026-11-30T17:00",
    },
    S.MEDICAL_HARDSHIP: {D.PLAN: "2026-11-26T17:00"},
    S.DISABILITY_SERVICE: {D.VOICE_CONTACT: "2026-11-24T17:00"},
    S.MARITAL_CONFLICT: COUPLE,
    S.DIVORCE: COUPLE,
    # Beside its class and category a profile of one alone would say which it is: both have it.
    S.WAGES: EMPLOYMENT,
    S.DISMISSAL: EMPLOYMENT,
    S.PREGNANCY_DISCRIMINATION: EMPLOYMENT,
    S.CUSTODY_SUPPORT: CHILDREN,
    S.PARENTING: CHILDREN,
}


@pytest.mark.parametrize("sub", SubCategory)
def test_each_sub_category_owes_from_acceptance_what_the_table_says(sub: SubCategory) -> None:
    assert Matter(sub).owed() == {stage: at(due) for stage, due in OWED.get(sub, {}).items()}


@pytest.mark.parametrize(
    ("sub", "stage", "action"),
    [
        (S.SAFETY_HAZARD, D.BARRIER, A.MEETING),
        (S.VICTIM_FAMILY_AID, D.VISIT, A.VISIT),
        (S.MEDICAL_HARDSHIP, D.PLAN, A.FUND_PLEDGE),
        (S.DISABILITY_SERVICE, D.VOICE_CONTACT, A.CALL),
        (S.DIVORCE, D.DV_SCREENING, A.COUNSELLING),
        (S.DIVORCE, D.FIRST_CONTACT, A.CALL),
        (S.CUSTODY_SUPPORT, D.LEGAL_AID_REFERRAL, A.LEGAL_AID),
        (S.WAGES, D.LIMITATION_WARNING, A.GUIDANCE),
    ],
)
def test_who_did_it_in_time_is_not_urged_and_who_did_not_is_urged_once(
    sub: SubCategory, stage: ClockStage, action: ActionType
) -> None:
    done, late = Matter(sub), Matter(sub)
    done.acts(action)
    stopped = done.clock(stage)
    assert stopped is not None
    assert stopped.state is ClockState.STOPPED
    if action is not A.GUIDANCE:
        late.acts(A.GUIDANCE)
    late.acts(A.CALL, reached=False)
    for matter in (done, late):
        for day in (4, 5, 8):
            matter.now = START + timedelta(days=day)
            matter.sweep()
    assert [event for event in done.told if event.stage is stage] == []
    [event] = [event for event in late.told if event.stage is stage]
    above = NODES[Level.TOWNSHIP] if sub.default.urgency is Urgency.ORANGE else None
    assert (event.urged, event.informed) == (NODES[Level.VILLAGE], above)
    late.acts(action)
    assert stage not in late.owed()


def test_any_level_may_do_it_and_it_moves_no_clock_of_the_work() -> None:
    matter = Matter(S.VICTIM_FAMILY_AID)
    work = [clock for clock in matter.custody.clocks if clock.stage not in DUTIES]
    plain = Matter(S.LAND_CONTRACT, Urgency.ORANGE).custody
    assert work == list(plain.clocks), "the same as of a matter that owes nothing beside"
    assert matter.custody.clock == plain.clock
    matter.custody, _ = ladder.inform_up(matter.custody, matter.facts, NODES[Level.VILLAGE], Level.TOWNSHIP)
    assert set(matter.owed()) == {D.VISIT, D.PLAN}, "the township knows"
    matter.acts(A.VISIT, Level.TOWNSHIP)
    assert set(matter.owed()) == {D.PLAN}


def test_a_resolution_of_the_council_is_a_plan() -> None:
    matter = Matter(S.MEDICAL_HARDSHIP)
    for stage in (DocketStage.IN_DELIBERATION, DocketStage.IN_EXECUTION):
        assert set(matter.owed()) == {D.PLAN}
        docket = DocketState(case_id=matter.case.case_id, version=1, stage=stage)
        matter.custody, _ = following.follow_docket(matter.custody, docket, matter.facts)
    assert matter.owed() == {}


@pytest.mark.parametrize("sub", [S.SAFETY_HAZARD, S.ELDER_CARE])
def test_what_is_done_at_once_may_be_an_interim_item(sub: SubCategory) -> None:
    """S05: the village Party secretary finds a bed for tonight."""
    matter = Matter(sub, Urgency.ORANGE)
    owed = matter.owed()
    assert owed
    item = ItemState(
        id=f"i_{1:026d}", stage=ItemStage.ACCEPTED, by=NODES[Level.VILLAGE], assigned_at=START, due_at=START
    )
    for version, (stage, still) in enumerate(
        [(ItemStage.ACCEPTED, owed), (ItemStage.DONE, {}), (ItemStage.REWORK, owed), (ItemStage.VERIFIED, {})]
    ):
        items = (item.model_copy(update={"stage": stage}),)
        docket = DocketState(case_id=matter.case.case_id, version=version, items=items)
        matter.custody, _ = following.follow_docket(matter.custody, docket, matter.facts)
        assert matter.owed() == still


def test_who_has_no_shelter_is_looked_after_within_two_hours_of_the_urgency() -> None:
    assert Matter(S.ELDER_CARE, Urgency.ORANGE).owed() == {D.SHELTER_ACTION: START + timedelta(hours=2)}
    matter = Matter(S.IN_LAW)
    assert matter.owed() == {}
    matter.now += timedelta(hours=30)
    matter.follow(urgency=Urgency.ORANGE)
    assert matter.owed() == {D.SHELTER_ACTION: matter.now + timedelta(hours=2)}
    matter.now += timedelta(hours=1)
    matter.follow(urgency=Urgency.RED)
    assert set(matter.owed()) == {D.SHELTER_ACTION}
    matter.follow(urgency=Urgency.YELLOW)
    assert matter.owed() == {}


def test_a_rest_moves_it_and_at_most_by_its_own_time() -> None:
    matter = Matter(S.DISABILITY_SERVICE)
    matter.now = at("2026-11-24T10:00")
    until = matter.now + timedelta(days=60)
    matter.custody, _ = acting.suspend(
        matter.custody, matter.facts, NODES[Level.VILLAGE], SuspendReason.SEASONAL, until
    )
    paused = matter.clock(D.VOICE_CONTACT)
    assert paused is not None
    assert paused.state is ClockState.PAUSED
    matter.now = at("2026-11-25T10:00")
    matter.sweep()
    assert matter.told == []
    matter.custody, _ = acting.resume(matter.custody, matter.facts, NODES[Level.VILLAGE])
    assert matter.owed() == {D.VOICE_CONTACT: at("2026-11-25T17:00")}


NOW = at("2027-03-01T09:00")
FUNDED = datetime.combine(RULES.calendar.working_day(NOW.date(), 60), time(17), NOW.tzinfo)
A_MOMENT = timedelta(seconds=1)
NINETY = NOW + timedelta(days=90)


@pytest.mark.parametrize(
    ("sub", "reason", "until", "most"),
    [
        (S.PUBLIC_FACILITY, SuspendReason.FUNDING_WAIT, FUNDED, None),
        (S.PUBLIC_FACILITY, SuspendReason.FUNDING_WAIT, FUNDED + A_MOMENT, "60wd"),
        (S.PUBLIC_FACILITY, SuspendReason.SEASONAL, NINETY, None),
        (S.OTHER, SuspendReason.FUNDING_WAIT, NINETY, None),
        (S.OTHER, SuspendReason.FUNDING_WAIT, NINETY + A_MOMENT, "90d"),
    ],
)
def test_what_waits_for_funds_rests_no_longer_than_its_profile_allows(
    sub: SubCategory, reason: SuspendReason, until: datetime, most: str | None
) -> None:
    assert FUNDED < NINETY
    matter = Matter(sub)
    matter.now = NOW
    if most is None:
        matter.custody, _ = acting.suspend(matter.custody, matter.facts, NODES[Level.VILLAGE], reason, until)
        assert matter.custody.suspended_until == until
        return
    with pytest.raises(Refused) as refused:
        acting.suspend(matter.custody, matter.facts, NODES[Level.VILLAGE], reason, until)
    assert refused.value.code is Code.TOO_LATE
    assert f"at most {most}." in refused.value.body.message_en


def test_a_raised_urgency_makes_it_no_shorter() -> None:
    matter = Matter(S.DISABILITY_SERVICE)
    before = matter.owed()
    matter.follow(urgency=Urgency.ORANGE)
    assert matter.owed() == before


def test_a_changed_file_of_the_city_reaches_new_windows_only(tmp_path: Path) -> None:
    (tmp_path / f"limits.{VILLAGE[:4]}.yaml").write_text("overrides: {DISABILITY_SERVICE: {voice_contact: 3wd}}")
    changed = load(tmp_path).of(VILLAGE)
    before = Matter(S.DISABILITY_SERVICE)
    before.rules = changed
    before.acts(A.GUIDANCE)
    assert before.owed() == {D.VOICE_CONTACT: at("2026-11-24T17:00")}
    before.follow(urgency=Urgency.ORANGE)
    assert before.owed() == {D.VOICE_CONTACT: at("2026-11-24T17:00")}
    assert Matter(S.DISABILITY_SERVICE, rules=changed).owed() == {D.VOICE_CONTACT: at("2026-11-26T17:00")}


def test_opened_again_it_is_owed_again() -> None:
    matter = Matter(S.DISABILITY_SERVICE)
    matter.acts(A.CALL)
    matter.now += timedelta(days=1)
    matter.follow(stage=Stage.CLOSED, closed_at=matter.now)
    assert matter.owed() == {}
    matter.now = at("2026-11-30T09:00")
    matter.follow(stage=Stage.ACCEPTED, closed_at=None, reopens=1, reopened_at=matter.now)
    assert matter.owed() == {D.VOICE_CONTACT: at("2026-12-01T17:00")}
