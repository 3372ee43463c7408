"""Sealed text on request: checked against the caller's own token, logged before the answer leaves (design 3). And, for
operators, what an import would do."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from services.chassis import photos
from services.chassis.lists import among
from services.chassis.prepared import Prepared
from services.chassis.room import Room
from services.chassis.transaction import Transaction
from services.contracts.base import Model, read
from services.contracts.callers import Caller, Target
from services.contracts.permissions import acting_grant
from services.contracts.queries import (
    AttachmentLine,
    CaseText,
    LineCheck,
    LineChecks,
    LineFate,
    MembersToCheck,
    RegionsToCheck,
    TextsWanted,
)
from services.contracts.refusals import Code, Refused
from services.contracts.regions import RegionSource
from services.contracts.states import CustodyState
from services.contracts.wrong import Wrong, malformed
from services.intake.rules.case import Case
from services.intake.rules.reading import (
    Tier,
    handles,
    may_read_feedback,
    may_read_question,
    may_read_route,
    may_read_supplied,
    tiers,
)
from services.intake.rules.roster import above, fate_of, membership_of, with_members, with_regions
from services.intake.store import contents_of, custodies_of, custody_of, log_access, nodes_of, regions_of
from services.intake.tables import METADATA, PHOTOS

CASE = METADATA.tables["case"]
_BODIES = Prepared(select(CASE.c.body).where(among(CASE.c.id, "the_ids")))
MAX_BATCH = 200
"""Cases asked for in one call."""


class CaseTexts(Model):
    """What the caller may read, by case; cases of which she may read nothing are absent."""

    cases: tuple[CaseText, ...]


async def case_texts(room: Room, caller: Caller, wanted: TextsWanted) -> CaseTexts:
    """The words of a page of cases. Raises Refused MALFORMED for more than MAX_BATCH."""
    if len(wanted.case_ids) > MAX_BATCH:
        raise malformed("caseIds", Wrong.TOO_MANY, most=MAX_BATCH)
    async with room.reading() as tx:
        rows = await tx.execute(_BODIES, {"the_ids": list(wanted.case_ids)})
        cases = [read(Case, body) for body in rows.scalars()]
        held = await custodies_of(tx, [case.case_id for case in cases])
        readable = {
            case.case_id: allowed
            for case in cases
            if (allowed := tiers(case, caller, held.get(case.case_id)))
            or may_read_question(case, caller, held.get(case.case_id))
        }
        contents = await contents_of(tx, list(readable))
        attached = await photos.lines(tx, PHOTOS, list(readable))
        texts = []
        for case in cases:
            if case.case_id not in readable:
                continue
            lines = attached.get(case.case_id, ())
            custody, words = held.get(case.case_id), contents.get(case.case_id, {})
            if wanted.summaries_only:
                texts.append(CaseText(case_id=case.case_id, **_summary(case, readable[case.case_id], words)))
                continue
            text = _text(case, caller, custody, readable[case.case_id], words, lines)
            texts.append(text)
            sealed = sorted(text.model_fields_set - {"case_id", "summary", "summary_version"})
            if sealed:
                log_access(tx, caller.member, case.case_id, sealed)
    return CaseTexts(cases=tuple(texts))


def _summary(case: Case, allowed: frozenset[Tier], words: Mapping[str, str]) -> dict[str, Any]:
    if Tier.SUMMARY not in allowed or "summary" not in words:
        return {}
    return {"summary": words["summary"], "summary_version": case.summary_version}


def _text(
    case: Case,
    caller: Caller,
    custody: CustodyState | None,
    allowed: frozenset[Tier],
    words: Mapping[str, str],
    attached: tuple[AttachmentLine, ...],
) -> CaseText:
    shown = _summary(case, allowed, words)
    if Tier.NARRATIVE in allowed:
        shown |= {field: words[field] for field in ("narrative", "place") if field in words}
        if attached:
            shown["attachments"] = attached
    if may_read_feedback(case, caller, custody) and "feedback" in words:
        shown["feedback"] = words["feedback"]
    if "route" in words and (case.rejected_for or case.redirected_to) and may_read_route(case, caller, custody):
        shown["route"] = words["route"]
    elif "proposed_route" in words and case.rejection_proposed and handles(case, caller, custody):
        shown["route"] = words["proposed_route"]
    if case.asked and may_read_question(case, caller, custody) and f"question_{case.asked}" in words:
        shown["question"] = words[f"question_{case.asked}"]
    if may_read_supplied(case, caller, custody):
        given = [words[field] for field in sorted(words) if field.startswith("supplied_")]
        if given:
            shown["supplied"] = "\n".join(given)
    if Tier.IDENTITY in allowed:
        shown |= {
            field: words[field] for field in ("reporter_name", "reporter_phone", "subject_name") if field in words
        }
    return CaseText(case_id=case.case_id, **shown)


async def check_regions(room: Room, caller: Caller, asked: RegionsToCheck) -> LineChecks:
    """What `ImportRegions` would do with each line as things stand. Allowed to whom it is allowed. Raises Refused NOT_PERMITTED."""
    _may(room, caller, "ImportRegions")
    codes = [line.code for line in asked.regions]
    parents = [parent for code in codes if (parent := above(room.cell, code))]
    async with room.reading() as tx:
        kept = await regions_of(tx, {*codes, *parents})
    outcomes = with_regions(room.cell, asked.regions, RegionSource.STATISTICAL_2023, kept)
    return LineChecks(
        lines=tuple(_check(outcome if isinstance(outcome, Refused) else fate_of(outcome, kept)) for outcome in outcomes)
    )


async def check_members(room: Room, caller: Caller, asked: MembersToCheck) -> LineChecks:
    """What `ImportMembers` would do with each line as things stand. Allowed to whom it is allowed. Raises Refused NOT_PERMITTED."""
    _may(room, caller, "ImportMembers")
    places: dict[str, list[int]] = {}
    for place, line in enumerate(asked.members):
        places.setdefault(line.node, []).append(place)
    async with room.reading() as tx:
        kept = await nodes_of(tx, places)
    checks: dict[int, LineCheck] = {}
    for node_id, of_node in places.items():
        node = kept.get(node_id)
        lines = [membership_of(asked.members[place]) for place in of_node]
        unknown = [Refused(Code.UNKNOWN_NODE, node=node_id)] * len(lines)
        checks |= zip(of_node, map(_check, with_members(node, lines)[1] if node else unknown), strict=True)
    return LineChecks(lines=tuple(checks[place] for place in range(len(asked.members))))


def _may(room: Room, caller: Caller, command: str) -> None:
    if acting_grant(caller, command, Target(region=room.cell)) is None:
        raise Refused(Code.NOT_PERMITTED, command=command)


def _check(fate: LineFate | Refused) -> LineCheck:
    return LineCheck(fate=LineFate.REFUSED, refusal=fate.body) if isinstance(fate, Refused) else LineCheck(fate=fate)


async def may_see_photos(tx: Transaction, caller: Caller, case_id: str) -> bool:
    """Photos are as deep as the narrative (F2); a look is logged."""
    case = await tx.load(Case, case_id)
    if case is None or Tier.NARRATIVE not in tiers(case, caller, await custody_of(tx, case)):
        return False
    log_access(tx, caller.member, case_id, ["attachment"])
    return True
