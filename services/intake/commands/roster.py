"""Commands on regions and organisation nodes."""

from collections import Counter
from collections.abc import Mapping, Sequence

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.callers import Target
from services.contracts.commands import intake as asked
from services.contracts.commands.base import Answer, Imported
from services.contracts.events.intake import NodeChanged, RegionChanged
from services.contracts.organisation import Membership, Node, NodeKind, may_hold
from services.contracts.queries import LineFate
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, Region, RegionSource, in_cell, level_of
from services.contracts.texts import text
from services.contracts.wrong import Wrong, malformed
from services.intake.rules.roster import (
    MAX_MEMBERS,
    KeptNode,
    KeptRegion,
    above,
    bearing,
    fate_of,
    membership_of,
    with_members,
    with_region,
    with_regions,
)
from services.intake.store import note_turnover


async def region_target(tx: Transaction, command: asked.AddRegion) -> Target:
    """Operators answer for the whole cell."""
    return Target(region=command.code)


async def add_region(tx: Transaction, acting: Acting, command: asked.AddRegion) -> Answer:
    """Keep a region. Of an operator's own village the suffix is 900 to 999 (domain 4.2)."""
    if command.operator_added and level_of(command.code) is Level.VILLAGE and command.code[-3] != "9":
        raise malformed("code", Wrong.OPERATORS_VILLAGE)
    source = RegionSource.OPERATOR if command.operator_added else RegionSource.STATISTICAL_2023
    kept = await _regions(tx, [command.code])
    given = with_region(tx.room.cell, Region(code=command.code, name=command.name, source=source), kept)
    if given is not kept.get(command.code):
        await _keep_regions(tx, [given])
    return Answer(id=given.code, version=given.version)


async def cell_target(tx: Transaction, command: asked.ImportRegions | asked.ImportMembers) -> Target:
    """The whole cell."""
    return Target(region=tx.room.cell)


async def import_regions(tx: Transaction, acting: Acting, command: asked.ImportRegions) -> Imported:
    """Keep many, in the order given: the first that is wrong refuses them all."""
    kept = await _regions(tx, [line.code for line in command.regions])
    source = RegionSource.OPERATOR if command.operator_added else RegionSource.STATISTICAL_2023
    stated: dict[str, KeptRegion] = {}
    fates: Counter[LineFate] = Counter()
    for outcome in with_regions(tx.room.cell, command.regions, source, kept):
        if isinstance(outcome, Refused):
            raise outcome
        stated[outcome.code] = outcome
        fates[fate_of(outcome, kept)] += 1
    await _keep_regions(tx, [region for code, region in stated.items() if region is not kept.get(code)])
    last = stated[command.regions[-1].code]
    return _imported(last.code, last.version, fates)


async def _regions(tx: Transaction, codes: Sequence[str]) -> dict[str, KeptRegion]:
    """Those that are there, and those above them, locked."""
    parents = {parent for code in codes if (parent := above(tx.room.cell, code))}
    return await tx.load_many(KeptRegion, {*codes, *parents})


async def _keep_regions(tx: Transaction, regions: Sequence[KeptRegion]) -> None:
    await tx.save_many(regions)
    public = [Region(code=each.code, name=each.name, source=each.source) for each in regions]
    facts = [
        RegionChanged(at=tx.now, region=region, region_version=each.version)
        for region, each in zip(public, regions, strict=True)
    ]
    tx.emit(topics.INTAKE_REGION, *facts)


async def node_target(tx: Transaction, command: asked.PutNode) -> Target:
    """Operators answer for the whole cell."""
    return Target(region=command.node.region)


async def put_node(tx: Transaction, acting: Acting, command: asked.PutNode) -> Answer:
    """State a node whole."""
    node = command.node
    in_cell(tx.room.cell, node.region)
    if await tx.load(KeptRegion, node.region) is None:
        raise Refused(Code.UNKNOWN_REGION, region=node.region)
    if node.kind is NodeKind.GROUP and level_of(node.region) is not Level.VILLAGE:
        raise malformed("node.region", Wrong.GROUP_OF_A_VILLAGE)
    if (node.kind is NodeKind.DEPARTMENT) != (node.department is not None):
        raise malformed("node.department", Wrong.DEPARTMENT_TYPE)
    text(node.name, "node.name", 80, required=True)
    text(node.name_en, "node.nameEn", 120)
    if len(node.members) > MAX_MEMBERS:
        raise malformed("node.members", Wrong.TOO_MANY, most=MAX_MEMBERS)
    before = await tx.load(KeptNode, node.id)
    stood = before.members if before and before.kind is node.kind else ()
    if not all(each in stood or may_hold(node.kind, each.role) for each in node.members):
        raise malformed("node.members", Wrong.ROLE_ELSEWHERE)
    if before and _public(before) == node:
        return Answer(id=before.id, version=before.version)
    return await _keep(tx, node, before)


async def import_members(tx: Transaction, acting: Acting, command: asked.ImportMembers) -> Imported:
    """Put many in office, node by node: the first line that is wrong refuses them all."""
    lines: dict[str, list[Membership]] = {}
    for line in command.members:
        lines.setdefault(line.node, []).append(membership_of(line))
    kept = await tx.load_many(KeptNode, lines)
    answers: dict[str, Answer] = {}
    counted: Counter[LineFate] = Counter()
    for node_id in sorted(lines):  # nodes are locked in one order, so no two imports wait for each other
        node = kept.get(node_id)
        if node is None:
            raise Refused(Code.UNKNOWN_NODE, node=node_id)
        changed, fates = with_members(_public(node), lines[node_id])
        for fate in fates:
            if isinstance(fate, Refused):
                raise fate
            counted[fate] += 1
        same = all(fate is LineFate.SAME for fate in fates)
        answers[node_id] = Answer(id=node.id, version=node.version) if same else await _keep(tx, changed, node)
    last = answers[command.members[-1].node]
    return _imported(last.id, last.version, counted)


def _imported(last: str, version: int, fates: Mapping[LineFate, int]) -> Imported:
    counts = (fates.get(fate, 0) for fate in (LineFate.NEW, LineFate.CHANGED, LineFate.SAME))
    return Imported(id=last, version=version, **dict(zip(("new", "changed", "same"), counts, strict=True)))


async def delegate_target(tx: Transaction, command: asked.Delegate) -> Target:
    """The group's village. Raises Refused UNKNOWN_NODE."""
    group = await tx.load(KeptNode, command.group)
    if group is None or group.kind is not NodeKind.GROUP:
        raise Refused(Code.UNKNOWN_NODE, node=command.group)
    return Target(region=group.region, group=group.id)


async def delegate(tx: Transaction, acting: Acting, command: asked.Delegate) -> Answer:
    """Give or take the chair's delegation; the roster keeps it."""
    group = await tx.load(KeptNode, command.group)
    assert group is not None, "delegate_target has found it"
    if group.delegated_to_owner == command.delegated:
        return Answer(id=group.id, version=group.version)
    changed = _public(group).model_copy(update={"delegated_to_owner": command.delegated})
    return await _keep(tx, changed, group)


async def _keep(tx: Transaction, node: Node, before: KeptNode | None) -> Answer:
    version = before.version + 1 if before else 1
    await tx.save(KeptNode(**dict(node), version=version))
    if bearing(node) != bearing(before):
        await note_turnover(tx, node.id, version)
    tx.emit(topics.INTAKE_ROSTER, NodeChanged(at=tx.now, node=node, node_version=version))
    return Answer(id=node.id, version=version)


def _public(kept: KeptNode) -> Node:
    return Node(**{name: getattr(kept, name) for name in Node.model_fields})
