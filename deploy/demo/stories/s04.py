"""S04, a confidential marital conflict climbs to the county: the council learns that there is something, the neighbour that it is handled
(domain 1.6; without referral and mediation records)."""

from collections.abc import Mapping
from typing import Any

from deploy.demo.client import ANONYMOUS
from deploy.demo.roster import member_of
from deploy.demo.stories.base import Check, Expect, Never, Scene, Step, Story, Tier, Told, nothing
from deploy.demo.stories.telling import Phone, Words, asks, finds, gives, item, nobody

GROUP = "n_group-hongyun"
V, T, C = "n_fed-211224100012", "n_fed-211224100", "n_fed-211224"
REGION = "211224100012"
TEMPLATE = "事情已妥善处理，谢谢您的热心"

BESIDE = nobody(
    "hongyun-resident",
    "hongyun-group-owner",
    "hongyun-council-member",
    "hongyun-executive-member",
    "hongyun-other-chair",
    "chair",
    "township-officer",
    "county-officer",
    "county-chair",
    "pingfang-county-chair",
    "operator",
    ANONYMOUS,
)
"""The group, its owner, the council: not even that it exists (the owner, that she passed one on)."""
OUTSIDE_THE_CIRCLE = (
    Never("hongyun-rights-officer", Tier.ENTRY),
    Never("hongyun-city-officer"),
    Never("hongyun-city-chair"),
    Never("province-officer"),
    Never("province-chair"),
)
NEIGHBOUR = Never(
    "hongyun-neighbour",
    Tier.ENTRY,
    but=("narrative", "name", "subject", "reporterName", "reporterPhone", "subjectName"),
)
"""She reported somebody else's matter: received, being handled, concluded (V1)."""
MEDIATOR = Never("hongyun-mediator")
NO_COUNTY = nobody("hongyun-county-officer", "hongyun-county-chair", "hongyun-rights-officer")
NO_TOWNSHIP = nobody("hongyun-township-officer", "hongyun-township-chair")

AT_VILLAGE = (*BESIDE, *NO_TOWNSHIP, *NO_COUNTY, *OUTSIDE_THE_CIRCLE[1:], NEIGHBOUR, MEDIATOR)
AT_TOWNSHIP = (*BESIDE, *NO_COUNTY, *OUTSIDE_THE_CIRCLE[1:], NEIGHBOUR, MEDIATOR)
AT_COUNTY = (*BESIDE, *OUTSIDE_THE_CIRCLE, NEIGHBOUR, MEDIATOR)
WITH_MEDIATOR = (
    *BESIDE,
    *OUTSIDE_THE_CIRCLE,
    NEIGHBOUR,
    Never("hongyun-mediator", Tier.SUMMARY, but=("task", "mediated")),
)


def _one_entry(_scene: Scene, data: Mapping[str, Any]) -> bool:
    return any(each["category"] == "MARRIAGE_FAMILY" and each["count"] >= 1 for each in data["confidentialEntries"])


ENTRY: Check = asks(
    "the council sees a confidential entry without content",
    "hongyun-council-member",
    "query($region: RegionCode!) { confidentialEntries(region: $region) { category count } }",
    _one_entry,
    region=REGION,
)


INBOX = "{ me { inbox(first: 5) { edges { node { kind titleZh } } } } }"


def _newest(data: Mapping[str, Any]) -> Mapping[str, str]:
    newest: Mapping[str, str] = data["me"]["inbox"]["edges"][0]["node"]
    return newest


def _thanked(_scene: Scene, data: Mapping[str, Any]) -> bool:
    return _newest(data) == {"kind": "HANDLED", "titleZh": TEMPLATE}


def neighbour_sees(state: str) -> Check:
    """No more than the state, and that coarse."""
    return finds(
        f"the neighbour sees {state}, no outcome, level, holder or clock",
        "hongyun-neighbour",
        "state outcome level holder { code } clock { stage } entries { level } timeline { kind }",
        lambda it: (
            it["state"] == state
            and not (it["outcome"] or it["level"] or it["holder"] or it["clock"] or it["entries"] or it["timeline"])
        ),
    )


