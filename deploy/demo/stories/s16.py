"""S16, withdraw and reopen: her own matter may be taken back, a hazard and somebody else's go on; the third reopening goes one level up
(domain 1.6)."""

from deploy.demo.client import ANONYMOUS
from deploy.demo.stories.base import Expect, Never, Step, Story, Tier, Told, nothing
from deploy.demo.stories.telling import Phone, Words, finds, gives, nobody

GROUP = "n_group-fukang-1"
VILLAGE = "n_fed-210302003008"
TOWNSHIP = "n_fed-210302003"
OWN, HAZARD, OTHERS = "own", "hazard", "others"

BESIDE = nobody(
    "other-group-resident",
    "other-group-owner",
    "other-village-resident",
    "other-chair",
    "other-township-officer",
    "hongyun-chair",
    "pingfang-township-officer",
    "liaison",
    "heating-liaison",
    "operator",
    ANONYMOUS,
)
ABOVE = nobody("county-officer", "county-chair", "rights-officer", "city-chair", "inspector", "province-chair")
IN_THE_GROUP = nobody("neighbour", "representative")
"""Of a matter of the council (C1) the group learns nothing but counts."""
NEVER = (*BESIDE, *ABOVE, *IN_THE_GROUP, Never("township-officer"), Never("township-chair"))
OPEN = (
    *BESIDE,
    *ABOVE,
    Never("neighbour", Tier.SUMMARY),
    Never("representative", Tier.SUMMARY),
    Never("township-chair"),
)
"""Of an open one (C0), that there is such a matter."""
UPPER = (*BESIDE, *ABOVE, *IN_THE_GROUP)
"""From when the township holds it."""


def _report(sub_category: str, relation: str, words: str, said: str) -> dict[str, object]:
    return {
        "group": GROUP,
        "subCategory": sub_category,
        "relation": relation,
        "narrative": Words(f"{said}narrative", words),
        "reporter": {"name": Words(f"{said}name", "反映人", Tier.IDENTITY), "phone": Phone()},
    }


def _solved(row: int, time: str) -> tuple[Step, ...]:
    """Done, answered, and closed by the reporter's own word: so that there is something to reopen."""
    return (
        Step(
            row,
            "chair",
            "solveOnSpot",
            f"settles it with both sides, for the {time} time",
            gives(evidence=Words(f"evidence{time}", "双方当面谈妥")),
            Expect(
                "RESOLVED",
                VILLAGE,
                "FEEDBACK",
                later=("chair (daily digest)",),
            ),
            matter=OWN,
        ),
        Step(
            row,
            "chair",
            "giveFeedback",
            "answers the reporter",
            gives(text=Words(f"answer{time}", "双方已经谈妥。")),
            Expect(
                "FEEDBACK_GIVEN",
                VILLAGE,
                "CALL_BACK",
                told=(Told("resident", "FEEDBACK"),),
                counters={"feedback_given": 1},
            ),
            matter=OWN,
        ),
        Step(
            row,
            "resident",
            "rateMatter",
            "says that it is solved: closed",
            gives(score=4, solved=True),
            Expect(
                "CLOSED",
                None,
                None,
                told=(Told("resident", "CLOSED"),),
                counters={"closed": 1, "closed_solved": 1, "resolved_at_village": 1},
            ),
            matter=OWN,
        ),
    )


