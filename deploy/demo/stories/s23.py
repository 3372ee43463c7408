"""S23, offline: an elder without a telephone tells it at the door, somebody writes it down for her, and she is answered by a visit
(domain 1.6)."""

from deploy.demo.client import ANONYMOUS
from deploy.demo.stories.base import Expect, Step, Story, Tier, Told, nothing
from deploy.demo.stories.telling import Words, gives, nobody

GROUP = "n_group-fukang-1"
VILLAGE = "n_fed-210302003008"
NEVER = (
    *nobody(
        "neighbour",
        "representative",
        "other-group-resident",
        "other-group-owner",
        "other-village-resident",
        "other-chair",
        "township-officer",
        "township-chair",
        "other-township-officer",
        "county-officer",
        "county-chair",
        "rights-officer",
        "city-chair",
        "inspector",
        "province-chair",
        "hongyun-chair",
        "liaison",
        "operator",
        ANONYMOUS,
    ),
)

STORY = Story(
    id="S23",
    title="上门口述 · offline: told at the door, written down on behalf, answered by a visit (C1, YELLOW)",
    observer="chair",
    counted_by=("township-officer", "210302003"),
    never=NEVER,
    steps=(
        Step(
            1,
            "executive-member",
            "reportMatter",
            "writes down what an elder without a telephone told her, and who told it",
            gives(
                group=GROUP,
                subCategory="DISABILITY_SERVICE",
                relation="OWN",
                narrative=Words("narrative", "腿脚不便，想请人陪着去医院。"),
                toldBy=Words("told", "口述人", Tier.IDENTITY),
                reporter={"name": Words("name", "口述人", Tier.IDENTITY)},
            ),
            Expect(
                "SUBMITTED",
                VILLAGE,
                "ACK",
                told=(
                    Told("group-owner", "NEW_MATTER"),
                    Told("executive-member", "RECEIVED"),
                ),
                counters={"submitted": 1},
            ),
            opens=True,
        ),
        Step(
            1,
            "chair",
            "acceptMatter",
            "accepts it",
            nothing,
            Expect(
                "ACCEPTED", VILLAGE, "COUNCIL", told=(Told("executive-member", "ACCEPTED"),), counters={"accepted": 1}
            ),
        ),
        Step(
            2,
            "chair",
            "solveOnSpot",
            "finds somebody who goes along",
            gives(evidence=Words("evidence", "已约好每周三陪同就医。")),
            Expect(
                "RESOLVED",
                VILLAGE,
                "FEEDBACK",
                told=(
                    Told("group-owner", "VISIT_OWED"),
                    Told("executive-member", "VISIT_OWED"),
                ),
            ),
        ),
        Step(
            3,
            "chair",
            "giveFeedback",
            "would answer through the application, which the elder does not have",
            gives(text=Words("pushed", "已安排陪同。"), method="APP"),
            Expect("RESOLVED", VILLAGE, "FEEDBACK"),
            refused="VISIT_OWED",
        ),
        Step(
            3,
            "chair",
            "giveFeedback",
            "goes there and tells her",
            gives(text=Words("answer", "已安排每周三陪同就医。"), method="VISIT"),
            Expect("FEEDBACK_GIVEN", VILLAGE, "CALL_BACK", counters={"feedback_given": 1}),
        ),
        Step(
            4,
            "executive-member",
            "rateMatter",
            "would rate it in her name: that is not hers to say",
            gives(score=5, solved=True),
            Expect("FEEDBACK_GIVEN", VILLAGE, "CALL_BACK"),
            refused="STATE_DOES_NOT_FIT",
        ),
        Step(
            4,
            "executive-member",
            "callBack",
            "asks her at the door whether it is solved: it is, and it is closed",
            gives(reached=True, score=5, solved=True, remark=Words("remark", "老人很满意。")),
            Expect(
                "CLOSED",
                None,
                None,
                told=(Told("executive-member", "CLOSED"),),
                counters={"closed": 1, "closed_solved": 1, "resolved_at_village": 1},
            ),
        ),
    ),
)
