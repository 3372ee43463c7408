"""Who is told what: pure. The whole of "tell the right person, and nobody else" is on this page (domain 1.4, 1.6)."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import partial

from services.contracts.cases import CaseClass, Urgency
from services.contracts.events.base import Event
from services.contracts.events.escalation import (
    ClockOverdue,
    CustodyEvent,
    CustodyOpened,
    FeedbackRelayed,
    MatterResolved,
)
from services.contracts.events.intake import (
    CaseAccepted,
    CaseClosed,
    CaseEvent,
    CaseMerged,
    CaseRedirected,
    CaseRejected,
    CaseReopened,
    CaseSubmitted,
    CaseUnmerged,
    CaseWithdrawn,
    FeedbackGiven,
    InformationAsked,
    InformationSupplied,
    RejectionProposed,
    UrgencyChanged,
    WithdrawalNoted,
)
from services.contracts.organisation import Node
from services.contracts.regions import Level
from services.contracts.states import AccessState, CaseState
from services.notify.rules.entries import OF_A_REPORTER, TO_A_BYSTANDER, Kind, Told
from services.notify.rules.ladder_news import of_the_ladder
from services.notify.rules.people import chairs, owners, responsible

SHANGHAI = timezone(timedelta(hours=8))


def audience(
    event: Event, access: AccessState, nodes: Mapping[str, Node], now: datetime, case: CaseState | None = None
) -> tuple[Told, ...]:
    """Who is told of a fact; `case` is the newest that was heard of the matter. Parties are never told; nobody is told twice, whatever she
    is beside: the first reason counts."""
    told: list[Told] = []
    reporters = access.reporters
    match event:
        case CaseSubmitted():
            told += [Told(member, Kind.RECEIVED) for member in access.reporters]
            told += _of_new(event, access, nodes, now)
        case CaseAccepted():
            told += [Told(member, Kind.ACCEPTED) for member in access.reporters]
        case MatterResolved(on_the_spot=True) if access.case_class in {CaseClass.C0, CaseClass.C1}:
            told += [Told(chair, Kind.DAILY_DIGEST, digest=True) for chair in chairs(event.custody.region, nodes, now)]
        case InformationAsked():
            told += [Told(member, Kind.INFORMATION_ASKED) for member in reporters]
        case InformationSupplied():
            told += _handlers(event, access, nodes, now, Kind.INFORMATION_SUPPLIED)
        case RejectionProposed() if access.case_class in {CaseClass.C0, CaseClass.C1}:
            told += [Told(chair, Kind.REJECTION_PROPOSED) for chair in chairs(event.case.region, nodes, now)]
        case CaseRejected():
            told += [Told(member, Kind.REJECTED) for member in reporters]
        case CaseRedirected():
            told += [Told(member, Kind.REDIRECTED) for member in reporters]
        case CaseWithdrawn():
            told += [Told(member, Kind.WITHDRAWN) for member in reporters]
            told += _handlers(event, access, nodes, now, Kind.REPORTER_WITHDREW)
        case WithdrawalNoted():
            told += [Told(member, Kind.WITHDRAWAL_NOTED) for member in reporters if len(reporters) == 1]
            told += _handlers(event, access, nodes, now, Kind.REPORTER_WITHDREW)
        case CaseMerged():
            told += [Told(member, Kind.MERGED) for member in reporters]
        case CaseUnmerged():
            told += [Told(member, Kind.UNMERGED) for member in reporters]
        case CaseReopened():
            told += [Told(member, Kind.REOPENED) for member in reporters]
            told += _handlers(event, access, nodes, now, Kind.REOPENED_HERE)
        case UrgencyChanged() if _more_urgent(event):
            told += _handlers(event, access, nodes, now, Kind.URGENCY_RAISED)
        case FeedbackGiven():
            told += [Told(member, Kind.FEEDBACK) for member in reporters if event.case.answer_by is None]
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
    if isinstance(event, MatterResolved | FeedbackRelayed):
        told = [*_visit_owed(event, access, nodes, now, case), *told]
    once: dict[str, Told] = {}
    for each in map(partial(_as_a_bystander, access), told):
        if each is not None and each.address not in access.barred:
            once.setdefault(each.address, each)
    return tuple(once.values())


def _as_a_bystander(access: AccessState, told: Told) -> Told | None:
    """Of another's private matter its reporter is told less (V1); what her office is told stays."""
    if access.case_class is CaseClass.C0 or told.address not in access.bystanders or told.kind not in OF_A_REPORTER:
        return told
    kind = TO_A_BYSTANDER.get(told.kind)
    return told._replace(kind=kind) if kind else None


def _visit_owed(
    event: MatterResolved | FeedbackRelayed,
    access: AccessState,
    nodes: Mapping[str, Node],
    now: datetime,
    case: CaseState | None,
) -> list[Told]:
    """The answer has come down to the place, and who told the matter reads no inbox: who wrote it down and who owes the feedback go and
    tell her (S23)."""
    if case is None or case.answer_by is None or event.custody.level is not Level.VILLAGE:
        return []
    writers = [Told(member, Kind.VISIT_OWED) for member in access.reporters if member not in access.bystanders]
    if access.case_class in {CaseClass.C2, CaseClass.C3}:
        return [*writers, *(Told(member, Kind.VISIT_OWED) for member in access.circle)]
    owing = owners(access.group, nodes, now) or chairs(event.custody.region, nodes, now)
    return [*writers, *(Told(member, Kind.VISIT_OWED) for member in owing)]


def _handlers(
    event: CaseEvent, access: AccessState, nodes: Mapping[str, Node], now: datetime, kind: Kind
) -> list[Told]:
    """Who has a matter in hand near its reporter: the circle of a private one, else the group's owner and the chair."""
    if access.case_class in {CaseClass.C2, CaseClass.C3}:
        return [Told(member, kind) for member in access.circle]
    near = (*owners(access.group, nodes, now), *chairs(event.case.region, nodes, now))
    return [Told(member, kind) for member in near]


def _more_urgent(event: UrgencyChanged) -> bool:
    order = list(Urgency)
    return order.index(event.case.urgency) < order.index(event.before)


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
