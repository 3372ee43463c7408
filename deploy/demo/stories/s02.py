"""S02, ground collapse: a joint session on site, three departments with one order each, and they become members of the council
(domain 1.6; the safety notice and the map point come with notices)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from deploy.demo.roster import member_of
from deploy.demo.stories.base import Expect, Input, Never, Scene, Step, Story, Tier, Told, reads
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
from deploy.demo.stories.s00 import camera_photo, clean_photo
from deploy.demo.stories.telling import (
    PackageFor,
    Phone,
    Words,
    asks,
    docket,
    finds,
    gives,
    item,
    nobody,
    order,
    session,
    thread,
)

NEXT, PRIVATE = "next", "private"
COUNCIL = "n_council-210302003008"
A_YEAR = timedelta(days=365)
IN_THE_GROUP = (Never("neighbour", Tier.SUMMARY), Never("representative", Tier.SUMMARY))
AT_FIRST = (*BESIDE, *LIAISONS, *FROM_THE_TOWNSHIP_UP, *IN_THE_GROUP)
INVITED = nobody("liaison", "heating-liaison", "housing-liaison", knows=Tier.CONTENT)
"""Whom a department's liaison may not learn of: the reporter and her telephone, unless she has ticked it (V8)."""
NEVER = (
    *BESIDE,
    *INVITED,
    *BETWEEN,
    *FROM_THE_CITY_UP,
    *IN_THE_GROUP,
)
AS_MEMBERS = (*AT_FIRST,)
DEPARTMENTS = (("liaison", WATER), ("heating-liaison", HEATING), ("housing-liaison", HOUSING))
PARTS = (
    ("heating-liaison", HEATING, "heatingdone", "已协助封路。"),
    ("housing-liaison", HOUSING, "housingdone", "路面已回填。"),
)
P3 = "V RECEIVED, C INFORMED"


async def _report(scene: Scene) -> Mapping[str, Any]:
    photo = camera_photo(scene.say("exif", "taken on site", Tier.CONTENT), "#6b5b4b")
    return {
        "group": GROUP,
        "subCategory": "SAFETY_HAZARD",
        "narrative": scene.say("narrative", "聚果园跟前地面塌陷，早晚冒水。", Tier.CONTENT),
        "place": scene.say("place", "聚果园门口", Tier.CONTENT),
        "reporter": {"name": scene.say("name", "反映人", Tier.IDENTITY), "phone": scene.telephone()},
        "attachments": [await scene.send_photo("executive-member", photo, "report")],
    }


async def _fixed(scene: Scene) -> Mapping[str, Any]:
    photo = camera_photo(scene.say("exifafter", "taken at work", Tier.CONTENT), "#93b7d6")
    found = await order("county-officer", WATER).of(scene)
    return {
        "orderId": found,
        "result": scene.say("waterdone", "已更换爆裂支管并回填。", Tier.CONTENT),
        "reply": scene.say("waterreply", "管道已修复，路面已回填。", Tier.CONTENT),
        "photos": [await scene.send_photo("liaison", photo, "evidence")],
    }


def _admission(department: str) -> Input:
    async def given(scene: Scene) -> Mapping[str, Any]:
        return {"department": department, "until": (await scene.now("chair") + A_YEAR).isoformat()}

    return given


def _listed(_scene: Scene, data: Mapping[str, Any]) -> bool:
    members = (data["council"] or {"standingMembers": []})["standingMembers"]
    standing = {each["address"] for each in members if each["stage"] == "CONFIRMED"}
    return standing >= {WATER, HEATING, HOUSING}


P2 = docket("OPEN", interim=["VERIFIED"])
DONE = docket("CLOSED_RESOLVED", "COMPLETED", ["VERIFIED"], ["VERIFIED"])
STAGES = {WATER: "ISSUED", HEATING: "ISSUED", HOUSING: "ISSUED"}


