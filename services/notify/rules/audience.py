"""Who is told what: pure. The whole of "tell the right person, and nobody else" is on this page (domain 1.4, 1.6)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from services.contracts.cases import CaseClass, Urgency
from services.contracts.events.base import Event
from services.contracts.events.escalation import ClockOverdue, CustodyOpened, FeedbackRelayed, MatterResolved
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
from services.contracts.organisation import Node, Role, federation_of
from services.contracts.regions import Level, at_level
from services.contracts.states import AccessState, CaseState

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
    HANDLED = "HANDLED"
    INFORMATION_ASKED = "INFORMATION_ASKED"
    INFORMATION_SUPPLIED = "INFORMATION_SUPPLIED"
    REJECTION_PROPOSED = "REJECTION_PROPOSED"
    REJECTED = "REJECTED"
    REDIRECTED = "REDIRECTED"
    WITHDRAWN = "WITHDRAWN"
    WITHDRAWAL_NOTED = "WITHDRAWAL_NOTED"
    REPORTER_WITHDREW = "REPORTER_WITHDREW"
    MERGED = "MERGED"
    UNMERGED = "UNMERGED"
    REOPENED = "REOPENED"
    REOPENED_HERE = "REOPENED_HERE"
    URGENCY_RAISED = "URGENCY_RAISED"
    VISIT_OWED = "VISIT_OWED"


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
    Kind.HANDLED: ("事情已妥善处理，谢谢您的热心", "It has been taken care of: thank you for your concern"),
    Kind.INFORMATION_ASKED: ("您反映的事项需要补充情况", "Something is missing in your matter: please supply it"),
    Kind.INFORMATION_SUPPLIED: ("反映人已补充情况", "The reporter has supplied what was missing"),
    Kind.REJECTION_PROPOSED: ("群主建议不予受理，请决定", "A group's owner proposes to turn a matter down: decide"),
    Kind.REJECTED: (
        "您反映的事项不予受理，请查看理由和途径",
        "Your matter is not ours to handle: see why, and where to go",
    ),
    Kind.REDIRECTED: ("您反映的事项已转介，请查看去向", "Your matter was redirected: see where to"),
    Kind.WITHDRAWN: ("您反映的事项已撤回", "Your matter is withdrawn"),
    Kind.WITHDRAWAL_NOTED: ("您已撤回，事项依职权继续办理", "You withdrew; the matter goes on all the same"),
    Kind.REPORTER_WITHDREW: ("反映人已撤回事项", "A reporter has withdrawn"),
    Kind.MERGED: ("您反映的事项已与同一事项合并办理", "Your matter goes on together with others of the same"),
    Kind.UNMERGED: ("您反映的事项已改为单独办理", "Your matter goes on by itself again"),
    Kind.REOPENED: ("您反映的事项已重新办理", "Your matter is open again"),
    Kind.REOPENED_HERE: ("有事项重新办理", "A matter is open again"),
    Kind.URGENCY_RAISED: ("有事项的紧急程度提高", "A matter has become more urgent"),
    Kind.VISIT_OWED: (
        "代录事项已办理，请上门或电话反馈",
        "Solved: whoever told it must hear of it by a visit or by voice",
    ),
}
OF_A_REPORTER = frozenset(
    {
        Kind.RECEIVED,
        Kind.ACCEPTED,
        Kind.FEEDBACK,
        Kind.CLOSED,
        Kind.INFORMATION_ASKED,
        Kind.REJECTED,
        Kind.REDIRECTED,
        Kind.WITHDRAWN,
        Kind.WITHDRAWAL_NOTED,
        Kind.MERGED,
        Kind.UNMERGED,
        Kind.REOPENED,
    }
)
"""What a reporter is told of her matter."""
TO_A_BYSTANDER: Mapping[Kind, Kind] = {
    **{kind: kind for kind in (Kind.RECEIVED, Kind.ACCEPTED, Kind.CLOSED, Kind.INFORMATION_ASKED)},
    **{kind: kind for kind in (Kind.WITHDRAWN, Kind.WITHDRAWAL_NOTED)},
    Kind.FEEDBACK: Kind.HANDLED,
    Kind.REJECTED: Kind.CLOSED,
    Kind.REDIRECTED: Kind.CLOSED,
}
"""What becomes of that for the reporter of somebody else's matter: received, being handled, concluded (V1); the rest is not for her."""
NEUTRAL = ("您的事项有新进展", "There is news of your matter")
"""All that a preview of a private matter says (V9)."""


class Told(NamedTuple):
    """One entry to write: to a member or a group's board, now or in the day's digest."""

    address: str
    kind: Kind
    digest: bool = False


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
            told += [Told(chair, Kind.DAILY_DIGEST, digest=True) for chair in _chairs(event.custody.region, nodes, now)]
        case InformationAsked():
            told += [Told(member, Kind.INFORMATION_ASKED) for member in reporters]
        case InformationSupplied():
            told += _handlers(event, access, nodes, now, Kind.INFORMATION_SUPPLIED)
        case RejectionProposed() if access.case_class in {CaseClass.C0, CaseClass.C1}:
            told += [Told(chair, Kind.REJECTION_PROPOSED) for chair in _chairs(event.case.region, nodes, now)]
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
            told += [Told(member, Kind.OVERDUE) for member in _responsible(event.urged, access, nodes, now)]
            if event.informed:
                above = _responsible(event.informed, access, nodes, now)
                told += [Told(member, Kind.OVERDUE_BELOW) for member in above]
        case CustodyOpened() if access.case_class is CaseClass.C3:
            told += [Told(member, Kind.SEALED_MATTER) for member in access.circle]
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
    owing = _owners(access.group, nodes, now) or _chairs(event.custody.region, nodes, now)
    return [*writers, *(Told(member, Kind.VISIT_OWED) for member in owing)]


def _handlers(
    event: CaseEvent, access: AccessState, nodes: Mapping[str, Node], now: datetime, kind: Kind
) -> list[Told]:
    """Who has a matter in hand near its reporter: the circle of a private one, else the group's owner and the chair."""
    if access.case_class in {CaseClass.C2, CaseClass.C3}:
        return [Told(member, kind) for member in access.circle]
    near = (*_owners(access.group, nodes, now), *_chairs(event.case.region, nodes, now))
    return [Told(member, kind) for member in near]


def _more_urgent(event: UrgencyChanged) -> bool:
    order = list(Urgency)
    return order.index(event.case.urgency) < order.index(event.before)


def title_of(kind: str, *, private: bool) -> tuple[str, str]:
    """The words of an entry, Chinese first."""
    return NEUTRAL if private and Kind(kind) in OF_A_REPORTER else TITLES[Kind(kind)]


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
