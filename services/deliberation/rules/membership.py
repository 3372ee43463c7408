"""Standing membership of a council (domain 0.8, 2.2): pure. It comes from a matter, has a term, and a department confirms it."""

from datetime import datetime, timedelta

from services.contracts.council import CouncilState, MembershipStage, StandingMember
from services.contracts.events.council import CouncilEvent, MembershipBegun, MembershipEnded, MembershipOffered
from services.contracts.fitting_council import fitting_council
from services.contracts.ids import Address, NodeId
from services.contracts.refusals import Code, Refused
from services.contracts.regions import RegionCode
from services.deliberation.rules.docket import Docket, Known, check_fits, check_member, state_of

MAX_TERM = timedelta(days=731)
"""Two years."""


class Council(CouncilState):
    """A council as deliberation keeps it."""

    def public(self) -> CouncilState:
        """What events carry."""
        return CouncilState(**{name: getattr(self, name) for name in CouncilState.model_fields})

    def after(self, members: tuple[StandingMember, ...]) -> "Council":
        """The council one step on."""
        return self.model_copy(update={"members": members, "version": self.version + 1})


MembersMoved = tuple[Council, tuple[CouncilEvent, ...]]


def new_council(node: NodeId, region: RegionCode) -> Council:
    """A council without standing members."""
    return Council(node=node, version=0, region=region)


def admit(council: Council, docket: Docket | None, known: Known, address: Address, until: datetime) -> MembersMoved:
    """Because of a matter that it dealt with. A person is a member at once, a department when it confirms."""
    fits = fitting_council(known.case, known.custody, docket)
    check_fits("AdmitMember", fits, state_of(known, docket), known, docket)
    check_member(known, address)
    if until <= known.now:
        raise Refused(Code.DATE_IN_PAST, field="until")
    latest = known.now + MAX_TERM
    if until > latest:
        raise Refused(Code.TOO_LATE, limit=latest.isoformat())
    if any(each.address == address and each.until > known.now for each in council.members):
        raise Refused(Code.MEMBER_ALREADY)
    person = address.startswith("m_")
    member = StandingMember(
        address=address,
        stage=MembershipStage.CONFIRMED if person else MembershipStage.OFFERED,
        since=known.now,
        until=until,
        case_id=known.case.case_id,
    )
    others = tuple(each for each in council.members if each.address != address)
    after = council.after((*others, member))
    kind = MembershipBegun if person else MembershipOffered
    return after, (kind(at=known.now, council=after.public(), address=address),)


def confirm(council: Council, address: Address, now: datetime) -> MembersMoved:
    """The department takes it. Raises Refused NOT_FOUND: nothing was offered, or its term is over."""
    offered = _found(council, address)
    if offered.stage is not MembershipStage.OFFERED or offered.until <= now:
        raise Refused(Code.NOT_FOUND, what="membership")
    member = offered.model_copy(update={"stage": MembershipStage.CONFIRMED, "since": now})
    after = council.after(tuple(member if each.address == address else each for each in council.members))
    return after, (MembershipBegun(at=now, council=after.public(), address=address),)


def end(council: Council, address: Address, now: datetime) -> MembersMoved:
    """Before its term is over. Raises Refused NOT_FOUND."""
    _found(council, address)
    after = council.after(tuple(each for each in council.members if each.address != address))
    return after, (MembershipEnded(at=now, council=after.public(), address=address),)


def lapse(council: Council, now: datetime) -> MembersMoved:
    """Terms that are over: each is told of once."""
    events: list[CouncilEvent] = []
    for each in council.members:
        if each.until <= now:
            council, ended = end(council, each.address, now)
            events += ended
    return council, tuple(events)


def next_end(council: Council) -> datetime | None:
    """When the first term is over."""
    return min((each.until for each in council.members), default=None)


def _found(council: Council, address: Address) -> StandingMember:
    found = next((each for each in council.members if each.address == address), None)
    if found is None:
        raise Refused(Code.NOT_FOUND, what="membership")
    return found
