"""S00, the baseline loop: a small matter stays in the village (domain 1.6)."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from PIL import ExifTags, Image, ImageDraw

from deploy.demo.client import ANONYMOUS
from deploy.demo.stories.base import Check, Expect, Never, Scene, Step, Story, Tier, Told, reads

GROUP = "n_group-fukang-1"
BOARD = "group:福康社区一号微平台"
VILLAGE = "n_fed-210302003008"
TOWNSHIP = "210302003"

NEVER = (
    # In the group: that there is such a matter and its approved summary (F0, F1 of C0), not its words, its photos or its reporter.
    Never("neighbour", Tier.SUMMARY),
    Never("representative", Tier.SUMMARY),
    # Beside it.
    Never("other-group-resident"),
    Never("other-group-owner"),
    Never("other-village-resident"),
    Never("other-chair"),
    # Above it: only in counts.
    Never("township-officer"),
    Never("other-township-officer"),
    Never("county-officer"),
    Never("county-chair"),
    Never("rights-officer"),
    Never("city-officer"),
    Never("inspector"),
    Never("province-officer"),
    # Outside.
    Never("liaison"),
    Never("operator"),
    Never(ANONYMOUS),
)


def camera_photo(note: str, colour: str) -> bytes:
    """A picture of a noticeboard as a telephone writes it: JPEG with a description, and where it was taken."""
    image = Image.new("RGB", (640, 480), "#b8c4cc")
    draw = ImageDraw.Draw(image)
    draw.rectangle((140, 120, 500, 340), fill=colour, outline="#5a4632", width=14)
    draw.line((220, 140, 380, 320), fill="#ffffff", width=5)
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = note
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (41.0, 6.0, 30.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (122.0, 59.0, 24.0),
        }
    )
    written = BytesIO()
    image.save(written, "JPEG", exif=exif)
    return written.getvalue()


def clean_photo(purpose: str, *readers: str) -> Check:
    """The photo is read by those who may, and says neither where it was taken nor what its camera wrote."""

    async def wrong(scene: Scene) -> str | None:
        sent = next(photo for photo in scene.photos if photo.purpose == purpose)
        for who in readers:
            response = await scene.person(who).photo(sent.id, sent.purpose)
            if response.status_code != 200:
                return f"{who} does not get the photo ({response.status_code})"
            if scene.run.encode() in response.content:
                return "the photo still carries what its camera wrote"
            exif = Image.open(BytesIO(response.content)).getexif()
            if dict(exif) or exif.get_ifd(ExifTags.IFD.GPSInfo):
                return "the photo still carries EXIF"
        return None

    return Check(f"photo without EXIF and GPS, read by {', '.join(readers)}", wrong)


async def _numbered(scene: Scene) -> str | None:
    seen = await scene.read("resident", "number")
    return None if str(seen.get("number", "")).startswith("21-2103-") else "the reporter has no case number"


async def _ended(scene: Scene) -> str | None:
    seen = await scene.read("chair", "outcome docket entries { level } timeline { kind }")
    if seen.get("outcome") != "SOLVED" or seen.get("docket") != "NONE":
        return f"it ended as {seen.get('outcome')} with docket {seen.get('docket')}"
    if [entry["level"] for entry in seen["entries"]] != ["VILLAGE"]:
        return f"levels {[entry['level'] for entry in seen['entries']]} have to do with it"
    return None


async def _report(scene: Scene) -> Mapping[str, Any]:
    photo = camera_photo(scene.say("exif", "taken at home", Tier.CONTENT), "#7f9a6d")
    return {
        "group": GROUP,
        "subCategory": "PUBLIC_FACILITY",
        "urgency": "GREEN",
        "narrative": scene.say("narrative", "楼前的公告栏玻璃碎了，怕扎到孩子。", Tier.CONTENT),
        "place": scene.say("place", "3号楼前", Tier.CONTENT),
        "reporter": {"name": scene.say("name", "反映人", Tier.IDENTITY), "phone": scene.telephone()},
        "attachments": [await scene.send_photo("resident", photo, "report")],
    }


async def _acknowledge(_scene: Scene) -> Mapping[str, Any]:
    return {}


async def _accept(scene: Scene) -> Mapping[str, Any]:
    return {"publicSummary": scene.say("summary", "楼前公告栏玻璃破损，待修", Tier.SUMMARY)}


async def _solve(scene: Scene) -> Mapping[str, Any]:
    photo = camera_photo(scene.say("exif", "taken at work", Tier.CONTENT), "#93b7d6")
    return {
        "outcome": "SOLVED",
        "evidence": scene.say("evidence", "请师傅换了玻璃", Tier.CONTENT),
        "photos": [await scene.send_photo("group-owner", photo, "evidence")],
    }


async def _feedback(scene: Scene) -> Mapping[str, Any]:
    return {
        "text": scene.say("answer", "玻璃已更换，谢谢您提醒。", Tier.CONTENT),
        "toGroup": scene.say("result", "楼前公告栏玻璃已更换", Tier.SUMMARY),
    }


async def _rate(scene: Scene) -> Mapping[str, Any]:
    return {"score": 5, "solved": True, "remark": scene.say("remark", "很快，谢谢！", Tier.CONTENT)}


STORY = Story(
    id="S00",
    title="小事不出村 · a small matter stays in the village: a broken noticeboard (C0, GREEN)",
    observer="chair",
    counted_by=("township-officer", TOWNSHIP),
    never=NEVER,
    steps=(
        Step(
            1,
            "resident",
            "reportMatter",
            "reports the broken noticeboard, with a photo",
            _report,
            Expect(
                "SUBMITTED",
                VILLAGE,
                "ACK",
                told=(Told("resident", "RECEIVED"), Told("group-owner", "NEW_MATTER")),
                counters={"submitted": 1},
            ),
            opens=True,
            checks=(
                Check("reporter has the case number", _numbered),
                clean_photo("report", "resident", "group-owner", "chair"),
                reads("group-owner", "narrative", "narrative"),
                reads("chair", "reporterName", "name"),
            ),
        ),
        Step(
            2,
            "group-owner",
            "acknowledge",
            "has seen it",
            _acknowledge,
            Expect("SUBMITTED", VILLAGE, "TRIAGE"),
        ),
        Step(
            2,
            "group-owner",
            "acceptMatter",
            "accepts it under the chair's delegation, approving a public summary",
            _accept,
            Expect("ACCEPTED", VILLAGE, "COUNCIL", told=(Told("resident", "ACCEPTED"),), counters={"accepted": 1}),
            checks=(reads("neighbour", "summary", "summary"),),
        ),
        Step(
            3,
            "group-owner",
            "solveOnSpot",
            "has the glass replaced; evidence in words and a photo",
            _solve,
            Expect(
                "RESOLVED",
                VILLAGE,
                "FEEDBACK",
                later=("chair (daily digest)",),
            ),
            checks=(clean_photo("evidence", "group-owner", "chair"),),
        ),
        Step(
            4,
            "group-owner",
            "giveFeedback",
            "answers the reporter, and tells the group the result",
            _feedback,
            Expect(
                "FEEDBACK_GIVEN",
                VILLAGE,
                "CALL_BACK",
                told=(Told("resident", "FEEDBACK"), Told(BOARD, "RESULT")),
                counters={"feedback_given": 1},
            ),
            checks=(reads("resident", "feedback", "answer"), reads("neighbour", "summary", "result")),
        ),
        Step(
            4,
            "resident",
            "rateMatter",
            "rates it 5 and says that it is solved: closed",
            _rate,
            Expect(
                "CLOSED",
                None,
                None,
                told=(Told("resident", "CLOSED"),),
                counters={"closed": 1, "closed_solved": 1, "resolved_at_village": 1},
            ),
            checks=(Check("solved at the village, no session, no level above", _ended),),
        ),
    ),
)
