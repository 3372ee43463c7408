"""S05, an elder whom nobody takes in: which of two villages of one name, three reports of one matter, shelter tonight, a session with the
judicial office (domain 1.6; without agreement and monitoring)."""

from collections.abc import Iterator

from deploy.demo.client import ANONYMOUS
from deploy.demo.roster import member_of
from deploy.demo.stories.base import Expect, Never, Step, Story, Tier, Told, nothing
from deploy.demo.stories.telling import CaseOf, PackageFor, Phone, Words, docket, finds, gives, item, nobody, session

GROUP = "n_group-pingfang"
V, T = "n_fed-211321116200", "n_fed-211321116"
JUSTICE = "n_dept-justice-211321116"
SECOND, THIRD = "second", "third"

ELSEWHERE = nobody(
    "pingfang-bystander",
    "other-pingfang-resident",
    "other-pingfang-group-owner",
    "other-pingfang-council-member",
    "other-pingfang-chair",
    "other-pingfang-township-officer",
    "pingfang-county-officer",
    "pingfang-county-chair",
    "pingfang-rights-officer",
    "pingfang-city-chair",
    "province-chair",
    "agriculture-liaison",
    "chair",
    "hongyun-township-officer",
    "operator",
    ANONYMOUS,
)
"""The rest of the group (C1), the other village of that name, everybody who is not told."""
NO_TOWNSHIP = nobody("pingfang-township-officer", "pingfang-township-chair")
NO_JUSTICE = nobody("pingfang-justice-liaison")
REPORTERS = (
    Never("pingfang-resident", Tier.ENTRY, but=("narrative", "name", "visited", "task2")),
    Never("pingfang-neighbour", Tier.ENTRY, but=("secondnarrative", "secondname", "visited", "visit")),
    Never("pingfang-second-neighbour", Tier.ENTRY, but=("thirdnarrative", "thirdname")),
)
"""They reported somebody else's matter: each her own words and no more (V1)."""
AT_FIRST = (*ELSEWHERE, *NO_TOWNSHIP, *NO_JUSTICE)
NEVER = (*AT_FIRST, *REPORTERS[2:])
IN_SESSION = (*ELSEWHERE, *NO_TOWNSHIP, *REPORTERS[2:], Never("pingfang-justice-liaison", Tier.CONTENT))
INFORMED = (*ELSEWHERE, *REPORTERS[2:], Never("pingfang-justice-liaison", Tier.CONTENT))
"""The judicial office takes part: aliases, until both sides accept."""


def _report(words: str, said: str = "") -> dict[str, object]:
    return {
        "group": GROUP,
        "subCategory": "ELDER_CARE",
        "relation": "ANOTHERS",
        "urgency": "ORANGE",
        "narrative": Words(f"{said}narrative", words),
        "reporter": {"name": Words(f"{said}name", "邻居", Tier.IDENTITY), "phone": Phone()},
        "subjectPerson": {"name": Words(f"{said}subject", "老人", Tier.IDENTITY)},
    }


P3 = "V RECEIVED, T INFORMED"
TASKS = (
    ("pingfang-council-member", "has mediated with the mother-in-law", "mediated", "婆婆同意。"),
    ("pingfang-justice-liaison", "has mediated with both daughters-in-law", "justicedone", "两个儿媳同意。"),
    ("pingfang-neighbour", "has visited", "visited", "老人精神好。"),
)


def _after(stages: list[str], *told: Told) -> Expect:
    p2 = docket("CLOSED_RESOLVED", "COMPLETED" if set(stages) == {"VERIFIED"} else "IN_EXECUTION", stages, ["VERIFIED"])
    return Expect("IN_ACTION", V, "WINDOW", told=told, p2=p2, p3=P3)


