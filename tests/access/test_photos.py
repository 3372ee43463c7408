"""Photos at the front door: taken, cleaned, shown to those who may see them (domain 1.4 V10). How they are cleaned: tests/rules."""

import struct
import zlib
from collections.abc import AsyncIterator
from io import BytesIO

import httpx
import pytest
from PIL import Image

from services.chassis.photos import MAX_UPLOAD
from tests.access.world import brought_to, download, photo, reported, send, upload
from tests.harness import Harness, Person, Place

CANARY = "canary-41.8057N-123.4315E"


async def test_what_the_camera_wrote_is_gone(system: Harness, place: Place) -> None:
    data = photo(CANARY)
    assert CANARY.encode() in data
    assert len(Image.open(BytesIO(data)).getexif())
    answer = await upload(place.resident, data)
    assert answer.status_code == 201
    kept = answer.json()
    shown = await download(place.resident, kept["id"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert len(shown.content) == kept["bytes"]
    image = Image.open(BytesIO(shown.content))
    assert (image.size, len(image.getexif())) == ((48, 32), 0)
    assert CANARY.encode() not in shown.content
    for table in ("attachment", "outbox", "answer"):
        for row in await system.rows("intake", f'SELECT * FROM "{table}"'):
            assert CANARY not in repr(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row))


async def test_a_browser_shows_it_as_a_picture_and_keeps_no_copy(system: Harness, place: Place) -> None:
    attachment = (await upload(place.resident, photo(), headers={"content-type": "text/html"})).json()["id"]
    headers = (await download(place.resident, attachment)).headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-store"
    assert headers["content-disposition"] == "inline"


async def test_a_form_will_do_as_well(system: Harness, place: Place) -> None:
    for name in ("../../etc/passwd", "张三家门口.jpg", "x\u202egpj.exe"):
        files = {"file": (name, photo(), "application/pdf")}
        answer = await system.http.post("/attachments", files=files, headers=place.resident.headers())
        assert (answer.status_code, answer.json()["mediaType"]) == (201, "image/jpeg")
    rows = await system.rows("intake", "SELECT * FROM attachment WHERE uploader = :who", who=place.resident.member)
    assert len(rows) == 3
    assert all("张三" not in repr(row) for row in rows), "what a file is called may say who is on it"


def _bomb() -> bytes:
    """A PNG of 60,000 by 60,000 in some hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


NOT_PHOTOS = {
    "nothing": b"",
    "text": b"<script>alert(1)</script>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "GIF": b"GIF89a" + b"\0" * 40,
    "PDF": b"%PDF-1.7\n",
    "cut off": photo()[: len(photo()) // 3],
    "a JPEG's first bytes": b"\xff\xd8\xff\xe0" + b"\0" * 100,
    "zip with a JPEG's name": b"PK\x03\x04" + b"\0" * 30,
}


@pytest.mark.parametrize("what", sorted(NOT_PHOTOS))
async def test_what_is_no_photo_is_refused_and_not_kept(system: Harness, place: Place, what: str) -> None:
    before = await system.snapshot()
    for evidence, person in ((False, place.resident), (True, place.owner)):
        await _refused(await upload(person, NOT_PHOTOS[what], evidence=evidence), 422, "NOT_A_PHOTO")
    form = {"file": ("a.jpg", NOT_PHOTOS[what], "image/jpeg")}
    answer = await system.http.post("/attachments", files=form, headers=place.resident.headers())
    await _refused(answer, 422, "NOT_A_PHOTO")
    assert await system.snapshot() == before


async def test_what_is_too_large_is_refused_and_not_kept(system: Harness, place: Place) -> None:
    before = await system.snapshot()
    heavy = photo() + b"\0" * MAX_UPLOAD
    await _refused(await upload(place.resident, heavy), 413, "PHOTO_TOO_LARGE")
    await _refused(await upload(place.resident, _bomb()), 413, "PHOTO_TOO_LARGE")
    form = {"file": ("a.jpg", heavy, "image/jpeg")}
    answer = await system.http.post("/attachments", files=form, headers=place.resident.headers())
    await _refused(answer, 413, "PHOTO_TOO_LARGE")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"\0" * 1_048_576

    for kind in ("image/jpeg", "multipart/form-data; boundary=x"):
        headers = {**place.resident.headers(), "content-type": kind}
        answer = await system.http.post("/attachments", content=endless(), headers=headers)
        await _refused(answer, 413, "PHOTO_TOO_LARGE")
    assert await system.snapshot() == before


async def test_forms_that_are_none(system: Harness, place: Place) -> None:
    before = await system.snapshot()
    headers = place.resident.headers()
    two = {"a": ("a.jpg", photo()), "b": ("b.jpg", photo())}
    await _refused(await system.http.post("/attachments", files=two, headers=headers), 400, "MALFORMED")
    for kind in ("multipart/form-data", "multipart/form-data; boundary="):
        answer = await system.http.post("/attachments", content=photo(), headers={**headers, "content-type": kind})
        assert answer.json()["refusal"]["code"] in {"MALFORMED", "NOT_A_PHOTO"}
    answer = await system.http.post("/attachments?for=elsewhere", content=photo(), headers=headers)
    await _refused(answer, 400, "MALFORMED")
    words = await system.http.post(
        "/attachments", content=b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nwords\r\n--x--\r\n',
        headers={**headers, "content-type": "multipart/form-data; boundary=x"},
    )  # fmt: skip
    await _refused(words, 422, "NOT_A_PHOTO")
    assert await system.snapshot() == before


async def test_who_may_send_one(system: Harness, place: Place) -> None:
    before = await system.snapshot()
    await _refused(await upload(system.anonymous, photo()), 401, "UNAUTHENTICATED")
    for who in ("operator", "volunteer", "liaison", "inspector"):
        await _refused(await upload(place.people[who], photo()), 403, "NOT_PERMITTED")
    for who in ("resident", "council_member", "volunteer"):
        await _refused(await upload(place.people[who], photo(), evidence=True), 403, "NOT_PERMITTED")
    assert await system.snapshot() == before


async def test_before_the_report_her_own_after_it_those_who_may_read_it(system: Harness, place: Place) -> None:
    attachment = (await upload(place.resident, photo())).json()["id"]
    assert await _may_fetch(place, attachment) == {"resident"}
    await reported(system, place, "C0", attachments=[attachment])
    assert await _may_fetch(place, attachment) == {
        *("resident", "owner", "council_owner", "council_member", "exec_member", "chair")
    }
    sealed = (await upload(place.resident, photo())).json()["id"]
    await reported(system, place, "C3", attachments=[sealed])
    assert await _may_fetch(place, sealed) == {"resident", "rights_officer"}
    assert (await download(system.anonymous, attachment)).status_code == 401


async def test_evidence_is_for_those_who_work_on_it(system: Harness, place: Place) -> None:
    [case_id] = await brought_to(system, place, "ACCEPTED")
    attachment = (await upload(place.owner, photo(CANARY), evidence=True)).json()["id"]
    assert await _may_fetch(place, attachment, evidence=True) == {"owner"}
    assert await send(place.owner, "solveOnSpot", caseId=case_id, photos=[attachment]) is None
    workers = {"owner", "unit_leader", "council_owner", "council_member", "exec_member", "chair"}
    assert await _may_fetch(place, attachment, evidence=True) == workers
    assert CANARY.encode() not in (await download(place.owner, attachment, evidence=True)).content
    assert await _may_fetch(place, attachment) == set(), "intake does not know escalation's photos"


async def test_ids_that_are_none_are_not_found(system: Harness, place: Place) -> None:
    attachment = (await upload(place.resident, photo())).json()["id"]
    tricks = [
        "a_" + "0" * 26, attachment.lower(), attachment + "%00", "%00", attachment + "%0A", "%2e%2e", "..%2foutbox",
        "..%252foutbox", "%3Fx", "%23", "a_' OR '1'='1", attachment + "%3Ffor=evidence", "％41", "%ff%fe", "a" * 3000,
        attachment.replace("a_", "ａ_"), "a_" + "%", ";",
    ]  # fmt: skip
    for trick in tricks:
        for evidence in (False, True):
            answer = await download(place.resident, trick, evidence=evidence)
            assert answer.status_code == 404, trick
            assert attachment.encode() not in answer.content


async def _may_fetch(place: Place, attachment: str, *, evidence: bool = False) -> set[str]:
    async def may(person: Person) -> bool:
        answer = await download(person, attachment, evidence=evidence)
        if answer.status_code == 200:
            return True
        await _refused(answer, 404, "NOT_FOUND")
        return False

    return {who for who, person in place.people.items() if await may(person)}


async def _refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (status, code), answer.text
    assert answer.json()["refusal"]["messageZh"]