STORY = Story(
    id="S04",
    title="保密的婚姻矛盾上报到县 · a confidential marital conflict climbs to the county (C2, YELLOW)",
    observer="hongyun-chair",
    counted_by=("hongyun-county-officer", "211224100"),
    never=AT_VILLAGE,
    places=("211224100012",),
    steps=(
        Step(
            1,
            "hongyun-neighbour",
            "reportMatter",
            "reports privately that the couple next door quarrel",
            gives(
                group=GROUP,
                subCategory="MARITAL_CONFLICT",
                relation="ANOTHERS",
                narrative=Words("narrative", "隔壁夫妻天天吵，孩子不敢回家。"),
                reporter={"name": Words("name", "邻居", Tier.IDENTITY), "phone": Phone()},
                subjectPerson={"name": Words("subject", "当事人", Tier.IDENTITY)},
            ),
            Expect(
                "SUBMITTED",
                V,
                "ACK",
                told=(
                    Told("hongyun-neighbour", "RECEIVED"),
                    Told("hongyun-chair", "NEW_MATTER"),
                ),
            ),
            opens=True,
            checks=(neighbour_sees("SUBMITTED"),),
        ),
        Step(
            2,
            "hongyun-chair",
            "acceptMatter",
            "accepts it after asking whether anybody is hurt or afraid",
            nothing,
            Expect("ACCEPTED", V, "COUNCIL", told=(Told("hongyun-neighbour", "ACCEPTED"),)),
            checks=(ENTRY, neighbour_sees("ACCEPTED")),
        ),
        Step(
            3,
            "hongyun-chair",
            "recordAction",
            "visits once; both are wary",
            gives(action="VISIT", note=Words("visit", "上门一次，双方有戒心。")),
            Expect("ACCEPTED", V, "WINDOW"),
        ),
        Step(
            3,
            "hongyun-chair",
            "passUp",
            "passes it up: a counsellor is needed",
            gives(reason="NEEDS_EXPERTISE", note=Words("passv", "需要心理咨询。")),
            Expect(
                "ESCALATED",
                V,
                "RECEIPT",
                told=(
                    Told("hongyun-township-officer", "NEW_MATTER"),
                    Told("hongyun-township-chair", "NEW_MATTER"),
                ),
                p3="V PASSED_UP, T NOTIFIED",
            ),
            never=AT_TOWNSHIP,
        ),
        Step(
            3,
            "hongyun-township-officer",
            "receive",
            "receives it; the village follows",
            nothing,
            Expect(
                "ESCALATED", T, "FIRST_ACTION", told=(Told("hongyun-chair", "FOLLOW_UP"),), p3="V FOLLOWING, T RECEIVED"
            ),
            checks=(neighbour_sees("ACCEPTED"),),
            never=AT_TOWNSHIP,
        ),
        Step(
            4,
            "hongyun-township-officer",
            "recordAction",
            "calls both; there is no counsellor in the town",
            gives(action="CALL", note=Words("call", "电话联系双方，镇里没有咨询师。")),
            Expect("ESCALATED", T, "WINDOW", p3="V FOLLOWING, T ACTING"),
            never=AT_TOWNSHIP,
        ),
        Step(
            4,
            "hongyun-township-chair",
            "passUp",
            "passes it up to the county",
            gives(reason="NEEDS_EXPERTISE", note=Words("passt", "请县妇联安排咨询师。")),
            Expect(
                "ESCALATED",
                T,
                "RECEIPT",
                told=(
                    Told("hongyun-chair", "FOLLOW_UP"),
                    Told("hongyun-county-officer", "NEW_MATTER"),
                    Told("hongyun-county-chair", "NEW_MATTER"),
                ),
                p3="V FOLLOWING, T PASSED_UP, C NOTIFIED",
            ),
            never=AT_COUNTY,
        ),
        Step(
            4,
            "hongyun-county-officer",
            "receive",
            "receives it: the county holds it",
            nothing,
            Expect(
                "ESCALATED",
                C,
                "FIRST_ACTION",
                told=(
                    Told("hongyun-chair", "FOLLOW_UP"),
                    Told("hongyun-township-officer", "FOLLOW_UP"),
                    Told("hongyun-township-chair", "FOLLOW_UP"),
                ),
                p3="V FOLLOWING, T FOLLOWING, C RECEIVED",
            ),
            never=AT_COUNTY,
        ),
        Step(
            5,
            "hongyun-county-officer",
            "recordAction",
            "arranges counselling",
            gives(action="COUNSELLING", note=Words("counselling", "已联系咨询师。")),
            Expect("ESCALATED", C, "WINDOW", p3="V FOLLOWING, T FOLLOWING, C ACTING"),
            never=AT_COUNTY,
        ),
        Step(
            5,
            "hongyun-county-officer",
            "assignItem",
            "assigns the community's mediator a talk with both, with guidance",
            gives(task={"text": Words("task", "分别与双方谈，勿提反映人。"), "member": member_of("hongyun-mediator")}),
            Expect(
                "ESCALATED",
                C,
                "WINDOW",
                told=(Told("hongyun-mediator", "ITEM_ASSIGNED"),),
                p2="interim item ASSIGNED",
                p3="V FOLLOWING, T FOLLOWING, C ACTING",
            ),
            never=WITH_MEDIATOR,
        ),
        Step(
            6,
            "hongyun-mediator",
            "acceptItem",
            "takes it on",
            gives(itemId=item("hongyun-mediator")),
            Expect("ESCALATED", C, "WINDOW", p2="interim item ACCEPTED", p3="V FOLLOWING, T FOLLOWING, C ACTING"),
            never=WITH_MEDIATOR,
        ),
        Step(
            6,
            "hongyun-mediator",
            "finishItem",
            "both accepted; an oral agreement is recorded",
            gives(itemId=item("hongyun-mediator"), evidence=Words("mediated", "双方口头达成一致。")),
            Expect(
                "ESCALATED",
                C,
                "WINDOW",
                told=(Told("hongyun-county-officer", "ITEM_TO_VERIFY"),),
                p2="interim item DONE",
                p3="V FOLLOWING, T FOLLOWING, C ACTING",
            ),
            never=WITH_MEDIATOR,
        ),
        Step(
            6,
            "hongyun-county-officer",
            "verifyItem",
            "has heard it from both",
            gives(itemId=item("hongyun-county-officer")),
            Expect("ESCALATED", C, "WINDOW", p2="interim item VERIFIED", p3="V FOLLOWING, T FOLLOWING, C ACTING"),
            never=WITH_MEDIATOR,
        ),
        Step(
            7,
            "hongyun-county-officer",
            "resolveMatter",
            "resolves it: the answer goes down",
            gives(evidence=Words("evidence", "双方和好，孩子情绪稳定。")),
            Expect(
                "RESOLVED",
                T,
                "RELAY",
                told=(
                    Told("hongyun-chair", "FOLLOW_UP"),
                    Told("hongyun-township-officer", "RELAY_OWED"),
                    Told("hongyun-township-chair", "RELAY_OWED"),
                ),
                p2="interim item VERIFIED",
                p3="V FOLLOWING, T FOLLOWING, C RESOLVED_HERE",
            ),
            checks=(neighbour_sees("ACCEPTED"),),
            never=WITH_MEDIATOR,
        ),
        Step(
            7,
            "hongyun-township-officer",
            "relayFeedback",
            "hands the answer to the village",
            nothing,
            Expect(
                "RESOLVED",
                V,
                "FEEDBACK",
                told=(Told("hongyun-chair", "FEEDBACK_OWED"),),
                p2="interim item VERIFIED",
                p3="V FOLLOWING, T FEEDBACK_RELAYED, C RESOLVED_HERE",
            ),
            never=WITH_MEDIATOR,
        ),
        Step(
            7,
            "hongyun-chair",
            "giveFeedback",
            "tells the parties; the neighbour gets a thank-you and no more",
            gives(text=Words("answer", "你们谈妥了就好，以后有事随时来。"), method="VISIT"),
            Expect(
                "FEEDBACK_GIVEN",
                V,
                "CALL_BACK",
                told=(Told("hongyun-neighbour", "HANDLED"),),
                p2="interim item VERIFIED",
                p3="V FOLLOWING, T FEEDBACK_RELAYED, C RESOLVED_HERE",
            ),
            checks=(
                asks("the neighbour is thanked, and told no more", "hongyun-neighbour", INBOX, _thanked),
                finds(
                    "she does not read the answer", "hongyun-neighbour", "feedback", lambda it: it["feedback"] is None
                ),
                neighbour_sees("ACCEPTED"),
            ),
            never=WITH_MEDIATOR,
        ),
        Step(
            7,
            "hongyun-chair",
            "closeMatter",
            "closes it: concluded, on every level",
            gives(outcome="SOLVED", reason=Words("closing", "双方确认。")),
            Expect(
                "CLOSED",
                None,
                None,
                told=(Told("hongyun-neighbour", "CLOSED"),),
                p2="interim item VERIFIED",
                p3="V CLOSED, T CLOSED, C CLOSED",
            ),
            checks=(neighbour_sees("CLOSED"),),
            never=WITH_MEDIATOR,
        ),
    ),
)
