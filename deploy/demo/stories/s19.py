"""S19, the department objects: re-issued to another, designated, and no second objection; the matter's own clock goes on (domain 1.6)."""

from collections.abc import Mapping
from typing import Any

from deploy.demo.stories.base import Check, Expect, Never, Scene, Step, Story, Tier, Told
from deploy.demo.stories.places import (
    BESIDE,
    BETWEEN,
    FROM_THE_CITY_UP,
    FROM_THE_TOWNSHIP_UP,
    GROUP,
    HEATING,
    HOUSING,
    LIAISONS,
    VILLAGE,
    WATER,
)
from deploy.demo.stories.telling import PackageFor, Phone, Words, gives, order

IN_THE_GROUP = (Never("neighbour", Tier.SUMMARY), Never("representative", Tier.SUMMARY))
AT_FIRST = (*BESIDE, *LIAISONS, *FROM_THE_TOWNSHIP_UP, *IN_THE_GROUP)
ORDERED = ("summary", "place", "demand")
NEVER = (
    *BESIDE,
    Never("liaison", but=(*ORDERED, "second", "designated", "result", "reply")),
    Never("housing-liaison", but=(*ORDERED, "objection", "reissued")),
    Never("heating-liaison"),
    *BETWEEN,
    *FROM_THE_CITY_UP,
    *IN_THE_GROUP,
)


async def _keep_window(scene: Scene, _answer: Mapping[str, Any]) -> None:
    scene.kept["window"] = await _window(scene)


async def _window(scene: Scene) -> str:
    seen = await scene.read("chair", "clocks { stage dueAt }")
    return str(next(clock["dueAt"] for clock in seen["clocks"] if clock["stage"] == "WINDOW"))


async def _same_window(scene: Scene) -> str | None:
    found = await _window(scene)
    return None if found == scene.kept["window"] else f"the window is due {found}, no longer {scene.kept['window']}"


GOES_ON = Check("the matter's clock goes on against the federation", _same_window)

