"""Who sees which matters: the one place that narrows a read to its caller (domain 1.4). There is no unscoped read.

What narrows it is a tree of some hundred nodes that takes far longer to build and to write out than the statement takes to run. It depends on
which roles somebody has at which levels; who and where she is are parameters (`who_asks`). So all chairs of villages share one.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, false, or_, select

from gateway.readmodel.tables import METADATA
from services.chassis.prepared import Prepared
from services.contracts.callers import Caller, Grant
from services.contracts.cases import CaseClass
from services.contracts.organisation import OFFICE_ROLES, Role
from services.contracts.regions import Level

CASE = METADATA.tables["case_view"]
GROUP = METADATA.tables["case_group"]
MEMBER = METADATA.tables["case_member"]
ORDER = METADATA.tables["order_view"]
GUEST = METADATA.tables["case_guest"]
STANDING = METADATA.tables["council_standing"]

OFFICERS = frozenset({Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER, Role.INSPECTOR})
WORKERS = frozenset({Role.GROUP_OWNER, Role.UNIT_LEADER})
NEIGHBOURS = frozenset({Role.RESIDENT, Role.REPRESENTATIVE, Role.VOLUNTEER})

T = TypeVar("T")
KEPT = 256
"""Kinds of callers whose trees are kept: 200 to 350 KiB for each, by the number of her roles."""


class Office(NamedTuple):
    """A grant, as statements know it: node and region are parameters."""

    role: Role
    level: Level
    in_council: bool
    """As `Grant.in_council`."""
    node: ColumnElement[str]
    region: ColumnElement[str]
    end: ColumnElement[str]
    """Behind all codes of the region."""


class Asker(NamedTuple):
    """Any caller with these roles at these levels."""

    member: ColumnElement[str]
    grants: tuple[Office, ...]


def who_asks(caller: Caller) -> dict[str, Any]:
    """The parameters by which a statement knows its caller."""
    values = {"asker": caller.member}
    for number, grant in enumerate(caller.grants):
        values |= {
            f"asker_node{number}": grant.node,
            f"asker_region{number}": grant.region,
            f"asker_end{number}": grant.region + ":",
        }
    return values


def per_caller(build: Callable[[Asker], T]) -> Callable[[Caller | Asker], T]:
    """Keeps what follows from a caller's roles and levels alone."""

    @lru_cache(KEPT)
    def kept(*offices: tuple[Role, Level, bool]) -> T:
        return build(_asker(offices))

    return lambda who: kept(*((grant.role, grant.level, grant.in_council) for grant in who.grants))


def prepared_per_caller(build: Callable[[Asker], Select[Any]]) -> Callable[[Caller | Asker], Prepared]:
    """Keeps a whole statement likewise, as its database is asked it."""
    return per_caller(lambda who: Prepared(build(who)))


@lru_cache(KEPT)
def _asker(offices: tuple[tuple[Role, Level, bool], ...]) -> Asker:
    found = [
        Office(*office, *(bindparam(f"asker_{name}{number}", type_=String) for name in ("node", "region", "end")))
        for number, office in enumerate(offices)
    ]
    return Asker(bindparam("asker", type_=String), tuple(found))


def below(column: ColumnElement[str], scope: str) -> ColumnElement[bool]:
    """Codes in a scope, by range: an index of the column serves it on both databases (domain 4.3)."""
    return and_(column >= scope, column < scope + ":")


def _within(column: ColumnElement[str], office: Office) -> ColumnElement[bool]:
    return and_(column >= office.region, column < office.end)


def one_of(column: ColumnElement[str], values: Sequence[str | ColumnElement[str]]) -> ColumnElement[bool]:
    """A few fixed values. (An IN is written out anew each time that the statement runs, for a list of its length.)"""
    return or_(false(), *(column == value for value in values))


@per_caller
def visible(who: Asker) -> ColumnElement[bool]:
    """The rows of `case_view` that this caller may know of. A party never; of C2 and C3 beyond their circle only that they exist (F0),
    to officers of the subtree; of C3, to chairs and rights officers from the county up."""
    return and_(CASE.c.case_state != "", ~_related(who, "BARRED"), or_(_related(who, "REPORTER"), _handling(who)))


@per_caller
def fully(who: Asker) -> ColumnElement[bool]:
    """Those of them of which she may know more than received, being handled, concluded: all but private matters of somebody else that she
    has reported and has nothing else to do with (V1)."""
    own = and_(_related(who, "REPORTER"), or_(_of(CaseClass.C0), ~_related(who, "BYSTANDER")))
    return and_(visible(who), or_(own, _handling(who)))


@per_caller
def inside(who: Asker) -> ColumnElement[bool]:
    """Those of which she knows too what the levels keep among themselves: offices and executives of the regions that they have reached; of
    C2 and C3 the circle. Who reported it, its group and its guests do not."""
    offices = [grant for grant in who.grants if grant.role in OFFICERS | {Role.EXEC_MEMBER}]
    reached = (and_(_within(CASE.c.region, grant), _reaches(grant)) for grant in offices)
    by_office = and_(_of(CaseClass.C0, CaseClass.C1), or_(false(), *reached))
    return and_(visible(who), or_(_related(who, "CIRCLE"), by_office))


def _handling(who: Asker) -> ColumnElement[bool]:
    return or_(_related(who, "CIRCLE"), *(_by_grant(grant) for grant in who.grants), *_as_guest(who))


