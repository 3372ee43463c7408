"""Who is told what: pure. The whole of "tell the right person, and nobody else" is on this page (domain 1.4, 1.6)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import NamedTuple

from services.contracts.cases import CaseClass, Urgency
from services.contracts.events.base import Event
from services.contracts.events.escalation import ClockOverdue, CustodyOpened, MatterResolved
from services.contracts.events.intake import CaseAccepted, CaseClosed, CaseSubmitted, FeedbackGiven
from services.contracts.organisation import Node, Role, federation_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState

SHANGHAI = timezone(timedelta(hours=8))


class Kind(StrEnum):
    """What an entry says."""

    RECEIVED = "RECEIVED"
    NEW_MATTER = "NEW_MATTER"
    CONFIDENTIAL_PASSED = "CONFIDENTIAL_PASSED"
    ACCEPTED = "ACCEPTED"
    FEEDBACK = "FEEDBACK"
    RESULT = "RESULT"
    CLOSED = "CLOSED"
    OVERDUE = "OVERDUE"
    OVERDUE_BELOW = "OVERDUE_BELOW"
    SEALED_MATTER = "SEALED_MATTER"
    DAILY_DIGEST = "DAILY_DIGEST"


TITLES: Mapping[Kind, tuple[str, str]] = {
    Kind.RECEIVED: ("您反映的事项已收到", "Your matter was received"),
    Kind.NEW_MATTER: ("有新的事项待处理", "A new matter waits for you"),
    Kind.CONFIDENTIAL_PASSED: ("1 件保密事项已转交主席", "A confidential matter was passed to the chair"),
    Kind.ACCEPTED: ("您反映的事项已受理", "Your matter was accepted"),
    Kind.FEEDBACK: ("您反映的事项有了答复，请查看并评价", "Your matter has an answer: please read and rate it"),
    Kind.RESULT: ("群内事项办理结果", "Result of a matter of the group"),
    Kind.CLOSED: ("您反映的事项已办结", "Your matter is closed"),
    Kind.OVERDUE: ("事项已超期，请尽快处理", "A matter is overdue: act now"),
    Kind.OVERDUE_BELOW: ("下级有事项超期", "A matter below you is overdue"),
    Kind.SEALED_MATTER: ("有一件专办事项待处理", "A sealed matter waits for you"),
    Kind.DAILY_DIGEST: ("今日办结事项汇总", "Matters solved today"),
}
NEUTRAL = ("您的事项有新进展", "There is news of your matter")
"""All that a preview of a private matter says (V9)."""


class Told(NamedTuple):
    """One entry to write: to a member or a group's board, now or in the day's digest."""

    address: str
    kind: Kind
    digest: bool = False


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
            told += [Told(chair, Kind.DAILY_DIGEST, digest=True) for chair in _chairs(event.custody.region, nodes, now)]
        case FeedbackGiven():
            told += [Told(member, Kind.FEEDBACK) for member in access.reporters]
            if access.case_class is CaseClass.C0 and access.group and event.case.summary_version:
                told.append(Told(access.group, Kind.RESULT))
        case CaseClosed():
            told += [Told(member, Kind.CLOSED) for member in access.reporters]
        case ClockOverdue():
            told += [Told(member, Kind.OVERDUE) for member in _responsible(event.urged, access, nodes, now)]
            if event.informed:
                above = _responsible(event.informed, access, nodes, now)
                told += [Told(member, Kind.OVERDUE_BELOW) for member in above]
        case CustodyOpened() if access.case_class is CaseClass.C3:
            told += [Told(member, Kind.SEALED_MATTER) for member in access.circle]
        case _:
            pass
    once: dict[str, Told] = {}
    for each in told:
        if each.address not in access.barred:
            once.setdefault(each.address, each)
    return tuple(once.values())


def title_of(kind: str, *, private: bool) -> tuple[str, str]:
    """The words of an entry, Chinese first."""
    of_a_reporter = {Kind.RECEIVED, Kind.ACCEPTED, Kind.FEEDBACK, Kind.CLOSED}
    return NEUTRAL if private and Kind(kind) in of_a_reporter else TITLES[Kind(kind)]


def digest_time(now: datetime) -> datetime:
    """When the digest that a line of now belongs to is sent: at 17:00, today or tomorrow."""
    local = now.astimezone(SHANGHAI)
    close = local.replace(hour=17, minute=0, second=0, microsecond=0)
    return close if local < close else close + timedelta(days=1)


def _of_new(event: CaseSubmitted, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> list[Told]:
    region = event.case.region
    owners = _owners(access.group, nodes, now)
    match access.case_class:
        case CaseClass.C0 | CaseClass.C1:
            first = owners or _chairs(region, nodes, now)
            told = [Told(member, Kind.NEW_MATTER) for member in first]
            if event.case.urgency in {Urgency.RED, Urgency.ORANGE}:
                told += [Told(chair, Kind.NEW_MATTER) for chair in _chairs(region, nodes, now)]
            return told
        case CaseClass.C2:
            passed = [Told(owner, Kind.CONFIDENTIAL_PASSED) for owner in owners if owner not in access.circle]
            return [Told(member, Kind.NEW_MATTER) for member in access.circle] + passed
        case _:
            return []


def _owners(group: str | None, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    node = nodes.get(group or "")
    return node.holding(Role.GROUP_OWNER, now) if node else ()


def _chairs(region: str, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    """The chair of the village, or of the nearest level above that has anybody in office."""
    for level in Level:
        if level.width > len(region):
            continue
        node = nodes.get(federation_of(at_level(region, level)))
        if node and (found := node.holding(Role.CHAIR, now) or node.holding(Role.OFFICER, now)):
            return found
    return ()


def _responsible(node_id: str, access: AccessState, nodes: Mapping[str, Node], now: datetime) -> Sequence[str]:
    """Who answers for a node: of a private matter, only those of its circle."""
    if access.case_class in {CaseClass.C2, CaseClass.C3}:
        return access.circle
    node = nodes.get(node_id)
    if node is None:
        return ()
    for role in (Role.CHAIR, Role.OFFICER, Role.RIGHTS_OFFICER):
        if found := node.holding(role, now):
            return found
    return _chairs(node.region, nodes, now)
