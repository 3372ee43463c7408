"""Who sees which matters: the one place that narrows a read to its caller (domain 1.4). There is no unscoped read.

What narrows it depends on the caller alone, and is a tree of some hundred nodes that takes longer to build than the statement takes to run:
each caller's is kept and used again.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from gateway.readmodel.tables import METADATA
from services.chassis.prepared import Prepared
from services.contracts.callers import Caller, Grant
from services.contracts.cases import CaseClass
from services.contracts.ids import MemberId
from services.contracts.organisation import OFFICE_ROLES, Role
from services.contracts.regions import Level

CASE = METADATA.tables["case_view"]
GROUP = METADATA.tables["case_group"]
MEMBER = METADATA.tables["case_member"]
ORDER = METADATA.tables["order_view"]
GUEST = METADATA.tables["case_guest"]
STANDING = METADATA.tables["council_standing"]

OFFICERS = frozenset({Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER, Role.INSPECTOR})
COUNCIL = frozenset({Role.COUNCIL_MEMBER, Role.EXEC_MEMBER})
WORKERS = frozenset({Role.GROUP_OWNER, Role.UNIT_LEADER})
NEIGHBOURS = frozenset({Role.RESIDENT, Role.REPRESENTATIVE, Role.VOLUNTEER})
_COUNTY_UP = Level.COUNTY.width

T = TypeVar("T")
KEPT = 256
"""Callers whose trees are kept: about 100 KiB for each."""


def per_caller(build: Callable[[Caller], T]) -> Callable[[Caller], T]:
    """Keeps what follows from a caller's name and grants alone, whatever her token says besides."""

    @lru_cache(KEPT)
    def kept(member: MemberId, grants: tuple[Grant, ...]) -> T:
        return build(Caller(member=member, grants=grants))

    return lambda caller: kept(caller.member, caller.grants)


def prepared_per_caller(build: Callable[[Caller], Select[Any]]) -> Callable[[Caller], Prepared]:
    """Keeps a whole statement likewise, as its database is asked it."""
    return per_caller(lambda caller: Prepared(build(caller)))


def below(column: ColumnElement[str], scope: str) -> ColumnElement[bool]:
    """Codes in a scope, by range: an index of the column serves it on both databases (domain 4.3)."""
    return and_(column >= scope, column < scope + ":")


