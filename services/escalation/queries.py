"""Evidence, what reporters were told and what levels wrote to each other, on request: checked against the caller's own token."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, select

from services.chassis import photos
from services.chassis.lists import within
from services.chassis.room import Room
from services.chassis.transaction import Transaction
from services.contracts.base import Model
from services.contracts.callers import Caller, Grant, Target
from services.contracts.cases import CaseClass
from services.contracts.ladder import NoteKind
from services.contracts.organisation import Role
from services.contracts.permissions import may_see_at_all, takes_part
from services.contracts.queries import CaseEvidence, CaseNotes, CaseProgress, LevelNote, ProgressNote, Wanted
from services.contracts.states import AccessState
from services.contracts.wrong import Wrong, malformed
from services.escalation.rules.custody import Custody
from services.escalation.store import EVIDENCE, PROGRESS, accesses_of
from services.escalation.tables import METADATA, PHOTOS

CONTENT = METADATA.tables["content"]
ACCESS_LOG = METADATA.tables["access_log"]
MAX_BATCH = 200
"""Matters asked for in one call."""
MAX_NOTES = 100
"""The newest of what one matter's reporter was told, or of what its levels wrote."""

HANDLERS = frozenset({Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER})


class File(NamedTuple):
    """What escalation goes by when it is asked for words of a matter."""

    custody: Custody | None
    access: AccessState | None


async def files_of(tx: Transaction, case_ids: Sequence[str]) -> Mapping[str, File]:
    """Of every one of these, in two statements."""
    custodies, accesses = await tx.load_many(Custody, case_ids), await accesses_of(tx, case_ids)
    return {case_id: File(custodies.get(case_id), accesses.get(case_id)) for case_id in case_ids}


class Evidence(Model):
    """The evidence of some matters; those of which the caller may see none are absent."""

    cases: tuple[CaseEvidence, ...]


async def case_evidence(room: Room, caller: Caller, wanted: Wanted) -> Evidence:
    """Notes and photos of a page of matters. Raises Refused MALFORMED for more than MAX_BATCH."""
    async with room.reading() as tx:
        readable = await _readable(tx, caller, wanted, _may_see)
        attached = await photos.lines(tx, PHOTOS, readable) if readable else {}
        notes = await _words(tx, readable, CONTENT.c.field == EVIDENCE)
        found = [each for each in readable if each in notes or each in attached]
        _log_all(tx, caller, found, "evidence")
    return Evidence(
        cases=tuple(
            CaseEvidence(
                case_id=each,
                notes=tuple(row.text for row in notes.get(each, ())),
                attachments=attached.get(each, ()),
            )
            for each in found
        )
    )


class Progress(Model):
    """What the reporters of some matters were told; those of which the caller may read nothing are absent."""

    cases: tuple[CaseProgress, ...]


async def case_progress(room: Room, caller: Caller, wanted: Wanted) -> Progress:
    """What the reporters of a page of matters were told, at most MAX_NOTES of one. Raises Refused MALFORMED for more than MAX_BATCH."""
    async with room.reading() as tx:
        readable = await _readable(tx, caller, wanted, _may_read_progress)
        found = await _words(tx, readable, CONTENT.c.field == PROGRESS)
        _log_all(tx, caller, found, PROGRESS)
    return Progress(
        cases=tuple(
            CaseProgress(
                case_id=each, notes=tuple(ProgressNote(text=row.text, at=row.written_at) for row in rows[-MAX_NOTES:])
            )
            for each, rows in found.items()
        )
    )


class Notes(Model):
    """What the levels of some matters wrote; those of which the caller may read nothing are absent."""

    cases: tuple[CaseNotes, ...]


async def case_notes(room: Room, caller: Caller, wanted: Wanted) -> Notes:
    """What the levels of a page of matters wrote to each other, at most MAX_NOTES of one. Raises Refused MALFORMED for more than MAX_BATCH."""
    async with room.reading() as tx:
        readable = await _readable(tx, caller, wanted, _works_on)
        found = await _words(tx, readable, CONTENT.c.field.notin_([EVIDENCE, PROGRESS]))
        _log_all(tx, caller, found, "notes")
    return Notes(
        cases=tuple(
            CaseNotes(case_id=each, notes=tuple(map(_level_note, rows[-MAX_NOTES:]))) for each, rows in found.items()
        )
    )