def _tasks() -> Iterator[Step]:
    """Each takes her task on, does it, and somebody else has a look."""
    stages = ["ASSIGNED"] * len(TASKS)
    for place, (who, what, said, words) in enumerate(TASKS):
        its = item("pingfang-chair", place + 1)
        stages[place] = "ACCEPTED"
        yield Step(5, who, "acceptItem", "takes it on", gives(itemId=its), _after(stages), never=INFORMED)
        stages[place] = "DONE"
        asked = Told("pingfang-chair", "ITEM_TO_VERIFY")
        given = gives(itemId=its, evidence=Words(said, words))
        yield Step(5, who, "finishItem", what, given, _after(stages, asked), never=INFORMED)
        stages[place] = "VERIFIED"
        looks = gives(itemId=item("pingfang-executive-member", place + 1))
        yield Step(
            5, "pingfang-executive-member", "verifyItem", "has looked herself", looks, _after(stages), never=INFORMED
        )


STORY = Story(
    id="S05",
    title="养老纠纷 · an elder-care dispute: merged reports, shelter in two hours, a session with the judicial office (C1, ORANGE)",
    observer="pingfang-chair",
    counted_by=("pingfang-county-officer", "211321116"),
    never=NEVER,
    places=("211321116200",),
    steps=(
        Step(
            1,
            "pingfang-resident",
            "reportMatter",
            "reports that an elder has nowhere to sleep; the group says which 平房村",
            gives(**_report("老人被两个儿媳赶出来，今晚没地方住。")),
            Expect(
                "SUBMITTED",
                V,
                "ACK",
                told=(
                    Told("pingfang-resident", "RECEIVED"),
                    Told("pingfang-group-owner", "NEW_MATTER"),
                    Told("pingfang-chair", "NEW_MATTER"),
                ),
                counters={"submitted": 1},
            ),
            opens=True,
            checks=(
                finds("it lies in this village", "pingfang-chair", "region", lambda it: it["region"] == "211321116200"),
            ),
            never=AT_FIRST,
        ),
        Step(
            2,
            "pingfang-neighbour",
            "reportMatter",
            "reports the same",
            gives(**_report("老人坐在村口哭。", "second")),
            Expect(
                "SUBMITTED",
                V,
                "ACK",
                told=(
                    Told("pingfang-neighbour", "RECEIVED"),
                    Told("pingfang-group-owner", "NEW_MATTER"),
                    Told("pingfang-chair", "NEW_MATTER"),
                ),
                counters={"submitted": 1},
            ),
            opens=True,
            matter=SECOND,
            never=AT_FIRST,
        ),
        Step(
            2,
            "pingfang-second-neighbour",
            "reportMatter",
            "reports the same",
            gives(**_report("两家都不管老人。", "third")),
            Expect(
                "SUBMITTED",
                V,
                "ACK",
                told=(
                    Told("pingfang-second-neighbour", "RECEIVED"),
                    Told("pingfang-group-owner", "NEW_MATTER"),
                    Told("pingfang-chair", "NEW_MATTER"),
                ),
                counters={"submitted": 1},
            ),
            opens=True,
            matter=THIRD,
            never=AT_FIRST,
        ),
        Step(
            2,
            "pingfang-group-owner",
            "acceptMatter",
            "would accept it: ORANGE is the chair's",
            nothing,
            Expect("SUBMITTED", V, "ACK"),
            refused="NOT_DELEGATED",
            never=AT_FIRST,
        ),
        Step(
            2,
            "pingfang-chair",
            "mergeMatter",
            "joins the second with the first",
            gives(into=CaseOf("matter")),
            Expect("MERGED", None, None, counters={"merged": 1}),
            matter=SECOND,
            never=AT_FIRST,
        ),
        Step(
            2,
            "pingfang-chair",
            "mergeMatter",
            "and the third: all three are co-reporters",
            gives(into=CaseOf("matter")),
            Expect("MERGED", None, None, counters={"merged": 1}),
            matter=THIRD,
            never=AT_FIRST,
        ),
        Step(
            2,
            "pingfang-chair",
            "acceptMatter",
            "accepts it",
            nothing,
            Expect(
                "ACCEPTED",
                V,
                "COUNCIL",
                told=(
                    Told("pingfang-resident", "ACCEPTED"),
                    Told("pingfang-neighbour", "ACCEPTED"),
                    Told("pingfang-second-neighbour", "ACCEPTED"),
                ),
                counters={"accepted": 1},
            ),
            never=AT_FIRST,
        ),
        Step(
            3,
            "pingfang-chair",
            "assignItem",
            "has the village Party secretary find a bed for tonight, within two hours",
            gives(task={"text": Words("shelter", "今晚安排老人住村部。"), "member": member_of("pingfang-secretary")}),
            Expect(
                "ACCEPTED",
                V,
                "COUNCIL",
                told=(Told("pingfang-secretary", "ITEM_ASSIGNED"),),
                p2="interim item ASSIGNED",
            ),
        ),
        Step(
            3,
            "pingfang-secretary",
            "acceptItem",
            "takes it on",
            gives(itemId=item("pingfang-secretary")),
            Expect("ACCEPTED", V, "COUNCIL", p2="interim item ACCEPTED"),
        ),
        Step(
            3,
            "pingfang-secretary",
            "finishItem",
            "the elder sleeps in the village room",
            gives(itemId=item("pingfang-secretary"), evidence=Words("sheltered", "已住下。")),
            Expect("ACCEPTED", V, "COUNCIL", told=(Told("pingfang-chair", "ITEM_TO_VERIFY"),), p2="interim item DONE"),
        ),
        Step(
            3,
            "pingfang-executive-member",
            "verifyItem",
            "has looked in",
            gives(itemId=item("pingfang-executive-member")),
            Expect("ACCEPTED", V, "COUNCIL", p2="interim item VERIFIED"),
        ),
        Step(
            4,
            "pingfang-chair",
            "openSession",
            "opens the council",
            gives(mode="MIXED"),
            Expect(
                "IN_DELIBERATION",
                V,
                "COUNCIL",
                told=(
                    Told("pingfang-secretary", "SESSION_OPENED"),
                    Told("pingfang-council-member", "SESSION_OPENED"),
                    Told("pingfang-executive-member", "SESSION_OPENED"),
                ),
                p2="OPEN, interim item VERIFIED",
            ),
        ),
        Step(
            4,
            "pingfang-chair",
            "invite",
            "invites the judicial office, with the parties under aliases",
            gives(
                sessionId=session("pingfang-chair"),
                kind="DEPARTMENT",
                department=JUSTICE,
                package=PackageFor(JUSTICE, "pingfang-chair"),
            ),
            Expect(
                "IN_DELIBERATION",
                V,
                "COUNCIL",
                told=(Told("pingfang-justice-liaison", "INVITED"),),
                p2="OPEN, interim item VERIFIED",
            ),
            never=IN_SESSION,
        ),
        Step(
            4,
            "pingfang-chair",
            "informUp",
            "lets the township know",
            gives(to="TOWNSHIP", note=Words("inform", "已请司法所参加议事。")),
            Expect(
                "IN_DELIBERATION",
                V,
                "COUNCIL",
                told=(Told("pingfang-township-chair", "INFORMED"),),
                p2="OPEN, interim item VERIFIED",
                p3="V RECEIVED, T INFORMED",
            ),
            never=INFORMED,
        ),
        Step(
            4,
            "pingfang-justice-liaison",
            "speak",
            "attaches the law: children support their parents (Civil Code, Art. 26, 1067)",
            gives(
                sessionId=session("pingfang-chair"),
                department=JUSTICE,
                text=Words("law", "民法典第二十六条、第一千零六十七条：成年子女对父母负有赡养义务。"),
            ),
            Expect("IN_DELIBERATION", V, "COUNCIL", p2="OPEN, interim item VERIFIED", p3="V RECEIVED, T INFORMED"),
            never=INFORMED,
        ),
        *(
            Step(
                4,
                who,
                "speak",
                "agrees",
                gives(sessionId=session("pingfang-chair"), text=Words(said, "同意分开调解、轮流赡养。")),
                Expect("IN_DELIBERATION", V, "COUNCIL", p2="OPEN, interim item VERIFIED", p3="V RECEIVED, T INFORMED"),
                never=INFORMED,
            )
            for who, said in (("pingfang-secretary", "sayssecretary"), ("pingfang-council-member", "saysmember"))
        ),
        Step(
            4,
            "pingfang-chair",
            "adopt",
            "closes it with a resolution and three tasks",
            gives(
                sessionId=session("pingfang-chair"),
                rule="CONSENSUS",
                text=Words("resolution", "分开调解，两家轮流赡养。"),
                minutes=Words("minutes", "司法所到会。"),
                items=[
                    {"text": Words("taskchair", "调解婆媳。"), "member": member_of("pingfang-council-member")},
                    {"text": Words("taskjustice", "分别调解两个儿媳。"), "node": JUSTICE},
                    {"text": Words("visit", "常去看看老人。"), "member": member_of("pingfang-neighbour")},
                ],
            ),
            Expect(
                "IN_ACTION",
                V,
                "WINDOW",
                told=(
                    Told("pingfang-neighbour", "ITEM_ASSIGNED"),
                    Told("pingfang-secretary", "RESOLUTION_ADOPTED"),
                    Told("pingfang-council-member", "ITEM_ASSIGNED"),
                    Told("pingfang-executive-member", "RESOLUTION_ADOPTED"),
                    Told("pingfang-justice-liaison", "ITEM_ASSIGNED"),
                ),
                p2="CLOSED_RESOLVED, resolution IN_EXECUTION, 3 items ASSIGNED, interim item VERIFIED",
                p3="V RECEIVED, T INFORMED",
                counters={"resolutions": 1, "sessions": 1},
            ),
            never=INFORMED,
        ),
        *_tasks(),
        Step(
            6,
            "pingfang-chair",
            "resolveMatter",
            "says that it is resolved",
            gives(evidence=Words("evidence", "两家轮流赡养。")),
            Expect(
                "RESOLVED",
                V,
                "FEEDBACK",
                told=(Told("pingfang-chair", "FEEDBACK_OWED"),),
                p2="CLOSED_RESOLVED, resolution COMPLETED, 3 items VERIFIED, interim item VERIFIED",
                p3="V RESOLVED_HERE, T INFORMED",
            ),
            never=INFORMED,
        ),
        Step(
            6,
            "pingfang-chair",
            "giveFeedback",
            "tells the family; the three neighbours learn that it is settled, and not how",
            gives(text=Words("answer", "已商定两家轮流赡养。")),
            Expect(
                "FEEDBACK_GIVEN",
                V,
                "CALL_BACK",
                told=(
                    Told("pingfang-resident", "HANDLED"),
                    Told("pingfang-neighbour", "HANDLED"),
                    Told("pingfang-second-neighbour", "HANDLED"),
                ),
                p2="CLOSED_RESOLVED, resolution COMPLETED, 3 items VERIFIED, interim item VERIFIED",
                p3="V RESOLVED_HERE, T INFORMED",
                counters={"feedback_given": 1},
            ),
            never=INFORMED,
        ),
        Step(
            7,
            "pingfang-chair",
            "closeMatter",
            "closes it",
            gives(outcome="SOLVED", reason=Words("closing", "家属确认。")),
            Expect(
                "CLOSED",
                None,
                None,
                told=(
                    Told("pingfang-resident", "CLOSED"),
                    Told("pingfang-neighbour", "CLOSED"),
                    Told("pingfang-second-neighbour", "CLOSED"),
                ),
                p2="CLOSED_RESOLVED, resolution COMPLETED, 3 items VERIFIED, interim item VERIFIED",
                p3="V CLOSED, T CLOSED",
                counters={"closed": 1, "closed_solved": 1, "resolved_at_village": 1},
            ),
            never=INFORMED,
        ),
    ),
)
