"""Giving a matter to departments, at first and after an objection: each gets the package that intake has signed for it."""

import json
from datetime import timedelta

from services.chassis.ids import ulid
from services.chassis.service import Acting
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.callers import Grant
from services.contracts.cases import CaseClass
from services.contracts.commands import orders as asked
from services.contracts.commands.base import Answer
from services.contracts.disclosure import Package, check_signed
from services.contracts.fitting import fitting
from services.contracts.ids import OrderId, city_of
from services.contracts.lifecycle import lifecycle
from services.contracts.orders import OrderRole
from services.contracts.organisation import Node, NodeKind
from services.contracts.refusals import Code, Refused
from services.contracts.regions import Level, contains
from services.contracts.states import CaseState
from services.contracts.texts import text
from services.escalation.commands.orders import MAX_WORDS, beside
from services.escalation.order_store import matter_of, move, rules_of, texts_of, write
from services.escalation.rules import order_ends as ends
from services.escalation.rules import orders as rules
from services.escalation.rules.custody import Custody
from services.escalation.rules.limits import RuleBook
from services.escalation.rules.order_clocks import WorkOrder

MAX_AGE = timedelta(days=1)
"""How old a package may be: what may be told of a matter can change meanwhile."""


async def issue(tx: Transaction, acting: Acting, command: asked.IssueOrder) -> Answer:
    """One order for the lead, one for each assisting department; they share the lead's id."""
    custody = await tx.load(Custody, command.case_id)
    case = await tx.known(topics.INTAKE_CASE, CaseState, command.case_id)
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    if custody is None or custody.case_class is CaseClass.C3 or case is None:
        raise Refused(Code.NOT_WHEN_SEALED)
    tx.check_version(Custody, custody.case_id, command.expected_version)
    allowed = fitting(case, custody)
    if "IssueOrder" not in allowed:
        state = lifecycle(case, None, custody)
        raise Refused(Code.STATE_DOES_NOT_FIT, allowed=allowed, state=state.value, command="IssueOrder")
    if acting.grant.level is Level.VILLAGE and not command.letter:
        raise Refused(Code.LETTER_ONLY)
    basis = text(command.legal_basis, "legalBasis", MAX_WORDS, required=not command.letter)
    demand = text(command.demand, "demand", MAX_WORDS, required=True)
    packages = (command.lead, *command.co)
    if len({package.department for package in packages}) != len(packages):
        raise Refused(Code.WRONG_DEPARTMENT, node=packages[-1].department)
    for package in packages:
        await _check(tx, custody.case_id, package, acting.grant)
    ids = [_order_id(tx, custody.case_id) for _ in packages]
    version = 0
    for order_id, package in zip(ids, packages, strict=True):
        moved = rules.issue(
            order_id,
            custody.case_id,
            region=custody.region,
            issuer=acting.grant.public_node,
            issuer_region=acting.grant.region,
            department=package.department,
            role=OrderRole.LEAD if order_id == ids[0] else OrderRole.CO,
            joint=ids[0] if command.co else None,
            letter=command.letter,
            urgency=custody.urgency,
            profile=case.profile,
            rules=tx.get(RuleBook).of(acting.grant.region),
            now=tx.now,
            rest=custody.rest,
        )
        custody = await move(tx, custody, None, moved)
        version = version or moved[0].version
        await write(tx, order_id, acting.member, package=_kept(package), legal_basis=basis, demand=demand)
    return Answer(id=ids[0], version=version)


async def reissue(tx: Transaction, acting: Acting, command: asked.ReissueOrder) -> Answer:
    """The objection is right: another department gets it, of the same region; nobody passes it down. One that assists and is given the
    lead has the lead's order alone. Answers the new order."""
    case_id = await matter_of(tx, command.order_id)
    custody = await tx.load(Custody, case_id) if case_id else None
    order = await tx.load(WorkOrder, command.order_id)
    assert custody is not None, "order_target has found it"
    assert order is not None, "order_target has found it"
    assert acting.grant is not None, "the permission table lets nobody without a grant do this"
    tx.check_version(WorkOrder, order.order_id, command.expected_version)
    words = text(command.reason, "reason", MAX_WORDS)
    new_id = _order_id(tx, order.case_id)
    by = acting.grant.public_node
    ended = ends.reissued(order, new_id, by, tx.now)
    await _check(tx, order.case_id, command.package, acting.grant)
    others = await beside(tx, order)
    replaced = ends.replaced(order, command.package.department, others, tx.now)
    assisting = [each for each in others if each not in replaced]
    begun = rules.issue(
        new_id,
        order.case_id,
        region=order.region,
        issuer=order.issuer,
        issuer_region=order.issuer_region,
        department=command.package.department,
        role=order.role,
        joint=order.joint,
        letter=order.letter,
        urgency=custody.urgency,
        profile=order.profile,
        rules=rules_of(tx, order),
        now=tx.now,
        rest=custody.rest,
    )
    custody = await move(tx, custody, order, ended)
    for each in replaced:
        custody = await move(tx, custody, each, ends.taken_back(each, by, tx.now))
    custody = await move(tx, custody, None, begun)
    for changed in ends.led_by_another(order, assisting, by, tx.now):
        custody = await move(tx, custody, changed[0], changed)
    await write(tx, order.order_id, acting.member, reissue=words)
    told = await texts_of(tx, order.order_id, "legal_basis", "demand")
    await write(tx, new_id, acting.member, package=_kept(command.package), **told)
    return Answer(id=new_id, version=begun[0].version)


async def _check(tx: Transaction, case_id: str, package: Package, grant: Grant) -> None:
    """Signed by intake for this matter, lately, for a department of the issuer's own region (a village's letter: of a region above)."""
    check_signed(tx.room.secret, case_id, package)
    if not tx.now - MAX_AGE <= package.built_at <= tx.now + MAX_AGE:
        raise Refused(Code.PACKAGE_NOT_SIGNED)
    node = await tx.known(topics.INTAKE_ROSTER, Node, package.department)
    if node is None:
        raise Refused(Code.UNKNOWN_NODE, node=package.department)
    ours = node.region == grant.region
    reached = contains(node.region, grant.region) if grant.level is Level.VILLAGE else ours
    if node.kind is not NodeKind.DEPARTMENT or not reached:
        raise Refused(Code.WRONG_DEPARTMENT, node=node.id)


def _order_id(tx: Transaction, case_id: str) -> OrderId:
    return f"o_{city_of(case_id)}-{ulid(tx.now, 'order')}"


def _kept(package: Package) -> str:
    return json.dumps([line.model_dump(mode="json") for line in package.lines], ensure_ascii=False)