def _works() -> Iterator[Step]:
    """The departments sign, do their parts, the lead last; what was assigned is done; everything is looked at by somebody else."""
    orders, watch = dict(STAGES), ["ASSIGNED"]

    def now(*told: Told) -> Expect:
        p2 = docket("CLOSED_RESOLVED", "COMPLETED" if watch == ["VERIFIED"] else "IN_EXECUTION", watch, ["VERIFIED"])
        return Expect("IN_ACTION", VILLAGE, "WINDOW", told=told, p2=p2, p3=thread(P3, *orders.values()))

    for who, node in DEPARTMENTS:
        orders[node] = "SIGNED"
        signing = gives(orderId=order("county-officer", node))
        yield Step(4, who, "signOrder", "takes it on", signing, now(Told("county-chair", "ORDER_SIGNED")))
    reported = (Told("chair", "ORDER_REPORTED"), Told("county-chair", "ORDER_REPORTED"))
    for who, node, said, words in PARTS:
        orders[node] = "REPORTED_DONE"
        result = gives(
            orderId=order("county-officer", node), result=Words(said, words), reply=Words(f"{said}reply", words)
        )
        yield Step(5, who, "reportDone", "reports its part done", result, now(*reported))
    orders[WATER] = "REPORTED_DONE"
    yield Step(5, "liaison", "reportDone", "as the lead, reports it done with a photo", _fixed, now(*reported))
    watch[0] = "ACCEPTED"
    yield Step(5, "unit-leader", "acceptItem", "takes the watch on", gives(itemId=item("unit-leader")), now())
    watch[0] = "DONE"
    watched = gives(itemId=item("unit-leader"), evidence=Words("watched", "路面平整，围挡已撤。"))
    yield Step(5, "unit-leader", "finishItem", "has looked every day", watched, now(Told("chair", "ITEM_TO_VERIFY")))
    watch[0] = "VERIFIED"
    yield Step(5, "executive-member", "verifyItem", "has seen it too", gives(itemId=item("executive-member")), now())
    for who, node in DEPARTMENTS:
        orders[node] = "VERIFIED"
        seen = gives(orderId=order("chair", node), note=Words(f"seen{who}", "现场已查看。"))
        yield Step(5, "chair", "verifyOrder", "verifies it on site", seen, now(Told(who, "ORDER_VERIFIED")))


