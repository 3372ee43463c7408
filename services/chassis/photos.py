"""Photos of a service: taken, cleaned, kept as rows, shown to those who may see them. Bytes lie in the row, so that a photo and the
command that takes it commit together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Select, String, Table, select, update
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from services.chassis.door import refusal
from services.chassis.identity import Verifier
from services.chassis.ids import ulid
from services.chassis.lists import among, within
from services.chassis.photo_cleaning import NotAPhoto, PhotoTooLarge, clean
from services.chassis.prepared import prepared
from services.chassis.room import Room
from services.chassis.transaction import Transaction
from services.contracts.callers import Caller
from services.contracts.ids import AttachmentId
from services.contracts.names import Said
from services.contracts.permissions import may_ever
from services.contracts.queries import AttachmentLine
from services.contracts.refusals import Code, Refused

MAX_UPLOAD = 10 * 1024 * 1024
"""Bytes of a photo as sent."""
MAX_ATTACHMENTS = 9
"""Photos a command."""
LIMIT = Said("PHOTO", "10 MiB、4000 万像素", "10 MiB and 40 megapixels")
_ID: TypeAdapter[str] = TypeAdapter(AttachmentId)

MayRead = Callable[[Transaction, Caller, str], Awaitable[bool]]
"""Whether a caller may see the photos of a matter; also the place to say that she looked."""

_one_at_a_time = asyncio.Lock()


def photo_table(metadata: MetaData) -> Table:
    """Declare the table in a service's metadata. A photo belongs to its uploader until a matter takes it."""
    return Table(
        "attachment",
        metadata,
        Column("id", String(32), primary_key=True),
        Column("uploader", String(48), nullable=False),
        Column("case_id", String(40), nullable=True, index=True),
        Column("purpose", String(16), nullable=False),
        Column("media_type", String(24), nullable=False),
        Column("size", Integer, nullable=False),
        Column("data", LargeBinary, nullable=False),
        Column("uploaded_at", String(32), nullable=False, index=True),
    )


async def take(tx: Transaction, table: Table, uploader: str, ids: Sequence[str], case_id: str, purpose: str) -> None:
    """Bind photos to a matter: the uploader's own, each once. Raises Refused TOO_MANY_ATTACHMENTS, ATTACHMENT_NOT_YOURS."""
    if len(ids) > MAX_ATTACHMENTS:
        raise Refused(Code.TOO_MANY_ATTACHMENTS, limit=MAX_ATTACHMENTS)
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return
    free = within(table.c.id, wanted) & (table.c.uploader == uploader) & table.c.case_id.is_(None)
    if (await tx.execute(update(table).where(free).values(case_id=case_id, purpose=purpose))).rowcount != len(wanted):
        raise Refused(Code.ATTACHMENT_NOT_YOURS)


async def lines(tx: Transaction, table: Table, case_ids: Sequence[str]) -> dict[str, tuple[AttachmentLine, ...]]:
    """The photos of some matters, without their bytes."""
    found: dict[str, tuple[AttachmentLine, ...]] = {}
    for row in await tx.execute(_lines(table), {"the_ids": list(case_ids)}):
        line = AttachmentLine(id=row.id, media_type=row.media_type, bytes=row.size, purpose=row.purpose)
        found[row.case_id] = (*found.get(row.case_id, ()), line)
    return found


@prepared
def _lines(table: Table) -> Select[Any]:
    query = select(table.c.case_id, table.c.id, table.c.media_type, table.c.size, table.c.purpose)
    return query.where(among(table.c.case_id, "the_ids")).order_by(table.c.id)


def routes(table: Table, commands: Sequence[str], may_read: MayRead) -> Callable[[Room], list[BaseRoute]]:
    """`POST /attachments` for whoever may ever do one of the commands, and `GET /attachments/<id>`."""

    def make(room: Room) -> list[BaseRoute]:
        verifier = room.get(Verifier)

        async def post(request: Request) -> Response:
            try:
                caller = verifier.asking(request)
                if not any(may_ever(caller, command) for command in commands):
                    raise Refused(Code.NOT_PERMITTED, command="attachments")
                return await _keep(room, table, caller, await bounded(request, MAX_UPLOAD))
            except Refused as refused:
                return refusal(refused)

        async def get(request: Request) -> Response:
            try:
                caller = verifier.asking(request)
                return await show(room, table, caller, attachment_id(request), may_read)
            except Refused as refused:
                return refusal(refused)

        return [Route("/attachments", post, methods=["POST"]), Route("/attachments/{id}", get, methods=["GET"])]

    return make


async def _keep(room: Room, table: Table, caller: Caller, data: bytes) -> Response:
    try:
        async with _one_at_a_time:  # a large picture takes some 300 MB while it is decoded
            photo = await asyncio.to_thread(clean, data)
    except PhotoTooLarge:
        raise Refused(Code.PHOTO_TOO_LARGE, limit=LIMIT) from None
    except NotAPhoto:
        raise Refused(Code.NOT_A_PHOTO) from None
    attachment = f"a_{ulid(room.wall.now())}"
    async with room.transaction() as tx:
        values = {
            "id": attachment,
            "uploader": caller.member,
            "case_id": None,
            "purpose": "",
            "media_type": photo.media_type,
            "size": len(photo.data),
            "data": photo.data,
            "uploaded_at": tx.now.isoformat(),
        }
        await tx.execute(room.database.insert(table), values)
    return JSONResponse({"id": attachment, "mediaType": photo.media_type, "bytes": len(photo.data)}, status_code=201)


async def show(room: Room, table: Table, caller: Caller, attachment: str, may_read: MayRead) -> Response:
    """A photo to whoever may see it. Raises Refused NOT_FOUND."""
    async with room.reading() as tx:
        whose = select(table.c.case_id, table.c.uploader).where(table.c.id == attachment)
        row = (await tx.execute(whose)).one_or_none()
        allowed = row is not None and (
            await may_read(tx, caller, row.case_id) if row.case_id else row.uploader == caller.member
        )
        if not allowed:
            raise Refused(Code.NOT_FOUND, what="attachment")
        photo = (await tx.execute(select(table.c.data, table.c.media_type).where(table.c.id == attachment))).one()
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": "inline",
        "x-content-type-options": "nosniff",
    }
    return Response(photo.data, media_type=photo.media_type, headers=headers)


def attachment_id(request: Request) -> str:
    """The id in the path. Raises Refused NOT_FOUND for what can be none: no database and no client is bothered with it."""
    try:
        return _ID.validate_python(request.path_params["id"])
    except ValidationError:
        raise Refused(Code.NOT_FOUND, what="attachment") from None


async def bounded(request: Request, limit: int) -> bytes:
    """The body, at most so many bytes. Raises Refused PHOTO_TOO_LARGE as soon as there is one more."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise Refused(Code.PHOTO_TOO_LARGE, limit=LIMIT)
        chunks.append(chunk)
    return b"".join(chunks)
