"""The package that a department is told, built from the whitelist of its type and signed (domain 1.4, V3)."""

from datetime import UTC

from services.chassis.room import Room
from services.contracts import topics
from services.contracts.callers import Caller
from services.contracts.commands.intake import MAX_TEXT
from services.contracts.disclosure import Package, signature_of
from services.contracts.organisation import NodeKind
from services.contracts.queries import PackageWanted
from services.contracts.refusals import Code, Refused
from services.contracts.states import CustodyState
from services.contracts.texts import text
from services.intake.rules.case import Case
from services.intake.rules.disclosure import Sources, build, may_ask
from services.intake.rules.reading import HANDLERS
from services.intake.rules.roster import KeptNode, KeptRegion
from services.intake.store import contents_of, log_access


async def disclosure_package(room: Room, caller: Caller, wanted: PackageWanted) -> Package:
    """What would be sent: the officer reads it first. Raises Refused CASE_NOT_FOUND; UNKNOWN_NODE for what is no department of a known
    type."""
    async with room.reading() as tx:
        case = await tx.load(Case, wanted.case_id)
        custody = await tx.known(topics.ESCALATION_CUSTODY, CustodyState, wanted.case_id)
        if case is None or not may_ask(case, custody, caller):
            raise Refused(Code.CASE_NOT_FOUND)
        department = await tx.load(KeptNode, wanted.department)
        if department is None or department.kind is not NodeKind.DEPARTMENT or department.department is None:
            raise Refused(Code.UNKNOWN_NODE, node=wanted.department)
        offices = [grant.node for grant in caller.grants if grant.role in HANDLERS]
        desk = await tx.load(KeptNode, offices[0]) if offices else None
        village = await tx.load(KeptRegion, case.village)
        words = (await contents_of(tx, [case.case_id])).get(case.case_id, {})
        summary = text(wanted.summary, "summary", MAX_TEXT)
        sources = Sources(words, village.name if village else "", desk.name if desk else "", summary)
        lines = build(case, department.department, sources)
        log_access(tx, caller.member, case.case_id, [f"package {department.department.value}"])
    at = room.clock.now().astimezone(UTC)
    signature = signature_of(room.secret, case.case_id, department.id, lines, at)
    return Package(department=department.id, lines=lines, built_at=at, signature=signature)
