"""Reads. Each takes its caller; each is one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, Table, and_, bindparam, case, func, or_, select, true

from gateway.readmodel.access import (
    Asker,
    below,
    counted,
    fully,
    inside,
    one_of,
    per_caller,
    prepared_per_caller,
    visible,
    who_asks,
)
from gateway.readmodel.case_row import docket_of
from gateway.readmodel.shown import (
    CLOCKS_AMONG_LEVELS,
    FACTS_AMONG_LEVELS,
    FACTS_OF_A_CLOCK,
    case_to_a_bystander,
    custody_to_others,
)
from gateway.readmodel.tables import METADATA
from services.chassis import statements
from services.chassis.database import Connection
from services.chassis.lists import among
from services.contracts.base import read
from services.contracts.callers import Caller
from services.contracts.cases import CaseClass
from services.contracts.council import PeopleState
from services.contracts.lifecycle import Lifecycle, to_a_bystander
from services.contracts.states import AccessState, CaseState, CustodyState, DocketState

CASE = METADATA.tables["case_view"]
GROUP = METADATA.tables["case_group"]
PEOPLE = METADATA.tables["case_people"]
TIMELINE = METADATA.tables["timeline"]
COUNTER = METADATA.tables["counter"]
FRESHNESS = METADATA.tables["freshness"]


class Matter(NamedTuple):
    """A matter as its caller may know of it."""

    case: CaseState
    docket: DocketState | None
    custody: CustodyState | None
    access: AccessState | None
    state: str
    summary: str
    behind: tuple[CaseState, CustodyState | None] | None = None
    """Of a matter that its caller knows as a bystander alone: what the services know, from which follows what she may ask; never shown."""
    people: PeopleState | None = None
    inside: bool = False
    """Whether she knows what the levels keep among themselves."""
    summary_late: bool = False
    """Whether a later summary was approved than the one that was fetched."""


class Filter(NamedTuple):
    """How a list of matters is narrowed further."""

    region: str | None = None
    state: str | None = None
    lamp: str | None = None


async def matters(
    connection: Connection, caller: Caller, by: Filter, now: datetime, first: int, after: tuple[str, str] | None
) -> list[Matter]:
    """A page, newest first, behind a place (submitted_at, case_id): keyset, so that a page costs the same wherever it lies."""
    if by == Filter() and after is None:
        return [
            _matter(row) for row in await connection.execute(_first_page(caller), {"most": first, **who_asks(caller)})
        ]
    place: ColumnElement[bool] = true()
    if after:
        place = or_(CASE.c.submitted_at < after[0], and_(CASE.c.submitted_at == after[0], CASE.c.case_id < after[1]))
    where = [place]
    if by.lamp:
        where.append(and_(fully(caller), _lamp(by.lamp, now)))
    if by.region:
        where.append(below(CASE.c.region, by.region))
    if by.state:
        seen_as = [each.value for each in Lifecycle if to_a_bystander(each).value == by.state]
        where.append(
            or_(and_(fully(caller), CASE.c.state == by.state), and_(~fully(caller), CASE.c.state.in_(seen_as)))
        )
    query = _newest_first(_matters(caller).where(*where)).limit(first)
    return [_matter(row) for row in await connection.execute(query, who_asks(caller))]


async def matters_by_id(connection: Connection, caller: Caller, case_ids: Sequence[str]) -> Mapping[str, Matter]:
    """Some matters; absent are those that do not exist, or not for her."""
    rows = await connection.execute(_matters_by_id(caller), {"ids": list(case_ids), **who_asks(caller)})
    return {matter.case.case_id: matter for matter in map(_matter, rows)}


class Seen(NamedTuple):
    """The versions of a matter that are applied, and its class, which says on which topics they came."""

    case_class: str = ""
    case: int = 0
    docket: int = 0
    custody: int = 0


async def seen(connection: Connection, caller: Caller, case_id: str) -> Seen:
    """What a command's caller has seen of a matter; zeros: nothing, or it is not for her."""
    row = (await connection.execute(_versions_by_id(caller), {"id": case_id, **who_asks(caller)})).one_or_none()
    return Seen(*row) if row else Seen()


async def known_version(connection: Connection, known: Table, topic: str, key: str) -> int:
    """How far the model has heard of a key on a topic."""
    query = select(known.c.version).where(known.c.topic == topic, known.c.key == key)
    return (await connection.execute(query)).scalar_one_or_none() or 0


async def is_held(connection: Connection, dead_letter: Table, topic: str, key: str) -> bool:
    """Whether a record of a key is held here: what comes after it waits for an operator."""
    query = select(dead_letter.c.id).where(dead_letter.c.topic == topic, dead_letter.c.key == key).limit(1)
    return (await connection.execute(query)).first() is not None


async def topics_held(connection: Connection, dead_letter: Table, key: str) -> frozenset[str]:
    """On which topics records of a key are held here."""
    rows = await connection.execute(statements.held(dead_letter), {"the_keys": [key]})
    return frozenset(row.topic for row in rows)


async def timelines(
    connection: Connection, caller: Caller, case_ids: Sequence[str]
) -> Mapping[str, Sequence[Row[Any]]]:
    """The facts of some matters that the caller may see, oldest first: one statement for a page."""
    found: dict[str, list[Row[Any]]] = {}
    for row in await connection.execute(_timelines(caller), {"ids": list(case_ids), **who_asks(caller)}):
        found.setdefault(row.case_id, []).append(row)
    return found


