"""S17, not satisfied: the department says done, the reporter says no; the order goes back, the second time it is supervised (domain 1.6)."""

from collections.abc import Callable, Mapping
from typing import Any

from deploy.demo.stories.base import Check, Expect, Never, Step, Story, Tier, Told, reads
from deploy.demo.stories.places import (
    BESIDE,
    BETWEEN,
    BOARD,
    FROM_THE_CITY_UP,
    FROM_THE_TOWNSHIP_UP,
    GROUP,
    HEATING,
    LIAISONS,
    VILLAGE,
)
from deploy.demo.stories.telling import PackageFor, Phone, Words, finds, gives, nobody, order

IN_THE_GROUP = (Never("neighbour", Tier.SUMMARY), Never("representative", Tier.SUMMARY))
AT_FIRST = (*BESIDE, *LIAISONS, *FROM_THE_TOWNSHIP_UP, *IN_THE_GROUP)
ROUNDS = ("first", "second", "third")
HER_ORDER = tuple(f"{what}{time}" for time in ROUNDS for what in ("result", "reply", "internal"))
NEVER = (
    *BESIDE,
    *nobody("liaison", "housing-liaison"),
    Never("heating-liaison", but=("summary", "place", "demand", *HER_ORDER)),
    *BETWEEN,
    *FROM_THE_CITY_UP,
    *IN_THE_GROUP,
)
"""The department sees its order, and the matter never (V3)."""


P3 = "V RECEIVED, C INFORMED, order {}"
AGAIN = "V ACTING, C INFORMED, order {}"
SETTLED = "V RESOLVED_HERE, C INFORMED, order VERIFIED"
REPORTED = (Told("chair", "ORDER_REPORTED"), Told("county-chair", "ORDER_REPORTED"))


def _done(row: int, time: str, note: str, p1: str, clock: str, p3: str) -> tuple[Step, ...]:
    """The department reports it done, the county verifies, the village resolves, the reporter is answered."""
    return (
        Step(
            row,
            "heating-liaison",
            "reportDone",
            f"reports it done, for the {time} time",
            gives(
                orderId=order("county-officer", HEATING),
                result=Words(f"result{time}", note),
                reply=Words(f"reply{time}", "暖气已修好。"),
                internalNote=Words(f"internal{time}", "管网老化。"),
            ),
            Expect(p1, VILLAGE, clock, told=REPORTED, p3=p3.format("REPORTED_DONE")),
        ),
        Step(
            row,
            "county-officer",
            "verifyOrder",
            "verifies it from the evidence",
            gives(orderId=order("county-officer", HEATING), note=Words(f"verified{time}", "已看过照片。")),
            Expect(p1, VILLAGE, clock, told=(Told("heating-liaison", "ORDER_VERIFIED"),), p3=p3.format("VERIFIED")),
        ),
        Step(
            row,
            "chair",
            "resolveMatter",
            "says that it is resolved",
            gives(evidence=Words(f"evidence{time}", "供暖公司已处理。")),
            Expect(
                "RESOLVED",
                VILLAGE,
                "FEEDBACK",
                told=(Told("chair", "FEEDBACK_OWED"),),
                p3=SETTLED,
            ),
        ),
        Step(
            row,
            "chair",
            "giveFeedback",
            "answers the reporter",
            gives(text=Words(f"answer{time}", "暖气已修好。")),
            Expect(
                "FEEDBACK_GIVEN",
                VILLAGE,
                "CALL_BACK",
                told=(Told("resident", "FEEDBACK"), Told(BOARD, "RESULT")),
                p3=SETTLED,
                counters={"feedback_given": 1},
            ),
        ),
    )


def _order(says: str, wanted: Callable[[Mapping[str, Any]], bool]) -> Check:
    """What the county finds of its order."""
    return finds(
        says, "county-officer", "workOrders { reworks supervision state }", lambda it: wanted(it["workOrders"][-1])
    )


