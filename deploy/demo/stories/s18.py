"""S18, out of scope: turned down with the reason and the proper channel, handed over in an emergency, asked for what is missing
(domain 1.6)."""

from deploy.demo.client import ANONYMOUS
from deploy.demo.stories.base import Expect, Never, Step, Story, Tier, Told, after
from deploy.demo.stories.telling import Phone, Words, finds, gives, nobody

GROUP = "n_group-fukang-1"
VILLAGE = "n_fed-210302003008"
COURT, DANGER, UNCLEAR, SILENT = "court", "danger", "unclear", "silent"

BESIDE = nobody(
    "other-group-resident",
    "other-group-owner",
    "other-village-resident",
    "other-chair",
    "other-township-officer",
    "county-officer",
    "county-chair",
    "rights-officer",
    "city-chair",
    "inspector",
    "province-chair",
    "hongyun-chair",
    "pingfang-township-officer",
    "liaison",
    "operator",
    ANONYMOUS,
)
NEVER = (*BESIDE, *nobody("neighbour", "representative", "township-officer", "township-chair"))
LATE = (
    *BESIDE,
    *nobody("neighbour", "representative"),
    *nobody("township-officer", "township-chair", knows=Tier.ENTRY),
)
"""A pause gives no clock more than its own time once more, so triage is late meanwhile, and the township sees that it is."""
OPEN = (*BESIDE, Never("neighbour", Tier.SUMMARY), Never("representative", Tier.SUMMARY))


def _report(sub_category: str, words: str, said: str, **more: object) -> dict[str, object]:
    return {
        "group": GROUP,
        "subCategory": sub_category,
        "narrative": Words(f"{said}narrative", words),
        "reporter": {"name": Words(f"{said}name", "反映人", Tier.IDENTITY), "phone": Phone()},
        **more,
    }


STORY = Story(
    id="S18",
    title="不属受理范围 · out of scope: the reason and the proper channel; warm hand-over; asked for what is missing",
    observer="chair",
    counted_by=("township-officer", "210302003"),
    never=NEVER,
    steps=(
        Step(
            1,
            "resident",
            "reportMatter",
            "reports a wage claim that a court has before it (C1)",
            gives(**_report("WAGES", "工资官司还没判，想请帮忙催。", "court", relation="OWN")),
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
            matter=COURT,
        ),
        Step(
            1,
            "group-owner",
            "rejectMatter",
            "would turn it down: that is the chair's",
            gives(reason="IN_LITIGATION", route=Words("ownroute", "请向法院询问。")),
            Expect("SUBMITTED", VILLAGE, "ACK"),
            matter=COURT,
            refused="NOT_PERMITTED",
        ),
        Step(
            1,
            "group-owner",
            "proposeRejection",
            "proposes to turn it down; the chair decides",
            gives(reason="IN_LITIGATION", route=Words("proposed", "请向法院询问。")),
            Expect("SUBMITTED", VILLAGE, "ACK", told=(Told("chair", "REJECTION_PROPOSED"),)),
            matter=COURT,
        ),
        Step(
            1,
            "chair",
            "rejectMatter",
            "turns it down, with the reason and where it belongs",
            gives(reason="IN_LITIGATION", route=Words("route", "案件已在法院审理，请找承办法官，或拨打12348。")),
            Expect("REJECTED", None, None, told=(Told("resident", "REJECTED"),), counters={"rejected": 1}),
            matter=COURT,
        ),
        Step(
            2,
            "resident",
            "reportMatter",
            "reports smoke in a stairwell (C0, RED)",
            gives(**_report("SAFETY_HAZARD", "楼道里冒烟。", "danger", urgency="RED")),
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
            matter=DANGER,
            never=OPEN,
        ),
        Step(
            2,
            "chair",
            "redirectMatter",
            "would pass it on without speaking to anybody",
            gives(to="FIRE_119"),
            Expect("SUBMITTED", VILLAGE, "ACK"),
            matter=DANGER,
            never=OPEN,
            refused="HANDOVER_REQUIRED",
        ),
        Step(
            2,
            "chair",
            "redirectMatter",
            "hands it over by telephone, with the reference of the receipt",
            gives(
                to="FIRE_119",
                handedOver=True,
                receipt=Words("receipt", "接警编号"),
                route=Words("handover", "已转119，消防正在赶来。"),
            ),
            Expect(
                "REDIRECTED",
                None,
                None,
                told=(Told("resident", "REDIRECTED"),),
                counters={"redirected": 1, "redirected_with_receipt": 1},
            ),
            matter=DANGER,
            never=OPEN,
        ),
        Step(
            3,
            "resident",
            "reportMatter",
            "reports something of which too little can be understood (C1)",
            gives(**_report("OTHER", "那件事一直没人管。", "unclear", relation="OWN")),
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
            matter=UNCLEAR,
        ),
        Step(
            3,
            "group-owner",
            "askForInformation",
            "asks what it is about; the clocks pause",
            gives(question=Words("question", "请问是哪件事，在什么地方？")),
            Expect(
                "RETURNED_FOR_INFO",
                VILLAGE,
                "INFORMATION",
                told=(Told("resident", "INFORMATION_ASKED"),),
                counters={"information_asked": 1},
            ),
            matter=UNCLEAR,
        ),
        Step(
            3,
            "resident",
            "supplyInformation",
            "says what it is about; the clocks go on",
            gives(answer=Words("supplied", "是宅基地的事，在村东头。")),
            Expect(
                "SUBMITTED",
                VILLAGE,
                "TRIAGE",
                told=(
                    Told("group-owner", "INFORMATION_SUPPLIED"),
                    Told("chair", "INFORMATION_SUPPLIED"),
                ),
            ),
            matter=UNCLEAR,
        ),
        Step(
            3,
            "chair",
            "rejectMatter",
            "turns it down now that she knows: it was answered last year",
            gives(reason="ALREADY_ANSWERED", route=Words("answered", "去年已书面答复；不服可到镇司法所申请调解。")),
            Expect("REJECTED", None, None, told=(Told("resident", "REJECTED"),), counters={"rejected": 1}),
            matter=UNCLEAR,
        ),
        Step(
            4,
            "resident",
            "reportMatter",
            "reports another one like that",
            gives(**_report("OTHER", "还有一件。", "silent", relation="OWN")),
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
            matter=SILENT,
        ),
        Step(
            4,
            "group-owner",
            "askForInformation",
            "asks, and is not answered",
            gives(question=Words("secondquestion", "请问是什么事？")),
            Expect(
                "RETURNED_FOR_INFO",
                VILLAGE,
                "INFORMATION",
                told=(Told("resident", "INFORMATION_ASKED"),),
                counters={"information_asked": 1},
            ),
            matter=SILENT,
        ),
        after(
            4,
            6,
            "five working days go by: closed, NO_RESPONSE",
            Expect(
                "CLOSED",
                None,
                None,
                told=(
                    Told("resident", "CLOSED"),
                    Told("chair", "OVERDUE"),
                ),
                counters={"closed": 1, "closed_no_response": 1, "overdue": 1},
            ),
            matter=SILENT,
            never=LATE,
            checks=(finds("closed without an answer", "chair", "outcome", lambda it: it["outcome"] == "NO_RESPONSE"),),
        ),
        Step(
            4,
            "resident",
            "reopenMatter",
            "says what it was about: it is opened again",
            gives(reason=Words("late", "出门了，刚看到。")),
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
            matter=SILENT,
            never=LATE,
        ),
    ),
)