def _level_note(row: Row[Any]) -> LevelNote:
    return LevelNote(kind=NoteKind(row.field.upper()), node=row.node or None, text=row.text, at=row.written_at)


async def _readable(
    tx: Transaction, caller: Caller, wanted: Wanted, may: Callable[[File, Caller], bool]
) -> Sequence[str]:
    """Those of the matters asked for that she may read. Raises Refused MALFORMED for more than MAX_BATCH."""
    if len(wanted.case_ids) > MAX_BATCH:
        raise malformed("caseIds", Wrong.TOO_MANY, most=MAX_BATCH)
    files = await files_of(tx, wanted.case_ids)
    return [case_id for case_id in wanted.case_ids if may(files[case_id], caller)]


async def _words(tx: Transaction, case_ids: Sequence[str], which: ColumnElement[bool]) -> dict[str, list[Row[Any]]]:
    """The words kept of them, oldest first, in the order of the matters; those without any are absent."""
    if not case_ids:
        return {}
    query = select(CONTENT).where(within(CONTENT.c.case_id, case_ids), which)
    found: dict[str, list[Row[Any]]] = {}
    for row in await tx.execute(query.order_by(CONTENT.c.written_at, CONTENT.c.id)):
        found.setdefault(row.case_id, []).append(row)
    return {case_id: found[case_id] for case_id in dict.fromkeys(case_ids) if case_id in found}


def _log_all(tx: Transaction, caller: Caller, case_ids: Iterable[str], fields: str) -> None:
    for case_id in case_ids:
        log_access(tx, caller.member, case_id, fields)


def _works_on(file: File, caller: Caller) -> bool:
    """The offices and executives of the levels that have a line in its thread; of C2 and C3 the circle. A party never."""
    custody, access = file
    if custody is None or access is None:
        return False
    if access.case_class.private:
        return caller.member in access.circle and caller.member not in access.barred
    involved = tuple(entry.node for entry in custody.entries)
    return takes_part(caller, Target(case_class=access.case_class, barred=access.barred, involved=involved))


def _may_read_progress(file: File, caller: Caller) -> bool:
    """She whom it was told, unless she reported somebody else's private matter (V1); and who handles it, as of the feedback: of those who
    solve on the spot the group's owner alone, and of C0 alone."""
    access = file.access
    if access is None or caller.member in access.barred:
        return False
    bystander = access.case_class is not CaseClass.C0 and caller.member in access.bystanders
    if caller.member in access.reporters and not bystander:
        return True
    owned = {grant.node for grant in caller.grants if grant.role is Role.GROUP_OWNER}
    if access.case_class is CaseClass.C0 and access.group in owned:
        return True
    return _may_see(file, caller, on_the_spot=False)


async def may_see_photos(tx: Transaction, caller: Caller, case_id: str) -> bool:
    """Photos of the work are as deep as its notes; a look is logged."""
    if not _may_see((await files_of(tx, [case_id]))[case_id], caller):
        return False
    log_access(tx, caller.member, case_id, "attachment")
    return True


def log_access(tx: Transaction, member: str, case_id: str, fields: str) -> None:
    """Who read what of which matter (domain 1.3d)."""
    tx.looked(ACCESS_LOG, at=tx.now, member=member, case_id=case_id, fields=fields)


def _may_see(file: File, caller: Caller, *, on_the_spot: bool = True) -> bool:
    """Evidence is as deep as a narrative (F2): of C0 and C1 the group's owner and unit leaders, who solve on the spot (`on_the_spot`), the
    village's council and the holder; the circle of C2 and C3. Levels above that do not hold the matter: not."""
    custody, access = file
    if custody is None or access is None:
        return False
    target = Target(
        case_class=access.case_class, reporters=access.reporters, circle=access.circle, barred=access.barred
    )
    if not may_see_at_all(caller, target):
        return False
    if access.case_class.private:
        return caller.member in access.circle
    return any(_may(grant, custody, access.group if on_the_spot else None) for grant in caller.grants)


def _may(grant: Grant, custody: Custody, group: str | None) -> bool:
    match grant.role:
        case _ if grant.in_council:
            return grant.region == custody.region
        case Role.GROUP_OWNER | Role.UNIT_LEADER:
            return grant.node == group
        case role if role in HANDLERS:
            return grant.region == custody.region or grant.node == custody.holder
        case _:
            return False
