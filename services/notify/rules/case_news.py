"""Who is told of what becomes of a case (domain 1.6, 2.1): its reporters, and who has it in hand near them. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.contracts.cases import CaseClass, Urgency
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
    InHandEvent,
    RejectionProposed,
    UrgencyChanged,
    WithdrawalNoted,
)
from services.contracts.ids import MemberId, NodeId
from services.contracts.organisation import Node, federation_of
from services.contracts.states import AccessState
from services.notify.rules.entries import Kind, Told
from services.notify.rules.people import chairs, concerned, on_duty, owners


def of_the_case(event: CaseEvent, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> list[Told]:
    """Those whom a fact of the case concerns."""
    reporters = access.reporters
    match event:
        case CaseSubmitted():
            return [Told(member, Kind.RECEIVED) for member in reporters] + _of_new(event, access, nodes, now)
        case CaseAccepted():
            return [Told(member, Kind.ACCEPTED) for member in reporters]
        case InformationAsked():
            return [Told(member, Kind.INFORMATION_ASKED) for member in reporters]
        case InformationSupplied():
            return _handlers(event, access, nodes, now, Kind.INFORMATION_SUPPLIED)
        case RejectionProposed() if access.case_class in {CaseClass.C0, CaseClass.C1}:
            return [
                Told(chair, Kind.REJECTION_PROPOSED) for chair in chairs(event.case.region, nodes, now, access.barred)
            ]
        case CaseRejected():
            return [Told(member, Kind.REJECTED) for member in reporters] + _followers(event, access, nodes, now)
        case CaseRedirected():
            return [Told(member, Kind.REDIRECTED) for member in reporters] + _followers(event, access, nodes, now)
        case CaseWithdrawn():
            told = [Told(member, Kind.WITHDRAWN) for member in reporters]
            return told + _handlers(event, access, nodes, now, Kind.REPORTER_WITHDREW)
        case WithdrawalNoted():
            told = [Told(member, Kind.WITHDRAWAL_NOTED) for member in reporters if len(reporters) == 1]
            return told + _handlers(event, access, nodes, now, Kind.REPORTER_WITHDREW)
        case CaseMerged():
            told = [Told(member, Kind.MERGED) for member in reporters]
            return told + [Told(member, Kind.MERGED_HERE) for member in _levels(event, access, nodes, now)]
        case CaseUnmerged():
            told = [Told(member, Kind.UNMERGED) for member in reporters]
            place = federation_of(event.case.region)
            again = [*concerned(place, access, nodes, now)] if event.by != place else []
            return told + [Told(member, Kind.REOPENED_HERE) for member in _others(event.by, again, access, nodes, now)]
        case CaseReopened():
            told = [Told(member, Kind.REOPENED) for member in reporters]
            return told + _handlers(event, access, nodes, now, Kind.REOPENED_HERE)
        case UrgencyChanged() if _more_urgent(event):
            return _handlers(event, access, nodes, now, Kind.URGENCY_RAISED)
        case FeedbackGiven():
            told = [Told(member, Kind.FEEDBACK) for member in _reading(event, access)]
            if access.case_class is CaseClass.C0 and access.group and event.case.summary_version:
                told.append(Told(access.group, Kind.RESULT))
            return told
        case CaseClosed():
            return [Told(member, Kind.CLOSED) for member in reporters]
        case _:
            return []


def _reading(event: FeedbackGiven, access: AccessState) -> list[MemberId]:
    """The reporters whom an entry reaches: not her whose words somebody else wrote down (S23)."""
    if event.case.answer_by is not None and not event.case.some_read:
        return []
    return [member for member in access.reporters if member not in access.writers]


def _handlers(
    event: CaseEvent, access: AccessState, nodes: Mapping[str, Node], now: datetime, kind: Kind
) -> list[Told]:
    """Who has a matter in hand: the circle of a private one, else the group's owner and the chair near its reporter, and the levels that hold
    it or follow."""
    if access.case_class.private:
        return [Told(member, kind) for member in access.circle]
    near = (*owners(access.group, nodes, now), *chairs(event.case.region, nodes, now, access.barred))
    return [Told(member, kind) for member in (*near, *_levels(event, access, nodes, now))]


def _followers(event: CaseEvent, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> list[Told]:
    """Whoever follows what a level has decided."""
    return [Told(member, Kind.FOLLOW_UP) for member in _levels(event, access, nodes, now)]


def _levels(event: CaseEvent, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> list[str]:
    """Who answers for the levels that have it in hand, but for the one that did it; what has become RED waits for no chair there."""
    if not isinstance(event, InHandEvent):
        return []
    by = getattr(event, "by", None)
    told = list[str]()
    for node in (each for each in event.in_hand if each != by):
        told += concerned(node, access, nodes, now)
        if isinstance(event, UrgencyChanged) and event.case.urgency is Urgency.RED:
            told += on_duty(node, access, nodes, now)
    return _others(by, told, access, nodes, now)


def _others(
    by: NodeId | None, told: Sequence[str], access: AccessState, nodes: Mapping[str, Node], now: datetime
) -> list[str]:
    """Without the level that did it."""
    own = concerned(by, access, nodes, now) if by else ()
    return [member for member in told if member not in own]


def _more_urgent(event: UrgencyChanged) -> bool:
    return event.case.urgency.before(event.before)


def _of_new(event: CaseSubmitted, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> list[Told]:
    region = event.case.region
    owning = owners(access.group, nodes, now)
    match access.case_class:
        case CaseClass.C0 | CaseClass.C1:
            first = owning or chairs(region, nodes, now, access.barred)
            told = [Told(member, Kind.NEW_MATTER) for member in first]
            if event.case.urgency in {Urgency.RED, Urgency.ORANGE}:
                told += [Told(chair, Kind.NEW_MATTER) for chair in chairs(region, nodes, now, access.barred)]
            return told
        case CaseClass.C2:
            passed = [Told(owner, Kind.CONFIDENTIAL_PASSED) for owner in owning if owner not in access.circle]
            return [Told(member, Kind.NEW_MATTER) for member in access.circle] + passed
        case _:
            return []
