"""Who is told what: pure. The whole of "tell the right person, and nobody else" is on this page (domain 1.4, 1.6)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from services.contracts.cases import CaseClass, Urgency
from services.contracts.events.base import Event
from services.contracts.events.escalation import ClockOverdue, CustodyEvent, CustodyOpened, MatterResolved
from services.contracts.events.intake import CaseAccepted, CaseClosed, CaseSubmitted, FeedbackGiven
from services.contracts.organisation import Node
from services.contracts.states import AccessState
from services.notify.rules.entries import Kind, Told
from services.notify.rules.ladder_news import of_the_ladder
from services.notify.rules.people import chairs, owners, responsible

SHANGHAI = timezone(timedelta(hours=8))


def audience(event: Event, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> tuple[Told, ...]:
    """Who is told of a fact. Parties are never told; nobody is told twice, whatever she is beside: the first reason counts."""
    told: list[Told] = []
    match event:
        case CaseSubmitted():
            told += [Told(member, Kind.RECEIVED) for member in access.reporters]
            told += _of_new(event, access, nodes, now)
        case CaseAccepted():
            told += [Told(member, Kind.ACCEPTED) for member in access.reporters]
        case MatterResolved(on_the_spot=True) if access.case_class in {CaseClass.C0, CaseClass.C1}:
            told += [Told(chair, Kind.DAILY_DIGEST, digest=True) for chair in chairs(event.custody.region, nodes, now)]
        case FeedbackGiven():
            told += [Told(member, Kind.FEEDBACK) for member in access.reporters]
            if access.case_class is CaseClass.C0 and access.group and event.case.summary_version:
                told.append(Told(access.group, Kind.RESULT))
        case CaseClosed():
            told += [Told(member, Kind.CLOSED) for member in access.reporters]
        case ClockOverdue():
            told += [Told(member, Kind.OVERDUE) for member in responsible(event.urged, access, nodes, now)]
            if event.informed:
                above = responsible(event.informed, access, nodes, now)
                told += [Told(member, Kind.OVERDUE_BELOW) for member in above]
        case CustodyOpened() if access.case_class is CaseClass.C3:
            told += [Told(member, Kind.SEALED_MATTER) for member in access.circle]
        case CustodyEvent():
            told += of_the_ladder(event, access, nodes, now)
        case _:
            pass
    return once_each(told, access)


def once_each(told: Sequence[Told], access: AccessState) -> tuple[Told, ...]:
    """Parties are never told, and nobody twice: the first reason counts."""
    once: dict[str, Told] = {}
    for each in told:
        if each.address not in access.barred:
            once.setdefault(each.address, each)
    return tuple(once.values())


def digest_time(now: datetime) -> datetime:
    """When the digest that a line of now belongs to is sent: at 17:00, today or tomorrow."""
    local = now.astimezone(SHANGHAI)
    close = local.replace(hour=17, minute=0, second=0, microsecond=0)
    return close if local < close else close + timedelta(days=1)


def _of_new(event: CaseSubmitted, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> list[Told]:
    region = event.case.region
    owning = owners(access.group, nodes, now)
    match access.case_class:
        case CaseClass.C0 | CaseClass.C1:
            first = owning or chairs(region, nodes, now)
            told = [Told(member, Kind.NEW_MATTER) for member in first]
            if event.case.urgency in {Urgency.RED, Urgency.ORANGE}:
                told += [Told(chair, Kind.NEW_MATTER) for chair in chairs(region, nodes, now)]
            return told
        case CaseClass.C2:
            passed = [Told(owner, Kind.CONFIDENTIAL_PASSED) for owner in owning if owner not in access.circle]
            return [Told(member, Kind.NEW_MATTER) for member in access.circle] + passed
        case _:
            return []