STORY = Story(
    id="S19",
    title="派单异议 · objection: re-issued, designated, no second objection (C0, YELLOW)",
    observer="chair",
    counted_by=("township-officer", "210302003"),
    never=NEVER,
    steps=(
        Step(
            1,
            "resident",
            "reportMatter",
            "reports damp walls",
            gives(
                group=GROUP,
                subCategory="PUBLIC_FACILITY",
                narrative=Words("narrative", "一楼墙面返潮渗水。"),
                place=Words("place", "2号楼"),
                reporter={"name": Words("name", "反映人", Tier.IDENTITY), "phone": Phone()},
            ),
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
            never=AT_FIRST,
        ),
        Step(
            1,
            "chair",
            "acceptMatter",
            "accepts it, approving a public summary",
            gives(publicSummary=Words("summary", "2号楼墙面渗水", Tier.SUMMARY)),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", told=(Told("resident", "ACCEPTED"),), counters={"accepted": 1}),
            never=AT_FIRST,
        ),
        Step(
            1,
            "chair",
            "informUp",
            "lets the county know",
            gives(to="COUNTY", note=Words("inform", "请协调部门。")),
            Expect(
                "ACCEPTED", VILLAGE, "COUNCIL", told=(Told("county-chair", "INFORMED"),), p3="V RECEIVED, C INFORMED"
            ),
        ),
        Step(
            1,
            "county-officer",
            "issueOrder",
            "issues an order to the housing bureau",
            gives(
                lead=PackageFor(HOUSING, "county-officer"),
                legalBasis="物业管理条例",
                demand=Words("demand", "请查明原因并修复。"),
            ),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("housing-liaison", "ORDER_ISSUED"),),
                p3="V RECEIVED, C INFORMED, order ISSUED",
            ),
            learn=_keep_window,
        ),
        Step(
            2,
            "housing-liaison",
            "objectToOrder",
            "objects with a legal basis: the water company is competent",
            gives(
                orderId=order("county-officer", HOUSING),
                reason=Words("objection", "渗水来自供水支管。"),
                legalBasis="城市供水条例",
                suggested=WATER,
            ),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("county-chair", "ORDER_OBJECTED"),),
                p3="V RECEIVED, C INFORMED, order OBJECTED",
            ),
            checks=(GOES_ON,),
        ),
        Step(
            2,
            "housing-liaison",
            "reissueOrder",
            "would hand it on herself: a department does not",
            gives(orderId=order("county-officer", HOUSING), package=PackageFor(WATER, "county-officer")),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", p3="V RECEIVED, C INFORMED, order OBJECTED"),
            refused="NOT_PERMITTED",
        ),
        Step(
            2,
            "county-officer",
            "reissueOrder",
            "re-issues it to the water company",
            gives(
                orderId=order("county-officer", HOUSING),
                package=PackageFor(WATER, "county-officer"),
                reason=Words("reissued", "同意异议。"),
            ),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(
                    Told("liaison", "ORDER_ISSUED"),
                    Told("housing-liaison", "ORDER_REISSUED"),
                ),
                p3="V RECEIVED, C INFORMED, order REISSUED, order ISSUED",
            ),
            checks=(GOES_ON,),
        ),
        Step(
            3,
            "liaison",
            "objectToOrder",
            "objects in its turn",
            gives(
                orderId=order("county-officer", WATER),
                reason=Words("second", "表后管线属产权人。"),
                legalBasis="城市供水条例",
                suggested=HOUSING,
            ),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("county-chair", "ORDER_OBJECTED"),),
                p3="V RECEIVED, C INFORMED, order REISSUED, order OBJECTED",
            ),
        ),
        Step(
            3,
            "county-officer",
            "designateOrder",
            "designates the water company: its clocks begin again",
            gives(orderId=order("county-officer", WATER), reason=Words("designated", "经协调由供水企业办理。")),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("liaison", "ORDER_TO_SIGN"),),
                p3="V RECEIVED, C INFORMED, order REISSUED, order DESIGNATED",
            ),
            checks=(GOES_ON,),
        ),
        Step(
            3,
            "liaison",
            "objectToOrder",
            "would object again: not after a designation",
            gives(
                orderId=order("county-officer", WATER),
                reason=Words("third", "仍不属于我方。"),
                legalBasis="城市供水条例",
                suggested=HEATING,
            ),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", p3="V RECEIVED, C INFORMED, order REISSUED, order DESIGNATED"),
            refused="NO_OBJECTION",
        ),
        Step(
            4,
            "liaison",
            "signOrder",
            "takes it on",
            gives(orderId=order("county-officer", WATER)),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("county-chair", "ORDER_SIGNED"),),
                p3="V RECEIVED, C INFORMED, order REISSUED, order SIGNED",
            ),
        ),
        Step(
            4,
            "liaison",
            "reportDone",
            "reports it done",
            gives(
                orderId=order("county-officer", WATER),
                result=Words("result", "已更换支管。"),
                reply=Words("reply", "渗水已修复。"),
            ),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(
                    Told("chair", "ORDER_REPORTED"),
                    Told("county-chair", "ORDER_REPORTED"),
                ),
                p3="V RECEIVED, C INFORMED, order REISSUED, order REPORTED_DONE",
            ),
        ),
        Step(
            4,
            "chair",
            "verifyOrder",
            "verifies it on site",
            gives(orderId=order("county-officer", WATER), note=Words("verified", "墙面已干。")),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("liaison", "ORDER_VERIFIED"),),
                p3="V RECEIVED, C INFORMED, order REISSUED, order VERIFIED",
            ),
        ),
        Step(
            4,
            "chair",
            "resolveMatter",
            "says that it is resolved",
            gives(evidence=Words("evidence", "供水公司已更换支管。")),
            Expect(
                "RESOLVED",
                VILLAGE,
                "FEEDBACK",
                told=(Told("chair", "FEEDBACK_OWED"),),
                p3="V RESOLVED_HERE, C INFORMED, order REISSUED, order VERIFIED",
            ),
        ),
        Step(
            5,
            "group-owner",
            "giveFeedback",
            "answers the reporter, and tells the group the result",
            gives(
                text=Words("answer", "渗水已修复。"),
                toGroup=Words("togroup", "2号楼渗水已修复", Tier.SUMMARY),
            ),
            Expect(
                "FEEDBACK_GIVEN",
                VILLAGE,
                "CALL_BACK",
                told=(
                    Told("group:福康社区一号微平台", "RESULT"),
                    Told("resident", "FEEDBACK"),
                ),
                p3="V RESOLVED_HERE, C INFORMED, order REISSUED, order VERIFIED",
                counters={"feedback_given": 1},
            ),
        ),
        Step(
            5,
            "resident",
            "rateMatter",
            "says that it is solved: the matter and its orders are closed",
            gives(score=5, solved=True),
            Expect(
                "CLOSED",
                None,
                None,
                told=(
                    Told("resident", "CLOSED"),
                    Told("liaison", "ORDER_CLOSED"),
                ),
                p3="V CLOSED, C CLOSED, order REISSUED, order CLOSED",
                counters={"closed": 1, "closed_solved": 1, "resolved_at_village": 1},
            ),
        ),
    ),
)
