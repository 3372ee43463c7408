"""What the access tests share: matters of every class, photos with a canary inside, the plain HTTP of the front door."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from io import BytesIO
from typing import Any, TypeVar

import httpx
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from tests.access.council_oracle import COUNCIL_COMMANDS
from tests.harness import Harness, Person, Place, key
from tests.straight import Straight

T = TypeVar("T")

SUBS = {"C0": "PUBLIC_FACILITY", "C1": "ELDER_CARE", "C2": "MARITAL_CONFLICT", "C3": "DOMESTIC_VIOLENCE"}
"""A sub-category of each class."""

DENIED = frozenset({"NOT_PERMITTED", "CASE_NOT_FOUND", "NOT_FOUND", "UNAUTHENTICATED"})
"""What a caller is told who may not."""

CODE = "{ __typename ... on Refusal { code } }"

MATTER_COMMANDS: dict[str, dict[str, Any]] = {
    "acknowledge": {},
    "acceptMatter": {},
    "solveOnSpot": {"evidence": "已修好"},
    "recordAction": {"action": "VISIT", "note": "已走访"},
    "tellProgress": {"text": "已联系施工队"},
    "passUp": {"reason": "NO_COMPETENCE", "note": "法律依据"},
    "cancelPassUp": {},
    "receive": {},
    "refuseReceipt": {"reason": "WRONG_REGION"},
    "returnDown": {"guidance": "先召开协商会"},
    "takeOver": {"reason": "情况紧急"},
    "informUp": {"to": "CITY"},
    "alertInParallel": {},
    "supervise": {"on": True, "reason": "超期"},
    "resolveMatter": {"evidence": "已修好"},
    "relayFeedback": {},
    "reworkMatter": {"reason": "没有修好"},
    "suspendMatter": {"reason": "SEASONAL", "until": "2027-01-10T00:00:00+08:00"},
    "resumeMatter": {},
    "giveFeedback": {"text": "已答复"},
    "rateMatter": {"score": 5, "solved": True},
    "callBack": {"reached": True, "solved": True, "score": 5},
    "closeMatter": {"outcome": "SOLVED"},
    "askForInformation": {"question": "请补充楼号"},
    "supplyInformation": {"answer": "三号楼"},
    "proposeRejection": {"reason": "OTHER_AUTHORITY", "route": "请拨打 12345"},
    "rejectMatter": {"reason": "OTHER_AUTHORITY", "route": "请拨打 12345"},
    "redirectMatter": {"to": "CITIZEN_12345", "handedOver": True},
    "withdrawMatter": {},
    "mergeMatter": {},
    "unmergeMatter": {},
    "reopenMatter": {"reason": "又坏了"},
    "reviewRejection": {"finding": "UPHELD", "reason": "理由成立"},
    "raiseClass": {"to": "C1"},
    "lowerClass": {"to": "C0", "reason": "当事人同意公开"},
    "setUrgency": {"to": "ORANGE"},
    "changeCircle": {"add": ["m_helper-one"]},
    "nameParty": {"member": "m_party-one"},
    "clearParty": {"member": "m_party-one"},
    **COUNCIL_COMMANDS,
}
"""Every command on a matter, with an input that is in order of a C0 matter; `mergeMatter` needs another one beside (`send` names the
matter itself)."""


def words_for(mutation: str, case_class: str) -> dict[str, Any]:
    """An input that is in order of a matter of a class."""
    above = {"C0": "C1", "C1": "C2", "C2": "C3", "C3": "C3"}
    return {**MATTER_COMMANDS[mutation], **({"to": above[case_class]} if mutation == "raiseClass" else {})}


def pascal(mutation: str) -> str:
    """A mutation's command."""
    return mutation[0].upper() + mutation[1:]


def photo(canary: str = "", size: tuple[int, int] = (48, 32)) -> bytes:
    """A JPEG from a camera: EXIF, GPS and a comment, all with the canary."""
    tags = Image.Exif()
    tags[Base.Make] = tags[Base.ImageDescription] = tags[Base.Artist] = canary or "camera"
    tags.get_ifd(IFD.Exif)[Base.UserComment] = b"ASCII\0\0\0" + canary.encode()
    tags.get_ifd(IFD.GPSInfo).update(
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (41.0, 48.0, 20.5), GPS.GPSAreaInformation: canary.encode()}
    )
    out = BytesIO()
    Image.new("RGB", size, (90, 90, 90)).save(out, "JPEG", exif=tags, comment=canary.encode())
    return out.getvalue()


