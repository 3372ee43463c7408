"""What intake writes beside its aggregates: contents, case numbers, the access log, turnovers; and what it reads of them without a lock."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.sql.dml import ReturningInsert

from services.chassis.database import inserting
from services.chassis.lists import among
from services.chassis.prepared import Prepared, prepared
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.base import read
from services.contracts.cases import CaseClass
from services.contracts.commands.base import Answer
from services.contracts.events.intake import AccessChanged
from services.contracts.ids import MemberId, NodeId
from services.contracts.regions import Level, at_level
from services.contracts.states import CustodyState
from services.contracts.topics import Topic
from services.intake.rules import secrecy
from services.intake.rules.case import SHANGHAI, Case, Moved
from services.intake.rules.numbering import number_of
from services.intake.rules.roster import KeptNode, KeptRegion, circle_nodes, offices_of
from services.intake.rules.secrecy import Reclassed
from services.intake.tables import METADATA

CONTENT = METADATA.tables["content"]
NUMBERING = METADATA.tables["numbering"]
ACCESS_LOG = METADATA.tables["access_log"]
NODE = METADATA.tables["node"]
REGION = METADATA.tables["region"]
TURNOVER = METADATA.tables["turnover"]
CASE = METADATA.tables["case"]
_BODY = Prepared(select(CASE.c.body).where(CASE.c.id == bindparam("the_id")))
_CONTENTS = Prepared(
    select(CONTENT.c.case_id, CONTENT.c.field, CONTENT.c.text).where(among(CONTENT.c.case_id, "the_ids"))
)
_REGIONS = Prepared(select(REGION.c.id, REGION.c.body).where(among(REGION.c.id, "the_ids")))
_NODES = Prepared(select(NODE.c.id, NODE.c.body).where(among(NODE.c.id, "the_ids")))


async def write_content(tx: Transaction, case_id: str, field: str, value: str) -> None:
    """Keep a personal text."""
    values = {"case_id": case_id, "field": field, "text": value, "written_at": tx.now}
    await tx.execute(tx.room.database.upsert(CONTENT, values), values)


async def next_number(tx: Transaction, region: str) -> str:
    """The next case number of a city and a day; the row is locked, so no two matters share one."""
    city, day = at_level(region, Level.CITY), f"{tx.now.astimezone(SHANGHAI):%Y%m%d}"
    counted = _counted(tx.room.database.on_sqlite)
    last = (await tx.execute(counted, {"city": city, "day": day, "last": 1})).scalar_one()
    return number_of(region, tx.now, last)


@prepared
def _counted(on_sqlite: bool) -> ReturningInsert[Any]:
    insert = inserting(NUMBERING, on_sqlite)
    counted = insert.on_conflict_do_update(index_elements=["city", "day"], set_={"last": NUMBERING.c.last + 1})
    number: ReturningInsert[Any] = counted.returning(NUMBERING.c.last)
    return number


def log_access(tx: Transaction, member: str, case_id: str, fields: Sequence[str]) -> None:
    """Who read what (domain 1.3d)."""
    tx.looked(ACCESS_LOG, at=tx.now, member=member, case_id=case_id, fields=",".join(fields)[:120])


async def contents_of(tx: Transaction, case_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """All texts of some cases, by case and field."""
    rows = await tx.execute(_CONTENTS, {"the_ids": list(case_ids)})
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.case_id, {})[row.field] = row.text
    return found


async def regions_of(tx: Transaction, codes: Collection[str]) -> dict[str, KeptRegion]:
    """Regions by code; unknown ones are absent."""
    rows = await tx.execute(_REGIONS, {"the_ids": list(codes)})
    return {row.id: read(KeptRegion, row.body) for row in rows}


async def nodes_of(tx: Transaction, ids: Collection[str]) -> dict[str, KeptNode]:
    """Nodes by id; unknown ones are absent."""
    rows = await tx.execute(_NODES, {"the_ids": list(ids)})
    return {row.id: read(KeptNode, row.body) for row in rows}


async def note_turnover(tx: Transaction, node: str, version: int) -> None:
    """Other people are in office at a node, or will be: their matters are seen to behind this transaction, however many there are."""
    values = {"node": node, "version": version, "look_at": tx.now}
    await tx.execute(tx.room.database.upsert(TURNOVER, values), values)


async def save(tx: Transaction, moved: Moved) -> Answer:
    """Save what a rule decided; where it decided that there is nothing to do, nothing is saved."""
    case, events = moved
    if events:
        await tx.save(case, *events)
    return Answer(id=case.case_id, version=case.version)


async def save_with_access(tx: Transaction, moved: Moved) -> Answer:
    """The same of a move that changed who may see it; the reports that were joined with it go with it."""
    answer = await save(tx, moved)
    if moved[1]:
        await tell_access(tx, moved[0])
        await _take_along(tx, moved[0])
    return answer


async def save_reclassed(tx: Transaction, moved: Reclassed) -> Answer:
    """The same of one whose class moved. The topics that it leaves are told last what they may know: that it left, and that nobody there may
    see it."""
    if moved.emptied is not None:
        leaves = topics.INTAKE_ACCESS if moved.case.case_class is CaseClass.C3 else topics.INTAKE_SEALED_ACCESS
        if moved.left is not None:
            tx.emit(topics.INTAKE_CASE, moved.left)
        tx.emit(leaves, moved.emptied)
    return await save_with_access(tx, (moved.case, moved.events))


async def _take_along(tx: Transaction, master: Case) -> None:
    """Always the matter first and its reports behind it, so that nobody waits for the other."""
    for joined in master.joined:
        report = await tx.load(Case, joined.case_id)
        assert report is not None, "what was joined is there"
        followed = secrecy.follow(report, master, tx.now)
        if not followed.events and followed.case != report:
            await tx.save(followed.case)
        await save_reclassed(tx, followed)
        if not master.leads(followed.case):
            await save_with_access(tx, (await handed_over(tx, followed.case))[0])


async def matter_before(tx: Transaction, case_id: str) -> Case | None:
    """The matter that a report goes on as, looked up and locked before the report itself; None of what goes on by itself."""
    body = (await tx.execute(_BODY, {"the_id": case_id})).scalar_one_or_none()
    into = read(Case, body).merged_into if body else None
    return await tx.load(Case, into) if into else None


async def tell_access(tx: Transaction, case: Case) -> None:
    """Who may see it now; of a sealed matter on a topic of its own."""
    tx.emit(access_topic(case), AccessChanged(at=tx.now, access=case.access()))


def access_topic(case: Case) -> Topic:
    """Where it is told who may see a case."""
    return topics.INTAKE_SEALED_ACCESS if case.case_class is CaseClass.C3 else topics.INTAKE_ACCESS


async def custody_of(tx: Transaction, case: Case) -> CustodyState | None:
    """The newest that was heard of its custody."""
    return (await custodies_of(tx, [case.case_id])).get(case.case_id)


async def custodies_of(tx: Transaction, case_ids: Sequence[str]) -> dict[str, CustodyState]:
    """The same of many: a matter whose class moved may have it on either topic."""
    found: dict[str, CustodyState] = {}
    for topic in (topics.ESCALATION_CUSTODY, topics.ESCALATION_SEALED):
        for case_id, custody in (await tx.known_many(topic, CustodyState, case_ids)).items():
            if case_id not in found or found[case_id].version < custody.version:
                found[case_id] = custody
    return found


async def handed_over(
    tx: Transaction, case: Case, turned: NodeId | None = None, cleared: MemberId | None = None
) -> tuple[Moved, bool]:
    """The case with the circle that its offices give it now, and whether that is as it should be: not left to anybody who bears none.
    `turned`: the node whose people changed; `cleared`: who is no party any more. The roster is read without locks: who changes it says so, and
    it is looked at again."""
    if not case.circled:
        return (case, ()), True
    in_hands = case.merged_into or case.case_id
    came_to = _came_to((await custodies_of(tx, [in_hands])).get(in_hands))
    first = [node_id for node_id, _ in circle_nodes(case.case_class, case.village)]
    nodes = await nodes_of(tx, {*first, *came_to})
    out = (*case.parties, *case.dismissed)
    offices = offices_of(case.case_class, case.village, came_to, nodes, tx.now, out)
    moved = secrecy.hand_over(case, first, came_to, offices, turned, tx.now, cleared)
    return moved, all(any(each in people for people in offices.values()) for each in moved[0].seated)


async def save_opened_again(tx: Transaction, opened: Moved) -> Answer:
    """Save a matter that goes on after it had ended: who has left office meanwhile has no hand in it, who came has."""
    case, events = opened
    (after, more), _ = await handed_over(tx, case)
    if not more:
        return await save(tx, opened)
    return await save_with_access(tx, (after, (*events, *more)))


def _came_to(custody: CustodyState | None) -> list[NodeId]:
    """The nodes that it passed through or was told to; none while it has not left its place."""
    if custody is None or all(entry.level is Level.VILLAGE for entry in custody.entries):
        return []
    return [entry.node for entry in custody.entries]
