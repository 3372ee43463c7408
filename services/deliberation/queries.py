"""The words of sessions, resolutions and items on request, checked against the caller's own token; every look is logged."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from services.chassis import photos
from services.chassis.door import refusal
from services.chassis.identity import Verifier
from services.chassis.lists import within
from services.chassis.room import Room
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.base import Model
from services.contracts.callers import Caller
from services.contracts.queries import CouncilPhoto, CouncilTexts, CouncilWords, Wanted
from services.contracts.refusals import Refused
from services.contracts.states import AccessState, CaseState, CustodyState
from services.contracts.wrong import Wrong, malformed
from services.deliberation.rules.docket import Docket, Known
from services.deliberation.rules.reading import Readable, readable
from services.deliberation.store import CONTENT, PHOTO, log_access
from services.deliberation.tables import PHOTOS

MAX_BATCH = 200
"""Matters asked for in one call."""


class Texts(Model):
    """The words of some matters; those of which the caller may read none are absent."""

    cases: tuple[CouncilTexts, ...]


async def council_texts(room: Room, caller: Caller, wanted: Wanted) -> Texts:
    """What was said, resolved, asked for and shown about a page of matters. Raises Refused MALFORMED for more than MAX_BATCH."""
    if len(wanted.case_ids) > MAX_BATCH:
        raise malformed("caseIds", Wrong.TOO_MANY, most=MAX_BATCH)
    async with room.reading() as tx:
        eyes = await _readable(tx, caller, wanted.case_ids)
        if not eyes:
            return Texts(cases=())
        rows = await tx.execute(select(CONTENT).where(within(CONTENT.c.case_id, eyes)).order_by(CONTENT.c.id))
        words: dict[str, list[CouncilWords]] = {}
        shown: dict[str, dict[str, str]] = {}
        for row in rows:
            if not _may(eyes[row.case_id], caller, row):
                continue
            if row.field == PHOTO:
                shown.setdefault(row.case_id, {})[row.text] = row.part
                continue
            line = CouncilWords(
                part=row.part,
                field=row.field,
                text=row.text,
                at=row.written_at,
                by=row.written_by,
                department=row.department,
            )
            words.setdefault(row.case_id, []).append(line)
        attached = await photos.lines(tx, PHOTOS, list(shown))
        found = []
        for case_id in wanted.case_ids:
            pictures = tuple(
                CouncilPhoto(**line.model_dump(), part=shown[case_id][line.id])
                for line in attached.get(case_id, ())
                if line.id in shown[case_id]
            )
            if case_id in words or pictures:
                found.append(CouncilTexts(case_id=case_id, words=tuple(words.get(case_id, ())), photos=pictures))
                fields = sorted({each.field for each in words.get(case_id, ())} - {"published"})
                if fields or pictures:
                    log_access(tx, caller.member, case_id, ",".join(fields))
    return Texts(cases=tuple(found))


def photo_routes(room: Room) -> list[BaseRoute]:
    """`POST /attachments` for whoever may ever speak, and `GET /attachments/<id>` for whoever may read the part that it belongs to."""
    verifier = room.get(Verifier)
    post = photos.routes(PHOTOS, ("Speak", "ProgressItem", "FinishItem"), _never)(room)[0]

    async def get(request: Request) -> Response:
        try:
            caller, attachment = verifier.asking(request), photos.attachment_id(request)
            return await photos.show(room, PHOTOS, caller, attachment, partial(_may_see, attachment))
        except Refused as refused:
            return refusal(refused)

    return [post, Route("/attachments/{id}", get, methods=["GET"])]


async def _may_see(attachment: str, tx: Transaction, caller: Caller, case_id: str) -> bool:
    where = (CONTENT.c.case_id == case_id) & (CONTENT.c.field == PHOTO) & (CONTENT.c.text == attachment)
    row = (await tx.execute(select(CONTENT).where(where))).first()
    eyes = (await _readable(tx, caller, [case_id])).get(case_id)
    if row is None or eyes is None or not _may(eyes, caller, row):
        return False
    log_access(tx, caller.member, case_id, "attachment")
    return True


async def _never(_tx: Transaction, _caller: Caller, _case_id: str) -> bool:
    return False


async def _readable(tx: Transaction, caller: Caller, case_ids: Sequence[str]) -> dict[str, Readable]:
    """How much of each the caller may read; absent: those without a docket, and those that were sealed, of which nothing is read here."""
    dockets = await tx.load_many(Docket, case_ids)
    if not dockets:
        return {}
    cases = await tx.known_many(topics.INTAKE_CASE, CaseState, list(dockets))
    accesses = await tx.known_many(topics.INTAKE_ACCESS, AccessState, list(dockets))
    custodies = await tx.known_many(topics.ESCALATION_CUSTODY, CustodyState, list(dockets))
    return {
        case_id: readable(docket, Known(cases[case_id], accesses[case_id], custodies.get(case_id), tx.now), caller)
        for case_id, docket in dockets.items()
        if case_id in cases and case_id in accesses
    }


def _may(eyes: Readable, caller: Caller, row: Row[Any]) -> bool:
    return eyes.may(caller.member, row.part, row.field, row.written_by, row.department)