async def send(person: Person, mutation: str, **input: Any) -> str | None:
    """A mutation's refusal code, None if it was done; a caller whom the door itself turns away gets that code."""
    kind = {"acknowledge": "Matter"}.get(mutation, pascal(mutation))
    itself = {"into": input["caseId"]} if mutation == "mergeMatter" and "caseId" in input else {}
    query = f"mutation($input: {kind}Input!) {{ answer: {mutation}(input: $input) {CODE} }}"
    found = await person.raw(query, {"input": {"idempotencyKey": key(), **itself, **input}})
    if "errors" in found:
        code: str = found["errors"][0]["extensions"]["code"]
        return code
    answer: dict[str, str | None] = found["data"]["answer"]
    return answer.get("code")


async def upload(
    person: Person, data: bytes, *, evidence: bool = False, headers: Mapping[str, str] = {}
) -> httpx.Response:
    """POST /attachments."""
    where = "/attachments" + ("?for=evidence" if evidence else "")
    return await person.harness.http.post(where, content=data, headers={**person.headers(), **headers})


async def download(person: Person, attachment: str, *, evidence: bool = False) -> httpx.Response:
    """GET /attachments/<id>."""
    where = f"/attachments/{attachment}" + ("?for=evidence" if evidence else "")
    return await person.harness.http.get(where, headers=person.headers())


def service(system: Harness, name: str) -> httpx.AsyncClient:
    """A service's own door, past the gateway."""
    app = system.system.wiring.parts[name].runtime.app
    return Straight(app, f"http://{name}", raise_app_exceptions=False)


async def reported(system: Harness, place: Place, case_class: str, /, **input: Any) -> str:
    """A matter of a class, everybody has heard of."""
    [case_id] = await brought_to(system, place, "SUBMITTED", case_class, **input)
    return case_id


async def some_at_once(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """What each answers: all of them, eight at a time."""
    gate = asyncio.Semaphore(8)

    async def one(each: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await each

    return list(await asyncio.gather(*(one(each) for each in work)))


HANDLER = {"C0": "owner", "C1": "chair", "C2": "chair", "C3": "rights_officer"}
"""Who takes a matter of a class in hand."""

STAGES = ("SUBMITTED", "ACCEPTED", "RESOLVED", "FEEDBACK_GIVEN", "CLOSED")


async def brought_to(
    system: Harness, place: Place, stage: str, case_class: str = "C0", how_many: int = 1, /, **input: Any
) -> list[str]:
    """Matters at a stage of S00, everybody has heard of. C2 and C3 go no further than ACCEPTED yet."""

    async def report() -> str:
        answer = await place.resident.report(place, subCategory=SUBS[case_class], urgency=None, **input)
        assert answer.code is None, answer
        return str(answer["caseId"])

    case_ids = await some_at_once([report() for _ in range(how_many)])
    await system.settle()
    await on_from(system, place, case_ids, "SUBMITTED", stage, case_class)
    return case_ids


async def on_from(
    system: Harness, place: Place, case_ids: Sequence[str], stage: str, to: str, case_class: str = "C0"
) -> None:
    """Play matters on from one stage to a later one."""
    handler: Person = getattr(place, HANDLER[case_class])
    summary = {"publicSummary": "公告栏待修"} if case_class == "C0" else {}
    steps: list[tuple[Person, str, dict[str, Any]]] = [
        (handler, "acceptMatter", summary),
        (handler, "solveOnSpot", {"evidence": "已修好"}),
        (handler, "giveFeedback", {"text": "给您的答复"}),
        (place.resident, "rateMatter", {"score": 5, "solved": True}),
    ]
    for person, mutation, words in steps[STAGES.index(stage) : STAGES.index(to)]:
        codes = await some_at_once([send(person, mutation, caseId=case_id, **words) for case_id in case_ids])
        assert set(codes) == {None}, (mutation, codes)
        await system.settle()