def _related(who: Asker, relation: str) -> ColumnElement[bool]:
    mine = select(MEMBER.c.case_id).where(MEMBER.c.member == who.member, MEMBER.c.relation == relation)
    return CASE.c.case_id.in_(mine)


def _as_guest(who: Asker) -> tuple[ColumnElement[bool], ...]:
    """Whoever was invited or has an item sees the row, of a private matter if she was when it was private; a standing member of a
    village's council sees C0, a person C1 too, a department no other (S02)."""
    offices = [grant.node for grant in who.grants if grant.role in OFFICERS | {Role.LIAISON}]
    guest = select(GUEST.c.case_id).where(one_of(GUEST.c.address, [who.member, *offices]))
    departments = [grant.node for grant in who.grants if grant.role is Role.LIAISON]
    standing = select(STANDING.c.region)
    return (
        and_(CASE.c.case_id.in_(guest), _of(CaseClass.C0, CaseClass.C1)),
        and_(CASE.c.case_id.in_(guest.where(GUEST.c.private.is_(True))), _of(CaseClass.C2)),
        and_(CASE.c.region.in_(standing.where(STANDING.c.address == who.member)), _of(CaseClass.C0, CaseClass.C1)),
        and_(CASE.c.region.in_(standing.where(one_of(STANDING.c.address, departments))), _of(CaseClass.C0)),
    )


def _by_grant(grant: Office) -> ColumnElement[bool]:
    from_group = CASE.c.case_id.in_(select(GROUP.c.case_id).where(GROUP.c.group_node == grant.node))
    match grant.role:
        case role if role in NEIGHBOURS:
            return and_(from_group, _of(CaseClass.C0))
        case _ if grant.in_council:
            return and_(_within(CASE.c.region, grant), _of(CaseClass.C0, CaseClass.C1), _reaches(grant))
        case role if role in WORKERS:
            return and_(from_group, _of(CaseClass.C0, CaseClass.C1))
        case role if role in OFFICERS:
            return and_(_within(CASE.c.region, grant), _of(*of_office(grant)), _reaches(grant))
        case _:
            return false()


def of_office(grant: Grant | Office) -> tuple[CaseClass, ...]:
    """The classes of which an officer of the subtree may know that there is a matter (F0): of C3 chairs and rights officers from the
    county up."""
    sealed = grant.role in {Role.CHAIR, Role.RIGHTS_OFFICER} and grant.level.width <= Level.COUNTY.width
    return (CaseClass.C0, CaseClass.C1, CaseClass.C2, *((CaseClass.C3,) if sealed else ()))


@per_caller
def not_barred(who: Asker) -> ColumnElement[bool]:
    """The rows of `case_view` to which the caller is no party."""
    return ~_related(who, "BARRED")


HANDLERS = OFFICERS - {Role.INSPECTOR}


@per_caller
def orders_of_federation(who: Asker) -> ColumnElement[bool]:
    """The rows of `order_view` whose matter this caller works on: officers whose node issued the order, or whose level has a line in the
    matter's thread; of C2 and C3 the circle. A party never."""
    mine = select(MEMBER.c.case_id).where(MEMBER.c.member == who.member)
    circle = ORDER.c.case_id.in_(mine.where(MEMBER.c.relation == "CIRCLE"))
    return and_(_not_barred(who), or_(circle, *(_handled(grant) for grant in who.grants)))


@per_caller
def visible_orders(who: Asker) -> ColumnElement[bool]:
    """The rows of `order_view` that this caller may know of: a liaison her department's alone (I11), and `orders_of_federation`."""
    departments = [grant.node for grant in who.grants if grant.role is Role.LIAISON]
    hers = and_(_not_barred(who), one_of(ORDER.c.department, departments))
    return or_(hers, orders_of_federation(who))


def _not_barred(who: Asker) -> ColumnElement[bool]:
    mine = select(MEMBER.c.case_id).where(MEMBER.c.member == who.member, MEMBER.c.relation == "BARRED")
    return ~ORDER.c.case_id.in_(mine)


def _handled(grant: Office) -> ColumnElement[bool]:
    if grant.role not in HANDLERS:
        return false()
    open_ones = select(CASE.c.case_id).where(_of(CaseClass.C0, CaseClass.C1))
    reached = or_(ORDER.c.issuer == grant.node, ORDER.c.case_id.in_(open_ones.where(_reaches(grant))))
    return and_(_within(ORDER.c.region, grant), ORDER.c.case_id.in_(open_ones), reached)


def _of(*classes: CaseClass) -> ColumnElement[bool]:
    return one_of(CASE.c.case_class, [each.value for each in classes])


def _reaches(grant: Office) -> ColumnElement[bool]:
    return CASE.c.seen_from <= grant.level.width


def overseen(caller: Caller) -> Sequence[str]:
    """The regions in which the caller is told which federations have nobody in office: those of her office, from the township up."""
    above_village = (
        grant for grant in caller.grants if grant.role in OFFICE_ROLES and grant.level is not Level.VILLAGE
    )
    return sorted({grant.region for grant in above_village})


def counted(caller: Caller) -> Sequence[str]:
    """The regions whose counts the caller may see: those of her offices and theirs below."""
    return sorted({grant.region for grant in caller.grants if grant.role in OFFICERS or grant.in_council})
