"""Who is in a private matter's circle once office holders have changed: for any circle and any roster."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.cases import CaseClass, Relation, Stage, SubCategory
from services.intake.rules.case import Case, Joined
from services.intake.rules.secrecy import A_LEVEL, hand_over
from services.intake.rules.straight_way import submit

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)
FIRST, CAME_TO = ("n_1", "n_2"), ("n_2", "n_3")
MEMBERS = st.sampled_from([f"m_person-{n}" for n in range(12)])
SOME = st.lists(MEMBERS, max_size=7, unique=True).map(tuple)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A C2 matter with any circle; parties are never in it."""
    circle, barred = draw(SOME), draw(SOME)
    case, _ = submit(
        "2115-01M82YNFM03KBVXVT8R5G8C2T4",
        "21-2115-20260302-000001",
        village="211501001001",
        group="n_g-1",
        sub=SubCategory.MARITAL_CONFLICT,
        relation=Relation.OWN,
        urgency=None,
        reporters=("m_reporter",),
        circle=tuple(each for each in circle if each not in barred),
        happened_on=None,
        now=NOW,
    )
    joined = Joined(case_id="2115-01M82YNFM03KBVXVT8R5G8C2T5", reporters=("m_other",), barred=barred)
    seated = tuple(each for each in case.circle if draw(st.booleans()))
    gone = tuple(each for each in draw(SOME) if each not in case.circle)
    return case.model_copy(update={"joined": (joined,), "seated": seated, "dismissed": gone})


ROSTERS = st.fixed_dictionaries(dict.fromkeys(("n_1", "n_2", "n_3"), SOME))
TURNED = st.sampled_from([None, "n_1", "n_2", "n_3", "n_elsewhere"])


@given(cases(), ROSTERS, TURNED)
def test_offices_and_nobody_else_come_and_go(
    case: Case, offices: dict[str, tuple[str, ...]], turned: str | None
) -> None:
    after, events = hand_over(case, FIRST, CAME_TO, offices, turned, NOW)
    bearers = {each for people in offices.values() for each in people}
    came, left = set(after.circle) - set(case.circle), set(case.circle) - set(after.circle)
    assert came <= bearers - set(case.parties) - set(case.dismissed)
    assert came <= set(after.seated) <= set(after.circle)
    assert left <= set(case.seated) - bearers, "whom somebody named stays, and who still bears an office"
    assert after.circle or not case.circle, "nobody is left alone"
    stay_on = {each for each in after.seated if each not in bearers}
    assert not stay_on or after.circle == case.circle, "who bears none stays only where nobody could take it on"
    out = {*case.parties, *case.dismissed}
    able = {node: set(people) - out for node, people in offices.items()}
    assert not (able["n_1"] | able["n_2"]) or (able["n_1"] | able["n_2"]) & set(after.circle)
    if turned in CAME_TO:
        assert len(able[turned] & set(after.circle)) >= min(A_LEVEL, len(able[turned]))
    assert bool(events) == (after.circle != case.circle)
    assert after.version == case.version + len(events)


@given(cases(), ROSTERS, TURNED)
def test_once_is_enough(case: Case, offices: dict[str, tuple[str, ...]], turned: str | None) -> None:
    after, _ = hand_over(case, FIRST, CAME_TO, offices, turned, NOW)
    assert hand_over(after, FIRST, CAME_TO, offices, turned, NOW) == (after, ())


@given(cases(), ROSTERS, TURNED, st.sampled_from([Stage.CLOSED, Stage.WITHDRAWN, None]))
def test_only_what_is_open_and_private(
    case: Case, offices: dict[str, tuple[str, ...]], turned: str | None, stage: Stage | None
) -> None:
    other = case.model_copy(update={"stage": stage} if stage else {"case_class": CaseClass.C1})
    assert hand_over(other, FIRST, CAME_TO, offices, turned, NOW) == (other, ())