def one_of(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """A few fixed values. (An IN is written out anew each time that the statement runs, for a list of its length.)"""
    return or_(false(), *(column == value for value in values))


@per_caller
def visible(caller: Caller) -> ColumnElement[bool]:
    """The rows of `case_view` that this caller may know of. A party never; of C2 and C3 beyond their circle only that they exist (F0),
    to officers of the subtree; of C3, to chairs and rights officers from the county up."""
    return and_(
        CASE.c.case_state != "", ~_related(caller, "BARRED"), or_(_related(caller, "REPORTER"), _handling(caller))
    )


@per_caller
def fully(caller: Caller) -> ColumnElement[bool]:
    """Those of them of which she may know more than received, being handled, concluded: all but private matters of somebody else that she
    has reported and has nothing else to do with (V1)."""
    own = and_(_related(caller, "REPORTER"), or_(_of(CaseClass.C0), ~_related(caller, "BYSTANDER")))
    return and_(visible(caller), or_(own, _handling(caller)))


@per_caller
def inside(caller: Caller) -> ColumnElement[bool]:
    """Those of which she knows too what the levels keep among themselves: offices and executives of the regions that they have reached; of
    C2 and C3 the circle. Who reported it, its group and its guests do not."""
    offices = [grant for grant in caller.grants if grant.role in OFFICERS | {Role.EXEC_MEMBER}]
    reached = (and_(below(CASE.c.region, grant.region), _reaches(grant)) for grant in offices)
    by_office = and_(_of(CaseClass.C0, CaseClass.C1), or_(false(), *reached))
    return and_(visible(caller), or_(_related(caller, "CIRCLE"), by_office))


def _handling(caller: Caller) -> ColumnElement[bool]:
    return or_(_related(caller, "CIRCLE"), *(_by_grant(grant) for grant in caller.grants), *_as_guest(caller))


def _related(caller: Caller, relation: str) -> ColumnElement[bool]:
    mine = select(MEMBER.c.case_id).where(MEMBER.c.member == caller.member, MEMBER.c.relation == relation)
    return CASE.c.case_id.in_(mine)


def _as_guest(caller: Caller) -> tuple[ColumnElement[bool], ...]:
    """Whoever was invited or has an item sees the row, of a private matter if she was when it was private; a standing member of a
    village's council sees C0, a person C1 too, a department no other (S02)."""
    offices = [grant.node for grant in caller.grants if grant.role in OFFICERS | {Role.LIAISON}]
    guest = select(GUEST.c.case_id).where(one_of(GUEST.c.address, [caller.member, *offices]))
    departments = [grant.node for grant in caller.grants if grant.role is Role.LIAISON]
    standing = select(STANDING.c.region)
    return (
        and_(CASE.c.case_id.in_(guest), _of(CaseClass.C0, CaseClass.C1)),
        and_(CASE.c.case_id.in_(guest.where(GUEST.c.private.is_(True))), _of(CaseClass.C2)),
        and_(CASE.c.region.in_(standing.where(STANDING.c.address == caller.member)), _of(CaseClass.C0, CaseClass.C1)),
        and_(CASE.c.region.in_(standing.where(one_of(STANDING.c.address, departments))), _of(CaseClass.C0)),
    )


def _by_grant(grant: Grant) -> ColumnElement[bool]:
    from_group = CASE.c.case_id.in_(select(GROUP.c.case_id).where(GROUP.c.group_node == grant.node))
    match grant.role:
        case role if role in NEIGHBOURS:
            return and_(from_group, _of(CaseClass.C0))
        case role if role in WORKERS:
            return and_(from_group, _of(CaseClass.C0, CaseClass.C1))
        case role if role in COUNCIL:
            return and_(below(CASE.c.region, grant.region), _of(CaseClass.C0, CaseClass.C1), _reaches(grant))
        case role if role in OFFICERS:
            return and_(below(CASE.c.region, grant.region), _of(*of_office(grant)), _reaches(grant))
        case _:
            return false()


def of_office(grant: Grant) -> tuple[CaseClass, ...]:
    """The classes of which an officer of the subtree may know that there is a matter (F0): of C3 chairs and rights officers from the
    county up."""
    sealed = grant.role in {Role.CHAIR, Role.RIGHTS_OFFICER} and len(grant.region) <= _COUNTY_UP
    return (CaseClass.C0, CaseClass.C1, CaseClass.C2, *((CaseClass.C3,) if sealed else ()))


def not_barred(caller: Caller) -> ColumnElement[bool]:
    """The rows of `case_view` to which the caller is no party."""
    return ~_related(caller, "BARRED")


HANDLERS = OFFICERS - {Role.INSPECTOR}


@per_caller
def orders_of_federation(caller: Caller) -> ColumnElement[bool]:
    """The rows of `order_view` whose matter this caller works on: officers whose node issued the order, or whose level has a line in the
    matter's thread; of C2 and C3 the circle. A party never."""
    mine = select(MEMBER.c.case_id).where(MEMBER.c.member == caller.member)
    circle = ORDER.c.case_id.in_(mine.where(MEMBER.c.relation == "CIRCLE"))
    return and_(_not_barred(caller), or_(circle, *(_handled(grant) for grant in caller.grants)))


@per_caller
def visible_orders(caller: Caller) -> ColumnElement[bool]:
    """The rows of `order_view` that this caller may know of: a liaison her department's alone (I11), and `orders_of_federation`."""
    departments = [grant.node for grant in caller.grants if grant.role is Role.LIAISON]
    hers = and_(_not_barred(caller), one_of(ORDER.c.department, departments))
    return or_(hers, orders_of_federation(caller))


def _not_barred(caller: Caller) -> ColumnElement[bool]:
    mine = select(MEMBER.c.case_id).where(MEMBER.c.member == caller.member, MEMBER.c.relation == "BARRED")
    return ~ORDER.c.case_id.in_(mine)


def _handled(grant: Grant) -> ColumnElement[bool]:
    if grant.role not in HANDLERS:
        return false()
    open_ones = select(CASE.c.case_id).where(_of(CaseClass.C0, CaseClass.C1))
    reached = or_(ORDER.c.issuer == grant.node, ORDER.c.case_id.in_(open_ones.where(_reaches(grant))))
    return and_(below(ORDER.c.region, grant.region), ORDER.c.case_id.in_(open_ones), reached)


def _of(*classes: CaseClass) -> ColumnElement[bool]:
    return one_of(CASE.c.case_class, [each.value for each in classes])


def _reaches(grant: Grant) -> ColumnElement[bool]:
    return CASE.c.seen_from <= len(grant.region)


def overseen(caller: Caller) -> Sequence[str]:
    """The regions in which the caller is told which federations have nobody in office: those of her office, from the township up."""
    above_village = (
        grant for grant in caller.grants if grant.role in OFFICE_ROLES and grant.level is not Level.VILLAGE
    )
    return sorted({grant.region for grant in above_village})


def counted(caller: Caller) -> Sequence[str]:
    """The regions whose counts the caller may see: those of her offices and theirs below."""
    return sorted({grant.region for grant in caller.grants if grant.role in OFFICERS | COUNCIL})