STORY = Story(
    id="S16",
    title="撤回与重新打开 · withdraw and reopen (C1; a hazard; somebody else's matter)",
    observer="chair",
    counted_by=("township-officer", "210302003"),
    never=NEVER,
    steps=(
        Step(
            1,
            "resident",
            "reportMatter",
            "reports a matter of her own: an inheritance (C1)",
            gives(**_report("INHERITANCE", "OWN", "兄弟不肯按约定分老房。", "own")),
            Expect(
                "SUBMITTED",
                VILLAGE,
                "ACK",
                told=(
                    Told("resident", "RECEIVED"),
                    Told("group-owner", "NEW_MATTER"),
                ),
                counters={"submitted": 1},
            ),
            opens=True,
            matter=OWN,
        ),
        Step(
            1,
            "chair",
            "acceptMatter",
            "accepts it",
            nothing,
            Expect("ACCEPTED", VILLAGE, "COUNCIL", told=(Told("resident", "ACCEPTED"),), counters={"accepted": 1}),
            matter=OWN,
        ),
        Step(
            1,
            "resident",
            "withdrawMatter",
            "takes it back: nobody holds it any more",
            gives(reason=Words("withdrawal", "家里说好了，先不说。")),
            Expect(
                "WITHDRAWN",
                None,
                None,
                told=(
                    Told("resident", "WITHDRAWN"),
                    Told("group-owner", "REPORTER_WITHDREW"),
                    Told("chair", "REPORTER_WITHDREW"),
                ),
                counters={"withdrawn": 1},
            ),
            matter=OWN,
        ),
        Step(
            2,
            "resident",
            "reportMatter",
            "reports a public hazard (C0, ORANGE)",
            gives(**_report("SAFETY_HAZARD", "COMMUNITY", "楼道电线裸露。", "hazard")),
            Expect(
                "SUBMITTED",
                VILLAGE,
                "ACK",
                told=(
                    Told("resident", "RECEIVED"),
                    Told("group-owner", "NEW_MATTER"),
                    Told("chair", "NEW_MATTER"),
                ),
                counters={"submitted": 1},
            ),
            opens=True,
            matter=HAZARD,
            never=OPEN,
        ),
        Step(
            2,
            "resident",
            "withdrawMatter",
            "would take it back: the hazard is still there, so it goes on, handled ex officio",
            nothing,
            Expect(
                "SUBMITTED",
                VILLAGE,
                "ACK",
                told=(
                    Told("resident", "WITHDRAWAL_NOTED"),
                    Told("group-owner", "REPORTER_WITHDREW"),
                    Told("chair", "REPORTER_WITHDREW"),
                ),
                counters={"withdrawal_noted": 1},
            ),
            matter=HAZARD,
            never=OPEN,
        ),
        Step(
            3,
            "resident",
            "reportMatter",
            "reports somebody else's matter: an elder who is not cared for (C1)",
            gives(**_report("ELDER_CARE", "ANOTHERS", "邻居家老人没人照看。", "others")),
            Expect(
                "SUBMITTED",
                VILLAGE,
                "ACK",
                told=(
                    Told("resident", "RECEIVED"),
                    Told("group-owner", "NEW_MATTER"),
                ),
                counters={"submitted": 1},
            ),
            opens=True,
            matter=OTHERS,
        ),
        Step(
            3,
            "resident",
            "withdrawMatter",
            "would take it back: it is not hers, so it goes on",
            nothing,
            Expect(
                "SUBMITTED",
                VILLAGE,
                "ACK",
                told=(
                    Told("resident", "WITHDRAWAL_NOTED"),
                    Told("group-owner", "REPORTER_WITHDREW"),
                    Told("chair", "REPORTER_WITHDREW"),
                ),
                counters={"withdrawal_noted": 1},
            ),
            matter=OTHERS,
        ),
        Step(
            4,
            "resident",
            "reopenMatter",
            "opens hers again, for the first time: back to the village",
            gives(reason=Words("again", "又反悔了。")),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "WINDOW",
                told=(
                    Told("resident", "REOPENED"),
                    Told("group-owner", "REOPENED_HERE"),
                    Told("chair", "REOPENED_HERE"),
                ),
                counters={"reopened": 1},
            ),
            matter=OWN,
        ),
        *_solved(5, "first"),
        Step(
            6,
            "resident",
            "reopenMatter",
            "opens it for the second time: back to the level that resolved it",
            gives(reason=Words("oncemore", "没有照办。")),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "WINDOW",
                told=(
                    Told("resident", "REOPENED"),
                    Told("group-owner", "REOPENED_HERE"),
                    Told("chair", "REOPENED_HERE"),
                ),
                counters={"reopened": 1},
            ),
            matter=OWN,
        ),
        *_solved(7, "second"),
        Step(
            8,
            "resident",
            "reopenMatter",
            "opens it for the third time: it goes one level up by itself",
            gives(reason=Words("thirdtime", "还是没有照办。")),
            Expect(
                "ESCALATED",
                TOWNSHIP,
                "FIRST_ACTION",
                told=(
                    Told("resident", "REOPENED"),
                    Told("group-owner", "REOPENED_HERE"),
                    Told("chair", "REOPENED_HERE"),
                    Told("township-chair", "REOPENED_HERE"),
                ),
                p3="V FOLLOWING, T ACTING",
                counters={"reopened": 1},
            ),
            matter=OWN,
            never=UPPER,
            checks=(
                finds(
                    "the reporter sees which level has it", "resident", "level", lambda it: it["level"] == "TOWNSHIP"
                ),
            ),
        ),
    ),
)