STORY = Story(
    id="S02",
    title="地面塌陷，部门成为成员 · ground collapse: a joint session on site, work orders, standing members (C0, ORANGE)",
    observer="chair",
    counted_by=("township-officer", "210302003"),
    never=NEVER,
    steps=(
        Step(
            1,
            "executive-member",
            "reportMatter",
            "reports that the ground has collapsed, with a photo",
            _report,
            Expect(
                "SUBMITTED",
                VILLAGE,
                "ACK",
                told=(
                    Told("group-owner", "NEW_MATTER"),
                    Told("executive-member", "RECEIVED"),
                    Told("chair", "NEW_MATTER"),
                ),
                counters={"submitted": 1},
            ),
            opens=True,
            checks=(clean_photo("report", "executive-member", "chair"),),
            never=AT_FIRST,
        ),
        Step(
            2,
            "chair",
            "acceptMatter",
            "accepts it, approving a public summary",
            gives(publicSummary=Words("summary", "聚果园门口地面塌陷，请绕行", Tier.SUMMARY)),
            Expect(
                "ACCEPTED", VILLAGE, "COUNCIL", told=(Told("executive-member", "ACCEPTED"),), counters={"accepted": 1}
            ),
            checks=(reads("neighbour", "summary", "summary"),),
            never=AT_FIRST,
        ),
        Step(
            2,
            "chair",
            "assignItem",
            "has the unit leader put up a barrier, at once",
            gives(task={"text": Words("barrier", "立即围挡并设警示。"), "member": member_of("unit-leader")}),
            Expect(
                "ACCEPTED", VILLAGE, "COUNCIL", told=(Told("unit-leader", "ITEM_ASSIGNED"),), p2="interim item ASSIGNED"
            ),
            never=AT_FIRST,
        ),
        Step(
            2,
            "unit-leader",
            "acceptItem",
            "takes it on",
            gives(itemId=item("unit-leader")),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", p2="interim item ACCEPTED"),
            never=AT_FIRST,
        ),
        Step(
            2,
            "unit-leader",
            "finishItem",
            "has put it up",
            gives(itemId=item("unit-leader"), evidence=Words("barrierdone", "围挡已设。")),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", told=(Told("chair", "ITEM_TO_VERIFY"),), p2="interim item DONE"),
            never=AT_FIRST,
        ),
        Step(
            2,
            "chair",
            "verifyItem",
            "has seen it",
            gives(itemId=item("chair")),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", p2="interim item VERIFIED"),
            never=AT_FIRST,
        ),
        Step(
            3,
            "chair",
            "informUp",
            "asks the county to help reach the departments; the village stays the holder",
            gives(to="COUNTY", note=Words("inform", "请协助联系住建、供暖、供水。")),
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(Told("county-chair", "INFORMED"),),
                p2="interim item VERIFIED",
                p3="V RECEIVED, C INFORMED",
            ),
            never=(*BESIDE, *LIAISONS, *BETWEEN, *FROM_THE_CITY_UP, *IN_THE_GROUP),
        ),
        Step(
            3,
            "chair",
            "openSession",
            "opens a joint session on site, in one tap",
            gives(mode="ON_SITE"),
            Expect(
                "IN_DELIBERATION",
                VILLAGE,
                "COUNCIL",
                told=(
                    Told("council-owner", "SESSION_OPENED"),
                    Told("council-member", "SESSION_OPENED"),
                    Told("second-council-member", "SESSION_OPENED"),
                    Told("party-secretary", "SESSION_OPENED"),
                    Told("executive-member", "SESSION_OPENED"),
                ),
                p2="OPEN, interim item VERIFIED",
                p3="V RECEIVED, C INFORMED",
            ),
            never=(*BESIDE, *LIAISONS, *BETWEEN, *FROM_THE_CITY_UP, *IN_THE_GROUP),
        ),
        *(
            Step(
                3,
                "chair",
                "invite",
                f"invites {name}, with what it is told",
                gives(
                    sessionId=session("chair"),
                    kind="DEPARTMENT",
                    department=node,
                    package=PackageFor(node, "chair"),
                ),
                Expect(
                    "IN_DELIBERATION", VILLAGE, "COUNCIL", told=(Told(LIAISONS[place].who, "INVITED"),), p2=P2, p3=P3
                ),
                never=(
                    *BESIDE,
                    *BETWEEN,
                    *FROM_THE_CITY_UP,
                    *IN_THE_GROUP,
                    *INVITED[: place + 1],
                    *LIAISONS[place + 1 :],
                ),
            )
            for place, (name, node) in enumerate(
                (("the water company", WATER), ("the heating company", HEATING), ("the housing bureau", HOUSING))
            )
        ),
        *(
            Step(
                3,
                who,
                "speak",
                what,
                gives(sessionId=session("chair"), department=node, text=Words(said, words)),
                Expect("IN_DELIBERATION", VILLAGE, "COUNCIL", p2="OPEN, interim item VERIFIED", p3=P3),
            )
            for who, node, what, said, words in (
                ("liaison", WATER, "confirms: it is a water main", "sayswater", "是供水支管爆裂，由我们主修。"),
                (
                    "heating-liaison",
                    HEATING,
                    "denies: no heating pipe is near; will help close the road",
                    "saysheating",
                    "供暖管道不在此处，协助封路。",
                ),
                ("housing-liaison", HOUSING, "will fill the ground in", "sayshousing", "负责路面回填。"),
            )
        ),
        *(
            Step(
                3,
                who,
                "speak",
                "agrees",
                gives(sessionId=session("chair"), text=Words(said, "同意。")),
                Expect("IN_DELIBERATION", VILLAGE, "COUNCIL", p2="OPEN, interim item VERIFIED", p3=P3),
            )
            for who, said in (
                ("council-member", "saysmember"),
                ("second-council-member", "sayssecond"),
                ("party-secretary", "sayssecretary"),
            )
        ),
        Step(
            4,
            "chair",
            "adopt",
            "closes it with a resolution: water leads, the others assist; the executive member looks every day",
            gives(
                sessionId=session("chair"),
                rule="CONSENSUS",
                text=Words("resolution", "供水主办，供暖、住建协办，三天内修复。"),
                minutes=Words("minutes", "现场会，三部门到场。"),
                items=[{"text": Words("watch", "每天查看围挡。"), "member": member_of("unit-leader")}],
            ),
            Expect(
                "IN_ACTION",
                VILLAGE,
                "WINDOW",
                told=(
                    Told("unit-leader", "ITEM_ASSIGNED"),
                    Told("council-owner", "RESOLUTION_ADOPTED"),
                    Told("council-member", "RESOLUTION_ADOPTED"),
                    Told("second-council-member", "RESOLUTION_ADOPTED"),
                    Told("party-secretary", "RESOLUTION_ADOPTED"),
                    Told("executive-member", "RESOLUTION_ADOPTED"),
                    Told("liaison", "RESOLUTION_ADOPTED"),
                    Told("heating-liaison", "RESOLUTION_ADOPTED"),
                    Told("housing-liaison", "RESOLUTION_ADOPTED"),
                ),
                p2="CLOSED_RESOLVED, resolution IN_EXECUTION, item ASSIGNED, interim item VERIFIED",
                p3="V RECEIVED, C INFORMED",
                counters={"resolutions": 1, "sessions": 1},
            ),
        ),
        Step(
            4,
            "county-officer",
            "issueOrder",
            "issues linked orders: water leads, heating and housing assist",
            gives(
                lead=PackageFor(WATER, "county-officer"),
                co=[PackageFor(HEATING, "county-officer"), PackageFor(HOUSING, "county-officer")],
                legalBasis="城市供水条例",
                demand=Words("demand", "三天内修复。"),
            ),
            Expect(
                "IN_ACTION",
                VILLAGE,
                "WINDOW",
                told=(
                    Told("liaison", "ORDER_ISSUED"),
                    Told("heating-liaison", "ORDER_ISSUED"),
                    Told("housing-liaison", "ORDER_ISSUED"),
                ),
                p2="CLOSED_RESOLVED, resolution IN_EXECUTION, item ASSIGNED, interim item VERIFIED",
                p3="V RECEIVED, C INFORMED, 3 orders ISSUED",
            ),
        ),
        *_works(),
        Step(
            5,
            "chair",
            "resolveMatter",
            "says that it is resolved",
            gives(evidence=Words("evidence", "塌陷已修复。")),
            Expect(
                "RESOLVED",
                VILLAGE,
                "FEEDBACK",
                told=(Told("chair", "FEEDBACK_OWED"),),
                p2="CLOSED_RESOLVED, resolution COMPLETED, item VERIFIED, interim item VERIFIED",
                p3="V RESOLVED_HERE, C INFORMED, 3 orders VERIFIED",
            ),
        ),
        Step(
            6,
            "chair",
            "giveFeedback",
            "answers the reporter, and tells the group the result",
            gives(
                text=Words("answer", "塌陷已修复，谢谢您及时反映。"),
                toGroup=Words("togroup", "聚果园门口塌陷已修复", Tier.SUMMARY),
            ),
            Expect(
                "FEEDBACK_GIVEN",
                VILLAGE,
                "CALL_BACK",
                told=(
                    Told("group:福康社区一号微平台", "RESULT"),
                    Told("executive-member", "FEEDBACK"),
                ),
                p2="CLOSED_RESOLVED, resolution COMPLETED, item VERIFIED, interim item VERIFIED",
                p3="V RESOLVED_HERE, C INFORMED, 3 orders VERIFIED",
                counters={"feedback_given": 1},
            ),
        ),
        Step(
            6,
            "group-owner",
            "callBack",
            "calls the reporter, who is satisfied: one call closes the matter and its orders",
            gives(reached=True, score=5, solved=True, remark=Words("remark", "修得快。")),
            Expect(
                "CLOSED",
                None,
                None,
                told=(
                    Told("executive-member", "CLOSED"),
                    Told("liaison", "ORDER_CLOSED"),
                    Told("heating-liaison", "ORDER_CLOSED"),
                    Told("housing-liaison", "ORDER_CLOSED"),
                ),
                p2="CLOSED_RESOLVED, resolution COMPLETED, item VERIFIED, interim item VERIFIED",
                p3="V CLOSED, C CLOSED, 3 orders CLOSED",
                counters={"closed": 1, "closed_solved": 1, "resolved_at_village": 1},
            ),
        ),
        *(
            Step(
                7,
                "council-owner",
                "admitMember",
                f"admits {name} to the council for a year",
                _admission(node),
                Expect("CLOSED", None, None, p2=DONE, p3="V CLOSED, C CLOSED, 3 orders CLOSED"),
            )
            for name, node in (
                ("the water company", WATER),
                ("the heating company", HEATING),
                ("the housing bureau", HOUSING),
            )
        ),
        *(
            Step(
                7,
                who,
                "confirmMembership",
                "accepts the membership",
                gives(council=COUNCIL, department=node),
                Expect("CLOSED", None, None, p2=DONE, p3="V CLOSED, C CLOSED, 3 orders CLOSED"),
            )
            for who, node in DEPARTMENTS
        ),
        Step(
            8,
            "resident",
            "reportMatter",
            "reports the next burst pipe",
            gives(
                group=GROUP,
                subCategory="UTILITIES",
                urgency="ORANGE",
                narrative=Words("nextnarrative", "7号楼前又冒水。"),
                reporter={"name": Words("nextname", "反映人", Tier.IDENTITY), "phone": Phone()},
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
            matter=NEXT,
        ),
        Step(
            8,
            "chair",
            "acceptMatter",
            "accepts it",
            gives(publicSummary=Words("nextsummary", "7号楼前冒水", Tier.SUMMARY)),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", told=(Told("resident", "ACCEPTED"),), counters={"accepted": 1}),
            matter=NEXT,
        ),
        Step(
            8,
            "chair",
            "openSession",
            "opens the next session: the three departments are listed by themselves",
            gives(mode="ON_SITE"),
            Expect(
                "IN_DELIBERATION",
                VILLAGE,
                "COUNCIL",
                told=(
                    Told("council-owner", "SESSION_OPENED"),
                    Told("council-member", "SESSION_OPENED"),
                    Told("second-council-member", "SESSION_OPENED"),
                    Told("party-secretary", "SESSION_OPENED"),
                    Told("executive-member", "SESSION_OPENED"),
                    Told("liaison", "SESSION_OPENED"),
                    Told("heating-liaison", "SESSION_OPENED"),
                    Told("housing-liaison", "SESSION_OPENED"),
                ),
                p2="OPEN",
            ),
            matter=NEXT,
            checks=(
                finds(
                    "the departments are listed",
                    "chair",
                    "sessions { departments { code } }",
                    lambda it: (
                        {each["code"] for each in it["sessions"][-1]["departments"]} == {WATER, HEATING, HOUSING}
                    ),
                ),
                asks(
                    "they are standing members",
                    "chair",
                    "query($node: String!) { council(node: $node) { standingMembers { address stage } } }",
                    _listed,
                    node=COUNCIL,
                ),
            ),
        ),
        Step(
            9,
            "resident",
            "reportMatter",
            "reports a private matter (C1): standing members see open ones, and never this",
            gives(
                group=GROUP,
                subCategory="INHERITANCE",
                relation="OWN",
                narrative=Words("privatenarrative", "老房怎么分。"),
                reporter={"name": Words("privatename", "反映人", Tier.IDENTITY), "phone": Phone()},
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
            matter=PRIVATE,
            never=(*BESIDE, *LIAISONS, *FROM_THE_TOWNSHIP_UP, *nobody("neighbour", "representative")),
        ),
        *(
            Step(
                9,
                "chair",
                "endMembership",
                f"ends the membership of {name} again, so that the council is as the story found it",
                gives(council=COUNCIL, address=node),
                Expect("CLOSED", None, None, p2=DONE, p3="V CLOSED, C CLOSED, 3 orders CLOSED"),
            )
            for name, node in (
                ("the water company", WATER),
                ("the heating company", HEATING),
                ("the housing bureau", HOUSING),
            )
        ),
    ),
)
