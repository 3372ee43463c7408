"""The overdue sweep: in due order, page by page, one matter a transaction. It flags and urges; it never passes up (design 5). And the look
for offices that nobody holds."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Column, ColumnElement, Table, delete, select, update

from services.chassis.database import is_outage
from services.chassis.lists import within
from services.chassis.room import Room
from services.chassis.transaction import Transaction
from services.contracts import topics
from services.contracts.ids import NodeId
from services.contracts.organisation import Node
from services.escalation.order_store import ORDER, look, rest_orders
from services.escalation.rules import timing, vacancy
from services.escalation.rules.custody import Custody
from services.escalation.store import CUSTODY, DUE, access_of, accesses_of, case_of, facts_of, keep_dues

log = logging.getLogger(__name__)

PAGE = 100
"""Rows read at a time."""
PAGES = 1_000
"""Pages in one run at most: a run ends, and the next one goes on."""


Handle = Callable[[Room, str, str], Awaitable[int]]
"""Does what is due, given its key and what it is; returns whether it did anything (1 or 0)."""


async def sweep(room: Room) -> int:
    """Handle what is due of matters; returns how many it handled."""
    return await sweep_table(room, DUE, DUE.c.case_id, _handle)


async def sweep_table(room: Room, table: Table, key: Column[str], handle: Handle) -> int:
    """Handle what a table of due times says; returns how many it handled. One that fails is looked at again later, behind the others."""
    handled = 0
    for _ in range(PAGES):
        now = room.clock.now()
        async with room.database.read() as connection:
            query = select(key.label("key"), table.c.what).where(table.c.look_at <= now).order_by(table.c.look_at, key)
            page = (await connection.execute(query.limit(PAGE))).all()
        if not page:
            break
        for row in page:
            try:
                handled += await handle(room, row.key, row.what)
            except Exception as error:
                if is_outage(error):
                    raise
                log.exception(
                    "what is due could not be handled", extra={"facts": {key.name: row.key, "what": row.what}}
                )
                await _put_back(room, table, (key == row.key) & (table.c.what == row.what))
    return handled


async def _handle(room: Room, case_id: str, what: str) -> int:
    async with room.transaction() as tx:
        custody, case = await tx.load(Custody, case_id), await case_of(tx, case_id)
        if custody is not None and case is not None:
            facts = facts_of(tx, case)
            after, told = timing.come(custody, what, facts)
            if told:
                await tx.save(after, *told)
                await keep_dues(tx, after, facts)
                if what == timing.RESUME:
                    await rest_orders(tx, after)
                return 1
            if what == timing.CALENDAR and timing.CALENDAR in (again := timing.dues(custody, facts)):
                where = (DUE.c.case_id == case_id) & (DUE.c.what == what)
                await tx.execute(update(DUE).where(where).values(look_at=again[what]))
                return 0
        # Stopped, moved or flagged meanwhile (another sweeper was first): the row has had its day.
        await tx.execute(delete(DUE).where(DUE.c.case_id == case_id, DUE.c.what == what, DUE.c.look_at <= tx.now))
    return 0


async def _put_back(room: Room, table: Table, where: ColumnElement[bool]) -> None:
    async with room.transaction() as tx:
        attempts = (await tx.execute(select(table.c.attempts).where(where))).scalar_one_or_none() or 0
        again = tx.now + timedelta(seconds=min(30 * 2**attempts, 3600))
        await tx.execute(update(table).where(where).values(look_at=again, attempts=attempts + 1))


class Office(NamedTuple):
    """What was found of an office: as of which version of the roster, and until when it is so."""

    version: int
    node: Node
    until: datetime | None


_OFFICES: WeakKeyDictionary[Room, dict[NodeId, Office]] = WeakKeyDictionary()
"""What the last look found: the roster changes seldom, and is not read again for those of whom nothing was heard."""


async def vacancies(room: Room) -> int:
    """Matters whose holder has nobody in office surface at a level above; where that has changed, or others are in office where they are held
    or have surfaced, who may act now is looked at anew. So is who answers for their orders, where that office was left. Returns how many
    matters it changed."""
    now = room.clock.now()
    async with room.reading() as tx:
        query = select(CUSTODY.c.id, CUSTODY.c.region).where(
            CUSTODY.c.holder != "", CUSTODY.c.vacant == CUSTODY.c.holder
        )
        marked = {row.id: vacancy.ladder_of(row.region) for row in await tx.execute(query)}
        before = _OFFICES.get(room, {})
        offices = await _offices(tx, before, {node for ladder in marked.values() for node in ladder}, now)
        anew = {node for node, office in offices.items() if office is not before.get(node)}
        changed = [node for node in anew if node in before]
        vacant = [node for node, office in offices.items() if not vacancy.staffed(office.node, now)]
        to_look = [case_id for case_id, ladder in marked.items() if not anew.isdisjoint(ladder)]
        held_there = sorted({*vacant, *changed})
        for some in range(0, len(held_there), PAGE):
            unmarked = CUSTODY.c.holder.in_(held_there[some : some + PAGE]) & (CUSTODY.c.vacant != CUSTODY.c.holder)
            to_look += (await tx.execute(select(CUSTODY.c.id).where(unmarked))).scalars()
        to_tell = set(await _moving(tx, sorted(to_look), offices, now))
        # Also of an office that was left before: an order may have been issued with a token that outlived it.
        for some in range(0, len(vacant), PAGE):
            of_them = select(ORDER.c.case_id).where(within(ORDER.c.issuer, vacant[some : some + PAGE]))
            to_tell.update((await tx.execute(of_them)).scalars())
    told, failed = 0, False
    for case_id in sorted(to_tell):
        try:
            told += await _surface(room, case_id)
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("who may act on a matter could not be looked at", extra={"facts": {"case_id": case_id}})
            failed = True
    if not failed:  # else what was found is found again: the others have moved already
        _OFFICES[room] = offices
    return told


async def _offices(
    tx: Transaction, before: Mapping[NodeId, Office], ladders: Collection[NodeId], now: datetime
) -> dict[NodeId, Office]:
    """Those of all holders and issuers, and of the levels where matters have surfaced, that the roster has told of."""
    known, roster = tx.room.service.chassis.known, topics.INTAKE_ROSTER.in_cell(tx.room.cell)
    held = select(CUSTODY.c.holder).where(CUSTODY.c.holder != "")
    issued = select(ORDER.c.issuer).where(ORDER.c.issuer != "")
    heard = select(known.c.key, known.c.version).where(known.c.topic == roster)
    versions = {row.key: row.version for row in await tx.execute(heard.where(known.c.key.in_(held.union(issued))))}
    others = sorted(ladders - versions.keys())
    for some in range(0, len(others), PAGE):
        of_them = heard.where(known.c.key.in_(others[some : some + PAGE]))
        versions |= {row.key: row.version for row in await tx.execute(of_them)}
    found = dict[NodeId, Office]()
    for node_id, version in versions.items():
        office = before.get(node_id)
        if office is not None and office.version == version and (office.until is None or now < office.until):
            found[node_id] = office
    anew = sorted(versions.keys() - found.keys())
    for some in range(0, len(anew), PAGE):
        for node_id, node in (await tx.known_many(topics.INTAKE_ROSTER, Node, anew[some : some + PAGE])).items():
            found[node_id] = Office(versions[node_id], node, vacancy.as_it_is_until(node, now))
    return found


async def _moving(
    tx: Transaction, case_ids: Sequence[str], offices: Mapping[NodeId, Office], now: datetime
) -> list[str]:
    """Those of which a look would tell anything: read, page by page, and no lock taken for the others."""
    moving = list[str]()
    nodes = {node_id: office.node for node_id, office in offices.items()}
    for some in range(0, len(case_ids), PAGE):
        custodies = await tx.load_many(Custody, case_ids[some : some + PAGE])
        accesses = await accesses_of(tx, list(custodies))
        ladders = {node for custody in custodies.values() for node in vacancy.ladder_of(custody.region)}
        nodes |= await tx.known_many(topics.INTAKE_ROSTER, Node, sorted(ladders - nodes.keys()))
        moving += [
            case_id
            for case_id, custody in custodies.items()
            if vacancy.look(custody, nodes, accesses.get(case_id), now)[0] != custody
        ]
    return moving


async def _surface(room: Room, case_id: str) -> int:
    async with room.transaction() as tx:
        before = await tx.load(Custody, case_id)
        after = await look(tx, before, await access_of(tx, case_id)) if before is not None else None
    return int(after != before)