STORY = Story(
    id="S17",
    title="回访不满意 · rework: still 14 degrees, twice (C0, ORANGE)",
    observer="chair",
    counted_by=("township-officer", "210302003"),
    never=NEVER,
    steps=(
        Step(
            1,
            "resident",
            "reportMatter",
            "reports that it is 14 degrees at home",
            gives(
                group=GROUP,
                subCategory="UTILITIES",
                urgency="ORANGE",
                narrative=Words("narrative", "家里只有14度。"),
                place=Words("place", "5号楼"),
                reporter={"name": Words("name", "反映人", Tier.IDENTITY), "phone": Phone()},
            ),
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
            never=AT_FIRST,
        ),
        Step(
            1,
            "chair",
            "acceptMatter",
            "accepts it, approving a public summary",
            gives(publicSummary=Words("summary", "5号楼供暖温度不足", Tier.SUMMARY)),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", told=(Told("resident", "ACCEPTED"),), counters={"accepted": 1}),
            checks=(reads("neighbour", "summary", "summary"),),
            never=AT_FIRST,
        ),
        Step(
            1,
            "chair",
            "informUp",
            "lets the county know: it can reach the heating company",
            gives(to="COUNTY", note=Words("inform", "请协调供暖公司。")),
            Expect(
                "ACCEPTED", VILLAGE, "COUNCIL", told=(Told("county-chair", "INFORMED"),), p3="V RECEIVED, C INFORMED"
            ),
        ),
        Step(
            1,
            "county-officer",
            "issueOrder",
            "issues an order to the heating company",
            gives(
                lead=PackageFor(HEATING, "county-officer"),
                legalBasis="城市供热条例",
                demand=Words("demand", "请尽快修复。"),
            ),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("heating-liaison", "ORDER_ISSUED"),),
                p3="V RECEIVED, C INFORMED, order ISSUED",
            ),
        ),
        Step(
            1,
            "heating-liaison",
            "signOrder",
            "takes it on",
            gives(orderId=order("county-officer", HEATING)),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("county-chair", "ORDER_SIGNED"),),
                p3="V RECEIVED, C INFORMED, order SIGNED",
            ),
        ),
        *_done(2, "first", "已检修阀门。", "ACCEPTED", "COUNCIL", P3),
        Step(
            3,
            "heating-liaison",
            "callBack",
            "would call back herself: never her own order",
            gives(reached=True, score=5, solved=True),
            Expect("FEEDBACK_GIVEN", VILLAGE, "CALL_BACK", p3="V RESOLVED_HERE, C INFORMED, order VERIFIED"),
            refused="NOT_PERMITTED",
        ),
        Step(
            3,
            "group-owner",
            "callBack",
            "calls back: still 14 degrees; the order goes back with half its time",
            gives(reached=True, score=1, solved=False, remark=Words("cold", "还是14度。")),
            Expect(
                "IN_ACTION",
                VILLAGE,
                "WINDOW",
                told=(
                    Told("county-chair", "ORDER_REWORK"),
                    Told("heating-liaison", "ORDER_REWORK"),
                ),
                p3="V ACTING, C INFORMED, order REWORK",
                counters={"reworked": 1},
            ),
            checks=(
                _order("the order is reworked once", lambda it: it["reworks"] == 1 and it["supervision"] == "NONE"),
            ),
        ),
        Step(
            3,
            "heating-liaison",
            "objectToOrder",
            "would object now: a rework cannot be objected to",
            gives(
                orderId=order("county-officer", HEATING),
                reason=Words("objection", "属户内设施。"),
                legalBasis="城市供热条例",
                suggested="n_dept-housing-210302",
            ),
            Expect("IN_ACTION", VILLAGE, "WINDOW", p3="V ACTING, C INFORMED, order REWORK"),
            refused="NO_OBJECTION",
        ),
        *_done(4, "second", "已更换阀门。", "IN_ACTION", "WINDOW", AGAIN),
        Step(
            5,
            "group-owner",
            "callBack",
            "calls back: still cold; the second failure is supervised by the county",
            gives(reached=True, score=1, solved=False, remark=Words("stillcold", "还是冷。")),
            Expect(
                "IN_ACTION",
                VILLAGE,
                "WINDOW",
                told=(
                    Told("county-chair", "ORDER_SUPERVISED"),
                    Told("county-chair", "ORDER_REWORK"),
                    Told("heating-liaison", "ORDER_SUPERVISED"),
                    Told("heating-liaison", "ORDER_REWORK"),
                ),
                p3="V ACTING, C INFORMED, order REWORK",
                counters={"reworked": 1},
            ),
            checks=(
                _order(
                    "the order is reworked twice and supervised",
                    lambda it: it["reworks"] == 2 and it["supervision"] == "SUPERVISED",
                ),
            ),
        ),
        *_done(6, "third", "已更换支管。", "IN_ACTION", "WINDOW", AGAIN),
        Step(
            7,
            "group-owner",
            "callBack",
            "calls back: warm; the call closes the matter and its order",
            gives(reached=True, score=4, solved=True, remark=Words("warm", "22度了。")),
            Expect(
                "CLOSED",
                None,
                None,
                told=(
                    Told("resident", "CLOSED"),
                    Told("heating-liaison", "ORDER_CLOSED"),
                ),
                p3="V CLOSED, C CLOSED, order CLOSED",
                counters={"closed": 1, "closed_solved": 1, "resolved_at_village": 1},
            ),
        ),
    ),
)