async def counts(connection: Connection, caller: Caller, region_code: str, month: str) -> Sequence[Any]:
    """The sums of a month below a region, where it lies in one of the caller's offices: nothing otherwise."""
    if not any(region_code.startswith(office) for office in counted(caller)):
        return ()
    total = func.sum(COUNTER.c.count).label("count")
    query = (
        select(COUNTER.c.category, COUNTER.c.private, COUNTER.c.metric, total)
        .where(below(COUNTER.c.region, region_code), COUNTER.c.month == month)
        .group_by(COUNTER.c.category, COUNTER.c.private, COUNTER.c.metric)
        .order_by(COUNTER.c.metric, COUNTER.c.category, COUNTER.c.private)
    )
    return (await connection.execute(query)).all()


async def as_of(connection: Connection) -> Mapping[str, datetime]:
    """By cell: up to when everything told has been applied."""
    return {row.cell: row.as_of for row in await connection.execute(select(FRESHNESS))}


def _newest_first(matters: Select[Any]) -> Select[Any]:
    return matters.order_by(CASE.c.submitted_at.desc(), CASE.c.case_id.desc())


@per_caller
def _matters(who: Asker) -> Select[Any]:
    """The matters that she may know of."""
    columns = (
        CASE.c.case_state,
        CASE.c.docket_state,
        CASE.c.custody_state,
        CASE.c.state,
        CASE.c.summary,
        (CASE.c.summary_wanted > CASE.c.summary_version).label("summary_late"),
        GROUP.c.access_state,
        PEOPLE.c.people_state,
        fully(who).label("fully"),
        inside(who).label("inside"),
    )
    grouped = CASE.outerjoin(GROUP, GROUP.c.case_id == CASE.c.case_id)
    peopled = grouped.outerjoin(PEOPLE, PEOPLE.c.case_id == CASE.c.case_id)
    return select(*columns).select_from(peopled).where(visible(who))


@prepared_per_caller
def _first_page(who: Asker) -> Select[Any]:
    return _newest_first(_matters(who)).limit(bindparam("most"))


@prepared_per_caller
def _matters_by_id(who: Asker) -> Select[Any]:
    return _matters(who).where(among(CASE.c.case_id, "ids"))


@prepared_per_caller
def _versions_by_id(who: Asker) -> Select[Any]:
    query = select(CASE.c.case_class, CASE.c.case_version, CASE.c.docket_version, CASE.c.custody_version)
    return query.where(visible(who), CASE.c.case_id == bindparam("id"))


@prepared_per_caller
def _timelines(who: Asker) -> Select[Any]:
    asked = among(CASE.c.case_id, "ids")
    seen = select(CASE.c.case_id).where(fully(who), asked)
    worked_on = select(CASE.c.case_id).where(inside(who), asked)
    sealed = select(CASE.c.case_id).where(CASE.c.case_class == CaseClass.C3.value, asked)
    # At one moment intake's fact comes first: the others' follow from it.
    after_intake = case((TIMELINE.c.service == "intake", 0), else_=1)
    order = (TIMELINE.c.at, after_intake, TIMELINE.c.service, TIMELINE.c.version)
    # Of a sealed matter nothing that was told on an ordinary topic.
    ordinary = or_(TIMELINE.c.sealed, ~TIMELINE.c.case_id.in_(sealed))
    told = or_(~_AMONG_LEVELS, TIMELINE.c.case_id.in_(worked_on))
    return select(TIMELINE).where(TIMELINE.c.case_id.in_(seen), ordinary, told).order_by(*order)


# As `shown.among_levels` says it of one.
_AMONG_LEVELS = or_(
    one_of(TIMELINE.c.kind, sorted(FACTS_AMONG_LEVELS)),
    and_(
        one_of(TIMELINE.c.kind, sorted(FACTS_OF_A_CLOCK)),
        one_of(TIMELINE.c.detail, sorted(stage.value for stage in CLOCKS_AMONG_LEVELS)),
    ),
)


def _matter(row: Row[Any]) -> Matter:
    case = read(CaseState, row.case_state)
    docket = read(DocketState, row.docket_state) if row.docket_state else None
    custody = read(CustodyState, row.custody_state) if row.custody_state else None
    access = read(AccessState, row.access_state) if row.access_state else None
    if row.fully:
        people = read(PeopleState, row.people_state) if row.people_state else None
        docket = docket_of(case, docket)
        custody = custody if row.inside or custody is None else custody_to_others(custody)
        seen = Matter(case, docket, custody, access, row.state, row.summary, people=people if docket else None)
        return seen._replace(inside=bool(row.inside), summary_late=bool(row.summary_late))
    state = to_a_bystander(Lifecycle(row.state))
    return Matter(case_to_a_bystander(case, state), None, None, access, state.value, "", (case, custody))


def _lamp(lamp: str | None, now: datetime) -> ColumnElement[bool]:
    """GREEN below 80 % of the window, AMBER from there, RED when it is over; a closed matter has no lamp (domain 3.3)."""
    at = now.isoformat()
    match lamp:
        case "RED":
            return and_(CASE.c.due_at != "", CASE.c.due_at < at)
        case "AMBER":
            return and_(CASE.c.due_at >= at, CASE.c.amber_at <= at)
        case "GREEN":
            return and_(CASE.c.due_at != "", CASE.c.amber_at > at)
        case _:
            return true()
