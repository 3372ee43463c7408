"""Commands on regions and organisation nodes."""

from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.callers import Target
from services.contracts.commands import intake as asked
from services.contracts.commands.base import Answer
from services.contracts.events.intake import NodeChanged, RegionChanged
from services.contracts.organisation import Node, NodeKind
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, Region, RegionSource, at_level, contains, level_of
from services.contracts.texts import text
from services.intake.rules.roster import KeptNode, KeptRegion

MAX_MEMBERS = 1_000
"""Of one node: its fact must fit a record."""


async def region_target(tx: Transaction, command: asked.AddRegion) -> Target:
    """Operators answer for the whole cell."""
    return Target(region=command.code)


async def add_region(tx: Transaction, acting: Acting, command: asked.AddRegion) -> Answer:
    """Keep a region. Of an operator's own village the suffix is 900 to 999 (domain 4.2)."""
    if command.operator_added and level_of(command.code) is Level.VILLAGE and command.code[-3] != "9":
        raise Refused(Code.MALFORMED, field="code", reason="an operator's village ends in 900 to 999")
    source = RegionSource.OPERATOR if command.operator_added else RegionSource.STATISTICAL_2023
    return await _keep_region(tx, command.code, command.name, source)


async def cell_target(tx: Transaction, command: asked.ImportRegions) -> Target:
    """The whole cell."""
    return Target(region=tx.room.cell)


async def import_regions(tx: Transaction, acting: Acting, command: asked.ImportRegions) -> Answer:
    """Keep many, in the order given: the first that is wrong refuses them all."""
    kept = [await _keep_region(tx, line.code, line.name, RegionSource.STATISTICAL_2023) for line in command.regions]
    return kept[-1]


async def _keep_region(tx: Transaction, code: str, given: str, source: RegionSource) -> Answer:
    """A region whose parent is known, or the cell's own; unchanged, nothing happens."""
    _in_cell(tx, code)
    above = None if code == tx.room.cell else level_of(code).above
    if above and await tx.load(KeptRegion, at_level(code, above)) is None:
        raise Refused(Code.UNKNOWN_REGION, region=at_level(code, above))
    name = text(given, "name", 80, required=True)
    before = await tx.load(KeptRegion, code)
    kept = KeptRegion(code=code, name=name, source=source, version=before.version + 1 if before else 1)
    if before and (before.name, before.source) == (kept.name, kept.source):
        return Answer(id=before.code, version=before.version)
    await tx.save(kept)
    public = Region(code=kept.code, name=kept.name, source=kept.source)
    await tx.emit(topics.INTAKE_REGION, RegionChanged(at=tx.now, region=public, region_version=kept.version))
    return Answer(id=kept.code, version=kept.version)


async def node_target(tx: Transaction, command: asked.PutNode) -> Target:
    """Operators answer for the whole cell."""
    return Target(region=command.node.region)


async def put_node(tx: Transaction, acting: Acting, command: asked.PutNode) -> Answer:
    """State a node whole."""
    node = command.node
    _in_cell(tx, node.region)
    if await tx.load(KeptRegion, node.region) is None:
        raise Refused(Code.UNKNOWN_REGION, region=node.region)
    if node.kind is NodeKind.GROUP and level_of(node.region) is not Level.VILLAGE:
        raise Refused(Code.MALFORMED, field="node.region", reason="a group belongs to one village")
    text(node.name, "node.name", 80, required=True)
    text(node.name_en, "node.nameEn", 120)
    if len(node.members) > MAX_MEMBERS:
        raise Refused(Code.MALFORMED, field="node.members", reason=f"at most {MAX_MEMBERS}")
    before = await tx.load(KeptNode, node.id)
    if before and _public(before) == node:
        return Answer(id=before.id, version=before.version)
    return await _keep(tx, node, before.version + 1 if before else 1)


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
    return await _keep(tx, changed, group.version + 1)


async def _keep(tx: Transaction, node: Node, version: int) -> Answer:
    await tx.save(KeptNode(**dict(node), version=version))
    await tx.emit(topics.INTAKE_ROSTER, NodeChanged(at=tx.now, node=node, node_version=version))
    return Answer(id=node.id, version=version)


def _public(kept: KeptNode) -> Node:
    return Node(**{name: getattr(kept, name) for name in Node.model_fields})


def _in_cell(tx: Transaction, region: str) -> None:
    if not contains(tx.room.cell, region) and not contains(region, tx.room.cell):
        raise Refused(Code.REGION_OF_ANOTHER_CELL, region=region, cell=tx.room.cell)
