"""Reads of regions and of the organisation: each is one statement."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select

from gateway.readmodel.access import below, overseen
from gateway.readmodel.tables import METADATA
from services.chassis.database import Connection
from services.chassis.lists import among
from services.chassis.prepared import Prepared
from services.contracts.base import read
from services.contracts.callers import Caller
from services.contracts.organisation import Node, federation_of
from services.contracts.refusals import Code, Refused
from services.contracts.regions import contains, in_cell

NODE = METADATA.tables["node_view"]
REGION = METADATA.tables["region_view"]
FEDERATIONS = federation_of("")
"""How the ids of federations begin."""


async def nodes(connection: Connection, ids: Sequence[str]) -> Mapping[str, Node]:
    """Organisation nodes by id: no secret."""
    rows = await connection.execute(_NODES, {"ids": list(ids)})
    return {row.id: read(Node, row.state) for row in rows}


_NODES = Prepared(select(NODE.c.id, NODE.c.state).where(among(NODE.c.id, "ids")))


class Federations(NamedTuple):
    """Federations of a subtree, by id, and whether the page is full: there may be more behind its last."""

    nodes: Sequence[Node]
    full: bool


async def federations(connection: Connection, caller: Caller, region_code: str, after: str, limit: int) -> Federations:
    """Those below an office of the caller's. Raises Refused NOT_PERMITTED where the region lies in none of them."""
    office = min((each for each in overseen(caller) if region_code.startswith(each)), key=len, default=None)
    if office is None:
        raise Refused(Code.NOT_PERMITTED, command="vacancies")
    where = (
        below(NODE.c.region, region_code),
        NODE.c.region > office,
        NODE.c.id.startswith(FEDERATIONS, autoescape=True),
    )
    query = select(NODE.c.state).where(*where, NODE.c.id > after).order_by(NODE.c.id).limit(limit)
    found = [read(Node, state) for state in (await connection.execute(query)).scalars()]
    return Federations(found, full=len(found) == limit)


async def regions(connection: Connection, under: str | None, first: int, after: str) -> Sequence[Any]:
    """The regions directly below one (or the province itself), by code."""
    widths = [2, 4, 6, 9, 12]
    width = 2 if under is None else next((each for each in widths if each > len(under)), 99)
    query = select(REGION).where(func.length(REGION.c.code) == width, REGION.c.code > after)
    if under:
        query = query.where(below(REGION.c.code, under))
    return (await connection.execute(query.order_by(REGION.c.code).limit(first))).all()


async def region(connection: Connection, code: str) -> Row[Any] | None:
    """One region."""
    return (await connection.execute(select(REGION).where(REGION.c.code == code))).one_or_none()


async def check_region(connection: Connection, cell: str, code: str) -> None:
    """Raises Refused REGION_OF_ANOTHER_CELL, UNKNOWN_REGION: that there is nothing in a region is said of one that there is."""
    in_cell(cell, code)
    if not contains(code, cell) and await region(connection, code) is None:
        raise Refused(Code.UNKNOWN_REGION, region=code)
