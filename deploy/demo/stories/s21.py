"""S21, the idle council: what nobody dares to discuss surfaces by itself at the level above, and stays where it is (domain 1.6, 3.3)."""

from deploy.demo.client import ANONYMOUS
from deploy.demo.stories.base import Expect, Step, Story, Tier, Told, after, nothing
from deploy.demo.stories.telling import Phone, Words, due, finds, gives, nobody

VILLAGE = "n_fed-210302003008"
ABROAD = nobody(
    "neighbour",
    "representative",
    "other-group-resident",
    "other-group-owner",
    "other-village-resident",
    "other-chair",
    "other-township-officer",
    "county-officer",
    "county-chair",
    "rights-officer",
    "city-officer",
    "city-chair",
    "inspector",
    "province-officer",
    "province-chair",
    "hongyun-township-chair",
    "pingfang-township-officer",
    "liaison",
    "operator",
    ANONYMOUS,
)
NEVER = (*ABROAD, *nobody("township-officer", "township-chair"))
RED = (*ABROAD,)
"""Once it is overdue the township sees it; what was said it reads only when it has something to do with it."""

STORY = Story(
    id="S21",
    title="不敢议 · the idle council: it surfaces at the township, and is not passed up by itself (C1, YELLOW)",
    observer="chair",
    counted_by=("township-officer", "210302003"),
    never=NEVER,
    steps=(
        Step(
            1,
            "resident",
            "reportMatter",
            "reports a village rule that shuts women out",
            gives(
                group="n_group-fukang-1",
                subCategory="VILLAGE_RULES",
                relation="OWN",
                narrative=Words("narrative", "居民公约里写着出嫁的女儿不分份额。"),
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
        ),
        Step(
            1,
            "chair",
            "acceptMatter",
            "accepts it, and nothing follows",
            nothing,
            Expect("ACCEPTED", VILLAGE, "COUNCIL", told=(Told("resident", "ACCEPTED"),), counters={"accepted": 1}),
            checks=(
                due("chair", "COUNCIL", 5),
                due("chair", "WINDOW", 7),
            ),
        ),
        after(
            2,
            5,
            "80 % of the council's time is gone: amber, and the chair is reminded",
            Expect("ACCEPTED", VILLAGE, "COUNCIL", told=(Told("chair", "NUDGE"),)),
            checks=(finds("the lamp is amber", "chair", "clock { lamp }", lambda it: it["clock"]["lamp"] == "AMBER"),),
        ),
        after(
            3,
            1,
            "the time is over: red, and visible to the township; the reporter hears that it goes on",
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(
                    Told("chair", "OVERDUE"),
                    Told("chair", "PROGRESS_OWED"),
                    Told("township-chair", "OVERDUE_BELOW"),
                    Told("resident", "STILL_HANDLED"),
                ),
                counters={"overdue": 1, "council_overdue": 1},
            ),
            checks=(
                finds("the lamp is red", "chair", "clock { lamp }", lambda it: it["clock"]["lamp"] == "RED"),
                finds("the township sees it", "township-officer", "state", lambda it: it["state"] == "ACCEPTED"),
            ),
            never=RED,
        ),
        after(
            4,
            3,
            "half as much time again: the township must look after the village",
            Expect(
                "ACCEPTED",
                VILLAGE,
                "COUNCIL",
                told=(
                    Told("chair", "OVERDUE"),
                    Told("township-chair", "IDLE_BELOW"),
                ),
                p3="V RECEIVED, T INFORMED",
                counters={"idle_council": 1},
            ),
            never=RED,
        ),
        Step(
            5,
            "township-officer",
            "recordAction",
            "calls the village; the matter stays there: no automatic pass-up",
            gives(action="CALL", note=Words("call", "已与社区商定本周议事。")),
            Expect("ACCEPTED", VILLAGE, "COUNCIL", p3="V RECEIVED, T INFORMED"),
            never=RED,
        ),
        Step(
            6,
            "chair",
            "openSession",
            "opens the council after all",
            gives(mode="ASYNC_CHAT"),
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
                p2="OPEN",
                p3="V RECEIVED, T INFORMED",
            ),
            never=RED,
        ),
    ),
)
